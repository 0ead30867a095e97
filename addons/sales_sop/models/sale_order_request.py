from odoo import models

from .crm_lead_request import WRITTEN


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """A quotation sent to the customer is a reply to what he asked about the opportunity."""
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if message.message_type in WRITTEN and not self._is_notification_scheduled(kwargs.get('scheduled_date')):
            # sudo: the clock stops whether or not the sender may read the opportunity.
            self.sudo().opportunity_id._sop_note_reply(message, recipients)
        return recipients
