from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged, users

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.tests.common import each_actor

from .order_gate_common import OrderGateCommon


@tagged('post_install', '-at_install')
class TestConfirmedTerms(OrderGateCommon):
    """What was reviewed and confirmed is changed by an amendment, not in the order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._give_review(cls.order)
        cls.order.action_confirm()
        cls.line = cls.order.order_line
        cls.other_partner = cls.env['res.partner'].create({'name': "Somebody Else"})
        cls.term = cls.env['account.payment.term'].create({'name': "90 days"})

    @each_actor
    def test_every_term(self, env):
        order, line = self.order.with_env(env), self.line.with_env(env)
        new_line = {'order_id': order.id, 'product_id': self.product.id, 'product_uom_qty': 1, 'price_unit': 1}
        changes = {
            'quantity': lambda: line.write({'product_uom_qty': 11}),
            'price': lambda: line.write({'price_unit': 900}),
            'discount': lambda: line.write({'discount': 5}),
            'description': lambda: line.write({'name': "Pump P21"}),
            'new line': lambda: order.write({'order_line': [Command.create({
                'product_id': self.product.id, 'product_uom_qty': 1, 'price_unit': 1})]}),
            'new line, created': lambda: line.create(new_line),
            'new line, of the context': lambda: line.with_context(default_order_id=order.id).create(
                {**new_line, 'order_id': order.id}),
            'copy of a line': lambda: line.copy({'order_id': order.id}),
            'line of another order': lambda: self.small.order_line.with_env(env).write({'order_id': order.id}),
            'line that leaves': lambda: line.write({'order_id': self.small.id}),
            'hidden as a down payment': lambda: line.write({'is_downpayment': True}),
            'hidden as an expense': lambda: line.write({'is_expense': True}),
            'payment': lambda: order.write({'payment_term_id': self.term.id}),
            'customer': lambda: order.write({'partner_id': self.other_partner.id}),
            'address': lambda: order.write({'partner_shipping_id': self.other_partner.id}),
            'date': lambda: order.write({'commitment_date': '2031-01-31 00:00:00'}),
            'forged context': lambda: line.with_context(sop_engine=True).write({'price_unit': 900}),
        }
        for name, change in changes.items():
            with self.subTest(change=name), self.assertRaises(UserError) as caught:
                change()
            self.assertIn("amendment", str(caught.exception))
        self.assertEqual(self.order.sop_review_id.state, 'approved', "A refused change outdates nothing")

    def test_default_of_the_context_names_the_order(self):
        with self.assertRaises(UserError):
            self.line.with_context(default_order_id=self.order.id).create({
                'product_id': self.product.id, 'product_uom_qty': 1})

    def test_deletion(self):
        self.line.sudo().write({'is_downpayment': False})
        with self.assertRaises(UserError):
            self.line.unlink()

    @users('user_sales_salesman')
    def test_what_stays_free(self):
        order, line = self.order.with_env(self.env), self.line.with_env(self.env)
        line.write({'price_unit': line.price_unit, 'product_uom_qty': 10, 'sequence': 3, 'qty_delivered': 4})
        order.write({
            'client_order_ref': "PO 77", 'tag_ids': [Command.clear()], 'partner_id': order.partner_id.id,
            'order_line': [Command.create({'display_type': 'line_note', 'name': "Packed in wood"})]})
        order.action_lock()
        order.action_unlock()
        order.message_post(body="Shipped")
        self.assertEqual(line.qty_delivered, 4)

    def test_what_odoo_adds(self):
        """Expenses passed on, and goods delivered beyond the order, are no change of the order."""
        self.line.create([
            {'order_id': self.order.id, 'product_id': self.product.id, 'product_uom_qty': 1, 'is_expense': True},
            {'order_id': self.order.id, 'product_id': self.product.id, 'product_uom_qty': 0, 'qty_delivered': 1},
        ])
        extra = self.order.order_line[-1]
        with self.assertRaises(UserError):
            extra.product_uom_qty = 5

    def test_engine(self):
        as_engine(self.line).price_unit = 900
        as_engine(self.order).order_line = [Command.create({'product_id': self.product.id, 'product_uom_qty': 1})]
        self.assertEqual(len(self.order.order_line), 2)

    def test_cancel_stays_possible(self):
        self.order.action_cancel()
        self.order.action_draft()
        self.line.price_unit = 900
        with self.assertRaises(UserError):
            self.order.action_confirm()

    def test_small_orders_change_while_they_stay_small(self):
        self.small.action_confirm()
        line = self.small.order_line
        line.price_unit = 1100
        with self.assertRaises(UserError) as caught:
            line.price_unit = 9000
        self.assertIn("Big order", str(caught.exception))
        with self.assertRaises(UserError):
            self.small.order_line = [Command.create({
                'product_id': self.product.id, 'product_uom_qty': 50, 'price_unit': 1000})]
        self.env.invalidate_all()
        self.assertEqual(self.small.amount_total, 3300)

    def test_confirmed_empty_and_filled_later(self):
        order = self.env['sale.order'].create({'partner_id': self.partner.id, 'state': 'sale'})
        with self.assertRaises(UserError):
            order.order_line = [Command.create({
                'product_id': self.product.id, 'product_uom_qty': 10, 'price_unit': 1000})]

    def test_contract(self):
        """An order of a contract stays what the contract says, however small."""
        contract = self._create_contract(self.small)
        self._give_review(contract)
        self._put_in_force(contract)
        self.small.action_confirm()
        with self.assertRaises(UserError):
            self.small.order_line.price_unit = 999

    def test_gate_off_or_observing(self):
        for gate in ('off', 'observe'):
            self.company.sop_review_gate = gate
            self.line.price_unit -= 1

    def test_invoice_with_a_down_payment(self):
        self.env['account.chart.template'].try_loading('generic_coa', company=self.company, install_demo=False)
        self.product.invoice_policy = 'order'
        order = self._create_order()
        self._give_review(order)
        order = order.sudo()
        order.action_confirm()
        wizard = self.env['sale.advance.payment.inv'].with_context(active_ids=order.ids, active_model='sale.order')
        wizard.create({'advance_payment_method': 'percentage', 'amount': 30}).create_invoices()
        order.invoice_ids.action_post()
        wizard.create({'advance_payment_method': 'delivered'}).create_invoices()
        order.invoice_ids.filtered(lambda move: move.state == 'draft').action_post()
        self.assertEqual(order.invoice_status, 'invoiced')
        self.assertEqual(sum(order.invoice_ids.mapped('amount_untaxed')), 10000)
        self.assertEqual(order.sop_review_id.state, 'approved')
