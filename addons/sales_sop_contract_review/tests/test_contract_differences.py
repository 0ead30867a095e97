from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.sales_sop.tests.negotiation_common import NegotiationCommon

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestContractDifferences(ContractReviewCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()
        cls.contract = cls._create_contract(cls.order)

    def _open(self, contract=None):
        contract = contract or self.contract
        rows = contract._get_sop_differences()[contract.id]
        return [row for row in rows if row['state'] == 'open']

    def test_a_draft_says_what_its_order_says(self):
        self.assertFalse(self._open())
        self.assertFalse(self.contract._get_sop_order_differences())
        self.contract._check_sop_reviewable()

    def test_each_change_of_a_line_is_named(self):
        tax = self.env['account.tax'].create({'name': "VAT 13", 'amount': 13, 'type_tax_use': 'sale'})
        for values in (
                {'product_uom_qty': 11}, {'price_unit': 999.99}, {'discount': 1}, {'tax_ids': [Command.set(tax.ids)]}):
            with self.subTest(values):
                was = {name: self.order.order_line[name] for name in values}
                self.order.order_line.write(values)
                text, = self.contract._get_sop_order_differences()[self.order.id]
                self.assertIn("Pump P20", text)
                self.order.order_line.write(was)
                self.assertFalse(self.contract._get_sop_order_differences())

    def test_lines_more_or_less(self):
        self.order.order_line = [Command.create({'product_id': self.product.id, 'product_uom_qty': 1})]
        self.assertEqual(len(self.contract._get_sop_order_differences()[self.order.id]), 1)
        self.order.order_line[0].unlink()
        # The other one is compared with what was agreed on the product: one piece instead of ten.
        self.assertEqual(len(self.contract._get_sop_order_differences()[self.order.id]), 1)
        self.order.order_line.unlink()
        self.assertIn("nothing", self.contract._get_sop_order_differences()[self.order.id][0])

    def test_payment_terms_and_place(self):
        term = self.env['account.payment.term'].create({'name': "In a hundred days"})
        self.order.payment_term_id = term
        self.assertFalse(self.contract._get_sop_order_differences(), "The contract leaves it to its order.")
        self.contract.payment_term_id = term
        self.order.payment_term_id = self.env['account.payment.term'].create({'name': "At once"})
        self.assertIn("At once", self.contract._get_sop_order_differences()[self.order.id][0])
        self.order.partner_shipping_id = self.env['res.partner'].create({'name': "Far away"})
        self.assertIn("Far away", self.contract._get_sop_order_differences()[self.order.id][1])

    def test_a_cancelled_order_is_no_difference(self):
        self.order.order_line.price_unit = 1
        self.order.action_cancel()
        self.assertFalse(self.contract._get_sop_order_differences())

    def test_open_differences_hold_the_review(self):
        self.contract.line_ids.price_unit = 900
        row, = self._open()
        with self.assertRaises(UserError) as caught:
            self.contract._check_sop_reviewable()
        self.assertIn("Pump P20", str(caught.exception))
        contract = self.contract.with_user(self.user_sales_salesman)
        contract.action_sop_resolve_difference(row['key'], "Agreed on the phone")
        self.assertFalse(self._open())
        self.assertEqual(contract.resolution_ids.user_id, self.user_sales_salesman)
        self.contract._check_sop_reviewable()

    def test_dialog(self):
        self.contract.line_ids.price_unit = 900
        self.assertEqual(self.contract.difference_count, 1)
        self.assertIn("Pump P20", self.contract.differences)
        contract = self.contract.with_user(self.user_sales_salesman)
        dialog = self.env['sop.contract.difference.dialog'].with_user(self.user_sales_salesman).browse(
            contract.action_sop_open_differences()['res_id'])
        dialog.action_resolve()
        self.assertTrue(self._open(), "Without a word nothing is resolved.")
        dialog.line_ids.text = "Agreed"
        dialog.action_resolve()
        self.assertFalse(self._open())
        with self.assertRaises(AccessError):
            dialog.with_user(self.user_sales_manager).read(['contract_id'])

    def test_a_resolution_holds_for_its_values(self):
        self.contract.line_ids.price_unit = 900
        row, = self._open()
        self.contract.action_sop_resolve_difference(row['key'], "Agreed")
        self.contract.line_ids.price_unit = 800
        self.assertEqual(len(self._open()), 1)

    def test_what_is_no_answer(self):
        self.contract.line_ids.price_unit = 900
        row, = self._open()
        own = row['key']
        for key, text in ((own, ' '), (own, None), (own, 5), ('line-0', "Yes"), (None, "Yes"), ([], "Yes")):
            with self.subTest(key=key, text=text), self.assertRaises(UserError):
                self.contract.action_sop_resolve_difference(key, text)

    def test_others_do_not_resolve(self):
        self.contract.line_ids.price_unit = 900
        row, = self._open()
        contract = self.contract.with_user(self.reviewers['leg'])
        with self.assertRaises(AccessError):
            contract.action_sop_resolve_difference(row['key'], "Yes")
        portal = new_test_user(self.env, 'portal_differences', groups='base.group_portal')
        with self.assertRaises(AccessError):
            self.contract.with_user(portal).action_sop_resolve_difference(row['key'], "Yes")

    def test_resolutions_are_kept(self):
        self.contract.line_ids.price_unit = 900
        row, = self._open()
        self.contract.action_sop_resolve_difference(row['key'], "Agreed")
        with self.assertRaises(AccessError):
            self.contract.resolution_ids.text = "Something else"
        with self.assertRaises(UserError):
            self.contract.resolution_ids.unlink()
        with self.assertRaises(AccessError):
            self.env['sop.contract.resolution'].with_user(self.user_sales_salesman).create({
                'contract_id': self.contract.id, 'key': 'x', 'values': [], 'text': "x"})


@tagged('post_install', '-at_install')
class TestContractTerms(NegotiationCommon):
    """The contract against the term sheet: price 3 % below list, 10 pieces in 40 days, 30 days of credit."""

    def setUp(self):
        super().setUp()
        self.sheet = self._create_sheet()
        self._agree_required(self.sheet)
        self.order = self._create_order(discount=3, customer_lead=40)
        self.contract = self.me['sop.contract'].create({
            'title': "Pumps", 'partner_id': self.order.partner_id.id, 'lead_id': self.lead.id})
        self.order.sop_contract_id = self.contract
        self.contract._sop_fill_from_orders()

    def _rows(self, state='open'):
        rows = self.contract._get_sop_differences()[self.contract.id]
        return {row['key']: row for row in rows if row['state'] == state}

    def test_as_agreed(self):
        self.assertFalse(self._rows())
        self.assertEqual(set(self._rows('info')), {'term-service', 'term-breach'}, "They stand in words.")

    def test_each_number_is_compared(self):
        line = self.contract.line_ids
        for key, values in (('price', {'discount': 5}), ('quantity', {'quantity': 9}), ('delivery', {'lead_days': 30})):
            with self.subTest(key):
                was = {name: line[name] for name in values}
                line.write(values)
                row = self._rows()[f'term-{key}']
                self.assertNotEqual(row['contract'], row['terms'])
                line.write(was)
        self.contract.instalment_ids[-2].days = 60
        self.assertIn('60', self._rows()['term-payment']['contract'])

    def test_a_quotation_that_differs(self):
        self.order.order_line.discount = 4
        self.contract._sop_fill_from_orders()
        self.assertEqual(set(self._rows()), {'term-price'})

    def test_nothing_about_limits(self):
        texts = str(self.contract._get_sop_differences())
        self.assertNotIn('floor', texts)
        self.assertNotIn('8 %', texts)
