from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.sale.controllers import portal


class SopOrderPortal(portal.CustomerPortal):
    """What customers see and do with a quotation that is not reviewed yet."""

    def _document_check_access(self, model_name, document_id, access_token=None):
        document_sudo = super()._document_check_access(model_name, document_id, access_token=access_token)
        # A link may travel before the quotation does; colleagues preview it.
        if model_name == 'sale.order' and request.env.user.share and document_sudo._is_sop_unreleased():
            raise AccessError(request.env._("This quotation is still being prepared."))
        return document_sudo

    @http.route()
    def portal_order_page(self, order_id, payment_amount=None, **kwargs):
        """A link that asks for an amount shows no form to pay while the order is held."""
        # sudo: whether it is held does not depend on who opens the page; who may is checked then.
        if request.env['sale.order'].sudo().browse(order_id).exists()._is_sop_held():
            payment_amount = None
        return super().portal_order_page(order_id, payment_amount=payment_amount, **kwargs)


class SopPaymentPortal(portal.PaymentPortal):

    def _create_transaction(self, *args, custom_create_values=None, **kwargs):
        """No payment is begun for an order that could not be confirmed by it."""
        payments = request.env['payment.transaction']
        commands = (custom_create_values or {}).get('sale_order_ids') or []
        order_ids = payments._fields['sale_order_ids'].convert_to_cache(commands, payments)
        # sudo: whether an order is held does not depend on who pays.
        if request.env['sale.order'].sudo().browse(order_ids).exists()._is_sop_held():
            raise UserError(request.env._(
                "We are still checking this quotation. It cannot be paid yet; we will come back to you."))
        return super()._create_transaction(*args, custom_create_values=custom_create_values, **kwargs)
