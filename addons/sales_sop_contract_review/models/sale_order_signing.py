from odoo import models


class SaleOrder(models.Model):
    """Contracts are executed from the first confirmed order on."""

    _inherit = 'sale.order'

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: whoever confirms, customers in the portal included.
        self.sudo().sop_contract_id._sop_start_execution()
        return result
