from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewRound(ContractReviewCommon):
    """Request, opinions, result."""

    def test_all_agree(self):
        order = self._create_order()
        review = self._request(order, message="Please soon")
        self.assertEqual(review.state, 'in_review')
        self.assertEqual(
            {opinion.approver_code or opinion.department_id.code: opinion.state for opinion in review.sudo().opinion_ids},
            {'sal': 'pending', 'fin': 'pending', 'director': 'waiting'})
        self._decide(review, 'sal')
        self._decide(review, 'fin')
        self.assertEqual(review.state, 'in_review')
        self._decide(review, 'director')
        self.assertEqual(review.state, 'approved')
        self.assertEqual(order.sop_review_state, 'approved')
