from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.sales_sop.engine import as_engine

from .amendment_common import AmendmentCommon


@tagged('post_install', '-at_install')
class TestAmendment(AmendmentCommon):
    """Opening an amendment, what it says, and what becomes of the orders."""

    def test_opens_with_the_lines_of_the_orders(self):
        amendment = self._amend()
        self.assertEqual(amendment.name, f'{self.contract.name}-B01')
        self.assertEqual(amendment.parent_id, self.contract)
        lines = amendment.amendment_line_ids
        self.assertEqual(lines.order_line_id, self.order.order_line)
        self.assertEqual(lines.mapped('quantity'), [10, 5])
        self.assertEqual(lines.mapped('quantity_before'), [10, 5])
        self.assertFalse(lines.filtered('is_changed'))
        self.assertFalse(amendment.clause_ids, "The clauses are those of the contract")

    def test_numbers_have_no_gaps(self):
        first, second = self._amend(), self._amend()
        self.assertEqual(second.name, f'{self.contract.name}-B02')
        with self.assertSays("kept"):
            second.unlink()
        with self.assertRaises(UserError):
            first.copy()
        self.assertEqual(self._amend(self._create_reviewed_order()).name[-4:], '-B01')

    def test_kinds_follow_from_what_changes(self):
        amendment = self._amend()
        terms = amendment.amendment_order_ids
        other = self.env['res.partner'].create({'name': "Huaxin, works 2", 'parent_id': self.partner.id})
        payment_term = self.env['account.payment.term'].create({'name': "30 days later"})
        for part, values, kinds in (
            (amendment.amendment_line_ids[0], {'quantity': 8}, {'quantity'}),
            (amendment.amendment_line_ids[0], {'quantity': 0}, {'quantity', 'cancel'}),
            (amendment.amendment_line_ids[0], {'quantity': 10, 'price_unit': 990}, {'price'}),
            (amendment.amendment_line_ids[0], {'price_unit': 1000, 'discount': 5}, {'price'}),
            (amendment.amendment_line_ids[0], {'discount': 0, 'name': "Pump P20, stainless"}, {'spec'}),
            (terms, {'commitment_date': '2030-01-01'}, {'spec', 'date'}),
            (terms, {'commitment_date': False, 'partner_shipping_id': other.id}, {'spec', 'place'}),
            (terms, {'partner_shipping_id': self.partner.id, 'partner_invoice_id': other.id}, {'spec', 'party'}),
            (terms, {'partner_invoice_id': self.partner.id, 'payment_term_id': payment_term.id}, {'spec', 'payment'}),
        ):
            part.write(values)
            with self.subTest(values=values):
                self.assertEqual(set(amendment.kind_ids.mapped('code')), kinds)
        amendment.added_kind_ids = self.env['sop.review.topic'].search([('code', '=', 'legal')])
        self.assertEqual(set(amendment.kind_ids.mapped('code')), {'spec', 'payment', 'legal'})

    def test_carried_out_changes_the_order(self):
        amendment = self._amend()
        self._change(amendment, quantity=8, price_unit=950)
        self._change(amendment, self.valves, quantity=0)
        self.env['sop.amendment.line'].with_user(self.user_sales_salesman).create({
            'contract_id': amendment.id, 'order_id': self.order.id, 'product_id': self.valve.id,
            'name': "Valve V8, brass", 'quantity': 3, 'price_unit': 180})
        amendment.amendment_order_ids.commitment_date = '2030-05-01 08:00:00'
        self._carry_out(amendment)
        self.assertEqual((self.pumps.product_uom_qty, self.pumps.price_unit), (8, 950))
        self.assertEqual(self.valves.product_uom_qty, 0)
        added = self.order.order_line - self.pumps - self.valves
        self.assertEqual((added.product_uom_qty, added.price_unit, added.name), (3, 180, "Valve V8, brass"))
        self.assertEqual(str(self.order.commitment_date), '2030-05-01 08:00:00')
        self.assertEqual(amendment.state, 'effective')
        self.assertEqual(self.contract.state, 'executing', "It goes on where it was")
        self.assertFalse(self.order.order_line.filtered('sop_is_on_hold'))

    def test_orders_are_what_was_agreed(self):
        amendment = self._amend()
        self._change(amendment, quantity=8, price_unit=950)
        self._change(amendment, self.valves, quantity=0)
        self.env['sop.amendment.line'].with_user(self.user_sales_salesman).create({
            'contract_id': amendment.id, 'order_id': self.order.id, 'product_id': self.valve.id,
            'name': "Valve V8, brass", 'quantity': 3, 'price_unit': 180})
        amendment.amendment_order_ids.commitment_date = '2030-05-01 08:00:00'
        self._carry_out(amendment)
        second = self._amend()
        self._change(second, quantity=7)
        self.assertFalse(self.contract._get_sop_order_differences(), "Not before it is carried out")
        self._carry_out(second)
        self.assertFalse(self.contract._get_sop_order_differences())
        as_engine(self.pumps).product_uom_qty = 8
        self.assertTrue(self.contract._get_sop_order_differences()[self.order.id])

    def test_locked_order_is_changed_and_stays_locked(self):
        as_engine(self.order).action_lock()
        amendment = self._amend()
        self._change(amendment, price_unit=900)
        self._carry_out(amendment)
        self.assertTrue(self.order.locked)
        self.assertEqual(self.pumps.price_unit, 900)

    def test_order_without_contract(self):
        order = self._create_reviewed_order()
        amendment = self._amend(order)
        self.assertEqual(amendment.amended_order_id, order)
        self._change(amendment, order.order_line, quantity=4)
        self.assertTrue(order.order_line.sop_is_on_hold)
        self._carry_out(amendment)
        self.assertEqual(order.order_line.product_uom_qty, 4)
        self.assertEqual(order.sop_review_id.state, 'approved', "The amendment was reviewed itself")

    def test_agreement_comes_first(self):
        amendment = self._amend()
        self._change(amendment, quantity=8)
        with self.assertSays("reviewed and approved"):
            amendment.action_sop_put_into_effect()
        self._approve(amendment)
        with self.assertSays("written agreement"):
            amendment.action_sop_put_into_effect()
        self._attach_agreement(amendment)
        self.assertEqual(self.pumps.product_uom_qty, 10)
        amendment.action_sop_put_into_effect()
        self.assertEqual(self.pumps.product_uom_qty, 8)
        with self.assertRaises(UserError):
            amendment.action_sop_put_into_effect()
        with self.assertRaises(UserError):
            amendment.agreement_ids = False

    def test_signed_contract_is_amended_by_signatures(self):
        self.company.sop_amendment_signed = True
        amendment = self._amend()
        self._change(amendment, quantity=8)
        self._approve(amendment)
        self._attach_agreement(amendment)
        with self.assertSays("Start the signing"):
            amendment.action_sop_put_into_effect()

    def test_order_that_moved_on_is_not_changed(self):
        amendment = self._amend()
        self._change(amendment, quantity=4)
        self._approve(amendment)
        self._attach_agreement(amendment)
        self.env.cr.execute("UPDATE sale_order_line SET qty_delivered = 6 WHERE id = %s", [self.pumps.id])
        self.pumps.invalidate_recordset()
        with self.assertSays("6 are delivered already"):
            amendment.action_sop_put_into_effect()
        self.assertEqual(self.pumps.product_uom_qty, 10)
        self.env.cr.execute(
            "UPDATE sale_order_line SET qty_delivered = 0, product_uom_qty = 11 WHERE id = %s", [self.pumps.id])
        self.pumps.invalidate_recordset()
        with self.assertSays("changed in the order since"):
            amendment.action_sop_put_into_effect()

    def test_reads_the_orders_again(self):
        amendment = self._amend()
        line = self._change(amendment, quantity=4)
        as_engine(self.pumps).price_unit = 980
        with self.assertSays("changed in the order since"):
            amendment._check_sop_reviewable()
        amendment.action_sop_read_orders()
        self.assertEqual((line.price_unit, line.price_unit_before), (980, 980))
        self.assertEqual((line.quantity, line.quantity_before), (4, 10))
        amendment._check_sop_reviewable()

    def test_is_complete_before_the_review(self):
        amendment = self._amend()
        with self.assertSays("Enter what changes"):
            amendment._check_sop_reviewable()
        self._change(amendment, quantity=8)
        amendment.amendment_reason = False
        with self.assertSays("Give the reason"):
            amendment._check_sop_reviewable()
        amendment.write({'amendment_reason': "x", 'amendment_origin': False})
        with self.assertSays("who wants"):
            amendment._check_sop_reviewable()

    def test_words_alone_need_a_kind(self):
        amendment = self._amend(amendment_text="Warranty 36 months")
        with self.assertSays("what kind"):
            amendment._check_sop_reviewable()
        amendment.added_kind_ids = self.env['sop.review.topic'].search([('code', '=', 'legal')])
        amendment._check_sop_reviewable()
        self.assertEqual(self.contract.state, 'amending')

    def test_bad_values(self):
        amendment = self._amend()
        line = amendment.amendment_line_ids[0]
        for values in ({'price_unit': -1}, {'discount': 101}, {'name': " "}, {'product_id': self.valve.id}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                line.write(values)
        stranger = self._create_reviewed_order()
        with self.assertRaises(ValidationError):
            line.order_id = stranger
        with self.assertRaises(UserError):
            self.env['sop.amendment.line'].with_user(self.user_sales_salesman).create({
                'contract_id': amendment.id, 'order_id': stranger.id, 'product_id': self.valve.id, 'name': "x"})

    def test_stays_as_reviewed(self):
        amendment = self._amend()
        line = self._change(amendment, quantity=8)
        self._approve(amendment)
        for record, values in (
            (amendment, {'amendment_reason': "other"}), (amendment, {'amendment_text': "more"}),
            (amendment, {'impact_days': 3}), (line, {'quantity': 7}),
            (amendment.amendment_order_ids, {'commitment_date': '2030-01-01'}),
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                record.write(values)
        with self.assertRaises(UserError):
            line.unlink()

    def test_what_may_be_amended(self):
        draft = self._create_contract(self._create_order())
        with self.assertSays("when it is in effect"):
            draft.action_sop_amend()
        with self.assertSays("not confirmed"):
            self._create_order().action_sop_amend()
        plain = self._create_order()
        self._confirm(plain)
        with self.assertSays("without a review"):
            plain.action_sop_amend()
        amendment = self._amend()
        self._change(amendment, quantity=8)
        self._carry_out(amendment)
        with self.assertSays("supplement itself"):
            amendment.action_sop_amend()

    def test_nobody_forges_one(self):
        contracts = self.env['sop.contract'].with_user(self.user_sales_salesman)
        values = {'title': "x", 'partner_id': self.partner.id}
        for forged in ({'parent_id': self.contract.id}, {'amended_order_id': self.order.id}):
            with self.subTest(forged=forged), self.assertRaises(AccessError):
                contracts.create({**values, **forged})
            with self.subTest(default=forged):
                name, value = next(iter(forged.items()))
                self.assertFalse(contracts.with_context(**{f'default_{name}': value}).create(values)[name])
        amendment = self._amend()
        for forged in ({'applied_date': '2030-01-01'}, {'supplement_number': 7}, {'parent_id': False}):
            with self.subTest(forged=forged), self.assertRaises(UserError):
                amendment.write(forged)
        line = amendment.amendment_line_ids[0]
        for forged in ({'quantity_before': 3}, {'is_held': True}, {'order_line_id': self.valves.id}):
            with self.subTest(forged=forged), self.assertRaises(AccessError):
                line.write(forged)

    def test_strangers(self):
        for user in (self.user_employee, self.user_portal, self.reviewers['leg'], self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.contract.with_user(user).action_sop_amend()
        amendment = self._amend()
        self._change(amendment, quantity=8)
        self._approve(amendment)
        self._attach_agreement(amendment)
        for user in (self.user_employee, self.user_portal, self.reviewers['leg'], self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                amendment.with_user(user).action_sop_put_into_effect()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                amendment.with_user(user).action_sop_void("x")
        other = self.env['res.company'].create({'name': "Other"})
        self.user_sales_manager.write({'company_ids': [Command.set(other.ids)], 'company_id': other.id})
        with self.assertRaises(AccessError):
            self.contract.with_user(self.user_sales_manager).action_sop_amend()

    def test_form(self):
        amendment = self._amend()
        with Form(amendment) as form:
            with form.amendment_line_ids.edit(0) as line:
                line.quantity = 7
            with form.amendment_line_ids.new() as line:
                line.product_id = self.valve
                self.assertEqual(line.price_unit, 200)
        self.assertEqual(set(amendment.kind_ids.mapped('code')), {'quantity', 'price', 'spec'})
        self.assertTrue(self.pumps.sop_is_on_hold)
        self.assertIn("Pump P20", amendment.amendment_changes)
