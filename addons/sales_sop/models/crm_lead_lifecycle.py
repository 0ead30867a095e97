from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import as_engine
from ..values import LIFECYCLE
from .sop_lifecycle_change import FORWARD

# What of a lead says that its customer is in the life-cycle
TRIGGERS = frozenset({'sop_legal_basis', 'partner_id'})
REACTIVATE_TYPE = 'sales_sop.mail_activity_type_sop_reactivate'


class CrmLead(models.Model):
    """The life-cycle of the customer a lead is about (§3.4).

    The customer has the truth. A lead without one has a state of its own and
    hands it over when the customer is linked.
    """

    _inherit = 'crm.lead'

    sop_lifecycle = fields.Selection(
        LIFECYCLE, string="Life-cycle", readonly=True, copy=False, index='btree_not_null', prefetch='sop')
    sop_lifecycle_change_ids = fields.One2many(
        'sop.lifecycle.change', 'lead_id', string="Life-cycle Changes", readonly=True, copy=False)

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        concerned = leads.filtered(
            lambda lead: lead.sop_process_id and (lead.sop_legal_basis or lead.partner_id))
        if concerned:
            concerned._sop_update_lifecycle()
        return leads

    def write(self, vals):
        if TRIGGERS.isdisjoint(vals):
            return super().write(vals)
        before = {}
        if 'partner_id' in vals:
            before = {lead: lead._get_sop_customers() for lead in self if lead.sop_lifecycle and lead.partner_id}
        result = super().write(vals)
        moved = self.browse(
            lead.id for lead, customer in before.items() if lead._get_sop_customers() != customer)
        moved._sop_leave_customer()
        self.filtered('sop_process_id')._sop_update_lifecycle()
        return result

    def _sop_leave_customer(self):
        """What was known about the customer these leads had is not known about the next one."""
        blocked = self.filtered(lambda lead: lead.sop_lifecycle == 'blocked')
        if blocked and not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._(
                "%s: its customer is blocked. Only a manager links it to another one.", blocked[0].display_name))
        as_engine(self).write({'sop_lifecycle': False})

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {'sop_lifecycle', 'sop_lifecycle_change_ids'}

    # ------------------------------------------------------------
    # STATES
    # ------------------------------------------------------------

    @api.model
    def _get_sop_start_domain(self):
        return Domain('sop_process_id', '!=', False) & Domain('sop_legal_basis', '!=', False) & Domain(
            'sop_lifecycle', '=', False)

    @api.model
    def _get_sop_silent_domain(self, company, since):
        main = company == self._get_sop_main_company()
        return Domain('sop_lifecycle', '=', 'intention') & Domain('partner_id', '=', False) & Domain(
            'sop_last_contact_date', '<', since) & Domain(
            'company_id', 'in', [company.id, False] if main else company.ids)

    def _get_sop_customers(self):
        return self.sudo().partner_id.commercial_partner_id

    def _get_sop_lead_by_customer(self):
        return {lead.partner_id.commercial_partner_id.id: lead.id for lead in self.sudo() if lead.partner_id}

    def _sop_update_lifecycle(self):
        """Start the life-cycle where there is a legal basis, and agree with the customers that are known."""
        # sudo: the state of a customer follows from facts, whoever writes them.
        leads = self.sudo()
        linked = leads.filtered('partner_id')
        for (customer, state), group in linked.grouped(
                lambda lead: (lead.partner_id.commercial_partner_id, lead.sop_lifecycle)).items():
            if state and state != customer.sop_lifecycle:
                customer._sop_take_over(state, self.env._(
                    "Known from the opportunity %s.", group[0].display_name), {customer.id: group[0].id})
        leads._sop_start()
        for state, group in linked.grouped(lambda lead: lead.partner_id.commercial_partner_id.sop_lifecycle).items():
            if state:
                as_engine(group.filtered(lambda lead, state=state: lead.sop_lifecycle != state)).write(
                    {'sop_lifecycle': state})

    def _sop_start(self):
        """Potential, or contracted: those with a legal basis whose life-cycle has not begun."""
        ready = self.filtered('sop_legal_basis')
        customers = ready._get_sop_customers().filtered(lambda customer: not customer.sop_lifecycle)
        contracted = customers.browse(customers._sop_is_contracted()) if customers else customers
        lead_by_customer = ready._get_sop_lead_by_customer()
        contracted._sop_move_lifecycle('contracted', self.env._("Has a contract already."), lead_by_customer)
        reason = self.env._("The legal basis of its data is known.")
        (customers - contracted)._sop_move_lifecycle('potential', reason, lead_by_customer)
        ready._sop_move_own('potential', reason)

    def _sop_move_own(self, state, reason):
        """Move those of these leads on that have no customer and may get to ``state`` by themselves."""
        movable = self.sudo().filtered(
            lambda lead: not lead.partner_id and lead.sop_lifecycle in FORWARD[state])
        movable._sop_change_own(state, reason)

    def _sop_change_own(self, state, reason):
        if self:
            self.env['sop.lifecycle.change']._log(self, state, reason)
            as_engine(self).write({'sop_lifecycle': state})

    def _sop_move_lifecycle(self, state, reason):
        """Move the customers of these leads on, as far as the system may."""
        self._get_sop_customers()._sop_move_lifecycle(state, reason, self._get_sop_lead_by_customer())
        self._sop_move_own(state, reason)

    def _sop_doze(self, since):
        """Those of these leads without a customer that asked nothing ``since`` then are dormant."""
        # sudo: requests are facts here.
        asking = self.env['sop.request'].sudo().search(
            [('lead_id', 'in', self.ids), ('received_at', '>=', since)]).lead_id
        (self - asking.with_env(self.env))._sop_move_own(
            'dormant', self.env._("Nothing happened since before %s.", since))

    # ------------------------------------------------------------
    # WHAT HAPPENS WITH A LEAD
    # ------------------------------------------------------------

    def _sop_after_contact(self, logs):
        result = super()._sop_after_contact(logs)
        interested = logs.filtered(
            lambda log: log.state == 'done' and log.outcome == 'interested' and log.interest_evidence
            and log.next_date).lead_id.filtered('sop_process_id')
        if interested:
            interested._sop_move_lifecycle('intention', self.env._("Showed interest in a contact."))
            interested._sop_ask_reactivation()
        return result

    def _sop_ask_reactivation(self):
        """Only a manager brings a lost customer back: tell him that one shows interest again."""
        lost = self.sudo().filtered(lambda lead: lead.sop_lifecycle == 'lost' and lead.sop_manager_id)
        activity_type = self.env.ref(REACTIVATE_TYPE, raise_if_not_found=False)
        if not lost or not activity_type:
            return
        asked = self.env['mail.activity'].sudo().search_fetch([
            ('res_model', '=', self._name), ('res_id', 'in', lost.ids),
            ('activity_type_id', '=', activity_type.id)], ['res_id']).mapped('res_id')
        lost._sop_alert(REACTIVATE_TYPE, [
            (lead, lead.sop_manager_id, '') for lead in lost if lead.id not in asked])

    @api.model
    def _sop_settle(self, moves):
        result = super()._sop_settle(moves)
        lost = self.browse(move.document.id for move in moves if move.outcome == 'lost')
        if lost:
            lost._sop_lose_customers()
        return result

    def _sop_lose_customers(self):
        """A customer whose last opportunity is lost for a reason is lost, unless it has a contract."""
        leads = self.sudo().filtered('lost_reason_id')
        customers = leads._get_sop_customers().filtered(
            lambda customer: customer.sop_lifecycle in FORWARD['lost'])
        if customers:
            running = self.sudo().search([
                ('partner_id.commercial_partner_id', 'in', customers.ids), ('won_status', '=', 'pending'),
                ('id', 'not in', self.ids)])
            customers -= running._get_sop_customers()
            customers -= customers.browse(customers._sop_is_contracted())
        reason = self.env._("Its last opportunity was lost.")
        customers._sop_move_lifecycle('lost', reason, leads._get_sop_lead_by_customer())
        leads._sop_move_own('lost', reason)

    def _check_sop_contactable(self):
        result = super()._check_sop_contactable()
        # sudo: that a customer is blocked holds for everybody.
        for lead in self.sudo():
            customer = lead.partner_id.commercial_partner_id
            if 'blocked' in (customer.sop_lifecycle, lead.sop_lifecycle):
                raise UserError(self.env._(
                    "%s: this customer is blocked, nobody deals with it. Finance and management lift that together.",
                    lead.display_name))
        return result

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        tail = opportunities.sudo()
        as_engine(tail.sop_lifecycle_change_ids).write({'lead_id': self.id})
        for state in ('potential', 'intention'):
            if state in tail.mapped('sop_lifecycle'):
                self._sop_move_own(state, self.env._("Merged with other leads."))
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_set_lifecycle(self, state, reason):
        """A manager puts the customers of these leads into another state, back ones included.

        :param str state: a key of the life-cycle, but blocked: two people decide on that
        :param str reason: why; kept in the history
        """
        self.check_access('write')
        changes = self.env['sop.lifecycle.change']
        alone = self.filtered(lambda lead: not lead.partner_id)
        reason = changes._check_manual(alone, state, reason)
        (self - alone).partner_id.action_sop_set_lifecycle(state, reason)
        alone.sudo()._sop_change_own(state, reason)
        return True

    def action_sop_lifecycle(self):
        """Open the dialog in which the life-cycle is changed."""
        self.ensure_one()
        self.check_access('read')
        if self.partner_id:
            return self.partner_id.action_sop_lifecycle()
        return self.env['sop.lifecycle.dialog']._get_action(lead=self)
