from odoo import api, models

# What the topics of an order are made of
WATCHED = frozenset({
    'order_id', 'product_id', 'name', 'product_uom_id', 'product_uom_qty', 'price_unit', 'discount', 'tax_ids',
    'customer_lead', 'display_type', 'is_downpayment', 'is_expense'})


class SaleOrderLine(models.Model):
    """Lines of a reviewed order: another product, quantity, price or date outdates the review."""

    _inherit = 'sale.order.line'

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._sop_note_change()
        return lines

    def write(self, vals):
        watched = not WATCHED.isdisjoint(vals)
        before = self.order_id if 'order_id' in vals else self.env['sale.order']
        result = super().write(vals)
        if watched:
            (self.order_id | before)._sop_note_change()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders._sop_note_change()
        return result
