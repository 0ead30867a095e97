from odoo.tests import HttpCase, tagged

from .clause_common import ClauseCommon


@tagged('post_install', '-at_install')
class TestContractTours(ClauseCommon, HttpCase):
    """From a quotation to the review in three clicks; the auditor reads all of it and changes nothing."""

    def _tour(self, path, name, user):
        user.password = user.login
        self.start_tour(path, name, login=user.login)

    def test_salesperson_requests_the_review(self):
        order = self._create_order()
        with self._route(self._create_level()):
            self._tour(f'/odoo/sales/{order.id}', 'sop_salesperson_requests_review', self.user_sales_salesman)
        contract = order.sudo().sop_contract_id
        self.assertEqual((contract.state, contract.sop_review_id.state), ('in_review', 'in_review'))

    def test_auditor_reads_the_trail(self):
        review = self._request(self._create_order())
        self._decide(review, 'fin')
        events = len(review.sudo().event_ids)
        self._tour(f'/odoo/sop-reviews/{review.id}', 'sop_auditor_reads_trail', self.user_auditor)
        self.assertEqual(len(review.sudo().event_ids), events)
