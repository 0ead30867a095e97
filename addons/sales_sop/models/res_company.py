from collections import defaultdict
from datetime import date, datetime, time, timedelta

import pytz

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools.date_utils import float_to_time
from odoo.tools.misc import format_date

from ..engine import forget_caches
from ..workday_table import WorkdayRules, WorkdayTable, get_horizon

# Kept on the cursor until the transaction ends.
REQUESTS_KEY = 'sop_recompute_requests'
EVER = date(1900, 1, 1)


class ResCompany(models.Model):
    _inherit = 'res.company'

    # What the scheduled job still has to do after a change of the working days.
    sop_recompute_from = fields.Date(
        string="SOP Deadlines to Recompute From", copy=False, groups='base.group_system', prefetch='sop')
    sop_recompute_cursor = fields.Char(
        string="SOP Deadlines Recomputed Up To", copy=False, groups='base.group_system', prefetch='sop')

    def write(self, vals):
        result = super().write(vals)
        if 'resource_calendar_id' in vals:
            self._sop_request_recompute()
        return result

    @api.model
    def _cron_sop_recompute_deadlines(self, batch_size=500):
        """Date the running documents again after the working days of their company changed.

        Each batch is committed together with the place it ended at: a run that
        is killed is resumed there, and running twice changes nothing.
        """
        cron = self.env['ir.cron']
        companies = self.search([('sop_recompute_from', '!=', False)])
        cron._commit_progress(remaining=sum(
            documents.search_count(domain)
            for company in companies
            for documents, domain in company._get_sop_recompute_work()
        ))
        for company in companies:
            while company.try_lock_for_update() and company.sop_recompute_from:
                done = company._sop_recompute_batch(batch_size)
                if not cron._commit_progress(done):
                    return

    def _sop_request_recompute(self, day=None):
        """Have the scheduled job date the running documents of these companies again.

        ``day``: the first day that changed; documents with an earlier deadline
        are left alone. None: all days may have.
        """
        day = day or EVER
        self._sop_forget_workdays()
        requested = self.env.cr.cache.setdefault(REQUESTS_KEY, {})
        companies = self.filtered(lambda company: requested.get(company.id, date.max) > day)
        # sudo: whoever may change the table or the calendar may not write on the company.
        for company_sudo in companies.sudo():
            requested[company_sudo.id] = day
            earlier = company_sudo.sop_recompute_from
            # Also written when it is there already: a job that is running now must start again.
            company_sudo.write({
                'sop_recompute_from': min(earlier, day) if earlier else day,
                'sop_recompute_cursor': False,
            })
        cron = self.env.ref('sales_sop.ir_cron_sop_recompute_deadlines', raise_if_not_found=False)
        if companies and cron:
            cron._trigger()

    @api.model
    def _get_sop_document_models(self):
        """Names of the models that follow procedures, in a fixed order."""
        mixin = self.env.registry['sop.mixin']
        return sorted(
            name for name, model_class in self.env.registry.items()
            if issubclass(model_class, mixin) and not model_class._abstract
        )

    def _get_sop_recompute_work(self):
        """[(model, domain)] of what the scheduled job still has to do for this company."""
        self.ensure_one()
        cursor_model, _sep, cursor_id = (self.sop_recompute_cursor or ',0').partition(',')
        work = []
        for model in self._get_sop_document_models():
            if model < cursor_model:
                continue
            documents = self.env[model].with_context(active_test=False)
            domain = Domain([
                ('sop_outcome', '=', 'open'),
                ('sop_stage_id.day_limit', '>', 0),
                '|', ('sop_deadline', '=', False), ('sop_deadline', '>=', self.sop_recompute_from),
            ])
            if 'company_id' in documents._fields:
                domain &= Domain('company_id', 'in', [self.id, False])
            if model == cursor_model:
                domain &= Domain('id', '>', int(cursor_id))
            work.append((documents, domain))
        return work

    def _sop_recompute_batch(self, batch_size):
        """Recompute the next documents of this company; return how many."""
        for model, domain in self._get_sop_recompute_work():
            documents = model.search(domain, order='id', limit=batch_size)
            if documents:
                documents._sop_update_deadline()
                self.sop_recompute_cursor = f'{documents._name},{documents[-1].id}'
                return len(documents)
        self.write({'sop_recompute_from': False, 'sop_recompute_cursor': False})
        return 0

    # ------------------------------------------------------------
    # Working days
    # ------------------------------------------------------------

    def _sop_is_workday_map(self, start, end):
        """{day: is a working day} from ``start`` to ``end``, both included."""
        table = self._get_sop_workday_table(start, end)
        return {
            day: table.is_working(day)
            for day in (start + timedelta(days=number) for number in range((end - start).days + 1))
        }

    def _sop_add_workdays(self, start, number):
        """The date of the ``number``-th working day after ``start``.

        The day of ``start`` does not count. ``start`` is a date, or a datetime
        (UTC) that is taken to the time zone of the calendar. False when there
        is no limit (0), or no such day within three years.
        """
        return self._sop_add_workdays_batch([(start, number)])[start, number]

    def _sop_add_workdays_batch(self, pairs):
        """{(start, number): deadline} for many pairs, at the cost of one."""
        pairs = set(pairs)
        days = {start: self._get_sop_local_date(start) for start, number in pairs}
        if not days:
            return {}
        table = self._get_sop_workday_table(min(days.values()), get_horizon(max(days.values())))
        return {(start, number): table.add(days[start], number) for start, number in pairs}

    def _sop_count_workdays(self, start, end):
        """Working days between two datetimes (UTC), as a float.

        Every working day counts as 24 hours of its own: from Monday noon to
        Tuesday noon is one working day, from Friday noon to Monday noon too.
        """
        return self._sop_count_workdays_batch([(start, end)])[start, end]

    def _sop_count_workdays_batch(self, pairs):
        """{(start, end): working days} for many pairs, at the cost of one."""
        pairs = set(pairs)
        if not pairs:
            return {}
        table = self._get_sop_workday_table(
            self._get_sop_local_date(min(start for start, end in pairs)),
            self._get_sop_local_date(max(max(pair) for pair in pairs)),
        )
        return {(start, end): table.count(start, end) for start, end in pairs}

    def _sop_explain_workdays(self, start, number):
        """What ``_sop_add_workdays`` looked at, day by day.

        A list of {date, working, kind, name, reason, number}: ``number`` is the
        how-manieth working day it is, 0 for a day that does not count. The
        first row is the day of ``start``. Without a deadline, a few weeks.
        """
        start = self._get_sop_local_date(start)
        table = self._get_sop_workday_table(start, get_horizon(start))
        some_weeks = min(timedelta(days=27), date.max - start)
        last_day = table.add(start, number) or min(start + some_weeks, get_horizon(start))
        rows = []
        counted = 0
        for offset in range((last_day - start).days + 1):
            day = start + timedelta(days=offset)
            kind, name = table.get_reason(day)
            working = table.is_working(day)
            counts = bool(working and offset)
            counted += counts
            rows.append({
                'date': day,
                'working': working,
                'kind': kind,
                'name': name,
                'reason': self._get_sop_workday_reason(day, kind, name),
                'number': counted if counts else 0,
            })
        return rows

    def _get_sop_workday_reason(self, day, kind, name):
        weekday = format_date(self.env, day, date_format='EEEE')
        match kind:
            case 'workday':
                return self.env._("Make-up working day: %(name)s", name=name)
            case 'holiday':
                return self.env._("Holiday: %(name)s", name=name)
            case 'leave':
                return self.env._("Closed: %(name)s", name=name) if name else self.env._("Closed all day")
            case 'open':
                return self.env._("%(weekday)s is a working day", weekday=weekday)
        return self.env._("%(weekday)s is not a working day", weekday=weekday)

    @tools.ormcache('self.id')
    def _get_sop_tz(self):
        # sudo: deadlines do not depend on who may read the working hours.
        return self.sudo().resource_calendar_id.tz or 'UTC'

    def _get_sop_local_date(self, value):
        """The day of a date, or of a datetime (UTC) where the company works."""
        if not isinstance(value, datetime):
            return value
        return pytz.utc.localize(value).astimezone(pytz.timezone(self._get_sop_tz())).date()

    def _get_sop_workday_table(self, start, end):
        """The working days of this company, at least from ``start`` to ``end``."""
        self.ensure_one()
        # Whole years: the tables are few, and all documents share them.
        return self._load_sop_workday_table(start.year, end.year)

    @api.model
    def _sop_forget_workdays(self):
        """To be called by whatever changes the working days."""
        forget_caches(self.env)

    @tools.ormcache('self.id', 'first_year', 'last_year')
    def _load_sop_workday_table(self, first_year, last_year):
        start, end = date(first_year, 1, 1), date(last_year, 12, 31)
        rules, tz = self._get_sop_workday_rules(start, end)
        return WorkdayTable(tz, rules.get_reasons(start, end))

    def _get_sop_workday_rules(self, start, end):
        """What decides when this company works from ``start`` to ``end``, and its time zone."""
        # sudo: deadlines do not depend on who may read the table or the working hours.
        company_sudo = self.sudo()
        calendar_sudo = company_sudo.resource_calendar_id
        entries_sudo = company_sudo.env['sop.workday'].search_fetch(
            [('company_id', '=', company_sudo.id), ('date', '>=', start), ('date', '<=', end)],
            ['date', 'kind', 'name'],
        )
        tz = pytz.timezone(self._get_sop_tz())
        rules = WorkdayRules(
            hours=company_sudo._get_sop_working_hours(calendar_sudo),
            get_week_type=calendar_sudo.env['resource.calendar.attendance'].get_week_type,
            entries={entry.date: (entry.kind, entry.name) for entry in entries_sudo},
            leaves=[
                (
                    pytz.utc.localize(leave.date_from).astimezone(tz).replace(tzinfo=None),
                    pytz.utc.localize(leave.date_to).astimezone(tz).replace(tzinfo=None),
                    leave.name,
                )
                for leave in company_sudo._get_sop_closing_leaves(calendar_sudo, start, end)
            ],
        )
        return rules, tz

    @api.model
    def _get_sop_working_hours(self, calendar):
        """{(week type, weekday): [(from, to)]}; empty when the hours are free."""
        hours = defaultdict(list)
        if calendar.flexible_hours:
            return hours
        for attendance in calendar.attendance_ids:
            if not attendance._is_work_period() or attendance.hour_to <= attendance.hour_from:
                continue
            two_weeks = calendar.two_weeks_calendar and attendance.week_type
            for week_type in [int(attendance.week_type)] if two_weeks else [0, 1]:
                hours[week_type, int(attendance.dayofweek)].append(
                    (float_to_time(attendance.hour_from), float_to_time(attendance.hour_to)))
        return hours

    def _get_sop_closing_leaves(self, calendar, start, end):
        """Times off of the whole company that touch the days from ``start`` to ``end``."""
        day = timedelta(days=1)
        return self.env['resource.calendar.leaves'].search_fetch([
            ('resource_id', '=', False),
            ('time_type', '=', 'leave'),
            ('calendar_id', 'in', [False, calendar.id]),
            ('company_id', 'in', [False, self.id]),
            ('date_from', '<=', datetime.combine(end + day if end < end.max else end, time.max)),
            ('date_to', '>=', datetime.combine(start - day if start > start.min else start, time.min)),
        ], ['date_from', 'date_to', 'name'])
