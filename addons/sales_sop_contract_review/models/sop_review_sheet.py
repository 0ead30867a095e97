from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import html_sanitize
from odoo.tools.misc import format_amount

# Answers that need no word
PLAIN = ('pass',)


class SopReviewOpinion(models.Model):
    """The screen of a reviewer: his items beside the frozen text, in one answer to the browser."""

    _inherit = 'sop.review.opinion'

    def get_sop_sheet(self):
        """What the screen shows of this opinion: items, text, changes, figures, the others, comments and trail."""
        if len(self) != 1:
            raise UserError(self.env._("Open one review after the other."))
        self.check_access('read')
        if self.can_decide:
            self._sop_keep_figures()
        # sudo: whoever may read an opinion reads the whole review, in his language.
        own = self.sudo()
        return {
            **own._prepare_sop_sheet_head(), 'can_decide': self.can_decide, 'can_take_back': self.can_take_back,
            'items': own._prepare_sop_sheet_items(), 'document': own._prepare_sop_document(),
            'changes': own.review_id._get_sop_topic_changes(), 'figures': self._get_sop_shown_figures(),
            'others': [other._prepare_sop_other() for other in own._get_sop_others()],
            'conditions': [condition._prepare_sop_sheet_row() for condition in own.review_id.condition_ids],
            'comments': own.review_id._prepare_sop_comments(self.env.user),
            'can_comment': own.review_id._can_sop_comment(),
            'trail': [event._prepare_sop_sheet_row() for event in own.review_id.event_ids],
            'defaults': own._prepare_sop_condition_defaults(),
        }

    def _get_sop_label(self, record, name):
        return dict(record._fields[name]._description_selection(self.env)).get(record[name]) or False

    # ------------------------------------------------------------
    # HEAD
    # ------------------------------------------------------------

    def _prepare_sop_sheet_head(self):
        review = self.review_id
        return {
            'id': self.id, 'role': self._get_sop_role(), 'state': self.state, 'is_final': self.is_final,
            'opinion': self.opinion, 'comment': self.comment or '', 'said': self._get_sop_said(),
            'may_skip': self._get_sop_department_code() in ('leg', 'sal'),
            'absent': self._get_sop_absent_name(),
            'review': {
                'id': review.id, 'name': review.name, 'state': review.state, 'round': review.round,
                'state_label': self._get_sop_label(review, 'state'),
                'mode': self._get_sop_label(review, 'mode'), 'level': review.level_id.name or False,
                'reasons': review.reasons or [], 'subject': review.subject_name,
                'partner': review.partner_id.display_name,
                'amount': bool(review.currency_id) and format_amount(self.env, review.amount, review.currency_id),
                'requester': review.requester_id.name, 'date': self._get_sop_text(review.date),
                'deadline': self._get_sop_text(review.deadline), 'is_late': self.deadline_state == 'late',
                'message': review.message or False,
            },
        }

    def _get_sop_text(self, date):
        """A date as the browser takes it."""
        to_string = fields.Datetime.to_string if hasattr(date, 'hour') else fields.Date.to_string
        return to_string(date) if date else False

    def _get_sop_absent_name(self):
        """For whom the user decides today, because he is away."""
        user = self.env.user
        if self.state != 'pending' or user in self.reviewer_ids:
            return False
        return (self.reviewer_ids & self.env['sop.absence']._get_sop_acting_for(user))[:1].name or False

    def _get_sop_said(self):
        """Who gave this opinion, and when: ``{who, date, opinion, carried}``; False before."""
        return self.state == 'done' and {
            'who': self._get_sop_signer(), 'date': self._get_sop_text(self.date),
            'opinion': self._get_sop_label(self, 'opinion'), 'carried': self._get_sop_carry_text()}

    def _get_sop_signer(self):
        """Who gave this opinion: "B for A" where he stood in."""
        if not self.on_behalf_id:
            return self.decided_by_id.name
        return self.env._("%(user)s for %(absent)s", user=self.decided_by_id.name, absent=self.on_behalf_id.name)

    def _get_sop_carry_text(self):
        review = self.carried_from_id.review_id
        return bool(review) and self.env._("From %s: nothing it is about was changed", review.name)

    # ------------------------------------------------------------
    # ITEMS
    # ------------------------------------------------------------

    def _prepare_sop_sheet_items(self):
        """The items of this opinion, each with its answer, or with what the system knows of it."""
        answers = {answer.code: answer for answer in self.answer_ids}
        known = {**self._get_sop_known_answers(), **(self._get_sop_computed() if self.state == 'pending' else {})}
        computed = self._get_sop_computed().keys() if self.state == 'pending' else ()
        files = self._get_sop_files_by_code()
        items = self.env['sop.review.item'].browse(item[0] for item in self.items or [])
        severities = {item_id: severity for item_id, __, severity in self.items or []}
        return [{
            'id': item.id, 'code': item.code, 'name': item.name, 'evidence': item.evidence or False,
            'severity': severities[item.id], 'department': item.department_id.name,
            'is_own': not self.department_id or item.department_id == self.department_id,
            'known': known.get(item.code) or False, 'is_computed': item.code in computed,
            'files': files.get(item.code, []), **self._prepare_sop_answer_row(answers.get(item.code)),
        } for item in items]

    def _prepare_sop_answer_row(self, answer):
        if not answer:
            return {'result': False, 'comment': '', 'filled': False, 'waived': False, 'condition': False}
        condition = self.condition_ids.filtered(lambda own: own.item_id == answer.item_id)[:1]
        return {
            'result': answer.result, 'comment': answer.comment or '', 'filled': answer.filled,
            'waived': bool(answer.waived_by_id) and {
                'user': answer.waived_by_id.name, 'reason': answer.waived_reason},
            'condition': condition._prepare_sop_sheet_row() if condition else False}

    def _prepare_sop_condition_defaults(self):
        """What a new condition starts with: nothing is typed that is known."""
        review = self.review_id
        return {
            'owner_id': review.requester_id.id, 'due_point': 'before_sign' if review.contract_id else 'before_release',
            'due_date': self._get_sop_text(review.deadline),
            'due_points': self.env['sop.review.condition']._fields['due_point']._description_selection(self.env),
            'company_id': review.company_id.id}

    # ------------------------------------------------------------
    # BESIDE THE ITEMS
    # ------------------------------------------------------------

    def _prepare_sop_document(self):
        """The frozen text: by language where it was written out, or topic by topic."""
        review = self.review_id
        snapshot = review.snapshot or {}
        texts = snapshot.get('html') or {}
        names = dict(self.env['sop.review.topic']._fields['code']._description_selection(self.env))
        return {
            'html': {lang: str(html_sanitize(text)) for lang, text in texts.items() if text},
            'lang': self.env.lang if self.env.lang in texts else next(iter(texts), False),
            'topics': [
                {'topic': topic, 'name': names.get(topic, topic), 'lines': lines}
                for topic, lines in (snapshot.get('topics') or {}).items() if lines]}

    def _get_sop_others(self):
        return self.review_id.opinion_ids.filtered(lambda other: other != self and other.state != 'cancelled')

    def _prepare_sop_other(self):
        # What is still being written is nobody's yet.
        given = self.answer_ids if self.state == 'done' else self.answer_ids.browse()
        remarks = given.filtered(lambda answer: answer.comment or answer.result not in PLAIN)
        return {
            'id': self.id, 'role': self._get_sop_role(), 'state': self.state, 'opinion': self.opinion,
            'state_label': self._get_sop_label(self, 'state'), 'said': self._get_sop_said(),
            'comment': self.comment or False, 'asked': self.reviewer_ids.mapped('name'),
            'added': self.added_reason or False, 'count': len(self.items or []),
            'remarks': [{
                'code': answer.code, 'name': answer.item_id.name, 'result': answer.result, 'severity': answer.severity,
                'result_label': self._get_sop_label(answer, 'result'), 'comment': answer.comment or False,
                'waived': answer.waived_by_id.name or False,
            } for answer in remarks]}

    def _get_sop_print_rows(self):
        """The items of this opinion as they are printed, in order."""
        rows = self._prepare_sop_sheet_items()
        results = dict(self.answer_ids._fields['result']._description_selection(self.env))
        severities = dict(self.answer_ids._fields['severity']._description_selection(self.env))
        return [{
            **row, 'result_label': results.get(row['result']), 'severity_label': severities[row['severity']],
        } for row in rows]
