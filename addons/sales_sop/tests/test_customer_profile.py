from datetime import timedelta

import psycopg2
from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged, users
from odoo.tools import mute_logger

from .test_market_note import MarketCommon


@tagged('post_install', '-at_install')
class TestProfileApproval(MarketCommon):
    """A profile counts once a second person has approved it."""

    def setUp(self):
        super().setUp()
        self.profile = self._create_profile()

    def test_approved_for_a_year(self):
        self.env.company.sop_profile_months = 12
        self._approve(self.profile)
        self.assertEqual(self.profile.state, 'approved')
        self.assertEqual(self.profile.approved_by_id, self.user_sales_manager)
        self.assertTrue(self.profile.approved_date)
        self.assertEqual(self.profile.valid_to, self.profile._get_today() + relativedelta(months=12))

    def test_without_a_limit(self):
        self.env.company.sop_profile_months = 0
        self._approve(self.profile)
        self.assertFalse(self.profile.valid_to or self.profile.is_expired)
        self.assertIn(self.profile, self.profile._get_current(self.env.company))

    def test_only_a_manager_approves(self):
        for user in (self.user_sales_salesman, self.user_sales_leads, self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.profile.with_user(user).action_approve()
            with self.subTest(user=user.login, sudo=True), self.assertRaises(AccessError):
                self.profile.with_user(user).sudo().action_approve()

    def test_not_what_one_wrote_oneself(self):
        own = self._create_profile(self.env(user=self.user_sales_manager))
        with self.assertRaises(UserError) as caught:
            own.action_approve()
        self.assertIn(own.display_name, str(caught.exception))
        other = new_test_user(self.env, 'sop_second_manager', groups='sales_team.group_sale_manager')
        own.with_user(other).action_approve()
        self.assertEqual(own.state, 'approved')

    def test_the_only_manager_may(self):
        group = self.env.ref('sales_sop.group_sop_manager')
        (group.all_user_ids - self.user_sales_manager).active = False
        own = self._create_profile(self.env(user=self.user_sales_manager))
        own.action_approve()
        self.assertEqual(own.state, 'approved')

    def test_a_manager_elsewhere_does_not_count(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        group = self.env.ref('sales_sop.group_sop_manager')
        elsewhere = new_test_user(
            self.env, 'sop_elsewhere', groups='sales_team.group_sale_manager', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        (group.all_user_ids - self.user_sales_manager - elsewhere).active = False
        own = self._create_profile(self.env(user=self.user_sales_manager), company_id=self.env.company.id)
        own.action_approve()
        self.assertEqual(own.state, 'approved')

    def test_all_that_is_asked(self):
        draft = self.env['sop.customer.profile'].with_user(self.user_sales_salesman).create({'name': "Empty"})
        with self.assertRaises(UserError) as caught:
            self._approve(draft)
        for label in ("Target Industries", "Size", "Purchasing Habits", "Key Decision-makers", "provinces"):
            self.assertIn(label, str(caught.exception))
            self.assertIn(label, draft.missing)
        province = self.env.ref('base.cn').state_ids[:1]
        self.profile.write({'country_ids': [Command.clear()], 'state_ids': [Command.set(province.ids)]})
        self.assertFalse(self.profile.missing)
        self._approve(self.profile)

    def test_twice(self):
        self._approve(self.profile)
        with self.assertRaises(UserError):
            self._approve(self.profile)

    def test_state_is_not_written(self):
        for env in (self.env, self.env(user=self.user_sales_manager)):
            for vals in (
                {'state': 'approved'}, {'valid_to': '2099-01-01'}, {'approved_by_id': env.uid}, {'version': 9},
                {'code': "X"}, {'approved_date': '2026-01-01'}, {'previous_id': self.profile.id},
            ):
                with self.subTest(user=env.user.login, vals=vals):
                    with self.assertRaises(AccessError):
                        self.profile.with_env(env).write(vals)
                    with self.assertRaises(AccessError):
                        self._create_profile(env, **vals)

    def test_an_industry_stands_in_one_list(self):
        for name in ('neighbour_industry_ids', 'excluded_industry_ids'):
            with self.subTest(field=name), self.assertRaises(ValidationError):
                self.profile[name] = self.industries[0]

    def test_a_broken_domain(self):
        for domain in ("[('nothing', '=', 1)]", "nonsense", "[('id', '=', 'x']"):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                self.profile.domain = domain


@tagged('post_install', '-at_install')
class TestProfileVersions(MarketCommon):
    """An approved profile stays what it was; a change is a new version."""

    def setUp(self):
        super().setUp()
        self.profile = self._approve(self._create_profile(note_ids=self.note.ids))

    def test_frozen(self):
        for env in (self.env, self.env(user=self.user_sales_manager)):
            for vals in (
                {'name': "x"}, {'domain': "[('type', '=', 'lead')]"}, {'size_band': 'small'},
                {'industry_ids': [Command.clear()]}, {'note_ids': [Command.clear()]}, {'company_id': False},
            ):
                with self.subTest(user=env.user.login, vals=vals), self.assertRaises(UserError):
                    self.profile.with_env(env).write(vals)
            with self.assertRaises(UserError):
                self.profile.with_env(env).unlink()

    def test_still_sorted_and_talked_about(self):
        profile = self.profile.with_user(self.user_sales_manager)
        profile.sequence = 3
        profile.message_post(body="Good work")
        profile.activity_schedule('mail.mail_activity_data_todo', user_id=self.user_sales_manager.id)
        self.assertTrue(profile.activity_ids)

    def _open_version(self, user):
        action = self.profile.with_user(user).action_new_version()
        return self.env['sop.customer.profile'].with_user(user).browse(action['res_id'])

    def test_a_new_version_replaces_the_old_one(self):
        draft = self._open_version(self.user_sales_salesman)
        self.assertEqual((draft.code, draft.version, draft.state), (self.profile.code, 2, 'draft'))
        self.assertEqual((draft.previous_id, draft.create_uid), (self.profile, self.user_sales_salesman))
        self.assertEqual((draft.industry_ids, draft.note_ids), (self.industries[0], self.note))
        self.assertFalse(draft.valid_to or draft.approved_by_id)
        draft.size_band = 'medium'
        self._approve(draft)
        self.assertEqual((self.profile.state, draft.state), ('retired', 'approved'))
        self.assertEqual(self.profile.size_band, 'large')

    def test_one_draft_at_a_time(self):
        draft = self._open_version(self.user_sales_salesman)
        self.assertEqual(self._open_version(self.user_sales_leads), draft)

    def test_a_new_version_leaves_rumours_behind(self):
        self.profile.with_user(self.user_sales_manager).action_retire()
        self.note.credibility = '1'
        self.assertFalse(self._open_version(self.user_sales_salesman).note_ids)

    def test_a_copy_is_another_profile(self):
        copy = self.profile.with_user(self.user_sales_salesman).copy()
        self.assertEqual((copy.state, copy.version), ('draft', 1))
        self.assertNotEqual(copy.code, self.profile.code)
        self._approve(copy)
        self.assertEqual(self.profile.state, 'approved')

    def test_retire(self):
        with self.assertRaises(AccessError):
            self.profile.with_user(self.user_sales_salesman).action_retire()
        self.profile.with_user(self.user_sales_manager).action_retire()
        self.assertEqual(self.profile.state, 'retired')
        with self.assertRaises(UserError):
            self.profile.with_user(self.user_sales_manager).action_retire()

    def test_what_it_is_made_of_is_kept(self):
        with mute_logger('odoo.sql_db'), self.assertRaises(psycopg2.errors.ForeignKeyViolation):
            self.industries[0].unlink()


@tagged('post_install', '-at_install')
class TestProfileExpiry(MarketCommon):
    """Profiles are reviewed once a year."""

    def setUp(self):
        super().setUp()
        self.profile = self._approve(self._create_profile())

    def _on(self, days):
        ahead = self.profile.valid_to - fields.Date.today() + timedelta(days=days)
        return freeze_time(fields.Datetime.now() + ahead)

    def _run(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('sales_sop.ir_cron_sop_customer_profile_review').method_direct_trigger()
        self.env.invalidate_all()
        return self.profile.activity_ids

    def test_expired(self):
        profiles = self.env['sop.customer.profile']
        with self._on(0):
            self.assertFalse(self.profile.is_expired)
            self.assertIn(self.profile, profiles._get_current(self.env.company))
        self.env.invalidate_all()
        with self._on(1):
            self.assertTrue(self.profile.is_expired)
            self.assertNotIn(self.profile, profiles._get_current(self.env.company))
            self.assertIn(self.profile, profiles.search([('is_expired', '=', True)]))
            self.assertNotIn(self.profile, profiles.search([('is_expired', '=', False)]))

    def test_a_review_is_asked_for_30_days_before(self):
        with self._on(-31):
            self.assertFalse(self._run())
        with self._on(-30):
            activity = self._run()
            self.assertEqual(activity.user_id, self.user_sales_manager)
            self.assertEqual(activity.date_deadline, self.profile.valid_to)
            self.assertEqual(len(self._run()), 1, "once")
            activity.action_done()
            self.assertFalse(self._run(), "once, done or not")

    def test_another_manager_when_the_approver_left(self):
        self.user_sales_manager.group_ids = self.env.ref('base.group_user')
        with self._on(-10):
            self.assertTrue(self._run().user_id.has_group('sales_sop.group_sop_manager'))

    def test_the_next_version_ends_it(self):
        with self._on(-10):
            self._run()
            action = self.profile.action_new_version()
            self._approve(self.env['sop.customer.profile'].browse(action['res_id']))
        self.assertFalse(self.profile.activity_ids)


@tagged('post_install', '-at_install')
class TestProfileMatching(MarketCommon):
    """The first approved profile that fits a lead is the one it is measured against."""

    def setUp(self):
        super().setUp()
        self.env['sop.customer.profile'].search([('state', '=', 'approved')])._sop_retire()
        self.lead_big = self._create_lead(name="Big", sop_size_band='large')
        self.lead_small = self._create_lead(name="Small", sop_size_band='small')
        self.leads = self.lead_big | self.lead_small

    def _match(self):
        matched = self.env['sop.customer.profile']._match_leads(self.leads)
        return {profile.name: set(leads.mapped('name')) for profile, leads in matched.items()}

    def test_nothing_without_an_approved_profile(self):
        self._create_profile()
        self.assertEqual(self._match(), {})

    def test_domain_and_order(self):
        self._approve(self._create_profile(name="All", sequence=20))
        self._approve(self._create_profile(name="Large", sequence=10, domain="[('sop_size_band', '=', 'large')]"))
        self.assertEqual(self._match(), {"Large": {"Big"}, "All": {"Small"}})

    def test_those_that_fit_none(self):
        self._approve(self._create_profile(name="Large", domain="[('sop_size_band', '=', 'large')]"))
        self.assertEqual(self._match(), {"Large": {"Big"}})

    def test_own_company_first(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        self.user_sales_manager.company_ids |= company
        self._approve(self._create_profile(name="General", sequence=1))
        self._approve(self._create_profile(name="Own", sequence=9, company_id=self.lead._get_sop_company().id))
        foreign = self._create_profile(self.env, name="Foreign", sequence=0, company_id=company.id)
        foreign.with_user(self.user_sales_manager).with_company(company).action_approve()
        self.assertEqual(self._match(), {"Own": {"Big", "Small"}})

    def test_a_domain_that_broke_fits_nobody(self):
        broken = self._approve(self._create_profile(name="Broken", sequence=1))
        self._approve(self._create_profile(name="All", sequence=2))
        self.env.cr.execute(
            "UPDATE sop_customer_profile SET domain = %s WHERE id = %s", ["[('gone', '=', 1)]", broken.id])
        self.env.invalidate_all()
        with self.assertLogs('odoo.addons.sales_sop', 'ERROR'):
            self.assertEqual(self._match(), {"All": {"Big", "Small"}})

    def test_queries_do_not_grow(self):
        self._approve(self._create_profile(domain="[('sop_size_band', '=', 'large')]"))
        counts = []
        for size in (2, 60):
            self.leads = self.env['crm.lead'].create([
                {'name': f"Lead {number}", 'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_1.id,
                 'user_id': self.user_sales_salesman.id} for number in range(size)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._match()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)


@tagged('post_install', '-at_install')
class TestLeadTraits(MarketCommon):
    """What is known of the customer is not typed again."""

    def setUp(self):
        super().setUp()
        self.customer = self.env['res.partner'].create({
            'name': "Iron Ltd.", 'is_company': True, 'industry_id': self.industries[0].id, 'sop_size_band': 'large',
            'sop_purchase_habit': 'tender', 'child_ids': [Command.create({'name': "Li"})]})

    def assertTraits(self, lead, industry, size, habit):
        self.assertEqual((lead.sop_industry_id, lead.sop_size_band, lead.sop_purchase_habit), (industry, size, habit))

    @users('user_sales_salesman')
    def test_taken_over_from_the_customer(self):
        lead = self._create_lead(self.env, partner_id=self.customer.child_ids.id)
        self.assertTraits(lead, self.industries[0], 'large', 'tender')
        self.customer.industry_id = self.industries[1]
        self.assertEqual(lead.sop_industry_id, self.industries[1])

    @users('user_sales_salesman')
    def test_entered_while_there_is_no_customer(self):
        lead = self._create_lead(
            self.env, sop_industry_id=self.industries[1].id, sop_size_band='small', sop_purchase_habit='direct',
            partner_name="New Ltd.", contact_name="Wang")
        self.assertTraits(lead, self.industries[1], 'small', 'direct')
        bare = self.env['res.partner'].create({'name': "Bare", 'is_company': True})
        lead.partner_id = bare
        self.assertTraits(lead, self.industries[1], 'small', 'direct')
        lead.partner_id = self.customer.with_env(self.env)
        self.assertTraits(lead, self.industries[0], 'large', 'tender')

    @users('user_sales_salesman')
    def test_given_to_the_customer_made_of_the_lead(self):
        lead = self._create_lead(
            self.env, sop_industry_id=self.industries[1].id, sop_size_band='small', sop_purchase_habit='direct',
            partner_name="New Ltd.", contact_name="Wang")
        lead._handle_partner_assignment(create_missing=True)
        company = lead.partner_id.commercial_partner_id
        self.assertEqual(company.name, "New Ltd.")
        self.assertEqual(
            (company.industry_id, company.sop_size_band, company.sop_purchase_habit),
            (self.industries[1], 'small', 'direct'))

    def test_the_profile_is_not_entered(self):
        profile = self._approve(self._create_profile())
        lead = self.lead.with_user(self.user_sales_manager)
        with self.assertRaises(AccessError):
            lead.sop_profile_id = profile
        with self.assertRaises(AccessError):
            self._create_lead(lead.env, sop_profile_id=profile.id)
        made = self._create_lead(self.env(user=self.user_sales_manager, context={'default_sop_profile_id': profile.id}))
        self.assertFalse(made.sop_profile_id)

    def test_merged_leads_keep_their_notes_and_traits(self):
        other = self._create_lead(sop_size_band='small', sop_market_note_ids=self.note.ids)
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual((merged.sop_market_note_ids, merged.sop_size_band), (self.note, 'small'))

    def test_the_facts_of_the_procedure(self):
        leads = self.env['crm.lead'].with_user(self.user_sales_salesman)
        domain = ['|', ('sop_market_note_ids', '!=', False), ('sop_profile_id', '!=', False)]
        self.assertNotIn(self.lead.id, leads.search(domain).ids)
        self.note.lead_ids = self.lead
        self.assertIn(self.lead.id, leads.search(domain).ids)
        self.assertTrue(self.lead.filtered_domain(domain))

    def test_creation_costs_no_query(self):
        """Beside a plain column, nothing is asked when a lead is created."""
        def count(**values):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._create_lead(**values)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before
        count(), count(partner_id=self.customer.id)
        with_traits = dict.fromkeys(('sop_industry_id', 'sop_size_band', 'sop_purchase_habit'), False)
        self.assertEqual(count(), count(**with_traits))
        self.assertEqual(count(partner_id=self.customer.id), count(partner_id=self.customer.id, **with_traits))
