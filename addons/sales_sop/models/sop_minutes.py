from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..engine import as_engine
from ..values import CONFIRM_METHODS

SEND_TYPE = 'sales_sop.mail_activity_type_minutes'
CHASE_TYPE = 'sales_sop.mail_activity_type_minutes_chase'
STEP_TYPE = 'sales_sop.mail_activity_type_minutes_step'
# Sent, and the customer has not answered
WAITING = ('sent', 'unconfirmed')


class SopMinutes(models.Model):
    """What was said in a negotiation, as both sides confirm it (S4.4).

    From the moment it is sent it stays as it is: a dispute is answered with a
    new version. Only an answer of the customer confirms it, silence never does.
    """

    _name = 'sop.minutes'
    _description = "Negotiation Minutes"
    _inherit = [
        'sop.sealed.mixin', 'sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.signoff.mixin',
        'sop.internal.thread.mixin']
    _order = 'date desc, version desc, id desc'

    _sop_signoff_template = 'sales_sop.sop_minutes_content'
    _sop_server_fields = frozenset({
        'signoff_ids', 'signoff_state', 'state', 'version', 'previous_id', 'company_id', 'sent_date', 'send_due_date',
        'confirm_due_date', 'confirmed_by', 'confirmed_date', 'confirmed_how', 'dispute'})
    _sop_sealed_fields = frozenset({'date', 'kind', 'place', 'user_ids', 'stakeholder_ids', 'point_ids', 'user_id'})

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(
        'res.company', compute='_compute_company_id', store=True, precompute=True, index=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now, copy=False)
    kind = fields.Selection(
        [('meeting', "Meeting"), ('call', "Call"), ('video', "Video call")], required=True, default='meeting')
    place = fields.Char()
    user_id = fields.Many2one(
        'res.users', string="Kept By", required=True, default=lambda self: self.env.uid, copy=False,
        domain="[('share', '=', False)]", index=True)
    user_ids = fields.Many2many(
        'res.users', string="Our People", domain="[('share', '=', False)]", default=lambda self: self.env.user)
    stakeholder_ids = fields.Many2many(
        'sop.stakeholder', string="Customer's People", domain="[('lead_id', '=', lead_id)]")
    point_ids = fields.One2many('sop.minutes.point', 'minutes_id', string="Points", copy=False)
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    previous_id = fields.Many2one(
        'sop.minutes', string="Previous Version", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    next_ids = fields.One2many('sop.minutes', 'previous_id', string="Next Version", readonly=True)
    state = fields.Selection(
        [('draft', "Draft"), ('sent', "Sent"), ('unconfirmed', "Unconfirmed"), ('confirmed', "Confirmed"),
         ('disputed', "Disputed"), ('superseded', "Superseded")],
        required=True, default='draft', readonly=True, copy=False, index=True, tracking=True,
        help="Unconfirmed: the customer has not answered in time. Nothing confirms itself.")
    send_due_date = fields.Date(
        string="To Be Sent By", compute='_compute_send_due_date', store=True, precompute=True, copy=False)
    sent_date = fields.Datetime(string="Sent On", readonly=True, copy=False)
    confirm_due_date = fields.Date(
        string="To Be Confirmed By", readonly=True, copy=False, index='btree_not_null')
    confirmed_by = fields.Char(readonly=True, copy=False, help="The customer's person who confirmed or disputed it.")
    confirmed_date = fields.Datetime(string="Answered On", readonly=True, copy=False)
    confirmed_how = fields.Selection(CONFIRM_METHODS, string="Answered Through", readonly=True, copy=False)
    dispute = fields.Text(readonly=True, copy=False, help="What the customer sees differently, in his words.")
    is_late = fields.Boolean(compute='_compute_is_late', help="Not sent, or not confirmed, in time.")

    _next_uniq = models.UniqueIndex(
        '(previous_id) WHERE previous_id IS NOT NULL', "There is a newer version of these minutes already.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('lead_id')
    def _compute_company_id(self):
        """The company at the time: the due dates do not follow the opportunity elsewhere."""
        for minutes in self:
            # sudo: whose working days count does not depend on who keeps the minutes.
            minutes.company_id = minutes.lead_id.sudo()._get_sop_company()

    @api.depends('date', 'company_id')
    def _compute_send_due_date(self):
        for company, group in self.grouped('company_id').items():
            # sudo: the limit of a company holds for everybody.
            number = company.sudo().sop_minutes_days
            days = company._sop_add_workdays_batch({(date, number) for date in group.mapped('date') if date})
            for minutes in group:
                minutes.send_due_date = days.get((minutes.date, number), False)

    @api.depends('state', 'send_due_date', 'confirm_due_date')
    def _compute_is_late(self):
        for company, group in self.grouped('company_id').items():
            today = company._get_sop_local_date(fields.Datetime.now()) if company else fields.Date.today()
            for minutes in group:
                due = {'draft': minutes.send_due_date, 'sent': minutes.confirm_due_date}.get(minutes.state)
                minutes.is_late = minutes.state == 'unconfirmed' or bool(due and due < today)

    @api.depends('lead_id', 'date', 'version')
    @api.depends_context('lang', 'tz')
    def _compute_display_name(self):
        for minutes in self:
            minutes.display_name = self.env._(
                "%(lead)s: minutes of %(date)s, version %(version)s", lead=minutes.lead_id.display_name or '',
                date=format_date(self.env, minutes.date), version=minutes.version)

    @api.constrains('lead_id', 'user_ids', 'stakeholder_ids', 'user_id')
    def _check_people(self):
        for minutes in self:
            minutes.lead_id._check_sop_own_people(minutes.stakeholder_ids)
            minutes.lead_id._check_sop_own_users(minutes.user_ids)

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        minutes = super().create(vals_list)
        minutes._sop_schedule(SEND_TYPE, [
            {'record': record, 'user': record.user_id, 'date': record.send_due_date} for record in minutes])
        return minutes

    def _is_sop_sealed(self):
        return self.state != 'draft'

    def _get_sop_sealed_message(self):
        return self.env._(
            "%s has been sent: it stays as it is. Make a new version to change something.", self.display_name)

    # ------------------------------------------------------------
    # THE CUSTOMER CONFIRMS
    # ------------------------------------------------------------

    def _get_sop_signoff_partner(self):
        person = self.stakeholder_ids.partner_id.filtered('email')[:1]
        return person or super()._get_sop_signoff_partner()

    def _get_sop_signoff_title(self):
        return self.env._(
            "Minutes of %(date)s, version %(version)s", date=format_date(self.env, self.date), version=self.version)

    def _get_sop_signoff_values(self):
        return {
            'date': fields.Datetime.to_string(self.date),
            'kind': self.kind,
            'place': self.place or '',
            'version': self.version,
            'our_people': sorted(self.user_ids.ids),
            'customer_people': sorted(self.stakeholder_ids.ids),
            'points': [point._get_sop_signoff_values() for point in self.point_ids.sorted('id')],
        }

    def _get_points_by_kind(self):
        """What the page of the customer lists: a heading and its points, for each kind there is."""
        labels = self.point_ids._fields['kind']._description_selection(self.env)
        groups = self.point_ids.grouped('kind')
        return [{'label': label, 'points': groups[kind]} for kind, label in labels if kind in groups]

    def _check_sop_signoff(self):
        for minutes in self:
            if error := minutes._get_signoff_error():
                raise UserError(error)

    def _get_signoff_error(self):
        """Why the customer cannot be asked to confirm these minutes, or an empty string."""
        if self.state not in ('draft', *WAITING):
            return self.env._("%s has been answered or replaced. Make a new version.", self.display_name)
        if self.date > fields.Datetime.now():
            return self.env._("%s: the negotiation lies in the future. Correct the date.", self.display_name)
        if not self.point_ids:
            return self.env._("%s: enter what was agreed, or is still open.", self.display_name)
        if not (self.user_ids and self.stakeholder_ids):
            return self.env._("%s: enter who took part, of the customer and of us.", self.display_name)
        return ''

    def _sop_request_signoff(self, partner=None, message=None, mail=True):
        signoff = super()._sop_request_signoff(partner, message, mail)
        self._set_sent()
        return signoff

    def _sop_on_signoff(self, signoff):
        self._set_sent()
        confirmed = signoff.state == 'confirmed'
        as_engine(self).write({
            'state': 'confirmed' if confirmed else 'disputed', 'confirmed_by': signoff.signer_name,
            'confirmed_date': signoff.answer_date, 'confirmed_how': signoff.how,
            'dispute': False if confirmed else signoff.comment,
        })
        self._sop_unschedule(CHASE_TYPE)

    def _set_sent(self):
        """From now on the minutes stay as they are, and our next steps are to be done."""
        for minutes in self.filtered(lambda minutes: minutes.state == 'draft'):
            now = fields.Datetime.now()
            company = minutes.company_id
            # sudo: the limit of a company holds for everybody.
            due = company._sop_add_workdays(now, company.sudo().sop_minutes_confirm_days)
            as_engine(minutes).write({'state': 'sent', 'sent_date': now, 'confirm_due_date': due})
            minutes._sop_unschedule(SEND_TYPE)
            minutes.point_ids._sop_plan_steps()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sent(self):
        """The customer got the minutes in another way: printed, or in a message."""
        self.check_access('write')
        self._check_sop_signoff()
        if sent := self.filtered(lambda minutes: minutes.state != 'draft')[:1]:
            raise UserError(self.env._("%s has been sent already.", sent.display_name))
        self.lead_id._check_sop_contactable()
        self._set_sent()
        return True

    def action_new_version(self):
        """Open the next version of sent minutes, made now if there is none yet."""
        self.ensure_one()
        self.check_access('write')
        if self.state == 'draft':
            raise UserError(self.env._("%s has not been sent yet: change it as it is.", self.display_name))
        following = self.sudo().next_ids[:1] or self._create_next_version()
        return following.with_env(self.env).get_formview_action()

    def _create_next_version(self):
        self._get_sop_open_signoffs()._outdate()
        as_engine(self.filtered(lambda minutes: minutes.state in WAITING)).write({'state': 'superseded'})
        self._sop_unschedule(CHASE_TYPE, STEP_TYPE)
        return as_engine(self).copy({
            'version': self.version + 1, 'previous_id': self.id, 'date': self.date, 'user_id': self.env.uid,
            'point_ids': [Command.create(values) for values in self.point_ids.copy_data()],
        }).sudo(False)

    def action_take_over_terms(self):
        """Enter the points of the term sheet that are not in the minutes yet."""
        self.ensure_one()
        self.check_access('write')
        self._check_sop_unsealed()
        lines = [
            line for line in self.lead_id._get_sop_agreed_terms().values() if line not in self.point_ids.line_id]
        values = [self.env['sop.minutes.point']._prepare_term_values(line) for line in lines]
        values = [{**value, 'minutes_id': self.id} for value in values if value]
        if not values:
            raise UserError(self.env._(
                "%s: the term sheet has nothing that is not in the minutes yet.", self.display_name))
        self.env['sop.minutes.point'].create(values)
        return True

    # ------------------------------------------------------------
    # LATEST OF EACH LEAD, AND WHAT IS LATE
    # ------------------------------------------------------------

    @api.model
    def _get_latest_query(self):
        """The ids of the latest minutes of each lead, as SQL."""
        self.flush_model(['lead_id', 'state', 'date', 'version'])
        return SQL(
            "(SELECT DISTINCT ON (lead_id) id FROM sop_minutes WHERE state <> 'superseded'"
            " ORDER BY lead_id, date DESC, version DESC, id DESC)")

    @api.model
    def _cron_sop_minutes(self, batch_size=100):
        """What the customer has not confirmed in time is unconfirmed, and its keeper is told, once."""
        cron = self.env['ir.cron']
        domain = self._get_unconfirmed_domain()
        cron._commit_progress(remaining=self.search_count(domain))
        while minutes := self.search(domain, order='confirm_due_date, id', limit=batch_size):
            as_engine(minutes).write({'state': 'unconfirmed'})
            self._sop_schedule(CHASE_TYPE, [
                {'record': record, 'user': record.lead_id.user_id or record.user_id} for record in minutes])
            if not cron._commit_progress(len(minutes)):
                return

    @api.model
    def _get_unconfirmed_domain(self):
        now = fields.Datetime.now()
        # sudo: when a day ends depends on the company, not on who asks.
        return Domain('state', '=', 'sent') & Domain.OR(
            Domain('company_id', '=', company.id) & Domain('confirm_due_date', '<', company._get_sop_local_date(now))
            for company in self.env['res.company'].sudo().search([]))
