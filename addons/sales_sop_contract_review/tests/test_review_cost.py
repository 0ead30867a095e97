from odoo.tests import tagged

from .common import ContractReviewCommon

FEW, MANY = 5, 50
# INSERTs come in blocks; one query per record would be 45 more.
ROOM = 30


@tagged('post_install', '-at_install')
class TestReviewCost(ContractReviewCommon):
    """A batch of reviews costs as many queries as a few: from the request to the confirmed orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls._create_level(approver=False)

    def setUp(self):
        super().setUp()
        # The first review of a database makes the numbers of the year and empties caches.
        self._run(1)

    def _count(self, act):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        act()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _run(self, number):
        """Queries of the request, of the first opinion, of the last one and of the confirmation."""
        orders = self.env['sale.order'].with_user(self.user_sales_salesman).union(
            *(self._create_order() for __ in range(number)))
        with self._route(self.level, ('sal', 'fin')):
            request = self._count(orders.action_sop_request_review)
        decisions = [self._count(lambda code=code: self._agree(orders, code)) for code in ('fin', 'sal')]
        confirm = self._count(orders.action_confirm)
        self.assertEqual(set(orders.mapped('state')), {'sale'})
        return {'request': request, 'first opinion': decisions[0], 'last opinion': decisions[1], 'confirm': confirm}

    def _agree(self, orders, code):
        opinions = self.env['sop.review.opinion'].search([
            ('review_id', 'in', orders.sudo().sop_review_id.ids), ('department_id.code', '=', code)])
        opinions.with_user(opinions.reviewer_ids[:1]).action_decide('agree', fill=True)

    def _get_confirm(self, number):
        """Queries that confirming as many orders costs without us."""
        self.company.sop_review_gate = 'off'
        orders = self.env['sale.order'].with_user(self.user_sales_salesman).union(
            *(self._create_order() for __ in range(number)))
        count = self._count(orders.action_confirm)
        self.company.sop_review_gate = 'enforce'
        return count

    def _assert_flat(self):
        few, many = self._run(FEW), self._run(MANY)
        plain = {number: self._get_confirm(number) for number in (FEW, MANY)}
        few['confirm'] -= plain[FEW]
        many['confirm'] -= plain[MANY]
        for step, count in few.items():
            with self.subTest(step):
                self.assertLess(many[step] - count, ROOM, f"{count} queries for {FEW}, {many[step]} for {MANY}")

    def test_notified(self):
        self._assert_flat()

    def test_silent(self):
        self.company.sop_review_notify = 'none'
        self._assert_flat()

    def test_one(self):
        """Whoever asks for the review of one order does not wait."""
        self.company.sop_review_notify = 'none'
        counts = self._run(1)
        self.assertLessEqual(counts['request'], 70)
        self.assertLessEqual(counts['first opinion'], 35)
