from odoo import api, fields, models
from odoo.exceptions import UserError


class SopReview(models.Model):
    """From a review to the opinion that the user is asked for."""

    _inherit = 'sop.review'

    is_my_turn = fields.Boolean(string="Waits for Me", compute='_compute_is_my_turn')

    @api.depends('opinion_ids.state', 'opinion_ids.reviewer_ids')
    @api.depends_context('uid')
    def _compute_is_my_turn(self):
        mine = self._get_sop_my_opinions().review_id
        for review in self:
            review.is_my_turn = review._origin in mine

    def _get_sop_my_opinions(self):
        return self.env['sop.review.opinion'].search(
            [('review_id', 'in', self._origin.ids), ('can_decide', '=', True)])

    def action_open_my_opinion(self):
        """The screen on which the user gives his opinion on this."""
        self.check_access('read')
        opinion = self._get_sop_my_opinions()[:1]
        if not opinion:
            raise UserError(self.env._("%s: your opinion is not asked for now.", self[:1].display_name))
        return opinion.action_open_sheet()
