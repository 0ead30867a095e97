from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..values import OCCASIONS


class SopReviewLevelDepartment(models.Model):
    """A department that takes part at a level in some cases only: Quality if there are quality terms."""

    _name = 'sop.review.level.department'
    _description = "Department Asked in Some Cases"
    _order = 'level_id, id'
    _rec_name = 'department_id'

    level_id = fields.Many2one('sop.review.level', required=True, index=True, ondelete='cascade')
    department_id = fields.Many2one('sop.review.department', required=True, index=True, ondelete='restrict')
    when = fields.Selection(OCCASIONS, required=True, default='flag')
    flag_id = fields.Many2one('sop.review.flag', string="Feature", index='btree_not_null', ondelete='restrict')

    @api.constrains('when', 'flag_id')
    def _check_flag(self):
        for case in self:
            if case.when == 'flag' and not case.flag_id:
                raise ValidationError(self.env._(
                    "%(level)s, %(department)s: choose the feature.",
                    level=case.level_id.display_name, department=case.department_id.name))

    def _applies(self, facts):
        """Whether the department takes part, by what ``facts`` say."""
        self.ensure_one()
        if self.when == 'flag':
            return self.flag_id.code in facts['flags']
        return bool(facts['deviations' if self.when == 'deviation' else self.when])
