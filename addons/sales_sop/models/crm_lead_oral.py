from odoo import api, fields, models
from odoo.fields import Domain

from ..engine import as_engine
from .sop_oral_order import OPEN


class CrmLead(models.Model):
    """What a customer confirmed of an opportunity, and what he ordered by word of mouth."""

    _inherit = 'crm.lead'

    sop_oral_order_ids = fields.One2many('sop.oral.order', 'lead_id', string="Oral Orders")
    sop_has_open_oral_order = fields.Boolean(
        string="Open Oral Order", compute='_compute_sop_has_open_oral_order',
        search='_search_sop_has_open_oral_order', compute_sudo=True,
        help="Something was ordered by word of mouth that the customer has not confirmed (S5.6).")

    @api.depends('sop_oral_order_ids.state')
    def _compute_sop_has_open_oral_order(self):
        for lead in self:
            lead.sop_has_open_oral_order = any(order.state in OPEN for order in lead.sop_oral_order_ids)

    def _search_sop_has_open_oral_order(self, operator, value):
        if operator != 'in':
            return NotImplemented
        # sudo: what is open is a fact; the caller's own domain and rules narrow the result.
        open_orders = self.env['sop.oral.order'].sudo()._search([('state', 'in', OPEN)])
        has_open = Domain('id', 'in', open_orders.subselect('lead_id'))
        return Domain.OR(has_open if wanted else ~has_open for wanted in value)

    def _merge_dependences(self, opportunities):
        """What customers confirmed and ordered stays with the opportunity that stays."""
        result = super()._merge_dependences(opportunities)
        # sudo: who may merge these leads sees them; what was written about them is kept.
        merged = opportunities.sudo()
        as_engine(merged.sop_oral_order_ids).write({'lead_id': self.id})
        signoffs = self.env['sop.signoff'].sudo().search([('lead_id', 'in', merged.ids)])
        as_engine(signoffs).write({'lead_id': self.id})
        return result

    def action_sop_oral_order(self):
        """Record what the customer has just ordered by word of mouth."""
        self.ensure_one()
        self.check_access('write')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Oral Order"),
            'res_model': 'sop.oral.order',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'context': {'default_lead_id': self.id},
        }
