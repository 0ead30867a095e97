from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine

SEAL = 'sales_sop_contract_review.mail_activity_type_seal'
OUT = 'sales_sop_contract_review.mail_activity_type_seal_out'
REFUSED = 'sales_sop_contract_review.mail_activity_type_seal_refused'
BACK = 'sales_sop_contract_review.mail_activity_type_seal_back'
ASKED = frozenset({'contract_id', 'seal_id', 'copies', 'purpose', 'is_out', 'due_back'})
OPEN = ('requested', 'allowed')


class SopSealRequest(models.Model):
    """The request to seal a contract (用印申请), and what the keeper did (§4.8).

    It is refused for exactly what holds signing back. A seal leaves the keeper
    with the general manager's word only, and comes back.
    """

    _name = 'sop.seal.request'
    _description = "Seal Request"
    _inherit = ['sop.child.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'

    _sop_child_of = ('contract_id',)
    _sop_server_fields = frozenset({
        'state', 'requester_id', 'date', 'due_date', 'keeper_ids', 'manager_ids', 'allowed_by_id', 'allowed_date',
        'decided_by_id', 'decided_date', 'refusal', 'returned_date', 'version', 'code', 'is_late'})

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    contract_name = fields.Char(string="Contract to Seal", compute='_compute_contract', compute_sudo=True)
    partner_name = fields.Char(compute='_compute_contract', compute_sudo=True, string="Customer")
    seal_id = fields.Many2one(
        'sop.seal', required=True, index=True, ondelete='restrict',
        domain="[('company_id', 'in', [company_id, False])]")
    copies = fields.Integer(
        compute='_compute_copies', store=True, readonly=False, precompute=True, required=True)
    purpose = fields.Char(required=True, default=lambda self: self.env._("Signing of the contract"))
    is_out = fields.Boolean(string="Taken Out of the House", help="The general manager agrees first.")
    due_back = fields.Date(string="Back On")
    state = fields.Selection(
        [('requested', "Requested"), ('allowed', "May be taken out"), ('sealed', "Sealed"), ('out', "Out"),
         ('returned', "Back"), ('refused', "Refused"), ('cancelled', "Cancelled")],
        required=True, default='requested', readonly=True, index=True, copy=False)
    requester_id = fields.Many2one('res.users', string="Asked By", readonly=True, copy=False, ondelete='restrict')
    date = fields.Datetime(string="Asked On", readonly=True, copy=False)
    due_date = fields.Date(string="Seal By", readonly=True, copy=False)
    version = fields.Integer(readonly=True, copy=False, aggregator=None)
    code = fields.Char(string="Text Code", readonly=True, copy=False, help="Printed at the foot of the contract.")
    keeper_ids = fields.Many2many(
        'res.users', 'sop_seal_request_keeper_rel', string="Keepers", readonly=True, copy=False)
    manager_ids = fields.Many2many(
        'res.users', 'sop_seal_request_manager_rel', string="Decides on Taking It Out", readonly=True, copy=False)
    allowed_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    allowed_date = fields.Datetime(string="Allowed On", readonly=True, copy=False)
    decided_by_id = fields.Many2one('res.users', string="Keeper", readonly=True, copy=False, ondelete='restrict')
    decided_date = fields.Datetime(string="Sealed On", readonly=True, copy=False)
    returned_date = fields.Datetime(string="Returned On", readonly=True, copy=False)
    refusal = fields.Char(string="Reason", readonly=True, copy=False)
    is_late = fields.Boolean(readonly=True, copy=False)
    log_ids = fields.One2many('sop.seal.log', 'request_id', string="Seal Log", readonly=True)
    is_keeper = fields.Boolean(compute='_compute_is_keeper')
    may_allow = fields.Boolean(compute='_compute_is_keeper')

    _copies_check = models.Constraint('CHECK (copies > 0)', "Enter how many copies are sealed.")
    _out_uniq = models.UniqueIndex("(seal_id, company_id) WHERE state = 'out'", "The seal is out already.")

    @api.depends('contract_id', 'seal_id')
    def _compute_display_name(self):
        for request in self:
            request.display_name = ', '.join(filter(None, (request.seal_id.name, request.contract_name)))

    @api.depends('contract_id')
    def _compute_copies(self):
        for request in self:
            request.copies = request.contract_id.original_count

    @api.depends('contract_id.name', 'contract_id.title', 'contract_id.partner_id')
    def _compute_contract(self):
        for request in self:
            request.contract_name = request.contract_id.display_name
            request.partner_name = request.contract_id.partner_id.display_name

    @api.depends('keeper_ids', 'manager_ids', 'state', 'is_out')
    @api.depends_context('uid')
    def _compute_is_keeper(self):
        for request in self:
            request.is_keeper = self.env.user in request.keeper_ids
            request.may_allow = request._waits_for_manager() and self.env.user in request.manager_ids

    @api.model
    def _get_sop_invited_domain(self):
        me = [self.env.uid]
        return super()._get_sop_invited_domain() | Domain('keeper_ids', 'in', me) | Domain('manager_ids', 'in', me)

    def _waits_for_manager(self):
        return self.is_out and self.state == 'requested'

    def _is_sealed(self):
        """Whether the contract has its seal by this request."""
        return self.state in ('sealed', 'returned') and self.seal_id.kind != 'page'

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('is_out', 'due_back')
    def _check_due_back(self):
        for request in self:
            if request.is_out and not request.due_back:
                raise ValidationError(self.env._(
                    "%s: say when the seal is back.", request.display_name))

    @api.constrains('seal_id', 'contract_id')
    def _check_seal_company(self):
        for request in self.sudo():
            if request.seal_id.company_id and request.seal_id.company_id != request.contract_id.company_id:
                raise ValidationError(self.env._(
                    "%(seal)s is not a seal of %(company)s.",
                    seal=request.seal_id.name, company=request.contract_id.company_id.name))

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        for request in requests:
            request._check_contract()
            as_engine(request).write(request._prepare_request())
        requests._ask()
        return requests

    def write(self, vals):
        if vals.keys() & ASKED and any(request.state != 'requested' or request.decided_by_id for request in self):
            raise UserError(self.env._(
                "%s is decided. Make a new request.", self[:1].display_name))
        if 'contract_id' in vals or 'seal_id' in vals:
            raise UserError(self.env._("%s: cancel it and make a new request.", self[:1].display_name))
        if 'is_out' in vals and any(request.allowed_by_id for request in self):
            raise UserError(self.env._("%s is allowed already.", self[:1].display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked(self):
        raise UserError(self.env._("%s is kept. Cancel it instead.", self[:1].display_name))

    def _check_contract(self):
        """Refuse for exactly what holds signing back."""
        # sudo: the rule holds for keepers, who do not read the contract.
        contract = self.sudo().contract_id
        if contract.state not in ('approved', 'approved_cond', 'signing'):
            raise UserError(self.env._(
                "%s is not waiting for its seal. Only approved contracts are sealed.", contract.display_name))
        contract._choose_signatory()
        contract._check_sop_obstacles(contract._get_sop_signing_obstacles())

    def _prepare_request(self):
        # sudo: what is sealed, by whom and until when is the same for everybody.
        request, now = self.sudo(), fields.Datetime.now()
        company = request.contract_id.company_id
        managers = self.env['sop.position']._get_sop_holders(['gm'], company, self.env.user)
        return {
            'state': 'requested', 'requester_id': self.env.uid, 'date': now,
            'due_date': company._sop_add_workdays(now, company.sop_seal_days),
            'version': request.contract_id.version, 'code': request.contract_id._get_sop_fingerprint_code(),
            'keeper_ids': request.seal_id._get_keepers(company).ids,
            'manager_ids': managers.ids if request.is_out else [],
        }

    def _ask(self):
        outside = self.filtered('is_out')
        self._sop_schedule(OUT, [
            {'record': request, 'user': user} for request in outside for user in request.sudo().manager_ids])
        (self - outside)._ask_keepers()

    def _ask_keepers(self):
        self._sop_schedule(SEAL, [
            {'record': request, 'user': user, 'date': request.due_date}
            for request in self for user in request.sudo().keeper_ids])

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_allow(self):
        """The general manager agrees that the seal leaves the house."""
        self.check_access('read')
        self._lock()
        for request in self:
            if not request._waits_for_manager():
                raise UserError(self.env._("%s: there is nothing to allow.", request.display_name))
            request._check_manager()
            as_engine(request).write({
                'state': 'allowed', 'allowed_by_id': self.env.uid, 'allowed_date': fields.Datetime.now()})
        self._sop_unschedule(OUT)
        self._ask_keepers()
        return True

    def action_seal(self):
        """The keeper has sealed the copies in the house."""
        self._keep('sealed')
        return True

    def action_hand_out(self):
        """The keeper has handed the seal over to be taken out."""
        self._keep('out')
        self._sop_schedule(BACK, [
            {'record': request, 'user': request.sudo().requester_id, 'date': request.due_back} for request in self])
        return True

    def action_return(self):
        """The keeper has the seal back."""
        self.check_access('read')
        self._lock()
        for request in self:
            request._check_keeper()
            if request.state != 'out':
                raise UserError(self.env._("%s: the seal is not out.", request.display_name))
            as_engine(request).write({'state': 'returned', 'returned_date': fields.Datetime.now()})
            request._log('returned')
        self._sop_unschedule(BACK)
        return True

    def action_refuse(self, reason):
        """The keeper, or the general manager, does not agree; ``reason`` is kept."""
        self.check_access('read')
        # sudo: a keeper does not read the contract.
        reason = self.env['sop.contract']._get_sop_reason(reason)
        self._lock()
        for request in self:
            request._check_open()
            if not request.may_allow:
                request._check_keeper()
            as_engine(request).write({
                'state': 'refused', 'refusal': reason, 'decided_by_id': self.env.uid,
                'decided_date': fields.Datetime.now()})
            request._tell_refusal(reason)
        self._sop_unschedule(SEAL, OUT)
        return True

    def action_cancel(self):
        """Whoever works on the contract does not need the seal any more."""
        self.check_access('write')
        self._lock()
        for request in self:
            request._check_open()
        self._cancel_open()
        return True

    def _cancel_open(self):
        open_requests = self.filtered(lambda request: request.state in OPEN)
        as_engine(open_requests).write({'state': 'cancelled'})
        open_requests._sop_unschedule(SEAL, OUT)

    def _keep(self, state):
        """What the keeper does, once the contract may still be sealed."""
        self.check_access('read')
        self._lock()
        for request in self:
            request._check_open()
            request._check_keeper()
            request._check_way(state)
            request._check_contract()
            as_engine(request).write({
                'state': state, 'decided_by_id': self.env.uid, 'decided_date': fields.Datetime.now(),
                **request._prepare_text()})
            request._log(state)
        self._sop_unschedule(SEAL)

    def _check_way(self, state):
        if state == 'out' and self.state != 'allowed':
            raise UserError(self.env._(
                "%s: the general manager has not agreed that the seal leaves the house.", self.display_name))
        if state == 'sealed' and self.is_out:
            raise UserError(self.env._(
                "%s: the seal is to be taken out. Hand it out, or ask for a request in the house.", self.display_name))
        if self.sudo().search_count([('seal_id', '=', self.seal_id.id), ('state', '=', 'out'),
                                     ('company_id', '=', self.company_id.id)], limit=1):
            raise UserError(self.env._("%s: the seal is out. Have it returned first.", self.display_name))

    def _prepare_text(self):
        """Which text was sealed: it may have been printed anew since it was asked for."""
        contract = self.sudo().contract_id
        return {'version': contract.version, 'code': contract._get_sop_fingerprint_code()}

    def _log(self, act):
        # sudo: the number of the contract is in the log, whoever keeps the seal.
        request = self.sudo()
        as_engine(self.env['sop.seal.log']).create({
            'seal_id': request.seal_id.id, 'request_id': self.id, 'company_id': request.company_id.id, 'act': act,
            'user_id': self.env.uid, 'holder_id': request.requester_id.id if request.is_out else False,
            'contract': request.contract_id.display_name, 'version': request.version, 'code': request.code,
            'copies': request.copies})

    def _tell_refusal(self, reason):
        # sudo: whoever asked is told on the request he made.
        own = self.sudo()
        own._message_log(body=reason, author_id=self.env.user.partner_id.id)
        self._sop_schedule(REFUSED, [{'record': self, 'user': own.requester_id, 'summary': reason}])

    def _check_open(self):
        if self.state not in OPEN:
            state = dict(self._fields['state']._description_selection(self.env))[self.state]
            raise UserError(self.env._(
                "%(request)s is decided already: %(state)s.", request=self.display_name, state=state.lower()))

    def _check_keeper(self):
        if self.env.user not in self.sudo().keeper_ids:
            raise AccessError(self.env._(
                "%(request)s: only who keeps the seal does this: %(keepers)s.", request=self.display_name,
                keepers=', '.join(self.sudo().keeper_ids.mapped('name'))))

    def _check_manager(self):
        if self.env.user not in self.sudo().manager_ids:
            raise AccessError(self.env._(
                "%s: the general manager decides whether the seal leaves the house, and never who asked.",
                self.display_name))

    def _lock(self):
        """Wait for whoever decides at the same time: the second one sees the first decision."""
        if self:
            self.flush_recordset()
            self.env.cr.execute(
                'SELECT 1 FROM sop_seal_request WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE', [self.ids])
            self.invalidate_recordset(['state'])

    @api.model
    def _remind_out(self):
        """Tell whoever has the seal, and its keepers, once that it should be back."""
        late = self.search([
            ('state', '=', 'out'), ('due_back', '<', fields.Date.today()), ('is_late', '=', False)], limit=1000)
        self._sop_schedule(BACK, [
            {'record': request, 'user': user, 'summary': self.env._("The seal is not back")}
            for request in late for user in request.keeper_ids])
        as_engine(late).write({'is_late': True})
