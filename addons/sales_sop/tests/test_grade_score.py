from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .grade_common import KEYS, GradeCommon


@tagged('post_install', '-at_install')
class TestGradeScore(GradeCommon):
    """From twelve answers to a score and a grade (§3.1, §3.2)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rate_by_hand()

    def test_test_values(self):
        for ratings, score, grade in (
            ([5] * 12, 100.0, 'a'),
            ([3] * 12, 60.0, 'b'),
            ([1] * 12, 20.0, 'd'),
            ([5, 3, 5, 3, 3, 3, 3, 3, 3, 3, 3, 2], 65.2, 'b'),
            ([4] * 12, 80.0, 'a'),
            ([2] * 12, 40.0, 'c'),
        ):
            with self.subTest(ratings=ratings):
                self._rate(*ratings)
                self.assertGrade(grade, score)
                self.assertEqual(self.lead.sop_completeness, 100)

    def test_shipped_weights(self):
        weights = [self.criteria[key].weight for key in KEYS]
        self.assertEqual(weights, [10, 8, 6, 8, 8, 12, 10, 8, 10, 8, 6, 6])
        self.assertEqual(self.criteria['fit_industry'].weight_total, 100)

    def test_unanswered_is_not_zero(self):
        lead = self._as(self.user_sales_salesman)
        lead.action_sop_rate({'need_clarity': 5, 'buy_budget': 0})
        self.assertEqual((lead.sop_score, lead.sop_completeness), (12.0, 22))
        lead.action_sop_rate({'buy_budget': False})
        self.assertEqual((lead.sop_score, lead.sop_completeness), (12.0, 12))
        self.assertEqual(lead.sop_ratings, {'need_clarity': 5})

    def test_knock_out(self):
        self._rate(*[5] * 11, 0)
        self.assertGrade('d', 94.0)
        self.assertEqual(self.lead.sop_knockout_id, self.criteria['buy_credit'])
        self.assertEqual(self._get_history()[-1].knockout_id, self.criteria['buy_credit'])
        self._as(self.user_sales_salesman).action_sop_rate({'buy_credit': 1})
        self.assertGrade('a', 95.2)
        self.assertFalse(self.lead.sop_knockout_id)

    def test_knock_out_is_open_to_the_manager(self):
        self._rate(*[5] * 11, 0)
        self._as(self.user_sales_manager).action_sop_adjust_grade(1, "Court ruling is void")
        self.assertGrade('c')

    def test_thresholds_are_settings(self):
        self._rate(*[3] * 12)
        self.env.ref('sales_sop.sop_grade_b').with_user(self.user_sales_manager).threshold = 61
        self.lead._sop_regrade("Test")
        self.assertGrade('c', 60.0)
        with self.assertRaises(ValidationError):
            self.env.ref('sales_sop.sop_grade_a').threshold = 50

    def test_weights_that_do_not_add_up(self):
        """A score is a share of what can be reached, so thresholds keep their meaning."""
        self._rate(*[3] * 12)
        self.criteria['buy_credit'].weight = 16
        self.assertEqual(self.criteria['buy_credit'].weight_total, 110)
        self.lead._sop_regrade("Test")
        self.assertGrade('b', 60.0)

    def test_criterion_switched_off_keeps_its_answer(self):
        self._rate(*[3] * 12)
        self.criteria['buy_credit'].active = False
        self.criteria['need_clarity'].weight = 18
        self._as(self.user_sales_salesman).action_sop_rate({'need_clarity': 5})
        self.assertGrade('b', 67.2)
        self.assertEqual(self.lead.sop_ratings['buy_credit'], 3)

    def test_no_criteria(self):
        self.env['sop.grade.criterion'].search([]).active = False
        self.lead._sop_regrade("Test")
        self.assertGrade('d', 0.0)

    def test_provisional_without_profile(self):
        self._rate(*[3] * 12)
        self.assertTrue(self.lead.sop_grade_is_provisional)
        profile = self._create_profile()
        self.lead._sop_regrade("Test")
        self.lead.invalidate_recordset()
        self.assertFalse(self.lead.sop_grade_is_provisional)
        self.assertEqual(self.lead.sop_profile_id, profile)

    def test_leads_without_a_procedure_are_not_graded(self):
        free = self._create_lead(team_id=self.env['crm.team'].create({'name': "Free"}).id, stage_id=self.stage_gen_1.id)
        free._sop_regrade("Test")
        self.assertGrade(False, lead=free)
        with self.assertRaisesRegex(UserError, "follows no procedure"):
            self._as(self.user_sales_salesman, free).action_sop_rate({'need_clarity': 5})

    def test_decay(self):
        if 'sop_missed_count' not in self.lead._fields:
            self.skipTest("The cadence is not there.")
        self._rate(*[5] * 12)
        self.env.cr.execute("UPDATE crm_lead SET sop_missed_count = 2 WHERE id = %s", [self.lead.id])
        self.lead.invalidate_recordset()
        self.lead._sop_regrade("Missed twice")
        self.assertGrade('b', 100.0)
        self.assertTrue(self.lead.sop_grade_is_decayed)
        self.env.cr.execute("UPDATE crm_lead SET sop_missed_count = 1 WHERE id = %s", [self.lead.id])
        self.lead.invalidate_recordset()
        self.lead._sop_regrade("Contacted")
        self.assertGrade('a', 100.0)
        self.assertFalse(self.lead.sop_grade_is_decayed)


@tagged('post_install', '-at_install')
class TestGradeByHand(GradeCommon):
    """The manager sets a grade one better or worse, with a reason, for a while (§3.3)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rate_by_hand()

    def setUp(self):
        super().setUp()
        self._rate(*[3] * 12)

    def test_shift_and_expiry(self):
        manager = self._as(self.user_sales_manager)
        with freeze_time('2026-03-02 08:00:00'):
            manager.action_sop_adjust_grade(1, "Reference customer")
            self.assertGrade('a', 60.0)
            self.assertEqual(str(self.lead.sop_grade_manual_until), '2026-05-01')
            self.assertEqual(self.lead.sop_grade_manual_by_id, self.user_sales_manager)
        with freeze_time('2026-05-01 08:00:00'):
            self.lead._sop_regrade("Last day")
            self.assertGrade('a')
        with freeze_time('2026-05-02 08:00:00'):
            self._run_job()
            self.assertGrade('b')
        self.assertFalse(self.lead.sop_grade_manual)
        self.assertFalse(self.lead.sop_grade_manual_reason)
        self.assertEqual(self._get_history()[-1].reason, "The manual grade expired.")

    def test_one_worse_and_taken_back(self):
        manager = self._as(self.user_sales_manager)
        manager.action_sop_adjust_grade(-1, "Pays late")
        self.assertGrade('c')
        manager.action_sop_clear_adjustment()
        self.assertGrade('b')
        self.assertEqual(self._get_history().mapped('reason')[-2:], ["Pays late", "The manual grade was taken back."])
        with self.assertRaises(UserError):
            manager.action_sop_clear_adjustment()

    def test_no_grade_beyond_the_ends(self):
        manager = self._as(self.user_sales_manager)
        self._rate(*[5] * 12)
        manager.action_sop_adjust_grade(1, "Best of all")
        self.assertGrade('a')
        self.assertEqual(self._get_history()[-1].shift, 1, "It is logged although the grade stays")
        self._rate(*[1] * 12)
        manager.action_sop_adjust_grade(-1, "Worst of all")
        self.assertGrade('d')

    def test_needs_a_manager_and_a_reason(self):
        with self.assertRaises(AccessError):
            self._as(self.user_sales_salesman).action_sop_adjust_grade(1, "I like them")
        with self.assertRaises(AccessError):
            self._as(self.user_auditor).action_sop_adjust_grade(1, "I like them")
        manager = self._as(self.user_sales_manager)
        for shift, reason in (
            (1, ""), (1, "  "), (1, None), (2, "Much"), (0, "None"), (True, "Yes"), (None, "None"), ('1', "Text"),
        ):
            with self.subTest(shift=shift, reason=reason), self.assertRaises(UserError):
                manager.action_sop_adjust_grade(shift, reason)
        manager.action_sop_adjust_grade(1, "Reference customer")
        with self.assertRaises(AccessError):
            self._as(self.user_sales_salesman).action_sop_clear_adjustment()

    def test_without_end(self):
        self.company.sop_grade_manual_days = 0
        self._as(self.user_sales_manager).action_sop_adjust_grade(1, "For good")
        self.assertFalse(self.lead.sop_grade_manual_until)
        with freeze_time('2050-01-01'):
            self.lead._sop_regrade("Much later")
            self.assertGrade('a')


@tagged('post_install', '-at_install')
class TestGradeDoors(GradeCommon):
    """Who may answer, who may read, and that nobody writes a grade."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rate_by_hand()

    def test_results_are_not_written(self):
        for user in (self.user_sales_salesman, self.user_sales_manager):
            for vals in (
                {'sop_grade': 'a'}, {'sop_score': 99.0}, {'sop_ratings': {'need_clarity': 5}}, {'sop_grade_manual': 1},
                {'sop_completeness': 100}, {'sop_grade_is_decayed': False}, {'sop_knockout_id': False},
                {'sop_grade_manual_until': '2099-01-01'}, {'sop_graded_by_id': user.id},
                {'sop_grade_date': '2026-01-01'}, {'sop_profile_id': False},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(AccessError):
                    self._as(user).write(vals)
        with self.assertRaises(AccessError):
            self.lead.sudo().write({'sop_grade': 'a'})
        with self.assertRaises(AccessError):
            self._create_lead(self.env(user=self.user_sales_salesman), sop_grade='a')
        lead = self._create_lead(self.env(user=self.user_sales_salesman, context={'default_sop_grade': 'a'}))
        self.assertFalse(lead.sop_grade)

    def test_history_is_not_written(self):
        self._rate(*[3] * 12)
        row = self._get_history()
        for env in (self.env(user=self.user_sales_manager), self.env):
            with self.subTest(user=env.user.login):
                with self.assertRaises(AccessError):
                    row.with_env(env).write({'to_grade': 'a'})
                with self.assertRaises(AccessError):
                    row.with_env(env).unlink()
                with self.assertRaises(AccessError):
                    env['sop.grade.history'].create({'lead_id': self.lead.id, 'date': '2026-01-01', 'to_grade': 'a'})

    def test_history_says_who_and_why(self):
        self._rate(*[3] * 12)
        self.lead._sop_regrade("By itself")
        row = self._get_history()
        self.assertEqual(len(row), 1, "A grade that stays is not logged")
        self.assertEqual(
            (row.from_grade, row.to_grade, row.score, row.completeness, row.user_id, row.reason),
            (False, 'b', 60.0, 100, self.user_sales_salesman, "The score sheet was answered."))
        self.assertEqual(row.ratings, dict.fromkeys(KEYS, 3))
        self.assertEqual(self.lead.sop_graded_by_id, self.user_sales_salesman)
        self.lead.with_user(self.user_sales_manager)._sop_regrade("Nothing rated")
        self.assertEqual(self.lead.sop_graded_by_id, self.user_sales_salesman)

    def test_who_may_answer(self):
        other = self._create_lead(user_id=self.user_sales_manager.id)
        with self.assertRaises(AccessError):
            self._as(self.user_sales_salesman, other).action_sop_rate({'need_clarity': 5})
        for user in (self.user_auditor, self.user_employee, self.user_portal, self.user_public):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user).action_sop_rate({'need_clarity': 5})

    def test_odd_answers(self):
        lead = self._as(self.user_sales_salesman)
        for ratings in (
            {'need_clarity': 6}, {'need_clarity': -1}, {'need_clarity': '3'}, {'need_clarity': 3.5},
            {'need_clarity': True}, {'need_clarity': [3]}, {'nothing': 3}, {None: 3}, {5: 3}, [3], None, "need_clarity",
        ):
            with self.subTest(ratings=ratings), self.assertRaises(UserError):
                lead.action_sop_rate(ratings)
        self.assertFalse(lead.sop_ratings)

    def test_who_may_read(self):
        self._rate(*[3] * 12)
        sheet = self._as(self.user_auditor).get_sop_score_sheet()
        self.assertFalse(sheet['can_rate'] or sheet['can_adjust'])
        for user in (self.user_employee, self.user_portal, self.user_public):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user).get_sop_score_sheet()
        history = self.env['sop.grade.history']
        self.assertTrue(history.with_user(self.user_auditor).search_count([('lead_id', '=', self.lead.id)]))
        other = self._create_lead(user_id=self.user_sales_manager.id)
        self._as(self.user_sales_manager, other).action_sop_rate({'need_clarity': 5})
        self.assertFalse(history.with_user(self.user_sales_salesman).search_count([('lead_id', '=', other.id)]))
        with self.assertRaises(AccessError):
            self._get_history(other).with_user(self.user_sales_salesman).read(['to_grade'])

    def test_settings_are_the_managers(self):
        for record in (
            self.criteria['need_clarity'], self.criteria['need_clarity'].level_ids[0],
            self.env.ref('sales_sop.sop_grade_a'),
        ):
            with self.subTest(record=record), self.assertRaises(AccessError):
                record.with_user(self.user_sales_salesman).write({'name': "Mine"})
            record.with_user(self.user_sales_manager).write({'name': "Ours"})
        with self.assertRaises(ValidationError):
            self.env.ref('sales_sop.sop_grade_a').with_user(self.user_sales_manager).unlink()

    def test_merged_leads(self):
        """Answers and history of both stay."""
        other = self._create_lead(name="Ten more pumps")
        self._as(self.user_sales_salesman).action_sop_rate({'need_clarity': 5})
        self._as(self.user_sales_salesman, other).action_sop_rate({'need_clarity': 1, 'buy_budget': 5})
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity()
        merged = merged.sudo()
        self.assertEqual(set(merged.sop_ratings), {'need_clarity', 'buy_budget'})
        self.assertEqual(len(self._get_history(merged)), 2)
        self.assertEqual(merged.sop_completeness, 22)
