from odoo.exceptions import ValidationError


class SopGateError(ValidationError):
    """A move that the procedure refuses.

    The message is complete for clients that only show text (import, RPC, mail
    gateway); ``context['sop']`` carries the same facts for the refusal dialog.
    """

    def __init__(self, message, payload):
        super().__init__(message)
        self._payload = payload
        self._added = {}

    @property
    def context(self):
        return {**self._added, 'sop': self._payload}

    @context.setter
    def context(self, value):
        # Automation rules replace the context of an error that passes through them.
        self._added = value
