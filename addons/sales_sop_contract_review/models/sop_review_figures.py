from odoo import models


class SopReviewMixin(models.AbstractModel):
    """What a reviewer has to know beyond the text: margin, credit, payment, stock (H19)."""

    _inherit = 'sop.review.mixin'

    def _get_sop_review_figures(self):
        """What stands today behind this record, whoever asks: a list of JSON rows, each with its ``key``."""
        self.ensure_one()
        # sudo: reviewers have no rights in Sales, Invoicing and Inventory; who sees what is said when it is shown.
        own = self.sudo()
        rows = (
            own._get_sop_margin_row(), own._get_sop_credit_row(), own._get_sop_overdue_row(),
            own._get_sop_payment_row(), own._get_sop_stock_row(), own._get_sop_deviation_row(),
            own._get_sop_approval_row())
        return [row for row in rows if row]

    def _get_sop_margin_row(self):
        """The margin on the goods whose cost is known, in the currency of the company."""
        net = cost = 0.0
        unknown = []
        for line in self._get_sop_reviewed_lines():
            unit = line._get_sop_cost()
            if unit is None:
                unknown.append(line.product_id.display_name or line.name)
                continue
            net += line._get_sop_company_value(line._get_sop_net_price() * line.product_uom_qty)
            cost += line._get_sop_company_value(unit * line.product_uom_qty)
        return {
            'key': 'margin', 'amount': net - cost, 'percent': 100 * (net - cost) / net if net else None,
            'unknown': unknown, 'floor': (self.company_id or self.env.company).sop_margin_floor}

    def _get_sop_credit_row(self):
        company = self.company_id or self.env.company
        customer = self._get_sop_customers().with_company(company)
        used = sum(partner.credit + partner.credit_to_invoice for partner in customer)
        limit = customer[:1].credit_limit if company.account_use_credit_limit else 0
        return {'key': 'credit', 'used': used, 'own': self._get_sop_amounts()[self.id], 'limit': limit}

    def _get_sop_overdue_row(self):
        overdue = self._get_sop_overdues()[self.id]
        return {'key': 'overdue', 'days': overdue['days'], 'amount': overdue['amount']}

    def _get_sop_payment_row(self):
        payment = self._get_sop_payment_facts()[self.id]
        return {
            'key': 'payment', 'advance': payment['advance_percent'], 'days': payment['credit_days'],
            'terms': self._get_sop_reviewed_orders().payment_term_id.mapped('display_name')}

    def _get_sop_stock_row(self):
        """What is free and what is expected of the goods; nothing where no stock is kept."""
        if 'free_qty' not in self.env['product.product']._fields:
            return None
        lines = self._get_sop_reviewed_lines().filtered(lambda line: line.product_id.is_storable)
        return lines and {'key': 'stock', 'lines': [line._prepare_sop_stock() for line in lines]}

    def _get_sop_deviation_row(self):
        deviations = self._get_sop_review_deviations()[self.id]
        return deviations and {'key': 'deviations', 'texts': deviations}

    def _get_sop_approval_row(self):
        return {'key': 'approvals', 'texts': self._get_sop_unapproved()[self.id]}
