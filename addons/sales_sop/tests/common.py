from contextlib import contextmanager
from functools import wraps

from odoo import Command
from odoo.tests import HttpCase, new_test_user

from odoo.addons.crm.tests.common import TestCrmCommon

from ..exceptions import SopGateError


def each_actor(test):
    """Run ``test(self, env)`` as a salesperson, as his manager and for code that runs in sudo."""

    @wraps(test)
    def run(self):
        salesperson = self.env(user=self.user_sales_salesman)
        actors = {
            'salesperson': salesperson,
            'manager': self.env(user=self.user_sales_manager),
            'sudo of a salesperson': salesperson(su=True),
            'OdooBot': self.env,
        }
        for name, env in actors.items():
            with self.subTest(actor=name):
                test(self, env)

    return run


class SalesSopCommon(TestCrmCommon):
    """A small published process that enforces, on the stages of ``TestCrmCommon``.

    discover (New) → qualify (Generic stage) → offer (Proposition) → won.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_auditor = new_test_user(
            cls.env, 'user_sop_auditor', groups='base.group_user,sales_sop.group_sop_auditor')
        cls.user_employee = new_test_user(cls.env, 'user_sop_employee', groups='base.group_user')
        cls.user_portal = new_test_user(cls.env, 'user_sop_portal', groups='base.group_portal')
        cls.user_public = cls.env.ref('base.public_user')
        cls.crm_stage_other = cls.env['crm.stage'].create({'name': "Waiting for the budget year", 'sequence': 6})
        cls.lost_reason = cls.env['crm.lost.reason'].create({'name': "Competitor was cheaper"})
        cls.process = cls._create_process('test_sop', cls.sales_team_1)
        cls.stage_discover, cls.stage_qualify, cls.stage_offer = cls.process.stage_ids
        cls.items = {item.code: item for item in cls.process.stage_ids.requirement_ids}
        cls._publish(cls.process)
        cls.lead = cls._create_lead(name="Ten pumps")

    # ------------------------------------------------------------
    # WHAT THE TESTS START FROM
    # ------------------------------------------------------------

    @classmethod
    def _create_process(cls, code, team, **values):
        return cls.env['sop.process'].create({
            'name': "Test procedure",
            'code': code,
            'team_ids': [Command.set(team.ids)],
            'fast_track_domain': "[('priority', '=', '3')]",
            'stage_ids': [Command.create(stage) for stage in cls._prepare_stages()],
            **values,
        })

    @classmethod
    def _prepare_stages(cls):
        return [
            {
                'name': "Discover", 'code': 'discover', 'sequence': 10, 'phase': 's1_market', 'gate': 'enforce',
                'crm_stage_ids': [Command.set(cls.stage_team1_1.ids)],
                'requirement_ids': [
                    cls._item('D1', "Budget confirmed", allow_na=True, role='rep'),
                    cls._item('D2', "Contact known", kind='fields', field_ids=[
                        Command.set(cls.env['ir.model.fields']._get('crm.lead', 'email_from').ids)]),
                ],
            },
            {
                'name': "Qualify", 'code': 'qualify', 'sequence': 20, 'phase': 's3_needs', 'gate': 'enforce',
                'day_limit': 5,
                'crm_stage_ids': [Command.set(cls.stage_gen_1.ids)],
                'requirement_ids': [
                    cls._item('Q1', "Business licence", kind='document', document_kind="business licence",
                              valid_required=True),
                    cls._item('Q2', "Value estimated", kind='condition', condition="[('expected_revenue', '>', 0)]",
                              message="Enter the expected revenue.", waivable=False),
                    cls._item('Q3', "Competitors known", mandatory=False),
                ],
            },
            {
                'name': "Offer", 'code': 'offer', 'sequence': 30, 'phase': 's4_negotiate', 'gate': 'enforce',
                'fast_track_entry': True,
                'crm_stage_ids': [Command.set(cls.stage_team1_2.ids)],
                'requirement_ids': [
                    cls._item('O1', "Quotation made", kind='record', record_domain="[('state', '!=', 'cancel')]",
                              record_field_id=cls.env['ir.model.fields']._get('crm.lead', 'order_ids').id),
                    cls._item('O2', "Solution checked", verify=True),
                ],
            },
        ]

    @classmethod
    def _item(cls, code, name, **values):
        return Command.create({'code': code, 'name': name, 'sequence': int(code[1:]), **values})

    @classmethod
    def _publish(cls, process):
        process.action_publish()

    @classmethod
    def _create_lead(cls, env=None, **values):
        return (env or cls.env)['crm.lead'].create({
            'name': "Opportunity",
            'type': 'opportunity',
            'user_id': cls.user_sales_salesman.id,
            'team_id': cls.sales_team_1.id,
            'stage_id': cls.stage_team1_1.id,
            'email_from': 'buyer@customer.example.com',
            **values,
        })

    @classmethod
    def _create_file(cls, lead, name='licence.pdf', content=b'%PDF-1.4 licence'):
        return lead.env['ir.attachment'].create({
            'name': name, 'raw': content, 'res_model': lead._name, 'res_id': lead.id})

    # ------------------------------------------------------------
    # WORKING THROUGH THE CHECKLIST
    # ------------------------------------------------------------

    def _do(self, lead, *codes):
        """Meet these items, each by the person and the means it asks for."""
        lead = lead.with_env(self.env(user=self.user_sales_salesman, context={}))
        for code in codes:
            getattr(self, f'_do_{self.items[code].kind}')(lead, self.items[code])
        self.env.flush_all()

    def _do_confirm(self, lead, item):
        lead.action_sop_tick(item.id)
        if item.verify:
            self._get_check(lead, item.code).with_user(self.user_sales_manager).action_verify()

    def _do_document(self, lead, item):
        lead.action_sop_tick(item.id, attachment_ids=self._create_file(lead).ids, valid_until='2099-12-31')

    def _do_fields(self, lead, item):
        lead.email_from = 'buyer@customer.example.com'

    def _do_condition(self, lead, item):
        lead.expected_revenue = 10000

    def _do_record(self, lead, item):
        self.env['sale.order'].create({
            'partner_id': self.contact_company_1.id, 'opportunity_id': lead.id})

    def _do_all(self, lead, *stages):
        """Meet everything mandatory in these stages, or in all."""
        for stage in stages or self.process.stage_ids:
            self._do(lead, *stage.requirement_ids.filtered('mandatory').mapped('code'))

    def _get_check(self, lead, code):
        """The live evidence of an item, for the superuser."""
        return self.env['sop.check'].search([
            (lead._sop_document_field, '=', lead.id), ('requirement_id.code', '=', code),
            ('revoked_date', '=', False)])

    def _get_log(self, lead):
        """The log of a lead, oldest first."""
        return self.env['sop.transition'].search([(lead._sop_document_field, '=', lead.id)], order='id')

    # ------------------------------------------------------------
    # ASSERTIONS
    # ------------------------------------------------------------

    def _read_position(self, leads):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, stage_id, active, won_status, type, sop_stage_id, sop_outcome FROM crm_lead"
            " WHERE id = ANY(%s) ORDER BY id", [leads.ids])
        return self.env.cr.fetchall()

    @contextmanager
    def assertRefused(self, leads, *codes, kind='missing'):
        """The gate refuses, names each of these leads and items (any, if none are given), and writes nothing."""
        before, logged = self._read_position(leads), len(self._search_logs(leads))
        with self.assertRaises(SopGateError) as caught:
            yield caught
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self._read_position(leads), before)
        self.assertEqual(len(self._search_logs(leads)), logged, "A refused move is not logged")
        payload, message = caught.exception.context['sop'], str(caught.exception)
        self.assertEqual(payload['kind'], kind)
        refused = {document['res_id']: document for document in payload['documents']}
        for lead in leads:
            self.assertIn(lead.id, refused)
            self.assertIn(lead.name, message)
            if codes:
                self.assertEqual([item['code'] for item in refused[lead.id]['items']], list(codes))
        for code in codes:
            self.assertIn(self.items[code].name, message)

    def _search_logs(self, leads):
        return self.env['sop.transition'].search([(leads._sop_document_field, 'in', leads.ids)])

    def assertPosition(self, lead, crm_stage, sop_stage, outcome='open'):
        lead = lead.sudo()
        lead.invalidate_recordset()
        self.assertEqual(
            (lead.stage_id.name, lead.sop_stage_id.name, lead.sop_outcome),
            (crm_stage.name, sop_stage.name, outcome))


class SalesSopHttpCommon(SalesSopCommon, HttpCase):
    """The same, as a client over HTTP."""

    def _call_kw(self, model, method, args=(), kwargs=None, context=None):
        """``(result, error data)`` of a call as the web client makes it."""
        answer = self.url_open(f'/web/dataset/call_kw/{model}/{method}', json={
            'id': 0, 'jsonrpc': '2.0', 'method': 'call',
            'params': {
                'model': model, 'method': method, 'args': list(args),
                'kwargs': {**(kwargs or {}), 'context': context or {}},
            },
        }).json()
        self.env.invalidate_all()
        return answer.get('result'), answer.get('error', {}).get('data')

    def assertForbidden(self, *call, **kwargs):
        __, error = self._call_kw(*call, **kwargs)
        self.assertTrue(error, f"{call} was let through")
        self.assertIn(error['name'], (
            'odoo.exceptions.AccessError', 'odoo.exceptions.UserError', 'odoo.exceptions.ValidationError',
            'odoo.addons.sales_sop.exceptions.SopGateError'))
        return error
