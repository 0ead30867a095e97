from odoo import models


class MailComposeMessage(models.TransientModel):
    """Quotations leave the house after their review (8.2.3), whichever window they are sent from."""

    _inherit = 'mail.compose.message'

    def _action_send_mail_comment(self, res_ids):
        self._check_sop_quotations(res_ids)
        return super()._action_send_mail_comment(res_ids)

    def _action_send_mail_mass_mail(self, res_ids, **kwargs):
        self._check_sop_quotations(res_ids)
        return super()._action_send_mail_mass_mail(res_ids, **kwargs)

    def _action_schedule_message(self):
        for composer in self:
            composer._check_sop_quotations(composer._evaluate_res_ids())
        return super()._action_schedule_message()

    def _check_sop_quotations(self, res_ids):
        """Notes and letters are free; what prints the order or marks it as sent is not."""
        if self.model != 'sale.order':
            return
        # Notes too: they reach whoever is named in them.
        self.template_id._check_sop_quotations(res_ids)
        if self.env.context.get('mark_so_as_sent'):
            self.env['sale.order'].browse(res_ids)._check_sop_reviewed('send')
