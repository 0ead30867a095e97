from odoo import fields, models


class SopRefusalLift(models.TransientModel):
    """Asks why a refused way of contact may be used again."""

    _name = 'sop.refusal.lift'
    _description = "Lift a Refusal"
    _rec_name = 'reason'

    log_id = fields.Many2one('sop.contact.log', required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        """Lift the refusal for the reason given (S2.3)."""
        self.ensure_one()
        self.check_access('write')
        self.log_id.action_lift_refusal(self.reason)
        return {'type': 'ir.actions.act_window_close'}
