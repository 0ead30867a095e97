from odoo import models


class ResourceCalendar(models.Model):
    _inherit = 'resource.calendar'

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(('tz', 'schedule_type', 'flexible_hours', 'two_weeks_calendar')):
            self._get_sop_companies()._sop_request_recompute()
        return result

    def _get_sop_companies(self):
        """The companies whose deadlines follow these working hours."""
        # sudo: companies the user does not see may work by the same calendar.
        return self.env['res.company'].sudo().search([('resource_calendar_id', 'in', self.ids)]) if self.ids else (
            self.env['res.company'])
