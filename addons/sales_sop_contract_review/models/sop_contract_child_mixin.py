from odoo import models


class SopContractChildMixin(models.AbstractModel):
    """Parts of a contract (``contract_id``): its access rights are those of the contract."""

    _name = 'sop.contract.child.mixin'
    _description = "Part of a Contract"
    _inherit = ['sop.child.mixin']

    _sop_child_of = ('contract_id',)
