import json
from datetime import datetime, timedelta

from odoo.tests import tagged

from .common import SalesSopHttpCommon

# What an attacker may think of: our own keys, keys of the framework that switch something off, defaults.
HOSTILE_CONTEXT = {
    'sop_engine': True, 'sop_move': {'kind': 'migrated', 'reason': 'x'}, '_sop_engine': True, 'engine': 1,
    'sop_skip': True, 'skip_sop': True, 'skip_gate': True, 'no_gate': True, 'bypass_gate': True,
    'install_mode': True, 'install_module': 'sales_sop', 'module': 'sales_sop', 'import_file': True,
    'noupdate': True, 'foreign_record_to_create': {}, 'update_custom_fields': True,
    '_force_unlink': True, 'force_delete': True, 'active_test': False, 'tracking_disable': True,
    'mail_notrack': True, 'mail_create_nolog': True, 'mail_create_nosubscribe': True, 'bin_size': True,
    'prefetch_fields': False, 'recompute': False, 'norecompute': True, 'validate': False, 'no_validate': True,
    'skip_validation': True, 'ir_cron_progress_id': 1, 'cron_id': 1, 'uid': 1, 'su': True, 'sudo': True,
    'lang': 'en_US', 'tz': 'Pacific/Kiritimati', 'allowed_company_ids': [], 'default_sop_process_id': False,
    'default_sop_stage_id': 1, 'default_sop_entry_stage_id': 1, 'default_sop_outcome': 'won',
    'default_state': 'done', 'default_won_status': 'pending', 'default_lost_reason_id': 1,
}


@tagged('post_install', '-at_install')
class TestGateHttp(SalesSopHttpCommon):
    """A client over the network cannot talk its way round the gate."""

    def setUp(self):
        super().setUp()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')

    def assertHeld(self, lead, error):
        self.assertEqual(error['name'], 'odoo.addons.sales_sop.exceptions.SopGateError')
        self.assertEqual((lead.stage_id, lead.sop_stage_id), (self.stage_team1_1, self.stage_discover))

    def test_refusal_carries_what_the_dialog_needs(self):
        __, error = self._call_kw('crm.lead', 'web_save', [
            self.lead.ids, {'stage_id': self.stage_gen_1.id}, {'stage_id': {}}])
        self.assertHeld(self.lead, error)
        payload = error['context']['sop']
        self.assertEqual(payload['documents'][0]['items'][0]['code'], 'D1')
        self.assertIn("Budget confirmed", error['message'])

    def test_each_hostile_key(self):
        for key, value in HOSTILE_CONTEXT.items():
            with self.subTest(key=key):
                __, error = self._call_kw(
                    'crm.lead', 'write', [self.lead.ids, {'stage_id': self.stage_team1_2.id}], context={key: value})
                self.assertHeld(self.lead, error)

    def test_all_hostile_keys_together(self):
        for method, args in {
            'write': [self.lead.ids, {'stage_id': self.stage_team1_2.id}],
            'web_save': [self.lead.ids, {'stage_id': self.stage_team1_2.id}, {}],
            'action_set_won': [self.lead.ids],
        }.items():
            context = {key: value for key, value in HOSTILE_CONTEXT.items() if key != 'allowed_company_ids'}
            with self.subTest(method=method):
                __, error = self._call_kw('crm.lead', method, args, context=context)
                self.assertHeld(self.lead, error)

    def test_hostile_context_on_create(self):
        values = {
            'name': "Hostile", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
            'stage_id': self.stage_team1_2.id, 'user_id': self.user_sales_salesman.id}
        for key, value in HOSTILE_CONTEXT.items():
            with self.subTest(key=key):
                __, error = self._call_kw('crm.lead', 'create', [[values]], context={key: value})
                self.assertEqual(error['name'], 'odoo.addons.sales_sop.exceptions.SopGateError')
        self.assertFalse(self.env['crm.lead'].search([('name', '=', "Hostile")]))

    def test_hostile_defaults_do_not_place_a_new_lead(self):
        values = {
            'name': "Placed by defaults", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
            'user_id': self.user_sales_salesman.id, 'stage_id': self.stage_team1_1.id}
        result, __ = self._call_kw('crm.lead', 'create', [[values]], context={
            'default_sop_process_id': self.process.id, 'default_sop_stage_id': self.stage_offer.id,
            'default_sop_entry_stage_id': self.stage_offer.id, 'default_sop_outcome': 'won',
            'default_sop_stage_date': '2020-01-01 00:00:00', 'default_sop_deadline': '2099-01-01'})
        lead = self.env['crm.lead'].browse(result)
        self.assertEqual(
            (lead.sop_stage_id, lead.sop_entry_stage_id, lead.sop_outcome, lead.sop_deadline),
            (self.stage_discover, self.env['sop.stage'], 'open', False))

    def test_defaults_of_the_user(self):
        """A user may set his own defaults; not those of the position."""
        for field, value in {
            'sop_entry_stage_id': self.stage_offer.id, 'sop_stage_id': self.stage_offer.id, 'sop_outcome': 'won',
            'sop_process_id': self.process.id,
        }.items():
            self._call_kw('ir.default', 'set', ['crm.lead', field, value, True])
        result, error = self._call_kw('crm.lead', 'create', [[{
            'name': "By my defaults", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
            'user_id': self.user_sales_salesman.id, 'stage_id': self.stage_team1_1.id}]])
        self.assertFalse(error)
        lead = self.env['crm.lead'].browse(result)
        self.assertEqual(
            (lead.sop_stage_id, lead.sop_entry_stage_id, lead.sop_outcome),
            (self.stage_discover, self.env['sop.stage'], 'open'))
        __, error = self._call_kw('crm.lead', 'write', [result, {'stage_id': self.stage_team1_2.id}])
        self.assertHeld(lead, error)

    def test_default_stage_of_the_user(self):
        self._call_kw('ir.default', 'set', ['crm.lead', 'stage_id', self.stage_team1_2.id, True])
        __, error = self._call_kw('crm.lead', 'create', [[{
            'name': "Late by default", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
            'user_id': self.user_sales_salesman.id}]])
        self.assertEqual(error['name'], 'odoo.addons.sales_sop.exceptions.SopGateError')

    def test_position_is_not_written(self):
        for login in ('user_sales_salesman', 'user_sales_manager', 'admin'):
            self.authenticate(login, login)
            for values in (
                {'sop_process_id': False}, {'sop_stage_id': self.stage_offer.id},
                {'sop_entry_stage_id': self.stage_offer.id}, {'sop_outcome': 'won'}, {'sop_deadline': '2099-01-01'},
                {'sop_stage_date': '2020-01-01 00:00:00'}, {'sop_stage_id': False},
            ):
                for context in ({}, {'sop_engine': True}, {'sop_engine': 1}, {'sop_engine': {}}, HOSTILE_CONTEXT):
                    context = {key: value for key, value in context.items() if key != 'allowed_company_ids'}
                    with self.subTest(login=login, values=values, context=context):
                        for method, args in {'write': [], 'web_save': [{}]}.items():
                            self.assertForbidden('crm.lead', method, [self.lead.ids, values, *args], context=context)
                        if any(values.values()):
                            forged = {'name': "Forged", **values}
                            self.assertForbidden('crm.lead', 'create', [[forged]], context=context)
        self.assertEqual((self.lead.sop_process_id, self.lead.sop_stage_id), (self.process, self.stage_discover))

    def test_private_methods_are_private(self):
        for method, args in {
            '_sop_move_to': [self.lead.ids, self.stage_offer.id],
            '_sop_bulk_update': [[], {}],
            '_sop_pass_gate': [[]],
            '_sop_record': [self.lead.ids, self.items['D1'].id, 'done'],
            '_sop_settle': [[]],
        }.items():
            self.assertForbidden('crm.lead', method, args)

    def test_json2_write(self):
        key = self.env(user=self.user_sales_salesman)['res.users.apikeys']._generate(
            'rpc', 'test', datetime.now() + timedelta(hours=1))
        response = self._json2(key, 'write', {
            'ids': self.lead.ids, 'vals': {'stage_id': self.stage_gen_1.id}, 'context': {'sop_engine': True}})
        self.assertEqual(response.status_code, 422)
        self.assertIn("Budget confirmed", response.json()['message'])
        self.assertEqual(self.lead.stage_id, self.stage_team1_1)
        self._do(self.lead, 'D1')
        response = self._json2(key, 'write', {'ids': self.lead.ids, 'vals': {'stage_id': self.stage_gen_1.id}})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.lead.sop_stage_id, self.stage_qualify)

    def _json2(self, key, method, body):
        self.env.flush_all()
        response = self.url_open(
            f'/json/2/crm.lead/{method}', data=json.dumps(body),
            headers={'Authorization': f'Bearer {key}', 'Content-Type': 'application/json'})
        self.env.invalidate_all()
        return response
