from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import as_engine
from .grade_common import GradeCommon


@tagged('post_install', '-at_install')
class TestGradeItself(GradeCommon):
    """Criteria that rate themselves by the data of the lead and the profile it is held against."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls._create_profile(
            state_ids=[Command.set(cls.env.ref('base.state_us_5').ids)],
            partner_state_ids=[Command.set(cls.env.ref('base.state_us_6').ids)])

    def _get_rating(self, key):
        self.lead.invalidate_recordset()
        return (self.lead.sop_ratings or {}).get(key)

    def assertRatings(self, key, *pairs):
        """Each of the values gives its rating."""
        lead = self._as(self.user_sales_salesman)
        for vals, rating in pairs:
            with self.subTest(vals=vals):
                lead.write(vals)
                self.assertEqual(self._get_rating(key), rating)

    def test_industry(self):
        unknown = self.env['res.partner.industry'].create({'name': "Bakeries"})
        self.assertRatings(
            'fit_industry',
            ({'sop_industry_id': self.industry.id}, 5), ({'sop_industry_id': self.neighbour.id}, 3),
            ({'sop_industry_id': unknown.id}, 1), ({'sop_industry_id': self.excluded.id}, 0),
            ({'sop_industry_id': False}, None))

    def test_excluded_industry_knocks_out(self):
        self._as(self.user_sales_salesman).sop_industry_id = self.excluded
        self.assertGrade('d')
        self.assertEqual(self.lead.sop_knockout_id, self.criteria['fit_industry'])

    def test_size(self):
        self.assertRatings(
            'fit_size', ({'sop_size_band': 'medium'}, 5), ({'sop_size_band': 'small'}, 3),
            ({'sop_size_band': 'large'}, 3), ({'sop_size_band': 'micro'}, 1), ({'sop_size_band': False}, None))

    def test_region(self):
        france, us = self.env.ref('base.fr'), self.env.ref('base.us')
        self.assertRatings(
            'fit_region', ({'country_id': self.env.ref('base.cn').id}, 5),
            ({'country_id': us.id, 'state_id': self.env.ref('base.state_us_5').id}, 5),
            ({'country_id': us.id, 'state_id': self.env.ref('base.state_us_6').id}, 3),
            ({'country_id': france.id, 'state_id': False}, 1), ({'country_id': False, 'state_id': False}, None))

    def test_habit(self):
        self.assertRatings(
            'fit_habit', ({'sop_purchase_habit': 'direct'}, 5), ({'sop_purchase_habit': 'tender'}, 3),
            ({'sop_purchase_habit': 'distributor'}, 1), ({'sop_purchase_habit': False}, None))

    @freeze_time('2026-03-02 08:00:00')
    def test_urgency(self):
        self.assertRatings(
            'need_urgency', ({'date_deadline': '2026-06-02'}, 5), ({'date_deadline': '2026-06-03'}, 3),
            ({'date_deadline': '2026-09-03'}, 1), ({'date_deadline': '2027-03-03'}, 0),
            ({'date_deadline': '2026-03-01'}, None), ({'date_deadline': False}, None))

    def test_decision_maker(self):
        role = {code: self.env.ref(f'sales_sop.sop_stakeholder_role_{code}').id for code in ('gate', 'decision')}
        self.assertRatings(
            'fit_decision',
            ({'sop_stakeholder_ids': [Command.create({'name': "Li", 'role_id': role['gate']})]}, 1),
            ({'sop_stakeholder_ids': [Command.create({'name': "Wang", 'role_id': role['decision']})]}, 3))

    def test_not_by_hand(self):
        lead = self._as(self.user_sales_salesman)
        with self.assertRaisesRegex(UserError, "rates itself"):
            lead.action_sop_rate({'fit_industry': 5})
        with self.assertRaisesRegex(UserError, "rates itself"):
            lead.action_sop_rate({'need_urgency': 5})

    def test_by_hand_without_a_profile(self):
        """What compares with a profile is answered by a person as long as there is none."""
        self.profile.with_user(self.user_sales_manager).action_retire()
        lead = self._as(self.user_sales_salesman)
        lead.action_sop_rate({'fit_industry': 5})
        self.assertGrade('d', 10.0)
        with self.assertRaisesRegex(UserError, "rates itself"):
            lead.action_sop_rate({'need_urgency': 5})
        self._create_profile()
        lead.sop_industry_id = self.neighbour
        self.assertGrade('d', 6.0)

    def test_profile_by_rule(self):
        special = self._create_profile(
            name="Big", sequence=1, domain="[('expected_revenue', '>', 1000)]", size_band='large')
        lead = self._as(self.user_sales_salesman)
        lead.sop_size_band = 'large'
        self.assertEqual((self.lead.sop_profile_id, self._get_rating('fit_size')), (self.profile, 3))
        lead.expected_revenue = 5000
        self.assertEqual(self._get_rating('fit_size'), 5)
        self.assertEqual(self.lead.sop_profile_id, special)

    def test_history_keeps_profile_and_version(self):
        self.profile.with_user(self.user_sales_manager).action_new_version()
        draft = self.env['sop.customer.profile'].search([('code', '=', self.profile.code), ('state', '=', 'draft')])
        draft.action_approve()
        self._as(self.user_sales_salesman).sop_industry_id = self.industry
        row = self._get_history()
        self.assertEqual((row.profile_id, row.profile_version), (draft, 2))

    def test_expired_profile(self):
        self._as(self.user_sales_salesman).sop_industry_id = self.industry
        self.assertFalse(self.lead.sop_grade_is_provisional)
        with freeze_time(self.profile.valid_to + timedelta(days=1)):
            self._run_job()
        self.lead.invalidate_recordset()
        self.assertTrue(self.lead.sop_grade_is_provisional)
        self.assertFalse(self.lead.sop_profile_id)

    def test_predicted_probability(self):
        """The example that is shipped switched off."""
        self.criteria['buy_engage'].active = False
        predicted = self.env.ref('sales_sop.sop_grade_criterion_buy_probability')
        self.assertFalse(predicted.active)
        predicted.active = True
        self.assertEqual(predicted.weight_total, 100)
        for probability, rating in ((90, 5), (60, 3), (25, 1), (5, 0)):
            with self.subTest(probability=probability):
                self.env.cr.execute(
                    "UPDATE crm_lead SET automated_probability = %s WHERE id = %s", [probability, self.lead.id])
                self.lead.invalidate_recordset()
                self.lead._sop_regrade("Test")
                self.assertEqual(self._get_rating('buy_probability'), rating)

    def test_conditions_are_checked(self):
        level = self.criteria['need_clarity'].level_ids[0].with_user(self.user_sales_manager)
        for domain in (
            "[('no_such_field', '=', 1)]", "[('name', '=', profile.no_such_name)]", "nonsense", "[(",
            "__import__('os')", "[('name', '=', self.env)]", "[('name', '=', profile.__class__)]",
            "[('expected_revenue', '>')]",
        ):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                level.domain = domain
        level.domain = "[('expected_revenue', '>', 1000)]"
        self._as(self.user_sales_salesman).expected_revenue = 2000
        self.assertEqual(self._get_rating('need_clarity'), 5)

    def test_broken_condition_rates_nobody(self):
        level = self.criteria['need_clarity'].level_ids[0]
        self.env.cr.execute(
            "UPDATE sop_grade_level SET domain = %s WHERE id = %s", ["[('gone', '=', 1)]", level.id])
        level.invalidate_recordset()
        self.env.registry.clear_cache()
        with mute_logger('odoo.addons.sales_sop.grade_query'):
            self._as(self.user_sales_salesman).sop_industry_id = self.industry
        self.assertIsNone(self._get_rating('need_clarity'))
        self.assertEqual(self._get_rating('fit_industry'), 5)

    def test_rules_of_the_reader_do_not_count(self):
        """A condition sees what is there, not what the person at work may see."""
        other = self._create_lead(user_id=self.user_sales_manager.id, partner_id=self.contact_1.id)
        self.lead.partner_id = self.contact_1
        self.criteria['need_clarity'].level_ids[0].domain = (
            f"[('partner_id.opportunity_ids', 'any', [('id', '=', {other.id})])]")
        self._as(self.user_sales_salesman).expected_revenue = 1
        self._as(self.user_sales_salesman).sop_size_band = 'medium'
        self.assertEqual(self._get_rating('need_clarity'), 5)


@tagged('post_install', '-at_install')
class TestGradeWhen(GradeCommon):
    """When leads are graded anew, and what that costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls._create_profile()
        cls.lead._sop_regrade("Start")
        cls.env['res.company'].search([]).sop_regrade_from = False

    def _create_leads(self, count):
        return self.env['crm.lead'].create([{
            'name': f"Lead {number}", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
            'stage_id': self.stage_team1_1.id, 'user_id': self.user_sales_salesman.id,
            'email_from': 'buyer@customer.example.com', 'sop_industry_id': self.industry.id,
        } for number in range(count)])

    def _count(self, act):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        act()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_new_lead_by_hand(self):
        env = self.env(user=self.user_sales_salesman)
        values = {
            'name': "By hand", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
            'stage_id': self.stage_team1_1.id, 'sop_industry_id': self.industry.id}
        answer = env['crm.lead'].web_save(values, {'sop_grade': {}, 'sop_score': {}})
        self.assertEqual((answer[0]['sop_grade'], answer[0]['sop_score']), ('d', 10.0))

    def test_process_that_waits_for_an_answer(self):
        """Leads of a procedure from before the grading get no grade that nobody asked for."""
        as_engine(self.process).is_graded = False
        lead = self._create_leads(1)
        self._run_job()
        lead.with_user(self.user_sales_salesman).sop_size_band = 'medium'
        self.assertFalse(lead.sop_grade_date)
        self._as(self.user_sales_salesman, lead).action_sop_rate({'need_clarity': 5})
        before = lead.sop_score
        self.assertTrue(lead.sop_grade)
        lead.with_user(self.user_sales_salesman).sop_size_band = False
        self.assertLess(lead.sop_score, before)

    def test_creating_costs_nothing_more(self):
        leads = self._create_leads(3)
        self.assertFalse(any(leads.mapped('sop_grade_date')))
        self._run_job()
        leads.invalidate_recordset()
        self.assertTrue(all(leads.mapped('sop_grade_date')))

    def test_stage(self):
        self.lead.date_deadline = False
        self.env.cr.execute("UPDATE crm_lead SET sop_grade_date = '2020-01-01' WHERE id = %s", [self.lead.id])
        self.lead.invalidate_recordset()
        self._do(self.lead, 'D1')
        self._as(self.user_sales_salesman).stage_id = self.stage_gen_1
        self.lead.invalidate_recordset()
        self.assertGreater(self.lead.sop_grade_date.year, 2020)

    def test_unrelated_data_is_not_graded(self):
        with patch.object(type(self.lead), '_sop_grade', lambda *args, **kwargs: self.fail("Graded")):
            self._as(self.user_sales_salesman).write({'name': "Other name", 'priority': '1', 'phone': '110'})

    def test_data_that_follows_from_other_data(self):
        """The country of a lead is that of its customer."""
        self.assertIn('partner_id', self.env['crm.lead']._get_sop_grade_triggers())
        customer = self.env['res.partner'].create({
            'name': "Paper Ltd", 'country_id': self.env.ref('base.cn').id, 'industry_id': self.industry.id})
        self._as(self.user_sales_salesman).partner_id = customer
        self.assertGrade('d', 16.0)

    def test_contact(self):
        self.env.cr.execute("UPDATE crm_lead SET sop_size_band = 'medium' WHERE id = %s", [self.lead.id])
        self.lead.invalidate_recordset()
        self.lead.with_user(self.user_sales_salesman)._sop_after_contact(self.env['sop.contact.log'])
        self.assertGrade('d', 8.0)

    def test_hook_tells_what_changed(self):
        told = []
        with patch.object(type(self.lead), '_sop_after_regrade', lambda leads, before: told.append((leads, before))):
            self.lead._sop_regrade("Nothing changed")
            self.assertFalse(told)
            self._as(self.user_sales_manager).action_sop_adjust_grade(1, "Reference")
        self.assertEqual([(leads.ids, before) for leads, before in told], [(self.lead.ids, {self.lead.id: 'd'})])

    def test_age(self):
        grade_d = self.env.ref('sales_sop.sop_grade_d')
        self.assertEqual(self._run_job(), [])
        with freeze_time(fields.Datetime.now() + timedelta(days=grade_d.regrade_days, minutes=1)):
            self.assertEqual(self._run_job(), [1])
            self.assertEqual(self._run_job(), [])

    def test_closed_leads_rest(self):
        self.lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        with freeze_time(fields.Datetime.now() + timedelta(days=400)):
            self.assertEqual(self._run_job(), [])

    def test_changed_settings(self):
        """All leads are graded anew, in batches; a run that is stopped goes on where it was."""
        leads = self._create_leads(24)
        self.assertEqual(self._run_job(), [10, 10, 4])
        with freeze_time(fields.Datetime.now() + timedelta(minutes=1)):
            self.criteria['fit_industry'].with_user(self.user_sales_manager).weight = 20
            self.criteria['need_clarity'].weight = 2
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2)):
            self.assertEqual(self._run_job(stop_after=1), [10])
            self.assertEqual(self._run_job(), [10, 5])
            self.assertEqual(self._run_job(), [])
        leads.invalidate_recordset()
        self.assertEqual(set(leads.mapped('sop_score')), {20.0})

    def test_killed_batch_is_done_again(self):
        self._create_leads(15)
        grade = type(self.lead)._sop_grade
        calls = []

        def grade_and_die(leads, *args, **kwargs):
            if calls:
                raise RuntimeError("Killed")
            calls.append(len(leads))
            return grade(leads, *args, **kwargs)
        with patch.object(type(self.lead), '_sop_grade', grade_and_die), suppress(RuntimeError):
            # No assertRaises: it would roll back the batch that was committed.
            self._run_job()
        self.assertEqual(calls, [10])
        self.assertEqual(self._run_job(), [5])

    def test_texts_grade_nobody_anew(self):
        before = self.company.sop_regrade_from
        with freeze_time(fields.Datetime.now() + timedelta(minutes=1)):
            self.criteria['fit_industry'].name = "Branch of industry"
            self.criteria['fit_industry'].level_ids[0].name = "In our profile"
            self.env.ref('sales_sop.sop_grade_a').effort = "Everything"
        self.assertEqual(self.company.sop_regrade_from, before)

    def test_queries_of_one_save(self):
        """A graded field costs at most five queries more than one that is not."""
        lead = self._as(self.user_sales_salesman)
        lead.sop_size_band = 'small'
        plain = self._count(lambda: lead.write({'referred': "Somebody"}))
        graded = self._count(lambda: lead.write({'sop_size_band': 'medium'}))
        self.assertLessEqual(graded - plain, 5)

    def _mute_hook(self):
        """What follows a new grade is measured where it is done."""
        self.patch(type(self.lead), '_sop_after_regrade', lambda leads, before: None)

    def test_queries_of_many(self):
        self._mute_hook()
        counts = set()
        self.lead._sop_grade("What is cached for good")
        for size in (2, 50, 200):
            leads = self._create_leads(size)
            counts.add(self._count(lambda leads=leads: leads._sop_grade("Test")))
        self.assertEqual(len(counts), 1, counts)

    def test_queries_of_answers(self):
        self._mute_hook()
        counts = set()
        self._as(self.user_sales_salesman).action_sop_rate({'need_clarity': 3})
        for size in (2, 50, 100):
            leads = self._as(self.user_sales_salesman, self._create_leads(size))
            counts.add(self._count(lambda leads=leads: leads.action_sop_rate({'need_clarity': 3})))
        self.assertLessEqual(max(counts) - min(counts), 2, counts)


@tagged('post_install', '-at_install')
class TestGradeCompany(GradeCommon):
    """Settings of one company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rate_by_hand()
        cls.other_company = cls.env['res.company'].create({'name': "Other company"})

    def test_own_settings_come_first(self):
        self._rate(*[3] * 12)
        self.env['sop.grade'].create({
            'code': 'b', 'name': "Develop", 'threshold': 70, 'company_id': self.other_company.id})
        self.lead._sop_regrade("Other company's settings")
        self.assertGrade('b')
        self.env['sop.grade'].create({'code': 'b', 'name': "Develop", 'threshold': 70, 'company_id': self.company.id})
        self.lead._sop_regrade("Own settings")
        self.assertGrade('c')

    def test_own_criterion_hides_the_shared_one(self):
        self._rate(*[5] * 12)
        self.env['sop.grade.criterion'].create([
            {'name': "Need", 'key': 'need_clarity', 'group': 'need', 'weight': 0, 'company_id': self.company.id},
            {'name': "Safety", 'key': 'need_safety', 'group': 'need', 'weight': 12, 'company_id': self.company.id},
        ])
        self.lead._sop_regrade("Own settings")
        self.assertGrade('a', 88.0)
        self.assertEqual(self.lead.sop_completeness, 88)
        scheme = self.env['sop.grade.criterion']._get_scheme(self.other_company)
        self.assertNotIn('need_safety', [criterion.key for criterion in scheme.criteria])

    def test_batch_of_several_companies(self):
        abroad = self._create_lead(company_id=self.other_company.id, user_id=False)
        self.assertTrue(abroad.sop_process_id)
        self.env['sop.grade'].create(
            {'code': 'b', 'name': "Develop", 'threshold': 70, 'company_id': self.other_company.id})
        (self.lead | abroad).action_sop_rate(dict.fromkeys(self.criteria.keys() - {'buy_probability'}, 3))
        self.assertGrade('b', 60.0)
        self.assertGrade('c', 60.0, lead=abroad)

    def test_settings_of_a_foreign_company_are_hidden(self):
        own = self.env['sop.grade.criterion'].create(
            {'name': "Safety", 'key': 'need_safety', 'group': 'need', 'weight': 12, 'company_id': self.other_company.id,
             'level_ids': [Command.create({'name': "Yes", 'rating': '5'})]})
        manager = self.user_sales_manager
        self.assertNotIn(own, self.env['sop.grade.criterion'].with_user(manager).search([]))
        self.assertNotIn(own.level_ids, self.env['sop.grade.level'].with_user(manager).search([]))


@tagged('post_install', '-at_install')
class TestScoreSheet(GradeCommon):
    """What the score sheet shows."""

    def _get_row(self, key, user=None):
        sheet = self._as(user or self.user_sales_salesman).get_sop_score_sheet()
        return next(row for group in sheet['groups'] for row in group['rows'] if row['key'] == key)

    def test_sheet(self):
        self._create_profile()
        lead = self._as(self.user_sales_salesman)
        lead.write({'sop_industry_id': self.neighbour.id})
        lead.action_sop_rate({'need_clarity': 5})
        sheet = lead.get_sop_score_sheet()
        self.assertEqual([(group['key'], group['weight'], group['points']) for group in sheet['groups']],
                         [('fit', 40, 6.0), ('need', 30, 12.0), ('buy', 30, 0)])
        self.assertEqual((sheet['grade'], sheet['score'], sheet['completeness']), ('d', 18.0, 22))
        self.assertEqual((sheet['next']['grade'], sheet['next']['points']), ('c', 22.0))
        self.assertEqual([entry['threshold'] for entry in sheet['thresholds']], [80, 60, 40, 0])
        self.assertEqual(sheet['profile'], "Paper makers v1")
        self.assertTrue(sheet['can_rate'])
        self.assertFalse(sheet['can_adjust'])
        self.assertEqual(len(sheet['history']), sheet['history_count'])
        industry = self._get_row('fit_industry')
        self.assertTrue(industry['is_automatic'])
        self.assertEqual(industry['facts'], [{'label': "Industry", 'value': "Board mills"}])
        self.assertEqual(self._get_row('fit_size')['missing'], ["Size of the Customer"])
        clarity = self._get_row('need_clarity')
        self.assertEqual((clarity['rating'], clarity['points'], clarity['is_automatic']), (5, 12.0, False))
        self.assertEqual([level['text'] for level in clarity['levels']],
                         ["In writing", False, "By word of mouth", False, "Inferred", "None"])

    def test_zero_is_an_answer(self):
        self._as(self.user_sales_salesman).action_sop_rate({'need_clarity': 0})
        self.assertIs(type(self._get_row('need_clarity')['rating']), int)
        self.assertIs(self._get_row('buy_budget')['rating'], False)

    def test_language_of_the_reader(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.criteria['need_clarity'].with_context(lang='fr_FR').name = "Besoin exprimé"
        lead = self._as(self.user_sales_salesman).with_context(lang='fr_FR')
        names = [row['name'] for group in lead.get_sop_score_sheet()['groups'] for row in group['rows']]
        self.assertIn("Besoin exprimé", names)

    def test_no_sheet_without_a_procedure(self):
        free = self._create_lead(team_id=self.env['crm.team'].create({'name': "Free"}).id, stage_id=self.stage_gen_1.id)
        self.assertFalse(self._as(self.user_sales_salesman, free).get_sop_score_sheet())


@tagged('post_install', '-at_install')
class TestPriorityList(GradeCommon):
    """The manager confirms the list of the week for all chosen leads at once (S1 exit)."""

    @classmethod
    def _prepare_stages(cls):
        first, *others = super()._prepare_stages()
        first['requirement_ids'].append(Command.create({
            'code': 'S1.E1', 'name': "On the list of priorities", 'sequence': 9,
            'group_id': cls.env.ref('sales_sop.group_sop_manager').id}))
        return [first, *others]

    def test_confirm(self):
        leads = self.lead | self._create_lead(name="Second") | self._create_lead(name="Third")
        manager = self._as(self.user_sales_manager, leads)
        self.assertEqual(manager[:1].action_sop_confirm_priority()['params']['type'], 'success')
        self.assertIn('2', manager.action_sop_confirm_priority()['params']['message'])
        self.assertEqual(manager.action_sop_confirm_priority()['params']['type'], 'warning')
        for lead in leads:
            self.assertEqual(self._get_check(lead, 'S1.E1').done_by_id, self.user_sales_manager)

    def test_the_manager_confirms(self):
        with self.assertRaises(UserError):
            self._as(self.user_sales_salesman).action_sop_confirm_priority()
        self.assertFalse(self._get_check(self.lead, 'S1.E1'))

    def test_best_first(self):
        self._rate_by_hand()
        second, third = self._create_lead(name="Second"), self._create_lead(name="Third")
        self._rate(*[5] * 12, lead=second)
        self._rate(*[3] * 12, lead=third)
        listed = self.env.ref('sales_sop.crm_lead_view_list_priority')
        self.assertIn('sop_grade', listed.arch)
        leads = self.env['crm.lead'].search(
            [('id', 'in', (self.lead | second | third).ids)], order='sop_grade, sop_score desc, id')
        self.assertEqual(leads, second | third | self.lead)
