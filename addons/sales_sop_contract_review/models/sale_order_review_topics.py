from odoo import models

# What a review holds for: another value of one of these outdates it (lines have their own).
WATCHED = frozenset({
    'partner_id', 'partner_invoice_id', 'partner_shipping_id', 'company_id', 'currency_id', 'pricelist_id',
    'commitment_date', 'payment_term_id', 'require_payment', 'prepayment_percent', 'note', 'incoterm',
    'incoterm_location', 'sop_review_flag_ids', 'sop_damages_percent'})


class SaleOrder(models.Model):
    """What an order says, topic by topic: a review holds for exactly this (§4.5, §4.7)."""

    _inherit = 'sale.order'

    def write(self, vals):
        result = super().write(vals)
        if not WATCHED.isdisjoint(vals):
            self._sop_note_change()
        return result

    def _sop_note_change(self):
        """After a change of what is reviewed: live reviews of something else end now, not only at the gate."""
        if self and self.env['sop.review']._is_sop_in_use():
            self._sop_outdate_reviews()

    def _get_sop_review_topics(self):
        # Of all orders together: lines that are filtered are read one order after the other.
        self.order_line.tax_ids.mapped('id')
        return {order.id: order._get_sop_order_topics(order._get_sop_commercial_lines()) for order in self}

    def _get_sop_commercial_lines(self):
        """What the customer is offered, options included; not what Odoo adds to deliver or to pass on costs."""
        return self._get_sop_goods().filtered(lambda line: line._is_sop_commercial())

    def _get_sop_order_topics(self, lines):
        # By id: to sort lines anew changes nothing that was agreed.
        lines = lines.sorted('id').with_prefetch(self.order_line._prefetch_ids)
        services = lines.filtered(lambda line: line.product_id.type == 'service')
        return {
            'party': {
                'customer': self.partner_id.id, 'invoice': self.partner_invoice_id.id, 'company': self.company_id.id},
            'spec': {'lines': [[line.product_id.id, line.name] for line in lines]},
            'quantity': {
                'lines': [[line.product_id.id, line.product_uom_id.id, line.product_uom_qty] for line in lines]},
            'price': {
                'currency': self.currency_id.name, 'total': self.currency_id.round(sum(lines.mapped('price_total'))),
                'lines': [
                    [line.product_id.id, line.price_unit, line.discount, sorted(line.tax_ids.ids)] for line in lines]},
            'date': {
                'commitment': self.commitment_date,
                'lines': [[line.product_id.id, line.customer_lead] for line in lines]},
            'payment': {'term': self.payment_term_id.id, 'prepaid': self._get_sop_prepaid()},
            'place': {'address': self.partner_shipping_id.id, **self._get_sop_incoterm()},
            'service': {'lines': [[line.product_id.id, line.product_uom_qty, line.name] for line in services]},
            'legal': {'note': self.note or '', **self._get_sop_feature_topic()},
        }

    def _get_sop_prepaid(self):
        return self.prepayment_percent if self.require_payment else 0

    def _get_sop_incoterm(self):
        # Fields of sale_stock, where it is installed.
        names = [name for name in ('incoterm', 'incoterm_location') if name in self._fields]
        return {name: self._fields[name].convert_to_read(self[name], self, use_display_name=False) for name in names}
