from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..values import GRADES


class SopGrade(models.Model):
    """What a grade asks for: from which score on, and how often such a customer is followed up (§3.2)."""

    _name = 'sop.grade'
    _description = "Customer Grade"
    _inherit = ['sop.grade.config.mixin']
    _order = 'company_id, code'
    _sop_grade_texts = frozenset({'name', 'effort', 'first_contact_days', 'cadence_days', 'check_days'})

    name = fields.Char(string="Meaning", required=True, translate=True)
    code = fields.Selection(GRADES, string="Grade", required=True)
    company_id = fields.Many2one(
        'res.company', index='btree_not_null', ondelete='cascade',
        help="Empty: for all companies that have none of their own for this grade.")
    threshold = fields.Float(digits=(5, 1), help="Lowest score of this grade. Whatever lies below C is D.")
    first_contact_days = fields.Integer(
        string="First Contact Within", help="Working days after the lead was assigned. 0: no limit.")
    cadence_days = fields.Integer(string="Follow-up Every", help="Days between two contacts at most.")
    check_days = fields.Integer(string="Manager Check Every", help="Days between two looks of the sales manager.")
    protection_days = fields.Integer(
        string="Protected For", help="Days without activity until the lead goes back to the public pool. 0: never.")
    regrade_days = fields.Integer(
        string="Graded Anew After", help="Days after which the score is computed again at the latest. 0: never.")
    effort = fields.Char(translate=True, help="How much work such a customer is worth.")

    _company_code_uniq = models.UniqueIndex(
        '(COALESCE(company_id, 0), code)', "This grade is set up for this company already. Change that line instead.")
    _days_positive = models.Constraint(
        'CHECK(LEAST(first_contact_days, cadence_days, check_days, protection_days, regrade_days) >= 0)',
        "Days of a grade cannot be negative.")

    @api.depends('code', 'name')
    def _compute_display_name(self):
        labels = dict(GRADES)
        for grade in self:
            grade.display_name = ' '.join(filter(None, (labels.get(grade.code), grade.name)))

    @api.constrains('threshold', 'code', 'company_id')
    def _check_threshold(self):
        for company in self._get_sop_grading_companies():
            thresholds = [grade.threshold for code, grade in self._read_grades(company).items() if code != 'd']
            if any(not 0 < threshold <= 100 for threshold in thresholds):
                raise ValidationError(self.env._(
                    "A score lies between 0 and 100, and so do the thresholds of A, B and C."))
            if thresholds != sorted(thresholds, reverse=True) or len(set(thresholds)) < len(thresholds):
                raise ValidationError(self.env._(
                    "%(company)s: each grade needs a higher score than the next one (A more than B, B more than C).",
                    company=company.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shared(self):
        shared = self.filtered(lambda grade: not grade.company_id)
        if shared:
            raise ValidationError(self.env._(
                "%s is the grade of all companies without one of their own and cannot be deleted. Change it instead.",
                shared[0].display_name))

    @api.model
    def _get_grades(self, company):
        """``{code: sop.grade}`` that counts in ``company``, best first. Read without a query once known."""
        # sudo: the cadence of a lead does not depend on who asks.
        return {code: self.sudo().browse(grade_id) for code, grade_id in self._get_grade_ids(company.id)}

    @api.model
    @tools.ormcache('company_id')
    def _get_grade_ids(self, company_id):
        grades = self._read_grades(self.env['res.company'].browse(company_id))
        return tuple((code, grade.id) for code, grade in grades.items())

    @api.model
    def _read_grades(self, company):
        # sudo: see above.
        grades = self.sudo().search([('company_id', 'in', [company.id, False])])
        return dict(sorted(self._get_first_by_company(grades, company, 'code').items()))
