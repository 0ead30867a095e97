from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta

import pytz

# No limit of a procedure reaches further; a company that never works is found out here.
HORIZON = timedelta(days=3 * 366)
# Used where no working hours are kept: Monday to Friday, at office hours.
USUAL_WEEKDAYS = range(5)
USUAL_HOURS = [(time(8), time(17))]
# A closing day entered in a form ends one second before midnight.
TOLERANCE = timedelta(minutes=1)


def get_horizon(day):
    """The last day a deadline counted from ``day`` may fall on."""
    return day + HORIZON if day < date.max - HORIZON else date.max


class WorkdayTable:
    """Which days one company works, laid out once and asked for many documents.

    ``reasons`` maps each day to what decides on it, see :class:`WorkdayRules`.
    Threads share a table: nothing in it ever changes.
    """

    def __init__(self, tz, reasons):
        self.tz = tz
        self._reasons = reasons
        self._workdays = [day for day in reasons if self.is_working(day)]

    def to_local(self, value):
        return pytz.utc.localize(value).astimezone(self.tz).replace(tzinfo=None)

    def get_reason(self, day):
        """(kind, name) of what decides on this day."""
        return self._reasons[day]

    def is_working(self, day):
        return self.get_reason(day)[0] in ('workday', 'open')

    def add(self, day, number):
        """The ``number``-th working day after ``day``; False when there is none."""
        if number <= 0:
            return False
        index = bisect_right(self._workdays, day) + number - 1
        if len(self._workdays) <= index or self._workdays[index] > get_horizon(day):
            return False
        return self._workdays[index]

    def count(self, start, end):
        """Working days between two moments (UTC), a day being 24 hours of a working day."""
        if end <= start:
            return 0.0
        return self._measure(self.to_local(end)) - self._measure(self.to_local(start))

    def _measure(self, moment):
        day = moment.date()
        full_days = bisect_left(self._workdays, day)
        if not self.is_working(day):
            return full_days
        return full_days + (moment - datetime.combine(day, time.min)) / timedelta(days=1)


class WorkdayRules:
    """What decides whether a company works on a day.

    ``hours`` maps (week type, weekday) to pairs of times, or is empty when no
    working hours are kept; ``entries`` maps days to (kind, name); ``leaves``
    are (start, end, name) in local time.
    """

    def __init__(self, hours, get_week_type, entries, leaves):
        self._hours = hours
        self._get_week_type = get_week_type
        self._entries = entries
        self._leaves = leaves

    def get_reasons(self, start, end):
        days = (date.fromordinal(number) for number in range(start.toordinal(), end.toordinal() + 1))
        return {day: self.get_reason(day) for day in days}

    def get_reason(self, day):
        """(kind, name) of what decides on this day.

        The kinds are workday and holiday (the company's table), leave (closed
        for the whole working time), open (working hours) and closed (none).
        """
        if day in self._entries:
            return self._entries[day]
        hours = self._get_hours(day)
        if not hours:
            return 'closed', None
        gaps = [(datetime.combine(day, start), datetime.combine(day, end)) for start, end in hours]
        leave_name = None
        for start, end, name in self._leaves:
            if any(start < gap_end and end > gap_start for gap_start, gap_end in gaps):
                leave_name = leave_name or name
                gaps = self._subtract(gaps, start, end)
        return ('open', None) if gaps else ('leave', leave_name)

    def _get_hours(self, day):
        if self._hours:
            return self._hours.get((self._get_week_type(day), day.weekday()))
        return USUAL_HOURS if day.weekday() in USUAL_WEEKDAYS else None

    @staticmethod
    def _subtract(gaps, start, end):
        parts = [
            part
            for gap_start, gap_end in gaps
            for part in ((gap_start, min(gap_end, start)), (max(gap_start, end), gap_end))
        ]
        return [(part_start, part_end) for part_start, part_end in parts if part_end - part_start > TOLERANCE]
