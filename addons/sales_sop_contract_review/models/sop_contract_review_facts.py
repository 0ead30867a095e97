from dateutil.relativedelta import relativedelta

from odoo import fields, models

OPEN_ENDED = 999


class SopContract(models.Model):
    """What a contract says about the level of its review."""

    _inherit = 'sop.contract'

    def _get_sop_reviewed_orders(self):
        return self.order_ids.filtered(lambda order: order.state != 'cancel')

    def _get_sop_reviewed_lead(self):
        return self.lead_id

    def _get_sop_amounts(self):
        return {contract.id: contract._get_sop_level_amount() for contract in self}

    def _get_sop_level_amount(self):
        """The amount, tax included, in the currency of the company: of the lines, or of the orders if they say more."""
        company = self.company_id
        date = self.date_start or fields.Date.today()
        own = self.currency_id._convert(self.amount_total, company.currency_id, company, date)
        return max(own, sum(self._get_sop_reviewed_orders()._get_sop_amounts().values()))

    def _get_sop_own_deviations(self):
        return [*super()._get_sop_own_deviations(), *(found['text'] for found in self._get_sop_deviations())]

    def _get_sop_customer_templates(self):
        return {contract.id: contract.non_standard for contract in self}

    def _get_sop_unapproved_names(self):
        clauses = self.clause_ids.filtered(lambda clause: clause.approval_state in ('needed', 'waiting', 'refused'))
        return [*super()._get_sop_unapproved_names(), *clauses.clause_id.mapped('name')]

    def _has_sop_products_only(self):
        return all(line.product_id for line in self.line_ids)

    def _get_sop_framework_months(self):
        return {
            contract.id: contract._get_sop_months() if contract.type == 'framework' else 0 for contract in self}

    def _get_sop_months(self):
        """Months this contract runs, begun ones included; very many without an end."""
        if not (self.date_start and self.date_end):
            return OPEN_ENDED
        length = relativedelta(self.date_end + relativedelta(days=1), self.date_start)
        return 12 * length.years + length.months + bool(length.days)

    def _get_sop_contract_topics(self):
        topics = super()._get_sop_contract_topics()
        topics['legal'] = {**topics.get('legal', {}), **self._get_sop_feature_topic()}
        return topics
