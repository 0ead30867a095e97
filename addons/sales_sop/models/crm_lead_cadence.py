from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, groupby

from ..engine import as_engine
from ..grade_query import DECAY_COUNT

# Where leads are won over: their contacts are counted and their owners have to stay active.
FRONT_PHASES = ('s1_market', 's2_contact')
# Nobody calls a lead of this grade; it gets the newsletter.
NEWSLETTER_GRADE = 'd'
# Whose rules a lead follows until it is graded.
UNGRADED = 'c'
# Up to so many leads get their next activity at once, of more the scheduled job makes them.
AT_ONCE = 100
# Days before the contact is due in which the scheduled job makes the activity.
AHEAD = timedelta(days=7)


class CrmLead(models.Model):
    """When a lead is to be contacted next, and what was missed."""

    _inherit = 'crm.lead'

    sop_next_contact_date = fields.Date(
        string="Contact Due", readonly=True, copy=False, index='btree_not_null',
        help="The first contact within the limit of the grade, then the next one at its cadence.", prefetch='sop')
    sop_missed_count = fields.Integer(
        string="Missed Contacts", readonly=True, copy=False,
        help="In a row. After two the grade drops until the next contact is logged.", prefetch='sop')
    sop_check_date = fields.Date(
        string="Manager Check Due", readonly=True, copy=False,
        help="How often the sales manager looks at a lead depends on its grade.", prefetch='sop')

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {
            'sop_next_contact_date', 'sop_missed_count', 'sop_check_date'}

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_checked(self):
        """The manager has looked at these leads: the next check is due at the pace of their grade."""
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("The check is done by a sales manager."))
        self.check_access('write')
        leads = self.filtered(lambda lead: lead.sop_process_id and lead.sop_grade)
        if not leads:
            raise UserError(self.env._("None of these leads is graded: there is nothing to check yet."))
        dates = {
            lead.id: today + timedelta(days=grade.check_days) if grade.check_days else False
            for lead, grade, today in leads._iter_sop_grades()
        }
        for date, group in groupby(leads, lambda lead: dates[lead.id]):
            as_engine(self.browse(lead.id for lead in group), tracking_disable=True).write({'sop_check_date': date})
        return True

    # ------------------------------------------------------------
    # DATES
    # ------------------------------------------------------------

    def _get_sop_next_contact_date(self, grade=None):
        """``{lead id: date}`` by which each lead is to be contacted again, were it contacted today."""
        dates = super()._get_sop_next_contact_date(grade)
        return dates | {
            lead.id: today + timedelta(days=rule.cadence_days)
            for lead, rule, today in self._iter_sop_grades(grade) if rule.cadence_days
        }

    def _iter_sop_grades(self, grade=None):
        """Triples of lead, ``sop.grade`` (of an ungraded lead: that of grade C) and today."""
        now = fields.Datetime.now()
        # sudo: the limits of a lead do not depend on who asks.
        for company, leads in self.sudo().grouped(lambda lead: lead._get_sop_company()).items():
            today = company._get_sop_local_date(now)
            grades = self.env['sop.grade'].sudo()._get_grades(company)
            for lead in leads:
                yield lead, grades.get(grade or lead.sop_grade or UNGRADED, self.env['sop.grade']), today

    @api.model
    @tools.ormcache()
    def _get_sop_grade_limits(self):
        """What the grades ask for in all companies: company, grade, first contact, cadence, protection, check."""
        # sudo: leads of all companies are dated by one statement.
        return tuple(
            (company.id, code, grade.first_contact_days, grade.cadence_days, grade.protection_days, grade.check_days)
            for company in self.env['res.company'].sudo().search([])
            for code, grade in self.env['sop.grade']._get_grades(company).items())

    @api.model
    def _get_sop_grade_rows(self):
        """The same as rows of a SQL ``VALUES``, with the days they lead to.

        company, time zone, grade, today, first contact, next working day, cadence, protection, check
        """
        now = fields.Datetime.now()
        rows = []
        for company_id, code, first_days, cadence, protection, check in self._get_sop_grade_limits():
            company = self.env['res.company'].browse(company_id)
            today = company._get_sop_local_date(now)
            first = company._sop_add_workdays(now, first_days) or (
                today + timedelta(days=cadence) if cadence else None)
            soon = company._sop_add_workdays(now, 1) or today + timedelta(days=1)
            rows.append(SQL(
                "(%s, %s, %s, %s::date, %s::date, %s::date, %s, %s, %s)",
                company_id, company._get_sop_tz(), code, today, first, soon, cadence, protection, check))
        return SQL(", ").join(rows)

    def _sop_update_by_grade(self, assignments):
        """Set columns of these leads in one statement; ``rule`` is what their grade asks for in their company.

        :param dict assignments: {field name: SQL over ``lead`` and ``rule``}
        """
        if not self:
            return
        self.flush_model()
        self.env['sop.contact.log'].flush_model()
        self.env.cr.execute(SQL(
            """
            UPDATE crm_lead AS lead
               SET %(assignments)s
              FROM sop_process AS process,
                   (VALUES %(rows)s) AS rule (company_id, tz, grade, today, first, soon, cadence, protection, pace)
             WHERE lead.id = ANY(%(ids)s)
               AND lead.sop_outcome = 'open'
               AND process.id = lead.sop_process_id
               AND rule.grade = COALESCE(lead.sop_grade, %(ungraded)s)
               AND rule.company_id = COALESCE(
                       lead.company_id, process.company_id,
                       (SELECT owner.company_id FROM res_users AS owner WHERE owner.id = lead.user_id), %(main)s)
            """,
            assignments=SQL(", ").join(
                SQL("%s = %s", SQL.identifier(name), value) for name, value in assignments.items()),
            rows=self._get_sop_grade_rows(), ids=list(self._ids), ungraded=UNGRADED,
            main=self._get_sop_main_company().id))
        self.invalidate_recordset(list(assignments), flush=False)

    @api.model
    def _get_sop_contact_assignments(self):
        """When the next contact is due: what was agreed with the customer counts when it is earlier."""
        agreed = SQL(
            "(SELECT log.next_date FROM sop_contact_log AS log WHERE log.lead_id = lead.id AND log.state = 'done'"
            " ORDER BY log.date DESC, log.id DESC LIMIT 1)")
        return {
            'sop_check_date': SQL(
                """CASE WHEN lead.sop_grade IS NOT NULL AND rule.pace > 0
                        THEN LEAST(COALESCE(lead.sop_check_date, rule.today + rule.pace), rule.today + rule.pace)
                   END"""),
            'sop_next_contact_date': SQL(
                """CASE WHEN lead.user_id IS NULL OR lead.sop_grade IS NULL OR lead.sop_grade = %s THEN NULL
                        WHEN lead.sop_last_contact_date IS NULL
                          OR lead.sop_last_contact_date < lead.sop_assigned_date THEN rule.first
                        WHEN rule.cadence > 0 THEN GREATEST(rule.soon, LEAST(%s, rule.cadence
                           + (lead.sop_last_contact_date AT TIME ZONE 'UTC' AT TIME ZONE rule.tz)::date))
                   END""", NEWSLETTER_GRADE, agreed),
        }

    # ------------------------------------------------------------
    # AFTER A CONTACT, AFTER A GRADE
    # ------------------------------------------------------------

    def _sop_after_contact(self, logs):
        done = logs.sudo().filtered(lambda log: log.state == 'done')
        leads = self.sudo().filtered(lambda lead, leads=done.lead_id: lead.sop_process_id and lead in leads)
        leads._sop_note_punctuality(done)
        missed = leads.filtered('sop_missed_count')
        # Before the grading, which takes the drop back.
        as_engine(missed, tracking_disable=True).write({'sop_missed_count': 0})
        result = super()._sop_after_contact(logs)
        leads._sop_update_by_grade(
            leads._get_sop_contact_assignments() | leads._get_sop_protection_assignments())
        leads._sop_plan_contacts(is_moved=False)
        return result

    def _sop_note_punctuality(self, logs):
        """Keep with each log until when the contact was due, as it was before this contact."""
        news = logs.filtered(lambda log: log.lead_id in self and log.lead_id.sop_next_contact_date and not log.due_date)
        for (date, is_on_time), group in groupby(news, lambda log: (
            log.lead_id.sop_next_contact_date,
            log.lead_id._get_sop_company()._get_sop_local_date(log.date) <= log.lead_id.sop_next_contact_date,
        )):
            as_engine(news.browse(log.id for log in group)).write({'due_date': date, 'on_time': is_on_time})

    def _sop_after_regrade(self, before):
        result = super()._sop_after_regrade(before)
        leads = self.sudo().browse(before)
        leads._sop_update_by_grade(
            leads._get_sop_contact_assignments() | leads._get_sop_protection_assignments(is_activity=False))
        leads._sop_plan_contacts()
        return result

    # ------------------------------------------------------------
    # ACTIVITIES
    # ------------------------------------------------------------

    @api.model
    def _get_sop_cadence_domain(self):
        """The leads whose contacts are counted: nobody can be contacted as long as the lead is held."""
        return Domain([
            ('sop_process_id', '!=', False),
            ('sop_outcome', '=', 'open'),
            ('sop_stage_id.phase', 'in', FRONT_PHASES),
            ('user_id', '!=', False),
            ('sop_next_contact_date', '!=', False),
            ('sop_contact_hold', '=', False),
        ])

    def _sop_plan_contacts(self, is_moved=True):
        """See that each owner has one activity for the contact that is due; of many, the scheduled job does.

        :param is_moved: whether an activity that is planned for later is moved to the new date
        """
        # At the end of the transaction: one save may change grade, owner and contacts.
        waiting = self.env.cr.precommit.data.setdefault('sop.follow_ups', {})
        waiting.update({lead_id: is_moved or waiting.get(lead_id, False) for lead_id in self._ids})
        if waiting:
            self.env.cr.precommit.add(self.sudo()._sop_run_follow_ups)

    @api.model
    def _sop_run_follow_ups(self):
        waiting = self.env.cr.precommit.data.pop('sop.follow_ups', {})
        if len(waiting) > AT_ONCE:
            if cron := self.env.ref('sales_sop.ir_cron_sop_follow_up', raise_if_not_found=False):
                cron._trigger()
            return
        due = self.search(Domain('id', 'in', list(waiting)) & self._get_sop_cadence_domain())
        planned = self.browse(waiting)._get_sop_follow_ups()
        planned_ids = set(planned.mapped('res_id'))
        due._sop_make_follow_ups(planned_ids)
        due.filtered(lambda lead: waiting[lead.id])._sop_move_follow_ups(planned)
        (self.browse(planned_ids) - due)._sop_drop_follow_ups(planned)

    def _sop_make_follow_ups(self, planned_ids=()):
        missing = self.filtered(lambda lead: lead.id not in planned_ids)
        for lang, leads in missing.grouped(lambda lead: lead.user_id.lang).items():
            # In the words of the reader. No mail about it: the date is on the lead as well.
            reader = leads.with_context(lang=lang, mail_activity_quick_update=True)
            reader._sop_plan_follow_up({
                lead: {
                    'date': lead.sop_next_contact_date, 'method': 'phone', 'user': lead.user_id,
                    'summary': reader.env._("Contact the customer"),
                } for lead in reader
            })

    def _sop_move_follow_ups(self, planned):
        """Have nobody contact these leads later than they are due, nor somebody else than their owner."""
        leads = {lead.id: lead for lead in self}
        wrong = planned.filtered(lambda activity: activity.res_id in leads and (
            activity.user_id != leads[activity.res_id].user_id
            or activity.date_deadline > leads[activity.res_id].sop_next_contact_date))
        for (user, date), group in groupby(wrong, lambda activity: (
            leads[activity.res_id].user_id,
            min(activity.date_deadline, leads[activity.res_id].sop_next_contact_date),
        )):
            as_engine(wrong.browse(activity.id for activity in group), mail_activity_quick_update=True).write(
                {'user_id': user.id, 'date_deadline': date})

    def _sop_drop_follow_ups(self, planned):
        """Nobody contacts these leads any more: what nobody agreed with the customer is not planned either."""
        ids = set(self.filtered(
            lambda lead: lead.sop_grade == NEWSLETTER_GRADE and not lead.sop_last_contact_date)._ids)
        as_engine(planned.filtered(lambda activity: activity.res_id in ids)).unlink()

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_sop_follow_up(self, batch_size=500):
        """Count missed contacts and see that everybody has his next activities.

        Each batch is committed: a run that is killed goes on where it was, and
        a second run on the same day finds nothing left to do.
        """
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=sum(
            self.sudo().search_count(domain)
            for get_domain in (self._get_sop_missed_domain, self._get_sop_unplanned_domain)
            for domain in [get_domain()]))
        for step in (self._sop_count_missed, self._sop_plan_missing):
            while done := step(batch_size):
                if not cron._commit_progress(done):
                    return

    @api.model
    def _get_sop_today_domain(self, get_domain):
        """``get_domain(today, company)`` for the leads of each company, by the date where it works."""
        now = fields.Datetime.now()
        # sudo: the jobs look at all companies.
        companies = self.env['res.company'].sudo().search([])
        return Domain.OR(
            self._get_sop_working_company_domain(company) & get_domain(company._get_sop_local_date(now), company)
            for company in companies)

    @api.model
    def _get_sop_working_company_domain(self, company):
        """The leads that work by the rules of ``company``, see :meth:`_get_sop_company`."""
        nobodys = Domain('company_id', '=', False)
        by_process = nobodys & Domain('sop_process_id.company_id', '=', company.id)
        nobodys &= Domain('sop_process_id.company_id', '=', False)
        domain = Domain('company_id', '=', company.id) | by_process | (
            nobodys & Domain('user_id.company_id', '=', company.id))
        if company == self._get_sop_main_company():
            domain |= nobodys & Domain('user_id', '=', False)
        return domain

    @api.model
    def _get_sop_missed_domain(self):
        return self._get_sop_cadence_domain() & self._get_sop_today_domain(
            lambda today, company: Domain('sop_next_contact_date', '<', today))

    @api.model
    def _get_sop_unplanned_domain(self):
        idle = Domain([
            ('user_id.active', '=', True), ('activity_ids', 'not any', [('sop_is_follow_up', '=', True)])])
        return self._get_sop_cadence_domain() & idle & self._get_sop_today_domain(
            lambda today, company: Domain('sop_next_contact_date', '<=', today + AHEAD))

    @api.model
    def _sop_count_missed(self, batch_size):
        """Count the next batch of missed contacts; return how many. The next one is due at the cadence."""
        # sudo: leads of everybody.
        leads = self.sudo().search(self._get_sop_missed_domain(), order='id', limit=batch_size)
        leads = leads.try_lock_for_update(allow_referencing=True)
        if not leads:
            return 0
        leads._sop_update_by_grade({
            'sop_missed_count': SQL("COALESCE(lead.sop_missed_count, 0) + 1"),
            'sop_next_contact_date': SQL(
                "CASE WHEN rule.cadence > 0 THEN GREATEST(rule.today, lead.sop_next_contact_date + rule.cadence) END"),
        })
        counted = self.env.cr.rowcount
        dropping = leads.filtered(lambda lead: lead.sop_missed_count == DECAY_COUNT)
        dropping._sop_regrade(self.env._("The follow-up was missed twice in a row."))
        return counted

    @api.model
    def _sop_plan_missing(self, batch_size):
        # sudo: leads of everybody.
        leads = self.sudo().search(self._get_sop_unplanned_domain(), order='id', limit=batch_size)
        leads._sop_make_follow_ups()
        return len(leads)
