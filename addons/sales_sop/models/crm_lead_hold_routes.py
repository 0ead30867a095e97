from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Messages of the system go to colleagues only, instead of failing: an incoming mail must not bounce.
AUTOMATIC_MESSAGES = frozenset({'email', 'auto_comment', 'user_notification'})
# What says no more than that there is a lead
NEUTRAL_EXPORT = frozenset({'id', '.id', 'name', 'display_name'})


class CrmLead(models.Model):
    """The ways to a customer that start at the lead."""

    _inherit = 'crm.lead'

    # ------------------------------------------------------------
    # MESSAGES
    # ------------------------------------------------------------

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        if not (self and any(recipient['share'] for recipient in recipients) and self._filter_sop_held()):
            return recipients
        if self._is_sop_addressed(message.sudo(), msg_vals or {}, recipients):
            self._check_sop_contactable()
        return [recipient for recipient in recipients if not recipient['share']]

    @api.model
    def _is_sop_addressed(self, message, msg_vals, recipients):
        """Whether somebody wrote to a customer; mere followers of what the system notes are left out silently."""
        message_type = msg_vals.get('message_type') or message.message_type
        if message_type != 'notification':
            return message_type not in AUTOMATIC_MESSAGES
        partner_ids = set(msg_vals['partner_ids'] if 'partner_ids' in msg_vals else message.partner_ids.ids)
        return any(
            recipient['share'] and (not recipient['id'] or recipient['id'] in partner_ids)
            for recipient in recipients)

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        # The module of text messages is no dependency; its messages are known by their type.
        if self and ((msg_vals or {}).get('message_type') or message.sudo().message_type) == 'sms':
            self._check_sop_contactable()
        return super()._notify_thread(message, msg_vals=msg_vals, **kwargs)

    def _sms_get_recipients_info(self, force_field=False, partner_fallback=True):
        """Called where text messages are installed: a held lead has no number to send one to."""
        result = super()._sms_get_recipients_info(force_field=force_field, partner_fallback=partner_fallback)
        for lead in self._filter_sop_held():
            result[lead.id] = {
                **result[lead.id], 'partner': self.env['res.partner'], 'number': False, 'sanitized': False}
        return result

    def _mailing_get_default_domain(self, mailing):
        """Called where mass mailing is installed: what a new mailing is sent to."""
        inherited = getattr(super(), '_mailing_get_default_domain', None)
        domain = Domain(inherited(mailing)) if inherited else Domain.TRUE
        return list(domain & Domain('sop_contact_hold', '=', False))

    # ------------------------------------------------------------
    # EXPORT
    # ------------------------------------------------------------

    def export_data(self, fields_to_export):
        self._check_sop_exportable()
        return super().export_data(fields_to_export)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        # Of another record that is exported, the name of its lead may come along, its data may not.
        if any(path and path[0] not in NEUTRAL_EXPORT for path in fields):
            self._check_sop_exportable()
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def _check_sop_exportable(self):
        held = self._filter_sop_held()
        if held:
            raise UserError(self.env._(
                "%(held)s of %(count)s leads are held and cannot be exported. Choose the filter “May Be Contacted” "
                "first.\n%(why)s",
                held=len(held), count=len(self), why=held._get_sop_hold_message()))
