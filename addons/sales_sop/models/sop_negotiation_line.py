from odoo import fields, models


class SopNegotiationLine(models.Model):
    """One term of a negotiation (§5)."""

    _name = 'sop.negotiation.line'
    _description = "Negotiated Term"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']

    negotiation_id = fields.Many2one('sop.negotiation', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='negotiation_id.lead_id', store=True, index=True)
    term_id = fields.Many2one('sop.term', required=True, index=True, ondelete='restrict')
