from odoo import fields, models


class SopRequestCancel(models.TransientModel):
    """Asks why a request is cancelled."""

    _name = 'sop.request.cancel'
    _description = "Cancel an Inbound Request"
    _rec_name = 'reason'

    request_ids = fields.Many2many('sop.request', required=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        """Cancel these requests for the reason given (X.1)."""
        self.ensure_one()
        self.check_access('write')
        self.request_ids.action_cancel(self.reason)
        return {'type': 'ir.actions.act_window_close'}
