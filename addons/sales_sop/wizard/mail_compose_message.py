from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = 'mail.compose.message'

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        """Who mails a choice of leads learns which of them are held; a mailing leaves them out."""
        if self.model == 'crm.lead' and not self._is_sop_mailing():
            self.env['crm.lead'].browse(res_ids)._check_sop_contactable()
        return super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)

    def _get_blacklist_record_ids(self, mail_values_dict, recipients_info=None):
        result = super()._get_blacklist_record_ids(mail_values_dict, recipients_info)
        if self.model == 'crm.lead':
            result = {*result, *self.env['crm.lead'].browse(mail_values_dict)._filter_sop_held()._ids}
        return result

    def _is_sop_mailing(self):
        """Whether a mailing sends this: its module is no dependency."""
        return 'mass_mailing_id' in self._fields and bool(self.mass_mailing_id)
