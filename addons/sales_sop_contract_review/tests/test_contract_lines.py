from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..amount_words import get_chinese_amount
from .common import ContractReviewCommon

WORDS = {
    0: '人民币零元整',
    0.05: '人民币伍分',
    0.5: '人民币伍角整',
    10: '人民币壹拾元整',
    100.05: '人民币壹佰元零伍分',
    1000.5: '人民币壹仟元伍角整',
    1001: '人民币壹仟零壹元整',
    1010.1: '人民币壹仟零壹拾元壹角整',
    10000: '人民币壹万元整',
    10001: '人民币壹万零壹元整',
    100100: '人民币壹拾万零壹佰元整',
    880000: '人民币捌拾捌万元整',
    1234567.89: '人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分',
    100000001: '人民币壹亿零壹元整',
    1002000300: '人民币壹拾亿零贰佰万零叁佰元整',
    20005000: '人民币贰仟万伍仟元整',
    -12.3: '人民币负壹拾贰元叁角整',
}


@tagged('post_install', '-at_install')
class TestContractLines(ContractReviewCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env['account.tax'].create({
            'name': "VAT 13", 'amount': 13, 'type_tax_use': 'sale', 'company_id': cls.company.id})

    def test_amounts_in_chinese_capitals(self):
        for amount, words in WORDS.items():
            with self.subTest(amount):
                self.assertEqual(get_chinese_amount(amount), words)
        self.assertEqual(get_chinese_amount(5, 'USD'), '美元伍元整')

    def test_lines_say_what_the_order_says(self):
        order = self._create_order(10, 999.99)
        order.order_line.write({'discount': 10, 'name': "Pump P20\nStainless", 'tax_ids': [Command.set(self.tax.ids)]})
        contract = self._create_contract(order)
        line = contract.line_ids
        self.assertEqual((line.name, line.specification), ("Pump P20", "Stainless"))
        self.assertEqual((line.quantity, line.price_unit, line.discount), (10, 999.99, 10))
        self.assertEqual(
            (contract.amount_untaxed, contract.amount_tax, contract.amount_total),
            (order.amount_untaxed, order.amount_tax, order.amount_total))
        self.assertEqual(contract.amount_total, 10169.90)

    def test_options_that_were_not_taken_are_not_part(self):
        order = self._create_order()
        order.write({'order_line': [
            Command.create({'product_id': self.product.id, 'product_uom_qty': 0}),
            Command.create({'display_type': 'line_note', 'name': "As agreed"})]})
        self.assertEqual(len(self._create_contract(order).line_ids), 1)

    def test_numbers_that_are_none(self):
        contract = self._create_contract(self._create_order())
        for name, value in (('ceiling', -1), ('discount', 101), ('lead_days', -1)):
            with self.subTest(name), self.assertRaises(ValidationError):
                contract.line_ids.write({name: value})

    def test_a_line_without_quantity_is_not_reviewed(self):
        contract = self._create_contract(self._create_order())
        contract.line_ids.quantity = 0
        with self.assertRaises(UserError) as caught:
            contract._check_sop_reviewable()
        self.assertIn("Pump P20", str(caught.exception))

    def test_only_who_may_write_the_contract_writes_its_lines(self):
        contract = self._create_contract(self._create_order())
        portal = new_test_user(self.env, 'portal_lines', groups='base.group_portal')
        for user in (self.reviewers['fin'], portal):
            for record in (contract.line_ids, contract.instalment_ids):
                with self.assertRaises(AccessError):
                    record.with_user(user).write({'sequence': 1})
                with self.assertRaises(AccessError):
                    record.with_user(user).unlink()

    def test_frozen_with_the_contract(self):
        contract = self._create_contract(self._create_order())
        contract.sudo()._sop_set_state('approved')
        for record, values in ((contract.line_ids, {'price_unit': 1}), (contract.instalment_ids, {'days': 1}),
                               (contract, {'payment_term_id': False, 'delivery_date': '2040-01-01'})):
            for user in (self.user_sales_salesman, self.env.ref('base.user_root')):
                with self.assertRaises(UserError):
                    record.with_user(user).write(values)
        for method in ('action_sop_fill_from_orders', 'action_sop_fill_instalments'):
            with self.assertRaises(UserError):
                getattr(contract, method)()
