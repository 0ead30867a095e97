from contextlib import contextmanager

from odoo import Command, http
from odoo.tests import tagged

from .common import SalesSopHttpCommon

LOGINS = ('user_sales_salesman', 'user_sales_manager', 'admin')


@tagged('post_install', '-at_install')
class TestEvidenceHttp(SalesSopHttpCommon):
    """Over the network nobody writes evidence, not even the administrator."""

    def setUp(self):
        super().setUp()
        self._do(self.lead, 'D1', 'Q1')
        self._do_all(self.lead, self.stage_qualify.browse())
        self.check = self._get_check(self.lead, 'Q1')
        self.file = self.check.attachment_ids
        self.lead.expected_revenue = 1000
        self.lead.stage_id = self.stage_gen_1
        self.log = self._get_log(self.lead)
        self.before = self._read_evidence()

    def _read_evidence(self):
        self.env.flush_all()
        rows = []
        for table, column in (('sop_check', 'lead_id'), ('sop_transition', 'lead_id')):
            self.env.cr.execute(f"SELECT * FROM {table} WHERE {column} = %s ORDER BY id", [self.lead.id])
            rows += self.env.cr.fetchall()
        self.env.cr.execute(
            "SELECT id, name, checksum, res_id, res_field, mimetype, type, url FROM ir_attachment"
            " WHERE res_model = 'sop.check' ORDER BY id")
        return rows + self.env.cr.fetchall()

    @contextmanager
    def _as(self, login):
        self.authenticate(login, login)
        with self.subTest(login=login):
            yield
            self.env.invalidate_all()
            self.assertEqual(self._read_evidence(), self.before, f"{login} has changed the evidence")

    def test_create_a_check(self):
        values = {'requirement_id': self.items['O2'].id, 'lead_id': self.lead.id, 'state': 'done',
                  'done_by_id': self.user_sales_manager.id, 'done_date': '2026-01-01 00:00:00'}
        for login in LOGINS:
            with self._as(login):
                for context in ({}, {'sop_engine': True}, {'install_mode': True}, {'import_file': True}):
                    self.assertForbidden('sop.check', 'create', [[values]], context=context)
                    self.assertForbidden('sop.check', 'web_save', [[], values, {}], context=context)
                result, error = self._call_kw('sop.check', 'load', [
                    ['requirement_id/.id', 'lead_id/.id', 'done_by_id/.id', 'done_date'],
                    [[str(self.items['O2'].id), str(self.lead.id), '1', '2026-01-01 00:00:00']]])
                self.assertFalse(error or not result or result['ids'])
                self.assertForbidden('sop.check', 'name_create', ["Forged"])
                self.assertForbidden('sop.check', 'copy', [self.check.ids])

    def test_change_a_check(self):
        for login in LOGINS:
            with self._as(login):
                for values in (
                    {'done_by_id': self.user_sales_manager.id}, {'done_date': '2020-01-01 00:00:00'},
                    {'state': 'waived'}, {'valid_until': '2099-01-01'}, {'remark': "Forged"},
                    {'lead_id': self.lead_1.id},
                    {'requirement_id': self.items['O2'].id}, {'verified_by_id': self.user_sales_manager.id},
                    {'revoked_date': False}, {'revoked_date': '2026-01-01 00:00:00'}, {'create_uid': 1},
                    {'write_date': '2020-01-01 00:00:00'}, {'attachment_ids': [Command.clear()]},
                    {'attachment_ids': [Command.unlink(self.file.id)]}, {'fast_track': True},
                ):
                    self.assertForbidden('sop.check', 'write', [self.check.ids, values], context={'sop_engine': True})
                    self.assertForbidden('sop.check', 'web_save', [self.check.ids, values, {}])
                self.assertForbidden('sop.check', 'unlink', [self.check.ids])
                self.assertForbidden('sop.check', 'unlink', [self.check.ids], context={'_force_unlink': True})

    def test_change_the_log(self):
        for login in LOGINS:
            with self._as(login):
                self.assertForbidden('sop.transition', 'create', [[{
                    'lead_id': self.lead.id, 'process_id': self.process.id, 'kind': 'won',
                    'user_id': self.user_sales_manager.id, 'date': '2020-01-01 00:00:00'}]])
                for values in (
                    {'date': '2020-01-01 00:00:00'}, {'user_id': self.user_sales_manager.id}, {'missing_count': 0},
                    {'missing_ids': [Command.clear()]}, {'reason': "Forged"}, {'days': 0},
                ):
                    self.assertForbidden('sop.transition', 'write', [self.log.ids, values])
                self.assertForbidden('sop.transition', 'unlink', [self.log.ids])

    def test_commands_on_the_lead(self):
        for login in LOGINS:
            with self._as(login):
                for commands in (
                    [Command.delete(self.check.id)], [Command.unlink(self.check.id)], [Command.clear()],
                    [Command.set([])], [Command.update(self.check.id, {'remark': "Forged"})],
                    [Command.link(self.check.id)],
                    [Command.create({'requirement_id': self.items['O2'].id, 'done_by_id': 1,
                                     'done_date': '2026-01-01 00:00:00'})],
                ):
                    self.assertForbidden('crm.lead', 'write', [self.lead.ids, {'sop_check_ids': commands}])
                    self.assertForbidden('crm.lead', 'web_save', [self.lead.ids, {'sop_check_ids': commands}, {}])
                for name, row in {'sop_check_ids': self.check, 'sop_transition_ids': self.log}.items():
                    self.assertForbidden('crm.lead', 'create', [[{'name': "Forged", name: [Command.link(row.id)]}]])

    def test_commands_on_a_new_lead_through_defaults(self):
        for login in LOGINS:
            with self._as(login):
                self._call_kw('crm.lead', 'create', [[{
                    'name': "Defaults", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
                    'stage_id': self.stage_team1_1.id}]], context={
                        'default_sop_check_ids': [Command.link(self.check.id)],
                        'default_sop_transition_ids': [Command.link(self.log.id)]})

    def test_delete_the_lead(self):
        """Evidence does not vanish with the lead."""
        for login in LOGINS:
            with self._as(login):
                self.assertForbidden('crm.lead', 'unlink', [self.lead.ids])
                self.assertForbidden('crm.lead', 'web_unlink', [self.lead.ids]) if hasattr(
                    self.env['crm.lead'], 'web_unlink') else None
                self.assertTrue(self.lead.exists())

    def test_create_a_file(self):
        values = {'name': 'forged.pdf', 'raw': 'JVBERi0=', 'res_model': 'sop.check', 'res_id': self.check.id}
        for login in LOGINS:
            with self._as(login):
                self.assertForbidden('ir.attachment', 'create', [[values]], context={'sop_engine': True})
                self.assertForbidden('ir.attachment', 'create', [[{'name': 'forged.pdf'}]], context={
                    'default_res_model': 'sop.check', 'default_res_id': self.check.id})
                self.assertForbidden('ir.attachment', 'copy', [self.file.ids])
                self.assertForbidden('ir.attachment', 'create_unique', [[{
                    **values, 'datas': 'JVBERi0=', 'mimetype': 'application/pdf'}]])

    def test_change_a_file(self):
        for login in LOGINS:
            with self._as(login):
                own, __error = self._call_kw('ir.attachment', 'create', [[{
                    'name': 'own.pdf', 'res_model': 'crm.lead', 'res_id': self.lead.id}]])
                for values in (
                    {'name': 'other.pdf'}, {'raw': 'Zm9yZ2Vk'}, {'datas': 'Zm9yZ2Vk'}, {'res_id': 0},
                    {'res_id': 10 ** 6}, {'res_model': 'crm.lead', 'res_id': self.lead.id}, {'res_model': False},
                    {'public': True},
                    {'type': 'url', 'url': 'https://example.com'}, {'mimetype': 'text/plain'}, {'checksum': 'x'},
                    {'res_field': 'remark'}, {'description': "Forged"}, {'company_id': False},
                ):
                    self.assertForbidden('ir.attachment', 'write', [self.file.ids, values])
                    self.assertForbidden('ir.attachment', 'web_save', [self.file.ids, values, {}])
                self.assertForbidden('ir.attachment', 'write', [
                    own, {'res_model': 'sop.check', 'res_id': self.check.id}])
                self.assertForbidden('ir.attachment', 'unlink', [self.file.ids])
                self.assertForbidden('ir.attachment', 'unlink', [[*own, *self.file.ids]])

    def test_routes_for_files(self):
        for login in LOGINS:
            with self._as(login):
                csrf = http.Request.csrf_token(self)
                self.url_open('/web/binary/upload_attachment', data={
                    'csrf_token': csrf, 'model': 'sop.check', 'id': self.check.id}, files={
                        'ufile': ('forged.pdf', b'%PDF-1.4 forged', 'application/pdf')})
                self.url_open('/mail/attachment/upload', data={
                    'csrf_token': csrf, 'thread_model': 'sop.check', 'thread_id': self.check.id}, files={
                        'ufile': ('forged.pdf', b'%PDF-1.4 forged', 'application/pdf')})
                for params in (
                    {'attachment_id': self.file.id},
                    {'attachment_id': self.file.id, 'access_token': self.file.access_token or ''},
                ):
                    self.url_open('/mail/attachment/delete', json={
                        'id': 0, 'jsonrpc': '2.0', 'method': 'call', 'params': params})
                    self.url_open('/mail/attachment/update_thumbnail', json={
                        'id': 0, 'jsonrpc': '2.0', 'method': 'call', 'params': {**params, 'thumbnail': 'Zm9yZ2Vk'}})

    def test_delete_with_a_token(self):
        """Tokens that were handed out for a file let read; the one of its owner does not delete evidence either."""
        tokens = [self.file.generate_access_token()[0], self.file._get_ownership_token()]
        self.before = self._read_evidence()
        for login in LOGINS:
            with self._as(login):
                for token in tokens:
                    for route in ('/mail/attachment/delete', '/mail/attachment/update_thumbnail'):
                        self.url_open(route, json={
                            'id': 0, 'jsonrpc': '2.0', 'method': 'call', 'params': {
                                'attachment_id': self.file.id, 'access_token': token}})
                self.assertTrue(self.file.exists())
                self.assertFalse(self.file.thumbnail)

    def test_messages_do_not_take_files_away(self):
        """Posting the file in the chatter and removing the message leaves the evidence."""
        for login in LOGINS:
            with self._as(login):
                message, __error = self._call_kw('crm.lead', 'message_post', [self.lead.ids], {
                    'body': "The licence", 'attachment_ids': self.file.ids})
                if message:
                    messages = message if isinstance(message, list) else [message]
                    self._call_kw('mail.message', 'write', [messages, {'attachment_ids': [Command.clear()]}])
                    self._call_kw('mail.message', 'unlink', [messages])
                    self.env['mail.message'].browse(messages).exists().unlink()
                self.assertTrue(self._call_kw('sop.check', 'message_post', [self.check.ids], {'body': "x"})[1])
                composer, __error = self._call_kw('mail.compose.message', 'create', [[{
                    'model': 'crm.lead', 'res_ids': repr(self.lead.ids), 'body': "x", 'composition_mode': 'comment',
                    'attachment_ids': [Command.link(self.file.id)]}]])
                if composer:
                    self._call_kw('mail.compose.message', 'action_send_mail', [composer])

    def test_message_post_is_no_method_of_evidence(self):
        for model in ('sop.check', 'sop.transition'):
            self.assertNotIn('message_ids', self.env[model]._fields)

    def test_forged_author_of_a_tick(self):
        """The author is who is logged in, the date is now, whatever the client sends."""
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        lead = self._create_lead()
        for kwargs in ({'done_by_id': 1}, {'user_id': 1}, {'done_date': '2020-01-01'}, {'state': 'waived'}):
            __, error = self._call_kw('crm.lead', 'action_sop_tick', [lead.ids, self.items['D1'].id], kwargs)
            self.assertTrue(error)
        __, error = self._call_kw('crm.lead', 'action_sop_tick', [lead.ids, self.items['D1'].id], context={
            'uid': 1, 'default_done_by_id': 1, 'default_state': 'waived', 'default_done_date': '2020-01-01 00:00:00',
            'default_verified_by_id': 1, 'default_valid_until': '2099-01-01', 'default_fast_track': True})
        self.assertFalse(error)
        check = self._get_check(lead, 'D1')
        self.assertEqual(
            (check.done_by_id, check.state, check.verified_by_id.id, check.fast_track),
            (self.user_sales_salesman, 'done', False, False))
        self.assertGreater(check.done_date.year, 2020)
        self.assertFalse(check.valid_until)

    def test_strange_arguments(self):
        """Nonsense is refused, never an error of the server's own."""
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        for args in (
            [self.lead.ids, False], [self.lead.ids, 10 ** 9], [self.lead.ids, -1], [[10 ** 9], self.items['O2'].id],
        ):
            with self.subTest(args=args):
                __, error = self._call_kw('crm.lead', 'action_sop_tick', args)
                self.assertIn(error['name'].rpartition('.')[2], ('UserError', 'MissingError', 'AccessError'))
        __, error = self._call_kw(
            'crm.lead', 'action_sop_tick', [self.lead.ids, self.items['O2'].id], {'valid_until': 'tomorrow'})
        self.assertTrue(error)
        self.assertEqual(self._read_evidence(), self.before)
