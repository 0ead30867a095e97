import math

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from ..values import PAYMENT_METHODS, PAYMENT_TRIGGERS

# Per cent are compared as finely as amounts of any size need it.
DIGITS = 6


class SopContractInstalment(models.Model):
    """One payment of a contract: how much, after what, within how many days, and how."""

    _name = 'sop.contract.instalment'
    _description = "Instalment of a Contract"
    _inherit = ['sop.contract.child.mixin']
    _order = 'sequence, id'

    _sop_is_text = True

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='cascade')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    sequence = fields.Integer(default=10)
    trigger = fields.Selection(PAYMENT_TRIGGERS, string="Due After", required=True, default='signing')
    percent = fields.Float(string="%")
    amount = fields.Monetary(
        compute='_compute_amount', inverse='_inverse_amount', store=True,
        help="The last instalment takes what rounding leaves.")
    days = fields.Integer(string="Within Days")
    date = fields.Date(string="On")
    method = fields.Selection(PAYMENT_METHODS, required=True, default='wire')
    note = fields.Char(string="Remark")

    @api.depends('percent', 'sequence', 'contract_id.amount_total', 'contract_id.instalment_ids.percent',
                 'contract_id.instalment_ids.sequence')
    def _compute_amount(self):
        for contract in self.contract_id:
            contract._sop_split_amount()
        for instalment in self.filtered(lambda instalment: not instalment.contract_id):
            instalment.amount = 0

    def _inverse_amount(self):
        for instalment in self:
            total = instalment.contract_id.amount_total
            if total and instalment.currency_id.compare_amounts(instalment.amount, total * instalment.percent / 100):
                instalment.percent = 100 * instalment.amount / total

    @api.onchange('amount')
    def _onchange_amount(self):
        self._inverse_amount()

    @api.constrains('percent', 'days', 'trigger', 'date')
    def _check_values(self):
        for instalment in self:
            if not (math.isfinite(instalment.percent) and 0 < instalment.percent <= 100) or instalment.days < 0:
                raise ValidationError(self.env._(
                    "%s: an instalment is more than 0 %% and at most 100 %%, and its days are not below zero.",
                    instalment.contract_id.display_name))
            if instalment.trigger == 'date' and not instalment.date:
                raise ValidationError(self.env._(
                    "%s: enter the date on which the instalment is due.", instalment.contract_id.display_name))

    @api.depends('trigger', 'percent')
    @api.depends_context('lang')
    def _compute_display_name(self):
        labels = dict(self._fields['trigger']._description_selection(self.env))
        for instalment in self:
            instalment.display_name = f"{instalment.percent:g} % {labels.get(instalment.trigger, '')}"

    def _get_terms(self):
        """What is reviewed about this instalment."""
        self.ensure_one()
        return [round(self.percent, DIGITS), self.amount, self.trigger, self.days, str(self.date or ''), self.method]

    def _is_complete(self):
        return not float_compare(sum(self.mapped('percent')), 100, DIGITS)
