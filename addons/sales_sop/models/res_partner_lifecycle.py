from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import date_utils

from ..engine import as_engine, is_engine
from ..values import LIFECYCLE
from .sop_lifecycle_change import FORWARD

STATE_DATES = {state: f'sop_{state}_date' for state, __ in LIFECYCLE}
PROTECTED = frozenset({'sop_lifecycle', 'sop_lifecycle_change_ids', *STATE_DATES.values()})
# What of two customers that are merged holds for the one that stays, strongest first
STRENGTH = ('blocked', 'contracted', 'intention', 'dormant', 'potential', 'lost')


class ResPartner(models.Model):
    """The life-cycle of a customer (§3.4). Kept on the company a contact belongs to."""

    _inherit = 'res.partner'

    sop_lifecycle = fields.Selection(
        LIFECYCLE, string="Life-cycle", readonly=True, copy=False, index='btree_not_null',
        groups='base.group_user', prefetch='sop')
    sop_potential_date = fields.Date(
        string="Potential Since", readonly=True, copy=False, groups='base.group_user', prefetch='sop')
    sop_intention_date = fields.Date(
        string="Intention Since", readonly=True, copy=False, groups='base.group_user', prefetch='sop')
    sop_contracted_date = fields.Date(
        string="Contracted Since", readonly=True, copy=False, groups='base.group_user', prefetch='sop')
    sop_dormant_date = fields.Date(
        string="Dormant Since", readonly=True, copy=False, groups='base.group_user', prefetch='sop')
    sop_lost_date = fields.Date(
        string="Lost Since", readonly=True, copy=False, groups='base.group_user', prefetch='sop')
    sop_blocked_date = fields.Date(
        string="Blocked Since", readonly=True, copy=False, groups='base.group_user', prefetch='sop')
    sop_lifecycle_change_ids = fields.One2many(
        'sop.lifecycle.change', 'partner_id', string="Life-cycle Changes", readonly=True, copy=False,
        groups='base.group_user')
    sop_proposal_id = fields.Many2one(
        'sop.lifecycle.change', string="Proposal", compute='_compute_sop_proposal', groups='base.group_user',
        help="What one of finance and management has proposed and the other has to agree to.")
    sop_proposal_state = fields.Selection(
        LIFECYCLE, string="Proposed State", compute='_compute_sop_proposal', groups='base.group_user')

    @api.depends('sop_lifecycle_change_ids.state')
    def _compute_sop_proposal(self):
        # sudo: whoever reads the customer may know that something is proposed about it.
        proposals = self.env['sop.lifecycle.change'].sudo().search(
            [('partner_id', 'in', self.ids), ('state', '=', 'proposed')])
        by_partner = {proposal.partner_id.id: proposal for proposal in proposals}
        for partner in self:
            proposal = by_partner.get(partner._origin.id, proposals.browse())
            partner.sop_proposal_id = proposal
            partner.sop_proposal_state = proposal.to_state

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        # No default of a user or of a context makes a customer anything.
        return super().default_get([name for name in fields if name not in PROTECTED])

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_sop_lifecycle_values(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_sop_lifecycle_values(vals)
        result = super().write(vals)
        if not {'parent_id', 'is_company'}.isdisjoint(vals):
            self._sop_hand_up()
        return result

    def _check_sop_lifecycle_values(self, vals):
        if is_engine(self.env):
            return
        forged = PROTECTED & vals.keys()
        if any(vals[name] for name in forged) or (self and forged):
            raise AccessError(self.env._(
                "%s: the life-cycle of a customer follows what happens with him. A manager changes it with the "
                "button Life-cycle and a reason.", self[:1].display_name or vals.get('name') or self._description))

    def _sop_hand_up(self):
        """A contact that becomes part of a company takes its life-cycle there."""
        # sudo: the state of the company may belong to others.
        for partner in self.sudo().filtered('sop_lifecycle'):
            if partner.commercial_partner_id != partner:
                partner.commercial_partner_id._sop_take_over(partner.sop_lifecycle, self.env._(
                    "Taken over from %s.", partner.display_name))

    # ------------------------------------------------------------
    # STATES
    # ------------------------------------------------------------

    def _sop_is_contracted(self):
        """Ids of those of these customers that have an effective contract: a confirmed order."""
        # sudo: it is a fact, whoever may read the orders.
        groups = self.env['sale.order'].sudo()._read_group(
            [('partner_id.commercial_partner_id', 'in', self.ids), ('state', '=', 'sale')], ['partner_id'])
        return {partner.commercial_partner_id.id for partner, in groups}

    def _sop_move_lifecycle(self, state, reason, lead_by_partner=None):
        """Move those of these customers on that may get to ``state`` by themselves. Returns them."""
        movable = self.sudo().filtered(lambda partner: partner.sop_lifecycle in FORWARD[state])
        movable._sop_change_lifecycle(state, reason, lead_by_partner)
        return movable.sudo(self.env.su)

    def _sop_change_lifecycle(self, state, reason, lead_by_partner=None):
        if self:
            self.env['sop.lifecycle.change']._log(self.sudo(), state, reason, lead_by_partner)
            self._sop_write_lifecycle(state)

    def _sop_write_lifecycle(self, state):
        for company, partners in self.sudo().grouped('company_id').items():
            company = company or self.env['crm.lead']._get_sop_main_company()
            as_engine(partners, tracking_disable=True).write({
                'sop_lifecycle': state, STATE_DATES[state]: company._get_sop_local_date(fields.Datetime.now())})
        self.env['crm.lead']._sop_bulk_update(
            Domain('partner_id.commercial_partner_id', 'in', self.ids) & Domain('sop_process_id', '!=', False),
            {'sop_lifecycle': state})

    def _sop_take_over(self, state, reason, lead_by_partner=None):
        """What was known about a lead or a contact is known about this customer from now on."""
        for partner in self.sudo():
            own = partner.sop_lifecycle
            # A way back, or out of being lost or blocked, is not taken by linking records.
            if not own or state == 'blocked' != own or (
                    state in ('potential', 'intention', 'contracted') and own in FORWARD[state]):
                partner._sop_change_lifecycle(state, reason, lead_by_partner)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_set_lifecycle(self, state, reason):
        """A manager puts customers into another state, back ones included.

        :param str state: a key of the life-cycle, but blocked: two people decide on that
        :param str reason: why; kept in the history
        """
        self.check_access('read')
        customers = self.commercial_partner_id
        reason = self.env['sop.lifecycle.change']._check_manual(customers, state, reason)
        customers._sop_change_lifecycle(state, reason)
        return True

    def action_sop_block(self, reason):
        """Propose that nobody deals with this customer any longer, or agree to that.

        :param str reason: fraud, legal ban, severe overdue …
        """
        return self._sop_propose('blocked', reason)

    def action_sop_unblock(self, reason):
        """Propose to deal with this customer again, or agree to that.

        :param str reason: why; kept in the history
        """
        self.ensure_one()
        self.check_access('read')
        self._check_sop_may_decide()
        customer = self.commercial_partner_id.sudo()
        if customer.sop_lifecycle != 'blocked':
            raise UserError(self.env._("%s is not blocked.", customer.display_name))
        block = customer.sop_lifecycle_change_ids.filtered(
            lambda change: change.state == 'done' and change.to_state == 'blocked')[:1]
        return self._sop_propose(block.from_state or 'potential', reason)

    def action_sop_agree(self):
        """The second person agrees to what is proposed about this customer."""
        self._get_sop_open_proposal()._decide('done')
        return True

    def action_sop_refuse(self, reason):
        """The second person does not agree, or the first withdraws the proposal.

        :param str reason: why; kept in the history
        """
        proposal = self._get_sop_open_proposal()
        proposal._decide('refused', proposal._check_reason(reason, self))
        return True

    def _get_sop_open_proposal(self):
        self.ensure_one()
        self.check_access('read')
        self._check_sop_may_decide()
        customer = self.commercial_partner_id
        # sudo: finance sees the customer, and decides on what is proposed about him.
        proposal = self.env['sop.lifecycle.change'].sudo().search(
            [('partner_id', '=', customer.id), ('state', '=', 'proposed')], limit=1)
        if not proposal:
            raise UserError(self.env._("%s: nothing is proposed.", customer.display_name))
        return proposal

    def _check_sop_may_decide(self):
        if not self.env['sop.lifecycle.change']._get_roles(self.env.user):
            raise AccessError(self.env._(
                "%s: only finance and management decide on blocking a customer.", self.display_name))

    def _sop_propose(self, state, reason):
        self.ensure_one()
        self.check_access('read')
        self._check_sop_may_decide()
        customer = self.commercial_partner_id.sudo()
        changes = self.env['sop.lifecycle.change'].sudo()
        reason = changes._check_reason(reason, customer)
        proposal = changes.search([('partner_id', '=', customer.id), ('state', '=', 'proposed')], limit=1)
        if proposal:
            if proposal.to_state != state:
                raise UserError(self.env._(
                    "%s: something else is proposed already. Decide on it first.", customer.display_name))
            proposal._decide('done', reason)
            return True
        if state == customer.sop_lifecycle:
            raise UserError(self.env._("%s is blocked already.", customer.display_name))
        now = fields.Datetime.now()
        as_engine(changes).create({
            'partner_id': customer.id, 'company_id': customer.company_id.id, 'from_state': customer.sop_lifecycle,
            'to_state': state, 'date': now, 'proposed_date': now, 'user_id': self.env.uid, 'reason': reason,
            'state': 'proposed'})._tell_others()
        return True

    def action_sop_lifecycle(self):
        """Open the dialog in which the life-cycle is changed."""
        self.ensure_one()
        self.check_access('read')
        return self.env['sop.lifecycle.dialog']._get_action(partner=self.commercial_partner_id)

    # ------------------------------------------------------------
    # EVERY NIGHT
    # ------------------------------------------------------------

    @api.model
    def _cron_sop_lifecycle(self, batch_size=500):
        """Start the life-cycle of leads that have a legal basis by now, and let the silent fall asleep."""
        cron = self.env['ir.cron']
        now = fields.Datetime.now()
        work = [(self.env['crm.lead'], self.env['crm.lead']._get_sop_start_domain(), '_sop_update_lifecycle', ())]
        for company in self.env['res.company'].sudo().search([]):
            today = company._get_sop_local_date(now)
            if company.sop_dormant_days > 0:
                since = date_utils.subtract(today, days=company.sop_dormant_days)
                work.append((self, self._get_sop_state_domain(company, 'intention', since), '_sop_doze', (since,)))
                leads = self.env['crm.lead']
                work.append((leads, leads._get_sop_silent_domain(company, since), '_sop_doze', (since,)))
            if company.sop_dormant_months > 0:
                since = date_utils.subtract(today, months=company.sop_dormant_months)
                work.append((self, self._get_sop_state_domain(company, 'contracted', since), '_sop_doze', (since,)))
        cron._commit_progress(remaining=sum(model.search_count(domain) for model, domain, *__ in work))
        for model, domain, method, arguments in work:
            last_id = 0
            while records := model.search(domain & Domain('id', '>', last_id), order='id', limit=batch_size):
                getattr(records, method)(*arguments)
                last_id = records[-1].id
                if not cron._commit_progress(len(records)):
                    return

    @api.model
    def _get_sop_state_domain(self, company, state, since):
        main = company == self.env['crm.lead']._get_sop_main_company()
        return Domain('sop_lifecycle', '=', state) & Domain(STATE_DATES[state], '<', since) & Domain(
            'company_id', 'in', [company.id, False] if main else company.ids)

    def _sop_doze(self, since):
        """Those of these customers that were silent ``since`` then are dormant."""
        for state, partners in self.grouped('sop_lifecycle').items():
            active = partners._get_sop_active_ids(state, since)
            silent = partners.filtered(lambda partner, active=active: partner.id not in active)
            silent._sop_move_lifecycle('dormant', self.env._("Nothing happened since before %s.", since))

    def _get_sop_active_ids(self, state, since):
        """Ids of those with whom something happened ``since`` then.

        Intention customers: any contact or request. Contracted ones: an order or a visit; what serves them
        later adds its own.
        """
        leads = Domain('lead_id.partner_id.commercial_partner_id', 'in', self.ids)
        contacts = leads & Domain('state', '=', 'done') & Domain('date', '>=', since)
        if state == 'contracted':
            contacts &= Domain('method', '=', 'visit')
        sources = [('sop.contact.log', contacts, 'lead_id')]
        if state == 'contracted':
            orders = Domain('partner_id.commercial_partner_id', 'in', self.ids) & Domain('state', '=', 'sale')
            sources.append(('sale.order', orders & Domain('date_order', '>=', since), 'partner_id'))
        else:
            sources.append(('sop.request', leads & Domain('received_at', '>=', since), 'lead_id'))
        return {
            record['partner_id' if link == 'lead_id' else 'commercial_partner_id'].commercial_partner_id.id
            for model, domain, link in sources
            # sudo: whether something happened does not depend on who asks.
            for record, in self.env[model].sudo()._read_group(domain, [link])
        }
