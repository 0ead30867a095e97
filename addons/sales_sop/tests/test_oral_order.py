from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged, users

from ..engine import as_engine
from .test_signoff import SignoffCommon

MONDAY = datetime(2026, 11, 23, 6)


class OralOrderCommon(SignoffCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.director = new_test_user(cls.env, 'oral_director', groups='base.group_user')
        cls.env.ref('sales_sop.sop_position_director').user_ids = cls.director
        cls.order = cls.order.sudo(False)

    def _confirm_oral(self, order=None):
        (order or self.order)._sop_record_signoff('confirmed', "Ms. Wang", how='email')

    def _create_quotation(self, **values):
        """A quotation made of the oral order by the salesperson."""
        action = self.order.with_user(self.user_sales_salesman).action_create_quotation()
        quotation = self.env['sale.order'].browse(action['res_id'])
        quotation.write(values)
        return quotation


@tagged('post_install', '-at_install')
class TestOralOrder(OralOrderCommon):
    """What a customer said on the phone is written down at once and restated in time."""

    @users('user_sales_salesman')
    def test_recorded_in_the_form(self):
        with Form(self.env['sop.oral.order'].with_context(default_lead_id=self.lead.id)) as form:
            form.caller = "Ms. Wang"
            with form.line_ids.new() as line:
                line.product_id = self.product.with_env(self.env)
                line.quantity = 2
            with form.line_ids.new() as line:
                line.name = "The red one, as last year"
        order = form.save()
        self.assertRegex(order.name, r'^OO-\d{4}-\d{4}$')
        self.assertEqual((order.user_id, order.company_id, order.state), (
            self.env.user, self.env.company, 'draft'))
        self.assertEqual(order.line_ids.mapped('name'), ["Pump P20", "The red one, as last year"])

    def test_restated_in_time(self):
        with freeze_time(MONDAY):
            order = self._create_oral_order(self.lead)
            self.assertEqual(order.due_date, date(2026, 11, 24))
            self.assertEqual(order.activity_ids.user_id, self.user_sales_salesman)
            self.assertEqual(order.activity_ids.date_deadline, date(2026, 11, 24))
        with freeze_time(MONDAY + timedelta(days=2)):
            order.invalidate_recordset()
            self.assertTrue(order.is_overdue)
            self.assertIn(order, order.search([('is_overdue', '=', True)]))
            self.assertNotIn(order, order.search([('is_overdue', '=', False)]))
            order._sop_request_signoff()
            self.assertFalse(order.is_overdue)
            self.assertFalse(order.activity_ids, "It is done")
            self.assertEqual(order.restated_date, datetime.now().replace(microsecond=0))

    def test_bad_input(self):
        for values in (
            {'date': datetime.now() + timedelta(days=1)},
            {'line_ids': [Command.create({'name': "  "})]},
            {'stakeholder_id': self.env['sop.stakeholder'].create({
                'lead_id': self._create_lead().id, 'name': "Mr. Li"}).id},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._create_oral_order(self.lead, **values)

    def test_frozen(self):
        self._confirm_oral()
        for act in (
            lambda: self.order.write({'special_wish': "Blue"}),
            lambda: self.order.line_ids.write({'quantity': 99}),
            lambda: self.order.line_ids.unlink(),
            lambda: self.env['sop.oral.order.line'].create({'order_id': self.order.id, 'name': "More"}),
            lambda: self.order.write({'line_ids': [Command.clear()]}),
            lambda: self.order.action_cancel("x"),
            lambda: self.order.unlink(),
            lambda: self.order._sop_request_signoff(),
            lambda: self.order._sop_record_signoff('declined', "Mr. Li"),
        ):
            for order in (self.order.with_user(self.user_sales_manager), self.order.sudo()):
                self.patch(self, 'order', order)
                with self.assertRaises(UserError):
                    act()

    def test_server_fields(self):
        for values in (
            {'state': 'confirmed'}, {'user_id': self.user_sales_leads.id}, {'due_date': '2030-01-01'},
            {'start_state': 'released'}, {'start_by_id': self.director.id}, {'cancel_reason': "x"},
            {'name': "OO-1"}, {'start_approver_ids': [Command.set(self.user_sales_salesman.ids)]},
        ):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    self.order.with_user(self.user_sales_salesman).write(values)
                with self.assertRaises(AccessError):
                    self.order.sudo().write(values)
                with self.assertRaises(AccessError):
                    self._create_oral_order(self.lead, **values)

    def test_defaults_forge_nothing(self):
        orders = self.env['sop.oral.order'].with_user(self.user_sales_salesman).with_context(
            default_state='confirmed', default_signoff_state='confirmed', default_start_state='released',
            default_user_id=self.user_sales_leads.id)
        order = orders.create({'lead_id': self.lead.id, 'caller': "Ms. Wang"})
        self.assertEqual((order.state, order.start_state, order.user_id), ('draft', False, self.user_sales_salesman))

    def test_import(self):
        result = self.env['sop.oral.order'].with_user(self.user_sales_manager).load(
            ['lead_id/.id', 'caller', 'state'], [[str(self.lead.id), "Ms. Wang", "Confirmed"]])
        self.assertFalse(result['ids'])

    def test_stays_with_its_opportunity(self):
        with self.assertRaises(UserError):
            self.order.write({'lead_id': self._create_lead().id})
        other = self._create_oral_order(self.lead)
        with self.assertRaises(UserError):
            self.order.line_ids.write({'order_id': other.id})

    def test_foreign_lead(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        with self.assertRaises(AccessError):
            self._create_oral_order(foreign)
        order = self._create_oral_order(foreign, self.user_sales_manager)
        mine = order.with_user(self.user_sales_salesman)
        self.assertFalse(mine.search([('id', '=', order.id)]))
        for act in (
            lambda: mine.read(['caller']), lambda: mine.line_ids.read(['name']),
            lambda: mine.line_ids.write({'quantity': 2}), mine.action_create_quotation,
            lambda: mine.action_cancel("x"), lambda: mine.action_ask_start("x"),
            lambda: self.env['sop.oral.order.line'].with_user(self.user_sales_salesman).create({
                'order_id': order.id, 'name': "More"}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_cancel(self):
        signoff = self.order._sop_request_signoff()
        with self.assertRaises(UserError):
            self.order.action_cancel("  ")
        self.order.action_cancel("Recorded twice")
        self.assertEqual((self.order.state, signoff.state), ('cancelled', 'outdated'))
        self.assertFalse(signoff._answer('confirmed', "Ms. Wang"))
        self.assertFalse(self.order.activity_ids)

    def test_deletion(self):
        draft = self._create_oral_order(self.lead)
        draft.unlink()
        self.order._sop_request_signoff()
        with self.assertRaises(UserError):
            self.order.unlink()

    def test_lead(self):
        leads = self.env['crm.lead'].with_user(self.user_sales_salesman)
        other = self._create_lead(name="Nothing ordered")
        own = [('id', 'in', (self.lead | other).ids)]
        self.assertTrue(self.lead.sop_has_open_oral_order)
        self.assertEqual(leads.search([*own, ('sop_has_open_oral_order', '=', True)]), self.lead)
        self.assertEqual(leads.search([*own, ('sop_has_open_oral_order', '=', False)]), other)
        self.order._sop_request_signoff()._answer('declined', "Ms. Wang", comment="No")
        self.assertTrue(self.lead.sop_has_open_oral_order, "Declined is in dispute")
        self._confirm_oral()
        self.assertFalse(self.lead.sop_has_open_oral_order)
        self.assertEqual(leads.search([*own, ('sop_has_open_oral_order', '!=', True)]), self.lead | other)

    def test_many_leads(self):
        leads = self.lead
        for number in range(9):
            leads |= self._create_lead(name=f"Lead {number}")
        for lead in leads:
            self._create_oral_order(lead)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            leads.mapped('sop_has_open_oral_order')


@tagged('post_install', '-at_install')
class TestOralOrderRelease(OralOrderCommon):
    """Before the customer confirms, the order is only planned, whichever door is tried."""

    def test_quotation(self):
        self.order.line_ids = [Command.create({
            'name': "The red one", 'quantity': 2, 'date': '2026-12-24', 'place': "Suzhou"})]
        quotation = self._create_quotation()
        self.assertEqual((quotation.partner_id, quotation.opportunity_id, quotation.sop_oral_order_id), (
            self.contact, self.lead, self.order))
        line, note = quotation.order_line
        self.assertEqual((line.product_id, line.product_uom_qty, line.price_unit), (self.product, 3, 890))
        self.assertEqual(note.display_type, 'line_note')
        self.assertIn("Suzhou", note.name)
        self.assertEqual(self.order.order_count, 1)

    def test_price_nobody_named(self):
        self.order.line_ids.price_unit = 0
        self.assertEqual(self._create_quotation().order_line.price_unit, 900)

    def test_every_door(self):
        quotation = self._create_quotation()
        values = {'partner_id': self.contact.id, 'opportunity_id': self.lead.id, 'sop_oral_order_id': self.order.id}
        free = self.env['sale.order'].create({'partner_id': self.contact.id, 'state': 'sale'})
        doors = {
            'button': quotation.action_confirm,
            'write': lambda: quotation.write({'state': 'sale'}),
            'create': lambda: self.env['sale.order'].create({**values, 'state': 'sale'}),
            'link later': lambda: free.write({'sop_oral_order_id': self.order.id}),
            'portal': quotation._validate_order,
        }
        for name, door in doors.items():
            with self.subTest(door=name), self.assertRaises(UserError):
                door()
        for user in (self.user_sales_salesman, self.user_sales_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                quotation.with_user(user).action_confirm()
        result = self.env['sale.order'].load(
            ['partner_id/.id', 'sop_oral_order_id/.id', 'state'],
            [[str(self.contact.id), str(self.order.id), "Sales Order"]])
        self.assertFalse(result['ids'])
        self.assertEqual(quotation.state, 'draft')

    def test_leaving_the_oral_order(self):
        quotation = self._create_quotation()
        other = self._create_oral_order(self.lead)
        self._confirm_oral(other)
        for value in (False, other.id):
            with self.assertRaises(UserError):
                quotation.sop_oral_order_id = value
        copy = quotation.copy()
        with self.assertRaises(UserError):
            copy.action_confirm()

    def test_oral_order_of_another_customer(self):
        quotation = self.env['sale.order'].create({'partner_id': self.contact_1.id})
        with self.assertRaises(ValidationError):
            quotation.sop_oral_order_id = self.order

    def test_confirmed(self):
        quotation = self._create_quotation()
        self._confirm_oral()
        quotation.with_user(self.user_sales_salesman).action_confirm()
        self.assertEqual(quotation.state, 'sale')

    def test_cancelled(self):
        quotation = self._create_quotation()
        self.order.action_cancel("Recorded twice")
        with self.assertRaises(UserError):
            quotation.action_confirm()
        quotation.sop_oral_order_id = False
        quotation.action_confirm()

    def test_declined(self):
        quotation = self._create_quotation()
        self.order._sop_request_signoff()._answer('declined', "Ms. Wang", comment="No")
        with self.assertRaises(UserError):
            quotation.action_confirm()

    def test_portal_does_not_offer_it(self):
        quotation = self._create_quotation(require_signature=True, require_payment=True)
        quotation.state = 'sent'
        self.assertFalse(quotation._has_to_be_signed() or quotation._has_to_be_paid())
        self._confirm_oral()
        self.assertTrue(quotation._has_to_be_signed() and quotation._has_to_be_paid())

    def test_other_orders(self):
        """Nothing changes for what was not ordered by word of mouth."""
        order = self.env['sale.order'].create({'partner_id': self.contact.id, 'opportunity_id': self.lead.id})
        order.action_confirm()
        self.assertEqual(order.state, 'sale')


@tagged('post_install', '-at_install')
class TestOralOrderPayment(OralOrderCommon):
    """A payment neither releases the order nor is lost."""

    def _pay(self, quotation):
        provider = self.env['payment.provider'].search([], limit=1)
        method = self.env['payment.method'].with_context(active_test=False).search([], limit=1)
        return self.env['payment.transaction'].create({
            'provider_id': provider.id, 'payment_method_id': method.id, 'reference': 'oral-1',
            'amount': quotation.amount_total, 'currency_id': quotation.currency_id.id,
            'partner_id': quotation.partner_id.id, 'sale_order_ids': [Command.set(quotation.ids)], 'state': 'done',
        })

    def test_paid_before_confirmed(self):
        quotation = self._create_quotation(require_payment=True)
        payment = self._pay(quotation)
        self.assertFalse(payment._check_amount_and_confirm_order())
        self.assertEqual(quotation.state, 'draft')
        self.order._sop_request_signoff()._answer('confirmed', "Ms. Wang")
        self.assertEqual(quotation.state, 'sale')


@tagged('post_install', '-at_install')
class TestOralOrderStart(OralOrderCommon):
    """Only the sales director lets a small order start before the customer confirms."""

    def test_released(self):
        quotation = self._create_quotation()
        mine = self.order.with_user(self.user_sales_salesman)
        mine.action_ask_start("Production stands still")
        activity = self.order.activity_ids.filtered(lambda activity: activity.user_id == self.director)
        self.assertEqual(len(activity), 1)
        asked = self.order.with_user(self.director)
        self.assertEqual(asked.read(['caller', 'amount'])[0]['amount'], 2670, "He reads what he decides on")
        self.assertEqual(asked.line_ids.read(['name'])[0]['name'], "Pump P20")
        self.assertTrue(asked.can_decide_start)
        with Form(asked) as form:
            self.assertEqual(form.caller, "Ms. Wang", "The form opens without rights on the opportunity")
        asked.action_release_start("Old customer")
        self.assertEqual((self.order.start_state, self.order.start_by_id), ('released', self.director))
        quotation.with_user(self.user_sales_salesman).action_confirm()
        self.assertEqual(quotation.state, 'sale')
        self.assertTrue(self.lead.sop_has_open_oral_order, "The confirmation is still missing")
        with self.assertRaises(UserError):
            self.order.action_cancel("x")

    def test_before_he_is_asked_he_sees_nothing(self):
        asked = self.order.with_user(self.director)
        self.assertFalse(asked.search([]))
        with self.assertRaises(AccessError):
            asked.action_release_start("x")

    def test_nobody_else(self):
        self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")
        for user in (self.user_sales_salesman, self.user_sales_manager, self.user_sales_leads, self.user_auditor):
            for method in ('action_release_start', 'action_refuse_start'):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(self.order.with_user(user), method)("x")
        self.assertEqual(self.order.start_state, 'asked')

    def test_not_his_own(self):
        """A director who recorded it or asked for it does not release it."""
        self.director.group_ids = [Command.link(self.env.ref('sales_team.group_sale_salesman_all_leads').id)]
        own = self._create_oral_order(self.lead, self.director)
        with self.assertRaises(AccessError):
            own.with_user(self.director).action_release_start("x")
        self.order.with_user(self.director).action_ask_start("x")
        with self.assertRaises(AccessError):
            self.order.with_user(self.director).action_release_start("x")

    def test_refused(self):
        quotation = self._create_quotation()
        self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")
        self.order.with_user(self.director).action_refuse_start("Not before it is written")
        self.assertEqual(self.order.start_state, 'refused')
        with self.assertRaises(UserError):
            quotation.action_confirm()

    def test_reasons(self):
        for method, user in (('action_ask_start', self.user_sales_salesman), ('action_release_start', self.director)):
            for reason in ('', '  ', None, 3):
                with self.subTest(method=method, reason=reason), self.assertRaises(UserError):
                    getattr(self.order.with_user(user), method)(reason)
            self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")

    def test_limit(self):
        self.order.line_ids.quantity = 300
        self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")
        with self.assertRaises(UserError):
            self.order.with_user(self.director).action_release_start("Old customer")

    def test_limit_of_the_orders(self):
        """Neither a larger order nor several small ones get through."""
        quotation = self._create_quotation()
        self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")
        self.order.with_user(self.director).action_release_start("Old customer")
        quotation.order_line.product_uom_qty = 300
        with self.assertRaises(UserError):
            quotation.action_confirm()
        quotation.order_line.product_uom_qty = 9
        quotation.action_confirm()
        with self.assertRaises(ValidationError):
            quotation.order_line.product_uom_qty = 90
            self.env.flush_all()
        self.env.invalidate_all()
        second = self._create_quotation()
        with self.assertRaises(UserError):
            second.action_confirm()

    def test_limit_in_another_currency(self):
        foreign = self.env['res.currency'].create({
            'name': 'TST', 'symbol': 'T', 'rate_ids': [Command.create({'name': '2020-01-01', 'rate': 0.1})]})
        self.order.currency_id = foreign
        self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")
        with self.assertRaises(UserError):
            self.order.with_user(self.director).action_release_start("2670 TST are 26700")

    def test_after_the_end(self):
        self._confirm_oral()
        with self.assertRaises(UserError):
            self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")

    def test_changed_after_the_release(self):
        """The lines may still change; the limit holds at the order."""
        self.order.with_user(self.user_sales_salesman).action_ask_start("Urgent")
        self.order.with_user(self.director).action_release_start("Old customer")
        self.order.line_ids.quantity = 500
        quotation = self._create_quotation()
        with self.assertRaises(UserError):
            quotation.action_confirm()


@tagged('post_install', '-at_install')
class TestOralOrderSignoff(OralOrderCommon):

    def test_content(self):
        self.order.write({'special_wish': "<script>alert(1)</script> blue"})
        self.order.line_ids.write({
            'specification': "DN 50", 'date': '2026-12-24', 'place': "Suzhou", 'payment': "30 days"})
        signoff = self.order._sop_request_signoff(mail=False)
        for text in ("Pump P20", "DN 50", "Suzhou", "30 days", "2,670", "blue"):
            self.assertIn(text, signoff.content)
        self.assertNotIn('<script', signoff.content)
        self.assertNotIn(self.lead.name, signoff.content)

    def test_manual_answer_closes_the_reminder(self):
        self._confirm_oral()
        self.assertEqual(self.order.state, 'confirmed')
        self.assertFalse(self.order.activity_ids)

    def test_merge_keeps_its_company(self):
        other = self._create_lead(name="Same", partner_id=self.contact.id)
        winner = (other | self.lead).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual(self.order.lead_id, winner)
        self.assertTrue(as_engine(self.order).company_id)
