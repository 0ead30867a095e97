import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .offer_common import OfferCommon


@tagged('post_install', '-at_install')
class TestWinLoss(OfferCommon):
    """Why we lose and win, and against whom."""

    def _compete(self, lead, **values):
        return self.env['sop.lead.competitor'].create({
            'lead_id': lead.id, 'competitor_id': self.competitor.id, **values})

    def test_shipped_reasons(self):
        for key in (
            'price', 'product', 'service', 'delivery', 'relationship', 'no_budget', 'cancelled', 'competitor',
            'no_response',
        ):
            self.assertTrue(self.env.ref(f'sales_sop.crm_lost_reason_{key}'), key)

    @users('user_sales_salesman')
    def test_dialog_keeps_competitor_and_lesson(self):
        lead = self.lead.with_env(self.env)
        self._compete(lead)
        with Form(self.env['crm.lead.lost'].with_context(default_lead_ids=lead.ids)) as form:
            self.assertTrue(form.sop_asks)
            self.assertEqual(form.sop_lost_competitor_id, self.competitor.with_env(self.env), "The only one")
            form.lost_reason_id = self.lost_reason
            form.sop_lesson = "Measure earlier"
        form.record.action_lost_reason_apply()
        self.assertEqual(
            (lead.won_status, lead.sop_lost_competitor_id, lead.sop_lesson),
            ('lost', self.competitor.with_env(self.env), "Measure earlier"))

    def test_dialog_of_plain_leads_asks_nothing(self):
        lead = self._create_lead(team_id=False)
        self.assertFalse(lead.sop_process_id)
        wizard = self.env['crm.lead.lost'].with_context(default_lead_ids=lead.ids).create({
            'sop_lost_competitor_id': self.competitor.id})
        self.assertFalse(wizard.sop_asks)
        wizard.action_lost_reason_apply()
        self.assertFalse(lead.sop_lost_competitor_id)

    def test_dialog_of_several(self):
        leads = self._create_lead() | self._create_lead()
        self._compete(leads[0])
        wizard = self.env['crm.lead.lost'].with_context(default_lead_ids=leads.ids).create({
            'lost_reason_id': self.lost_reason.id})
        self.assertFalse(wizard.sop_lost_competitor_id, "Each may have been lost to another one")
        wizard.action_lost_reason_apply()
        self.assertEqual(leads.mapped('won_status'), ['lost', 'lost'])

    def test_counts_and_results(self):
        won, lost, other, running = [self._create_lead(name=name) for name in "abcd"]
        rows = {lead: self._compete(lead) for lead in (won, other, running)}
        rival = self.env['sop.competitor'].create({'name': "Western Blowers"})
        self._do_all(won)
        won.action_set_won()
        lost.sop_lost_competitor_id = self.competitor
        other.sop_lost_competitor_id = rival
        (lost | other).action_set_lost(lost_reason_id=self.lost_reason.id)
        self.env.flush_all()
        self.env.invalidate_all()
        card = self.competitor.with_user(self.user_sales_salesman)
        self.assertEqual((card.won_count, card.lost_count, card.win_rate), (1, 1, 50))
        self.assertEqual((rival.won_count, rival.lost_count, rival.win_rate), (0, 1, 0))
        self.assertEqual(
            [rows[lead].result for lead in (won, other, running)], ['won', 'other', 'open'])
        self.assertEqual(lost.sop_competitor_ids.result, 'lost', "Who got the order did compete")
        self.assertEqual(self.env['crm.lead'].with_context(active_test=False).search_count(
            card.action_view_leads()['domain']), 4)

    def test_counting_costs_the_same_for_many(self):
        competitors = self.env['sop.competitor'].create([{'name': f"C{number}"} for number in range(10)])
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            competitors.mapped('win_rate')

    def test_listed_once(self):
        self._compete(self.lead)
        with mute_logger('odoo.sql_db'), self.assertRaises(psycopg2.errors.UniqueViolation):
            self._compete(self.lead)

    def test_same_name_once(self):
        with mute_logger('odoo.sql_db'), self.assertRaises(psycopg2.errors.UniqueViolation):
            self.env['sop.competitor'].create({'name': "EASTERN compressors"})

    def test_merge(self):
        other = self._create_lead(name="Pumps again", partner_id=self.lead.partner_id.id)
        kept = self._compete(self.lead, offer="Ten")
        self._compete(other, offer="Twenty")
        rival = self.env['sop.competitor'].create({'name': "Western Blowers"})
        self._compete(other, competitor_id=rival.id)
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity(auto_unlink=False)
        self.assertEqual(merged.sop_competitor_ids.competitor_id, self.competitor | rival)
        self.assertIn(merged.sop_competitor_ids.filtered(
            lambda row: row.competitor_id == self.competitor).offer, (kept.offer, "Twenty"))

    def test_companies(self):
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self.env['sop.competitor'].create({'name': "Far away", 'company_id': other.id})
        self.lead.company_id = self.env.company
        for act in (
            lambda: self._compete(self.lead, competitor_id=foreign.id),
            lambda: self.lead.write({'sop_lost_competitor_id': foreign.id}),
        ):
            with self.assertRaises(ValidationError):
                act()
        self._compete(self.lead)
        with self.assertRaises(ValidationError):
            self.competitor.company_id = other

    def test_rights(self):
        row = self._compete(self.foreign_lead)
        with self.assertRaises(AccessError):
            self._as(self.user_sales_salesman, row).offer = "x"
        with self.assertRaises(AccessError):
            self._as(self.user_sales_salesman, self.competitor).unlink()
        with self.assertRaises(UserError):
            row.lead_id = self.lead

    def test_report(self):
        action = self.env['ir.actions.act_window']._for_xml_id('sales_sop.crm_lead_action_win_loss')
        lead = self._create_lead()
        lead.sop_lost_competitor_id = self.competitor
        lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        leads = self.env['crm.lead'].with_user(self.user_sales_manager).with_context(active_test=False)
        groups = leads.formatted_read_group(
            [('sop_process_id', '!=', False), ('won_status', 'in', ['won', 'lost']), ('id', '=', lead.id)],
            ['sop_lost_competitor_id', 'lost_reason_id', 'date_closed:month'], ['__count', 'expected_revenue:sum'])
        self.assertEqual([group['__count'] for group in groups], [1])
        self.assertIn("active_test", action['context'])

    def test_customer_file_shows_the_deal(self):
        self.env['sop.objection'].create({'lead_id': self.lead.id, 'category': 'price', 'statement': "Too dear"})
        self.env['sop.minutes'].create({
            'lead_id': self.lead.id, 'point_ids': [Command.create({'name': "Ten pumps"})]})
        file = self._as(self.user_sales_salesman, self.contact_company_1).get_sop_customer_file()
        counts = {section['key']: section['count'] for section in file['sections']}
        self.assertEqual((counts['objections'], counts['minutes'], counts['presentations']), (1, 1, 0))
