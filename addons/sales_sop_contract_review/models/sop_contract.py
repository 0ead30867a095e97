from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import CONTRACT_STATES, CONTRACT_TYPES, EDITABLE_STATES, PASSED, PREVAILING_LANGUAGES

# The state a contract comes to when its review comes to the state on the left
AFTER_REVIEW = {
    'in_review': 'in_review', 'approved': 'approved', 'approved_cond': 'approved_cond', 'rejected': 'rejected',
    'returned': 'draft', 'recalled': 'draft', 'outdated': 'draft'}
REVIEWED_STATES = (*EDITABLE_STATES, 'in_review', *PASSED)
REVISABLE_STATES = ('in_review', *PASSED)


class SopContract(models.Model):
    """A contract with a customer: drafted from orders and what was negotiated, reviewed, signed, archived (S5).

    Its text is written in the states of ``EDITABLE_STATES`` only. A supplement
    (``parent_id``) is a contract of its own that changes another one.
    """

    _name = 'sop.contract'
    _description = "Contract"
    _inherit = ['sop.review.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'
    _check_company_auto = True

    _sop_review_link = 'contract_id'
    _sop_server_fields = frozenset({'name', 'state', 'version', 'drafter_id'})
    # Fields that are what is reviewed and signed. An area adds its own in its own class.
    _sop_text_fields = frozenset({
        'type', 'template_id', 'non_standard', 'prevailing_lang', 'company_id', 'partner_id', 'parent_id',
        'currency_id', 'date_start', 'date_end', 'original_count'})

    name = fields.Char(string="Number", copy=False, index='trigram', readonly=True, help="HT-YYYY-NNNN")
    title = fields.Char(string="Subject", required=True)
    type = fields.Selection(CONTRACT_TYPES, required=True, default='sale')
    state = fields.Selection(CONTRACT_STATES, required=True, default='draft', copy=False, index=True, readonly=True)
    version = fields.Integer(default=1, copy=False, readonly=True, help="Raised with every reviewed text.")
    company_id = fields.Many2one(
        'res.company', string="Our Entity", required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        'res.partner', string="Customer", required=True, index=True, check_company=True, ondelete='restrict')
    user_id = fields.Many2one(
        'res.users', string="Salesperson", index=True, default=lambda self: self.env.user,
        domain="[('share', '=', False)]")
    drafter_id = fields.Many2one(
        'res.users', string="Drafted By", required=True, default=lambda self: self.env.user, readonly=True, copy=False)
    due_date = fields.Date(
        string="Draft Due", compute='_compute_due_date', store=True, copy=False,
        help="So many working days after it was begun.")
    lead_id = fields.Many2one('crm.lead', string="Opportunity", index='btree_not_null', check_company=True)
    order_ids = fields.One2many('sale.order', 'sop_contract_id', string="Orders")
    parent_id = fields.Many2one(
        'sop.contract', string="Changes", index='btree_not_null', ondelete='restrict', check_company=True, copy=False)
    child_ids = fields.One2many('sop.contract', 'parent_id', string="Supplements")
    currency_id = fields.Many2one(
        'res.currency', required=True, default=lambda self: self.env.company.currency_id)
    date_start = fields.Date(string="Valid From")
    date_end = fields.Date(string="Valid Until")
    template_id = fields.Many2one(
        'sop.contract.template', compute='_compute_template_id', store=True, readonly=False, precompute=True,
        index='btree_not_null', ondelete='restrict', domain="[('type', '=', type), ('state', '=', 'active')]")
    non_standard = fields.Boolean(
        string="Customer's Own Text", help="The customer's document is signed. It counts as a special contract.")
    prevailing_lang = fields.Selection(
        PREVAILING_LANGUAGES, string="Prevailing Language", required=True, compute='_compute_prevailing_lang',
        store=True, readonly=False, precompute=True, help="Which text counts where the two say something else.")
    original_count = fields.Integer(string="Originals", default=4, help="How many are signed, for both parties.")
    is_editable = fields.Boolean(compute='_compute_is_editable')

    clause_ids = fields.One2many('sop.contract.clause', 'contract_id', string="Clauses", copy=True)
    line_ids = fields.One2many('sop.contract.line', 'contract_id', string="Lines", copy=True)
    instalment_ids = fields.One2many('sop.contract.instalment', 'contract_id', string="Payment Plan", copy=True)

    _name_company_uniq = models.UniqueIndex(
        '(name, company_id) WHERE name IS NOT NULL', "There is a contract with this number already.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('name', 'title')
    def _compute_display_name(self):
        for contract in self:
            contract.display_name = ' '.join(filter(None, (contract.name, contract.title)))

    @api.depends('company_id', 'drafter_id')
    def _compute_due_date(self):
        for company, contracts in self.grouped('company_id').items():
            for contract in contracts:
                start = contract.create_date or fields.Datetime.now()
                contract.due_date = bool(company) and company._sop_add_workdays(start, company.sop_contract_draft_days)

    @api.depends('type', 'company_id')
    def _compute_template_id(self):
        for contract in self:
            contract.template_id = self.env['sop.contract.template']._get_sop_template(
                contract.type, contract.company_id)

    @api.depends('template_id')
    def _compute_prevailing_lang(self):
        for contract in self:
            contract.prevailing_lang = contract.template_id.prevailing_lang or contract.prevailing_lang or 'zh'

    @api.depends('state')
    def _compute_is_editable(self):
        for contract in self:
            contract.is_editable = contract.state in EDITABLE_STATES

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.constrains('date_start', 'date_end')
    def _check_dates(self):
        for contract in self:
            if contract.date_start and contract.date_end and contract.date_end < contract.date_start:
                raise UserError(self.env._("%s ends before it begins.", contract.display_name))

    @api.constrains('original_count')
    def _check_original_count(self):
        for contract in self:
            if not 1 <= contract.original_count <= 99:
                raise UserError(self.env._("%s: enter 1 to 99 originals.", contract.display_name))

    @api.constrains('title')
    def _check_title(self):
        for contract in self:
            if not (contract.title or '').strip():
                raise UserError(self.env._("%s: say what the contract is about.", contract.name or self._description))

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        for contract in contracts:
            as_engine(contract).name = contract._get_next_number()
        contracts.filtered(lambda contract: not contract.clause_ids)._sop_apply_template()
        return contracts

    def write(self, vals):
        if not is_engine(self.env):
            self._check_sop_text_values(vals)
        old_templates = {contract: contract.template_id for contract in self} if 'template_id' in vals else {}
        result = super().write(vals)
        for contract, template in old_templates.items():
            if contract.template_id != template:
                contract._sop_apply_template()
        return result

    def copy_data(self, default=None):
        return [
            {**values, 'title': self.env._("%s (copy)", contract.title)} if 'title' not in (default or {}) else values
            for contract, values in zip(self, super().copy_data(default), strict=True)]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reviewed(self):
        # sudo: what was asked of others is kept, whoever deletes.
        kept = self.sudo().filtered(lambda contract: contract.state != 'draft' or contract.sop_review_id)[:1]
        if kept and not is_engine(self.env):
            raise UserError(self.env._(
                "%s has been reviewed: it is kept. Declare it void if it is not needed.", kept.display_name))

    def _get_next_number(self):
        """HT-YYYY-NNNN, from 1 in each year and company."""
        today = self.company_id._get_sop_local_date(fields.Datetime.now())
        return self._get_sop_sequence().with_context(ir_sequence_date=today).next_by_id(sequence_date=today)

    def _get_sop_sequence(self):
        # sudo: users number what they draft; they do not manage sequences.
        sequences = self.env['ir.sequence'].sudo().search(
            Domain('code', '=', 'sop.contract') & Domain('company_id', 'in', [self.company_id.id, False]))
        own = sequences.filtered('company_id')[:1]
        return own or sequences[:1].copy({'company_id': self.company_id.id})

    # ------------------------------------------------------------
    # WHEN IT MAY BE WRITTEN
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _get_sop_text_fields(self):
        """Names of the fields that are what is reviewed and signed: those of all areas."""
        return frozenset().union(*(vars(base).get('_sop_text_fields', ()) for base in type(self).__mro__))

    def _check_sop_text_values(self, vals):
        """Refuse another value of what is reviewed and signed, in a state in which the text stays as it is."""
        names = self._get_sop_text_fields().intersection(vals)
        if names:
            # sudo: what is compared is not shown.
            self.sudo().filtered(lambda contract: contract._has_sop_other_value(names, vals))._check_sop_editable()

    def _has_sop_other_value(self, names, vals):
        for name in names:
            field = self._fields[name]
            if field.convert_to_cache(vals[name], self) != field.convert_to_cache(self[name], self):
                return True
        return False

    def _check_sop_editable(self):
        """Refuse to change the text of these contracts unless they are being drafted.

        :raise UserError: names the contract and says how it is changed instead
        """
        # sudo: whether a text is frozen does not depend on who asks.
        if frozen := self.sudo().filtered(lambda contract: contract.state not in EDITABLE_STATES)[:1]:
            raise UserError(frozen.with_env(self.env).sudo()._get_sop_frozen_message())

    def _get_sop_frozen_message(self):
        if self.state in REVISABLE_STATES:
            return self.env._(
                "%s is reviewed as it is. Revise it: it becomes a draft again, and what changes is reviewed again.",
                self.display_name)
        return self.env._(
            "%(contract)s is %(state)s: its text stays as it is. What changes is an amendment.",
            contract=self.display_name, state=dict(self._fields['state']._description_selection(self.env))[self.state])

    def action_sop_revise(self, reason=None):
        """Back to draft with the next version; the review does not hold any more, and its reviewers are told."""
        self.check_access('write')
        self.lock_for_update()
        if other := self.filtered(lambda contract: contract.state not in REVISABLE_STATES)[:1]:
            raise UserError(self.env._(
                "%s is neither in review nor waiting to be signed: it cannot be revised.", other.display_name))
        # sudo: who may write the contract takes it back, whatever he may do about reviews.
        live = self.sudo().sop_review_id.filtered(lambda review: review.state in REVISABLE_STATES)
        live._sop_outdate()
        self.filtered(lambda contract: contract.state not in EDITABLE_STATES)._sop_back_to_draft()
        if isinstance(reason, str) and reason.strip():
            for contract in self:
                contract.message_post(body=self.env._("Revised: %s", reason.strip()))
        return True

    def _sop_back_to_draft(self, state='draft'):
        for contract in self:
            as_engine(contract).version += 1
        self._sop_set_state(state)

    # ------------------------------------------------------------
    # REVIEW
    # ------------------------------------------------------------

    def _sop_set_state(self, state):
        """Move to ``state``: the one door of all steps, for those who checked what the step asks for."""
        as_engine(self.filtered(lambda contract: contract.state != state)).write({'state': state})

    def _sop_after_review(self, review):
        result = super()._sop_after_review(review)
        for contract in self:
            # An earlier round, or a text that went on to be signed, is not moved by what becomes of a review.
            if contract.sop_review_id.id == review.id and contract.state in REVIEWED_STATES:
                contract._sop_follow_review(AFTER_REVIEW[review.state])
        return result

    def _sop_follow_review(self, state):
        # What was shown to reviewers has its own number, and so has what is written next.
        if state in EDITABLE_STATES and self.state not in EDITABLE_STATES:
            self._sop_back_to_draft(state)
        else:
            self._sop_set_state(state)

    def _get_sop_company(self):
        return self.company_id

    def _get_sop_review_authors(self):
        return super()._get_sop_review_authors() | self.drafter_id

    # ------------------------------------------------------------
    # FOR OTHER AREAS
    # ------------------------------------------------------------

    def _check_sop_linkable(self, orders):
        """Refuse ``orders`` to come to these contracts, or to leave them: they are part of the text.

        Those of a framework contract are not: they are called off when it is in force.
        """
        frameworks = self.filtered(lambda contract: contract.type == 'framework')
        frameworks.check_access('read')
        (self - frameworks).check_access('write')
        (self - frameworks)._check_sop_editable()

    def _get_sop_form_action(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': self.id, 'views': [(False, 'form')]}
