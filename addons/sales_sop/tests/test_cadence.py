from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from ..engine import as_engine
from .common import SalesSopCommon
from .grade_common import GradeCommon

# A Monday; Tuesday is the next working day.
NOON = datetime(2026, 3, 2, 11)


class CadenceCommon(SalesSopCommon):
    """Leads whose grade is given, not computed: it is the other modules' business."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref('base.main_company')
        cls.company.resource_calendar_id.tz = 'UTC'
        cls.env['ir.cron'].search([]).active = False
        cls.colleague = cls.user_sales_salesman.copy({'login': 'user_sales_colleague', 'name': "Colleague"})
        cls.env['crm.team.member'].create({
            'user_id': cls.colleague.id, 'crm_team_id': cls.sales_team_1.id})

    def setUp(self):
        super().setUp()
        self.regraded = []
        self._patch_grading()

    def _patch_grading(self):
        self.patch(self.env.registry['crm.lead'], '_sop_regrade', self._get_regrade())

    def _get_regrade(self):
        def regrade(leads, reason='', user=None):
            if leads:
                self.regraded.append((leads, reason))
        return regrade

    @contextmanager
    def _at(self, moment=NOON):
        self.env.flush_all()
        with freeze_time(moment), patch.object(self.env.cr, 'now', lambda: moment):
            yield
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env.flush_all()

    def _grade(self, leads, grade, moment=NOON):
        """Give the leads this grade, as the grading does."""
        with self._at(moment):
            before = {lead.id: lead.sop_grade for lead in leads}
            as_engine(leads, tracking_disable=True).write({'sop_grade': grade})
            leads._sop_after_regrade(before)
        return leads

    def _create_graded(self, grade='a', number=1, moment=NOON, **values):
        with self._at(moment):
            leads = self.env['crm.lead'].concat(*(
                self._create_lead(name=f"Lead {index}", **values) for index in range(number)))
        return self._grade(leads, grade, moment)

    def _log(self, leads, moment, **values):
        """A contact that is logged on the spot by the owner."""
        with self._at(moment):
            logs = self.env['sop.contact.log']
            for lead in leads:
                logs += logs.with_user(lead.user_id).create({
                    'lead_id': lead.id, 'state': 'done', 'date': moment, 'method': 'phone', 'outcome': 'unreached',
                    'next_step': "Try again", 'next_date': moment.date() + timedelta(days=3), **values})
        leads.invalidate_recordset()
        return logs.sudo()

    def _get_follow_ups(self, leads):
        return self.env['mail.activity'].search([
            ('res_model', '=', 'crm.lead'), ('res_id', 'in', leads.ids), ('sop_is_follow_up', '=', True)])

    def _run(self, method, moment, time_left=1.0, **kwargs):
        """Run a scheduled job; return how often it would have committed."""
        crons = self.env.registry['ir.cron']
        with self._at(moment), patch.object(crons, '_commit_progress', return_value=time_left) as progress:
            method(**kwargs)
        return progress.call_count

    def _run_follow_up(self, moment, **kwargs):
        return self._run(self.env['crm.lead']._cron_sop_follow_up, moment, **kwargs)


@tagged('post_install', '-at_install')
class TestCadence(CadenceCommon):
    """When a lead is to be contacted next."""

    def test_first_contact_by_grade(self):
        expected = {'a': date(2026, 3, 3), 'b': date(2026, 3, 5), 'c': date(2026, 3, 16), 'd': False}
        for grade, day in expected.items():
            with self.subTest(grade=grade):
                self.assertEqual(self._create_graded(grade).sop_next_contact_date, day)

    def test_first_contact_over_a_weekend(self):
        friday = datetime(2026, 3, 6, 11)
        self.assertEqual(self._create_graded('a', moment=friday).sop_next_contact_date, date(2026, 3, 9))

    def test_without_owner_nobody_is_due(self):
        lead = self._create_graded('a', user_id=False)
        self.assertFalse(lead.sop_next_contact_date)
        self.assertFalse(self._get_follow_ups(lead))

    def test_lead_without_a_process_is_left_alone(self):
        lead = self._create_graded('a', team_id=False)
        self.assertFalse(lead.sop_process_id)
        self.assertFalse(lead.sop_next_contact_date or lead.sop_protected_until or lead.sop_check_date)

    def test_after_a_contact_the_cadence_counts(self):
        lead = self._create_graded('b')
        self._log(lead, datetime(2026, 3, 4, 9), next_date=date(2026, 6, 1))
        self.assertEqual(lead.sop_next_contact_date, date(2026, 3, 18))

    def test_what_was_agreed_earlier_counts(self):
        lead = self._create_graded('b')
        self._log(lead, datetime(2026, 3, 4, 9), next_date=date(2026, 3, 10))
        self.assertEqual(lead.sop_next_contact_date, date(2026, 3, 10))

    def test_new_grade_new_date(self):
        lead = self._create_graded('c')
        self._log(lead, datetime(2026, 3, 4, 9), next_date=date(2026, 6, 1))
        self.assertEqual(lead.sop_next_contact_date, date(2026, 4, 3))
        self._grade(lead, 'a', datetime(2026, 3, 5, 9))
        self.assertEqual(lead.sop_next_contact_date, date(2026, 3, 11))
        self._grade(lead, 'd', datetime(2026, 3, 5, 9))
        self.assertFalse(lead.sop_next_contact_date)

    def test_better_grade_long_after_the_contact(self):
        """Nobody has missed a date that did not exist."""
        lead = self._create_graded('c')
        self._log(lead, datetime(2026, 3, 4, 9), next_date=date(2026, 6, 1))
        self._grade(lead, 'a', datetime(2026, 3, 30, 9))
        self.assertEqual(lead.sop_next_contact_date, date(2026, 3, 31))

    def test_proposed_date(self):
        leads = self._create_graded('a') | self._create_graded('d')
        with self._at():
            self.assertEqual(leads._get_sop_next_contact_date(), {
                leads[0].id: date(2026, 3, 9), leads[1].id: date(2026, 5, 31)})
            self.assertEqual(set(leads._get_sop_next_contact_date('b').values()), {date(2026, 3, 16)})

    def test_settings_of_the_company(self):
        self.env['sop.grade'].create({
            'company_id': self.company.id, 'code': 'a', 'name': "Hot", 'threshold': 80, 'first_contact_days': 3,
            'cadence_days': 5, 'check_days': 2, 'protection_days': 9})
        lead = self._create_graded('a', company_id=self.company.id)
        self.assertEqual(
            (lead.sop_next_contact_date, lead.sop_protected_until, lead.sop_check_date),
            (date(2026, 3, 5), date(2026, 3, 11), date(2026, 3, 4)))

    def test_punctuality_is_kept_with_the_log(self):
        lead = self._create_graded('a')
        log = self._log(lead, datetime(2026, 3, 3, 9), next_date=date(2026, 3, 5))
        self.assertEqual((log.due_date, log.on_time), (date(2026, 3, 3), True))
        log = self._log(lead, datetime(2026, 3, 9, 9))
        self.assertEqual((log.due_date, log.on_time), (date(2026, 3, 5), False))

    @users('user_sales_salesman')
    def test_nobody_writes_the_dates(self):
        lead = self._create_graded('a').with_env(self.env)
        for name, value in (
            ('sop_next_contact_date', '2030-01-01'), ('sop_missed_count', 0), ('sop_check_date', False),
            ('sop_protected_until', '2030-01-01'), ('sop_activity_date', '2030-01-01'), ('sop_pool_date', False),
            ('sop_assigned_date', False), ('sop_pool_notice', False), ('sop_pool_move_ids', [(5,)]),
        ):
            for env in (self.env, self.env(su=True), self.env(user=self.user_sales_manager)):
                with self.subTest(field=name), self.assertRaises(AccessError):
                    lead.with_env(env).write({name: value})
        with self.assertRaises(AccessError):
            self.env['crm.lead'].create({'name': "Forged", 'sop_protected_until': '2030-01-01'})

    def test_dates_of_many_leads_in_one_statement(self):
        few, many = (self._create_graded('a', number) for number in (2, 60))
        counts = []
        for leads in (few, few, many):
            with self._at():
                start = self.env.cr.sql_log_count
                leads._sop_after_regrade(dict.fromkeys(leads.ids, 'b'))
                counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(counts[1], counts[2])
        self.assertEqual(counts[1], 1)


@tagged('post_install', '-at_install')
class TestCadenceActivity(CadenceCommon):
    """Each owner has one activity for the next contact of a lead."""

    def test_made_for_the_owner(self):
        lead = self._create_graded('a')
        activity = self._get_follow_ups(lead)
        self.assertEqual(len(activity), 1)
        self.assertEqual(
            (activity.user_id, activity.date_deadline), (self.user_sales_salesman, lead.sop_next_contact_date))

    def test_moved_not_doubled(self):
        lead = self._create_graded('c')
        activity = self._get_follow_ups(lead)
        self._grade(lead, 'a')
        self.assertEqual(self._get_follow_ups(lead), activity)
        self.assertEqual(activity.date_deadline, lead.sop_next_contact_date)

    def test_earlier_plan_is_kept(self):
        lead = self._create_graded('b')
        activity = self._get_follow_ups(lead)
        self._grade(lead, 'c')
        self.assertEqual(activity.date_deadline, date(2026, 3, 5))

    def test_agreed_date_is_not_moved_by_the_contact_itself(self):
        lead = self._create_graded('a')
        self._log(lead, datetime(2026, 3, 3, 9), next_date=date(2026, 4, 20))
        self.assertEqual(self._get_follow_ups(lead).date_deadline, date(2026, 4, 20))

    def test_grade_d_has_none(self):
        self.assertFalse(self._get_follow_ups(self._create_graded('d')))
        lead = self._create_graded('a')
        self._grade(lead, 'd')
        self.assertFalse(self._get_follow_ups(lead))

    def test_not_beyond_the_first_contact(self):
        with self._at():
            lead = self._create_lead()
        self._do_all(lead, self.stage_discover)
        lead.stage_id = self.stage_gen_1
        self._grade(lead, 'a')
        self.assertTrue(lead.sop_next_contact_date)
        self.assertFalse(self._get_follow_ups(lead))

    def test_many_leads_get_theirs_by_the_scheduled_job(self):
        leads = self._create_graded('a', 101)
        self.assertFalse(self._get_follow_ups(leads))
        self._run_follow_up(NOON)
        self.assertEqual(len(self._get_follow_ups(leads)), 101)
        self._run_follow_up(NOON)
        self.assertEqual(len(self._get_follow_ups(leads)), 101)

    def test_new_owner_takes_it_over(self):
        lead = self._create_graded('a')
        activity = self._get_follow_ups(lead)
        with self._at(datetime(2026, 3, 10, 9)):
            lead.user_id = self.colleague
        self.assertEqual(activity.user_id, self.colleague)
        self.assertEqual(lead.sop_next_contact_date, date(2026, 3, 11), "The first contact of the new owner")


@tagged('post_install', '-at_install')
class TestMissedContact(CadenceCommon):
    """A due date that passes without a contact is counted once."""

    def test_counted_once_a_period(self):
        lead = self._create_graded('a')
        self._run_follow_up(datetime(2026, 3, 3, 23))
        self.assertFalse(lead.sop_missed_count, "The day itself is not over")
        for hour in (1, 5):
            self._run_follow_up(datetime(2026, 3, 4, hour))
            self.assertEqual((lead.sop_missed_count, lead.sop_next_contact_date), (1, date(2026, 3, 10)))
        self.assertFalse(self.regraded)
        self._run_follow_up(datetime(2026, 3, 11, 1))
        self.assertEqual((lead.sop_missed_count, lead.sop_next_contact_date), (2, date(2026, 3, 17)))
        self.assertEqual(len(self.regraded), 1)

    def test_job_that_did_not_run_counts_once(self):
        lead = self._create_graded('a')
        for __ in range(2):
            self._run_follow_up(datetime(2026, 5, 4, 1))
            self.assertEqual((lead.sop_missed_count, lead.sop_next_contact_date), (1, date(2026, 5, 4)))

    def test_contact_sets_it_back(self):
        lead = self._create_graded('a')
        self._run_follow_up(datetime(2026, 3, 4, 1))
        self._run_follow_up(datetime(2026, 3, 11, 1))
        self._log(lead, datetime(2026, 3, 12, 9), next_date=date(2026, 6, 1))
        self.assertEqual((lead.sop_missed_count, lead.sop_next_contact_date), (0, date(2026, 3, 19)))

    def test_not_counted(self):
        """Lost, beyond the first contact, without owner, nurtured."""
        leads = self._create_graded('a', 4)
        lost, advanced, ownerless, nurtured = leads
        with self._at():
            lost.action_set_lost(lost_reason_id=self.lost_reason.id)
            ownerless.user_id = False
        self._do_all(advanced, self.stage_discover)
        with self._at():
            advanced.stage_id = self.stage_gen_1
        self._grade(nurtured, 'd')
        self._run_follow_up(datetime(2026, 4, 1, 1))
        self.assertFalse(any(leads.mapped('sop_missed_count')))

    def test_in_batches(self):
        leads = self._create_graded('a', 7)
        commits = self._run_follow_up(datetime(2026, 3, 4, 1), batch_size=3)
        self.assertEqual(set(leads.mapped('sop_missed_count')), {1})
        self.assertGreaterEqual(commits, 4)

    def test_interrupted(self):
        leads = self._create_graded('a', 6)
        self._run_follow_up(datetime(2026, 3, 4, 1), time_left=0.0, batch_size=2)
        self.assertEqual(sorted(leads.mapped('sop_missed_count')), [0, 0, 0, 0, 1, 1])
        self._run_follow_up(datetime(2026, 3, 4, 1), batch_size=2)
        self.assertEqual(set(leads.mapped('sop_missed_count')), {1})

    def test_queries_do_not_grow(self):
        counts = []
        for number in (2, 40):
            self._create_graded('a', number)
            with self._at(datetime(2026, 3, 4, 1)):
                self.env.invalidate_all()
                start = self.env.cr.sql_log_count
                self.env['crm.lead']._sop_count_missed(500)
                counts.append(self.env.cr.sql_log_count - start)
            self._run_follow_up(datetime(2026, 3, 4, 1))
        self.assertEqual(counts[0], counts[1])


@tagged('post_install', '-at_install')
class TestDecay(CadenceCommon, GradeCommon):
    """Cadence and grading together."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rate_by_hand()

    def _patch_grading(self):
        """The real one."""

    def test_missed_twice_and_contacted_again(self):
        with self._at():
            self._rate(*[5] * 12)
        lead = self.lead
        self.assertEqual((lead.sop_grade, lead.sop_next_contact_date), ('a', date(2026, 3, 3)))
        self._run_follow_up(datetime(2026, 3, 4, 1))
        self.assertEqual(lead.sop_grade, 'a')
        self._run_follow_up(datetime(2026, 3, 11, 1))
        self.assertEqual((lead.sop_grade, lead.sop_grade_is_decayed, lead.sop_missed_count), ('b', True, 2))
        self._log(lead, datetime(2026, 3, 12, 9), next_date=date(2026, 6, 1))
        self.assertEqual((lead.sop_grade, lead.sop_grade_is_decayed, lead.sop_missed_count), ('a', False, 0))
        self.assertEqual(lead.sop_next_contact_date, date(2026, 3, 19))


@tagged('post_install', '-at_install')
class TestManagerCheck(CadenceCommon):
    """The manager looks at leads at the pace of their grade."""

    def test_by_grade(self):
        for grade, days in {'a': 7, 'b': 14, 'c': 30, 'd': 90}.items():
            with self.subTest(grade=grade):
                self.assertEqual(
                    self._create_graded(grade).sop_check_date, NOON.date() + timedelta(days=days))

    def test_checked(self):
        lead = self._create_graded('a')
        with self._at(datetime(2026, 3, 12, 9)):
            lead.with_user(self.user_sales_manager).action_sop_checked()
        self.assertEqual(lead.sop_check_date, date(2026, 3, 19))

    def test_grading_does_not_put_it_off(self):
        lead = self._create_graded('a')
        self._grade(lead, 'b', datetime(2026, 3, 8, 9))
        self.assertEqual(lead.sop_check_date, date(2026, 3, 9))

    def test_only_by_a_manager(self):
        lead = self._create_graded('a')
        for user in (self.user_sales_salesman, self.user_auditor, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                lead.with_user(user).action_sop_checked()
        with self.assertRaises(UserError):
            self._create_lead(team_id=False).with_user(self.user_sales_manager).action_sop_checked()
