from odoo import models


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: the basis of a lead does not depend on who confirms the order.
        customers = self.sudo().partner_id.commercial_partner_id
        if self.env['crm.lead']._is_sop_in_use():
            self.env['crm.lead']._sop_state_business(
                [('partner_id.commercial_partner_id', 'in', customers.ids)])
        return result

    def get_sop_journey(self):
        """The seven phases of the business this order belongs to."""
        self.ensure_one()
        self.check_access('read')
        self.env['crm.lead']._check_sop_internal()
        # sudo: the phases before the order are shown to whoever may read the order, without their documents.
        lead = self.sudo().opportunity_id.sudo(False)
        phases = lead._get_sop_journey_phases() if lead else {}
        if not lead.has_access('read'):
            phases = {phase: (state, detail, False) for phase, (state, detail, __) in phases.items()}
        phases.update(self._get_sop_order_phases())
        return self.env['crm.lead']._prepare_sop_journey(phases)

    def _get_sop_order_phases(self):
        """What confirmed orders say about the phases after the contract."""
        confirmed = self.filtered(lambda order: order.state == 'sale')
        if not confirmed:
            return {}
        action = self.env['crm.lead']._get_sop_list_action(self.env._("Orders"), confirmed)
        delivered = all(order.invoice_status == 'invoiced' for order in confirmed)
        detail = ', '.join(confirmed[:3].mapped('name'))
        return {'s6_execute': ('done' if delivered else 'current', detail, action)}
