from odoo import Command
from odoo.tests import tagged, users

from .common import SalesSopCommon, each_actor


@tagged('post_install', '-at_install')
class TestAssignment(SalesSopCommon):
    """Which procedure a lead follows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team_2 = cls.env['crm.team'].create({'name': "Second team", 'company_id': False})
        cls.stages_2 = cls.env['crm.stage'].create([
            {'name': f"Second {number}", 'sequence': 2 + number, 'team_ids': [Command.set(cls.team_2.ids)]}
            for number in range(3)])

    def _publish_second(self, **values):
        """The same items for the second team, on stages of its own, only observed."""
        process = self._create_process('second', self.team_2, **values)
        for stage, crm_stage in zip(process.stage_ids, self.stages_2, strict=True):
            stage.write({'gate': 'observe', 'crm_stage_ids': [Command.set(crm_stage.ids)]})
        self._publish(process)
        return process

    @users('user_sales_salesman')
    def test_other_team_sees_plain_odoo(self):
        lead = self._create_lead(self.env, team_id=self.team_2.id, stage_id=self.stages_2[0].id)
        self.assertFalse(lead.sudo().sop_process_id)
        self.assertIs(lead.get_sop_checklist(), False)
        self.assertEqual(lead.get_sop_summary(), {})
        lead.stage_id = self.stages_2[2]
        lead.stage_id = self.stages_2[0]
        lead.action_set_lost()
        lead.action_restore()
        lead.action_set_won()
        self.assertFalse(self._get_log(lead))
        self.assertEqual(lead.won_status, 'won')

    @users('user_sales_salesman')
    def test_unpublished_process_is_plain_odoo(self):
        self.process.action_unpublish()
        for lead in (self.lead.with_env(self.env), self._create_lead(self.env)):
            self.assertFalse(lead.sudo().sop_process_id)
            lead.action_set_won()
            self.assertFalse(self._get_log(lead))

    @users('user_sales_salesman')
    def test_released_lead_keeps_its_evidence(self):
        self._do(self.lead, 'D1')
        check = self._get_check(self.lead, 'D1')
        self.process.action_unpublish()
        self.assertEqual((check.exists().lead_id, check.revoked_date), (self.lead, False))
        self.assertEqual(check.with_env(self.env).done_by_id, self.user_sales_salesman)

    def test_first_match_wins(self):
        special = self._create_process('special', self.sales_team_1, sequence=1, domain="[('priority', '=', '2')]")
        self._publish(special)
        self.assertEqual(self._create_lead(priority='2').sop_process_id, special)
        self.assertEqual(self._create_lead(priority='1').sop_process_id, self.process)
        special.sequence = 99
        self.assertEqual(self._create_lead(priority='2').sop_process_id, self.process)

    def test_domain_is_asked_at_the_start_only(self):
        """A lead keeps the procedure it started with."""
        special = self._create_process('special', self.sales_team_1, sequence=1, domain="[('priority', '=', '2')]")
        self._publish(special)
        lead = self._create_lead(priority='2')
        lead.priority = '0'
        self.assertEqual(lead.sop_process_id, special)

    def test_several_pipelines_side_by_side(self):
        second = self._publish_second()
        first_lead = self._create_lead()
        second_lead = self._create_lead(team_id=self.team_2.id, stage_id=self.stages_2[0].id)
        self.assertEqual((first_lead.sop_process_id, second_lead.sop_process_id), (self.process, second))
        second_lead.stage_id = self.stages_2[2]
        self.assertEqual(second_lead.sop_stage_id, second.stage_ids[2])
        with self.assertRefused(first_lead, 'D1'):
            first_lead.stage_id = self.stage_gen_1

    def test_change_of_pipeline_carries_the_evidence(self):
        second = self._publish_second()
        lead = self._create_lead()
        self._do(lead, 'D1', 'Q1')
        lead.write({'team_id': self.team_2.id, 'stage_id': self.stages_2[0].id})
        self.assertEqual((lead.sop_process_id, lead.sop_stage_id), (second, second.stage_ids[0]))
        carried = lead.sop_check_ids.filtered(lambda check: check.process_id == second)
        self.assertEqual(set(carried.requirement_id.mapped('code')), {'D1', 'Q1'})
        self.assertEqual(carried.done_by_id, self.user_sales_salesman)
        self.assertEqual(self._get_log(lead)[-1].kind, 'migrated')
        licence = carried.filtered(lambda check: check.requirement_id.code == 'Q1')
        self.assertEqual(licence.attachment_ids.raw, b'%PDF-1.4 licence')

    @each_actor
    def test_another_pipeline_is_no_way_round(self, env):
        """Out into a pipeline that only observes, forward there, and back."""
        if not self.env['sop.process'].search([('code', '=', 'second')]):
            self._publish_second()
        lead = self._create_lead(name="Round trip").with_env(env)
        lead.write({'team_id': self.team_2.id, 'stage_id': self.stages_2[2].id})
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.write({'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_2.id})

    @each_actor
    def test_another_pipeline_is_no_way_round_after_a_new_version(self, env):
        """The lead is older than the version it comes back to; it followed a procedure all the time."""
        if not self.env['sop.process'].search([('code', '=', 'second')]):
            self._publish_second()
        lead = self._create_lead(name="Round trip").with_env(env)
        draft = self.env['sop.process'].browse(
            self.env['sop.process'].search([('code', '=', 'test_sop'), ('state', '=', 'published')])
            .action_new_version()['res_id'])
        self._publish(draft)
        self.items = {item.code: item for item in draft.stage_ids.requirement_ids}
        lead.write({'team_id': self.team_2.id, 'stage_id': self.stages_2[2].id})
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.write({'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_2.id})

    def test_new_version_leaves_running_leads(self):
        draft = self.env['sop.process'].browse(self.process.action_new_version()['res_id'])
        draft.stage_ids[0].requirement_ids[0].name = "Budget confirmed in writing"
        self._publish(draft)
        self.assertEqual(self.process.state, 'retired')
        self.assertEqual(self.lead.sop_process_id, self.process)
        with self.assertRefused(self.lead, 'D1'):
            self.lead.stage_id = self.stage_gen_1
        self._do(self.lead, 'D1')
        self.lead.stage_id = self.stage_gen_1
        self.assertEqual(self.lead.sop_stage_id, self.stage_qualify)
        self.assertEqual(self._create_lead().sop_process_id, draft)

    def test_change_of_salesperson_changes_nothing(self):
        lead = self._create_lead()
        lead.user_id = self.user_sales_leads
        self.assertEqual((lead.sop_process_id, lead.sop_stage_id), (self.process, self.stage_discover))

    def test_process_for_all_teams(self):
        everyone = self._create_process('all', self.env['crm.team'], sequence=99)
        self._publish(everyone)
        self.assertEqual(
            self._create_lead(team_id=self.team_2.id, stage_id=self.stage_gen_1.id, active=False, probability=0)
            .sop_process_id, everyone)
        self.assertEqual(self._create_lead(team_id=False, stage_id=False).sop_process_id, everyone)


@tagged('post_install', '-at_install')
class TestAdoption(SalesSopCommon):
    """Leads that ran before are asked for what lies ahead, not for the past."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.process.action_unpublish()
        cls.old = cls._create_lead(name="Old in qualify", stage_id=cls.stage_gen_1.id)
        cls.elsewhere = cls._create_lead(name="Old elsewhere", stage_id=cls.crm_stage_other.id)
        cls.process = cls._create_process('adopting', cls.sales_team_1)
        cls.stage_discover, cls.stage_qualify, cls.stage_offer = cls.process.stage_ids
        cls.items = {item.code: item for item in cls.process.stage_ids.requirement_ids}
        cls._publish(cls.process)

    def test_publishing_alone_touches_nobody(self):
        self.assertFalse(self.old.sop_process_id)
        self.old.stage_id = self.stage_team1_2
        self.assertEqual(self.old.stage_id, self.stage_team1_2)

    def test_adopted_where_they_are(self):
        count = self.process._adopt_documents()
        self.assertGreaterEqual(count, 1)
        self.assertPosition(self.old, self.stage_gen_1, self.stage_qualify)
        self.assertTrue(self.old.sop_deadline)
        self.assertFalse(self.elsewhere.sop_process_id, "A stage that stands for no step leaves its leads outside")
        self.assertFalse(self.lead_team_1_won.sop_process_id | self.lead_team_1_lost.sop_process_id)
        with self.assertRefused(self.old, 'Q1', 'Q2'):
            self.old.stage_id = self.stage_team1_2

    def test_adopting_twice_changes_nothing(self):
        self.process._adopt_documents()
        self.assertEqual(self.process._adopt_documents(), 0)

    def test_adopted_lead_that_goes_back_answers_from_there(self):
        self.process._adopt_documents()
        self.old.action_sop_move_back(self.stage_team1_1.id, "Again from the start")
        self.assertPosition(self.old, self.stage_team1_1, self.stage_discover)
        self._do_all(self.old, self.stage_qualify)
        self.old.stage_id = self.stage_team1_2
        self.assertPosition(self.old, self.stage_team1_2, self.stage_offer)


@tagged('post_install', '-at_install')
class TestAssignmentCompany(SalesSopCommon):
    """A procedure of one company is not that of another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_multi_company()
        cls.process.action_unpublish()
        cls.process = cls._create_process('company', cls.env['crm.team'], company_id=cls.company_2.id)
        cls.items = {item.code: item for item in cls.process.stage_ids.requirement_ids}
        cls.stage_gen_0 = cls.env['crm.stage'].create({'name': "First of all", 'sequence': 0})
        cls.process.stage_ids[0].crm_stage_ids = cls.stage_gen_0
        cls._publish(cls.process)

    def _create_in(self, company, **values):
        team = {self.company_2: self.team_company2, self.company_main: self.team_company1}[company]
        return self._create_lead(
            company_id=company.id, team_id=team.id, user_id=self.user_sales_manager_mc.id,
            stage_id=self.stage_gen_0.id, **values)

    def test_only_leads_of_the_company(self):
        self.assertEqual(self._create_in(self.company_2).sop_process_id, self.process)
        self.assertFalse(self._create_in(self.company_main).sop_process_id)

    def test_company_without_process_is_plain(self):
        lead = self._create_in(self.company_main)
        lead.stage_id = self.stage_gen_1
        lead.action_set_won()
        self.assertFalse(self._get_log(lead))

    def test_user_of_both_companies_moves_both(self):
        inside, outside = self._create_in(self.company_2, name="Inside"), self._create_in(self.company_main)
        leads = (inside | outside).with_user(self.user_sales_manager_mc).with_context(
            allowed_company_ids=(self.company_2 | self.company_main).ids)
        with self.assertRefused(inside, 'D1'):
            leads.stage_id = self.stage_gen_1

    def test_allowed_companies_of_the_client_do_not_matter(self):
        """The gate looks at the lead, not at the companies ticked in the browser."""
        lead = self._create_in(self.company_2).with_user(self.user_sales_manager_mc)
        for companies in (self.company_2, self.company_2 | self.company_main):
            with self.assertRefused(lead, 'D1'):
                lead.with_context(allowed_company_ids=companies.ids).stage_id = self.stage_gen_1

    def test_process_of_the_company_is_hidden_from_others(self):
        processes = self.env['sop.process'].with_user(self.user_sales_manager)
        self.assertNotIn(self.process.id, processes.search([]).ids)
        self.assertNotIn(
            self.process.stage_ids[0].id, self.env['sop.stage'].with_user(self.user_sales_manager).search([]).ids)

    def test_evidence_of_the_company_is_hidden_from_others(self):
        lead = self._create_in(self.company_2)
        lead.with_user(self.user_sales_manager_mc).action_sop_tick(self.items['D1'].id)
        check = self._get_check(lead, 'D1')
        for user, sees in ((self.user_sales_manager, False), (self.user_sales_manager_mc, True)):
            with self.subTest(user=user.login):
                self.env.invalidate_all()
                found = self.env['sop.check'].with_user(user).search([('id', '=', check.id)])
                self.assertEqual(bool(found), sees)
                self.assertEqual(check.with_user(user).has_access('read'), sees)
