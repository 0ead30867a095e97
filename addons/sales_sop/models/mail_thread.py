from odoo import api, models

AUTOMATIC_KEY = 'sop_automatic'
# An object: what a client puts into the context is never the same.
_AUTOMATIC = object()


def is_automatic(env):
    """Whether the mail that is being received was written by a machine."""
    return env.context.get(AUTOMATIC_KEY) is _AUTOMATIC


class MailThread(models.AbstractModel):
    _inherit = 'mail.thread'

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        if self._is_sop_automatic(message):
            self = self.with_context(**{AUTOMATIC_KEY: _AUTOMATIC})
        return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _is_sop_automatic(self, message):
        """Whether a machine wrote this mail: nobody waits for a reply to an out-of-office note (RFC 3834)."""
        return (
            (message.get('Auto-Submitted') or 'no').strip().lower() != 'no'
            or (message.get('Precedence') or '').strip().lower() in ('auto_reply', 'bulk', 'junk')
            or bool(message.get('X-Autoreply') or message.get('X-Autorespond'))
        )
