from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare


class SaleOrderLine(models.Model):
    """Lines on hold: nobody delivers or invoices more of them until it is decided (§4.7)."""

    _inherit = 'sale.order.line'

    _sop_server_fields = frozenset({'sop_is_on_hold', 'sop_hold_invoiced'})

    sop_is_on_hold = fields.Boolean(string="On Hold", readonly=True, copy=False, prefetch='sop')
    sop_hold_invoiced = fields.Float(
        string="Invoiced Before the Hold", digits='Product Unit', readonly=True, copy=False, prefetch='sop')

    def _get_sop_delivery_refusals(self):
        held = self.filtered('sop_is_on_hold')
        return {**super()._get_sop_delivery_refusals(), **{line.id: line._get_sop_hold_message() for line in held}}

    @api.constrains('qty_invoiced')
    def _check_sop_hold_invoiced(self):
        for line in self.filtered(lambda line: line._is_sop_invoice_held()):
            if line._is_sop_beyond(line.qty_invoiced, line.sop_hold_invoiced):
                raise ValidationError(line._get_sop_hold_message())

    def _is_sop_beyond(self, quantity, limit):
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        return float_compare(quantity, limit, precision_digits=digits) > 0

    def _is_sop_invoice_held(self):
        """What was delivered before a contract was suspended or terminated may be invoiced."""
        # sudo: the rule holds whoever invoices.
        return self.sop_is_on_hold and not self.sudo().order_id.sop_contract_id._is_sop_stopped()

    def _get_sop_hold_message(self):
        order = self.order_id
        return self.env._(
            "%(order)s, %(product)s: this line is on hold. %(reason)s", order=order.name,
            product=self.product_id.display_name, reason=order._get_sop_hold_message(self))

    def _sop_hold(self):
        """Freeze what was invoiced so far; for the engine."""
        for line in self.filtered(lambda line: not line.sop_is_on_hold):
            line.write({'sop_is_on_hold': True, 'sop_hold_invoiced': line.qty_invoiced})

    def _sop_release(self):
        self.filtered('sop_is_on_hold').write({'sop_is_on_hold': False, 'sop_hold_invoiced': 0})
