from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    _inherit = 'resource.calendar.attendance'

    @api.model_create_multi
    def create(self, vals_list):
        attendances = super().create(vals_list)
        attendances._request_sop_recompute()
        return attendances

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(('dayofweek', 'hour_from', 'hour_to', 'day_period', 'week_type', 'calendar_id')):
            self._request_sop_recompute()
        return result

    def unlink(self):
        self._request_sop_recompute()
        return super().unlink()

    def _request_sop_recompute(self):
        self.calendar_id._get_sop_companies()._sop_request_recompute()
