from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine

UNAPPROVED = 'sales_sop_contract_review.mail_activity_type_unapproved_change'
# Working days in which a change notice is read (§4.7)
READ_DAYS = 1


class SopContract(models.Model):
    """What follows an amendment: documents brought up to date, people told, unapproved changes found (§4.7)."""

    _inherit = 'sop.contract'

    _sop_server_fields = frozenset({'task_ids', 'notice_ids', 'unapproved_date'})

    task_ids = fields.One2many('sop.amendment.task', 'contract_id', string="Documents to Update", readonly=True)
    notice_ids = fields.One2many('sop.change.notice', 'contract_id', string="Change Notices", readonly=True)
    unread_names = fields.Char(string="Not Read Yet", compute='_compute_unread_names', compute_sudo=True)
    open_task_count = fields.Integer(string="Open Documents", compute='_compute_unread_names', compute_sudo=True)
    amendment_changes = fields.Html(
        string="Before and After", compute='_compute_amendment_changes', compute_sudo=True, sanitize=False)
    unapproved_date = fields.Datetime(
        string="Changed Without Approval", readonly=True, copy=False,
        help="An order was found to say something else than the contract and its approved amendments.")

    @api.depends('notice_ids.read_date', 'task_ids.is_done')
    def _compute_unread_names(self):
        for contract in self:
            unread = contract.notice_ids.filtered(lambda notice: not notice.read_date)
            contract.unread_names = ', '.join(unread.user_id.mapped('name'))
            contract.open_task_count = len(contract.task_ids.filtered(lambda task: not task.is_done))

    @api.depends('amendment_line_ids.is_changed', 'amendment_order_ids.is_changed', 'amendment_text')
    @api.depends_context('lang')
    def _compute_amendment_changes(self):
        for contract in self:
            contract.amendment_changes = contract.is_amendment and contract._render_sop_changes()

    def _render_sop_changes(self):
        """Before and after as a table, in the language of ``self``."""
        return self.env['ir.qweb']._render(
            'sales_sop_contract_review.sop_amendment_changes', {'changes': self._get_sop_changes()})

    # ------------------------------------------------------------
    # AFTER IT TOOK EFFECT
    # ------------------------------------------------------------

    def _sop_follow_up_amendment(self):
        """List what is to be brought up to date, and tell everybody concerned; for the engine."""
        self.ensure_one()
        types = self.env['sop.amendment.task.type'].search([])._get_asked(self.kind_ids)
        readers = self._get_sop_notice_readers()
        due_date = self.company_id._sop_add_workdays(fields.Datetime.now(), READ_DAYS)
        self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True).write({
            'task_ids': [Command.create(self._prepare_sop_task(task)) for task in types],
            'notice_ids': [
                Command.create({
                    'user_id': user.id, 'due_date': due_date, 'department_ids': [Command.set(departments.ids)]})
                for user, departments in readers.items()],
        })
        self.notice_ids._sop_deliver()
        self._sop_complete_amendments()

    def _prepare_sop_task(self, task):
        done = {
            'is_done': True, 'done_by_id': self.env.uid, 'done_date': fields.Datetime.now()} if task.is_order else {}
        return {'type_id': task.id, 'sequence': task.sequence, 'department_code': task.department_code, **done}

    def _get_sop_notice_readers(self):
        """Whoever reviewed it or carries it out, with the departments they stand for: ``{user: departments}``."""
        departments = self.env['sop.review.department']
        readers = {}
        for opinion in self.sop_review_id.opinion_ids:
            for user in opinion.decided_by_id or opinion.reviewer_ids:
                readers[user] = readers.get(user, departments) | opinion.department_id
        for department in departments.search([('code', 'in', self.kind_ids.department_ids.mapped('code'))]):
            for user in self.env['sop.position']._get_sop_holders([department.position_code], self.company_id).sudo():
                readers[user] = readers.get(user, departments) | department
        sales = departments.search([('code', '=', 'sal')], limit=1)
        for user in self.user_id:
            readers[user] = readers.get(user, departments) | sales
        return {user: own for user, own in readers.items() if user.active and not user.share}

    def _sop_complete_amendments(self):
        """An amendment is completed when every document says the new, and everybody has read it."""
        for contract in as_engine(self):
            applied = contract.is_amendment and contract.state == 'effective' and contract.applied_date
            if applied and contract._is_executed():
                contract.write(contract._prepare_completed(False))
                contract._sop_set_state('completed')

    def _is_executed(self):
        if not self.is_amendment:
            return super()._is_executed()
        # sudo: what is open does not depend on who asks.
        own = self.sudo()
        return all(own.task_ids.mapped('is_done')) and all(own.notice_ids.mapped('read_date'))

    def _check_amended(self):
        if self.is_amendment and not self._is_executed():
            raise UserError(self.env._(
                "%s is completed by itself, when all documents are updated and all change notices are read.",
                self.display_name))
        return super()._check_amended()

    # ------------------------------------------------------------
    # CHANGES WITHOUT APPROVAL
    # ------------------------------------------------------------

    def _get_sop_agreed_lines(self):
        """Approved amendments change what the orders must say."""
        agreed = super()._get_sop_agreed_lines()
        by_line = {row['order_line_id']: row for row in agreed if row['order_line_id']}
        for part in self._get_sop_applied_amendments().amendment_line_ids.filtered('is_changed'):
            line = part.order_line_id
            row = by_line.get(line.id)
            if not row:
                row = {'order_line_id': line.id, 'name': part.name, 'terms': line._get_sop_contract_terms()}
                by_line[line.id] = row
                agreed.append(row)
            row['terms'].update(quantity=part.quantity, price=part.price_unit, discount=part.discount)
        return agreed

    def _get_sop_applied_amendments(self):
        # sudo: what was agreed does not depend on who asks.
        return self.sudo().child_ids.filtered('applied_date').sorted(lambda child: (child.applied_date, child.id))

    def _get_sop_header_rows(self, order):
        """What the order says by an approved amendment is no difference."""
        amended = self._get_sop_amended_terms(order)
        fields_by_key = {'term': 'payment_term_id', 'place': 'partner_shipping_id', 'date': 'commitment_date'}
        return [
            row for row in super()._get_sop_header_rows(order)
            if (name := fields_by_key.get(row['key'].split('-')[0])) not in amended or order[name] != amended[name]]

    def _get_sop_amended_terms(self, order):
        """What approved amendments gave the order, the latest last: ``{name of the field: value}``."""
        return {
            name: part[name]
            for part in self._get_sop_applied_amendments().amendment_order_ids if part.order_id == order
            for name in part._get_changed_names()}

    @api.model
    def _cron_find_unapproved(self, batch_size=200):
        """Find orders that were changed beside their contract, and tell the sales managers, once."""
        cron = self.env['ir.cron']
        domain = Domain([('state', 'in', ('effective', 'executing', 'amending')), ('is_amendment', '=', False)])
        cron._commit_progress(remaining=self.search_count(domain))
        last_id = 0
        while contracts := self.search(domain & Domain('id', '>', last_id), order='id', limit=batch_size):
            contracts._sop_flag_unapproved()
            last_id = contracts[-1].id
            if not cron._commit_progress(len(contracts)):
                return

    def _sop_flag_unapproved(self):
        """Note which of these have orders that say something else, and which have not any more."""
        differences = self._get_sop_order_differences()
        confirmed = as_engine(self).order_ids.filtered(lambda order: order.state == 'sale')
        changed = confirmed.filtered(lambda order: differences.get(order.id)).sop_contract_id & as_engine(self)
        fresh = changed.filtered(lambda contract: not contract.unapproved_date)
        (as_engine(self) - changed).filtered('unapproved_date')._sop_clear_unapproved()
        fresh.write({'unapproved_date': fields.Datetime.now()})
        for contract in fresh:
            names = confirmed.filtered(lambda order, own=contract: (
                order.sop_contract_id == own and differences.get(order.id))).mapped('name')
            contract._sop_tell_unapproved(', '.join(names))

    def _sop_tell_unapproved(self, names):
        managers = self.env['sop.position']._get_sop_holders(['sm'], self.company_id)
        self._sop_schedule(UNAPPROVED, [
            {
                'record': self, 'user': user,
                'summary': self.with_context(lang=user.lang).env._("Changed without an approved amendment: %s", names),
            }
            for user in managers])

    def _sop_clear_unapproved(self):
        self.write({'unapproved_date': False})
        self._sop_unschedule(UNAPPROVED)
