from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import BINDING_STATES, SIGNED
from .sop_contract_paper import ADMIN_GROUP

REGISTER = 'sales_sop_contract_review.mail_activity_type_archive'
MISSING = 'sales_sop_contract_review.mail_activity_type_original'
KEPT = frozenset({'archive_location', 'kept_count', 'original_date'})


class SopContract(models.Model):
    """Registered, kept, lent and at last destroyed (S5.7): the paper leaves, the text stays."""

    _inherit = 'sop.contract'

    _sop_server_fields = frozenset({
        'archive_number', 'registered_by_id', 'registered_date', 'completed_date', 'completed_by_id',
        'completion_reason', 'archived_date', 'retention_until', 'destroyed_date', 'original_reminded_date'})

    archive_number = fields.Char(
        readonly=True, copy=False, index='trigram', help="DA-YYYY-NNNN")
    archive_location = fields.Char(string="Kept At", copy=False, help="Room, shelf, file.")
    kept_count = fields.Integer(string="Originals Kept", copy=False)
    original_date = fields.Date(string="Originals Arrived On", copy=False)
    archive_due_date = fields.Date(string="Archive By", compute='_compute_archive_due_date', store=True)
    registered_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    registered_date = fields.Date(string="Registered On", readonly=True, copy=False)
    completed_date = fields.Date(string="Completed On", readonly=True, copy=False)
    completed_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    completion_reason = fields.Char(readonly=True, copy=False)
    archived_date = fields.Date(string="Archived On", readonly=True, copy=False)
    retention_until = fields.Date(string="Keep Until", readonly=True, copy=False, index='btree_not_null')
    destroyed_date = fields.Date(string="Originals Destroyed On", readonly=True, copy=False)
    original_reminded_date = fields.Date(readonly=True, copy=False)
    archive_item_ids = fields.One2many('sop.archive.item', 'contract_id', string="Archive Set")
    loan_ids = fields.One2many('sop.archive.loan', 'contract_id', string="Loans")
    destruction_ids = fields.One2many('sop.archive.destruction', 'contract_id')
    is_executed = fields.Boolean(compute='_compute_is_executed')
    is_archivist = fields.Boolean(compute='_compute_is_archivist')
    is_lent = fields.Boolean(string="Lent Out", compute='_compute_is_lent', search='_search_is_lent')

    _kept_check = models.Constraint('CHECK (kept_count >= 0)', "The number of originals is not negative.")
    _missing_index = models.Index(
        "(effective_date) WHERE original_date IS NULL AND original_reminded_date IS NULL")

    @api.depends('original_date', 'effective_date', 'sign_method')
    def _compute_archive_due_date(self):
        for contract in self:
            start = contract.original_date if contract.sign_method == 'wet' else contract.effective_date
            company = contract.company_id.sudo()
            contract.archive_due_date = start and company._sop_add_workdays(start, company.sop_archive_days)

    @api.depends('state', 'order_ids')
    def _compute_is_executed(self):
        for contract in self:
            contract.is_executed = contract._is_executed()

    @api.depends_context('uid')
    def _compute_is_archivist(self):
        self.is_archivist = self.env.user.has_group(ADMIN_GROUP)

    @api.depends('loan_ids.returned_date')
    def _compute_is_lent(self):
        for contract in self:
            contract.is_lent = any(not loan.returned_date for loan in contract.loan_ids)

    def _search_is_lent(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return Domain('loan_ids', 'any', [('returned_date', '=', False)])

    # ------------------------------------------------------------
    # WHAT IS ENTERED
    # ------------------------------------------------------------

    def write(self, vals):
        if not KEPT.isdisjoint(vals) and not is_engine(self.env):
            self._check_archivist()
            self._check_kept()
        result = super().write(vals)
        if vals.get('original_date'):
            self._ask_to_register()
        return result

    def _check_archivist(self):
        if not self.env.user.has_group(ADMIN_GROUP):
            raise AccessError(self.env._("The contract administrator keeps the archive."))

    def _check_kept(self):
        for contract in self:
            if contract.destroyed_date:
                raise UserError(self.env._("%s: the originals were destroyed.", contract.display_name))
            if contract.state not in SIGNED:
                raise UserError(self.env._("%s is not signed yet: there is nothing to keep.", contract.display_name))

    @api.constrains('original_date')
    def _check_original_date(self):
        for contract in self.filtered('original_date'):
            if contract.original_date > contract._get_sop_today():
                raise UserError(self.env._(
                    "%s: the originals have not arrived in the future. Correct the date.", contract.display_name))

    # ------------------------------------------------------------
    # REGISTERED
    # ------------------------------------------------------------

    def action_sop_register(self):
        """Give the contract its archive number and its place."""
        self.check_access('write')
        self._check_archivist()
        self._sop_lock()
        for contract in self:
            contract._check_register()
            as_engine(contract).write({
                'archive_number': contract._get_next_archive_number(), 'registered_by_id': self.env.uid,
                'registered_date': contract._get_sop_today(), 'retention_until': contract._get_retention()})
        self._sop_unschedule(REGISTER, MISSING)
        return True

    def _check_register(self):
        if self.archive_number:
            raise UserError(self.env._(
                "%(contract)s is registered already: %(number)s.",
                contract=self.display_name, number=self.archive_number))
        self._check_kept()
        if self.sign_method == 'wet' and not (self.original_date and self.kept_count):
            raise UserError(self.env._(
                "%s: enter when the originals arrived, and how many.", self.display_name))
        if not self.archive_location:
            raise UserError(self.env._("%s: enter where it is kept.", self.display_name))

    def _get_next_archive_number(self):
        # sudo: the archivist numbers contracts; he does not manage sequences.
        day = self._get_sop_today()
        sequence = self.env['ir.sequence'].sudo().with_company(self.company_id).with_context(ir_sequence_date=day)
        return sequence.next_by_code('sop.contract.archive', sequence_date=day)

    def _get_retention(self):
        start = self.completed_date or self.date_end or self.effective_date
        return start + relativedelta(years=max(self.company_id.sudo().sop_retention_years, 0))

    def _ask_to_register(self):
        for contract in self.filtered(lambda contract: not contract.archive_number):
            admins = self.env['sop.position']._get_sop_holders(['ca'], contract.company_id)
            contract._sop_unschedule(REGISTER, MISSING)
            contract._sop_schedule(REGISTER, [
                {'record': contract, 'user': user, 'date': contract.archive_due_date} for user in admins])

    # ------------------------------------------------------------
    # EXECUTED, COMPLETED, ARCHIVED
    # ------------------------------------------------------------

    def _sop_on_effective(self):
        # First the contract: confirming its orders moves it on.
        for contract in self:
            contract._create_archive_set()
            if contract.sign_method == 'esign':
                contract._ask_to_register()
        result = super()._sop_on_effective()
        started = self.filtered(lambda contract: any(order.state == 'sale' for order in contract.sudo().order_ids))
        started._sop_start_execution()
        return result

    def _create_archive_set(self):
        kinds = self.env['sop.archive.item']._fields['kind'].get_values(self.env)
        as_engine(self.env['sop.archive.item']).create([{'contract_id': self.id, 'kind': kind} for kind in kinds])

    def _sop_start_execution(self):
        """The first order is confirmed."""
        self.filtered(lambda contract: contract.state == 'effective')._sop_set_state('executing')

    def action_sop_complete(self, reason=None):
        """Everything is delivered, invoiced and done with; a ``reason`` is asked for where orders are still open."""
        self.check_access('write')
        self._sop_lock()
        for contract in self:
            if contract.state not in ('effective', 'executing'):
                raise UserError(self.env._(
                    "%s is not being executed.", contract.display_name))
            contract._check_amended()
            note = None if contract._is_executed() else contract._get_completion_reason(reason)
            as_engine(contract).write(contract._prepare_completed(note))
            contract._sop_set_state('completed')
        return True

    def _check_amended(self):
        if open_supplements := self.sudo().child_ids.filtered(lambda child: child._is_open_amendment()):
            raise UserError(self.env._(
                "%(contract)s: %(supplement)s is not decided yet.",
                contract=self.display_name, supplement=open_supplements[0].display_name))

    def _is_open_amendment(self):
        return self.state not in (*SIGNED, 'void', 'rejected')

    def _is_executed(self):
        """Whether all orders are delivered and invoiced."""
        orders = self.sudo().order_ids.filtered(lambda order: order.state != 'cancel')
        return bool(orders) and all(
            order.state == 'sale' and order.invoice_status == 'invoiced'
            and all(line.qty_delivered >= line.product_uom_qty for line in order.order_line if not line.display_type)
            for order in orders)

    def _get_completion_reason(self, reason):
        if not (isinstance(reason, str) and reason.strip()):
            raise UserError(self.env._(
                "%s: not everything is delivered and invoiced. Give a reason to complete it all the same.",
                self.display_name))
        return reason.strip()

    def _prepare_completed(self, reason):
        day = self._get_sop_today()
        return {
            'completed_date': day, 'completed_by_id': self.env.uid, 'completion_reason': reason,
            'retention_until': day + relativedelta(years=max(self.company_id.sudo().sop_retention_years, 0)),
        }

    def action_sop_archive(self):
        """The set is complete: the contract goes to the archive."""
        self.check_access('write')
        self._check_archivist()
        self._sop_lock()
        for contract in self:
            contract._check_archive()
            as_engine(contract).write({'archived_date': contract._get_sop_today()})
            contract._sop_set_state('archived')
        return True

    def _check_archive(self):
        if self.state not in ('completed', 'terminated'):
            raise UserError(self.env._(
                "%s is not completed yet. Complete it first.", self.display_name))
        if not self.archive_number:
            raise UserError(self.env._("%s has no archive number. Register it first.", self.display_name))
        missing = self.archive_item_ids.filtered(lambda item: item.state == 'missing')
        if missing:
            labels = dict(missing._fields['kind']._description_selection(self.env))
            raise UserError(self.env._(
                "%(contract)s: the archive set is not complete: %(missing)s. File them, or say that there are none.",
                contract=self.display_name, missing=', '.join(labels[item.kind] for item in missing)))

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_sop_archive(self, batch_size=100):
        """Remind of originals that did not come, of loans and of seals that are not back."""
        cron = self.env['ir.cron']
        self.env['sop.archive.loan']._remind_overdue()
        self.env['sop.seal.request']._remind_out()
        cron._commit_progress(1)
        for company in self.env['res.company'].search([('sop_original_days', '>', 0)]):
            domain = self._get_missing_domain(company)
            while contracts := self.search(domain, order='id', limit=batch_size):
                contracts._remind_original()
                if not cron._commit_progress(len(contracts)):
                    return

    @api.model
    def _get_missing_domain(self, company):
        today = company._get_sop_local_date(fields.Datetime.now())
        return Domain([
            ('company_id', '=', company.id), ('sign_method', '=', 'wet'), ('original_date', '=', False),
            ('original_reminded_date', '=', False), ('state', 'in', (*BINDING_STATES, 'suspended', 'completed')),
            ('effective_date', '<', today - timedelta(days=company.sop_original_days))])

    def _remind_original(self):
        plans = []
        for contract in self:
            managers = self.env['sop.position']._get_sop_holders(['sm'], contract.company_id)
            plans += [{'record': contract, 'user': user} for user in contract.user_id | managers]
        self._sop_schedule(MISSING, plans)
        as_engine(self).write({'original_reminded_date': fields.Date.today()})
