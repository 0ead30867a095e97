from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .amendment_common import AmendmentCommon


@tagged('post_install', '-at_install')
class TestAmendmentFollowUp(AmendmentCommon):
    """After an amendment took effect: documents, change notices, and changes nobody approved."""

    def _carry_out_change(self):
        amendment = self._amend()
        self._change(amendment, quantity=8)
        self._carry_out(amendment)
        return amendment

    def _get_notice(self, amendment, code):
        notice = amendment.sudo().notice_ids.filtered(lambda notice: notice.user_id == self.reviewers[code])
        return notice.with_user(self.reviewers[code])

    def test_only_documents_that_it_touches(self):
        tasks = self._carry_out_change().task_ids
        names = tasks.type_id.mapped('name')
        self.assertIn("Order", names)
        self.assertIn("Production and delivery plan", names)
        self.assertNotIn("Drawings and specification", names)
        self.assertEqual(tasks.filtered('is_done').type_id.mapped('name'), ["Order"])

    def test_departments_are_told(self):
        amendment = self._carry_out_change()
        readers = amendment.sudo().notice_ids.user_id
        self.assertEqual(
            readers, self.reviewers['sm'] | self.reviewers['prd'] | self.user_sales_salesman)
        notice = self._get_notice(amendment, 'prd')
        self.assertIn("Pump P20", notice.changes)
        self.assertEqual(notice.activity_ids.user_id, self.reviewers['prd'])
        with self.assertRaises(AccessError):
            amendment.with_user(self.reviewers['prd']).read(['name'])
        self.assertEqual(
            self.env['sop.change.notice'].with_user(self.reviewers['prd']).search([]), notice)
        self.assertFalse(self.env['sop.change.notice'].with_user(self.reviewers['leg']).search([]))

    def test_read_by_oneself(self):
        amendment = self._carry_out_change()
        notice = self._get_notice(amendment, 'prd')
        for user in (self.reviewers['leg'], self.user_portal, self.user_employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                notice.with_user(user).action_read()
        with self.assertSays("who reads it himself"):
            notice.with_user(self.user_sales_salesman).action_read()
        with self.assertRaises(AccessError):
            notice.with_user(self.reviewers['prd']).write({'read_date': fields.Datetime.now()})
        self.assertIn(self.reviewers['prd'].name, amendment.unread_names)
        notice.action_read()
        self.assertTrue(notice.read_date)
        self.assertFalse(notice.activity_ids)
        self.assertNotIn(self.reviewers['prd'].name, amendment.unread_names)

    def test_completed_when_all_is_done(self):
        amendment = self._carry_out_change()
        with self.assertSays("completed by itself"):
            amendment.action_sop_complete("Enough")
        for notice in amendment.sudo().notice_ids:
            notice.with_user(notice.user_id).action_read()
        self.assertEqual(amendment.state, 'effective')
        tasks = amendment.task_ids.filtered(lambda task: not task.is_done)
        tasks[1:].action_done()
        tasks[:1].with_user(self.reviewers['prd']).action_done("Plan 7")
        self.assertEqual(amendment.state, 'completed')
        self.assertEqual(tasks[0].done_by_id, self.reviewers['prd'])
        self.assertEqual(tasks[0].remark, "Plan 7")

    def test_tasks_are_ticked_by_the_button(self):
        amendment = self._carry_out_change()
        task = amendment.task_ids.filtered(lambda task: not task.is_done)[0]
        with self.assertRaises(AccessError):
            task.write({'is_done': True})
        for user in (self.reviewers['leg'], self.user_portal, self.user_employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                task.with_user(user).action_done()
        for bad in (7, ["x"], {'a': 1}):
            with self.subTest(bad=bad), self.assertRaises(UserError):
                task.action_done(bad)
        task.action_done()
        with self.assertSays("only who ticked it"):
            task.with_user(self.reviewers['prd']).action_undo()
        task.action_undo()
        self.assertFalse(task.is_done)

    def test_late_readers_are_told_of_once(self):
        amendment = self._carry_out_change()
        due = max(amendment.sudo().notice_ids.mapped('due_date'))
        contract = amendment.sudo()
        for days, told in ((0, 0), (1, 1), (2, 1)):
            with freeze_time(fields.Datetime.to_datetime(due) + timedelta(days=days, hours=12)):
                with self.enter_registry_test_mode():
                    self.env.ref('sales_sop_contract_review.ir_cron_sop_change_notice').method_direct_trigger()
                contract.invalidate_recordset()
                late = contract.activity_ids.filtered(lambda activity: "not read" in (activity.summary or ''))
                self.assertEqual(len(late), told, f"after {days} days")
        self.assertEqual(late.user_id, self.user_sales_salesman)
        with freeze_time(fields.Datetime.to_datetime(due) + timedelta(days=1, hours=12)):
            notice = self._get_notice(amendment, 'prd')
            notice.invalidate_recordset()
            self.assertTrue(notice.is_overdue)

    def test_unapproved_change_is_found(self):
        contract = self.contract.sudo()
        contract._sop_flag_unapproved()
        self.assertFalse(contract.unapproved_date)
        as_engine(self.pumps).price_unit = 500
        contract._sop_flag_unapproved()
        self.assertTrue(contract.unapproved_date)
        activities = contract.activity_ids.filtered(lambda activity: self.order.name in (activity.summary or ''))
        self.assertEqual(activities.user_id, self.reviewers['sm'])
        contract._sop_flag_unapproved()
        self.assertEqual(len(contract.activity_ids & activities), 1, "Told once")
        as_engine(self.pumps).price_unit = 1000
        contract._sop_flag_unapproved()
        self.assertFalse(contract.unapproved_date)
        self.assertFalse(contract.activity_ids & activities)

    def test_cron_looks_at_all(self):
        as_engine(self.pumps).price_unit = 500
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('sales_sop_contract_review.ir_cron_sop_unapproved_change').method_direct_trigger()
        self.contract.invalidate_recordset()
        self.assertTrue(self.contract.unapproved_date)
