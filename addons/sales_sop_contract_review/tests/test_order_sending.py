from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged, users

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.tests.common import each_actor

from .order_gate_common import OrderGateCommon


@tagged('post_install', '-at_install')
class TestOrderSending(OrderGateCommon):
    """A quotation that needs a review reaches the customer after it (8.2.3)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env.ref('sale.email_template_edi_sale')

    def _compose(self, order, mode='comment', **values):
        return order.env['mail.compose.message'].with_context(mark_so_as_sent=values.pop('mark', False)).create({
            'model': 'sale.order', 'res_ids': str(order.ids), 'composition_mode': mode,
            'template_id': self.template.id, **values})

    @each_actor
    def test_every_door(self, env):
        order = self.order.with_env(env)
        doors = {
            'button': order.action_quotation_send,
            'proforma': order.with_context(proforma=True).action_quotation_send,
            'mark as sent': order.action_quotation_sent,
            'write': lambda: order.write({'state': 'sent'}),
            'create': lambda: order.copy({'state': 'sent'}),
            'message that marks it': lambda: order.with_context(mark_so_as_sent=True).message_post(body="Here it is"),
            'composer': lambda: self._compose(order)._action_send_mail(),
            'composer without template': lambda: self._compose(
                order, mark=True, template_id=False, body="Here it is", subject="Yours")._action_send_mail(),
            'mass mail': lambda: self._compose(order, mode='mass_mail')._action_send_mail(),
            'later': lambda: self._compose(
                order, scheduled_date=str(fields.Datetime.now() + timedelta(days=1))).action_schedule_message(),
            'template': lambda: self.template.with_env(env).send_mail(order.id),
            'template as source': lambda: order.message_post_with_source(self.template),
            'template as mail': lambda: order.message_mail_with_source(self.template),
            'forged': lambda: order.with_context(sop_engine=True).write({'state': 'sent'}),
        }
        for name, door in doors.items():
            with self.subTest(door=name), self.assertRaises(UserError) as caught:
                door()
            self.assertIn("before the customer gets it", str(caught.exception))
        self.assertEqual(order.state, 'draft')

    @users('user_sales_salesman')
    def test_reviewed(self):
        order = self.order.with_env(self.env)
        self._give_review(order)
        self._compose(order, mark=True)._action_send_mail()
        self.assertEqual(order.state, 'sent')

    @users('user_sales_salesman')
    def test_open_conditions_do_not_hold_it(self):
        order = self.order.with_env(self.env)
        self._add_condition(self._give_review(order, 'approved_cond'))
        order.action_quotation_sent()

    @users('user_sales_salesman')
    def test_what_stays_free(self):
        """Previews, notes, letters and small orders."""
        order = self.order.with_env(self.env)
        order.action_preview_sale_order()
        order.message_post(body="To do", subtype_xmlid='mail.mt_note')
        order.message_post(
            body="You will get our offer on Monday", partner_ids=self.partner.ids, message_type='comment')
        self._compose(
            order, template_id=False, body="Call them", subtype_id=self.env.ref('mail.mt_note').id)._action_send_mail()
        self.env['ir.actions.report'].sudo()._render_qweb_html('sale.report_saleorder', order.ids)
        self.small.with_env(self.env).action_quotation_sent()
        self.assertEqual(order.state, 'draft')

    def test_switched_off(self):
        self.company.sop_review_before_send = False
        self.order.action_quotation_sent()
        with self.assertRaises(UserError):
            self.order.action_confirm()

    def test_only_enforced(self):
        for gate in ('off', 'observe'):
            self.company.sop_review_gate = gate
            self._create_order().action_quotation_sent()

    def test_confirmed_orders_are_sent(self):
        as_engine(self.order).action_confirm()
        self.order.action_quotation_send()

    def test_contract(self):
        """What the contract's review has seen may be sent."""
        contract = self._create_contract(self.order)
        with self.assertRaises(UserError):
            self.order.action_quotation_sent()
        self._give_review(contract)
        self.order.action_quotation_sent()
