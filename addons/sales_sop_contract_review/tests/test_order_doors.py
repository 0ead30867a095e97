from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.tests.common import each_actor

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestOrderDoors(ContractReviewCommon):
    """An order that needs a review is not confirmed without it, whichever door is used."""

    def setUp(self):
        super().setUp()
        self.order = self._create_order()

    @each_actor
    def test_every_door(self, env):
        order = self.order.with_env(env)
        values = {'partner_id': self.partner.id, 'order_line': [Command.create({
            'product_id': self.product.id, 'product_uom_qty': 3, 'price_unit': 500})]}
        doors = {
            'button': order.action_confirm,
            'portal or shop': order._validate_order,
            'write': lambda: order.write({'state': 'sale'}),
            'write with lines': lambda: order.write({'state': 'sale', 'order_line': values['order_line']}),
            'create': lambda: order.create({**values, 'state': 'sale'}),
            'default of the context': lambda: order.with_context(default_state='sale').create(values),
            'forged context': lambda: order.with_context(
                sop_engine=True, sop_review_refusals={}, skip_sop=True, install_mode=True).action_confirm(),
        }
        for name, door in doors.items():
            with self.subTest(door=name), self.assertRaises(UserError) as caught:
                door()
            self.assertIn("review", str(caught.exception))
        self.assertEqual(order.state, 'draft')
