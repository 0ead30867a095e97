from odoo import fields, models
from odoo.exceptions import UserError

from ..models.crm_lead_no_bid import NO_BID_REASONS


class SopNoBid(models.TransientModel):
    """Asks the sales manager why nothing is offered (S3.3)."""

    _name = 'sop.no.bid'
    _description = "No Bid"

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, ondelete='cascade')
    reason = fields.Selection(NO_BID_REASONS, required=True)
    text = fields.Text(string="Why", required=True)

    def action_decline(self):
        """Give the opportunity up for the reason given."""
        self.ensure_one()
        text = (self.text or '').strip()
        if not text:
            raise UserError(self.env._("Say why we do not bid on %s.", self.lead_id.display_name))
        self.lead_id._sop_decline(self.reason, text)
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
