from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import PASSED, SIGN_METHODS, SIGNED

# Who signs, and how: settled before signing starts
CHOSEN = frozenset({'sign_method', 'signatory_id'})
# What is learnt while it is signed
SIGNING = frozenset({
    'customer_signatory_id', 'customer_basis', 'customer_proof_ids', 'our_sign_date', 'customer_sign_date', 'scan_ids',
    'signed_code'})
FILES = ('customer_proof_ids', 'scan_ids', 'customer_document_ids', 'agreement_ids')
# In force before: it comes back to it after an amendment or a pause.
RESUMED = ('effective', 'executing', 'amending', 'suspended')


class SopContract(models.Model):
    """Signing (S5.5): by whom, on what authority, and everything that must be true before a contract is effective.

    ``_get_sop_signing_checks`` is the one list of it: the page shows it, the seal,
    the start of signing and the contract's becoming effective ask for it.
    """

    _inherit = 'sop.contract'

    _sop_server_fields = frozenset({
        'authority_id', 'authority_text', 'signing_date', 'effective_date', 'effective_by_id'})

    sign_method = fields.Selection(SIGN_METHODS, string="Signed", required=True, default='wet')
    signatory_id = fields.Many2one(
        'res.users', string="Our Signatory", copy=False, index='btree_not_null', ondelete='restrict',
        domain="[('id', 'in', signatory_ids)]")
    signatory_ids = fields.Many2many('res.users', string="May Sign", compute='_compute_signatory_ids')
    authority_id = fields.Many2one(
        'sop.signing.authority', readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    authority_text = fields.Char(
        string="Signed On the Basis Of", readonly=True, copy=False, help="The authority as it was on that day.")
    authority_shown = fields.Char(string="Basis", compute='_compute_signatory_ids')
    customer_signatory_id = fields.Many2one(
        'res.partner', string="Customer's Signatory", copy=False, ondelete='restrict',
        domain="[('commercial_partner_id', '=', customer_id), ('is_company', '=', False)]")
    customer_id = fields.Many2one(related='partner_id.commercial_partner_id', string="Customer Company")
    customer_basis = fields.Selection(
        [('legal_rep', "Legal representative"), ('poa', "Power of attorney")], string="Customer's Authorisation",
        copy=False)
    customer_proof_ids = fields.Many2many(
        'ir.attachment', 'sop_contract_customer_proof_rel', string="Customer's Power of Attorney", copy=False,
        bypass_search_access=True)
    signing_date = fields.Datetime(string="Signing Started", readonly=True, copy=False)
    our_sign_date = fields.Date(string="Signed by Us On", copy=False)
    customer_sign_date = fields.Date(string="Signed by the Customer On", copy=False)
    scan_ids = fields.Many2many(
        'ir.attachment', 'sop_contract_scan_rel', string="Signed Scan", copy=False, bypass_search_access=True)
    effective_date = fields.Date(string="Effective Since", readonly=True, copy=False, index='btree_not_null')
    effective_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    signing_checks = fields.Html(string="Before It Is Effective", compute='_compute_signing_checks', sanitize=False)
    has_signing_problem = fields.Boolean(compute='_compute_signing_checks')

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('company_id', 'signatory_id', 'state')
    def _compute_signatory_ids(self):
        for contract in self:
            authorities = contract._get_sop_signing_authorities()
            contract.signatory_ids = self.env['res.users'].union(*authorities)
            authority = contract.sudo().authority_id or authorities.get(contract.signatory_id)
            contract.authority_shown = contract.authority_text or (authority and authority.display_name)

    def _compute_signing_checks(self):
        # They are shown where something can be done about them.
        shown = self.filtered(lambda contract: contract.state in (*PASSED, 'signing'))
        (self - shown).signing_checks = (self - shown).has_signing_problem = False
        for contract in shown:
            checks = contract._get_sop_signing_checks()
            if contract.state == 'signing':
                checks += contract._get_sop_signed_checks()
            contract.has_signing_problem = any(problem for __, problem in checks)
            contract.signing_checks = self._render_signing_checks(checks)

    @api.model
    def _render_signing_checks(self, checks):
        """What is in the way first, then what is done."""
        problems = [self._render_signing_check('col-12', 'fa-times-circle text-danger', problem)
                    for __, problem in checks if problem]
        done = [self._render_signing_check('col-12 col-md-6 text-muted', 'fa-check-circle text-success', label)
                for label, problem in checks if not problem]
        return Markup('<ul class="list-unstyled row g-1 mb-0">%s</ul>') % Markup('').join(problems + done)

    @api.model
    def _render_signing_check(self, size, icon, text):
        return Markup(
            '<li class="%s d-flex gap-2"><i class="fa fa-fw mt-1 %s" role="img"></i><span>%s</span></li>'
        ) % (size, icon, text)

    def _get_sop_signing_authorities(self):
        """Who may sign this contract today: ``{user: authority}``."""
        return self.env['sop.signing.authority']._get_sop_authorities(self, self._get_sop_today())

    def _get_sop_today(self):
        # sudo: today is where the company works.
        return self.sudo().company_id._get_sop_local_date(fields.Datetime.now())

    def _get_sop_signing_amount(self):
        """What signing commits the company to, in its currency; None when it has no limit."""
        contract = self.sudo()
        # Whoever signs a supplement signs for the whole contract.
        amounts = [own._get_sop_company_amount() for own in contract | contract.parent_id]
        return None if None in amounts else max(amounts)

    def _get_sop_company_amount(self):
        amount = max(self.amount_total, self.ceiling_amount)
        if self.type == 'framework' and not amount:
            return None
        return self.currency_id._convert(
            amount, self.company_id.currency_id, self.company_id, self._get_sop_today())

    # ------------------------------------------------------------
    # WHAT IS ENTERED
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        contracts._adopt_files(FILES)
        return contracts

    def write(self, vals):
        if not is_engine(self.env):
            self._check_signing_open(vals)
        result = super().write(vals)
        self._adopt_files([name for name in FILES if name in vals])
        return result

    def _check_signing_open(self, vals):
        """What was signed, by whom and when, is settled for good; a correction is a supplement."""
        touched = vals.keys() & (CHOSEN | SIGNING)
        if not touched:
            return
        for contract in self:
            if contract.state in SIGNED:
                raise UserError(self.env._(
                    "%s is signed: who signed it, when and what does not change any more. Make a supplement.",
                    contract.display_name))
            if contract.state == 'signing' and any(contract._changes(name, vals[name]) for name in touched & CHOSEN):
                raise UserError(self.env._(
                    "%s is being signed. Stop the signing first to change who signs it and how.",
                    contract.display_name))

    def _changes(self, name, value):
        return self._fields[name].convert_to_write(self[name], self) != value

    def _adopt_files(self, names):
        """Files of the signing are files of the contract: whoever reads it reads them, and nothing else gets in."""
        for contract in self:
            for name in names:
                # sudo: a file somebody else uploaded is compared, not shown.
                for file in contract.sudo()[name]:
                    contract._adopt_file(file)

    def _adopt_file(self, file):
        if file.res_model == self._name and file.res_id == self.id:
            return
        fresh = not file.res_id and file.res_model in (False, self._name) and file.create_uid == self.env.user
        if not fresh and not is_engine(self.env):
            raise UserError(self.env._(
                "%(contract)s: %(file)s belongs to something else. Upload it here.",
                contract=self.display_name, file=file.name))
        file.write({'res_model': self._name, 'res_id': self.id})

    @api.constrains('our_sign_date', 'customer_sign_date')
    def _check_sign_dates(self):
        for contract in self:
            today = contract._get_sop_today()
            dates = [contract.our_sign_date, contract.customer_sign_date]
            if any(day and day > today for day in dates):
                raise ValidationError(self.env._(
                    "%s: nobody has signed in the future. Correct the date.", contract.display_name))
            start = contract.company_id._get_sop_local_date(contract.signing_date) if contract.signing_date else None
            if start and contract.our_sign_date and contract.our_sign_date < start:
                raise ValidationError(self.env._(
                    "%s: we did not sign before signing was started. Correct the date.", contract.display_name))

    @api.constrains('customer_signatory_id', 'partner_id')
    def _check_customer_signatory(self):
        for contract in self.sudo():
            person = contract.customer_signatory_id
            if person and person.commercial_partner_id != contract.partner_id.commercial_partner_id:
                raise ValidationError(self.env._(
                    "%(contract)s: %(person)s does not belong to the customer.",
                    contract=contract.display_name, person=person.name))

    # ------------------------------------------------------------
    # WHAT MUST BE TRUE
    # ------------------------------------------------------------

    def _get_sop_signing_obstacles(self):
        """Why this contract must not be signed or sealed: translated texts, empty when nothing is in the way."""
        return [problem for __, problem in self._get_sop_signing_checks() if problem]

    def _get_sop_effective_obstacles(self):
        """Why this contract is not effective yet: also what is missing of the signed copy."""
        checks = self._get_sop_signing_checks() + self._get_sop_signed_checks()
        return [problem for __, problem in checks if problem]

    def _get_sop_signing_checks(self):
        """What must be true before it is signed: ``[(what is checked, what is wrong or None)]``."""
        self.ensure_one()
        # sudo: what holds a contract back is the same for everybody.
        contract = self.sudo()
        return [
            (self.env._("The contract has its number"),
             None if contract.name else self.env._("The contract has no number")),
            (self.env._("The review is passed and holds for this text"), contract._get_review_problem()),
            (self.env._("No condition is open that is due before signing"), contract._get_condition_problem()),
            (self.env._("All comments of the review are answered"), contract._get_comment_problem()),
            (self.env._("No blanks are left in the text"), contract._get_blank_problem()),
            (self.env._("The payment plan adds up"), contract._get_payment_problem()),
            (self.env._("Our signatory is authorised"), contract._get_signatory_problem()),
            (self.env._("The customer's signatory is authorised"), contract._get_customer_problem()),
        ]

    def _get_sop_signed_checks(self):
        """What must be true of the signed copy; the ways of signing add to it."""
        return []

    def _get_review_problem(self):
        review = self.sop_review_id
        if not review:
            return self.env._("There is no review. Request it first.")
        if review.state == 'in_review':
            return self.env._("The review is not finished")
        if review.state not in PASSED:
            state = dict(review._fields['state']._description_selection(self.env))[review.state]
            return self.env._("The review is not passed (%s). Request a new round.", state.lower())
        if self._get_sop_changed_topics().get(self.id):
            return self.env._("The text was changed after the review. Request a new round.")
        return None

    def _get_condition_problem(self):
        open_conditions = self.sop_review_id._get_sop_open_conditions('before_sign')
        if open_conditions:
            return self.env._("Open before signing: %s", ', '.join(open_conditions.mapped('name')))
        return None

    def _get_comment_problem(self):
        if comments := self.sop_review_id._get_sop_open_comments():
            return self.env._("%s comments of the review are not closed", len(comments))
        return None

    def _get_blank_problem(self):
        if blanks := self._get_sop_blanks():
            return self.env._("Left open in the text: %s", '; '.join(dict.fromkeys(blanks)))
        return None

    def _get_payment_problem(self):
        return ' '.join(self._get_sop_payment_problems()[self.id]) or None

    def _get_signatory_problem(self):
        authorities = self._get_sop_signing_authorities()
        if not self.signatory_id:
            return self.env._("Choose our signatory") if authorities else self.env._(
                "Nobody is authorised to sign this amount. Ask an administrator to enter the authority.")
        if self.signatory_id.sudo(False) not in authorities:
            return self.env._(
                "%s is not authorised to sign this contract. Choose another signatory.", self.signatory_id.name)
        return None

    def _get_customer_problem(self):
        if not self.customer_signatory_id:
            return self.env._("Enter the customer's signatory")
        if not self.customer_basis:
            return self.env._("Say on what authorisation %s signs", self.customer_signatory_id.name)
        if self.customer_basis == 'poa' and not self.customer_proof_ids:
            return self.env._("Attach the power of attorney of %s", self.customer_signatory_id.name)
        return None

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_start_signing(self):
        """The contract is printed, sealed and signed, or signed electronically, from now on."""
        self.check_access('write')
        self._sop_lock()
        for contract in self:
            if contract.state not in PASSED:
                raise UserError(self.env._(
                    "%s is not waiting for signature. Only approved contracts are signed.", contract.display_name))
            contract._choose_signatory()
            contract._check_sop_obstacles(contract._get_sop_signing_obstacles())
            contract._sop_start_signing()
        return True

    def _sop_start_signing(self):
        as_engine(self).write({'signing_date': fields.Datetime.now()})
        self._sop_set_state('signing')

    def action_sop_stop_signing(self, reason):
        """It is not signed as it is: back to what the review made of it; ``reason`` is kept."""
        self.check_access('write')
        reason = self._get_sop_reason(reason)
        self._sop_lock()
        for contract in self:
            if contract.state != 'signing':
                raise UserError(self.env._("%s is not being signed.", contract.display_name))
            contract._sop_stop_signing(reason)
        return True

    def _sop_stop_signing(self, reason):
        # sudo: the state of the review is a fact.
        state = self.sudo().sop_review_id.state
        as_engine(self).write({
            'signing_date': False, 'our_sign_date': False, 'customer_sign_date': False,
            'scan_ids': [Command.clear()]})
        self._sop_set_state(state if state in PASSED else 'draft')
        as_engine(self)._message_log(
            body=self.env._("Signing stopped: %s", reason), author_id=self.env.user.partner_id.id)

    def _sop_make_effective(self):
        """Both sides have signed: from now on the contract is in force.

        :raise UserError: names all that is missing
        """
        self._sop_lock()
        for contract in self:
            if contract.state != 'signing':
                raise UserError(self.env._("%s is not being signed.", contract.display_name))
            contract._check_sop_obstacles(contract._get_sop_effective_obstacles())
            as_engine(contract).write(contract._prepare_effective())
            contract._sop_set_state('effective')
            contract._sop_on_effective()

    def _prepare_effective(self):
        # sudo: users without rights on the authority sign by it.
        authority = self.sudo()._get_sop_signing_authorities()[self.sudo().signatory_id.sudo(False)]
        return {
            'authority_id': authority.id,
            'authority_text': authority.with_context(lang=self.company_id.partner_id.lang).display_name,
            'effective_date': max(filter(None, (self.our_sign_date, self.customer_sign_date))),
            'effective_by_id': self.env.uid,
        }

    def _sop_on_effective(self):
        """Called once when the contract is effective; its orders may go on."""
        # sudo: the settings of a company hold for everybody.
        if self.sudo().company_id.sop_confirm_on_effective:
            self._confirm_waiting_orders()

    def _confirm_waiting_orders(self):
        """Confirm the quotations that waited for the contract; one that cannot be is told of and waits on."""
        for contract in self:
            # sudo: the contract is in force for orders its signatory does not see.
            for order in contract.sudo().order_ids.filtered(lambda order: order.state in ('draft', 'sent')):
                try:
                    with self.env.cr.savepoint():
                        order.action_confirm()
                except UserError as error:
                    as_engine(contract)._message_log(body=str(error))

    def _check_sop_obstacles(self, problems):
        if problems:
            raise UserError(self.env._(
                "%(contract)s is held back:\n%(problems)s",
                contract=self.display_name, problems='\n'.join(f'– {problem}' for problem in problems)))

    def _choose_signatory(self):
        """The signatory with the narrowest authority, unless one was chosen."""
        for contract in self.filtered(lambda contract: not contract.signatory_id):
            if user := next(iter(contract._get_sop_signing_authorities()), None):
                as_engine(contract).signatory_id = user

    def _get_sop_reason(self, reason):
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name))
        return reason

    def _sop_lock(self):
        """Wait for whoever moves these contracts at the same time, and see what became of them."""
        if self:
            self.flush_recordset()
            self.env.cr.execute(
                'SELECT 1 FROM sop_contract WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE', [self.ids])
            self.invalidate_recordset(['state'])

    # ------------------------------------------------------------
    # STATE
    # ------------------------------------------------------------

    def _sop_set_state(self, state):
        result = super()._sop_set_state(state)
        if state in PASSED:
            self._choose_signatory()
        return result

    @api.constrains('effective_date')
    def _check_effective(self):
        """Whoever writes it: no contract gets into force without all that is asked for (§10, 1)."""
        for contract in self.filtered('effective_date'):
            contract._check_sop_obstacles(contract._get_sop_effective_obstacles())

    @api.constrains('state')
    def _check_signed_state(self):
        for contract in self:
            if contract.state in RESUMED + ('completed', 'archived') and not contract.effective_date:
                raise ValidationError(self.env._(
                    "%s is not signed. It becomes effective on the page Signing.", contract.display_name))
