from odoo import fields, models


class SopContractClause(models.Model):
    """A clause of one contract: its text in both languages, and whether it is the company's own wording."""

    _name = 'sop.contract.clause'
    _description = "Clause of a Contract"
    _inherit = ['sop.contract.child.mixin']
    _order = 'sequence, id'

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    clause_id = fields.Many2one('sop.clause', required=True, ondelete='restrict')
    wording_id = fields.Many2one('sop.clause.wording', ondelete='restrict')
