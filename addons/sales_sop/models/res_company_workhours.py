from datetime import date

from odoo import models, tools

from ..workday_table import WorkhourTable, get_horizon


class ResCompany(models.Model):
    """Working hours: for limits that are shorter than days."""

    _inherit = 'res.company'

    def _sop_add_workhours(self, start, hours):
        """The moment (UTC) at which ``hours`` have been worked after ``start`` (UTC).

        False when there is no limit (0), or the hours are not worked within
        three years.
        """
        return self._sop_add_workhours_batch([(start, hours)])[start, hours]

    def _sop_add_workhours_batch(self, pairs):
        """{(start, hours): moment} for many pairs, at the cost of one."""
        pairs = set(pairs)
        if not pairs:
            return {}
        starts = [start for start, hours in pairs]
        table = self._get_sop_workhour_table(min(starts), max(starts))
        return {(start, hours): table.add(start, hours) for start, hours in pairs}

    def _sop_count_workhours(self, start, end):
        """Hours worked between two datetimes (UTC), as a float."""
        return self._sop_count_workhours_batch([(start, end)])[start, end]

    def _sop_count_workhours_batch(self, pairs):
        """{(start, end): hours worked} for many pairs, at the cost of one."""
        pairs = set(pairs)
        if not pairs:
            return {}
        table = self._get_sop_workhour_table(
            min(start for start, end in pairs), max(max(pair) for pair in pairs))
        return {(start, end): table.count(start, end) for start, end in pairs}

    def _get_sop_workhour_table(self, start, end):
        """When this company works, from ``start`` until the limits that are counted from ``end``."""
        self.ensure_one()
        # A moment at the turn of the year may lie in the other year where the company works.
        return self._load_sop_workhour_table(max(start.year - 1, date.min.year), get_horizon(end.date()).year)

    @tools.ormcache('self.id', 'first_year', 'last_year')
    def _load_sop_workhour_table(self, first_year, last_year):
        start, end = date(first_year, 1, 1), date(last_year, 12, 31)
        rules, tz = self._get_sop_workday_rules(start, end)
        return WorkhourTable(tz, rules.get_periods(start, end))
