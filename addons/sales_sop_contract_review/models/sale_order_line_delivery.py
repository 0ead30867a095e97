from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_compare


class SaleOrderLine(models.Model):
    """Nothing more is delivered while something forbids it (§4.5: conditions before shipment).

    Whoever delivers, by hand or by a transfer of the warehouse, ends in the
    delivered quantity of the line.
    """

    _inherit = 'sale.order.line'

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered('qty_delivered')._check_sop_delivery({})
        return lines

    def write(self, vals):
        before = self._get_sop_delivered() if 'qty_delivered' in vals else {}
        result = super().write(vals)
        if 'qty_delivered' in vals:
            self._check_sop_delivery(before)
        return result

    def _compute_qty_delivered(self):
        before = self._get_sop_delivered()
        result = super()._compute_qty_delivered()
        self._check_sop_delivery(before)
        return result

    def _get_sop_delivered(self):
        return {line.id: line.qty_delivered for line in self}

    def _check_sop_delivery(self, before):
        """Refuse when more is delivered than ``before`` ({line id: quantity}) on a line that must not be."""
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        risen = self.filtered(lambda line: isinstance(line.id, int) and float_compare(
            line.qty_delivered, before.get(line.id, 0), precision_digits=digits) > 0)
        if risen and (refusals := risen._get_sop_delivery_refusals()):
            raise UserError('\n'.join(dict.fromkeys(refusals.values())))

    def _get_sop_delivery_refusals(self):
        """Why nothing more of these lines may be delivered: ``{line id: message}``; free lines are left out."""
        conditions = self.order_id._get_sop_open_conditions('before_ship')
        return {
            line.id: line._get_sop_condition_refusal(conditions[line.order_id.id])
            for line in self if conditions.get(line.order_id.id)}

    def _get_sop_condition_refusal(self, conditions):
        return self.env._(
            "%(order)s cannot be delivered yet. Due before shipment and still open: %(conditions)s.",
            order=self.order_id.name,
            conditions=', '.join(f'{own.name} ({own.owner_id.name})' for own in conditions))
