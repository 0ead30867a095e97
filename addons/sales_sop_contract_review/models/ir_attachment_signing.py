from odoo import models

# Where files prove something, by model: those of the field, or all where there is no talk beside them
PROOFS = {'sop.review.opinion': None, 'sop.review.condition': 'evidence_ids', 'sop.termination': 'agreement_ids'}


class IrAttachment(models.Model):
    """What a contract was signed or changed by proves it from the moment somebody relies on it."""

    _inherit = 'ir.attachment'

    def _is_sop_evidence(self):
        return super()._is_sop_evidence() or self._is_sop_signed_file() or self._is_sop_decided_file()

    def _is_sop_decided_file(self):
        """Whether one of these shows why a reviewer said what he said, that a condition is met, or that both agree."""
        # sudo: whether a file is evidence does not depend on who asks.
        held = self.sudo().filtered(lambda file: file.res_model in PROOFS and not file.res_field)
        for model, files in held.grouped('res_model').items():
            name, records = PROOFS[model], self.env[model].sudo().browse(files.mapped('res_id')).exists()
            if records and (not name or files & records[name]):
                return True
        return False

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
