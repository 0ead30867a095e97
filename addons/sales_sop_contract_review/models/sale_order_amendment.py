from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import PASSED


class SaleOrder(models.Model):
    """Confirmed orders are changed by amendments (S5.8)."""

    _inherit = 'sale.order'

    _sop_server_fields = frozenset({'sop_supplement_number'})

    sop_supplement_number = fields.Integer(
        string="Last Supplement", readonly=True, copy=False, prefetch='sop', groups='base.group_user')
    sop_hold_message = fields.Char(compute='_compute_sop_hold', groups='base.group_user')
    sop_held_count = fields.Integer(compute='_compute_sop_hold', groups='base.group_user')
    sop_can_amend = fields.Boolean(compute='_compute_sop_can_amend', groups='base.group_user')
    sop_amendment_count = fields.Integer(
        string="Amendments", compute='_compute_sop_amendment_count', groups='base.group_user')

    @api.depends('order_line.sop_is_on_hold')
    @api.depends_context('lang')
    def _compute_sop_hold(self):
        for order in self:
            held = order.order_line.filtered('sop_is_on_hold')
            order.sop_held_count = len(held)
            order.sop_hold_message = order._get_sop_hold_message(held) if held else False

    def _get_sop_hold_message(self, held):
        """Why these lines are on hold, in a sentence."""
        # sudo: that lines are held, and by what, is told to whoever works with the order.
        contract = self.sudo().sop_contract_id
        if contract._is_sop_stopped():
            return self.env._(
                "%(contract)s is %(state)s: nothing more is delivered.",
                contract=contract.name, state=contract._get_sop_state_label())
        amendments = ', '.join(self.sudo()._get_sop_holding_amendments().mapped('name'))
        return self.env._(
            "Amendment %(amendments)s is not decided: %(number)s line(s) are neither delivered nor invoiced. "
            "The others go on.", amendments=amendments, number=len(held))

    def _get_sop_holding_amendments(self):
        lines = self.env['sop.amendment.line'].search([('order_id', 'in', self.ids), ('is_held', '=', True)])
        terms = self.env['sop.amendment.order'].search([('order_id', 'in', self.ids), ('is_held', '=', True)])
        return (lines.contract_id | terms.contract_id).sorted('id')

    @api.depends('state', 'sop_contract_id', 'sop_review_id')
    def _compute_sop_can_amend(self):
        for order in self:
            # sudo: the button is for whoever may change the order.
            own = order.sudo()
            order.sop_can_amend = own.state == 'sale' and bool(own.sop_contract_id or own.sop_review_id)

    def _compute_sop_amendment_count(self):
        parts = self.env['sop.amendment.order'].sudo()
        counts = dict(parts._read_group([('order_id', 'in', self.ids)], ['order_id'], ['__count']))
        for order in self:
            order.sop_amendment_count = counts.get(order._origin, 0)

    # ------------------------------------------------------------
    # AMENDING
    # ------------------------------------------------------------

    def action_sop_amend(self):
        """Open an amendment of this confirmed order: a supplement of its contract, or of the order itself."""
        self.ensure_one()
        self.check_access('write')
        # sudo: whether an order may be amended does not depend on who reads its contract.
        own = self.sudo()
        if own.state != 'sale':
            raise UserError(self.env._(
                "%s is not confirmed: change it as it is, no amendment is needed.", self.name))
        if own.sop_contract_id:
            own.sop_contract_id.sudo(False).check_access('write')
            return own.sop_contract_id.sudo(False)._sop_open_amendment(self)
        if own.sop_review_id.state not in (*PASSED, 'outdated'):
            raise UserError(self.env._(
                "%s was confirmed without a review. Change it as it is, no amendment is needed.", self.name))
        return self.env['sop.contract']._sop_create_amendment(self, {
            'amended_order_id': self.id, 'company_id': self.company_id.id,
            'partner_id': self.partner_id.commercial_partner_id.id, 'lead_id': own.opportunity_id.id,
            'user_id': self.user_id.id, 'currency_id': self.currency_id.id, 'type': 'order',
            'title': self.env._("Supplement to %s", self.name)})

    def action_sop_open_amendments(self):
        """The amendments of this order."""
        self.ensure_one()
        self.check_access('read')
        # sudo: which amendments there are; the list shows those the user may read.
        amendments = self.env['sop.amendment.order'].sudo().search([('order_id', '=', self.id)]).contract_id
        return {
            **self.env['ir.actions.act_window']._for_xml_id('sales_sop_contract_review.sop_amendment_action'),
            'domain': [('id', 'in', amendments.ids)], 'context': {},
        }

    def _get_sop_amendable_lines(self):
        return self.order_line.filtered(
            lambda line: line.product_id and not line.display_type and not line.is_downpayment)

    def _sop_outdate_reviews(self):
        """An approved amendment was reviewed itself: what it changes outdates nothing."""
        committed = self.filtered(lambda order: order.state == 'sale') if is_engine(self.env) else self.browse()
        return super(SaleOrder, self - committed)._sop_outdate_reviews()

    # ------------------------------------------------------------
    # HOLDS
    # ------------------------------------------------------------

    def _sop_sync_holds(self):
        """Hold exactly the lines that an open amendment, a suspension or a termination concerns."""
        lines = self._get_sop_amendable_lines()
        parts = self.env['sop.amendment.line'].sudo().search([
            ('order_line_id', 'in', lines.ids), ('is_held', '=', True)])
        terms = self.env['sop.amendment.order'].sudo().search([
            ('order_id', 'in', self.ids), ('is_held', '=', True)])
        stopped = self.filtered(lambda order: order.sop_contract_id._is_sop_stopped())
        held = parts.order_line_id | (terms.order_id | stopped)._get_sop_amendable_lines()
        as_engine(lines - held)._sop_release()
        as_engine(held & lines)._sop_hold()

    def _get_invoiceable_lines(self, final=False):
        """Held lines wait; the others are invoiced."""
        lines = super()._get_invoiceable_lines(final)
        held = lines.filtered(lambda line: line._is_sop_invoice_held())
        going_on = lines - held
        if held and not going_on.filtered(lambda line: not line.display_type):
            reason = self._get_sop_hold_message(held)
            raise UserError(self.env._("%(order)s: %(reason)s", order=self.name, reason=reason))
        return going_on

    def _is_sop_idle(self):
        """Whether nothing of this order has been delivered or invoiced, so that Odoo may cancel it."""
        lines = self.order_line
        return self.state != 'cancel' and not any(lines.mapped('qty_delivered')) and not any(
            lines.mapped('qty_invoiced'))
