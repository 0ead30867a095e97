from odoo import fields, models


class SopNeedVersion(models.Model):
    """What a need said before it was changed."""

    _name = 'sop.need.version'
    _description = "Earlier Version of a Need"
    _inherit = ['sop.ledger.mixin']
    _order = 'id desc'

    need_id = fields.Many2one('sop.need', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='need_id.lead_id', store=True, index=True)
