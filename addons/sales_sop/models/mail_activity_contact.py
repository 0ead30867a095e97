from odoo import api, fields, models
from odoo.exceptions import UserError


class MailActivity(models.Model):
    """The activity that stands for the next contact of a lead."""

    _inherit = 'mail.activity'

    sop_is_follow_up = fields.Boolean(
        string="Next Contact of a Lead", copy=False, help="Moved and closed by the contact log of the lead.")
    sop_can_log_contact = fields.Boolean(
        string="Contact Can Be Logged", compute='_compute_sop_can_log_contact')

    @api.depends('res_model', 'res_id', 'active')
    def _compute_sop_can_log_contact(self):
        """Whether the activity is about a lead that follows a process and may be changed."""
        mine = self.filtered(lambda activity: activity.active and activity.res_model == 'crm.lead')
        leads = self.env['crm.lead'].browse(mine.mapped('res_id')).exists()._filtered_access('write')
        following = set(leads.filtered('sop_process_id').ids)
        for activity in self:
            activity.sop_can_log_contact = activity in mine and activity.res_id in following

    def _to_store_defaults(self, target):
        return [*super()._to_store_defaults(target), 'sop_can_log_contact']

    def action_sop_log_contact(self):
        """Open the quick dialog that logs the contact this activity stands for, and marks it as done."""
        self.ensure_one()
        self.check_access('write')
        if not self.sop_can_log_contact:
            raise UserError(self.env._(
                "%s: contacts are logged on leads that follow a procedure.", self.res_name or self.display_name))
        lead = self.env['crm.lead'].browse(self.res_id)
        lead._check_sop_contact_access()
        return self.env['sop.contact.dialog']._get_action(lead, activity_id=self.id)
