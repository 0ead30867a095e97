from odoo import models


class IrAttachment(models.Model):
    """What a contract was signed or changed by proves it from the moment somebody relies on it."""

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
        compared = contracts.filtered(lambda contract: contract.state == 'signing' and contract.copy_checked_by_id)
        proofs = signed.customer_proof_ids | signed.agreement_ids | (signed | compared).scan_ids
        return bool(held & proofs)
