import base64
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users

from .common import SalesSopHttpCommon
from .negotiation_common import NegotiationCommon
from .offer_common import NOW, OfferCommon


class MinutesCommon(OfferCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact_company_1.email = 'zhao@customer.example.com'

    def _minutes(self, lead=None, user=None, **values):
        return self.env(user=user or self.user_sales_salesman)['sop.minutes'].create({
            'lead_id': (lead or self.lead).id, 'date': '2026-11-20 06:00:00',
            'stakeholder_ids': [Command.set(self.boss.ids)],
            'point_ids': [
                Command.create({'kind': 'agreed', 'name': "Ten pumps at list price less 5 %"}),
                Command.create({
                    'kind': 'open', 'name': "Delivery", 'next_step': "Ask production",
                    'user_id': self.user_sales_salesman.id, 'due_date': '2026-11-27'}),
            ],
            **values})

    def _answer(self, minutes, state, **values):
        file = self.env['ir.attachment'].with_user(self.user_sales_salesman).create({
            'name': "mail.pdf", 'datas': base64.b64encode(b'%PDF-1.4')})
        return minutes.with_user(self.user_sales_salesman)._sop_record_signoff(
            state, "Mr. Zhao", **{'how': 'email', 'files': file, 'answer_date': fields.Datetime.now(), **values})

    def _run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref('sales_sop.ir_cron_sop_minutes').method_direct_trigger(), True)
        self.env.invalidate_all()


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestMinutes(MinutesCommon):
    """Written down, sent, confirmed by the customer or disputed."""

    @users('user_sales_salesman')
    def test_form(self):
        with Form(self.env['sop.minutes'].with_context(default_lead_id=self.lead.id)) as form:
            form.stakeholder_ids.add(self.boss)
            with form.point_ids.new() as point:
                point.name = "Ten pumps"
        minutes = form.record
        self.assertEqual((minutes.state, minutes.version, minutes.user_ids), ('draft', 1, self.env.user))
        self.assertEqual(str(minutes.send_due_date), '2026-11-24')
        activity = self._get_activities(minutes.sudo(), 'mail_activity_type_minutes')
        self.assertEqual((activity.user_id, str(activity.date_deadline)), (self.env.user, '2026-11-24'))

    def test_what_cannot_be_sent(self):
        for values, word in (
            ({'point_ids': False}, "agreed"), ({'stakeholder_ids': False}, "took part"),
            ({'user_ids': False}, "took part"), ({'date': '2026-11-30'}, "future"),
        ):
            minutes = self._minutes(**values)
            for act in (minutes._sop_request_signoff, minutes.action_sent,
                        lambda minutes=minutes: self._answer(minutes, 'confirmed')):
                with self.subTest(values=values), self.assertRaisesRegex(UserError, word):
                    act()

    def test_sent_for_confirmation(self):
        minutes = self._minutes()
        signoff = minutes._sop_request_signoff(self.contact_company_1)
        self.assertEqual(
            (minutes.state, minutes.sent_date, str(minutes.confirm_due_date)), ('sent', NOW, '2026-11-26'))
        self.assertIn("Ten pumps at list price", signoff.sudo().content)
        self.assertFalse(self._get_activities(minutes, 'mail_activity_type_minutes'))
        step = self._get_activities(minutes, 'mail_activity_type_minutes_step')
        self.assertEqual(
            (step.summary, step.user_id, str(step.date_deadline)),
            ("Ask production", self.user_sales_salesman, '2026-11-27'))

    def test_sent_stays_as_it_is(self):
        minutes = self._minutes()
        minutes.action_sent()
        point = minutes.point_ids[0]
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            sent = minutes.with_user(user)
            for act in (
                lambda sent=sent: sent.write({'date': '2026-11-19'}),
                lambda sent=sent: sent.write({'stakeholder_ids': [Command.link(self.engineer.id)]}),
                lambda sent=sent: sent.write({'point_ids': [Command.create({'name': "x"})]}),
                lambda sent=sent: sent.write({'point_ids': [Command.update(point.id, {'name': "x"})]}),
                lambda sent=sent: sent.write({'point_ids': [Command.delete(point.id)]}),
                lambda user=user: point.with_user(user).write({'name': "x"}),
                lambda user=user: point.with_user(user).write({'kind': 'parked'}),
                lambda user=user: point.with_user(user).unlink(),
                lambda sent=sent: sent.env['sop.minutes.point'].create({'minutes_id': sent.id, 'name': "x"}),
                lambda sent=sent: sent.unlink(),
                lambda sent=sent: sent.action_take_over_terms(),
            ):
                self.env.invalidate_all()
                with self.subTest(user=user.login), self.assertRaises(UserError) as caught:
                    act()
                self.assertIn("new version", str(caught.exception))
        self.assertEqual(len(minutes.point_ids), 2)

    def test_points_stay_with_their_minutes(self):
        minutes, other = self._minutes(), self._minutes()
        point = minutes.point_ids[0]
        with self.assertRaises(UserError):
            point.minutes_id = other
        with self.assertRaises(UserError):
            point.lead_id = self.foreign_lead
        points, lead = self.env['sop.minutes.point'].with_user(self.user_sales_manager), self._create_lead()
        with self.assertRaises(AccessError):
            points.create({'minutes_id': minutes.id, 'lead_id': lead.id, 'name': "x"})
        sneaked = points.with_context(default_lead_id=lead.id).create({'minutes_id': minutes.id, 'name': "x"})
        self.assertEqual(sneaked.lead_id, self.lead)
        with self.assertRaises(AccessError):
            points.with_user(self.user_sales_salesman).create({
                'minutes_id': minutes.id, 'lead_id': self.foreign_lead.id, 'name': "x"})

    def test_confirmed_by_hand(self):
        minutes = self._minutes()
        self._answer(minutes, 'confirmed')
        self.assertEqual(
            (minutes.state, minutes.confirmed_by, minutes.confirmed_how, minutes.confirmed_date),
            ('confirmed', "Mr. Zhao", 'email', NOW))
        with self.assertRaisesRegex(UserError, "new version"):
            minutes._sop_request_signoff()

    def test_disputed_and_new_version(self):
        minutes = self._minutes()
        minutes._sop_request_signoff(self.contact_company_1)
        self._answer(minutes, 'declined', comment="We said 6 %")
        self.assertEqual((minutes.state, minutes.dispute), ('disputed', "We said 6 %"))
        action = minutes.action_new_version()
        following = minutes.browse(action['res_id'])
        self.assertEqual(
            (following.version, following.state, following.previous_id, following.date),
            (2, 'draft', minutes, minutes.date))
        self.assertEqual(following.point_ids.mapped('name'), minutes.point_ids.mapped('name'))
        self.assertEqual(minutes.state, 'disputed', "The dispute stays noted")
        self.assertEqual(minutes.action_new_version()['res_id'], following.id, "Made once")
        following.point_ids[0].name = "Ten pumps at list price less 6 %"
        self._answer(following, 'confirmed')
        self.assertEqual(self.lead.sop_minutes_state, 'confirmed')

    def test_new_version_of_what_waits(self):
        minutes = self._minutes()
        signoff = minutes._sop_request_signoff(self.contact_company_1)
        minutes.action_new_version()
        self.assertEqual((minutes.state, signoff.state), ('superseded', 'outdated'))
        self.assertFalse(self._get_activities(minutes, 'mail_activity_type_minutes_step'))
        with self.assertRaises(UserError):
            self._minutes().action_new_version()

    def test_state_comes_from_the_buttons(self):
        minutes = self._minutes()
        for values in (
            {'state': 'confirmed'}, {'version': 2}, {'confirmed_by': "Me"}, {'sent_date': '2026-11-20'},
            {'previous_id': minutes.id}, {'dispute': "x"}, {'confirm_due_date': '2030-01-01'},
            {'send_due_date': '2030-01-01'},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                minutes.write(values)
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._minutes(**values)

    def test_people_are_those_of_the_lead(self):
        for values in (
            {'stakeholder_ids': [Command.set(self.stranger.ids)]}, {'user_ids': [Command.set(self.user_portal.ids)]},
            {'point_ids': [Command.create({'name': "x", 'user_id': self.user_portal.id})]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._minutes(**values)
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._minutes(user=self.user_sales_manager, **values)

    def test_rights(self):
        minutes = self._minutes()
        for user in (self.user_employee, self.user_auditor, self.user_portal, self.expert):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._minutes(user=user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, minutes).action_sent()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, minutes.point_ids).write({'name': "x"})
        with self.assertRaises(AccessError):
            self._minutes(lead=self.foreign_lead, stakeholder_ids=False)

    def test_step_of_who_reads_no_leads(self):
        minutes = self._minutes()
        minutes.point_ids[1].user_id = self.expert
        minutes.action_sent()
        step = self._get_activities(minutes, 'mail_activity_type_minutes_step')
        self.assertEqual((step.user_id, step.summary), (self.user_sales_salesman, "Ask production (Product Expert)"))

    def test_held_lead_gets_no_minutes(self):
        self.lead.with_user(self.user_sales_manager).write({'sop_do_not_contact': True})
        minutes = self._minutes()
        for act in (minutes.action_sent, minutes._sop_request_signoff):
            with self.assertRaises(UserError):
                act()

    def test_person_is_not_deleted(self):
        self._minutes().action_sent()
        with self.assertRaisesRegex(UserError, "Archive"):
            self.boss.with_user(self.user_sales_salesman).unlink()


@tagged('post_install', '-at_install')
class TestMinutesUnconfirmed(MinutesCommon):
    """Silence confirms nothing."""

    def test_unconfirmed(self):
        with freeze_time(NOW):
            minutes, confirmed = self._minutes(), self._minutes(lead=self._create_lead(), stakeholder_ids=False)
            minutes._sop_request_signoff(self.contact_company_1)
        with freeze_time('2026-11-26 12:00:00'):
            self._run_cron()
            self.assertEqual(minutes.state, 'sent', "The day is not over")
        with freeze_time('2026-11-27 02:00:00'):
            self._run_cron()
            self._run_cron()
            self.assertEqual((minutes.state, self.lead.sop_minutes_state), ('unconfirmed', 'unconfirmed'))
            self.assertEqual(confirmed.state, 'draft')
            activity = self._get_activities(minutes, 'mail_activity_type_minutes_chase')
            self.assertEqual(activity.user_id, self.user_sales_salesman)
            self._answer(minutes, 'confirmed')
            self.assertEqual(minutes.state, 'confirmed')
            self.assertFalse(activity.exists())

    def test_years_later(self):
        with freeze_time(NOW):
            minutes = self._minutes()
            minutes.action_sent()
        with freeze_time(NOW + timedelta(days=1000)):
            self._run_cron()
        self.assertEqual(minutes.state, 'unconfirmed')


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestMinutesState(MinutesCommon):
    """The latest minutes of a lead count."""

    def _states(self):
        """``{state: found leads}`` and the computed state agree."""
        self.env.flush_all()
        self.env.invalidate_all()
        leads = self.env['crm.lead'].with_user(self.user_sales_salesman)
        everything, seen = leads.search([]), leads
        for state, __ in leads._fields['sop_minutes_state'].selection:
            found = leads.search([('sop_minutes_state', '=', state)])
            self.assertEqual(set(found.mapped('sop_minutes_state')), {state} if found else set())
            self.assertFalse(found & seen)
            self.assertEqual(leads.search([('sop_minutes_state', '!=', state)]), everything - found)
            seen |= found
        self.assertEqual(seen, everything)
        return self.lead.sop_minutes_state

    def test_each_state(self):
        self.assertEqual(self._states(), 'none')
        minutes = self._minutes()
        self.assertEqual(self._states(), 'draft')
        minutes._sop_request_signoff(self.contact_company_1)
        self.assertEqual(self._states(), 'sent')
        self._answer(minutes, 'declined', comment="No")
        self.assertEqual(self._states(), 'disputed')
        minutes.action_new_version()
        self.assertEqual(self._states(), 'draft')
        self._answer(minutes.next_ids, 'confirmed')
        self.assertEqual(self._states(), 'confirmed')
        later = self._minutes(date='2026-11-22 06:00:00')
        self.assertEqual(self._states(), 'draft', "What was said later is not confirmed yet")
        later.unlink()
        self.assertEqual(self._states(), 'confirmed')
        self._minutes(date='2026-11-01 06:00:00')
        self.assertEqual(self._states(), 'confirmed', "An older talk changes nothing")

    def test_superseded_counts_for_nothing(self):
        minutes = self._minutes()
        minutes.action_sent()
        minutes.action_new_version()
        minutes.next_ids.with_user(self.user_sales_salesman).unlink()
        self.assertEqual(self._states(), 'none')
        minutes.invalidate_recordset()
        minutes.action_new_version()
        self.assertEqual(self._states(), 'draft')

    def test_constant_number_of_queries(self):
        leads = self.env['crm.lead'].browse([self._create_lead().id for __ in range(20)])
        for lead in leads:
            self._minutes(lead=lead, stakeholder_ids=False)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(5):
            leads.mapped('sop_minutes_state')

    def test_merge_keeps_minutes(self):
        other = self._create_lead(name="Pumps again", partner_id=self.lead.partner_id.id)
        minutes = self._minutes()
        minutes.action_sent()
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity(auto_unlink=False)
        self.assertEqual((minutes.sudo().lead_id, minutes.sudo().point_ids.lead_id), (merged, merged))
        self.assertEqual(merged.sop_minutes_state, 'sent')

    def test_lead_with_minutes_is_not_deleted(self):
        lead = self._create_lead()
        person = self._create_person(lead, "Li", 'buyer')
        self._minutes(lead=lead, stakeholder_ids=[Command.set(person.ids)]).action_sent()
        with self.assertRaises(UserError):
            lead.unlink()


@tagged('post_install', '-at_install')
class TestMinutesTerms(NegotiationCommon):
    """Points taken over from the term sheet, without anything the customer must not know."""

    def setUp(self):
        super().setUp()
        self.minutes = self.me['sop.minutes'].create({'lead_id': self.lead.id})

    def test_agreed_open_and_parked(self):
        sheet = self._create_sheet()
        self._line(sheet, 'price').agreed = '3'
        self._line(sheet, 'training').status = 'parked'
        self._line(sheet, 'retention').write({'status': 'na', 'note': "No retention"})
        self.minutes.action_take_over_terms()
        points = {point.line_id.key: point for point in self.minutes.point_ids}
        self.assertEqual(len(points), 15, "What does not apply is no point")
        self.assertEqual(points['price'].kind, 'agreed')
        self.assertRegex(points['price'].name, r': 3 %')
        self.assertEqual((points['training'].kind, points['delivery'].kind), ('parked', 'open'))
        self.assertEqual(points['delivery'].name, self._line(sheet, 'delivery').term_id.name, "No target, no floor")
        with self.assertRaises(UserError) as caught:
            self.minutes.action_take_over_terms()
        self.assertIn("not in the minutes yet", str(caught.exception))

    def test_without_term_sheet(self):
        with self.assertRaises(UserError):
            self.minutes.action_take_over_terms()

    def test_term_of_another_lead(self):
        line = self._line(self._create_sheet(lead=self._create_lead()), 'price')
        with self.assertRaises(ValidationError):
            self.minutes.point_ids = [Command.create({'name': "x", 'line_id': line.id})]


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestMinutesPrint(MinutesCommon):
    """On paper and on the phone of the customer, in his language."""

    def _print(self, minutes):
        html, __ = self.env['ir.actions.report'].with_user(self.user_sales_salesman)._render_qweb_html(
            'sales_sop.sop_minutes_document', minutes.ids)
        return html.decode()

    def test_prints_what_was_said(self):
        minutes = self._minutes(place="Hangzhou <script>alert(1)</script>")
        html = self._print(minutes)
        for text in ("Ten pumps at list price less 5 %", "Mr. Zhao", "Ask production", "Name, date, signature"):
            self.assertIn(text, html)
        self.assertNotIn("<script>alert", html)
        self._answer(minutes, 'confirmed')
        self.assertIn("Confirmed by", self._print(minutes))

    def test_in_the_language_of_the_customer(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.contact_company_1.lang = 'zh_CN'
        minutes = self._minutes()
        signoff = minutes._sop_request_signoff(self.contact_company_1)
        self.assertEqual(signoff.lang, 'zh_CN')


@tagged('post_install', '-at_install')
class TestMinutesHttp(MinutesCommon, SalesSopHttpCommon):
    """The same from a client that chooses its values and its context."""

    def test_forged_values(self):
        minutes = self._minutes()
        minutes.action_sent()
        point = minutes.point_ids[0]
        self.env.flush_all()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        context = {'default_state': 'confirmed', 'default_version': 9, 'sop_engine': True}
        for call in (
            ('sop.minutes', 'write', [minutes.ids, {'state': 'confirmed'}]),
            ('sop.minutes', 'create', [[{'lead_id': self.lead.id, 'state': 'confirmed'}]]),
            ('sop.minutes', 'unlink', [minutes.ids]),
            ('sop.minutes.point', 'write', [point.ids, {'name': "x"}]),
            ('sop.minutes.point', 'create', [[{'minutes_id': minutes.id, 'name': "x"}]]),
            ('sop.minutes.point', 'unlink', [point.ids]),
        ):
            self.assertForbidden(*call, context=context)
        created, __ = self._call_kw('sop.minutes', 'create', [[{'lead_id': self.lead.id}]], context=context)
        made = self.env['sop.minutes'].browse(created)
        self.assertEqual((made.state, made.version), ('draft', 1))
        self.authenticate('user_sop_portal', 'user_sop_portal')
        self.assertForbidden('sop.minutes.point', 'read', [point.ids, ['name']])
