from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..engine import as_engine
from .negotiation_common import NegotiationCommon


@tagged('post_install', '-at_install')
class TestQuotationTerms(NegotiationCommon):
    """The quotation says what was agreed, and is still valid (S4.5)."""

    def _send(self, order):
        order.action_quotation_sent()
        self.env.invalidate_all()
        return order

    def _state(self, lead=None):
        self.env.invalidate_all()
        return (lead or self.lead).with_env(self.me).sop_quotation_state

    def test_states(self):
        self.assertEqual(self._state(), 'none')
        order = self._create_order()
        self.assertEqual(self._state(), 'draft')
        self._send(order)
        self.assertEqual(self._state(), 'valid')
        order.validity_date = fields.Date.today() - timedelta(days=2)
        self.assertEqual(self._state(), 'expired')
        order._action_cancel()
        self.assertEqual(self._state(), 'none')

    def test_the_latest_sent_counts(self):
        old = self._send(self._create_order())
        old.validity_date = fields.Date.today() - timedelta(days=2)
        self._create_order()
        self.assertEqual(self._state(), 'expired')
        self._send(self._create_order())
        self.assertEqual(self._state(), 'valid')

    def test_differences_in_words(self):
        order = self._create_order(product_uom_qty=8, customer_lead=20, discount=1)
        sheet = self._create_sheet()
        term = self.env['account.payment.term'].create({'name': "30 days net"})
        self._line(sheet, 'price').agreed = '2'
        self._line(sheet, 'quantity').agreed = '10'
        self._line(sheet, 'delivery').agreed = '40'
        self._line(sheet, 'payment').write({
            'agreed': "30 days net", 'standing': 'target', 'payment_term_id': term.id, 'number': 30})
        self._line(sheet, 'validity').agreed = '30'
        order.write({'validity_date': fields.Date.today() + timedelta(days=10)})
        self._send(order)
        self.assertEqual(self._state(), 'differs')
        lines = order.sop_term_difference.split('\n')
        self.assertEqual(lines[0], "Price: 1 % below list instead of the agreed 2 %.")
        self.assertEqual(lines[1], "Quantity: 8 instead of the agreed 10.")
        self.assertEqual(lines[2], "Delivery: 20 days instead of the agreed 40.")
        self.assertIn("instead of the agreed 30 days net", lines[3])
        self.assertEqual(lines[4], "Validity: 10 days instead of the agreed 30.")
        self.assertEqual(self.lead.sop_quotation_difference, order.sop_term_difference)

    def test_taken_over(self):
        order = self._create_order(price_unit=1100, customer_lead=20)
        sheet = self._create_sheet(order_id=order.id)
        term = self.env['account.payment.term'].create({'name': "30 days net"})
        self._line(sheet, 'price').agreed = '2'
        self._line(sheet, 'delivery').agreed = '40'
        self._line(sheet, 'validity').agreed = '30'
        self._line(sheet, 'payment').write({
            'agreed': "30 days net", 'standing': 'target', 'payment_term_id': term.id})
        self.assertTrue(order.sop_term_difference)
        order.action_sop_take_over_terms()
        self.assertFalse(order.sop_term_difference)
        self.assertAlmostEqual(order.order_line.price_subtotal, 9800, 0)
        self.assertEqual(order.validity_date, fields.Date.today() + timedelta(days=30))
        self.assertEqual(order.payment_term_id, term)
        self._send(order)
        self.assertEqual(self._state(), 'valid')

    def test_nothing_to_take_over(self):
        order = self._create_order()
        with self.assertRaises(UserError):
            order.action_sop_take_over_terms()
        self._create_sheet()
        with self.assertRaises(UserError):
            order.action_sop_take_over_terms()
        order.action_confirm()
        with self.assertRaises(UserError):
            order.action_sop_take_over_terms()

    def test_only_agreed_terms_are_compared(self):
        order = self._send(self._create_order(discount=2))
        sheet = self._create_sheet()
        self._line(sheet, 'price').ask = '20'
        self.assertEqual(self._state(), 'valid')
        self._line(sheet, 'price').agreed = '1'
        self.assertEqual(self._state(), 'differs')
        self._line(sheet, 'price').status = 'parked'
        self.assertEqual(self._state(), 'valid')
        self.assertFalse(order.sop_term_difference)

    def test_another_solution(self):
        """A quotation of a version that was replaced is not the one agreed on."""
        solutions = as_engine(self.env['sop.solution']).create([
            {'lead_id': self.lead.id, 'name': "Two pumps", 'version': 1},
            {'lead_id': self.lead.id, 'name': "Ten pumps", 'version': 2}])
        solutions.write({'approved_date': fields.Datetime.now()})
        solutions[0].state = 'outdated'
        solutions[1].state = 'approved'
        order = self._create_order()
        order.sudo().sop_solution_id = solutions[0]
        self._send(order)
        self.assertEqual(self._state(), 'differs')
        self.assertIn("Solution:", self.lead.sop_quotation_difference)
        order.sudo().sop_solution_id = solutions[1]
        self.assertEqual(self._state(), 'valid')

    def test_issued_anew(self):
        with freeze_time('2026-11-02 08:00:00'):
            order = self._create_order()
            order.validity_date = '2026-11-30'
            self._send(order)
            with self.assertRaises(UserError):
                order.action_sop_renew_validity()
        with freeze_time('2026-12-10 08:00:00'):
            self.env.invalidate_all()
            self.assertTrue(order.sop_is_expired)
            self.assertEqual(self._state(), 'expired')
            order.action_sop_renew_validity()
            self.assertEqual(order.state, 'draft', "It is sent once more")
            self.assertGreater(order.validity_date, fields.Date.to_date('2026-12-10'))
            self._send(order)
            self.assertEqual(self._state(), 'valid')

    def test_confirmed_order_does_not_expire(self):
        order = self._create_order()
        order.action_confirm()
        order.validity_date = fields.Date.today() - timedelta(days=2)
        self.assertEqual(self._state(), 'valid')

    def test_search(self):
        leads = {state: self._create_lead(name=state) for state in ('none', 'draft', 'valid', 'expired', 'differs')}
        for state in ('draft', 'valid', 'expired', 'differs'):
            order = self._create_order(leads[state])
            if state != 'draft':
                order.action_quotation_sent()
            if state == 'expired':
                order.validity_date = fields.Date.today() - timedelta(days=2)
            if state == 'differs':
                self._line(self._create_sheet(leads[state]), 'price').agreed = '1'
        self.env.invalidate_all()
        mine = [('id', 'in', [lead.id for lead in leads.values()])]
        for state, lead in leads.items():
            with self.subTest(state=state):
                self.assertEqual(lead.sop_quotation_state, state)
                self.assertEqual(self.me['crm.lead'].search([*mine, ('sop_quotation_state', '=', state)]).ids, lead.ids)
        found = self.me['crm.lead'].search([*mine, ('sop_quotation_state', 'not in', ['valid', 'none'])])
        self.assertEqual(set(found.mapped('name')), {'draft', 'expired', 'differs'})

    def test_deadline(self):
        with freeze_time('2026-11-02 08:00:00'):
            self.lead.with_env(self.me).action_sop_quotation_asked()
            activity = self.lead.activity_ids.filtered(
                lambda activity: activity.activity_type_id == self.env.ref('sales_sop.mail_activity_type_quotation'))
            self.assertEqual(activity.date_deadline, fields.Date.to_date('2026-11-05'))
            self.assertEqual(activity.user_id, self.user_sales_salesman)
        self._send(self._create_order())
        self.assertFalse(activity.exists())

    def test_foreign_order(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        order = self.env['sale.order'].create({
            'partner_id': self.contact_company_1.id, 'opportunity_id': foreign.id,
            'user_id': self.user_sales_leads.id, 'order_line': [Command.create({'product_id': self.product.id})]})
        own = order.with_env(self.me)
        for act in (own.action_sop_take_over_terms, own.action_sop_renew_validity):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(AccessError):
            foreign.with_env(self.me).action_sop_quotation_asked()
