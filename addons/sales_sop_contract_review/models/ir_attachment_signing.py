from odoo import models


class IrAttachment(models.Model):
    """The scan of a signed contract proves what was signed."""

    _inherit = 'ir.attachment'

    def _is_sop_evidence(self):
        return super()._is_sop_evidence() or self._is_sop_signed_file()

    def _is_sop_signed_file(self):
        # sudo: whether a file is evidence does not depend on who asks.
        held = self.sudo().filtered(lambda file: file.res_model == 'sop.contract' and not file.res_field)
        if not held:
            return False
        contracts = self.env['sop.contract'].sudo().browse(held.mapped('res_id')).exists()
        signed = contracts.filtered('effective_date')
        return bool(held & (signed.scan_ids | signed.customer_proof_ids))
