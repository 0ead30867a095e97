from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ContractReviewCommon


class ReviewSheetCommon(ContractReviewCommon):
    """A round that waits for the sales and the finance department, and then for the sales director."""

    def setUp(self):
        super().setUp()
        self.product.standard_price = 600
        self.order = self._create_order()
        self.level = self._create_level()
        self.review = self._request(self.order, self.level, message="Please soon")
        self.finance = self._opinion(self.review, 'fin')
        self.sales = self._opinion(self.review, 'sal')

    def _keys(self, opinion):
        return [row['key'] for row in opinion.get_sop_sheet()['figures']['rows']]


@tagged('post_install', '-at_install')
class TestReviewSheet(ReviewSheetCommon):

    def test_reviewer_without_rights_in_sales(self):
        sheet = self.finance.get_sop_sheet()
        self.assertFalse(self.finance.env['sale.order'].has_access('read'))
        self.assertTrue(sheet['can_decide'])
        self.assertEqual(sheet['review']['message'], "Please soon")
        self.assertIn('C07', [item['code'] for item in sheet['items']])
        self.assertEqual([other['role'] for other in sheet['others']][:1], [self.departments['sal'].name])
        self.assertEqual([row['kind'] for row in sheet['trail']], ['request'])
        self.assertEqual(sheet['defaults']['owner_id'], self.user_sales_salesman.id)

    def test_answers_are_shown(self):
        self.finance.action_answer({
            'C07': {'result': 'cond', 'comment': "The days are missing", 'condition': {
                'name': "Add the days", 'owner_id': self.user_sales_salesman.id, 'due_point': 'before_sign'}}})
        item = next(item for item in self.finance.get_sop_sheet()['items'] if item['code'] == 'C07')
        self.assertEqual((item['result'], item['comment']), ('cond', "The days are missing"))
        self.assertEqual(
            (item['condition']['name'], item['condition']['owner']), ("Add the days", self.user_sales_salesman.name))
        self.finance.action_decide('agree_cond', "With the days", fill=True)
        other = self._opinion(self.review, 'director').get_sop_sheet()['others']
        remarks = next(row for row in other if row['role'] == self.departments['fin'].name)['remarks']
        self.assertEqual([remark['code'] for remark in remarks], ['C07'])

    def test_who_reads_it(self):
        for user in (self.user_employee, self.reviewers['leg'], self.user_portal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.finance.with_user(user).get_sop_sheet()
        sheet = self.finance.with_user(self.user_auditor).get_sop_sheet()
        self.assertFalse(sheet['can_decide'])
        self.assertFalse(self.finance.opened_at, "Only who decides opens it")

    def test_one_at_a_time(self):
        for opinions in (self.finance.browse(), self.finance | self.sales):
            with self.assertRaises(UserError):
                opinions.get_sop_sheet()

    def test_from_the_review_to_my_opinion(self):
        mine = self.review.with_user(self.reviewers['fin'])
        self.assertTrue(mine.is_my_turn)
        self.assertEqual(mine.action_open_my_opinion()['res_id'], self.finance.id)
        for user in (self.user_sales_salesman, self.reviewers['director']):
            with self.assertRaises(UserError):
                self.review.with_user(user).action_open_my_opinion()
        with self.assertRaises(AccessError):
            self.review.with_user(self.reviewers['leg']).action_open_my_opinion()

    def test_review_sheet_is_printed_by_its_readers(self):
        self.finance.action_answer({'R02': {'result': 'fail', 'comment': "No advance at all"}})
        self.finance.action_decide('disagree', "No advance at all", fill=True)
        report = self.env['ir.actions.report'].with_user(self.reviewers['fin'])
        name = 'sales_sop_contract_review.sop_review_document'
        page = report._render_qweb_html(name, self.review.ids)[0].decode()
        for text in (self.review.name, "No advance at all", self.reviewers['fin'].name, "C07"):
            self.assertIn(text, page)
        for user in (self.user_employee, self.reviewers['leg']):
            with self.assertRaises(AccessError):
                report.with_user(user)._render_qweb_html(name, self.review.ids)

    def test_read_only_when_given(self):
        self.finance.action_decide('agree', fill=True)
        sheet = self.finance.get_sop_sheet()
        self.assertFalse(sheet['can_decide'])
        self.assertEqual(sheet['said']['who'], self.reviewers['fin'].name)

    def test_first_look_is_kept(self):
        with freeze_time(fields.Datetime.now()) as clock:
            self.finance.get_sop_sheet()
            first = self.finance.opened_at
            clock.tick(timedelta(seconds=40))
            self.finance.get_sop_sheet()
            self.assertEqual(self.finance.opened_at, first)
            self.finance.action_decide('agree', fill=True)
        self.assertEqual(self.finance.sudo().read_seconds, 40)
        self.assertFalse(self.finance.sudo().is_glance)

    def test_given_unread(self):
        opinions = self.finance | self.sales.with_env(self.finance.env)
        self._decide(self.review, 'sal')
        self.finance.get_sop_sheet()
        self.finance.action_decide('agree', fill=True)
        audited = self.env['sop.review.opinion'].with_user(self.user_auditor)
        self.assertEqual(
            set(audited.search([('is_glance', '=', True), ('review_id', '=', self.review.id)]).ids), set(opinions.ids))
        self.assertTrue(all(opinions.sudo().mapped('is_glance')))

    def test_evidence_of_an_item(self):
        env = self.finance.env
        file = env['ir.attachment'].create({'name': "quote.pdf", 'raw': b'%PDF'})
        kept = self.finance.action_attach('C07', file.ids)
        self.assertEqual([row['name'] for row in kept], ["quote.pdf"])
        self.assertNotEqual(kept[0]['id'], file.id)
        item = next(item for item in self.finance.get_sop_sheet()['items'] if item['code'] == 'C07')
        self.assertEqual(item['files'], kept)
        for code, files in (('X99', file.ids), (['C07'], file.ids), ('C07', []), ('C07', 'x'), ('C07', None)):
            with self.assertRaises(UserError):
                self.finance.action_attach(code, files)
        with self.assertRaises(AccessError):
            self.finance.with_user(self.reviewers['sm']).action_attach('C07', [])
        with self.assertRaises(AccessError):
            env['ir.attachment'].browse(kept[0]['id']).unlink()
        self.assertTrue(self.finance.action_detach('C07', file.id), "Only files of this opinion are removed")
        self.assertEqual(self.finance.action_detach('C07', kept[0]['id']), [])
        self.finance.action_decide('agree', fill=True)
        with self.assertRaises(UserError):
            self.finance.action_attach('C07', file.ids)


@tagged('post_install', '-at_install')
class TestReviewFigures(ReviewSheetCommon):

    def test_margin_follows_the_department(self):
        self.assertIn('margin', self._keys(self.finance))
        self.assertIn('credit', self._keys(self.finance))
        self.assertNotIn('margin', self._keys(self.sales))
        self.assertIn('credit', self._keys(self.sales))
        self.assertIn('payment', self._keys(self.sales))

    def test_final_approver_sees_all(self):
        self._decide(self.review, 'sal')
        self._decide(self.review, 'fin')
        self.assertIn('margin', self._keys(self._opinion(self.review, 'director')))

    def test_not_through_the_opinion_of_another(self):
        """Who decides for another department sees the figures of his own, whichever opinion he opens."""
        self.finance.get_sop_sheet()
        self.assertIn('payment', self._keys(self.finance.with_user(self.reviewers['sm'])))
        self.assertNotIn('margin', self._keys(self.finance.with_user(self.reviewers['sm'])))
        with self.assertRaises(AccessError):
            self.finance.with_user(self.reviewers['sm']).read(['figures'])

    def test_live_then_frozen(self):
        rows = {row['key']: row for row in self.finance.get_sop_sheet()['figures']['rows']}
        self.assertIn("40.0", rows['margin']['value'])
        self.product.standard_price = 700
        live = {row['key']: row for row in self.finance.get_sop_sheet()['figures']['rows']}
        self.assertIn("30.0", live['margin']['value'])
        self.finance.action_decide('agree', fill=True)
        self.product.standard_price = 900
        sheet = self.finance.get_sop_sheet()['figures']
        frozen = {row['key']: row for row in sheet['rows']}
        self.assertIn("30.0", frozen['margin']['value'])
        self.assertFalse(sheet['is_live'])
        self.assertTrue(sheet['date'])

    def test_unknown_cost(self):
        self.product.standard_price = 0
        rows = {row['key']: row for row in self.finance.get_sop_sheet()['figures']['rows']}
        self.assertEqual(rows['margin']['tone'], 'warning')

    def test_figures_of_a_contract(self):
        contract = self._create_contract(self._create_order())
        rows = {row['key'] for row in contract._get_sop_review_figures()}
        self.assertLessEqual({'margin', 'credit', 'overdue', 'payment', 'approvals'}, rows)

    def test_stock_where_it_is_kept(self):
        keys = {row['key'] for row in self.order._get_sop_review_figures()}
        if 'free_qty' not in self.env['product.product']._fields:
            self.assertNotIn('stock', keys)


@tagged('post_install', '-at_install')
class TestAgreeAll(ReviewSheetCommon):

    def test_together(self):
        other = self._opinion(self._request(self._create_order(), self.level), 'fin')
        result = (self.finance | other).action_agree_all()
        self.assertEqual(result['params']['type'], 'success')
        self.assertEqual(set((self.finance | other).mapped('state')), {'done'})

    def test_failing_ones_are_told_one_by_one(self):
        self.finance.action_answer({'C07': {'result': 'fail', 'comment': "Only 90 %"}})
        other = self._opinion(self._request(self._create_order(), self.level), 'fin')
        result = (self.finance | other).action_agree_all()
        self.assertEqual((self.finance.state, other.state), ('pending', 'done'))
        self.assertIn('C07', result['params']['message'])
        self.assertIn(self.review.name, result['params']['message'])

    def test_not_those_of_others(self):
        result = self.finance.with_user(self.reviewers['sm']).action_agree_all()
        self.assertEqual(self.finance.state, 'pending')
        self.assertEqual(result['params']['type'], 'warning')

    def test_substitute(self):
        deputy = new_test_user(
            self.env, 'user_sop_deputy', groups='base.group_user,sales_sop.group_sop_participant')
        with self.assertRaises(AccessError):
            self.finance.with_user(deputy).get_sop_sheet()
        today = fields.Date.today()
        self.env['sop.absence'].create({
            'user_id': self.reviewers['fin'].id, 'substitute_id': deputy.id,
            'date_start': today - timedelta(days=2), 'date_end': today + timedelta(days=2)})
        mine = self.finance.with_user(deputy)
        self.assertEqual(mine.absent_name, self.reviewers['fin'].name)
        self.assertEqual(mine.get_sop_sheet()['absent'], self.reviewers['fin'].name)
        self.assertIn('margin', self._keys(mine))
        self.assertEqual(mine.search([('can_decide', '=', True)]), mine)
