from odoo import fields, models


class SopMaterialWithdraw(models.TransientModel):
    """Asks why material is withdrawn."""

    _name = 'sop.material.withdraw'
    _description = "Withdraw Material"

    material_id = fields.Many2one('sop.material', required=True, ondelete='cascade')
    sending_count = fields.Integer(related='material_id.sending_count')
    reason = fields.Text(required=True)

    def action_withdraw(self):
        """Withdraw the material and show who got it."""
        self.ensure_one()
        self.check_access('write')
        self.material_id.action_withdraw(self.reason)
        if self.sending_count:
            return self.material_id.action_open_sendings()
        return {'type': 'ir.actions.act_window_close'}
