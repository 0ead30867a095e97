from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine

NOTICE = 'sales_sop_contract_review.mail_activity_type_change_notice'


class SopChangeNotice(models.Model):
    """Tells one person that an amendment took effect; he says that he has read it (§4.7)."""

    _name = 'sop.change.notice'
    _description = "Change Notice"
    _inherit = ['sop.contract.child.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'
    _rec_name = 'contract_name'

    _sop_server_fields = frozenset({
        'contract_id', 'user_id', 'department_ids', 'due_date', 'read_date', 'reminded_date'})

    contract_id = fields.Many2one(
        'sop.contract', string="Amendment", required=True, index=True, ondelete='cascade', readonly=True)
    contract_name = fields.Char(related='contract_id.name', string="Number", related_sudo=True)
    title = fields.Char(related='contract_id.title', related_sudo=True)
    partner_name = fields.Char(related='contract_id.partner_id.name', string="Customer", related_sudo=True)
    company_id = fields.Many2one(related='contract_id.company_id', related_sudo=True, store=True)
    user_id = fields.Many2one(
        'res.users', string="To Be Read By", required=True, index=True, readonly=True, ondelete='restrict')
    department_ids = fields.Many2many('sop.review.department', string="Departments", readonly=True)
    reason = fields.Text(related='contract_id.amendment_reason', related_sudo=True)
    task_ids = fields.One2many(
        'sop.amendment.task', string="Documents to Update", compute='_compute_task_ids', compute_sudo=True)
    changes = fields.Html(compute='_compute_changes', compute_sudo=True, sanitize=False)
    due_date = fields.Date(string="Read By", readonly=True)
    read_date = fields.Datetime(string="Read On", readonly=True)
    reminded_date = fields.Date(readonly=True)
    is_overdue = fields.Boolean(string="Overdue", compute='_compute_is_overdue', search='_search_is_overdue')
    is_mine = fields.Boolean(compute='_compute_is_mine', search='_search_is_mine')

    _user_uniq = models.UniqueIndex('(contract_id, user_id)', "One person gets one notice of an amendment.")
    _open_index = models.Index('(due_date) WHERE read_date IS NULL')

    @api.depends('contract_id')
    @api.depends_context('lang')
    def _compute_changes(self):
        for notice in self:
            notice.changes = notice.contract_id._render_sop_changes()

    @api.depends('contract_id')
    def _compute_task_ids(self):
        for notice in self:
            notice.task_ids = notice.contract_id.task_ids

    @api.depends('due_date', 'read_date')
    def _compute_is_overdue(self):
        for notice in self:
            # sudo: today is where the company works.
            today = notice.sudo().company_id._get_sop_local_date(fields.Datetime.now())
            notice.is_overdue = bool(not notice.read_date and notice.due_date and notice.due_date < today)

    def _search_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        late = Domain('read_date', '=', False) & Domain('due_date', '<', 'today')
        return Domain.OR(late if wanted else ~late for wanted in value)

    @api.depends('user_id')
    @api.depends_context('uid')
    def _compute_is_mine(self):
        for notice in self:
            notice.is_mine = notice.user_id == self.env.user

    def _search_is_mine(self, operator, value):
        if operator != 'in':
            return NotImplemented
        mine = Domain('user_id', '=', self.env.uid)
        return Domain.OR(mine if wanted else ~mine for wanted in value)

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('user_id', '=', self.env.uid)

    def action_read(self):
        """I have read what changed, and work by it."""
        self.check_access('read')
        for notice in self:
            if notice.user_id != self.env.user:
                raise AccessError(self.env._(
                    "The change notice %(number)s is for %(user)s, who reads it himself.",
                    number=notice.contract_name, user=notice.user_id.name))
        unread = self.filtered(lambda notice: not notice.read_date)
        as_engine(unread).write({'read_date': fields.Datetime.now()})
        unread._sop_unschedule(NOTICE)
        self.sudo().contract_id._sop_complete_amendments()
        return True

    def _sop_deliver(self):
        """One task for each reader; for the engine."""
        self._sop_schedule(NOTICE, [
            {'record': notice, 'user': notice.user_id, 'date': notice.due_date} for notice in self])

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_remind(self, batch_size=100):
        """Tell the salesperson of each notice that nobody has read in time, once."""
        cron = self.env['ir.cron']
        domain = Domain([('read_date', '=', False), ('reminded_date', '=', False), ('due_date', '<', 'today')])
        cron._commit_progress(remaining=self.search_count(domain))
        while notices := self.search(domain, order='id', limit=batch_size):
            notices._remind()
            if not cron._commit_progress(len(notices)):
                return

    def _remind(self):
        as_engine(self).write({'reminded_date': fields.Date.today()})
        plans = [
            {
                'record': contract, 'user': contract.user_id or contract.drafter_id,
                'summary': contract.with_context(lang=contract.user_id.lang).env._(
                    "Change notice not read: %s", ', '.join(notices.user_id.mapped('name'))),
            }
            for contract, notices in self.sudo().grouped('contract_id').items()]
        self.env['sop.contract']._sop_schedule(
            'sales_sop_contract_review.mail_activity_type_notice_overdue', plans)
