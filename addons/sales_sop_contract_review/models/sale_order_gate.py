from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import PASSED
from .sale_order_review_topics import WATCHED

REFUSALS_KEY = 'sop_review_refusals'
# A confirmed order is only looked at when one of these is written.
TERM_FIELDS = WATCHED | {'fiscal_position_id', 'sop_contract_id'}


class SopRefusals(dict):
    """What :meth:`_get_sop_review_refusals` found, handed to the checks of one batch. No client can send it."""


class SaleOrder(models.Model):
    """The doors of an order: no way to confirm or send it leads around its review."""

    _inherit = 'sale.order'

    _sop_server_fields = frozenset({'sop_unreviewed'})

    sop_unreviewed = fields.Boolean(
        string="Confirmed Without Review", copy=False, readonly=True, prefetch='sop', groups='base.group_user',
        help="It was confirmed while the gate of the company only observed.")

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        for state in ('sent', 'sale'):
            if entering := orders.filtered(lambda order, state=state: order.state == state):
                entering._sop_enter(state)
        return orders

    def write(self, vals):
        state = vals.get('state')
        entering = state and self.filtered(lambda order: order.state != state)
        committed = self.browse() if TERM_FIELDS.isdisjoint(vals) else self._filter_sop_committed()
        before = committed._get_sop_committed_terms()
        if 'sop_contract_id' in vals:
            committed._check_sop_contract_kept(vals['sop_contract_id'])
        result = super().write(vals)
        committed._check_sop_terms_kept(before)
        if entering:
            entering._sop_enter(state)
        return result

    def _sop_enter(self, state):
        if state == 'cancel':
            self._sop_end_reviews()
        elif not is_engine(self.env) and state in ('sent', 'sale'):
            self._check_sop_reviewed('send' if state == 'sent' else 'confirm')
            if state == 'sale':
                self._sop_note_unreviewed()

    # ------------------------------------------------------------
    # CONFIRMING AND SENDING
    # ------------------------------------------------------------

    def action_confirm(self):
        if is_engine(self.env):
            return super().action_confirm()
        refusals = self._get_sop_review_refusals()
        paid = self.filtered(lambda order: order.id in refusals and order._is_sop_payment_at_work())
        paid._sop_keep_payment()
        others = self - paid
        # One look at the whole batch instead of one at each order; the write looks again.
        return super(SaleOrder, others.with_context(**{REFUSALS_KEY: SopRefusals(refusals)})).action_confirm()

    def _confirmation_error_message(self):
        known = self.env.context.get(REFUSALS_KEY)
        if is_engine(self.env):
            known = SopRefusals()
        elif not isinstance(known, SopRefusals):
            known = self._get_sop_review_refusals()
        return super()._confirmation_error_message() or known.get(self.id, False)

    def _action_confirm(self):
        return super(SaleOrder, self.with_context(**{REFUSALS_KEY: None}))._action_confirm()

    def action_quotation_send(self):
        self._check_sop_reviewed('send')
        return super().action_quotation_send()

    def _check_sop_reviewed(self, purpose):
        """Refuse those that are not reviewed; all of a batch are named.

        :raise UserError: says of each order what is missing
        """
        if is_engine(self.env):
            return
        if purpose == 'confirm':
            self._sop_lock_reviews()
        if refusals := self._get_sop_review_refusals(purpose):
            raise UserError('\n'.join(refusals.values()))

    def _sop_lock_reviews(self):
        """A change of what was reviewed in the same second comes before or after, not beside."""
        # sudo: reviews of orders the user confirms.
        reviewed = self._filter_sop_gate('enforce').sudo().filtered('sop_review_id')
        # The order first, as whoever changes it does: neither waits for the other.
        for records in (reviewed, reviewed.sop_review_id):
            if records:
                self.env.execute_query(SQL(
                    "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                    SQL.identifier(records._table), records.ids))

    def _sop_note_unreviewed(self):
        """Where the gate only observes: say on the orders what would have held them."""
        observed = self._filter_sop_gate('observe')
        if gaps := observed._get_sop_review_gaps():
            orders = self.browse(gaps)
            as_engine(orders).write({'sop_unreviewed': True})
            # sudo: the note is the system's, whoever confirms.
            orders.sudo()._message_log_batch({
                order_id: self.env._("Confirmed without a review. %s", message) for order_id, message in gaps.items()})

    def _has_to_be_signed(self):
        return super()._has_to_be_signed() and not self._get_sop_review_refusals()

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._get_sop_review_refusals()

    # ------------------------------------------------------------
    # AFTER THE REVIEW
    # ------------------------------------------------------------

    def _sop_end_reviews(self):
        """A cancelled order leaves nothing behind: what is decided later is decided anew."""
        # sudo: the reviews end with the order, whoever cancels it.
        reviews = self.sudo().sop_review_id
        reason = self.env._("The order was cancelled.")
        reviews.filtered(lambda review: review.state == 'in_review')._sop_finish('recalled', text=reason)
        reviews.filtered(lambda review: review.state in PASSED)._sop_finish('outdated', text=reason)

    def _sop_outdate_reviews(self):
        """What is confirmed under a gate that enforces is not changed any more: its review stays what it was."""
        # sudo: whether it is confirmed does not depend on who changes it.
        committed = self.sudo().filtered(lambda order: order.state == 'sale')._filter_sop_gate('enforce')
        return super(SaleOrder, self - committed)._sop_outdate_reviews()

    def _sop_mark_changed(self):
        # sudo: whether an order is or could be reviewed does not depend on who asks.
        watched = self.sudo().filtered('sop_review_id') | self.sudo()._filter_sop_gate('enforce', 'observe')
        return super(SaleOrder, watched)._sop_mark_changed()

    def _filter_sop_committed(self):
        """Those whose terms bind: they were confirmed, and the gate of their company enforces."""
        if is_engine(self.env):
            return self.browse()
        return self.filtered(lambda order: order.state == 'sale')._filter_sop_gate('enforce')

    def _get_sop_committed_terms(self):
        """What these orders say, by topic; goods beyond what was ordered, as a delivery may add them, left out."""
        # sudo: the same for everybody, in every language.
        return {
            order.id: order._get_sop_order_topics(order._get_sop_contracted_lines())
            for order in self.with_env(self.env(su=True, context={}))}

    def _check_sop_contract_kept(self, contract_id):
        for order in self.sudo():
            if order.sop_contract_id and order.sop_contract_id.id != contract_id:
                raise UserError(self.env._(
                    "%(order)s was confirmed under %(contract)s and stays with it.",
                    order=order.name, contract=order.sop_contract_id.display_name))

    def _check_sop_terms_kept(self, before):
        """Confirmed terms are changed by an amendment, which is reviewed.

        :param dict before: what :meth:`_get_sop_committed_terms` said before they were written
        """
        after = self._get_sop_committed_terms()
        changed = {
            order.id: topics for order in self
            if (topics := self._compare_sop_topics(before[order.id], after[order.id]))}
        # sudo: the rule holds for contracts and reviews the user does not see.
        orders = self.browse(changed).sudo()
        bound = orders.filtered(lambda order: order.sop_contract_id or order.sop_review_id)
        messages = [order._get_sop_amendment_message(changed[order.id]) for order in bound]
        for message in (orders - bound)._get_sop_own_gaps('confirm').values():
            messages.append(self.env._("%s A confirmed order is changed by an amendment.", message))
        if messages:
            raise UserError('\n'.join(messages))

    def _get_sop_amendment_message(self, topics):
        return self.env._(
            "%(order)s is confirmed; its terms (%(topics)s) are not changed in the order. Make an amendment: it is "
            "reviewed, and then it changes the order.", order=self.name, topics=self._get_sop_topic_names(topics))
