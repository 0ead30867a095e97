from odoo import models


class SaleOrderLine(models.Model):
    """A line as a reviewer counts it."""

    _inherit = 'sale.order.line'

    def _get_sop_company_value(self, amount):
        """An amount of this line in the currency of its company."""
        self.ensure_one()
        company = self.company_id
        return self.currency_id._convert(amount, company.currency_id, company, self._get_order_date())

    def _prepare_sop_stock(self):
        self.ensure_one()
        product = self.product_id
        if 'warehouse_id' in self.order_id._fields:
            product = product.with_context(warehouse_id=self.order_id.warehouse_id.id)
        return {
            'product': product.display_name, 'unit': product.uom_id.name,
            'wanted': self.product_uom_id._compute_quantity(self.product_uom_qty, product.uom_id),
            'free': product.free_qty, 'forecast': product.virtual_available}
