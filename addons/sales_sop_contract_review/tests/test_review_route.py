from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewRoute(ContractReviewCommon):

    def _get_route(self, subject):
        return subject._get_sop_review_routes()[subject.id]

    def test_a_plain_order_is_routine(self):
        as_engine(self._create_order(quantity=1)).action_confirm()
        route = self._get_route(self._create_order(quantity=1))
        self.assertEqual(route['level'].code, 'L1')
        self.assertEqual(route['departments'], ['sal'])
