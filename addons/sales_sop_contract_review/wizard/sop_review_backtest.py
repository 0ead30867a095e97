from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

BATCH = 200
LIMIT = 5000


class SopReviewBacktest(models.TransientModel):
    """How last year's orders would have been reviewed: to try the rules before they count."""

    _name = 'sop.review.backtest'
    _description = "Review Levels Tried on Past Orders"

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    date_from = fields.Date(
        string="Orders Since", required=True,
        default=lambda self: fields.Date.context_today(self) - relativedelta(years=1))
    result = fields.Html(readonly=True, sanitize=False)

    def _compute_display_name(self):
        self.display_name = self.env._("Try the Levels")

    def action_try(self):
        """Sort the confirmed orders of the period by the level they would get now."""
        self.ensure_one()
        self.check_access('write')
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("%s is not one of your companies.", self.company_id.name))
        # sudo: whoever sets the rules sees how many orders they meet, not the orders.
        orders = self.env['sale.order'].sudo().search([
            ('company_id', '=', self.company_id.id), ('state', '=', 'sale'),
            ('date_order', '>=', fields.Datetime.to_datetime(self.date_from)),
        ], order='id desc', limit=LIMIT + 1)
        values = {'rows': self._get_rows(orders[:LIMIT]), 'count': len(orders[:LIMIT]), 'more': len(orders) > LIMIT,
                  'currency': self.company_id.currency_id}
        self.result = self.env['ir.qweb']._render('sales_sop_contract_review.review_backtest', values)
        return True

    @api.model
    def _get_rows(self, orders):
        """``[{level, count, share, amount, rules}]``, the lowest level first; no level at last."""
        rows = {}
        for start in range(0, len(orders), BATCH):
            batch = orders[start:start + BATCH].with_prefetch()
            self._count_batch(batch, rows)
            # What was read is not needed any more; nothing is written here.
            batch.invalidate_recordset(flush=False)
        for row in rows.values():
            row['share'] = 100 * row['count'] / len(orders)
            row['rules'] = sorted(row['rules'].items(), key=lambda rule: -rule[1])
        return sorted(rows.values(), key=lambda row: row['level'].sequence if row['level'] else 10 ** 6)

    def _count_batch(self, batch, rows):
        amounts = batch._get_sop_amounts()
        for order_id, route in batch._get_sop_review_routes().items():
            level = route['level'].sudo() if route else self.env['sop.review.level']
            row = rows.setdefault(level.id, {'level': level, 'count': 0, 'amount': 0.0, 'rules': {}})
            row['count'] += 1
            row['amount'] += amounts[order_id]
            for rule in self.env['sop.review.rule'].sudo().browse(route['rules'] if route else []):
                if rule.level_id == level:
                    row['rules'][rule] = row['rules'].get(rule, 0) + 1
