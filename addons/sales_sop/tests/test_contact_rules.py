from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..engine import as_engine
from .common import each_actor
from .test_contact_log import NOW, ContactCommon


@tagged('post_install', '-at_install')
class TestContactFollowUp(ContactCommon):
    """A contact closes what it fulfils and brings the next one."""

    def test_the_next_contact_is_scheduled_once(self):
        self._log(next_method='visit', next_step="Look at the plant")
        activity = self._get_activities()
        self.assertEqual(
            (activity.date_deadline, activity.summary, activity.user_id, activity.activity_type_id),
            (date(2026, 3, 11), "Look at the plant", self.user_sales_salesman,
             self.env.ref('mail.mail_activity_data_meeting')))
        self._log(date=NOW, next_date=date(2026, 3, 20), next_method='social')
        following = self._get_activities()
        self.assertEqual((len(following), following.date_deadline), (1, date(2026, 3, 20)))
        self.assertEqual(activity.state, 'done')
        self.assertIn("Phone: To be nurtured", activity.feedback)

    def test_the_next_contact_is_that_of_the_salesperson(self):
        self._log(env=self.env(user=self.user_sales_manager))
        self.assertEqual(self._get_activities().user_id, self.user_sales_salesman)

    def test_a_closing_contact_schedules_nothing(self):
        self._log(date=NOW - timedelta(hours=2))
        self._log(outcome='no_need', next_step=False, next_date=False)
        self.assertFalse(self._get_activities())

    def test_other_activities_stay(self):
        other = self.lead.activity_schedule('mail.mail_activity_data_call', summary="Ask for the address")
        self._log()
        self.assertTrue(other.active)

    def test_an_old_contact_leaves_the_next_one_alone(self):
        self._log(next_date=date(2026, 3, 11))
        activity = self._get_activities()
        self._log(date=NOW - timedelta(days=30), next_date=date(2026, 2, 10))
        self.assertEqual(self._get_activities(), activity)
        self.assertEqual(activity.date_deadline, date(2026, 3, 11))

    def test_a_plan_is_the_next_activity(self):
        self._log(next_date=date(2026, 3, 20))
        plan = self._plan(date=NOW + timedelta(days=2), method='visit')
        self.assertEqual(self._get_activities().date_deadline, date(2026, 3, 6))
        plan.date = NOW + timedelta(days=5)
        self.assertEqual(self._get_activities().date_deadline, date(2026, 3, 9))

    def test_a_contact_fulfils_what_was_planned(self):
        later = self._plan(date=NOW + timedelta(days=9), method='visit')
        today = self._plan(date=NOW + timedelta(hours=2), method='email')
        log = self._log(method='phone')
        self.assertEqual((today.state, today.superseded_by_id, later.state), ('superseded', log, 'planned'))
        visit = self._log(date=NOW, method='visit')
        self.assertEqual((later.state, later.superseded_by_id), ('superseded', visit))

    def test_knowledge_reaches_the_lead_and_stays(self):
        self._log(budget_known=True, need_known=True, date=NOW - timedelta(hours=3))
        self._log(time_known=True)
        self.assertEqual(
            [self.lead.sop_need_known, self.lead.sop_budget_known, self.lead.sop_authority_known,
             self.lead.sop_time_known],
            [True, True, False, True])

    def test_the_lead_hears_of_its_contacts_once(self):
        leads = self.lead | self._create_lead()
        self.env['sop.stakeholder'].create({'lead_id': leads[1].id, 'name': "Mr Wang"})
        calls = []
        model = type(self.env['crm.lead'])
        self.patch(model, '_sop_after_contact', lambda leads, logs: calls.append((leads, logs, leads.env.user)))
        logs = self.env(user=self.user_sales_salesman)['sop.contact.log'].create([
            self._prepare_log(lead) for lead in leads])
        self.assertEqual(calls, [(leads, logs, self.user_sales_salesman)])

    def test_merged_leads_keep_people_and_contacts(self):
        other = self._create_lead(name="Nine pumps")
        wang = self.env['sop.stakeholder'].create({'lead_id': other.id, 'name': "Mr Wang"})
        log = self._log(other, date=NOW - timedelta(days=1))
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(
            (log.lead_id, wang.lead_id, merged.sop_last_contact_date), (merged, merged, NOW - timedelta(days=1)))


@tagged('post_install', '-at_install')
class TestContactRefused(ContactCommon):
    """What the customer does not want is not done."""

    def test_refused_altogether(self):
        self._log(outcome='refused', refusal_scope='all', next_step=False, next_date=False)
        self.assertTrue(self.lead.sop_do_not_contact)
        self.assertFalse(self._get_activities())
        for act in (self._log, self._plan):
            with self.assertRaises(UserError):
                act(date=NOW + timedelta(days=1) if act == self._plan else NOW)

    def _refuse(self, **values):
        return self._log(
            outcome='refused', refusal_scope='method', next_step=False, next_date=False,
            date=NOW - timedelta(hours=2), **values)

    @each_actor
    def test_a_refused_method_is_closed(self, env):
        refusal = self._refuse()
        for act in (self._log, self._plan):
            with self.assertRaises(UserError) as caught:
                act(env=env)
            self.assertIn("Ms Li", str(caught.exception))
        self._log(env=env, method='email')
        self.assertEqual(self.person.refused_methods, "Phone")
        as_engine(refusal).write({'state': 'superseded'})
        self.person.invalidate_recordset()

    def test_a_plan_is_not_moved_to_a_refused_method(self):
        self._refuse()
        plan = self._plan(method='visit')
        with self.assertRaises(UserError):
            plan.method = 'phone'

    def test_what_was_before_the_refusal_may_be_logged(self):
        self._refuse()
        self.assertEqual(self._log(date=NOW - timedelta(days=2)).state, 'done')

    def test_others_at_the_customer_may_be_contacted(self):
        wang = self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Mr Wang"})
        self._refuse(stakeholder_ids=[Command.set(self.person.ids)])
        self.assertFalse(wang.refused_methods)
        self._log(stakeholder_ids=[Command.set(wang.ids)])
        with self.assertRaises(UserError):
            self._log(stakeholder_ids=[Command.set((wang | self.person).ids)])
        with self.assertRaises(UserError):
            self._plan(stakeholder_ids=False)

    def test_the_same_person_on_another_lead(self):
        self.person.partner_id = self.contact_1
        self._refuse()
        other = self._create_lead()
        self.env['sop.stakeholder'].create({'lead_id': other.id, 'partner_id': self.contact_1.id})
        with self.assertRaises(UserError):
            self._log(other)
        self._log(other, method='email')

    def test_only_a_manager_lifts_a_refusal(self):
        refusal = self._refuse()
        for user, reason, error in (
            (self.user_sales_salesman, "They asked for it", AccessError), (self.user_sales_manager, " ", UserError),
        ):
            with self.assertRaises(error):
                refusal.with_user(user).action_lift_refusal(reason)
        refusal.with_user(self.user_sales_manager).action_lift_refusal("They asked for it")
        self.assertEqual(
            (refusal.refusal_lifted_by_id, refusal.refusal_lifted_reason),
            (self.user_sales_manager, "They asked for it"))
        self._log()
        with self.assertRaises(UserError):
            refusal.with_user(self.user_sales_manager).action_lift_refusal("Again")

    def test_the_dialog_lifts_a_refusal(self):
        refusal = self._refuse()
        dialog = self.env['sop.refusal.lift'].with_user(self.user_sales_manager).create({
            'log_id': refusal.id, 'reason': "Asked us to call again"})
        dialog.action_apply()
        self.assertEqual(refusal.refusal_lifted_reason, "Asked us to call again")
        with self.assertRaises(AccessError):
            self.env['sop.refusal.lift'].with_user(self.user_sales_salesman).create({
                'log_id': refusal.id, 'reason': "x"})


@tagged('post_install', '-at_install')
class TestContactUnreached(ContactCommon):
    """Who is not reached three times in fourteen days is contacted in another way."""

    def _try(self, days, **values):
        return self._log(
            outcome='unreached', date=NOW - timedelta(days=days), **{'next_date': date(2026, 3, 11), **values})

    def test_the_fourth_attempt_is_refused(self):
        for days in (13, 5, 2):
            self._try(days)
        for env in (self.env(user=self.user_sales_salesman), self.env(user=self.user_sales_manager), self.env):
            for act in (lambda env: self._log(env=env, outcome='unreached'), lambda env: self._plan(env=env)):
                with self.assertRaises(UserError) as caught:
                    act(env)
                self.assertIn("Change the method", str(caught.exception))
        self._plan(method='email')

    def test_the_salesperson_is_told_once(self):
        self._try(5)
        self._try(3)
        self.assertFalse(self._get_alerts('unreached'))
        self._try(1)
        alert = self._get_alerts('unreached')
        self.assertEqual((len(alert), alert.user_id), (1, self.user_sales_salesman))

    def test_who_calls_back_was_reached(self):
        for days in (5, 3, 1):
            self._try(days)
        self._log(date=NOW - timedelta(hours=1))
        self._log(date=NOW, outcome='unreached')

    def test_other_ways_and_old_attempts_do_not_count(self):
        self._try(17)
        self._try(5)
        self._try(3, method='email')
        self._try(2)
        self._try(1)
        self.assertEqual(len(self._get_alerts('unreached')), 1)

    def test_the_company_says_how_often(self):
        self.env.company.sop_unreached_count = 1
        self._try(5)
        with self.assertRaises(UserError):
            self._try(1)
        self.env.company.sop_unreached_days = 3
        self._try(1)
        self.env.company.sop_unreached_count = 0
        self._log(outcome='unreached')


@tagged('post_install', '-at_install')
class TestContactPromise(ContactCommon):
    """A price or a delivery promised before the needs are known is told to the manager."""

    def test_the_manager_is_told_once(self):
        log = self._log(has_promise=True, promise="Five percent off")
        alert = self._get_alerts('promise')
        self.assertEqual((len(alert), alert.user_id), (1, self.user_sales_manager))
        self.assertIn("Five percent off", alert.note)
        self._log(
            date=log.date, corrects_id=log.id, correction_reason="Typing", has_promise=True, promise="Four percent")
        self.assertEqual(len(self._get_alerts('promise')), 1)

    def test_later_it_is_part_of_the_work(self):
        self._do_all(self.lead, self.stage_discover)
        self.lead.stage_id = self.stage_gen_1
        self._log(has_promise=True, promise="Five percent off")
        self.assertFalse(self._get_alerts('promise'))

    def test_the_manager_knows_his_own(self):
        self._log(env=self.env(user=self.user_sales_manager), has_promise=True, promise="Five percent off")
        self.assertFalse(self._get_alerts('promise'))


@tagged('post_install', '-at_install')
class TestContactCorrection(ContactCommon):
    """What was wrong is told anew; both versions are kept."""

    def setUp(self):
        super().setUp()
        self.log = self._log(date=NOW - timedelta(days=2))
        as_engine(self.log).write({'due_date': NOW.date() - timedelta(days=3)})

    def _correct(self, env=None, **values):
        return self._log(env=env, **{
            'date': self.log.date, 'corrects_id': self.log.id, 'correction_reason': "It was a visit",
            'method': 'visit', **values})

    def test_both_are_kept(self):
        new = self._correct()
        self.assertEqual((self.log.state, self.log.superseded_by_id, new.state), ('superseded', new, 'done'))
        self.assertEqual(
            (new.user_id, new.logged_date, new.is_late, new.due_date, new.on_time),
            (self.user_sales_salesman, NOW, True, self.log.due_date, False))
        self.assertEqual(self.lead.sop_live_contact_ids, new)

    def test_the_date_of_the_lead_follows(self):
        self._correct(date=NOW - timedelta(days=4))
        self.assertEqual(self.lead.sop_last_contact_date, NOW - timedelta(days=4))

    def test_a_manager_corrects_in_the_name_of_the_author(self):
        new = self._correct(env=self.env(user=self.user_sales_manager))
        self.assertEqual((new.user_id, new.create_uid), (self.user_sales_salesman, self.user_sales_manager))

    def test_others_do_not(self):
        self.user_sales_leads.sale_team_id = self.sales_team_1
        colleague = self.env(user=self.user_sales_leads)
        with self.assertRaises(AccessError):
            self._correct(env=colleague)
        with self.assertRaises(UserError):
            self.log.with_env(colleague).action_correct()

    def test_only_once_and_only_with_a_reason(self):
        with self.assertRaises(UserError):
            self._correct(correction_reason=" ")
        other = self._create_lead()
        wang = self.env['sop.stakeholder'].create({'lead_id': other.id, 'name': "Mr Wang"})
        with self.assertRaises(UserError):
            self._correct(lead=other, stakeholder_ids=[Command.set(wang.ids)])
        new = self._correct()
        with self.assertRaises(UserError):
            self._correct()
        self._correct(corrects_id=new.id)
        with self.assertRaises(UserError):
            self._plan(corrects_id=new.id, state='planned', correction_reason="x")

    def test_a_wrong_refusal_is_corrected(self):
        refusal = self._log(
            outcome='refused', refusal_scope='method', next_step=False, next_date=False)
        self._log(corrects_id=refusal.id, correction_reason="It was somebody else", date=refusal.date)
        self.assertFalse(self.person.refused_methods)

    def test_the_next_date_that_was_agreed_may_be_over(self):
        with self.assertRaises(UserError):
            self._correct(next_date=date(2026, 3, 1))
        with freeze_time(NOW - timedelta(days=1)):
            log = self._log(date=NOW - timedelta(days=1, hours=1), next_date=date(2026, 3, 3))
        new = self._correct(corrects_id=log.id, date=log.date, next_date=date(2026, 3, 3))
        self.assertEqual(new.next_date, date(2026, 3, 3))


@tagged('post_install', '-at_install')
class TestContactCost(ContactCommon):
    """Fifty contacts cost hardly more queries than five."""

    def _count(self, number):
        leads = self.env['crm.lead'].create([
            {'name': f"Lead {index}", 'type': 'opportunity', 'user_id': self.user_sales_salesman.id,
             'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_1.id, 'contact_name': "Ms Li",
             'phone': f'+86 10 6000 {index:04}'}
            for index in range(number)])
        env = self.env(user=self.user_sales_salesman)
        leads = leads.with_env(env)
        leads._get_sop_main_stakeholders()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        env['sop.contact.log'].create([
            self._prepare_log(lead, budget_known=True, has_promise=True, promise="5 %") for lead in leads])
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_batch(self):
        self._count(2)
        few, many = self._count(5), self._count(50)
        self.assertLessEqual(many, few + 10, f"{few} queries for 5 contacts, {many} for 50")
