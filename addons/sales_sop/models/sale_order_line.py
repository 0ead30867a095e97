from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

FLOOR_GROUP = 'sales_sop.group_sop_floor'


class SaleOrderLine(models.Model):
    """Prices of a deal against the list: how far below it, and who has to agree to that (S4.6)."""

    _name = 'sale.order.line'
    _inherit = ['sale.order.line', 'sop.guarded.mixin']

    sop_discount = fields.Float(
        string="Below the List Price (%)", compute='_compute_sop_price_state', store=True, compute_sudo=True,
        groups=FLOOR_GROUP, aggregator='avg')
    sop_price_state = fields.Selection([
        ('ok', "Free"), ('authority', "Beyond one's own authority"), ('below', "Below the floor"),
        ('margin', "Margin too low")], compute='_compute_sop_price_state', store=True, compute_sudo=True,
        groups=FLOOR_GROUP)
    sop_approval_ids = fields.One2many('sop.floor.approval', 'order_line_id', readonly=True, groups=FLOOR_GROUP)
    sop_below_floor = fields.Boolean(
        string="Price to Be Approved", compute='_compute_sop_below_floor',
        help="Sales staff alone sees it: nobody who may read an order as a customer does.")

    def _auto_init(self):
        # Judging millions of old lines is no part of an installation: they are judged when they change.
        if not column_exists(self.env.cr, self._table, 'sop_price_state'):
            create_column(self.env.cr, self._table, 'sop_price_state', 'varchar')
            create_column(self.env.cr, self._table, 'sop_discount', 'float8')
        return super()._auto_init()

    @api.depends(
        'product_id', 'product_uom_id', 'price_unit', 'discount', 'display_type', 'is_downpayment',
        'order_id.opportunity_id')
    def _compute_sop_price_state(self):
        """Lines without a deal are left alone, at no cost."""
        judged = self.filtered(
            lambda line: line.order_id.opportunity_id and line.product_id and not line.display_type
            and not line.is_downpayment)
        (self - judged).update({'sop_discount': 0, 'sop_price_state': False})
        terms = self.env['sop.term']
        for company, lines in judged.grouped(lambda line: line.company_id or line.env.company).items():
            term = terms.browse(terms._get_sop_price_term_id(company.id) or [])
            for line in lines:
                discount = line.sop_discount = line._get_sop_discount()
                line.sop_price_state = line._get_sop_price_state(term, company, discount) if term else False

    @api.constrains('price_unit', 'discount', 'product_id', 'product_uom_id', 'order_id')
    def _check_sop_issued_price(self):
        """What the customer has in hand does not get cheaper unseen. His own choices are not ours to refuse."""
        issued = self.filtered(lambda line: line.order_id.state in ('sent', 'sale') and not line.is_expense).order_id
        if issued and self.env.user._is_internal():
            issued._check_sop_prices('sent')

    def _get_sop_list_price(self):
        """The price of the product before any price list, in the currency and the unit of this line."""
        product = self.product_id.with_context(**self._get_product_price_context())
        return product._price_compute(
            'list_price', uom=self.product_uom_id, currency=self.currency_id, company=self.company_id,
            date=self._get_order_date())[product.id]

    def _get_sop_net_price(self):
        return self.price_unit * (1 - (self.discount or 0) / 100)

    def _get_sop_discount(self):
        """Per cent below the list price; negative above it."""
        self.ensure_one()
        listed = self._get_sop_list_price()
        return round(100 * (1 - self._get_sop_net_price() / listed), 4) if listed > 0 else 0

    def _get_sop_price_state(self, term, company, discount):
        """How ``discount``, in per cent below the list, stands to the limits of the company."""
        self.ensure_one()
        limits = term._get_sop_limits(company)
        margin = self._get_sop_margin(limits[1])[1]
        is_low = margin is not None and margin < company.sop_margin_floor
        codes = self.env['sop.term.authority']._get_sop_codes(term, discount, False, limits, is_low)
        if not codes:
            return 'ok'
        return 'margin' if is_low else 'below' if term._is_worse(discount, limits[1]) else 'authority'

    def _get_sop_cost(self):
        """What a unit costs us, in the currency of the line; None when nobody knows."""
        product = self.product_id.with_company(self.company_id)
        cost = product._price_compute(
            'standard_price', uom=self.product_uom_id, currency=self.currency_id, company=self.company_id,
            date=self._get_order_date())[product.id]
        return cost or None

    def _get_sop_margin(self, floor):
        """``(effect in the currency of the company compared with the floor, margin in per cent or None)``"""
        self.ensure_one()
        listed, net, cost = self._get_sop_list_price(), self._get_sop_net_price(), self._get_sop_cost()
        effect = (net - listed * (1 - floor / 100)) * self.product_uom_qty
        company = self.company_id
        effect = self.currency_id._convert(effect, company.currency_id, company, self._get_order_date())
        if cost is None:
            return effect, None
        return effect, 100 * (net - cost) / net if net > 0 else -100.0

    @api.depends('sop_price_state', 'sop_discount', 'order_id.opportunity_id', 'sop_approval_ids.state')
    @api.depends_context('uid')
    def _compute_sop_below_floor(self):
        is_staff = self.env.user.has_group('sales_sop.group_sop_user')
        # sudo: that a price needs an approval is told to whoever may change it, the floor is not.
        uncovered = self.sudo()._get_sop_uncovered() if is_staff else self.browse()
        for line in self:
            line.sop_below_floor = line in uncovered

    def _get_sop_uncovered(self):
        """Lines of deals in a procedure whose price nobody with the authority agreed to."""
        # The deal first: plain orders cost nothing.
        ours = self.filtered(lambda line: line.order_id.opportunity_id.sop_process_id)
        beyond = ours.filtered(lambda line: line.sop_price_state in ('authority', 'below', 'margin'))
        return beyond.filtered(lambda line: not line._get_sop_cover())

    def _get_sop_cover(self):
        """The live approval of this price: its own, or that of the price of the deal."""
        self.ensure_one()
        deal = self.order_id.opportunity_id
        own = self.sop_approval_ids.filtered(
            lambda approval: approval.product_id == self.product_id and approval.lead_id == deal)
        if self.sop_price_state != 'margin':
            own |= deal._get_sop_price_approval()
        return own.filtered(lambda approval: approval._covers(False, self.sop_discount, False))[:1]

    def action_sop_request_approval(self):
        """Ask for the approval of the prices of these lines, with one reason."""
        self.order_id.check_access('write')
        self.check_access('read')
        lines = self.filtered('sop_below_floor')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Ask for Approval"),
            'res_model': 'sop.floor.request',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_order_line_ids': lines.ids},
        }
