from odoo import api, models

from ..engine import is_engine

# A held lead keeps what was planned before: it can be handed over, done and cancelled.
PLANNING_FIELDS = frozenset({'res_id', 'res_model', 'res_model_id', 'activity_type_id', 'date_deadline'})


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._check_sop_contactable()
        return activities

    def write(self, vals):
        result = super().write(vals)
        if vals.get('active') or not PLANNING_FIELDS.isdisjoint(vals):
            self._check_sop_contactable()
        return result

    def _check_sop_contactable(self):
        """Nothing is planned with a lead that must not be contacted; the procedure itself may remind of it."""
        if is_engine(self.env):
            return
        lead_ids = {activity.res_id for activity in self if activity.res_model == 'crm.lead' and activity.res_id}
        if lead_ids:
            self.env['crm.lead'].browse(lead_ids)._check_sop_contactable()
