from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..values import LIFECYCLE


class SopLifecycleDialog(models.TransientModel):
    """Changes the life-cycle of a customer by hand, each person within its role."""

    _name = 'sop.lifecycle.dialog'
    _description = "Change the Life-cycle"
    _rec_name = 'reason'

    partner_id = fields.Many2one('res.partner', string="Customer", readonly=True)
    lead_id = fields.Many2one('crm.lead', string="Opportunity", readonly=True)
    current_state = fields.Selection(LIFECYCLE, string="Now", compute='_compute_current_state')
    proposal_id = fields.Many2one('sop.lifecycle.change', compute='_compute_proposal')
    proposal_state = fields.Selection(LIFECYCLE, string="Proposed", compute='_compute_proposal')
    proposal_reason = fields.Text(compute='_compute_proposal')
    proposal_user_id = fields.Many2one('res.users', compute='_compute_proposal')
    is_own_proposal = fields.Boolean(compute='_compute_proposal')
    is_manager = fields.Boolean(compute='_compute_is_manager')
    state = fields.Selection(
        [pair for pair in LIFECYCLE if pair[0] != 'blocked'], string="New State")
    reason = fields.Text()

    @api.depends('partner_id', 'lead_id')
    def _compute_current_state(self):
        for dialog in self:
            # sudo: finance decides on the customer, and may not see the opportunity.
            dialog.current_state = (dialog.partner_id or dialog.lead_id).sudo().sop_lifecycle

    @api.depends('partner_id')
    @api.depends_context('uid')
    def _compute_proposal(self):
        for dialog in self:
            # sudo: finance decides on what was proposed, and may not read the history.
            proposal = dialog.partner_id.sop_proposal_id.sudo()
            dialog.proposal_id = proposal
            dialog.proposal_state = proposal.to_state
            dialog.proposal_reason = proposal.reason
            dialog.proposal_user_id = proposal.user_id
            dialog.is_own_proposal = proposal.user_id == self.env.user

    @api.depends_context('uid')
    def _compute_is_manager(self):
        self.is_manager = self.env.user.has_group('sales_sop.group_sop_manager')

    @api.model
    def _get_action(self, partner=None, lead=None):
        if not self.env['sop.lifecycle.change']._get_roles(self.env.user):
            raise AccessError(self.env._("Only finance and management change the life-cycle of a customer."))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Life-cycle"),
            'res_model': self._name,
            'view_mode': 'form',
            'target': 'new',
            'context': {
                'default_partner_id': partner.id if partner else False,
                'default_lead_id': lead.id if lead else False,
            },
        }

    def action_change(self):
        """Put the customer, or the lead without one, into the state chosen (§3.4)."""
        (self.partner_id or self.lead_id).action_sop_set_lifecycle(self.state, self.reason)
        return self._close()

    def action_block(self):
        """Propose to block the customer."""
        self.partner_id.action_sop_block(self.reason)
        return self._close()

    def action_unblock(self):
        """Propose to lift the block."""
        self.partner_id.action_sop_unblock(self.reason)
        return self._close()

    def action_agree(self):
        """Agree to what somebody of the other role proposed."""
        self.partner_id.action_sop_agree()
        return self._close()

    def action_refuse(self):
        """Refuse what was proposed, or withdraw the own proposal."""
        self.partner_id.action_sop_refuse(self.reason)
        return self._close()

    @api.model
    def _close(self):
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
