from odoo import fields, models


class SopNeedReason(models.TransientModel):
    """Asks why a need is withdrawn, or why an opportunity goes on although the product was not allowed."""

    _name = 'sop.need.reason'
    _description = "Reason About a Need"
    _rec_name = 'reason'

    need_ids = fields.Many2many('sop.need', required=True)
    kind = fields.Selection([('withdraw', "Withdraw"), ('lift', "Lift the prohibition")], required=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        """Do it, for the reason given."""
        self.ensure_one()
        self.check_access('write')
        if self.kind == 'lift':
            self.need_ids.action_lift_prohibition(self.reason)
        else:
            self.need_ids.action_withdraw(self.reason)
        return {'type': 'ir.actions.act_window_close'}
