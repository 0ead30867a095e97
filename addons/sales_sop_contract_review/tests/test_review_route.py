from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon

MODULE = 'sales_sop_contract_review'


@tagged('post_install', '-at_install')
class TestReviewRoute(ContractReviewCommon):
    """Which level an order or a contract gets: the highest that any rule gives (§4.4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.partner.country_id = cls.env.ref('base.cn')
        cls.company.sop_review_gate = 'off'
        # A customer we know
        cls._create_order(quantity=1).sudo().action_confirm()

    def _get_route(self, subject):
        return subject._get_sop_review_routes()[subject.id]

    def _tick(self, subject, *codes):
        subject.sop_review_flag_ids = [
            Command.link(self.env.ref(f'{MODULE}.sop_review_flag_{code}').id) for code in codes]

    def _draft(self, *orders, **values):
        return self.env['sop.contract'].create({
            'title': "Pumps", 'partner_id': self.partner.id,
            'order_ids': [Command.link(order.id) for order in orders], **values})

    def assertLevel(self, subject, code, *reasons, departments=None):
        route = self._get_route(subject)
        self.assertEqual(route['level'].code, code, route['reasons'])
        for reason in reasons:
            self.assertIn(reason, '\n'.join(route['reasons']))
        if departments:
            self.assertEqual(route['departments'], departments.split())

    def test_by_amount(self):
        # 15 %: the limits count with tax.
        tax = self.env['account.tax'].create({'name': "15 %", 'amount': 15})
        for amount, level in (
                (0, 'L1'), (86000, 'L1'), (90000, 'L2'), (850000, 'L2'), (900000, 'L3'), (4300000, 'L3'),
                (5000000, 'L4')):
            with self.subTest(amount=amount):
                order = self._create_order(quantity=1, price=amount)
                order.order_line.tax_ids = tax
                self.product.list_price = amount
                self.assertLevel(order, level)

    def test_departments_and_approvers_of_each_level(self):
        expected = {
            'l1': ('L1', 'single', 'sal', ['sm'], 1), 'l2': ('L2', 'parallel', 'sal tec prd fin', ['director'], 2),
            'l3': ('L3', 'parallel', 'sal tec prd qua fin leg mgt', ['gm'], 3),
            'l4': ('L4', 'meeting', 'sal tec prd qua fin leg mgt', ['gm', 'board'], 5)}
        for key, (code, mode, departments, approvers, days) in expected.items():
            level = self.env.ref(f'{MODULE}.sop_review_level_{key}')
            self.assertEqual(
                (level.code, level.mode, ' '.join(level.department_ids.sorted().mapped('code')),
                 level._get_sop_approver_codes(), level.day_limit), (code, mode, departments, approvers, days))

    def test_in_another_currency(self):
        currency = self.env['res.currency'].create({
            'name': 'XTS', 'symbol': 'X', 'rate_ids': [Command.create({'name': '2000-01-01', 'rate': 0.1})]})
        pricelist = self.env['product.pricelist'].create({'name': "Test", 'currency_id': currency.id})
        order = self._create_order(quantity=1, price=20000, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        self.product.list_price = 200000
        self.assertEqual(order._get_sop_review_facts(['amount'])[order.id]['amount'], order.amount_total * 10)
        self.assertLevel(order, 'L2')

    def test_by_what_is_ticked(self):
        for code, level in (
                ('customised', 'L2'), ('customer_template', 'L2'), ('new_technology', 'L3'), ('tender', 'L3'),
                ('cross_border', 'L3'), ('uncapped', 'L3'), ('related_party', 'L4'), ('strategic', 'L4')):
            with self.subTest(flag=code):
                order = self._create_order(quantity=1)
                self._tick(order, code)
                self.assertLevel(order, level, self.env.ref(f'{MODULE}.sop_review_flag_{code}').name)

    def test_quality_terms_ask_quality(self):
        order = self._create_order(quantity=1)
        self._tick(order, 'quality_terms')
        self.assertLevel(order, 'L1', departments='sal')
        self._tick(order, 'customised')
        self.assertLevel(order, 'L2', departments='sal tec prd qua fin')

    def test_a_new_customer_asks_legal(self):
        order = self._create_order(quantity=1, partner_id=self.env['res.partner'].create({'name': "New Ltd."}).id)
        self.assertLevel(order, 'L2', "New customer", departments='sal tec prd fin leg')

    def test_a_contact_of_a_known_customer_is_known(self):
        contact = self.env['res.partner'].create({'name': "Mr. Li", 'parent_id': self.partner.id})
        self.assertLevel(self._create_order(quantity=1, partner_id=contact.id), 'L1')

    def test_delivered_abroad(self):
        order = self._create_order(quantity=1)
        order.partner_shipping_id = self.env['res.partner'].create({
            'name': "Hall", 'type': 'delivery', 'parent_id': self.partner.id, 'country_id': self.env.ref('base.de').id})
        self.assertLevel(order, 'L3', "Cross-border")

    def test_prices_are_judged_without_a_deal_too(self):
        order = self._create_order(quantity=1)
        order.order_line.discount = 5
        self.assertLevel(order, 'L2', "Price inside own authority: no (Pump P20)")
        order.order_line.discount = 12
        self.assertLevel(order, 'L3', "Below the floor: Pump P20")

    def test_credit_limit(self):
        self.company.account_use_credit_limit = True
        self.partner.sudo().write({'use_partner_credit_limit': True, 'credit_limit': 20000})
        order = self._create_order(quantity=1)
        self.assertLevel(order, 'L1')
        order = self._create_order(quantity=30)
        self.assertLevel(order, 'L3', "Credit limit exceeded")

    def test_overdue_is_not_routine(self):
        invoice = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': self.partner.id,
            'invoice_date': fields.Date.today() - timedelta(days=40),
            'invoice_date_due': fields.Date.today() - timedelta(days=30),
            'invoice_line_ids': [Command.create({'name': "Pump", 'price_unit': 500, 'tax_ids': False})]})
        order = self._create_order(quantity=1)
        self.assertLevel(order, 'L1')
        invoice.action_post()
        self.assertLevel(order, 'L2', "Nothing overdue: no", "days")

    def test_long_credit_without_advance(self):
        order = self._create_order(quantity=1)
        order.payment_term_id = self.env['account.payment.term'].create({
            'name': "120 days",
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 120})]})
        self.assertLevel(order, 'L4', "Long credit without an advance: 120")
        order.write({'require_payment': True, 'prepayment_percent': 0.3})
        self.assertLevel(order, 'L2', "Standard payment: no (120 days)")

    def test_damages(self):
        order = self._create_order(quantity=1)
        order.sop_damages_percent = 20
        self.assertLevel(order, 'L1')
        order.sop_damages_percent = 20.5
        self.assertLevel(order, 'L4', "High damages: 20.5 %")

    def test_frameworks(self):
        contract = self._draft(type='framework', date_start='2030-01-01', date_end='2030-12-31')
        self.assertLevel(contract, 'L2', "Framework agreement")
        contract.date_end = '2031-01-01'
        self.assertLevel(contract, 'L3', "Long framework agreement")
        contract.date_end = False
        self.assertLevel(contract, 'L3')
        contract.type = 'sale'
        self.assertLevel(contract, 'L1')

    def test_a_contract_has_the_amount_of_its_orders(self):
        self.product.list_price = 60000
        orders = [self._create_order(quantity=1, price=60000) for __ in range(2)]
        self.assertLevel(orders[0], 'L1')
        self.assertLevel(self._draft(*orders), 'L2', "Amount")

    def test_call_off_inside_a_framework(self):
        order = self._create_order(quantity=1001)
        contract = self._draft(order, type='framework')
        contract._sop_fill_from_orders()
        self.assertLevel(order, 'L3')
        self._put_in_force(contract)
        self.assertLevel(order, 'L1', "Call-off")
        self._put_in_force(contract, 'terminated')
        self.assertLevel(order, 'L3')

    def test_texts_of_a_contract(self):
        contract = self._draft(self._create_order(quantity=1))
        self.assertLevel(contract, 'L1')
        contract.non_standard = True
        self.assertLevel(contract, 'L2', "Customer's template", "Non-standard terms", departments='sal tec prd fin leg')

    def test_disputed_before(self):
        order = self._create_order(quantity=1)
        for key, expected in (('l2', 'L1'), ('l3', 'L4')):
            level = self.env.ref(f'{MODULE}.sop_review_level_{key}')
            review = self._give_review(order, 'rejected', level_id=level.id)
            as_engine(self.env['sop.review.opinion']).create({
                'review_id': review.id, 'opinion': 'disagree', 'state': 'done',
                'department_id': self.env.ref(f'{MODULE}.sop_review_department_leg').id})
            self.assertLevel(order, expected)

    def test_no_rule_no_review(self):
        self.env['sop.review.rule'].search([('trigger', 'in', ('always', 'not_routine'))]).active = False
        orders = self._create_order(quantity=1) | self._create_order(quantity=1001)
        routes = orders._get_sop_review_routes()
        self.assertIsNone(routes[orders[0].id])
        self.assertEqual(routes[orders[1].id]['level'].code, 'L3')
        self.assertEqual(orders.browse()._get_sop_review_routes(), {})

    def test_own_conditions(self):
        rule = self.env['sop.review.rule'].create({
            'name': "Marked by the customer", 'level_id': self.env.ref(f'{MODULE}.sop_review_level_l3').id,
            'trigger': 'always', 'order_domain': "[('client_order_ref', '=', 'X')]", 'applies_to': 'order',
            'department_ids': [Command.link(self.env.ref(f'{MODULE}.sop_review_department_leg').id)]})
        order = self._create_order(quantity=1)
        self.assertLevel(order, 'L1')
        order.client_order_ref = "X"
        self.assertLevel(order, 'L3', "Marked by the customer")
        self.assertLevel(self._draft(order), 'L1')
        rule.level_id = self.env.ref(f'{MODULE}.sop_review_level_l1')
        self.assertLevel(order, 'L1', departments='sal leg')

    def test_a_broken_condition_holds_for_all(self):
        rule = self.env.ref(f'{MODULE}.sop_review_rule_l4_strategic')
        rule.write({'trigger': 'always', 'order_domain': "[('client_order_ref', '=', 'X')]"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sop_review_rule SET order_domain = %s WHERE id = %s", ["[('gone', '=', 1)]", rule.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with self.assertLogs('odoo.addons.sales_sop_contract_review.models.sop_review_rule', 'ERROR'):
            self.assertLevel(self._create_order(quantity=1), 'L4')

    def test_the_same_for_whoever_asks(self):
        order = self._create_order(quantity=1001)
        self._tick(order, 'quality_terms')
        routes = [
            order.with_env(env)._get_sop_review_routes()[order.id] for env in (
                self.env(user=self.user_sales_salesman), self.env(user=self.reviewers['leg']), self.env,
                self.env(user=self.user_sales_salesman, context={'active_test': False, 'lang': 'en_US'}))]
        for route in routes[1:]:
            self.assertEqual(route, routes[0])

    def test_costs_the_same_for_many(self):
        partners = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(12)])
        orders = self._create_order().browse([
            self._create_order(quantity=1001, partner_id=partner.id).id for partner in partners])
        self.company.account_use_credit_limit = True

        def count(batch):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch._get_sop_review_routes()
            return self.env.cr.sql_log_count - before

        count(orders)
        self.assertEqual(count(orders[:2]), count(orders[2:]))

    def test_rules_that_cannot_match_cost_next_to_nothing(self):
        self.env['sop.review.rule'].search([('trigger', '!=', 'amount')]).active = False
        orders = self._create_order(quantity=1) | self._create_order(quantity=1)
        orders._get_sop_review_routes()
        self.env.flush_all()
        orders.mapped('amount_total')
        with self.assertQueryCount(0):
            self.assertEqual(set(orders._get_sop_review_routes().values()), {None})

    # ------------------------------------------------------------
    # COMPANIES
    # ------------------------------------------------------------

    def test_a_company_has_levels_of_its_own(self):
        level = self.env.ref(f'{MODULE}.sop_review_level_l2')
        own = level.browse(level.action_copy_for_company()['domain'][0][2])
        self.assertEqual((own.code, own.company_id, len(own.rule_ids), len(own.case_ids)),
                         ('L2', self.company, len(level.rule_ids), len(level.case_ids)))
        own.rule_ids.filtered(lambda rule: rule.trigger == 'amount').number = 5000
        order = self._create_order(quantity=8)
        self.assertEqual(self._get_route(order)['level'], own)
        other = self.env['res.company'].create({'name': "Other"})
        self.assertEqual(self.env['sop.review.level']._get_sop_levels(other).mapped('company_id').ids, [])
        own.active = False
        self.assertLevel(order, 'L1')

    # ------------------------------------------------------------
    # BAD INPUT AND ACCESS
    # ------------------------------------------------------------

    def test_bad_rules(self):
        level = self.env.ref(f'{MODULE}.sop_review_level_l2')
        for values in (
                {'trigger': 'flag'}, {'trigger': 'amount', 'number': -1}, {'trigger': 'amount', 'number': float('nan')},
                {'trigger': 'amount', 'number': float('inf')},
                {'order_domain': "[('nothing', '=', 1)]"}, {'order_domain': "nonsense"}, {'contract_domain': "[("},
                {'order_domain': "[('id', '=', __import__('os').getpid())]"}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.env['sop.review.rule'].create({'name': "Bad", 'level_id': level.id, **values})

    def test_bad_levels(self):
        level = self.env.ref(f'{MODULE}.sop_review_level_l2')
        for values in ({'department_ids': [Command.clear()]}, {'day_limit': -1}, {'second_approver_code': 'director'}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                level.write(values)
        with self.assertRaises(ValidationError):
            level.case_ids.create({
                'level_id': level.id, 'department_id': level.department_ids[0].id, 'when': 'flag'})

    def test_only_administrators_of_the_system_say_who_decides(self):
        records = [self.env.ref(f'{MODULE}.{name}') for name in (
            'sop_review_level_l2', 'sop_review_rule_l2_amount', 'sop_review_department_leg', 'sop_review_topic_price',
            'sop_review_item_c01', 'sop_review_flag_tender', 'sop_review_level_department_l2_leg_new_customer')]
        for user in (self.user_sales_manager, self.user_sales_salesman, self.reviewers['ca']):
            for record in records:
                with self.subTest(user=user.name, record=record._name):
                    self.assertTrue(record.with_user(user).has_access('read'))
                    with self.assertRaises(AccessError):
                        record.with_user(user).write({'sequence': 5} if 'sequence' in record else {'when': 'service'})
        with self.assertRaises(AccessError):
            self.env.ref(f'{MODULE}.sop_review_level_l2').with_user(self.user_sales_manager).action_copy_for_company()
        for record in records[:-2]:
            self.assertFalse(record.with_user(self.user_portal).has_access('read'))
