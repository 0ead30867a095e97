from datetime import date, datetime
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged, users
from odoo.tools import file_open, mute_logger

# 2026-09-28 is a Monday; 1 to 7 October are holidays, 10 October (Saturday) is worked.
MONDAY = date(2026, 9, 28)
HOLIDAYS = [date(2026, 10, day) for day in range(1, 8)]
MADE_UP = date(2026, 10, 10)


class WorkdayCommon(TransactionCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.foreign_company = cls.env['res.company'].create({'name': "Not Mine"})
        cls.company = cls.env['res.company'].create({'name': "Pump Works"})
        cls.company.resource_calendar_id = cls._create_calendar("Office", cls.company)
        cls.manager = new_test_user(
            cls.env, 'cal_manager', groups='sales_sop.group_sop_manager,sales_team.group_sale_manager',
            company_id=cls.company.id, company_ids=[Command.set([cls.company.id, cls.env.company.id])])
        cls.salesperson = new_test_user(
            cls.env, 'cal_salesperson', groups='sales_team.group_sale_salesman',
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)])

    @classmethod
    def _create_calendar(cls, name, company, weekdays=range(5), **values):
        return cls.env['resource.calendar'].create({
            'name': name,
            'company_id': company.id,
            'tz': 'Asia/Shanghai',
            'attendance_ids': [Command.clear()] + [
                Command.create({
                    'name': period, 'dayofweek': str(weekday), 'day_period': period,
                    'hour_from': hour_from, 'hour_to': hour_to,
                })
                for weekday in weekdays
                for period, hour_from, hour_to in (('morning', 9, 12), ('lunch', 12, 13), ('afternoon', 13, 18))
            ],
            **values,
        })

    @classmethod
    def _enter_holidays(cls, company):
        return cls.env['sop.workday'].create([
            *({'company_id': company.id, 'date': day, 'kind': 'holiday', 'name': "National Day"} for day in HOLIDAYS),
            {'company_id': company.id, 'date': MADE_UP, 'kind': 'workday', 'name': "National Day make-up"},
        ])

    def _close(self, date_from, date_to, **values):
        return self.env['resource.calendar.leaves'].sudo().create({
            'name': "Stocktaking",
            'calendar_id': self.company.resource_calendar_id.id,
            'date_from': date_from,
            'date_to': date_to,
            **values,
        })


@tagged('post_install', '-at_install')
class TestWorkdays(WorkdayCommon):

    def test_weekdays(self):
        self.assertEqual(
            [working for day, working in sorted(self.company._sop_is_workday_map(MONDAY, date(2026, 10, 4)).items())],
            [True] * 5 + [False] * 2)

    def test_day_of_entry_does_not_count(self):
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 5), date(2026, 10, 5))
        saturday = date(2026, 10, 3)
        self.assertEqual(self.company._sop_add_workdays(saturday, 1), date(2026, 10, 5))

    def test_no_limit_no_deadline(self):
        self.assertIs(self.company._sop_add_workdays(MONDAY, 0), False)
        self.assertIs(self.company._sop_add_workdays(MONDAY, -3), False)

    def test_holidays_and_make_up_day(self):
        self._enter_holidays(self.company)
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 2), date(2026, 9, 30))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 3), date(2026, 10, 8))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 5), MADE_UP)
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 6), date(2026, 10, 12))

    def test_table_is_read_again_after_a_change(self):
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))
        holiday = self.env['sop.workday'].create(
            {'company_id': self.company.id, 'date': date(2026, 9, 29), 'name': "Anniversary"})
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 30))
        holiday.kind = 'workday'
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))
        holiday.kind = 'holiday'
        holiday.unlink()
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))

    def test_working_hours_are_read_again_after_a_change(self):
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 5), date(2026, 10, 5))
        attendances = self.company.resource_calendar_id.attendance_ids
        attendances.filtered(lambda attendance: attendance.dayofweek == '4').write({'dayofweek': '5'})
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 4), date(2026, 10, 3))
        attendances.filtered(lambda attendance: attendance.dayofweek == '5').unlink()
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 4), date(2026, 10, 5))

    def test_another_calendar(self):
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))
        self.company.resource_calendar_id = self._create_calendar("Weekend shop", self.company, weekdays=(5, 6))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 10, 3))

    def test_companies_have_tables_of_their_own(self):
        other = self.env['res.company'].create({'name': "Valve Works"})
        other.resource_calendar_id = self._create_calendar("Office", other)
        self._enter_holidays(self.company)
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 3), date(2026, 10, 8))
        self.assertEqual(other._sop_add_workdays(MONDAY, 3), date(2026, 10, 1))

    def test_two_weeks_calendar(self):
        calendar = self.company.resource_calendar_id
        # Monday of a week of type 0 or 1; only the other week has a working Saturday.
        week_type = self.env['resource.calendar.attendance'].get_week_type(MONDAY)
        calendar.attendance_ids = [Command.clear()]
        calendar.two_weeks_calendar = True
        calendar.attendance_ids = [Command.create({
            'name': 'day', 'dayofweek': str(weekday), 'week_type': str(kind), 'day_period': 'morning',
            'hour_from': 8, 'hour_to': 12,
        }) for kind in (0, 1) for weekday in range(5 if kind == week_type else 6)]
        working = self.company._sop_is_workday_map(MONDAY, date(2026, 10, 11))
        self.assertFalse(working[date(2026, 10, 3)])
        self.assertTrue(working[date(2026, 10, 10)])

    def test_closing_day(self):
        # 29 September in Shanghai, entered in a form: 00:00:00 to 23:59:59.
        self._close(datetime(2026, 9, 28, 16), datetime(2026, 9, 29, 15, 59, 59))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 30))

    def test_closing_day_of_a_shop_that_never_closes(self):
        self.company.resource_calendar_id.attendance_ids = [Command.clear()] + [
            Command.create({'name': 'day', 'dayofweek': str(weekday), 'day_period': 'full_day',
                            'hour_from': 0, 'hour_to': 24})
            for weekday in range(7)]
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 5), date(2026, 10, 3))
        self._close(datetime(2026, 9, 28, 16), datetime(2026, 9, 29, 15, 59, 59))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 30))

    def test_closing_day_without_calendar(self):
        leave = self._close(datetime(2026, 9, 28, 16), datetime(2026, 9, 29, 15, 59, 59), calendar_id=False)
        self.assertEqual(leave.company_id, self.env.company)
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))
        leave = self.env['resource.calendar.leaves'].with_company(self.company).create({
            'date_from': datetime(2026, 9, 28, 16), 'date_to': datetime(2026, 9, 29, 15, 59, 59)})
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 30))

    def test_part_of_a_day_off_is_a_working_day(self):
        # 29 September: 09:00 to 12:00, then the afternoon as well.
        self._close(datetime(2026, 9, 29, 1), datetime(2026, 9, 29, 4))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))
        self._close(datetime(2026, 9, 29, 5), datetime(2026, 9, 29, 10))
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 30))

    def test_leave_of_a_person_closes_nothing(self):
        resource = self.env['resource.resource'].create({
            'name': "Amy", 'company_id': self.company.id, 'calendar_id': self.company.resource_calendar_id.id})
        self._close(datetime(2026, 9, 28, 16), datetime(2026, 9, 29, 16), resource_id=resource.id)
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))

    def test_make_up_day_beats_closing_day(self):
        self._close(datetime(2026, 10, 9, 16), datetime(2026, 10, 10, 16))
        self._enter_holidays(self.company)
        self.assertTrue(self.company._sop_is_workday_map(MADE_UP, MADE_UP)[MADE_UP])

    def test_no_working_hours_means_monday_to_friday(self):
        empty = {'schedule_type': 'fully_fixed', 'attendance_ids': [Command.clear()]}
        for values in ({'schedule_type': 'flexible'}, empty):
            with self.subTest(values=values):
                self.company.resource_calendar_id.write(values)
                self.assertEqual(self.company._sop_add_workdays(MONDAY, 5), date(2026, 10, 5))
        self.company.resource_calendar_id = False
        self.assertEqual(self.company._sop_add_workdays(MONDAY, 5), date(2026, 10, 5))

    def test_entry_late_in_the_evening_is_the_next_day_in_shanghai(self):
        # Tuesday 07:30 in Shanghai: one working day ends on Wednesday.
        entry = datetime(2026, 9, 28, 23, 30)
        self.assertEqual(self.company._sop_add_workdays(entry, 1), date(2026, 9, 30))
        self.company.resource_calendar_id.tz = 'UTC'
        self.assertEqual(self.company._sop_add_workdays(entry, 1), date(2026, 9, 29))

    def test_company_that_never_works(self):
        self._close(datetime(2020, 1, 1), datetime(2060, 1, 1))
        self.assertIs(self.company._sop_add_workdays(MONDAY, 1), False)
        self.assertEqual(self.company._sop_count_workdays(datetime(2026, 9, 28), datetime(2026, 10, 28)), 0)

    def test_limit_beyond_three_years(self):
        self.assertTrue(self.company._sop_add_workdays(MONDAY, 700))
        self.assertIs(self.company._sop_add_workdays(MONDAY, 1000), False)
        self.assertIs(self.company._sop_add_workdays(MONDAY, 10 ** 12), False)

    def test_end_of_the_calendar(self):
        self.assertIs(self.company._sop_add_workdays(date.max, 1), False)
        self.assertTrue(self.company._sop_add_workdays(date.min, 1))

    def test_count(self):
        def count(start, end):
            return self.company._sop_count_workdays(start, end)

        # All times are 08:00 later in Shanghai.
        self.assertEqual(count(datetime(2026, 9, 28, 4), datetime(2026, 9, 29, 4)), 1)
        self.assertEqual(count(datetime(2026, 9, 28, 4), datetime(2026, 9, 28, 10)), 0.25)
        self.assertEqual(count(datetime(2026, 10, 2, 4), datetime(2026, 10, 5, 4)), 1)
        self.assertEqual(count(datetime(2026, 10, 3, 4), datetime(2026, 10, 4, 4)), 0)
        self.assertEqual(count(datetime(2026, 9, 29), datetime(2026, 9, 28)), 0)
        self._enter_holidays(self.company)
        self.assertEqual(count(datetime(2026, 9, 30, 4), datetime(2026, 10, 8, 4)), 1)

    def test_count_agrees_with_deadline(self):
        self._enter_holidays(self.company)
        for number in range(1, 30):
            deadline = self.company._sop_add_workdays(MONDAY, number)
            # Midnight to midnight in Shanghai.
            counted = self.company._sop_count_workdays(
                datetime(2026, 9, 28, 16), datetime(deadline.year, deadline.month, deadline.day, 16))
            self.assertEqual(counted, number)

    def test_queries_do_not_grow(self):
        self._enter_holidays(self.company)
        days = [date(2026, month, day) for month in range(1, 13) for day in range(1, 29)]
        pairs = [(day, number) for day in days for number in (1, 5, 40)]
        moments = [(datetime(day.year, day.month, day.day, 5), datetime(2026, 12, 31)) for day in days]

        def measure(function):
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            before = self.env.cr.sql_log_count
            function()
            return self.env.cr.sql_log_count - before

        one = measure(lambda: self.company._sop_add_workdays(*pairs[0]))
        self.assertEqual(measure(lambda: self.company._sop_add_workdays_batch(pairs)), one)
        self.assertEqual(measure(lambda: [self.company._sop_add_workdays(*pair) for pair in pairs]), one)
        self.assertEqual(measure(lambda: self.company._sop_count_workdays_batch(moments)), one)
        self.assertLessEqual(one, 6)
        batch = self.company._sop_add_workdays_batch(pairs)
        before = self.env.cr.sql_log_count
        self.company._sop_add_workdays_batch(pairs)
        self.assertEqual(self.env.cr.sql_log_count, before, "The table of days is kept between transactions.")
        self.assertEqual(len(batch), len(pairs))
        self.assertEqual(batch[date(2026, 9, 28), 5], MADE_UP)

    @users('cal_salesperson')
    def test_a_salesperson_gets_the_same_deadline(self):
        self._enter_holidays(self.company)
        self.assertEqual(self.company.with_env(self.env)._sop_add_workdays(MONDAY, 3), date(2026, 10, 8))
        self.assertEqual(self.foreign_company.with_env(self.env)._sop_add_workdays(MONDAY, 1), date(2026, 9, 29))


@tagged('post_install', '-at_install')
class TestWorkdayTable(WorkdayCommon):

    @users('cal_manager')
    def test_manager_keeps_the_table(self):
        with Form(self.env['sop.workday']) as form:
            form.date = date(2026, 10, 1)
            form.name = "National Day"
        workday = form.record
        self.assertEqual(workday.company_id, self.company)
        self.assertEqual(workday.year, '2026')
        workday.date = date(2027, 10, 1)
        self.assertEqual(workday.year, '2027')
        self.assertIn('2027', workday.display_name)
        workday.unlink()

    @users('cal_salesperson')
    def test_salesperson_reads_the_table(self):
        workday = self._enter_holidays(self.company)[0].with_env(self.env)
        self.assertEqual(workday.name, "National Day")
        with self.assertRaises(AccessError):
            workday.name = "Any Day"
        with self.assertRaises(AccessError):
            workday.unlink()
        with self.assertRaises(AccessError):
            workday.copy({'date': date(2026, 10, 20)})

    def test_one_line_per_day_and_company(self):
        self._enter_holidays(self.company)
        with self.assertRaises(UniqueViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self.env['sop.workday'].create(
                {'company_id': self.company.id, 'date': HOLIDAYS[0], 'kind': 'workday', 'name': "Again"})
        self._enter_holidays(self.env.company.create({'name': "Valve Works"}))

    # ------------------------------------------------------------
    # Import
    # ------------------------------------------------------------

    def _import(self, content, columns, dryrun=False):
        wizard = self.env['base_import.import'].create({
            'res_model': 'sop.workday',
            'file': content.encode(),
            'file_type': 'text/csv',
            'file_name': 'sop_workday.csv',
        })
        options = {
            'has_headers': True, 'separator': ',', 'quoting': '"', 'encoding': 'utf-8',
            'date_format': '%Y-%m-%d', 'datetime_format': '', 'float_decimal_separator': '.',
            'float_thousand_separator': ',', 'advanced': False,
        }
        with mute_logger('odoo.sql_db'):
            return wizard.execute_import(columns, columns, options, dryrun=dryrun)

    @users('cal_manager')
    def test_template_can_be_imported_as_it_is(self):
        for lang in ('en_US', 'zh_CN'):
            self.env.user.lang = lang
            template, = self.env['sop.workday'].get_import_templates()
            wizard = self.env['base_import.import'].create({
                'res_model': 'sop.workday', 'file_type': 'text/csv', 'file_name': 'sop_workday.csv',
                'file': file_open(template['template'].removeprefix('/'), 'rb').read(),
            })
            preview = wizard.parse_preview({'has_headers': True, 'quoting': '"'})
            self.assertEqual(preview['matches'], {0: ['date'], 1: ['kind'], 2: ['name']})
            result = wizard.execute_import(['date', 'kind', 'name'], preview['headers'], preview['options'])
            self.assertFalse(result['messages'])
            workdays = self.env['sop.workday'].browse(result['ids'])
            self.assertEqual(workdays.company_id, self.company)
            self.assertEqual(len(workdays.filtered(lambda day: day.kind == 'workday')), 6)
            self.assertEqual(self.company._sop_add_workdays(date(2026, 2, 13), 1), date(2026, 2, 14))
            self.assertEqual(self.company._sop_add_workdays(date(2026, 2, 14), 1), date(2026, 2, 24))
            workdays.unlink()

    @users('cal_manager')
    def test_same_day_twice_names_the_row(self):
        result = self._import(
            "date,kind,name\n2027-05-01,holiday,Labour Day\n2027-05-02,holiday,Labour Day\n2027-05-01,holiday,Again\n",
            ['date', 'kind', 'name'])
        self.assertFalse(result['ids'])
        message, = result['messages']
        self.assertEqual(message['record'], 2)
        self.assertEqual(
            message['message'],
            "05/01/2027 is in the table of this company already. Change that line instead of adding another.")
        self.assertFalse(self.env['sop.workday'].search([('year', '=', '2027')]))

    @users('cal_manager')
    def test_external_ids_update(self):
        first = "id,date,kind,name\nlabour_day,2027-05-01,holiday,Labour\n"
        second = "id,date,kind,name\nlabour_day,2027-05-01,holiday,Labour Day\nmake_up,2027-05-08,workday,Make-up\n"
        columns = ['id', 'date', 'kind', 'name']
        self.assertFalse(self._import(first, columns)['messages'])
        self.assertFalse(self._import(second, columns)['messages'])
        workdays = self.env['sop.workday'].search([('year', '=', '2027')], order='date')
        self.assertEqual(workdays.mapped('name'), ["Labour Day", "Make-up"])

    @users('cal_manager')
    def test_unknown_kind_and_date_are_refused(self):
        result = self._import("date,kind,name\n2027-05-01,bridge,Labour Day\n", ['date', 'kind', 'name'])
        self.assertIn("bridge", result['messages'][0]['message'])
        result = self._import("date,kind,name\n31.02.2027,holiday,Labour Day\n", ['date', 'kind', 'name'])
        self.assertTrue(result['messages'])

    @users('cal_salesperson')
    def test_salesperson_cannot_import(self):
        result = self._import("date,kind,name\n2027-05-01,holiday,Labour Day\n", ['date', 'kind', 'name'])
        self.assertFalse(result['ids'])
        self.assertTrue(result['messages'])
        self.assertFalse(self.env['sop.workday'].search([('year', '=', '2027')]))


@tagged('post_install', '-at_install')
class TestDeadlineExplain(WorkdayCommon):

    def _explain(self, start=MONDAY, number=5, **values):
        return self.env['sop.deadline.explain'].create(
            {'company_id': self.company.id, 'start_date': start, 'day_limit': number, **values})

    def test_rows(self):
        self._enter_holidays(self.company)
        rows = self.company._sop_explain_workdays(MONDAY, 5)
        self.assertEqual(rows[0]['date'], MONDAY)
        self.assertEqual(rows[-1]['date'], MADE_UP)
        self.assertEqual(
            [(row['date'].day, row['reason']) for row in rows if row['number']],
            [(29, "Tuesday is a working day"), (30, "Wednesday is a working day"), (8, "Thursday is a working day"),
             (9, "Friday is a working day"), (10, "Make-up working day: National Day make-up")])
        self.assertEqual([row['number'] for row in rows if row['number']], [1, 2, 3, 4, 5])
        self.assertEqual({row['reason'] for row in rows if not row['working']}, {"Holiday: National Day"})

    @users('cal_salesperson')
    def test_free_input(self):
        self._enter_holidays(self.company)
        with Form(self.env['sop.deadline.explain']) as form:
            form.start_date = MONDAY
            form.day_limit = 1
            self.assertEqual(form.deadline, date(2026, 9, 29))
            form.day_limit = 5
            self.assertEqual(form.deadline, MADE_UP)
            self.assertEqual(
                form.explanation,
                "The deadline is 10/10/2026 because the stage is entered on 09/28/2026, its limit is 5 working days "
                "and the day of entry does not count. "
                "Not counted: 10/01/2026 to 10/07/2026 (Holiday: National Day). "
                "Counted although it may be a weekend: 10/10/2026 (Make-up working day: National Day make-up).")
            self.assertEqual(form.day_table.count('<tr'), 14)
            self.assertEqual(form.day_table.count('not counted'), 8)

    @users('cal_salesperson')
    def test_singular(self):
        self.assertEqual(
            self._explain(date(2026, 9, 25), 1).explanation,
            "The deadline is 09/28/2026 because the stage is entered on 09/25/2026, its limit is 1 working day "
            "and the day of entry does not count. Not counted: 09/26/2026 to 09/27/2026 (weekly day off).")

    @users('cal_salesperson')
    def test_closing_day_is_named(self):
        self._close(datetime(2026, 9, 28, 16), datetime(2026, 9, 29, 16))
        self.assertIn("Not counted: 09/29/2026 (Closed: Stocktaking).", self._explain(MONDAY, 1).explanation)

    @users('cal_salesperson')
    def test_long_explanations_stay_short(self):
        explanation = self._explain(MONDAY, 90).explanation
        self.assertIn("more, see the table", explanation)
        self.assertLess(len(explanation), 600)

    @users('cal_salesperson')
    def test_language_and_date_format_of_the_user(self):
        self._enter_holidays(self.company)
        self.env.user.lang = 'zh_CN'
        wizard = self._explain().with_context(lang='zh_CN')
        self.assertIn("2026/10/10", wizard.explanation)
        rows = self.company.with_env(wizard.env)._sop_explain_workdays(MONDAY, 1)
        self.assertIn("星期二", rows[1]['reason'])

    @users('cal_salesperson')
    def test_no_deadline(self):
        self.assertEqual(
            self._explain(number=0).explanation,
            "There is no deadline without a limit. Enter a number of working days.")
        self._close(datetime(2020, 1, 1), datetime(2060, 1, 1))
        wizard = self._explain()
        self.assertFalse(wizard.deadline)
        self.assertEqual(
            wizard.explanation,
            "There is no deadline: Pump Works has no 5 working days in the three years after 09/28/2026. "
            "Check the working hours of the company and its holidays.")

    @users('cal_salesperson')
    def test_names_are_escaped(self):
        self.env['sop.workday'].sudo().create(
            {'company_id': self.company.id, 'date': date(2026, 9, 29), 'name': "<b>Day</b>"})
        self.assertIn("&lt;b&gt;Day&lt;/b&gt;", self._explain(MONDAY, 1).day_table)

    @users('cal_salesperson')
    def test_company_of_others(self):
        with self.assertRaises(AccessError):
            self.assertFalse(self._explain(company_id=self.foreign_company.id).explanation)

    @users('cal_salesperson')
    def test_document_needs_read_access(self):
        lead = self.env['crm.lead'].sudo().create(
            {'name': "Secret", 'company_id': self.company.id, 'user_id': self.manager.id, 'team_id': False})
        with self.assertRaises(AccessError):
            self.env['sop.deadline.explain']._action_for_document(lead.with_env(self.env))
        with self.assertRaises(AccessError):
            self.assertFalse(self._explain(res_model='crm.lead', res_id=lead.id).explanation)
        with self.assertRaises(UserError):
            self.assertFalse(self._explain(res_model='res.users', res_id=self.env.uid).explanation)

    def test_actions_are_valid(self):
        self.assertEqual(self.env.ref('sales_sop.sop_workday_action').path, 'sop-workdays')
        for action in ('sop_workday_action', 'sop_deadline_explain_action'):
            record = self.env.ref(f'sales_sop.{action}')
            self.env[record.res_model].get_views([(False, record.view_mode)])

    def test_request_is_not_lost_to_a_missing_job(self):
        self.company.write({'sop_recompute_from': False})
        self.env.cr.cache.clear()
        with patch.object(type(self.env), 'ref', lambda *args, **kwargs: None):
            self._enter_holidays(self.company)
        self.assertEqual(self.company.sop_recompute_from, HOLIDAYS[0])
