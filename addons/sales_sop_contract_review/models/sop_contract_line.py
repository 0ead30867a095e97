from odoo import fields, models


class SopContractLine(models.Model):
    """What is sold by a contract: one line of one of its orders, as it was agreed."""

    _name = 'sop.contract.line'
    _description = "Line of a Contract"
    _inherit = ['sop.contract.child.mixin']
    _order = 'sequence, id'

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    order_line_id = fields.Many2one('sale.order.line', index='btree_not_null', ondelete='set null', copy=False)
