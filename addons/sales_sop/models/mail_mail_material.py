from odoo import api, models

from .sop_material import is_outside


class MailMail(models.Model):
    """Mails that are no notification of a message (mass mode, templates), and mails that waited."""

    _inherit = 'mail.mail'

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        direct = mails.browse(
            mail.id for mail, vals in zip(mails, vals_list, strict=True)
            if vals.get('attachment_ids') and not vals.get('mail_message_id'))
        direct._sop_pass_material()
        return mails

    def write(self, vals):
        result = super().write(vals)
        if vals.get('attachment_ids'):
            self.filtered(lambda mail: not mail.is_notification)._sop_pass_material()
        return result

    def _send(self, *args, **kwargs):
        # Material may have expired or been superseded while the mail waited.
        return super(MailMail, self - self._sop_hold_material())._send(*args, **kwargs)

    def _sop_pass_material(self):
        """Refuse mails with invalid material, and note the others."""
        leaving = self.filtered(lambda mail: mail.attachment_ids and mail._is_sop_leaving())
        if refusal := self.env['sop.material']._get_files_refusal(leaving.attachment_ids):
            raise refusal
        sendings = self.env['sop.material.sending']
        for mail in leaving.filtered(lambda mail: mail.model in self.env and mail.res_id):
            sendings._record(
                self.env[mail.model].browse(mail.res_id), mail.mail_message_id, mail.attachment_ids,
                mail._get_sop_recipients())

    def _sop_hold_material(self):
        """Mark mails that must not leave any more as failed; return them."""
        held = self.browse()
        materials = self.env['sop.material']
        waiting = self.sudo().filtered(lambda mail: mail.state == 'outgoing' and mail.attachment_ids)
        if not waiting or not materials._get_files_refusal(waiting.attachment_ids):
            return held
        for mail in waiting.filtered(lambda mail: mail._is_sop_leaving()):
            if refusal := materials._get_files_refusal(mail.attachment_ids):
                mail.write({
                    'state': 'exception', 'failure_type': 'unknown', 'failure_reason': str(refusal)})
                held |= mail
        return held.with_env(self.env)

    def _is_sop_leaving(self):
        return bool(self.email_to or self.email_cc or any(map(is_outside, self.recipient_ids)))

    def _get_sop_recipients(self):
        return [
            *(partner.email_formatted for partner in self.recipient_ids if partner.email),
            *(address for address in (self.email_to, self.email_cc) if address),
        ]
