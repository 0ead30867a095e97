from odoo import api, fields, models
from odoo.fields import Domain

from ..values import PASSED
from .sop_review_condition import OPEN, RUNNING, TYPES


class SopReview(models.Model):
    """What a review asks for beyond its result (§4.5)."""

    _inherit = 'sop.review'

    open_condition_count = fields.Integer(string="Open Conditions", compute='_compute_open_condition_count')

    @api.depends('condition_ids.state')
    def _compute_open_condition_count(self):
        for review in self:
            review.open_condition_count = len(
                review.condition_ids.filtered(lambda condition: condition.state in OPEN))

    def _sop_set_state(self, state):
        moved = self.filtered(lambda review: review.state != state)
        result = super()._sop_set_state(state)
        # sudo: tasks of the owners follow what others decided.
        conditions = moved.sudo().condition_ids
        if state in PASSED:
            conditions._sop_announce()
        elif state not in RUNNING:
            conditions._sop_unschedule(*TYPES)
        return result

    def _get_sop_open_conditions(self, *due_points):
        """Conditions of these reviews that are neither verified nor waived, due at one of these points or at any."""
        if not self.ids:
            return self.env['sop.review.condition'].sudo()
        # sudo: a condition holds for whoever comes to its point.
        return self.env['sop.review.condition'].sudo().search(
            Domain([('review_id', 'in', self.ids), ('state', 'in', OPEN)])
            & (Domain('due_point', 'in', due_points) if due_points else Domain.TRUE))

    def action_open_conditions(self):
        """The conditions of these reviews, as a list."""
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Conditions"),
            'res_model': 'sop.review.condition',
            'views': [(False, 'list'), (False, 'kanban'), (False, 'form')],
            'domain': [('review_id', 'in', self.ids)],
        }
