import ast
import logging
import math
from collections import namedtuple

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import forget_caches

from ..values import NUMBERED, TRIGGERS

_logger = logging.getLogger(__name__)

# What judging an order needs of a rule, kept in memory
Rule = namedtuple('Rule', 'id trigger number flag level_id rank below domain')
MODELS = {'sale.order': 'order', 'sop.contract': 'contract'}


class SopReviewRule(models.Model):
    """What gives an order or a contract a level of review (§4.4).

    A rule fires when its trigger does and the record meets its condition. The
    highest level that any rule gives is taken.
    """

    _name = 'sop.review.rule'
    _description = "Review Rule"
    _order = 'level_id, sequence, id'

    name = fields.Char(required=True, translate=True)
    level_id = fields.Many2one('sop.review.level', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='level_id.company_id', store=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    trigger = fields.Selection(TRIGGERS, string="When", required=True, default='always')
    number = fields.Float(aggregator=None, help="An amount is in the currency of the company.")
    flag_id = fields.Many2one('sop.review.flag', string="Feature", index='btree_not_null', ondelete='restrict')
    applies_to = fields.Selection(
        [('both', "Orders and contracts"), ('order', "Orders"), ('contract', "Contracts")],
        required=True, default='both')
    order_domain = fields.Char(string="Orders That", help="Only orders that meet this. Empty: all.")
    contract_domain = fields.Char(string="Contracts That", help="Only contracts that meet this. Empty: all.")
    department_ids = fields.Many2many(
        'sop.review.department', string="Also Ask", help="Take part as well whenever this rule fires.")

    @api.constrains('trigger', 'number', 'flag_id')
    def _check_trigger(self):
        for rule in self:
            if rule.trigger == 'flag' and not rule.flag_id:
                raise ValidationError(self.env._("%s: choose the feature that it looks at.", rule.name))
            if rule.trigger in NUMBERED and not (math.isfinite(rule.number) and rule.number >= 0):
                raise ValidationError(self.env._("%s: enter a number that is not negative.", rule.name))

    @api.constrains('order_domain', 'contract_domain')
    def _check_domains(self):
        for rule in self:
            for model, kind in MODELS.items():
                rule._check_domain(model, rule[f'{kind}_domain'])

    def _check_domain(self, model, value):
        try:
            # sudo: only the names in the condition are judged, no record is shown.
            self.env[model].sudo()._search(self._parse_domain(value))
        except (ValueError, SyntaxError, TypeError, KeyError, AttributeError) as error:
            raise ValidationError(self.env._(
                "%(rule)s: the condition %(domain)s cannot be evaluated (%(reason)s).",
                rule=self.name, domain=value, reason=error)) from error

    @api.model
    def _parse_domain(self, value):
        return Domain(ast.literal_eval(value.strip())) if (value or '').strip() else Domain.TRUE

    @api.model_create_multi
    def create(self, vals_list):
        forget_caches(self.env)
        return super().create(vals_list)

    def write(self, vals):
        forget_caches(self.env)
        return super().write(vals)

    def unlink(self):
        forget_caches(self.env)
        return super().unlink()

    @api.model
    @tools.ormcache('company_id', 'model')
    def _get_sop_rules(self, company_id, model):
        """The active rules of a company for orders or contracts, as plain tuples, lowest level first."""
        # The same whatever the context says, as it is kept.
        clean = self.with_env(self.env(context={}))
        levels = clean.env['sop.review.level']._get_sop_levels(clean.env['res.company'].browse(company_id))
        kind = MODELS[model]
        rules = []
        below = -1
        for rank, level in enumerate(levels):
            own = level.rule_ids.filtered(lambda rule: rule.applies_to in ('both', kind))
            rules += [rule._prepare_rule(kind, rank, below) for rule in own]
            below = level.id
        return tuple(rules)

    def _prepare_rule(self, kind, rank, below):
        domain = self._parse_domain(self[f'{kind}_domain'])
        return Rule(
            self.id, self.trigger, self.number, self.flag_id.code, self.level_id.id, rank, below,
            None if domain.is_true() else domain)

    @api.model
    def _filter_sop_candidates(self, rule, records):
        """Those of ``records`` that meet the condition of ``rule``; all, when it cannot be evaluated any more."""
        if not rule.domain:
            return records
        try:
            return records.filtered_domain(rule.domain)
        except (ValueError, TypeError, KeyError, AttributeError):
            _logger.exception("Sales SOP: review rule %s has a broken condition and holds for all", rule.id)
            return records
