from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewAccess(ContractReviewCommon):
    """Reviewers read the review without rights in Sales; others read it with the order, or not at all."""

    def setUp(self):
        super().setUp()
        self.order = self._create_order()
        self.review = self._request(self.order)
        self._decide(self.review, 'fin')

    def _can_read(self, user):
        parts = ('opinion_ids', 'answer_ids', 'event_ids')
        found = self.env['sop.review'].with_user(user).search([('id', '=', self.review.id)])
        readable = self.review.with_user(user).has_access('read')
        self.assertEqual(bool(found), readable, "Lists show what can be opened")
        for name in parts:
            rows = self.review.sudo()[name].with_user(user)
            self.assertEqual(rows.has_access('read'), readable, name)
            self.assertEqual(bool(rows.search([('id', 'in', rows.ids)])), readable, name)
        return readable

    def test_who_reads(self):
        for user in (self.reviewers['fin'], self.reviewers['sm'], self.reviewers['director'], self.user_sales_salesman,
                     self.user_sales_manager, self.user_auditor):
            with self.subTest(user=user.login):
                self.assertTrue(self._can_read(user))
        other = new_test_user(self.env, 'other_rep', groups='sales_team.group_sale_salesman')
        for user in (self.reviewers['leg'], self.user_employee, self.user_portal, other):
            with self.subTest(user=user.login):
                self.assertFalse(self.review.with_user(user).has_access('read'))

    def test_reviewers_read_no_order(self):
        self.assertFalse(self.order.with_user(self.reviewers['fin']).has_access('read'))
        values = self.review.with_user(self.reviewers['fin']).read(
            ['subject_name', 'amount', 'partner_id', 'document', 'state', 'asked_names', 'reasons_text'])[0]
        self.assertIn("Pump P20", values['document'])
        self.assertIn(self.order.name, values['subject_name'])
        with self.assertRaises(AccessError):
            self.review.with_user(self.reviewers['fin']).action_open_subject()

    def test_whoever_was_asked_still_reads(self):
        self._opinion(self.review, 'sal').action_reassign(self.reviewers['qua'].id, "Away")
        self.assertTrue(self._can_read(self.reviewers['qua']))
        self.reviewers['fin'].sudo()
        self.assertTrue(self._can_read(self.reviewers['fin']))
        self.assertFalse(self._can_read(self.reviewers['sm']), "He is not asked any more")

    def test_other_company(self):
        company = self.env['res.company'].create({'name': "Other"})
        user = new_test_user(
            self.env, 'other_company', groups='sales_team.group_sale_manager', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        self.assertFalse(self.review.with_user(user).has_access('read'))
        for code in ('sm', 'fin'):
            self.env['sop.position'].create({
                'name': code, 'code': code, 'company_id': company.id, 'user_ids': [Command.set(user.ids)]})
        self.assertFalse(self.review.with_user(user).has_access('read'))
        with self.assertRaises(AccessError):
            self.review.sudo().opinion_ids[0].with_user(user).action_decide('agree', fill=True)

    def test_nobody_deletes(self):
        for user in (self.user_sales_manager, self.env.ref('base.user_admin'), self.env.ref('base.user_root')):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.review.with_user(user).unlink()

    def test_review_survives_cancelling(self):
        self._finish(self.review)
        self.order.action_cancel()
        self.assertTrue(self.review.exists())
        self.assertEqual(len(self.review.sudo().opinion_ids.filtered(lambda opinion: opinion.state == 'done')), 3)


@tagged('post_install', '-at_install')
class TestReviewDialogs(ContractReviewCommon):
    """The dialogs: what they show, and that they open no other door."""

    def _open(self, order):
        action = order.with_user(self.user_sales_salesman).action_sop_open_request()
        return self.env['sop.review.request'].with_user(self.user_sales_salesman).with_context(
            **action['context']).create({})

    def test_preview_names_everybody(self):
        order = self._create_order()
        with self._route(self._create_level(approver='gm'), ('sal', 'fin')):
            dialog = self._open(order)
            self.assertTrue(dialog.is_ready)
            for text in ("Because the test says so", "Sales manager", "Finance", "General manager"):
                self.assertIn(text, dialog.preview)
            dialog.message = "Please soon"
            dialog.action_apply()
        self.assertEqual(order.sudo().sop_review_id.message, "Please soon")

    def test_preview_says_why_not(self):
        order = self._create_order(order_line=False)
        with self._route(self._create_level()):
            dialog = self._open(order)
            self.assertFalse(dialog.is_ready)
            self.assertIn(order.name, dialog.preview)
            with self.assertRaises(UserError):
                dialog.action_apply()

    def test_the_ready_ones_are_sent(self):
        ready, empty = self._create_order(), self._create_order(order_line=False)
        with self._route(self._create_level()):
            self._open(ready | empty).action_apply()
        self.assertTrue(ready.sudo().sop_review_id)
        self.assertFalse(empty.sudo().sop_review_id)

    def test_foreign_orders(self):
        order = self._create_order()
        dialog = self.env['sop.review.request'].with_user(self.reviewers['leg'])
        with self.assertRaises(AccessError):
            dialog.create({'order_ids': [Command.set(order.ids)]}).action_apply()
        with self.assertRaises(AccessError):
            order.with_user(self.reviewers['leg']).action_sop_open_request()

    def test_acts(self):
        review = self._request(self._create_order())
        dialog = self.env['sop.review.act'].with_user(self.reviewers['leg'])
        with self.assertRaises(AccessError):
            dialog.create({'kind': 'recall', 'review_id': review.id, 'reason': "x"}).action_apply()
        own = self.env['sop.review.act'].with_user(self.user_sales_salesman)
        own.create({'kind': 'recall', 'review_id': review.id, 'reason': "Wrong date"}).action_apply()
        self.assertEqual(review.state, 'recalled')

    def test_acts_without_opinion(self):
        review = self._request(self._create_order())
        own = self.env['sop.review.act'].with_user(self.user_sales_salesman)
        for kind in ('return', 'reassign', 'add', 'waive'):
            with self.subTest(kind=kind), self.assertRaises(UserError):
                own.create({'kind': kind, 'review_id': review.id, 'reason': "x"}).action_apply()
        for act in (None, 'xxx', 5, ['recall'], 'waive'):
            with self.subTest(act=act), self.assertRaises(UserError):
                review.with_context(sop_act=act).action_open_act()
