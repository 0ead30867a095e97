from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from ..values import DEPARTMENTS


class SopReviewDepartment(models.Model):
    """A department that reviews: the holders of its position are its reviewers (§4.1).

    Only administrators of the system write it: whoever names the departments
    says who decides.
    """

    _name = 'sop.review.department'
    _description = "Reviewing Department"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Selection(DEPARTMENTS, required=True, index=True)
    sequence = fields.Integer(default=10)
    position_code = fields.Selection(
        lambda self: self.env['sop.position']._get_sop_codes(), string="Reviewed By", required=True,
        help="Whoever holds this position in the company of the order or contract.")
    user_ids = fields.Many2many(
        'res.users', string="Also Asked", domain="[('share', '=', False)]",
        help="Review for this department as well, without holding the position.")
    item_ids = fields.One2many('sop.review.item', 'department_id', string="Check Items")

    reviewer_ids = fields.Many2many('res.users', string="Reviewers", compute='_compute_reviewers')
    warning = fields.Char(compute='_compute_reviewers')

    _code_uniq = models.UniqueIndex('(code)', "This department exists already.")

    @api.depends('position_code', 'user_ids')
    @api.depends_context('company', 'lang')
    def _compute_reviewers(self):
        company = self.env.company
        reviewers = self._get_sop_reviewers(company)
        vacant = self._get_sop_vacant(company)
        for department in self:
            department.reviewer_ids = reviewers.get(department.code, self.env['res.users'])
            department.warning = department in vacant and self.env._("Nobody holds the position")

    @api.constrains('user_ids')
    def _check_users(self):
        for department in self:
            # sudo: users of other companies are looked at as well.
            if stranger := department.sudo().user_ids.filtered('share')[:1]:
                raise ValidationError(self.env._(
                    "%(department)s: %(user)s is not a member of the company.",
                    department=department.name, user=stranger.name))

    @api.model_create_multi
    def create(self, vals_list):
        departments = super().create(vals_list)
        departments._sop_let_in()
        return departments

    def write(self, vals):
        result = super().write(vals)
        if 'user_ids' in vals:
            self._sop_let_in()
        return result

    def _sop_let_in(self):
        """Whoever reviews sees what he is asked about."""
        group = self.env.ref('sales_sop.group_sop_participant')
        # sudo: whoever may name the reviewers lets them take part.
        newcomers = self.sudo().user_ids.filtered(lambda user: group not in user.all_group_ids)
        newcomers.write({'group_ids': [Command.link(group.id)]})

    @api.model
    def _get_sop_departments(self):
        """All departments, in order."""
        # sudo: who reviews does not depend on who asks.
        return self.sudo().search([])

    @api.model
    def _get_sop_reviewers(self, company, but=None):
        """``{code: users}`` who review for each department in ``company``.

        Where nobody holds the position of a department, the one that stands in
        reviews, and at last the managers of the procedure.

        :param but: users who must not review, as they drafted it or asked for it
        """
        departments = self._get_sop_departments()
        positions = self.env['sop.position'].sudo()
        holders = positions._get_sop_holders_by_code(departments.mapped('position_code'), company, but)
        return {
            department.code: department._get_own_reviewers(company, but, holders[department.position_code])
            for department in departments}

    def _get_own_reviewers(self, company, but, holders):
        extra = self.env['sop.position']._filter_sop_users(self.user_ids, company, but)
        return (holders.sudo() | extra).sudo(False)

    def _get_sop_vacant(self, company):
        """Those of these departments that nobody belongs to in ``company``: others stand in."""
        codes = self.env['sop.position']._get_sop_vacant_codes(set(self.mapped('position_code')), company)
        return self.filtered(
            lambda department: department.position_code in codes
            and not self.env['sop.position']._filter_sop_users(department.sudo().user_ids, company, None))

    def _get_sop_vacancies(self, company):
        """Who reviews for departments that nobody belongs to, in words."""
        reviewers = self._get_sop_reviewers(company)
        for department in self._get_sop_vacant(company):
            names = ', '.join(reviewers[department.code].mapped('name'))
            yield self.env._(
                "%(department)s: nobody holds its position. %(names)s would review.",
                department=department.name, names=names) if names else self.env._(
                "%s: nobody can review. Name the holder of its position.", department.name)
