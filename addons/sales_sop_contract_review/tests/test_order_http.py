from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.sales_sop.tests.common import SalesSopHttpCommon

from .order_gate_common import OrderGateCommon

SIGN = 'data-bs-target="#modalaccept"'
HELD = "We are still checking this quotation"
PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='


@tagged('post_install', '-at_install')
class TestOrderPortal(OrderGateCommon, SalesSopHttpCommon):
    """What the customer sees and does before the review: nothing that binds anybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sop_review_before_send = False
        cls.order = cls.order.sudo()
        cls.order.write({'require_signature': True, 'require_payment': False})
        cls.order.action_quotation_sent()
        cls.company.sop_review_before_send = True
        cls.token = cls.order._portal_ensure_token()
        cls.customer = new_test_user(
            cls.env, 'huaxin', groups='base.group_portal', password='huaxin', partner_id=cls.partner.id)

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _open(self, order=None, **params):
        order = order or self.order
        page = self.url_open(f'/my/orders/{order.id}', params={'access_token': order._portal_ensure_token(), **params})
        self.env.invalidate_all()
        return page.text

    def _call(self, path, **params):
        answer = self.url_open(path, json={'id': 0, 'jsonrpc': '2.0', 'method': 'call', 'params': {
            'access_token': self.token, **params}}).json()
        self.env.invalidate_all()
        return answer

    def _sign(self):
        return self._call(f'/my/orders/{self.order.id}/accept', name="Ms. Wang", signature=PIXEL)

    def test_page(self):
        page = self._open()
        self.assertIn(HELD, page)
        self.assertNotIn(SIGN, page)
        self.assertNotIn("Big order", page, "Why we check is ours")
        self._give_review(self.order)
        page = self._open()
        self.assertNotIn(HELD, page)
        self.assertIn(SIGN, page)

    def test_sign(self):
        self.assertIn('error', self._sign()['result'])
        self.assertFalse(self.order.signature or self.order.state == 'sale')
        self._give_review(self.order)
        self.assertTrue(self._sign()['result'].get('force_refresh'))
        self.assertEqual(self.order.state, 'sale')

    def test_payment_link(self):
        """A link with an amount shows the form to pay even where nothing has to be paid."""
        self.assertNotIn('o_sale_portal_paynow', self._open(payment_amount=self.order.amount_total))
        self._give_review(self.order)
        self.order.require_signature = False
        self.assertIn('o_sale_portal_paynow', self._open(payment_amount=self.order.amount_total))

    @mute_logger('odoo.http')
    def test_transaction(self):
        answer = self._call(
            f'/my/orders/{self.order.id}/transaction', provider_id=1, payment_method_id=1, token_id=None,
            amount=self.order.amount_total, flow='direct', tokenization_requested=False, landing_route='/my')
        self.assertIn(HELD, answer['error']['data']['message'])
        self.assertFalse(self.order.transaction_ids)

    def test_draft_is_not_shown(self):
        order = self._create_order().sudo()
        self.assertNotIn(order.name, self._open(order))
        self.authenticate('huaxin', 'huaxin')
        self.assertNotIn(order.name, self._open(order))
        self.assertIn(self.order.name, self._open(), "What he has he may read")
        self._give_review(order)
        self.assertIn(order.name, self._open(order))

    def test_colleagues_preview_it(self):
        order = self._create_order().sudo()
        self.user_sales_salesman.password = 'user_sales_salesman'
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        self.assertIn(order.name, self._open(order))

    def test_options_of_the_customer(self):
        """He chooses one after the review: nothing crashes, and it is reviewed again."""
        option = self.env['product.product'].create({'name': "Hose", 'list_price': 50})
        self.order.order_line = [
            Command.create({'display_type': 'line_section', 'name': "Options", 'is_optional': True}),
            Command.create({'product_id': option.id, 'product_uom_qty': 0}),
        ]
        line = self.order.order_line[-1]
        self._give_review(self.order)
        self.assertIn(SIGN, self._open())
        self._call(f'/my/orders/{self.order.id}/update_line_dict', line_id=line.id, input_quantity=2)
        self.assertEqual(line.product_uom_qty, 2)
        self.assertEqual(self.order.sop_review_id.state, 'outdated')
        self.assertIn(HELD, self._open())

    def test_message_of_the_customer(self):
        self._give_review(self.order)
        self._call(
            '/mail/message/post', thread_model='sale.order', thread_id=self.order.id, token=self.token,
            post_data={'body': "When do you deliver?", 'message_type': 'comment', 'subtype_xmlid': 'mail.mt_comment'})
        self.assertEqual(self.order.sop_review_id.state, 'approved')
        self.assertIn(SIGN, self._open())
