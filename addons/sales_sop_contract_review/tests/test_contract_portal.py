import io
from base64 import b64decode

from openpyxl import load_workbook

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.sales_sop.tests.common import SalesSopHttpCommon

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestContractLedger(ContractReviewCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()
        cls.contract = cls._create_contract(cls.order, title='=HYPERLINK("http://x")')

    def _load(self, contracts):
        action = contracts.action_sop_ledger()
        ledger = contracts.env['sop.contract.ledger'].browse(int(action['url'].split('/')[4]))
        return ledger, load_workbook(io.BytesIO(b64decode(ledger.file))).active

    def test_file(self):
        contract = self.contract.with_user(self.user_sales_salesman)
        __, sheet = self._load(contract)
        rows = list(sheet.values)
        self.assertEqual(len(rows), 2)
        row = dict(zip(*rows, strict=True))
        self.assertEqual(row['Number'], contract.name)
        self.assertEqual(row['Total'], contract.amount_total)
        self.assertEqual(sheet.cell(2, 2).data_type, 's', "What people type is no formula.")

    def test_all_one_may_read(self):
        mine = self.contract.with_user(self.user_sales_salesman)
        other = self.contract.with_user(self.user_sales_manager).copy({'user_id': self.user_sales_manager.id})
        __, sheet = self._load(mine.browse())
        self.assertNotIn(other.name, [row[0] for row in sheet.values])

    def test_headers_in_the_language_of_the_user(self):
        self.env['res.lang']._activate_lang('zh_CN')
        labels = self.contract.with_context(lang='zh_CN').fields_get(['partner_id'])
        __, sheet = self._load(self.contract.with_context(lang='zh_CN'))
        self.assertIn(labels['partner_id']['string'], [cell.value for cell in sheet[1]])

    def test_others(self):
        with self.assertRaises(AccessError):
            self.contract.with_user(self.reviewers['prd']).action_sop_ledger()
        ledger, __ = self._load(self.contract.with_user(self.user_sales_salesman))
        with self.assertRaises(AccessError):
            ledger.with_user(self.user_sales_manager).read(['file'])

    def test_invoiced_and_paid(self):
        self.company.sop_review_gate = 'off'
        self.assertEqual(self.contract.invoiced_amount, 0)
        self.product.invoice_policy = 'order'
        self._put_in_force(self.contract)
        self.order.sudo().action_confirm()
        invoice = self.order.sudo()._create_invoices()
        invoice.action_post()
        self.contract.invalidate_recordset()
        self.assertEqual(self.contract.invoiced_amount, invoice.amount_total)
        self.assertEqual((self.contract.open_amount, self.contract.paid_amount), (invoice.amount_total, 0))

    def test_customer_file(self):
        self.assertFalse(self.partner._sop_is_contracted())
        sections = {section['key']: section for section in self.partner._get_sop_file_sections()}
        self.assertEqual(self.env['sop.contract'].search(sections['contracts']['domain']), self.contract)
        self._put_in_force(self.contract)
        self.assertEqual(self.partner._sop_is_contracted(), {self.partner.id})


@tagged('post_install', '-at_install')
class TestContractPortal(ContractReviewCommon, SalesSopHttpCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_contract(cls._create_order())
        cls.contract.sudo()._sop_freeze_versions()
        cls.customer = new_test_user(cls.env, 'portal_contract', groups='base.group_portal')
        cls.customer.partner_id.parent_id = cls.partner
        cls.other = new_test_user(cls.env, 'portal_other', groups='base.group_portal')

    def _open(self, login=None, path=None, **params):
        self.authenticate(login, login)
        query = '&'.join(f'{key}={value}' for key, value in params.items())
        return self.url_open(f'{path or f"/my/contracts/{self.contract.id}"}?{query}', allow_redirects=False)

    def test_only_from_signing_on(self):
        for state in ('draft', 'in_review', 'approved', 'approved_cond', 'rejected', 'void'):
            with self.subTest(state):
                self.contract.sudo()._sop_set_state(state)
                self.assertEqual(self._open('portal_contract').status_code, 303)
                self.assertNotIn(self.contract.name, self._open('portal_contract', '/my/contracts').text)
        for state in ('signing', 'effective', 'executing', 'completed', 'amending', 'suspended', 'terminated'):
            with self.subTest(state):
                self._put_in_force(self.contract, state)
                self.assertIn("Pump P20", self._open('portal_contract').text)
                self.assertIn(self.contract.name, self._open('portal_contract', '/my/contracts').text)

    def test_others(self):
        self.contract.sudo()._sop_set_state('signing')
        self.assertEqual(self._open('portal_other').status_code, 303)
        self.assertNotIn(self.contract.name, self._open('portal_other', '/my/contracts').text)
        self.assertEqual(self._open().status_code, 303)
        self.assertEqual(self._open('portal_other', f'/my/contracts/{self.contract.id + 99}').status_code, 303)

    def test_link(self):
        self.contract.sudo()._sop_set_state('signing')
        token = self.contract.with_user(self.user_sales_salesman)._portal_ensure_token()
        self.assertIn("Pump P20", self._open(access_token=token).text)
        for wrong in ('', 'x', token[:-1], token.upper()):
            self.assertEqual(self._open(access_token=wrong).status_code, 303)
        self.contract.sudo()._sop_set_state('approved')
        self.assertEqual(self._open(access_token=token).status_code, 303, "The link does not show a draft.")

    def test_token_is_not_chosen(self):
        with self.assertRaises(AccessError):
            self.contract.with_user(self.user_sales_salesman).access_token = 'mine'

    def test_in_the_language_of_the_reader(self):
        self.contract.sudo()._sop_set_state('signing')
        self.assertIn("元整", self._open('portal_contract', text='zh').text)
        self.assertIn("Party A", self._open('portal_contract', text='en').text)
        self.assertEqual(self._open('portal_contract', text='xx').status_code, 200)

    def test_download(self):
        self.contract.sudo()._sop_set_state('signing')
        page = self._open('portal_contract', report_type='html')
        self.assertIn("Pump P20", page.text)
        self.assertEqual(self._open('portal_other', report_type='html').status_code, 303)

    def test_counter(self):
        self._put_in_force(self.contract)
        for login, count in (('portal_contract', 1), ('portal_other', 0)):
            self.authenticate(login, login)
            counters = self.make_jsonrpc_request('/my/counters', {'counters': ['sop_contract_count']})
            self.assertEqual(counters['sop_contract_count'], count)

    def test_customers_have_no_rights_on_contracts(self):
        for method in ('action_sop_ledger', 'action_sop_print', 'action_sop_call_off', 'action_sop_renew',
                       'action_sop_open_differences', 'action_sop_fill_from_orders', 'action_sop_fill_instalments'):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(self.contract.with_user(self.customer), method)()
