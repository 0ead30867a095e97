from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users

from .test_process_version import SopProcessCommon


@tagged('post_install', '-at_install')
class TestSetup(SopProcessCommon):
    """The assistant turns a draft into the procedure of a company that has a pipeline of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env['crm.team'].create({'name': "Machines", 'company_id': False})
        cls.own_stages = cls.env['crm.stage'].create([
            {'name': name, 'sequence': sequence, 'team_ids': [Command.link(cls.team.id)]}
            for name, sequence in (
                ("Enquiry", 201), ("Visit planned", 202), ("Offer", 203), ("Talks", 204), ("Waiting", 205))
        ])
        cls.own_won = cls.env['crm.stage'].create(
            {'name': "Order", 'sequence': 206, 'is_won': True, 'team_ids': [Command.link(cls.team.id)]})
        cls.leads = cls.env['crm.lead'].create([
            {'name': f"Machine {number}", 'type': 'opportunity', 'team_id': cls.team.id, 'user_id': False,
             'stage_id': cls.own_stages[number % 5].id}
            for number in range(20)
        ])
        cls.draft = cls._create_process('own', cls.env['crm.team'])
        cls.draft.stage_ids.crm_stage_ids = False
        cls.draft.stage_ids.write({'gate': 'observe'})
        cls.env.flush_all()

    def _open(self, user=None, process=None):
        action = (process or self.draft).with_user(user or self.user_sop_manager).action_setup()
        return self.env['sop.setup'].with_user(user or self.user_sop_manager).browse(action['res_id'])

    def _go(self, setup, step):
        while setup.step != step:
            setup.action_next()
        return setup

    def _map(self, setup, mapping):
        """``mapping``: {code of the step: names of CRM stages, or None to have one created}"""
        for line in setup.line_ids:
            names = mapping[line.stage_id.code]
            stages = self.own_stages.filtered(lambda stage, names=names: stage.name in (names or ()))
            line.write({'crm_stage_ids': [Command.set(stages.ids)], 'create_stage': names is None})

    MAPPING = {'discover': ["Enquiry", "Visit planned"], 'qualify': None, 'offer': ["Offer", "Talks"]}

    # ------------------------------------------------------------
    # THE WHOLE WAY
    # ------------------------------------------------------------

    @users('user_sop_manager')
    def test_from_draft_to_published(self):
        setup = self._open()
        self.assertEqual((setup.step, setup.stage_count, setup.item_count), ('process', 3, 7))
        setup.action_next()
        setup.team_ids = self.team
        setup.action_next()
        self.assertEqual(setup.line_ids.stage_id, self.draft.stage_ids)
        self._map(setup, self.MAPPING)
        self.assertEqual(setup.line_ids.mapped('document_count'), [8, 0, 8])
        self.assertIn("Waiting: 4", setup.outside)
        setup.action_next()
        setup.gate = 'enforce'
        setup.action_next()
        self.assertEqual((setup.step, setup.problems, setup.adopt_count), ('summary', '', 16))
        self.assertFalse(self.draft.team_ids, "Nothing is written before the last step")
        action = setup.action_publish()
        self.assertIn("16", action['params']['message'])
        self.assertEqual(self.draft.state, 'published')
        self.assertEqual(self.draft.team_ids, self.team)
        self.assertEqual(set(self.draft.stage_ids.mapped('gate')), {'enforce'})
        self.assertPositions()

    def assertPositions(self):
        self.leads.invalidate_recordset()
        by_stage = {}
        for lead in self.leads.sudo():
            by_stage.setdefault(lead.sop_stage_id.code, set()).add(lead.stage_id.name)
        self.assertEqual(by_stage, {
            'discover': {"Enquiry", "Visit planned"}, 'offer': {"Offer", "Talks"}, False: {"Waiting"}})
        offered = self.leads.sudo().filtered(lambda lead: lead.stage_id.name == "Talks")[0]
        self.assertEqual(offered.sop_entry_stage_id, offered.sop_stage_id, "Earlier steps are not asked")

    @users('user_sop_manager')
    def test_a_stage_is_created_at_its_place(self):
        self.env['res.lang'].sudo()._activate_lang('zh_CN')
        self.draft.stage_ids[1].with_user(self.user_sop_manager).with_context(lang='zh_CN').name = "资格审查"
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), self.MAPPING)
        self._go(setup, 'summary').action_publish()
        pipeline = self.env['crm.stage'].search([('team_ids', 'in', self.team.id)])
        self.assertEqual(
            pipeline.mapped('name'),
            ["Enquiry", "Visit planned", "Qualify", "Offer", "Talks", "Waiting", "Order"])
        created = pipeline[2]
        self.assertEqual(created, self.draft.stage_ids[1].crm_stage_ids)
        self.assertEqual(created.with_context(lang='zh_CN').name, "资格审查")
        self.assertEqual(created.team_ids, self.team)

    @users('user_sop_manager')
    def test_created_at_both_ends(self):
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), {'discover': None, 'qualify': ["Offer"], 'offer': None})
        self._go(setup, 'summary').action_publish()
        pipeline = self.env['crm.stage'].search([('team_ids', 'in', self.team.id)])
        self.assertEqual(
            pipeline.mapped('name'),
            ["Discover", "Enquiry", "Visit planned", "Offer", "Offer", "Talks", "Waiting", "Order"])
        self.assertEqual(pipeline[4], self.draft.stage_ids[2].crm_stage_ids)

    @users('user_sop_manager')
    def test_running_opportunities_may_stay_outside(self):
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), self.MAPPING)
        setup.adopt = False
        self._go(setup, 'summary').action_publish()
        self.assertFalse(self.leads.sudo().sop_process_id)
        lead = self.env['crm.lead'].sudo().create({
            'name': "Newcomer", 'type': 'opportunity', 'team_id': self.team.id, 'stage_id': self.own_stages[0].id})
        self.assertEqual(lead.sop_process_id, self.draft)

    @users('user_sop_manager')
    def test_back_keeps_what_was_chosen(self):
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), self.MAPPING)
        setup.action_next()
        setup.action_back()
        self.assertEqual(setup.step, 'stages')
        self.assertEqual(setup.line_ids[0].crm_stage_ids.mapped('name'), ["Enquiry", "Visit planned"])
        setup.action_back()
        setup.action_back()
        setup.action_back()
        self.assertEqual(setup.step, 'process')

    @users('user_sop_manager')
    def test_save_for_later(self):
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), self.MAPPING)
        self._go(setup, 'summary').action_save()
        self.assertEqual((self.draft.state, self.draft.team_ids), ('draft', self.team))
        self.assertEqual(self.draft.stage_ids[1].crm_stage_ids.name, "Qualify")
        again = self._go(self._open(), 'stages')
        self.assertEqual(again.team_ids, self.team)
        self.assertFalse(any(again.line_ids.mapped('create_stage')))
        self.assertEqual(again.line_ids[1].crm_stage_ids.name, "Qualify")

    # ------------------------------------------------------------
    # PROPOSALS
    # ------------------------------------------------------------

    def _get_proposals(self, names):
        stages = self.env['crm.stage'].create([
            {'name': name, 'sequence': 300 + number} for number, name in enumerate(names)])
        setup = self._open()
        return {
            stage.code: found.sorted('sequence').mapped('name')
            for stage, found in setup._get_proposals(self.draft.stage_ids, stages).items()
        }

    def test_proposals_by_name(self):
        self.assertEqual(
            self._get_proposals(["Fairs", "Discovery", "Calls", "Qualified", "Offers", "Talks"]),
            {'discover': ["Fairs", "Discovery", "Calls"], 'qualify': ["Qualified"], 'offer': ["Offers", "Talks"]})

    def test_proposals_by_order(self):
        self.assertEqual(
            self._get_proposals(["A", "B", "C", "D", "E"]),
            {'discover': ["A", "B"], 'qualify': ["C", "D"], 'offer': ["E"]})
        self.assertEqual(self._get_proposals(["K", "L"]), {'discover': ["K"], 'qualify': ["L"], 'offer': []})

    def test_a_stage_without_proposal_is_to_be_created(self):
        self.leads.unlink()
        self.own_stages[2:].unlink()
        setup = self._open()
        setup.team_ids = self.team
        self._go(setup, 'stages')
        self.assertEqual(
            setup.line_ids.mapped('create_stage'), [not line.crm_stage_ids for line in setup.line_ids])

    # ------------------------------------------------------------
    # REFUSALS
    # ------------------------------------------------------------

    @users('user_sop_manager')
    def test_every_step_needs_a_place(self):
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), {**self.MAPPING, 'qualify': []})
        with self.assertRaisesRegex(UserError, "Qualify"):
            setup.action_next()

    @users('user_sop_manager')
    def test_one_crm_stage_for_one_step(self):
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), {**self.MAPPING, 'qualify': ["Offer"]})
        with self.assertRaisesRegex(UserError, "Offer"):
            setup.action_next()

    @users('user_sop_manager')
    def test_problems_are_shown_before_publishing(self):
        self._get_item(self.draft, 'D2').with_user(self.user_sop_manager).field_ids = False
        setup = self._open()
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), self.MAPPING)
        self._go(setup, 'summary')
        self.assertIn("D2", setup.problems)
        self.assertFalse(self.env['crm.stage'].search([('name', '=', "Qualify")]), "The trial is taken back")
        with self.assertRaises(UserError):
            setup.action_publish()

    @users('user_sop_manager')
    def test_gates_of_a_mixed_process_are_kept(self):
        self.draft.stage_ids[0].with_user(self.user_sop_manager).gate = 'enforce'
        setup = self._open()
        setup.team_ids = self.team
        self.assertEqual(setup.gate, 'keep')
        self._map(self._go(setup, 'stages'), self.MAPPING)
        self._go(setup, 'summary').action_publish()
        self.assertEqual(self.draft.stage_ids.mapped('gate'), ['enforce', 'observe', 'observe'])

    @users('user_sop_manager')
    def test_a_published_process_offers_a_new_version(self):
        setup = self._open(process=self.process)
        with self.assertRaisesRegex(UserError, "new version"):
            setup.action_next()
        action = setup.action_new_version()
        following = self.env['sop.setup'].browse(action['res_id'])
        self.assertEqual((following.process_id.version, following.process_id.previous_id), (2, self.process))
        self._go(following, 'summary')
        self.assertEqual(following.older_count, 1)

    def test_the_team_of_one_company_makes_it_a_process_of_this_company(self):
        self.team.company_id = self.env.company
        setup = self._open(self.user_sales_manager)
        setup.team_ids = self.team
        self._map(self._go(setup, 'stages'), self.MAPPING)
        self._go(setup, 'summary').action_publish()
        self.assertEqual(self.draft.company_id, self.env.company)

    def test_teams_of_two_companies_are_refused(self):
        self.team.company_id = self.env.company
        company = self.env['res.company'].create({'name': "Sister company"})
        self.user_sales_manager.company_ids |= company
        other = self.env['crm.team'].create({'name': "Sister team", 'company_id': company.id})
        setup = self._open(self.user_sales_manager).with_context(
            allowed_company_ids=self.user_sales_manager.company_ids.ids)
        setup.team_ids = self.team | other
        with self.assertRaisesRegex(UserError, "different companies"):
            setup.action_next()

    def test_a_salesperson_sets_nothing_up(self):
        with self.assertRaises(AccessError):
            self._open(self.user_sales_salesman)
        with self.assertRaises(AccessError):
            self.env['sop.setup'].with_user(self.user_sales_salesman).create({})
        setup = self._open()
        for method in ('action_next', 'action_publish', 'action_save'):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(setup.with_user(self.user_sales_salesman), method)()

    def test_the_form_follows_the_steps(self):
        with Form(self.env['sop.setup'].with_user(self.user_sales_manager)) as form:
            form.process_id = self.draft
            self.assertEqual(form.stage_count, 3)
        self.assertEqual(form.record.step, 'process')

    def test_the_shipped_draft_is_offered(self):
        self.assertEqual(
            self.env['sop.setup'].with_user(self.user_sop_manager).create({}).process_id,
            self.env.ref('sales_sop.sop_process_sales'))

    # ------------------------------------------------------------
    # THOUSANDS OF OPPORTUNITIES
    # ------------------------------------------------------------

    def test_adoption_does_not_depend_on_the_number(self):
        def publish(draft):
            setup = self._open(process=draft)
            setup.team_ids = self.team
            self._map(self._go(setup, 'stages'), {**self.MAPPING, 'qualify': ["Waiting"]})
            self._go(setup, 'summary')
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            setup.action_publish()
            self.env.flush_all()
            count = self.env.cr.sql_log_count - before
            self.assertFalse(self.leads.filtered(lambda lead: not lead.sop_process_id))
            draft.with_user(self.user_sop_manager).action_unpublish()
            return count

        few = publish(self.draft)
        self.leads |= self.leads.create([
            {'name': f"More {number}", 'type': 'opportunity', 'team_id': self.team.id, 'user_id': False,
             'stage_id': self.own_stages[number % 5].id}
            for number in range(100)
        ])
        more = publish(self._create_process('own2', self.env['crm.team']))
        self.assertLessEqual(more, few + 5)


@tagged('post_install', '-at_install')
class TestMigration(SopProcessCommon):
    """Running documents move to another version, out of the procedure, and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.draft = cls.env['sop.process'].browse(cls.process.action_new_version()['res_id'])
        new = {item.code: item for item in cls.draft.stage_ids.requirement_ids}
        new['Q3'].unlink()
        new['Q1'].kind = 'confirm'
        new['Q1'].valid_required = False
        cls.draft.stage_ids[2].requirement_ids = [Command.create({'code': 'O9', 'name': "Price checked"})]
        cls.draft.stage_ids[0].requirement_ids = [Command.create({'code': 'D9', 'name': "Duplicates searched"})]
        cls.draft.stage_ids[1].day_limit = 2
        cls.draft.action_publish()

    def setUp(self):
        super().setUp()
        self.as_manager = self.draft.with_user(self.user_sop_manager)
        self.qualified = self._move(self._create_lead(name="Twenty valves"))

    def _move(self, lead):
        """``lead``, in the second stage of the old version with evidence."""
        lead = self._enter_old_version(lead)
        self._do(lead, 'D1', 'D2')
        lead.with_user(self.user_sales_salesman).stage_id = self.stage_gen_1
        self._do(lead, 'Q1')
        self.env.invalidate_all()
        return lead

    def _enter_old_version(self, lead):
        self._apply(self._select(lead, self.process))
        return lead

    def _select(self, leads, target):
        action = self.env['sop.migration'].with_user(self.user_sales_manager)._get_selection_action(
            leads.with_user(self.user_sales_manager))
        wizard = self.env['sop.migration'].with_user(self.user_sales_manager).browse(action['res_id'])
        wizard.target_id = target
        return wizard

    def _open(self, process=None):
        action = (process or self.process).with_user(self.user_sop_manager).action_migrate()
        return self.env['sop.migration'].with_user(self.user_sop_manager).browse(action['res_id'])

    def _apply(self, wizard):
        wizard.action_apply()
        self.env.flush_all()
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # PREVIEW
    # ------------------------------------------------------------

    def test_preview(self):
        wizard = self._open()
        self.assertEqual(wizard.target_id, self.draft)
        self.assertEqual(
            [(line.from_stage_id.code, line.to_stage_id.code, line.document_count) for line in wizard.line_ids],
            [('discover', 'discover', 1), ('qualify', 'qualify', 1)])
        self.assertEqual(wizard.line_ids.to_stage_id.process_id, self.draft)
        self.assertEqual(wizard.document_count, 2)
        text = str(wizard.preview)
        for part in ("O9 Price checked", "D9 Duplicates searched", "Q3 Competitors known", "is carried over",
                     "its kind is another one"):
            self.assertIn(part, text)
        by_stage = {line.from_stage_id.code: line._get_difference() for line in wizard.line_ids}
        self.assertEqual(by_stage['qualify']['gained'], ["O9 Price checked"], "Earlier stages are not asked")
        self.assertEqual(by_stage['discover']['gained'], ["D9 Duplicates searched", "O9 Price checked"])

    def test_preview_lists_the_documents_the_manager_may_read(self):
        action = self.process.with_user(self.user_sales_manager).action_migrate()
        wizard = self.env['sop.migration'].with_user(self.user_sales_manager).browse(action['res_id'])
        self.assertIn("Ten pumps", wizard.document_list)
        self.assertNotIn("Ten pumps", self._open().document_list, "No CRM rights: numbers only")
        self.assertIn("2 more", self._open().document_list)

    def test_preview_tells_of_documents_that_stand_elsewhere(self):
        wizard = self._open()
        wizard.line_ids[1].to_stage_id = self.draft.stage_ids[0]
        self.assertEqual([line._get_difference()['strays'] for line in wizard.line_ids], [0, 1])

    def test_the_map_is_made_anew_for_another_target(self):
        wizard = self._open()
        other = self._create_process('other', self.sales_team_1)
        other.stage_ids[1].code = 'renamed'
        other.action_publish()
        wizard.target_id = other
        self.assertEqual(wizard.line_ids.mapped('to_stage_id.code'), ['discover'])
        with self.assertRaisesRegex(UserError, "Qualify"):
            wizard.action_apply()

    # ------------------------------------------------------------
    # APPLY
    # ------------------------------------------------------------

    def test_apply(self):
        since = self.qualified.sop_stage_date
        wizard = self._open()
        wizard.reason = "Rules of 2027"
        self._apply(wizard)
        self.assertEqual((self.lead | self.qualified).sop_process_id, self.draft)
        self.assertEqual(self.qualified.sop_stage_id, self.draft.stage_ids[1])
        self.assertEqual(self.qualified.sop_entry_stage_id, self.draft.stage_ids[1])
        self.assertEqual(self.qualified.sop_stage_date, since, "The same stage goes on")
        self.assertEqual(
            self.qualified.sop_deadline,
            self.env.company._sop_add_workdays(since, 2))
        row = self._get_log(self.qualified)[-1]
        self.assertEqual(
            (row.kind, row.from_stage_id, row.to_stage_id, row.reason, row.user_id),
            ('migrated', self.stage_qualify, self.draft.stage_ids[1], "Rules of 2027", self.user_sop_manager))
        live = self.env['sop.check'].search(
            [('lead_id', '=', self.qualified.id), ('process_id', '=', self.draft.id)])
        self.assertEqual(live.mapped('requirement_id.code'), ['D1'])
        self.assertEqual(live.done_by_id, self.user_sales_salesman)
        self.assertTrue(live.source_check_id)

    def test_the_gate_asks_by_the_new_version_afterwards(self):
        self._apply(self._open())
        self.items = {item.code: item for item in self.draft.stage_ids.requirement_ids}
        self._do(self.qualified, 'Q2')
        with self.assertRefused(self.qualified, 'Q1'):
            self.qualified.with_user(self.user_sales_salesman).stage_id = self.stage_team1_2
        self.qualified.with_user(self.user_sales_salesman).action_sop_tick(self.items['Q1'].id)
        self.qualified.with_user(self.user_sales_salesman).stage_id = self.stage_team1_2
        self.assertEqual(self.qualified.sudo().sop_stage_id, self.draft.stage_ids[2])

    def test_back_again(self):
        self._apply(self._open())
        wizard = self._open(self.draft)
        wizard.target_id = self.process
        self._apply(wizard)
        self.assertEqual(self.qualified.sop_stage_id, self.stage_qualify)
        self.assertEqual(self.qualified.sop_process_id, self.process)
        statuses = self.qualified._get_sop_statuses(self.items['Q1'] | self.items['D1'])
        self.assertEqual(set(statuses.values()), {'done'})
        self.assertEqual(self._get_log(self.qualified)[-1].kind, 'migrated')

    def test_evidence_counts_in_one_version_only(self):
        self._apply(self._open())
        live = self.qualified.sop_check_ids.filtered(lambda check: not check.revoked_date)
        self.assertEqual(
            sorted((check.process_id.version, check.requirement_id.code) for check in live), [(1, 'Q1'), (2, 'D1')])
        live.filtered(lambda check: check.requirement_id.code == 'D1').with_user(
            self.user_sales_salesman).action_revoke("It was not in writing")
        wizard = self._open(self.draft)
        wizard.target_id = self.process
        self._apply(wizard)
        status = self.qualified._get_sop_statuses(self.items['D1'])
        self.assertEqual(set(status.values()), {'open'}, "What was revoked stays revoked")

    def test_a_stage_that_goes_on_is_counted_once(self):
        wizard = self._open()
        wizard.line_ids[0].to_stage_id = self.draft.stage_ids[1]
        self.env.cr.execute("UPDATE crm_lead SET sop_stage_date = now() at time zone 'utc' - interval '40 days'")
        self.env.invalidate_all()
        self._apply(wizard)
        self.assertEqual(self._get_log(self.qualified)[-1].days, 0)
        self.assertGreater(self._get_log(self.lead)[-1].days, 10)

    def test_take_out(self):
        wizard = self._open()
        wizard.mode = 'release'
        with self.assertRaises(UserError):
            wizard.action_apply()
        wizard.reason = "Handled by head office"
        self._apply(wizard)
        for name in set(self.lead._sop_position_fields) - {'sop_outcome'}:
            self.assertFalse(self.lead[name])
        row = self._get_log(self.qualified)[-1]
        self.assertEqual((row.kind, row.from_stage_id, row.to_stage_id.id, row.reason),
                         ('released', self.stage_qualify, False, "Handled by head office"))
        self.assertTrue(self._get_check(self.qualified, 'D1'))
        self.qualified.with_user(self.user_sales_salesman).stage_id = self.stage_team1_2
        self.assertFalse(self.qualified.sop_process_id, "It stays out")

    def test_closed_documents_stay(self):
        self.lead.with_user(self.user_sales_salesman).action_set_lost(lost_reason_id=self.lost_reason.id)
        wizard = self._open()
        self.assertEqual(wizard.document_count, 1)
        self._apply(wizard)
        self.assertEqual(self.lead.sop_process_id, self.process)

    def test_chosen_documents(self):
        wizard = self._select(self.lead, self.draft)
        self.assertEqual(wizard.document_count, 1)
        self._apply(wizard)
        self.assertEqual((self.lead.sop_process_id, self.qualified.sop_process_id), (self.draft, self.process))

    def test_a_chosen_document_without_process_enters_where_it_stands(self):
        wizard = self._select(self.lead | self.qualified, self.draft)
        wizard.write({'mode': 'release', 'reason': "Start again"})
        self._apply(wizard)
        elsewhere = self._create_lead(name="Elsewhere", team_id=False, stage_id=self.crm_stage_other.id)
        self.assertFalse(elsewhere.sop_process_id)
        wizard = self._select(self.lead | self.qualified | elsewhere, self.draft)
        self.assertEqual((wizard.document_count, wizard.skipped_count), (2, 1))
        self.assertIn("Qualify", wizard.preview)
        self._apply(wizard)
        self.assertEqual(self.lead.sop_stage_id, self.draft.stage_ids[0])
        self.assertEqual(self.qualified.sop_stage_id, self.draft.stage_ids[1])
        self.assertFalse(elsewhere.sop_process_id)

    def test_documents_of_older_versions(self):
        self.assertEqual(self.draft.older_document_count, 2)
        action = self.as_manager.action_migrate_older()
        wizard = self.env['sop.migration'].with_user(self.user_sop_manager).browse(action['res_id'])
        self.assertEqual((wizard.target_id, wizard.document_count), (self.draft, 2))
        self._apply(wizard)
        self.assertEqual(self.draft.older_document_count, 0)

    def test_a_document_that_moved_meanwhile(self):
        wizard = self._open()
        wizard.line_ids[1].unlink()
        with self.assertRaises(UserError):
            wizard.action_apply()

    def test_a_document_of_another_company_is_named(self):
        company = self.env['res.company'].create({'name': "Sister company"})
        self.user_sop_manager.company_ids |= company
        other = self._create_process('sister', self.env['crm.team'], company_id=company.id)
        other.action_publish()
        self.lead.company_id = self.env.company
        wizard = self._open().with_context(allowed_company_ids=(self.env.company | company).ids)
        wizard.target_id = other
        with self.assertRaisesRegex(UserError, "another company"):
            wizard.action_apply()

    def test_a_draft_is_no_target(self):
        draft = self._new_version(self.draft)
        wizard = self._open()
        wizard.target_id = draft
        with self.assertRaises(UserError):
            wizard.action_apply()

    def test_a_salesperson_migrates_nothing(self):
        with self.assertRaises(AccessError):
            self.env['sop.migration'].with_user(self.user_sales_salesman)._get_selection_action(
                self.lead.with_user(self.user_sales_salesman))
        with self.assertRaises(AccessError):
            self._open().with_user(self.user_sales_salesman).action_apply()

    def test_the_list_offers_it_to_managers_only(self):
        bindings = self.env['ir.actions.actions'].with_user(self.user_sales_manager).get_bindings('crm.lead')
        self.assertIn("Migrate in the Sales SOP", [action['name'] for action in bindings['action']])
        bindings = self.env['ir.actions.actions'].with_user(self.user_sales_salesman).get_bindings('crm.lead')
        self.assertNotIn("Migrate in the Sales SOP", [action['name'] for action in bindings.get('action', ())])
        action = self.env.ref('sales_sop.sop_migration_action_server').with_user(self.user_sales_manager)
        result = action.with_context(active_model='crm.lead', active_ids=self.lead.ids, active_id=self.lead.id).run()
        self.assertEqual(result['res_model'], 'sop.migration')

    def test_queries_do_not_depend_on_the_number(self):
        def migrate(process, target):
            wizard = self._open(process)
            wizard.target_id = target
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard.action_apply()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        migrate(self.process, self.draft)
        few = migrate(self.draft, self.process)
        leads = self.env['crm.lead'].create([
            {'name': f"Lead {number}", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
             'user_id': self.user_sales_salesman.id, 'stage_id': self.stage_team1_1.id,
             'email_from': 'a@example.com'}
            for number in range(60)
        ])
        leads.with_user(self.user_sales_salesman).action_sop_tick(self._get_item(self.draft, 'D1').id)
        more = migrate(self.draft, self.process)
        self.assertEqual(set(leads.mapped('sop_process_id')), {self.process})
        self.assertLessEqual(more, few + 5)
        self.assertEqual(fields.Date.to_date(leads[0].sop_deadline), None)
