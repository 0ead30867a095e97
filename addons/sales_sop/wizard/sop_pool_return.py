from odoo import fields, models
from odoo.fields import Command


class SopPoolReturn(models.TransientModel):
    """Asks why leads are given back to the public pool."""

    _name = 'sop.pool.return'
    _description = "Give Back to the Public Pool"

    lead_ids = fields.Many2many(
        'crm.lead', string="Leads", required=True,
        default=lambda self: [Command.set(self.env.context.get('active_ids') or [])])
    reason = fields.Char(required=True)

    def action_return(self):
        """Give these leads back for the reason given (S1.5)."""
        self.ensure_one()
        self.lead_ids.action_sop_return_to_pool(self.reason)
        return {'type': 'ir.actions.act_window_close'}
