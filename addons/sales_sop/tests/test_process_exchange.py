import base64
import copy
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from .test_process_version import SopProcessCommon


@tagged('post_install', '-at_install')
class TestProcessExchange(SopProcessCommon):
    """A process goes from one database to another as a file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.stage_discover.guidance = "<p>Ask first.</p><ul><li>Who decides?</li></ul>"
        cls.stage_discover.update_field_translations(
            'guidance', {'zh_CN': {"Ask first.": "先问清楚。", "Who decides?": "谁决定？"}})
        cls.items['D1'].with_context(lang='zh_CN').write({'name': "预算已确认", 'help': "由客户确认"})
        cls.content = cls.process._export_process()

    def _edit(self, change):
        content = copy.deepcopy(self.content)
        change(content['process'])
        return content

    def _read(self, content, company=None):
        return self.env['sop.process.import'].with_user(self.user_sop_manager).create({
            'filename': 'process.json',
            'file': base64.b64encode(json.dumps(content).encode() if not isinstance(content, bytes) else content),
            'company_id': company and company.id,
        })

    def assertError(self, content, *parts):
        wizard = self._read(content)
        for part in parts:
            self.assertIn(part, wizard.errors or '')
        self.assertFalse(wizard.summary)
        with self.assertRaises(UserError) as caught:
            wizard.action_import()
        self.assertIn(parts[0], str(caught.exception))
        return wizard.errors

    # ------------------------------------------------------------
    # ROUND TRIP
    # ------------------------------------------------------------

    @users('user_sop_manager')
    def test_round_trip(self):
        action = self._read(self.content).action_import()
        draft = self.env['sop.process'].browse(action['res_id'])
        self.assertEqual(draft._export_process()['process'], self.content['process'])
        self.assertEqual((draft.state, draft.version, draft.previous_id), ('draft', 2, self.process))
        self.assertEqual(
            draft.stage_ids[0].with_context(lang='zh_CN').guidance,
            "<p>先问清楚。</p><ul><li>谁决定？</li></ul>")
        self.assertEqual(self._get_item(draft, 'D1').with_context(lang='zh_CN').name, "预算已确认")

    def test_round_trip_of_the_shipped_process(self):
        shipped = self.env.ref('sales_sop.sop_process_sales')
        content = json.loads(json.dumps(shipped._export_process()))
        wizard = self._read(content)
        self.assertFalse(wizard.errors)
        draft = self.env['sop.process'].browse(wizard.action_import()['res_id'])
        self.assertEqual(draft._export_process()['process'], content['process'])

    def test_another_code_starts_at_version_one(self):
        content = self._edit(lambda process: process.update(code='brand_new'))
        draft = self.env['sop.process'].with_user(self.user_sop_manager)._import_process(content)
        self.assertEqual((draft.version, draft.previous_id.id), (1, False))

    def test_a_user_in_chinese_imports_the_same(self):
        self.user_sop_manager.lang = 'zh_CN'
        process = self.env['sop.process'].with_user(self.user_sop_manager).with_context(lang='zh_CN')
        draft = process._import_process(self.content)
        self.assertEqual(draft._export_process()['process'], self.content['process'])
        self.assertEqual(draft.name, "Test procedure")
        self.assertEqual(self._get_item(draft, 'D1').name, "预算已确认")

    def test_the_file_has_keys_and_no_ids(self):
        text = json.dumps(self.content)
        for forbidden in ('user_id', 'create_uid', 'published_by', '"id"'):
            self.assertNotIn(forbidden, text)
        item = self.content['process']['stage_ids'][0]['requirement_ids'][1]
        self.assertEqual(item['field_ids'], ['email_from'])
        self.assertEqual(self.content['format'], 1)
        self.assertLessEqual({'en_US', 'zh_CN'}, self.content['process']['stage_ids'][0]['guidance'].keys())

    def test_download(self):
        action = self.process.with_user(self.user_sop_manager).action_export_json()
        self.assertEqual(action['type'], 'ir.actions.act_url')
        holder = self.env['sop.process.import'].search([], order='id desc', limit=1)
        self.assertEqual(json.loads(base64.b64decode(holder.file)), self.content)

    def test_groups_plans_and_record_fields_travel(self):
        plan = self.env['mail.activity.plan'].create({'name': "Visit plan", 'res_model': 'crm.lead'})
        draft = self._new_version()
        draft.stage_ids[0].activity_plan_id = plan
        self._get_item(draft, 'D1').group_id = self.env.ref('sales_sop.group_sop_manager')
        content = draft._export_process()
        copied = self.env['sop.process'].with_user(self.user_sop_manager)._import_process(content)
        self.assertEqual(copied.stage_ids[0].activity_plan_id, plan)
        self.assertEqual(self._get_item(copied, 'D1').group_id, self.env.ref('sales_sop.group_sop_manager'))
        self.assertEqual(self._get_item(copied, 'O1').record_field_id.name, 'order_ids')

    # ------------------------------------------------------------
    # WHAT DOES NOT RESOLVE
    # ------------------------------------------------------------

    def test_not_json(self):
        self.assertError(b'{"format": 1,', "JSON")
        self.assertError(b'\xff\xfe\x00', "JSON")

    def test_another_format(self):
        self.assertError({**self.content, 'format': 2}, "format 1")
        self.assertError(b'[]', "format 1")
        self.assertError({'format': 1}, "format 1")

    def test_every_error_has_its_line(self):
        def spoil(process):
            first, second, third = process['stage_ids']
            first['requirement_ids'][0]['group_id'] = {'xmlid': 'nowhere.group', 'name': "Gone"}
            first['requirement_ids'][1]['field_ids'] = ['no_such_field']
            first['activity_plan_id'] = {'xmlid': 'nowhere.plan', 'name': "No plan"}
            second['requirement_ids'][1]['condition'] = "[('gone', '=', 1)]"
            second['requirement_ids'][2]['kind'] = 'telepathy'
            second['requirement_ids'][2]['mood'] = 'good'
            third['requirement_ids'][0]['record_domain'] = "[("
            third['requirement_ids'][1]['code'] = 'D1'
            third['day_limit'] = 'soon'
            third['gate'] = 'maybe'
            third['code'] = 'discover'

        errors = self.assertError(
            self._edit(spoil), "Gone", "no_such_field", "No plan", "gone", "telepathy",
            "mood", "O1", "twice", "day_limit", "maybe")
        self.assertGreaterEqual(len(errors.splitlines()), 11)
        self.assertEqual(errors.count("twice"), 2)

    def test_unknown_document_model(self):
        self.assertError(self._edit(lambda process: process.update(res_model='no.model')), "no.model")

    def test_missing_keys(self):
        def spoil(process):
            del process['stage_ids'][0]['name'], process['stage_ids'][0]['requirement_ids'][0]['kind']

        self.assertError(self._edit(spoil), "name", "kind")

    def test_wrong_kinds_of_values(self):
        def spoil(process):
            process.update(name=5, team_ids='all', domain=[1])
            process['stage_ids'][0]['fast_track_entry'] = 'yes'
            process['stage_ids'][1]['requirement_ids'] = {'code': 'X'}

        self.assertError(self._edit(spoil), "name", "team_ids", "domain", "fast_track_entry", "requirement_ids")

    def test_missing_teams_and_crm_stages_are_left_out(self):
        def spoil(process):
            process['code'] = 'elsewhere'
            process['team_ids'] = [{'name': "Team of another database"}]
            process['stage_ids'][0]['crm_stage_ids'] = [{'name': "Stage of another database"}]

        wizard = self._read(self._edit(spoil))
        self.assertFalse(wizard.errors)
        self.assertIn("Team of another database", wizard.warnings)
        self.assertIn("Stage of another database", wizard.warnings)
        draft = self.env['sop.process'].browse(wizard.action_import()['res_id'])
        self.assertFalse(draft.team_ids | draft.team_ids.browse(draft.stage_ids[0].crm_stage_ids.ids))
        self.assertEqual(draft.stage_ids[1].crm_stage_ids, self.stage_gen_1, "Found by its name")

    def test_a_team_of_another_company_is_left_out(self):
        company = self.env['res.company'].create({'name': "Sister company"})
        self.sales_team_1.company_id = self.env.company
        wizard = self._read(self.content, company)
        self.user_sop_manager.company_ids |= company
        self.assertIn(self.sales_team_1.name, wizard.warnings)
        self.assertFalse(wizard.errors)

    def test_a_language_that_is_not_active_is_left_out(self):
        def spoil(process):
            process['name']['xx_XX'] = "Procédure"
            process['stage_ids'][0]['guidance']['zh_CN'] = "<p>只有一句。</p>"

        wizard = self._read(self._edit(spoil))
        self.assertIn("xx_XX", wizard.warnings)
        self.assertIn("guidance", wizard.warnings)
        self.assertFalse(wizard.errors)

    def test_numbers_of_records_are_pointed_out(self):
        def spoil(process):
            process['domain'] = f"[('team_id', 'in', [{self.sales_team_1.id}])]"
            process['stage_ids'][0]['requirement_ids'][0]['domain'] = "[('expected_revenue', '>', 1000)]"

        wizard = self._read(self._edit(spoil))
        self.assertIn("team_id", wizard.warnings)
        self.assertNotIn("D1", wizard.warnings)

    def test_summary_shows_what_changes_here(self):
        def change(process):
            process['stage_ids'][0]['requirement_ids'][0]['name']['en_US'] = "Budget in writing"

        wizard = self._read(self._edit(change))
        self.assertIn("Test procedure", wizard.summary)
        self.assertIn("Budget in writing", wizard.summary)
        self.assertIn("Budget confirmed", wizard.summary)

    def test_left_out_values_have_their_defaults(self):
        content = {'format': 1, 'process': {
            'code': 'tiny', 'name': "Tiny", 'res_model': 'crm.lead',
            'stage_ids': [{'code': 'a', 'name': "A", 'requirement_ids': [
                {'code': 'A1', 'name': "First", 'kind': 'confirm'}]}]}}
        wizard = self._read(content)
        self.assertFalse(wizard.errors)
        draft = self.env['sop.process'].browse(wizard.action_import()['res_id'])
        item = draft.stage_ids.requirement_ids
        self.assertEqual((item.mandatory, item.min_count, item.domain), (True, 1, '[]'))

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    def test_only_managers_import_and_export(self):
        for user in (self.user_sales_salesman, self.user_auditor):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.env['sop.process.import'].with_user(user).create({'filename': 'x.json'})
                with self.assertRaises(AccessError):
                    self.env['sop.process'].with_user(user)._import_process(self.content)
                with self.assertRaises(AccessError):
                    self.process.with_user(user).action_export_json()

    def test_nothing_without_a_file(self):
        wizard = self.env['sop.process.import'].with_user(self.user_sop_manager).create({})
        self.assertFalse(wizard.summary)
        with self.assertRaises(UserError):
            wizard.action_import()

    def test_an_import_is_not_published(self):
        content = self._edit(lambda process: process.update(state='published'))
        self.assertError(content, "state")
        draft = self.env['sop.process'].with_user(self.user_sop_manager)._import_process(self.content)
        self.assertEqual(draft.state, 'draft')
        draft.stage_ids[0].requirement_ids = [Command.clear()]
