from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine

from ..text_diff import diff_html

DECIDE_TYPE = 'sales_sop_contract_review.mail_activity_type_clause'


class SopClauseApproval(models.Model):
    """Whether a text that is not from the library may stand in a contract (G3).

    It is about one text, is decided by the approver of the clause and never by
    whoever asks or drafted, and lapses when the text changes.
    """

    _name = 'sop.clause.approval'
    _description = "Approval of a Clause"
    _inherit = ['sop.contract.child.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='cascade')
    line_id = fields.Many2one('sop.contract.clause', index='btree_not_null', ondelete='set null')
    clause_id = fields.Many2one('sop.clause', required=True, ondelete='restrict')
    wording_id = fields.Many2one('sop.clause.wording', string="Instead Of", ondelete='restrict')
    company_id = fields.Many2one(related='contract_id.company_id', compute_sudo=True)
    contract_name = fields.Char(string="Contract Name", related='contract_id.display_name', related_sudo=True)
    partner_name = fields.Char(string="Customer", related='contract_id.partner_id.display_name', related_sudo=True)
    text_en = fields.Html(string="English Text")
    text_zh = fields.Html(string="Chinese Text")
    text_hash = fields.Char(required=True)
    diff_en = fields.Html(string="English: Against the Library", compute='_compute_diffs', sanitize=False)
    diff_zh = fields.Html(string="Chinese: Against the Library", compute='_compute_diffs', sanitize=False)
    requester_id = fields.Many2one('res.users', string="Asked By", required=True, index=True, ondelete='restrict')
    reason = fields.Text(required=True)
    approver_ids = fields.Many2many('res.users', string="Asked")
    state = fields.Selection(
        [('waiting', "Waiting"), ('approved', "Approved"), ('refused', "Refused"), ('lapsed', "Lapsed")],
        required=True, default='waiting', index=True)
    decided_by_id = fields.Many2one('res.users', ondelete='restrict')
    decided_date = fields.Datetime(string="Decided On")
    remark = fields.Text()
    is_override = fields.Boolean(
        string="Overridden", help="Approved by an administrator or a manager instead of whoever was asked.")
    can_override = fields.Boolean(compute='_compute_can_decide')
    can_decide = fields.Boolean(compute='_compute_can_decide', search='_search_can_decide')

    _line_uniq = models.UniqueIndex(
        "(line_id) WHERE state = 'waiting'", "An approval of this clause has been asked for already.")

    @api.depends('clause_id', 'contract_id')
    def _compute_display_name(self):
        # sudo: who decides reads what it is about, without the contract itself.
        for approval, own in zip(self, self.sudo(), strict=True):
            approval.display_name = ', '.join(filter(None, (own.clause_id.name, own.contract_id.display_name)))

    @api.depends('text_en', 'text_zh', 'wording_id')
    def _compute_diffs(self):
        for approval in self:
            for lang in ('en', 'zh'):
                name = f'text_{lang}'
                approval[f'diff_{lang}'] = diff_html(approval.wording_id[name], approval[name])

    @api.depends('state', 'approver_ids')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        user = self.env.user
        may_override = user.has_group('base.group_system') or user.has_group('sales_sop.group_sop_manager')
        for approval in self:
            waits = approval.state == 'waiting'
            approval.can_decide = waits and user in approval.approver_ids
            approval.can_override = (
                waits and may_override and not approval.can_decide and user not in approval._get_sop_askers())

    def _get_sop_askers(self):
        """Who never decides on this text: whoever asked for it or drafted the contract."""
        # sudo: who drafted it does not depend on who asks.
        own = self.sudo()
        return (own.requester_id | own.contract_id.drafter_id).sudo(False)

    def _search_can_decide(self, operator, value):
        if operator != 'in':
            return NotImplemented
        mine = Domain('state', '=', 'waiting') & Domain('approver_ids', 'in', [self.env.uid])
        return Domain.OR(mine if wanted else ~mine for wanted in value)

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('approver_ids', 'in', [self.env.uid])

    @api.model
    def _get_sop_server_fields(self):
        own = {name for name, field in self._fields.items() if field._module == 'sales_sop_contract_review'}
        return frozenset(own | super()._get_sop_server_fields())

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_approve(self):
        """Agree to these texts."""
        self._sop_decide('approved')

    def action_refuse(self, reason=None):
        """Refuse these texts, for the reason given."""
        self._sop_decide('refused', self._get_sop_reason(reason, self.env._("say why it is refused")))

    def action_override(self, reason=None):
        """Agree to these texts instead of whoever was asked; administrators and managers, for a reason."""
        self._sop_decide('approved', self._get_sop_reason(reason, self.env._("say why you decide instead")), True)

    def action_reassign(self, user_id=None, reason=None):
        """Ask somebody else instead; whoever was asked does it, or a manager.

        :param int user_id: who: somebody who holds a position
        :param str reason: why
        """
        reason = self._get_sop_reason(reason, self.env._("say why somebody else is asked"))
        self._sop_lock_waiting()
        for approval in self:
            if not (approval.can_decide or approval.can_override):
                raise AccessError(self.env._("%s: somebody else decides on it.", approval.display_name))
            user = approval._get_sop_new_approver(user_id)
            as_engine(approval).approver_ids = [Command.set(user.ids)]
            # sudo: the note is kept with the approval, which nobody writes.
            approval.sudo().message_post(
                body=self.env._("%(user)s is asked instead: %(reason)s", user=user.name, reason=reason))
        self._sop_unschedule(DECIDE_TYPE)
        self._sop_ask()

    def action_open_reassign(self):
        """Choose who is asked instead."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Ask Somebody Else"), 'target': 'new',
            'res_model': 'sop.clause.reassign', 'views': [(False, 'form')],
            'context': {'default_approval_id': self.id}}

    def _get_sop_reason(self, reason, wanted):
        self.check_access('read')
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("%(approval)s: %(wanted)s.", approval=self[:1].display_name, wanted=wanted))
        return reason

    def _get_sop_new_approver(self, user_id):
        users = self._get_sop_candidates()
        user = users.filtered(lambda user: user.id == user_id)
        if not user or user <= self.sudo().approver_ids:
            raise UserError(self.env._(
                "%s: choose somebody else who holds a position and neither asked for it nor drafted the contract.",
                self.display_name))
        return user

    def _get_sop_candidates(self):
        """Who may be asked instead: holders of any position, but not of their own text."""
        # sudo: who holds a position does not depend on who asks.
        company = self.sudo().company_id
        positions = self.env['sop.position'].sudo().search([('company_id', 'in', [company.id, False])])
        holders = positions.user_ids.filtered(lambda user: user.active and company in user.company_ids)
        return holders.sudo(False) - self._get_sop_askers()

    def _sop_decide(self, state, remark=None, override=False):
        self._sop_lock_waiting()
        for approval in self:
            approval._check_sop_can_decide(override)
        as_engine(self).write({
            'state': state, 'decided_by_id': self.env.uid, 'decided_date': fields.Datetime.now(), 'remark': remark,
            'is_override': override})
        self._sop_unschedule(DECIDE_TYPE)
        self._sop_tell()

    def _sop_lock_waiting(self):
        """Nobody else decides on these meanwhile; refuse what is decided."""
        self.check_access('read')
        # sudo: who may decide does not write otherwise.
        self.sudo().lock_for_update()
        if decided := self.filtered(lambda approval: approval.state != 'waiting')[:1]:
            raise UserError(self.env._("%s does not wait for a decision any more.", decided.display_name))

    def _check_sop_can_decide(self, override=False):
        if not (self.can_override if override else self.can_decide):
            raise AccessError(self.env._("%s: somebody else decides on it.", self.display_name))
        # sudo: the text is compared with the one that was asked about.
        if self.sudo().line_id._get_sop_text_hash() != self.text_hash:
            raise UserError(self.env._("%s was changed after you were asked.", self.display_name))

    def _sop_ask(self):
        self._sop_schedule(DECIDE_TYPE, [
            # sudo: whoever handed it on does not read it any more.
            {'record': approval, 'user': user} for approval in self.sudo() for user in approval.approver_ids])

    def _sop_tell(self):
        """Whoever asked hears what came of it."""
        states = dict(self._fields['state']._description_selection(self.env))
        for approval in self:
            # sudo: the note is on a contract that who decides need not read.
            approval.sudo().contract_id.message_post(
                body=self.env._(
                    "%(clause)s: %(state)s by %(user)s. %(remark)s", clause=approval.clause_id.name,
                    state=states[approval.state], user=self.env.user.name, remark=approval.remark or ''),
                partner_ids=approval.requester_id.partner_id.ids)

    def _sop_lapse(self):
        as_engine(self).write({'state': 'lapsed'})
        self._sop_unschedule(DECIDE_TYPE)
