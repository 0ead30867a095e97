import math
import re

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from ..engine import forget_caches

# How a value in words stands to what we want; the better, the earlier
STANDINGS = [
    ('target', "As our target"),
    ('between', "Between target and floor"),
    ('floor', "At the floor"),
    ('below', "Below the floor"),
]
PRICE = 'price'
DIGITS = 4
NUMBER = re.compile(r'[-+]?\d+(?:[.,]\d+)?')


class SopTerm(models.Model):
    """A commercial term that is negotiated, with what we want and what we accept at worst (§5).

    Only administrators of the system write it: whoever sets the floors says
    what needs an approval.
    """

    _name = 'sop.term'
    _description = "Negotiation Term"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    key = fields.Char(
        required=True, help="Its short name in English; a company replaces a term by one with the same key.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        'res.company', index=True, help="Empty: for all companies without their own.")
    better = fields.Selection(
        [('higher', "The more the better for us"), ('lower', "The less the better for us"), ('text', "In words")],
        required=True, default='lower')
    unit = fields.Char(
        translate=True, help="Of the number. A term in words may carry a number as well, the less the better for us.")
    required = fields.Boolean(help="Must be agreed before the contract is drafted (S4.3).")
    by_deal = fields.Boolean(
        string="Set for Each Deal", help="Target and floor are entered before a negotiation starts.")
    target_value = fields.Float(string="Target", digits=(16, DIGITS), groups='sales_sop.group_sop_floor')
    floor_value = fields.Float(string="Floor", digits=(16, DIGITS), groups='sales_sop.group_sop_floor')
    target_text = fields.Char(string="Target in Words", translate=True, groups='sales_sop.group_sop_floor')
    floor_text = fields.Char(string="Floor in Words", translate=True, groups='sales_sop.group_sop_floor')
    guidance = fields.Text(translate=True, help="What to ask for in return, and what to be careful about.")
    authority_ids = fields.One2many('sop.term.authority', 'term_id', string="Who Decides")
    has_number = fields.Boolean(compute='_compute_has_number')

    _key_company_uniq = models.UniqueIndex(
        '(key, COALESCE(company_id, 0))', "This term exists already in this company.")

    @api.depends('better', 'unit')
    def _compute_has_number(self):
        for term in self:
            term.has_number = term.better != 'text' or bool(term.unit)

    @api.constrains('better', 'target_value', 'floor_value', 'by_deal')
    def _check_values(self):
        for term in self.filtered(lambda term: term.has_number and not term.by_deal):
            if term._is_worse(term.target_value, term.floor_value):
                raise ValidationError(self.env._(
                    "%s: the target is worse for us than the floor. Exchange the two.", term.name))

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
    def _get_sop_terms(self, company):
        """The active terms of ``company``, its own before the common ones, in order."""
        # sudo: what is negotiated does not depend on who asks.
        terms = self.sudo().search([('company_id', 'in', [company.id, False])])
        own = set(terms.filtered('company_id').mapped('key'))
        return terms.filtered(lambda term: term.company_id or term.key not in own)

    @api.model
    @tools.ormcache('company_id')
    def _get_sop_price_term_id(self, company_id):
        """Id of the term that says who agrees to which price, or False."""
        terms = self._get_sop_terms(self.env['res.company'].browse(company_id))
        return terms.filtered(lambda term: term.key == PRICE)[:1].id

    def _get_sop_limits(self, company):
        """``(target, floor)`` before a deal says otherwise."""
        self.ensure_one()
        # sudo: the limits apply to whoever negotiates.
        own, company = self.sudo(), company.sudo()
        if self.key == PRICE and not own.company_id:
            return company.sop_price_target, company.sop_price_floor
        return own.target_value, own.floor_value

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    def _parse_number(self, value):
        """The number in ``value``; of a term in words without one, 0."""
        self.ensure_one()
        text = str(value or '').strip()
        found = NUMBER.findall(text)
        if not self.has_number:
            return 0.0
        if self.better != 'text' and (len(found) != 1 or not math.isfinite(float(found[0].replace(',', '.')))):
            raise ValidationError(self.env._(
                "%(term)s: enter one number (%(unit)s) instead of \"%(value)s\".",
                term=self.name, unit=self.unit or '', value=text))
        return float(found[-1].replace(',', '.')) if self.better != 'text' else 0.0

    def _is_worse(self, value, other):
        """Whether the number ``value`` is worse for us than ``other``."""
        self.ensure_one()
        compared = float_compare(value, other, precision_digits=DIGITS)
        return compared < 0 if self.better == 'higher' else compared > 0

    def _is_inside(self, number, standing, floor):
        """Whether this value is no worse than the floor."""
        self.ensure_one()
        if self.better == 'text' and standing == 'below':
            return False
        return not (self.has_number and self._is_worse(number, floor))

    def _get_gap(self, value, floor):
        """By how much ``value`` is worse than ``floor``; negative when it is better."""
        self.ensure_one()
        return floor - value if self.better == 'higher' else value - floor

    def _get_better(self, *values):
        """The strictest of these numbers."""
        self.ensure_one()
        return max(values) if self.better == 'higher' else min(values)
