from odoo import fields, models


class SopContract(models.Model):
    """Contracts on the customer's own paper: his document is what is reviewed and signed (S5.1)."""

    _inherit = 'sop.contract'

    _sop_text_fields = frozenset({'customer_document_ids'})

    customer_document_ids = fields.Many2many(
        'ir.attachment', 'sop_contract_customer_document_rel', string="Customer's Document", copy=False,
        bypass_search_access=True)

    def _get_sop_incomplete(self):
        problems = super()._get_sop_incomplete()
        if self.non_standard and not self.sudo().customer_document_ids:
            problems.append(self.env._("Attach the customer's document."))
        return problems

    def _get_sop_contract_topics(self):
        topics = super()._get_sop_contract_topics()
        if self.non_standard:
            topics['legal']['documents'] = sorted(self.customer_document_ids.mapped('checksum'))
        return topics

    def _sop_after_review(self, review):
        result = super()._sop_after_review(review)
        if review.state == 'in_review':
            self.filtered('non_standard')._sop_show_documents(review)
        return result

    def _sop_show_documents(self, review):
        """Whoever reviews reads the document, and not the contract: he is given a copy, which stays as it is."""
        # sudo: who is asked to review may read what he reviews.
        documents = self.sudo().customer_document_ids
        shown = self.env['ir.attachment'].sudo().search(
            [('res_model', '=', review._name), ('res_id', '=', review.id)]).mapped('checksum')
        for document in documents.filtered(lambda document: document.checksum not in shown):
            document.copy({'res_model': review._name, 'res_id': review.id})
