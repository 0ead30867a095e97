from odoo import api, models
from odoo.exceptions import ValidationError


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _confirmation_error_message(self):
        return super()._confirmation_error_message() or self._get_sop_blocked_message()

    @api.constrains('state')
    def _check_sop_blocked(self):
        """No order of a blocked customer is confirmed, whichever door is used."""
        for order in self.filtered(lambda order: order.state == 'sale'):
            if message := order._get_sop_blocked_message():
                raise ValidationError(message)

    def _get_sop_blocked_message(self):
        # sudo: that a customer is blocked holds for everybody.
        if self.sudo().partner_id.commercial_partner_id.sop_lifecycle != 'blocked':
            return False
        return self.env._(
            "%(order)s: the customer %(customer)s is blocked, nobody deals with it. Finance and management lift that "
            "together.", order=self.display_name, customer=self.partner_id.display_name)

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: the customer has a contract, whoever may see its opportunities.
        orders = self.sudo()
        followed = orders.filtered(
            lambda order: order.opportunity_id.sop_process_id
            or order.partner_id.commercial_partner_id.sop_lifecycle)
        if followed:
            customers = followed.partner_id.commercial_partner_id
            customers._sop_move_lifecycle(
                'contracted', self.env._("An order was confirmed."),
                {order.partner_id.commercial_partner_id.id: order.opportunity_id.id
                 for order in followed if order.opportunity_id})
            followed.opportunity_id._sop_ask_reactivation()
        return result
