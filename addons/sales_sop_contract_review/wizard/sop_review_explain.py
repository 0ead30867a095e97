from odoo import api, fields, models


class SopReviewExplain(models.TransientModel):
    """Which level an order or a contract would get now, and why (§4.4)."""

    _name = 'sop.review.explain'
    _description = "Explanation of a Review Level"
    _rec_name = 'create_date'

    order_id = fields.Many2one('sale.order', ondelete='cascade')
    contract_id = fields.Many2one('sop.contract', ondelete='cascade')
    content = fields.Html(compute='_compute_content', sanitize=False)

    @api.depends('order_id', 'contract_id')
    @api.depends_context('lang', 'uid')
    def _compute_content(self):
        for explain in self:
            subject = explain.order_id or explain.contract_id
            explain.content = subject and explain._get_content(subject)

    def _get_content(self, subject):
        subject.check_access('read')
        return self.env['ir.qweb']._render(
            'sales_sop_contract_review.review_explanation', subject._get_sop_explanation())
