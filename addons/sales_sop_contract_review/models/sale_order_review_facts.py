from odoo import models


class SaleOrder(models.Model):
    """What an order says about the level of its review."""

    _inherit = 'sale.order'

    def _get_sop_reviewed_orders(self):
        return self

    def _get_sop_reviewed_lead(self):
        return self.opportunity_id

    def _get_sop_amounts(self):
        return {order.id: order.amount_total / (order.currency_rate or 1.0) for order in self}

    def _get_sop_own_deviations(self):
        differences = self._get_sop_term_differences() if self.opportunity_id else []
        return [*super()._get_sop_own_deviations(), *differences]

    def _get_sop_advance(self):
        """Per cent of this order that are paid in advance."""
        self.ensure_one()
        online = 100 * self.prepayment_percent if self.require_payment else 0.0
        return max(online, self.payment_term_id._get_sop_advance() if self.payment_term_id else 0.0)
