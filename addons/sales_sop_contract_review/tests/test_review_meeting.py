from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewMeeting(ContractReviewCommon):
    """A meeting, its minutes, and the decision after it; two final approvers (§4.4)."""

    def _open(self, mode='meeting', approver='gm', **values):
        review = self._request(self._create_order(), self._create_level(mode, approver, **values))
        return review.with_user(self.user_sales_salesman)

    def test_decision_after_the_minutes(self):
        review = self._open()
        self._decide(review, 'sal')
        self._decide(review, 'fin')
        self.assertTrue(review.is_meeting_missing)
        self.assertEqual(self._opinion(review, 'gm').state, 'waiting')
        self.assertIn(self.user_sales_salesman, review.sudo().activity_ids.user_id, "He is asked for the meeting")
        with self.assertRaises(UserError):
            self._decide(review, 'gm')
        review.action_record_minutes("All fine", (self.reviewers['fin'] | self.reviewers['gm']).ids)
        self.assertFalse(review.is_meeting_missing)
        self.assertEqual(review.attendee_ids, self.reviewers['fin'] | self.reviewers['gm'])
        self._decide(review, 'gm')
        self.assertEqual(review.state, 'approved')

    def test_dissent_asks_for_a_meeting(self):
        review = self._open('parallel', 'director')
        self._decide(review, 'sal')
        self._decide(review, 'fin', 'disagree', "Too cheap")
        self.assertTrue(review.is_meeting_missing)
        review.action_record_minutes("Finance stays with its view", self.reviewers['fin'].ids)
        self._decide(review, 'director')
        self.assertEqual(review.state, 'approved')
        self.assertEqual(self._opinion(review, 'fin').sudo().opinion, 'disagree', "The dissent is kept")

    def test_plan(self):
        review = self._open()
        action = review.action_plan_meeting('2030-05-06 07:00:00', 2, "Room 3")
        meeting = self.env['calendar.event'].browse(action['res_id'])
        self.assertEqual(meeting, review.meeting_id)
        self.assertEqual(meeting.duration, 2)
        people = self.reviewers['sm'] | self.reviewers['fin'] | self.reviewers['gm'] | self.user_sales_salesman
        self.assertLessEqual(people.partner_id, meeting.partner_ids)
        for start, hours in ((None, 1), ('soon', 1), ([1], 1), ('2030-05-06 07:00:00', 'x'), ('2030-05-06 07:00:00', 0),
                             ('2030-05-06 07:00:00', None), ('2030-05-06 07:00:00', float('nan'))):
            with self.subTest(start=start, hours=hours), self.assertRaises(UserError):
                review.action_plan_meeting(start, hours)

    def test_minutes_that_are_none(self):
        review = self._open()
        for minutes, present in (('', self.reviewers['fin'].ids), (None, self.reviewers['fin'].ids), ("x", []),
                                 ("x", None), ("x", [0]), ("x", ['a']), ("x", self.user_portal.ids), (5, [1])):
            with self.subTest(minutes=minutes, present=present), self.assertRaises(UserError):
                review.action_record_minutes(minutes, present)

    def test_who_records(self):
        review = self._open()
        for user in (self.reviewers['leg'], self.user_employee, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                review.with_user(user).action_record_minutes("x", self.reviewers['fin'].ids)
        with self.assertRaises(AccessError):
            review.with_user(self.user_auditor).action_record_minutes("x", self.reviewers['fin'].ids)

    def test_minutes_stay_once_decided_upon(self):
        review = self._open(second_approver_code='board')
        self._decide(review, 'sal')
        self._decide(review, 'fin')
        review.action_record_minutes("First", self.reviewers['fin'].ids)
        review.action_record_minutes("Corrected", self.reviewers['fin'].ids)
        self._decide(review, 'gm')
        with self.assertRaises(UserError):
            review.action_record_minutes("Another story", self.reviewers['fin'].ids)
        self.assertEqual(review.event_ids.filtered(lambda event: event.kind == 'minutes').mapped('text'),
                         ["First", "Corrected"])

    def test_two_approvers_one_after_the_other(self):
        review = self._open('parallel', 'gm', second_approver_code='board')
        self._decide(review, 'sal')
        self._decide(review, 'fin')
        with self.assertRaises(UserError):
            self._decide(review, 'board')
        self._decide(review, 'gm')
        self.assertEqual(review.state, 'in_review')
        self._decide(review, 'board')
        self.assertEqual(review.state, 'approved')

    def test_second_approver_refuses(self):
        review = self._open('parallel', 'gm', second_approver_code='board')
        for code in ('sal', 'fin', 'gm'):
            self._decide(review, code)
        self._decide(review, 'board', 'disagree', "No")
        self.assertEqual(review.state, 'rejected')

    def test_one_authorised_reviewer(self):
        review = self._request(self._create_order(), self._create_level('single', 'sm'), ('sal',))
        self._decide(review, 'sm')
        self.assertEqual(review.state, 'approved')
        review = self._request(self._create_order(), review.level_id, ('sal',))
        self._decide(review, 'sm', 'disagree', "No")
        self.assertEqual(review.state, 'rejected')

    def test_no_final_approver(self):
        review = self._request(self._create_order(), self._create_level(approver=False))
        self._decide(review, 'sal')
        self._decide(review, 'fin')
        self.assertEqual(review.state, 'approved')
        review = self._request(self._create_order(), review.level_id)
        self._decide(review, 'sal', 'disagree', "No")
        self._decide(review, 'fin')
        self.assertEqual(review.state, 'rejected')
