from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestActivityPlan(SalesSopCommon):
    """A stage starts its plan when a document has entered it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env['mail.activity.plan'].create({
            'name': "Call first",
            'res_model': 'crm.lead',
            'template_ids': [Command.create({
                'activity_type_id': cls.env.ref('mail.mail_activity_data_call').id,
                'summary': "Introduce yourself", 'responsible_type': 'other',
                'responsible_id': cls.user_sales_salesman.id,
            })],
        })

    def _get_summaries(self, lead):
        self.env.cr.precommit.run()
        return lead.sudo().activity_ids.mapped('summary')

    def test_plan_of_the_first_stage(self):
        self.stage_discover.activity_plan_id = self.plan
        lead = self._create_lead(env=self.env(user=self.user_sales_salesman), name="With a plan")
        self.assertEqual(self._get_summaries(lead), ["Introduce yourself"])

    def test_plan_of_a_later_stage(self):
        self.stage_qualify.activity_plan_id = self.plan
        self._do_all(self.lead, self.stage_discover)
        self.assertFalse(self._get_summaries(self.lead))
        self.lead.with_user(self.user_sales_salesman).action_sop_complete_stage()
        self.assertEqual(self._get_summaries(self.lead), ["Introduce yourself"])

    def test_plan_of_a_stage_that_was_left_at_once(self):
        self.stage_qualify.activity_plan_id = self.plan
        self._do_all(self.lead)
        self.lead.action_sop_complete_stage()
        self.lead.action_sop_complete_stage()
        self.assertFalse(self._get_summaries(self.lead))


@tagged('post_install', '-at_install')
class TestKeptAndHidden(SalesSopCommon):

    def test_a_log_is_not_deleted_with_its_lead(self):
        lead = self._create_lead(name="Only moved")
        self.process.stage_ids.gate = 'observe'
        lead.stage_id = self.stage_gen_1
        self.assertFalse(lead.sop_check_ids)
        with self.assertRaises(UserError):
            lead.with_user(self.user_sales_manager).unlink()
        self.assertTrue(self._get_log(lead))

    def test_a_won_stage_becomes_a_normal_one(self):
        self._do_all(self.lead)
        self.lead.action_set_won()
        self.lead.stage_id.with_user(self.user_sales_manager).is_won = False
        log = self._get_log(self.lead)[-1]
        self.assertEqual((log.kind, bool(log.reason)), ('reopened', True))

    def test_a_lead_that_did_nothing_may_be_deleted(self):
        lead = self._create_lead(name="Typed by mistake")
        lead.with_user(self.user_sales_manager).unlink()
        self.assertFalse(lead.exists())

    def test_gate_of_a_retired_version_is_logged(self):
        self.process.action_new_version()
        draft = self.env['sop.process'].search([('previous_id', '=', self.process.id)])
        draft.action_publish()
        self.assertEqual(self.process.state, 'retired')
        self.stage_discover.with_user(self.user_sales_manager).gate = 'observe'
        self.assertIn("Discover", self.process.message_ids[0].body)

    def test_partners_in_the_portal_see_no_procedure(self):
        """Whatever else gives a portal user access to a lead."""
        self.env['ir.model.access'].create({
            'name': "portal reads leads", 'model_id': self.env['ir.model']._get('crm.lead').id,
            'group_id': self.env.ref('base.group_portal').id, 'perm_read': True})
        self.env['ir.rule'].create({
            'name': "portal reads leads", 'model_id': self.env['ir.model']._get('crm.lead').id,
            'groups': [Command.link(self.env.ref('base.group_portal').id)], 'domain_force': "[(1, '=', 1)]"})
        lead = self.lead.with_user(self.user_portal)
        self.assertEqual(lead.name, "Ten pumps")
        for method in ('get_sop_checklist', 'get_sop_summary', 'get_sop_journey'):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(lead, method)()


@tagged('post_install', '-at_install')
class TestBeforePublication(SalesSopCommon):
    """Documents that were there before the process."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.process.action_unpublish()
        cls.lost = cls._create_lead(name="Lost long ago", stage_id=cls.stage_gen_1.id)
        cls.lost.action_set_lost(lost_reason_id=cls.lost_reason.id)
        cls.won = cls._create_lead(name="Won long ago")
        cls.won.action_set_won()
        cls.env.flush_all()

    def test_a_lost_one_that_is_restored_is_taken_in(self):
        self.process.action_publish()
        self.process._adopt_documents()
        self.assertFalse(self.lost.sop_process_id)
        self.lost.action_unarchive()
        self.assertEqual(self.lost.sop_stage_id, self.stage_qualify)
        with self.assertRefused(self.lost):
            self.lost.action_set_won()

    def test_a_lost_one_stays_free_where_nothing_was_taken_in(self):
        self.process.action_publish()
        self.lost.action_unarchive()
        self.assertFalse(self.lost.sop_process_id)

    def test_a_won_one_is_history(self):
        self.process.action_publish()
        self.process._adopt_documents()
        colleague = new_test_user(self.env, 'sop_colleague', groups='sales_team.group_sale_salesman_all_leads')
        self.won.user_id = colleague
        self.assertFalse(self.won.sop_process_id)
        self.assertFalse(self._get_log(self.won))


@tagged('post_install', '-at_install')
class TestFastTrackAndMerge(SalesSopCommon):

    def test_fast_track_skips_what_waits_for_a_second_person(self):
        self.process.action_unpublish()
        self.process.action_new_version()
        draft = self.env['sop.process'].search([('previous_id', '=', self.process.id)])
        draft.stage_ids[0].requirement_ids[0].verify = True
        draft.action_publish()
        lead = self._create_lead(name="Repeat order", priority='3').with_user(self.user_sales_salesman)
        item = draft.stage_ids[0].requirement_ids[0]
        lead.action_sop_tick(item.id)
        lead.action_sop_fast_track(draft.stage_ids[2].id, "Same pumps as last year")
        self.assertEqual(lead.sop_stage_id, draft.stage_ids[2])
        check = self._get_check(lead, item.code)
        self.assertEqual((check.state, check.fast_track), ('na', True))

    def test_merging_keeps_the_better_evidence(self):
        other = self._create_lead(name="The same ten pumps")
        self.lead.with_user(self.user_sales_manager).action_sop_waive(self.items['D1'].id, "Old friends", '2099-01-01')
        self._do(other, 'D1')
        (self.lead | other).merge_opportunity(auto_unlink=False)
        checks = self.env['sop.check'].search([('requirement_id.code', '=', 'D1'), ('revoked_date', '=', False)])
        self.assertEqual(checks.mapped('state'), ['done'])

    def test_merging_takes_no_waiver_along(self):
        other = self._create_lead(name="The same ten pumps")
        self._do(self.lead, 'D1')
        head = (self.lead | other)._sort_by_confidence_level(reverse=True)[0]
        tail = (self.lead | other) - head
        tail.with_user(self.user_sales_manager).action_sop_waive(
            self.items['O1'].id, "Price list is enough", '2099-01-01')
        (head | tail).merge_opportunity(auto_unlink=False)
        self.assertFalse(self._get_check(head, 'O1'))
        revoked = self.env['sop.check'].search([('requirement_id.code', '=', 'O1')])
        self.assertEqual((revoked.lead_id, bool(revoked.revoked_date)), (head, True))
