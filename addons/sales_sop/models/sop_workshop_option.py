from odoo import fields, models


class SopWorkshopOption(models.Model):
    """One idea of an internal workshop (S3.3)."""

    _name = 'sop.workshop.option'
    _description = "Option of a Workshop"

    event_id = fields.Many2one('calendar.event', required=True, index=True, ondelete='cascade')
    name = fields.Char(string="Idea", required=True)
