from odoo.tests import tagged

from .clause_common import ClauseCommon


@tagged('post_install', '-at_install')
class TestContractDraft(ClauseCommon):

    def test_one_click_makes_the_contract_of_an_order(self):
        order = self._create_order()
        contract = self._draft(order)
        self.assertRegex(contract.name, r'^HT-\d{4}-\d{4}$')
        self.assertEqual(order.sop_contract_id, contract)
        self.assertEqual((contract.partner_id, contract.type), (self.partner, 'sale'))
        self.assertEqual(contract.template_id, self.template)
        self.assertEqual(contract.clause_ids.wording_id, self.payment_standard | self.force_standard)
        self.assertEqual(contract.drafter_id, self.user_sales_salesman)
