from datetime import date, datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged, users

from ..engine import as_engine
from .test_cadence import NOON, CadenceCommon


class HandoverCommon(CadenceCommon):

    def setUp(self):
        super().setUp()
        self.former, self.new = self.user_sales_salesman, self.colleague

    def _hand_over(self, leads, moment=NOON, user_id=None):
        """The manager gives ``leads`` to the new owner; return the hand-overs."""
        known = self.env['sop.handover'].search([])
        with self._at(moment):
            leads.with_user(self.user_sales_manager).write(
                {'user_id': self.new.id if user_id is None else user_id})
        return self.env['sop.handover'].search([]) - known

    def _get_texts(self, handover, kind):
        return handover.line_ids.filtered(lambda line: line.kind == kind).mapped('text')


@tagged('post_install', '-at_install')
class TestHandoverMade(HandoverCommon):
    """A change of salesperson makes the list both sign."""

    def test_one_for_a_batch(self):
        leads = self._create_graded('a', 3)
        handover = self._hand_over(leads)
        self.assertEqual(
            (handover.from_user_id, handover.to_user_id, handover.made_by_id, handover.lead_count),
            (self.former, self.new, self.user_sales_manager, 3))
        self.assertEqual(handover.due_date, date(2026, 3, 5), "Three working days")
        self.assertEqual(
            handover.line_ids.filtered(lambda line: line.kind == 'lead').mapped('lead_name'), leads.mapped('name'))

    def test_one_for_each_former_owner(self):
        leads = self._create_graded('a', 2)
        leads[1].user_id = self.user_sales_leads
        handovers = self._hand_over(leads)
        self.assertEqual(handovers.from_user_id, self.former | self.user_sales_leads)
        self.assertEqual(len(handovers), 2)

    def test_what_is_listed(self):
        lead = self._create_graded('a', partner_id=self.contact_company_1.id)
        with self._at():
            lead.activity_schedule(
                'mail.mail_activity_data_todo', date(2026, 3, 9), summary="Send drawing", user_id=self.former.id)
            lead.activity_schedule('mail.mail_activity_data_todo', summary="Not his", user_id=self.user_sales_leads.id)
            order = self.env['sale.order'].create({
                'partner_id': self.contact_company_1.id, 'opportunity_id': lead.id})
            cancelled = order.copy({'opportunity_id': lead.id, 'state': 'cancel'})
        self._log(lead, datetime(2026, 3, 3, 9), has_promise=True, promise="Five per cent off", outcome='unreached')
        handover = self._hand_over(lead, datetime(2026, 3, 4, 9))
        self.assertIn("Send drawing", self._get_texts(handover, 'activity'))
        self.assertNotIn("Not his", self._get_texts(handover, 'activity'))
        self.assertEqual(self._get_texts(handover, 'promise'), ["Five per cent off"])
        orders = self._get_texts(handover, 'order')
        self.assertEqual(len(orders), 1)
        self.assertIn(order.name, orders[0])
        self.assertNotIn(cancelled.name, orders[0])

    def test_activities_go_to_the_new_owner(self):
        lead = self._create_graded('a')
        with self._at():
            own, other = (
                lead.activity_schedule('mail.mail_activity_data_todo', summary="x", user_id=user.id)
                for user in (self.former, self.user_sales_leads))
        self._hand_over(lead)
        self.assertEqual((own.user_id, other.user_id), (self.new, self.user_sales_leads))

    def test_not_made(self):
        """To or from the pool, without process, to the same person, switched off."""
        lead = self._create_graded('a')
        self.assertFalse(self._hand_over(lead, user_id=self.former.id))
        self.assertFalse(self._hand_over(lead, user_id=False))
        self.assertFalse(self._hand_over(lead))
        self.company.sop_handover = False
        self.assertFalse(self._hand_over(self._create_graded('a', company_id=self.company.id)))
        team = self.env['crm.team'].create({
            'name': "Free", 'member_ids': [Command.set((self.former | self.new).ids)]})
        plain = self._create_lead(team_id=team.id)
        plain.write({'user_id': self.new.id})
        self.assertFalse(self.env['sop.handover.line'].search([('lead_id', '=', plain.id)]))

    def test_both_are_asked(self):
        handover = self._hand_over(self._create_graded('a'))
        self.assertEqual(handover.activity_ids.user_id, self.former | self.new)
        self.assertEqual(set(handover.activity_ids.mapped('date_deadline')), {handover.due_date})


@tagged('post_install', '-at_install')
class TestHandoverSigned(HandoverCommon):
    """Each signs for himself, once."""

    def setUp(self):
        super().setUp()
        self.handover = self._hand_over(self._create_graded('a'))

    def test_both_sign(self):
        self.handover.with_user(self.new).action_sign("  Called the customer ")
        self.assertEqual(
            (self.handover.to_remark, self.handover.to_signed_by_id, self.handover.signed_date),
            ("Called the customer", self.new, False))
        self.assertEqual(self.handover.activity_ids.user_id, self.former)
        self.handover.with_user(self.former).action_sign()
        self.assertEqual(self.handover.state, 'signed')
        self.assertTrue(self.handover.signed_date)
        self.assertFalse(self.handover.activity_ids)

    def test_not_twice(self):
        self.handover.with_user(self.new).action_sign()
        with self.assertRaises(UserError) as caught:
            self.handover.with_user(self.new).action_sign()
        self.assertIn(self.former.name, str(caught.exception))
        self.handover.with_user(self.former).action_sign()
        for user in (self.former, self.new, self.user_sales_manager):
            with self.assertRaises(UserError):
                self.handover.with_user(user).action_sign("Again")

    def test_not_for_somebody_else(self):
        for user in (self.user_sales_manager, self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self.handover.with_user(user).action_sign("In his place")
        for user in (self.user_sales_leads, self.user_employee, self.user_portal, self.user_public):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.handover.with_user(user).action_sign("Let me in")
        self.assertFalse(self.handover.from_signed_date or self.handover.to_signed_date)

    def test_manager_for_somebody_who_left(self):
        self.former.active = False
        manager = self.handover.with_user(self.user_sales_manager)
        for remark in ('', '  ', None):
            with self.assertRaises(UserError):
                manager.action_sign(remark)
        manager.action_sign("Left in February; went through the mails")
        self.assertEqual(
            (self.handover.from_signed_by_id, self.handover.from_remark),
            (self.user_sales_manager, "Left in February; went through the mails"))
        with self.assertRaises(UserError):
            manager.action_sign("And the other")

    @users('user_sales_salesman')
    def test_dialog(self):
        dialog = self.env['sop.handover.sign'].with_context(active_id=self.handover.id).create({'remark': "Fine"})
        dialog.action_sign()
        self.assertEqual(self.handover.from_remark, "Fine")

    def test_nobody_writes_it(self):
        line = self.handover.line_ids[:1]
        for env in (self.env, self.env(user=self.user_sales_manager), self.env(user=self.new, su=True)):
            for forge in (
                lambda own: own.write({'from_signed_date': NOON}),
                lambda own: own.write({'signed_date': NOON, 'line_ids': [Command.clear()]}),
                lambda own: own.create({'from_user_id': 1, 'to_user_id': 1, 'date': NOON, 'made_by_id': 1}),
                lambda own: own.unlink(),
                lambda own: line.with_env(own.env).write({'text': "Nothing"}),
                lambda own: line.with_env(own.env).unlink(),
            ):
                with self.assertRaises(AccessError):
                    forge(self.handover.with_env(env))

    def test_readers(self):
        self.env.invalidate_all()
        for user, is_reader in (
            (self.former, True), (self.new, True), (self.user_sales_manager, True), (self.user_auditor, True),
            (self.user_sales_leads, False), (self.user_employee, False), (self.user_portal, False),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self.handover.with_user(user).has_access('read'), is_reader)
                self.assertEqual(self.handover.line_ids.sudo().with_user(user).has_access('read'), is_reader)

    def test_another_company(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        manager = new_test_user(
            self.env, 'sop_manager_elsewhere', groups='sales_team.group_sale_manager', company_id=other.id,
            company_ids=[Command.set(other.ids)])
        self.env.invalidate_all()
        self.assertFalse(self.handover.with_user(manager).has_access('read'))

    def test_paper(self):
        html = self.env['ir.actions.report']._render_qweb_html(
            'sales_sop.sop_handover_report', self.handover.ids)[0].decode()
        for text in (self.former.name, self.new.name, self.handover.line_ids[:1].lead_name):
            self.assertIn(text, html)
        action = self.handover.with_user(self.new).action_print()
        self.assertEqual(action['type'], 'ir.actions.report')


@tagged('post_install', '-at_install')
class TestHandoverOverdue(HandoverCommon):
    """What is not signed in time is told to the manager, once."""

    def test_overdue(self):
        self.sales_team_1.user_id = self.user_sales_manager
        handover = self._hand_over(self._create_graded('a'))
        known = handover.activity_ids
        for moment, told in ((datetime(2026, 3, 5, 9), 0), (datetime(2026, 3, 6, 9), 1), (datetime(2026, 3, 7, 9), 1)):
            self._run(self.env['sop.handover']._cron_sop_handover, moment)
            with self._at(moment):
                handover.invalidate_recordset()
                activities = handover.activity_ids - known
                self.assertEqual(len(activities), told)
                self.assertEqual(handover.state, 'overdue' if told else 'to_sign')
                self.assertEqual(
                    handover in self.env['sop.handover'].search([('state', '=', 'overdue')]), bool(told))
                self.assertEqual(
                    handover in self.env['sop.handover'].search([('state', '!=', 'overdue')]), not told)
        self.assertEqual(activities.user_id, self.user_sales_manager)
        handover.with_user(self.former).action_sign()
        handover.with_user(self.new).action_sign()
        self.assertFalse(handover.activity_ids)

    def test_signed_in_time(self):
        handover = self._hand_over(self._create_graded('a'))
        as_engine(handover).write({'signed_date': NOON})
        self._run(self.env['sop.handover']._cron_sop_handover, datetime(2026, 3, 6, 9))
        self.assertFalse(handover.escalated_date)
