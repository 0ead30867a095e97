from odoo import api, models
from odoo.exceptions import AccessError

from ..engine import is_engine


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    # What Odoo itself may set on a file without touching it
    _sop_free_fields = frozenset({'access_token'})

    @api.model_create_multi
    def create(self, vals_list):
        # The values do not tell: the model may come from defaults in the context.
        attachments = super().create(vals_list)
        if attachments._is_sop_evidence():
            self._check_sop_engine()
        return attachments

    def write(self, vals):
        if vals.keys() - self._sop_free_fields and (vals.get('res_model') == 'sop.check' or self._is_sop_evidence()):
            self._check_sop_engine()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sop_evidence(self):
        if self._is_sop_evidence():
            self._check_sop_engine()

    def _is_sop_evidence(self):
        # sudo: whether a file is evidence does not depend on who asks.
        return 'sop.check' in self.sudo().mapped('res_model')

    def _check_sop_engine(self):
        if not is_engine(self.env):
            raise AccessError(self.env._(
                "A file of the evidence cannot be added, changed or deleted. "
                "Revoke the item of the checklist and do it again with the right file."))
