from odoo import api, fields, models
from odoo.fields import Domain

from ..values import PASSED, SIGNED
from .sop_review_condition import OPEN

CONTRACT_STATES = [
    ('none', "None"), ('draft', "Being drafted"), ('complete', "Contents complete"), ('review', "In review"),
    ('approved', "Approved"), ('signing', "Being signed"), ('effective', "Effective"), ('archived', "Archived")]
ORDER = [key for key, __ in CONTRACT_STATES]
DEAD = ('void', 'terminated')
UNDECIDED = ('draft', 'in_review', 'approved', 'approved_cond', 'signing')


class CrmLead(models.Model):
    """Where the contracts of an opportunity stand: what the gates of S5 ask for."""

    _inherit = 'crm.lead'

    sop_contract_state = fields.Selection(
        CONTRACT_STATES, string="Contract", compute='_compute_sop_contract_facts',
        search='_search_sop_contract_state', compute_sudo=True, help="The furthest of the contracts in use.")
    sop_contract_complete = fields.Boolean(
        string="Contract Complete", compute='_compute_sop_contract_facts', search='_search_sop_contract_complete',
        compute_sudo=True, help="All that a contract must contain is there (S5.2).")
    sop_review_passed = fields.Boolean(
        string="Contract Review Passed", compute='_compute_sop_contract_facts', search='_search_sop_review_passed',
        compute_sudo=True, help="The contract, or where there is none its quotations, passed the review (S5.3).")
    sop_has_open_review_point = fields.Boolean(
        string="Open Review Point", compute='_compute_sop_contract_facts',
        search='_search_sop_has_open_review_point', compute_sudo=True,
        help="A comment is not closed, or a condition due before signing is open (S5.4).")
    sop_contract_signed = fields.Boolean(
        string="Contract Signed", compute='_compute_sop_contract_facts', search='_search_sop_contract_signed',
        compute_sudo=True, help="Signed by both sides, and effective (S5.5).")
    sop_contract_archived = fields.Boolean(
        string="Contract Registered", compute='_compute_sop_contract_facts', search='_search_sop_contract_archived',
        compute_sudo=True, help="It has its archive number (S5.7).")
    sop_has_open_amendment = fields.Boolean(
        string="Open Amendment", compute='_compute_sop_contract_facts', search='_search_sop_has_open_amendment',
        compute_sudo=True, help="A supplement is not decided, or not signed (S5.8).")

    @api.depends('create_date')
    def _compute_sop_contract_facts(self):
        facts = {name: set(self._search_sop_fact(name, self._origin.ids)) for name in self._get_sop_contract_domains()}
        states = self._get_sop_contract_states(self._origin.ids)
        for lead in self:
            lead.sop_contract_state = states.get(lead._origin.id, 'none')
            for name, ids in facts.items():
                lead[name] = lead._origin.id in ids

    @api.model
    def _search_sop_fact(self, name, ids):
        if not ids:
            return []
        return self.env['crm.lead'].sudo().with_context(active_test=False).search(
            Domain('id', 'in', ids) & self._get_sop_contract_domain(name)).ids

    @api.model
    def _get_sop_contract_states(self, ids):
        """{lead: the state of the contract that is furthest}, for leads with contracts in use."""
        contracts = self.env['sop.contract'].sudo().search_fetch(
            Domain('lead_id', 'in', ids) & self._get_sop_live_domain(), ['lead_id', 'state', 'archive_number'])
        complete = set(contracts.filtered_domain(self._get_sop_complete_domain())._ids)
        found = {}
        for contract in contracts:
            state = self._get_sop_contract_step(contract, contract.id in complete)
            kept = found.get(contract.lead_id.id, 'none')
            found[contract.lead_id.id] = max(kept, state, key=ORDER.index)
        return found

    @api.model
    def _get_sop_contract_step(self, contract, is_complete):
        if contract.archive_number:
            return 'archived'
        if contract.state in SIGNED:
            return 'effective'
        steps = {'in_review': 'review', 'approved': 'approved', 'approved_cond': 'approved', 'signing': 'signing'}
        return steps.get(contract.state) or ('complete' if is_complete else 'draft')

    # ------------------------------------------------------------
    # DOMAINS
    # ------------------------------------------------------------

    @api.model
    def _get_sop_live_domain(self):
        """Contracts in use; supplements belong to theirs."""
        return Domain('state', 'not in', DEAD) & Domain('parent_id', '=', False)

    @api.model
    def _get_sop_complete_domain(self):
        """Contracts that contain all they must: it is checked when the review is requested."""
        return Domain('state', 'not in', ('draft', 'rejected', *DEAD))

    @api.model
    def _get_sop_contract_domains(self):
        live = self._get_sop_live_domain()
        return {
            'sop_contract_complete': live & self._get_sop_complete_domain(),
            'sop_review_passed': live & Domain('state', 'in', (*PASSED, 'signing', *SIGNED)),
            'sop_has_open_review_point': live & Domain('sop_review_id', 'any', self._get_sop_open_point_domain()),
            'sop_contract_signed': live & Domain('state', 'in', SIGNED),
            'sop_contract_archived': live & Domain('archive_number', '!=', False),
            'sop_has_open_amendment': Domain('parent_id', '!=', False) & Domain('state', 'in', UNDECIDED),
        }

    @api.model
    def _get_sop_open_point_domain(self):
        """Reviews with something that holds signing back."""
        conditions = Domain('due_point', '=', 'before_sign') & Domain('state', 'in', OPEN)
        comments = Domain('parent_id', '=', False) & Domain('state', '!=', 'closed')
        return Domain('condition_ids', 'any', conditions) | Domain('comment_ids', 'any', comments)

    @api.model
    def _get_sop_contract_domain(self, name):
        """The leads of which this is true."""
        # sudo: what is true of a lead does not depend on who asks; his rules narrow the leads.
        contracts = self.env['sop.contract'].sudo()
        found = contracts._search(self._get_sop_contract_domains()[name] & Domain('lead_id', '!=', False))
        leads = Domain('id', 'in', found.subselect('lead_id'))
        if name == 'sop_review_passed':
            leads |= self._get_sop_reviewed_orders_domain()
        return leads

    @api.model
    def _get_sop_reviewed_orders_domain(self):
        """Leads without a contract whose quotations passed the review, all of them."""
        orders = self.env['sale.order'].sudo()
        live = Domain('opportunity_id', '!=', False) & Domain('state', '!=', 'cancel')
        passed = Domain('sop_review_id.state', 'in', PASSED)
        drafted = self.env['sop.contract'].sudo()._search(self._get_sop_live_domain() & Domain('lead_id', '!=', False))
        return (
            Domain('id', 'in', orders._search(live & passed).subselect('opportunity_id'))
            & Domain('id', 'not in', orders._search(live & ~passed).subselect('opportunity_id'))
            & Domain('id', 'not in', drafted.subselect('lead_id')))

    def _search_sop_contract_fact(self, name, operator, value):
        if operator != 'in':
            return NotImplemented
        domain = self._get_sop_contract_domain(name)
        return Domain.OR(domain if wanted else ~domain for wanted in value)

    def _search_sop_contract_complete(self, operator, value):
        return self._search_sop_contract_fact('sop_contract_complete', operator, value)

    def _search_sop_review_passed(self, operator, value):
        return self._search_sop_contract_fact('sop_review_passed', operator, value)

    def _search_sop_has_open_review_point(self, operator, value):
        return self._search_sop_contract_fact('sop_has_open_review_point', operator, value)

    def _search_sop_contract_signed(self, operator, value):
        return self._search_sop_contract_fact('sop_contract_signed', operator, value)

    def _search_sop_contract_archived(self, operator, value):
        return self._search_sop_contract_fact('sop_contract_archived', operator, value)

    def _search_sop_has_open_amendment(self, operator, value):
        return self._search_sop_contract_fact('sop_has_open_amendment', operator, value)

    def _search_sop_contract_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        contracts = self.env['sop.contract'].sudo().search_fetch(
            self._get_sop_live_domain() & Domain('lead_id', '!=', False), ['lead_id'])
        states = self._get_sop_contract_states(contracts.lead_id.ids)
        found = Domain('id', 'in', [lead_id for lead_id, state in states.items() if state in value])
        return found | Domain('id', 'not in', list(states)) if 'none' in value else found
