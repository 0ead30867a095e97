from odoo import models


class SopReviewChildMixin(models.AbstractModel):
    """Parts of a review (``review_id``): read by those who read the review, written by the server only."""

    _name = 'sop.review.child.mixin'
    _description = "Part of a Review"
    _inherit = ['sop.child.mixin']

    _sop_child_of = ('review_id',)
