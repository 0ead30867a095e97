from odoo import fields, models


class SopCompetitor(models.Model):
    """A company that competes with us, and our answer to it."""

    _name = 'sop.competitor'
    _description = "Competitor"
    _order = 'name, id'

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', index=True)
