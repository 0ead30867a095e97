from odoo import api, models

from .sale_order_line_review_topics import WATCHED

# A confirmed line is only looked at when one of these is written.
TERM_FIELDS = WATCHED | {'technical_price_unit', 'is_delivery'}


class SaleOrderLine(models.Model):
    """Lines of confirmed orders: what was reviewed stays as it is, what Odoo itself adds does not hurt."""

    _inherit = 'sale.order.line'

    @api.model_create_multi
    def create(self, vals_list):
        committed = self._get_sop_named_orders(vals_list)._filter_sop_committed()
        before = committed._get_sop_committed_terms()
        lines = super().create(vals_list)
        committed._check_sop_terms_kept(before)
        return lines

    def write(self, vals):
        committed = self.env['sale.order']
        if not TERM_FIELDS.isdisjoint(vals):
            committed = (self.order_id | committed.browse(vals.get('order_id') or []))._filter_sop_committed()
        before = committed._get_sop_committed_terms()
        result = super().write(vals)
        committed._check_sop_terms_kept(before)
        return result

    def unlink(self):
        committed = self.order_id._filter_sop_committed()
        before = committed._get_sop_committed_terms()
        result = super().unlink()
        committed._check_sop_terms_kept(before)
        return result

    @api.model
    def _get_sop_named_orders(self, vals_list):
        """The orders that lines get; a default of the context names one as well."""
        names = {vals.get('order_id') for vals in vals_list}
        if None in names:
            names.add(self.default_get(['order_id']).get('order_id'))
        return self.env['sale.order'].browse(names - {None, False})

    def _is_sop_commercial(self):
        """Whether this is sold: not what Odoo adds for a delivery, or to pass on an expense."""
        return not (self.is_expense or 'is_delivery' in self._fields and self.is_delivery)
