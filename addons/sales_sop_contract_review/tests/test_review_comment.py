from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_review_condition import ReviewConditionCommon


@tagged('post_install', '-at_install')
class TestReviewComment(ReviewConditionCommon):

    def _comment(self, user=None, text="Which hall is it for?"):
        self._as(self.review.sudo(), user or self.reviewers['qua']).sudo(False)
        self._as(self.review, user or self.reviewers['qua']).action_comment(text)
        return self.env['sop.review.comment'].search([], order='id desc', limit=1)

    def test_comment_answer_closed(self):
        comment = self._comment()
        self.assertEqual((comment.state, comment.author_id), ('open', self.reviewers['qua']))
        self.assertEqual(self.review._get_sop_unanswered_comments(), comment)
        self._as(comment, self.user_sales_salesman).action_reply("For hall 2")
        self.assertEqual(comment.state, 'answered')
        self.assertEqual(comment.reply_ids.mapped('text'), ["For hall 2"])
        self.assertFalse(self.review._get_sop_unanswered_comments())
        self.assertEqual(self.review._get_sop_open_comments(), comment)
        self._as(comment, self.reviewers['qua']).action_close()
        self.assertFalse(self.review._get_sop_open_comments())

    def test_the_author_asks_again(self):
        comment = self._comment()
        self._as(comment, self.user_sales_salesman).action_reply("For hall 2")
        self._as(comment, self.reviewers['qua']).action_reply("Which floor?")
        self.assertEqual(comment.state, 'open')

    def test_only_the_author_or_a_manager_closes(self):
        comment = self._comment()
        for user in (self.user_sales_salesman, self.reviewers['gm']):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(comment, user).action_close()
        self._as(comment, self.user_sales_manager).action_close()
        for act in (lambda: comment.action_close(), lambda: comment.action_reply("Late")):
            with self.assertRaises(UserError):
                act()

    def test_readers_only_read(self):
        with self.assertRaises(AccessError):
            self._comment(self.user_auditor)
        comment = self._comment()
        with self.assertRaises(AccessError):
            self._as(comment, self.user_auditor).action_reply("I think")
        with self.assertRaises(AccessError):
            self._comment(self.user_employee)

    def test_bad_input(self):
        review = self._as(self.review, self.reviewers['qua'])
        for text in ('', '  ', None, False, 5, ['a'], 'x' * 5000):
            with self.assertRaises(UserError):
                review.action_comment(text)
        for item in ('x', [1], 10 ** 7):
            with self.assertRaises(UserError):
                review.action_comment("What?", item)

    def test_nobody_writes_it(self):
        comment = self._comment()
        for user in (self.reviewers['qua'], self.user_sales_manager):
            with self.assertRaises(AccessError):
                self._as(comment, user).write({'text': "Nothing"})
            with self.assertRaises(AccessError):
                self._as(comment, user).unlink()

    def test_requester_is_told(self):
        comment = self._comment()
        notified = self.env['mail.message'].search([
            ('model', '=', 'sop.review'), ('res_id', '=', self.review.id)], limit=1)
        self.assertIn(comment.text, notified.body)
        self.assertEqual(notified.notified_partner_ids, self.review.requester_id.partner_id)

    def test_earlier_rounds_count(self):
        comment = self._comment()
        self.review._sop_outdate()
        later = self._give_review(self.order, 'in_review', name="PS-2", round=2)
        self.assertEqual(later._get_sop_open_comments(), comment)
        with self.assertRaises(UserError):
            self._comment(text="Of a round that is over")
        self._as(comment, self.user_sales_salesman).action_reply("For hall 2")
        self.assertFalse(later._get_sop_unanswered_comments())

    def test_in_no_order_of_another(self):
        """A reviewer of one review comments on no other."""
        self.opinion.reviewer_ids = [Command.clear()]
        self.opinion.decided_by_id = False
        with self.assertRaises(AccessError):
            self._comment()
