from datetime import timedelta

from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    _inherit = 'resource.calendar.leaves'

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._request_sop_recompute()
        return leaves

    def write(self, vals):
        if vals.keys().isdisjoint(('calendar_id', 'date_from', 'date_to', 'resource_id', 'time_type')):
            if 'name' in vals:
                self.env['res.company']._sop_forget_workdays()
            return super().write(vals)
        self._request_sop_recompute()
        result = super().write(vals)
        self._request_sop_recompute()
        return result

    def unlink(self):
        self._request_sop_recompute()
        return super().unlink()

    def _request_sop_recompute(self):
        """A day off for everybody moves the deadlines of running documents."""
        closing = self.filtered(lambda leave: not leave.resource_id and leave.date_from)
        if closing:
            # The day where the company works may be the one before that of the stored moment.
            day = min(closing.mapped('date_from')).date() - timedelta(days=1)
            # sudo: whoever enters a day off may not see the company.
            (closing.calendar_id._get_sop_companies() | closing.sudo().company_id)._sop_request_recompute(day)
