from odoo import models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """What asking for the review of an order needs to know of it."""

    _inherit = 'sale.order'

    def _check_sop_reviewable(self):
        for order in self:
            if order.state == 'cancel':
                raise UserError(self.env._("%s is cancelled: set it to quotation first.", order.display_name))
            if not order._get_sop_goods():
                raise UserError(self.env._("%s has no lines yet: there is nothing to review.", order.display_name))
        return super()._check_sop_reviewable()

    def _get_sop_review_authors(self):
        return super()._get_sop_review_authors() | self.create_uid.filtered(lambda user: user.active and not user.share)

    def _get_sop_topic_texts(self):
        return {order.id: order._get_sop_order_texts() for order in self}

    def _get_sop_order_texts(self):
        """What the customer gets and gives, line by line, for those who compare two rounds."""
        self.ensure_one()
        lines = self._get_sop_goods()
        discounts = {line: f' − {line.discount:g} %' if line.discount else '' for line in lines}
        return {
            'party': [self.partner_id.display_name, self.partner_invoice_id.display_name],
            'spec': [line.name for line in lines],
            'quantity': [f'{line.product_id.display_name}: {line.product_uom_qty:g} {line.product_uom_id.name}'
                         for line in lines],
            'price': [
                *(f'{line.product_id.display_name}: {line.price_unit:,.2f}{discounts[line]}' for line in lines),
                f'{self.amount_total:,.2f} {self.currency_id.name}'],
            'date': [str(self.commitment_date)] if self.commitment_date else [],
            'payment': [self.payment_term_id.name] if self.payment_term_id else [],
            'place': [self.partner_shipping_id.display_name],
        }
