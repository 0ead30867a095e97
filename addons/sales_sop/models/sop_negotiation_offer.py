from odoo import fields, models


class SopNegotiationOffer(models.Model):
    """What one side offered for a term in one round."""

    _name = 'sop.negotiation.offer'
    _description = "Offer"
    _inherit = ['sop.lead.child.mixin']

    line_id = fields.Many2one('sop.negotiation.line', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='line_id.lead_id', store=True, index=True)
