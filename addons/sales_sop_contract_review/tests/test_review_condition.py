from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon


class ReviewConditionCommon(ContractReviewCommon):
    """A round in which quality asked for something and the general manager approved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()
        cls.review = cls._give_review(cls.order, 'approved_cond')
        cls.opinion = cls._create_opinion(cls.reviewers['qua'])
        cls.final = cls._create_opinion(cls.reviewers['gm'], is_final=True)
        cls.owner = new_test_user(cls.env, 'user_sop_owner', groups='base.group_user')

    @classmethod
    def _create_opinion(cls, reviewer, **values):
        return as_engine(cls.env['sop.review.opinion']).create({
            'review_id': cls.review.id, 'reviewer_ids': [Command.set(reviewer.ids)], 'state': 'done',
            'decided_by_id': reviewer[:1].id, **values})

    @classmethod
    def _create_condition(cls, due_point='before_ship', **values):
        condition = as_engine(cls.env['sop.review.condition']).create({
            'review_id': cls.review.id, 'opinion_id': cls.opinion.id, 'name': "Test report at hand",
            'owner_id': cls.owner.id, 'due_point': due_point, **values})
        return cls.env['sop.review.condition'].browse(condition.id)

    def _as(self, records, user):
        return records.with_env(self.env(user=user, context={}))

    def _finish(self, condition):
        self._as(condition, self.owner).action_done("Report 12 of the laboratory")
        self._as(condition, self.reviewers['qua']).action_verify()


@tagged('post_install', '-at_install')
class TestReviewCondition(ReviewConditionCommon):

    def test_owner_does_and_department_verifies(self):
        condition = self._create_condition()
        self._as(condition, self.owner).action_done("Report 12 of the laboratory")
        self.assertEqual((condition.state, condition.done_by_id), ('done', self.owner))
        self.assertEqual(condition.activity_ids.user_id, self.reviewers['qua'])
        self._as(condition, self.reviewers['qua']).action_verify()
        self.assertEqual((condition.state, condition.verified_by_id), ('verified', self.reviewers['qua']))
        self.assertFalse(condition.activity_ids)
        self.assertFalse(self.review._get_sop_open_conditions('before_ship'))

    def test_only_the_owner_says_it_is_done(self):
        condition = self._create_condition()
        for user in (self.reviewers['qua'], self.reviewers['gm'], self.user_sales_salesman, self.user_sales_manager):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(condition, user).action_done("I say so")

    def test_owner_does_not_verify(self):
        condition = self._create_condition(owner_id=self.reviewers['qua'].id, opinion_id=self._create_opinion(
            self.reviewers['qua'] | self.reviewers['prd']).id)
        self._as(condition, self.reviewers['qua']).action_done("Done")
        with self.assertRaises(AccessError):
            self._as(condition, self.reviewers['qua']).action_verify()
        self._as(condition, self.reviewers['prd']).action_verify()

    def test_whoever_stood_in_for_the_owner_does_not_verify(self):
        condition, quality = self._create_condition(), self.reviewers['qua']
        today = fields.Date.today()
        self.env['sop.absence'].create({
            'user_id': self.owner.id, 'substitute_id': quality.id,
            'date_start': today - timedelta(days=2), 'date_end': today + timedelta(days=2)})
        self._as(condition, quality).action_done("Done for him")
        self.assertEqual(condition.done_by_id, quality)
        with self.assertRaises(AccessError):
            self._as(condition, quality).action_verify()

    def test_strangers_do_not_verify(self):
        condition = self._create_condition()
        self._as(condition, self.owner).action_done("Done")
        for user in (self.reviewers['leg'], self.user_sales_salesman, self.user_sales_manager, self.user_auditor):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(condition, user).action_verify()

    def test_owner_has_somebody_who_verifies(self):
        """Where the department is the owner himself, the final approver verifies; nobody at all is refused."""
        condition = self._create_condition(owner_id=self.reviewers['qua'].id)
        self.assertEqual(condition._get_sop_verifiers(), self.reviewers['gm'])
        with self.assertRaises(ValidationError):
            self._create_condition(owner_id=self.reviewers['gm'].id, opinion_id=self.final.id)

    def test_done_needs_evidence(self):
        condition = self._as(self._create_condition(), self.owner)
        for evidence in ('', '  ', None, False):
            with self.assertRaises(UserError):
                condition.action_done(evidence)
        for files in ('x', 5, [None], [[1]], {'a': 1}):
            with self.assertRaises(UserError):
                condition.action_done("Done", files)
        file = self.env['ir.attachment'].with_user(self.owner).create({'name': "report.pdf", 'raw': b'%PDF'})
        condition.action_done('', file.ids)
        self.assertEqual(condition.evidence_ids.mapped('name'), ["report.pdf"])
        self.assertNotEqual(condition.evidence_ids, file, "A copy is kept")
        with self.assertRaises(AccessError):
            condition.evidence_ids.unlink()

    def test_files_of_others_are_no_evidence(self):
        file = self.env['ir.attachment'].create({
            'name': "salary.pdf", 'raw': b'%PDF', 'res_model': 'res.users', 'res_id': 0})
        with self.assertRaises(AccessError):
            self._as(self._create_condition(), self.owner).action_done("Done", file.ids)

    def test_reopened(self):
        condition = self._create_condition()
        self._finish(condition)
        quality = self._as(condition, self.reviewers['qua'])
        with self.assertRaises(UserError):
            quality.action_reopen(' ')
        quality.action_reopen("The report is of another pump")
        self.assertEqual(condition.state, 'open')
        self.assertEqual(condition.activity_ids.user_id, self.owner)
        self.assertTrue(self.review._get_sop_open_conditions('before_ship'))

    def test_only_the_final_approver_waives(self):
        condition = self._create_condition()
        for user in (self.owner, self.reviewers['qua'], self.user_sales_manager):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(condition, user).action_waive("Not needed")
        with self.assertRaises(UserError):
            self._as(condition, self.reviewers['gm']).action_waive('')
        self._as(condition, self.reviewers['gm']).action_waive("The customer tests himself")
        self.assertEqual((condition.state, condition.waived_by_id), ('waived', self.reviewers['gm']))
        with self.assertRaises(UserError):
            self._as(condition, self.owner).action_done("Too late")

    def test_nobody_writes_it(self):
        condition = self._create_condition()
        for user in (self.owner, self.reviewers['gm'], self.user_sales_manager):
            for values in ({'state': 'verified'}, {'owner_id': user.id}, {'name': "Nothing"}):
                with self.assertRaises(AccessError):
                    self._as(condition, user).write(values)
            with self.assertRaises(AccessError):
                self._as(condition, user).unlink()
            with self.assertRaises(AccessError):
                self._as(condition, user).copy()

    def test_who_reads(self):
        condition = self._create_condition()
        reads = {self.owner, self.user_auditor, self.user_sales_salesman, self.user_sales_manager}
        for user in (*reads, self.user_employee, self.user_portal):
            found = self._as(condition, user).env['sop.review.condition']
            if user == self.user_portal:
                with self.assertRaises(AccessError):
                    found.search([])
                continue
            self.assertEqual(bool(found.search([('id', '=', condition.id)])), user in reads, user.name)
        with self.assertRaises(AccessError):
            self._as(condition, self.user_employee).action_done("Mine")

    def test_not_of_a_round_that_does_not_hold(self):
        condition = self._create_condition()
        condition._sop_announce()
        self.assertTrue(condition.activity_ids)
        self.review._sop_outdate()
        self.assertFalse(condition.activity_ids, "No ghost work")
        with self.assertRaises(UserError):
            self._as(condition, self.owner).action_done("Done")

    def test_task_when_the_review_passes(self):
        review = self._give_review(self._create_order(), 'in_review')
        opinion = self._create_opinion(self.reviewers['qua'], review_id=review.id)
        condition = self._create_condition(review_id=review.id, opinion_id=opinion.id)
        self.assertFalse(condition.activity_ids)
        review._sop_set_state('approved_cond')
        condition.invalidate_recordset()
        self.assertEqual(condition.activity_ids.user_id, self.owner)
        self.assertEqual(condition.activity_ids.date_deadline, condition.due_date)

    def test_owner_works_here(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        foreigner = new_test_user(
            self.env, 'user_sop_else', groups='base.group_user', company_id=other.id, company_ids=[(6, 0, other.ids)])
        for owner in (self.user_portal, foreigner):
            with self.assertRaises(ValidationError):
                self._create_condition(owner_id=owner.id)
        with self.assertRaises(ValidationError):
            self._create_condition(name='  ')

    def test_lists(self):
        condition = self._create_condition()
        conditions = self._as(condition, self.owner).env['sop.review.condition']
        self.assertEqual(conditions.search([('is_mine', '=', True)]), condition)
        self._as(condition, self.owner).action_done("Done")
        quality = self._as(condition, self.reviewers['qua'])
        self.assertEqual(quality.sudo().search([('can_verify', '=', True)]), condition)
        self.assertFalse(conditions.sudo().search([('can_verify', '=', True)]))

    def test_late(self):
        condition = self._create_condition(due_date=fields.Date.today() - timedelta(days=2))
        self.assertTrue(condition.is_late)
        with patch.object(self.registry['ir.cron'], '_commit_progress', return_value=9):
            self.env['sop.review.condition']._cron_sop_remind()
            self.env['sop.review.condition']._cron_sop_remind()
        self.assertEqual(condition.activity_ids.user_id, self.review.requester_id)

    def test_day_is_proposed(self):
        with freeze_time('2026-03-02 02:00:00'):
            condition = self._create_condition()
        self.assertEqual(str(condition.due_date), '2026-03-09')

    def test_two_at_once(self):
        """The second one sees what the first one did."""
        condition = self._create_condition()
        stale = self._as(condition, self.owner)
        self.assertEqual(stale.state, 'open')
        self._as(condition, self.reviewers['gm']).action_waive("Not needed")
        with self.assertRaises(UserError):
            stale.action_done("Done")


@tagged('post_install', '-at_install')
class TestShipmentGate(ReviewConditionCommon):

    def setUp(self):
        super().setUp()
        self.line = self.order.order_line
        # The gate of the order itself is not what is looked at here.
        self.company.sop_review_gate = 'off'
        self.order.sudo().action_confirm()
        as_engine(self.order).sop_review_id = self.review
        self.product.type = 'service'
        self.line = self._as(self.line, self.user_sales_salesman)

    def test_open_condition_holds_the_shipment(self):
        condition = self._create_condition()
        with self.assertRaises(UserError) as caught:
            self.line.qty_delivered = 4
        self.assertIn(condition.name, str(caught.exception))
        self.assertIn(self.order.name, str(caught.exception))
        self.env.invalidate_all()
        self.assertFalse(self.line.qty_delivered)
        for env in (self.env, self.line.sudo().env):
            with self.assertRaises(UserError):
                self.line.with_env(env).write({'qty_delivered': 4})

    def test_done_is_not_enough(self):
        condition = self._create_condition()
        self._as(condition, self.owner).action_done("Done")
        with self.assertRaises(UserError):
            self.line.qty_delivered = 4
        self._as(condition, self.reviewers['qua']).action_verify()
        self.line.qty_delivered = 4
        self.assertEqual(self.line.qty_delivered, 4)

    def test_waived(self):
        condition = self._create_condition()
        self._as(condition, self.reviewers['gm']).action_waive("The customer tests himself")
        self.line.qty_delivered = 4

    def test_other_points_do_not_hold_it(self):
        self._create_condition('during')
        self.line.qty_delivered = 4

    def test_less_and_the_same_are_free(self):
        self.line.qty_delivered = 4
        self._create_condition()
        self.line.qty_delivered = 4
        self.line.qty_delivered = 3
        with self.assertRaises(UserError):
            self.line.qty_delivered = 3.5

    def test_new_line(self):
        self._create_condition()
        with self.assertRaises(UserError):
            self.env['sale.order.line'].create({
                'order_id': self.order.id, 'product_id': self.line.product_id.id, 'qty_delivered': 2})

    def test_condition_of_the_contract(self):
        order = self._create_order()
        contract = self._create_contract(order)
        order.sudo().action_confirm()
        review = self._give_review(contract, 'approved_cond')
        opinion = self._create_opinion(self.reviewers['qua'], review_id=review.id)
        self._create_condition(review_id=review.id, opinion_id=opinion.id)
        with self.assertRaises(UserError):
            order.order_line.qty_delivered = 1

    def test_recomputed_quantity(self):
        """What a transfer of the warehouse delivers is computed: it passes the same gate."""
        self._create_condition()
        lines = self.env.registry['sale.order.line']
        with patch.object(lines, '_prepare_qty_delivered', lambda records: dict.fromkeys(records, 5)):
            with self.assertRaises(UserError):
                self.env.add_to_compute(lines._fields['qty_delivered'], self.line.sudo())
                self.line.sudo().flush_recordset()
        self.env.invalidate_all(flush=False)

    def test_constant_queries(self):
        orders = self.env['sale.order']
        for __ in range(6):
            orders |= self._create_order()
        counts = []
        for some in (orders[:1], orders[1:]):
            self.env.flush_all()
            self.env.invalidate_all()
            some.order_line.mapped('product_uom_qty')
            some.mapped('company_id.name')
            before = self.env.cr.sql_log_count
            some._get_sop_open_conditions('before_ship')
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
