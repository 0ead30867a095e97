from odoo import models

from .sale_order_payment import PAID_STATES


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    def _check_amount_and_confirm_order(self):
        """A payment does not stand in for a review; an error would leave the payment unprocessed."""
        # sudo: whether an order is held does not depend on who pays.
        orders = self.sudo().sale_order_ids
        held = orders.browse(orders._get_sop_review_refusals())
        late = self.filtered(lambda payment: payment.sudo().sale_order_ids & held)
        paid = late.filtered(lambda payment: payment.state in PAID_STATES).sudo().sale_order_ids
        (paid & held)._sop_keep_payment()
        return super(PaymentTransaction, self - late)._check_amount_and_confirm_order()
