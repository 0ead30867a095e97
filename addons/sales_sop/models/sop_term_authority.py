from odoo import fields, models


class SopTermAuthority(models.Model):
    """Who may agree to a term up to which value (§5)."""

    _name = 'sop.term.authority'
    _description = "Authority for a Term"
    _order = 'sequence, id'

    term_id = fields.Many2one('sop.term', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
