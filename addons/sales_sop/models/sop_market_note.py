from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine

REMINDER = 'sales_sop.mail_activity_type_market_note'
# Stars up to which nobody should build on what was heard.
RUMOUR = ('0', '1', '2')
# How a lead was found, as its own form asks for it.
LEAD_SOURCES = {
    'report': 'database', 'expo': 'offline', 'online': 'online', 'association': 'referral', 'other': 'other'}


class SopMarketNote(models.Model):
    """What somebody learned about the market, how far it can be trusted and what it means for us (S1.1)."""

    _name = 'sop.market.note'
    _description = "Market Note"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'sop.guarded.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'name'
    _sop_server_fields = frozenset({'reminded_date'})

    name = fields.Char(string="Headline", required=True, tracking=True)
    info_type = fields.Selection(
        [('trend', "Industry trend"), ('policy', "Policy"), ('competitor', "Competitor"),
         ('demand', "Change of demand")],
        string="About", required=True, default='trend', index=True)
    channel = fields.Selection(
        [('report', "Industry report"), ('expo', "Trade fair"), ('online', "Online platform"),
         ('association', "Industry association"), ('other', "Other")],
        required=True, default='online')
    source_ref = fields.Char(string="Source", help="Title, page, address or person: where others can read it again.")
    date = fields.Date(required=True, default=fields.Date.context_today, index=True)
    summary = fields.Text(required=True)
    credibility = fields.Selection(
        [('0', "Not judged"), ('1', "Hearsay"), ('2', "Doubtful"), ('3', "Plausible"), ('4', "Reliable"),
         ('5', "Proven")],
        required=True, default='3', tracking=True,
        help="Up to two stars it is a rumour: it is kept, but no customer profile is built on it.")
    is_rumour = fields.Boolean(string="Rumour", compute='_compute_is_rumour', store=True, precompute=True)
    finding = fields.Selection(
        [('opportunity', "Opportunity"), ('threat', "Threat"), ('neutral', "Neutral")], tracking=True,
        help="What it means for us. The author is reminded when it is still missing after some time.")
    industry_ids = fields.Many2many('res.partner.industry', string="Industries")
    segment = fields.Char(help="The part of the market it is about, where an industry does not say enough.")
    competitor_id = fields.Many2one('res.partner', string="Competitor in the Address Book", index='btree_not_null')
    competitor = fields.Char(compute='_compute_competitor', store=True, readonly=False)
    user_id = fields.Many2one(
        'res.users', string="Author", required=True, default=lambda self: self.env.uid, index=True, ondelete='restrict')
    company_id = fields.Many2one(
        'res.company', default=lambda self: self.env.company, index=True, help="Empty: for all companies.")
    lead_ids = fields.Many2many(
        'crm.lead', 'sop_market_note_lead_rel', 'note_id', 'lead_id', string="Leads", copy=False,
        help="What came of it.")
    lead_count = fields.Integer(compute='_compute_lead_count')
    profile_ids = fields.Many2many(
        'sop.customer.profile', string="Used in Profiles", compute='_compute_profile_ids',
        search='_search_profile_ids')
    reminded_date = fields.Date(string="Reminded On", readonly=True, copy=False)

    _reminder_index = models.Index('(date) WHERE finding IS NULL AND reminded_date IS NULL')

    @api.depends('credibility')
    def _compute_is_rumour(self):
        for note in self:
            note.is_rumour = note.credibility in RUMOUR

    @api.depends('competitor_id')
    def _compute_competitor(self):
        for note in self:
            note.competitor = note.competitor_id.display_name or note.competitor

    @api.depends('lead_ids')
    def _compute_lead_count(self):
        for note in self:
            note.lead_count = len(note.lead_ids)

    def _compute_profile_ids(self):
        """Computed, so that nobody slips a note into an approved profile from this side."""
        profiles = self.env['sop.customer.profile'].search([('note_ids', 'in', self.ids)])
        for note in self:
            note.profile_ids = profiles.filtered(lambda profile, note=note: note._origin in profile.note_ids)

    def _search_profile_ids(self, operator, value):
        if operator not in ('in', 'any'):
            return NotImplemented
        empty = operator == 'in' and False in value
        profiles = self.env['sop.customer.profile']
        used = Domain('id', 'in', profiles.search([('note_ids', '!=', False)]).note_ids.ids)
        wanted = Domain(value) if operator == 'any' else Domain('id', 'in', [key for key in value if key])
        found = Domain('id', 'in', profiles.search(wanted).note_ids.ids)
        return found | ~used if empty else found

    @api.constrains('lead_ids', 'company_id')
    def _check_lead_companies(self):
        for note in self:
            for lead in note.lead_ids:
                note._check_sop_company(lead)

    def _check_sop_company(self, record):
        """What belongs to a company is not linked with the notes of another one."""
        if not record.company_id:
            return
        if foreign := self.filtered(lambda note: note.company_id and note.company_id != record.company_id)[:1]:
            raise ValidationError(self.env._(
                "%(record)s belongs to %(company)s and the note %(note)s to %(other)s. Choose notes of one company.",
                record=record.display_name, company=record.company_id.name, note=foreign.display_name,
                other=foreign.company_id.name))

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        notes = super().create(vals_list)
        notes._check_sop_lead_access({})
        return notes

    def write(self, vals):
        linked = {note.id: note.sudo().lead_ids for note in self} if 'lead_ids' in vals else None
        result = super().write(vals)
        if linked is not None:
            self._check_sop_lead_access(linked)
        if 'credibility' in vals:
            self._sop_leave_profiles()
        if vals.get('finding'):
            self._sop_close_reminder()
        return result

    def _check_sop_lead_access(self, linked):
        """A link changes what the lead's procedure has on record: it takes the right to change the lead."""
        if self.env.su:
            return
        for note in self:
            # sudo: the links are read to ask for the rights on the leads they lead to.
            leads = note.sudo().lead_ids - linked.get(note.id, self.env['crm.lead'])
            leads.sudo(False).check_access('write')

    def _sop_leave_profiles(self):
        """No profile is built on a rumour: drafts drop the note, an approved one must be replaced first."""
        rumours = self.filtered('is_rumour')
        if not rumours:
            return
        # sudo: the rule holds for profiles the user does not see.
        profiles = self.env['sop.customer.profile'].sudo().search(
            [('note_ids', 'in', rumours.ids), ('state', '!=', 'retired')])
        for profile in profiles:
            notes = profile.note_ids & rumours
            if profile.state == 'approved':
                raise UserError(self.env._(
                    "%(note)s is used in the approved profile %(profile)s, and no profile is built on a rumour. "
                    "Approve a version of the profile without this note, or retire it, and lower the credibility then.",
                    note=notes[0].display_name, profile=profile.display_name))
            profile.note_ids -= notes
            profile.message_post(body=self.env._(
                "No longer used, because it turned out to be a rumour: %s", ', '.join(notes.mapped('name'))))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # sudo: the rule holds for profiles the user does not see.
        profile = self.env['sop.customer.profile'].sudo().search(
            [('note_ids', 'in', self.ids), ('state', '!=', 'draft')], limit=1)
        if profile:
            raise UserError(self.env._(
                "%(note)s is kept: the profile %(profile)s was built on it.",
                note=(profile.note_ids & self.sudo())[0].display_name, profile=profile.display_name))

    # ------------------------------------------------------------
    # WHAT COMES OF IT
    # ------------------------------------------------------------

    def action_create_profile(self):
        """Open a new customer profile built on these notes."""
        self.check_access('read')
        self.env['sop.customer.profile'].check_access('create')
        if rumour := self.filtered('is_rumour')[:1]:
            raise UserError(self.env._(
                "%s is a rumour. Judge it credible (three stars or more) before you build a profile on it.",
                rumour.display_name))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("New Profile"),
            'res_model': 'sop.customer.profile',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'context': {
                'default_name': self.segment if len(self) == 1 else False,
                'default_industry_ids': self.industry_ids.ids,
                'default_note_ids': self.ids,
                'default_company_id': self.company_id.id if len(self.company_id) == 1 else False,
            },
        }

    def action_create_lead(self):
        """Open a new lead that comes of this note."""
        self.ensure_one()
        self.check_access('read')
        self.env['crm.lead'].check_access('create')
        has_leads = self.env.user.has_group('crm.group_use_lead')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("New Lead") if has_leads else self.env._("New Opportunity"),
            'res_model': 'crm.lead',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'context': self._prepare_lead_defaults('lead' if has_leads else 'opportunity'),
        }

    def _prepare_lead_defaults(self, lead_type):
        return {
            'default_type': lead_type,
            'default_name': self.name,
            'default_sop_market_note_ids': self.ids,
            'default_sop_industry_id': self.industry_ids[:1].id,
            'default_sop_source': LEAD_SOURCES[self.channel],
            'default_sop_collected_by_id': self.user_id.id,
            'default_sop_collected_date': fields.Date.to_string(self.date),
            'default_company_id': self.company_id.id,
        }

    def action_view_leads(self):
        """The leads that came of these notes."""
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Leads"),
            'res_model': 'crm.lead',
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('sop_market_note_ids', 'in', self.ids)],
            'context': {'active_test': False, 'create': False},
        }

    # ------------------------------------------------------------
    # REMINDER
    # ------------------------------------------------------------

    @api.model
    def _cron_remind(self, batch_size=200):
        """Ask the authors what their notes mean; each note once."""
        cron = self.env['ir.cron']
        domain = self._get_reminder_domain()
        cron._commit_progress(remaining=self.search_count(domain))
        while notes := self.search(domain, limit=batch_size, order='id'):
            notes._sop_remind()
            if not cron._commit_progress(len(notes)):
                break

    @api.model
    def _get_reminder_domain(self):
        """Notes that still say nothing about what they mean, and nobody was reminded of."""
        companies = self.env['res.company'].sudo().search([('sop_market_note_days', '>', 0)])
        late = Domain.OR(
            Domain('company_id', '=', company.id) & Domain('date', '<', self._get_reminder_date(company))
            for company in companies)
        main = self.env['crm.lead']._get_sop_main_company()
        if main in companies:
            late |= Domain('company_id', '=', False) & Domain('date', '<', self._get_reminder_date(main))
        return Domain('finding', '=', False) & Domain('reminded_date', '=', False) & late

    @api.model
    def _get_reminder_date(self, company):
        """Notes of an earlier day should say by now what they mean."""
        today = company._get_sop_local_date(fields.Datetime.now())
        return today - relativedelta(days=company.sop_market_note_days)

    def _sop_remind(self):
        has_type = self.env.ref(REMINDER, raise_if_not_found=False)
        for user, notes in self.grouped('user_id').items():
            if has_type and user.active:
                # The texts come from the type of activity, in the language of the reader.
                notes.with_context(lang=user.lang, tz=user.tz).activity_schedule(REMINDER, user_id=user.id)
        as_engine(self).write({'reminded_date': fields.Date.today()})

    def _sop_close_reminder(self):
        # sudo: the reminder may be that of another person.
        self.sudo().activity_unlink([REMINDER])
