from odoo import api, fields, models

STANDINGS = [
    ('ahead', "We are ahead"),
    ('level', "Level"),
    ('behind', "We are behind"),
]


class SopLeadCompetitor(models.Model):
    """A competitor in one opportunity."""

    _name = 'sop.lead.competitor'
    _description = "Competitor in an Opportunity"
    _inherit = ['sop.sealed.mixin', 'sop.lead.child.mixin']
    _order = 'lead_id, id'
    _rec_name = 'competitor_id'

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    competitor_id = fields.Many2one('sop.competitor', required=True, index=True, ondelete='restrict')
    offer = fields.Char(string="Their Offer", help="What they offer, as far as we know.")
    price = fields.Monetary(string="Their Price", currency_field='currency_id')
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    standing = fields.Selection(STANDINGS, default='level', required=True)
    strengths = fields.Text(string="Strengths Here")
    weaknesses = fields.Text(string="Weaknesses Here")
    answer = fields.Text(string="Our Answer Here")
    card_strengths = fields.Text(related='competitor_id.strengths', string="Known Strengths")
    card_weaknesses = fields.Text(related='competitor_id.weaknesses', string="Known Weaknesses")
    card_answer = fields.Text(related='competitor_id.answer', string="Our Known Answer")
    result = fields.Selection(
        [('open', "Running"), ('won', "Won against it"), ('lost', "Lost to it"), ('other', "Lost, not to it")],
        compute='_compute_result', compute_sudo=True)

    _lead_competitor_uniq = models.UniqueIndex(
        '(lead_id, competitor_id)', "This competitor is listed in the opportunity already.")

    @api.depends('lead_id')
    def _compute_currency_id(self):
        for row in self:
            row.currency_id = row.lead_id.company_currency or self.env.company.currency_id

    @api.depends('competitor_id', 'lead_id.won_status', 'lead_id.sop_lost_competitor_id')
    def _compute_result(self):
        for row in self:
            status = row.lead_id.won_status
            to_it = row.lead_id.sop_lost_competitor_id == row.competitor_id
            lost = 'lost' if to_it else 'other'
            row.result = {'won': 'won', 'lost': lost}.get(status, 'open')

    @api.constrains('lead_id', 'competitor_id')
    def _check_company(self):
        for row in self:
            row.competitor_id._check_sop_company(row.lead_id)
