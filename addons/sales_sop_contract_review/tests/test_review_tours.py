from odoo.tests import HttpCase, tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewTours(ContractReviewCommon, HttpCase):
    """Reviewers without rights in Sales decide on the screen."""

    def setUp(self):
        super().setUp()
        for code in ('leg', 'sm'):
            self.reviewers[code].password = self.reviewers[code].login
        self.user_sales_salesman.password = self.user_sales_salesman.login
        self.review = self._request(self._create_order(), departments=('sal', 'leg'))

    def _tour(self, name, user):
        self.start_tour('/odoo', name, login=user.login)

    def test_legal_reviews(self):
        self._tour('sop_legal_reviews', self.reviewers['leg'])
        opinion = self._opinion(self.review, 'leg').sudo()
        self.assertEqual((opinion.state, opinion.opinion), ('done', 'agree'))
        self.assertTrue(opinion.opened_at)
        self.assertTrue(opinion.figures)

    def test_condition_from_the_review_to_its_evidence(self):
        self._tour('sop_manager_approves_with_condition', self.reviewers['sm'])
        opinion = self._opinion(self.review, 'sal').sudo()
        self.assertEqual((opinion.state, opinion.opinion), ('done', 'agree_cond'))
        condition = opinion.condition_ids
        self.assertEqual(condition.name, "Fill in the delivery address")
        self.assertEqual(condition.owner_id, self.user_sales_salesman)
        self._tour('sop_condition_is_met', self.user_sales_salesman)
        self.assertEqual((condition.state, condition.evidence), ('done', "Address of hall 2 is in the order"))
