from odoo import fields, models

from ..values import DUE_POINTS


class SopReviewCondition(models.Model):
    """An obligation attached to a pass with conditions (§4.5)."""

    _name = 'sop.review.condition'
    _description = "Condition of a Review"
    _inherit = ['sop.review.child.mixin', 'sop.internal.thread.mixin']
    _order = 'due_date, id'

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', index='btree_not_null', ondelete='cascade')
    item_id = fields.Many2one('sop.review.item', ondelete='restrict')
    name = fields.Char(string="Condition", required=True)
    owner_id = fields.Many2one('res.users', required=True, index=True, ondelete='restrict')
    due_point = fields.Selection(DUE_POINTS, required=True)
    due_date = fields.Date()
    state = fields.Selection(
        [('open', "Open"), ('done', "Done"), ('verified', "Verified"), ('waived', "Waived")],
        required=True, default='open', index=True)
