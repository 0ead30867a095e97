import csv
import io
import json
from datetime import datetime, timedelta

from odoo import http
from odoo.tests import tagged

from .common import SalesSopHttpCommon
from .test_contact_hold import HoldCommon


@tagged('post_install', '-at_install')
class TestHoldHttp(HoldCommon, SalesSopHttpCommon):
    """The same doors, as any client knocks at them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_sales_salesman.password = 'user_sales_salesman'
        cls.user_sales_salesman.group_ids |= cls.env.ref('base.group_allow_export')
        cls.held.phone = cls.refused.phone = '+32 2 555 0101'
        cls.leads = cls.held | cls.refused | cls.free

    def setUp(self):
        super().setUp()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')

    def _export(self, kind, domain):
        return self.url_open(f'/web/export/{kind}', data={'data': json.dumps({
            'model': 'crm.lead', 'fields': [
                {'name': 'name', 'label': "Name", 'type': 'char'}, {'name': 'phone', 'label': "Phone", 'type': 'char'}],
            'ids': False, 'domain': domain, 'import_compat': False, 'context': {}, 'groupby': [],
        }), 'csrf_token': http.Request.csrf_token(self)})

    def test_calls(self):
        context = {'sop_engine': True, 'mail_notify_force_send': True, 'active_test': False}
        for lead in (self.held, self.refused):
            for model, method, args, kwargs in (
                ('crm.lead', 'activity_schedule', [lead.ids, 'mail.mail_activity_data_call'], {}),
                ('mail.activity', 'create', [[{
                    'res_model_id': self.env['ir.model']._get_id('crm.lead'), 'res_id': lead.id,
                    'activity_type_id': self.env.ref('mail.mail_activity_data_call').id}]], {}),
                ('crm.lead', 'message_post', [lead.ids], {
                    'body': "Hello", 'message_type': 'comment', 'partner_ids': self.contact_company_1.ids,
                    'subtype_xmlid': 'mail.mt_comment'}),
                ('crm.lead', 'export_data', [self.leads.ids, ['name', 'phone']], {}),
                ('calendar.event', 'create', [[{
                    'name': "Visit", 'start': '2030-01-01 08:00:00', 'stop': '2030-01-01 09:00:00',
                    'opportunity_id': lead.id}]], {}),
                ('crm.lead', 'action_sop_lift_do_not_contact', [lead.ids, "Please"], {}),
                ('crm.lead', 'write', [self.refused.ids, {'sop_do_not_contact': False}], {}),
                ('crm.lead', 'web_save', [self.refused.ids, {'sop_do_not_contact': False}], {'specification': {}}),
                ('crm.lead', 'write', [self.held.ids, {'sop_list_id': False}], {}),
                ('res.partner', 'write', [self.refused.partner_id.ids, {'sop_do_not_contact': False}], {}),
                ('sop.prospect.list', 'write', [self.fair.ids, {'legal_basis': False}], {}),
                ('sop.prospect.list', 'action_withdraw_basis', [self.fair.ids, "Please"], {}),
                ('sop.prospect.list', 'unlink', [self.fair.ids], {}),
            ):
                with self.subTest(model=model, method=method, lead=lead.name):
                    self.assertForbidden(model, method, args, kwargs, context)
        self.assertEqual(self._get_holds(*self.leads), ['basis', 'refused', False])

    def test_import_does_not_lift(self):
        result, __ = self._call_kw('crm.lead', 'load', [
            ['.id', 'name', 'sop_do_not_contact'], [[str(self.refused.id), "Laundered", '0']]])
        self.assertFalse(result['ids'])
        self.assertIn("asked not to be contacted", result['messages'][0]['message'])
        result, __ = self._call_kw('crm.lead', 'load', [
            ['.id', 'name', 'sop_list_id'], [[str(self.held.id), "Laundered", '']]])
        self.assertFalse(result['ids'])
        self.assertEqual(self._get_holds(self.held, self.refused), ['basis', 'refused'])

    def test_files_of_the_web_client(self):
        for kind in ('csv', 'xlsx'):
            answer = self._export(kind, [('id', 'in', self.leads.ids)])
            self.assertNotIn("555 0101", answer.text)
            self.assertIn("May Be Contacted", answer.text)
        answer = self._export('csv', [('id', 'in', self.leads.ids), ('sop_contact_hold', '=', False)])
        rows = list(csv.reader(io.StringIO(answer.content.decode('utf-8-sig'))))
        self.assertEqual([row[0] for row in rows[1:]], [self.free.name])

    def test_json2(self):
        key = self.user_sales_salesman.with_user(self.user_sales_salesman).env['res.users.apikeys']._generate(
            'rpc', 'test', datetime.now() + timedelta(hours=12))
        headers = {'Authorization': f'Bearer {key}', 'X-Odoo-Database': self.env.cr.dbname}

        def call(ids):
            return self.url_open(
                '/json/2/crm.lead/export_data', headers=headers,
                json={'ids': ids, 'fields_to_export': ['name', 'phone']})
        answer = call(self.leads.ids)
        self.assertGreaterEqual(answer.status_code, 400)
        self.assertIn("May Be Contacted", answer.text)
        self.assertEqual(call(self.free.ids).json()['datas'][0][0], self.free.name)

    def test_odd_arguments(self):
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        self.user_sales_salesman.group_ids |= self.env.ref('sales_sop.group_sop_manager')
        for reason in (None, 5, [], {}, ['x'], "x" * 5000):
            for model, ids, method in (
                ('crm.lead', self.refused.ids, 'action_sop_lift_do_not_contact'),
                ('sop.prospect.list', self.bought.ids, 'action_withdraw_basis'),
            ):
                __, error = self._call_kw(model, method, [ids, reason])
                if error:
                    self.assertIn(error['name'], ('odoo.exceptions.UserError', 'odoo.exceptions.AccessError'), error)
