from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .amendment_common import AmendmentCommon
from .test_review_condition import ReviewConditionCommon


@tagged('post_install', '-at_install')
class TestShipmentOfStock(ReviewConditionCommon):
    """Where stock is kept, the transfer of the warehouse meets the same gate."""

    def setUp(self):
        super().setUp()
        if 'move_ids' not in self.env['sale.order.line']._fields:
            self.skipTest("No stock is kept in this database.")
        self.company.sop_review_gate = 'off'
        order = self._create_order()
        order.sudo().action_confirm()
        as_engine(order).sop_review_id = self.review
        self.line = order.order_line.sudo()
        self.picking = order.sudo().picking_ids

    def _ship(self):
        self.picking.move_ids.write({'quantity': 10, 'picked': True})
        self.picking.button_validate()
        self.env.flush_all()

    def test_open_condition_holds_the_transfer(self):
        condition = self._create_condition()
        with self.assertRaises(UserError) as caught:
            self._ship()
        self.assertIn(condition.name, str(caught.exception))
        self._finish(condition)
        self._ship()
        self.assertEqual((self.picking.state, self.line.qty_delivered), ('done', 10))

    def test_figures_say_what_is_in_stock(self):
        self.product.is_storable = True
        rows = {row['key']: row for row in self.line.order_id._get_sop_review_figures()}
        self.assertEqual(rows['stock']['lines'][0]['wanted'], 10)


@tagged('post_install', '-at_install')
class TestHeldTransfer(AmendmentCommon):
    """The transfer meets the hold of an amendment that is not decided."""

    def setUp(self):
        super().setUp()
        if 'move_ids' not in self.env['sale.order.line']._fields:
            self.skipTest("No stock is kept in this database.")
        self.picking = self.order.sudo().picking_ids

    def _ship(self, order_line):
        self.picking.move_ids.filtered(lambda move: move.sale_line_id == order_line).write({
            'quantity': order_line.product_uom_qty, 'picked': True})
        self.picking.with_context(skip_backorder=True).button_validate()
        self.env.flush_all()

    def test_held_line_is_not_shipped(self):
        amendment = self._amend()
        self._change(amendment, quantity=8)
        with self.assertSays("on hold") as caught:
            self._ship(self.pumps)
        self.assertIn(amendment.name, str(caught.exception))
        amendment.action_sop_void("The customer keeps the order as it is")
        self._ship(self.pumps)
        self.assertEqual(self.pumps.qty_delivered, 10)

    def test_other_lines_are_shipped(self):
        self._change(self._amend(), quantity=8)
        self._ship(self.valves)
        self.assertEqual((self.pumps.qty_delivered, self.valves.qty_delivered), (0, 5))
