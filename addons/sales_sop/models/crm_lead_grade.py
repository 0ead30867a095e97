from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL, date_utils, split_every

from ..engine import as_engine
from ..grade_query import RESULT_COLUMNS, GradeQuery
from ..values import GRADES

# Leads that are graded by one statement: bounds what the database keeps in memory for it.
CHUNK = 20_000
BATCH = 10_000


class CrmLead(models.Model):
    """Score and grade of a lead, computed by one statement for any number of leads (S1.4, §3)."""

    _inherit = 'crm.lead'

    sop_ratings = fields.Json(string="Answers of the Score Sheet", readonly=True, copy=False, prefetch='sop')
    sop_score = fields.Float(string="Score", digits=(5, 1), readonly=True, copy=False, aggregator='avg', prefetch='sop')
    sop_completeness = fields.Integer(
        string="Completeness (%)", readonly=True, copy=False, aggregator='avg',
        help="Share of the score sheet that is answered, by weight.", prefetch='sop')
    sop_grade = fields.Selection(
        GRADES, string="Grade", readonly=True, copy=False, index='btree_not_null')
    sop_grade_date = fields.Datetime(string="Graded On", readonly=True, copy=False, prefetch='sop')
    sop_graded_by_id = fields.Many2one(
        'res.users', string="Rated By", readonly=True, copy=False, ondelete='set null',
        help="Who last answered a question of the score sheet.", prefetch='sop')
    sop_grade_is_provisional = fields.Boolean(
        string="Provisional Grade", readonly=True, copy=False, help="No approved customer profile fits this lead.",
        prefetch='sop')
    sop_grade_is_decayed = fields.Boolean(
        string="Decayed Grade", readonly=True, copy=False,
        help="One grade lower: two contacts in a row were missed. A new contact restores it.", prefetch='sop')
    sop_knockout_id = fields.Many2one(
        'sop.grade.criterion', string="Knocked Out By", readonly=True, copy=False, ondelete='set null', prefetch='sop')
    sop_grade_manual = fields.Integer(
        string="Manual Shift", readonly=True, copy=False, aggregator=None, help="+1: one grade better than the score.",
        prefetch='sop')
    sop_grade_manual_until = fields.Date(string="Manual Grade Until", readonly=True, copy=False, prefetch='sop')
    sop_grade_manual_reason = fields.Char(string="Why by Hand", readonly=True, copy=False, prefetch='sop')
    sop_grade_manual_by_id = fields.Many2one(
        'res.users', string="Set by Hand By", readonly=True, copy=False, ondelete='set null', prefetch='sop')
    sop_grade_history_ids = fields.One2many(
        'sop.grade.history', 'lead_id', string="Grade History", readonly=True, copy=False)

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | self._get_sop_grade_fields()

    @api.model
    def _get_sop_grade_fields(self):
        return {*RESULT_COLUMNS, 'sop_grade_date', 'sop_graded_by_id', 'sop_grade_history_ids'}

    # ------------------------------------------------------------
    # GRADING
    # ------------------------------------------------------------

    def _sop_regrade(self, reason='', user=None):
        result = super()._sop_regrade(reason, user)
        self._filter_sop_graded()._sop_grade(reason, user)
        return result

    def _filter_sop_graded(self):
        """Without the leads that wait for the first answer on their score sheet, as their process asks."""
        ungraded = self.env['sop.process']._get_ungraded_ids()
        if not ungraded:
            return self
        # sudo: which process a lead follows does not depend on who asks.
        return self.sudo().filtered(
            lambda lead: lead.sop_grade_date or lead.sop_process_id.id not in ungraded).with_env(self.env)

    def _sop_grade(self, reason, user=None, rater=None, is_logged=False):
        """Compute score and grade of these leads.

        :param user: who changed something, for the history; None: the system
        :param rater: who answered the score sheet, if that is why
        :param is_logged: keep it in the history even when the grade stays
        """
        options = {
            'now': fields.Datetime.now(),
            'user_id': user.id if user else None,
            'rater_id': rater.id if rater else None,
            'reason': reason or None,
            'expired_reason': self.env._("The manual grade expired."),
            'is_logged': is_logged,
        }
        before = {}
        for company, ids in self._get_sop_ids_by_company().items():
            query = self._get_sop_grade_query(company)
            for chunk in split_every(CHUNK, ids, list):
                before.update(self.env.execute_query(query.get_statement(chunk, **options)))
        self.invalidate_recordset(self._get_sop_grade_fields(), flush=False)
        if before:
            changed = self.browse(before)
            changed.modified(['sop_grade', 'sop_score'])
            changed._sop_after_regrade(before)

    @api.model
    def _get_sop_grade_query(self, company):
        """What grades the leads of ``company``: the same for everybody who asks."""
        context = {'tz': company._get_sop_tz(), 'allowed_company_ids': company.ids}
        leads = self.env(user=SUPERUSER_ID, su=True, context=context)['crm.lead']
        scheme = leads.env['sop.grade.criterion']._get_scheme(company)
        return GradeQuery(leads, scheme, company._get_sop_local_date(fields.Datetime.now()))

    def _get_sop_ids_by_company(self):
        """``{company: lead ids}``, by the company whose settings count for each lead."""
        companies = self.env['res.company'].sudo()
        company_ids = companies._get_sop_company_ids()
        if not self or len(company_ids) == 1:
            return {companies.browse(company_ids): self.ids} if self else {}
        if len(self) == 1:
            return {self.sudo()._get_sop_company().sudo(): self.ids}
        self.flush_recordset(['company_id', 'sop_process_id', 'user_id'])
        rows = self.env.execute_query(SQL(
            "SELECT COALESCE(lead.company_id, process.company_id, users.company_id, %(main)s), array_agg(lead.id)"
            "  FROM crm_lead AS lead"
            "  LEFT JOIN sop_process AS process ON process.id = lead.sop_process_id"
            "  LEFT JOIN res_users AS users ON users.id = lead.user_id"
            " WHERE lead.id = ANY(%(ids)s) GROUP BY 1",
            main=self._get_sop_main_company().id, ids=self.ids))
        return {companies.browse(company_id): ids for company_id, ids in rows}

    # ------------------------------------------------------------
    # WHEN LEADS ARE GRADED ANEW
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _get_sop_grade_triggers(self):
        """Names of the fields of a lead that conditions of the grading look at, and of those they follow from."""
        companies = self.env['res.company'].sudo()
        names, waiting = {'stage_id', 'sop_missed_count'}, set()
        for company in companies.browse(companies._get_sop_company_ids()):
            waiting |= self._get_sop_grade_query(company).get_field_names()
        while waiting:
            name = waiting.pop()
            names.add(name)
            waiting |= {
                path.partition('.')[0] for path in self.env.registry.field_depends.get(self._fields[name], ())} - names
        return frozenset(names)

    def _sop_regrade_after(self, vals, reason):
        """Grade the leads anew when what was written may change a grade."""
        if self._is_sop_in_use() and not self._get_sop_grade_triggers().isdisjoint(vals):
            # sudo: whether a lead follows a process does not depend on who changes it.
            following = self.sudo().filtered('sop_process_id')
            following.with_env(self.env)._sop_regrade(reason, self._get_sop_actor())

    def _get_sop_actor(self):
        """The person at work; nobody when it is the system."""
        return self.env.user if not self.env.user._is_superuser() else None

    def write(self, vals):
        result = super().write(vals)
        reason = self.env._("The stage changed.") if 'stage_id' in vals else self.env._("Data of the lead changed.")
        self._sop_regrade_after(vals, reason)
        return result

    def web_save(self, vals, specification, next_id=None):
        if self:
            return super().web_save(vals, specification, next_id)
        # Whoever enters a lead sees its grade at once. Leads made by other means wait for the scheduled job:
        # creating many must stay cheap.
        lead = self.browse(super().web_save(vals, {})[0]['id'])
        if lead.sudo().sop_process_id:
            lead._sop_regrade(self.env._("The lead was entered."), self._get_sop_actor())
        return (self.browse(next_id) if next_id else lead).with_context(bin_size=True).web_read(specification)

    def _sop_after_contact(self, logs):
        result = super()._sop_after_contact(logs)
        self._sop_regrade(self.env._("The customer was contacted."), self._get_sop_actor())
        return result

    def _sop_take_evidence(self, leads):
        result = super()._sop_take_evidence(leads)
        # sudo: who may merge these leads sees them; what they leave behind is kept.
        as_engine(leads.sudo().sop_grade_history_ids).write({'lead_id': self.id})
        ratings = {}
        for lead in (*leads.sudo(), self.sudo()):
            ratings.update(lead.sop_ratings or {})
        as_engine(self).write({'sop_ratings': ratings})
        return result

    def _sop_join(self, leads):
        result = super()._sop_join(leads)
        self._sop_regrade(self.env._("Merged with other leads."), self._get_sop_actor())
        return result

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_sop_regrade(self, batch_size=BATCH):
        """Grade what was not graded yet, what is due, and all when the settings have changed.

        Each batch is committed: its leads are not due any more, so a run that is killed goes on after it.
        """
        cron = self.env['ir.cron']
        leads = self.with_context(active_test=False)
        domain = self._get_sop_regrade_domain()
        cron._commit_progress(remaining=leads.search_count(domain))
        last_id = 0
        while batch := leads.search(domain & Domain('id', '>', last_id), order='id', limit=batch_size):
            last_id = batch._ids[-1]
            batch._sop_regrade(self.env._("Graded anew by schedule."))
            if not cron._commit_progress(len(batch)):
                break

    @api.model
    def _get_sop_regrade_domain(self):
        """Leads whose grade is missing, too old, or no longer right by itself."""
        today = fields.Date.today()
        due = [
            Domain('sop_grade_date', '=', False)
            & Domain('sop_process_id', 'not in', self.env['sop.process']._get_ungraded_ids()),
            Domain('sop_grade_manual_until', '<', today),
            Domain('sop_profile_id', 'any!', [('valid_to', '<', today)]),
        ]
        for company in self.env['res.company'].sudo().search([]):
            own = Domain('company_id', 'in', [company.id, False])
            if company.sop_regrade_from:
                due.append(own & Domain('sop_grade_date', '<', company.sop_regrade_from))
            due += [
                own & Domain('sop_grade', '=', code)
                & Domain('sop_grade_date', '<', date_utils.subtract(fields.Datetime.now(), days=grade.regrade_days))
                for code, grade in self.env['sop.grade']._get_grades(company).items() if grade.regrade_days
            ]
        return Domain('sop_process_id', '!=', False) & Domain('sop_outcome', '=', 'open') & Domain.OR(due)
