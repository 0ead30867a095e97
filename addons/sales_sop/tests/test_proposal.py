from lxml import html

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .solution_common import SolutionCommon


@tagged('post_install', '-at_install')
class TestProposal(SolutionCommon):
    """What the customer gets: his needs, our answer, and nothing from inside."""

    def setUp(self):
        super().setUp()
        self.guess = self.env['sop.need'].create({
            'lead_id': self.lead.id, 'name': "GUESSED", 'origin': 'inferred'})
        own = self.env['sop.need'].create({'lead_id': self.lead.id, 'name': "OURRULE", 'origin': 'own'})
        self._confirm(own)
        self.solution = self._create_solution(
            internal_note="SECRETNOTE", pain="Scrap", out_of_scope="Foundation",
            value_ids=[
                Command.create({'name': "Scrap rate", 'today': 8, 'expected': 2, 'basis': "Trial run"}),
                Command.create({'name': "NOBASIS", 'today': 8, 'expected': 2})])
        self.solution.coverage_ids.internal_note = "SECRETLINE"
        self.solution.coverage_ids[0].write({'product_id': self.product.id, 'quantity': 2})
        self.solution.action_submit()
        for review, user in zip(self.solution.sudo().review_ids, (self.user_px, self.user_fin), strict=True):
            review.with_user(user).sudo(False).action_answer('ok', "SECRETREMARK")

    def _render(self, solution, **context):
        report = self.env['ir.actions.report'].with_user(self.user_sales_salesman).with_context(**context)
        content, __ = report._render_qweb_html('sales_sop.sop_solution_document', solution.ids)
        return html.fromstring(content).text_content()

    def test_what_it_says(self):
        text = self._render(self.solution)
        for word in ("Two packing lines", "Dry running", "Low noise", "By design", "Scrap rate", "Trial run",
                     "Foundation", "12 weeks", "Packing line", "Version"):
            self.assertIn(word, text)
        for word in ("SECRETNOTE", "SECRETLINE", "SECRETREMARK", "GUESSED", "OURRULE", "NOBASIS", "1,500", "1500",
                     "25.0", "Paul Expert", "not binding"):
            self.assertNotIn(word, text)

    def test_in_the_language_of_the_customer(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.lead.partner_id.lang = 'zh_CN'
        self.assertEqual(self.solution._get_report_lang(), 'zh_CN')
        self.assertEqual(self.solution.with_context(proposal_lang='en_US')._get_report_lang(), 'en_US')

    def test_only_versions_that_count(self):
        second = self.solution.browse(self.solution.action_new_version()['res_id'])
        self.assertIn("not binding", self._render(second))
        self.assertEqual(second.action_print()['type'], 'ir.actions.report')
        self.must.with_user(self.user_sales_salesman).name = "Dry running for an hour"
        with self.assertRaises(UserError):
            self.solution.action_print()

    # ------------------------------------------------------------
    # QUOTATION
    # ------------------------------------------------------------

    def _quote(self):
        action = self.solution.action_new_quotation()
        return self.env['sale.order'].with_user(self.user_sales_salesman).browse(action['res_id'])

    def test_quotation_from_the_solution(self):
        order = self._quote()
        self.assertEqual((order.opportunity_id, order.partner_id), (self.lead, self.contact_company_1))
        self.assertEqual(order.order_line.product_id, self.product)
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertEqual(order.sop_solution_id, self.solution)
        self.assertFalse(order.sop_solution_differences)

    def test_what_differs(self):
        order, other = self._quote(), self.env['product.product'].create({'name': "Ramp"})
        order.order_line.product_uom_qty = 3
        order.order_line = [Command.create({'product_id': other.id})]
        self.assertEqual(order._get_sop_solution_differences()[order], [
            "Packing line: 3 instead of 2", "Ramp is not part of the solution"])
        order.order_line[0].unlink()
        self.assertIn("Packing line is missing", order._get_sop_solution_differences()[order])
        self.must.with_user(self.user_sales_salesman).name = "Dry running for an hour"
        self.assertIn("not the approved version", order._get_sop_solution_differences()[order][0])

    def test_dozens_are_counted_in_pieces(self):
        order = self._quote()
        order.order_line.write({'product_uom_id': self.env.ref('uom.product_uom_dozen').id, 'product_uom_qty': 1})
        self.assertEqual(order._get_sop_solution_differences()[order], ["Packing line: 12 instead of 2"])

    def test_no_quotation(self):
        draft = self.solution.browse(self.solution.action_new_version()['res_id'])
        with self.assertRaises(UserError):
            draft.action_new_quotation()
        self.lead.partner_id = False
        with self.assertRaises(UserError) as caught:
            self.solution.action_new_quotation()
        self.assertIn("customer", str(caught.exception))

    def test_solution_of_another_opportunity(self):
        order = self.env['sale.order'].create({'partner_id': self.contact_company_1.id})
        with self.assertRaises(ValidationError):
            order.sop_solution_id = self.solution
        order.opportunity_id = self._create_lead(name="Other")
        with self.assertRaises(ValidationError):
            order.sop_solution_id = self.solution

    def test_merge_keeps_the_link(self):
        order = self._quote()
        other = self._create_lead(name="Ten pumps", probability=99)
        lead = (other | self.lead).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual((order.opportunity_id, order.sop_solution_id.lead_id), (lead, lead))

    def test_orders_without_a_solution(self):
        order = self.env['sale.order'].create({'partner_id': self.contact_company_1.id})
        self.assertFalse(order.sop_solution_differences)

    def test_customer_file(self):
        customer = self.contact_company_1.with_user(self.user_sales_salesman)
        sections = {section['key']: section for section in customer.get_sop_customer_file()['sections']}
        self.assertEqual(sections['solutions']['rows'][0]['id'], self.solution.id)
