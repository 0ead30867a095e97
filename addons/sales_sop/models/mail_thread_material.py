from odoo import SUPERUSER_ID, models

from .sop_material import is_outside


class MailThread(models.AbstractModel):
    """The door every message takes: invalid material does not leave, what leaves is noted."""

    _inherit = 'mail.thread'

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        files = self._get_sop_leaving_files(message, msg_vals, recipients)
        refusal = files and self.env['sop.material']._get_files_refusal(files)
        if not refusal:
            return recipients
        if msg_vals:
            raise refusal
        # Sent later than written: nobody is there to read an error, and others wait in the same queue.
        self._message_log(body=self.env._("Not sent to people outside the company: %s", refusal))
        return [recipient for recipient in recipients if not recipient['share']]

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        files = self._get_sop_leaving_files(message, msg_vals, recipients)
        if files and not self._is_notification_scheduled(kwargs.get('scheduled_date')):
            outside = [recipient for recipient in recipients if recipient['share']]
            self.env['sop.material.sending']._record(self, message, files, [
                f"{recipient['name']} <{recipient['email_normalized']}>" for recipient in outside])
        return recipients

    def _get_sop_leaving_files(self, message, msg_vals, recipients):
        """The files that somebody of the company sends to somebody outside with this message."""
        if msg_vals and not msg_vals.get('attachment_ids') or not any(recipient['share'] for recipient in recipients):
            return self.env['ir.attachment']
        # sudo: files are looked at by the one who sends them on, for everybody.
        message = message.sudo()
        is_from_outside = self.env.user.share or (
            # What comes in by mail is posted by OdooBot in the name of who wrote it.
            message.message_type == 'email' and self.env.uid == SUPERUSER_ID
            and is_outside(message.author_id))
        return message.attachment_ids if not is_from_outside else message.attachment_ids.browse()
