from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def get_sop_journey(self):
        """How far this customer has come in the seven phases, over all his opportunities and orders."""
        self.ensure_one()
        self.check_access('read')
        self.env['crm.lead']._check_sop_internal()
        phases = {**self._get_sop_lead_phases(), **self._get_sop_order_phases()}
        return self.env['crm.lead']._prepare_sop_journey(phases)

    def _get_sop_family_domain(self, path='partner_id.'):
        """Records whose partner, at the end of ``path``, is this customer or one of its contacts.

        By the stored company of a contact: a hierarchy is resolved to long lists of ids.
        """
        return Domain(f'{path}commercial_partner_id', 'in', self.commercial_partner_id.ids)

    def _get_sop_lead_phases(self):
        """Leads that stand alike say the same: one of each kind is asked."""
        leads = self.env['crm.lead']
        if not leads.has_access('read'):
            return {}
        domain = self._get_sop_family_domain() & Domain('sop_stage_id', '!=', False)
        groups = leads._read_group(
            domain, ['sop_process_id', 'sop_stage_id', 'sop_outcome'], ['id:max'], order='id:max DESC')
        order = ('todo', 'done', 'current')
        action = self._get_sop_journey_action(self.env._("Opportunities"), leads, domain)
        phases = {}
        for *__, lead_id in groups:
            for phase, (state, detail, __) in leads.browse(lead_id)._get_sop_journey_phases().items():
                if order.index(state) >= order.index(phases.get(phase, ('todo',))[0]):
                    phases[phase] = (state, detail, action)
        return phases

    def _get_sop_order_phases(self):
        """Those that are not invoiced yet stand for all, where there are any."""
        orders = self.env['sale.order']
        if not orders.has_access('read'):
            return {}
        domain = self._get_sop_family_domain() & Domain('state', '=', 'sale')
        some = orders.search(domain & Domain('invoice_status', '!=', 'invoiced'), limit=3) or orders.search(
            domain, limit=3)
        action = self._get_sop_journey_action(self.env._("Orders"), orders, domain)
        return {phase: (state, detail, action) for phase, (state, detail, __) in some._get_sop_order_phases().items()}

    @api.model
    def _get_sop_journey_action(self, name, documents, domain):
        return {
            'type': 'ir.actions.act_window',
            'name': name,
            'res_model': documents._name,
            'views': [(False, 'list'), (False, 'form')],
            'domain': list(domain),
        }
