from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import new_test_user, tagged, users
from odoo.tools import mute_logger

from .test_workday import HOLIDAYS, MONDAY, WorkdayCommon

# Noon of that Monday in Shanghai.
ENTRY = datetime(2026, 9, 28, 4)


class DeadlineCommon(WorkdayCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Rules of others and their activities are no part of these tests.
        cls.env['base.automation'].search([]).filtered(
            lambda rule: rule.trg_date_id.name != 'sop_deadline').active = False
        cls.rules = {
            level: cls.env.ref(f'sales_sop.base_automation_overdue_{level}') for level in ('salesperson', 'manager')}
        cls.team = cls.env['crm.team'].create({
            'name': "Pumps", 'company_id': cls.company.id, 'user_id': cls.manager.id})
        cls.crm_stages = cls.env['crm.stage'].create([
            {'name': name, 'sequence': 900 + number, 'team_ids': [Command.set(cls.team.ids)]}
            for number, name in enumerate(("Meet", "Offer", "Close"))])
        cls.process = cls._create_process("Pumps", (2, 5, 0))
        cls.process.action_publish()

    @classmethod
    def _create_process(cls, name, limits):
        return cls.env['sop.process'].create({
            'name': name,
            'code': name.lower(),
            'company_id': cls.company.id,
            'team_ids': [Command.set(cls.team.ids)],
            'stage_ids': [Command.create({
                'name': crm_stage.name, 'code': crm_stage.name.lower(), 'phase': 's2_contact', 'sequence': number,
                'day_limit': limit, 'crm_stage_ids': [Command.set(crm_stage.ids)],
            }) for number, (crm_stage, limit) in enumerate(zip(cls.crm_stages, limits, strict=True))],
        })

    @contextmanager
    def _at(self, moment):
        """Live at ``moment`` (UTC), the database too."""
        self.env.flush_all()
        with freeze_time(moment), patch.object(self.env.cr, 'now', lambda: moment):
            yield
            self.env.flush_all()

    def _create_leads(self, number=1, moment=ENTRY, **values):
        with self._at(moment):
            leads = self.env['crm.lead'].create([{
                'name': f"Deal {index}", 'type': 'opportunity', 'team_id': self.team.id,
                'company_id': self.company.id, 'user_id': self.salesperson.id,
                'stage_id': self.crm_stages[0].id, **values,
            } for index in range(number)])
        leads.invalidate_recordset()
        return leads

    def _commit(self, seconds_left=float('inf')):
        """A test cannot commit; write and forget, as a commit does."""
        def commit_progress(cron, *args, **kwargs):
            cron.env.flush_all()
            cron.env.invalidate_all()
            cron.env.cr.cache.clear()
            return seconds_left
        return patch.object(type(self.env['ir.cron']), '_commit_progress', commit_progress)

    def _run_rules(self, moment):
        with self._at(moment), self._commit():
            self.env['base.automation']._cron_process_time_based_actions()

    def _run_recompute(self, batch_size=500, seconds_left=float('inf')):
        with self._commit(seconds_left):
            self.env['res.company']._cron_sop_recompute_deadlines(batch_size)

    def _get_reminders(self, leads, level=None, done=False):
        xmlids = {
            'salesperson': 'sales_sop.mail_activity_type_overdue',
            'manager': 'sales_sop.mail_activity_type_overdue_manager',
        }
        types = self.env['mail.activity.type'].browse(
            self.env.ref(xmlid).id for key, xmlid in xmlids.items() if level in (None, key))
        return self.env['mail.activity'].with_context(active_test=not done).search([
            ('res_model', '=', 'crm.lead'), ('res_id', 'in', leads.ids), ('activity_type_id', 'in', types.ids)])


@tagged('post_install', '-at_install')
class TestOverdue(DeadlineCommon):

    def test_salesperson_then_manager(self):
        lead = self._create_leads()
        self.assertEqual(lead.sop_deadline, date(2026, 9, 30))
        self._run_rules(datetime(2026, 9, 30, 12))
        self.assertFalse(self._get_reminders(lead))

        self._run_rules(datetime(2026, 10, 1, 1))
        reminder = self._get_reminders(lead)
        self.assertEqual(reminder.user_id, self.salesperson)
        self.assertEqual(reminder.summary, "Complete the stage: its deadline has passed")
        self.assertEqual(reminder.date_deadline, date(2026, 10, 1))
        self.assertTrue(reminder.automated)

        self._run_rules(datetime(2026, 10, 1, 4))
        self._run_rules(datetime(2026, 10, 3, 4))
        self.assertEqual(self._get_reminders(lead), reminder)

        self._run_rules(datetime(2026, 10, 4, 4))
        self.assertEqual(self._get_reminders(lead, 'manager').user_id, self.manager)
        self.assertEqual(self._get_reminders(lead, 'salesperson'), reminder)
        self._run_rules(datetime(2026, 10, 20, 4))
        self.assertEqual(len(self._get_reminders(lead)), 2)

    def test_scheduled_action_runs_the_rules(self):
        lead = self._create_leads()
        cron = self.env.ref('base_automation.ir_cron_data_base_automation_check')
        self.assertTrue(cron.active)
        with self._at(datetime(2026, 10, 1, 1)), self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual(self._get_reminders(lead).user_id, self.salesperson)

    def test_rules_know_the_deadline_only(self):
        for rule in self.rules.values():
            self.assertEqual(rule.trigger, 'on_time')
            self.assertFalse(rule.action_server_ids.filtered('warning'))

    def test_documents_without_procedure(self):
        other_team = self.env['crm.team'].create({'name': "Plain", 'company_id': self.company.id})
        lead = self._create_leads(team_id=other_team.id, stage_id=False)
        self.assertFalse(lead.sop_process_id)
        self._run_rules(datetime(2026, 11, 1, 4))
        self.assertFalse(self._get_reminders(lead))
        lead._sop_remind_overdue('salesperson')
        self.assertFalse(self._get_reminders(lead))

    def test_closed_documents(self):
        won, lost, archived, unlimited = self._create_leads(4)
        with self._at(ENTRY):
            won.action_set_won()
            lost.action_set_lost(lost_reason_id=self.env['crm.lost.reason'].create({'name': "Price"}).id)
            archived.active = False
            unlimited.stage_id = self.crm_stages[2]
        self.assertFalse(unlimited.sop_deadline)
        self._run_rules(datetime(2026, 11, 1, 4))
        self.assertFalse(self._get_reminders(won | lost | archived | unlimited))

    def test_released_documents(self):
        lead = self._create_leads()
        self.process.action_unpublish()
        self.env.invalidate_all()
        self._run_rules(datetime(2026, 11, 1, 4))
        self.assertFalse(self._get_reminders(lead))

    def test_no_salesperson(self):
        lead = self._create_leads(user_id=False)
        self._run_rules(datetime(2026, 10, 1, 1))
        self.assertEqual(self._get_reminders(lead, 'salesperson').user_id, self.manager)
        # The manager knows already.
        self._run_rules(datetime(2026, 10, 6, 1))
        self.assertEqual(len(self._get_reminders(lead)), 1)

    def test_nobody_in_charge(self):
        self.team.user_id = False
        leads = self._create_leads(user_id=False) | self._create_leads()
        self._run_rules(datetime(2026, 10, 6, 1))
        self.assertFalse(self._get_reminders(leads[0]))
        self.assertEqual(self._get_reminders(leads[1]).user_id, self.salesperson)

    def test_manager_of_his_own_deal(self):
        lead = self._create_leads(user_id=self.manager.id)
        self._run_rules(datetime(2026, 10, 6, 1))
        self.assertEqual(self._get_reminders(lead).user_id, self.manager)
        self.assertEqual(len(self._get_reminders(lead)), 1)

    def test_salesperson_who_left(self):
        lead = self._create_leads()
        self.salesperson.active = False
        self._run_rules(datetime(2026, 10, 1, 1))
        self.assertEqual(self._get_reminders(lead).user_id, self.manager)

    def test_leader_who_cannot_open_the_document(self):
        self.team.user_id = new_test_user(
            self.env, 'cal_blind', groups='base.group_user', company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)])
        lead = self._create_leads()
        self._run_rules(datetime(2026, 10, 6, 1))
        self.assertEqual(self._get_reminders(lead).user_id, self.salesperson)

    def test_each_stage_has_its_own_reminder(self):
        lead = self._create_leads()
        self._run_rules(datetime(2026, 10, 1, 1))
        self.assertTrue(self._get_reminders(lead))
        with self._at(datetime(2026, 10, 2, 4)):
            lead.stage_id = self.crm_stages[1]
        self.assertFalse(self._get_reminders(lead), "the reminder is about the stage that was left")
        self.assertEqual(lead.sop_deadline, date(2026, 10, 9))
        self._run_rules(datetime(2026, 10, 9, 1))
        self.assertFalse(self._get_reminders(lead))
        self._run_rules(datetime(2026, 10, 10, 1))
        self.assertEqual(self._get_reminders(lead).user_id, self.salesperson)

    def test_done_reminder_does_not_come_back(self):
        lead = self._create_leads()
        self._run_rules(datetime(2026, 10, 1, 1))
        with self._at(datetime(2026, 10, 1, 2)):
            self._get_reminders(lead).action_feedback(feedback="Customer is on holiday")
        # The deadline moves and passes again.
        with self._at(datetime(2026, 10, 1, 3)):
            self.env['sop.workday'].create(
                {'company_id': self.company.id, 'date': date(2026, 9, 30), 'name': "Storm"})
            self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 10, 1))
        self._run_rules(datetime(2026, 10, 2, 1))
        self.assertFalse(self._get_reminders(lead))
        self.assertEqual(len(self._get_reminders(lead, done=True)), 1)

    def test_deadline_set_in_the_past(self):
        self._enter_holidays(self.company)
        lead = self._create_leads(moment=datetime(2026, 9, 30, 4))
        self.assertEqual(lead.sop_deadline, date(2026, 10, 9))
        self._run_rules(datetime(2026, 10, 8, 1))
        self.assertFalse(self._get_reminders(lead))
        with self._at(datetime(2026, 10, 8, 2)):
            self.env['sop.workday'].search([('company_id', '=', self.company.id)]).unlink()
            self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 10, 2))
        self.assertEqual(self._get_reminders(lead, 'salesperson').user_id, self.salesperson)
        self.assertEqual(self._get_reminders(lead, 'manager').user_id, self.manager)
        self._run_rules(datetime(2026, 10, 8, 4))
        self.assertEqual(len(self._get_reminders(lead)), 2)

    def test_rule_of_the_administrator_is_respected(self):
        self.rules['salesperson'].active = False
        self._enter_holidays(self.company)
        lead = self._create_leads(moment=datetime(2026, 9, 30, 4))
        self._run_rules(datetime(2026, 10, 8, 1))
        with self._at(datetime(2026, 10, 8, 2)):
            self.env['sop.workday'].search([('company_id', '=', self.company.id)]).unlink()
            self._run_recompute()
        self.assertFalse(self._get_reminders(lead, 'salesperson'))
        self.assertTrue(self._get_reminders(lead, 'manager'))

    def test_broken_rule_does_not_hold_the_deadlines(self):
        self.rules['salesperson'].action_server_ids.code = "raise UserError('broken')"
        self._enter_holidays(self.company)
        lead = self._create_leads(moment=datetime(2026, 9, 30, 4))
        self.rules['salesperson'].last_run = self.rules['manager'].last_run = datetime(2026, 10, 8, 1)
        with self._at(datetime(2026, 10, 8, 2)), mute_logger('odoo.addons.sales_sop.models.sop_reminder_mixin'):
            self.env['sop.workday'].search([('company_id', '=', self.company.id)]).unlink()
            self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 10, 2))
        self.assertEqual(self._get_reminders(lead).user_id, self.manager)

    def test_language_of_the_reader(self):
        reminder_type = self.env.ref('sales_sop.mail_activity_type_overdue')
        reminder_type.with_context(lang='zh_CN').summary = "请完成本阶段"
        self.salesperson.lang = 'zh_CN'
        leads = self._create_leads() | self._create_leads(user_id=self.manager.id)
        self._run_rules(datetime(2026, 10, 1, 1))
        self.assertEqual(self._get_reminders(leads[0]).summary, "请完成本阶段")
        self.assertEqual(self._get_reminders(leads[1]).summary, "Complete the stage: its deadline has passed")

    def test_nothing_is_left_to_keep_the_types(self):
        lead = self._create_leads()
        self._run_rules(datetime(2026, 10, 6, 1))
        self._get_reminders(lead, 'manager').action_feedback()
        self.env['sop.reminder.mixin']._sop_forget_reminders()
        self.assertFalse(self._get_reminders(lead, done=True))
        self.env.ref('sales_sop.mail_activity_type_overdue').unlink()
        self.env.ref('sales_sop.mail_activity_type_overdue_manager').unlink()

    def test_reminding_many_costs_no_more_queries_to_look(self):
        leads = self._create_leads(20)
        with self._at(datetime(2026, 10, 1, 1)):
            leads._sop_remind_overdue('salesperson')
            self.env.flush_all()

            def measure(documents):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                documents._sop_remind_overdue('salesperson')
                return self.env.cr.sql_log_count - before

            measure(leads)
            one = measure(leads[:1])
            self.assertLessEqual(measure(leads), one)


@tagged('post_install', '-at_install')
class TestRecomputeDeadlines(DeadlineCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Making the company asked for a first run; nothing is left to do.
        cls.env['res.company'].search([]).write({'sop_recompute_from': False, 'sop_recompute_cursor': False})
        cls.env.cr.cache.clear()

    def test_table_moves_running_deadlines(self):
        leads = self._create_leads(3, moment=datetime(2026, 9, 29, 4))
        self.assertEqual(set(leads.mapped('sop_deadline')), {date(2026, 10, 1)})
        trigger_domain = [('cron_id', '=', self.env.ref('sales_sop.ir_cron_sop_recompute_deadlines').id)]
        triggers = self.env['ir.cron.trigger'].search_count(trigger_domain)
        self._enter_holidays(self.company)
        self.assertEqual(self.env['ir.cron.trigger'].search_count(trigger_domain), triggers + 1)
        self.assertEqual(self.company.sop_recompute_from, HOLIDAYS[0])
        self._run_recompute()
        self.assertEqual(set(leads.mapped('sop_deadline')), {date(2026, 10, 8)})
        self.assertFalse(self.company.sop_recompute_from)

    def test_closing_day_moves_running_deadlines(self):
        lead = self._create_leads()
        self._close(datetime(2026, 9, 28, 16), datetime(2026, 9, 29, 16))
        self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 10, 1))

    def test_working_hours_move_running_deadlines(self):
        lead = self._create_leads()
        calendar = self.company.resource_calendar_id
        calendar.attendance_ids.filtered(lambda attendance: attendance.dayofweek == '1').unlink()
        self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 10, 1))
        calendar.schedule_type = 'flexible'
        self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 9, 30))
        self.company.resource_calendar_id = self._create_calendar("Weekend", self.company, weekdays=(5, 6))
        self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 10, 4))

    def test_deadline_that_could_not_be_found(self):
        leave = self._close(datetime(2020, 1, 1), datetime(2060, 1, 1))
        lead = self._create_leads()
        self.assertFalse(lead.sop_deadline)
        leave.unlink()
        self._run_recompute()
        self.assertEqual(lead.sop_deadline, date(2026, 9, 30))

    def test_other_documents_are_left_alone(self):
        open_lead, won, lost = self._create_leads(3)
        with self._at(ENTRY):
            won.action_set_won()
            lost.action_set_lost(lost_reason_id=self.env['crm.lost.reason'].create({'name': "Price"}).id)
        closed = {lead: lead.sop_deadline for lead in won | lost}
        self.env['sop.workday'].create([
            {'company_id': self.foreign_company.id, 'date': date(2026, 9, 29), 'name': "Theirs"}])
        self._run_recompute()
        self.assertEqual(open_lead.sop_deadline, date(2026, 9, 30))
        self.env['sop.workday'].create({'company_id': self.company.id, 'date': date(2026, 9, 29), 'name': "Ours"})
        self._run_recompute()
        self.assertEqual(open_lead.sop_deadline, date(2026, 10, 1))
        self.assertEqual({lead: lead.sop_deadline for lead in won | lost}, closed)

    def test_days_after_the_deadline_change_nothing(self):
        leads = self._create_leads(2)
        self._enter_holidays(self.company)
        with patch.object(type(leads), '_sop_update_deadline', autospec=True) as update:
            self._run_recompute()
        update.assert_not_called()
        self.assertFalse(self.company.sop_recompute_from)

    def test_killed_and_resumed(self):
        leads = self._create_leads(5)
        self.env['sop.workday'].create({'company_id': self.company.id, 'date': date(2026, 9, 29), 'name': "Storm"})
        self._run_recompute(batch_size=2, seconds_left=0)
        self.assertEqual([lead.sop_deadline.day for lead in leads], [1, 1, 30, 30, 30])
        self.assertEqual(self.company.sop_recompute_cursor, f'crm.lead,{leads[1].id}')

        # Killed in the middle of the next batch: what was not committed is done again.
        update_deadline = type(leads)._sop_update_deadline

        def update_and_die(documents):
            update_deadline(documents)
            raise MemoryError

        with (
            self.assertRaises(MemoryError), self.env.cr.savepoint(),
            patch.object(type(leads), '_sop_update_deadline', update_and_die),
        ):
            self._run_recompute(batch_size=2)
        self.assertEqual([lead.sop_deadline.day for lead in leads], [1, 1, 30, 30, 30])

        self._run_recompute(batch_size=2)
        self.assertEqual([lead.sop_deadline.day for lead in leads], [1] * 5)
        self.assertFalse(self.company.sop_recompute_cursor)
        with patch.object(type(leads), '_sop_update_deadline', autospec=True) as update:
            self._run_recompute()
        update.assert_not_called()

    def test_change_during_a_run_starts_again(self):
        leads = self._create_leads(4)
        self.env['sop.workday'].create({'company_id': self.company.id, 'date': date(2026, 9, 29), 'name': "Storm"})
        self._run_recompute(batch_size=2, seconds_left=0)
        self.env['sop.workday'].create({'company_id': self.company.id, 'date': date(2026, 9, 30), 'name': "Flood"})
        self.assertEqual(self.company.sop_recompute_from, date(2026, 9, 29))
        self.assertFalse(self.company.sop_recompute_cursor)
        self._run_recompute(batch_size=2)
        self.assertEqual([lead.sop_deadline.day for lead in leads], [2] * 4)

    def test_running_twice_changes_nothing(self):
        lead = self._create_leads()
        for __ in range(2):
            self.company._sop_request_recompute()
            self._run_recompute()
            self.assertEqual(lead.sop_deadline, date(2026, 9, 30))

    def test_scheduled_job(self):
        lead = self._create_leads()
        self.env['sop.workday'].create({'company_id': self.company.id, 'date': date(2026, 9, 29), 'name': "Storm"})
        cron = self.env.ref('sales_sop.ir_cron_sop_recompute_deadlines')
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual(lead.sop_deadline, date(2026, 10, 1))
        self.assertFalse(self.company.sop_recompute_from)

    def test_queries_do_not_grow(self):
        leads = self._create_leads(40)
        self.env.flush_all()

        def measure(documents, day):
            self.env['sop.workday'].create({'company_id': self.company.id, 'date': day, 'name': "Storm"})
            self.env.flush_all()
            self.env.invalidate_all()
            # As many documents as asked for, in one batch.
            cursor = max(leads.ids) - documents
            self.company.sop_recompute_cursor = f'crm.lead,{cursor}'
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.company._sop_recompute_batch(500), documents)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        measure(1, date(2026, 9, 29))
        few = measure(2, date(2026, 9, 30))
        self.assertLessEqual(measure(40, date(2026, 10, 1)), few)
        self.assertEqual(set(leads.mapped('sop_deadline')), {date(2026, 10, 5)})


@tagged('post_install', '-at_install')
class TestExplainDocument(DeadlineCommon):

    def _explain(self, lead):
        action = lead.with_env(self.env).action_sop_explain_deadline()
        self.assertEqual(action['target'], 'new')
        return self.env[action['res_model']].browse(action['res_id'])

    @users('cal_salesperson')
    def test_sentence(self):
        lead = self._create_leads()
        wizard = self._explain(lead)
        self.assertEqual(
            wizard.explanation,
            "The deadline of Deal 0 is 09/30/2026 because the stage Meet was entered on 09/28/2026, "
            "its limit is 2 working days and the day of entry does not count.")
        self.assertEqual(wizard.deadline, lead.sop_deadline)
        self.assertEqual(wizard.start_date, MONDAY)

    @users('cal_salesperson')
    def test_correction_is_announced(self):
        lead = self._create_leads()
        self.env['sop.workday'].sudo().create(
            {'company_id': self.company.id, 'date': date(2026, 9, 29), 'name': "Storm"})
        wizard = self._explain(lead)
        self.assertEqual(wizard.deadline, date(2026, 10, 1))
        self.assertIn("Not counted: 09/29/2026 (Holiday: Storm).", wizard.explanation)
        self.assertIn("Deal 0 still shows 09/30/2026", wizard.explanation)

    @users('cal_salesperson')
    def test_stage_without_limit(self):
        lead = self._create_leads(stage_id=self.crm_stages[2].id)
        self.assertEqual(
            self._explain(lead).explanation, "Deal 0 has no deadline because the stage Close has no time limit.")

    @users('cal_salesperson')
    def test_document_without_procedure(self):
        lead = self._create_leads(team_id=False, stage_id=False)
        self.assertFalse(lead.sop_process_id)
        self.assertEqual(
            self._explain(lead).explanation, "Deal 0 has no deadline because it follows no procedure.")

    @users('cal_salesperson')
    def test_entry_in_the_evening(self):
        lead = self._create_leads(moment=datetime(2026, 9, 28, 23, 30))
        self.assertEqual(lead.sop_deadline, date(2026, 10, 1))
        self.assertEqual(self._explain(lead).start_date, MONDAY + timedelta(days=1))

    def test_days_in_the_log(self):
        lead = self._create_leads()
        with self._at(datetime(2026, 9, 30, 4)):
            lead.stage_id = self.crm_stages[1]
        self.assertEqual(lead.sop_transition_ids[0].days, 2)
        self.assertEqual(lead.sop_stage_date, datetime(2026, 9, 30, 4))
