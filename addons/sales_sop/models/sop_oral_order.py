from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..engine import as_engine, is_engine

# What became of the latest request to the customer, as the state of the oral order
STATES = {'pending': 'sent', 'confirmed': 'confirmed', 'declined': 'declined'}
OPEN = ('draft', 'sent', 'declined')
FROZEN = ('confirmed', 'cancelled')
CHANNELS = [
    ('phone', "Phone"),
    ('visit', "Visit"),
    ('message', "Instant message"),
]
RESTATE = 'sales_sop.mail_activity_type_oral_restate'
START = 'sales_sop.mail_activity_type_oral_start'


class SopOralOrder(models.Model):
    """What a customer ordered by word of mouth, to be confirmed by him in writing (§4.6, S5.6).

    Before he confirms it is only planned: its quotations are not confirmed,
    unless the sales director lets a small order start.
    """

    _name = 'sop.oral.order'
    _description = "Oral Order"
    _inherit = [
        'mail.thread', 'mail.activity.mixin', 'sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.signoff.mixin']
    _order = 'id desc'

    _sop_signoff_template = 'sales_sop.sop_oral_order_signoff'
    _sop_server_fields = frozenset({
        'name', 'state', 'user_id', 'due_date', 'restated_date', 'cancel_reason', 'start_state', 'start_asked_by_id',
        'start_reason', 'start_approver_ids', 'start_by_id', 'start_date', 'start_remark'})

    name = fields.Char(string="Number", readonly=True, copy=False)
    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(related='lead_id.partner_id', string="Customer")
    company_id = fields.Many2one(
        'res.company', compute='_compute_company_id', store=True, index='btree_not_null', precompute=True)
    currency_id = fields.Many2one(
        'res.currency', compute='_compute_currency_id', store=True, readonly=False, required=True, precompute=True)
    channel = fields.Selection(CHANNELS, string="Ordered Through", required=True, default='phone')
    stakeholder_id = fields.Many2one(
        'sop.stakeholder', string="Person", domain="[('lead_id', '=', lead_id)]", index='btree_not_null',
        ondelete='set null')
    caller = fields.Char(
        compute='_compute_caller', store=True, readonly=False, precompute=True, required=True,
        help="Who ordered, as you know the person.")
    date = fields.Datetime(string="Ordered On", required=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        'res.users', string="Recorded By", required=True, default=lambda self: self.env.uid, index=True,
        ondelete='restrict', readonly=True, copy=False)
    line_ids = fields.One2many('sop.oral.order.line', 'order_id', string="Lines", copy=True)
    amount = fields.Monetary(compute='_compute_amount', store=True, help="Of the lines with a price, without tax.")
    special_wish = fields.Text(help="What the customer wants beyond the lines.")
    state = fields.Selection(
        [('draft', "To restate"), ('sent', "Waiting for the customer"), ('confirmed', "Confirmed"),
         ('declined', "Declined"), ('cancelled', "Cancelled")],
        compute='_compute_state', store=True, index=True, compute_sudo=True, readonly=True)
    due_date = fields.Date(string="Restate By", readonly=True, copy=False)
    restated_date = fields.Datetime(
        string="Restated On", compute='_compute_restated_date', store=True, compute_sudo=True, copy=False)
    is_overdue = fields.Boolean(string="Overdue", compute='_compute_is_overdue', search='_search_is_overdue')
    cancel_reason = fields.Char(readonly=True, copy=False)
    order_ids = fields.One2many('sale.order', 'sop_oral_order_id', string="Quotations", readonly=True)
    order_count = fields.Integer(compute='_compute_order_count', compute_sudo=True)
    start_state = fields.Selection(
        [('asked', "Asked for"), ('released', "Released"), ('refused', "Refused")], string="Urgent Start",
        readonly=True, copy=False, help="Whether work may start before the customer confirms in writing.")
    start_asked_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    start_reason = fields.Char(string="Why It Is Urgent", readonly=True, copy=False)
    start_approver_ids = fields.Many2many('res.users', string="Asked to Release", readonly=True, copy=False)
    start_by_id = fields.Many2one('res.users', string="Start Decided By", readonly=True, copy=False)
    start_date = fields.Datetime(string="Start Decided On", readonly=True, copy=False)
    start_remark = fields.Char(string="Decision on the Start", readonly=True, copy=False)
    can_decide_start = fields.Boolean(compute='_compute_can_decide_start')

    _name_uniq = models.UniqueIndex('(name)', "The number of an oral order is used once.")

    @api.depends('name', 'partner_id')
    def _compute_display_name(self):
        for order in self:
            order.display_name = ' '.join(filter(None, [order.name, order.partner_id.name])) or self.env._("Oral Order")

    @api.depends('lead_id')
    def _compute_company_id(self):
        """The company at the time: its number, currency and dates do not follow the opportunity elsewhere."""
        for order in self:
            # sudo: the company of a lead is the same for everybody.
            order.company_id = order.lead_id.sudo()._get_sop_company() if order.lead_id else False

    @api.depends('company_id')
    def _compute_currency_id(self):
        for order in self:
            company = order.company_id or self.env.company
            order.currency_id = order.currency_id or company.currency_id

    @api.depends('stakeholder_id')
    def _compute_caller(self):
        for order in self:
            order.caller = order.stakeholder_id.name or order.caller

    @api.depends('line_ids.quantity', 'line_ids.price_unit')
    def _compute_amount(self):
        for order in self:
            order.amount = sum(line.quantity * line.price_unit for line in order.line_ids)

    @api.depends('signoff_state', 'cancel_reason')
    def _compute_state(self):
        for order in self:
            order.state = 'cancelled' if order.cancel_reason else STATES.get(order.signoff_state, 'draft')

    @api.depends('signoff_ids.sent_date', 'signoff_ids.answer_date')
    def _compute_restated_date(self):
        for order in self:
            dates = [signoff.sent_date or signoff.answer_date for signoff in order.signoff_ids]
            order.restated_date = min(filter(None, dates), default=False)

    @api.depends('state', 'due_date', 'restated_date')
    def _compute_is_overdue(self):
        # sudo: today is where the company of the lead works.
        todays = self.sudo().lead_id._get_sop_todays()
        for order in self:
            order.is_overdue = bool(
                order.state == 'draft' and not order.restated_date and order.due_date
                and order.due_date < todays.get(order.sudo().lead_id.id, order.due_date))

    def _search_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        late = Domain('state', '=', 'draft') & Domain('restated_date', '=', False) & Domain('due_date', '<', 'today')
        return Domain.OR(late if wanted else ~late for wanted in value)

    def _compute_order_count(self):
        counts = dict(self.env['sale.order']._read_group(
            [('sop_oral_order_id', 'in', self.ids)], ['sop_oral_order_id'], ['__count']))
        for order in self:
            order.order_count = counts.get(order._origin, 0)

    @api.depends_context('uid')
    @api.depends('state', 'start_state')
    def _compute_can_decide_start(self):
        for order in self:
            order.can_decide_start = bool(
                order._origin and order.state in OPEN and order.start_state != 'released'
                and self.env.user in order._get_start_approvers())

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('date')
    def _check_date(self):
        now = fields.Datetime.now()
        for order in self:
            if order.date > now:
                raise ValidationError(self.env._(
                    "%s: what lies in the future has not been ordered yet. Correct the date.", order.display_name))

    @api.constrains('stakeholder_id', 'lead_id')
    def _check_stakeholder(self):
        for order in self:
            if order.stakeholder_id and order.stakeholder_id.lead_id != order.lead_id:
                raise ValidationError(self.env._(
                    "%(order)s: %(person)s belongs to another opportunity. Choose a person of this one.",
                    order=order.display_name, person=order.stakeholder_id.name))

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        for order in orders:
            as_engine(order).write(order._prepare_number())
        orders._remind_to_restate()
        return orders

    def _prepare_number(self):
        # sudo: users number what they record; they do not manage sequences.
        number = self.env['ir.sequence'].sudo().next_by_code('sop.oral.order')
        company = self.sudo().company_id
        return {'name': number, 'due_date': company._sop_add_workdays(self.date, company.sop_oral_days)}

    def write(self, vals):
        if vals.keys() & self._get_content_fields():
            self._check_open()
        if 'lead_id' in vals:
            self._check_lead_kept(vals['lead_id'])
        result = super().write(vals)
        if vals.keys() & self._get_content_fields():
            self._sop_outdate_signoffs()
        return result

    @api.model
    def _get_content_fields(self):
        return {'currency_id', 'channel', 'stakeholder_id', 'caller', 'date', 'line_ids', 'special_wish'}

    def _check_open(self):
        if frozen := self.filtered(lambda order: order.state in FROZEN)[:1]:
            raise UserError(self.env._(
                "%(order)s is %(state)s and does not change any more. Record a new oral order.",
                order=frozen.display_name,
                state=dict(self._fields['state']._description_selection(self.env))[frozen.state].lower()))

    def _check_lead_kept(self, lead_id):
        # Merging opportunities moves them, as the engine.
        moved = self.filtered(lambda order: order.lead_id.id != lead_id)
        if moved and not is_engine(self.env):
            raise UserError(self.env._("%s stays with its opportunity. Record it there anew.", moved[:1].display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        for order in self:
            if order.signoff_state != 'none' or order.sudo().order_ids:
                raise UserError(self.env._(
                    "%s is kept: the customer was asked, or there is a quotation. Cancel it instead.",
                    order.display_name))

    # ------------------------------------------------------------
    # CONFIRMATION BY THE CUSTOMER
    # ------------------------------------------------------------

    def _get_sop_signoff_title(self):
        return self.env._(
            "Order by %(channel)s on %(date)s",
            channel=dict(self._fields['channel']._description_selection(self.env))[self.channel].lower(),
            date=format_date(self.env, self.date))

    def _get_sop_signoff_values(self):
        return {
            'caller': self.caller,
            'channel': self.channel,
            'date': self.date,
            'currency': self.currency_id.name,
            'special_wish': self.special_wish or '',
            'lines': [line._get_values() for line in self.line_ids],
        }

    def _check_sop_signoff(self):
        self._check_open()
        for order in self:
            if not order.line_ids:
                raise UserError(self.env._("%s: enter what was ordered first.", order.display_name))

    def _sop_request_signoff(self, partner=None, message=None, mail=True):
        signoff = super()._sop_request_signoff(partner, message, mail)
        self._done_restating()
        return signoff

    def _sop_on_signoff(self, signoff):
        result = super()._sop_on_signoff(signoff)
        self._done_restating()
        if signoff.state == 'confirmed':
            self._confirm_paid_orders()
        return result

    def _confirm_paid_orders(self):
        """Payments that came before the confirmation confirm their orders now."""
        # sudo: a payment counts whoever reads it.
        payments = self.sudo().order_ids.transaction_ids.filtered(
            lambda payment: payment.state in ('authorized', 'done'))
        payments._check_amount_and_confirm_order()

    def _remind_to_restate(self):
        for order in self.filtered(lambda order: order.state == 'draft'):
            as_engine(order, lang=order.user_id.lang).activity_schedule(
                RESTATE, date_deadline=order.due_date or None, user_id=order.user_id.id)

    def _done_restating(self):
        # sudo: what was asked is done, whoever did it.
        self.sudo().activity_unlink([RESTATE])

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_cancel(self, reason):
        """The customer does not want it any more, or it was recorded by mistake; ``reason`` is kept."""
        self.check_access('write')
        reason = self._get_reason(reason)
        self._check_open()
        for order in self:
            # sudo: the rule holds for orders the user does not see.
            if confirmed := order.sudo().order_ids.filtered(lambda sale: sale.state == 'sale')[:1]:
                raise UserError(self.env._(
                    "%(order)s: work on %(sale)s has started. Cancel that order first.",
                    order=order.display_name, sale=confirmed.name))
        self._get_sop_open_signoffs()._outdate()
        as_engine(self).write({'cancel_reason': reason})
        self.sudo().activity_unlink([RESTATE, START])
        return True

    def action_create_quotation(self):
        """Open a quotation with the lines, made now."""
        self.ensure_one()
        self.check_access('write')
        if self.state == 'cancelled':
            raise UserError(self.env._("%s is cancelled.", self.display_name))
        if not self.partner_id:
            raise UserError(self.env._(
                "%(order)s: enter the customer on the opportunity %(lead)s first.",
                order=self.display_name, lead=self.lead_id.display_name))
        order = self.env['sale.order'].create(self._prepare_quotation_values())
        order.write({'order_line': [
            Command.create(line._prepare_quotation_line(order)) for line in self.line_ids]})
        return order.get_formview_action()

    def _prepare_quotation_values(self):
        defaults = self.lead_id._prepare_opportunity_quotation_context()
        return {
            **{name.removeprefix('default_'): value for name, value in defaults.items()},
            'company_id': self.company_id.id,
            'sop_oral_order_id': self.id,
        }

    def action_open_quotations(self):
        """The quotations made of it."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Quotations"),
            'res_model': 'sale.order',
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('sop_oral_order_id', '=', self.id)],
            'context': {'create': False},
        }

    # ------------------------------------------------------------
    # URGENT START
    # ------------------------------------------------------------

    @api.model
    def _get_sop_invited_domain(self):
        return super()._get_sop_invited_domain() | Domain('start_approver_ids', 'in', [self.env.uid])

    def _get_start_approvers(self):
        """Who may let it start: the sales director, never who recorded it or asked for it."""
        # sudo: who decides does not depend on who asks.
        order = self.sudo()
        return self.env['sop.position']._get_sop_holders(
            ['director'], order.company_id, order.user_id | order.start_asked_by_id)

    def action_ask_start(self, reason):
        """Ask the sales director to let work start before the customer confirms; ``reason`` says why it is urgent."""
        self.ensure_one()
        self.check_access('write')
        reason = self._get_reason(reason)
        self._check_start()
        as_engine(self).write({'start_asked_by_id': self.env.uid})
        approvers = self._get_start_approvers()
        if not approvers:
            raise UserError(self.env._(
                "%s: nobody can release the start. Ask an administrator to name the sales director.",
                self.display_name))
        as_engine(self).write({
            'start_state': 'asked', 'start_reason': reason, 'start_approver_ids': [Command.set(approvers.ids)],
            'start_by_id': False, 'start_date': False, 'start_remark': False})
        self.sudo().activity_unlink([START])
        for approver in approvers:
            as_engine(self, lang=approver.lang).activity_schedule(START, user_id=approver.id)
        return True

    def action_release_start(self, reason):
        """Let work start before the customer confirms, up to the limit of the company."""
        self._decide_start('released', reason)
        return True

    def action_refuse_start(self, reason):
        """Nothing starts before the customer confirms."""
        self._decide_start('refused', reason)
        return True

    def _decide_start(self, state, reason):
        self.ensure_one()
        self.check_access('read')
        reason = self._get_reason(reason)
        self._check_start()
        if self.env.user not in self._get_start_approvers():
            raise AccessError(self.env._(
                "%s: the sales director decides on an urgent start, and never who recorded the order or asked for it.",
                self.display_name))
        if state == 'released':
            self._check_start_limit(self._get_company_amount())
        as_engine(self).write({
            'start_state': state, 'start_by_id': self.env.uid, 'start_date': fields.Datetime.now(),
            'start_remark': reason})
        self.sudo().activity_unlink([START])

    def _check_start(self):
        self._check_open()
        if self.start_state == 'released':
            raise UserError(self.env._(
                "%(order)s: the start was released by %(user)s already.",
                order=self.display_name, user=self.start_by_id.name))

    def _get_company_amount(self):
        order = self.sudo()
        return order.currency_id._convert(order.amount, order.company_id.currency_id, order.company_id, order.date)

    def _check_start_limit(self, amount):
        """Refuse an amount in the currency of the company that nobody may let start.

        :raise UserError: names the limit
        """
        # sudo: the settings of a company hold for everybody.
        company = self.sudo().company_id
        if company.currency_id.compare_amounts(amount, company.sop_oral_start_limit) > 0:
            raise UserError(self.env._(
                "%(order)s: an urgent start is possible up to %(limit)s. Have the customer confirm first.",
                order=self.display_name, limit=company.currency_id.format(company.sop_oral_start_limit)))

    def _get_reason(self, reason):
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name))
        return reason
