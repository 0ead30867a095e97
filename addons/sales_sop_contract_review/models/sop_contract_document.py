import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..amount_words import get_chinese_amount
from ..values import PREPAID, PRINT_LANGUAGES, TOPICS

DATES = ('date_start', 'date_end', 'delivery_date')
PARTY = ('partner_code', 'partner_address', 'partner_bank', 'company_code', 'company_address', 'company_bank')
LEGAL = ('type', 'non_standard', 'prevailing_lang', 'print_lang', 'original_count')


class SopContract(models.Model):
    """What a contract says: lines, amounts, payments, and the fingerprint of it all (S5.2)."""

    _inherit = 'sop.contract'

    amount_untaxed = fields.Monetary(string="Untaxed Amount", compute='_compute_amounts', store=True)
    amount_tax = fields.Monetary(string="Taxes", compute='_compute_amounts', store=True)
    amount_total = fields.Monetary(string="Total", compute='_compute_amounts', store=True)
    amount_words = fields.Char(string="In Words", compute='_compute_amount_words')
    payment_problem = fields.Char(compute='_compute_payment_problem')
    payment_term_id = fields.Many2one('account.payment.term', string="Payment Terms", check_company=True)
    delivery_date = fields.Date()
    shipping_partner_id = fields.Many2one(
        'res.partner', string="Delivered To", check_company=True, ondelete='restrict')
    print_lang = fields.Selection(
        PRINT_LANGUAGES, string="Printed In", required=True, compute='_compute_print_lang', store=True, readonly=False,
        precompute=True)

    _sop_text_fields = frozenset({'payment_term_id', 'delivery_date', 'shipping_partner_id', 'print_lang'})

    @api.depends('partner_id')
    def _compute_print_lang(self):
        for contract in self:
            lang = contract.partner_id.lang or ''
            contract.print_lang = 'zh' if lang.startswith('zh') else 'both'

    @api.depends('line_ids.price_total', 'line_ids.price_subtotal', 'currency_id', 'company_id')
    def _compute_amounts(self):
        taxes = self.env['account.tax']
        for contract in self:
            base_lines = [line._prepare_base_line() for line in contract.line_ids]
            taxes._add_tax_details_in_base_lines(base_lines, contract.company_id)
            taxes._round_base_lines_tax_details(base_lines, contract.company_id)
            totals = taxes._get_tax_totals_summary(base_lines, contract.currency_id, contract.company_id)
            contract.amount_untaxed = totals['base_amount_currency']
            contract.amount_tax = totals['tax_amount_currency']
            contract.amount_total = totals['total_amount_currency']

    @api.depends('instalment_ids.percent', 'instalment_ids.amount', 'amount_total')
    @api.depends_context('lang')
    def _compute_payment_problem(self):
        for contract in self:
            contract.payment_problem = ' '.join(contract._find_sop_payment_problems()) or False

    @api.depends('amount_total', 'currency_id')
    @api.depends_context('lang')
    def _compute_amount_words(self):
        for contract in self:
            contract.amount_words = contract._get_sop_amount_words(self.env.lang)

    def _get_sop_amount_words(self, lang):
        self.ensure_one()
        if (lang or '').startswith('zh'):
            return get_chinese_amount(self.amount_total, self.currency_id.name)
        return self.currency_id.with_context(lang=lang).amount_to_text(self.amount_total)

    # ------------------------------------------------------------
    # LINES AND INSTALMENTS
    # ------------------------------------------------------------

    def _sop_fill_from_orders(self):
        """Say what the orders of these drafts say: lines, dates, place and payments."""
        for contract in self:
            # sudo: whoever drafts a contract over these orders says what they say.
            orders = contract.sudo().order_ids
            goods = orders._get_sop_contracted_lines()
            lines = self.env['sop.contract.line']
            contract.write({
                'line_ids': [Command.clear(), *(
                    Command.create({**lines._prepare_values(line), 'sequence': index})
                    for index, line in enumerate(goods, 1))],
                # What orders say in different ways is left to them.
                'payment_term_id': len(orders.payment_term_id) == 1 and orders.payment_term_id.id,
                'shipping_partner_id': len(orders.partner_shipping_id) == 1 and orders.partner_shipping_id.id,
                'delivery_date': contract._get_sop_promised_date(orders),
            })
            contract._sop_fill_instalments()

    def action_sop_fill_from_orders(self):
        """Say again what the orders of these drafts say: lines, dates, place and payments."""
        self.check_access('write')
        self._check_sop_editable()
        if other := self.filtered(lambda contract: not contract.order_ids)[:1]:
            raise UserError(self.env._("%s has no orders: enter its lines here.", other.display_name))
        self._sop_fill_from_orders()
        return True

    def action_sop_fill_instalments(self):
        """Start again with the usual instalments of the payment terms."""
        self.check_access('write')
        self._check_sop_editable()
        self._sop_fill_instalments()
        return True

    def _get_sop_promised_date(self, orders):
        dates = [order.commitment_date for order in orders if order.commitment_date]
        return dates and self.company_id._get_sop_local_date(max(dates))

    def _sop_fill_instalments(self):
        """Start with the usual instalments of the payment terms."""
        for contract in self:
            plan = self.env['sop.payment.plan.line'].with_company(contract.company_id)._get_plan(
                contract.company_id, contract.payment_term_id)
            contract.instalment_ids = [Command.clear(), *map(Command.create, plan)]

    def _sop_split_amount(self):
        """Give each instalment its share; the last takes what rounding leaves."""
        self.ensure_one()
        instalments = self.instalment_ids.sorted(lambda line: (line.sequence, line._origin.id or 0))
        left = self.amount_total
        for instalment in instalments:
            instalment.amount = self.currency_id.round(self.amount_total * instalment.percent / 100)
            left -= instalment.amount
        if instalments and instalments._is_complete():
            instalments[-1].amount = self.currency_id.round(instalments[-1].amount + left)

    def _get_sop_payment_problems(self):
        """What is wrong with the payment plans, in words: ``{id: [text]}`` (invariant 8)."""
        return {contract.id: contract._find_sop_payment_problems() for contract in self}

    def _find_sop_payment_problems(self):
        instalments, total = self.instalment_ids, self.amount_total
        if not instalments:
            return [self.env._("There is no payment plan.")] if total or self.type != 'framework' else []
        problems = []
        if not instalments._is_complete():
            problems.append(self.env._(
                "The instalments add up to %(percent)s %% instead of 100 %%.",
                percent=f"{sum(instalments.mapped('percent')):g}"))
        elif self.currency_id.compare_amounts(sum(instalments.mapped('amount')), total):
            problems.append(self.env._("The instalments do not add up to the amount of the contract."))
        return problems

    def _get_sop_payment_facts(self):
        """How these contracts are paid: ``{id: {advance_percent, prepaid_percent, retention_percent, credit_days}}``.

        Advance is paid at signing, what is prepaid before the goods leave; credit
        counts from the delivery, what is kept until the end of the warranty aside.
        """
        return {contract.id: contract._get_sop_payment_fact() for contract in self}

    def _get_sop_payment_fact(self):
        shares = {}
        for instalment in self.instalment_ids:
            shares[instalment.trigger] = shares.get(instalment.trigger, 0) + instalment.percent
        credit = [
            line.days if line.trigger != 'date' else self._get_sop_credit_days(line.date)
            for line in self.instalment_ids if line.trigger in ('delivery', 'acceptance', 'date')]
        return {
            'advance_percent': shares.get('signing', 0),
            'prepaid_percent': sum(shares.get(trigger, 0) for trigger in PREPAID),
            'retention_percent': shares.get('warranty', 0),
            'credit_days': max(credit, default=0),
        }

    def _get_sop_credit_days(self, date):
        start = self.delivery_date or self.date_start or (self.create_date or fields.Datetime.now()).date()
        return max((date - start).days, 0) if date else 0

    # ------------------------------------------------------------
    # TOPICS AND FINGERPRINT
    # ------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if not self._get_sop_text_fields().isdisjoint(vals):
            self._sop_outdate_reviews()
        return result

    def _get_sop_review_topics(self):
        return {contract.id: contract._get_sop_contract_topics() for contract in self}

    def _get_sop_contract_topics(self):
        # By id: to sort lines anew changes nothing that was agreed.
        lines, topics = self.line_ids.sorted('id'), self._get_sop_clause_topics()
        topics['party'].update(
            customer=self.partner_id.id, company=self.company_id.id, contact=self.partner_contact_id.id,
            **self._get_sop_texts(PARTY))
        topics['spec'].update(
            lines=[[line.product_id.id, line.name, line.specification or ''] for line in lines],
            solution=self.solution_id.id)
        topics['quantity']['lines'] = [[line.uom_id.id, line.quantity, line.ceiling] for line in lines]
        topics['price'].update(
            currency=self.currency_id.name, total=self.amount_total, ceiling=self.ceiling_amount,
            lines=[[line.price_unit, line.discount, sorted(line.tax_ids.ids)] for line in lines])
        topics['date'].update(lines=lines.mapped('lead_days'), **self._get_sop_texts(('delivery', *DATES)))
        topics['payment'].update(
            term=self.payment_term_id.id, plan=[line._get_terms() for line in self.instalment_ids])
        topics['place']['address'] = self.shipping_partner_id.id
        topics['legal'].update(agreed=self._prepare_sop_agreed_values(), **self._get_sop_texts(LEGAL))
        return topics

    def _get_sop_texts(self, names):
        return {name: str(self[name] or '') for name in names}

    def _get_sop_clause_topics(self):
        """The clauses by topic, as they are written: what they name is part of the topics, too."""
        topics = {topic: {'clauses': []} for topic, __ in TOPICS}
        for line in self.clause_ids.sorted(lambda line: line.clause_id.code):
            topics[line.topic or 'legal']['clauses'].append([
                line.clause_id.code, line.status, line.reference or '', line.na_reason or '', str(line.text_zh or ''),
                str(line.text_en or '')])
        return topics

    def _get_sop_fingerprint(self):
        """SHA-256 over everything that is reviewed, and the version: what is signed is recognised by it."""
        self.ensure_one()
        frozen = self.browse() if self.is_editable else self._get_sop_frozen_version()
        return frozen.fingerprint if frozen else self._get_sop_live_fingerprint()

    def _get_sop_live_fingerprint(self):
        content = {'version': self.version, **self._get_sop_review_fingerprints()[self.id]}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def _get_sop_fingerprint_code(self):
        """The fingerprint in short, for those who type it: A1B2-C3D4."""
        code = self._get_sop_fingerprint()[:8].upper()
        return f'{code[:4]}-{code[4:]}'

    def _get_sop_qr_value(self):
        """What the code on the printed contract holds: number, version and fingerprint."""
        return f'{self.name}|v{self.version}|{self._get_sop_fingerprint()}'

    def _check_sop_reviewable(self):
        for contract in self.filtered(lambda contract: contract.type != 'framework'):
            if empty := contract.line_ids.filtered(lambda line: not line.quantity):
                raise UserError(self.env._(
                    "%(contract)s cannot be reviewed yet: enter the quantity of %(lines)s.",
                    contract=contract.display_name, lines=', '.join(empty.mapped('name'))))
        problems = self._get_sop_payment_problems()
        for contract in self.filtered(lambda contract: problems[contract.id]):
            raise UserError(self.env._(
                "%(contract)s cannot be reviewed yet. %(problems)s Correct the payment plan.",
                contract=contract.display_name, problems=' '.join(problems[contract.id])))
        return super()._check_sop_reviewable()
