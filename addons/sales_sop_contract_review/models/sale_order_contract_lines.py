from odoo import models


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _get_sop_contracted_lines(self):
        """Lines a contract may be about: what is sold; options that were not taken are not."""
        return self._get_sop_commercial_lines().filtered('product_uom_qty')
