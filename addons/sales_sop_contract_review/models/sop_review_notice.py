from odoo import fields, models
from odoo.fields import Domain
from odoo.tools.mail import plaintext2html

from odoo.addons.sales_sop.engine import as_engine

from .sop_review_reminder import LATE_TYPE

# How many reviews a task names
NAMED = 20
ASKED_TYPE = 'sales_sop_contract_review.mail_activity_type_review'
RESULT_TYPE = 'sales_sop_contract_review.mail_activity_type_review_result'


class SopReview(models.Model):
    """Who is told what: one task per person and request, never a mail inside a decision."""

    _inherit = 'sop.review'

    # ------------------------------------------------------------
    # REVIEWERS
    # ------------------------------------------------------------

    def _sop_notify(self, opinions):
        """Give whoever is asked by ``opinions`` one task: for one review, or for all of this moment together."""
        self._sop_remind_of(ASKED_TYPE, opinions.sudo()._get_sop_told())

    def _sop_remind_of(self, xmlid, plans):
        """One task of this type for each user, on the first of his reviews: ``{user: reviews}``."""
        rows = []
        for user, reviews in plans.items():
            first = reviews[0].with_context(lang=user.lang)
            rows.append({
                'record': first, 'user': user, 'date': min(filter(None, reviews.mapped('deadline')), default=None),
                'summary': first.env._("%s contract reviews wait for you", len(reviews)) if len(reviews) > 1 else None})
        # The list of reviews says the rest: no mail for each of them.
        self.with_context(mail_activity_quick_update=True)._sop_schedule(xmlid, rows)

    def _sop_release(self):
        """Take the tasks of those who are not asked on these any more."""
        self._sop_clear_tasks(ASKED_TYPE)
        self._sop_clear_tasks(LATE_TYPE)

    def _sop_clear_tasks(self, xmlid, everybody=False):
        """Take tasks of those who are not asked any more; one that speaks of many reviews goes on to the next."""
        # As it is kept in memory: its row is only read where there is a task.
        activity_type = self.env['mail.activity.type'].browse(self.env['ir.model.data']._xmlid_to_res_id(xmlid))
        if not activity_type or not self:
            return
        # sudo: the task may be that of another person.
        tasks = self.env['mail.activity'].sudo().search([
            ('res_model', '=', self._name), ('res_id', 'in', self.ids), ('activity_type_id', '=', activity_type.id)])
        if not tasks:
            return
        asked = self.sudo()._get_sop_acting_asked()
        done = tasks.filtered(lambda task: everybody or (task.res_id, task.user_id) not in asked)
        if xmlid == LATE_TYPE:
            done.unlink()
            return
        for user, own in done.grouped('user_id').items():
            own._sop_hand_on(self._find_sop_untold(user, activity_type))

    def _get_sop_acting_asked(self):
        """Who is asked now: pairs of the id of a review and a user."""
        pending = self.opinion_ids.filtered(lambda opinion: opinion.state == 'pending')
        acting = pending._get_sop_acting_reviewers()
        return {(opinion.review_id.id, user) for opinion in pending for user in acting[opinion.id]}

    def _find_sop_untold(self, user, activity_type):
        """A review that waits for ``user`` and of which he has no task: he was told of many at once."""
        told = Domain('activity_ids', 'any!', [
            ('user_id', '=', user.id), ('activity_type_id', '=', activity_type.id)])
        return self.env['sop.review.opinion'].sudo().search(
            Domain([('state', '=', 'pending'), ('reviewer_ids', 'in', user.ids)])
            & Domain('review_id', 'any!', ~told & Domain('state', '=', 'in_review')), limit=1, order='id').review_id

    # ------------------------------------------------------------
    # REQUESTER
    # ------------------------------------------------------------

    def _sop_tell_requesters(self, text=None):
        """Tell whoever requested these what became of them, and why."""
        # sudo: who requested it is told whatever he may read now.
        told = self.sudo().filtered(
            lambda review: review.requester_id != self.env.user and review.requester_id.active
            and review.company_id.sop_review_notify != 'none')
        plans = [
            reviews._prepare_sop_result_task(user, text) for user, reviews in told.grouped('requester_id').items()]
        activity_type = self.env.ref(RESULT_TYPE, raise_if_not_found=False)
        if plans and activity_type:
            as_engine(self.env['mail.activity'], mail_activity_quick_update=True).create([
                {**plan, 'activity_type_id': activity_type.id} for plan in plans])

    def _prepare_sop_result_task(self, user, text):
        reviews = self.with_context(lang=user.lang)
        lines = []
        for review in reviews[:NAMED]:
            lines.append(review._get_sop_result_title())
            if review.state != 'approved':
                lines += [text] if text else review._get_sop_result_lines()
        return {
            'res_model_id': self.env['ir.model']._get_id(self._name), 'res_id': reviews[0].id, 'user_id': user.id,
            'automated': True, 'date_deadline': fields.Date.today(), 'note': plaintext2html('\n'.join(lines)),
            'summary': reviews._get_sop_result_title() if len(reviews) == 1 else reviews.env._(
                "Results of %s contract reviews", len(reviews))}

    def _get_sop_result_title(self):
        self.ensure_one()
        labels = dict(self._fields['state']._description_selection(self.env))
        return f'{self.name} {self.subject_name}: {labels[self.state]}'

    def _get_sop_result_lines(self):
        """What spoke against it, or what it is bound to, in the words of the reviewers."""
        self.ensure_one()
        lines = [
            f'{opinion._get_sop_role()} ({opinion.decided_by_id.name}): {opinion.comment}'
            for opinion in self.opinion_ids if opinion.state == 'done' and opinion.comment]
        lines += [
            f'{answer.code}: {answer.comment}' for answer in self.answer_ids
            if answer.result in ('fail', 'cond') and answer.comment]
        return lines
