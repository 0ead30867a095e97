from odoo import api, fields, models
from odoo.exceptions import ValidationError

WEIGHTS = ('revenue', 'margin', 'punctuality', 'growth', 'satisfaction')


class ResCompany(models.Model):
    """How contracted customers are classed by their value (§3.3)."""

    _inherit = 'res.company'

    sop_value_weight_revenue = fields.Integer(string="Weight of the Revenue", default=30, prefetch='sop')
    sop_value_weight_margin = fields.Integer(string="Weight of the Margin", default=25, prefetch='sop')
    sop_value_weight_punctuality = fields.Integer(string="Weight of the Payment", default=20, prefetch='sop')
    sop_value_weight_growth = fields.Integer(string="Weight of the Growth", default=15, prefetch='sop')
    sop_value_weight_satisfaction = fields.Integer(string="Weight of the Satisfaction", default=10, prefetch='sop')
    sop_value_revenue = fields.Float(
        string="Full Marks From a Revenue Of", default=1000000,
        help="Untaxed, invoiced in 12 months, in the currency of the company (§3.3).", prefetch='sop')
    sop_value_margin = fields.Float(
        string="Full Marks From a Margin Of", default=30, help="Per cent of the revenue (§3.3).", prefetch='sop')
    sop_value_growth = fields.Float(
        string="Full Marks From a Growth Of", default=20,
        help="Per cent against the 12 months before; no change is worth half the marks (§3.3).", prefetch='sop')
    sop_value_threshold_a = fields.Integer(string="Class A From", default=75, help="Of 100 (§3.3).", prefetch='sop')
    sop_value_threshold_b = fields.Integer(string="Class B From", default=50, help="Of 100 (§3.3).", prefetch='sop')

    @api.constrains(
        *(f'sop_value_weight_{part}' for part in WEIGHTS), 'sop_value_revenue', 'sop_value_margin', 'sop_value_growth')
    def _check_sop_value(self):
        for company in self:
            if min(company._get_sop_value_weights().values()) < 0 or not any(company._get_sop_value_weights().values()):
                raise ValidationError(self.env._(
                    "%s: weights of the value class are not negative, and one of them counts.", company.name))
            if min(company.sop_value_revenue, company.sop_value_margin, company.sop_value_growth) <= 0:
                raise ValidationError(self.env._(
                    "%s: full marks are given from a figure above zero.", company.name))

    def _get_sop_value_weights(self):
        self.ensure_one()
        return {part: self[f'sop_value_weight_{part}'] for part in WEIGHTS}

    def _get_sop_value_class(self, score):
        """The class of a value between 0 and 100; False of a customer of whom nothing is known."""
        if score is None:
            return False
        return 'a' if score >= self.sop_value_threshold_a else 'b' if score >= self.sop_value_threshold_b else 'c'
