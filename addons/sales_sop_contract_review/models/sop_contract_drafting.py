from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..placeholders import BLANK, PLACEHOLDERS, find_named

LANGUAGES = {'en': 'en_US', 'zh': 'zh_CN'}
# Terms of the negotiation (§5) and the placeholders they fill
AGREED_TERMS = {
    'retention': 'retention', 'breach': 'breach', 'liability': 'liability', 'acceptance': 'acceptance',
    'freight': 'freight', 'warranty_scope': 'warranty', 'dispute': 'dispute', 'training': 'training'}


class SopContract(models.Model):
    """The text of a contract: clauses of a template, what they name, and what is missing in them (S5.1, S5.2)."""

    _inherit = 'sop.contract'

    _sop_text_fields = frozenset({
        'partner_code', 'partner_address', 'partner_bank', 'partner_contact_id', 'company_code', 'company_address',
        'company_bank', 'delivery', 'delivery_date', 'shipping_partner_id', 'payment_term_id', 'solution_id'})

    partner_code = fields.Char(
        string="Credit Code", compute='_compute_partner_facts', store=True, readonly=False, precompute=True)
    partner_address = fields.Char(
        string="Address", compute='_compute_partner_facts', store=True, readonly=False, precompute=True)
    partner_bank = fields.Char(
        string="Bank Account", compute='_compute_partner_facts', store=True, readonly=False, precompute=True)
    partner_contact_id = fields.Many2one(
        'res.partner', string="Contact", compute='_compute_partner_facts', store=True, readonly=False,
        precompute=True, domain="[('commercial_partner_id', '=', partner_id)]", ondelete='restrict')
    company_code = fields.Char(
        string="Our Credit Code", compute='_compute_company_facts', store=True, readonly=False, precompute=True)
    company_address = fields.Char(
        string="Our Address", compute='_compute_company_facts', store=True, readonly=False, precompute=True)
    company_bank = fields.Char(
        string="Our Bank Account", compute='_compute_company_facts', store=True, readonly=False, precompute=True)
    delivery = fields.Char(
        string="Delivery Period", help="With the event it starts from, e.g. within 30 days of the advance payment.")
    solution_id = fields.Many2one('sop.solution', ondelete='restrict', index='btree_not_null', check_company=False)
    negotiation_id = fields.Many2one(
        'sop.negotiation', string="Term Sheet", compute='_compute_negotiation_id', compute_sudo=True)
    incomplete = fields.Text(string="Before it can be reviewed", compute='_compute_incomplete', compute_sudo=True)
    blanks = fields.Text(string="Not filled in", compute='_compute_incomplete', compute_sudo=True)
    deviation_count = fields.Integer(string="Deviations", compute='_compute_incomplete', compute_sudo=True)
    order_count = fields.Integer(compute='_compute_order_count', compute_sudo=True)
    has_missing_clause = fields.Boolean(compute='_compute_has_missing_clause')
    newer_wording_count = fields.Integer(compute='_compute_newer_wording_count')

    @api.depends('partner_id')
    def _compute_partner_facts(self):
        for contract in self:
            partner = contract.partner_id
            contract.partner_code = partner.commercial_partner_id.vat
            contract.partner_address = partner._get_sop_contract_address()
            contract.partner_bank = partner.commercial_partner_id._get_sop_contract_bank()
            contract.partner_contact_id = partner._get_sop_contract_contact()

    @api.depends('company_id')
    def _compute_company_facts(self):
        for contract in self:
            # sudo: what our own company prints on its contracts.
            partner = contract.company_id.sudo().partner_id
            contract.company_code = partner.vat
            contract.company_address = partner._get_sop_contract_address()
            contract.company_bank = partner._get_sop_contract_bank()

    @api.depends('lead_id')
    def _compute_negotiation_id(self):
        for contract in self:
            contract.negotiation_id = contract.lead_id.sop_negotiation_id

    @api.depends(
        'clause_ids.status', 'clause_ids.text_en', 'clause_ids.text_zh', 'clause_ids.position',
        'clause_ids.approval_ids.state', 'non_standard', 'template_id', 'state')
    @api.depends_context('lang')
    def _compute_incomplete(self):
        for contract in self:
            shown = contract.is_editable
            contract.incomplete = shown and '\n'.join(contract._get_sop_incomplete())
            contract.blanks = shown and '\n'.join(contract._get_sop_blanks())
            contract.deviation_count = len(contract._get_sop_deviations())

    @api.depends('order_ids')
    def _compute_order_count(self):
        for contract in self:
            contract.order_count = len(contract.order_ids)

    @api.depends('clause_ids.status')
    def _compute_has_missing_clause(self):
        for contract in self:
            contract.has_missing_clause = any(line.status != 'present' for line in contract.clause_ids)

    @api.depends('clause_ids.wording_id')
    def _compute_newer_wording_count(self):
        for contract in self:
            contract.newer_wording_count = contract.is_editable and len(
                contract.clause_ids.filtered('newer_wording_id'))

    # ------------------------------------------------------------
    # CLAUSES
    # ------------------------------------------------------------

    def _get_sop_required_clauses(self):
        """The clauses this contract is not reviewed without."""
        template = self.template_id
        if template:
            return template.line_ids.filtered('is_required').clause_id
        return self.env['sop.clause']._get_sop_required()

    def _sop_apply_template(self):
        """The clauses of the template; texts somebody wrote stay, what the template does not know goes."""
        for contract in self:
            wordings = contract._get_sop_template_wordings()
            contract.clause_ids.filtered(
                lambda line, kept=wordings: line.clause_id not in kept and line.position != 'own').unlink()
            contract._sop_add_clauses(wordings)

    def _get_sop_template_wordings(self):
        """``{clause: wording}`` this contract starts with."""
        lines = self.template_id.line_ids
        if lines:
            return {line.clause_id: line._get_sop_wording(self) for line in lines}
        return {clause: clause._get_sop_wording(self) for clause in self.env['sop.clause']._get_sop_required()}

    def _sop_add_clauses(self, wordings):
        self.env['sop.contract.clause'].create([
            {
                'contract_id': self.id, 'clause_id': clause.id, 'wording_id': wording.id,
                'status': 'present' if wording else 'absent',
            }
            for clause, wording in wordings.items() if clause not in self.clause_ids.clause_id])

    def action_use_newer_wordings(self):
        """Take over the newer versions of the library, where the text was not changed."""
        self.check_access('write')
        self._check_sop_editable()
        self.clause_ids.filtered(lambda line: line.newer_wording_id and line.position != 'own').action_use_newer()
        return True

    # ------------------------------------------------------------
    # WHAT IS MISSING, WHAT DEVIATES
    # ------------------------------------------------------------

    def _get_sop_incomplete(self):
        """What has to be done before this contract can be reviewed, in words (S5.2)."""
        self.ensure_one()
        checks = (self._get_sop_missing_clauses(), *(line._get_sop_problem() for line in self.clause_ids))
        return [text for text in checks if text]

    def _get_sop_missing_clauses(self):
        present = self.clause_ids.filtered(lambda line: line.status != 'absent').clause_id
        if missing := self._get_sop_required_clauses() - present:
            return self.env._("Required clauses are absent: %s.", ', '.join(missing.mapped('name')))
        return False

    def _check_sop_complete(self):
        """Refuse the review of a contract whose contents are not complete.

        :raise UserError: names the clauses
        """
        for contract in self:
            if incomplete := contract._get_sop_incomplete():
                raise UserError(self.env._(
                    "%(contract)s is not complete:\n%(problems)s", contract=contract.display_name,
                    problems='\n'.join(incomplete)))

    def _check_sop_reviewable(self):
        self._check_sop_editable()
        self._check_sop_complete()
        return super()._check_sop_reviewable()

    def _get_sop_deviations(self):
        """What of this contract is not the company's own standard: ``[{'clause', 'kind', 'text'}]``.

        ``kind``: template, own, na, difference. An own wording counts whether it is approved or not.
        """
        self.ensure_one()
        found = [line._get_sop_deviation() for line in self.clause_ids]
        if self.non_standard:
            found.append({'clause': False, 'kind': 'template', 'text': self.env._("The customer's own text is used")})
        return [deviation for deviation in found if deviation]

    def _get_sop_blanks(self):
        """What is left open in the text as it would be printed, in words (C11)."""
        self.ensure_one()
        lines = self.clause_ids.filtered(lambda line: line.status == 'present')
        named = dict.fromkeys(name for line in lines for name in find_named(f'{line.text_en} {line.text_zh}'))
        known = self._get_sop_known_values('en')
        unknown = [self.env._(PLACEHOLDERS[name]) for name in named if not known.get(name)]
        missing = [self.env._("Not known yet: %s", ', '.join(unknown))] if unknown else []
        return missing + [text for line in lines for text in line._get_sop_blanks()]

    # ------------------------------------------------------------
    # PLACEHOLDERS
    # ------------------------------------------------------------

    @api.model
    def _get_sop_lang_code(self, lang):
        """The language of Odoo to write 'en' or 'zh' in; English where Chinese is not installed."""
        installed = {code for code, __ in self.env['res.lang'].get_installed()}
        return LANGUAGES[lang] if LANGUAGES[lang] in installed else 'en_US'

    def _get_sop_placeholder_values(self, lang):
        """``{placeholder: HTML}`` in ``lang`` ('en' or 'zh'); what is not known is a blank."""
        known = self._get_sop_known_values(lang)
        return {name: escape(known.get(name) or BLANK) for name in PLACEHOLDERS}

    def _get_sop_known_values(self, lang):
        # sudo: the text is the same whoever reads it.
        contract = self.with_env(self.env(su=True, context={'lang': self._get_sop_lang_code(lang)}))
        return contract._prepare_sop_placeholder_values() if contract else {}

    def _prepare_sop_placeholder_values(self):
        """What the placeholders stand for, in the language of the context; areas add what they know."""
        self.ensure_one()
        return {
            'number': self.name, 'title': self.title, 'company': self.company_id.name,
            'company_code': self.company_code, 'company_address': self.company_address,
            'company_bank': self.company_bank, 'company_contact': self.user_id.partner_id._get_sop_contract_person(),
            'partner': self.partner_id.commercial_partner_id.name, 'partner_code': self.partner_code,
            'partner_address': self.partner_address, 'partner_bank': self.partner_bank,
            'partner_contact': (self.partner_contact_id or self.partner_id)._get_sop_contract_person(),
            'currency': self.currency_id.name,
            'delivery': self.delivery or self._format_sop_date(self.delivery_date),
            'delivery_address': self.shipping_partner_id._get_sop_contract_address(),
            'date_start': self._format_sop_date(self.date_start),
            'date_end': self._format_sop_date(self.date_end), 'solution': self.solution_id.display_name,
            'copies': str(self.original_count), **self._prepare_sop_amount_values(),
            **self._prepare_sop_agreed_values(),
        }

    def _prepare_sop_amount_values(self):
        if not self.line_ids:
            return {}
        amounts = {
            name: self.currency_id.format(self[field]) for name, field in {
                'amount': 'amount_total', 'amount_untaxed': 'amount_untaxed', 'amount_tax': 'amount_tax'}.items()}
        plan = Markup('<br/>').join(self._get_sop_instalment_text(line) for line in self.instalment_ids)
        return {**amounts, 'amount_words': self._get_sop_amount_words(self.env.lang), 'payment_plan': plan}

    def _get_sop_instalment_text(self, line):
        labels = {name: dict(line._fields[name]._description_selection(self.env)) for name in ('trigger', 'method')}
        event = self._format_sop_date(line.date) if line.trigger == 'date' else labels['trigger'][line.trigger]
        values = {
            'percent': f'{line.percent:g}', 'amount': self.currency_id.format(line.amount), 'event': event,
            'days': line.days, 'method': labels['method'][line.method]}
        if line.days:
            return self.env._("%(percent)s %% (%(amount)s) within %(days)s days after: %(event)s. %(method)s", **values)
        return self.env._("%(percent)s %% (%(amount)s): %(event)s. %(method)s", **values)

    def _prepare_sop_agreed_values(self):
        lines = self.lead_id._get_sop_agreed_terms() if self.lead_id else {}
        return {
            name: lines[key].agreed for key, name in AGREED_TERMS.items()
            if key in lines and lines[key].status == 'agreed'}

    def _format_sop_date(self, date):
        """A date as contracts say it, whatever the date format of the user."""
        if not date:
            return False
        chinese = self.env.context.get('lang') == 'zh_CN'
        return f'{date.year}年{date.month}月{date.day}日' if chinese else f'{date:%d %B %Y}'

    # ------------------------------------------------------------
    # SCREENS
    # ------------------------------------------------------------

    def action_sop_open_orders(self):
        """The orders of this contract, as far as the user may read them."""
        self.ensure_one()
        action = {
            'type': 'ir.actions.act_window', 'name': self.env._("Orders"), 'res_model': 'sale.order',
            'domain': [('sop_contract_id', '=', self.id)]}
        orders = self.order_ids
        if len(orders) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': orders.id}
        return {**action, 'views': [(False, 'list'), (False, 'kanban'), (False, 'form')]}

    def action_sop_open_lead(self):
        """The opportunity of this contract."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'crm.lead', 'res_id': self.lead_id.id,
            'views': [(False, 'form')]}
