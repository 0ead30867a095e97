from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import as_engine

SIGN = 'sales_sop.mail_activity_type_handover'
OVERDUE = 'sales_sop.mail_activity_type_handover_overdue'
SIDES = ('from', 'to')


class SopHandover(models.Model):
    """What one salesperson hands over to another: a snapshot both sign (X.9)."""

    _name = 'sop.handover'
    _description = "SOP Hand-over"
    _inherit = ['sop.engine.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'

    from_user_id = fields.Many2one(
        'res.users', string="Handed Over By", required=True, index=True, ondelete='restrict')
    to_user_id = fields.Many2one('res.users', string="Taken Over By", required=True, index=True, ondelete='restrict')
    date = fields.Datetime(required=True)
    due_date = fields.Date(string="Sign Until", index=True)
    made_by_id = fields.Many2one('res.users', string="Ordered By", required=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', index='btree_not_null')
    manager_id = fields.Many2one('res.users', string="Sales Manager", help="Told when it is not signed in time.")
    line_ids = fields.One2many('sop.handover.line', 'handover_id', string="Lines")
    lead_count = fields.Integer(string="Leads")
    from_signed_date = fields.Datetime(string="Signed by Former Owner")
    from_signed_by_id = fields.Many2one('res.users', string="Signature of Former Owner", ondelete='restrict')
    from_remark = fields.Text(string="Remark of Former Owner")
    to_signed_date = fields.Datetime(string="Signed by New Owner")
    to_signed_by_id = fields.Many2one('res.users', string="Signature of New Owner", ondelete='restrict')
    to_remark = fields.Text(string="Remark of New Owner")
    signed_date = fields.Datetime(string="Signed by Both", help="When the second of the two signed.")
    escalated_date = fields.Datetime(string="Manager Told On")
    state = fields.Selection(
        [('to_sign', "To sign"), ('overdue', "Overdue"), ('signed', "Signed")],
        compute='_compute_state', search='_search_state')
    can_sign = fields.Boolean(compute='_compute_can_sign')

    @api.depends('from_user_id', 'to_user_id', 'lead_count')
    def _compute_display_name(self):
        for handover in self:
            handover.display_name = self.env._(
                "%(former)s → %(new)s (%(count)s)", former=handover.from_user_id.name, new=handover.to_user_id.name,
                count=handover.lead_count)

    @api.depends('signed_date', 'due_date')
    def _compute_state(self):
        now = fields.Datetime.now()
        for handover in self:
            is_late = handover.due_date and handover.due_date < handover._get_company()._get_sop_local_date(now)
            handover.state = 'signed' if handover.signed_date else 'overdue' if is_late else 'to_sign'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        signed = Domain('signed_date', '!=', False)
        late = ~signed & Domain('due_date', '<', 'today')
        domains = {'signed': signed, 'overdue': late, 'to_sign': ~signed & ~late}
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends_context('uid')
    @api.depends('from_signed_date', 'to_signed_date')
    def _compute_can_sign(self):
        for handover in self:
            handover.can_sign = bool(handover._get_side())

    def _get_company(self):
        return self.sudo().company_id or self.env['crm.lead']._get_sop_main_company()

    def _get_side(self):
        """Whose signature the user can give: his own, or as a manager that of somebody who has left."""
        user = self.env.user
        open_sides = [side for side in SIDES if not self[f'{side}_signed_date']]
        own = [side for side in open_sides if self[f'{side}_user_id'] == user]
        if own or not user.has_group('sales_sop.group_sop_manager'):
            return own[0] if own else None
        # sudo: whether a colleague still works here.
        return next((side for side in open_sides if not self.sudo()[f'{side}_user_id'].active), None)

    def _check_sop_engine(self):
        try:
            return super()._check_sop_engine()
        except AccessError:
            raise AccessError(self.env._(
                "A hand-over is made when the salesperson of a lead changes. "
                "Nobody changes or deletes it; both persons sign it.")) from None

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sign(self, remark=''):
        """Sign for oneself, or as a manager with a reason for somebody who has left the company.

        :param str remark: kept with the signature
        """
        self.check_access('read')
        remark = remark.strip() if isinstance(remark, str) else ''
        for handover in self:
            side = handover._get_side()
            if not side:
                raise UserError(handover._get_refusal())
            if handover[f'{side}_user_id'] != self.env.user and not remark:
                raise UserError(self.env._(
                    "%s has left. You sign in his or her place: say why and what you have checked.",
                    handover[f'{side}_user_id'].name))
            handover._sign(side, remark)
        return True

    def _get_refusal(self):
        if self.signed_date:
            return self.env._("%s is signed by both already. Nothing is changed afterwards.", self.display_name)
        waiting = ', '.join(self[f'{side}_user_id'].name for side in SIDES if not self[f'{side}_signed_date'])
        return self.env._(
            "%(handover)s waits for the signature of %(persons)s. Each signs for himself; "
            "only for somebody who has left the company a sales manager signs.",
            handover=self.display_name, persons=waiting)

    def _sign(self, side, remark):
        self.lock_for_update(allow_referencing=True)
        now = fields.Datetime.now()
        other = 'to' if side == 'from' else 'from'
        as_engine(self).write({
            f'{side}_signed_date': now,
            f'{side}_signed_by_id': self.env.uid,
            f'{side}_remark': remark,
            **({'signed_date': now} if self[f'{other}_signed_date'] else {}),
        })
        # sudo: the reminder is done with the signature, whoever gave it.
        reminders = self.sudo()
        reminders.activity_unlink([SIGN], user_id=self[f'{side}_user_id'].id)
        if self.signed_date:
            reminders.activity_unlink([OVERDUE])

    def action_print(self):
        """The list on paper."""
        self.check_access('read')
        return self.env.ref('sales_sop.sop_handover_report').report_action(self, config=False)

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    def _remind_to_sign(self):
        for handover in self:
            for user in (handover.from_user_id | handover.to_user_id).filtered('active'):
                handover.with_context(lang=user.lang, mail_activity_quick_update=True).activity_schedule(
                    SIGN, handover.due_date or None, user_id=user.id)

    @api.model
    def _cron_sop_handover(self, batch_size=100):
        """Tell the sales manager of hand-overs that are not signed in time, once each."""
        cron = self.env['ir.cron']
        domain = Domain([('state', '=', 'overdue'), ('escalated_date', '=', False)])
        late = self.sudo().search(domain, order='id')
        cron._commit_progress(remaining=len(late))
        for start in range(0, len(late), batch_size):
            batch = late[start:start + batch_size]
            batch._escalate()
            if not cron._commit_progress(len(batch)):
                return

    def _escalate(self):
        as_engine(self).write({'escalated_date': fields.Datetime.now()})
        for handover in self:
            manager = handover.manager_id
            if manager.active and handover.with_user(manager).has_access('read'):
                handover.with_context(lang=manager.lang).activity_schedule(OVERDUE, user_id=manager.id)
