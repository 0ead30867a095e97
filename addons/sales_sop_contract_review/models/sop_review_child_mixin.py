from odoo import api, models
from odoo.exceptions import UserError


class SopReviewChildMixin(models.AbstractModel):
    """Parts of a review (``review_id``): read by those who read the review, written by the server only."""

    _name = 'sop.review.child.mixin'
    _description = "Part of a Review"
    _inherit = ['sop.child.mixin']

    _sop_child_of = ('review_id',)

    @api.model
    def _get_sop_voices(self):
        """The user, and those for whom he decides today because they are absent."""
        return self.env.user | self.env['sop.absence']._get_sop_acting_for(self.env.user)

    def _get_sop_reason(self, reason):
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name))
        return reason
