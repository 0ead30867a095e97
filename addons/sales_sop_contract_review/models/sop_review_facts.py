from odoo import api, fields, models
from odoo.tools.misc import format_amount

from ..values import CROSS_BORDER, CUSTOMER_TEMPLATE, CUSTOMISED

# Check items that routine tests answer
PREFILLED = {'R01': ('credit', 'overdue'), 'F04': ('stock',), 'A01': ('terms',), 'L08': ('template',)}


class SopReviewMixin(models.AbstractModel):
    """What the level of a review is chosen by (§4.4), each fact for many records at once."""

    _inherit = 'sop.review.mixin'

    sop_review_flag_ids = fields.Many2many(
        'sop.review.flag', string="Features", prefetch='sop', groups='base.group_user',
        help="What the system cannot know, and the level of the review depends on.")
    sop_damages_percent = fields.Float(
        string="Damages at Most (%)", prefetch='sop', groups='base.group_user', aggregator=None,
        help="All damages for delay and the like, in per cent of the price.")

    @api.model
    def _get_sop_fact_methods(self):
        """``{name: method}``: a method takes records and returns ``{id: value}``."""
        return {
            'amount': '_get_sop_amounts',
            'deviations': '_get_sop_review_deviations',
            'new_customer': '_get_sop_new_customers',
            'flags': '_get_sop_flags',
            'customer_template': '_get_sop_customer_templates',
            'cross_border': '_get_sop_cross_borders',
            'below_floor': '_get_sop_below_floors',
            'unapproved': '_get_sop_unapproved',
            'credit': '_get_sop_credits',
            'overdue': '_get_sop_overdues',
            'framework_months': '_get_sop_framework_months',
            'payment': '_get_sop_payment_facts',
            'damages_percent': '_get_sop_damages',
            'disputed': '_get_sop_disputes',
            'service': '_get_sop_services',
            'catalogue': '_get_sop_catalogue',
            'call_off': '_get_sop_call_offs',
            'routine': '_get_sop_routine_tests',
        }

    def _get_sop_review_facts(self, names=None):
        """What the level of a review is chosen by: ``{id: {fact: value}}``; of ``names`` alone, if given."""
        # sudo: facts are the same for everybody.
        records = self.sudo()
        methods = self._get_sop_fact_methods()
        facts = {record.id: {} for record in self}
        for name in methods if names is None else names:
            for record_id, value in getattr(records, methods[name])().items():
                facts[record_id][name] = value
        return facts

    # ------------------------------------------------------------
    # WHERE THE FACTS COME FROM
    # ------------------------------------------------------------

    def _get_sop_reviewed_orders(self):
        """The orders this record is about."""
        return self.env['sale.order']

    def _get_sop_reviewed_lead(self):
        """The deal this record comes from."""
        return self.env['crm.lead']

    def _get_sop_reviewed_lines(self):
        orders = self._get_sop_reviewed_orders()
        # The lines of all records at hand are read together.
        return orders._get_sop_goods().with_prefetch(orders.order_line._prefetch_ids)

    def _get_sop_negotiated_lines(self):
        """What was agreed in the negotiation of the deal."""
        return self._get_sop_reviewed_lead().sop_negotiation_id.line_ids.filtered(
            lambda line: line.status == 'agreed')

    def _get_sop_customers(self):
        return self.partner_id.commercial_partner_id

    # ------------------------------------------------------------
    # WHAT IS SOLD, AND ON WHICH TERMS
    # ------------------------------------------------------------

    def _get_sop_amounts(self):
        """Amounts, tax included, in the currency of the company."""
        return {record.id: 0.0 for record in self}

    def _get_sop_review_deviations(self):
        """Terms that are not the standard, in words."""
        return {record.id: record._get_sop_own_deviations() for record in self}

    def _get_sop_own_deviations(self):
        return [line._get_sop_point() for line in self._get_sop_negotiated_lines() if line.is_beyond]

    def _get_sop_flags(self):
        """Codes of the features of these records, ticked or known."""
        known = (
            (CROSS_BORDER, self._get_sop_cross_borders()), (CUSTOMER_TEMPLATE, self._get_sop_customer_templates()))
        return {
            record.id: {*record.sop_review_flag_ids.mapped('code'), *(code for code, of in known if of[record.id])}
            for record in self}

    def _get_sop_customer_templates(self):
        return {record.id: False for record in self}

    def _get_sop_cross_borders(self):
        """Whether the customer or the place of delivery is abroad."""
        return {record.id: record._is_sop_cross_border() for record in self}

    def _is_sop_cross_border(self):
        countries = (self._get_sop_customers() | self._get_sop_reviewed_orders().partner_shipping_id).country_id
        own = self.company_id.country_id
        return bool(own and countries - own)

    def _get_sop_services(self):
        return {
            record.id: any(line.product_id.type == 'service' for line in record._get_sop_reviewed_lines())
            for record in self}

    def _get_sop_catalogue(self):
        """Whether only products of the catalogue are sold, none of them made for this customer."""
        return {
            record.id: CUSTOMISED not in record.sop_review_flag_ids.mapped('code') and record._has_sop_products_only()
            for record in self}

    def _has_sop_products_only(self):
        return True

    def _get_sop_below_floors(self):
        """What is sold below the floor, in words: nothing about the floors."""
        return {record.id: record._get_sop_below_floor_names() for record in self}

    def _get_sop_below_floor_names(self):
        cheap = self._get_sop_lines_in_state('below', 'margin').product_id.mapped('display_name')
        return [*cheap, *(line.term_id.name for line in self._get_sop_negotiated_lines() if line._is_sop_below_floor())]

    def _get_sop_lines_in_state(self, *states):
        """Lines whose prices stand like this to the limits of the company, of deals and others."""
        terms = self.env['sop.term']
        term = terms.browse(terms._get_sop_price_term_id(self.company_id.id) or [])
        return self._get_sop_reviewed_lines().filtered(
            lambda line: term and self._get_sop_line_state(line, term) in states)

    def _get_sop_line_state(self, line, term):
        # Without a deal, prices are judged now alone: plain orders cost nothing.
        return line.sop_price_state or line._get_sop_price_state(term, self.company_id, line._get_sop_discount())

    def _get_sop_unapproved(self):
        """What goes beyond the authority of whoever sells and nobody agreed to, in words (R10)."""
        return {record.id: record._get_sop_unapproved_names() for record in self}

    def _get_sop_unapproved_names(self):
        prices = self._get_sop_reviewed_lines()._get_sop_uncovered().product_id.mapped('display_name')
        terms = self._get_sop_negotiated_lines().filtered(
            lambda line: line.is_beyond and not line.approval_id._is_live())
        return [*prices, *terms.term_id.mapped('name')]

    def _get_sop_framework_months(self):
        return {record.id: 0 for record in self}

    def _get_sop_call_offs(self):
        """Whether these are orders inside a framework agreement that holds."""
        return {record.id: False for record in self}

    def _get_sop_damages(self):
        return {record.id: record.sop_damages_percent for record in self}

    # ------------------------------------------------------------
    # PAYMENT
    # ------------------------------------------------------------

    def _get_sop_payment_facts(self):
        """``{id: {advance_percent, credit_days}}``: what is paid in advance, and the longest credit."""
        return {record.id: record._get_sop_order_payment() for record in self}

    def _get_sop_order_payment(self):
        orders = self._get_sop_reviewed_orders()
        return {
            'advance_percent': min((order._get_sop_advance() for order in orders), default=0.0),
            'credit_days': max((term._get_sop_credit_days() for term in orders.payment_term_id), default=0),
        }

    # ------------------------------------------------------------
    # THE CUSTOMER
    # ------------------------------------------------------------

    def _get_sop_new_customers(self):
        """Whether we never had a confirmed order of the customer before."""
        groups = self.env['sale.order']._read_group([
            ('partner_id.commercial_partner_id', 'in', self._get_sop_customers().ids), ('state', '=', 'sale'),
        ], ['partner_id'], ['date_order:min'])
        first = {}
        for partner, date in groups:
            customer = partner.commercial_partner_id
            first[customer] = min(date, first.get(customer, date))
        return {record.id: record._is_sop_first_order(first.get(record._get_sop_customers())) for record in self}

    def _is_sop_first_order(self, date):
        """Whether nothing was confirmed before this, the first confirmed order being of ``date``."""
        own = self._get_sop_reviewed_orders().filtered(lambda order: order.state == 'sale').mapped('date_order')
        return not date or bool(own) and min(own) <= date

    def _get_sop_credits(self):
        """How the credit limit is exceeded, in words; False where it is not."""
        amounts = self._get_sop_amounts()
        return {record.id: record._get_sop_credit_excess(amounts[record.id]) for record in self}

    def _get_sop_credit_excess(self, amount):
        company = self.company_id or self.env.company
        if not company.account_use_credit_limit:
            return False
        customer = self._get_sop_customers().with_company(company)
        limit, total = customer.credit_limit, customer.credit + customer.credit_to_invoice + amount
        if not limit or company.currency_id.compare_amounts(total, limit) <= 0:
            return False
        return self.env._(
            "%(total)s of %(limit)s", total=format_amount(self.env, total, company.currency_id),
            limit=format_amount(self.env, limit, company.currency_id))

    def _get_sop_overdues(self):
        """What the customers have not paid in time: ``{id: {days, amount, text}}``."""
        groups = {}
        for company, records in self.grouped('company_id').items():
            groups |= records._get_sop_overdue_groups(company)
        return {
            record.id: record._prepare_sop_overdue(groups.get((record.company_id, record._get_sop_customers())))
            for record in self}

    def _get_sop_overdue_groups(self, company):
        today = company._get_sop_local_date(fields.Datetime.now())
        groups = self.env['account.move']._read_group([
            ('commercial_partner_id', 'in', self._get_sop_customers().ids), ('company_id', '=', company.id),
            ('move_type', 'in', ('out_invoice', 'out_receipt')), ('state', '=', 'posted'),
            ('payment_state', 'in', ('not_paid', 'partial')), ('invoice_date_due', '<', today),
        ], ['commercial_partner_id'], ['invoice_date_due:min', 'amount_residual_signed:sum'])
        return {(company, partner): ((today - oldest).days, amount) for partner, oldest, amount in groups}

    def _prepare_sop_overdue(self, found):
        days, amount = found or (0, 0.0)
        text = found and self.env._(
            "%(amount)s, %(days)s days", amount=format_amount(self.env, amount, self.company_id.currency_id), days=days)
        return {'days': days, 'amount': amount, 'text': text or False}

    def _get_sop_disputes(self):
        """Ids of the levels at which a department disagreed in an earlier round."""
        link = f'review_id.{self._sop_review_link}'
        opinions = self.env['sop.review.opinion'].sudo().search([(link, 'in', self.ids), ('opinion', '=', 'disagree')])
        levels = {record.id: set() for record in self}
        for review in opinions.review_id:
            levels[review[self._sop_review_link].id].add(review.level_id.id)
        return levels

    # ------------------------------------------------------------
    # ROUTINE
    # ------------------------------------------------------------

    def _get_sop_routine_tests(self):
        """What makes these routine (§4.4): ``{id: [{code, ok, text}]}``; ``ok`` is None where nobody can tell."""
        names = ('deviations', 'flags', 'credit', 'overdue', 'payment', 'catalogue')
        facts = self._get_sop_review_facts(names)
        stock = self._get_sop_stock_tests()
        return {
            record.id: record._prepare_sop_tests({**facts[record.id], 'stock': stock[record.id]}) for record in self}

    def _prepare_sop_tests(self, facts):
        dear = self._get_sop_lines_in_state('authority', 'below', 'margin').product_id.mapped('display_name')
        days, usual = facts['payment']['credit_days'], self.env['sop.term']._get_sop_usual_credit(self.company_id.id)
        return [
            self._prepare_sop_test('catalogue', self.env._("Products of the catalogue"), facts['catalogue']),
            self._prepare_sop_test('price', self.env._("Price inside own authority"), not dear, ', '.join(dear)),
            self._prepare_sop_test('stock', self.env._("Quantity in stock"), *facts['stock']),
            self._prepare_sop_test(
                'terms', self.env._("Standard terms"), not facts['deviations'], '; '.join(facts['deviations'])),
            self._prepare_sop_test(
                'payment', self.env._("Standard payment"), days <= usual, self.env._("%s days", days)),
            self._prepare_sop_test(
                'template', self.env._("Our own template"), CUSTOMER_TEMPLATE not in facts['flags']),
            self._prepare_sop_test(
                'credit', self.env._("Credit limit free"), not facts['credit'], facts['credit']),
            self._prepare_sop_test(
                'overdue', self.env._("Nothing overdue"), not facts['overdue']['days'], facts['overdue']['text']),
        ]

    def _prepare_sop_test(self, code, name, ok, detail=False):
        answer = self.env._("not checked") if ok is None else self.env._("yes") if ok else self.env._("no")
        if ok is not True and detail:
            answer = self.env._("%(answer)s (%(detail)s)", answer=answer, detail=detail)
        return {'code': code, 'ok': ok, 'text': self.env._("%(test)s: %(answer)s", test=name, answer=answer)}

    def _get_sop_stock_tests(self):
        """``{id: (ok, detail)}``: whether there is enough free stock now."""
        if 'free_qty' not in self.env['product.product']._fields:
            return {record.id: (None, False) for record in self}
        return {record.id: record._get_sop_shortage() for record in self}

    def _get_sop_shortage(self):
        wanted = {}
        for line in self._get_sop_reviewed_lines().filtered(lambda line: line.product_id.is_storable):
            quantity = line.product_uom_id._compute_quantity(line.product_uom_qty, line.product_id.uom_id)
            wanted[line.product_id] = wanted.get(line.product_id, 0) + quantity
        short = [product.display_name for product, quantity in wanted.items() if product.free_qty < quantity]
        return not short, ', '.join(short)

    # ------------------------------------------------------------
    # TOPIC
    # ------------------------------------------------------------

    def _get_sop_feature_topic(self):
        """Features are part of what is reviewed: they chose who was asked."""
        return {
            'features': sorted(self.sop_review_flag_ids.mapped('code')), 'damages': self.sop_damages_percent or 0}

    # ------------------------------------------------------------
    # ANSWERS THE SYSTEM KNOWS
    # ------------------------------------------------------------

    def _get_sop_missing_approvals(self):
        return {
            record_id: [self.env._("%s: beyond our limits, and nobody with the authority agreed to it.", name)
                        for name in names]
            for record_id, names in self.sudo()._get_sop_unapproved().items()}

    def _get_sop_review_prefills(self):
        """The routine tests answer these items; whoever reviews may say otherwise."""
        prefills = super()._get_sop_review_prefills()
        for record_id, tests in self.sudo()._get_sop_routine_tests().items():
            known = {test['code']: test for test in tests}
            prefills[record_id] = {**prefills.get(record_id, {}), **self._prepare_sop_prefill(known)}
        return prefills

    def _prepare_sop_prefill(self, tests):
        return {
            item: ['pass' if all(tests[code]['ok'] for code in codes) else 'fail',
                   '\n'.join(tests[code]['text'] for code in codes)]
            for item, codes in PREFILLED.items() if all(tests[code]['ok'] is not None for code in codes)}
