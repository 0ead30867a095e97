from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewFingerprint(ContractReviewCommon):

    def test_each_topic_has_its_own(self):
        order = self._create_order()
        review = self._give_review(order)
        self.assertEqual(order._get_sop_changed_topics(), {order.id: set()})
        order.order_line.price_unit = 900
        self.assertEqual(review.state, 'outdated')
        kept, now = review.fingerprints, order._get_sop_review_fingerprints()[order.id]
        self.assertEqual({topic for topic in now if kept[topic] != now[topic]}, {'price'})
