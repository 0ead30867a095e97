from odoo import models


class SopReviewOpinion(models.Model):
    """What else a reviewer may do, and what becomes of his opinion in the next round."""

    _inherit = 'sop.review.opinion'

    def _filter_sop_holding(self, touched, authors):
        """Opinions given that still hold: ``{department code: opinion}``.

        :param touched: codes of the departments whose topics were changed
        :param authors: who must not decide in the next round
        """
        return {
            opinion.department_id.code: opinion for opinion in self
            if opinion.state == 'done' and not opinion.is_final and opinion.department_id
            and opinion.department_id.code not in touched and opinion.decided_by_id not in authors
            and opinion.opinion in ('agree', 'agree_cond')
            and not any(answer.result == 'fail' for answer in opinion.answer_ids)}

    def _prepare_sop_carry(self):
        """What the opinion of the next round takes over from this one."""
        self.ensure_one()
        return {
            'state': 'done', 'opinion': self.opinion, 'comment': self.comment, 'date': self.date,
            'decided_by_id': self.decided_by_id.id, 'on_behalf_id': self.on_behalf_id.id, 'carried_from_id': self.id}

    def _sop_carry_over(self):
        """Copy the answers and conditions of those opinions that were taken over."""
        carried = self.filtered('carried_from_id')
        if not carried:
            return
        for opinion in carried:
            target = {'review_id': opinion.review_id.id, 'opinion_id': opinion.id}
            opinion.carried_from_id.answer_ids.copy(target)
            for condition in opinion.carried_from_id.condition_ids:
                condition.copy({**target, 'state': condition.state})
        carried.review_id._sop_log('carry', opinions=carried)
