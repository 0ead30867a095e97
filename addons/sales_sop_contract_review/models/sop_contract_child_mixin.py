from odoo import api, models

from odoo.addons.sales_sop.engine import is_engine


class SopContractChildMixin(models.AbstractModel):
    """Parts of a contract (``contract_id``): its access rights are those of the contract.

    Those that are its text (``_sop_is_text``) are written while the contract is
    drafted; ``_sop_open_fields`` of them stay open afterwards.
    What changes in them is no longer what was reviewed.
    """

    _name = 'sop.contract.child.mixin'
    _description = "Part of a Contract"
    _inherit = ['sop.child.mixin']

    _sop_child_of = ('contract_id',)
    _sop_is_text = False
    _sop_open_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_sop_editable()
        parts.contract_id._sop_outdate_reviews()
        return parts

    def write(self, vals):
        is_text = bool(vals.keys() - self._sop_open_fields)
        if is_text:
            self._check_sop_editable()
        contracts = self.contract_id
        result = super().write(vals)
        if is_text:
            if 'contract_id' in vals:
                self._check_sop_editable()
            (contracts | self.contract_id)._sop_outdate_reviews()
        return result

    def unlink(self):
        contracts = self.contract_id
        result = super().unlink()
        contracts.exists()._sop_outdate_reviews()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self._check_sop_editable()

    def _check_sop_editable(self):
        if self._sop_is_text and not is_engine(self.env):
            # sudo: whether a text is frozen does not depend on who asks.
            self.sudo().contract_id.sudo(False)._check_sop_editable()
