from odoo import Command
from odoo.tests import Form, tagged

from ..engine import as_engine
from .common import SalesSopCommon

# An opportunity before much is known, and one in the middle of a long deal
SMALL = {'needs': 2, 'objections': 1, 'negotiations': 1}
LARGE = {'needs': 50, 'objections': 20, 'negotiations': 3}


@tagged('post_install', '-at_install')
class TestDealForm(SalesSopCommon):
    """Opening an opportunity costs the same, however much was found out and negotiated."""

    def _create_deal(self, needs, objections, negotiations):
        lead = self._create_lead(partner_id=self.contact_company_1.id)
        person = self.env['sop.stakeholder'].create({'lead_id': lead.id, 'name': "Ms Li"})
        self.env['sop.need'].create([
            {'lead_id': lead.id, 'name': f"Need {number}", 'said_by_id': person.id} for number in range(needs)])
        self.env['sop.objection'].create([
            {'lead_id': lead.id, 'category': 'price', 'statement': f"Objection {number}"}
            for number in range(objections)])
        as_engine(self.env['sop.solution']).create({'lead_id': lead.id, 'name': "Solution"})
        self.env['sop.presentation'].create({'lead_id': lead.id})
        self.env['sop.minutes'].create({
            'lead_id': lead.id, 'stakeholder_ids': person.ids, 'point_ids': [Command.create({'name': "Agreed"})]})
        for __ in range(negotiations):
            self._negotiate(lead)
        # Each page is open: the last step shows all of them.
        as_engine(lead).write({'sop_stage_id': self.stage_offer.id})
        return lead

    def _negotiate(self, lead):
        sheet = self.env['sop.negotiation'].create({'lead_id': lead.id})
        sheet.line_ids.filtered('term_id.by_deal').write({'target_value': 10, 'floor_value': 10})
        sheet.action_start()
        sheet.line_ids.filtered(lambda line: line.key == 'price').write({'agreed': '2'})
        sheet.action_close()

    def _count_queries(self, lead):
        self.env.flush_all()
        self.env.invalidate_all()
        lead = lead.with_env(self.env(user=self.user_sales_salesman, context={}))
        before = self.env.cr.sql_log_count
        form = Form(lead)
        self.assertTrue(form.sop_shows_negotiation)
        return self.env.cr.sql_log_count - before

    def test_the_form_of_a_long_deal(self):
        small, large = self._create_deal(**SMALL), self._create_deal(**LARGE)
        self._count_queries(small)
        counts = {lead.id: self._count_queries(lead) for lead in (small, large)}
        self.assertLessEqual(counts[large.id] - counts[small.id], 3, counts)
        self.assertLess(counts[large.id], 150, "and it stays a form one opens all day")
