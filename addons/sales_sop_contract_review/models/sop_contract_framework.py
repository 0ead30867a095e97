from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import float_compare

from odoo.addons.sales_sop.engine import as_engine

from ..values import BINDING_STATES

DIGITS = 6
EXPIRY_TYPE = 'sales_sop_contract_review.mail_activity_type_contract_expiry'


class SopContract(models.Model):
    """Framework contracts: prices and a period, inside of which orders are called off (§4.4)."""

    _inherit = 'sop.contract'

    ceiling_amount = fields.Monetary(
        string="Called Off at Most", help="What may be called off in all, tax included; 0: no limit.")
    called_amount = fields.Monetary(string="Called Off", compute='_compute_called_amount', compute_sudo=True)
    left_amount = fields.Monetary(string="Left", compute='_compute_called_amount', compute_sudo=True)
    renews_id = fields.Many2one(
        'sop.contract', string="Follows", copy=False, index='btree_not_null', ondelete='restrict', check_company=True,
        help="The framework contract that this one goes on with from the day after its end.")
    renewal_ids = fields.One2many('sop.contract', 'renews_id', string="Followed By")

    is_end_told = fields.Boolean(copy=False, readonly=True)

    _sop_server_fields = frozenset({'renews_id', 'is_end_told'})
    _sop_text_fields = frozenset({'ceiling_amount'})

    @api.depends('order_ids.state', 'order_ids.amount_total', 'ceiling_amount')
    def _compute_called_amount(self):
        frameworks = self.filtered(lambda contract: contract.type == 'framework')
        sums = dict(self.env['sale.order']._read_group(
            [('sop_contract_id', 'in', frameworks.ids), ('state', '=', 'sale')], ['sop_contract_id'],
            ['amount_total:sum']))
        for contract in self:
            contract.called_amount = sums.get(contract._origin, 0)
            contract.left_amount = max(contract.ceiling_amount - contract.called_amount, 0)

    @api.constrains('ceiling_amount')
    def _check_ceiling_amount(self):
        for contract in self:
            if contract.ceiling_amount < 0:
                raise ValidationError(self.env._(
                    "%s: what may be called off is not below zero.", contract.display_name))

    def _check_sop_reviewable(self):
        for contract in self.filtered(lambda contract: contract.type == 'framework'):
            if not (contract.date_start and contract.date_end):
                raise UserError(self.env._(
                    "%s cannot be reviewed yet: enter from when until when orders may be called off.",
                    contract.display_name))
        return super()._check_sop_reviewable()

    # ------------------------------------------------------------
    # CALL-OFFS
    # ------------------------------------------------------------

    def _check_sop_linkable(self, orders):
        # An effective framework contract is there to be called off.
        open_frameworks = self.filtered(
            lambda contract: contract.type == 'framework' and contract.state in BINDING_STATES)
        open_frameworks.check_access('read')
        return super(SopContract, self - open_frameworks)._check_sop_linkable(orders)

    def _find_sop_order_differences(self):
        if self.type != 'framework':
            return super()._find_sop_order_differences()
        orders = self.order_ids.filtered(lambda order: order.state != 'cancel')
        texts = {order.id: self._get_sop_call_off_refusals(order) for order in orders}
        return {order_id: found for order_id, found in texts.items() if found}

    def _get_sop_call_off_refusals(self, order):
        """Why this order is not inside this framework contract, in words."""
        texts = self._get_sop_header_differences(order)
        if self.state not in BINDING_STATES:
            texts.append(self.env._("%s is not effective yet: nothing is called off.", self.display_name))
        when = order.date_order if order.state == 'sale' else fields.Datetime.now()
        if not self._is_sop_valid_on(self.company_id._get_sop_local_date(when)):
            texts.append(self.env._(
                "%(contract)s is valid from %(start)s until %(end)s.", contract=self.display_name,
                start=self.date_start or '–', end=self.date_end or '–'))
        called = self.called_amount - (order.amount_total if order.state == 'sale' else 0) + order.amount_total
        if self.ceiling_amount and self.currency_id.compare_amounts(called, self.ceiling_amount) > 0:
            texts.append(self.env._(
                "%(contract)s: only %(left)s may still be called off.", contract=self.display_name,
                left=self.currency_id.format(self.left_amount)))
        return texts + self._get_sop_price_list_refusals(order)

    def _is_sop_valid_on(self, date):
        return not (self.date_start and date < self.date_start or self.date_end and date > self.date_end)

    def _get_sop_price_list_refusals(self, order):
        listed = {line.product_id: line for line in reversed(self.line_ids)}
        texts = []
        for line in order._get_sop_contracted_lines():
            own = listed.get(line.product_id)
            if not own:
                texts.append(self.env._("%s is not part of the framework contract.", line.product_id.display_name))
                continue
            price = own._get_price_in(line.product_uom_id)
            if float_compare(line._get_sop_net_price(), price, DIGITS) or line.tax_ids != own.tax_ids:
                texts.append(self.env._(
                    "%(product)s: %(order)s instead of the price of the framework contract, %(contract)s.",
                    product=line.product_id.display_name, order=self.currency_id.format(line._get_sop_net_price()),
                    contract=self.currency_id.format(price)))
            if own.ceiling and own._get_called_quantity(but=order) + own._get_quantity_of(order) > own.ceiling:
                texts.append(self.env._(
                    "%(product)s: at most %(ceiling)g may be called off in all.",
                    product=line.product_id.display_name, ceiling=own.ceiling))
        return list(dict.fromkeys(texts))

    def action_sop_call_off(self):
        """Open a new quotation inside this framework contract: its products at its prices, quantities to be entered."""
        self.ensure_one()
        self.check_access('read')
        if self.type != 'framework' or self.state not in BINDING_STATES:
            raise UserError(self.env._("%s is no effective framework contract.", self.display_name))
        order = self.env['sale.order'].create(self._prepare_sop_call_off_values())
        return order.get_formview_action()

    def _prepare_sop_call_off_values(self):
        return {
            'partner_id': self.partner_id.id, 'company_id': self.company_id.id, 'sop_contract_id': self.id,
            'payment_term_id': self.payment_term_id.id, 'currency_id': self.currency_id.id,
            'opportunity_id': self.lead_id.id,
            'order_line': [fields.Command.create(line._prepare_order_line_values()) for line in self.line_ids],
        }

    # ------------------------------------------------------------
    # END AND RENEWAL
    # ------------------------------------------------------------

    def action_sop_renew(self):
        """Draft the contract that follows: valid from the day after the end, for as long as this one."""
        self.ensure_one()
        self.check_access('write')
        if self.type != 'framework' or not (self.date_start and self.date_end):
            raise UserError(self.env._("%s: only a framework contract with an end is renewed.", self.display_name))
        if live := self.renewal_ids.filtered(lambda contract: contract.state not in ('void', 'terminated'))[:1]:
            return live.get_formview_action()
        start = self.date_end + relativedelta(days=1)
        follower = self.copy({'date_start': start, 'date_end': start + (self.date_end - self.date_start)})
        as_engine(follower).renews_id = self
        return follower.get_formview_action()

    @api.model
    def _cron_sop_contract_expiry(self, batch_size=200):
        """Tell the salesperson in time that a contract ends, once for each end."""
        cron, work = self.env['ir.cron'], []
        for company in self.env['res.company'].sudo().search([]):
            today = company._get_sop_local_date(fields.Datetime.now())
            until = today + relativedelta(days=company.sop_contract_notice_days)
            work.append(
                Domain('company_id', '=', company.id) & Domain('state', 'in', BINDING_STATES)
                & Domain('date_end', '>=', today) & Domain('date_end', '<=', until) & Domain('is_end_told', '=', False))
        cron._commit_progress(remaining=sum(map(self.search_count, work)))
        for domain in work:
            while contracts := self.search(domain, order='id', limit=batch_size):
                contracts._sop_tell_end()
                if not cron._commit_progress(len(contracts)):
                    return

    def _sop_tell_end(self):
        self._sop_schedule(EXPIRY_TYPE, [
            {'record': contract, 'user': contract.user_id, 'date': contract.date_end,
             'summary': self.env(context={'lang': contract.user_id.lang})._(
                 "Ends on %s: renew it or let it end", contract.date_end)}
            for contract in self if not contract.renewal_ids])
        as_engine(self).is_end_told = True

    def write(self, vals):
        result = super().write(vals)
        if 'date_end' in vals:
            as_engine(self.filtered('is_end_told')).is_end_told = False
        return result
