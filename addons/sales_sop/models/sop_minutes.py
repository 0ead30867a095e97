from odoo import fields, models


class SopMinutes(models.Model):
    """What was said in a negotiation, as both sides confirm it (S4.4)."""

    _name = 'sop.minutes'
    _description = "Negotiation Minutes"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.signoff.mixin']
    _order = 'date desc, id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    date = fields.Datetime(required=True, default=fields.Datetime.now)
