import base64
import json

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestOddArguments(SalesSopCommon):
    """Anyone may call a public method with anything: the answer is a sentence, never a traceback."""

    def test_numbers_dates_and_reasons(self):
        lead = self.lead.with_user(self.user_sales_manager)
        item = self.items['D1'].id
        calls = [
            *((lead.action_sop_tick, odd) for odd in ('abc', 1.5, True, [1], None, -1, 10 ** 8)),
            (lead.action_sop_tick, item, None, ['abc']),
            *((lead.action_sop_tick, item, None, odd) for odd in (True, 'abc', 1.5)),
            *((lead.action_sop_decide_intention, odd) for odd in (None, [], {}, 'abc', 1)),
            *((lead.action_sop_set_lifecycle, odd, "Because") for odd in (None, [], {}, 'abc', 1)),
            *((lead.action_sop_set_lifecycle, 'lost', odd) for odd in (None, False, '', [])),
            *((lead.action_sop_not_duplicate, odd, "Because") for odd in (None, True, 'abc', 1, 1.5, {}, [None])),
            *((lead.action_sop_rate, odd) for odd in (None, [], 'abc', {'need_clarity': 'abc'}, {'abc': 1})),
            *((lead.action_sop_adjust_grade, odd, "Because") for odd in (None, True, '1', 5, [])),
            *((lead.action_sop_return_to_pool, odd) for odd in (None, False, '', [], 7)),
            (lead.action_sop_tick, item, None, None, 'tomorrow'),
            (lead.action_sop_tick, self.items['Q1'].id, None, None, 5),
            (lead.action_sop_waive, item, "", '2099-01-01'),
            (lead.action_sop_waive, item, "Why not", [1]),
            (lead.action_sop_not_applicable, item, None),
            (lead.action_sop_move_back, [1], "Because"),
            (lead.action_sop_move_back, self.stage_team1_1.id, 0),
            (lead.action_sop_fast_track, 'abc', "Because"),
        ]
        for method, *args in calls:
            with self.subTest(method=method.__name__, args=args), self.assertRaises(UserError), self.cr.savepoint():
                method(*args)
        self.assertFalse(lead.sop_check_ids)

    def test_malformed_files_of_a_process(self):
        good = self.process._export_process()

        def spoil(path, value):
            data = json.loads(json.dumps(good))
            node = data['process']
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value
            return json.dumps(data).encode()

        files = [
            b'[' * 200000, b'\xff\xfe', b'null', b'{}',
            spoil(['code'], ['a']), spoil(['code'], 'a\0b'), spoil(['res_model'], 7), spoil(['res_model'], ['x']),
            spoil(['name'], {'en_US': 7}), spoil(['stage_ids'], 7), spoil(['stage_ids', 0, 'requirement_ids'], 7),
            spoil(['stage_ids', 0, 'day_limit'], 10 ** 12), spoil(['stage_ids', 0, 'code'], {}),
            spoil(['stage_ids', 0, 'requirement_ids', 0, 'group_id'], {'xmlid': 7, 'name': []}),
        ]
        for content in files:
            wizard = self.env['sop.process.import'].with_user(self.user_sales_manager).create(
                {'file': base64.b64encode(content)})
            with self.subTest(content=content[:60]):
                self.assertTrue(wizard.errors)
                with self.assertRaises(UserError), self.cr.savepoint():
                    wizard.action_import()

    def test_a_broken_condition_keeps_no_customer_out(self):
        """A module was uninstalled under the process: nothing crashes, new leads are still taken."""
        # The rows as they are when a field has vanished; no user can write this.
        self.env.cr.execute(
            "UPDATE sop_process SET domain = %s, fast_track_domain = %s WHERE id = %s",
            ("[('x_gone', '=', 1)]", "[('x_gone', '=', 1)]", self.process.id))
        self.process.invalidate_recordset()
        self.env.registry.clear_cache()
        with mute_logger('odoo.addons.sales_sop.models.sop_process'):
            lead = self._create_lead(name="From the website")
        self.assertFalse(lead.sop_process_id)
        self.assertFalse(self.lead.get_sop_checklist()['can_fast_track'])

    def test_open_items_are_found_with_a_broken_condition(self):
        self._do_all(self.lead, self.stage_discover)
        leads = self.env['crm.lead'].with_user(self.user_sales_manager)
        open_items = [('sop_has_open', '=', True), ('id', '=', self.lead.id)]
        self.assertFalse(leads.search(open_items))
        self.env.cr.execute("UPDATE sop_requirement SET domain = %s WHERE id = %s", (
            "[('x_gone', '=', 1)]", self.items['D2'].id))
        self.items['D2'].invalidate_recordset()
        self.env.registry.clear_cache()
        self.assertTrue(leads.search(open_items))

    def test_an_emptied_fast_track_is_none(self):
        self.process.action_unpublish()
        process = self._create_process('slow', self.sales_team_1, fast_track_domain='[]')
        process.action_publish()
        lead = self._create_lead(name="No short cut")
        with self.assertRaises(UserError):
            lead.action_sop_fast_track(process.stage_ids[2].id, "In a hurry")


@tagged('post_install', '-at_install')
class TestWaysRound(SalesSopCommon):

    def test_a_free_lead_takes_the_procedure_over_in_a_merge(self):
        free = self.env['crm.team'].create({'name': "Free team", 'company_id': self.sales_team_1.company_id.id})
        late = self._create_lead(name="Free and late", team_id=free.id, stage_id=self.stage_gen_1.id, probability=90)
        self.assertFalse(late.sop_process_id)
        with self.assertRefused(late):
            (late | self.lead).merge_opportunity(auto_unlink=False)

    def test_a_new_version_is_no_amnesty(self):
        free = self.env['crm.team'].create({'name': "Free team", 'company_id': self.sales_team_1.company_id.id})
        late = self._create_lead(name="Worked freely", team_id=free.id, stage_id=self.stage_gen_1.id)
        self.process.action_new_version()
        self.env['sop.process'].search([('previous_id', '=', self.process.id)]).action_publish()
        with self.assertRefused(late):
            late.team_id = self.sales_team_1

    def test_copies_of_public_files_are_not_public(self):
        file = self._create_file(self.lead.with_user(self.user_sales_salesman))
        file.sudo().write({'public': True})
        file.sudo().generate_access_token()
        self._do(self.lead, 'D1')
        self.lead.with_user(self.user_sales_salesman).action_sop_tick(
            self.items['Q1'].id, attachment_ids=file.ids, valid_until='2099-01-01')
        evidence = self._get_check(self.lead, 'Q1').attachment_ids
        self.assertEqual((evidence.public, evidence.access_token), (False, False))

    def test_values_of_hidden_fields_stay_hidden(self):
        self.lead.expected_revenue = 777
        field = self.env['crm.lead']._fields['expected_revenue']
        self.patch(field, 'groups', 'base.group_system')
        lead = self.lead.with_user(self.user_sales_salesman)
        self.assertNotIn('777', lead.sudo()._format_sop_value('expected_revenue'))

    def test_nobody_jumps_within_one_version(self):
        """The migration assistant is no door past the gate."""
        other = self._create_process('other', self.sales_team_1)
        action = self.env['sop.migration'].with_user(self.user_sales_manager)._get_selection_action(
            self.lead.with_user(self.user_sales_manager))
        wizard = self.env['sop.migration'].browse(action['res_id']).with_user(self.user_sales_manager)
        wizard.write({'process_ids': [Command.link(other.id)], 'target_id': self.process.id})
        wizard.line_ids.to_stage_id = self.stage_offer
        with self.assertRaises(UserError):
            wizard.action_apply()
