from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine, is_engine

OVERDUE = 'sales_sop_contract_review.mail_activity_type_loan'


class SopArchiveLoan(models.Model):
    """Who has the originals of a contract, and until when (§4.8)."""

    _name = 'sop.archive.loan'
    _description = "Loan of a Contract"
    _inherit = ['sop.child.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'
    _rec_name = 'contract_name'

    _sop_child_of = ('contract_id',)
    _sop_server_fields = frozenset({
        'out_date', 'lent_by_id', 'returned_date', 'received_by_id', 'contract_name', 'reminded_date'})

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='restrict')
    contract_name = fields.Char(string="Lent Contract", readonly=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    archive_number = fields.Char(related='contract_id.archive_number', compute_sudo=True)
    borrower_id = fields.Many2one(
        'res.users', required=True, index=True, ondelete='restrict', domain="[('share', '=', False)]")
    purpose = fields.Char(required=True)
    out_date = fields.Date(string="Lent On", readonly=True, copy=False)
    lent_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    due_date = fields.Date(string="Due Back", required=True)
    returned_date = fields.Date(string="Returned On", readonly=True, copy=False)
    received_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    reminded_date = fields.Date(readonly=True, copy=False)
    is_overdue = fields.Boolean(compute='_compute_is_overdue', search='_search_is_overdue')

    _out_uniq = models.UniqueIndex('(contract_id) WHERE returned_date IS NULL', "The originals are lent already.")
    _due_index = models.Index('(due_date) WHERE returned_date IS NULL')

    @api.depends('due_date', 'returned_date')
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for loan in self:
            loan.is_overdue = bool(not loan.returned_date and loan.due_date and loan.due_date < today)

    def _search_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return Domain('returned_date', '=', False) & Domain('due_date', '<', fields.Date.context_today(self))

    @api.model
    def _get_sop_invited_domain(self):
        return super()._get_sop_invited_domain() | Domain('borrower_id', '=', self.env.uid)

    @api.constrains('borrower_id')
    def _check_borrower(self):
        for loan in self:
            if loan.borrower_id.share:
                raise ValidationError(self.env._("%s is not a member of the company.", loan.borrower_id.name))

    @api.model_create_multi
    def create(self, vals_list):
        loans = super().create(vals_list)
        for loan in loans:
            loan._check_lend()
            today = loan.contract_id._get_sop_today()
            as_engine(loan).write({
                'out_date': today, 'lent_by_id': self.env.uid, 'contract_name': loan.contract_id.display_name})
            if loan.due_date < today:
                raise UserError(self.env._("%s: it is due back in the past. Correct the date.", loan.contract_name))
        return loans

    def write(self, vals):
        if not is_engine(self.env) and vals.keys() & {'contract_id', 'borrower_id', 'purpose', 'due_date'}:
            for loan in self:
                loan.contract_id._check_archivist()
                if loan.returned_date or 'contract_id' in vals:
                    raise UserError(self.env._("%s: enter a new loan.", loan.display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_lent(self):
        raise UserError(self.env._("%s: loans are kept. Note that it is back.", self[:1].display_name))

    def _check_lend(self):
        contract = self.contract_id
        contract._check_archivist()
        contract._check_kept()
        if not contract.archive_number:
            raise UserError(self.env._("%s is not registered yet. Register it first.", contract.display_name))
        if contract.sign_method != 'wet':
            raise UserError(self.env._(
                "%s was signed electronically: there is no paper to lend.", contract.display_name))

    def action_return(self):
        """The originals are back."""
        self.check_access('write')
        for loan in self:
            loan.contract_id._check_archivist()
            loan.contract_id._sop_lock()
            if loan.returned_date:
                raise UserError(self.env._("%s is back already.", loan.display_name))
            as_engine(loan).write({
                'returned_date': loan.contract_id._get_sop_today(), 'received_by_id': self.env.uid})
        self._sop_unschedule(OVERDUE)
        return True

    @api.model
    def _remind_overdue(self):
        """Tell borrowers, and whoever lent it, once."""
        overdue = self.search(self._search_is_overdue('in', [True]) & Domain('reminded_date', '=', False), limit=1000)
        self._sop_schedule(OVERDUE, [
            {'record': loan, 'user': user} for loan in overdue for user in loan.borrower_id | loan.lent_by_id])
        as_engine(overdue).write({'reminded_date': fields.Date.today()})
