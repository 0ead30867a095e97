from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL

from .common import SalesSopHttpCommon
from .solution_common import SolutionCommon


@tagged('post_install', '-at_install')
class TestSolutionReview(SolutionCommon):
    """Others than the authors review a solution, each by his position (S3.6)."""

    def setUp(self):
        super().setUp()
        self.solution = self._create_solution()

    def _get_review(self, role, user):
        return self.solution.sudo().review_ids.filtered(
            lambda review: review.role == role).with_user(user).sudo(False)

    def test_two_answers_at_once(self):
        """Each answer rewrites the lead, so that the second of two is tried again and sees the first."""
        self.solution.action_submit()
        for review, user in zip(self.solution.sudo().review_ids, (self.user_px, self.user_fin), strict=True):
            before = self._get_row_place()
            review.with_user(user).sudo(False).action_answer('ok')
            self.assertNotEqual(self._get_row_place(), before)
        self.assertEqual(self.solution.state, 'approved')

    def _get_row_place(self):
        self.env.flush_all()
        return self.env.execute_query(SQL("SELECT ctid FROM crm_lead WHERE id = %s", self.lead.id))

    def test_all_agree(self):
        self.solution.action_submit()
        self.assertEqual(self.solution.review_ids.mapped('role'), ['technical', 'cost'])
        self.assertEqual(self.solution.sudo().activity_ids.user_id, self.user_px | self.user_fin)
        self._get_review('technical', self.user_px).action_answer('ok')
        self.assertEqual(self.solution.state, 'review')
        self.assertEqual(self.solution.sudo().activity_ids.user_id, self.user_fin)
        self._get_review('cost', self.user_fin).action_answer('ok', "Margin is fine")
        self.assertEqual((self.solution.state, self.solution.approved_by_id), ('approved', self.user_fin))
        self.assertTrue(self.solution.approved_date)
        self.assertEqual(self.solution.sudo().review_ids[1].margin_seen, 25)
        self.assertFalse(self.solution.sudo().activity_ids)
        self.assertEqual(self.lead.sop_solution_state, 'approved')
        self.assertEqual(self.env['crm.lead'].with_user(self.user_sales_salesman).search(
            [('sop_solution_state', '=', 'approved'), ('id', '=', self.lead.id)]), self.lead)

    def test_one_rejects(self):
        self.solution.action_submit()
        review = self._get_review('cost', self.user_fin)
        for remark in ('', "  ", None):
            with self.assertRaises(UserError):
                review.action_answer('rejected', remark)
        review.action_answer('rejected', "The lathe is too cheap")
        self.assertEqual(self.solution.state, 'rejected')
        self.assertEqual(self.solution.review_ids.mapped('state'), ['void', 'rejected'])
        told = self.lead.activity_ids.filtered(lambda activity: "too cheap" in (activity.note or ''))
        self.assertEqual(told.user_id, self.user_sales_salesman)
        with self.assertRaises(UserError):
            self._get_review('technical', self.user_px).action_answer('ok')
        self.assertEqual(self.solution.action_new_version()['res_model'], 'sop.solution')

    def test_authors_do_not_review(self):
        """Neither who wrote it nor who submitted it, whatever position they hold."""
        self._hold('px', self.user_px | self.user_sales_salesman | self.user_sales_manager)
        self._hold('pre', self.user_px)
        self.solution.with_user(self.user_sales_manager).action_submit()
        review = self._get_review('technical', self.user_sales_salesman)
        self.assertEqual(review.sudo().asked_ids, self.user_px)
        for user in (self.user_sales_salesman, self.user_sales_manager):
            with self.assertRaises(UserError):
                review.with_user(user).action_answer('ok')
        self.assertEqual(review.state, 'open')

    def test_each_answers_his_own_part_once(self):
        self.solution.action_submit()
        technical, cost = (self._get_review(role, self.user_px) for role in ('technical', 'cost'))
        with self.assertRaises(UserError):
            cost.action_answer('ok')
        with self.assertRaises(UserError):
            technical.with_user(self.user_sales_manager).action_answer('ok')
        for answer in ('yes', '', None, 'void', 'open'):
            with self.assertRaises(UserError):
                technical.action_answer(answer)
        technical.action_answer('ok')
        with self.assertRaises(UserError):
            technical.action_answer('rejected', "No, after all")
        self.assertEqual(technical.state, 'ok')

    def test_system_reviews_nothing(self):
        self.solution.action_submit()
        for review in (self.solution.sudo().review_ids[0].with_user(self.env.ref('base.user_root')),
                       self.solution.review_ids[0].sudo()):
            with self.assertRaises(UserError):
                review.action_answer('ok')

    def test_reviewer_without_rights_in_sales(self):
        for user in (self.user_px, self.user_fin):
            with self.assertRaises(AccessError):
                self.solution.with_user(user).read(['summary'])
        self.solution.action_submit()
        for user in (self.user_px, self.user_fin):
            self.env.invalidate_all()
            solution = self.solution.with_user(user)
            self.assertEqual(solution.search([('is_my_review', '=', True)]), solution)
            self.assertTrue(solution.is_my_review)
            self.assertEqual(solution.coverage_ids[0].need_text, "Dry running")
            self.assertEqual(solution.value_ids.basis, "Trial run")
            self.assertEqual(len(solution.review_ids), 2)
            form = solution.web_read({
                'name': {}, 'lead_id': {'fields': {'display_name': {}}}, 'price_estimate': {}, 'missing': {},
                'coverage_ids': {'fields': {'need_text': {}, 'product_id': {'fields': {'display_name': {}}}}}})
            self.assertEqual(form[0]['lead_id']['display_name'], "Ten pumps")
            self.assertEqual(solution.action_review()['res_model'], 'sop.solution.answer')
            with self.assertRaises(AccessError):
                solution.lead_id.read(['name'])
            self._try_to_write(solution)
            solution.message_post(body="A question")

    def _try_to_write(self, solution):
        for act in (
            lambda: solution.write({'name': "x"}), lambda: solution.action_submit(),
            lambda: solution.action_new_version(), lambda: solution.action_new_quotation(),
            lambda: solution.coverage_ids[0].write({'met': 'none'}), lambda: solution.unlink(),
            lambda: solution.review_ids.write({'state': 'ok'}), lambda: solution.action_ask_again(),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()

    def test_dialog(self):
        self.solution.action_submit()
        answers = self.env['sop.solution.answer']
        for user, role in ((self.user_px, 'technical'), (self.user_fin, 'cost')):
            action = self.solution.with_user(user).action_review()
            answer = answers.with_user(user).with_context(**action['context']).create({})
            self.assertEqual((answer.role, answer.cost), (role, 1500 if role == 'cost' else 0))
            answer.action_agree()
        self.assertEqual(self.solution.state, 'approved')
        with self.assertRaises(UserError):
            self.solution.with_user(self.user_px).action_review()

    def test_nobody_else_holds_the_position(self):
        """In a small company a manager of the procedure reviews; never the author."""
        for code in ('pre', 'px', 'fin', 'gm'):
            self._hold(code, self.env['res.users'])
        self.solution.action_submit()
        self.assertIn(self.user_sales_manager, self.solution.sudo().review_ids[0].asked_ids)
        for role in ('technical', 'cost'):
            self._get_review(role, self.user_sales_manager).action_answer('ok')
        self.assertEqual(self.solution.state, 'approved')

    def test_nobody_at_all(self):
        for code in ('pre', 'px'):
            self._hold(code, self.env['res.users'])
        self.env.ref('sales_sop.group_sop_manager').sudo().all_user_ids.active = False
        with self.assertRaises(UserError) as caught:
            self.solution.action_submit()
        self.assertIn("Positions", str(caught.exception))

    def test_without_finance(self):
        self.env.company.sop_solution_cost_review = False
        self.solution.needs_quality = True
        self._hold('qua', self.user_fin)
        self.solution.action_submit()
        self.assertEqual(self.solution.review_ids.mapped('role'), ['technical', 'quality'])

    def test_ask_again(self):
        newcomer = new_test_user(self.env, 'sop_px_two', groups='base.group_user')
        self.solution.action_submit()
        self._hold('px', newcomer)
        self._hold('pre', newcomer)
        with self.assertRaises(AccessError):
            self.solution.with_user(newcomer).read(['name'])
        with self.assertRaises(UserError):
            self._get_review('technical', self.user_px).action_answer('ok')
        self.solution.action_ask_again()
        self._get_review('technical', newcomer).action_answer('ok')
        self.assertEqual(self._get_review('technical', newcomer).user_id, newcomer)
        self._get_review('cost', self.user_fin).action_answer('ok')
        with self.assertRaises(UserError):
            self.solution.action_ask_again()

    def test_new_version_ends_the_review_of_the_old(self):
        self.solution.action_submit()
        self.solution.action_new_version()
        self.assertEqual((self.solution.state, set(self.solution.review_ids.mapped('state'))), ('outdated', {'void'}))

    def test_ledger(self):
        self.solution.action_submit()
        review = self.solution.review_ids[0]
        for records in (review, review.sudo(), review.with_user(self.user_sales_manager)):
            with self.assertRaises(AccessError):
                records.write({'state': 'ok'})
            with self.assertRaises(AccessError):
                records.unlink()
            with self.assertRaises(AccessError):
                records.create({'solution_id': self.solution.id, 'role': 'quality'})

    def test_other_company(self):
        """Holders of another company are not asked."""
        company = self.env['res.company'].create({'name': "Other company"})
        self.user_px.write({'company_ids': [Command.set(company.ids)], 'company_id': company.id})
        self.solution.action_submit()
        self.assertNotIn(self.user_px, self.solution.sudo().review_ids.asked_ids)

    def test_menu_of_a_participant(self):
        """A reviewer sees his reviews and workshops, and nothing of Sales."""
        menus = self.env['ir.ui.menu'].with_user(self.user_px)
        visible = menus.browse(menus._visible_menu_ids())
        names = {
            menu.get_external_id()[menu.id] for menu in visible.sudo()
            if menu.get_external_id()[menu.id].startswith('sales_sop.')}
        self.assertIn('sales_sop.sop_solution_menu_review', names)
        self.assertIn('sales_sop.calendar_event_menu_sop', names)
        for name in ('crm_lead_menu_sop', 'sop_menu_market', 'sop_menu_customer', 'sop_menu_material',
                     'sop_solution_menu', 'sop_menu_config', 'sop_menu_report'):
            self.assertNotIn(f'sales_sop.{name}', names)
        menus = self.env['ir.ui.menu'].with_user(self.user_employee)
        root = self.env.ref('sales_sop.sales_sop_menu_root')
        self.assertNotIn(root.id, menus._visible_menu_ids())


@tagged('post_install', '-at_install')
class TestSolutionReviewHttp(SolutionCommon, SalesSopHttpCommon, HttpCase):

    def test_reviewer_over_http(self):
        solution = self._create_solution()
        solution.action_submit()
        technical, cost = solution.sudo().review_ids
        self.authenticate('sop_px', 'sop_px')
        self.assertForbidden('sop.solution.review', 'action_answer', [cost.ids, 'ok'])
        self.assertForbidden('sop.solution.review', 'write', [technical.ids, {'state': 'ok'}], context={
            'sop_engine': True})
        self.assertForbidden('sop.solution', 'read', [solution.ids, ['cost_estimate']])
        self.assertForbidden('crm.lead', 'read', [self.lead.ids, ['name']])
        result, error = self._call_kw('sop.solution.review', 'action_answer', [technical.ids, 'ok'])
        self.assertTrue(result, error)
        self.assertEqual(technical.state, 'ok')
        self.assertForbidden('sop.solution.review', 'action_answer', [technical.ids, 'rejected', "Late"])
