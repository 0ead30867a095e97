from odoo import api, fields, models


class SopSignoff(models.Model):
    _inherit = 'sop.signoff'

    contract_id = fields.Many2one('sop.contract', index='btree_not_null', ondelete='cascade')

    @api.model
    def _get_sop_document_fields(self):
        return [*super()._get_sop_document_fields(), 'contract_id']

    def _is_changed(self):
        """What a contract says now counts, whatever was frozen."""
        # sudo: what changed does not depend on who looks.
        contract = self.sudo().contract_id
        return super()._is_changed() or bool(contract and contract._get_sop_live_fingerprint() != self.fingerprint)

    def _get_mail_thread(self):
        """The chatter of a contract stays in the house: the customer's mail does not go through it."""
        if self.contract_id:
            return self.env['mail.thread']
        return super()._get_mail_thread()
