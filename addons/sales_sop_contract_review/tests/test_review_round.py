from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ContractReviewCommon

OWED = {'name': "Get the bank guarantee", 'due_point': 'before_sign'}


@tagged('post_install', '-at_install')
class TestReviewRequest(ContractReviewCommon):
    """Asking for a review: who may, of what, and who is asked."""

    def test_what_is_frozen(self):
        order = self._create_order()
        review = self._request(order, message="  Please soon ")
        self.assertRegex(review.name, r'^PS-\d{4}-\d{4,}$')
        self.assertEqual(review.requester_id, self.user_sales_salesman)
        self.assertEqual((review.message, review.round, review.mode), ("Please soon", 1, 'parallel'))
        self.assertEqual(review.reasons, ["Because the test says so"])
        self.assertEqual(review.deadline, self.company._sop_add_workdays(review.date, 2))
        self.assertEqual(review.fingerprints, order._get_sop_review_fingerprints()[order.id])
        self.assertEqual(review.amount, order.amount_total)
        self.assertIn("Pump P20", ' '.join(review.snapshot['topics']['price']))
        self.assertEqual(order.sop_review_id, review)
        self.assertEqual(review.event_ids.mapped('kind'), ['request'])

    def test_who_is_asked(self):
        review = self._request(self._create_order(), departments=('sal', 'fin', 'mgt')).sudo()
        self.assertEqual(
            {opinion.approver_code or opinion.department_id.code: opinion.state for opinion in review.opinion_ids},
            {'sal': 'pending', 'fin': 'pending', 'director': 'waiting'})
        self.assertEqual(self._opinion(review, 'fin').reviewer_ids, self.reviewers['fin'])

    def test_blocking_items_of_those_not_asked(self):
        review = self._request(self._create_order())
        codes = {code: {item[1] for item in self._opinion(review, code).items} for code in ('sal', 'fin', 'director')}
        self.assertLessEqual({'C01', 'C11', 'R13', 'F01', 'C09'}, codes['sal'])
        self.assertNotIn('L08', codes['sal'], "Others than blocking items are left to those who know")
        self.assertLessEqual({'C07', 'R02'}, codes['fin'])
        self.assertEqual(codes['director'], {'R09', 'R10'})
        self.assertFalse(codes['sal'] & codes['fin'])

    def test_one_authorised_reviewer(self):
        review = self._request(self._create_order(), self._create_level('single', 'sm'), ('sal',))
        opinion = review.sudo().opinion_ids
        self.assertEqual((opinion.is_final, opinion.state), (True, 'pending'))
        self.assertEqual(opinion.reviewer_ids, self.reviewers['sm'])
        asked = {code for __, code, severity in opinion.items}
        self.assertLessEqual({'C01', 'F01', 'C07', 'C09', 'R09', 'R10'}, asked)
        self.assertNotIn('C11', asked, "One person answers the blocking items")
        self.assertIn('F01', opinion.prefill, "The catalogue is a test of the system")

    def test_no_author_is_asked(self):
        position = self.env.ref('sales_sop.sop_position_fin')
        position.user_ids = [Command.link(self.user_sales_salesman.id)]
        review = self._request(self._create_order())
        self.assertEqual(self._opinion(review, 'fin').reviewer_ids, self.reviewers['fin'])
        position.user_ids = [Command.set(self.user_sales_salesman.ids)]
        review = self._request(self._create_order())
        self.assertNotIn(self.user_sales_salesman, self._opinion(review, 'fin').reviewer_ids)

    def test_nobody_left(self):
        order = self._create_order()
        nobody = self.env['res.users']
        with patch.object(self.registry['sop.position'], '_get_sop_position_holders', lambda *args: nobody), \
                patch.object(self.registry['sop.review.department'], '_get_sop_reviewers', lambda *args: {}), \
                self.assertRaises(UserError) as caught:
            self._request(order)
        self.assertIn(self.departments['sal'].name, str(caught.exception))
        self.assertFalse(order.sop_review_id)

    def test_no_rule(self):
        order = self._create_order()
        no_routes = patch.object(
            self.registry['sale.order'], '_get_sop_review_routes', lambda records: dict.fromkeys(records.ids))
        with no_routes, \
                self.assertRaises(UserError):
            order.action_sop_request_review()

    def test_not_twice(self):
        order = self._create_order()
        level = self._create_level()
        self._request(order, level)
        with self.assertRaises(UserError):
            self._request(order, level)
        self._finish(order.sop_review_id)
        with self.assertRaises(UserError):
            self._request(order, level)

    def test_what_cannot_be_reviewed(self):
        level = self._create_level()
        empty = self._create_order(order_line=False)
        cancelled = self._create_order()
        cancelled.action_cancel()
        for order in (empty, cancelled):
            with self.subTest(order=order.name), self.assertRaises(UserError):
                self._request(order, level)

    def test_who_may_ask(self):
        order = self._create_order()
        level = self._create_level()
        for user in (self.reviewers['leg'], self.user_employee, self.user_portal, self.user_auditor):
            with self.subTest(user=user.login), self._route(level), self.assertRaises(AccessError):
                order.with_user(user).action_sop_request_review()

    def test_odd_messages(self):
        level = self._create_level()
        for message in (None, False, '', 5, ['x'], {'x': 1}):
            with self.subTest(message=message):
                self.assertFalse(self._request(self._create_order(), level, message=message).message)

    def test_orders_that_were_reviewed_stay(self):
        order = self._create_order()
        self._request(order)
        with self.assertRaises(UserError):
            order.sudo().unlink()
        copy = order.copy().sudo()
        self.assertFalse(copy.sop_review_id)
        copy.unlink()

    def test_rules_changed_meanwhile(self):
        level = self._create_level()
        review = self._request(self._create_order(), level)
        level.write({'approver_code': 'gm', 'mode': 'meeting', 'day_limit': 9})
        self.departments['fin'].position_code = 'leg'
        self.assertEqual((review.mode, review.day_limit), ('parallel', 2))
        self.assertEqual(self._opinion(review, 'fin').reviewer_ids, self.reviewers['fin'])
        self._finish(review)
        self.assertEqual(review.state, 'approved')


@tagged('post_install', '-at_install')
class TestReviewOpinion(ContractReviewCommon):
    """Answers and opinions, and what they come to."""

    def setUp(self):
        super().setUp()
        self.order = self._create_order()
        self.review = self._request(self.order)

    def _owed(self, **values):
        return {**OWED, 'owner_id': self.user_sales_salesman.id, **values}

    def test_all_agree(self):
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin')
        self.assertEqual(self.review.state, 'in_review')
        self.assertEqual(self._opinion(self.review, 'director').state, 'pending')
        self._decide(self.review, 'director')
        self.assertEqual(self.review.state, 'approved')
        self.assertEqual(self.order.sop_review_state, 'approved')
        self.assertTrue(self.review.decided_date)
        self.assertEqual(
            self.review.event_ids.mapped('kind'), ['request', 'opinion', 'opinion', 'opinion', 'approved'])

    def test_who_is_not_asked_does_not_decide(self):
        opinion = self._opinion(self.review, 'fin')
        for user in (self.reviewers['leg'], self.reviewers['director'], self.user_sales_salesman, self.user_employee,
                     self.user_sales_manager, self.user_portal, self.env.ref('base.user_admin')):
            for act in ('action_decide', 'action_return', 'action_answer'):
                with self.subTest(user=user.login, act=act), self.assertRaises(AccessError):
                    getattr(opinion.with_user(user), act)({} if act == 'action_answer' else 'agree')
        # sudo opens no door: it is still nobody who was asked.
        with self.assertRaises(AccessError):
            opinion.with_user(self.user_employee).sudo().action_decide('agree', fill=True)
        self.assertEqual(opinion.sudo().state, 'pending')

    def test_final_approver_waits(self):
        with self.assertRaises(UserError):
            self._decide(self.review, 'director')

    def test_not_twice(self):
        self._decide(self.review, 'fin')
        with self.assertRaises(UserError):
            self._decide(self.review, 'fin', 'disagree', "Changed my mind")
        self.assertEqual(self._opinion(self.review, 'fin').sudo().opinion, 'agree')

    def test_unanswered_items_are_named(self):
        with self.assertRaises(UserError) as caught:
            self._decide(self.review, 'fin', fill=False)
        self.assertIn('C07', str(caught.exception))
        answers = {code: {'result': 'pass'} for __, code, __ in self._opinion(self.review, 'fin').items}
        self._decide(self.review, 'fin', answers=answers, fill=False)
        opinion = self._opinion(self.review, 'fin').sudo()
        self.assertEqual(opinion.state, 'done')
        self.assertFalse(any(opinion.answer_ids.mapped('filled')))

    def test_fill_is_marked(self):
        opinion = self._opinion(self.review, 'fin')
        opinion.action_answer({'C07': {'result': 'pass', 'comment': "Looked at it"}})
        self._decide(self.review, 'fin')
        filled = {answer.code: answer.filled for answer in opinion.sudo().answer_ids}
        self.assertFalse(filled.pop('C07'))
        self.assertTrue(all(filled.values()))

    def test_answers_are_replaced(self):
        opinion = self._opinion(self.review, 'fin')
        opinion.action_answer({'R02': {'result': 'cond', 'comment': "No advance", 'condition': self._owed()}})
        self.assertEqual(opinion.sudo().condition_ids.mapped('name'), [OWED['name']])
        opinion.action_answer({'R02': {'result': 'fail', 'comment': "No advance at all"}})
        self.assertEqual(opinion.sudo().answer_ids.mapped('result'), ['fail'])
        self.assertFalse(opinion.sudo().condition_ids)
        opinion.action_answer({'R02': {'result': False}})
        self.assertFalse(opinion.sudo().answer_ids)

    def test_answers_that_are_none(self):
        opinion = self._opinion(self.review, 'fin')
        owed = self._owed()
        wrong = [
            None, [], 'x', {'XXX': {'result': 'pass'}}, {'L08': {'result': 'pass'}}, {'C07': 'perhaps'},
            {'C07': {'result': ['pass']}}, {'C07': {'result': 1}},
            {'R02': {'result': 'fail'}}, {'R02': {'result': 'na', 'comment': '  '}}, {'R02': {'result': 'cond'}},
            {'R02': {'result': 'cond', 'comment': "x"}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'name': ''}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'name': 5}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'due_point': 'later'}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'due_point': ['during']}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'owner_id': 0}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'owner_id': 'amy'}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'owner_id': self.user_portal.id}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'due_date': 'soon'}}},
            {'R02': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'due_date': [1]}}},
            # Blocking: met before signing, and skipped by legal and sales only
            {'C07': {'result': 'cond', 'comment': "x", 'condition': {**owed, 'due_point': 'before_ship'}}},
            {'C07': {'result': 'na', 'comment': "x"}},
        ]
        for answers in wrong:
            with self.subTest(answers=answers), self.assertRaises(UserError):
                opinion.action_answer(answers)
        self.assertFalse(opinion.sudo().answer_ids)

    def test_blocking_items_not_applicable(self):
        sales = self._opinion(self.review, 'sal')
        sales.action_answer({'C09': {'result': 'na', 'comment': "A cash sale"}})
        self.assertEqual(sales.sudo().answer_ids.result, 'na')

    def test_opinions_that_are_none(self):
        opinion = self._opinion(self.review, 'fin')
        for value in (None, '', 'yes', 5, ['agree'], {'agree': 1}):
            with self.subTest(value=value), self.assertRaises(UserError):
                opinion.action_decide(value, fill=True)
        for value in ('agree_cond', 'disagree'):
            with self.subTest(value=value, comment=None), self.assertRaises(UserError):
                opinion.action_decide(value, fill=True)

    def test_opinion_against_the_answers(self):
        opinion = self._opinion(self.review, 'fin')
        condition = {'R02': {'result': 'cond', 'comment': "No advance", 'condition': self._owed()}}
        with self.assertRaises(UserError):
            opinion.action_decide('agree', answers=condition, fill=True)
        with self.assertRaises(UserError):
            opinion.action_decide('agree_cond', comment="Somehow", fill=True)
        with self.assertRaises(UserError):
            opinion.action_decide(
                'agree_cond', comment="x", answers={'C07': {'result': 'fail', 'comment': "90 %"}}, fill=True)
        opinion.action_decide('agree_cond', comment="With a guarantee", answers=condition, fill=True)
        self.assertEqual(opinion.sudo().state, 'done')

    def test_conditions_bind_the_result(self):
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin', 'agree_cond', "With a guarantee", {
            'C07': {'result': 'cond', 'comment': "Open", 'condition': self._owed()}})
        self._decide(self.review, 'director')
        self.assertEqual(self.review.state, 'approved_cond')
        self.assertEqual(self.review._get_sop_open_conditions('before_sign').owner_id, self.user_sales_salesman)

    def test_blocking_item_ends_it_at_once(self):
        self._decide(self.review, 'fin', 'disagree', "Does not add up", {
            'C07': {'result': 'fail', 'comment': "90 % only"}})
        self.assertEqual(self.review.state, 'rejected')
        self.assertEqual(
            {opinion.state for opinion in self.review.sudo().opinion_ids} - {'done'}, {'cancelled'}, "No ghost work")
        self.assertFalse(self.review.sudo().activity_ids.filtered(
            lambda task: task.user_id != self.user_sales_salesman))
        with self.assertRaises(UserError):
            self._opinion_of(self.review, 'sal').action_decide('agree', fill=True)
        self.assertEqual(self.order.sop_review_state, 'rejected')

    def test_final_approver_disagrees(self):
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin')
        self._decide(self.review, 'director', 'disagree', "Not with them")
        self.assertEqual(self.review.state, 'rejected')

    def test_major_item_stops_the_approval(self):
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin', 'agree_cond', "Hm", {'R02': {'result': 'fail', 'comment': "No advance"}})
        self.assertEqual(self.review.state, 'in_review')
        with self.assertRaises(UserError) as caught:
            self._decide(self.review, 'director')
        self.assertIn('R02', str(caught.exception))

    def test_minor_item_does_not(self):
        self._decide(self.review, 'fin')
        self._decide(self.review, 'sal', 'agree_cond', "Fine", {'R13': {'result': 'fail', 'comment': "Nothing said"}})
        self._decide(self.review, 'director')
        self.assertEqual(self.review.state, 'approved_cond')

    def test_approvals_are_computed(self):
        """R10 says what the approvals say, whoever types what."""
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin')
        final = self._opinion(self.review, 'director')
        with self.assertRaises(UserError):
            final.action_answer({'R10': {'result': 'pass'}})
        missing = {self.order.id: ["Price of Pump P20"]}
        with patch.object(self.registry['sale.order'], '_get_sop_missing_approvals', lambda records: missing), \
                self.assertRaises(UserError) as caught:
            self._decide(self.review, 'director')
        self.assertIn('R10', str(caught.exception))
        self._decide(self.review, 'director')
        answer = final.sudo().answer_ids.filtered(lambda answer: answer.code == 'R10')
        self.assertEqual((answer.result, answer.filled), ('pass', True))

    def test_changed_meanwhile(self):
        order = self.order.with_user(self.user_sales_salesman)
        with patch.object(self.registry['sale.order'], '_sop_outdate_reviews', lambda records: None):
            order.order_line.price_unit = 1
        with self.assertRaises(UserError):
            self._decide(self.review, 'fin')
        order.order_line.price_unit = 2
        self.assertEqual(self.review.state, 'outdated')

    def test_many_at_once(self):
        other = self._request(self._create_order(), self.review.level_id)
        opinions = self._opinion(self.review, 'fin') | self._opinion(other, 'fin')
        opinions.action_decide('agree', comment="Both", fill=True)
        self.assertEqual(opinions.sudo().mapped('state'), ['done', 'done'])

    def test_one_of_many_that_cannot_stops_all(self):
        other = self._request(self._create_order(), self.review.level_id)
        opinions = self._opinion(self.review, 'fin') | self._opinion(other, 'fin')
        self._opinion(other, 'fin').action_answer({'R02': {'result': 'fail', 'comment': "No advance"}})
        with self.assertRaises(UserError) as caught:
            opinions.action_decide('agree', fill=True)
        self.assertIn(other.name, str(caught.exception))
        self.env.invalidate_all()
        self.assertEqual(set(opinions.sudo().mapped('state')), {'pending'})

    def test_nobody_writes_but_the_server(self):
        self._decide(self.review, 'fin')
        opinion = self._opinion(self.review, 'fin').sudo()
        doors = [
            (self.review, {'state': 'approved'}), (opinion, {'opinion': 'disagree'}),
            (opinion.answer_ids[:1], {'result': 'fail'}), (self.review.event_ids[:1], {'text': "Nothing"})]
        for records, values in doors:
            reviewer = self.env(user=self.reviewers['fin'], su=True)
            for env in (self.env(user=self.user_sales_manager), self.env, reviewer):
                with self.subTest(model=records._name, user=env.user.login), self.assertRaises(AccessError):
                    records.with_env(env).write(values)
                with self.subTest(model=records._name, user=env.user.login), self.assertRaises(AccessError):
                    records.with_env(env).unlink()
        with self.assertRaises(AccessError):
            self.env['sop.review.opinion'].create({'review_id': self.review.id})

    def test_forged_context(self):
        opinion = self._opinion(self.review, 'fin').with_context(sop_engine=True, install_mode=True)
        with self.assertRaises(AccessError):
            opinion.sudo().write({'state': 'done', 'opinion': 'agree'})
