from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError

from ..values import BINDING_STATES, PASSED

OPEN_STATES = ('draft', 'sent')


class SaleOrder(models.Model):
    """Why an order may not be confirmed, or sent, yet: its review, open conditions, its contract (S5.3, §4.5)."""

    _inherit = 'sale.order'

    sop_review_notice = fields.Text(
        string="Review Outstanding", compute='_compute_sop_review_notice', groups='base.group_user',
        help="What keeps this quotation from being confirmed.")

    sop_is_review_due = fields.Boolean(
        compute='_compute_sop_review_notice', groups='base.group_user', help="Its review is to be requested now.")

    def _compute_sop_review_notice(self):
        judged = self._origin.filtered(lambda order: order.state in OPEN_STATES)._filter_sop_gate('enforce', 'observe')
        notices = judged._get_sop_review_gaps()
        for order in self:
            order.sop_review_notice = notices.get(order._origin.id, False)
            order.sop_is_review_due = order.sop_review_notice and order._is_sop_review_due()

    def _is_sop_review_due(self):
        # sudo: whether its contract is reviewed instead does not depend on who sees the contract.
        own = self._origin.sudo()
        return own.sop_review_id.state not in (*PASSED, 'in_review') and not own._is_sop_under_contract()

    def _is_sop_under_contract(self):
        """Whether its contract is reviewed instead of it; a call-off of a framework is reviewed itself."""
        return bool(self.sop_contract_id) and self.sop_contract_id.type != 'framework'

    def _filter_sop_gate(self, *gates):
        """Those of companies whose gate is one of ``gates``."""
        # sudo: whether a company reviews its orders holds for everybody who touches one.
        gated = self.sudo().company_id.filtered(lambda company: company.sop_review_gate in gates)
        return self.filtered(lambda order: order.company_id in gated) if gated else self.browse()

    def _get_sop_review_refusals(self, purpose='confirm'):
        """Why these orders must not be confirmed yet: ``{id: message}``, without those that may be.

        :param purpose: 'confirm', or 'send' for what is asked before the customer gets the quotation
        """
        judged = self._filter_sop_gate('enforce')
        if purpose == 'send':
            judged = judged._filter_sop_unsent()
        gaps = judged._get_sop_review_gaps(purpose)
        if self.env.user._is_internal():
            return gaps
        return dict.fromkeys(gaps, self.env._(
            "We are still checking this quotation. It cannot be signed or paid yet; we will come back to you."))

    def _filter_sop_unsent(self):
        """Quotations whose sending is ours to decide; one the customer began to pay he has."""
        # sudo: payments and companies are read for a rule that holds for everybody.
        return self.filtered(lambda order: (
            order.state in OPEN_STATES and order.sudo().company_id.sop_review_before_send
            and not order.sudo()._get_sop_payments()))

    def _get_sop_review_gaps(self, purpose='confirm'):
        """What is missing, whether or not the gate holds these orders for it: ``{id: message}``."""
        # sudo: what is missing does not depend on who sees the review or the contract.
        orders = self.sudo()
        contracted = orders.filtered(lambda order: order._is_sop_under_contract())
        gaps = (orders - contracted)._get_sop_own_gaps(purpose)
        if calls := (orders - contracted).filtered('sop_contract_id') if purpose == 'confirm' else None:
            gaps = {**gaps, **calls._get_sop_framework_gaps()}
        if contracted:
            gaps.update(contracted._get_sop_contract_gaps(purpose))
        return gaps

    def _is_sop_held(self):
        """Whether the customer can neither sign nor pay one of these quotations, because something is outstanding."""
        return bool(self.filtered(lambda order: order.state in OPEN_STATES)._get_sop_review_refusals())

    def _is_sop_unreleased(self):
        """Whether this is a draft that the customer must not see before its review."""
        self.ensure_one()
        return self.state == 'draft' and not self._is_sop_cart() and bool(self._get_sop_review_refusals('send'))

    def _is_sop_cart(self):
        """Whether the customer put this together himself: a web shop has the system create its carts."""
        return 'website_id' in self._fields and bool(self.website_id) and self.create_uid.id == SUPERUSER_ID

    def action_sop_open_review(self):
        """The latest round of the review of this order, or of its contract."""
        self.ensure_one()
        self.check_access('read')
        # sudo: the link is read here, the review with the rights of the user.
        own = self.sudo()
        review = own.sop_review_id or own.sop_contract_id.sop_review_id
        if not review:
            raise UserError(self.env._("%s has not been reviewed yet.", self.display_name))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Review"),
            'res_model': 'sop.review',
            'res_id': review.id,
            'views': [(False, 'form')],
        }

    # ------------------------------------------------------------
    # THE ORDER'S OWN REVIEW
    # ------------------------------------------------------------

    def _get_sop_own_gaps(self, purpose):
        messages, unreviewed, passed = {}, self.browse(), self.browse()
        changed = self._get_sop_changes_since_review()
        for order in self:
            state = order.sop_review_id.state
            if state == 'in_review' or state == 'rejected' and not changed[order.id]:
                messages[order.id] = order._get_sop_open_review_message()
            elif state in PASSED and not changed[order.id]:
                passed += order
            else:
                unreviewed += order
        if purpose == 'confirm':
            messages.update(passed._get_sop_condition_gaps())
        routes = unreviewed._get_sop_review_routes() if unreviewed else {}
        for order in unreviewed:
            if route := routes.get(order.id):
                messages[order.id] = order._get_sop_unreviewed_message(route, changed.get(order.id), purpose)
        return messages

    def _get_sop_changes_since_review(self):
        """Topics that are others than the latest round froze, whatever became of it: ``{id: {topic}}``."""
        reviewed = self.filtered('sop_review_id')
        current = reviewed._get_sop_review_fingerprints() if reviewed else {}
        return {
            order.id: reviewed._compare_sop_topics(order.sop_review_id.fingerprints or {}, current[order.id])
            for order in reviewed}

    def _compare_sop_topics(self, before, after):
        return {topic for topic in before.keys() | after.keys() if before.get(topic) != after.get(topic)}

    def _get_sop_condition_gaps(self):
        """Orders whose conditions keep them from being released; without a contract, to confirm is to sign."""
        gaps = {}
        for order_id, found in self._get_sop_open_conditions('before_sign', 'before_release').items():
            conditions = found.filtered(lambda condition: (
                condition.due_point == 'before_release' or condition.review_id.order_id))
            if conditions:
                gaps[order_id] = self.browse(order_id)._get_sop_condition_message(conditions)
        return gaps

    def _get_sop_condition_message(self, conditions):
        return self.env._(
            "%(order)s: conditions of its review %(review)s are still open: %(conditions)s. Have them met and "
            "verified.",
            order=self.name, review=', '.join(conditions.review_id.mapped('name')), conditions='; '.join(
                f'{condition.name} ({condition.owner_id.name})' for condition in conditions))

    def _get_sop_open_review_message(self):
        review = self.sop_review_id
        if review.state == 'rejected':
            return self.env._(
                "%(order)s: its review %(review)s was not passed. Change the quotation and request the review again.",
                order=self.name, review=review.name)
        return self.env._(
            "%(order)s is being reviewed (%(review)s). Still asked: %(names)s. Wait for them, or recall the review.",
            order=self.name, review=review.name, names=review.asked_names)

    def _get_sop_unreviewed_message(self, route, changed, purpose):
        # sudo: a customer who signs has no rights on levels; he is told something else in the end.
        level = route['level'].sudo().name
        if reasons := route.get('reasons'):
            # The first are those of the highest level; the dialog behind the button says them all.
            level = self.env._("%(level)s (%(reasons)s)", level=level, reasons='; '.join(reasons[:2]))
        if changed and self.sop_review_id.state in (*PASSED, 'outdated'):
            return self.env._(
                "%(order)s is not any more what was reviewed: %(topics)s changed. Request the review again: %(level)s.",
                order=self.name, topics=self._get_sop_topic_names(changed), level=level)
        if purpose == 'send':
            return self.env._(
                "%(order)s is reviewed before the customer gets it. Request the review: %(level)s.",
                order=self.name, level=level)
        return self.env._(
            "%(order)s is reviewed before it is confirmed. Request the review: %(level)s.",
            order=self.name, level=level)

    def _get_sop_topic_names(self, topics):
        labels = dict(self.env['sop.review.topic']._fields['code']._description_selection(self.env))
        return ', '.join(label for topic, label in labels.items() if topic in topics)

    # ------------------------------------------------------------
    # THE CONTRACT'S REVIEW
    # ------------------------------------------------------------

    def _get_sop_framework_gaps(self):
        """Call-offs of a framework contract that is not in force."""
        return {
            order.id: order._get_sop_contract_state_message() for order in self
            if order.sop_contract_id.state not in BINDING_STATES}

    def _get_sop_contract_gaps(self, purpose):
        contracts = self.sop_contract_id
        changed = contracts._get_sop_changed_topics()
        differences = contracts._get_sop_order_differences()
        gaps = self._get_sop_condition_gaps() if purpose == 'confirm' else {}
        for order in self:
            contract = order.sop_contract_id
            if message := order._get_sop_contract_message(changed.get(contract.id), differences.get(order.id), purpose):
                gaps[order.id] = message
        if purpose == 'send' and gaps:
            own = self.browse(gaps)._get_sop_own_gaps(purpose)
            return {order_id: message for order_id, message in gaps.items() if order_id in own}
        return gaps

    def _get_sop_contract_message(self, changed, differences, purpose):
        """Why this order does not follow from a contract that binds; False when it does."""
        contract = self.sop_contract_id
        if contract.sop_review_id.state == 'in_review' and not changed:
            return self.env._(
                "%(order)s belongs to %(contract)s, which is being reviewed. Still asked: %(names)s.", order=self.name,
                contract=contract.display_name, names=contract.sop_review_id.asked_names)
        if contract.sop_review_id.state not in PASSED or changed:
            return self.env._(
                "%(order)s belongs to %(contract)s, whose review is not passed or does not hold any more. Have the "
                "contract reviewed.", order=self.name, contract=contract.display_name)
        if differences:
            return self.env._(
                "%(order)s is not what %(contract)s says: %(differences)s. Bring the two in line.",
                order=self.name, contract=contract.display_name, differences='; '.join(differences))
        if purpose == 'send':
            return False
        if self.company_id.sop_contract_before_confirm and contract.state not in BINDING_STATES:
            return self._get_sop_contract_state_message()
        if contract.state in ('suspended', 'terminated', 'void'):
            return self._get_sop_contract_state_message()
        return False

    def _get_sop_contract_state_message(self):
        contract = self.sop_contract_id
        state = dict(contract._fields['state']._description_selection(self.env))[contract.state]
        return self.env._(
            "%(order)s belongs to %(contract)s, which is not in force (%(state)s). It is confirmed when the contract "
            "is signed by both parties.", order=self.name, contract=contract.display_name, state=state)
