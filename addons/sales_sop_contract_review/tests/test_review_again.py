from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewAgain(ContractReviewCommon):
    """The next round asks again whom it concerns, and nobody else (§4.5, §4.7)."""

    def setUp(self):
        super().setUp()
        self.level = self._create_level()
        self.order = self._create_order()
        self.review = self._again()
        self.topics = {topic.code: topic for topic in self.env['sop.review.topic'].search([])}

    def _again(self):
        return self._request(self.order, self.level, ('sal', 'tec', 'fin'))

    def _states(self, review):
        return {
            opinion.approver_code or opinion.department_id.code: opinion.state
            for opinion in review.sudo().opinion_ids}

    def test_price_changed_after_the_approval(self):
        self._finish(self.review)
        self.order.order_line.price_unit = 900
        self.assertEqual(self.review.state, 'outdated')
        review = self._again()
        self.assertEqual((review.previous_id, review.round), (self.review, 2))
        self.assertEqual(
            self._states(review), {'sal': 'pending', 'tec': 'done', 'fin': 'pending', 'director': 'waiting'})
        carried = self._opinion(review, 'tec').sudo()
        first = carried.carried_from_id
        self.assertEqual((carried.opinion, carried.decided_by_id, carried.date),
                         (first.opinion, first.decided_by_id, first.date))
        self.assertEqual(carried.answer_ids.mapped('code'), first.answer_ids.mapped('code'))
        self.assertIn('carry', review.event_ids.mapped('kind'))
        changes = {change['topic']: change for change in review._get_sop_topic_changes()}
        self.assertEqual(changes.keys(), {'price'})
        self.assertIn("1,000.00", changes['price']['before'][0])
        self.assertIn("900.00", changes['price']['after'][0])
        self._finish(review)
        self.assertEqual(review.state, 'approved')

    def test_each_topic_asks_its_departments(self):
        self._finish(self.review)
        changes = {
            'price': {'price_unit': 950}, 'quantity': {'product_uom_qty': 11},
            'spec': {'name': "Pump P20, red"},
        }
        for topic, values in changes.items():
            with self.subTest(topic=topic):
                self.order.order_line.write(values)
                review = self._again()
                touched = set().union(*(
                    self.topics[changed].department_ids.mapped('code')
                    for changed in review._get_sop_changed_fingerprints()))
                pending = {code for code, state in self._states(review).items() if state == 'pending'}
                self.assertEqual(pending, touched & {'sal', 'tec', 'fin'})
                self._finish(review)

    def test_who_disagreed_is_asked_anew(self):
        self._decide(self.review, 'tec')
        self._decide(self.review, 'fin', 'disagree', "Too cheap")
        self._decide(self.review, 'sal')
        with self.assertRaises(UserError):
            self._decide(self.review, 'director')
        self.review.with_user(self.user_sales_salesman).action_record_minutes("We talked", self.reviewers['fin'].ids)
        self._decide(self.review, 'director', 'disagree', "Indeed")
        review = self._again()
        self.assertEqual(
            self._states(review), {'sal': 'done', 'tec': 'done', 'fin': 'pending', 'director': 'waiting'})

    def test_who_answered_with_fail_is_asked_anew(self):
        self._decide(self.review, 'sal', 'agree_cond', "Fine", {'R13': {'result': 'fail', 'comment': "Nothing said"}})
        self._opinion(self.review, 'tec').action_return("Add the drawings")
        self.assertEqual(self.review.state, 'returned')
        review = self._again()
        self.assertEqual(self._states(review)['sal'], 'pending')

    def test_conditions_come_along(self):
        owed = {'name': "Guarantee", 'owner_id': self.user_sales_salesman.id, 'due_point': 'before_ship'}
        self._decide(self.review, 'tec', 'agree_cond', "x", {
            self._opinion(self.review, 'tec').items[0][1]: {
                'result': 'cond', 'comment': "x", 'condition': {**owed, 'due_point': 'before_sign'}}})
        self.review.with_user(self.user_sales_salesman).action_recall("Wrong date")
        review = self._again()
        condition = review.sudo().condition_ids
        self.assertEqual((condition.name, condition.opinion_id.department_id.code), ("Guarantee", 'tec'))
        self._finish(review)
        self.assertEqual(review.state, 'approved_cond')
        self.assertEqual(review._get_sop_open_conditions('before_sign'), condition)

    def test_new_author_is_not_carried(self):
        self._decide(self.review, 'tec')
        self.review.with_user(self.user_sales_salesman).action_recall("Wrong date")
        self.order.sudo().user_id = self.reviewers['pre']
        review = self._request_as(self.user_sales_manager)
        self.assertEqual(self._states(review)['tec'], 'pending')
        self.assertNotIn(self.reviewers['pre'], self._opinion(review, 'tec').reviewer_ids)

    def _request_as(self, user):
        with self._route(self.level, ('sal', 'tec', 'fin')):
            self.order.with_user(user).action_sop_request_review()
        return self.order.sudo().sop_review_id.sudo(False)

    def test_higher_level_asks_the_new_ones(self):
        self._finish(self.review)
        self.order.order_line.price_unit = 2000
        review = self._request(self.order, self._create_level(approver='gm'), ('sal', 'tec', 'fin', 'leg'))
        self.assertEqual(self._states(review), {
            'sal': 'pending', 'tec': 'done', 'fin': 'pending', 'leg': 'pending', 'gm': 'waiting'})


@tagged('post_install', '-at_install')
class TestReviewReturn(ContractReviewCommon):
    """Return, recall, take back."""

    def setUp(self):
        super().setUp()
        self.order = self._create_order()
        self.review = self._request(self.order)
        self.requester = self.review.with_user(self.user_sales_salesman)

    def test_return(self):
        opinion = self._opinion(self.review, 'fin')
        for reason in (None, '', '  ', 5, ['x']):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                opinion.action_return(reason)
        opinion.action_return("Annex B is missing")
        self.assertEqual(self.review.state, 'returned')
        self.assertEqual({own.state for own in self.review.sudo().opinion_ids}, {'cancelled'})
        task = self.review.sudo().activity_ids
        self.assertEqual(task.user_id, self.user_sales_salesman)
        self.assertIn("Annex B is missing", task.note)

    def test_recall(self):
        with self.assertRaises(UserError):
            self.requester.action_recall('')
        self.requester.action_recall("Wrong date")
        self.assertEqual(self.review.state, 'recalled')
        self.assertFalse(self.review.sudo().activity_ids, "Nobody waits for anything")
        with self.assertRaises(UserError):
            self.requester.action_recall("Again")
        event = self.review.event_ids[-1:]
        self.assertEqual((event.kind, event.text, event.user_id), ('recalled', "Wrong date", self.user_sales_salesman))

    def test_who_recalls(self):
        for user in (self.reviewers['fin'], self.reviewers['leg'], self.user_employee, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.review.with_user(user).action_recall("Mine")
        self._finish(self.review)
        with self.assertRaises(UserError):
            self.requester.action_recall("Too late")

    def test_recalled_is_not_rejected(self):
        self.requester.action_recall("Wrong date")
        self._request(self.order, self.review.level_id)
        self.assertFalse(self.order.sudo()._get_sop_disputes()[self.order.id])

    def test_take_back(self):
        self._decide(self.review, 'fin')
        opinion = self._opinion(self.review, 'fin')
        self.assertTrue(opinion.can_take_back)
        with self.assertRaises(AccessError):
            opinion.with_user(self.reviewers['sm']).action_take_back()
        opinion.action_take_back()
        self.assertEqual((opinion.state, opinion.opinion), ('pending', False))
        self._decide(self.review, 'sal')
        self.assertEqual(self._opinion(self.review, 'director').state, 'waiting')
        self._decide(self.review, 'fin')
        self.assertEqual(self._opinion(self.review, 'director').state, 'pending')
        opinion.action_take_back()
        self.assertEqual(self._opinion(self.review, 'director').state, 'waiting', "The approver waits again")

    def test_not_after_the_next_step(self):
        self._finish(self.review)
        self.assertFalse(self._opinion(self.review, 'fin').can_take_back)
        with self.assertRaises(UserError):
            self._opinion(self.review, 'fin').action_take_back()

    def test_ids_that_are_none(self):
        missing = self.env['sop.review.opinion'].browse(2 ** 30).with_user(self.reviewers['fin'])
        acts = (lambda: missing.action_decide('agree'), lambda: missing.action_return("x"), missing.action_take_back)
        for act in acts:
            with self.assertRaises(UserError):
                act()


@tagged('post_install', '-at_install')
class TestReviewPeople(ContractReviewCommon):
    """Substitutes, other reviewers, waivers."""

    def setUp(self):
        super().setUp()
        self.order = self._create_order()
        self.review = self._request(self.order)
        self.opinion = self._opinion(self.review, 'fin')

    def _away(self, user, substitute):
        today = self.company._get_sop_local_date(self.env.cr.now())
        return self.env['sop.absence'].create({
            'user_id': user.id, 'substitute_id': substitute.id, 'date_start': today, 'date_end': today})

    def test_substitute(self):
        self._away(self.reviewers['fin'], self.reviewers['qua'])
        own = self.opinion.with_user(self.reviewers['qua'])
        self.assertTrue(own.can_decide)
        self.assertIn(own, own.search([('can_decide', '=', True)]))
        own.action_decide('agree', fill=True)
        decided = own.sudo()
        self.assertEqual((decided.decided_by_id, decided.on_behalf_id), (self.reviewers['qua'], self.reviewers['fin']))
        event = self.review.event_ids.filtered(lambda event: event.kind == 'opinion')
        self.assertEqual((event.user_id, event.on_behalf_id), (self.reviewers['qua'], self.reviewers['fin']))

    def test_author_is_no_substitute(self):
        self._away(self.reviewers['fin'], self.user_sales_salesman)
        own = self.opinion.with_user(self.user_sales_salesman)
        self.assertFalse(own.can_decide)
        with self.assertRaises(AccessError):
            own.action_decide('agree', fill=True)

    def test_after_the_absence(self):
        absence = self._away(self.reviewers['fin'], self.reviewers['qua'])
        absence.unlink()
        with self.assertRaises(AccessError):
            self.opinion.with_user(self.reviewers['qua']).action_decide('agree', fill=True)

    def test_hand_on(self):
        expert = self._create_reviewer('service', "Service")
        self.opinion.action_reassign(expert.id, "He knows the customer")
        self.assertEqual(self.opinion.sudo().reviewer_ids, expert)
        with self.assertRaises(AccessError):
            self.opinion.action_decide('agree', fill=True)
        self._decide(self.review, 'fin')
        self.assertEqual(self.opinion.sudo().decided_by_id, expert)

    def test_who_is_let_in(self):
        self.opinion.action_reassign(self.user_employee.id, "He knows the customer")
        self.opinion.with_user(self.user_employee).action_decide('agree', fill=True)
        self.assertEqual(self.opinion.sudo().state, 'done')

    def test_whom_nobody_hands_on_to(self):
        people = self.user_sales_salesman | self.user_portal | self.reviewers['fin']
        for user_id in (*people.ids, 0, None, 'amy', [5], 2 ** 30):
            with self.subTest(user_id=user_id), self.assertRaises(UserError):
                self.opinion.action_reassign(user_id, "Please")
        with self.assertRaises(UserError):
            self.opinion.action_reassign(self.reviewers['qua'].id, "")

    def test_author_chooses_no_reviewer(self):
        """A manager hands on, unless the deal is his own."""
        self.opinion.with_user(self.user_sales_manager).action_reassign(self.reviewers['qua'].id, "Ill")
        self.assertEqual(self.opinion.sudo().reviewer_ids, self.reviewers['qua'])
        own = self._create_order(env=self.env(user=self.user_sales_manager), user_id=self.user_sales_manager.id)
        with self._route(self.review.level_id, ('sal', 'fin')):
            own.action_sop_request_review()
        opinion = self._opinion(own.sop_review_id, 'fin')
        with self.assertRaises(AccessError):
            opinion.with_user(self.user_sales_manager).action_reassign(self.reviewers['qua'].id, "Nicer")

    def test_final_approval_stays_with_its_position(self):
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin')
        with self.assertRaises(UserError):
            self._opinion(self.review, 'director').action_reassign(self.reviewers['qua'].id, "Ill")

    def test_add_reviewer(self):
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin')
        final = self._opinion(self.review, 'director')
        final.action_add_reviewer(self.reviewers['leg'].id, 'leg', "Look at the penalty")
        added = self._opinion(self.review, 'leg').sudo()
        self.assertEqual((added.added_by_id, added.added_reason), (self.reviewers['director'], "Look at the penalty"))
        self.assertIn('L08', [item[1] for item in added.items])
        self.assertNotIn('C09', [item[1] for item in added.items], "Sales answers it already")
        self.assertEqual(final.sudo().state, 'waiting')
        with self.assertRaises(UserError):
            final.action_decide('agree', fill=True)
        self._decide(self.review, 'leg')
        self.assertEqual(final.sudo().state, 'pending', "And comes back to him")
        self._finish(self.review)
        self.assertEqual(self.review.state, 'approved')

    def test_add_reviewer_without_department(self):
        self.opinion.action_add_reviewer(self.reviewers['qua'].id, None, "Your view?")
        added = self.review.sudo().opinion_ids.filtered('added_by_id')
        self.assertFalse(added.items)
        added.with_user(self.reviewers['qua']).action_decide('agree')
        for department in ('xxx', 5, ['leg']):
            with self.subTest(department=department), self.assertRaises(UserError):
                self.opinion.action_add_reviewer(self.reviewers['leg'].id, department, "Your view?")

    def test_waive(self):
        owed = {'name': "Advance in the next order", 'owner_id': self.user_sales_salesman.id, 'due_point': 'during'}
        self._decide(self.review, 'fin', 'agree_cond', "Hm", {'R02': {'result': 'fail', 'comment': "No advance"}})
        self._decide(self.review, 'sal')
        final = self._opinion(self.review, 'director')
        with self.assertRaises(AccessError):
            final.action_waive('R02', "Good customer", owed)
        final.action_add_reviewer(self.reviewers['gm'].id, None, "Will you waive R02?")
        own = self.review.sudo().opinion_ids.filtered('added_by_id').with_user(self.reviewers['gm'])
        for code, reason, condition in (
                ('R02', '', owed), ('R02', "x", None), ('C07', "x", owed), (None, "x", owed), (['R02'], "x", owed)):
            with self.subTest(code=code, reason=reason), self.assertRaises(UserError):
                own.action_waive(code, reason, condition)
        own.action_waive('R02', "Good customer", owed)
        own.action_decide('agree')
        self._decide(self.review, 'director')
        self.assertEqual(self.review.state, 'approved_cond')
        self.assertEqual(self.review._get_sop_open_conditions('during').name, "Advance in the next order")

    def test_blocking_is_never_waived(self):
        condition = {'name': "x", 'owner_id': self.user_sales_salesman.id, 'due_point': 'before_sign'}
        self.opinion.action_answer({'C07': {'result': 'fail', 'comment': "90 %"}})
        self.opinion.action_add_reviewer(self.reviewers['gm'].id, None, "Will you?")
        own = self.review.sudo().opinion_ids.filtered('added_by_id').with_user(self.reviewers['gm'])
        with self.assertRaises(UserError):
            own.action_waive('C07', "Good customer", condition)
