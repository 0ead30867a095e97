from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def get_sop_journey(self):
        """How far this customer has come in the seven phases, over all his opportunities and orders."""
        self.ensure_one()
        self.check_access('read')
        self.env['crm.lead']._check_sop_internal()
        phases = self._get_sop_lead_phases()
        orders = self._search_sop_documents('sale.order')
        if orders:
            phases.update(orders._get_sop_order_phases())
        return self.env['crm.lead']._prepare_sop_journey(phases)

    def _search_sop_documents(self, model_name, domain=Domain.TRUE):
        """Documents of this customer and its contacts that the user may read."""
        documents = self.env[model_name]
        if not documents.has_access('read'):
            return documents
        return documents.search(domain & Domain('partner_id', 'child_of', self.commercial_partner_id.id))

    def _get_sop_lead_phases(self):
        leads = self._search_sop_documents('crm.lead', Domain('sop_stage_id', '!=', False))
        order = ('todo', 'done', 'current')
        phases = {}
        for lead in leads:
            for phase, (state, detail, __) in lead._get_sop_journey_phases().items():
                if order.index(state) >= order.index(phases.get(phase, ('todo',))[0]):
                    phases[phase] = (state, detail, leads._get_sop_list_action(self.env._("Opportunities"), leads))
        return phases
