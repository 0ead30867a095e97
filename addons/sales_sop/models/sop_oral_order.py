from odoo import fields, models


class SopOralOrder(models.Model):
    """What a customer ordered by word of mouth, to be confirmed by him in writing (§4.6, S5.6)."""

    _name = 'sop.oral.order'
    _description = "Oral Order"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.signoff.mixin']
    _order = 'id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
