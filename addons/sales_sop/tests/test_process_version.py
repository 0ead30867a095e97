from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged, users

from .common import SalesSopCommon


class SopProcessCommon(SalesSopCommon):
    """With a person who looks after the procedure and has no other right."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_sop_manager = new_test_user(
            cls.env, 'user_sop_manager', groups='base.group_user,sales_sop.group_sop_manager')

    def _new_version(self, process=None):
        process = (process or self.process).with_user(self.user_sop_manager)
        return self.env['sop.process'].browse(process.action_new_version()['res_id'])

    def _get_item(self, process, code):
        return process.stage_ids.requirement_ids.filtered(lambda item: item.code == code)


@tagged('post_install', '-at_install')
class TestProcessFrozen(SopProcessCommon):
    """What is published is not changed under the people who work by it, whichever door is used."""

    def assertFrozen(self, process):
        return self.assertRaisesRegex(UserError, process.display_name)

    def setUp(self):
        super().setUp()
        self.env.invalidate_all()
        self.as_manager = self.process.with_user(self.user_sop_manager)
        self.stage = self.stage_discover.with_user(self.user_sop_manager)
        self.item = self.items['D1'].with_user(self.user_sop_manager)

    def test_write_on_the_process_is_refused(self):
        for vals in ({'domain': "[('type', '=', 'lead')]"}, {'team_ids': [Command.clear()]}, {'code': 'other'}):
            with self.subTest(vals=vals), self.assertFrozen(self.process):
                self.as_manager.write(vals)

    def test_write_on_a_stage_is_refused(self):
        for vals in (
            {'day_limit': 1}, {'sequence': 99}, {'code': 'other'}, {'crm_stage_ids': [Command.clear()]},
            {'fast_track_entry': True}, {'phase': 's5_contract'},
        ):
            with self.subTest(vals=vals), self.assertFrozen(self.process):
                self.stage.write(vals)

    def test_write_on_an_item_is_refused(self):
        for vals in (
            {'mandatory': False}, {'waivable': False}, {'kind': 'document'}, {'sequence': 99}, {'domain': "[]"},
            {'group_id': self.env.ref('base.group_user').id}, {'code': 'other'},
        ):
            with self.subTest(vals=vals), self.assertFrozen(self.process):
                self.item.write(vals)

    def test_commands_on_the_process_are_refused(self):
        for command in (
            Command.create({'name': "Extra", 'code': 'extra'}),
            Command.update(self.stage_discover.id, {'day_limit': 1}),
            Command.delete(self.stage_offer.id),
        ):
            with self.subTest(command=command), self.assertFrozen(self.process):
                self.as_manager.write({'stage_ids': [command]})

    def test_commands_on_a_stage_are_refused(self):
        for command in (
            Command.create({'name': "Extra", 'code': 'extra'}),
            Command.update(self.item.id, {'mandatory': False}),
            Command.delete(self.item.id),
        ):
            with self.subTest(command=command), self.assertFrozen(self.process):
                self.stage.write({'requirement_ids': [command]})

    def test_create_in_a_published_process_is_refused(self):
        with self.assertFrozen(self.process):
            self.stage.create({'process_id': self.process.id, 'name': "Extra", 'code': 'extra'})
        with self.assertFrozen(self.process):
            self.item.create({'stage_id': self.stage.id, 'name': "Extra", 'code': 'extra'})

    def test_an_item_is_not_moved_in_or_out(self):
        draft = self._new_version()
        with self.assertFrozen(self.process):
            self._get_item(draft, 'Q3').with_user(self.user_sop_manager).stage_id = self.stage
        with self.assertFrozen(self.process):
            self.items['Q3'].with_user(self.user_sop_manager).stage_id = draft.stage_ids[0]

    def test_a_stage_is_not_moved_in_or_out(self):
        draft = self._new_version()
        draft.stage_ids[0].code = 'moved'
        with self.assertFrozen(self.process):
            draft.stage_ids[0].with_user(self.user_sop_manager).process_id = self.process
        with self.assertFrozen(self.process):
            self.stage.process_id = draft

    def test_nothing_published_is_deleted(self):
        for record in (self.as_manager, self.stage, self.item):
            with self.subTest(record=record._name), self.assertFrozen(self.process):
                record.unlink()

    def test_a_retired_version_is_frozen_as_well(self):
        self.as_manager.action_unpublish()
        with self.assertFrozen(self.process):
            self.item.mandatory = False

    def test_state_and_version_come_from_the_buttons(self):
        for vals in ({'state': 'draft'}, {'version': 7}, {'previous_id': self.process.id},
                     {'published_date': '2020-01-01'}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.as_manager.write(vals)
        for vals in ({'state': 'published'}, {'state': 'retired'}, {'version': 7}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.as_manager.create({'name': "Forged", 'code': 'forged', **vals})

    def test_defaults_of_the_context_do_not_publish(self):
        process = self.as_manager.with_context(default_state='published', default_version=7).create({
            'name': "Forged", 'code': 'forged',
            'stage_ids': [Command.create({'name': "One", 'code': 'one'})]})
        self.assertEqual((process.state, process.version), ('draft', 1))

    def test_texts_and_gates_stay_open(self):
        self.as_manager.write({'name': "Sales procedure, corrected", 'description': "<p>Why</p>", 'sequence': 3})
        self.stage.write({'name': "Discovery", 'guidance': "<p>How</p>", 'gate': 'warn'})
        self.item.write({'name': "Budget is confirmed", 'help': "By the customer", 'role': 'sm'})
        self.assertEqual(self.stage_discover.gate, 'warn')
        self.assertEqual(self.items['D1'].name, "Budget is confirmed")

    def test_a_salesperson_changes_nothing(self):
        as_rep = self.process.with_user(self.user_sales_salesman)
        for record, vals in (
            (as_rep, {'name': "Mine"}), (as_rep.stage_ids[0], {'gate': 'observe'}),
            (as_rep.stage_ids[0].requirement_ids[0], {'help': "Mine"}),
        ):
            with self.subTest(record=record._name), self.assertRaises(AccessError):
                record.write(vals)
        for method in ('action_publish', 'action_unpublish', 'action_new_version', 'action_migrate', 'action_setup',
                       'action_migrate_older'):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(as_rep, method)()


@tagged('post_install', '-at_install')
class TestPublishProblems(SopProcessCommon):
    """Publishing refuses what would trap people, and names all of it."""

    def setUp(self):
        super().setUp()
        self.draft = self._create_process('trap', self.sales_team_1).with_user(self.user_sop_manager)
        self.stage = self.draft.stage_ids[1]

    def assertProblem(self, *parts):
        self.env.invalidate_all()
        problems = '\n'.join(self.draft.get_publish_problems())
        for part in parts:
            self.assertIn(part, problems)
            self.assertIn(part, self.draft.publish_problems)
        with self.assertRaises(UserError) as caught:
            self.draft.action_publish()
        self.assertIn(parts[0], str(caught.exception))
        self.assertEqual(self.draft.state, 'draft')

    def test_a_sound_process_has_none(self):
        self.assertEqual(self.draft.get_publish_problems(), [])
        self.assertFalse(self.draft.publish_problems)

    def test_no_stage(self):
        self.draft.stage_ids.unlink()
        self.assertProblem("no stage")

    def test_a_stage_that_nothing_leads_to(self):
        self.stage.crm_stage_ids = False
        self.assertProblem("Qualify", "pipeline")

    def test_a_crm_stage_for_two_steps(self):
        self.stage.crm_stage_ids = self.draft.stage_ids[0].crm_stage_ids
        self.assertProblem("Qualify", self.stage_team1_1.name)

    def test_a_team_without_a_stage(self):
        self.stage_team1_1.team_ids = self.sales_team_1
        team = self.env['crm.team'].create({'name': "Exports"})
        self.draft.team_ids |= team
        self.assertProblem("Exports")

    def test_a_condition_that_no_longer_evaluates(self):
        item = self._get_item(self.draft, 'Q2')
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sop_requirement SET condition = %s WHERE id = %s", ["[('gone', '=', 1)]", item.id])
        self.assertProblem("Q2")

    def test_a_condition_is_checked_when_it_is_written(self):
        with self.assertRaises(ValidationError):
            self._get_item(self.draft, 'Q2').condition = "[('gone', '=', 1)]"

    def test_an_empty_condition(self):
        self._get_item(self.draft, 'Q2').condition = "[]"
        self.assertProblem("Q2")

    def test_no_field_chosen(self):
        self._get_item(self.draft, 'D2').field_ids = False
        self.assertProblem("D2")

    def test_no_records_chosen(self):
        self._get_item(self.draft, 'O1').record_field_id = False
        self.assertProblem("O1")

    def test_a_group_that_nobody_is_in(self):
        self._get_item(self.draft, 'D1').group_id = self.env['res.groups'].create({'name': "Empty group"})
        self.assertProblem("D1", "Empty group")

    def test_a_verifying_group_that_nobody_is_in(self):
        self._get_item(self.draft, 'O2').verify_group_id = self.env['res.groups'].create({'name': "Empty group"})
        self.assertProblem("O2", "Empty group")

    def test_doer_and_verifier_are_the_same_person(self):
        group = self.env['res.groups'].create(
            {'name': "One person", 'user_ids': [Command.link(self.user_sales_salesman.id)]})
        self._get_item(self.draft, 'O2').write({'group_id': group.id, 'verify_group_id': group.id})
        self.assertProblem("O2", self.user_sales_salesman.name)

    def test_all_problems_are_named_at_once(self):
        self.stage.crm_stage_ids = False
        self._get_item(self.draft, 'D2').field_ids = False
        self.assertProblem("Qualify", "D2")


@tagged('post_install', '-at_install')
class TestProcessVersion(SopProcessCommon):
    """A new version replaces the old one for new documents; running ones keep theirs."""

    def test_a_new_version_is_a_draft_copy(self):
        draft = self._new_version()
        self.assertEqual(
            (draft.state, draft.version, draft.code, draft.previous_id, draft.name),
            ('draft', 2, self.process.code, self.process, self.process.name))
        self.assertEqual(draft.stage_ids.mapped('code'), self.process.stage_ids.mapped('code'))
        self.assertEqual(
            draft.stage_ids.requirement_ids.mapped('code'), self.process.stage_ids.requirement_ids.mapped('code'))
        self.assertEqual(draft.stage_ids.crm_stage_ids, self.process.stage_ids.crm_stage_ids)
        self.assertEqual(draft.team_ids, self.process.team_ids)
        self.assertFalse(draft.published_date)
        self.assertEqual(self.process.state, 'published')

    def test_a_new_version_keeps_translations(self):
        self.env['res.lang']._activate_lang('zh_CN')
        zh = {'lang': 'zh_CN'}
        self.process.with_context(**zh).name = "销售流程"
        self.stage_discover.write({'guidance': "<p>Ask first.</p>"})
        self.stage_discover.update_field_translations('guidance', {'zh_CN': {"Ask first.": "先问清楚。"}})
        self.items['D1'].with_context(**zh).write({'name': "预算已确认", 'help': "由客户确认"})
        draft = self._new_version()
        self.assertEqual(draft.with_context(**zh).name, "销售流程")
        self.assertEqual(draft.name, "Test procedure")
        self.assertEqual(draft.stage_ids[0].with_context(**zh).guidance, "<p>先问清楚。</p>")
        self.assertEqual(draft.stage_ids[0].guidance, "<p>Ask first.</p>")
        item = self._get_item(draft, 'D1')
        self.assertEqual((item.with_context(**zh).name, item.name), ("预算已确认", "Budget confirmed"))
        self.assertEqual(item.with_context(**zh).help, "由客户确认")

    @users('user_sop_manager')
    def test_publishing_retires_the_previous_version(self):
        draft = self._new_version().with_env(self.env)
        draft.action_publish()
        self.assertEqual((draft.state, self.process.state), ('published', 'retired'))
        self.assertEqual(draft.published_by_id, self.env.user)
        self.assertEqual(self.lead.sop_process_id, self.process, "Running documents keep their version")
        newcomer = self._create_lead(self.env(user=self.user_sales_salesman), name="Newcomer")
        self.assertEqual(newcomer.sudo().sop_process_id, draft)
        self.assertEqual(draft.older_document_count, 1)

    def test_another_company_keeps_its_version(self):
        company = self.env['res.company'].create({'name': "Sister company"})
        other = self._create_process(self.process.code, self.env['crm.team'], company_id=company.id)
        other.stage_ids.requirement_ids.filtered('verify').write({'verify': False})
        other.action_publish()
        self.assertEqual((other.state, self.process.state), ('published', 'published'))

    def test_version_numbers_are_not_used_twice(self):
        first = self._new_version()
        second = self._new_version()
        self.assertEqual((first.version, second.version), (2, 3))

    def test_a_duplicate_is_another_procedure(self):
        duplicate = self.process.with_user(self.user_sop_manager).copy()
        self.assertNotEqual(duplicate.code, self.process.code)
        self.assertEqual((duplicate.version, duplicate.state, duplicate.previous_id.id), (1, 'draft', False))

    @users('user_sop_manager')
    def test_unpublishing_releases_the_documents(self):
        self._do(self.lead, 'D1')
        self.process.with_env(self.env).action_unpublish()
        self.lead.invalidate_recordset()
        self.assertEqual(self.process.state, 'retired')
        for name in self.lead._sop_position_fields:
            self.assertFalse(self.lead[name], name)
        self.assertEqual(len(self.lead.sudo().sop_check_ids), 1, "Evidence is kept")
        self.lead.with_user(self.user_sales_salesman).stage_id = self.stage_team1_2

    def test_publish_again_after_unpublishing(self):
        self.process.with_user(self.user_sop_manager).action_unpublish()
        self.process.with_user(self.user_sop_manager).action_publish()
        self.assertEqual(self.process.state, 'published')
        with self.assertRaises(UserError):
            self.process.with_user(self.user_sop_manager).action_publish()


@tagged('post_install', '-at_install')
class TestProcessCompare(SopProcessCommon):
    """The comparison names every difference, in the reader's language."""

    def _compare(self, draft, **context):
        action = draft.with_user(self.user_sop_manager).with_context(**context).action_compare()
        compare = self.env[action['res_model']].with_user(self.user_sop_manager).browse(action['res_id'])
        return str(compare.with_context(**context).difference)

    def test_equal_versions(self):
        self.assertIn("Nothing differs", self._compare(self._new_version()))

    def test_added_removed_changed(self):
        draft = self._new_version()
        draft.stage_ids[0].write({'day_limit': 7, 'gate': 'warn'})
        self._get_item(draft, 'D1').write({'name': "Budget in writing", 'mandatory': False})
        self._get_item(draft, 'Q3').unlink()
        draft.stage_ids[2].requirement_ids = [Command.create({'code': 'O9', 'name': "Price checked", 'sequence': 9})]
        text = self._compare(draft)
        for part in (
            "Budget confirmed", "Budget in writing", "Competitors known", "Removed", "Price checked", "Added",
            "Working Days", ">7<", "Enforce: refuse", "Warn: tell", "Mandatory",
        ):
            self.assertIn(part, text)
        self.assertNotIn("Business licence", text, "What is the same is left out")

    def test_an_item_in_another_stage_and_another_order(self):
        draft = self._new_version()
        self._get_item(draft, 'Q3').stage_id = draft.stage_ids[2]
        self._get_item(draft, 'Q1').sequence = 50
        self.env.invalidate_all()
        changes = self.env['sop.process']._compare_data(
            self.process._export_process()['process'], draft._export_process()['process'])
        by_code = {stage['code']: stage for stage in changes['stages']}
        self.assertEqual(
            [change['label'] for change in by_code['qualify']['changes']], ["Order of the items"])
        self.assertEqual(
            by_code['offer']['items'],
            [{'code': 'Q3', 'name': "Competitors known", 'status': 'changed',
              'changes': [{'label': "Stage", 'before': 'qualify', 'after': 'offer'}]}])

    def test_texts_in_both_languages(self):
        self.env['res.lang']._activate_lang('zh_CN')
        draft = self._new_version()
        self._get_item(draft, 'D1').with_context(lang='zh_CN').name = "预算已书面确认"
        text = self._compare(draft)
        self.assertIn("预算已书面确认", text)
        self.assertIn("Chinese", text)
        self.assertIn("预算已书面确认", self._compare(draft, lang='zh_CN'))

    def test_nothing_to_compare_with(self):
        with self.assertRaises(UserError):
            self.process.with_user(self.user_sop_manager).action_compare()

    def test_a_salesperson_has_no_comparison(self):
        draft = self._new_version()
        with self.assertRaises(AccessError):
            draft.with_user(self.user_sales_salesman).action_compare()
