from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged, users

from .common import SalesSopCommon, SalesSopHttpCommon


class MarketCommon(SalesSopCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.industries = cls.env['res.partner.industry'].create([
            {'name': name} for name in ("Foundries", "Forges", "Casinos")])
        cls.note = cls._create_note()

    @classmethod
    def _create_note(cls, env=None, **values):
        return (env or cls.env)['sop.market.note'].create({
            'name': "Dust limits are halved", 'summary': "From 2027 on.", 'user_id': cls.user_sales_salesman.id,
            **values})

    @classmethod
    def _create_profile(cls, env=None, **values):
        return (env or cls.env(user=cls.user_sales_salesman))['sop.customer.profile'].create({
            'name': "Foundries in East China",
            'industry_ids': [Command.set(cls.industries[0].ids)],
            'neighbour_industry_ids': [Command.set(cls.industries[1].ids)],
            'excluded_industry_ids': [Command.set(cls.industries[2].ids)],
            'size_band': 'large',
            'country_ids': [Command.set(cls.env.ref('base.cn').ids)],
            'purchase_habit': 'direct',
            'decision_role_ids': [Command.set(cls.env.ref('sales_sop.sop_stakeholder_role_decision').ids)],
            **values})

    @classmethod
    def _approve(cls, profile):
        profile.with_user(cls.user_sales_manager).action_approve()
        return profile


@tagged('post_install', '-at_install')
class TestMarketNote(MarketCommon):
    """What was learned is written down quickly, and rumours stay what they are."""

    @users('user_sales_salesman')
    def test_two_entries_make_a_note(self):
        form = Form(self.env['sop.market.note'])
        form.name = "A competitor closes its branch"
        form.summary = "Seen at the fair."
        note = form.save()
        self.assertEqual((note.user_id, note.date), (self.env.user, fields.Date.context_today(note)))
        self.assertFalse(note.is_rumour or note.finding)

    def test_up_to_two_stars_is_a_rumour(self):
        for credibility, expected in (('0', True), ('1', True), ('2', True), ('3', False), ('5', False)):
            self.note.credibility = credibility
            self.assertEqual(self.note.is_rumour, expected, credibility)
            found = self.env['sop.market.note'].search([('is_rumour', '=', True), ('id', '=', self.note.id)])
            self.assertEqual(bool(found), expected, credibility)

    def test_competitor_from_the_address_book(self):
        self.note.competitor = "Air & Co."
        self.note.competitor_id = self.contact_company_1
        self.assertEqual(self.note.competitor, self.contact_company_1.display_name)

    @users('user_sales_salesman')
    def test_from_a_note_to_a_lead(self):
        note = self.note.with_env(self.env)
        note.write({'industry_ids': [Command.set(self.industries[0].ids)], 'channel': 'expo'})
        action = note.action_create_lead()
        lead = self.env['crm.lead'].with_context(**action['context']).create({})
        self.assertEqual((lead.name, lead.sop_industry_id), (note.name, self.industries[0]))
        self.assertEqual((lead.sop_market_note_ids, note.lead_ids, note.lead_count), (note, lead, 1))
        self.assertEqual(self.env['crm.lead'].search(note.action_view_leads()['domain']), lead)

    @users('user_sales_salesman')
    def test_from_notes_to_a_profile(self):
        note = self.note.with_env(self.env)
        note.industry_ids = self.industries[0]
        other = self._create_note(self.env, industry_ids=self.industries[1].ids)
        action = (note | other).action_create_profile()
        profile = self.env['sop.customer.profile'].with_context(**action['context']).create({'name': "New"})
        self.assertEqual((profile.note_ids, profile.industry_ids), (other | note, self.industries[:2]))
        self.assertEqual(note.profile_ids, profile)

    @users('user_sales_salesman')
    def test_no_profile_from_a_rumour(self):
        note = self.note.with_env(self.env)
        note.credibility = '2'
        with self.assertRaises(UserError) as caught:
            note.action_create_profile()
        self.assertIn(note.name, str(caught.exception))

    def test_what_was_used(self):
        profile = self._create_profile(note_ids=self.note.ids)
        other = self._create_note()
        notes = self.env['sop.market.note']
        both = [('id', 'in', (self.note | other).ids)]
        self.assertEqual(notes.search([*both, ('profile_ids', '=', False)]), other)
        self.assertEqual(notes.search([*both, ('profile_ids', '!=', False)]), self.note)
        self.assertEqual(notes.search([*both, ('profile_ids', 'in', profile.ids)]), self.note)
        self.assertEqual(notes.search([*both, ('profile_ids.name', 'ilike', "foundries")]), self.note)

    def test_a_used_note_is_kept(self):
        profile = self._create_profile(note_ids=self.note.ids)
        self._approve(profile)
        with self.assertRaises(UserError) as caught:
            self.note.unlink()
        self.assertIn(profile.display_name, str(caught.exception))


@tagged('post_install', '-at_install')
class TestRumour(MarketCommon):
    """No profile is built on a rumour, whichever side it comes from."""

    def test_a_rumour_enters_no_profile(self):
        self.note.credibility = '2'
        profile = self._create_profile()
        for env in (self.env, self.env(user=self.user_sales_salesman), self.env(user=self.user_sales_manager)):
            with self.subTest(user=env.user.login):
                with self.assertRaises(ValidationError):
                    profile.with_env(env).note_ids = self.note
                with self.assertRaises(ValidationError):
                    self._create_profile(env, note_ids=self.note.ids)

    @users('user_sales_salesman')
    def test_a_draft_drops_what_turned_out_a_rumour(self):
        profile = self._create_profile(note_ids=self.note.ids)
        self.note.with_env(self.env).credibility = '1'
        self.assertFalse(profile.note_ids)
        self.assertIn(self.note.name, profile.message_ids[0].body)

    def test_an_approved_profile_is_replaced_first(self):
        profile = self._create_profile(note_ids=self.note.ids)
        self._approve(profile)
        for env in (self.env, self.env(user=self.user_sales_salesman)):
            with self.subTest(user=env.user.login):
                with self.assertRaises(UserError) as caught:
                    self.note.with_env(env).credibility = '1'
                self.assertIn(profile.display_name, str(caught.exception))
        profile.with_user(self.user_sales_manager).action_retire()
        self.note.credibility = '1'
        self.assertEqual(profile.note_ids, self.note, "A retired version stays as it was")

    def test_not_from_the_side_of_the_note(self):
        profile = self._approve(self._create_profile())
        self.note.with_user(self.user_sales_salesman).write({'profile_ids': [Command.link(profile.id)]})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(profile.note_ids)


@tagged('post_install', '-at_install')
class TestMarketNoteReminder(MarketCommon):
    """Whoever wrote a note is asked once what it means."""

    def setUp(self):
        super().setUp()
        self.env['sop.market.note'].search([]).finding = 'neutral'
        self.note.finding = False

    def _run(self, days=31):
        self.note.date = fields.Date.today() - timedelta(days=days)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('sales_sop.ir_cron_sop_market_note_remind').method_direct_trigger()
        self.env.invalidate_all()
        return self.note.activity_ids

    def test_after_the_days_of_the_company(self):
        self.assertFalse(self._run(days=30))
        activity = self._run(days=31)
        self.assertEqual(activity.user_id, self.user_sales_salesman)

    def test_once(self):
        self._run().action_done()
        self.assertFalse(self._run())

    def test_the_finding_ends_it(self):
        self.assertTrue(self._run())
        self.note.with_user(self.user_sales_leads).finding = 'threat'
        self.assertFalse(self.note.activity_ids)

    def test_not_when_the_meaning_is_known(self):
        self.note.finding = 'neutral'
        self.assertFalse(self._run())

    def test_a_company_without_a_limit(self):
        self.note.company_id.sop_market_note_days = 0
        self.assertFalse(self._run(days=400))

    def test_a_note_for_all_companies(self):
        self.note.company_id = False
        self.assertTrue(self._run())

    def test_an_author_who_left(self):
        self.user_sales_salesman.active = False
        self.assertFalse(self._run())
        self.assertTrue(self.note.reminded_date)

    def test_in_batches(self):
        old = fields.Date.today() - timedelta(days=60)
        notes = self.env['sop.market.note'].create([
            {'name': f"Note {number}", 'summary': "x", 'date': old, 'user_id': self.user_sales_salesman.id}
            for number in range(7)])
        # Stopped after each batch, as by the server's time limit: it goes on where it was.
        for reminded in (3, 6, 7):
            with patch.object(type(self.env['ir.cron']), '_commit_progress', lambda *args, **kwargs: 0):
                notes._cron_remind(batch_size=3)
            self.assertEqual(len(notes.filtered('reminded_date')), reminded)
        self.assertEqual(len(notes.activity_ids), 7)


@tagged('post_install', '-at_install')
class TestMarketNoteAccess(MarketCommon):
    """Sales writes notes, the auditor reads them, others have nothing to do with them."""

    def test_roles(self):
        for user, rights in (
            (self.user_sales_salesman, {'read', 'write', 'create'}),
            (self.user_sales_manager, {'read', 'write', 'create', 'unlink'}),
            (self.user_auditor, {'read'}),
            (self.user_employee, set()), (self.user_portal, set()), (self.user_public, set()),
        ):
            for record in (self.note, self._create_profile()):
                found = {
                    operation for operation in ('read', 'write', 'create', 'unlink')
                    if record.with_user(user).has_access(operation)}
                with self.subTest(user=user.login, model=record._name):
                    self.assertEqual(found, rights)

    def test_another_company(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = new_test_user(
            self.env, 'sop_stranger', groups='sales_team.group_sale_manager', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        own = self._create_note(company_id=False)
        profile = self._create_profile(company_id=self.env.company.id)
        self.assertFalse(self.note.with_user(stranger).has_access('read'))
        self.assertFalse(profile.with_user(stranger).has_access('read'))
        self.assertTrue(own.with_user(stranger).has_access('read'))

    def test_a_link_takes_the_right_to_change_the_lead(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        note = self.note.with_user(self.user_sales_salesman)
        with self.assertRaises(AccessError):
            note.lead_ids = foreign
        with self.assertRaises(AccessError):
            self._create_note(note.env, lead_ids=foreign.ids)
        with self.assertRaises(AccessError):
            foreign.with_user(self.user_sales_salesman).sop_market_note_ids = note
        note.lead_ids = self.lead
        self.assertEqual(self.lead.sop_market_note_ids, self.note)

    def test_leads_and_notes_of_one_company(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        lead = self.env['crm.lead'].create({'name': "There", 'company_id': company.id, 'team_id': False})
        with self.assertRaises(ValidationError):
            self.note.lead_ids = lead
        with self.assertRaises(ValidationError):
            lead.sop_market_note_ids = self.note
        self.note.company_id = False
        lead.sop_market_note_ids = self.note

    def test_who_was_reminded_is_not_entered(self):
        note = self.note.with_user(self.user_sales_manager)
        with self.assertRaises(AccessError):
            note.reminded_date = '2026-01-01'
        with self.assertRaises(AccessError):
            self._create_note(note.env, reminded_date='2026-01-01')
        made = self._create_note(note.with_context(default_reminded_date='2026-01-01').env)
        self.assertFalse(made.reminded_date)


@tagged('post_install', '-at_install')
class TestMarketNoteHttp(MarketCommon, SalesSopHttpCommon):

    def test_doors_over_http(self):
        self.authenticate(self.user_sales_salesman.login, self.user_sales_salesman.login)
        profile = self._approve(self._create_profile(note_ids=self.note.ids))
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        for call in (
            ('sop.market.note', 'write', [self.note.ids, {'credibility': '1'}]),
            ('sop.market.note', 'write', [self.note.ids, {'lead_ids': [(4, foreign.id)]}]),
            ('sop.market.note', 'unlink', [self.note.ids]),
            ('sop.customer.profile', 'write', [profile.ids, {'name': "x"}]),
            ('sop.customer.profile', 'action_approve', [profile.ids]),
            ('sop.customer.profile', 'action_retire', [profile.ids]),
            ('sop.customer.profile', 'create', [[{'name': "x", 'state': 'approved'}]]),
        ):
            with self.subTest(call=call):
                self.assertForbidden(*call, context={'sop_engine': True, 'default_state': 'approved'})
        result, __ = self._call_kw(
            'sop.customer.profile', 'create', [[{'name': "x"}]],
            context={'default_state': 'approved', 'default_valid_to': '2099-01-01', 'default_version': 7})
        made = self.env['sop.customer.profile'].browse(result)
        self.assertEqual((made.state, made.valid_to, made.version), ('draft', False, 1))
