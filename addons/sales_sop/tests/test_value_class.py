from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..engine import as_engine


@tagged('post_install', '-at_install')
@freeze_time('2026-07-01')
class TestValueClass(AccountTestInvoicingCommon):
    """Contracted customers are classed by what they bought, paid and how that grows (§3.3)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.write({'sop_value_revenue': 1000, 'sop_value_margin': 50, 'sop_value_growth': 20})
        cls.product = cls.env['product.product'].create({
            'name': "Pump", 'standard_price': 60, 'property_account_income_id': cls.company_data[
                'default_account_revenue'].id})
        cls.customer = cls._create_customer("Iron Ltd.")

    @classmethod
    def _create_customer(cls, name):
        customer = cls.env['res.partner'].create({'name': name, 'is_company': True})
        as_engine(customer).write({'sop_lifecycle': 'contracted'})
        return customer

    def _invoice(self, date, quantity=1, price=100, due=None, customer=None):
        invoice = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': (customer or self.customer).id, 'invoice_date': date,
            'invoice_date_due': due or date, 'invoice_payment_term_id': False,
            'invoice_line_ids': [Command.create({
                'product_id': self.product.id, 'quantity': quantity, 'price_unit': price, 'tax_ids': False})],
        })
        invoice.action_post()
        return invoice

    def _pay(self, invoice, date):
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({'payment_date': date})._create_payments()

    def _get_parts(self, customer=None):
        self.env.invalidate_all()
        return (customer or self.customer)._get_sop_value_parts(self.company).get((customer or self.customer).id, {})

    def test_the_shares_of_a_year(self):
        self._pay(self._invoice('2026-02-01', quantity=5, due='2026-03-01'), '2026-02-20')
        parts = self._get_parts()
        self.assertAlmostEqual(parts['revenue'], .5)
        self.assertAlmostEqual(parts['margin'], .8, msg="40 of 50 per cent")
        self.assertEqual(parts['punctuality'], 1)
        self.assertNotIn('growth', parts, "there is no year before")
        self.assertNotIn('satisfaction', parts)

    def test_what_is_unknown_is_left_out(self):
        self._pay(self._invoice('2026-02-01', quantity=5, due='2026-03-01'), '2026-02-20')
        self.assertAlmostEqual(self.customer.sop_value_score, 100 * (30 * .5 + 25 * .8 + 20) / 75, 1)
        self.assertEqual(self.customer.sop_value_class, 'b')
        self.company.sop_value_threshold_a = 70
        self.env.invalidate_all()
        self.assertEqual(self.customer.sop_value_class, 'a')

    def test_growth_against_the_year_before(self):
        self._invoice('2025-02-01', quantity=5)
        for quantity, share in ((5, .5), (1, 1)):
            with self.subTest(quantity=quantity):
                self._invoice('2026-02-01', quantity=quantity)
                self.assertAlmostEqual(self._get_parts()['growth'], share, msg="no change, then +20 per cent")

    def test_a_customer_who_bought_nothing_since_is_worth_little(self):
        self._invoice('2025-02-01', quantity=50)
        self.assertEqual(self._get_parts(), {'revenue': 0, 'growth': 0})
        self.assertEqual(self.customer.sop_value_class, 'c')

    def test_late_and_open_invoices_are_not_punctual(self):
        self._pay(self._invoice('2026-02-01', due='2026-03-01'), '2026-03-02')
        self._pay(self._invoice('2026-02-01', due='2026-03-01'), '2026-03-01')
        self._invoice('2026-02-01', quantity=2, due='2026-03-01')
        self._invoice('2026-06-20', quantity=9, due='2026-08-01')
        self.assertAlmostEqual(self._get_parts()['punctuality'], .25, msg="what is not due yet does not count")

    def test_only_contracted_customers_have_a_class(self):
        self._invoice('2026-02-01', quantity=50)
        self.assertTrue(self.customer.sop_value_class)
        as_engine(self.customer).write({'sop_lifecycle': 'intention'})
        self.assertFalse(self.customer.sop_value_class)
        self.assertFalse(self._create_customer("New").sop_value_class, "nothing is known of him")

    def test_a_contact_has_the_class_of_his_company(self):
        self._invoice('2026-02-01', quantity=50)
        contact = self.env['res.partner'].create({'name': "Li", 'parent_id': self.customer.id})
        self.assertEqual(contact.sop_value_class, self.customer.sop_value_class)

    def test_many_customers_cost_what_one_costs(self):
        customers = self.customer
        self._invoice('2026-02-01')
        self.customer._compute_sop_value()
        counts = []
        for __ in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            customers.mapped('sop_value_class')
            counts.append(self.env.cr.sql_log_count - before)
            for number in range(10):
                customers |= self._create_customer(f"Customer {number}")
        self.assertEqual(counts[0], counts[1])

    def test_settings_make_sense(self):
        for values in ({'sop_value_revenue': 0}, {'sop_value_weight_margin': -1}, {
                f'sop_value_weight_{part}': 0 for part in self.company._get_sop_value_weights()}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.company.write(values)
