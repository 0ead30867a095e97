from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.sales_sop.engine import as_engine

from ..values import DUE_POINTS, PASSED

OPEN = ('open', 'done')
# Rounds whose conditions can be worked on
RUNNING = ('in_review', *PASSED)
DO_TYPE = 'sales_sop_contract_review.mail_activity_type_condition'
VERIFY_TYPE = 'sales_sop_contract_review.mail_activity_type_condition_verify'
LATE_TYPE = 'sales_sop_contract_review.mail_activity_type_condition_late'
TYPES = (DO_TYPE, VERIFY_TYPE, LATE_TYPE)
# Working days for a condition whose day nobody named
DAYS = 5


class SopReviewCondition(models.Model):
    """An obligation attached to a pass with conditions (§4.5).

    Its owner does it, the department that asked for it verifies it, and until
    then its due point is a closed gate. Only the final approver lets it go.
    """

    _name = 'sop.review.condition'
    _description = "Condition of a Review"
    _inherit = ['sop.review.child.mixin', 'sop.engine.mixin', 'sop.internal.thread.mixin']
    _order = 'due_date, id'

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', index='btree_not_null', ondelete='cascade')
    item_id = fields.Many2one('sop.review.item', string="Check Item", ondelete='restrict')
    name = fields.Char(string="Condition", required=True)
    owner_id = fields.Many2one('res.users', required=True, index=True, ondelete='restrict')
    due_point = fields.Selection(DUE_POINTS, required=True)
    due_date = fields.Date(index=True)
    state = fields.Selection(
        [('open', "Open"), ('done', "Done"), ('verified', "Verified"), ('waived', "Waived")],
        required=True, default='open', index=True)
    evidence = fields.Text(help="What shows that it is done.")
    evidence_ids = fields.Many2many(
        'ir.attachment', 'sop_review_condition_evidence_rel', string="Files", bypass_search_access=True)
    done_by_id = fields.Many2one('res.users', ondelete='restrict')
    done_date = fields.Datetime(string="Done On")
    verified_by_id = fields.Many2one('res.users', ondelete='restrict')
    verified_date = fields.Datetime(string="Verified On")
    reopen_reason = fields.Text(string="Why It Is Open Again")
    waived_by_id = fields.Many2one('res.users', ondelete='restrict')
    waived_date = fields.Datetime(string="Waived On")
    waive_reason = fields.Text(string="Why It Is Waived")
    reminded_date = fields.Datetime()
    subject_name = fields.Char(string="Order or Contract", compute='_compute_subject', compute_sudo=True)
    partner_name = fields.Char(string="Customer", compute='_compute_subject', compute_sudo=True)
    review_name = fields.Char(related='review_id.name', string="Review Number")
    department_id = fields.Many2one(related='opinion_id.department_id', string="Asked By")
    company_id = fields.Many2one(related='review_id.company_id')
    is_mine = fields.Boolean(compute='_compute_can', search='_search_is_mine')
    can_do = fields.Boolean(compute='_compute_can')
    can_verify = fields.Boolean(compute='_compute_can', search='_search_can_verify')
    can_waive = fields.Boolean(compute='_compute_can')
    is_late = fields.Boolean(compute='_compute_is_late', search='_search_is_late')

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('review_id')
    def _compute_subject(self):
        for condition in self:
            subject = condition.review_id._get_sop_subject() if condition.review_id else self.env['sop.contract']
            condition.subject_name = subject.display_name
            condition.partner_name = subject.partner_id.display_name

    @api.depends('state', 'owner_id', 'opinion_id.reviewer_ids', 'review_id.state')
    @api.depends_context('uid')
    def _compute_can(self):
        voices = self._get_sop_voices()
        # sudo: who may act is written on a review the owner may not read.
        for condition, own in zip(self, self.sudo(), strict=True):
            runs = own.review_id.state in RUNNING
            condition.is_mine = own.owner_id in voices
            condition.can_do = runs and own.state == 'open' and condition.is_mine
            condition.can_verify = runs and own.state == 'done' and not own._get_sop_verify_error(self.env.user, voices)
            condition.can_waive = runs and own.state in OPEN and not own._get_sop_waive_error(self.env.user, voices)

    def _search_is_mine(self, operator, value):
        if operator != 'in':
            return NotImplemented
        mine = Domain('owner_id', 'in', self._get_sop_voices().ids)
        return Domain.OR(mine if wanted else ~mine for wanted in value)

    def _search_can_verify(self, operator, value):
        if operator != 'in':
            return NotImplemented
        uid = self.env.uid
        mine = Domain([
            ('state', '=', 'done'), ('owner_id', '!=', uid), ('done_by_id', '!=', uid),
            ('id', 'in', self._get_sop_asked_by(self._get_sop_voices())),
            ('review_id.state', 'in', RUNNING), ('review_id.author_ids', 'not in', [uid])])
        return Domain.OR(mine if wanted else ~mine for wanted in value)

    @api.model
    def _get_sop_asked_by(self, users):
        # sudo: what was asked of whom, looked up for the users themselves.
        return self.sudo().search([('state', '=', 'done'), ('opinion_id.reviewer_ids', 'in', users.ids)]).ids

    @api.depends('due_date', 'state')
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for condition in self:
            condition.is_late = bool(
                condition.state in OPEN and condition.due_date and condition.due_date < today)

    def _search_is_late(self, operator, value):
        if operator != 'in':
            return NotImplemented
        late = Domain([('state', 'in', OPEN), ('due_date', '<', fields.Date.context_today(self))])
        return Domain.OR(late if wanted else ~late for wanted in value)

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('owner_id', 'in', self._get_sop_voices().ids)

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('name', 'owner_id', 'opinion_id')
    def _check_owner(self):
        for condition in self:
            owner = condition.owner_id
            if not (condition.name or '').strip():
                raise ValidationError(self.env._("Condition: say what is to be done."))
            if owner.share or not owner.active or condition.company_id not in owner.company_ids:
                raise ValidationError(self.env._(
                    "%(condition)s: %(owner)s does not work in %(company)s. Choose another owner.",
                    condition=condition.name, owner=owner.name, company=condition.company_id.name))
            if condition.opinion_id and not condition._get_sop_verifiers():
                raise ValidationError(self.env._(
                    "%(condition)s: nobody but %(owner)s could verify it. Choose another owner.",
                    condition=condition.name, owner=owner.name))

    @api.model_create_multi
    def create(self, vals_list):
        conditions = super().create(vals_list)
        now = fields.Datetime.now()
        for company, undated in conditions.filtered(lambda own: not own.due_date).grouped('company_id').items():
            as_engine(undated).write({'due_date': company._sop_add_workdays(now, DAYS)})
        return conditions

    def _get_sop_verifiers(self):
        """Who may say that it is done: the department that asked, else the final approver; never its owner."""
        self.ensure_one()
        # sudo: who was asked is written on opinions the owner may not read.
        own = self.sudo()
        for opinions in (own.opinion_id, own._get_sop_final_opinions()):
            users = opinions.reviewer_ids | opinions.decided_by_id
            if others := users.filtered(lambda user: user.active and user != own.owner_id):
                return others.sudo(False)
        return self.env['res.users']

    def _get_sop_final_opinions(self):
        return self.review_id.opinion_ids.filtered('is_final')

    def _get_sop_verify_error(self, user, voices):
        """Why ``user`` cannot verify this, or an empty string."""
        if user in (self.owner_id, self.done_by_id):
            return self.env._("%s: whoever does it does not verify it himself.", self.name)
        if user in self.review_id.author_ids:
            return self._get_sop_author_error()
        verifiers = self._get_sop_verifiers()
        if not voices & verifiers:
            return self.env._("%(condition)s is verified by: %(users)s.", condition=self.name,
                users=', '.join(verifiers.mapped('name')))
        return ''

    def _get_sop_waive_error(self, user, voices):
        """Why ``user`` cannot waive this, or an empty string."""
        if user == self.owner_id:
            return self.env._("%s: nobody waives what he is to do himself.", self.name)
        if user in self.review_id.author_ids:
            return self._get_sop_author_error()
        approvers = self._get_sop_final_opinions().reviewer_ids
        if not voices & approvers:
            return self.env._("%(condition)s is waived by the final approver only: %(users)s.", condition=self.name,
                users=', '.join(approvers.mapped('name')))
        return ''

    def _get_sop_author_error(self):
        # In place of somebody who is away neither.
        return self.env._("%s: nobody decides on what he requested, drafted or sells himself.", self.name)

    # ------------------------------------------------------------
    # ACTS
    # ------------------------------------------------------------

    def action_open_done(self):
        """Say what shows that this is done."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.name,
            'res_model': 'sop.review.condition.done',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_condition_id': self.id},
        }

    def action_done(self, evidence, attachment_ids=None):
        """Say that these are done, and what shows it.

        :param str evidence: what shows it; not needed with files
        :param list attachment_ids: files the user may read; they are copied and kept
        """
        files = self._get_sop_files(attachment_ids)
        evidence = str(evidence or '').strip()
        for condition in self._sop_enter(('open',)):
            if condition.owner_id not in self._get_sop_voices():
                raise AccessError(self.env._(
                    "%(condition)s is done by %(owner)s.", condition=condition.name, owner=condition.owner_id.name))
            if not evidence and not files:
                raise UserError(self.env._("%s: say what shows that it is done, or attach it.", condition.name))
            as_engine(condition).write({
                'state': 'done', 'evidence': evidence, 'done_by_id': self.env.uid, 'done_date': fields.Datetime.now(),
                'evidence_ids': [fields.Command.set(condition._sop_keep_files(files).ids)]})
            condition._sop_unschedule(*TYPES)
            condition._sop_schedule(VERIFY_TYPE, [
                {'record': condition, 'user': user, 'summary': condition.name}
                for user in condition._get_sop_verifiers()])
        return True

    def action_verify(self):
        """Say that what the owners did is enough: the gate opens."""
        for condition in self._sop_enter(('done',)):
            if error := condition._get_sop_verify_error(self.env.user, self._get_sop_voices()):
                raise AccessError(error)
            as_engine(condition).write({
                'state': 'verified', 'verified_by_id': self.env.uid, 'verified_date': fields.Datetime.now()})
            condition._sop_unschedule(*TYPES)
        return True

    def action_reopen(self, reason):
        """Say that it is not done, or not enough: the gate closes again."""
        reason = self._get_sop_reason(reason)
        for condition in self._sop_enter(('done', 'verified')):
            if error := condition._get_sop_verify_error(self.env.user, self._get_sop_voices()):
                raise AccessError(error)
            as_engine(condition).write({
                'state': 'open', 'reopen_reason': reason, 'verified_by_id': False, 'verified_date': False})
            condition._sop_unschedule(*TYPES)
            condition._sop_announce()
        return True

    def action_waive(self, reason):
        """Let these go: the final approver's exception, kept with its reason."""
        reason = self._get_sop_reason(reason)
        for condition in self._sop_enter(OPEN):
            if error := condition._get_sop_waive_error(self.env.user, self._get_sop_voices()):
                raise AccessError(error)
            as_engine(condition).write({
                'state': 'waived', 'waive_reason': reason, 'waived_by_id': self.env.uid,
                'waived_date': fields.Datetime.now()})
            condition._sop_unschedule(*TYPES)
        return True

    def _sop_enter(self, states):
        """These conditions for the superuser, locked, when each of them is in one of ``states`` and still counts."""
        self.check_access('read')
        self._sop_lock()
        # sudo: users read conditions and change them by these acts only; each act asks who may.
        conditions = self.sudo()
        for condition in conditions:
            if condition.review_id.state not in RUNNING:
                raise UserError(self.env._(
                    "%(condition)s belongs to %(review)s, which does not hold any more. Look at the latest round.",
                    condition=condition.name, review=condition.review_id.name))
            if condition.state not in states:
                label = dict(self._fields['state']._description_selection(self.env))[condition.state]
                raise UserError(self.env._(
                    "%(condition)s: this is not possible now, it is: %(state)s.",
                    condition=condition.name, state=label))
        return conditions

    def _sop_lock(self):
        """Whoever comes second waits for the first, and sees what he did."""
        if self.ids:
            self.env.flush_all()
            self.env.execute_query(SQL(
                "SELECT id FROM sop_review_condition WHERE id = ANY(%s) ORDER BY id FOR UPDATE", self.ids))
            self.invalidate_recordset()

    def _prepare_sop_sheet_row(self):
        """A condition as a screen shows it."""
        self.ensure_one()
        labels = {name: dict(self._fields[name]._description_selection(self.env)) for name in ('state', 'due_point')}
        return {
            'id': self.id, 'name': self.name, 'owner_id': self.owner_id.id, 'owner': self.owner_id.name,
            'item': self.item_id.code or False, 'due_point': self.due_point, 'state': self.state,
            'due_point_label': labels['due_point'][self.due_point], 'state_label': labels['state'][self.state],
            'due_date': fields.Date.to_string(self.due_date) if self.due_date else False}

    # ------------------------------------------------------------
    # FILES
    # ------------------------------------------------------------

    @api.model
    def _get_sop_files(self, attachment_ids):
        ids = attachment_ids or []
        if not isinstance(ids, list | tuple) or any(type(file_id) is not int for file_id in ids):
            raise UserError(self.env._("%s is no list of files.", attachment_ids))
        files = self.env['ir.attachment'].browse(dict.fromkeys(ids)).exists()
        files.check_access('read')
        return files

    def _sop_keep_files(self, files):
        """Copies of ``files`` that nobody changes."""
        # sudo: the user may read these files; a copy that belongs to the condition is evidence.
        return as_engine(files).copy({
            'res_model': self._name, 'res_id': self.id, 'res_field': False, 'public': False, 'access_token': False,
        }) if files else files

    # ------------------------------------------------------------
    # WHO IS TOLD
    # ------------------------------------------------------------

    def _sop_announce(self):
        """Give the owners of what is open their task."""
        self._sop_schedule(DO_TYPE, [
            {'record': condition, 'user': condition.owner_id, 'date': condition.due_date, 'summary': condition.name}
            for condition in self.sudo() if condition.state == 'open'])

    @api.model
    def _cron_sop_remind(self, batch_size=200):
        """Tell whoever requested the review, once, that a condition is late."""
        cron = self.env['ir.cron']
        domain = Domain([
            ('state', 'in', OPEN), ('reminded_date', '=', False), ('review_id.state', 'in', PASSED),
            ('due_date', '<', fields.Date.today())])
        cron._commit_progress(remaining=self.sudo().search_count(domain))
        while late := self.sudo().search(domain, limit=batch_size):
            as_engine(late).write({'reminded_date': fields.Datetime.now()})
            late._sop_schedule(LATE_TYPE, [
                {'record': condition, 'user': condition.review_id.requester_id, 'summary': condition.name}
                for condition in late if condition.review_id.requester_id != condition.owner_id])
            if not cron._commit_progress(len(late)):
                return
