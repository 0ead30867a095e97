from odoo import fields, models


class SopLeadCompetitor(models.Model):
    """A competitor in one opportunity."""

    _name = 'sop.lead.competitor'
    _description = "Competitor in an Opportunity"
    _inherit = ['sop.lead.child.mixin']

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    competitor_id = fields.Many2one('sop.competitor', required=True, index=True, ondelete='restrict')
