from odoo import fields, models

from ..values import CONTRACT_TYPES


class SopContractTemplate(models.Model):
    """Which clauses a contract of a type starts with."""

    _name = 'sop.contract.template'
    _description = "Contract Template"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    type = fields.Selection(CONTRACT_TYPES, required=True, default='sale')
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
