from odoo import fields, models


class SopNegotiation(models.Model):
    """The term sheet of one negotiation (S4.3)."""

    _name = 'sop.negotiation'
    _description = "Negotiation"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
