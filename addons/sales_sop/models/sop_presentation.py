from odoo import fields, models


class SopPresentation(models.Model):
    """A demonstration of the solution to the customer (S4.1)."""

    _name = 'sop.presentation'
    _description = "Presentation"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'date desc, id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    date = fields.Datetime(required=True, default=fields.Datetime.now)
