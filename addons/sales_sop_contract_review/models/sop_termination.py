from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import TERMINATION_KINDS

DECIDE = 'sales_sop_contract_review.mail_activity_type_termination'
TELL = 'sales_sop_contract_review.mail_activity_type_terminated'
# Who agrees, by the prefix of the fields that keep it (S5.9)
ROLES = ('leg', 'fin')
ASKED = frozenset({'contract_id', 'kind', 'reason', 'settlement', 'stock_result', 'agreement_ids'})


class SopTermination(models.Model):
    """The wish to end a contract before it is carried out: asked by sales, agreed by legal and finance (S5.9)."""

    _name = 'sop.termination'
    _description = "Termination of a Contract"
    _inherit = ['sop.contract.child.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'
    _rec_name = 'contract_name'

    _sop_server_fields = frozenset({'state', 'requester_id', 'date', 'decided_date', 'decider_ids', *(
        f'{role}_{name}' for role in ROLES for name in ('user_id', 'date', 'remark', 'state'))})

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='restrict')
    contract_name = fields.Char(related='contract_id.name', string="Number", related_sudo=True)
    title = fields.Char(related='contract_id.title', related_sudo=True)
    partner_name = fields.Char(related='contract_id.partner_id.name', string="Customer", related_sudo=True)
    company_id = fields.Many2one(related='contract_id.company_id', related_sudo=True, store=True)
    currency_id = fields.Many2one(related='contract_id.currency_id', related_sudo=True)
    kind = fields.Selection(TERMINATION_KINDS, string="How", required=True, default='mutual')
    reason = fields.Text(required=True)
    settlement = fields.Monetary(help="What is still paid; negative: what we pay.")
    stock_result = fields.Text(
        string="Stock and Work in Progress", help="What becomes of what was bought, made or delivered.")
    agreement_ids = fields.Many2many(
        'ir.attachment', 'sop_termination_agreement_rel',
        help="The agreement of both sides; for a one-sided termination, the notice to the customer.")
    state = fields.Selection(
        [('waiting', "Waiting for agreement"), ('agreed', "Agreed"), ('refused', "Refused"),
         ('withdrawn', "Withdrawn")], required=True, default='waiting', readonly=True, index=True, copy=False)
    requester_id = fields.Many2one('res.users', string="Asked By", readonly=True, ondelete='restrict', copy=False)
    date = fields.Datetime(string="Asked On", readonly=True, copy=False)
    decided_date = fields.Datetime(string="Decided On", readonly=True, copy=False)
    leg_state = fields.Selection(
        [('agreed', "Agreed"), ('refused', "Refused")], string="Legal", readonly=True, copy=False)
    leg_user_id = fields.Many2one('res.users', string="For Legal", readonly=True, ondelete='restrict', copy=False)
    leg_date = fields.Datetime(string="Legal On", readonly=True, copy=False)
    leg_remark = fields.Text(string="Remark of Legal", readonly=True, copy=False)
    fin_state = fields.Selection(
        [('agreed', "Agreed"), ('refused', "Refused")], string="Finance", readonly=True, copy=False)
    fin_user_id = fields.Many2one('res.users', string="For Finance", readonly=True, ondelete='restrict', copy=False)
    fin_date = fields.Datetime(string="Finance On", readonly=True, copy=False)
    fin_remark = fields.Text(string="Remark of Finance", readonly=True, copy=False)
    decider_ids = fields.Many2many('res.users', string="Asked", readonly=True, copy=False)
    can_decide = fields.Boolean(compute='_compute_can_decide')
    can_withdraw = fields.Boolean(compute='_compute_can_decide')

    _waiting_uniq = models.UniqueIndex(
        "(contract_id) WHERE state = 'waiting'", "The termination of this contract has been asked for already.")

    @api.depends('state', 'leg_state', 'fin_state')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        for termination in self:
            waiting = termination.state == 'waiting'
            termination.can_decide = waiting and bool(termination._get_roles_of_user())
            termination.can_withdraw = waiting and termination.sudo().requester_id == self.env.user

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('decider_ids', 'in', [self.env.uid])

    # ------------------------------------------------------------
    # ASKING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if is_engine(self.env):
            return super().create(vals_list)
        self.check_access('create')
        for vals in vals_list:
            self._check_sop_guarded({
                name: value for name, value in vals.items() if value and (name, value) != ('state', 'waiting')})
        self._check_sop_parent_values(vals_list)
        engine = as_engine(self, mail_create_nosubscribe=True, mail_create_nolog=True)
        terminations = super(SopTermination, engine).create([
            {
                **{name: value for name, value in vals.items() if name in ASKED},
                'requester_id': self.env.uid, 'date': fields.Datetime.now(),
            } for vals in vals_list])
        for termination in terminations:
            termination._sop_ask()
        return terminations.with_env(self.env)

    def write(self, vals):
        if ASKED.intersection(vals) and not is_engine(self.env):
            raise UserError(self.env._(
                "%s: what was asked for is not changed. Withdraw it and ask again.", self[:1].display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_engine(self):
        raise UserError(self.env._("%s is kept. Withdraw it if it is not needed.", self[:1].display_name))

    @api.constrains('reason', 'stock_result')
    def _check_texts(self):
        for termination in self:
            if not (termination.reason or '').strip():
                raise ValidationError(self.env._("Termination: give the reason."))

    def _sop_ask(self):
        contract = self.contract_id
        contract._check_sop_terminable()
        if self.env.user not in self._get_sop_requesters():
            raise AccessError(self.env._(
                "%(contract)s: its termination is asked for by the sales manager: %(users)s.",
                contract=contract.display_name, users=', '.join(self._get_sop_requesters().mapped('name'))))
        if self.kind != 'unilateral' and not self.agreement_ids:
            raise UserError(self.env._(
                "%s: attach the agreement of both sides, or choose a one-sided termination.", contract.display_name))
        deciders = {role: self._get_sop_deciders(role) for role in ROLES}
        self.decider_ids = [Command.set([user.id for users in deciders.values() for user in users])]
        for file in self.agreement_ids:
            self._adopt_file(file)
        self._sop_schedule(DECIDE, [{'record': self, 'user': user} for user in self.decider_ids])

    def _adopt_file(self, file):
        """The agreement belongs to the termination: whoever reads it reads the file."""
        if file.create_uid != self.env.user or file.res_id and file.res_model != self._name:
            raise UserError(self.env._("%s belongs to something else. Upload the agreement here.", file.name))
        file.write({'res_model': self._name, 'res_id': self.id})

    def _get_sop_requesters(self):
        return self.env['sop.position']._get_sop_holders(['sm', 'director', 'gm'], self.contract_id.company_id)

    def _get_sop_deciders(self, role):
        """Who decides for legal or for finance: never whoever asked."""
        company = self.contract_id.company_id
        deciders = self.env['sop.position']._get_sop_holders([role], company, but=self.requester_id)
        if role == 'leg' and self.kind == 'unilateral':
            # Nobody stands in for legal when the customer does not agree.
            position = self.env['sop.position'].sudo().search(
                [('code', '=', 'leg'), ('company_id', 'in', [company.id, False])], order='company_id NULLS LAST')
            deciders &= position[:1].user_ids
        if not deciders:
            raise UserError(self.env._(
                "%(contract)s: nobody may agree to it for %(role)s. Ask the administrator to fill the position.",
                contract=self.contract_id.display_name,
                role=self._fields[f'{role}_state']._description_string(self.env)))
        return deciders

    def action_withdraw(self):
        """The contract goes on."""
        self.check_access('read')
        self._sop_lock()
        for termination in self.sudo():
            if termination.requester_id != self.env.user:
                raise AccessError(self.env._(
                    "%s: only the one who asked withdraws it.", termination.display_name))
            termination._check_waiting()
        self._sop_close('withdrawn')
        return True

    # ------------------------------------------------------------
    # DECIDING
    # ------------------------------------------------------------

    def action_agree(self, remark=False):
        """Agree for the departments the user stands for; when both have agreed, the contract ends."""
        return self._sop_decide('agreed', remark)

    def action_refuse(self, reason):
        """Do not agree: the contract goes on.

        :param str reason: why; whoever asked reads it
        """
        return self._sop_decide('refused', reason)

    def _sop_decide(self, state, remark):
        self.check_access('read')
        remark = remark.strip() if isinstance(remark, str) else ''
        self._sop_lock()
        for termination in self:
            termination.sudo()._check_waiting()
            roles = termination._get_roles_of_user()
            if not roles:
                raise AccessError(self.env._(
                    "%(termination)s is decided by: %(users)s.", termination=termination.display_name,
                    users=', '.join(termination.sudo().decider_ids.mapped('name'))))
            if state == 'refused' and not remark:
                raise UserError(self.env._("%s: say why.", termination.display_name))
            as_engine(termination).write(termination._prepare_decision(roles, state, remark))
            as_engine(termination)._sop_after_decision()
        return True

    def _get_roles_of_user(self):
        """The departments without an answer for which the user decides."""
        # sudo: who decides does not depend on who asks.
        own, user = self.sudo(), self.env.user
        if user == own.requester_id or user not in own.decider_ids:
            return []
        return [role for role in ROLES if not own[f'{role}_state'] and user in own._get_sop_deciders(role)]

    def _prepare_decision(self, roles, state, remark):
        now = fields.Datetime.now()
        return {
            f'{role}_{name}': value for role in roles
            for name, value in (('state', state), ('user_id', self.env.uid), ('date', now), ('remark', remark))}

    def _check_waiting(self):
        if self.state != 'waiting':
            raise UserError(self.env._("%s has been decided already.", self.display_name))

    def _sop_lock(self):
        """Whoever comes second waits for the first, and sees what he decided."""
        self.env.flush_all()
        self.env.execute_query(SQL(
            "SELECT id FROM sop_termination WHERE id = ANY(%s) ORDER BY id FOR UPDATE", self.ids))
        self.invalidate_recordset()

    def _sop_after_decision(self):
        states = [self[f'{role}_state'] for role in ROLES]
        if 'refused' in states:
            self._sop_close('refused')
        elif all(states):
            self._sop_close('agreed')
            self.contract_id._sop_terminate(self)
        else:
            done = self.decider_ids.filtered(lambda user: not self.with_user(user)._get_roles_of_user())
            for user in done:
                self.activity_unlink([DECIDE], user_id=user.id)

    def _sop_close(self, state):
        as_engine(self).write({'state': state, 'decided_date': fields.Datetime.now()})
        self._sop_unschedule(DECIDE)
        for termination in self.sudo():
            if state in ('agreed', 'refused'):
                termination._sop_tell()

    def _sop_tell(self):
        user = self.requester_id
        told = self.with_context(lang=user.lang)
        label = dict(told._fields['state']._description_selection(told.env))[self.state]
        told.message_notify(
            partner_ids=user.partner_id.ids, author_id=self.env.user.partner_id.id,
            subject=told.env._("Termination: %s", label),
            body=told.env._("%(contract)s: %(state)s.", contract=told.contract_id.display_name, state=label))
