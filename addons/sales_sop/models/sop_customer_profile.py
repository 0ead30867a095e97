import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine, is_engine
from ..values import PURCHASE_HABITS, SIZE_BANDS

_logger = logging.getLogger(__name__)

REVIEW = 'sales_sop.mail_activity_type_profile_review'
# Days before the end of a profile from which its review is asked for.
REVIEW_DAYS = 30


class SopCustomerProfile(models.Model):
    """The traits of the ideal customer: what leads are measured against (S1.2).

    One record is one version. Approved versions are frozen; the next version
    retires the one before it.
    """

    _name = 'sop.customer.profile'
    _description = "Target Customer Profile"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'sop.guarded.mixin']
    _order = 'sequence, code, version desc, id'
    _sop_server_fields = frozenset(
        {'state', 'code', 'version', 'previous_id', 'valid_to', 'approved_by_id', 'approved_date'})

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(readonly=True, copy=False, index=True, help="Stays the same in all versions of this profile.")
    version = fields.Integer(readonly=True, copy=False, default=1, aggregator=None)
    previous_id = fields.Many2one(
        'sop.customer.profile', string="Previous Version", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    state = fields.Selection(
        [('draft', "Draft"), ('approved', "Approved"), ('retired', "Retired")],
        required=True, default='draft', readonly=True, copy=False, index=True, tracking=True)
    sequence = fields.Integer(default=10, help="The first profile that matches a lead is used.")
    company_id = fields.Many2one(
        'res.company', index=True, help="Empty: for all companies. A company's own profiles come first.")
    domain = fields.Char(string="For Which Leads", default='[]', help="Leads that match are measured by this profile.")
    industry_ids = fields.Many2many(
        'res.partner.industry', 'sop_customer_profile_industry_rel', string="Target Industries", ondelete='restrict')
    neighbour_industry_ids = fields.Many2many(
        'res.partner.industry', 'sop_customer_profile_neighbour_rel', string="Neighbouring Industries",
        ondelete='restrict', help="Close to what we are best at.")
    excluded_industry_ids = fields.Many2many(
        'res.partner.industry', 'sop_customer_profile_excluded_rel', string="Excluded Industries",
        ondelete='restrict', help="We do not sell there, whatever else fits.")
    size_band = fields.Selection(SIZE_BANDS, string="Size")
    country_ids = fields.Many2many(
        'res.country', 'sop_customer_profile_country_rel', string="Countries", ondelete='restrict',
        help="We have our own service points all over these countries.")
    state_ids = fields.Many2many(
        'res.country.state', 'sop_customer_profile_state_rel', string="Provinces", ondelete='restrict',
        help="We have our own service points there.")
    partner_state_ids = fields.Many2many(
        'res.country.state', 'sop_customer_profile_partner_state_rel', string="Provinces Served by Partners",
        ondelete='restrict', help="A service partner of ours covers them.")
    purchase_habit = fields.Selection(PURCHASE_HABITS, string="Purchasing Habits")
    decision_role_ids = fields.Many2many(
        'sop.stakeholder.role', 'sop_customer_profile_role_rel', string="Key Decision-makers", ondelete='restrict')
    note_ids = fields.Many2many(
        'sop.market.note', 'sop_customer_profile_note_rel', 'profile_id', 'note_id', string="Market Notes Used",
        ondelete='restrict')
    description = fields.Text()
    valid_to = fields.Date(string="Valid Until", readonly=True, copy=False)
    approved_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    approved_date = fields.Datetime(string="Approved On", readonly=True, copy=False)
    is_expired = fields.Boolean(string="Expired", compute='_compute_is_expired', search='_search_is_expired')
    missing = fields.Char(string="Before it can be approved", compute='_compute_missing')
    lead_count = fields.Integer(string="Measured Leads", compute='_compute_lead_count')

    _code_version_uniq = models.Constraint('UNIQUE(code, version)', "This version of the profile exists already.")
    _approved_uniq = models.UniqueIndex(
        "(code) WHERE state = 'approved'",
        "Another version of this profile has just been approved. Reload the page.")

    @api.depends('name', 'version')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for profile in self:
            profile.display_name = self.env._(
                "%(profile)s v%(version)s", profile=profile.name or '', version=profile.version)

    @api.depends('state', 'valid_to')
    def _compute_is_expired(self):
        for profile in self:
            profile.is_expired = bool(
                profile.state == 'approved' and profile.valid_to and profile.valid_to < profile._get_today())

    def _search_is_expired(self, operator, value):
        if operator != 'in':
            return NotImplemented
        expired = Domain('state', '=', 'approved') & Domain('valid_to', '<', 'today')
        return Domain.OR(expired if wanted else ~expired for wanted in value)

    @api.depends(
        'state', 'industry_ids', 'size_band', 'country_ids', 'state_ids', 'purchase_habit', 'decision_role_ids')
    def _compute_missing(self):
        for profile in self:
            missing = profile._get_missing() if profile.state == 'draft' else []
            profile.missing = ', '.join(missing)

    def _compute_lead_count(self):
        leads = self.env['crm.lead']
        groups = leads._read_group([('sop_profile_id', 'in', self.ids)], ['sop_profile_id'], ['__count']) if (
            leads.has_access('read')) else []
        counts = {profile.id: count for profile, count in groups}
        for profile in self:
            profile.lead_count = counts.get(profile.id, 0)

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('domain')
    def _check_domain(self):
        for profile in self:
            if error := self.env['sop.process']._get_domain_error('crm.lead', profile.domain):
                raise ValidationError(self.env._(
                    "%(profile)s: %(error)s", profile=profile.display_name, error=error))

    @api.constrains('industry_ids', 'neighbour_industry_ids', 'excluded_industry_ids')
    def _check_industries(self):
        for profile in self:
            target, neighbour, excluded = (
                profile.industry_ids, profile.neighbour_industry_ids, profile.excluded_industry_ids)
            if doubled := (target & neighbour) | (target & excluded) | (neighbour & excluded):
                raise ValidationError(self.env._(
                    "%(profile)s: %(industry)s stands in two lists. An industry is the target, a neighbour or "
                    "excluded.", profile=profile.display_name, industry=doubled[0].display_name))

    @api.constrains('note_ids', 'company_id')
    def _check_notes(self):
        for profile in self:
            profile.note_ids._check_sop_company(profile)
            if rumour := profile.note_ids.filtered('is_rumour')[:1]:
                raise ValidationError(self.env._(
                    "%(profile)s: %(note)s is a rumour, and no profile is built on a rumour. Take it out, or judge "
                    "its credibility anew.", profile=profile.display_name, note=rumour.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        profiles = super().create(vals_list)
        for profile in profiles.filtered(lambda profile: not profile.code):
            # sudo: the next number, whoever may read sequences.
            as_engine(profile).write({'code': self.env['ir.sequence'].sudo().next_by_code(self._name)})
        return profiles

    def write(self, vals):
        self._check_sop_frozen(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if 'code' not in (default or {}):
            for profile, vals in zip(self, vals_list, strict=True):
                vals['name'] = self.env._("%s (copy)", profile.name)
        return vals_list

    @api.model
    def _get_open_fields(self):
        """What may still be written on an approved profile: its place in the order, and the talk about it."""
        talk = self.env['mail.thread']._fields.keys() | self.env['mail.activity.mixin']._fields.keys()
        return {'sequence', *talk}

    def _check_sop_frozen(self, vals):
        if is_engine(self.env) or not vals.keys() - self._get_open_fields():
            return
        if frozen := self.filtered(lambda profile: profile.state != 'draft')[:1]:
            raise UserError(self.env._(
                "%s was approved: leads were measured against it. Make a new version to change it.",
                frozen.display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        if frozen := self.filtered(lambda profile: profile.state != 'draft')[:1]:
            raise UserError(self.env._(
                "%s was approved: leads were measured against it. Retire it instead of deleting it.",
                frozen.display_name))

    # ------------------------------------------------------------
    # APPROVAL
    # ------------------------------------------------------------

    def action_approve(self):
        """Measure leads against this version from now on; the approved version before it is retired."""
        self._check_sop_manager()
        self.check_access('write')
        for profile in self:
            profile._check_approval()
            replaced = self.search([('code', '=', profile.code), ('state', '=', 'approved')]) - profile
            replaced._sop_retire()
            as_engine(profile).write(profile._prepare_approval_values())
        return True

    def _check_sop_manager(self):
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("Only a Sales SOP manager may approve or retire a customer profile."))

    def _check_approval(self):
        if self.state != 'draft':
            raise UserError(self.env._("%s is no draft. Make a new version of it.", self.display_name))
        if missing := self._get_missing():
            raise UserError(self.env._(
                "%(profile)s cannot be approved yet. Fill in: %(missing)s.",
                profile=self.display_name, missing=', '.join(missing)))
        self._check_domain()
        if self.create_uid == self.env.user and self._has_other_approver():
            raise UserError(self.env._(
                "You wrote %s yourself. Ask another manager to approve it.", self.display_name))

    def _get_missing(self):
        """Labels of what is asked of a profile and still empty."""
        names = ['industry_ids', 'size_band', 'purchase_habit', 'decision_role_ids']
        missing = [self._fields[name]._description_string(self.env) for name in names if not self[name]]
        if not (self.country_ids or self.state_ids):
            missing.append(self.env._("Countries or provinces"))
        return missing

    def _has_other_approver(self):
        # sudo: whoever manages the procedure, not whom the user may see.
        return bool(self.env['res.users'].sudo().search_count([
            ('all_group_ids', 'in', self.env.ref('sales_sop.group_sop_manager').ids),
            ('id', '!=', self.env.uid), ('share', '=', False),
            *([('company_ids', 'in', self.company_id.ids)] if self.company_id else []),
        ], limit=1))

    def _prepare_approval_values(self):
        months = (self.company_id or self.env.company).sop_profile_months
        return {
            'state': 'approved',
            'valid_to': self._get_today() + relativedelta(months=months) if months > 0 else False,
            'approved_by_id': self.env.uid,
            'approved_date': fields.Datetime.now(),
        }

    def action_retire(self):
        """Measure no more leads against this profile."""
        self._check_sop_manager()
        self.check_access('write')
        for profile in self:
            if profile.state != 'approved':
                raise UserError(self.env._("%s is not approved, so it need not be retired.", profile.display_name))
        self._sop_retire()
        return True

    def _sop_retire(self):
        as_engine(self).write({'state': 'retired'})
        # The next version may be approved at once; the unique index must see these retired.
        self.flush_recordset()
        self._sop_close_review()

    def action_new_version(self):
        """The draft of the next version, opened; the one there is, if somebody has begun it."""
        self.ensure_one()
        self.check_access('write')
        # sudo: the highest number counts, whoever may read that version.
        versions = self.sudo().search([('code', '=', self.code)], order='version desc')
        draft = versions.filtered(lambda profile: profile.state == 'draft')[:1]
        if not draft:
            draft = as_engine(self).copy({
                'code': self.code, 'version': versions[0].version + 1, 'previous_id': versions[0].id,
                # What has become a rumour since is no ground to build on.
                'note_ids': [fields.Command.set(self.sudo().note_ids.filtered(lambda note: not note.is_rumour).ids)],
            })
        return draft.with_env(self.env).get_formview_action()

    def action_view_leads(self):
        """The leads that were measured against this version."""
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Leads"),
            'res_model': 'crm.lead',
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('sop_profile_id', 'in', self.ids)],
            'context': {'create': False},
        }

    # ------------------------------------------------------------
    # MATCHING
    # ------------------------------------------------------------

    @api.model
    def _get_current(self, company):
        """The approved profiles for ``company`` that have not expired, in the order in which they are tried."""
        today = company._get_sop_local_date(fields.Datetime.now())
        # sudo: which profile applies does not depend on who asks.
        profiles = self.sudo().search(
            Domain('state', '=', 'approved')
            & (Domain('valid_to', '=', False) | Domain('valid_to', '>=', today))
            & Domain('company_id', 'in', [company.id, False]))
        return profiles.sorted(lambda profile: not profile.company_id)

    def _get_lead_domain(self):
        """For which leads this profile is, as a domain; for none when it cannot be read any more."""
        self.ensure_one()
        try:
            return self.env['sop.process']._parse_domain(self.domain)
        except (ValueError, SyntaxError, TypeError) as error:
            _logger.error("Sales SOP: no lead is measured against %s: %s", self.display_name, error)
            return Domain.FALSE

    @api.model
    def _match_leads(self, leads):
        """``{profile: leads}``: the first profile that fits each lead; leads that fit none are left out."""
        result = {}
        for company, rest in leads.sudo().grouped(lambda lead: lead._get_sop_company()).items():
            for profile in self._get_current(company):
                matched = profile._filter_leads(rest)
                if matched:
                    result[profile] = result.get(profile, leads.sudo().browse()) | matched
                    rest -= matched
                if not rest:
                    break
        return result

    def _filter_leads(self, leads):
        """Those this profile is for; a domain that no longer evaluates fits nobody."""
        try:
            return leads.filtered_domain(self._get_lead_domain())
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            _logger.error("Sales SOP: no lead is measured against %s: %s", self.display_name, error)
            return leads.browse()

    # ------------------------------------------------------------
    # YEARLY REVIEW
    # ------------------------------------------------------------

    def _get_today(self):
        company = self.company_id or self.env.company
        return company._get_sop_local_date(fields.Datetime.now())

    @api.model
    def _cron_review(self, batch_size=100):
        """Ask the approver for a review before a profile expires; each version once."""
        cron = self.env['ir.cron']
        domain = self._get_review_domain()
        profiles = self.search(domain)
        cron._commit_progress(remaining=len(profiles))
        for start in range(0, len(profiles), batch_size):
            batch = profiles[start:start + batch_size]
            batch._sop_ask_review()
            if not cron._commit_progress(len(batch)):
                break

    @api.model
    def _get_review_domain(self):
        # sudo: done reminders count as well, whoever they were for.
        activities = self.env['mail.activity'].sudo().with_context(active_test=False).search([
            ('res_model', '=', self._name), ('activity_type_id', '=', self._get_review_type().id)])
        limit = fields.Date.today() + relativedelta(days=REVIEW_DAYS)
        return (
            Domain('state', '=', 'approved') & Domain('valid_to', '<=', limit)
            & Domain('id', 'not in', activities.mapped('res_id')))

    @api.model
    def _get_review_type(self):
        return self.env.ref(REVIEW, raise_if_not_found=False) or self.env['mail.activity.type']

    def _sop_ask_review(self):
        if not self._get_review_type():
            return
        for profile in self:
            user = profile._get_review_user()
            if user:
                # The texts come from the type of activity, in the language of the reader.
                profile.with_context(lang=user.lang, tz=user.tz).activity_schedule(
                    REVIEW, date_deadline=profile.valid_to, user_id=user.id)

    def _get_review_user(self):
        """Who approved it, or a manager in his place."""
        group = self.env.ref('sales_sop.group_sop_manager')
        if self.approved_by_id.active and group in self.approved_by_id.all_group_ids:
            return self.approved_by_id
        return self.env['res.users'].search([
            ('all_group_ids', 'in', group.ids), ('share', '=', False),
            *([('company_ids', 'in', self.company_id.ids)] if self.company_id else []),
        ], order='id', limit=1)

    def _sop_close_review(self):
        # sudo: the reminder may be that of another person.
        self.sudo().activity_unlink([REVIEW])
