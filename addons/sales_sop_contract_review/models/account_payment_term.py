from odoo import fields, models


class AccountPaymentTerm(models.Model):
    _inherit = 'account.payment.term'

    def _get_sop_credit_days(self):
        """The longest credit these terms give, in days."""
        self.ensure_one()
        today = fields.Date.today()
        return max(((line._get_due_date(today) - today).days for line in self.line_ids), default=0)

    def _get_sop_advance(self):
        """Per cent due at once, where the rest is paid later."""
        self.ensure_one()
        today = fields.Date.today()
        lines = self.line_ids.filtered(lambda line: line.value == 'percent')
        at_once = lines.filtered(lambda line: line._get_due_date(today) <= today)
        return sum(at_once.mapped('value_amount'))
