from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    sop_contract_line_ids = fields.One2many(
        'sop.contract.line', 'order_line_id', string="Contract Lines", groups='base.group_user')

    def _get_sop_contract_terms(self):
        """What a contract says about this line, in comparable values."""
        self.ensure_one()
        return {
            'product': self.product_id.id, 'quantity': self.product_uom_qty, 'uom': self.product_uom_id.id,
            'price': self.price_unit, 'discount': self.discount, 'taxes': sorted(self.tax_ids.ids),
        }
