from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..engine import as_engine
from .negotiation_common import NegotiationCommon


@tagged('post_install', '-at_install')
class TestFloorOrder(NegotiationCommon):
    """Prices of orders of a deal against the list (S4.6)."""

    def _ask_prices(self, order):
        action = order.action_sop_request_approval()
        request = order.env['sop.floor.request'].with_context(**action['context']).create({
            'reason': "Or they buy elsewhere", 'counter': "Twice the quantity"})
        request.action_apply()
        return order.env['sop.floor.approval'].search([('order_id', '=', order.id)], order='id desc')

    def test_price_below_the_floor(self):
        for values, discount, state in (
            ({}, 0, 'ok'), ({'discount': 3}, 3, 'ok'), ({'discount': 5}, 5, 'authority'),
            ({'price_unit': 900}, 10, 'below'), ({'price_unit': 950, 'discount': 10}, 14.5, 'below'),
            ({'price_unit': 1200}, -20, 'ok'), ({'discount': 25}, 25, 'margin'), ({'discount': 100}, 100, 'margin'),
        ):
            with self.subTest(values=values):
                line = self._create_order(**values).order_line
                self.assertAlmostEqual(line.sop_discount, discount)
                self.assertEqual(line.sop_price_state, state)
                self.assertEqual(line.sop_below_floor, state != 'ok')

    def test_seen_at_once(self):
        order = self._create_order()
        with Form(order) as form:
            self.assertFalse(form.sop_has_below_floor)
            with form.order_line.edit(0) as line:
                line.price_unit = 800
            self.assertTrue(form.sop_has_below_floor)
        self.assertEqual(self.lead.sop_floor_state, 'below')

    def test_other_unit_and_currency(self):
        """The list price is taken to the unit and the currency of the line."""
        dozen = self.env.ref('uom.product_uom_dozen')
        line = self._create_order(product_uom_id=dozen.id, price_unit=12000).order_line
        self.assertAlmostEqual(line.sop_discount, 0)
        line.price_unit = 10000
        self.assertAlmostEqual(line.sop_discount, 100 * (1 - 10000 / 12000), 3)
        other = self.env['res.currency'].with_context(active_test=False).search(
            [('id', '!=', self.env.company.currency_id.id)], limit=1)
        other.active = True
        self.env['res.currency.rate'].create({
            'currency_id': other.id, 'rate': 2 * self.env.company.currency_id.rate, 'name': '2020-01-01',
            'company_id': self.env.company.id})
        pricelist = self.env['product.pricelist'].create({'name': "Abroad", 'currency_id': other.id})
        order = self._create_order(price_unit=2000)
        order.sudo().pricelist_id = pricelist
        order.order_line.price_unit = 2000
        self.assertAlmostEqual(order.order_line.sop_discount, 0)

    def test_price_list_is_no_excuse(self):
        """A price list that gives 30 % is below the floor like a discount typed in."""
        pricelist = self.env['product.pricelist'].create({'name': "Friends", 'item_ids': [
            Command.create({'compute_price': 'percentage', 'percent_price': 12, 'applied_on': '3_global'})]})
        order = self.env['sale.order'].with_user(self.user_sales_salesman).create({
            'partner_id': self.contact_company_1.id, 'opportunity_id': self.lead.id, 'pricelist_id': pricelist.id,
            'order_line': [Command.create({'product_id': self.product.id})]})
        self.assertEqual(order.order_line.sop_price_state, 'below')

    def test_no_price_to_judge(self):
        free = self.env['product.product'].create({'name': "Sample", 'list_price': 0})
        order = self._create_order(product_id=free.id, price_unit=0)
        order.write({'order_line': [
            Command.create({'display_type': 'line_section', 'name': "Options"}),
            Command.create({'display_type': 'line_note', 'name': "Without freight"})]})
        self.assertFalse(order.sop_has_below_floor)

    def test_approved(self):
        order = self._create_order(discount=10)
        self.assertEqual(self.lead.sop_floor_state, 'below')
        approval = self._ask_prices(order)
        self.assertEqual((approval.number, approval.value, approval.product_id), (10, '10.00', self.product))
        self._as(approval, 'director').action_approve()
        self.env.invalidate_all()
        self.assertFalse(order.order_line.sop_below_floor)
        self.assertEqual(self.lead.sop_floor_state, 'ok')
        order.order_line.discount = 12
        self.assertTrue(order.order_line.sop_below_floor)
        self.assertEqual(self.lead.sop_floor_state, 'below')

    def test_bound_to_the_line_and_the_product(self):
        order = self._create_order(discount=10)
        self._as(self._ask_prices(order), 'director').action_approve()
        copied = order.copy()
        copied.opportunity_id = self.lead
        self.assertTrue(copied.order_line.sop_below_floor)
        copied._action_cancel()
        order.order_line.product_id = self.env['product.product'].create({'name': "Other pump", 'list_price': 1000})
        order.order_line.write({'price_unit': 1000, 'discount': 10})
        self.env.invalidate_all()
        self.assertTrue(order.order_line.sop_below_floor)
        self.assertEqual(self.lead.sop_floor_state, 'below')

    def test_price_of_the_deal_covers_its_lines(self):
        """What was approved for the whole deal is not asked for again line by line."""
        order = self._create_order(discount=10)
        price = self._line(self._create_sheet(order_id=order.id), 'price')
        self._as(self._ask(price, '12'), 'director').action_approve()
        self.assertTrue(order.order_line.sop_below_floor)
        price.write({'agreed': '10', 'traded_for': "Twice the quantity"})
        self.env.invalidate_all()
        self.assertFalse(order.order_line.sop_below_floor)
        self.assertEqual(self.lead.sop_floor_state, 'ok')

    def test_sales_manager_releases_inside_the_floor(self):
        order = self._create_order(discount=6).with_user(self.user_sales_manager)
        approval = self._ask_prices(order)
        self.assertTrue(approval.is_own)
        self.env.invalidate_all()
        self.assertEqual(self.lead.sop_floor_state, 'ok')

    def test_low_margin(self):
        self.product.standard_price = 900
        line = self._create_order(discount=2).order_line
        self.assertEqual(line.sop_price_state, 'margin')
        approval = self._ask_prices(line.order_id)
        self.assertEqual(approval.decision_ids.mapped('code'), ['gm', 'fin'])

    def test_confirmed_with_an_approval(self):
        """It is used up; what was confirmed in time stays approved."""
        with freeze_time('2026-11-02 08:00:00'):
            order = self._create_order(discount=10)
            approval = self._ask_prices(order)
            self._as(approval, 'director').action_approve()
            order.action_confirm()
            self.assertTrue(approval.used_date)
        with freeze_time('2027-06-01 08:00:00'):
            self.env.invalidate_all()
            self.assertEqual(self.lead.sop_floor_state, 'ok')
            self.assertFalse(order.order_line.sop_below_floor)

    def test_not_sent_before_it_is_approved(self):
        """Through the button, the state, the confirmation, and for the superuser."""
        order = self._create_order(discount=10)
        for actor in (order, order.with_user(self.user_sales_manager), order.sudo(), order.with_env(self.env)):
            for act in (
                actor.action_quotation_sent, actor.action_confirm, lambda actor=actor: actor.write({'state': 'sent'}),
            ):
                with self.assertRaises(UserError) as caught:
                    act()
                self.assertIn("Pump", str(caught.exception))
                self.assertNotIn("8", str(caught.exception).replace(order.name, ''), "No floor in the refusal")
        self._as(self._ask_prices(order), 'director').action_approve()
        order.action_quotation_sent()
        self.assertEqual(order.state, 'sent')

    def test_a_customer_signs_what_was_sent(self):
        """An approval that lapsed in the meantime is no matter of the customer."""
        with freeze_time('2026-11-02 08:00:00'):
            order = self._create_order(discount=10)
            self._as(self._ask_prices(order), 'director').action_approve()
            order.action_quotation_sent()
        with freeze_time('2027-06-01 08:00:00'):
            order.with_user(self.user_public).sudo().action_confirm()
        self.assertEqual(order.state, 'sale')

    def test_no_cheaper_once_it_is_sent(self):
        """What the customer has in hand changes by an approved price only, through every door."""
        order = self._create_order()
        order.action_quotation_sent()
        for actor in (order, order.with_user(self.user_sales_manager), order.sudo()):
            line = actor.order_line
            for act in (
                lambda line=line: line.write({'discount': 10}),
                lambda line=line: line.write({'price_unit': 500}),
                lambda actor=actor, line=line: actor.write({
                    'order_line': [Command.update(line.id, {'discount': 10})]}),
                lambda actor=actor: actor.write({'order_line': [Command.create({
                    'product_id': self.product.id, 'price_unit': 500})]}),
                lambda actor=actor: actor.copy({'state': 'sent', 'order_line': [Command.create({
                    'product_id': self.product.id, 'price_unit': 500})]}),
            ):
                with self.assertRaises(UserError) as caught:
                    act()
                self.assertIn("Pump", str(caught.exception))
        order.order_line.discount = 2
        order.action_confirm()
        with self.assertRaises(UserError):
            order.order_line.discount = 20

    def test_a_link_to_a_draft_is_no_way(self):
        """A draft nobody checked is not signed or paid, and a payment of it is kept all the same."""
        order = self._create_order(discount=10)
        order.write({'require_signature': True, 'require_payment': True})
        self.assertFalse(order._has_to_be_signed() or order._has_to_be_paid())
        self._as(self._ask_prices(order), 'director').action_approve()
        self.env.invalidate_all()
        self.assertTrue(order._has_to_be_signed() and order._has_to_be_paid())

    def test_judgement_is_not_forged(self):
        line = self._create_order(discount=50).order_line
        for values in ({'sop_price_state': 'ok'}, {'sop_discount': 0}, {'sop_price_state': False}):
            for actor in (line, line.sudo()):
                with self.subTest(values=values), self.assertRaises(AccessError):
                    actor.write(values)
        with self.assertRaises(AccessError):
            line.copy({'sop_price_state': 'ok', 'order_id': line.order_id.id})
        order = line.order_id.with_context(default_sop_price_state='ok', default_sop_discount=1).copy()
        order.order_line.with_context(default_sop_price_state='ok').create({
            'order_id': order.id, 'product_id': self.product.id, 'price_unit': 1, 'sop_price_state': False})
        self.assertEqual(set(order.order_line.mapped('sop_price_state')), {'below', 'margin'} & set(
            order.order_line.mapped('sop_price_state')))

    def test_approval_stays_with_its_deal(self):
        """A line that goes to another deal leaves its approval behind."""
        order = self._create_order(discount=10)
        self._as(self._ask_prices(order), 'director').action_approve()
        self.assertFalse(order.order_line.sop_below_floor)
        other = self._create_lead(name="Other")
        order.opportunity_id = other
        self.env.invalidate_all()
        self.assertTrue(order.order_line.sop_below_floor)
        with self.assertRaises(UserError):
            order.action_quotation_sent()

    def test_procedure_that_observes(self):
        self.stage_discover.gate = 'observe'
        order = self._create_order(discount=10)
        order.action_confirm()
        self.assertEqual(self.lead.sop_floor_state, 'below')

    def test_procedure_that_does_not_ask_for_approvals(self):
        """One that was written before there were approvals goes on as it was."""
        as_engine(self.process.stage_ids.requirement_ids.filtered(lambda item: item.code == 'O3')).unlink()
        order = self._create_order(discount=10)
        order.action_quotation_sent()
        order.action_confirm()
        self.assertTrue(order.order_line.sop_below_floor, "it is shown all the same")

    def test_cancelled_order_holds_nobody(self):
        order = self._create_order(discount=50)
        self.assertEqual(self.lead.sop_floor_state, 'below')
        order._action_cancel()
        self.env.invalidate_all()
        self.assertEqual(self.lead.sop_floor_state, 'ok')

    def test_nothing_to_ask(self):
        order = self._create_order(discount=1)
        for values in ({'order_line_id': order.order_line.id}, {'order_line_id': order.order_line.id, 'kind': 'floor'}):
            with self.assertRaises(UserError):
                self.me['sop.floor.approval'].create({'reason': "x", 'counter': "y", **values})

    def test_foreign_order(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        order = self.env['sale.order'].create({
            'partner_id': self.contact_company_1.id, 'opportunity_id': foreign.id,
            'user_id': self.user_sales_leads.id,
            'order_line': [Command.create({'product_id': self.product.id, 'price_unit': 500})]})
        with self.assertRaises(AccessError):
            self.me['sop.floor.approval'].create({
                'order_line_id': order.order_line.id, 'reason': "x", 'counter': "y"})
        with self.assertRaises(AccessError):
            order.with_env(self.me).action_sop_request_approval()

    def test_plain_orders_are_left_alone(self):
        """No mark, no value, and not one query more."""
        plain = self._create_lead(team_id=self.env['crm.team'].create({'name': "Plain"}).id)
        order = self._create_order(plain, discount=50)
        self.assertFalse(order.sop_has_below_floor)
        self.assertFalse(order.sop_is_expired or order.sop_has_terms)
        order = self.env['sale.order'].create({
            'partner_id': self.contact_company_1.id,
            'order_line': [Command.create({'product_id': self.product.id, 'price_unit': 10})]})
        self.assertFalse(order.order_line.sop_price_state)
        self.env.flush_all()
        self.env.invalidate_all()
        order.mapped('state')
        order.order_line.mapped('price_unit')
        before = self.env.cr.sql_log_count
        as_engine(order.order_line)._compute_sop_price_state()
        for name in ('sop_has_below_floor', 'sop_has_terms', 'sop_is_expired', 'sop_term_difference'):
            order.mapped(name)
        self.assertEqual(self.env.cr.sql_log_count - before, 0)

    def test_a_change_of_a_plain_price(self):
        """One UPDATE of the line and one of the order, as without us."""
        order = self.env['sale.order'].create({
            'partner_id': self.contact_company_1.id,
            'order_line': [Command.create({'product_id': self.product.id, 'price_unit': 10})]})
        self.env.flush_all()
        line, queries = order.order_line, []
        line.mapped('price_unit')
        cursor = type(self.env.cr)
        with patch.object(cursor, 'execute', autospec=True, side_effect=cursor.execute) as execute:
            line.price_unit = 11
            self.env.flush_all()
            queries = [str(call.args[1]) for call in execute.call_args_list]
        self.assertFalse([query for query in queries if 'crm_lead' in query or 'sop_' in query and 'SELECT' in query])

    def test_search_costs_the_same_for_many(self):
        def measure(size):
            leads = self.env['crm.lead'].create([{
                'name': f"Deal {number}", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
                'user_id': self.user_sales_salesman.id} for number in range(size)])
            self.env['sale.order'].create([{
                'partner_id': self.contact_company_1.id, 'opportunity_id': lead.id,
                'order_line': [Command.create({'product_id': self.product.id, 'price_unit': 900})],
            } for lead in leads])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.env['crm.lead'].search([('id', 'in', leads.ids), ('sop_floor_state', '=', 'below')])
            self.assertEqual(found, leads)
            self.assertEqual(set(leads.mapped('sop_floor_state')), {'below'})
            self.assertTrue(all(leads.order_ids.mapped('sop_has_below_floor')))
            return self.env.cr.sql_log_count - before
        measure(1)
        self.assertLessEqual(measure(20) - measure(2), 2)

