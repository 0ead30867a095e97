from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize_all

RECIPIENT_FIELDS = frozenset({'email_to', 'email_cc', 'recipient_ids', 'state', 'model', 'res_id', 'mail_message_id'})


class MailMail(models.Model):
    """The last door of every mail about a lead."""

    _inherit = 'mail.mail'

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        mails._check_sop_contactable()
        return mails

    def write(self, vals):
        result = super().write(vals)
        if not RECIPIENT_FIELDS.isdisjoint(vals) and vals.get('state', 'outgoing') == 'outgoing':
            self._check_sop_contactable()
        return result

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Mails that waited while their lead became held are cancelled."""
        external = self._filter_sop_external()
        lead_ids = set(external._get_sop_leads()._filter_sop_held()._ids)
        held = external.filtered(lambda mail: mail.res_id in lead_ids and mail.state == 'outgoing')
        for lead_id, mails in held.grouped('res_id').items():
            mails._sop_cancel(self.env['crm.lead'].browse(lead_id)._get_sop_hold_message())
        return super(MailMail, self - held).send(
            auto_commit=auto_commit, raise_exception=raise_exception, post_send_callback=post_send_callback)

    def _check_sop_contactable(self):
        waiting = self.sudo().filtered(lambda mail: mail.state == 'outgoing')
        waiting._filter_sop_external()._get_sop_leads()._check_sop_contactable()

    def _get_sop_leads(self):
        return self.env['crm.lead'].browse(set(self.mapped('res_id')))

    def _filter_sop_external(self):
        """Mails about leads that leave the house."""
        # sudo: what a mail is about does not depend on who sends it.
        mails = self.sudo().filtered(lambda mail: mail.model == 'crm.lead' and mail.res_id)
        if not mails:
            return mails
        colleagues = mails._get_sop_colleague_emails()
        return mails.filtered(lambda mail: (
            any(mail.recipient_ids.mapped('partner_share'))
            or mail._get_sop_emails() - colleagues))

    def _get_sop_emails(self):
        # What cannot be read as an address may still be one to a server of mails.
        emails = set()
        for value in (self.email_to, self.email_cc):
            if value and value.strip():
                emails |= set(email_normalize_all(value)) or {value}
        return emails

    def _get_sop_colleague_emails(self):
        emails = {email for mail in self for email in mail._get_sop_emails()}
        if not emails:
            return emails
        # sudo: whether an address is that of a colleague does not depend on who asks.
        colleagues = self.env['res.users'].sudo().search(
            Domain('share', '=', False) & Domain('partner_id.email_normalized', 'in', list(emails)))
        return set(colleagues.partner_id.mapped('email_normalized'))

    def _sop_cancel(self, reason):
        self.write({'state': 'cancel', 'failure_reason': reason})
        # sudo: the notifications belong to those who are not told.
        self.env['mail.notification'].sudo().search([
            ('mail_mail_id', 'in', self.ids), ('notification_status', 'not in', ('sent', 'canceled')),
        ]).write({'notification_status': 'canceled', 'failure_reason': reason})
