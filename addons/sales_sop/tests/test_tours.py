from odoo import Command
from odoo.tests import tagged

from .common import SalesSopHttpCommon
from .solution_common import SolutionCommon
from .test_material_pack import PackCommon


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


@tagged('post_install', '-at_install')
class TestMorningTour(PackCommon, SalesSopHttpCommon):
    """From the list of a fair to a customer who wants to go on, all on the screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['sop.customer.profile'].create({
            'name': "Foundries of China",
            'industry_ids': [Command.set(cls.industry.ids)],
            'country_ids': [Command.set(cls.env.ref('base.cn').ids)],
            'size_band': 'medium',
            'purchase_habit': 'direct',
            'decision_role_ids': [Command.set(cls.env.ref('sales_sop.sop_stakeholder_role_decision').ids)],
        }).with_user(cls.user_sales_manager).action_approve()
        cls.prospects = cls.env['sop.prospect.list'].create({
            'name': "Foundry fair", 'source': 'offline', 'legal_basis': 'consent'})
        cls.pool_lead = cls._create_lead(name="Dryer for the paint shop", user_id=False)

    def test_morning(self):
        self.start_tour('/odoo/sop-prospect-lists', 'sales_sop_morning', login='user_sales_salesman', timeout=240)
        lead = self.prospects.lead_ids
        self.assertEqual(len(lead), 1, "The second row is a duplicate of the first")
        self.assertIn(lead.sop_grade, ('a', 'b', 'c'))
        self.assertEqual(lead.sop_graded_by_id, self.user_sales_salesman)
        self.assertEqual(lead.sop_pack_state, 'valid')
        log = lead.sop_contact_log_ids
        self.assertEqual((log.outcome, log.state, log.user_id), ('interested', 'done', self.user_sales_salesman))
        self.assertEqual(log.stakeholder_ids.name, "Ms Wang")
        self.assertEqual(lead.sop_intention, 'willing')
        self.assertEqual(self.pool_lead.user_id, self.user_sales_salesman)


@tagged('post_install', '-at_install')
class TestDealTour(SolutionCommon, SalesSopHttpCommon):
    """From the interview to minutes the customer has, all on the screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deal = cls._create_lead(name="Air for hall 3", partner_id=cls.contact_company_1.id)
        cls.contact_company_1.email = 'qian@customer.example.com'
        cls.env['sop.stakeholder'].create({
            'lead_id': cls.deal.id, 'name': "Ms. Qian",
            'role_id': cls.env.ref('sales_sop.sop_stakeholder_role_user').id})
        questions = cls.env['sop.interview.question']
        questions.search([]).active = False
        questions.create({'name': "What stops the line?", 'mandatory': True})

    def _play(self, tour):
        self.start_tour(f'/odoo/sop-opportunities/{self.deal.id}', tour, login='user_sales_salesman', timeout=240)
        self.env.invalidate_all()

    def test_deal(self):
        self._do(self.deal, 'D1', 'D2')
        self.deal.stage_id = self.stage_gen_1
        self._play('sales_sop_deal_solution')
        self.assertEqual(self.deal.sop_interview_ids.state, 'done')
        self.assertEqual(self.deal.sop_need_state, 'confirmed')
        solution = self.deal.sop_solution_ids
        self.assertEqual((solution.state, self.deal.sop_coverage_state), ('review', 'complete'))

        self._review(solution)
        self._do(self.deal, 'Q1', 'Q2')
        self.deal.stage_id = self.stage_team1_2
        self._play('sales_sop_deal_negotiation')
        self.assertEqual(self.deal.sop_objection_ids.state, 'resolved')
        self.assertEqual(self.deal.sop_floor_approval_ids.state, 'waiting')
        self.assertEqual(self.deal.sop_floor_approval_ids.requester_id, self.user_sales_salesman)
        self.assertEqual(self.deal.sop_minutes_state, 'sent')
