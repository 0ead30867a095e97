from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .amendment_common import AmendmentCommon


@tagged('post_install', '-at_install')
class TestAmendmentReview(AmendmentCommon):
    """Who is asked about an amendment: those whom its kinds concern, or all (§4.7)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        level = cls.env['sop.review.level'].search([('code', '=', 'L2'), ('company_id', '=', False)])
        as_engine(cls.contract).sop_review_id.level_id = level

    def _get_route(self, amendment):
        return amendment._get_sop_review_routes()[amendment.id]

    def _add_kind(self, amendment, code):
        amendment.added_kind_ids = self.env['sop.review.topic'].search([('code', '=', code)])

    def test_each_kind_asks_its_departments(self):
        amendment = self._amend(amendment_text="As agreed by phone")
        for code, departments in {
            'price': ['sal', 'fin'], 'payment': ['sal', 'fin'], 'quantity': ['sal', 'prd'], 'date': ['sal', 'prd'],
            'place': ['sal', 'prd'], 'spec': ['sal', 'tec', 'prd', 'qua'], 'service': ['sal', 'tec'],
            'party': ['sal', 'fin', 'leg'], 'legal': ['sal', 'fin', 'leg'], 'cancel': ['sal', 'fin', 'leg'],
        }.items():
            self._add_kind(amendment, code)
            with self.subTest(kind=code):
                route = self._get_route(amendment)
                self.assertEqual(route['departments'], departments)
                self.assertEqual(route['level'].code, 'L2')

    def test_kinds_add_up(self):
        amendment = self._amend()
        self._change(amendment, price_unit=990)
        amendment.amendment_order_ids.commitment_date = '2030-01-01'
        self.assertEqual(self._get_route(amendment)['departments'], ['sal', 'prd', 'fin'])

    def test_small_change_of_the_amount(self):
        amendment = self._amend()
        self._change(amendment, price_unit=910)
        route = self._get_route(amendment)
        self.assertEqual(route['departments'], ['sal', 'fin'])
        self._change(amendment, price_unit=500)
        route = self._get_route(amendment)
        self.assertIn("-45", ' '.join(route['reasons']))
        self.assertLessEqual({'sal', 'tec', 'prd', 'fin'}, set(route['departments']))

    def test_higher_level_is_a_full_review(self):
        amendment = self._amend()
        self._change(amendment, quantity=10000)
        route = self._get_route(amendment)
        self.assertEqual(route['level'].code, 'L4')
        self.assertLessEqual({'sal', 'tec', 'prd', 'qua', 'fin', 'leg'}, set(route['departments']))
        self.assertIn("rises", ' '.join(route['reasons']))

    def test_reviewed_within_three_days(self):
        amendment = self._amend()
        self._change(amendment, quantity=10000)
        amendment.action_sop_request_review()
        review = amendment.sop_review_id.sudo()
        self.assertEqual(review.day_limit, 3)
        self.assertEqual(amendment.state, 'in_review')
        self.assertTrue(self.pumps.sop_is_on_hold)

    def test_from_request_to_effect(self):
        amendment = self._amend(impact_cost=77123)
        self._change(amendment, quantity=9)
        amendment.action_sop_request_review("Please")
        review = amendment.sop_review_id
        self.assertIn("Pump P20", review.sudo().snapshot['html']['en_US'])
        self.assertNotIn("77", review.sudo().snapshot['html']['en_US'])
        for code in ('sal', 'prd', 'director'):
            self._decide(review, code)
        self.assertEqual(amendment.state, 'approved')
        self._attach_agreement(amendment)
        amendment.action_sop_put_into_effect()
        self.assertEqual(self.pumps.product_uom_qty, 9)

    def test_disapproved_changes_nothing(self):
        amendment = self._amend()
        self._change(amendment, quantity=9)
        amendment.action_sop_request_review()
        review = amendment.sop_review_id
        blocking = next(
            code for __, code, severity in self._opinion(review, 'prd').sudo().items if severity == 'blocking')
        self._decide(review, 'prd', 'disagree', comment="No room", answers={
            blocking: {'result': 'fail', 'comment': "No room before summer"}})
        amendment.invalidate_recordset()
        self.assertEqual(amendment.state, 'rejected')
        self.assertFalse(self.pumps.sop_is_on_hold)
        self.assertEqual(self.pumps.product_uom_qty, 10)

    def test_withdrawn_while_it_is_reviewed(self):
        amendment = self._amend()
        self._change(amendment, quantity=9)
        amendment.action_sop_request_review()
        review = amendment.sop_review_id
        amendment.action_sop_void("Not needed any more")
        self.assertEqual((amendment.state, review.state), ('void', 'recalled'))
        self.assertFalse(self.pumps.sop_is_on_hold)

    def test_change_outdates(self):
        amendment = self._amend()
        self._change(amendment, quantity=9)
        before = amendment._get_sop_review_fingerprints()[amendment.id]
        self._change(amendment, quantity=8)
        after = amendment._get_sop_review_fingerprints()[amendment.id]
        self.assertEqual({topic for topic in before if before[topic] != after[topic]}, {'quantity'})
        amendment.title = "Another title"
        self.assertEqual(amendment._get_sop_review_fingerprints()[amendment.id], after)

    def test_routes_in_a_batch(self):
        amendments = self.env['sop.contract']
        for __ in range(3):
            order = self._create_reviewed_order()
            amendment = self._amend(order)
            self._change(amendment, order.order_line, quantity=9)
            amendments |= amendment
        self.assertEqual(
            [route['departments'] for route in amendments._get_sop_review_routes().values()], [['sal', 'prd']] * 3)
