from odoo import fields, models

from ..models.sop_contact_mixin import INTENTIONS


class SopIntentionDialog(models.TransientModel):
    """Asks what the customer of one lead intends (S2.5)."""

    _name = 'sop.intention.dialog'
    _description = "Decide the Intention"

    lead_id = fields.Many2one('crm.lead', required=True, readonly=True, ondelete='cascade')
    intention = fields.Selection(INTENTIONS, required=True, default='willing')
    nurture_date = fields.Date(string="Ask Again On")

    def action_decide(self):
        """Decide in the user's own name, or propose it to the manager."""
        self.ensure_one()
        self.lead_id.action_sop_decide_intention(self.intention, self.nurture_date)
        return {'type': 'ir.actions.act_window_close'}
