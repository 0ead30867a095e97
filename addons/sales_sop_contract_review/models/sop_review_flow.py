from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import unique

from odoo.addons.sales_sop.engine import as_engine

from . import review_result


class SopReview(models.Model):
    """How a round goes on: departments, meeting, final approval, result (§4.5)."""

    _inherit = 'sop.review'

    def _sop_progress(self):
        """Ask whoever is next, or end these rounds with what the answers and opinions come to."""
        # sudo: what comes next does not depend on who acted.
        results = self.sudo()._get_sop_results()
        for state in ('rejected', 'approved_cond', 'approved'):
            if ended := self.browse(review_id for review_id in self.ids if results[review_id] == state):
                ended._sop_finish(state)
        going_on = self.browse(review_id for review_id in self.ids if not results[review_id])
        if asked := going_on.sudo()._get_sop_next_opinions():
            as_engine(asked).write({'state': 'pending'})
            going_on._sop_notify(asked)

    def _get_sop_results(self):
        """What the answers and the opinions come to: ``{id: state}``, None while somebody has not spoken."""
        live = self.opinion_ids._get_sop_live()
        points = live.filtered(lambda opinion: opinion.state == 'done')._get_sop_points()
        results = {}
        for review, opinions in live.grouped('review_id').items():
            facts = [fact for opinion in opinions for fact in points.get(opinion.id, {}).values()]
            results[review.id] = review_result.get_result(facts, [
                review_result.Opinion(opinion.state == 'done' and opinion.opinion, opinion.is_final)
                for opinion in opinions])
        return results

    def _get_sop_next_opinions(self):
        """Opinions whose turn it is: all departments at once, and then the final approvers one by one."""
        asked = self.env['sop.review.opinion']
        for review in self:
            waiting = review.opinion_ids.filtered(lambda opinion: opinion.state == 'waiting').sorted('sequence')
            departments = waiting.filtered(lambda opinion: not opinion.is_final)
            if departments:
                asked |= departments
            elif any(opinion.state == 'pending' for opinion in review.opinion_ids):
                continue
            elif review._is_sop_meeting_missing():
                review._sop_ask_meeting()
            else:
                asked |= waiting[:1]
        return asked

    def _get_sop_changed_fingerprints(self):
        """Topics that are others than in the round before."""
        self.ensure_one()
        before, now = self.previous_id.fingerprints or {}, self.fingerprints or {}
        return {topic for topic in before.keys() | now.keys() if before.get(topic) != now.get(topic)}

    def _get_sop_topic_changes(self):
        """What was changed since the round before, readable: ``[{'topic':, 'name':, 'before': [], 'after': []}]``."""
        self.ensure_one()
        if not self.previous_id:
            return []
        names = dict(self.env['sop.review.topic']._fields['code']._description_selection(self.env))
        before = (self.previous_id.snapshot or {}).get('topics', {})
        after = (self.snapshot or {}).get('topics', {})
        changed = self._get_sop_changed_fingerprints()
        return [
            {'topic': topic, 'name': names.get(topic, topic),
             'before': before.get(topic, []), 'after': after.get(topic, [])}
            for topic in unique([*names, *sorted(changed)]) if topic in changed]

    # ------------------------------------------------------------
    # THE REQUESTER
    # ------------------------------------------------------------

    def action_recall(self, reason):
        """Take these back before they are decided; it is no rejection.

        :param str reason: why; the reviewers read it
        """
        self.check_access('read')
        reason = self._get_sop_reason(reason)
        self._sop_lock()
        # sudo: who requested it is written on it.
        for review in self.sudo():
            if review.requester_id != self.env.user and not self.env.user.has_group('sales_sop.group_sop_manager'):
                raise AccessError(self.env._("%s: only whoever requested it takes it back.", review.display_name))
            review._check_sop_in_review()
        self._sop_finish('recalled', text=reason)
        return True

    def _check_sop_in_review(self):
        for review in self:
            if review.state != 'in_review':
                labels = dict(self._fields['state']._description_selection(self.env))
                raise UserError(self.env._(
                    "%(review)s has ended: %(state)s.", review=review.display_name, state=labels[review.state]))
