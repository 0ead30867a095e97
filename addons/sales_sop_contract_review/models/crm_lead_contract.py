from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine

from .sale_order_contract import DEAD_STATES


class CrmLead(models.Model):
    """The contracts of an opportunity (S5)."""

    _inherit = 'crm.lead'

    sop_contract_ids = fields.One2many('sop.contract', 'lead_id', string="Contracts", copy=False)
    sop_contract_count = fields.Integer(
        string="Contract Count", compute='_compute_sop_contract_count', groups='base.group_user')

    @api.depends('sop_contract_ids')
    def _compute_sop_contract_count(self):
        # Whoever reads leads without reading contracts has none.
        contracts = self.env['sop.contract']
        counts = dict(contracts._read_group([('lead_id', 'in', self.ids)], ['lead_id'], ['__count'])) \
            if contracts.has_access('read') else {}
        for lead in self:
            lead.sop_contract_count = counts.get(lead._origin, 0)

    def action_sop_draft_contract(self):
        """Draft the contract of the quotations of this opportunity that have none yet."""
        self.ensure_one()
        self.check_access('write')
        orders = self.order_ids.filtered(lambda order: order.state != 'cancel' and (
            not order.sop_contract_id or order.sop_contract_id.state in DEAD_STATES))
        if not orders:
            raise UserError(self.env._(
                "%s has no quotation without a contract. Make the quotation first.", self.display_name))
        return orders.action_sop_draft_contract()

    def action_sop_open_contracts(self):
        """The contracts of this opportunity."""
        self.ensure_one()
        if len(self.sop_contract_ids) == 1:
            return self.sop_contract_ids._get_sop_form_action()
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Contracts"), 'res_model': 'sop.contract',
            'views': [(False, 'list'), (False, 'kanban'), (False, 'form')], 'domain': [('lead_id', '=', self.id)],
            'context': {'default_lead_id': self.id, 'default_partner_id': self.partner_id.id}}

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # sudo: who may merge these leads sees them; their contracts stay contracts.
        as_engine(opportunities.sudo().sop_contract_ids).write({'lead_id': self.id})
        return result
