import math

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..values import PAYMENT_METHODS, PAYMENT_TRIGGERS


class SopPaymentPlanLine(models.Model):
    """An instalment that new contracts start with: of some payment terms, or of all that have none of their own."""

    _name = 'sop.payment.plan.line'
    _description = "Usual Instalment"
    _order = 'payment_term_id, sequence, id'
    _rec_name = 'trigger'

    company_id = fields.Many2one('res.company', index=True)
    payment_term_id = fields.Many2one(
        'account.payment.term', string="Payment Terms", index='btree_not_null', ondelete='cascade',
        help="Empty: of contracts whose orders say nothing about payment.")
    sequence = fields.Integer(default=10)
    percent = fields.Float(string="%", required=True)
    trigger = fields.Selection(PAYMENT_TRIGGERS, string="Due After", required=True, default='signing')
    days = fields.Integer(string="Within Days")
    method = fields.Selection(PAYMENT_METHODS, required=True, default='wire')

    @api.constrains('percent', 'days', 'trigger')
    def _check_values(self):
        for line in self:
            if not (math.isfinite(line.percent) and 0 < line.percent <= 100) or line.days < 0:
                raise ValidationError(self.env._(
                    "An instalment is more than 0 %% and at most 100 %%, and its days are not below zero."))
            if line.trigger == 'date':
                raise ValidationError(self.env._("A fixed date is agreed in each contract."))

    @api.model
    def _get_plan(self, company, term):
        """Values of the instalments that a contract with these payment terms starts with."""
        # sudo: how contracts start does not depend on who drafts.
        own = self.sudo().search(Domain('company_id', 'in', [company.id, False]))
        plan = own.filtered(lambda line: line.payment_term_id == term)
        if not plan and term:
            return self._read_term(term.sudo())
        if company in plan.company_id:
            plan = plan.filtered('company_id')
        return [
            {'percent': line.percent, 'trigger': line.trigger, 'days': line.days, 'method': line.method,
             'sequence': index}
            for index, line in enumerate(plan, 1)]

    @api.model
    def _read_term(self, term):
        """What payment terms of Odoo say: their days count from the invoice, which follows the delivery."""
        shares = term.line_ids.filtered(lambda line: line.value == 'percent')
        if len(shares) != len(term.line_ids):
            return self._get_plan(self.env.company, term.browse())
        prepaid = len(shares) > 1 and not shares[0].nb_days
        return [
            {'percent': share.value_amount, 'days': share.nb_days, 'method': 'wire', 'sequence': index,
             'trigger': 'signing' if prepaid and index == 1 else 'delivery'}
            for index, share in enumerate(shares, 1)]
