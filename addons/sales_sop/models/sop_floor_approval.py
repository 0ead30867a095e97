from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_amount

from ..engine import as_engine, is_engine
from .sop_term import DIGITS, STANDINGS

FLOOR_GROUP = 'sales_sop.group_sop_floor'
DECIDE_TYPE = 'sales_sop.mail_activity_type_floor'
# What whoever asks says; the rest is filled by the server.
ASKED = frozenset({
    'kind', 'negotiation_line_id', 'order_line_id', 'value', 'number', 'standing', 'new_target', 'reason', 'counter'})


class SopFloorApproval(models.Model):
    """The approval of a value that whoever negotiates may not agree to alone (S4.6, §5).

    It is bound to one term or one order line and to one value, is decided by
    all positions that the authority names, never by whoever asks, and lapses.
    Limits, gap and margin are shown to whoever may see floors, and to those
    who decide.
    """

    _name = 'sop.floor.approval'
    _description = "Approval Below the Floor"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _mail_post_access = 'read'

    kind = fields.Selection(
        [('value', "Concession"), ('floor', "Change of the floor")], required=True, default='value')
    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    lead_name = fields.Char(related='lead_id.name', string="Deal", compute_sudo=True)
    partner_name = fields.Char(string="Customer", compute='_compute_partner_name', compute_sudo=True)
    company_id = fields.Many2one('res.company', readonly=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    negotiation_line_id = fields.Many2one(
        'sop.negotiation.line', string="Term of the Deal", index='btree_not_null', ondelete='cascade')
    negotiation_id = fields.Many2one('sop.negotiation', readonly=True, index='btree_not_null', ondelete='cascade')
    order_line_id = fields.Many2one(
        'sale.order.line', index='btree_not_null', ondelete='set null')
    order_id = fields.Many2one('sale.order', readonly=True, index='btree_not_null', ondelete='set null')
    product_id = fields.Many2one('product.product', readonly=True, ondelete='restrict')
    term_id = fields.Many2one('sop.term', readonly=True, index=True, ondelete='restrict')
    unit = fields.Char(related='term_id.unit')
    better = fields.Selection(related='term_id.better')
    subject = fields.Char(compute='_compute_subject', compute_sudo=True)
    requester_id = fields.Many2one('res.users', string="Asked By", readonly=True, index=True)
    date = fields.Datetime(string="Asked On", readonly=True)
    ask = fields.Char(string="Customer Asks", readonly=True)
    value = fields.Char(required=True, help="What we would agree to.")
    number = fields.Float(string="Its Number", digits=(16, DIGITS), aggregator=None)
    standing = fields.Selection(STANDINGS, string="Stands")
    new_target = fields.Float(digits=(16, DIGITS), groups=FLOOR_GROUP)
    reason = fields.Text(required=True)
    counter = fields.Char(
        string="In Return", required=True, help="What the customer gives for it.")
    target_value = fields.Float(string="Target", digits=(16, DIGITS), readonly=True, groups=FLOOR_GROUP)
    floor_value = fields.Float(string="Floor", digits=(16, DIGITS), readonly=True, groups=FLOOR_GROUP)
    limits_text = fields.Char(readonly=True, groups=FLOOR_GROUP)
    gap = fields.Float(digits=(16, DIGITS), readonly=True, groups=FLOOR_GROUP, aggregator=None)
    has_margin = fields.Boolean(readonly=True, groups=FLOOR_GROUP)
    margin_effect = fields.Monetary(readonly=True, groups=FLOOR_GROUP, help="Compared with the floor.")
    margin_percent = fields.Float(string="Margin (%)", readonly=True, groups=FLOOR_GROUP, aggregator=None)
    limits_shown = fields.Char(string="Target / Floor", compute='_compute_shown', compute_sudo=False)
    gap_shown = fields.Char(string="Beyond the Floor By", compute='_compute_shown', compute_sudo=False)
    margin_shown = fields.Char(string="Margin", compute='_compute_shown', compute_sudo=False)
    history = fields.Text(string="Rounds", compute='_compute_history', compute_sudo=True)
    state = fields.Selection([
        ('waiting', "Waiting"), ('approved', "Approved"), ('rejected', "Rejected"), ('withdrawn', "Withdrawn"),
        ('lapsed', "Lapsed")], required=True, default='waiting', readonly=True, index=True, copy=False)
    is_own = fields.Boolean(
        string="Own Authority", readonly=True, help="Inside the floor: whoever negotiates holds the position himself.")
    granted = fields.Char(readonly=True, copy=False, help="What may be agreed to, at most.")
    cover_number = fields.Float(digits=(16, DIGITS), readonly=True, copy=False, aggregator=None)
    valid_until = fields.Date(readonly=True, copy=False)
    used_date = fields.Datetime(string="Used On", readonly=True, copy=False)
    decided_date = fields.Datetime(string="Decided On", readonly=True, copy=False)
    decision_ids = fields.One2many('sop.floor.decision', 'approval_id', string="Decisions", readonly=True)
    deciders = fields.Char(string="Decided By", compute='_compute_deciders', compute_sudo=True)
    can_decide = fields.Boolean(compute='_compute_can_decide', search='_search_can_decide')
    can_withdraw = fields.Boolean(compute='_compute_can_decide')

    _line_uniq = models.UniqueIndex(
        "(negotiation_line_id) WHERE state = 'waiting'", "An approval of this term has been asked for already.")
    _order_line_uniq = models.UniqueIndex(
        "(order_line_id) WHERE state = 'waiting'", "An approval of this order line has been asked for already.")
    _lapse_index = models.Index("(valid_until) WHERE state = 'approved'")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('term_id', 'product_id', 'lead_id')
    def _compute_display_name(self):
        # sudo: who decides reads what it is about, without the deal itself.
        for approval, own in zip(self, self.sudo(), strict=True):
            approval.display_name = ', '.join(filter(None, (own.subject, own.lead_id.name)))

    @api.depends('term_id', 'product_id')
    def _compute_subject(self):
        for approval in self:
            product = approval.product_id.display_name
            name = approval.term_id.name
            approval.subject = self.env._("%(term)s of %(product)s", term=name, product=product) if product else name

    @api.depends('lead_id')
    def _compute_partner_name(self):
        for approval in self:
            lead = approval.lead_id
            approval.partner_name = lead.partner_id.display_name or lead.partner_name or lead.contact_name

    @api.depends('decision_ids.user_id', 'decision_ids.state', 'decision_ids.code')
    @api.depends_context('lang')
    def _compute_deciders(self):
        for approval in self:
            approval.deciders = ', '.join(decision._get_label() for decision in approval.decision_ids)

    @api.depends('limits_text', 'gap', 'margin_effect', 'decision_ids.approver_ids')
    @api.depends_context('uid', 'lang')
    def _compute_shown(self):
        """Limits for those who may see floors anyway, and for those who decide."""
        sees = self.env.user.has_group(FLOOR_GROUP)
        for approval in self:
            # sudo: who decides sees the limits; as they are kept, as a form says itself who decides.
            own = approval._origin.sudo()
            shown = sees or self.env.user in own.decision_ids.approver_ids
            numeric = own.term_id.has_number
            approval.limits_shown = shown and own.limits_text
            approval.gap_shown = shown and numeric and ' '.join(
                filter(None, (own.negotiation_line_id._format(own.gap), own.unit)))
            approval.margin_shown = shown and own.has_margin and self.env._(
                "%(effect)s; margin %(margin)s %%", margin=f'{own.margin_percent:.1f}',
                effect=format_amount(self.env, own.margin_effect, own.currency_id))

    @api.depends('negotiation_line_id.offer_ids')
    @api.depends_context('lang')
    def _compute_history(self):
        for approval in self:
            offers = approval.negotiation_line_id.offer_ids.sorted(lambda offer: (offer.round, offer.id))
            approval.history = '\n'.join(
                self.env._("Round %(round)s, %(side)s: %(value)s", round=offer.round, value=offer.value,
                           side=self.env._("customer") if offer.side == 'customer' else self.env._("we"))
                for offer in offers) or False

    @api.depends('state', 'decision_ids.state')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        user = self.env.user
        for approval, own in zip(self, self.sudo(), strict=True):
            waiting = own.decision_ids.filtered(lambda decision: decision.state == 'waiting')
            asked = own.requester_id == user
            approval.can_decide = own.state == 'waiting' and not asked and user in waiting.approver_ids
            approval.can_withdraw = own.state == 'waiting' and asked

    def _search_can_decide(self, operator, value):
        if operator != 'in':
            return NotImplemented
        mine = Domain([
            ('state', '=', 'waiting'), ('requester_id', '!=', self.env.uid),
            ('decision_ids', 'any', [('state', '=', 'waiting'), ('approver_ids', 'in', self.env.uid)])])
        return Domain.OR(mine if wanted else ~mine for wanted in value)

    @api.model
    def _get_sop_invited_domain(self):
        # Without the rules of decisions: they follow from those of approvals.
        return Domain('decision_ids', 'any!', [('approver_ids', 'in', [self.env.uid])])

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def _get_sop_server_fields(self):
        own = {name for name, field in self._fields.items() if field._module == 'sales_sop' and field.store}
        return frozenset(own - ASKED)

    @api.model_create_multi
    def create(self, vals_list):
        if is_engine(self.env):
            return super().create(vals_list)
        self.check_access('create')
        for vals in vals_list:
            self._check_sop_guarded({
                name: value for name, value in vals.items() if value and (name, value) != ('state', 'waiting')})
        engine = as_engine(self, mail_create_nosubscribe=True, mail_create_nolog=True)
        approvals = super(SopFloorApproval, engine).create([
            self._prepare_approval({name: value for name, value in vals.items() if name in ASKED})
            for vals in vals_list])
        for approval in approvals:
            approval._sop_ask()
        return approvals.with_env(self.env)

    def write(self, vals):
        if ASKED.intersection(vals) and not is_engine(self.env):
            raise UserError(self.env._(
                "%s: what was asked for is not changed. Withdraw it and ask again.", self[:1].display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_engine(self):
        if not is_engine(self.env):
            raise UserError(self.env._("%s is kept. Withdraw it if it is not needed.", self[:1].display_name))

    @api.constrains('reason', 'counter', 'value')
    def _check_texts(self):
        for approval in self:
            if not all((approval[name] or '').strip() for name in ('reason', 'counter', 'value')):
                raise ValidationError(self.env._(
                    "Approval: enter the value, the reason, and what the customer gives in return."))

    @api.model
    def _prepare_approval(self, vals):
        """What is asked for, with all that who decides has to know."""
        line = self.env['sop.negotiation.line'].browse(vals.get('negotiation_line_id') or [])
        order_line = self.env['sale.order.line'].browse(vals.get('order_line_id') or [])
        if len(line) + len(order_line) != 1:
            raise UserError(self.env._("Approval: ask for one term of a negotiation, or for one order line."))
        facts = self._prepare_for_line(line, vals) if line else self._prepare_for_order_line(order_line, vals)
        return {**vals, **facts, 'requester_id': self.env.uid, 'date': fields.Datetime.now()}

    @api.model
    def _add_missing_default_values(self, values):
        # What nobody asked for comes from no default of a user or of a context: it would be approved unseen.
        return super()._add_missing_default_values({**dict.fromkeys(ASKED, False), 'kind': 'value', **values})

    @api.model
    def _prepare_for_line(self, line, vals):
        line.check_access('write')
        line.negotiation_id._check_open()
        # sudo: limits and cost are what the decision is about.
        own = line.sudo()
        number = line._get_number(vals.get('value'), vals.get('number') or 0)
        if line.better == 'text' and not vals.get('standing') and vals.get('kind') != 'floor':
            raise ValidationError(self.env._("%s: say how it stands to our target and floor.", own.term_id.name))
        effect, margin = own.negotiation_id.order_id._get_sop_margin(number, own.floor_value) \
            if own.key == 'price' and own.negotiation_id.order_id else (0, None)
        return {
            'lead_id': own.lead_id.id, 'company_id': own.company_id.id, 'negotiation_id': own.negotiation_id.id,
            'term_id': own.term_id.id, 'ask': own.ask, 'number': number,
            'target_value': own.target_value, 'floor_value': own.floor_value, 'limits_text': own.limits,
            'gap': own.term_id._get_gap(number, own.floor_value) if own.term_id.has_number else 0,
            'has_margin': margin is not None, 'margin_percent': margin or 0, 'margin_effect': effect,
        }

    @api.model
    def _prepare_for_order_line(self, order_line, vals):
        order_line.order_id.check_access('write')
        # sudo: limits and cost are what the decision is about.
        own = order_line.sudo()
        lead = own.order_id.opportunity_id
        if not lead.sop_process_id or vals.get('kind', 'value') != 'value':
            raise UserError(self.env._("%s follows no procedure: its prices need no approval.", own.order_id.name))
        lead.sudo(False).check_access('write')
        company = own.company_id
        term = self.env['sop.term'].sudo().browse(self.env['sop.term']._get_sop_price_term_id(company.id) or [])
        if not term:
            raise UserError(self.env._("There is no term for the price any more: nobody could approve it."))
        target, floor = term._get_sop_limits(company)
        discount = own.sop_discount
        effect, margin = own._get_sop_margin(floor)
        return {
            'lead_id': lead.id, 'company_id': company.id, 'order_id': own.order_id.id,
            'product_id': own.product_id.id, 'term_id': term.id, 'number': discount,
            'value': f'{discount:.2f}', 'target_value': target, 'floor_value': floor,
            'limits_text': f'{target:g} / {floor:g}', 'gap': term._get_gap(discount, floor),
            'has_margin': margin is not None, 'margin_percent': margin or 0, 'margin_effect': effect,
        }

    # ------------------------------------------------------------
    # ASKING
    # ------------------------------------------------------------

    def _get_codes(self):
        """The positions that decide on this together."""
        self.ensure_one()
        limits = (self.target_value, self.floor_value)
        low = self.has_margin and self.margin_percent < self.company_id.sop_margin_floor
        codes = self.env['sop.term.authority']._get_sop_codes(self.term_id, self.number, self.standing, limits, low)
        return codes or (('sm',) if self.kind == 'floor' else ())

    def _sop_ask(self):
        """Ask those who decide; what the one who asks may decide himself needs no approval."""
        self.ensure_one()
        codes = self._get_codes()
        if not codes:
            raise UserError(self.env._("%s: you may agree to this without an approval.", self.subject))
        if self._is_own_authority(codes):
            self._sop_grant(own=True)
            return
        self._sop_invite(codes)

    def _is_own_authority(self, codes):
        low = self.has_margin and self.margin_percent < self.company_id.sop_margin_floor
        if self.kind == 'floor' or low or not self.term_id._is_inside(self.number, self.standing, self.floor_value):
            return False
        positions = self.env['sop.position']
        return all(self.requester_id in positions._get_sop_holders([code], self.company_id) for code in codes)

    def _sop_invite(self, codes):
        self.write({'decision_ids': [Command.create({
            'code': code,
            'approver_ids': [Command.set(self._get_sop_approvers(code).ids)],
        }) for code in codes]})
        for user in self.decision_ids.approver_ids:
            # The text comes from the type of activity: it carries no numbers.
            self.with_context(lang=user.lang).activity_schedule(DECIDE_TYPE, user_id=user.id)

    def _get_sop_approvers(self, code):
        """Who decides as ``code``: never the one who asks."""
        self.ensure_one()
        approvers = self.env['sop.position']._get_sop_holders([code], self.company_id, but=self.requester_id)
        if not approvers:
            raise UserError(self.env._(
                "%s: nobody else may decide on it. Ask the administrator to fill the positions.", self.display_name))
        return approvers

    @api.model
    def _sop_note_own(self, line, value, number, standing, codes):
        """Keep that whoever negotiates agreed to this by his own authority."""
        reason = self.env._("Own authority")
        facts = self._prepare_for_line(line, {'value': value, 'number': number, 'standing': standing})
        approval = as_engine(self).create({
            **facts, 'negotiation_line_id': line.id, 'value': value, 'standing': standing, 'reason': reason,
            'counter': line.traded_for or reason, 'requester_id': self.env.uid, 'date': fields.Datetime.now()})
        approval._sop_grant(own=True)

    def action_withdraw(self):
        """It is not needed any more."""
        self.check_access('read')
        self._sop_lock()
        for approval in self:
            if approval.sudo().requester_id != self.env.user:
                raise AccessError(self.env._("%s: only the one who asked withdraws it.", approval.display_name))
            if approval.state != 'waiting':
                raise UserError(self.env._("%s has been decided already.", approval.display_name))
        self._sop_close('withdrawn')
        return True

    # ------------------------------------------------------------
    # DECIDING
    # ------------------------------------------------------------

    def action_approve(self, comment=False):
        """Agree to these as asked."""
        return self._sop_decide('approved', comment)

    def action_reject(self, reason):
        """Refuse these.

        :param str reason: why; whoever asked reads it
        """
        return self._sop_decide('rejected', reason)

    def action_limit(self, reason, limit):
        """Agree, but only up to a stricter value.

        :param str reason: why; whoever asked reads it
        :param limit: the value that may be agreed to at most
        """
        return self._sop_decide('limited', reason, limit)

    def action_open_decide(self):
        """Decide on these together, with one comment."""
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Decide"),
            'res_model': 'sop.floor.decide',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {
                'default_approval_ids': self.filtered('can_decide').ids, **self.env.context.get('sop_decide', {})},
        }

    def _sop_decide(self, state, comment, limit=None):
        self.check_access('read')
        self._sop_lock()
        comment = str(comment or '').strip()
        for approval in self:
            decisions = approval._get_decisions_of_user()
            if state != 'approved' and not comment:
                raise UserError(self.env._("%s: say why.", approval.display_name))
            values = approval._prepare_limit(limit) if state == 'limited' else {}
            as_engine(decisions).write({
                'state': state, 'user_id': self.env.uid, 'date': fields.Datetime.now(), 'comment': comment, **values})
            as_engine(approval)._sop_after_decision()
        return True

    def _sop_lock(self):
        """Whoever comes second waits for the first, and sees what he decided."""
        if self.ids:
            self.env.flush_all()
            self.env.execute_query(SQL(
                "SELECT id FROM sop_floor_approval WHERE id = ANY(%s) ORDER BY id FOR UPDATE", self.ids))
            self.invalidate_recordset()
            self.sudo().decision_ids.invalidate_recordset()

    def _get_decisions_of_user(self):
        """The open decisions that the user makes on this approval."""
        self.ensure_one()
        # sudo: who decides is written on decisions he may not read yet.
        own, user = self.sudo(), self.env.user
        if own.requester_id == user:
            raise AccessError(self.env._("%s: you asked for it, somebody else decides.", self.display_name))
        if own.state != 'waiting':
            raise UserError(self.env._("%s has been decided already.", self.display_name))
        positions = self.env['sop.position']
        decisions = own.decision_ids.filtered(
            lambda decision: decision.state == 'waiting'
            and user in positions._get_sop_holders([decision.code], own.company_id, but=own.requester_id))
        if not decisions:
            raise AccessError(self.env._("%(approval)s is decided by: %(deciders)s.",
                approval=self.display_name, deciders=own.deciders))
        return decisions

    def _prepare_limit(self, limit):
        """A limit lies between the floor and what was asked for."""
        self.ensure_one()
        own = self.sudo()
        if own.better == 'text':
            if not str(limit or '').strip():
                raise UserError(self.env._("%s: enter what may be agreed to.", self.display_name))
            return {'limit': str(limit).strip()}
        number = own.term_id._parse_number(limit)
        if not own.term_id._is_worse(own.number, number):
            raise UserError(self.env._(
                "%(approval)s: a limit is stricter than the value asked for (%(value)s).",
                approval=self.display_name, value=own.value))
        return {'limit': str(limit).strip(), 'limit_number': number}

    def _sop_after_decision(self):
        """One rejection settles it; otherwise it is settled when everybody has decided."""
        self.ensure_one()
        # The row is written each time, so that a decision made at the same moment is not missed.
        self.decided_date = fields.Datetime.now()
        waiting = self.decision_ids.filtered(lambda decision: decision.state == 'waiting')
        if any(decision.state == 'rejected' for decision in self.decision_ids):
            self._sop_close('rejected')
        elif not waiting:
            self._sop_grant()
        else:
            done = self.decision_ids.approver_ids - waiting.approver_ids
            self.activity_unlink([DECIDE_TYPE], user_id=self.env.uid)
            for user in done:
                self.activity_unlink([DECIDE_TYPE], user_id=user.id)

    def _sop_grant(self, own=False):
        """Everybody agreed: to the value asked for, or to the strictest limit."""
        self.ensure_one()
        limited = self.decision_ids.filtered(lambda decision: decision.state == 'limited')
        granted, number = self.value, self.number
        for decision in limited:
            if self.better == 'text' or self.term_id._is_worse(number, decision.limit_number):
                granted, number = decision.limit, decision.limit_number or number
        today = self.company_id._get_sop_local_date(fields.Datetime.now())
        self.write({
            'granted': granted, 'cover_number': number, 'is_own': own,
            'valid_until': today + timedelta(days=self.company_id.sop_approval_days)})
        self._sop_close('approved')
        if self.kind == 'floor':
            self._sop_move_floor()
        self.negotiation_line_id._sop_judge()

    def _sop_move_floor(self):
        """The floor of the deal is what was approved."""
        line = as_engine(self.negotiation_line_id)
        values = {'target_value': self.new_target} if self.new_target else {}
        if line.term_id._is_worse(line.target_value, self.cover_number):
            values = {'target_value': self.cover_number, **values}
        line.write({**values, 'floor_value': self.cover_number} if line.better != 'text' else {
            **values, 'floor_text': self.granted})

    def _sop_close(self, state):
        """Settle it: nobody is asked any more, and whoever asked is told."""
        engine = as_engine(self)
        engine.write({'state': state})
        waiting = engine.decision_ids.filtered(lambda decision: decision.state == 'waiting')
        waiting.write({'state': 'void'})
        engine.activity_unlink([DECIDE_TYPE])
        if state in ('approved', 'rejected', 'lapsed'):
            engine._sop_tell()

    def _sop_tell(self):
        """Tell whoever asked, without numbers: a mail leaves the house."""
        for approval in self.filtered(lambda approval: approval.requester_id != self.env.user):
            user = approval.requester_id
            told = approval.with_context(lang=user.lang)
            label = dict(told._fields['state']._description_selection(told.env))[approval.state]
            told.message_notify(
                partner_ids=user.partner_id.ids, author_id=self.env.user.partner_id.id,
                subject=told.env._("Approval: %s", label),
                body=told.env._("%(approval)s: %(state)s.", approval=told.display_name, state=label))

    # ------------------------------------------------------------
    # WHAT IT COVERS
    # ------------------------------------------------------------

    def _is_live(self):
        """Whether it may still be relied on."""
        if not self or self.state != 'approved':
            return False
        today = self.company_id._get_sop_local_date(fields.Datetime.now())
        return self.valid_until >= today or bool(self.used_date and self.order_line_id.state == 'sale')

    def _covers(self, value, number, standing):
        """Whether this approves that ``value`` is agreed to."""
        self.ensure_one()
        if self.kind != 'value' or not self._is_live():
            return False
        if self.term_id.has_number and self.term_id._is_worse(number, self.cover_number):
            return False
        if self.better != 'text' or standing != 'below':
            return True
        return ' '.join((value or '').split()).lower() == ' '.join((self.granted or '').split()).lower()

    def _sop_use(self, number):
        """It is used up: from now on it covers what was agreed, nothing worse."""
        for approval in self:
            as_engine(approval).write({
                'used_date': approval.used_date or fields.Datetime.now(), 'cover_number': number})

    @api.model
    def _cron_sop_lapse(self, batch_size=200):
        """Close what nobody may rely on any more, and tell whoever asked."""
        cron = self.env['ir.cron']
        day_before = fields.Date.today() - timedelta(days=1)
        domain = Domain([('state', '=', 'approved'), ('valid_until', '<', day_before)]) & ~Domain([
            ('used_date', '!=', False), ('order_line_id.state', '=', 'sale')])
        cron._commit_progress(remaining=self.search_count(domain))
        while approvals := self.search(domain, limit=batch_size, order='id'):
            approvals._sop_close('lapsed')
            if not cron._commit_progress(len(approvals)):
                break
