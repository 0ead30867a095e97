from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import is_engine


class SopContractResolution(models.Model):
    """Why a contract differs from the term sheet or the quotation, and who said so (A01).

    It holds for these values: when one of them changes, the difference is open again.
    """

    _name = 'sop.contract.resolution'
    _description = "Resolved Difference of a Contract"
    _inherit = ['sop.child.mixin']
    _order = 'id desc'
    _rec_name = 'label'

    _sop_child_of = ('contract_id',)
    _sop_server_fields = frozenset({'contract_id', 'key', 'label', 'values', 'text', 'user_id', 'date'})

    contract_id = fields.Many2one('sop.contract', required=True, index=True, readonly=True, ondelete='cascade')
    key = fields.Char(required=True, readonly=True)
    label = fields.Char(string="Difference", readonly=True)
    values = fields.Json(required=True, readonly=True)
    text = fields.Char(string="Why", required=True, readonly=True)
    user_id = fields.Many2one('res.users', string="By", required=True, readonly=True, ondelete='restrict')
    date = fields.Datetime(required=True, readonly=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        if not is_engine(self.env):
            raise UserError(self.env._("What was said about a difference is kept."))
