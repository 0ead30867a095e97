from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .solution_common import SolutionCommon


@tagged('post_install', '-at_install')
class TestNoBid(SolutionCommon):
    """Not to bid is decided by a sales manager, with a reason (S3.3)."""

    def setUp(self):
        super().setUp()
        self.reason = self.env.ref('sales_sop.crm_lost_reason_no_bid')
        self.manager_lead = self.lead.with_user(self.user_sales_manager)

    def _decline(self, lead, text="No crane can lift it"):
        return lead.env['sop.no.bid'].create({
            'lead_id': lead.id, 'reason': 'infeasible', 'text': text}).action_decline()

    def test_manager_declines(self):
        draft = self._create_solution()
        self._decline(self.manager_lead)
        self.assertEqual((self.lead.sop_outcome, self.lead.lost_reason_id), ('lost', self.reason))
        self.assertEqual((self.lead.sop_no_bid_reason, self.lead.sop_no_bid_by_id), (
            'infeasible', self.user_sales_manager))
        self.assertIn("crane", self._get_log(self.lead)[-1].reason)
        self.assertEqual(draft.state, 'outdated')
        told = self.lead.message_ids.filtered(lambda message: "crane" in str(message.body))
        self.assertIn(self.user_sales_salesman.partner_id, told.partner_ids)

    def test_nobody_else(self):
        for user in (self.user_sales_salesman, self.user_auditor, self.user_px, self.user_employee):
            lead = self.lead.with_user(user)
            for act in (
                lambda lead=lead: lead.action_sop_open_no_bid(),
                lambda lead=lead: lead._sop_decline('risk', "x"),
                lambda lead=lead: self._decline(lead),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError), self.cr.savepoint():
                    act()
        self.assertEqual(self.lead.sop_outcome, 'open')

    def test_the_reason_is_not_chosen_like_others(self):
        for lead in (self.lead.with_user(self.user_sales_salesman), self.manager_lead, self.lead):
            for act in (
                lambda lead=lead: lead.action_set_lost(lost_reason_id=self.reason.id),
                lambda lead=lead: lead.write({'lost_reason_id': self.reason.id}),
            ):
                with self.assertRaises(ValidationError), self.cr.savepoint():
                    act()
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._create_lead(lost_reason_id=self.reason.id)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.manager_lead.write({'sop_no_bid_reason': 'risk', 'lost_reason_id': self.reason.id})

    def test_bad_input(self):
        with self.assertRaises(UserError):
            self._decline(self.manager_lead, text="  ")
        self._decline(self.manager_lead)
        with self.assertRaises(UserError) as caught:
            self._decline(self.manager_lead)
        self.assertIn("not running", str(caught.exception))

    def test_without_a_procedure_the_reason_is_free(self):
        lead = self.env['crm.lead'].create({'name': "Free", 'type': 'opportunity', 'team_id': False})
        self.assertFalse(lead.sop_process_id)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(lead.lost_reason_id, self.reason)

    def test_taken_up_again(self):
        """A lead that runs again is declined by a new decision only."""
        self._decline(self.manager_lead)
        self.manager_lead.with_context(sop_reason="They ask again").action_unarchive()
        self.assertFalse(self.lead.sop_no_bid_reason)
        with self.assertRaises(ValidationError):
            self.lead.with_user(self.user_sales_salesman).action_set_lost(lost_reason_id=self.reason.id)
