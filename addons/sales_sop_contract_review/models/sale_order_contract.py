from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.sales_sop.engine import is_engine

# A contract in one of these states holds its orders no more
DEAD_STATES = ('terminated', 'void')


class SaleOrder(models.Model):
    """Orders and the contract made of them (S5.1)."""

    _inherit = 'sale.order'

    @api.constrains('sop_contract_id', 'partner_id', 'company_id', 'currency_id')
    def _check_sop_contract_party(self):
        for order in self.filtered('sop_contract_id'):
            if problem := order._get_sop_party_problem(order.sop_contract_id.sudo()):
                raise ValidationError(problem)

    def _get_sop_party_problem(self, contract):
        """Why this order is none of ``contract``, in words (G7); False when it may be."""
        values = {'order': self.name, 'contract': contract.name}
        if self.partner_id.commercial_partner_id != contract.partner_id.commercial_partner_id:
            return self.env._("%(order)s is from another customer than %(contract)s.", **values)
        if self.company_id != contract.company_id:
            return self.env._("%(order)s is from another company than %(contract)s.", **values)
        if self.currency_id != contract.currency_id:
            return self.env._("%(order)s is in another currency than %(contract)s.", **values)
        return False

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        if linked := orders.filtered('sop_contract_id'):
            linked._check_sop_contract_link(linked.sop_contract_id)
        return orders

    def write(self, vals):
        if 'sop_contract_id' in vals and not is_engine(self.env):
            contract = self.env['sop.contract'].browse(vals['sop_contract_id'] or [])
            moved = self.filtered(lambda order: order.sop_contract_id != contract)
            moved._check_sop_contract_link(contract | moved.sop_contract_id)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_contracted(self):
        # sudo: whether an order is part of a contract does not depend on who deletes it.
        linked = self.sudo().filtered('sop_contract_id')
        linked.with_env(self.env)._check_sop_contract_link(linked.sop_contract_id.with_env(self.env))

    def _check_sop_contract_link(self, contracts):
        """Orders come to a contract, and leave it, while its text is written."""
        if self and not is_engine(self.env):
            contracts._check_sop_linkable(self)

    # ------------------------------------------------------------
    # DRAFTING
    # ------------------------------------------------------------

    def action_sop_draft_contract(self):
        """Draft one contract of these orders of one customer, and open it."""
        self.check_access('write')
        self._check_sop_draftable()
        contract = self.env['sop.contract'].create(self._prepare_sop_contract_values())
        self.sop_contract_id = contract
        contract._sop_fill_from_orders()
        return contract._get_sop_form_action()

    def action_sop_open_contract(self):
        """The contract of this order."""
        self.ensure_one()
        if not self.sop_contract_id:
            raise UserError(self.env._("%s has no contract.", self.name))
        return self.sop_contract_id._get_sop_form_action()

    def _check_sop_draftable(self):
        if not self:
            raise UserError(self.env._("Choose the orders the contract is about."))
        for order in self:
            if problem := order._get_sop_draft_problem():
                raise UserError(problem)
        for name, problem in {
            'company_id': self.env._("One contract is made by one company: %s."),
            'currency_id': self.env._("One contract is in one currency: %s."),
        }.items():
            if len(self[name]) > 1:
                raise UserError(problem % ', '.join(self[name].mapped('display_name')))
        if len(customers := self.partner_id.commercial_partner_id) > 1:
            raise UserError(self.env._(
                "One contract is made with one customer: %s.", ', '.join(customers.mapped('display_name'))))

    def _get_sop_draft_problem(self):
        """Why no contract is drafted of this order, in words; False when one may be."""
        # sudo: a contract of somebody else is one, too.
        contract = self.sudo().sop_contract_id
        if self.state == 'cancel':
            return self.env._("%s is cancelled: no contract is made of it.", self.name)
        if contract and contract.state not in DEAD_STATES:
            return self.env._(
                "%(order)s has a contract already: %(contract)s.", order=self.name, contract=contract.display_name)
        if not self._get_sop_goods():
            return self.env._("%s has no products: enter what is sold first.", self.name)
        return False

    def _prepare_sop_contract_values(self):
        first = self[0]
        lead = self.opportunity_id[:1]
        # sudo: the approved solution is part of what is sold; the contract says which it is.
        solution = lead.sudo()._get_sop_baseline()[:1] if lead else self.env['sop.solution']
        return {
            'title': self._get_sop_contract_title(), 'type': self._get_sop_contract_type(),
            'partner_id': first.partner_id.commercial_partner_id.id, 'company_id': first.company_id.id,
            'currency_id': first.currency_id.id, 'user_id': first.user_id.id or self.env.uid, 'lead_id': lead.id,
            'partner_contact_id': first.partner_id._get_sop_contract_contact().id, 'solution_id': solution.id,
            'delivery': self._get_sop_agreed_delivery(lead),
        }

    def _get_sop_contract_title(self):
        lead = self.opportunity_id[:1]
        products = self._get_sop_goods().product_id
        more = self.env._("%s and more", products[:1].name) if len(products) > 1 else products[:1].name
        return lead.name or more

    def _get_sop_contract_type(self):
        services = all(product.type == 'service' for product in self._get_sop_goods().product_id)
        return 'service' if services else 'sale'

    @api.model
    def _get_sop_agreed_delivery(self, lead):
        # sudo: what was agreed with the customer goes into his contract.
        line = (lead.sudo()._get_sop_agreed_terms() if lead else {}).get('delivery')
        if not line or line.status != 'agreed':
            return False
        return ' '.join(filter(None, (line.agreed, line.term_id.unit)))
