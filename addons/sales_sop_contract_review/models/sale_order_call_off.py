from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..values import BINDING_STATES


class SaleOrder(models.Model):
    """Orders inside a framework contract: call-offs."""

    _inherit = 'sale.order'

    def _get_sop_frameworks(self):
        """Framework contracts these orders could be called off from today: ``{id: contracts}``."""
        frameworks = self.env['sop.contract'].search(
            Domain('type', '=', 'framework') & Domain('state', 'in', BINDING_STATES)
            & Domain('partner_id.commercial_partner_id', 'in', self.partner_id.commercial_partner_id.ids))
        return {order.id: frameworks.filtered(order._fits_sop_framework) for order in self}

    def _fits_sop_framework(self, contract):
        today = contract.company_id._get_sop_local_date(fields.Datetime.now())
        return (
            contract.company_id == self.company_id and contract.currency_id == self.currency_id
            and contract.partner_id.commercial_partner_id == self.partner_id.commercial_partner_id
            and contract._is_sop_valid_on(today))

    def _get_sop_call_offs(self):
        """Whether these are inside an effective framework contract, prices and all: ``{id: bool}``."""
        linked = self.filtered(lambda order: (
            order.sop_contract_id.type == 'framework' and order.sop_contract_id.state in BINDING_STATES))
        found = linked.sop_contract_id._get_sop_order_differences() if linked else {}
        return {order.id: order in linked and order.id not in found for order in self}

    def action_sop_call_off(self, contract_id=None):
        """Make these quotations call-offs of the framework contract of their customer.

        :param int contract_id: which one, when there are several
        """
        self.check_access('write')
        frameworks = self._get_sop_frameworks()
        for order in self:
            found = frameworks[order.id].filtered(lambda contract: contract_id in (None, contract.id))
            order._check_sop_framework(found)
            order.sop_contract_id = found
        return True

    def _check_sop_framework(self, frameworks):
        if self.state not in ('draft', 'sent'):
            raise ValidationError(self.env._("%s is no quotation any more.", self.name))
        if not frameworks:
            raise ValidationError(self.env._(
                "%(order)s: there is no effective framework contract with %(customer)s today.",
                order=self.name, customer=self.partner_id.display_name))
        if len(frameworks) > 1:
            raise ValidationError(self.env._(
                "%(order)s: there are several framework contracts: %(contracts)s. Choose one on the order.",
                order=self.name, contracts=', '.join(frameworks.mapped('display_name'))))

    def action_sop_take_contract_prices(self):
        """Put the prices of the framework contract into these call-offs."""
        self.check_access('write')
        for order in self.filtered(lambda order: order.state in ('draft', 'sent')):
            # sudo: the prices were agreed with the customer of a quotation the user may change.
            listed = {line.product_id: line for line in reversed(order.sudo().sop_contract_id.line_ids)}
            for line in order._get_sop_contracted_lines():
                if own := listed.get(line.product_id):
                    line.write({
                        'price_unit': own._get_price_in(line.product_uom_id), 'discount': 0,
                        'tax_ids': own.tax_ids.ids})
        return True
