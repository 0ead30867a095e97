import psycopg2

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestCampaign(SalesSopCommon):
    """What a campaign cost and what came of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign = cls.env['utm.campaign'].create({
            'title': "Spring fair", 'sop_campaign_type': 'expo', 'sop_cost': 1000,
            'sop_date_from': '2026-03-01', 'sop_date_to': '2026-03-04'})

    def _create_results(self):
        leads = [self._create_lead(campaign_id=self.campaign.id, expected_revenue=500, user_id=user.id)
                 for user in (self.user_sales_salesman, self.user_sales_salesman, self.user_sales_leads)]
        leads[1].action_set_lost(lost_reason_id=self.lost_reason.id)
        self._do_all(leads[0])
        leads[0].action_set_won()
        return leads

    def test_results(self):
        self._create_results()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.user_auditor):
            campaign = self.campaign.with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(campaign.sop_lead_count, 3)
                self.assertAlmostEqual(campaign.sop_lead_cost, 1000 / 3, 2)
                self.assertEqual(campaign.sop_won_amount, self.env['crm.lead'].search(
                    [('campaign_id', '=', self.campaign.id), ('won_status', '=', 'won')]).expected_revenue)
                self.assertGreater(campaign.sop_won_amount, 0)

    def test_nothing_came_of_it(self):
        campaign = self.campaign
        self.assertEqual((campaign.sop_lead_count, campaign.sop_lead_cost, campaign.sop_won_amount), (0, 0, 0))

    def test_another_company_sees_its_own_results(self):
        self._create_results()
        company = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = new_test_user(
            self.env, 'sop_stranger', groups='sales_team.group_sale_manager', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        (self.env['crm.lead'].search([('campaign_id', '=', self.campaign.id)])).filtered(
            lambda lead: not lead.company_id).company_id = self.env.company
        self.campaign.company_id = False
        self.assertEqual(self.campaign.with_user(stranger).sop_lead_count, 0)

    def test_costs_are_for_sales(self):
        for user in (self.user_employee, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.campaign.with_user(user).read(['sop_cost'])

    @mute_logger('odoo.sql_db')
    def test_it_ends_after_it_starts(self):
        with self.assertRaises(psycopg2.errors.CheckViolation):
            self.campaign.sop_date_to = '2026-02-01'
            self.env.flush_all()

    def test_one_group_of_queries_for_all(self):
        campaigns = self.campaign.create([{'title': f"Campaign {number}"} for number in range(20)])
        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped('sop_won_amount')
            return self.env.cr.sql_log_count - before
        count(campaigns)
        self.assertEqual(count(campaigns[:1]), count(campaigns))

    def test_leads_without_a_campaign(self):
        label = self.env['crm.lead'].fields_get(['campaign_id'], ['falsy_value_label'])
        self.assertEqual(label['campaign_id']['falsy_value_label'], "Unattributed")
        view = self.env.ref('crm.crm_opportunity_report_view_search')
        arch = self.env['crm.lead'].get_view(view.id, 'search')['arch']
        self.assertIn('sop_unattributed', arch)
