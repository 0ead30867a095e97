from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine

from ..values import PASSED
from .sale_order_refusal import OPEN_STATES

PAID_STATES = ('authorized', 'done')
STARTED_STATES = ('pending', *PAID_STATES)
PAID_TYPE = 'sales_sop_contract_review.mail_activity_type_paid_unreviewed'
REFUND_TYPE = 'sales_sop_contract_review.mail_activity_type_refund'


class SaleOrder(models.Model):
    """Money that arrives before the review is passed: kept, shown, and the order is confirmed when it may be."""

    _inherit = 'sale.order'

    _sop_server_fields = frozenset({'sop_paid_unreviewed'})

    sop_paid_unreviewed = fields.Boolean(
        string="Paid, Review Outstanding", copy=False, readonly=True, prefetch='sop', groups='base.group_user',
        help="The customer paid before the order could be confirmed. It is confirmed when its review is passed.")

    _sop_paid_unreviewed_idx = models.Index('(id) WHERE sop_paid_unreviewed')

    def write(self, vals):
        result = super().write(vals)
        if vals.get('state') in ('sale', 'cancel'):
            # sudo: the task is done, whoever did it.
            paid = self.sudo().filtered('sop_paid_unreviewed')
            as_engine(paid).write({'sop_paid_unreviewed': False})
            paid.activity_unlink([PAID_TYPE])
        return result

    def _get_sop_payments(self, states=STARTED_STATES):
        """Payments of these orders that got somewhere."""
        return self.transaction_ids.filtered(lambda payment: payment.state in states)

    def _is_sop_payment_at_work(self):
        """Whether a payment that is being processed confirms this order, and not a person."""
        by_user = self.env.uid != SUPERUSER_ID and self.env.user._is_internal()
        if by_user or not self.env.su:
            return False
        return any(not payment.is_post_processed for payment in self.sudo()._get_sop_payments())

    def _sop_keep_payment(self):
        """Keep the money and wait for the review; tell those who can do something about it, once."""
        # sudo: payments are processed for customers; the flag and the tasks are the server's.
        late = self.sudo().filtered(lambda order: order.state in OPEN_STATES and not order.sop_paid_unreviewed)
        as_engine(late).write({'sop_paid_unreviewed': True})
        # Whoever pays a quotation has it.
        late.filtered(lambda order: order.state == 'draft').with_context(tracking_disable=True).action_quotation_sent()
        for order in late:
            order._sop_tell_of_payment(PAID_TYPE)

    def _sop_tell_of_payment(self, xmlid):
        """A task for the salesperson and for finance, as far as they see the order."""
        holders = self.env['sop.position']._get_sop_holders(['fin'], self.company_id)
        activity_type = self.env.ref(xmlid)
        for user in (self.user_id | holders).filtered('active'):
            summary = activity_type.with_context(lang=user.lang).summary
            if self.with_user(user).has_access('read'):
                self.activity_schedule(xmlid, user_id=user.id, summary=summary)
            else:
                self.message_notify(
                    partner_ids=user.partner_id.ids, subject=self.name, body=f'{self.name}: {summary}')

    def _sop_after_review(self, review):
        result = super()._sop_after_review(review)
        paid = self.filtered('sop_paid_unreviewed')
        if review.state == 'rejected':
            for order in paid:
                order._sop_tell_of_payment(REFUND_TYPE)
        elif paid and review.state in PASSED:
            self._sop_release_payments()
        return result

    @api.model
    def _sop_release_payments(self):
        """Confirm paid orders soon, in a transaction of their own: a reviewer does not wait for mails."""
        self.env.ref('sales_sop_contract_review.ir_cron_sop_confirm_paid')._trigger()

    @api.model
    def _cron_sop_confirm_paid(self, limit=100):
        """Confirm the paid orders that nothing holds any more."""
        orders = self.search([('sop_paid_unreviewed', '=', True), ('state', 'in', OPEN_STATES)])
        refusals = orders._get_sop_review_refusals()
        free = orders.filtered(lambda order: order.id not in refusals)[:limit]
        progress = self.env['ir.cron']
        progress._commit_progress(remaining=len(free))
        for order in free:
            order._sop_confirm_paid()
            if not progress._commit_progress(1):
                break

    def _sop_confirm_paid(self):
        """Do for this order what its payment would have done."""
        payments = self._get_sop_payments(PAID_STATES)
        try:
            with self.env.cr.savepoint():
                if payments:
                    payments._check_amount_and_confirm_order()
                else:
                    # Paid on delivery.
                    self._validate_order()
                # Too little for a confirmation is a deposit on a quotation, as ever.
                as_engine(self).write({'sop_paid_unreviewed': False})
        except UserError as error:
            self._message_log(body=self.env._("It is paid and reviewed, but could not be confirmed: %s", error))
