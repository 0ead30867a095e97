from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .order_gate_common import OrderGateCommon


class OrderPaymentCommon(OrderGateCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls.order.sudo()
        cls.order.require_payment = True

    def _pay(self, order, state='done', share=1):
        provider = self.env['payment.provider'].search([], limit=1)
        method = self.env['payment.method'].with_context(active_test=False).search([], limit=1)
        return self.env['payment.transaction'].create({
            'provider_id': provider.id, 'payment_method_id': method.id, 'state': state,
            'reference': f'sop-{order.id}-{len(order.sudo().transaction_ids)}', 'amount': share * order.amount_total,
            'currency_id': order.currency_id.id, 'partner_id': order.partner_id.id,
            'sale_order_ids': [Command.set(order.ids)]})

    def _process(self, payment):
        """As the job of payments does it; mails and the books are not looked at here."""
        with patch.object(self.registry['sale.order'], '_send_order_notification_mail'), \
                patch.object(self.registry['payment.transaction'], '_create_payment'):
            payment._post_process()

    def _run_cron(self):
        with patch.object(self.registry['ir.cron'], '_commit_progress', return_value=9), \
                patch.object(self.registry['sale.order'], '_send_order_notification_mail') as mail:
            self.env['sale.order']._cron_sop_confirm_paid()
        return mail


@tagged('post_install', '-at_install')
class TestOrderPayment(OrderPaymentCommon):
    """Money that arrives before the review is passed is kept; nothing crashes, nothing is confirmed."""

    def _get_tasks(self, xmlid):
        activity_type = self.env.ref(f'sales_sop_contract_review.{xmlid}')
        return self.order.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type)

    def test_not_offered(self):
        self.order.require_signature = True
        self.assertFalse(self.order._has_to_be_signed() or self.order._has_to_be_paid())
        self._give_review(self.order)
        self.assertTrue(self.order._has_to_be_signed() and self.order._has_to_be_paid())
        self.order.order_line.price_unit = 900
        self.assertFalse(self.order._has_to_be_signed() or self.order._has_to_be_paid())

    def test_paid_too_early(self):
        for state in ('done', 'authorized'):
            order = self.order.copy({'require_payment': True})
            payment = self._pay(order)
            payment.flush_recordset()
            # None of the providers here authorizes.
            self.env.cr.execute("UPDATE payment_transaction SET state = %s WHERE id = %s", [state, payment.id])
            self.env.invalidate_all()
            self._process(payment)
            self.assertTrue(payment.is_post_processed, "It is not tried again for days")
            self.assertEqual((order.state, order.sop_paid_unreviewed), ('sent', True))

    def test_who_is_told(self):
        self._process(self._pay(self.order))
        self._process(self._pay(self.order))
        tasks = self._get_tasks('mail_activity_type_paid_unreviewed')
        self.assertEqual(tasks.user_id, self.user_sales_salesman, "Once, and finance without Sales by a message")
        told = self.order.message_ids.notified_partner_ids | self.env['mail.message'].search(
            [('res_id', '=', self.order.id), ('model', '=', 'sale.order')]).notified_partner_ids
        self.assertIn(self.reviewers['fin'].partner_id, told)

    def test_confirmed_when_reviewed(self):
        self._process(self._pay(self.order))
        review = self._give_review(self.order, 'in_review')
        review.sudo()._sop_set_state('approved')
        self.assertEqual(self.order.state, 'sent', "The reviewer does not wait for the confirmation")
        mail = self._run_cron()
        self.assertEqual((self.order.state, self.order.sop_paid_unreviewed), ('sale', False))
        self.assertTrue(mail.called)
        self.assertFalse(self._get_tasks('mail_activity_type_paid_unreviewed'))

    def test_waits_for_conditions(self):
        self._process(self._pay(self.order))
        condition = self._add_condition(self._give_review(self.order, 'approved_cond'))
        self._run_cron()
        self.assertEqual(self.order.state, 'sent')
        as_engine(condition).state = 'verified'
        self._run_cron()
        self.assertEqual(self.order.state, 'sale')

    def test_too_little_stays_a_deposit(self):
        self._process(self._pay(self.order, share=0.1))
        self._give_review(self.order)
        self._run_cron()
        self.assertEqual((self.order.state, self.order.sop_paid_unreviewed), ('sent', False))

    def test_one_that_fails_does_not_hold_the_others(self):
        other = self.order.copy({'require_payment': True})
        for order in (self.order, other):
            self._process(self._pay(order))
            self._give_review(order)
        confirm = self.registry['sale.order']._action_confirm

        def fail(orders):
            if self.order in orders:
                raise UserError(orders.display_name)
            return confirm(orders)

        with patch.object(self.registry['sale.order'], '_action_confirm', fail):
            self._run_cron()
        self.assertEqual((self.order.state, other.state), ('sent', 'sale'))
        self.assertIn(self.order.display_name, self.order.message_ids[0].body)

    def test_rejected(self):
        self._process(self._pay(self.order))
        review = self._give_review(self.order, 'in_review')
        review.sudo()._sop_set_state('rejected')
        self.assertTrue(self._get_tasks('mail_activity_type_refund'))
        self._run_cron()
        self.assertEqual(self.order.state, 'sent')

    def test_cancelled(self):
        self._process(self._pay(self.order))
        self.order.action_cancel()
        self.assertFalse(self.order.sop_paid_unreviewed)

    def test_bank_transfer_announced(self):
        """A pending payment marks the quotation as sent: the customer has it."""
        payment = self._pay(self.order, 'pending')
        self._process(payment)
        self.assertTrue(payment.is_post_processed)
        self.assertEqual((self.order.state, self.order.sop_paid_unreviewed), ('sent', False))

    def test_paid_on_delivery(self):
        """Payment methods that confirm the order themselves while they are processed do not crash either."""
        payment = self._pay(self.order, 'pending')
        for user in (self.env.user, self.env.ref('base.public_user')):
            payment.with_user(user).sudo().sale_order_ids.with_context(send_email=True).action_confirm()
            self.assertEqual((self.order.state, self.order.sop_paid_unreviewed), ('sent', True))
        self._give_review(self.order)
        self._run_cron()
        self.assertEqual(self.order.state, 'sale')

    def test_a_person_does_not_pass_with_a_payment(self):
        self._pay(self.order, 'pending')
        with self.assertRaises(UserError):
            self.order.with_user(self.user_sales_salesman).action_confirm()

    def test_free_orders_as_ever(self):
        self.small = self.small.sudo()
        self.small.require_payment = True
        payment = self._pay(self.small)
        self._process(payment)
        self.assertEqual((self.small.state, self.small.sop_paid_unreviewed), ('sale', False))

    def test_shop_without_payment(self):
        """What the web shop calls for an amount of zero."""
        self.rule.write({'trigger': 'always'})
        order = self._create_order(price=0)
        with self.assertRaises(UserError):
            order.sudo()._validate_order()
        with self.assertRaises(UserError) as caught:
            order.with_user(self.env.ref('base.public_user')).sudo()._validate_order()
        self.assertNotIn(self.level.name, str(caught.exception), "Customers are not told about our levels")

    def test_forged_transaction(self):
        """A salesperson has no payment to show."""
        payment = self._pay(self.small)
        with self.assertRaises(AccessError):
            payment.with_user(self.user_sales_salesman).sale_order_ids = [Command.set(self.order.ids)]
        with self.assertRaises(AccessError):
            payment.with_user(self.user_sales_salesman).copy({'sale_order_ids': [Command.set(self.order.ids)]})
