from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize, email_normalize_all

from ..engine import as_engine, is_engine

CHANNELS = [
    ('email', "E-mail"),
    ('phone', "Phone"),
    ('web', "Website"),
    ('portal', "Portal"),
    ('visit', "Visit"),
    ('other', "Other"),
]
OPEN = ('new', 'replied')
# How far back the moment of a request may lie that somebody enters by hand
BACKDATING = timedelta(hours=24)
LATE_TYPE = 'sales_sop.mail_activity_type_sop_request'
# What the server alone writes: the clock and the evidence
PROTECTED = frozenset({
    'state', 'company_id', 'message_id', 'deadline', 'first_reply_at', 'replied_by_id', 'reply_message_id',
    'contact_log_id', 'on_time', 'answered_at', 'answered_by_id', 'cancel_reason', 'cancelled_by_id',
    'waiting_since', 'waiting_deadline', 'escalated_at',
})


class SopRequest(models.Model):
    """What a customer asked of us, and how fast we replied (X.1).

    The clock runs while the customer waits: from the request to our first
    reply, and again when he writes once more before he has his answer.
    """

    _name = 'sop.request'
    _description = "Inbound Request"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'sop.lead.child.mixin']
    _order = 'received_at desc, id desc'
    _rec_name = 'subject'
    _sop_parent_optional = True

    subject = fields.Char(required=True)
    description = fields.Text()
    channel = fields.Selection(CHANNELS, required=True, default='phone')
    received_at = fields.Datetime(
        required=True, default=fields.Datetime.now, copy=False,
        help="When the customer asked. Entered by hand, it may lie up to 24 hours back.")
    lead_id = fields.Many2one('crm.lead', string="Opportunity", index='btree_not_null', ondelete='cascade')
    partner_id = fields.Many2one(
        'res.partner', string="Customer", compute='_compute_partner_id', store=True, readonly=False,
        index='btree_not_null', ondelete='restrict')
    email_from = fields.Char(string="E-mail")
    user_id = fields.Many2one(
        'res.users', string="Salesperson", compute='_compute_user_id', store=True, readonly=False, index=True,
        domain="[('share', '=', False)]")
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, copy=False)
    state = fields.Selection(
        [('new', "New"), ('replied', "Replied"), ('answered', "Answered"), ('cancelled', "Cancelled")],
        required=True, default='new', readonly=True, index=True, copy=False)
    message_id = fields.Many2one('mail.message', readonly=True, copy=False, ondelete='set null')
    deadline = fields.Datetime(
        string="Reply Until", readonly=True, copy=False, help="Working hours of the company are counted.")
    first_reply_at = fields.Datetime(string="First Reply", readonly=True, copy=False)
    replied_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    reply_message_id = fields.Many2one(
        'mail.message', string="Replied With", readonly=True, copy=False, ondelete='set null')
    contact_log_id = fields.Many2one(
        'sop.contact.log', string="Replied In", readonly=True, copy=False, index='btree_not_null',
        ondelete='set null')
    on_time = fields.Boolean(string="Replied in Time", readonly=True, copy=False)
    answered_at = fields.Datetime(string="Answered On", readonly=True, copy=False)
    answered_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False)
    cancelled_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    waiting_since = fields.Datetime(string="Customer Waits Since", readonly=True, copy=False)
    waiting_deadline = fields.Datetime(string="Due", readonly=True, copy=False, index='btree_not_null')
    escalated_at = fields.Datetime(string="Escalated On", readonly=True, copy=False)
    remaining_hours = fields.Float(
        string="Hours Left", compute='_compute_remaining_hours', help="Working hours until the reply is due.")
    is_late = fields.Boolean(string="Late", compute='_compute_is_late', search='_search_is_late')
    punctuality = fields.Float(
        string="First Replies in Time (%)", compute='_compute_punctuality', aggregator='avg',
        help="Replies in time of all requests that were due. Cancelled requests do not count.")

    @api.depends('lead_id')
    def _compute_partner_id(self):
        for request in self:
            request.partner_id = request.lead_id.partner_id or request.partner_id

    @api.depends('lead_id')
    def _compute_user_id(self):
        for request in self:
            request.user_id = request.lead_id.user_id or request.user_id or self.env.user.filtered(
                lambda user: user._is_internal() and not user._is_superuser())

    @api.depends('waiting_deadline')
    def _compute_remaining_hours(self):
        now = fields.Datetime.now()
        self.remaining_hours = 0
        # sudo: how long a company works does not depend on who asks.
        for company, requests in self.filtered('waiting_deadline').grouped(lambda own: own.sudo().company_id).items():
            spans = {request: sorted((now, request.waiting_deadline)) for request in requests}
            hours = company._sop_count_workhours_batch(map(tuple, spans.values()))
            for request, span in spans.items():
                sign = -1 if request.waiting_deadline < now else 1
                request.remaining_hours = sign * hours[tuple(span)]

    @api.depends('waiting_deadline', 'deadline', 'first_reply_at', 'on_time')
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for request in self:
            waits_late = request.waiting_deadline and request.waiting_deadline < now
            replied_late = request.deadline and request.first_reply_at and not request.on_time
            request.is_late = bool(request.state != 'cancelled' and (waits_late or replied_late))

    def _search_is_late(self, operator, value):
        if operator != 'in':
            return NotImplemented
        late = Domain('state', '!=', 'cancelled') & (
            Domain('waiting_deadline', '<', fields.Datetime.now()) | Domain([
                ('deadline', '!=', False), ('first_reply_at', '!=', False), ('on_time', '=', False)]))
        return Domain.OR(late if wanted else ~late for wanted in value)

    def _compute_punctuality(self):
        for request in self:
            request.punctuality = 100 * request.on_time

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != 'punctuality:avg':
            return super()._read_group_select(aggregate_spec, query)
        columns = {
            name: self._field_to_sql(self._table, name, query)
            for name in ('state', 'deadline', 'first_reply_at', 'on_time')
        }
        return SQL(
            "100.0 * COUNT(*) FILTER (WHERE %(on_time)s AND %(due)s) / NULLIF(COUNT(*) FILTER (WHERE %(due)s), 0)",
            on_time=columns['on_time'],
            due=SQL(
                "%(state)s <> 'cancelled' AND %(deadline)s IS NOT NULL"
                " AND (%(first_reply_at)s IS NOT NULL OR %(deadline)s < %(now)s)",
                now=fields.Datetime.now(), **columns))

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        # The clock is not set by a default of a user or of a context.
        return super().default_get([name for name in fields if name not in PROTECTED or name == 'state'])

    @api.model_create_multi
    def create(self, vals_list):
        self = self.with_context(default_state='new', tracking_disable=True, mail_create_nolog=True)
        if not is_engine(self.env):
            for vals in vals_list:
                self._check_protected(vals)
        requests = super().create([{**vals, **self._prepare_company_values(vals)} for vals in vals_list])
        if not is_engine(self.env):
            requests._check_received_at()
        requests._start_clock()
        return requests

    def write(self, vals):
        if not is_engine(self.env):
            self._check_protected(vals)
            if 'received_at' in vals or ('lead_id' in vals and self.sudo().lead_id):
                raise AccessError(self.env._(
                    "%s: when a request was received and the opportunity it belongs to are not changed afterwards. "
                    "Cancel it and enter it anew.", self[:1].display_name))
        result = super().write(vals)
        if 'lead_id' in vals:
            self.check_access('write')
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_request(self):
        if not is_engine(self.env):
            raise UserError(self.env._("%s: requests are not deleted. Cancel it.", self[:1].display_name))

    @api.model
    def _check_protected(self, vals):
        if forged := sorted(PROTECTED & vals.keys()):
            raise AccessError(self.env._(
                "%(fields)s: the times of a request and its state are kept by the system. Use the buttons.",
                fields=', '.join(self._fields[name]._description_string(self.env) for name in forged)))

    def _check_received_at(self):
        now = fields.Datetime.now()
        for request in self:
            if not now - BACKDATING <= request.received_at <= now + timedelta(minutes=1):
                raise ValidationError(self.env._(
                    "%s: a request is entered within 24 hours, and not before it was received.", request.display_name))

    @api.model
    def _prepare_company_values(self, vals):
        # sudo: whose working hours count does not depend on who enters the request.
        lead = self.env['crm.lead'].sudo().browse(vals.get('lead_id'))
        return {'company_id': (lead._get_sop_company() if lead else self.env.company).id}

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_reply(self):
        """The customer has had a reply that the system did not see."""
        self._check_open()
        self._set_replied()
        return True

    def action_answer(self):
        """What the customer asked for is answered."""
        self._check_open()
        self._set_replied()
        as_engine(self).write({
            'state': 'answered', 'answered_at': fields.Datetime.now(), 'answered_by_id': self.env.uid})
        return True

    def action_cancel(self, reason):
        """This is no request, or no longer one. When it is late already, a manager decides that.

        :param str reason: why; kept with the request
        """
        self._check_open()
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("Say why %s is cancelled.", self[:1].display_name))
        if any(self.mapped('is_late')) and not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._(
                "%s is late: only a manager cancels it. Reply to the customer, or ask your manager.",
                self.filtered('is_late')[0].display_name))
        self._stop_clock({'state': 'cancelled', 'cancel_reason': reason, 'cancelled_by_id': self.env.uid})
        return True

    def action_reopen(self):
        """Not answered after all, or cancelled by mistake."""
        self.check_access('write')
        closed = as_engine(self.filtered(lambda request: request.state not in OPEN))
        for request in closed:
            waiting = request.first_reply_at and {} or {
                'waiting_since': request.received_at, 'waiting_deadline': request.deadline}
            request.write({
                'state': 'replied' if request.first_reply_at else 'new', 'answered_at': False,
                'answered_by_id': False, 'cancel_reason': False, 'cancelled_by_id': False, **waiting})
        return True

    def action_open_cancel(self):
        """Ask for the reason."""
        self.check_access('write')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Cancel the Request"),
            'res_model': 'sop.request.cancel',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_request_ids': self.ids},
        }

    def action_open_lead(self):
        """The lead or opportunity the request is about."""
        self.ensure_one()
        self.check_access('read')
        return self.lead_id.get_formview_action()

    def _check_open(self):
        self.check_access('write')
        if closed := self.filtered(lambda request: request.state not in OPEN):
            raise UserError(self.env._(
                "%s is closed already. Reopen it first if the customer still waits.", closed[0].display_name))

    # ------------------------------------------------------------
    # THE CLOCK
    # ------------------------------------------------------------

    def _start_clock(self):
        """From when the customer waits, and until when he gets a reply."""
        requests = as_engine(self)
        moments = requests._get_deadlines({request: request.received_at for request in requests})
        for request in requests:
            request.write({
                'deadline': moments[request], 'waiting_since': request.received_at,
                'waiting_deadline': moments[request]})
        self._wake_cron(moments.values())

    def _restart_clock(self):
        """The customer wrote again after our reply, before he has his answer."""
        now = fields.Datetime.now()
        requests = as_engine(self.filtered(lambda request: not request.waiting_since))
        moments = requests._get_deadlines(dict.fromkeys(requests, now))
        for request in requests:
            request.write({
                'waiting_since': now, 'waiting_deadline': moments[request], 'escalated_at': False})
        self._wake_cron(moments.values())

    def _get_deadlines(self, starts):
        """``{request: datetime}``; False where the company does not time requests."""
        return {
            request: moments[starts[request], hours]
            for company, requests in self.grouped('company_id').items()
            for hours in [company.sop_reply_hours]
            for moments in [company._sop_add_workhours_batch((starts[request], hours) for request in requests)]
            for request in requests
        }

    @api.model
    def _wake_cron(self, moments):
        cron = self.env.ref('sales_sop.ir_cron_sop_escalate_requests', raise_if_not_found=False)
        if cron and (moments := set(filter(None, moments))):
            cron._trigger(at=moments)

    def _set_replied(self, **evidence):
        """The customer has a reply, now."""
        now = fields.Datetime.now()
        for request in as_engine(self):
            first = {} if request.first_reply_at else {
                'state': 'replied', 'first_reply_at': now, 'replied_by_id': self._get_person(**evidence).id,
                'on_time': not request.deadline or now <= request.deadline,
                **{name: record.id for name, record in evidence.items()},
            }
            request.write(first)
        self._stop_clock({})

    @api.model
    def _get_person(self, reply_message_id=None, **evidence):
        # The gateway posts what somebody sends from his own mail program.
        author = reply_message_id and reply_message_id.author_id.user_ids[:1]
        return author or self.env.user

    def _stop_clock(self, values):
        requests = as_engine(self)
        requests.write({'waiting_since': False, 'waiting_deadline': False, **values})
        requests.filtered('escalated_at').activity_unlink([LATE_TYPE])

    # ------------------------------------------------------------
    # MESSAGES
    # ------------------------------------------------------------

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if self and not self._is_notification_scheduled(kwargs.get('scheduled_date')):
            self._note_reply(message, recipients)
        return recipients

    @api.model
    def _receive(self, lead, message):
        """A customer's message about ``lead``: a new request, unless it continues an open one."""
        request = self.sudo().search([('lead_id', '=', lead.id), ('state', 'in', OPEN)], limit=1)
        if request:
            return request._restart_clock()
        return as_engine(self).create(self._prepare_received_values(lead, message))

    @api.model
    def _prepare_received_values(self, lead, message):
        portal = message.message_type == 'comment'
        return {
            'lead_id': lead.id,
            'subject': message.subject or lead.name,
            'channel': 'portal' if portal else 'email',
            'email_from': email_normalize(message.email_from) or False,
            'partner_id': message.author_id.id or lead.partner_id.id,
            'user_id': lead.user_id.id,
            'received_at': fields.Datetime.now(),
            'message_id': message.id,
        }

    def _note_reply(self, message, recipients):
        """Stop the clock of those requests whose customer gets this message from one of us."""
        waiting = self.sudo().filtered('waiting_since')
        if not waiting or message.message_type not in ('comment', 'email') or not self._is_staff(message.author_id):
            return
        addresses = {recipient.get('email_normalized') for recipient in recipients or () if recipient.get('share')}
        # Sent from a mail program to the customer and to us: nobody else is notified.
        addresses.update(email_normalize_all(
            f"{message.incoming_email_to or ''},{message.incoming_email_cc or ''},{message.outgoing_email_to or ''}"))
        partners = self.env['res.partner'].sudo().browse(
            recipient['id'] for recipient in recipients or () if recipient['id'] and recipient['share'])
        reached = waiting.filtered(
            lambda request: request._get_customers() & partners.commercial_partner_id
            or request._get_addresses() & addresses)
        reached.sudo(False)._set_replied(reply_message_id=message.sudo())

    @api.model
    def _is_staff(self, author):
        users = author.sudo().with_context(active_test=False).user_ids
        return any(user._is_internal() and not user._is_superuser() for user in users)

    def _get_customers(self):
        return (self.partner_id | self.lead_id.partner_id).commercial_partner_id

    def _get_addresses(self):
        return {self.email_from, self.lead_id.email_normalized, self.partner_id.email_normalized} - {False}

    # ------------------------------------------------------------
    # ESCALATION
    # ------------------------------------------------------------

    @api.model
    def _cron_escalate(self, batch_size=100):
        """Tell the salesperson and the manager of each request that is late, once."""
        cron = self.env['ir.cron']
        domain = [
            ('waiting_deadline', '<=', fields.Datetime.now()), ('escalated_at', '=', False), ('state', 'in', OPEN)]
        cron._commit_progress(remaining=self.search_count(domain))
        while requests := self.search(domain, order='waiting_deadline, id', limit=batch_size):
            requests._escalate()
            if not cron._commit_progress(len(requests)):
                return

    def _escalate(self):
        now = fields.Datetime.now()
        requests = as_engine(self)
        # The working days may have changed since the request came in.
        moments = requests._get_deadlines({request: request.waiting_since for request in requests})
        postponed = requests.filtered(lambda request: not moments[request] or moments[request] > now)
        for request in postponed:
            first = {} if request.first_reply_at else {'deadline': moments[request]}
            request.write({'waiting_deadline': moments[request], **first})
        self._wake_cron(filter(None, (moments[request] for request in postponed)))
        late = requests - postponed
        late.write({'escalated_at': now})
        for user, group in late._get_told().items():
            reader = group.with_context(lang=user.lang, tz=user.tz)
            reader.activity_schedule(LATE_TYPE, user_id=user.id)

    def _get_told(self):
        """``{user: requests}`` of those who are told that these are late."""
        told = {}
        for request in self:
            lead = request.lead_id
            owner = lead.user_id or request.user_id
            manager = lead.sop_manager_id or owner.sale_team_id.user_id
            for user in owner | manager:
                if user.active and request.with_user(user).has_access('read'):
                    told[user] = told.get(user, self.browse()) | request
        return told
