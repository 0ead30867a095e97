from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

GROUPS = [
    ('fit', "Fit to the profile"),
    ('need', "Intensity of the need"),
    ('buy', "Likelihood of buying"),
]
FULL_WEIGHT = 100


class GradeLevel(NamedTuple):
    rating: int
    domain: str
    knock_out: bool


class GradeCriterion(NamedTuple):
    id: int
    key: str
    weight: int
    levels: tuple  # best first

    @property
    def is_automatic(self):
        """Whether a level carries a condition."""
        return any(level.domain for level in self.levels)

    @property
    def needs_profile(self):
        """Whether a condition compares with the customer profile."""
        return any('profile.' in level.domain for level in self.levels)

    def rates_itself(self, has_profile):
        """Whether nobody rates it by hand. What compares with a profile is rated by hand as long as none fits."""
        return self.is_automatic and (has_profile or not self.needs_profile)


class GradeProfile(NamedTuple):
    id: int
    version: int
    domain: str
    values: dict


class GradeScheme(NamedTuple):
    """By what the leads of one company are graded."""

    criteria: tuple
    thresholds: tuple  # (grade, lowest score), best first
    profiles: tuple  # in the order in which they are tried

    @property
    def weight(self):
        """What all weights add up to: 100, unless somebody is still changing them."""
        return sum(criterion.weight for criterion in self.criteria)


class SopGradeCriterion(models.Model):
    """One question of the score sheet (§3.1)."""

    _name = 'sop.grade.criterion'
    _description = "Grading Criterion"
    _inherit = ['sop.grade.config.mixin']
    _order = 'sequence, id'
    _sop_grade_texts = frozenset({'name', 'sequence', 'group'})

    name = fields.Char(string="Criterion", required=True, translate=True)
    key = fields.Char(required=True, help="Answers are stored under this key. A criterion of a company takes the "
                                          "place of the shared one with the same key.")
    group = fields.Selection(GROUPS, string="Part of the Score", required=True, default='fit')
    weight = fields.Integer(required=True, default=0, help="The weights of a company add up to 100.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        'res.company', index='btree_not_null', ondelete='cascade',
        help="Empty: for all companies that have none of their own with this key.")
    level_ids = fields.One2many('sop.grade.level', 'criterion_id', string="Levels", copy=True)
    is_automatic = fields.Boolean(
        string="Rates Itself", compute='_compute_is_automatic', help="By the conditions of its levels.")
    weight_total = fields.Integer(string="Total Weight", compute='_compute_weight_total')

    _key_uniq = models.UniqueIndex(
        '(COALESCE(company_id, 0), key)', "There is a criterion with this key already. Change that one instead.")
    _weight_positive = models.Constraint('CHECK(weight >= 0)', "A weight cannot be negative.")

    @api.depends('level_ids.domain')
    def _compute_is_automatic(self):
        for criterion in self:
            criterion.is_automatic = any(level.domain for level in criterion.level_ids)

    @api.depends('weight', 'active', 'company_id', 'key')
    def _compute_weight_total(self):
        totals = {
            company: sum(self._read_criteria(company).mapped('weight')) for company in self.company_id}
        shared = sum(self.sudo().search([('company_id', '=', False)]).mapped('weight'))
        for criterion in self:
            criterion.weight_total = totals.get(criterion.company_id, shared)

    @api.constrains('key')
    def _check_key(self):
        for criterion in self:
            if not criterion.key.isidentifier() or not criterion.key.isascii():
                raise ValidationError(self.env._(
                    "%s: a key consists of letters, digits and underscores, like need_urgency.", criterion.key))

    @api.model_create_multi
    def create(self, vals_list):
        criteria = super().create(vals_list)
        criteria._sop_warn_weight()
        return criteria

    def write(self, vals):
        result = super().write(vals)
        if not {'weight', 'active', 'company_id', 'key'}.isdisjoint(vals):
            self._sop_warn_weight()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for criterion, vals in zip(self, vals_list, strict=True):
            if 'key' not in (default or {}) and 'company_id' not in (default or {}):
                vals['key'] = f'{criterion.key}_copy'
        return vals_list

    def _sop_warn_weight(self):
        """Tell who changes the weights that they do not add up; while they do not, scores are shares of their sum."""
        criterion = self.filtered(lambda criterion: criterion.weight_total != FULL_WEIGHT)[:1]
        if criterion and not self.env.user._is_superuser():
            self.env.user._bus_send('simple_notification', {
                'type': 'warning',
                'title': self.env._("The weights do not add up to 100"),
                'message': self.env._(
                    "They add up to %(total)s%(company)s. Until they add up to 100, a score is the share of that sum.",
                    total=criterion.weight_total,
                    company=f' ({criterion.company_id.name})' if criterion.company_id else ''),
            })

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    @api.model
    def _read_criteria(self, company):
        """The criteria that count in ``company``; one of its own hides the shared one with that key."""
        # sudo: the grade of a lead does not depend on who asks.
        criteria = self.sudo().with_context(active_test=False).search([('company_id', 'in', [company.id, False])])
        ids = [criterion.id for criterion in self._get_first_by_company(criteria, company, 'key').values()]
        return self.sudo().browse(ids).filtered('active').sorted(lambda criterion: (criterion.sequence, criterion.id))

    @api.model
    def _get_scheme(self, company):
        """By what leads of ``company`` are graded today. Read without a query once known."""
        return self._load_scheme(company.id, company._get_sop_local_date(fields.Datetime.now()))

    @api.model
    @tools.ormcache('company_id', 'today')
    def _load_scheme(self, company_id, today):
        company = self.env['res.company'].browse(company_id)
        levels = self.env['sop.grade.level']
        profiles = self.env['sop.customer.profile']._get_current(company)
        return GradeScheme(
            criteria=tuple(criterion._prepare_grade_criterion() for criterion in self._read_criteria(company)),
            thresholds=tuple(
                (code, grade.threshold) for code, grade in self.env['sop.grade']._get_grades(company).items()
                if code != 'd'),
            profiles=tuple(
                GradeProfile(profile.id, profile.version, profile.domain or '[]', levels._get_profile_values(profile))
                for profile in profiles),
        )

    def _prepare_grade_criterion(self):
        levels = self.level_ids.sorted('rating', reverse=True)
        return GradeCriterion(self.id, self.key, self.weight, tuple(
            GradeLevel(int(level.rating), (level.domain or '').strip(), level.knock_out) for level in levels))
