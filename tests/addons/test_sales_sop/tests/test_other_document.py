import ast
from pathlib import Path

import psycopg2

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged, users
from odoo.tools import mute_logger

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.exceptions import SopGateError


@tagged('post_install', '-at_install')
class TestOtherDocument(TransactionCase):
    """The engine works on any model that takes the mixin."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, 'sop_doer', groups='base.group_user,sales_sop.group_sop_user', name="Doer")
        cls.second = new_test_user(cls.env, 'sop_second', groups='base.group_user,sales_sop.group_sop_user')
        cls.manager = new_test_user(cls.env, 'sop_boss', groups='base.group_user,sales_sop.group_sop_manager')
        amount = cls.env['ir.model.fields']._get('test.sop.document', 'amount')
        cls.process = cls.env['sop.process'].create({
            'name': "Other procedure", 'code': 'other', 'res_model': 'test.sop.document',
            'fast_track_domain': "[('amount', '<', 10)]",
            'stage_ids': [
                Command.create({
                    'name': "Prepare", 'code': 'prepare', 'sequence': 1, 'gate': 'enforce', 'day_limit': 3,
                    'requirement_ids': [
                        Command.create({'code': 'P1', 'name': "Prepared", 'allow_na': True}),
                        Command.create({
                            'code': 'P2', 'name': "Amount known", 'kind': 'fields',
                            'field_ids': [Command.set(amount.ids)]}),
                    ]}),
                Command.create({
                    'name': "Do", 'code': 'do', 'sequence': 2, 'gate': 'enforce',
                    'requirement_ids': [Command.create({'code': 'X1', 'name': "Done twice", 'verify': True})]}),
                Command.create({
                    'name': "Finish", 'code': 'finish', 'sequence': 3, 'gate': 'enforce', 'fast_track_entry': True}),
            ]})
        cls.prepare, cls.do, cls.finish = cls.process.stage_ids
        cls.items = {item.code: item for item in cls.process.stage_ids.requirement_ids}
        cls.process.action_publish()
        cls.document = cls.env['test.sop.document'].create({'name': "Paper", 'amount': 100})

    def test_enters_the_process(self):
        self.assertEqual(
            (self.document.sop_process_id, self.document.sop_stage_id, self.document.sop_outcome),
            (self.process, self.prepare, 'open'))
        self.assertTrue(self.document.sop_deadline)

    def test_process_of_leads_is_not_for_it(self):
        self.assertNotIn(self.document._name, self.env['sop.process'].search([
            ('res_model', '=', 'crm.lead')]).mapped('res_model'))
        self.assertIn(('test.sop.document', "Document of Another Kind"), self.process._selection_res_model())

    @users('sop_doer')
    def test_gate_on_its_own_stage_field(self):
        document = self.document.with_env(self.env)
        for door in (
            lambda: document.write({'stage_id': self.do.id}),
            lambda: document.web_save({'stage_id': self.finish.id}, {}),
            lambda: document.action_sop_complete_stage(),
            lambda: document.sudo().with_context(sop_engine=True).write({'stage_id': self.do.id}),
            lambda: document.create({'name': "Late", 'stage_id': self.finish.id}),
            lambda: document.copy({'stage_id': self.finish.id}),
        ):
            with self.assertRaises(SopGateError) as caught:
                door()
            self.assertIn("Prepared", str(caught.exception))
        document.action_sop_tick(self.items['P1'].id)
        document.action_sop_complete_stage()
        self.assertEqual((document.stage_id, document.sop_stage_id), (self.do, self.do))
        self.assertEqual(document.sop_transition_ids.mapped('kind'), ['forward'])

    @users('sop_doer')
    def test_batch(self):
        documents = self.env['test.sop.document'].create([
            {'name': f"Paper {number}", 'amount': 1} for number in range(3)])
        documents[:2].action_sop_tick(self.items['P1'].id)
        with self.assertRaises(SopGateError) as caught:
            documents.write({'stage_id': self.do.id})
        self.assertEqual(
            [row['name'] for row in caught.exception.context['sop']['documents']], ["Paper 2"])
        documents[:2].write({'stage_id': self.do.id})
        self.assertEqual(documents[:2].sop_stage_id, self.do)

    @users('sop_doer')
    def test_back_needs_a_reason(self):
        document = self.document.with_env(self.env)
        document.action_sop_tick(self.items['P1'].id)
        document.stage_id = self.do
        with self.assertRaises(SopGateError):
            document.stage_id = self.prepare
        document.action_sop_move_back(self.prepare.id, "Once more")
        self.assertEqual(document.sop_transition_ids[0].reason, "Once more")

    def test_second_person_and_revoke(self):
        document = self.document.with_user(self.user)
        document.action_sop_tick(self.items['P1'].id)
        document.stage_id = self.do
        document.action_sop_tick(self.items['X1'].id)
        with self.assertRaises(SopGateError):
            document.stage_id = self.finish
        check = document.sop_check_ids.filtered(lambda check: check.requirement_id == self.items['X1'])
        with self.assertRaises(UserError):
            check.action_verify()
        check.with_user(self.second).action_verify()
        document.stage_id = self.finish
        self.assertEqual(document.sop_stage_id, self.finish)
        check.with_user(self.user).action_revoke("Wrong")
        self.assertTrue(check.revoked_date)
        self.assertEqual(check.document_name, "Paper")
        self.assertEqual(check.action_open_document()['res_model'], 'test.sop.document')

    def test_waiver_and_fast_track(self):
        document = self.document.with_user(self.manager)
        document.action_sop_waive(self.items['P1'].id, "Known", '2099-12-31')
        document.stage_id = self.do
        self.assertEqual(document.sop_transition_ids[0].waived_count, 1)
        small = self.env['test.sop.document'].with_user(self.user).create({'name': "Small", 'amount': 5})
        small.action_sop_fast_track(self.finish.id, "Trifle")
        self.assertEqual((small.stage_id, small.sop_transition_ids[0].kind), (self.finish, 'fast_track'))

    def test_evidence_is_not_written(self):
        document = self.document.with_user(self.user)
        document.action_sop_tick(self.items['P1'].id)
        for act in (
            lambda: document.write({'sop_check_ids': [Command.clear()]}),
            lambda: document.write({'sop_stage_id': self.finish.id}),
            lambda: document.sop_check_ids.write({'remark': "Forged"}),
            lambda: document.sop_check_ids.unlink(),
            lambda: self.env['sop.check'].create({
                'requirement_id': self.items['X1'].id, 'test_document_id': document.id,
                'done_by_id': self.user.id, 'done_date': fields.Datetime.now()}),
        ):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(UserError):
            document.unlink()

    def test_one_live_check(self):
        values = {
            'requirement_id': self.items['P1'].id, 'test_document_id': self.document.id,
            'done_by_id': self.user.id, 'done_date': fields.Datetime.now()}
        checks = as_engine(self.env['sop.check'])
        checks.create(values)
        with mute_logger('odoo.sql_db'), self.assertRaises(psycopg2.errors.UniqueViolation), self.cr.savepoint():
            checks.create(values)

    @users('sop_doer')
    def test_checklist_summary_items_and_journey(self):
        document = self.document.with_env(self.env)
        checklist = document.get_sop_checklist()
        self.assertEqual((checklist['res_model'], checklist['total'], checklist['done']), ('test.sop.document', 2, 1))
        self.assertEqual(document.get_sop_summary()[document.id]['open'], 1)
        self.assertTrue(document.sop_has_open)
        items = self.env['test.sop.document'].get_sop_my_items()['items']
        self.assertIn((document.id, 'P1'), [(item['res_id'], item['requirement']['code']) for item in items])
        self.assertEqual(document.get_sop_journey()[0]['state'], 'current')
        self.assertIn(document, document.search([('sop_has_open', '=', True)]))

    def test_rows_follow_the_access_to_the_document(self):
        self.document.with_user(self.user).action_sop_tick(self.items['P1'].id)
        check = self.document.sop_check_ids
        auditor = new_test_user(self.env, 'sop_other', groups='base.group_user,sales_sop.group_sop_auditor')
        self.env.invalidate_all()
        self.assertTrue(check.with_user(self.second).has_access('read'))
        self.assertFalse(check.with_user(auditor).has_access('read'), "No access to the model, none to its evidence")
        self.assertFalse(self.env['sop.check'].with_user(auditor).search([('id', '=', check.id)]))

    def test_adoption_and_release(self):
        self.process.action_unpublish()
        self.assertFalse(self.document.sop_process_id)
        old = self.env['test.sop.document'].create({'name': "Old", 'stage_id': self.do.id})
        draft = self.env['sop.process'].browse(self.process.action_new_version()['res_id'])
        draft.action_publish()
        old.stage_id = draft.stage_ids[1]
        self.assertEqual(draft._adopt_documents([('id', '=', old.id)]), 1)
        self.assertEqual((old.sop_process_id, old.sop_stage_id), (draft, draft.stage_ids[1]))

    def test_stage_of_another_process_is_no_step(self):
        other = self.process.copy()
        self.document.stage_id = other.stage_ids[2]
        self.assertEqual(self.document.sop_stage_id, self.prepare)

    def test_requirement_on_a_field_of_leads(self):
        draft = self.process.copy()
        with self.assertRaises(ValidationError):
            draft.stage_ids.requirement_ids.filtered(lambda item: item.kind == 'fields').field_ids = \
                self.env['ir.model.fields']._get('crm.lead', 'email_from')

    def test_takes_about_thirty_lines(self):
        """The promise of the mixin: a model becomes a document in about thirty lines of code."""
        lines = 0
        for path in (Path(__file__).parent.parent / 'models').glob('[a-z]*.py'):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    lines += node.end_lineno - node.lineno + 1
        self.assertLessEqual(lines, 33)
