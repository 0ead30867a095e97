from odoo import fields, models

from ..values import RESULTS, SEVERITIES
from . import review_result


class SopReviewAnswer(models.Model):
    """The answer to one check item in one review (§4.3)."""

    _name = 'sop.review.answer'
    _description = "Answer to a Check Item"
    _inherit = ['sop.review.child.mixin', 'sop.engine.mixin']
    _order = 'opinion_id, item_id, id'
    _rec_name = 'item_id'

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', required=True, index=True, ondelete='cascade')
    item_id = fields.Many2one('sop.review.item', required=True, ondelete='restrict')
    code = fields.Char(required=True)
    severity = fields.Selection(SEVERITIES, required=True, help="As it was when the review was requested.")
    result = fields.Selection(RESULTS, required=True)
    comment = fields.Text()
    filled = fields.Boolean(help="Nothing was said about it: given together with the others as conforming.")
    waived_by_id = fields.Many2one('res.users', ondelete='restrict')
    waived_reason = fields.Char(string="Why Waived")

    _item_uniq = models.UniqueIndex('(opinion_id, item_id)', "This item is answered already.")

    def _get_sop_facts(self):
        """What a result is computed from: ``{opinion id: {code: fact}}``."""
        points = {}
        for condition in self.opinion_id.condition_ids:
            points.setdefault((condition.opinion_id, condition.item_id), set()).add(condition.due_point)
        facts = {}
        for answer in self:
            facts.setdefault(answer.opinion_id.id, {})[answer.code] = review_result.Answer(
                answer.severity, answer.result, frozenset(points.get((answer.opinion_id, answer.item_id), ())),
                bool(answer.waived_by_id))
        return facts
