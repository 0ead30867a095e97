from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SaleOrder(models.Model):
    """An order by word of mouth is released when the customer has confirmed it (§4.6)."""

    _inherit = 'sale.order'

    sop_oral_order_id = fields.Many2one(
        'sop.oral.order', string="Oral Order", index='btree_not_null', ondelete='restrict', groups='base.group_user',
        help="Until the customer confirms it in writing, this quotation is not confirmed.")

    def _confirmation_error_message(self):
        return super()._confirmation_error_message() or self._get_sop_oral_message()

    @api.constrains('state', 'sop_oral_order_id', 'amount_untaxed')
    def _check_sop_oral_order(self):
        """No order is released before its oral order is, whichever door is used."""
        for order in self.filtered(lambda order: order.sudo().sop_oral_order_id and order.state == 'sale'):
            if message := order._get_sop_oral_message():
                raise ValidationError(message)

    @api.constrains('sop_oral_order_id', 'partner_id')
    def _check_sop_oral_customer(self):
        for order in self.sudo().filtered('sop_oral_order_id'):
            customer = order.sop_oral_order_id.lead_id.partner_id.commercial_partner_id
            if customer and order.partner_id.commercial_partner_id != customer:
                raise ValidationError(self.env._(
                    "%(order)s: %(oral)s was ordered by another customer.",
                    order=order.name, oral=order.sop_oral_order_id.name))

    def write(self, vals):
        if 'sop_oral_order_id' in vals:
            self._check_sop_oral_kept(vals['sop_oral_order_id'])
        return super().write(vals)

    def _check_sop_oral_kept(self, oral_order_id):
        """A quotation does not get free by leaving the oral order it was made of."""
        # sudo: the rule holds for oral orders the user does not see.
        for order in self.sudo():
            oral = order.sop_oral_order_id
            if oral and oral.id != oral_order_id and oral.state in ('draft', 'sent', 'declined'):
                raise UserError(self.env._(
                    "%(order)s was made of %(oral)s, which the customer has not confirmed. Have it confirmed, or "
                    "cancel it first.", order=order.name, oral=oral.name))

    def _get_sop_oral_message(self):
        """Why this order is not released because of its oral order; False when it may be."""
        # sudo: the rule holds whoever confirms, payments and customers in the portal included.
        oral = self.sudo().sop_oral_order_id
        if not oral or oral.state == 'confirmed':
            return False
        if oral.state == 'cancelled':
            return self.env._("%(order)s: %(oral)s is cancelled.", order=self.name, oral=oral.name)
        if oral.start_state != 'released':
            return self.env._(
                "%(order)s was ordered by word of mouth and is only planned until the customer confirms %(oral)s in "
                "writing. Send it for confirmation, or ask the sales director for an urgent start.",
                order=self.name, oral=oral.name)
        return self._get_sop_start_message(oral)

    def _get_sop_start_message(self, oral):
        started = oral.order_ids.filtered(lambda order: order.state == 'sale') | self.sudo()
        try:
            oral._check_start_limit(sum(order._get_sop_company_amount() for order in started))
        except UserError as error:
            return str(error)
        return False

    def _get_sop_company_amount(self):
        return self.currency_id._convert(
            self.amount_untaxed, self.company_id.currency_id, self.company_id, self.date_order or fields.Date.today())

    def _has_to_be_signed(self):
        return super()._has_to_be_signed() and not self._get_sop_oral_message()

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._get_sop_oral_message()
