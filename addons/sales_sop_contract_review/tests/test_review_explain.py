from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon

MODULE = 'sales_sop_contract_review'


@tagged('post_install', '-at_install')
class TestReviewExplain(ContractReviewCommon):
    """Which level an order would get, and why; and how past orders would have fared."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.partner.country_id = cls.env.ref('base.cn')
        cls.order = cls._create_order(quantity=200)

    def _explain(self, subject):
        action = subject.action_sop_explain_level()
        return subject.env[action['res_model']].browse(action['res_id']).content

    def test_level_reasons_people_and_tests(self):
        content = self._explain(self.order)
        for text in (
                "L2", "Special review", "New customer", "Amount above the limit of a routine review",
                self.reviewers['prd'].name, self.reviewers['director'].name, "Nothing overdue: yes",
                "L4: Strategic"):
            self.assertIn(text, content)
        self.assertNotIn(self.reviewers['qua'].name, content)

    def test_substitutes_are_named(self):
        today = self.env['sop.absence']._get_sop_today()
        self.env['sop.absence'].create({
            'user_id': self.reviewers['fin'].id, 'substitute_id': self.reviewers['qua'].id, 'date_start': today,
            'date_end': today})
        self.assertIn("Quality for Finance", self._explain(self.order))

    def test_whoever_asks_does_not_review(self):
        self.env['sop.position'].search([('code', '=', 'fin')]).user_ids = [Command.set(self.user_sales_salesman.ids)]
        content = self._explain(self.order)
        self.assertNotIn(self.user_sales_salesman.name, content)
        self.assertIn(self.reviewers['gm'].name, content)

    def test_nothing_to_review(self):
        self.env['sop.review.rule'].search([]).active = False
        self.assertIn("No rule asks for a review", self._explain(self.order))

    def test_contracts_too(self):
        contract = self.env['sop.contract'].with_user(self.user_sales_salesman).create({
            'title': "Pumps", 'partner_id': self.partner.id, 'order_ids': [Command.link(self.order.id)]})
        self.assertIn("L2", self._explain(contract))

    def test_only_for_those_who_read_it(self):
        with self.assertRaises(AccessError):
            self.order.with_user(self.reviewers['leg']).action_sop_explain_level()
        self.order.sudo().message_subscribe(self.user_portal.partner_id.ids)
        self.order.sudo().partner_id = self.user_portal.partner_id
        with self.assertRaises(AccessError):
            self.order.with_user(self.user_portal).action_sop_explain_level()
        forged = self.env['sop.review.explain'].with_user(self.reviewers['leg']).create({'order_id': self.order.id})
        with self.assertRaises(AccessError):
            forged.read(['content'])
        with self.assertRaises(ValueError):
            self.order.browse().action_sop_explain_level()

    def test_floors_are_not_told(self):
        self.order.order_line.discount = 40
        content = self._explain(self.order)
        self.assertIn("Below the floor", content)
        self.assertNotIn("8.0", content)

    # ------------------------------------------------------------
    # PAST ORDERS
    # ------------------------------------------------------------

    def test_tried_on_past_orders(self):
        self.company.sop_review_gate = 'off'
        (self.order | self._create_order(quantity=1)).sudo().action_confirm()
        rows = self.env['sop.review.backtest']._get_rows(self.order.sudo())
        self.assertEqual([(row['level'].code, row['count'], row['share']) for row in rows], [('L2', 1, 100)])
        backtest = self.env['sop.review.backtest'].with_user(self.user_sales_manager).create({})
        backtest.action_try()
        self.assertIn("L2 Special review", backtest.result)
        self.assertFalse(self.env['sop.review'].search([('order_id', '=', self.order.id)]))
        self.env['sop.review.rule'].search([]).active = False
        backtest.action_try()
        self.assertIn("No review", backtest.result)

    def test_in_batches(self):
        orders = self._create_order(quantity=1).browse([self._create_order(quantity=1).id for __ in range(3)]).sudo()
        with patch('odoo.addons.sales_sop_contract_review.wizard.sop_review_backtest.BATCH', 2):
            rows = self.env['sop.review.backtest']._get_rows(orders)
        self.assertEqual(sum(row['count'] for row in rows), 3)

    def test_not_for_everybody(self):
        with self.assertRaises(AccessError):
            self.env['sop.review.backtest'].with_user(self.user_sales_salesman).create({})
        backtest = self.env['sop.review.backtest'].with_user(self.user_sales_manager).create({
            'company_id': self.env['res.company'].create({'name': "Other"}).id})
        with self.assertRaises(UserError):
            backtest.action_try()

    # ------------------------------------------------------------
    # WHAT REVIEWERS START FROM
    # ------------------------------------------------------------

    def test_routine_tests_answer_items(self):
        prefills = self.order._get_sop_review_prefills()[self.order.id]
        self.assertEqual(prefills['R01'][0], 'pass')
        self.assertEqual(prefills['A01'][0], 'pass')
        self.assertNotIn('F04', prefills, "Without Inventory nobody knows")

    def test_terms_nobody_agreed_to(self):
        self.assertEqual(self.order._get_sop_missing_approvals(), {self.order.id: []})
        lead = self._create_lead()
        as_engine(lead).write({'sop_process_id': self.process.id})
        order = self._create_order(quantity=1, opportunity_id=lead.id)
        order.order_line.sudo().write({'discount': 40})
        self.assertIn("Pump P20", order._get_sop_missing_approvals()[order.id][0])
