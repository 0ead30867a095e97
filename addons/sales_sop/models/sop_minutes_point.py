from odoo import fields, models


class SopMinutesPoint(models.Model):
    """One point of the minutes."""

    _name = 'sop.minutes.point'
    _description = "Point of the Minutes"

    minutes_id = fields.Many2one('sop.minutes', required=True, index=True, ondelete='cascade')
    name = fields.Text(string="Point", required=True)
