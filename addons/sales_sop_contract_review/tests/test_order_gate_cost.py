from odoo.tests import Form, tagged

from .order_gate_common import OrderGateCommon


@tagged('post_install', '-at_install')
class TestOrderGateCost(OrderGateCommon):
    """The gate costs a batch a fixed number of queries, and nothing where it is off."""

    def _count(self, act):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        act()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _create_orders(self, number, quantity=1):
        return self.env['sale.order'].concat(*(self._create_order(quantity=quantity) for __ in range(number))).sudo()

    def _get_extra(self, number, reviewed=False):
        """Queries that confirming ``number`` orders asks beyond the same with the gate off."""
        counts = []
        for gate in ('off', 'enforce'):
            orders = self._create_orders(number, quantity=10 if reviewed else 1)
            for order in orders if reviewed else ():
                self._give_review(order)
            self.company.sop_review_gate = gate
            counts.append(self._count(orders.action_confirm))
        return counts[1] - counts[0]

    def test_confirm_orders_that_need_nothing(self):
        for __ in range(2):
            self._get_extra(2)
        few, many = self._get_extra(5), self._get_extra(20)
        self.assertAlmostEqual(few, many, delta=3, msg="Caches cost a query or two; one per order would be 15")
        self.assertLessEqual(many, 7)

    def test_confirm_reviewed_orders(self):
        for __ in range(2):
            self._get_extra(2, reviewed=True)
        few, many = self._get_extra(5, reviewed=True), self._get_extra(20, reviewed=True)
        self.assertAlmostEqual(few, many, delta=3)

    def test_refusals(self):
        few, many = self._create_orders(5, 10), self._create_orders(20, 10)
        few._get_sop_review_refusals()
        self.assertEqual(
            self._count(few._get_sop_review_refusals), self._count(many._get_sop_review_refusals))
        self.assertEqual(len(many._get_sop_review_refusals()), 20)

    def test_off(self):
        self.company.sop_review_gate = 'off'
        orders = self._create_orders(5, 10)
        orders._get_sop_review_refusals()
        self.assertLessEqual(self._count(orders._get_sop_review_refusals), 2)
        self.assertLessEqual(self._count(lambda: orders[0].sop_review_notice), 3)

    def test_form_of_a_new_order(self):
        """Nothing of it stands in the way of a new quotation."""
        form = Form(self.env['sale.order'].with_user(self.user_sales_salesman))
        form.partner_id = self.partner
        self.assertFalse(form.save().sop_review_id)
