from odoo import fields, models


class SopAbsence(models.Model):
    """Somebody is away, and another one decides for him: "B for A" in the trail."""

    _name = 'sop.absence'
    _description = "Absence"
    _order = 'date_start desc, id desc'
    _rec_name = 'user_id'

    user_id = fields.Many2one(
        'res.users', string="Who Is Away", required=True, index=True, ondelete='cascade',
        default=lambda self: self.env.user, domain="[('share', '=', False)]")
    substitute_id = fields.Many2one(
        'res.users', required=True, ondelete='restrict', domain="[('share', '=', False)]")
    date_start = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_end = fields.Date(string="Until", required=True)
