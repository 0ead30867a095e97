from odoo import api, fields, models
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

    _code_uniq = models.UniqueIndex('(code)', "This department exists already.")

    @api.constrains('user_ids')
    def _check_users(self):
        for department in self:
            # sudo: users of other companies are looked at as well.
            if stranger := department.sudo().user_ids.filtered('share')[:1]:
                raise ValidationError(self.env._(
                    "%(department)s: %(user)s is not a member of the company.",
                    department=department.name, user=stranger.name))

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
