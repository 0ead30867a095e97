from odoo import fields, models


class SaleOrder(models.Model):
    _name = 'sale.order'
    _inherit = ['sale.order', 'sop.review.mixin']

    _sop_review_link = 'order_id'

    sop_contract_id = fields.Many2one(
        'sop.contract', string="Contract", index='btree_not_null', copy=False, ondelete='set null',
        check_company=True, prefetch='sop', groups='base.group_user')

    def _get_sop_review_topics(self):
        return {order.id: order._get_sop_order_topics() for order in self}

    def _get_sop_order_topics(self):
        lines = self._get_sop_goods()
        return {
            'party': {
                'customer': self.partner_id.id, 'invoice': self.partner_invoice_id.id, 'company': self.company_id.id},
            'spec': {'lines': [[line.product_id.id, line.name] for line in lines]},
            'quantity': {'lines': [[line.product_id.id, line.product_uom_id.id, line.product_uom_qty] for line in lines]},
            'price': {
                'currency': self.currency_id.name, 'total': self.amount_total,
                'lines': [[line.product_id.id, line.price_unit, line.discount, line.tax_ids.ids] for line in lines]},
            'date': {'commitment': self.commitment_date, 'lines': [line.customer_lead for line in lines]},
            'payment': {'term': self.payment_term_id.id},
            'place': {'address': self.partner_shipping_id.id},
        }
