from odoo import fields, models


class SopContractInstalment(models.Model):
    """One payment of a contract: how much, after what, within how many days, and how."""

    _name = 'sop.contract.instalment'
    _description = "Instalment of a Contract"
    _inherit = ['sop.contract.child.mixin']
    _order = 'sequence, id'

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
