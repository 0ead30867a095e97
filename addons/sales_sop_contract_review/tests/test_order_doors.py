from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged, users

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.tests.common import SalesSopHttpCommon, each_actor

from .order_gate_common import OrderGateCommon

FORGED = {'sop_engine': True, 'sop_review_refusals': {}, 'install_mode': True, 'import_file': True}


@tagged('post_install', '-at_install')
class TestOrderDoors(OrderGateCommon):
    """An order that needs a review is not confirmed without it, whichever door is used."""

    def _prepare_order(self, **values):
        return {'partner_id': self.partner.id, **values, 'order_line': [Command.create({
            'product_id': self.product.id, 'product_uom_qty': 10, 'price_unit': 1000})]}

    @each_actor
    def test_every_door(self, env):
        order, small = self.order.with_env(env), self.small.with_env(env)
        doors = {
            'button': order.action_confirm,
            'portal or shop': order._validate_order,
            'write': lambda: order.write({'state': 'sale'}),
            'write with lines': lambda: small.write({'state': 'sale', 'order_line': [
                Command.update(small.order_line.id, {'price_unit': 9000})]}),
            'create': lambda: order.create(self._prepare_order(state='sale')),
            'default of the context': lambda: order.with_context(default_state='sale').create(self._prepare_order()),
            'forged context': order.with_context(**FORGED).action_confirm,
            'forged context and write': lambda: order.with_context(**FORGED).write({'state': 'sale'}),
            'copy': lambda: order.copy({'state': 'sale'}),
        }
        for name, door in doors.items():
            with self.subTest(door=name), self.assertRaises(UserError) as caught:
                door()
            self.assertIn("review", str(caught.exception))
        self.assertEqual(order.state, 'draft')

    @each_actor
    def test_import(self, env):
        result = env['sale.order'].load(
            ['partner_id/.id', 'state', 'order_line/product_id/.id', 'order_line/product_uom_qty',
             'order_line/price_unit'],
            [[str(self.partner.id), "Sales Order", str(self.product.id), '10', '1000']])
        self.assertFalse(result['ids'])
        self.assertIn("Request the review", result['messages'][0]['message'])

    def test_server_action(self):
        action = self.env['ir.actions.server'].create({
            'name': "Confirm", 'model_id': self.env['ir.model']._get_id('sale.order'), 'state': 'object_write',
            'update_path': 'state', 'evaluation_type': 'value', 'value': 'sale'})
        context = {'active_model': 'sale.order', 'active_id': self.order.id, 'active_ids': self.order.ids}
        with self.assertRaises(UserError):
            action.with_context(**context).run()
        action.write({'state': 'code', 'code': 'records.action_confirm()'})
        with self.assertRaises(UserError):
            action.with_context(**context).run()

    def test_automation(self):
        self.env['base.automation'].create({
            'name': "Confirm at once", 'model_id': self.env['ir.model']._get_id('sale.order'),
            'trigger': 'on_create_or_write', 'filter_domain': "[('client_order_ref', '=', 'now')]",
            'action_server_ids': [Command.create({
                'name': "Confirm", 'model_id': self.env['ir.model']._get_id('sale.order'), 'state': 'code',
                'code': "records.action_confirm()"})]})
        with self.assertRaises(UserError):
            self.order.client_order_ref = 'now'

    def test_form(self):
        """The web client shows the state, it does not write it."""
        with Form(self.order) as form, self.assertRaises(AssertionError):
            form.state = 'sale'

    def test_mass_confirmation_names_the_bad_ones(self):
        other = self._create_order()
        orders = self.small | self.order | other
        with self.assertRaises(UserError) as caught:
            orders.action_confirm()
        message = str(caught.exception)
        with self.assertRaises(UserError) as caught:
            orders.write({'state': 'sale'})
        both = str(caught.exception)
        self.assertIn(self.order.name, message)
        self.assertIn(other.name, both)
        self.assertNotIn(self.small.name, both)

    @users('user_sales_salesman')
    def test_with_a_review(self):
        for state in ('approved', 'approved_cond'):
            order = self._create_order()
            self._give_review(order, state)
            order.action_confirm()
            self.assertEqual(order.state, 'sale')

    @users('user_sales_salesman')
    def test_without_need(self):
        self.small.with_env(self.env).action_confirm()
        self.assertEqual(self.small.state, 'sale')

    def test_reason_before_the_click(self):
        self.assertIn("Big order", self.order._confirmation_error_message())
        self.assertIn(self.level.name, self.order.sop_review_notice)
        self.assertFalse(self.small._confirmation_error_message())
        self.assertFalse(self.small.sop_review_notice)

    def test_raised_after_it_was_free(self):
        self.small.order_line.price_unit = 9000
        with self.assertRaises(UserError):
            self.small.action_confirm()

    def test_engine(self):
        as_engine(self.order).action_confirm()
        self.assertEqual(self.order.state, 'sale')

    def test_every_state_of_a_review(self):
        review = self._give_review(self.order, 'in_review')
        self._add_opinion(review)
        with self.assertRaises(UserError) as caught:
            self.order.action_confirm()
        self.assertIn("Legal", str(caught.exception), "It says who is asked now")
        for state in ('rejected', 'returned', 'recalled', 'outdated'):
            as_engine(review).state = state
            with self.subTest(state=state), self.assertRaises(UserError):
                self.order.action_confirm()

    def test_rejected_stays_rejected(self):
        """What was refused does not get free because a rule was switched off."""
        self._give_review(self.order, 'rejected')
        self.rule.active = False
        with self.assertRaises(UserError):
            self.order.action_confirm()
        self.order.order_line.product_uom_qty = 2
        self.order.action_confirm()

    def test_change_after_the_review(self):
        self._give_review(self.order)
        self.order.order_line.price_unit = 900
        with self.assertRaises(UserError) as caught:
            self.order.action_confirm()
        self.assertIn("Price", str(caught.exception))
        self.assertIn("changed", str(caught.exception))

    def test_change_that_nobody_noticed(self):
        """The gate looks at the order itself, not only at the state of the review."""
        self._give_review(self.order)
        self.env.cr.execute("UPDATE sale_order_line SET price_unit = 1 WHERE order_id = %s", [self.order.id])
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.order.action_confirm()

    def test_conditions(self):
        for point in ('before_sign', 'before_release'):
            order = self._create_order()
            condition = self._add_condition(self._give_review(order, 'approved_cond'), due_point=point)
            with self.subTest(point=point), self.assertRaises(UserError) as caught:
                order.action_confirm()
            self.assertIn("Bank guarantee", str(caught.exception))
            as_engine(condition).state = 'verified'
            order.action_confirm()

    def test_later_conditions(self):
        review = self._give_review(self.order, 'approved_cond')
        self._add_condition(review, due_point='before_ship')
        self._add_condition(review, due_point='during')
        self.order.action_confirm()

    def test_forged_review(self):
        review = self._give_review(self._create_order())
        order = self.order.with_user(self.user_sales_manager)
        for values in ({'sop_review_id': review.id}, {'sop_unreviewed': True}, {'sop_paid_unreviewed': True}):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    order.write(values)
                with self.assertRaises(AccessError):
                    order.create(self._prepare_order(**values))
        with self.assertRaises(AccessError):
            self._give_review(order, 'in_review').with_user(self.user_sales_manager).state = 'approved'

    def test_locked(self):
        self.env.user.group_ids += self.env.ref('sale.group_auto_done_setting')
        self._give_review(self.order)
        self.order.action_confirm()
        self.assertTrue(self.order.locked)
        with self.assertRaises(UserError):
            self.order.order_line = [Command.create({'product_id': self.product.id, 'price_unit': 1})]

    def test_other_company(self):
        """The gate of the company of the order counts, not that of the user."""
        company = self.env['res.company'].create({'name': "Branch", 'sop_review_gate': 'off'})
        order = self.env['sale.order'].with_company(company).create({
            **self._prepare_order(), 'company_id': company.id})
        order.with_company(self.company).action_confirm()
        self.assertEqual(order.state, 'sale')
        self.env.user.company_ids += company
        with self.assertRaises(UserError):
            self.order.with_company(company).action_confirm()


@tagged('post_install', '-at_install')
class TestOrderGateModes(OrderGateCommon):
    """Off: nothing happens. Observe: it is noted, and passes."""

    def test_off(self):
        self.company.sop_review_gate = 'off'
        self.order.action_confirm()
        self.assertFalse(self.order.sop_unreviewed)
        self.order.order_line.price_unit = 900

    def test_nobody_ever_set_it(self):
        self.env.cr.execute("UPDATE res_company SET sop_review_gate = NULL")
        self.env.invalidate_all()
        self.order.action_confirm()

    def test_observe(self):
        self.company.sop_review_gate = 'observe'
        reviewed = self._create_order()
        self._give_review(reviewed)
        orders = self.order | self.small | reviewed
        orders.with_user(self.user_sales_salesman).action_confirm()
        self.assertEqual(orders.mapped('sop_unreviewed'), [True, False, False])
        self.assertIn("Confirmed without a review", self.order.message_ids[0].body)
        self.order.order_line.price_unit = 900


@tagged('post_install', '-at_install')
class TestOrderOfContract(OrderGateCommon):
    """An order that belongs to a contract follows from the contract."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_contract(cls.order)

    def assertHeld(self, text):
        with self.assertRaises(UserError) as caught:
            self.order.action_confirm()
        self.assertIn(text, str(caught.exception))

    def test_unreviewed(self):
        self.assertHeld("Have the contract reviewed")

    def test_own_review_is_not_enough(self):
        self._give_review(self.order)
        self.assertHeld("Have the contract reviewed")

    def test_reviewed_and_not_signed(self):
        self._give_review(self.contract)
        self.contract.sudo()._sop_set_state('approved')
        self.assertHeld("not in force")
        self.company.sop_contract_before_confirm = False
        self.order.action_confirm()

    def test_in_force(self):
        self._give_review(self.contract)
        for state in ('effective', 'executing', 'amending'):
            order = self._create_order()
            contract = self._create_contract(order)
            self._give_review(contract, 'approved')
            self._put_in_force(contract, state)
            order.action_confirm()

    def test_ended(self):
        self._give_review(self.contract)
        self.company.sop_contract_before_confirm = False
        for state in ('suspended', 'terminated', 'void'):
            self._put_in_force(self.contract, state)
            self.assertHeld("not in force")

    def test_order_differs(self):
        self._give_review(self.contract)
        self._put_in_force(self.contract)
        self.order.order_line.price_unit = 900
        self.assertHeld("is not what")

    def test_condition_of_the_contract(self):
        review = self._give_review(self.contract, 'approved_cond')
        self._put_in_force(self.contract)
        self._add_condition(review, name="Advance received")
        self.assertHeld("Advance received")

    def test_small_order_of_a_contract(self):
        """A contract is signed before its orders are released, however small they are."""
        contract = self._create_contract(self.small)
        with self.assertRaises(UserError):
            self.small.action_confirm()
        self._give_review(contract)
        self._put_in_force(contract)
        self.small.action_confirm()

    def test_call_off(self):
        contract = self.env['sop.contract'].create({
            'title': "Frame", 'partner_id': self.partner.id, 'type': 'framework', 'date_start': '2020-01-01',
            'date_end': '2099-12-31'})
        order = self._create_order()
        self._put_in_force(contract)
        as_engine(order).sop_contract_id = contract
        self._give_review(order)
        contract.sudo()._sop_set_state('suspended')
        with self.assertRaises(UserError) as caught:
            order.action_confirm()
        self.assertIn("not in force", str(caught.exception))
        contract.sudo()._sop_set_state('effective')
        order.action_confirm()

    def test_confirmed_order_stays_with_its_contract(self):
        self._give_review(self.contract)
        self._put_in_force(self.contract)
        self.order.action_confirm()
        with self.assertRaises(UserError):
            self.order.sudo().sop_contract_id = False


@tagged('post_install', '-at_install')
class TestOrderLeavesNothingBehind(OrderGateCommon):
    """A review belongs to one order and one text: copies and new starts begin without it."""

    def test_copy(self):
        self._give_review(self.order)
        copy = self.order.copy()
        self.assertFalse(copy.sop_review_id)
        with self.assertRaises(UserError):
            copy.action_confirm()

    def test_cancel_ends_the_review(self):
        review = self._give_review(self.order, 'in_review')
        self.order.with_user(self.user_sales_salesman).action_cancel()
        self.assertEqual(review.state, 'recalled')

    def test_back_to_draft(self):
        for cancel in ('action_cancel', None):
            order = self._create_order()
            review = self._give_review(order)
            if cancel:
                order.action_cancel()
            else:
                order.write({'state': 'cancel'})
            order.action_draft()
            self.assertEqual(review.state, 'outdated')
            with self.assertRaises(UserError):
                order.action_confirm()

    def test_duplicated_line(self):
        self._give_review(self.order)
        self.order.order_line.copy({'order_id': self.order.id})
        self.assertEqual(self.order.sop_review_id.state, 'outdated')

    def test_merged_leads(self):
        leads = self._create_lead(name="A") | self._create_lead(name="B")
        self._give_review(self.order)
        self.order.opportunity_id = leads[1]
        leads.merge_opportunity()
        self.assertEqual(self.order.sop_review_id.state, 'approved')
        self.assertTrue(self.order.opportunity_id)

    def test_what_does_not_matter(self):
        """Notes, tags, another salesperson or the same value again: nobody is asked anew."""
        self.order = self.order.sudo()
        self._give_review(self.order)
        line = self.order.order_line
        self.order.write({
            'tag_ids': [Command.create({'name': "Urgent"})], 'user_id': self.user_sales_manager.id,
            'client_order_ref': "PO 77", 'origin': "Fair", 'partner_id': self.order.partner_id.id,
            'payment_term_id': self.order.payment_term_id.id, 'order_line': [Command.update(line.id, {
                'price_unit': line.price_unit, 'product_uom_qty': line.product_uom_qty, 'sequence': 99})]})
        self.order.message_post(body="Thank you", message_type='comment', author_id=self.partner.id)
        self.order.activity_schedule('mail.mail_activity_data_todo', user_id=self.env.uid)
        self.assertEqual(self.order.sop_review_id.state, 'approved')
        self.order.action_confirm()


@tagged('post_install', '-at_install')
class TestOrderDoorsHttp(OrderGateCommon, SalesSopHttpCommon):
    """The same as a client that calls what it likes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_seller = new_test_user(
            cls.env, 'sop_seller', groups='sales_team.group_sale_salesman', password='sop_seller')
        cls.order = cls.order.sudo()
        cls.order.user_id = cls.user_seller

    def test_calls(self):
        self.authenticate('sop_seller', 'sop_seller')
        ids = self.order.ids
        for context in ({}, FORGED):
            self.assertForbidden('sale.order', 'action_confirm', [ids], context=context)
            self.assertForbidden('sale.order', 'write', [ids, {'state': 'sale'}], context=context)
            self.assertForbidden(
                'sale.order', 'web_save', [ids, {'state': 'sale'}], {'specification': {}}, context=context)
            self.assertForbidden('sale.order', 'create', [[{
                'partner_id': self.partner.id, 'state': 'sale', 'order_line': [[0, 0, {
                    'product_id': self.product.id, 'product_uom_qty': 10, 'price_unit': 1000}]]}]], context=context)
            self.assertForbidden('sale.order', 'write', [ids, {'sop_review_id': 1}], context=context)
        self.assertEqual(self.order.state, 'draft')

    def test_private_methods(self):
        self.authenticate('sop_seller', 'sop_seller')
        for method in ('_sop_enter', '_get_sop_review_refusals', '_sop_confirm_paid', '_sop_set_state'):
            __, error = self._call_kw('sale.order', method, [self.order.ids])
            self.assertTrue(error)


@tagged('post_install', '-at_install')
class TestOralOrderReview(OrderGateCommon):
    """An order by word of mouth is confirmed by the customer and reviewed by us, in any order (§4.6)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead.partner_id = cls.partner
        cls.oral = cls.env['sop.oral.order'].with_user(cls.user_sales_salesman).create({
            'lead_id': cls.lead.id, 'caller': "Ms. Wang",
            'line_ids': [Command.create({'product_id': cls.product.id, 'quantity': 10, 'price_unit': 1000})]})
        action = cls.oral.action_create_quotation()
        cls.order = cls.env['sale.order'].with_user(cls.user_sales_salesman).browse(action['res_id'])

    def assertHeld(self, text):
        with self.assertRaises(UserError) as caught:
            self.order.action_confirm()
        self.assertIn(text, str(caught.exception))

    def test_planned_and_reviewed_meanwhile(self):
        self._give_review(self.order)
        self.assertHeld(self.oral.name)
        self.oral.sudo(False)._sop_record_signoff('confirmed', "Ms. Wang", how='email')
        self.order.action_confirm()
        self.assertEqual(self.order.state, 'sale')

    def test_confirmed_and_not_reviewed(self):
        self.oral.sudo(False)._sop_record_signoff('confirmed', "Ms. Wang", how='email')
        self.assertHeld("reviewed before it is confirmed")

    def test_every_door_asks_for_both(self):
        self._give_review(self.order)
        with self.assertRaises(UserError):
            self.order.sudo().state = 'sale'

    def test_confirmation_does_not_outdate(self):
        review = self._give_review(self.order)
        self.oral.sudo(False)._sop_record_signoff('confirmed', "Ms. Wang", how='email')
        self.assertEqual(review.state, 'approved')
