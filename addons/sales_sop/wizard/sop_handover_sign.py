from odoo import fields, models


class SopHandoverSign(models.TransientModel):
    """Asks for a remark before a hand-over is signed."""

    _name = 'sop.handover.sign'
    _description = "Sign the Hand-over"

    handover_id = fields.Many2one(
        'sop.handover', required=True, default=lambda self: self.env.context.get('active_id'))
    remark = fields.Text(help="What is missing or was agreed. Required when you sign for somebody who has left.")

    def action_sign(self):
        """Sign with the remark given (X.9)."""
        self.ensure_one()
        self.handover_id.action_sign(self.remark or '')
        return {'type': 'ir.actions.act_window_close'}
