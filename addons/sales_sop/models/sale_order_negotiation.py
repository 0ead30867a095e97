from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

# Per cent and days are compared as people read them.
DIGITS = 2
ISSUED = ('sent', 'sale')
QUOTATION_TYPE = 'sales_sop.mail_activity_type_quotation'


class SaleOrder(models.Model):
    """A quotation against the terms agreed in the negotiation (S4.5)."""

    _inherit = 'sale.order'

    sop_has_below_floor = fields.Boolean(compute='_compute_sop_has_below_floor')
    sop_has_terms = fields.Boolean(compute='_compute_sop_term_difference')
    sop_term_difference = fields.Text(string="Differs from What Was Agreed", compute='_compute_sop_term_difference')
    sop_is_expired = fields.Boolean(compute='_compute_sop_is_expired')

    @api.depends('order_line.sop_below_floor')
    @api.depends_context('uid')
    def _compute_sop_has_below_floor(self):
        for order in self:
            order.sop_has_below_floor = any(order.order_line.mapped('sop_below_floor'))

    @api.depends('opportunity_id', 'order_line.price_unit', 'order_line.discount', 'order_line.product_uom_qty',
                 'order_line.customer_lead', 'payment_term_id', 'validity_date')
    @api.depends_context('uid', 'lang')
    def _compute_sop_term_difference(self):
        sees = self.env.user.has_groups('sales_sop.group_sop_user,sales_sop.group_sop_auditor')
        for order in self:
            # sudo: what was agreed with the customer is told to staff who may read the quotation.
            lead = order.opportunity_id.sudo() if sees else order.browse().opportunity_id
            order.sop_has_terms = bool(lead.sop_process_id and lead.sop_negotiation_id)
            order.sop_term_difference = '\n'.join(
                order.sudo()._get_sop_term_differences()) if order.sop_has_terms else False

    @api.depends('validity_date', 'state', 'opportunity_id')
    def _compute_sop_is_expired(self):
        for order in self:
            lead = order.opportunity_id.sudo()
            order.sop_is_expired = bool(lead.sop_process_id) and order._is_sop_expired()

    def _is_sop_expired(self):
        self.ensure_one()
        today = (self.company_id or self.env.company)._get_sop_local_date(fields.Datetime.now())
        return bool(self.state in ('draft', 'sent') and self.validity_date and self.validity_date < today)

    # ------------------------------------------------------------
    # SENDING AND CONFIRMING
    # ------------------------------------------------------------

    def write(self, vals):
        issued = vals.get('state') in ISSUED and self.filtered(lambda order: order.state != vals['state'])
        if issued:
            issued._check_sop_prices(vals['state'])
        result = super().write(vals)
        if issued:
            # sudo: what was asked for has been done, whoever did it.
            issued.sudo().opportunity_id.filtered('sop_process_id').activity_unlink([QUOTATION_TYPE])
        return result

    def _check_sop_prices(self, state):
        """What goes beyond one's authority is approved before the customer sees it.

        A customer who signs is not told about our limits: his quotation was
        checked when it was sent.
        """
        if state == 'sale' and not self.env.user._is_internal():
            return
        for order in self.filtered(lambda order: state == 'sent' or order.state == 'draft'):
            if lines := order._get_sop_held_lines():
                raise UserError(self.env._(
                    "%(order)s: the price of %(products)s goes beyond what you may agree to. Ask for its approval "
                    "before the customer gets it.", order=order.name,
                    products=', '.join(lines.product_id.mapped('display_name'))))

    def _get_sop_held_lines(self):
        """Lines whose prices the customer must not get before somebody with the authority agrees to them."""
        self.ensure_one()
        # sudo: the rule holds for whoever sends or signs, and is judged with what he may not see.
        own = self.sudo()
        held = own.opportunity_id.sop_stage_id.gate == 'enforce' and own.opportunity_id.sop_process_id._asks_for(
            'sop_floor_state')
        return own.order_line._get_sop_uncovered() if held else own.order_line.browse()

    def _is_sop_price_held(self):
        """Whether this is a draft nobody may sign or pay, with a link to it, before its prices are approved."""
        return self.state == 'draft' and bool(self._get_sop_held_lines())

    def _has_to_be_signed(self):
        return super()._has_to_be_signed() and not self._is_sop_price_held()

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._is_sop_price_held()

    # ------------------------------------------------------------
    # AGAINST THE AGREED TERMS
    # ------------------------------------------------------------

    def _get_sop_goods(self):
        """Lines that are sold: no sections, no notes, no down payments."""
        return self.order_line.filtered(
            lambda line: line.product_id and not line.display_type and not line.is_downpayment)

    def _get_sop_term_differences(self):
        """What this quotation says otherwise than agreed, in words; nothing about limits."""
        self.ensure_one()
        lines = self.opportunity_id._get_sop_agreed_terms() if self.opportunity_id else {}
        checks = {
            'price': self._get_sop_price_difference, 'quantity': self._get_sop_quantity_difference,
            'delivery': self._get_sop_delivery_difference, 'payment': self._get_sop_payment_difference,
            'validity': self._get_sop_validity_difference,
        }
        found = (
            check(lines[key]) for key, check in checks.items()
            if key in lines and lines[key].status == 'agreed')
        return [difference for difference in found if difference]

    def _get_sop_quotation_differences(self, baseline):
        """What keeps this quotation from being the one that was agreed (S4.5).

        :param baseline: the approved solution of its deal, if there is one
        """
        self.ensure_one()
        differences = self._get_sop_term_differences()
        if self.state != 'sale' and baseline and self.sop_solution_id and self.sop_solution_id != baseline:
            differences.append(self.env._(
                "Solution: %(own)s instead of the approved %(baseline)s.",
                own=self.sop_solution_id.display_name, baseline=baseline.display_name))
        return differences

    def _get_sop_price_difference(self, line):
        discount = self._get_sop_total_discount()
        if discount is None or not float_compare(discount, line.agreed_number, DIGITS):
            return False
        return self.env._(
            "Price: %(own)s %% below list instead of the agreed %(agreed)s %%.",
            own=line._format(round(discount, DIGITS)), agreed=line._format(line.agreed_number))

    def _get_sop_total_discount(self):
        """Per cent the whole quotation is below list; None when there is nothing to compare."""
        goods = self.sudo()._get_sop_goods()
        listed = sum(line._get_sop_list_price() * line.product_uom_qty for line in goods)
        net = sum(line._get_sop_net_price() * line.product_uom_qty for line in goods)
        return 100 * (1 - net / listed) if listed > 0 else None

    def _get_sop_quantity(self):
        goods = self._get_sop_goods()
        things = goods.filtered(lambda line: line.product_id.type != 'service')
        return sum((things or goods).mapped('product_uom_qty'))

    def _get_sop_quantity_difference(self, line):
        quantity = self._get_sop_quantity()
        if not float_compare(quantity, line.agreed_number, DIGITS):
            return False
        return self.env._(
            "Quantity: %(own)s instead of the agreed %(agreed)s.",
            own=line._format(quantity), agreed=line._format(line.agreed_number))

    def _get_sop_delivery_days(self):
        return max(self._get_sop_goods().mapped('customer_lead'), default=0)

    def _get_sop_delivery_difference(self, line):
        days = self._get_sop_delivery_days()
        if not float_compare(days, line.agreed_number, DIGITS):
            return False
        return self.env._(
            "Delivery: %(own)s days instead of the agreed %(agreed)s.",
            own=line._format(days), agreed=line._format(line.agreed_number))

    def _get_sop_payment_difference(self, line):
        agreed = line.payment_term_id
        if not agreed or agreed == self.payment_term_id:
            return False
        return self.env._(
            "Payment: %(own)s instead of the agreed %(agreed)s.",
            own=self.payment_term_id.display_name or self.env._("nothing"), agreed=agreed.display_name)

    def _get_sop_validity_difference(self, line):
        start = self.date_order and fields.Datetime.context_timestamp(self, self.date_order).date()
        if not (self.validity_date and start) or self.state == 'sale':
            return False
        days = (self.validity_date - start).days
        if days >= line.agreed_number:
            return False
        return self.env._(
            "Validity: %(own)s days instead of the agreed %(agreed)s.", own=days,
            agreed=line._format(line.agreed_number))

    # ------------------------------------------------------------
    # LIMITS AND COST
    # ------------------------------------------------------------

    def _get_sop_known_limits(self):
        """``{key: (target, floor)}`` that this quotation says about a deal: quantity and planned lead time."""
        self.ensure_one()
        known = {}
        if quantity := self._get_sop_quantity():
            known['quantity'] = (quantity, quantity)
        if days := self._get_sop_delivery_days():
            known['delivery'] = (round(days * 1.2), days)
        return known

    def _get_sop_margin(self, discount, floor=0):
        """``(effect, margin)`` of this discount on the list prices of the order.

        The effect is in the currency of the company, compared with the floor. The margin
        is in per cent, and None when the cost of a line is not known.
        """
        self.ensure_one()
        goods = self._get_sop_goods()
        listed = sum(line._get_sop_list_price() * line.product_uom_qty for line in goods)
        costs = [(line._get_sop_cost(), line.product_uom_qty) for line in goods]
        company = self.company_id
        effect = self.currency_id._convert(
            listed * (floor - discount) / 100, company.currency_id, company,
            (self.date_order or fields.Datetime.now()).date())
        net = listed * (1 - discount / 100)
        if not listed or any(cost is None for cost, __ in costs):
            return effect, None
        if net <= 0:
            return effect, -100.0
        return effect, 100 * (net - sum(cost * quantity for cost, quantity in costs)) / net

    # ------------------------------------------------------------
    # BUTTONS
    # ------------------------------------------------------------

    def action_sop_request_approval(self):
        """Ask for the approval of the prices of this order."""
        self.check_access('write')
        return self.order_line.action_sop_request_approval()

    def action_sop_take_over_terms(self):
        """Put the agreed terms into these quotations: price, quantity is left to the salesperson."""
        self.check_access('write')
        for order in self:
            if order.state not in ('draft', 'sent'):
                raise UserError(self.env._(
                    "%s is no quotation any more: a change is agreed in writing.", order.name))
            lines = order.opportunity_id._get_sop_agreed_terms() if order.opportunity_id else {}
            agreed = {key: line for key, line in lines.items() if line.status == 'agreed'}
            if not agreed:
                raise UserError(self.env._("%s: nothing has been agreed yet.", order.opportunity_id.name or order.name))
            order._sop_take_over(agreed)
        return True

    def _sop_take_over(self, agreed):
        goods = self._get_sop_goods()
        if line := agreed.get('price'):
            for own in goods.filtered('price_unit'):
                net = own.sudo()._get_sop_list_price() * (1 - line.agreed_number / 100)
                own.discount = 100 * (1 - net / own.price_unit)
        if line := agreed.get('delivery'):
            goods.customer_lead = line.agreed_number
        if (line := agreed.get('payment')) and line.payment_term_id:
            self.payment_term_id = line.payment_term_id
        if line := agreed.get('validity'):
            self.validity_date = fields.Date.context_today(self) + timedelta(days=line.agreed_number)

    def action_sop_renew_validity(self):
        """Issue an expired quotation anew: as a draft, valid as long as agreed or as usual."""
        self.check_access('write')
        for order in self:
            if not order._is_sop_expired():
                raise UserError(self.env._("%s has not expired.", order.name))
            line = order.opportunity_id._get_sop_agreed_terms().get('validity')
            agreed = line and line.status == 'agreed' and line.agreed_number
            days = agreed or order.company_id.quotation_validity_days or 30
            if order.state == 'sent':
                order.action_cancel()
                order.action_draft()
            today = fields.Date.context_today(order)
            order.write({'date_order': fields.Datetime.now(), 'validity_date': today + timedelta(days=days)})
        return True

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: an approval is used up whoever confirms.
        followed = self.sudo().filtered(lambda order: order.opportunity_id.sop_process_id)
        for line in followed.order_line:
            cover = line.sop_approval_ids and line._get_sop_cover()
            if cover:
                cover._sop_use(line.sop_discount if cover.order_line_id else cover.cover_number)
        return result
