from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .offer_common import NOW
from .test_objection import ObjectionCommon


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestAnswerLibrary(ObjectionCommon):
    """What removed an objection is there for all."""

    def _answer(self, user=None, **values):
        return self.env(user=user or self.user_sales_salesman)['sop.objection.answer'].create({
            'name': "Too dear", 'category': 'price', 'answer': "<p>Service</p>", **values})

    def _use(self, answer, *endings):
        for ending in endings:
            objection = self._object(answer_id=answer.id)
            if ending:
                getattr(objection, f'action_{ending}')()

    def test_shipped_answers(self):
        shipped = self.env['sop.objection.answer'].search([('company_id', '=', False), ('state', '=', 'approved')])
        categories = {key for key, __ in shipped._fields['category'].selection}
        self.assertEqual(set(shipped.mapped('category')), categories, "One for each kind at least")

    def test_what_a_manager_took_back_stays_a_draft(self):
        answer = self.env.ref('sales_sop.sop_objection_answer_price_high')
        answer.with_user(self.user_sales_manager).action_redraft()
        self.env['sop.objection.answer']._sop_approve_shipped()
        self.assertEqual(answer.state, 'draft')

    def test_success_rate(self):
        self._use(self.answer, 'resolve', 'keep')
        self.assertEqual((self.answer.use_count, self.answer.success), (2, "too few uses"))
        self._use(self.answer, 'resolve', 'lose', None)
        self.answer.invalidate_recordset()
        self.assertEqual(
            (self.answer.use_count, self.answer.success_rate, self.answer.success), (5, 50, "50 %"))

    def test_success_costs_one_query(self):
        answers = self.env['sop.objection.answer'].browse([self._answer(name=str(n)).id for n in range(10)])
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(2):
            answers.mapped('success')

    def test_suggestions_best_first(self):
        better = self._answer(user=self.user_sales_manager, name="Better")
        special = self._answer(user=self.user_sales_manager, name="Special", competitor_id=self.competitor.id)
        (better | special).action_approve()
        self._use(better, 'resolve', 'resolve', 'resolve')
        self._use(self.answer, 'resolve', 'keep', 'keep')
        plain = self._object().suggested_answer_ids
        self.assertEqual(plain[0], better)
        self.assertIn(self.answer, plain)
        self.assertNotIn(special, plain, "Only beside objections about that competitor")
        self.assertEqual(self._object(competitor_id=self.competitor.id).suggested_answer_ids[0], special)
        self.assertFalse(self._object(category='risk').suggested_answer_ids & (better | special | self.answer))

    def test_drafts_are_offered_to_their_author(self):
        draft = self._answer(name="My own", category='authority')
        objection = self._object(category='authority')
        self.assertIn(draft, objection.suggested_answer_ids)
        self.assertNotIn(draft, self._as(self.user_sales_manager, objection).suggested_answer_ids)

    def test_use_from_the_suggestions(self):
        objection = self._object()
        self.answer.with_user(self.user_sales_salesman).with_context(sop_objection_id=objection.id).action_use()
        self.assertEqual((objection.answer_id, objection.response), (self.answer, "Look at the energy."))
        with self.assertRaises(UserError):
            self.answer.with_user(self.user_sales_salesman).action_use()

    def test_save_what_worked(self):
        objection = self._object(response="Energy <b>saves</b>", competitor_id=self.competitor.id)
        with self.assertRaises(UserError):
            objection.action_save_as_answer()
        objection.action_resolve()
        action = objection.action_save_as_answer()
        answer = self.env['sop.objection.answer'].browse(action['res_id'])
        self.assertEqual(
            (answer.name, answer.category, answer.state, answer.author_id, answer.competitor_id),
            ("Too dear", 'price', 'draft', self.user_sales_salesman, self.competitor))
        self.assertIn("&lt;b&gt;", answer.answer, "What customers and we said is text")
        self.assertEqual((objection.answer_id, objection.response), (answer, "Energy <b>saves</b>"))

    def test_who_changes_what(self):
        draft = self._answer()
        draft.name = "Far too dear"
        colleague = self.user_sales_leads
        with self.assertRaises(AccessError):
            draft.with_user(colleague).name = "x"
        with self.assertRaises(AccessError):
            draft.action_approve()
        draft.with_user(self.user_sales_manager).action_approve()
        with self.assertRaises(AccessError):
            draft.name = "x"
        with self.assertRaises(AccessError):
            self._answer(state='approved')
        with self.assertRaises(AccessError):
            self._answer(author_id=colleague.id)
        with self.assertRaises(AccessError):
            draft.with_user(self.user_sales_manager).write({'state': 'draft'})

    def test_nothing_said(self):
        for answer in ("<p><br></p>", "  "):
            with self.subTest(answer=answer), self.assertRaises(ValidationError):
                self._answer(answer=answer)

    def test_used_answers_are_kept(self):
        self._use(self.answer, None)
        with self.assertRaisesRegex(UserError, "Archive"):
            self.answer.with_user(self.user_sales_manager).unlink()

    def test_scripts_do_not_survive(self):
        answer = self._answer(answer='<p onclick="x()">Energy<script>alert(1)</script></p>')
        self.assertNotIn('script', answer.answer)
        self.assertNotIn('onclick', answer.answer)

    def test_search_by_words(self):
        found = self.env['sop.objection.answer'].with_user(self.user_sales_salesman).name_search("the energy")
        self.assertIn(self.answer.id, [answer_id for answer_id, __ in found])

    def test_other_company(self):
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self.answer.copy({'company_id': other.id, 'name': "Elsewhere"})
        with self.assertRaises(AccessError):
            self._as(self.user_sales_salesman, foreign).read(['name'])
        self._use(self.answer, None)
        with self.assertRaises(ValidationError):
            self.answer.with_user(self.env.user).company_id = other
