from odoo import models
from odoo.tools.misc import formatLang

LANGUAGES = ('zh_CN', 'en_US')


class SaleOrder(models.Model):
    """What reviewers of an order read: its lines, totals and terms, frozen in both languages."""

    _inherit = 'sale.order'

    def _get_sop_review_snapshot(self):
        installed = {code for code, __ in self.env['res.lang'].get_installed()}
        return {'html': {lang: self._render_sop_snapshot(lang) for lang in LANGUAGES if lang in installed}}

    def _render_sop_snapshot(self, lang):
        # sudo: what is frozen is the same whoever asks for the review.
        order = self.with_env(self.env(su=True, context={'lang': lang}))
        return str(order.env['ir.qweb']._render('sales_sop_contract_review.sop_order_body', {
            'order': order,
            'terms': order._get_sop_snapshot_terms(),
            'lines': [order._prepare_sop_snapshot_line(line) for line in order.order_line],
            'total': order.currency_id.format(order.amount_total),
            'untaxed': order.currency_id.format(order.amount_untaxed),
            'tax': order.currency_id.format(order.amount_tax),
        }))

    def _get_sop_snapshot_terms(self):
        """What the order says beside its lines: ``[(label, text)]``."""
        names = (
            'partner_id', 'partner_invoice_id', 'partner_shipping_id', 'company_id', 'payment_term_id',
            'commitment_date', 'validity_date')
        labels = self.fields_get(names, ['string'])
        values = ((labels[name]['string'], self._get_sop_snapshot_value(name)) for name in names if name in labels)
        return [(label, value) for label, value in values if value]

    def _get_sop_snapshot_value(self, name):
        value = self[name]
        return value.display_name if isinstance(value, models.BaseModel) else str(value or '')

    def _prepare_sop_snapshot_line(self, line):
        if line.display_type:
            return {'name': line.name, 'is_text': True}
        return {
            'name': line.name, 'quantity': formatLang(self.env, line.product_uom_qty), 'is_text': False,
            'unit': line.product_uom_id.name, 'price': formatLang(self.env, line.price_unit, dp='Product Price'),
            'discount': formatLang(self.env, line.discount) if line.discount else '',
            'taxes': ', '.join(line.tax_ids.mapped('name')), 'days': line.customer_lead,
            'amount': self.currency_id.format(line.price_subtotal)}
