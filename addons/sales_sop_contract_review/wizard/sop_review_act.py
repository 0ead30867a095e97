from odoo import api, fields, models
from odoo.exceptions import UserError

from ..values import DUE_POINTS, REVIEW_ACTS


class SopReviewAct(models.TransientModel):
    """What an act on a review needs to be told: a reason, a person, a condition, minutes."""

    _name = 'sop.review.act'
    _description = "Act on a Review"
    _rec_name = 'kind'

    kind = fields.Selection(REVIEW_ACTS, required=True)
    review_id = fields.Many2one('sop.review', required=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', ondelete='cascade')
    reason = fields.Text()
    user_id = fields.Many2one('res.users', string="Who", domain="[('share', '=', False)]")
    department_id = fields.Many2one('sop.review.department', string="Speaks For", help="Empty: for himself.")
    answer_id = fields.Many2one(
        'sop.review.answer', string="Item", ondelete='cascade',
        domain="[('review_id', '=', review_id), ('severity', '=', 'major'), ('result', '=', 'fail'), "
               "('waived_by_id', '=', False)]")
    condition = fields.Char(help="What has to be done instead.")
    owner_id = fields.Many2one('res.users', domain="[('share', '=', False)]")
    due_point = fields.Selection(DUE_POINTS, default='before_ship')
    due_date = fields.Date()
    start = fields.Datetime()
    hours = fields.Float(default=1)
    place = fields.Char()
    minutes = fields.Text()
    attendee_ids = fields.Many2many('res.users', string="Present", domain="[('share', '=', False)]")

    @api.onchange('kind')
    def _onchange_kind(self):
        if self.kind == 'minutes':
            self.review_id._origin.check_access('read')
            # sudo: who takes part is written on the review.
            review = self.review_id.sudo()
            self.attendee_ids = review.opinion_ids._get_sop_live().reviewer_ids | review.requester_id
            self.minutes = review.minutes
        elif self.kind == 'waive':
            self.answer_id = self.env['sop.review.answer'].search([
                ('review_id', '=', self.review_id.id), ('severity', '=', 'major'), ('result', '=', 'fail'),
                ('waived_by_id', '=', False)], limit=1)
            self.owner_id = self.review_id.requester_id

    def action_apply(self):
        """Do it."""
        self.ensure_one()
        self.check_access('write')
        if self.kind not in ('recall', 'meeting', 'minutes') and not self.opinion_id:
            raise UserError(self.env._("%s: open this from an opinion.", self.review_id.display_name))
        result = getattr(self, f'_apply_{self.kind}')()
        return result if isinstance(result, dict) else {'type': 'ir.actions.act_window_close'}

    def _apply_recall(self):
        return self.review_id.action_recall(self.reason)

    def _apply_return(self):
        return self.opinion_id.action_return(self.reason)

    def _apply_reassign(self):
        return self.opinion_id.action_reassign(self.user_id.id, self.reason)

    def _apply_add(self):
        return self.opinion_id.action_add_reviewer(self.user_id.id, self.department_id.code, self.reason)

    def _apply_waive(self):
        return self.opinion_id.action_waive(self.answer_id.code, self.reason, {
            'name': self.condition, 'owner_id': self.owner_id.id, 'due_point': self.due_point,
            'due_date': self.due_date})

    def _apply_meeting(self):
        return self.review_id.action_plan_meeting(self.start, self.hours, self.place)

    def _apply_minutes(self):
        return self.review_id.action_record_minutes(self.minutes, self.attendee_ids.ids)
