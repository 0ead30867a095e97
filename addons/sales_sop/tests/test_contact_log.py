from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import SalesSopCommon, each_actor

NOW = datetime(2026, 3, 4, 10, 0)


class ContactCommon(SalesSopCommon):
    """A lead with one person, on a Wednesday morning."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales_team_1.user_id = cls.user_sales_manager
        cls.person = cls.env['sop.stakeholder'].create({'lead_id': cls.lead.id, 'name': "Ms Li"})

    def setUp(self):
        super().setUp()
        freezer = freeze_time(NOW)
        freezer.start()
        self.addCleanup(freezer.stop)

    def _prepare_log(self, lead=None, **values):
        lead = lead or self.lead
        return {
            'lead_id': lead.id, 'date': NOW - timedelta(hours=1), 'method': 'phone', 'outcome': 'nurture',
            'stakeholder_ids': [Command.set(lead.sudo().sop_stakeholder_ids.ids)], 'next_step': "Call again",
            'next_date': date(2026, 3, 11), **values,
        }

    def _log(self, lead=None, env=None, **values):
        env = env or self.env(user=self.user_sales_salesman)
        return env['sop.contact.log'].create(self._prepare_log(lead, **values))

    def _plan(self, lead=None, env=None, **values):
        return self._log(lead, env, **{
            'outcome': False, 'next_step': False, 'next_date': False, 'date': NOW + timedelta(days=1), **values})

    def _get_activities(self, lead=None):
        lead = lead or self.lead
        return self.env['mail.activity'].search([('res_model', '=', 'crm.lead'), ('res_id', '=', lead.id)])

    def _get_alerts(self, name, lead=None):
        activity_type = self.env.ref(f'sales_sop.mail_activity_type_{name}')
        return self._get_activities(lead).filtered(lambda activity: activity.activity_type_id == activity_type)


@tagged('post_install', '-at_install')
class TestContactLogContent(ContactCommon):
    """What a contact must say, whoever says it."""

    def test_customer_and_company_follow_the_lead(self):
        log, logs = self._log(), self.env(user=self.user_sales_salesman)['sop.contact.log']
        for customer in (self.contact_1, self.contact_2):
            self.lead.partner_id = customer
            groups = logs.formatted_read_group([('lead_id', '=', self.lead.id)], ['partner_id'], ['__count'])
            self.assertEqual([group['partner_id'][0] for group in groups], customer.ids)
            self.assertEqual(logs.search([('partner_id', '=', customer.id)]), log)
        company = self.env['res.company'].create({'name': "Elsewhere"})
        self.user_sales_salesman.company_ids += company
        self.lead.company_id = company
        domain = [('id', '=', log.id)]
        self.assertEqual(logs.with_context(allowed_company_ids=company.ids).search(domain), log)
        self.assertFalse(logs.with_context(allowed_company_ids=self.env.company.ids).search(domain))

    def test_who_was_reached_is_not_changed_from_the_person(self):
        """The two sides of a link are one: what the log keeps, the person does not take away."""
        log, other = self._log(), self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Mr Hu"})
        people = (self.person | other).with_user(self.user_sales_salesman)
        for act in (
            lambda: people[0].write({'contact_log_ids': [Command.clear()]}),
            lambda: people[1].write({'contact_log_ids': [Command.link(log.id)]}),
            lambda: people.create({
                'lead_id': self.lead.id, 'name': "New", 'contact_log_ids': [Command.link(log.id)]}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()
        people.with_context(default_contact_log_ids=log.ids).create({'lead_id': self.lead.id, 'name': "Newer"})
        self.assertEqual(log.stakeholder_ids, self.person)

    def test_nothing_is_told_about_foreign_leads(self):
        """Refused for the right reason: an incomplete log of another's lead does not name it."""
        foreign = self._create_lead(name="Secret", user_id=self.user_sales_leads.id)
        for values in ({'state': 'done'}, {'date': '2020-01-01 08:00:00'}):
            with self.assertRaises(AccessError) as caught, self.cr.savepoint():
                self.env['sop.contact.log'].with_user(self.user_sales_salesman).create(
                    {'lead_id': foreign.id, **values})
            self.assertNotIn("Secret", str(caught.exception))

    def test_a_log_is_signed_and_dated(self):
        log = self._log()
        self.assertEqual(
            (log.state, log.user_id, log.logged_date, log.is_late, log.company_id),
            ('done', self.user_sales_salesman, NOW, False, self.lead.company_id))
        self.assertEqual(self.lead.sop_last_contact_date, NOW - timedelta(hours=1))

    @each_actor
    def test_what_is_missing_is_named(self, env):
        for values, word in (
            ({'outcome': False, 'state': 'done'}, "the outcome"),
            ({'stakeholder_ids': False}, "persons"),
            ({'outcome': 'interested'}, "evidence"),
            ({'outcome': 'interested', 'interest_evidence': "  "}, "evidence"),
            ({'outcome': 'refused'}, "refused"),
            ({'has_promise': True}, "promised"),
            ({'next_step': "  "}, "next step"),
            ({'next_date': False}, "next contact"),
            ({'outcome': 'unreached', 'next_date': False}, "next contact"),
            ({'outcome': 'no_need', 'intention': 'not_willing', 'next_date': False}, "nurtured"),
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError) as caught:
                self._log(env=env, **values)
            self.assertIn(word, str(caught.exception))
            self.assertIn("Ten pumps", str(caught.exception))

    def test_what_need_not_be_said(self):
        for values in (
            {'outcome': 'unreached', 'stakeholder_ids': False},
            {'outcome': 'no_need', 'next_step': False, 'next_date': False},
            {'outcome': 'refused', 'refusal_scope': 'method', 'next_step': False, 'next_date': False},
        ):
            with self.subTest(values=values):
                self.assertEqual(self._log(**values).state, 'done')

    @each_actor
    def test_dates_that_cannot_be(self, env):
        for values, word in (
            ({'date': NOW + timedelta(minutes=1)}, "future"),
            ({'next_date': date(2026, 3, 3)}, "past"),
            ({'outcome': False, 'state': 'planned', 'date': NOW - timedelta(minutes=1)}, "past"),
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError) as caught:
                self._log(env=env, **values)
            self.assertIn(word, str(caught.exception))

    def test_an_old_contact_may_be_followed_by_a_newer_one(self):
        """What is entered from old papers agrees on a day after the contact, not on a day to come."""
        self._log()
        self._log(date=NOW - timedelta(days=30), next_date=date(2026, 2, 10))
        with self.assertRaises(ValidationError):
            self._log(date=NOW - timedelta(days=30), next_date=date(2026, 2, 1))
        self.assertEqual(self.lead.sop_last_contact_date, NOW - timedelta(hours=1))

    def test_late_is_late(self):
        self.env.company.sop_log_hours = 24
        self.assertFalse(self._log(date=NOW - timedelta(hours=24)).is_late)
        self.assertTrue(self._log(date=NOW - timedelta(hours=24, minutes=1)).is_late)
        self.env.company.sop_log_hours = 48
        self.assertFalse(self._log(date=NOW - timedelta(hours=30)).is_late)

    def test_a_plan_has_no_outcome(self):
        with self.assertRaises(ValidationError):
            self._log(state='planned', date=NOW + timedelta(days=1))

    def test_persons_of_another_lead(self):
        other = self._create_lead()
        stranger = self.env['sop.stakeholder'].create({'lead_id': other.id, 'name': "Mr Wang"})
        with self.assertRaises(ValidationError):
            self._log(stakeholder_ids=[Command.set(stranger.ids)])

    def test_the_name_says_who_how_and_when(self):
        self.assertIn("Ten pumps: Phone", self._log().display_name)


@tagged('post_install', '-at_install')
class TestContactLogGuard(ContactCommon):
    """A contact that took place is evidence."""

    @each_actor
    def test_never_changed_and_never_deleted(self, env):
        log = self._log().with_env(env)
        for values in (
            {'outcome': 'no_need'}, {'date': NOW - timedelta(days=1)}, {'interest_evidence': "x"},
            {'state': 'planned'}, {'user_id': self.user_sales_manager.id}, {'stakeholder_ids': [Command.clear()]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                log.write(values)
        with self.assertRaises(UserError):
            log.unlink()
        with self.assertRaises(UserError):
            self.lead.with_env(env).write({'sop_contact_log_ids': [Command.delete(log.id)]})

    @each_actor
    def test_what_the_server_fills(self, env):
        plan = self._plan()
        for values in (
            {'logged_date': NOW}, {'is_late': True}, {'due_date': NOW.date()}, {'on_time': True},
            {'partner_id': self.contact_company_1.id}, {'state': 'superseded'}, {'superseded_by_id': plan.id},
            {'refusal_lifted_date': NOW},
        ):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    self._log(env=env, **values)
                with self.assertRaises(AccessError):
                    plan.with_env(env).write(values)

    def test_a_plan_is_carried_out_by_a_log(self):
        plan = self._plan()
        with self.assertRaises(UserError):
            plan.write({'state': 'done', 'outcome': 'no_need'})
        plan.write({'method': 'visit', 'why': "The plant is near"})
        plan.unlink()
        self.assertFalse(plan.exists())

    def test_nobody_signs_for_another(self):
        colleague = self.user_sales_leads
        for env in (self.env(user=self.user_sales_salesman), self.env(user=self.user_sales_salesman, su=True)):
            with self.assertRaises(AccessError):
                self._log(env=env, user_id=colleague.id)
            with self.assertRaises(AccessError):
                self._plan(env=env).user_id = colleague
            log = self._log(env=env(context={'default_user_id': colleague.id}))
            self.assertEqual(log.user_id, self.user_sales_salesman)
        manager = self.env(user=self.user_sales_manager)
        self.assertEqual(self._log(env=manager, user_id=colleague.id).user_id, colleague)

    def test_defaults_of_a_client_forge_nothing(self):
        env = self.env(user=self.user_sales_salesman, context={
            'default_state': 'superseded', 'default_is_late': True, 'default_logged_date': '2020-01-01 00:00:00',
            'default_on_time': True, 'sop_engine': True})
        log = self._log(env=env)
        self.assertEqual(
            (log.state, log.is_late, log.logged_date, log.on_time), ('done', False, NOW, False))

    def test_a_log_stays_with_its_lead(self):
        plan = self._plan()
        with self.assertRaises(UserError):
            plan.lead_id = self._create_lead()

    @each_actor
    def test_the_lead_shows_what_the_log_says(self, env):
        for values in (
            {'sop_last_contact_date': NOW}, {'sop_intention': 'willing'}, {'sop_intention_proposal': 'willing'},
            {'sop_nurture_date': NOW.date()}, {'sop_intention_by_id': env.uid},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.lead.with_env(env).write(values)

    def test_a_lead_with_contacts_is_not_deleted(self):
        lead = self._create_lead(team_id=False)
        self.env['sop.stakeholder'].create({'lead_id': lead.id, 'name': "Ms Li"})
        self._plan(lead)
        lead.copy().unlink()
        self._log(lead)
        with self.assertRaises(UserError):
            lead.unlink()

    def test_import(self):
        env = self.env(user=self.user_sales_salesman)
        names = [
            'lead_id/.id', 'date', 'method', 'outcome', 'stakeholder_ids/.id', 'next_step', 'next_date', 'user_id/.id']
        row = [str(self.lead.id), '2026-03-04 09:00:00', 'phone', 'nurture', str(self.person.id), "Call", '2026-03-11']
        result = env['sop.contact.log'].load(names, [[*row, str(env.uid)]])
        self.assertEqual(len(result['ids']), 1, result['messages'])
        result = env['sop.contact.log'].load(names, [[*row, str(self.user_sales_manager.id)]])
        self.assertFalse(result['ids'])
        self.assertIn("own name", result['messages'][0]['message'])
        result = env['sop.contact.log'].load([*names, 'logged_date'], [[*row, str(env.uid), '2020-01-01 00:00:00']])
        self.assertFalse(result['ids'])
