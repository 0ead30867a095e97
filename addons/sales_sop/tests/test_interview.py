from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import each_actor
from .test_need import NOW, NeedCommon


class InterviewCommon(NeedCommon):
    """A talk that says everything it has to."""

    def _interview(self, lead=None, env=None, **values):
        env = env or self.env(user=self.user_sales_salesman)
        return env['sop.interview'].create({
            'lead_id': (lead or self.lead).id, 'date': NOW - timedelta(hours=2),
            'stakeholder_ids': [Command.set((lead or self.lead).sudo().sop_stakeholder_ids.ids)],
            'user_ids': [Command.set(self.user_sales_salesman.ids)],
            'challenge': "Bottles burst", 'goal': "Less waste", 'goal_value': 3, 'goal_unit': "%",
            'goal_date': date(2026, 12, 31), 'latent_need': "Wants fewer people at night", **values})


@tagged('post_install', '-at_install')
class TestInterviewQuestions(InterviewCommon):
    """Every interview starts with the questions of the company."""

    def test_the_active_questions_of_the_company(self):
        company = self.env['res.company'].create({'name': "Other"})
        questions = self.env['sop.interview.question']
        questions.search([]).active = False
        questions.create([
            {'name': "Second?", 'sequence': 2, 'mandatory': True}, {'name': "First?", 'sequence': 1},
            {'name': "Foreign?", 'company_id': company.id}, {'name': "Old?", 'active': False}])
        self.assertEqual(self._interview().answer_ids.mapped('name'), ["First?", "Second?"])
        foreign = self._create_lead(company_id=company.id, team_id=False, user_id=False)
        interview = self.env['sop.interview'].create({'lead_id': foreign.id})
        self.assertIn("Foreign?", interview.answer_ids.mapped('name'))

    def test_the_form_shows_them(self):
        action = self.lead.with_user(self.user_sales_salesman).action_sop_new_interview()
        interviews = self.env['sop.interview'].with_user(self.user_sales_salesman).with_context(**action['context'])
        with Form(interviews) as form:
            self.assertEqual(len(form.answer_ids), len(self.env['sop.interview.question'].search([])))
            with form.answer_ids.edit(0) as line:
                line.answer = "It leaks"
        self.assertEqual(form.record.stakeholder_ids, self.person)
        self.assertEqual(form.record.user_ids, self.user_sales_salesman)
        self.assertEqual(form.record.answer_ids[0].answer, "It leaks")

    def test_answers_keep_their_question(self):
        interview = self._interview()
        question = interview.sudo().answer_ids[0].question_id
        before = interview.answer_ids[0].name
        question.name = "Something else?"
        self.assertEqual(interview.answer_ids[0].name, before)
        question.unlink()
        self.assertEqual(interview.answer_ids[0].exists().name, before)

    def test_only_managers_write_the_list(self):
        for user in (self.user_sales_salesman, self.user_auditor):
            with self.assertRaises(AccessError):
                self.env['sop.interview.question'].with_user(user).create({'name': "x"})
        self.env['sop.interview.question'].with_user(self.user_sales_manager).create({'name': "x"})


@tagged('post_install', '-at_install')
class TestInterviewDone(InterviewCommon):
    """A talk that is done says what it has to, and is evidence from then on."""

    @each_actor
    def test_what_is_missing_is_named(self, env):
        for values, word in (
            ({'stakeholder_ids': False}, "people of the customer"), ({'user_ids': False}, "our people"),
            ({'challenge': " - "}, "the challenge"), ({'goal': False}, "the goal"),
            ({'goal_unit': " "}, "unit"), ({'goal_date': False}, "date of the goal"),
        ):
            interview = self._interview(env=env, **values)
            with self.subTest(values=values), self.assertRaises(UserError) as caught:
                interview.action_done()
            self.assertIn(word, str(caught.exception))
            self.assertIn("Ten pumps", str(caught.exception))

    def test_mandatory_questions(self):
        interview = self._interview()
        interview.answer_ids[0].mandatory = True
        with self.assertRaises(UserError) as caught:
            interview.action_done()
        self.assertIn(interview.answer_ids[0].name, str(caught.exception))
        interview.answer_ids[0].answer = "Since spring"
        interview.action_done()

    def test_bad_input(self):
        for values in (
            {'budget_from': 200, 'budget_to': 100}, {'budget_from': -1},
            {'stakeholder_ids': [Command.set(self.env['sop.stakeholder'].create(
                {'lead_id': self._create_lead().id, 'name': "Mr Wang"}).ids)]},
            {'user_ids': [Command.set(self.user_portal.ids)]},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._interview(**values)
        with self.assertRaises(UserError):
            self._interview(date=NOW + timedelta(hours=1)).action_done()

    def test_done(self):
        interview = self._interview()
        interview.action_done()
        self.assertEqual(
            (interview.state, interview.done_by_id, interview.done_date, interview.restate_date),
            ('done', self.user_sales_salesman, NOW, date(2026, 3, 6)))
        alert = self._get_alerts('restate')
        self.assertEqual((alert.user_id, alert.date_deadline), (self.user_sales_salesman, date(2026, 3, 6)))
        self.assertFalse(self._get_alerts('surface'))
        with self.assertRaises(UserError):
            interview.action_done()
        self._interview().action_done()
        self.assertEqual(len(self._get_alerts('restate')), 1)
        self._need()
        self._send()
        self.assertFalse(self._get_alerts('restate'))

    def test_no_limit_no_reminder(self):
        self.env.company.sop_restate_days = 0
        interview = self._interview()
        interview.action_done()
        self.assertEqual((interview.restate_date, len(self._get_alerts('restate'))), (False, 0))

    @each_actor
    def test_it_is_evidence(self, env):
        interview = self._interview(env=env)
        interview.action_done()
        answer = interview.answer_ids[0]
        for act in (
            lambda: interview.write({'challenge': "x"}), lambda: interview.unlink(),
            lambda: answer.write({'answer': "x"}), lambda: answer.unlink(),
            lambda: answer.create({'interview_id': interview.id, 'name': "x"}),
            lambda: interview.write({'answer_ids': [Command.clear()]}),
            lambda: self.lead.with_env(env).write({'sop_interview_ids': [Command.delete(interview.id)]}),
            lambda: self.lead.unlink(),
        ):
            with self.assertRaises(UserError):
                act()

    @each_actor
    def test_the_server_says_what_is_done(self, env):
        interview = self._interview(env=env)
        for values in (
            {'state': 'done'}, {'done_date': NOW}, {'done_by_id': self.user_sales_manager.id},
            {'restate_date': NOW.date()}, {'is_surface': True}, {'is_alerted': True},
        ):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    interview.write(values)
                with self.assertRaises(AccessError):
                    self._interview(env=env, **values)
        self.assertEqual(self._interview(env=env(context={'default_state': 'done'})).state, 'draft')

    def test_reopened_by_its_author_on_the_same_day(self):
        interview = self._interview()
        interview.action_done()
        with self.assertRaises(AccessError):
            interview.with_user(self.user_sales_manager).action_reopen()
        with freeze_time(NOW + timedelta(days=1)), self.assertRaises(AccessError):
            interview.action_reopen()
        interview.action_reopen()
        interview.challenge = "Bottles burst and leak"
        interview.action_done()
        with self.assertRaises(UserError):
            self._interview().action_reopen()

    def test_a_copy_corrects_it(self):
        interview = self._interview()
        interview.answer_ids[0].answer = "Since spring"
        interview.action_done()
        copy = interview.copy()
        self.assertEqual(
            (copy.state, copy.done_by_id.id, copy.challenge, copy.answer_ids[0].answer),
            ('draft', False, "Bottles burst", "Since spring"))


@tagged('post_install', '-at_install')
class TestInterviewSurface(InterviewCommon):
    """Who found only wishes did not ask deep enough."""

    def test_the_leader_hears_once(self):
        interview = self._interview(latent_need="-", deep_pain="n/a")
        self.assertTrue(interview.is_surface)
        interview.action_done()
        self.assertEqual(self._get_alerts('surface').user_id, self.user_sales_manager)
        interview.action_reopen()
        interview.action_done()
        self.assertEqual(len(self._get_alerts('surface')), 1)

    def test_pain_is_deep_enough(self):
        interview = self._interview(latent_need=False, deep_pain="Loses its best customer")
        interview.action_done()
        self.assertFalse(interview.is_surface or self._get_alerts('surface'))


@tagged('post_install', '-at_install')
class TestInterviewNeeds(InterviewCommon):
    """What was said becomes a need by one click."""

    def test_of_an_answer(self):
        interview = self._interview()
        answer = interview.answer_ids[0]
        with self.assertRaises(UserError):
            answer.action_make_need()
        answer.answer = " Since spring "
        answer.action_make_need()
        need = answer.need_id
        self.assertEqual(
            (need.name, need.origin, need.said_by_id, need.interview_id, need.state),
            ("Since spring", 'explicit', self.person, interview, 'draft'))
        with self.assertRaises(UserError):
            answer.action_make_need()

    def test_of_a_note(self):
        interview = self._interview(specific_req="Stainless steel")
        interview.action_make_need('specific_req')
        interview.action_make_need('latent_need')
        self.assertEqual(interview.need_ids.mapped('origin'), ['explicit', 'inferred'])
        for source in ('specific_req', 'deep_pain', 'goal', 'state', 'no_field', None):
            with self.subTest(source=source), self.assertRaises(UserError):
                interview.action_make_need(source)

    def test_of_a_talk_that_is_done(self):
        interview = self._interview()
        interview.answer_ids[0].answer = "Since spring"
        interview.action_done()
        interview.answer_ids[0].action_make_need()
        interview.action_make_need('latent_need')
        self.assertEqual(len(interview.need_ids), 2)

    def test_foreign_interviews(self):
        foreign = self._create_lead(name="Secret", user_id=self.user_sales_leads.id)
        interview = self._interview(foreign, env=self.env)
        mine = interview.with_user(self.user_sales_salesman)
        answer = mine.answer_ids.browse(interview.answer_ids[0].id)
        own = self._interview()
        for act in (
            lambda: self._interview(foreign), lambda: mine.read(['challenge']), lambda: mine.action_done(),
            lambda: mine.action_make_need('challenge'), lambda: answer.read(['answer']),
            lambda: answer.write({'answer': "x"}), lambda: answer.action_make_need(),
            lambda: answer.create({'interview_id': interview.id, 'name': "x"}),
            lambda: answer.create({'interview_id': interview.id, 'name': "x", 'lead_id': self.lead.id}),
            lambda: own.answer_ids[0].write({'lead_id': foreign.id}),
        ):
            self.env.invalidate_all()
            with self.assertRaises(AccessError) as caught, self.cr.savepoint():
                act()
            self.assertNotIn("Secret", str(caught.exception))
        with self.assertRaises(UserError):
            own.answer_ids[0].interview_id = interview.id
