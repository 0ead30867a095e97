from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from itertools import accumulate

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
        """A naive UTC moment on the clock of the company, naive again."""
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


class WorkhourTable:
    """When one company works, laid out once and asked for many documents.

    ``periods`` are pairs of local times in order; inside, all is UTC, so that a
    change of the clocks neither gives nor takes an hour. Threads share a table.
    """

    def __init__(self, tz, periods):
        pairs = [tuple(self._to_utc(tz, moment) for moment in period) for period in periods]
        self._periods = [(start, end) for start, end in pairs if end > start]
        self._starts = [start for start, __ in self._periods]
        # Time worked by the end of each period
        self._worked = list(accumulate((end - start for start, end in self._periods), initial=timedelta()))

    @staticmethod
    def _to_utc(tz, moment):
        return tz.localize(moment).astimezone(pytz.utc).replace(tzinfo=None)

    def add(self, start, hours):
        """The moment at which ``hours`` are worked off after ``start``; False when there is none."""
        if hours <= 0:
            return False
        target = self._measure(start) + timedelta(hours=hours)
        # The first period by whose end the time is reached
        index = bisect_left(self._worked, target, lo=1) - 1
        if index >= len(self._periods):
            return False
        return self._periods[index][0] + target - self._worked[index]

    def count(self, start, end):
        """Hours worked between two moments."""
        if end <= start:
            return 0.0
        return (self._measure(end) - self._measure(start)) / timedelta(hours=1)

    def _measure(self, moment):
        """Time worked before ``moment``."""
        index = bisect_right(self._starts, moment) - 1
        if index < 0:
            return timedelta()
        start, end = self._periods[index]
        return self._worked[index] + min(moment, end) - start


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
        """``{day: (kind, name)}`` of all days from ``start`` to ``end``, both included."""
        days = (date.fromordinal(number) for number in range(start.toordinal(), end.toordinal() + 1))
        return {day: self.get_reason(day) for day in days}

    def get_reason(self, day):
        """(kind, name) of what decides on this day.

        The kinds are workday and holiday (the company's table), leave (closed
        for the whole working time), open (working hours) and closed (none).
        """
        if day in self._entries:
            return self._entries[day]
        if not self._get_hours(day):
            return 'closed', None
        gaps, leave_name = self._get_gaps(day)
        return ('open', None) if gaps else ('leave', leave_name)

    def get_periods(self, start, end):
        """Pairs of local times in which the company works, in order."""
        days = (date.fromordinal(number) for number in range(start.toordinal(), end.toordinal() + 1))
        return [period for day in days for period in self._get_day_periods(day)]

    def _get_day_periods(self, day):
        kind, __ = self._entries.get(day, (None, None))
        if kind == 'holiday':
            return []
        if kind == 'workday':
            return self._lay(day, self._get_hours(day) or self._get_usual_hours(day))
        return self._get_gaps(day)[0]

    def _get_usual_hours(self, day):
        """The hours of an ordinary working day: of the same week, if that has any."""
        week_types = sorted((0, 1), key=lambda week_type: week_type != self._get_week_type(day))
        found = (self._hours.get((week_type, weekday)) for week_type in week_types for weekday in range(7))
        return next(filter(None, found), USUAL_HOURS)

    def _get_gaps(self, day):
        """What the times off leave of the working hours of a day, and the name of the first that takes some."""
        gaps = self._lay(day, self._get_hours(day) or [])
        leave_name = None
        for start, end, name in self._leaves:
            if any(start < gap_end and end > gap_start for gap_start, gap_end in gaps):
                leave_name = leave_name or name
                gaps = self._subtract(gaps, start, end)
        return gaps, leave_name

    @staticmethod
    def _lay(day, hours):
        midnight = datetime.combine(day, time.min)
        # The last moment of a day stands for midnight.
        return sorted(
            (datetime.combine(day, start), midnight + timedelta(days=1) if end == time.max else
             datetime.combine(day, end))
            for start, end in hours)

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
