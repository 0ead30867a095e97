from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.sales_sop.engine import as_engine

from .sop_review_condition import RUNNING

# Characters of a comment
LIMIT = 4000


class SopReview(models.Model):
    """What reviewers and the requester say to each other (S5.4)."""

    _inherit = 'sop.review'

    def action_comment(self, text, item_id=None):
        """Comment on these reviews, or on one check item of theirs.

        :param int item_id: a check item
        """
        self.check_access('read')
        text = self._get_sop_comment_text(text)
        item = self._get_sop_comment_item(item_id)
        # sudo: who reads a review may ask about it; comments are written here only.
        for review in self.sudo():
            if review.state not in (*RUNNING, 'returned', 'rejected'):
                raise UserError(self.env._(
                    "%s does not hold any more. Comment on the latest round.", review.name))
            review._check_sop_may_comment()
            comment = as_engine(self.env['sop.review.comment']).create({
                'review_id': review.id, 'item_id': item.id, 'text': text, 'author_id': self.env.uid,
                'opinion_id': review.opinion_ids.filtered(lambda own: self.env.user in own.reviewer_ids)[:1].id})
            review._sop_tell_comment(comment._get_sop_addressees(), text)
        return True

    def _get_sop_comment_item(self, item_id):
        if item_id and type(item_id) is not int:
            raise UserError(self.env._("%s is no number of a check item.", item_id))
        item = self.env['sop.review.item'].browse(item_id or []).exists()
        if item_id and not item:
            raise UserError(self.env._("This check item does not exist any more. Reload the page."))
        return item

    @api.model
    def _get_sop_comment_text(self, text):
        text = text.strip() if isinstance(text, str) else ''
        if not text or len(text) > LIMIT:
            raise UserError(self.env._("Enter a comment of at most %s characters.", LIMIT))
        return text

    def _can_sop_comment(self):
        """Reviewers, the requester, and whoever may change what is reviewed do; readers only read."""
        self.ensure_one()
        # sudo: who takes part is written on opinions.
        own = self.sudo()
        voices = self.env['sop.review.comment']._get_sop_voices()
        return bool(voices & (own.requester_id | own.opinion_ids.reviewer_ids | own.opinion_ids.decided_by_id)) \
            or own._get_sop_subject().sudo(False).has_access('write')

    def _check_sop_may_comment(self):
        if not self._can_sop_comment():
            raise AccessError(self.env._("%s: only who takes part in this review may comment.", self.name))

    def _get_sop_rounds(self):
        """All rounds about what these reviews are about, as superuser."""
        # sudo: comments of an earlier round wait for an answer, whoever looks.
        own = self.sudo()
        return own | own.search([
            '|', ('order_id', 'in', own.order_id.ids), ('contract_id', 'in', own.contract_id.ids)])

    def _get_sop_open_comments(self):
        """Comments that nobody has closed yet, of all rounds about the same order or contract."""
        return self._get_sop_rounds().comment_ids.filtered(
            lambda comment: not comment.parent_id and comment.state != 'closed')

    def _get_sop_unanswered_comments(self):
        """Comments of reviewers that wait for the requester: the next round waits for him, too."""
        return self._get_sop_open_comments().filtered(
            lambda comment: comment.state == 'open' and comment.author_id != comment.review_id.requester_id)

    def get_sop_comments(self):
        """What was said in all rounds about the same order or contract, and whether the user may say something."""
        self.check_access('read')
        return {
            'comments': self._prepare_sop_comments(self.env.user),
            'can_comment': all(review._can_sop_comment() for review in self)}

    def _prepare_sop_comments(self, user):
        """Comments of all rounds as a screen shows them; ``user`` closes his own."""
        is_manager = user.has_group('sales_sop.group_sop_manager')
        comments = self._get_sop_rounds().comment_ids.sorted('id')
        states = dict(comments._fields['state']._description_selection(self.env))
        return [{
            **comment._prepare_sop_row(), 'state': comment.state, 'state_label': states[comment.state],
            'item': comment.item_id.code or False,
            'review': comment.review_id not in self and comment.review_id.name,
            'can_close': comment.state != 'closed' and (is_manager or comment.author_id == user),
            'replies': [reply._prepare_sop_row() for reply in comment.reply_ids.sorted('id')],
        } for comment in comments if not comment.parent_id]

    def _sop_tell_comment(self, users, text):
        """Tell ``users`` what was said, except who says it."""
        self.ensure_one()
        for user in (users - self.env.user).filtered('active'):
            told = self.sudo().with_context(lang=user.lang)
            told.message_notify(
                partner_ids=user.partner_id.ids, author_id=self.env.user.partner_id.id,
                subject=told.env._("%s: comment", told.name), body=text)
