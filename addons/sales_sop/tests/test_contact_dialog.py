from datetime import date, timedelta

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users

from .common import SalesSopHttpCommon
from .test_contact_log import NOW, ContactCommon


@tagged('post_install', '-at_install')
class TestContactDialog(ContactCommon):
    """Open, choose the outcome, save: the dialog knows the rest."""

    def _open(self, action):
        return self.env['sop.contact.dialog'].with_user(self.user_sales_salesman).browse(action['res_id'])

    def _open_log(self, leads=None):
        return self._open((leads or self.lead).with_user(self.user_sales_salesman).action_sop_log_contact())

    def test_three_clicks(self):
        dialog = self._open_log()
        self.assertEqual(
            (dialog.method, dialog.date, dialog.stakeholder_ids, dialog.next_step, dialog.next_date > NOW.date()),
            ('phone', NOW, self.person, "Follow up", True))
        dialog.outcome = 'nurture'
        self.assertEqual(dialog.action_save()['type'], 'ir.actions.act_window_close')
        log = self.lead.sop_contact_log_ids
        self.assertEqual((log.outcome, log.state, log.user_id), ('nurture', 'done', self.user_sales_salesman))

    def test_nothing_is_saved_without_an_outcome(self):
        with self.assertRaises(UserError):
            self._open_log().action_save()

    def test_it_goes_on_where_the_last_contact_ended(self):
        self._log(method='visit', next_method='email', budget_known=True)
        dialog = self._open_log()
        self.assertEqual((dialog.method, dialog.budget_known), ('email', True))
        self._plan(method='social', why="They answer there")
        dialog = self._open_log()
        self.assertEqual((dialog.method, dialog.why), ('social', "They answer there"))

    def test_the_contact_of_the_lead_becomes_its_first_person(self):
        lead = self._create_lead(contact_name="Mr Zhao", phone='+86 10 6000 0000')
        dialog = self._open_log(lead)
        person = lead.sop_stakeholder_ids
        self.assertEqual(
            (person.name, person.phone, person.email, dialog.stakeholder_ids),
            ("Mr Zhao", lead.phone, lead.email_from, person))

    def test_fields_appear_as_the_outcome_asks(self):
        dialog = self._open_log()
        with Form(dialog) as form:
            form.outcome = 'interested'
            with self.assertRaises(AssertionError):
                form.refusal_scope = 'all'
            form.interest_evidence = "Asked for a quotation"
        dialog.action_save()
        self.assertEqual(self.lead.sop_contact_log_ids.interest_evidence, "Asked for a quotation")

    def test_what_is_out_of_sight_is_not_saved(self):
        dialog = self._open_log()
        dialog.outcome = 'no_need'
        dialog.action_save()
        log = self.lead.sop_contact_log_ids
        self.assertEqual((log.next_step, log.next_date), (False, False))

    def test_plan(self):
        lead = self.lead.with_user(self.user_sales_salesman)
        dialog = self._open(lead.action_sop_plan_contact())
        self.assertTrue(dialog.is_plan)
        self.assertGreater(dialog.date, NOW)
        dialog.method = 'visit'
        dialog.action_save()
        self.assertEqual((lead.sop_contact_log_ids.state, lead.sop_contact_log_ids.method), ('planned', 'visit'))

    def test_save_and_plan(self):
        dialog = self._open_log()
        dialog.write({'outcome': 'nurture', 'next_method': 'visit', 'next_date': date(2026, 3, 12)})
        following = self._open(dialog.action_save_and_plan())
        self.assertEqual(
            (following.is_plan, following.method, following.date.date()), (True, 'visit', date(2026, 3, 12)))
        following.action_save()
        self.assertEqual(sorted(self.lead.sop_contact_log_ids.mapped('state')), ['done', 'planned'])

    def test_a_plan_is_logged_from_its_own_button(self):
        plan = self._plan(method='event', why="They are at the fair")
        dialog = self._open(plan.action_log_done())
        dialog.outcome = 'nurture'
        dialog.action_save()
        self.assertEqual((plan.state, plan.superseded_by_id.method), ('superseded', 'event'))
        with self.assertRaises(UserError):
            plan.action_log_done()
        other = self._plan()
        other.action_cancel_plan()
        self.assertFalse(other.exists())

    def test_correct(self):
        log = self._log(interest_evidence="x")
        dialog = self._open(log.action_correct())
        self.assertEqual((dialog.corrects_id, dialog.outcome, dialog.interest_evidence), (log, 'nurture', "x"))
        dialog.write({'correction_reason': "It was a visit", 'method': 'visit'})
        dialog.action_save()
        self.assertEqual(log.superseded_by_id.method, 'visit')

    def test_several_leads(self):
        other = self._create_lead(contact_name="Mr Zhao")
        dialog = self._open_log(self.lead | other)
        self.assertFalse(dialog.lead_id)
        dialog.write({'outcome': 'nurture', 'method': 'event', 'date': NOW - timedelta(hours=3)})
        dialog.action_save()
        logs = (self.lead | other).sop_contact_log_ids
        self.assertEqual(logs.stakeholder_ids.mapped('name'), ["Ms Li", "Mr Zhao"])
        self.assertTrue(all(log.next_date > NOW.date() for log in logs))

    def test_an_activity_is_done_with_the_dialog(self):
        activity = self.lead.with_user(self.user_sales_salesman).activity_schedule(
            'mail.mail_activity_data_call', summary="Ring them", user_id=self.user_sales_salesman.id)
        self.assertTrue(activity.sop_can_log_contact)
        dialog = self._open(activity.action_sop_log_contact())
        dialog.outcome = 'nurture'
        dialog.action_save()
        self.assertFalse(activity.active)
        self.assertIn("Phone", activity.feedback)

    def test_activities_of_others_keep_to_themselves(self):
        activity = self.contact_1.activity_schedule('mail.mail_activity_data_call')
        self.assertFalse(activity.sop_can_log_contact)
        with self.assertRaises(UserError):
            activity.action_sop_log_contact()
        free = self._create_lead(team_id=False).activity_schedule('mail.mail_activity_data_call')
        self.assertFalse(free.sop_can_log_contact)

    def test_an_activity_of_another_lead_is_not_closed(self):
        other = self._create_lead().activity_schedule('mail.mail_activity_data_call')
        dialog = self._open_log()
        dialog.write({'outcome': 'nurture', 'activity_id': other.id})
        dialog.action_save()
        self.assertTrue(other.active)

    def test_a_held_lead_opens_no_dialog(self):
        self.lead._sop_set_do_not_contact("They said so")
        for act in ('action_sop_log_contact', 'action_sop_plan_contact'):
            with self.assertRaises(UserError):
                getattr(self.lead.with_user(self.user_sales_salesman), act)()

    def test_an_open_item_leads_to_the_dialog(self):
        self.process.action_unpublish()
        process = self._create_process('contact', self.sales_team_1)
        stage = process.stage_ids[0]
        stage.requirement_ids.unlink()
        stage.requirement_ids = [self._item(
            'C1', "First talk", kind='record', record_domain="[('state', '=', 'done')]",
            record_field_id=self.env['ir.model.fields']._get('crm.lead', 'sop_contact_log_ids').id)]
        self._publish(process)
        lead = self._create_lead()
        checklist = lead.with_user(self.user_sales_salesman).get_sop_checklist()
        link = checklist['stages'][0]['requirements'][0]['fact']['link']
        self.assertEqual((link['tag'], link['params']), ('sales_sop.log_contact', {'lead_id': lead.id}))
        self.env['sop.stakeholder'].create({'lead_id': lead.id, 'name': "Ms Li"})
        self._log(lead)
        fact = lead.with_user(self.user_sales_salesman).get_sop_checklist()['stages'][0]['requirements'][0]['fact']
        self.assertEqual((fact['met'], fact['link']['type']), (True, 'ir.actions.act_window'))


@tagged('post_install', '-at_install')
class TestIntention(ContactCommon):
    """What the customer intends is decided, for key leads by the manager."""

    def setUp(self):
        super().setUp()
        self.rep_lead = self.lead.with_user(self.user_sales_salesman)
        self.manager_lead = self.lead.with_user(self.user_sales_manager)

    def _make_key_lead(self):
        self.patch(type(self.lead), '_is_sop_key_lead', lambda lead: True)

    def test_willing(self):
        self.assertIs(self.rep_lead.action_sop_decide_intention('willing'), True)
        self.assertEqual(
            (self.lead.sop_intention, self.lead.sop_intention_date, self.lead.sop_intention_by_id),
            ('willing', NOW, self.user_sales_salesman))

    def test_not_willing_is_nurtured(self):
        for day in (None, '2026-03-03'):
            with self.assertRaises(UserError):
                self.rep_lead.action_sop_decide_intention('not_willing', day)
        self.rep_lead.action_sop_decide_intention('not_willing', '2026-06-01')
        self.assertEqual((self.lead.sop_intention, self.lead.sop_nurture_date), ('not_willing', date(2026, 6, 1)))
        self.assertEqual(self._get_activities().date_deadline, date(2026, 6, 1))
        self.rep_lead.action_sop_decide_intention('willing')
        self.assertFalse(self.lead.sop_nurture_date)

    def test_odd_arguments(self):
        for intention, day in (('maybe', None), (None, None), ('not_willing', 'soon'), ('not_willing', 7)):
            with self.subTest(intention=intention, day=day), self.assertRaises(UserError):
                self.rep_lead.action_sop_decide_intention(intention, day)

    def test_key_lead_needs_the_manager(self):
        self._make_key_lead()
        self.assertIs(self.rep_lead.action_sop_decide_intention('not_willing', '2026-06-01'), False)
        self.assertEqual((self.lead.sop_intention, self.lead.sop_intention_proposal), (False, 'not_willing'))
        alert = self._get_alerts('intention')
        self.assertEqual(alert.user_id, self.user_sales_manager)
        with self.assertRaises(AccessError):
            self.rep_lead.action_sop_confirm_intention()
        self.manager_lead.action_sop_confirm_intention()
        self.assertEqual(
            (self.lead.sop_intention, self.lead.sop_intention_proposal, self.lead.sop_intention_by_id,
             self.lead.sop_nurture_date),
            ('not_willing', False, self.user_sales_manager, date(2026, 6, 1)))
        self.assertFalse(alert.exists())
        with self.assertRaises(UserError):
            self.manager_lead.action_sop_confirm_intention()

    def test_a_manager_decides_key_leads_at_once(self):
        self._make_key_lead()
        self.manager_lead.action_sop_decide_intention('willing')
        self.assertEqual(self.lead.sop_intention, 'willing')

    def test_the_log_decides_as_well(self):
        self._log(outcome='interested', interest_evidence="Asked for a quotation", intention='willing')
        self.assertEqual(
            (self.lead.sop_intention, self.lead.sop_intention_by_id), ('willing', self.user_sales_salesman))
        self._log(intention='not_willing', next_date=date(2026, 6, 1))
        self.assertEqual((self.lead.sop_intention, self.lead.sop_nurture_date), ('not_willing', date(2026, 6, 1)))

    def test_dialog(self):
        action = self.rep_lead.action_sop_open_intention()
        dialog = self.env[action['res_model']].with_user(self.user_sales_salesman).browse(action['res_id'])
        dialog.write({'intention': 'not_willing', 'nurture_date': '2026-06-01'})
        dialog.action_decide()
        self.assertEqual(self.lead.sop_intention, 'not_willing')

    def test_others_hear_of_it_once(self):
        calls = []
        self.patch(type(self.lead), '_sop_after_intention', lambda leads: calls.append(leads))
        self.rep_lead.action_sop_decide_intention('willing')
        self.assertEqual(calls, [self.lead])

    def test_those_who_may_not(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        for lead in (
            foreign.with_user(self.user_sales_salesman), self.lead.with_user(self.user_auditor),
            self.lead.with_user(self.user_portal), self.lead.with_user(self.user_employee),
        ):
            with self.assertRaises(AccessError):
                lead.action_sop_decide_intention('willing')


@tagged('post_install', '-at_install')
class TestStakeholder(ContactCommon):
    """The people of a lead follow the lead."""

    @users('user_sales_salesman')
    def test_a_contact_gives_name_phone_and_mail(self):
        self.contact_1.sudo().phone = '+32 2 000 00 00'
        person = self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'partner_id': self.contact_1.id})
        self.assertEqual(
            (person.name, person.phone, person.email),
            (self.contact_1.name, self.contact_1.phone, self.contact_1.email))
        person.phone = '+86 10 6000 0000'
        self.assertEqual(person.phone, '+86 10 6000 0000')

    @users('user_sales_salesman')
    def test_a_contact_one_may_not_read_gives_nothing(self):
        root = self.env(user=SUPERUSER_ID)
        root.ref('base.res_partner_rule').active = True
        company = root['res.company'].create({'name': "Elsewhere"})
        secret = root['res.partner'].create({'name': "Secret", 'company_id': company.id})
        with self.assertRaises(AccessError):
            self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'partner_id': secret.id})
        with self.assertRaises(AccessError):
            self.person.with_env(self.env).partner_id = secret

    def test_last_contact_in_one_query(self):
        wang = self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Mr Wang"})
        self._log(date=NOW - timedelta(days=3), stakeholder_ids=[Command.set(self.person.ids)])
        self._log(stakeholder_ids=[Command.set(self.person.ids)])
        people = self.person | wang
        people.invalidate_recordset()
        with self.assertQueryCount(1):
            dates = people.mapped('last_contact_date')
        self.assertEqual(dates, [NOW - timedelta(hours=1), False])

    def test_who_is_in_the_log_is_archived_not_deleted(self):
        self._log()
        with self.assertRaises(UserError):
            self.person.with_user(self.user_sales_salesman).unlink()
        self.person.with_user(self.user_sales_salesman).active = False
        free = self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Mr Wang"})
        free.with_user(self.user_sales_salesman).unlink()

    @users('user_sales_salesman')
    def test_a_person_stays_with_the_lead(self):
        other = self._create_lead(self.env)
        with self.assertRaises(UserError):
            self.person.with_env(self.env).lead_id = other

    @users('user_sales_salesman')
    def test_suggestions(self):
        lead = self._create_lead(self.env, contact_name="Mr Zhao", partner_id=self.contact_company_1.id)
        sister = self._create_lead(self.env, partner_id=self.contact_company_1.id)
        foreign = self._create_lead(partner_id=self.contact_company_1.id, user_id=self.user_sales_leads.id)
        role = self.env.ref('sales_sop.sop_stakeholder_role_buyer')
        self.env['sop.stakeholder'].sudo().create([
            {'lead_id': sister.id, 'name': "Ms Chen", 'role_id': role.id, 'attitude': 'opponent'},
            {'lead_id': sister.id, 'name': "mr zhao"},
            {'lead_id': foreign.id, 'name': "Mr Secret"},
        ])
        lead.action_sop_suggest_stakeholders()
        people = lead.sop_stakeholder_ids
        self.assertEqual(people.mapped('name'), ["Mr Zhao", "Ms Chen"])
        self.assertEqual((people[1].role_id, people[1].attitude), (role, 'unknown'))
        with self.assertRaises(UserError):
            lead.action_sop_suggest_stakeholders()


@tagged('post_install', '-at_install')
class TestContactAccess(ContactCommon):
    """Readers of the lead read its people and contacts, writers write them, nobody else sees them."""

    def setUp(self):
        super().setUp()
        self.foreign = self._create_lead(user_id=self.user_sales_leads.id, contact_name="Mr Foreign")
        manager = self.env(user=self.user_sales_manager)
        self.foreign_person = manager['sop.stakeholder'].create({'lead_id': self.foreign.id, 'name': "Mr Foreign"})
        self.foreign_log = self._log(self.foreign, env=manager)
        self.own_log = self._log()

    def test_reading(self):
        for user, sees in (
            (self.user_sales_salesman, self.own_log), (self.user_sales_manager, self.own_log | self.foreign_log),
            (self.user_auditor, self.own_log | self.foreign_log),
        ):
            self.env.invalidate_all()
            logs = self.env['sop.contact.log'].with_user(user).search([])
            self.assertEqual(logs & (self.own_log | self.foreign_log), sees, user.login)
            people = self.env['sop.stakeholder'].with_user(user).search([])
            self.assertEqual(self.foreign_person in people, self.foreign_log in sees)
        with self.assertRaises(AccessError):
            self.foreign_log.with_user(self.user_sales_salesman).read(['outcome'])

    def test_writing_to_foreign_leads(self):
        env = self.env(user=self.user_sales_salesman)
        for act in (
            lambda: self._log(self.foreign, env=env),
            lambda: self._plan(self.foreign, env=env),
            lambda: env['sop.stakeholder'].create({'lead_id': self.foreign.id, 'name': "x"}),
            lambda: self.foreign_person.with_env(env).write({'attitude': 'opponent'}),
            lambda: self.foreign.with_env(env).action_sop_log_contact(),
            lambda: self.foreign.with_env(env).action_sop_suggest_stakeholders(),
            lambda: self.foreign_log.with_env(env).action_correct(),
            lambda: self._log(env=env, corrects_id=self.foreign_log.id, correction_reason="x"),
        ):
            self.env.invalidate_all()
            with self.assertRaises(UserError):
                act()

    def test_those_who_only_read_or_nothing(self):
        for user in (self.user_auditor, self.user_employee, self.user_portal):
            env = self.env(user=user)
            for act in (
                lambda env: self._log(env=env), lambda env: self._plan(env=env),
                lambda env: env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "x"}),
                lambda env: self.lead.with_env(env).action_sop_log_contact(),
                lambda env: self.own_log.with_env(env).action_correct(),
                lambda env: self.own_log.with_env(env).action_lift_refusal("x"),
            ):
                self.env.invalidate_all()
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    act(env)
        for user in (self.user_employee, self.user_portal):
            with self.assertRaises(AccessError):
                self.env['sop.contact.log'].with_user(user).search([])

    def test_another_company(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        lead = self._create_lead(company_id=company.id, team_id=False, user_id=False)
        person = self.env['sop.stakeholder'].create({'lead_id': lead.id, 'name': "Mr Far"})
        log = self._log(lead, env=self.env)
        for user in (self.user_sales_salesman, self.user_sales_manager):
            self.env.invalidate_all()
            self.assertFalse(self.env['sop.contact.log'].with_user(user).search([('id', '=', log.id)]))
            self.assertFalse(self.env['sop.stakeholder'].with_user(user).search([('id', '=', person.id)]))
            with self.assertRaises(AccessError):
                log.with_user(user).read(['outcome'])


@tagged('post_install', '-at_install')
class TestContactHttp(SalesSopHttpCommon):
    """The same as a client, who may send anything."""

    def setUp(self):
        super().setUp()
        self.person = self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Ms Li"})
        self.authenticate('user_sales_salesman', 'user_sales_salesman')

    def _prepare(self, **values):
        return {
            'lead_id': self.lead.id, 'method': 'phone', 'outcome': 'no_need',
            'stakeholder_ids': [[6, 0, self.person.ids]], **values}

    def test_a_log_and_its_forgeries(self):
        hostile = {
            'sop_engine': True, 'install_mode': True, 'default_user_id': self.user_sales_manager.id,
            'default_state': 'superseded', 'default_on_time': True}
        ids, error = self._call_kw('sop.contact.log', 'create', [[self._prepare()]], context=hostile)
        self.assertFalse(error)
        log = self.env['sop.contact.log'].browse(ids)
        self.assertEqual((log.user_id, log.state, log.on_time), (self.user_sales_salesman, 'done', False))
        for values in (
            {'user_id': self.user_sales_manager.id}, {'logged_date': '2020-01-01 00:00:00'},
            {'date': '2099-01-01 00:00:00'}, {'state': 'superseded'}, {'on_time': True},
            {'lead_id': self._create_lead(user_id=self.user_sales_leads.id).id},
        ):
            self.assertForbidden('sop.contact.log', 'create', [[self._prepare(**values)]], context=hostile)
        for method, args in (
            ('write', [ids, {'outcome': 'nurture'}]), ('write', [ids, {'date': '2020-01-01 00:00:00'}]),
            ('web_save', [ids, {'user_id': self.user_sales_manager.id}, {}]), ('unlink', [ids]),
            ('action_lift_refusal', [ids, "x"]),
        ):
            self.assertForbidden('sop.contact.log', method, args, context=hostile)
        self.assertForbidden('crm.lead', 'write', [self.lead.ids, {'sop_contact_log_ids': [[2, ids[0], 0]]}])
        self.assertForbidden('crm.lead', 'write', [self.lead.ids, {'sop_intention': 'willing'}], context=hostile)

    def test_the_dialog_over_http(self):
        action, error = self._call_kw('crm.lead', 'action_sop_log_contact', [self.lead.ids])
        self.assertFalse(error)
        self._call_kw('sop.contact.dialog', 'web_save', [[action['res_id']], {'outcome': 'nurture'}, {}])
        __, error = self._call_kw('sop.contact.dialog', 'action_save', [[action['res_id']]])
        self.assertFalse(error)
        self.assertEqual(self.lead.sop_contact_log_ids.outcome, 'nurture')
