from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

PAID = ('paid', 'in_payment')


class ResPartner(models.Model):
    """The value class of contracted customers: how much service and how many visits they get (§3.3).

    Computed from the invoices of the last 12 months in the company at hand. What
    is not known yet, as a growth in the first year, is left out.
    """

    _inherit = 'res.partner'

    sop_value_score = fields.Float(
        string="Value Score", compute='_compute_sop_value', digits=(4, 1), groups='base.group_user',
        help="Of 100: revenue, margin, payment, growth and satisfaction of the last 12 months (§3.3).")
    sop_value_class = fields.Selection(
        [('a', "A"), ('b', "B"), ('c', "C")], string="Value Class", compute='_compute_sop_value',
        groups='base.group_user', help="Of contracted customers, for the priority of service and visits (§3.3).")

    @api.depends('sop_lifecycle')
    @api.depends_context('company')
    def _compute_sop_value(self):
        # sudo: a class does not depend on which invoices the user may read.
        customers = self.sudo().commercial_partner_id.filtered(lambda customer: customer.sop_lifecycle == 'contracted')
        scores = customers._get_sop_value_scores(self.env.company)
        for partner in self:
            score = scores.get(partner.sudo().commercial_partner_id.id)
            partner.sop_value_score = score or 0
            partner.sop_value_class = self.env.company._get_sop_value_class(score)

    def _get_sop_value_scores(self, company):
        """``{id: value of 0 to 100}`` of these customers of whom something is known."""
        parts = self._get_sop_value_parts(company) if self else {}
        weights = company._get_sop_value_weights()
        scores = {}
        for customer, known in parts.items():
            total = sum(weights[part] for part in known)
            if total:
                scores[customer] = 100 * sum(weights[part] * share for part, share in known.items()) / total
        return scores

    def _get_sop_value_parts(self, company):
        """``{id: {part: share of the full marks, 0 to 1}}``; other add-ons add the satisfaction."""
        today = company._get_sop_local_date(fields.Datetime.now())
        year, before = today - relativedelta(years=1), today - relativedelta(years=2)
        sales = self._get_sop_value_sales(company, year, today)
        parts = {}
        for customer, (revenue, margin) in sales.items():
            parts[customer] = {'revenue': self._get_share(revenue / company.sop_value_revenue)}
            if revenue > 0:
                parts[customer]['margin'] = self._get_share(100 * margin / revenue / company.sop_value_margin)
        for customer, (revenue, __) in self._get_sop_value_sales(company, before, year).items():
            if revenue > 0:
                growth = 100 * (sales.get(customer, (0, 0))[0] / revenue - 1)
                share = self._get_share((1 + growth / company.sop_value_growth) / 2)
                parts.setdefault(customer, {'revenue': 0})['growth'] = share
        for customer, share in self._get_sop_value_punctuality(company, year, today).items():
            parts.setdefault(customer, {'revenue': 0})['punctuality'] = share
        return parts

    @api.model
    def _get_share(self, value):
        return min(max(value, 0), 1)

    def _get_sop_value_sales(self, company, start, end):
        """``{id: (revenue, margin)}`` of what was invoiced from ``start`` on and before ``end``."""
        groups = self.env['account.invoice.report'].with_company(company).with_context(
            allowed_company_ids=company.ids)._read_group([
                ('company_id', '=', company.id), ('state', '=', 'posted'),
                ('move_type', 'in', ('out_invoice', 'out_refund')), ('commercial_partner_id', 'in', self.ids),
                ('invoice_date', '>=', start), ('invoice_date', '<', end),
            ], ['commercial_partner_id'], ['price_subtotal:sum', 'price_margin:sum'])
        return {customer.id: (revenue or 0, margin or 0) for customer, revenue, margin in groups}

    def _get_sop_value_punctuality(self, company, start, today):
        """``{id: share}`` of what fell due since ``start`` that was paid when it was due."""
        self.env['account.move'].flush_model()
        self.env['account.partial.reconcile'].flush_model()
        rows = self.env.execute_query(SQL(
            """
            SELECT move.commercial_partner_id, SUM(move.amount_total_signed), SUM(CASE
                WHEN move.payment_state IN %(paid)s
                 AND COALESCE(payment.last_date, move.invoice_date_due) <= move.invoice_date_due
                THEN move.amount_total_signed ELSE 0 END)
              FROM account_move move
              LEFT JOIN LATERAL (
                SELECT MAX(part.max_date) AS last_date
                  FROM account_partial_reconcile part
                  JOIN account_move_line line ON line.id = part.debit_move_id
                 WHERE line.move_id = move.id
              ) payment ON TRUE
             WHERE move.company_id = %(company)s AND move.move_type = 'out_invoice' AND move.state = 'posted'
               AND move.commercial_partner_id IN %(customers)s
               AND move.invoice_date_due >= %(start)s AND move.invoice_date_due < %(today)s
             GROUP BY move.commercial_partner_id
            """, paid=PAID, company=company.id, customers=tuple(self.ids), start=start, today=today))
        return {customer: float(in_time / total) for customer, total, in_time in rows if total > 0}

    def _get_sop_file_facts(self):
        facts = super()._get_sop_file_facts()
        return [*facts, self._prepare_sop_file_fact(self, 'sop_value_class')] if self.sop_value_class else facts
