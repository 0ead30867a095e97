from odoo import fields, models


class SopClauseWording(models.Model):
    """A text of a clause: the standard one, or a fallback that is approved beforehand."""

    _name = 'sop.clause.wording'
    _description = "Wording of a Clause"
    _order = 'clause_id, sequence, id'

    name = fields.Char(required=True, translate=True)
    clause_id = fields.Many2one('sop.clause', required=True, index=True, ondelete='restrict')
    sequence = fields.Integer(default=10)
