import base64
import io
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from PIL import Image

from odoo import Command, fields, http
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..engine import as_engine
from .common import SalesSopHttpCommon
from .test_signoff import NOW, SignoffCommon


def make_picture(image_format='PNG', size=(60, 20), noise=0):
    stream = io.BytesIO()
    Image.new('RGB', size, 'white').save(stream, format=image_format)
    return base64.b64encode(stream.getvalue() + b'\0' * noise).decode()


class PortalCommon(SignoffCommon, SalesSopHttpCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_customer = new_test_user(
            cls.env, 'customer', groups='base.group_portal', password='customer', partner_id=cls.contact.id)
        cls.user_stranger = new_test_user(cls.env, 'stranger', groups='base.group_portal', password='stranger')
        cls.user_sales_salesman.password = 'user_sales_salesman'
        cls.signature = make_picture()

    def setUp(self):
        super().setUp()
        self.signoff = self.order._sop_request_signoff(mail=False).sudo()
        self.authenticate(None, None)

    def _get_path(self, signoff=None, token=None, suffix=''):
        signoff = signoff or self.signoff
        query = f'?access_token={signoff.access_token if token is None else token}'
        return f'/my/confirmations/{signoff.id}{suffix}{query if token != "" else ""}'

    def _open(self, **kwargs):
        page = self.url_open(self._get_path(**kwargs))
        self.env.invalidate_all()
        return page

    def _confirm(self, path=None, name="Ms. Wang", **values):
        params = {'name': name, 'signature': self.signature, **values}
        answer = self.url_open(
            path or self._get_path(suffix='/confirm'),
            json={'id': 0, 'jsonrpc': '2.0', 'method': 'call', 'params': params},
            headers={'User-Agent': 'Test browser'})
        self.env.invalidate_all()
        return answer.json()['result']

    def _decline(self, path=None, token=None, **values):
        page = self.url_open(path or self._get_path(suffix='/decline'), data={
            'csrf_token': http.Request.csrf_token(self) if token is None else token,
            'name': "Ms. Wang", 'reason': "The date is wrong", **values})
        self.env.invalidate_all()
        return page

    def assertOpen(self, signoff=None):
        self.env.invalidate_all()
        self.assertEqual((signoff or self.signoff).state, 'pending')


@tagged('post_install', '-at_install')
class TestSignoffPortal(PortalCommon):
    """A customer reads and answers with the link alone."""

    def test_page(self):
        page = self._open()
        self.assertEqual(page.status_code, 200)
        for text in ("Pump P20", "Ms. Wang", 'sales_sop.signoff_form', "What is not right?"):
            self.assertIn(text, page.text)
        self.assertNotIn(self.lead.name, page.text, "Our name of the opportunity is ours")
        self.assertOpen()

    def test_confirm(self):
        answer = self._confirm(comment="Fine <script>alert(1)</script>")
        self.assertTrue(answer['force_refresh'])
        signoff = self.signoff
        self.assertEqual((signoff.state, signoff.signer_name, signoff.how), ('confirmed', "Ms. Wang", 'portal'))
        self.assertEqual((signoff.address, signoff.user_agent), ('127.0.0.1', 'Test browser'))
        self.assertEqual(base64.b64decode(signoff.signature), base64.b64decode(self.signature))
        page = self.url_open(answer['redirect_url'])
        self.assertIn("Confirmed", page.text)
        self.assertIn("&lt;script&gt;", page.text)
        self.assertNotIn("<script>alert", page.text)
        self.assertNotIn('sales_sop.signoff_form', page.text)

    def test_decline(self):
        page = self._decline()
        self.assertEqual((page.status_code, self.signoff.state, self.signoff.comment), (
            200, 'declined', "The date is wrong"))
        self.assertIn("The date is wrong", page.text)
        self.assertEqual(self.lead.activity_ids.user_id, self.user_sales_salesman)

    def test_decline_without_reason(self):
        page = self._decline(reason="  ")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Please tell us what to change", page.text)
        self.assertOpen()

    def test_print(self):
        self._confirm()
        for kind in ('pdf', 'html'):
            page = self.url_open(f'{self._get_path()}&report_type={kind}')
            self.assertEqual(page.status_code, 200)
        self.assertIn(self.signoff.fingerprint, page.text)
        self.assertEqual(self.url_open(f'{self._get_path()}&report_type=nonsense').status_code, 200)

    def test_without_token(self):
        for path in (self._get_path(token=''), self._get_path(token='x'), self._get_path(token='é'),
                     '/my/confirmations/0', f'/my/confirmations/{2 ** 31 - 1}?access_token=x'):
            with self.subTest(path=path):
                page = self.url_open(path)
                self.assertNotIn("Pump P20", page.text)
                self.assertIn('/web/login', page.url)
        self.assertIn('error', self._confirm(self._get_path(token='', suffix='/confirm')))
        self._decline(self._get_path(token='', suffix='/decline'))
        self.assertOpen()

    def test_token_of_another_request(self):
        other = self._create_oral_order(self.lead)._sop_request_signoff(mail=False).sudo()
        token = other.access_token
        self.assertNotIn("Pump P20", self._open(token=token).text)
        self.assertIn('error', self._confirm(self._get_path(token=token, suffix='/confirm')))
        self._decline(self._get_path(token=token, suffix='/decline'))
        self.assertOpen()

    def test_double_press(self):
        self._confirm()
        again = self._confirm(name="Mr. Li")
        self.assertTrue(again['force_refresh'])
        self._decline(name="Mr. Li")
        self.assertEqual((self.signoff.state, self.signoff.signer_name), ('confirmed', "Ms. Wang"))
        self.assertIn("Ms. Wang", self._open().text)
        notes = self.lead.message_ids.filtered(lambda note: "Ms. Wang" in note.body and "Confirmed" in note.body)
        self.assertEqual(len(notes), 1)

    def test_changed_since(self):
        self.order.line_ids.quantity = 4
        page = self._open()
        self.assertEqual(page.status_code, 200)
        self.assertIn("This has been changed since we sent it", page.text)
        self.assertNotIn('sales_sop.signoff_form', page.text)
        self._confirm()
        self.assertEqual(self.signoff.state, 'outdated')

    def test_changed_while_it_was_read(self):
        self._open()
        self.env.cr.execute("UPDATE sop_oral_order_line SET quantity = 99 WHERE order_id = %s", [self.order.id])
        self.env.invalidate_all()
        answer = self._confirm()
        self.assertIn("This has been changed since we sent it", self.url_open(answer['redirect_url']).text)
        self.assertEqual((self.signoff.state, self.order.state), ('outdated', 'draft'))

    def test_expired(self):
        as_engine(self.signoff).write({'valid_until': fields.Datetime.now() - timedelta(days=1)})
        page = self._open()
        self.assertEqual(page.status_code, 200)
        self.assertIn("The time to answer is over", page.text)
        self._confirm()
        self._decline()
        self.assertEqual(self.signoff.state, 'expired')

    def test_deleted_record(self):
        as_engine(self.signoff).write({'res_id': 0})
        self.assertIn("This has been changed", self._open().text)
        self._confirm()
        self.assertEqual(self.signoff.state, 'outdated')

    def test_archived_customer(self):
        self.user_customer.active = False
        self.contact.active = False
        self._confirm()
        self.assertEqual(self.signoff.state, 'confirmed')

    def test_what_holds_inside_is_not_told(self):
        """An answer is kept with what follows from it, or not at all."""
        with patch.object(self.registry['sop.oral.order'], '_sop_on_signoff', side_effect=UserError("secret floor")):
            answer = self._confirm()
            page = self._decline()
        self.assertIn('error', answer)
        self.assertNotIn("secret", str(answer) + page.text)
        self.assertOpen()

    def test_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.contact.lang = 'fr_FR'
        signoff = self.order._sop_request_signoff(mail=False)
        page = self.url_open(signoff._get_url().replace(signoff.get_base_url(), ''))
        self.assertIn('"lang": "fr_FR"', page.text)
        self.assertIn('sales_sop', self.env['ir.http']._get_translation_frontend_modules_name())


@tagged('post_install', '-at_install')
class TestSignoffPortalHostile(PortalCommon):
    """What a form cannot send, but a stranger can."""

    def test_signatures(self):
        self.assertIn('error', self._confirm(signature=None))
        huge = base64.b64encode(b'\x89PNG' + b'0' * 10_000_000).decode()
        svg = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>').decode()
        for name, value in {
            'empty': '', 'number': 3, 'list': [1], 'dict': {'a': 1}, 'no base64': '###', 'garbage': 'AAAA',
            'huge': huge, 'svg': svg, 'gif': make_picture('GIF'), 'bomb': make_picture(size=(6000, 10)),
            'over a megabyte': make_picture(noise=1024 * 1024), 'cut': self.signature[:40],
            'data url': f'data:image/png;base64,{self.signature}', 'not ascii': 'é' * 8,
        }.items():
            with self.subTest(signature=name):
                self.assertIn('error', self._confirm(signature=value))
        self.assertOpen()

    def test_jpeg(self):
        self._confirm(signature=make_picture('JPEG'))
        self.assertEqual(self.signoff.state, 'confirmed')

    def test_names_and_comments(self):
        for values in (
            {'name': ''}, {'name': '   '}, {'name': None}, {'name': 5}, {'name': ['a']}, {'name': 'x' * 121},
            {'comment': 'x' * 5001},
        ):
            with self.subTest(values=values):
                self.assertIn('error', self._confirm(**values))
        self.assertOpen()
        self._confirm(name="  <b>Wang</b>\n\x00 Li ", comment={'a': 1}, state='declined', fingerprint='x', how='email')
        self.assertEqual((self.signoff.signer_name, self.signoff.comment, self.signoff.how), (
            "<b>Wang</b> Li", '', 'portal'))
        page = self._open()
        self.assertIn("&lt;b&gt;Wang&lt;/b&gt;", page.text)
        self.assertNotIn("<b>Wang", page.text)

    def test_long_reason(self):
        page = self._decline(reason='x' * 5001)
        self.assertEqual(page.status_code, 200)
        self.assertOpen()

    def test_methods(self):
        for suffix in ('/confirm', '/decline'):
            with self.subTest(suffix=suffix):
                self.assertGreaterEqual(self.url_open(self._get_path(suffix=suffix)).status_code, 400)
        self.assertOpen()

    def test_without_csrf(self):
        self.assertEqual(self._decline(token='').status_code, 400)
        self.assertEqual(self._decline(token='forged').status_code, 400)
        self.assertOpen()

    def test_form_instead_of_json(self):
        answer = self.url_open(self._get_path(suffix='/confirm'), data={'name': "x", 'signature': self.signature})
        self.assertGreaterEqual(answer.status_code, 400)
        self.assertOpen()

    def test_odd_paths(self):
        for path in ('/my/confirmations/-1', '/my/confirmations/abc', '/my/confirmations/1e9/confirm'):
            with self.subTest(path=path):
                self.assertLess(self.url_open(path).status_code, 500)

    def test_error_in_address(self):
        page = self.url_open(f'{self._get_path()}&error=<script>alert(1)</script>&report_type=<x>')
        self.assertEqual(page.status_code, 200)
        self.assertNotIn('<script>alert', page.text)


@tagged('post_install', '-at_install')
class TestSignoffPortalLogin(PortalCommon):
    """Who has a login of the customer sees what the customer was asked, and nothing else."""

    def test_customer(self):
        self.authenticate('customer', 'customer')
        listed = self.url_open('/my/confirmations')
        self.assertIn(self.signoff.title, listed.text)
        page = self._open(token='')
        self.assertIn("Pump P20", page.text)
        self._confirm(self._get_path(token='', suffix='/confirm'))
        self.assertEqual(self.signoff.state, 'confirmed')

    def test_counter(self):
        self.authenticate('customer', 'customer')
        answer = self.make_jsonrpc_request('/my/counters', {'counters': ['sop_confirmation_count']})
        self.assertEqual(answer['sop_confirmation_count'], 1)
        self.assertIn('/my/confirmations', self.url_open('/my/home').text)
        self.signoff._answer('confirmed', "Ms. Wang")
        self.env.flush_all()
        answer = self.make_jsonrpc_request('/my/counters', {'counters': ['sop_confirmation_count']})
        self.assertEqual(answer['sop_confirmation_count'], 0)

    def test_colleague_at_the_customer(self):
        """Another person of the same company may answer; the answer says who it was."""
        colleague = self.env['res.partner'].create({'name': "Mr. Li", 'parent_id': self.customer.id})
        new_test_user(self.env, 'colleague', groups='base.group_portal', password='colleague', partner_id=colleague.id)
        self.authenticate('colleague', 'colleague')
        self._confirm(self._get_path(token='', suffix='/confirm'), name="Mr. Li")
        self.assertEqual((self.signoff.state, self.signoff.signer_name), ('confirmed', "Mr. Li"))

    def test_other_customer(self):
        self.authenticate('stranger', 'stranger')
        self.assertNotIn(self.signoff.title, self.url_open('/my/confirmations').text)
        foreign, missing = self._open(token=''), self.url_open('/my/confirmations/999999999')
        self.assertEqual(foreign.url, missing.url, "No hint whether it exists")
        self.assertIn('error', self._confirm(self._get_path(token='', suffix='/confirm')))
        self._decline(self._get_path(token='', suffix='/decline'))
        self.assertOpen()
        for method, args in (
            ('read', [self.signoff.ids, ['content']]), ('search_read', [[]]),
            ('write', [self.signoff.ids, {'state': 'confirmed'}]), ('action_preview', [self.signoff.ids]),
        ):
            self.assertForbidden('sop.signoff', method, args)

    def test_customer_by_rpc(self):
        """The page is his only door, for his own requests too."""
        self.authenticate('customer', 'customer')
        for method, args in (
            ('read', [self.signoff.ids, ['access_token']]), ('search_read', [[]]),
            ('write', [self.signoff.ids, {'state': 'confirmed'}]),
            ('create', [{'res_model': 'sop.oral.order', 'res_id': self.order.id}]),
        ):
            self.assertForbidden('sop.signoff', method, args)

    def test_list_shows_no_old_links(self):
        second = self.order._sop_request_signoff(mail=False)
        self.authenticate('customer', 'customer')
        text = self.url_open('/my/confirmations').text
        self.assertNotIn(f'/my/confirmations/{self.signoff.id}"', text)
        self.assertIn(f'/my/confirmations/{second.id}"', text)

    def test_pages(self):
        for __ in range(85):
            self._create_oral_order(self.lead)._sop_request_signoff(mail=False)
        self.authenticate('customer', 'customer')
        first, second = (self.url_open(f'/my/confirmations/page/{page}').text for page in (1, 2))
        self.assertIn('/my/confirmations/page/2', first)
        self.assertIn(f'/my/confirmations/{self.signoff.id}"', second)
        self.assertEqual(self.url_open('/my/confirmations/page/9999').status_code, 200)

    def test_salesperson_does_not_answer(self):
        """The link is meant for the customer: a colleague sees the page and records answers in the office."""
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        page = self._open(token='')
        self.assertIn("This is what the customer sees", page.text)
        self.assertNotIn('sales_sop.signoff_form', page.text)
        for token in (None, ''):
            self.assertIn('error', self._confirm(self._get_path(token=token, suffix='/confirm')))
            self._decline(self._get_path(token=token, suffix='/decline'))
        self.assertOpen()

    def test_colleague_without_rights(self):
        self.user_employee.password = 'user_sop_employee'
        self.authenticate('user_sop_employee', 'user_sop_employee')
        self.assertNotIn("Pump P20", self._open(token='').text)

    def test_other_company(self):
        company = self.env['res.company'].create({'name': "Branch of ours"})
        lead = self._create_lead(company_id=company.id, team_id=False, user_id=False, partner_id=self.contact.id)
        signoff = self._create_oral_order(lead, self.env.user)._sop_request_signoff(mail=False)
        self.authenticate('customer', 'customer')
        page = self._open(signoff=signoff.sudo(), token='')
        self.assertIn("Branch of ours", page.text)

    def test_settings_of_the_customer(self):
        """A portal user is no salesperson, whatever his contact owns."""
        self.lead.user_id = False
        self.user_customer.company_ids = [Command.link(self.env.company.id)]
        with freeze_time(NOW):
            self.assertFalse(self.signoff._get_user() & self.user_customer)


@tagged('post_install', '-at_install')
class TestSignoffPortalTour(PortalCommon):
    """The customer on his phone, in his language."""

    browser_size = '400x850'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.contact.lang = 'zh_CN'

    def _get_address(self):
        return self.signoff._get_url().replace(self.signoff.get_base_url(), '')

    def test_confirm(self):
        self.start_tour(self._get_address(), 'sales_sop_customer_confirms', login=None)
        self.env.invalidate_all()
        self.assertEqual((self.signoff.state, self.signoff.signer_name, self.signoff.comment), (
            'confirmed', "Wang Fang", "Please deliver in the morning"))
        self.assertTrue(Image.open(io.BytesIO(base64.b64decode(self.signoff.signature))).size)

    def test_decline(self):
        self.start_tour(self._get_address(), 'sales_sop_customer_declines', login=None)
        self.env.invalidate_all()
        self.assertEqual((self.signoff.state, self.signoff.comment), ('declined', "We need five"))
