from odoo import api, fields, models

from ..engine import as_engine
from .mail_thread import is_automatic

# Messages of people; most others are notes of the system.
WRITTEN = ('comment', 'email')


class CrmLead(models.Model):
    """Requests that come in about a lead (X.1)."""

    _inherit = 'crm.lead'

    sop_request_ids = fields.One2many('sop.request', 'lead_id', string="Inbound Requests", copy=False)
    sop_request_count = fields.Integer(string="Inbound Request Count", compute='_compute_sop_request_count')
    sop_request_due = fields.Datetime(string="Reply Due", compute='_compute_sop_request_count')
    sop_request_is_late = fields.Boolean(string="Reply Late", compute='_compute_sop_request_count')

    @api.depends('sop_request_ids.waiting_deadline')
    def _compute_sop_request_count(self):
        now = fields.Datetime.now()
        found = {
            lead.id: values for lead, *values in self.env['sop.request'].sudo()._read_group(
                [('lead_id', 'in', self.ids)], ['lead_id'], ['__count', 'waiting_deadline:min'])
        }
        for lead in self:
            count, due = found.get(lead._origin.id, (0, False))
            lead.sop_request_count = count
            lead.sop_request_due = due
            lead.sop_request_is_late = bool(due and due < now)

    def action_sop_requests(self):
        """The requests about this lead."""
        self.ensure_one()
        self.check_access('read')
        action = self.env['ir.actions.act_window']._for_xml_id('sales_sop.sop_request_action')
        return {
            **action,
            'domain': [('lead_id', '=', self.id)],
            'context': {'default_lead_id': self.id},
            'views': [(False, 'list'), (False, 'form')] if self.sop_request_count else [(False, 'form')],
        }

    # ------------------------------------------------------------
    # MESSAGES
    # ------------------------------------------------------------

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if message.message_type in WRITTEN and self.sop_process_id and self._is_sop_request(message):
            self.env['sop.request']._receive(self, message)
        return result

    @api.model
    def _is_sop_request(self, message):
        """Whether it was a person outside who wrote this message to us."""
        return (
            not is_automatic(self.env)
            and not self.env['sop.request']._is_staff(message.author_id)
            and (message.message_type == 'email' or message.author_id.partner_share)
        )

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if message.message_type in WRITTEN and not self._is_notification_scheduled(kwargs.get('scheduled_date')):
            self._sop_note_reply(message, recipients)
        return recipients

    def _sop_note_reply(self, message, recipients):
        if self.sop_process_id:
            self.sudo()._get_sop_waiting_requests().with_env(self.env)._note_reply(message, recipients)

    def _get_sop_waiting_requests(self):
        return self.env['sop.request'].search([('lead_id', 'in', self.ids), ('waiting_since', '!=', False)])

    def _sop_after_contact(self, logs):
        """A talk is a reply."""
        result = super()._sop_after_contact(logs)
        talks = {log.lead_id: log for log in logs if log.state == 'done' and log.outcome != 'unreached'}
        if talks:
            for request in self.sudo()._get_sop_waiting_requests().with_env(self.env):
                if log := talks.get(request.sudo().lead_id.with_env(self.env)):
                    request._set_replied(contact_log_id=log)
        return result

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # sudo: what customers asked about the merged leads is kept, whoever merges.
        as_engine(opportunities.sudo().sop_request_ids).write({'lead_id': self.id})
        return result
