from datetime import datetime, timedelta
from itertools import product
from random import Random

import pytz

from odoo.fields import Command
from odoo.tests import tagged

from .test_workday import WorkdayCommon

SHANGHAI = pytz.timezone('Asia/Shanghai')


@tagged('post_install', '-at_install')
class TestWorkhours(WorkdayCommon):
    """Monday to Friday, 9 to 12 and 13 to 18 in Shanghai; the first week of October 2026 is a holiday."""

    def _at(self, text, tz=SHANGHAI):
        """A moment (UTC), written as the clock shows it where the company works."""
        local = tz.localize(datetime.strptime(text, '%Y-%m-%d %H:%M'))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def assertAdds(self, start, hours, expected, tz=SHANGHAI):
        start, expected = self._at(start, tz), self._at(expected, tz)
        self.assertEqual(self.company._sop_add_workhours(start, hours), expected)
        self.assertAlmostEqual(self.company._sop_count_workhours(start, expected), hours)

    def test_within_a_day(self):
        self.assertAdds('2026-09-28 09:00', 2, '2026-09-28 11:00')
        self.assertAdds('2026-09-28 09:15', 0.5, '2026-09-28 09:45')

    def test_lunch_does_not_count(self):
        self.assertAdds('2026-09-28 11:00', 2, '2026-09-28 14:00')
        self.assertAdds('2026-09-28 12:30', 1, '2026-09-28 14:00')

    def test_the_limit_ends_with_the_period(self):
        self.assertAdds('2026-09-28 09:00', 3, '2026-09-28 12:00')
        self.assertAdds('2026-09-28 14:00', 4, '2026-09-28 18:00')

    def test_over_night_and_weekend(self):
        self.assertAdds('2026-09-28 16:30', 4, '2026-09-29 11:30')
        self.assertAdds('2026-09-25 16:30', 8, '2026-09-28 16:30')

    def test_start_outside_hours(self):
        for start in ('2026-09-28 05:00', '2026-09-26 23:00', '2026-09-27 12:00', '2026-09-25 18:00'):
            self.assertAdds(start, 4, '2026-09-28 14:00')

    def test_holidays_and_make_up_day(self):
        self._enter_holidays(self.company)
        self.assertAdds('2026-09-30 17:00', 4, '2026-10-08 12:00')
        # Saturday 10 October is worked like any other day.
        self.assertAdds('2026-10-09 17:00', 9, '2026-10-10 18:00')
        self.assertAdds('2026-10-10 11:00', 7, '2026-10-12 10:00')

    def test_make_up_day_of_a_calendar_that_knows_the_day(self):
        """A Saturday that has hours of its own keeps them."""
        self.company.resource_calendar_id.write({'attendance_ids': [Command.create({
            'name': "Saturday", 'dayofweek': '5', 'day_period': 'morning', 'hour_from': 9, 'hour_to': 11})]})
        self._enter_holidays(self.company)
        self.assertAdds('2026-10-10 09:00', 3, '2026-10-12 10:00')

    def test_single_holiday_on_monday(self):
        self.env['sop.workday'].create({
            'company_id': self.company.id, 'date': '2026-09-28', 'kind': 'holiday', 'name': "Founder's day"})
        self.assertAdds('2026-09-25 17:00', 2, '2026-09-29 10:00')

    def test_closing_for_part_of_a_day(self):
        self._close(self._at('2026-09-28 10:00'), self._at('2026-09-28 14:00'))
        self.assertAdds('2026-09-28 09:00', 2, '2026-09-28 15:00')

    def test_table_is_stronger_than_a_closing(self):
        self._enter_holidays(self.company)
        self._close(self._at('2026-10-10 00:00'), self._at('2026-10-11 00:00'))
        self.assertAdds('2026-10-10 09:00', 1, '2026-10-10 10:00')

    def test_change_of_the_table_is_seen_at_once(self):
        self.assertAdds('2026-09-25 17:00', 2, '2026-09-28 10:00')
        holiday = self.env['sop.workday'].create({
            'company_id': self.company.id, 'date': '2026-09-28', 'kind': 'holiday', 'name': "Founder's day"})
        self.assertAdds('2026-09-25 17:00', 2, '2026-09-29 10:00')
        holiday.unlink()
        self.assertAdds('2026-09-25 17:00', 2, '2026-09-28 10:00')

    def test_no_limit(self):
        for hours in (0, -1):
            self.assertFalse(self.company._sop_add_workhours(self._at('2026-09-28 09:00'), hours))

    def test_nothing_between(self):
        monday = self._at('2026-09-28 09:00')
        self.assertEqual(self.company._sop_count_workhours(monday, monday), 0)
        self.assertEqual(self.company._sop_count_workhours(monday, monday - timedelta(days=3)), 0)

    def test_free_or_empty_calendar(self):
        """Nobody said when work is done: Monday to Friday at office hours."""
        calendar = self.company.resource_calendar_id
        for values in (
            {'attendance_ids': [Command.clear()]},
            {'schedule_type': 'flexible', 'hours_per_day': 8},
        ):
            calendar.write(values)
            self.assertAdds('2026-09-26 12:00', 4, '2026-09-28 12:00')
        self.company.resource_calendar_id = False
        self.assertAdds('2026-09-26 12:00', 4, '2026-09-28 12:00', tz=pytz.utc)

    def test_clocks_are_changed(self):
        """The night of 29 March 2026 lacks an hour in Berlin, that of 25 October has one more."""
        berlin = pytz.timezone('Europe/Berlin')
        calendar = self.company.resource_calendar_id
        calendar.write({'tz': 'Europe/Berlin', 'attendance_ids': [Command.clear()] + [Command.create({
            'name': "Round the clock", 'dayofweek': str(day), 'day_period': 'morning', 'hour_from': 0, 'hour_to': 24,
        }) for day in range(7)]})
        self.assertAdds('2026-03-28 23:00', 4, '2026-03-29 04:00', tz=berlin)
        start = self._at('2026-10-24 23:00', berlin)
        self.assertEqual(self.company._sop_add_workhours(start, 6), self._at('2026-10-25 04:00', berlin))
        # By day nothing changes: opening is at nine by the clock.
        calendar.attendance_ids.write({'hour_from': 9, 'hour_to': 17})
        self.assertAdds('2026-03-28 16:00', 2, '2026-03-29 10:00', tz=berlin)

    def test_two_week_calendar(self):
        calendar = self.company.resource_calendar_id
        calendar.write({'two_weeks_calendar': True, 'attendance_ids': [Command.clear()] + [Command.create({
            'name': "Shift", 'week_type': week_type, 'dayofweek': '0', 'day_period': 'morning',
            'hour_from': hour_from, 'hour_to': hour_from + 4,
        }) for week_type, hour_from in (('0', 8), ('1', 14))]})
        get_week_type = self.env['resource.calendar.attendance'].get_week_type
        monday = self._at('2026-09-28 00:00')
        opening = {0: 8, 1: 14}
        for week in range(4):
            day = monday + timedelta(days=7 * week)
            local = pytz.utc.localize(day).astimezone(SHANGHAI)
            self.assertEqual(
                self.company._sop_add_workhours(day, 1),
                day + timedelta(hours=opening[get_week_type(local.date())] + 1))
        # A make-up Saturday is worked like the Monday of its week.
        self._enter_holidays(self.company)
        saturday = self._at('2026-10-10 00:00')
        hours = opening[get_week_type(datetime(2026, 10, 10).date())]
        self.assertEqual(self.company._sop_add_workhours(saturday, 1), saturday + timedelta(hours=hours + 1))

    def test_add_and_count_agree(self):
        """Whatever the start: the hours added are the hours counted, and more hours never end earlier."""
        self._enter_holidays(self.company)
        random = Random(7)
        starts = [self._at('2026-09-20 00:00') + timedelta(minutes=random.randrange(60 * 24 * 40)) for __ in range(60)]
        limits = (0.25, 1, 4, 8, 40)
        moments = self.company._sop_add_workhours_batch(product(starts, limits))
        counts = self.company._sop_count_workhours_batch((start, moments[start, hours]) for start, hours in moments)
        for start in starts:
            ends = [moments[start, hours] for hours in limits]
            self.assertEqual(ends, sorted(ends))
            for hours, end in zip(limits, ends, strict=True):
                self.assertAlmostEqual(counts[start, end], hours)

    def test_whoever_asks(self):
        expected = self.company._sop_add_workhours(self._at('2026-09-25 17:00'), 4)
        company = self.company.with_user(self.salesperson)
        self.env.invalidate_all()
        self.assertEqual(company._sop_add_workhours(self._at('2026-09-25 17:00'), 4), expected)

    def test_no_query_per_call(self):
        start = self._at('2026-09-25 17:00')
        self.company._sop_add_workhours(start, 4)
        with self.assertQueryCount(0):
            for hours in range(1, 50):
                self.company._sop_add_workhours(start, hours)
                self.company._sop_count_workhours(start, start + timedelta(hours=hours))
