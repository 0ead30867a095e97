from odoo import fields, models

from ..values import RESULTS, SEVERITIES


class SopReviewAnswer(models.Model):
    """The answer to one check item in one review (§4.3)."""

    _name = 'sop.review.answer'
    _description = "Answer to a Check Item"
    _inherit = ['sop.review.child.mixin']
    _order = 'review_id desc, item_id'

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', required=True, index=True, ondelete='cascade')
    item_id = fields.Many2one('sop.review.item', required=True, ondelete='restrict')
    severity = fields.Selection(SEVERITIES, required=True, help="As it was when the review was requested.")
    result = fields.Selection(RESULTS, required=True)
    comment = fields.Text()

    _item_uniq = models.UniqueIndex('(opinion_id, item_id)', "This item is answered already.")
