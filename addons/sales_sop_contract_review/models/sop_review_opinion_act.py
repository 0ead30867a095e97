from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.sales_sop.engine import as_engine

MANAGER = 'sales_sop.group_sop_manager'
# Added reviewers stand between the departments and the final approvers
ADDED_SEQUENCE = 50


class SopReviewOpinion(models.Model):
    """What else a reviewer may do: return, take back, hand on, add somebody, waive."""

    _inherit = 'sop.review.opinion'

    # ------------------------------------------------------------
    # RETURN, TAKE BACK
    # ------------------------------------------------------------

    def action_return(self, reason):
        """Give the whole review back to whoever requested it: it cannot be judged like this.

        :param str reason: what has to be done first
        """
        opinions = self._get_sop_unique()
        reason = opinions.review_id._get_sop_reason(reason)
        opinions.review_id._sop_lock()
        on_behalf = opinions._check_sop_decider()
        for opinion in opinions:
            as_engine(opinion).write({
                'comment': reason, 'decided_by_id': self.env.uid, 'date': fields.Datetime.now(),
                'on_behalf_id': on_behalf[opinion.id].id if opinion.id in on_behalf else False})
        # sudo: whoever is asked ends the round.
        opinions.sudo().review_id.sudo(self.env.su)._sop_finish('returned', text=reason)
        return True

    def action_take_back(self):
        """Take the opinion back, as long as nobody has built on it."""
        opinions = self._get_sop_unique()
        opinions.review_id._sop_lock()
        for opinion in opinions.sudo():
            if opinion.decided_by_id != self.env.user:
                raise AccessError(self.env._("%s: only whoever gave it takes it back.", opinion.display_name))
            if not opinion._is_sop_reversible():
                raise UserError(self.env._("%s counts already: somebody has built on it.", opinion.display_name))
        reviews = opinions.sudo().review_id
        reviews._sop_log('take_back', opinions=opinions.sudo())
        as_engine(opinions).write({
            'state': 'pending', 'opinion': False, 'decided_by_id': False, 'on_behalf_id': False, 'date': False})
        reviews.opinion_ids._sop_wait_again()
        reviews._sop_release()
        return True

    def _sop_wait_again(self):
        """Whoever approves at last waits while somebody else is asked again."""
        as_engine(self.filtered(lambda opinion: opinion.is_final and opinion.state == 'pending')).write(
            {'state': 'waiting'})

    # ------------------------------------------------------------
    # OTHER PEOPLE
    # ------------------------------------------------------------

    def action_reassign(self, user_id, reason):
        """Have another person asked instead.

        :param int user_id: who
        :param str reason: why
        """
        opinions = self._get_sop_unique()
        reason = opinions.review_id._get_sop_reason(reason)
        opinions.review_id._sop_lock()
        opinions._check_sop_organiser()
        for opinion in opinions.sudo():
            user = opinion._get_sop_new_reviewer(user_id)
            opinion._check_sop_approver(user)
            as_engine(opinion).write({'reviewer_ids': [Command.set(user.ids)]})
            opinion.review_id._sop_log('reassign', f'{user.name}: {reason}', opinions=opinion)
            opinion.review_id._sop_notify(opinion)
        opinions.sudo().review_id._sop_release()
        return True

    def action_add_reviewer(self, user_id, department, reason):
        """Ask somebody else as well, before this is decided.

        :param int user_id: who
        :param str department: the code of the department he speaks for, if any
        :param str reason: why
        """
        opinions = self._get_sop_unique()
        reason = opinions.review_id._get_sop_reason(reason)
        opinions.review_id._sop_lock()
        opinions._check_sop_decider()
        for opinion in opinions.sudo():
            user = opinion._get_sop_new_reviewer(user_id)
            added = as_engine(self).create(opinion._prepare_sop_added(user, department, reason)).sudo()
            opinion.review_id._sop_log('add', f'{user.name}: {reason}', opinions=added)
            opinion.review_id.opinion_ids._sop_wait_again()
            opinion.review_id._sop_notify(added)
        opinions.sudo().review_id._sop_release()
        return True

    def _check_sop_organiser(self):
        """Whoever is asked hands on himself, or a manager does who has no part in it."""
        user = self.env.user
        if not user.has_group(MANAGER):
            self._check_sop_decider()
            return
        for opinion in self.sudo():
            opinion._check_sop_pending()
            if user in opinion.review_id.author_ids:
                raise AccessError(self.env._(
                    "%s: nobody chooses who decides on what he requested, drafted or sells himself.",
                    opinion.display_name))

    def _get_sop_new_reviewer(self, user_id):
        self.ensure_one()
        review = self.review_id
        user = self.env['res.users'].sudo().browse(user_id if type(user_id) is int else 0).exists()
        if not user or user.share or not user.active or review.company_id not in user.company_ids:
            raise UserError(self.env._("%s: choose a member of the company.", self.display_name))
        if user in review.author_ids:
            raise UserError(self.env._(
                "%(opinion)s: %(user)s requested, drafted or sells it himself. Choose somebody else.",
                opinion=self.display_name, user=user.name))
        if self.reviewer_ids == user:
            raise UserError(self.env._(
                "%(opinion)s: %(user)s is asked already.", opinion=self.display_name, user=user.name))
        user._sop_let_in()
        return user

    def _check_sop_approver(self, user):
        """The final approval stays with its position: an absence says who decides meanwhile."""
        if not self.is_final:
            return
        review = self.review_id
        if user not in self.env['sop.position']._get_sop_holders([self.approver_code], review.company_id):
            raise UserError(self.env._(
                "%(opinion)s: %(user)s does not hold this position. Whoever is away names a substitute.",
                opinion=self.display_name, user=user.name))

    def _prepare_sop_added(self, user, department, reason):
        review = self.review_id
        found = self.env['sop.review.department'].sudo()
        if department:
            found = found.search([('code', '=', department)] if isinstance(department, str) else [(0, '=', 1)], limit=1)
            if not found:
                raise UserError(self.env._("%s: this department does not exist.", self.display_name))
        asked = {item_id for opinion in review.opinion_ids._get_sop_live() for item_id, *_rest in opinion.items or []}
        return {
            'review_id': review.id, 'sequence': ADDED_SEQUENCE, 'department_id': found.id, 'state': 'pending',
            'reviewer_ids': [Command.set(user.ids)], 'added_by_id': self.env.uid, 'added_reason': reason,
            'items': [[item.id, item.code, item.severity] for item in found.item_ids if item.id not in asked],
        }

    # ------------------------------------------------------------
    # WAIVING
    # ------------------------------------------------------------

    def action_waive(self, code, reason, condition):
        """Let an item pass that does not conform and is not blocking; it becomes a condition (§4.5).

        :param str code: the item
        :param dict condition: as for :meth:`action_answer`
        """
        self.ensure_one()
        self.check_access('read')
        reason = self.review_id._get_sop_reason(reason)
        self.review_id._sop_lock()
        # sudo: what others answered is waived by the general manager alone.
        review = self.sudo().review_id
        review._check_sop_in_review()
        self._check_sop_general_manager()
        answer = review.opinion_ids._get_sop_live().answer_ids.filtered(
            lambda answer: answer.code == code and answer.severity == 'major' and answer.result == 'fail'
            and not answer.waived_by_id)[:1]
        if not answer:
            raise UserError(self.env._(
                "%(review)s: there is nothing to waive. Only a major item that does not conform can be waived.",
                review=review.display_name))
        values = self.sudo()._prepare_sop_condition(code, answer.severity, condition)
        as_engine(answer).write({'waived_by_id': self.env.uid, 'waived_reason': reason})
        as_engine(self.env['sop.review.condition'], mail_create_nolog=True).create({
            **values, 'review_id': review.id, 'opinion_id': answer.opinion_id.id, 'item_id': answer.item_id.id})
        review._sop_log('waive', f'{code}: {reason}', opinions=answer.opinion_id)
        review._sop_progress()
        return True

    def _check_sop_general_manager(self):
        review, user = self.sudo().review_id, self.env.user
        managers = self.env['sop.position']._get_sop_holders(['gm'], review.company_id, but=review.author_ids)
        acting = self.env['sop.absence']._get_sop_acting_for(user)
        if user in review.author_ids or not (user | acting) & managers:
            raise AccessError(self.env._("%(review)s: only the general manager waives an item: %(users)s.",
                review=review.display_name, users=', '.join(managers.sudo().mapped('name')) or '–'))

    # ------------------------------------------------------------
    # THE NEXT ROUND
    # ------------------------------------------------------------

    def _get_sop_live(self):
        return self.filtered(lambda opinion: opinion.state != 'cancelled')

    def _get_sop_members(self):
        """Everybody who is or was asked, or decided."""
        return self.reviewer_ids | self.decided_by_id

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
            as_engine(opinion.carried_from_id.answer_ids).copy(target)
            for condition in as_engine(opinion.carried_from_id.condition_ids):
                condition.copy({**target, 'state': condition.state})
        carried.review_id._sop_log('carry', opinions=carried)
