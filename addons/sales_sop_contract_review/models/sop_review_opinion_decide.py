from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine

from ..values import DUE_POINTS, OPINIONS, RESULTS
from . import review_result

# Blocking items are called not applicable by these departments only (§4.3).
MAY_SKIP = ('leg', 'sal')


class SopReviewOpinion(models.Model):
    """Answering check items and giving the opinion (§4.3)."""

    _inherit = 'sop.review.opinion'

    def action_answer(self, answers):
        """Keep answers to check items, before the opinion is given.

        :param dict answers: ``{item code: {'result':, 'comment':, 'condition': {'name':, 'owner_id':, 'due_point':,
            'due_date':}}}``; an item without a result is open again
        """
        opinions = self._get_sop_unique()
        opinions.review_id._sop_lock()
        opinions._check_sop_decider()
        for opinion in opinions:
            opinion._sop_answer(answers)
        return True

    def action_decide(self, opinion, comment=None, answers=None, fill=False):
        """Give the opinion on these.

        :param str opinion: 'agree', 'agree_cond' or 'disagree'
        :param str comment: why; needed unless it is 'agree'
        :param dict answers: as for :meth:`action_answer`
        :param bool fill: what was not answered conforms, unless the system knows better
        """
        opinions = self._get_sop_unique()
        if not isinstance(opinion, str) or opinion not in dict(OPINIONS):
            raise UserError(self.env._("%s: agree, agree with conditions, or disagree.", opinions[:1].display_name))
        comment = comment.strip() if isinstance(comment, str) else ''
        opinions.review_id._sop_lock()
        on_behalf = opinions._check_sop_decider()
        opinions._check_sop_unchanged()
        if answers:
            for own in opinions:
                own._sop_answer(answers)
        opinions._sop_complete(bool(fill))
        # sudo: what speaks against it may have been answered by others.
        facts = opinions.sudo()._get_sop_points()
        for own in opinions.sudo():
            own._check_sop_consistent(opinion, comment, facts.get(own.id, {}))
        opinions._sop_decide(opinion, comment, on_behalf)
        return True

    def _get_sop_unique(self):
        opinions = self.browse(dict.fromkeys(self.ids))
        opinions.check_access('read')
        return opinions

    def _check_sop_unchanged(self):
        """What was changed since the request is not decided on."""
        # sudo: reviewers do not read orders and contracts.
        reviews = self.sudo().review_id
        for subjects in (reviews.order_id, reviews.contract_id):
            changed = subjects._get_sop_changed_topics()
            if stale := subjects.filtered(lambda subject, changed=changed: changed.get(subject.id))[:1]:
                raise UserError(self.env._(
                    "%s: what is reviewed was changed meanwhile. It has to be requested anew.",
                    stale.sop_review_id.display_name))

    # ------------------------------------------------------------
    # ANSWERS
    # ------------------------------------------------------------

    def _sop_answer(self, answers):
        """Keep these answers on this opinion; those given before are replaced."""
        self.ensure_one()
        # sudo: only the server writes answers; whether he may answer was checked.
        own = self.sudo()
        if not isinstance(answers, dict):
            raise UserError(self.env._("%s: answers are given by item.", own.display_name))
        items = {code: (item_id, severity) for item_id, code, severity in own.items or []}
        computed = own._get_sop_computed().get(own.id, {})
        prepared = {}
        for code, answer in answers.items():
            if code not in items:
                raise UserError(self.env._(
                    "%(opinion)s: %(code)s is not asked here.", opinion=own.display_name, code=code))
            if code in computed:
                raise UserError(self.env._("%s is computed from the approvals, and not answered.", code))
            prepared[code] = own._prepare_sop_answer(code, *items[code], answer)
        own._sop_keep_answers(prepared)

    def _get_sop_computed(self):
        """Items nobody answers by hand, as of now: ``{opinion id: {code: answer}}``."""
        reviews = self.review_id
        computed = {}
        for name in ('order_id', 'contract_id'):
            values = reviews[name]._get_sop_review_computed()
            computed.update({
                opinion.id: values[opinion.review_id[name].id] for opinion in self if opinion.review_id[name]})
        return computed

    def _prepare_sop_answer(self, code, item_id, severity, answer):
        """The values of an answer and of its condition; an empty result means none.

        :raise UserError: a reason, a condition, or a part of it is missing
        """
        answer = answer if isinstance(answer, dict) else {'result': answer}
        result, comment = answer.get('result') or False, answer.get('comment')
        comment = comment.strip() if isinstance(comment, str) else ''
        if result and (not isinstance(result, str) or result not in dict(RESULTS)):
            raise UserError(self.env._("%s: this is no answer.", code))
        if result in ('cond', 'fail', 'na') and not comment:
            raise UserError(self.env._("%s: say why.", code))
        if result == 'na' and severity == 'blocking' and self._get_sop_department_code() not in MAY_SKIP:
            raise UserError(self.env._(
                "%s is blocking: only the legal department or the sales manager calls it not applicable.", code))
        condition = self._prepare_sop_condition(code, severity, answer.get('condition')) if result == 'cond' else None
        return {
            'review_id': self.review_id.id, 'opinion_id': self.id, 'item_id': item_id, 'code': code,
            'severity': severity, 'result': result, 'comment': comment or False, 'condition': condition}

    def _get_sop_department_code(self):
        return self.department_id.code

    def _prepare_sop_condition(self, code, severity, condition):
        """Every condition has an owner and a point at which it is due (§4.5)."""
        condition = condition if isinstance(condition, dict) else {}
        name, due_point = condition.get('name'), condition.get('due_point')
        if not (isinstance(name, str) and name.strip()) or not isinstance(due_point, str) \
                or due_point not in dict(DUE_POINTS):
            raise UserError(self.env._("%s: say what has to be done, by whom, and before which step.", code))
        if severity == 'blocking' and due_point != 'before_sign':
            raise UserError(self.env._("%s is blocking: its condition has to be met before signing.", code))
        owner = self._get_sop_owner(code, condition.get('owner_id'))
        return {
            'name': name.strip(), 'owner_id': owner.id, 'due_point': due_point,
            'due_date': self._get_sop_due_date(code, condition.get('due_date'))}

    def _get_sop_owner(self, code, owner_id):
        owner_id = owner_id if isinstance(owner_id, int) and not isinstance(owner_id, bool) else 0
        owner = self.env['res.users'].browse(owner_id).exists()
        if not owner or owner.share or not owner.active or self.review_id.company_id not in owner.company_ids:
            raise UserError(self.env._("%s: who meets the condition? Choose a member of the company.", code))
        return owner

    def _get_sop_due_date(self, code, due_date):
        try:
            return fields.Date.to_date(due_date or None)
        except (ValueError, TypeError):
            raise UserError(self.env._("%s: this is no date.", code)) from None

    def _sop_keep_answers(self, prepared):
        replaced = self.answer_ids.filtered(lambda answer: answer.code in prepared)
        as_engine(self.condition_ids.filtered(lambda condition: condition.item_id in replaced.item_id)).unlink()
        as_engine(replaced).unlink()
        given = [values for values in prepared.values() if values['result']]
        conditions = [
            {**values['condition'], 'review_id': values['review_id'], 'opinion_id': values['opinion_id'],
             'item_id': values['item_id']}
            for values in given if values['condition']]
        as_engine(self.env['sop.review.answer']).create([
            {name: value for name, value in values.items() if name != 'condition'} for values in given])
        if conditions:
            as_engine(self.env['sop.review.condition'], mail_create_nolog=True).create(conditions)

    def _sop_complete(self, fill):
        """Answer what the system knows, and with ``fill`` all that is left.

        :raise UserError: names the items that nobody answered
        """
        rows = []
        # sudo: only the server writes answers.
        own = self.sudo()
        answered, known = own._get_sop_answered_codes(), own._get_sop_known_answers()
        for opinion in own:
            missing = [item for item in opinion.items or [] if item[1] not in answered[opinion.id]]
            unknown = [code for _item_id, code, _severity in missing if code not in known[opinion.id]]
            if unknown and not fill:
                raise UserError(self.env._(
                    "%(opinion)s: not answered yet: %(codes)s.",
                    opinion=opinion.display_name, codes=', '.join(unknown)))
            for item_id, code, severity in missing:
                result, comment = known[opinion.id].get(code) or ('pass', False)
                rows.append({
                    'review_id': opinion.review_id.id, 'opinion_id': opinion.id, 'item_id': item_id, 'code': code,
                    'severity': severity, 'result': result, 'comment': comment, 'filled': True})
        as_engine(self.env['sop.review.answer']).create(rows)

    def _get_sop_answered_codes(self):
        return {opinion.id: set(opinion.answer_ids.mapped('code')) for opinion in self}

    def _get_sop_known_answers(self):
        """What the system knew at the request, and what it computes now: ``{opinion id: {code: answer}}``."""
        computed = self.filtered(lambda opinion: 'R10' in (opinion.prefill or {}))._get_sop_computed()
        return {opinion.id: {**(opinion.prefill or {}), **computed.get(opinion.id, {})} for opinion in self}

    # ------------------------------------------------------------
    # THE OPINION
    # ------------------------------------------------------------

    def _get_sop_points(self):
        """Answers that are not plainly conforming, as facts: ``{opinion id: {code: fact}}``."""
        answers = self.env['sop.review.answer'].search(
            [('opinion_id', 'in', self.ids), ('result', 'in', ('cond', 'fail'))])
        return answers._get_sop_facts()

    def _check_sop_consistent(self, opinion, comment, facts):
        """Refuse an opinion that says something else than the answers.

        :param facts: ``{code: fact}`` of those that are not plainly conforming
        :raise UserError: names the items
        """
        self.ensure_one()
        if opinion != 'agree' and not comment:
            raise UserError(self.env._("%s: say why in the comment.", self.display_name))
        if opinion == 'disagree':
            return
        if blocking := [code for code, fact in facts.items() if review_result.blocks(fact)]:
            raise UserError(self.env._(
                "%(opinion)s: %(codes)s does not conform and is blocking. Disagree, or return it.",
                opinion=self.display_name, codes=', '.join(blocking)))
        open_points = [code for code, fact in facts.items() if not fact.is_waived]
        if opinion == 'agree' and open_points:
            raise UserError(self.env._(
                "%(opinion)s: agree with conditions, or disagree: %(codes)s.",
                opinion=self.display_name, codes=', '.join(open_points)))
        if opinion == 'agree_cond' and not open_points and not self.condition_ids:
            raise UserError(self.env._("%s: which condition? Answer an item with a condition.", self.display_name))
        if self.is_final:
            self._check_sop_refused()

    def _check_sop_refused(self):
        """Whoever approves at last does not agree while an item stands against it."""
        given = self.review_id.opinion_ids.filtered(lambda given: given.state == 'done') | self
        refused = [
            code for facts in given._get_sop_points().values() for code, fact in facts.items()
            if review_result.refuses(fact)]
        if refused:
            raise UserError(self.env._(
                "%(opinion)s: %(codes)s does not conform. The general manager may waive it with a reason; "
                "otherwise disagree, or return it.", opinion=self.display_name, codes=', '.join(refused)))

    def _sop_decide(self, opinion, comment, on_behalf):
        now = fields.Datetime.now()
        as_engine(self).write({
            'state': 'done', 'opinion': opinion, 'comment': comment or False, 'date': now,
            'decided_by_id': self.env.uid})
        for own in self.filtered(lambda own: own.id in on_behalf):
            as_engine(own).on_behalf_id = on_behalf[own.id]
        # By their ids: what is read of one is read of all.
        reviews = self.env['sop.review'].browse(self.sudo().review_id.ids)
        reviews._sop_log('opinion', comment, opinions=self.sudo(), on_behalf=on_behalf)
        reviews._sop_release()
        reviews._sop_progress()
