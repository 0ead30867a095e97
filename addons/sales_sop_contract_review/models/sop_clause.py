from odoo import fields, models


class SopClause(models.Model):
    """One of the clauses a contract is checked for (§9.4)."""

    _name = 'sop.clause'
    _description = "Clause"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    wording_ids = fields.One2many('sop.clause.wording', 'clause_id', string="Wordings")
