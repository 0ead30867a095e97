from odoo import api, models

from ..engine import is_engine

LINK_FIELDS = frozenset({'opportunity_id', 'res_id', 'res_model', 'res_model_id'})


class CalendarEvent(models.Model):
    _inherit = 'calendar.event'

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._check_sop_contactable()
        return events

    def write(self, vals):
        result = super().write(vals)
        if not LINK_FIELDS.isdisjoint(vals):
            self._check_sop_contactable()
        return result

    def _check_sop_contactable(self):
        """No meeting is planned with a lead that must not be contacted."""
        leads = self.opportunity_id
        leads |= leads.browse({event.res_id for event in self if event.res_model == 'crm.lead' and event.res_id})
        if leads and not is_engine(self.env):
            leads._check_sop_contactable()
