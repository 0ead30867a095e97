from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz
from markupsafe import Markup

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import as_engine, get_owner_cause, is_engine, with_owner_cause
from .crm_lead_cadence import FRONT_PHASES, UNGRADED

MANAGER = 'sales_sop.group_sop_manager'
# How many leads a message names.
NAMED = 20


class CrmLead(models.Model):
    """Whose lead it is, for how long, and how it changes hands (S1.5).

    The public pool is every lead in the first two phases without a salesperson.
    """

    _inherit = 'crm.lead'

    sop_assigned_date = fields.Datetime(string="Assigned On", readonly=True, copy=False, prefetch='sop')
    sop_activity_date = fields.Date(
        string="Last Activity", readonly=True, copy=False,
        help="The last assignment, contact, step in the procedure or activity that was done.", prefetch='sop')
    sop_protected_until = fields.Date(
        string="Protected Until", readonly=True, copy=False, index='btree_not_null',
        help="Without activity the lead goes back to the public pool after this day.", prefetch='sop')
    sop_pool_notice = fields.Date(
        string="Owner Told Of", readonly=True, copy=False,
        help="The end of the protection that the salesperson was told.", prefetch='sop')
    sop_pool_date = fields.Datetime(string="In the Pool Since", readonly=True, copy=False, prefetch='sop')
    sop_pool_move_ids = fields.One2many(
        'sop.pool.move', 'lead_id', string="Changes of Owner", readonly=True, copy=False)
    sop_in_pool = fields.Boolean(
        string="In the Public Pool", compute='_compute_sop_in_pool', search='_search_sop_in_pool')
    sop_is_ending = fields.Boolean(
        string="Protection Ends Soon", compute='_compute_sop_is_ending', search='_search_sop_is_ending')
    sop_pool_kind = fields.Selection(
        [('new', "Never assigned"), ('expired', "Protection over"), ('returned', "Given back")],
        string="Why in the Pool", compute='_compute_sop_pool_kind')
    sop_pool_reason = fields.Char(string="Reason", compute='_compute_sop_pool_kind')
    sop_last_owner_id = fields.Many2one('res.users', string="Last Owner", compute='_compute_sop_pool_kind')

    # ------------------------------------------------------------
    # COMPUTE / SEARCH
    # ------------------------------------------------------------

    @api.depends('user_id', 'sop_process_id', 'sop_outcome', 'sop_stage_id')
    def _compute_sop_in_pool(self):
        unowned = self._filter_sop_unowned()
        for lead in self.sudo():
            lead.sop_in_pool = lead in unowned and lead.sop_outcome == 'open' and lead.active

    def _filter_sop_unowned(self):
        """Those the pool hands out, also while they are archived or lost: they come back as nobody's."""
        # sudo: the settings of a company are no secret.
        return self.sudo().filtered(lambda lead: (
            not lead.user_id and lead.sop_process_id and lead.sop_outcome in ('open', 'lost')
            and lead.sop_stage_id.phase in FRONT_PHASES and lead._get_sop_company().sop_pool))

    def _search_sop_in_pool(self, operator, value):
        if operator != 'in':
            return NotImplemented
        pooled = self._get_sop_front_domain() & Domain('user_id', '=', False) & self._get_sop_pool_company_domain()
        return Domain.OR(pooled if wanted else ~pooled for wanted in value)

    @api.model
    def _get_sop_front_domain(self):
        return Domain([
            ('sop_process_id', '!=', False), ('sop_outcome', '=', 'open'), ('sop_stage_id.phase', 'in', FRONT_PHASES)])

    @api.model
    def _get_sop_pool_company_domain(self):
        # sudo: which companies have a pool does not depend on who asks.
        companies = self.env['res.company'].sudo().search([('sop_pool', '=', True)])
        return Domain.OR(self._get_sop_working_company_domain(company) for company in companies)

    @api.depends('sop_protected_until', 'user_id', 'sop_outcome', 'sop_stage_id')
    def _compute_sop_is_ending(self):
        todays = self._get_sop_todays()
        for lead in self.sudo():
            company = lead._get_sop_company()
            lead.sop_is_ending = bool(
                lead.user_id and lead.sop_protected_until and lead.sop_outcome == 'open' and company.sop_pool
                and lead.sop_stage_id.phase in FRONT_PHASES
                and lead.sop_protected_until <= todays[lead.id] + timedelta(days=company.sop_pool_notice_days))

    def _search_sop_is_ending(self, operator, value):
        if operator != 'in':
            return NotImplemented
        ending = self._get_sop_ending_domain()
        return Domain.OR(ending if wanted else ~ending for wanted in value)

    @api.depends('sop_pool_move_ids')
    def _compute_sop_pool_kind(self):
        # sudo: who gave a lead back is shown to everybody who may take it.
        moves = self.env['sop.pool.move'].sudo().search(
            [('lead_id', 'in', self.ids), ('to_user_id', '=', False)], order='id')
        last = {move.lead_id.id: move for move in moves}
        for lead in self:
            move = last.get(lead.id) if not lead.user_id else None
            lead.sop_pool_kind = (move and move.kind) or ('new' if lead.sop_in_pool else False)
            lead.sop_pool_reason = move and move.reason
            lead.sop_last_owner_id = move and move.from_user_id

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {
            'sop_assigned_date', 'sop_activity_date', 'sop_protected_until', 'sop_pool_notice', 'sop_pool_date',
            'sop_pool_move_ids'}

    def write(self, vals):
        if 'user_id' not in vals or not self._is_sop_in_use():
            return super().write(vals)
        self._check_sop_take(vals['user_id'])
        # sudo: the owner of a lead is known to whoever changes it.
        before = {lead: lead.user_id for lead in self.sudo()}
        pooled = self._filter_sop_unowned()
        result = super().write(vals)
        changed = [lead for lead, user in before.items() if lead.sop_process_id and lead.user_id != user]
        if changed:
            self.sudo().browse(lead.id for lead in changed)._sop_change_owner(before, pooled)
        return result

    def _check_sop_take(self, user_id):
        """Whoever is not in charge takes a lead out of the pool for himself only, by the rules of the pool."""
        pooled = self._get_sop_guarded() if user_id else self.browse()
        if not pooled:
            return
        user = self.env.user
        if user_id != user.id:
            raise UserError(self.env._(
                "%(lead)s lies in the public pool. You can claim it for yourself; "
                "only a sales manager assigns it to somebody else.", lead=pooled[0].display_name))
        pooled._check_sop_claim(user)

    def _get_sop_guarded(self):
        """Those of these leads that the user gets by the rules of the pool only."""
        user = self.env.user
        if is_engine(self.env) or user.has_group(MANAGER):
            return self.browse()
        return self._filter_sop_unowned().filtered(lambda lead: lead.sop_manager_id != user)

    def _check_sop_claim(self, user):
        """Refuse a claim of ``user`` that the limits of the pool do not allow."""
        now = fields.Datetime.now()
        # Two claims of one person at a time would not see each other: the later one is tried again.
        user.sudo().flush_recordset()
        self.env.cr.execute(SQL("UPDATE res_users SET id = id WHERE id = %s", user.id))
        moves = self.env['sop.pool.move'].sudo()
        for company, leads in self.grouped(lambda lead: lead._get_sop_company()).items():
            since = now - timedelta(days=company.sop_pool_hold_days)
            lost = moves.search([
                ('lead_id', 'in', leads.ids), ('kind', 'in', ('expired', 'returned')),
                ('from_user_id', '=', user.id), ('date', '>', since)], limit=1)
            if lost:
                until = company._get_sop_local_date(lost.date + timedelta(days=company.sop_pool_hold_days))
                raise UserError(self.env._(
                    "%(lead)s was yours until it went back to the pool. You can claim it again on %(date)s; "
                    "until then it is open to your colleagues.",
                    lead=lost.lead_id.display_name, date=tools.format_date(self.env, until)))
            limit = company.sop_pool_claim_limit
            today = self._get_sop_day_start(company)
            done = limit and moves.search_count(
                [('to_user_id', '=', user.id), ('kind', '=', 'claimed'), ('date', '>=', today)])
            if limit and done + len(leads) > limit:
                raise UserError(self.env._(
                    "You may claim %(limit)s leads a day. You have claimed %(done)s today and want %(more)s more.",
                    limit=limit, done=done, more=len(leads)))

    @api.model
    def _get_sop_day_start(self, company):
        """Midnight (UTC) where the company works."""
        day = company._get_sop_local_date(fields.Datetime.now())
        midnight = pytz.timezone(company._get_sop_tz()).localize(datetime.combine(day, time.min))
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        if pooled := self._get_sop_guarded():
            raise UserError(self.env._(
                "%s lies in the public pool. Claim it first, and merge it then.", pooled[0].display_name))
        return super()._merge_opportunity(user_id, team_id, auto_unlink, max_length)

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # sudo: who had the merged leads stays known, and so does how many leads somebody claimed.
        as_engine(opportunities.sudo().sop_pool_move_ids).write({'lead_id': self.id})
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_claim(self):
        """Take these leads out of the public pool."""
        self.browse().check_access('write')
        locked = self.try_lock_for_update(allow_referencing=True)
        if locked != self or any(not lead.sop_in_pool for lead in self.sudo()):
            raise UserError(self.env._(
                "Somebody was faster, or one of these leads is not in the public pool. "
                "Reload the list and choose again."))
        self.check_access('write')
        self.write({'user_id': self.env.uid})
        return True

    def action_sop_return_to_pool(self, reason):
        """Give leads back to the public pool.

        :param str reason: kept in the log of owners and shown in the pool
        """
        self.check_access('write')
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("Say why you give the lead back: the next owner wants to know."))
        user = self.env.user
        is_manager = user.has_group(MANAGER)
        for lead in self.sudo():
            if not (is_manager or user in (lead.user_id, lead.sop_manager_id)):
                raise UserError(self.env._(
                    "%s is not yours. Its salesperson or a sales manager gives it back.", lead.display_name))
            if not lead._can_sop_return():
                raise UserError(self.env._(
                    "%s cannot be given back: only running leads before the needs analysis, with a salesperson, go "
                    "to the public pool. Have the sales manager assign it to somebody else.", lead.display_name))
        with_owner_cause(self, 'returned', reason).write({'user_id': False})
        return True

    def _can_sop_return(self):
        return bool(
            self.sop_process_id and self.user_id and self.sop_outcome == 'open'
            and self.sop_stage_id.phase in FRONT_PHASES and self._get_sop_company().sop_pool)

    # ------------------------------------------------------------
    # CHANGE OF OWNER
    # ------------------------------------------------------------

    def _sop_change_owner(self, before, pooled):
        """Log who has these leads now, and start the clocks of the new owner.

        :param before: {lead: owner before}
        :param pooled: the leads that lay in the pool
        """
        now = fields.Datetime.now()
        cause = get_owner_cause(self.env)
        as_engine(self.env['sop.pool.move']).create([
            lead._prepare_sop_pool_move_values(before[lead], lead in pooled, cause, now) for lead in self])
        owned = self.filtered('user_id')
        as_engine(owned, tracking_disable=True).write({'sop_assigned_date': now, 'sop_pool_date': False})
        ownerless = self - owned
        as_engine(ownerless, tracking_disable=True).write({
            'sop_pool_date': now, 'sop_assigned_date': False, 'sop_activity_date': False,
            'sop_protected_until': False, 'sop_next_contact_date': False})
        # A new owner starts anew; a grade that had dropped is computed again.
        as_engine(self.filtered('sop_missed_count'), tracking_disable=True).write({'sop_missed_count': 0})
        as_engine(ownerless._get_sop_follow_ups()).unlink()
        self._sop_hand_over(before)
        owned._sop_update_by_grade(
            self._get_sop_contact_assignments() | self._get_sop_protection_assignments())
        owned._sop_plan_contacts()

    def _prepare_sop_pool_move_values(self, owner, was_pooled, cause, now):
        if not self.user_id:
            kind = cause.kind or 'returned'
        elif owner:
            kind = 'reassigned'
        else:
            kind = 'claimed' if was_pooled and self.user_id == self.env.user else 'assigned'
        return {
            'lead_id': self.id,
            'kind': kind,
            'from_user_id': owner.id,
            'to_user_id': self.user_id.id,
            'user_id': self.env.uid,
            'date': now,
            'reason': cause.reason,
            'company_id': self._get_sop_company().id,
            'team_id': self.team_id.id,
        }

    def _sop_hand_over(self, before):
        """Have what is open on these leads handed over from the owner before to the new one."""

    # ------------------------------------------------------------
    # PROTECTION
    # ------------------------------------------------------------

    @api.model
    def _get_sop_protection_assignments(self, is_activity=True):
        """Protected for as long as the grade says, from today or from the last activity on.

        :param is_activity: False: only the grade has changed; a lead without any date starts today
        """
        day = SQL("rule.today" if is_activity else "COALESCE(lead.sop_activity_date, rule.today)")
        return {
            'sop_activity_date': SQL("CASE WHEN lead.user_id IS NOT NULL THEN %s END", day),
            'sop_protected_until': SQL(
                "CASE WHEN lead.user_id IS NOT NULL AND rule.protection > 0 THEN %s + rule.protection END", day),
        }

    def _prepare_sop_protection(self, company, today):
        """The same for one lead that is written anyway."""
        days = self._get_sop_protection_days().get((company.id, self.sop_grade or UNGRADED))
        if days is None:
            return {}
        start = today if self.user_id else False
        return {
            'sop_activity_date': start,
            'sop_protected_until': bool(start and days > 0) and start + timedelta(days=days),
        }

    @api.model
    @tools.ormcache()
    def _get_sop_protection_days(self):
        return {
            (company_id, grade): days
            for company_id, grade, _first, _cadence, days, _pace in self._get_sop_grade_limits()}

    def _sop_prolong(self):
        """Somebody was active on these leads."""
        self._sop_update_by_grade(self._get_sop_protection_assignments())

    @api.model
    def _sop_settle(self, moves):
        result = super()._sop_settle(moves)
        migrated = self.browse(move.document.id for move in moves if move.kind == 'migrated' and move.outcome == 'open')
        if migrated:
            migrated.sudo()._sop_prolong()
        back = self.browse(move.document.id for move in moves if move.kind in ('restored', 'reopened'))
        if back:
            back.sudo()._sop_update_by_grade(self._get_sop_contact_assignments())
        return result

    @api.model
    def _get_sop_step_values(self, moves):
        """A step is an activity, as in :meth:`_sop_prolong`; written with the position it costs no statement."""
        values = super()._get_sop_step_values(moves)
        steps = self.sudo().browse(
            move.document.id for move in moves if move.kind not in ('enter', 'migrated') and move.outcome == 'open')
        for company, leads in steps.grouped(lambda lead: lead._get_sop_company()).items():
            today = company._get_sop_local_date(fields.Datetime.now())
            for lead in leads:
                values[lead.id] = {**values.get(lead.id, {}), **lead._prepare_sop_protection(company, today)}
        return values

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_sop_pool(self, batch_size=500):
        """Tell owners whose protection ends, and take back what nobody worked on.

        Nobody loses a lead without having been told before, however long this
        job did not run. Each batch is committed together with its messages.
        """
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=sum(
            self.sudo().search_count(domain)
            for domain in (self._get_sop_expired_domain(), self._get_sop_unnoticed_domain())))
        for step in (self._sop_expire, self._sop_give_notice):
            while done := step(batch_size):
                if not cron._commit_progress(done):
                    return

    @api.model
    def _get_sop_loseable_domain(self):
        """What may be taken from its owner.

        Not a deal beyond the first contact, not the lead of a contracted
        customer, and none that nobody may contact: its owner could not be active.
        """
        return self._get_sop_front_domain() & self._get_sop_pool_company_domain() & Domain([
            ('user_id', '!=', False), ('sop_protected_until', '!=', False), ('sop_contact_hold', '=', False),
        ]) & ~Domain('partner_id.commercial_partner_id', 'any', [('sale_order_ids.state', '=', 'sale')])

    @api.model
    def _get_sop_ending_domain(self):
        return self._get_sop_loseable_domain() & self._get_sop_today_domain(
            lambda today, company: Domain(
                'sop_protected_until', '<=', today + timedelta(days=company.sop_pool_notice_days)))

    @api.model
    def _get_sop_unnoticed_domain(self):
        noticing = Domain.OR(
            self._get_sop_working_company_domain(company)
            for company in self.env['res.company'].sudo().search([('sop_pool_notice_days', '>', 0)]))
        return self._get_sop_ending_domain() & noticing & self._get_sop_noticed_domain(is_noticed=False)

    @api.model
    def _get_sop_noticed_domain(self, is_noticed):
        """Whether the owner was told of the end of the protection as it is now."""
        operator = SQL("IS NOT DISTINCT FROM" if is_noticed else "IS DISTINCT FROM")
        return Domain.custom(to_sql=lambda model, alias, query: SQL(
            "%s %s %s", model._field_to_sql(alias, 'sop_pool_notice', query), operator,
            model._field_to_sql(alias, 'sop_protected_until', query)))

    @api.model
    def _get_sop_expired_domain(self):
        def get_domain(today, company):
            over = Domain('sop_protected_until', '<', today)
            return over & self._get_sop_noticed_domain(is_noticed=True) if company.sop_pool_notice_days else over
        return self._get_sop_loseable_domain() & self._get_sop_today_domain(get_domain)

    @api.model
    def _sop_expire(self, batch_size):
        """Take the next batch from its owners; return how many."""
        # sudo: leads of everybody.
        leads = self.sudo().search(self._get_sop_expired_domain(), order='id', limit=batch_size)
        leads = leads.try_lock_for_update(allow_referencing=True)
        owners = leads.grouped('user_id')
        cause = with_owner_cause(leads, 'expired', self.env._("No activity until the protection ended."))
        cause.with_context(tracking_disable=True).write({'user_id': False})
        for user, lost in owners.items():
            lost._sop_tell(
                user, lambda env: env._("Leads that went back to the public pool"),
                lambda env: env._("There was no activity until their protection ended:"))
        return len(leads)

    @api.model
    def _sop_give_notice(self, batch_size):
        """Tell the owners of the next batch of leads until when they have to become active; return how many."""
        # sudo: leads of everybody.
        leads = self.sudo().search(self._get_sop_unnoticed_domain(), order='id', limit=batch_size)
        dates = defaultdict(leads.browse)
        for lead in leads:
            company = lead._get_sop_company()
            earliest = lead._get_sop_today() + timedelta(days=company.sop_pool_notice_days)
            dates[max(earliest, lead.sop_protected_until)] |= lead
        for date, group in dates.items():
            as_engine(group, tracking_disable=True).write({'sop_protected_until': date, 'sop_pool_notice': date})
        for user, ending in leads.grouped('user_id').items():
            ending._sop_tell(
                user, lambda env: env._("Leads whose protection ends"),
                lambda env: env._("Without a contact or another activity they go back to the public pool:"))
        return len(leads)

    def _sop_tell(self, user, get_subject, get_text):
        """One message to ``user`` about all these leads, in his language."""
        if not user.active:
            return
        reader = self.with_context(lang=user.lang, tz=user.tz)
        lines = [
            Markup("<li>%s %s</li>") % (
                lead._get_html_link(), tools.format_date(lead.env, lead.sop_protected_until) or '')
            for lead in reader[:NAMED]
        ]
        if len(self) > NAMED:
            lines.append(Markup("<li>%s</li>") % reader.env._("… and %s more.", len(self) - NAMED))
        body = Markup("<p>%s</p><ul>%s</ul>") % (get_text(reader.env), Markup().join(lines))
        reader.env['mail.thread'].message_notify(
            partner_ids=user.partner_id.ids, subject=get_subject(reader.env), body=body)
