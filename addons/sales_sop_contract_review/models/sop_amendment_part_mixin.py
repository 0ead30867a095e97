from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import is_engine


class SopAmendmentPartMixin(models.AbstractModel):
    """Before and after of one part of an order; what differs is held while the amendment is open."""

    _name = 'sop.amendment.part.mixin'
    _description = "Part of an Amendment"
    _inherit = ['sop.contract.child.mixin']
    _check_company_auto = True

    _sop_is_text = True

    contract_id = fields.Many2one(
        'sop.contract', string="Amendment", required=True, index=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(related='contract_id.company_id')
    order_id = fields.Many2one('sale.order', required=True, index=True, ondelete='restrict')
    is_changed = fields.Boolean(compute='_compute_is_changed', store=True)
    is_held = fields.Boolean(readonly=True, copy=False, help="The amendment is open, and this part is changed by it.")

    def _compute_is_changed(self):
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_sop_order()
        parts._sop_sync()
        return parts

    def write(self, vals):
        result = super().write(vals)
        if not is_engine(self.env):
            self._check_sop_order()
            self._sop_sync()
        return result

    def unlink(self):
        contracts = self.contract_id
        result = super().unlink()
        contracts.exists()._sop_sync_amendments()
        return result

    def _sop_sync(self):
        # Parts that come with their amendment are looked at when it is complete.
        self.contract_id.filtered('name')._sop_sync_amendments()

    def _check_sop_order(self):
        """Parts belong to the orders their amendment is about."""
        # sudo: the rule does not depend on who may read the orders.
        for part in self.sudo():
            if part.order_id not in part.contract_id._get_sop_amended_orders() and not is_engine(self.env):
                raise UserError(self.env._(
                    "%(amendment)s does not amend %(order)s.",
                    amendment=part.contract_id.display_name, order=part.order_id.name))

    def _get_parts_by_topic(self):
        """What a review of these parts is about: ``[(topic, values)]``, in the order they were made."""
        return [pair for part in self.sorted('id') if part.is_changed for pair in part._get_topic_values()]
