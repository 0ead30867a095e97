from odoo import models


class MailActivity(models.Model):
    """An activity that was done on a lead keeps it protected."""

    _inherit = 'mail.activity'

    def _action_done(self, feedback=False, attachment_ids=None):
        lead_ids = self.filtered(lambda activity: activity.res_model == 'crm.lead').mapped('res_id')
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if lead_ids and self.env['crm.lead']._is_sop_in_use():
            # sudo: activities are done also by those who may not write on the lead.
            leads = self.env['crm.lead'].sudo().browse(set(lead_ids)).exists()
            leads.filtered('sop_process_id')._sop_prolong()
        return result
