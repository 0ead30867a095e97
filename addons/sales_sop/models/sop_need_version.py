from odoo import fields, models

from .sop_need import CATEGORIES, ORIGINS, PRIORITIES, STATES


class SopNeedVersion(models.Model):
    """What a need said before it was changed."""

    _name = 'sop.need.version'
    _description = "Earlier Version of a Need"
    _inherit = ['sop.ledger.mixin']
    _order = 'id desc'

    need_id = fields.Many2one('sop.need', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='need_id.lead_id', store=True, index=True)
    version = fields.Integer(required=True, aggregator=None)
    name = fields.Text(string="Text", required=True)
    origin = fields.Selection(ORIGINS, required=True)
    category = fields.Selection(CATEGORIES, required=True)
    priority = fields.Selection(PRIORITIES, required=True)
    state = fields.Selection(STATES, string="State Before", required=True)
    confirmed_by = fields.Char()
    confirmed_date = fields.Datetime(string="Confirmed On")
    user_id = fields.Many2one('res.users', string="Changed By", required=True, ondelete='restrict')
    date = fields.Datetime(string="Changed On", required=True)
