from odoo import fields, models


class SopReviewComment(models.Model):
    """A comment of a reviewer: answered by the requester, closed by who made it (S5.4)."""

    _name = 'sop.review.comment'
    _description = "Comment of a Review"
    _inherit = ['sop.review.child.mixin']
    _order = 'id'

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', index='btree_not_null', ondelete='cascade')
    text = fields.Text(required=True)
