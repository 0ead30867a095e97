from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ..models.sop_review_notice import ASKED_TYPE, RESULT_TYPE
from ..models.sop_review_reminder import LATE_TYPE
from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewTime(ContractReviewCommon):
    """Reminders at 50 and 100 % of the time, escalation at 150 %; nothing after the end."""

    def setUp(self):
        super().setUp()
        self.company.resource_calendar_id.tz = 'Asia/Shanghai'
        self.level = self._create_level(day_limit=2)
        # A Monday morning in Shanghai
        with freeze_time('2026-08-03 01:00:00'):
            self.review = self._request(self._create_order(), self.level)

    def _run(self, moment=None):
        """The scheduled job when the next reminder is due."""
        with freeze_time(moment or self.review.remind_date + timedelta(minutes=1)), patch.object(
                self.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 1000):
            self.env['sop.review']._cron_sop_remind_reviewers()

    def _tasks(self, xmlid):
        return self.review.sudo().activity_ids.filtered(
            lambda task: task.activity_type_id == self.env.ref(xmlid))

    def test_moments(self):
        self.assertEqual(fields.Date.to_string(self.review.deadline), '2026-08-05')
        moments = []
        while self.review.remind_date:
            moments.append(self.review.remind_date)
            self._run()
        self.assertEqual(len(moments), 3)
        self.assertEqual(moments, sorted(moments))
        self.assertEqual(moments[1].date(), self.review.deadline)
        self.assertGreater(moments[2].date(), self.review.deadline)

    def test_reminder(self):
        self._run(self.review.remind_date - timedelta(minutes=5))
        self.assertFalse(self._tasks(LATE_TYPE))
        self._run()
        self.assertEqual(self._tasks(LATE_TYPE).user_id, self.reviewers['sm'] | self.reviewers['fin'])
        self.assertEqual(self.review.remind_count, 1)
        self._run(self.review.remind_date - timedelta(minutes=5))
        self.assertEqual(len(self._tasks(LATE_TYPE)), 2, "Nothing is done twice")

    def test_who_answered_is_left_alone(self):
        self._decide(self.review, 'fin')
        self._run()
        self.assertEqual(self._tasks(LATE_TYPE).user_id, self.reviewers['sm'])
        self._decide(self.review, 'sal')
        self.assertFalse(self._tasks(LATE_TYPE))

    def test_superior_may_decide(self):
        for __ in range(3):
            self._run()
        opinion = self._opinion(self.review, 'fin')
        superiors = opinion.sudo().reviewer_ids - self.reviewers['fin']
        self.assertTrue(superiors)
        self.assertNotIn(self.user_sales_salesman, superiors)
        self.assertIn('escalate', self.review.event_ids.mapped('kind'))
        opinion.with_user(superiors[0]).action_decide('agree', fill=True)
        self.assertEqual(opinion.sudo().state, 'done')
        self.assertFalse(self.review.remind_date)

    def test_nothing_after_the_end(self):
        due = self.review.remind_date + timedelta(days=30)
        self.review.with_user(self.user_sales_salesman).action_recall("Wrong")
        events = len(self.review.event_ids)
        self._run(due)
        self.assertEqual(len(self.review.event_ids), events)
        self.assertFalse(self.review.sudo().activity_ids)

    def test_no_limit(self):
        with freeze_time('2026-08-03 01:00:00'):
            review = self._request(self._create_order(), self._create_level(day_limit=0))
        self.assertFalse(review.deadline)
        self.assertFalse(review.remind_date)


@tagged('post_install', '-at_install')
class TestReviewNotice(ContractReviewCommon):
    """Who is told what: one task per person and moment, and no mail in a decision."""

    def _tasks(self, user, xmlid=ASKED_TYPE):
        return self.env['mail.activity'].search(
            [('user_id', '=', user.id), ('activity_type_id', '=', self.env.ref(xmlid).id)])

    def _request_many(self, number):
        orders = self.env['sale.order'].with_user(self.user_sales_salesman).union(
            *(self._create_order() for __ in range(number)))
        with self._route(self._create_level(), ('sal', 'fin')):
            orders.action_sop_request_review()
        return orders.sudo().sop_review_id

    def test_one_review(self):
        mails = self.env['mail.mail'].search_count([])
        review = self._request(self._create_order())
        self.assertEqual(self._tasks(self.reviewers['fin']).res_id, review.id)
        self.assertEqual(self._tasks(self.reviewers['fin']).date_deadline, review.deadline)
        self.assertFalse(self._tasks(self.reviewers['director']), "Whose turn it is not is not bothered")
        self._decide(review, 'fin')
        self.assertFalse(self._tasks(self.reviewers['fin']))
        self._decide(review, 'sal')
        self.assertTrue(self._tasks(self.reviewers['director']))
        self._decide(review, 'director')
        self.assertIn(review.name, self._tasks(self.user_sales_salesman, RESULT_TYPE).summary)
        self.assertEqual(self.env['mail.mail'].search_count([]), mails)

    def test_many_at_once(self):
        reviews = self._request_many(4)
        task = self._tasks(self.reviewers['fin'])
        self.assertEqual(len(task), 1)
        self.assertIn('4', task.summary)
        opinions = reviews.opinion_ids.filtered(
            lambda opinion: opinion.department_id.code == 'fin').with_user(self.reviewers['fin'])
        told = opinions.filtered(lambda opinion: opinion.sudo().review_id.id == task.res_id)
        told.action_decide('agree', fill=True)
        task = self._tasks(self.reviewers['fin'])
        self.assertEqual(len(task), 1, "It goes on to the next one")
        self.assertIn(task.res_id, (opinions - told).sudo().review_id.ids)
        (opinions - told).action_decide('agree', fill=True)
        self.assertFalse(self._tasks(self.reviewers['fin']))

    def test_requester_hears_why(self):
        review = self._request(self._create_order())
        self._decide(review, 'fin', 'disagree', "Does not add up", {'C07': {'result': 'fail', 'comment': "90 % only"}})
        note = self._tasks(self.user_sales_salesman, RESULT_TYPE).note
        self.assertIn("Does not add up", note)
        self.assertIn("C07: 90 % only", note)

    def test_words_are_escaped(self):
        review = self._request(self._create_order())
        self._opinion(review, 'fin').action_return("<script>alert(1)</script>")
        self.assertNotIn('<script>', self._tasks(self.user_sales_salesman, RESULT_TYPE).note)

    def test_silence(self):
        self.company.sop_review_notify = 'none'
        review = self._request(self._create_order())
        self._finish(review)
        self.assertFalse(self.env['mail.activity'].search([('res_model', '=', 'sop.review')]))

    def test_substitute_is_told(self):
        today = self.company._get_sop_local_date(fields.Datetime.now())
        self.env['sop.absence'].create({
            'user_id': self.reviewers['fin'].id, 'substitute_id': self.reviewers['qua'].id,
            'date_start': today, 'date_end': today})
        self._request(self._create_order())
        self.assertTrue(self._tasks(self.reviewers['qua']))
        self.assertFalse(self._tasks(self.reviewers['fin']))
