from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon

EXPIRY_TYPE = 'sales_sop_contract_review.mail_activity_type_contract_expiry'


@tagged('post_install', '-at_install')
class TestContractFramework(ContractReviewCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._get_sop_local_date(fields.Datetime.now())
        cls.framework = cls.env(user=cls.user_sales_salesman)['sop.contract'].create({
            'title': "Pumps this year", 'type': 'framework', 'partner_id': cls.partner.id,
            'date_start': cls.today - timedelta(days=10), 'date_end': cls.today + timedelta(days=100),
            'line_ids': [Command.create({
                'product_id': cls.product.id, 'name': "Pump P20", 'uom_id': cls.product.uom_id.id, 'quantity': 0,
                'price_unit': 900, 'tax_ids': [Command.set(cls.product.taxes_id.ids)]})],
        })
        cls._put_in_force(cls.framework)

    def _call_off(self, quantity=5, price=900, **values):
        return self._create_order(quantity, price, sop_contract_id=self.framework.id, **values)

    def _refusals(self, order):
        return ' '.join(self.framework._get_sop_order_differences().get(order.id, []))

    def test_inside(self):
        order = self._call_off()
        self.assertFalse(self._refusals(order))
        self.assertTrue(order.sudo()._get_sop_call_offs()[order.id])

    def test_linked_by_one_click(self):
        order = self._create_order(5, 900)
        order.with_user(self.user_sales_salesman).action_sop_call_off()
        self.assertEqual(order.sop_contract_id, self.framework)
        other = self._create_order(5, 900, partner_id=self.env['res.partner'].create({'name': "Other"}).id)
        with self.assertRaises(ValidationError):
            other.action_sop_call_off()
        for wrong in ('x', -1, [self.framework.id]):
            with self.assertRaises(ValidationError):
                order.action_sop_call_off(wrong)

    def test_new_quotation_has_the_prices(self):
        action = self.framework.with_user(self.user_sales_salesman).action_sop_call_off()
        order = self.env['sale.order'].browse(action['res_id'])
        self.assertEqual(order.sop_contract_id, self.framework)
        line = order.order_line
        self.assertEqual((line.product_id, line.product_uom_qty, line.price_unit), (self.product, 0, 900))
        line.product_uom_qty = 3
        self.assertEqual(line.price_unit, 900, "The price stays when the quantity is entered.")
        self.assertTrue(order.sudo()._get_sop_call_offs()[order.id])

    def test_other_prices(self):
        order = self._call_off(price=950)
        self.assertIn("Pump P20", self._refusals(order))
        self.assertFalse(order.sudo()._get_sop_call_offs()[order.id])
        order.with_user(self.user_sales_salesman).action_sop_take_contract_prices()
        self.assertFalse(self._refusals(order))

    def test_other_products(self):
        product = self.env['product.product'].create({'name': "Valve"})
        order = self._call_off()
        order.order_line = [Command.create({'product_id': product.id, 'price_unit': 1})]
        self.assertIn("Valve", self._refusals(order))

    def test_price_in_another_unit(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        order = self._call_off()
        order.order_line.write({'product_uom_id': dozen.id, 'price_unit': 10800})
        self.assertFalse(self._refusals(order))
        as_engine(self.framework.line_ids).ceiling = 59
        self.assertIn("59", self._refusals(order))

    def test_validity(self):
        order = self._call_off()
        for days in (-11, 101):
            with freeze_time(fields.Datetime.now() + timedelta(days=days)):
                self.assertIn("valid", self._refusals(order))
                self.assertFalse(order._get_sop_frameworks()[order.id])

    def test_only_what_is_effective(self):
        order = self._call_off()
        for state in ('draft', 'in_review', 'approved', 'signing', 'suspended', 'terminated', 'completed', 'void'):
            with self.subTest(state):
                self.framework._sop_set_state(state)
                self.assertTrue(self._refusals(order))
                self.assertFalse(order.sudo()._get_sop_call_offs()[order.id])

    def test_ceiling(self):
        as_engine(self.framework).ceiling_amount = 10000
        first, second = self._call_off(), self._call_off()
        self.company.sop_review_gate = 'off'
        first.action_confirm()
        self.assertEqual(self.framework.called_amount, first.amount_total)
        self.assertFalse(self._refusals(first), "It counts once.")
        second.order_line.product_uom_qty = 50
        self.assertIn("may still be called off", self._refusals(second))

    def test_quantity_ceiling(self):
        as_engine(self.framework.line_ids).ceiling = 8
        first, second = self._call_off(), self._call_off()
        self.assertFalse(self._refusals(second))
        self.company.sop_review_gate = 'off'
        first.action_confirm()
        self.assertIn("8", self._refusals(second))

    def test_another_customer_company_or_currency(self):
        other = self.env['res.partner'].create({'name': "Other"})
        with self.assertRaises(ValidationError):
            self._call_off(partner_id=other.id)
        order = self._call_off()
        euro = self.env['res.currency'].with_context(active_test=False).search(
            [('id', '!=', self.framework.currency_id.id)], limit=1)
        euro.active = True
        with self.assertRaises(ValidationError):
            order.pricelist_id = self.env['product.pricelist'].create({'name': "Abroad", 'currency_id': euro.id})

    def test_contact_of_the_customer(self):
        contact = self.env['res.partner'].create({'name': "Ms Li", 'parent_id': self.partner.id})
        self.assertFalse(self._refusals(self._call_off(partner_id=contact.id)))

    def test_dates(self):
        with self.assertRaises(UserError):
            self.framework.copy().date_end = self.today - timedelta(days=11)
        with self.assertRaises(UserError):
            self.framework.copy({'date_end': False})._check_sop_reviewable()

    def test_renewal_has_no_gap(self):
        action = self.framework.with_user(self.user_sales_salesman).action_sop_renew()
        follower = self.env['sop.contract'].browse(action['res_id'])
        self.assertEqual(follower.date_start, self.framework.date_end + timedelta(days=1))
        self.assertEqual(follower.date_end - follower.date_start, self.framework.date_end - self.framework.date_start)
        self.assertEqual((follower.renews_id, follower.state), (self.framework, 'draft'))
        self.assertEqual(follower.line_ids.price_unit, 900)
        self.assertEqual(self.framework.action_sop_renew()['res_id'], follower.id, "The second click opens it.")

    def test_notice_before_the_end(self):
        def activities():
            return self.framework.activity_ids.filtered(
                lambda activity: activity.activity_type_id == self.env.ref(EXPIRY_TYPE))

        self._notify()
        self.assertFalse(activities())
        with freeze_time(fields.Datetime.now() + timedelta(days=45)):
            self._notify()
            self.assertEqual(activities().user_id, self.user_sales_salesman)
            activities().unlink()
            self._notify()
            self.assertFalse(activities(), "It is told once.")

    def _notify(self):
        with patch.object(self.env.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 60):
            self.env['sop.contract'].with_user(self.env.ref('base.user_root'))._cron_sop_contract_expiry()
