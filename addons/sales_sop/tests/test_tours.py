from odoo.tests import tagged

from .common import SalesSopHttpCommon


@tagged('post_install', '-at_install')
class TestSalesSopTours(SalesSopHttpCommon):

    def test_salesperson_day(self):
        self.start_tour('/odoo/sop-my-items', 'sales_sop_salesperson_day', login='user_sales_salesman')
        self.assertPosition(self.lead, self.stage_team1_2, self.stage_offer)
        check = self._get_check(self.lead, 'Q1')
        self.assertEqual(check.done_by_id, self.user_sales_salesman)
        self.assertEqual(check.remark, "Copy with the red seal")
        self.assertEqual(check.attachment_ids.mapped('name'), ['licence.txt'])
        self.assertEqual(self.lead.expected_revenue, 25000)

    def test_refusal_and_repair(self):
        # Odoo's own first stage is called New as well.
        self.stage_team1_1.name = "First talk"
        # A second card keeps the column in sight.
        self._create_lead(name="One boiler")
        self.start_tour('/odoo', 'sales_sop_refusal_and_repair', login='user_sales_salesman')
        self.assertPosition(self.lead, self.stage_team1_1, self.stage_discover)
        back = self._get_log(self.lead)[-1]
        self.assertEqual((back.kind, back.reason), ('backward', "The budget was cut"))

    def test_manager_waives_and_publishes(self):
        revised = self.env['sop.process'].browse(self.process.action_new_version()['res_id'])
        revised.name = "Revised procedure"
        self.start_tour('/odoo', 'sales_sop_manager_waives_and_publishes', login='user_sales_manager')
        self.assertEqual(self._get_check(self.lead, 'D1').state, 'waived')
        self.assertPosition(self.lead, self.stage_gen_1, self.stage_qualify)
        self.assertEqual(revised.state, 'published')
        self.assertEqual(self.process.state, 'retired')
