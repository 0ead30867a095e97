from odoo import fields, models


class SopTerm(models.Model):
    """A commercial term that is negotiated (§5)."""

    _name = 'sop.term'
    _description = "Negotiation Term"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    key = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
