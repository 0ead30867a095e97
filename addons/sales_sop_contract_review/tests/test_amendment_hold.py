from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.tests.common import each_actor

from .amendment_common import AmendmentCommon


@tagged('post_install', '-at_install')
class TestAmendmentHold(AmendmentCommon):
    """What an open amendment changes is neither delivered nor invoiced; the rest goes on."""

    def setUp(self):
        super().setUp()
        self.amendment = self._amend()
        self._change(self.amendment, quantity=8)

    def test_parent_is_amending_while_it_is_open(self):
        self.assertEqual(self.contract.state, 'amending')
        self._change(self.amendment, quantity=10)
        self.assertEqual(self.contract.state, 'executing')
        self.assertFalse(self.pumps.sop_is_on_hold)

    @each_actor
    def test_held_line_is_not_delivered(self, env):
        for order_line, held in ((self.pumps, True), (self.valves, False)):
            line = order_line.with_env(env)
            if held:
                with self.assertSays("on hold") as caught:
                    line.qty_delivered = 1
                self.assertIn(self.amendment.name, str(caught.exception))
            else:
                line.qty_delivered = 1
        self.valves.qty_delivered = 0

    def test_held_line_is_not_invoiced(self):
        (self.product | self.valve).invoice_policy = 'order'
        self.env.add_to_compute(self.pumps._fields['qty_to_invoice'], self.order.order_line)
        invoice = self.order.sudo()._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.sale_line_ids, self.valves)
        with self.assertSays("not decided"):
            self.order.sudo()._create_invoices()
        with self.assertSays("on hold"):
            self.env['account.move'].sudo().create({
                'move_type': 'out_invoice', 'partner_id': self.partner.id,
                'invoice_line_ids': [Command.create({
                    'product_id': self.product.id, 'quantity': 1, 'price_unit': 1000,
                    'sale_line_ids': [Command.link(self.pumps.id)]})]})
            self.env.flush_all()

    def test_released_when_it_is_decided(self):
        for state in ('in_review', 'approved', 'signing'):
            as_engine(self.amendment)._sop_set_state(state)
            self.assertTrue(self.pumps.sop_is_on_hold, state)
        as_engine(self.amendment)._sop_set_state('rejected')
        self.assertFalse(self.pumps.sop_is_on_hold)
        self.assertEqual(self.contract.state, 'executing')
        self.pumps.with_user(self.user_sales_salesman).qty_delivered = 1
        self.assertEqual(self.pumps.product_uom_qty, 10, "Nothing changes")

    def test_released_when_it_is_withdrawn(self):
        with self.assertSays("reason"):
            self.amendment.action_sop_void("  ")
        for bad in (False, 7, ["x"]):
            with self.assertRaises(UserError):
                self.amendment.action_sop_void(bad)
        self.amendment.action_sop_void("The customer keeps the order as it is")
        self.assertEqual(self.amendment.state, 'void')
        self.assertFalse(self.pumps.sop_is_on_hold)
        self.assertEqual(self.contract.state, 'executing')

    def test_terms_hold_the_whole_order(self):
        self.amendment.amendment_order_ids.commitment_date = '2030-01-01'
        self.assertTrue(self.valves.sop_is_on_hold)
        self.amendment.amendment_order_ids.commitment_date = False
        self.assertFalse(self.valves.sop_is_on_hold)
        self.assertTrue(self.pumps.sop_is_on_hold)

    def test_one_open_amendment_for_a_line(self):
        second = self._amend()
        self._change(second, self.valves, quantity=4)
        with self.assertSays(self.amendment.name):
            self._change(second, quantity=3)
        self.amendment.action_sop_void("x")
        self.assertEqual(self.contract.state, 'amending', "The second is open still")
        self._change(second, quantity=3)

    def test_order_says_why(self):
        order = self.order.with_user(self.user_sales_salesman)
        self.assertEqual(order.sop_held_count, 1)
        self.assertIn(self.amendment.name, order.sop_hold_message)
        self.assertEqual(order.sop_amendment_count, 1)

    def test_holds_are_not_forged(self):
        for values in ({'sop_is_on_hold': False}, {'sop_hold_invoiced': 99}):
            with self.assertRaises(AccessError):
                self.pumps.with_user(self.user_sales_salesman).write(values)
            with self.assertRaises(AccessError):
                self.pumps.write(values)

    def test_copies_are_free(self):
        self.assertFalse(self.order.copy().order_line.filtered('sop_is_on_hold'))
