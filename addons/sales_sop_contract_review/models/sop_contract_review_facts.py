from dateutil.relativedelta import relativedelta

from odoo import models

OPEN_ENDED = 999


class SopContract(models.Model):
    """What a contract says about the level of its review."""

    _inherit = 'sop.contract'

    def _get_sop_reviewed_orders(self):
        return self.order_ids.filtered(lambda order: order.state != 'cancel')

    def _get_sop_reviewed_lead(self):
        return self.lead_id

    def _get_sop_amounts(self):
        return {
            contract.id: sum(contract._get_sop_reviewed_orders()._get_sop_amounts().values()) for contract in self}

    def _get_sop_framework_months(self):
        return {
            contract.id: contract._get_sop_months() if contract.type == 'framework' else 0 for contract in self}

    def _get_sop_months(self):
        """Months this contract runs, begun ones included; very many without an end."""
        if not (self.date_start and self.date_end):
            return OPEN_ENDED
        length = relativedelta(self.date_end, self.date_start - relativedelta(days=1))
        return 12 * length.years + length.months + bool(length.days)
