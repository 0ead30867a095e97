import ast

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..values import SIZE_BANDS

RATINGS = [(str(rating), str(rating)) for rating in range(5, -1, -1)]
# What a domain of a level may read of the profile a lead is held against.
PROFILE_NAMES = (
    'industry_ids', 'neighbour_industry_ids', 'excluded_industry_ids', 'size_band', 'country_ids', 'state_ids',
    'partner_state_ids', 'purchase_habit', 'decision_role_ids')


class _ProfileReader(ast.NodeTransformer):
    """Replaces ``profile.<name>`` by its value."""

    def __init__(self, values):
        self.values = values

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and node.value.id == 'profile':
            if node.attr not in self.values:
                raise ValueError(f"profile.{node.attr}")
            return ast.Constant(self.values[node.attr])
        return node


class SopGradeLevel(models.Model):
    """One described rating of a criterion. With a condition, leads that meet it are rated by the system."""

    _name = 'sop.grade.level'
    _description = "Level of a Grading Criterion"
    _inherit = ['sop.grade.config.mixin']
    _order = 'criterion_id, rating desc'
    _sop_grade_texts = frozenset({'name'})

    name = fields.Char(string="Description", required=True, translate=True)
    criterion_id = fields.Many2one('sop.grade.criterion', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='criterion_id.company_id')
    rating = fields.Selection(RATINGS, required=True, default='5')
    domain = fields.Char(
        string="Condition",
        help="Leads that meet it get this rating; the highest level counts, and nobody rates the criterion by hand. "
             "Besides fields of the lead it may read the customer profile, e.g. "
             "[('sop_industry_id', 'in', profile.industry_ids)].")
    knock_out = fields.Boolean(help="Whoever gets this rating is D, whatever the score.")

    _criterion_rating_uniq = models.Constraint(
        'UNIQUE(criterion_id, rating)', "This rating of the criterion is described already. Change that line instead.")

    @api.constrains('domain')
    def _check_domain(self):
        nothing = self._get_profile_values(None)
        for level in self.filtered('domain'):
            try:
                domain = self._parse_domain(level.domain, nothing)
                # sudo: only the names in the condition are judged, no record is shown.
                self.env['crm.lead'].sudo()._search(domain)
            except (ValueError, SyntaxError, TypeError, KeyError, AttributeError) as error:
                raise ValidationError(self.env._(
                    "%(criterion)s, rating %(rating)s: the condition %(domain)s cannot be evaluated (%(reason)s).",
                    criterion=level.criterion_id.name, rating=level.rating, domain=level.domain,
                    reason=error)) from error

    @api.model
    def _parse_domain(self, value, profile_values):
        """The condition as a domain; names of the profile stand for its values.

        :raise ValueError, SyntaxError, TypeError: it is none
        """
        tree = _ProfileReader(profile_values).visit(ast.parse(value.strip(), mode='eval'))
        return Domain(ast.literal_eval(tree))

    @api.model
    def _get_profile_values(self, profile):
        """``{name: value}`` of what conditions may read of a profile; of none, nothing."""
        values = {}
        for name in PROFILE_NAMES:
            field = self.env['sop.customer.profile']._fields[name]
            if field.relational:
                values[name] = profile[name].ids if profile else []
            else:
                values[name] = (profile and profile[name]) or False
        bands = [key for key, __ in SIZE_BANDS]
        ideal = bands.index(values['size_band']) if values['size_band'] else None
        distances = {key: None if ideal is None else abs(index - ideal) for index, key in enumerate(bands)}
        values['size_bands_near'] = [key for key, distance in distances.items() if distance == 1]
        values['size_bands_far'] = [key for key, distance in distances.items() if distance and distance > 1]
        return values
