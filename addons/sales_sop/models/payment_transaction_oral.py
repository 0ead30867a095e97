from odoo import models


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    def _check_amount_and_confirm_order(self):
        """A payment releases neither an oral order nor a price; an error would leave the payment unprocessed."""
        # sudo: whether an order is held does not depend on who pays.
        released = self.filtered(lambda payment: not any(
            order._get_sop_oral_message() or order._is_sop_price_held() for order in payment.sudo().sale_order_ids))
        return super(PaymentTransaction, released)._check_amount_and_confirm_order()
