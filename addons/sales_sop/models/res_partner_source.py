from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """A customer who asked not to be contacted."""

    _name = 'res.partner'
    _inherit = ['res.partner', 'sop.refusal.mixin']

    # Few of many partners: every hold asks for them.
    _sop_do_not_contact_idx = models.Index('(id) WHERE sop_do_not_contact IS TRUE')

    @api.model
    def _get_sop_refused_domain(self):
        """Those who asked not to be contacted, and everybody of a company that did."""
        return Domain('sop_do_not_contact', '=', True) | Domain(
            'commercial_partner_id', 'any', Domain('sop_do_not_contact', '=', True))

    def _filter_sop_refused(self):
        """As :meth:`_get_sop_refused_domain`."""
        # sudo: whom not to contact does not depend on who asks.
        return self.sudo().filtered(
            lambda partner: partner.sop_do_not_contact or partner.commercial_partner_id.sop_do_not_contact
        ).with_env(self.env)

    @api.model
    def _search_sop_buyers(self):
        """A query of all who ordered already, they themselves or somebody of the same company."""
        # sudo: that a customer has ordered is a fact, whoever may read the orders.
        orders = self.env['sale.order'].sudo()._search([('state', '=', 'sale')])
        partners = self.sudo().with_context(active_test=False)
        companies = partners._search([('id', 'in', orders.subselect('partner_id'))])
        return partners._search([('commercial_partner_id', 'in', companies.subselect('commercial_partner_id'))])

    def _filter_sop_buyers(self):
        """Those who ordered already, they themselves or somebody of the same company."""
        # sudo: that a customer has ordered is a fact, whoever may read the orders.
        groups = self.env['sale.order'].sudo()._read_group(
            [('state', '=', 'sale'), ('partner_id.commercial_partner_id', 'in', self.sudo().commercial_partner_id.ids)],
            ['partner_id'])
        buyers = self.browse(partner.id for partner, in groups).sudo().commercial_partner_id
        return self.filtered(lambda partner: partner.sudo().commercial_partner_id in buyers)

    def _sop_set_do_not_contact(self, reason):
        partners = super()._sop_set_do_not_contact(reason)
        if partners:
            self.env['crm.lead'].invalidate_model(['sop_contact_hold'])
            self.env['crm.lead']._sop_add_to_blacklists(
                partners.mapped('email_normalized'), partners.mapped('phone_sanitized'))
        return partners

    def _sop_lift_do_not_contact(self, reason):
        partners = super()._sop_lift_do_not_contact(reason)
        self.env['crm.lead'].invalidate_model(['sop_contact_hold'])
        return partners
