from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine import as_engine
from ..values import LIFECYCLE

# From which states the system moves a customer on by itself (§3.4)
FORWARD = {
    'potential': (False,),
    'intention': (False, 'potential', 'dormant'),
    'contracted': (False, 'potential', 'intention', 'dormant'),
    'dormant': ('intention', 'contracted'),
    'lost': ('potential', 'intention', 'dormant'),
}
ROLES = {
    'finance': 'account.group_account_invoice',
    'management': 'sales_sop.group_sop_manager',
}
BLOCK_TYPE = 'sales_sop.mail_activity_type_sop_block'
# So many people of the other role are told of a proposal.
TOLD_LIMIT = 5


class SopLifecycleChange(models.Model):
    """How customers came from one state to the next, and what two people still have to agree on."""

    _name = 'sop.lifecycle.change'
    _description = "Life-cycle Change"
    _inherit = ['sop.ledger.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'to_state'

    partner_id = fields.Many2one('res.partner', string="Customer", index='btree_not_null', ondelete='cascade')
    lead_id = fields.Many2one('crm.lead', string="Opportunity", index='btree_not_null', ondelete='cascade')
    company_id = fields.Many2one('res.company', index='btree_not_null')
    from_state = fields.Selection(LIFECYCLE, string="From")
    to_state = fields.Selection(LIFECYCLE, string="To", required=True)
    date = fields.Datetime(required=True)
    user_id = fields.Many2one('res.users', string="By", help="Empty: the system, by its rules.")
    reason = fields.Text()
    state = fields.Selection(
        [('done', "Done"), ('proposed', "Proposed"), ('refused', "Refused")], required=True, default='done',
        index=True)
    proposed_date = fields.Datetime(string="Proposed On")
    decided_by_id = fields.Many2one('res.users', string="Second Person")
    decision_reason = fields.Text()
    is_first = fields.Boolean(string="First Time", help="The customer had never been in this state before.")
    potential_count = fields.Integer(string="New Potential Customers", compute='_compute_figures', aggregator='sum')
    intention_count = fields.Integer(string="New Intention Customers", compute='_compute_figures', aggregator='sum')
    conversion = fields.Float(
        string="Conversion (%)", compute='_compute_figures', aggregator='avg',
        help="Customers that became intention customers for the first time, of those that became potential ones.")

    _one_proposal = models.UniqueIndex(
        "(partner_id) WHERE state = 'proposed'", "Something is proposed for this customer already. Decide on it first.")

    @api.model
    def _get_sop_document_fields(self):
        return ['lead_id', 'partner_id']

    @api.depends('is_first', 'to_state', 'state')
    def _compute_figures(self):
        for change in self:
            first = change.is_first and change.state == 'done' and change.to_state
            change.potential_count = first == 'potential'
            change.intention_count = first == 'intention'
            change.conversion = 100 * change.intention_count

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec not in ('conversion:avg', 'potential_count:sum', 'intention_count:sum'):
            return super()._read_group_select(aggregate_spec, query)
        to_state, is_first, state = (
            self._field_to_sql(self._table, name, query) for name in ('to_state', 'is_first', 'state'))
        first = SQL("%s AND %s = 'done' AND %s", is_first, state, to_state)
        potential = SQL("COUNT(*) FILTER (WHERE %s = 'potential')", first)
        intention = SQL("COUNT(*) FILTER (WHERE %s = 'intention')", first)
        return {
            'potential_count:sum': potential,
            'intention_count:sum': intention,
            'conversion:avg': SQL("100.0 * %s / NULLIF(%s, 0)", intention, potential),
        }[aggregate_spec]

    @api.model
    def _log(self, records, to_state, reason, lead_by_partner=None):
        """One row for each of these customers, or leads without one, before its state is changed."""
        name = 'partner_id' if records._name == 'res.partner' else 'lead_id'
        now = fields.Datetime.now()
        # sudo: whether it is the first time does not depend on who sees the history.
        known = dict(self.sudo()._read_group(
            [(name, 'in', records.ids), ('to_state', '=', to_state), ('state', '=', 'done')], [name], ['__count']))
        user = self.env.user.filtered(lambda user: not user._is_superuser())
        return as_engine(self).create([{
            name: record.id,
            **({'lead_id': lead_by_partner[record.id]} if record.id in (lead_by_partner or {}) else {}),
            'company_id': self._get_company(record).id,
            'from_state': record.sop_lifecycle,
            'to_state': to_state,
            'date': now,
            'user_id': user.id,
            'reason': reason,
            'is_first': record.sudo() not in known,
        } for record in records])

    @api.model
    def _get_company(self, record):
        return record.company_id if record._name == 'res.partner' else record._get_sop_company()

    # ------------------------------------------------------------
    # WHAT TWO PEOPLE DECIDE
    # ------------------------------------------------------------

    @api.model
    def _get_roles(self, user):
        """The roles in which ``user`` decides on blocking; the system is nobody."""
        if user._is_superuser() or not user._is_internal():
            return set()
        return {role for role, group in ROLES.items() if user.has_group(group)}

    def _get_decision_error(self):
        """Why the user may not be the second person, or an empty string."""
        self.ensure_one()
        if self.state != 'proposed':
            return self.env._("this is decided already.")
        if self.user_id == self.env.user:
            return self.env._("who proposed it cannot agree to it. A second person does.")
        first, second = self._get_roles(self.user_id), self._get_roles(self.env.user)
        if not any(one != other for one in first for other in second):
            return self.env._("finance and management agree on it together: ask a person of the other role.")
        return ''

    def _decide(self, state, reason=''):
        self.ensure_one()
        error = self._get_decision_error()
        if error and not (state == 'refused' and self.state == 'proposed' and self.user_id == self.env.user):
            raise AccessError(self.env._(
                "%(customer)s: %(error)s", customer=self.sudo().partner_id.display_name, error=error))
        change = as_engine(self)
        change.write({
            'state': state, 'decided_by_id': self.env.uid, 'decision_reason': reason,
            'date': fields.Datetime.now()})
        change.partner_id.activity_unlink([BLOCK_TYPE])
        if state == 'done':
            change.partner_id._sop_write_lifecycle(change.to_state)

    def _tell_others(self):
        """Ask the people of the other role to decide."""
        self.ensure_one()
        partner = as_engine(self.sudo().partner_id)
        wanted = set(ROLES) - self._get_roles(self.user_id) or set(ROLES)
        users = self.env['res.users']
        for role in sorted(wanted):
            group = self.env.ref(ROLES[role]).sudo()
            users |= group.all_user_ids.filtered(
                lambda user: user != self.user_id and user.active and self._get_roles(user)
                and partner.with_user(user).has_access('read'))
        for user in users[:TOLD_LIMIT]:
            partner.with_context(lang=user.lang, tz=user.tz).activity_schedule(BLOCK_TYPE, user_id=user.id)

    @api.model
    def _check_manual(self, records, state, reason):
        """Refuse what one manager may not do to the state of these customers or leads. Returns the reason."""
        name = records[:1].display_name or self._description
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("%s: only a sales manager changes the life-cycle of a customer.", name))
        if state not in [key for key, __ in LIFECYCLE]:
            raise UserError(self.env._("%s is no state of the life-cycle.", state))
        if state == 'blocked' or 'blocked' in records.sudo().mapped('sop_lifecycle'):
            raise UserError(self.env._(
                "%s: finance and management block a customer, and lift it, together. Propose it; a person of the "
                "other role agrees.", name))
        return self._check_reason(reason, records[:1])

    @api.model
    def _check_reason(self, reason, record):
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("%s: give the reason.", record.display_name or self._description))
        return reason
