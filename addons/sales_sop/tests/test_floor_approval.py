from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SalesSopHttpCommon
from .negotiation_common import NegotiationCommon


@tagged('post_install', '-at_install')
class TestFloorApproval(NegotiationCommon):
    """Who approves what, once, for how long (S4.6)."""

    def setUp(self):
        super().setUp()
        self.sheet = self._create_sheet()
        self.price = self._line(self.sheet, 'price')
        self.price.ask = '20'

    def test_asked(self):
        approval = self._ask(self.price, '12')
        self.assertEqual(approval.decision_ids.mapped('code'), ['director'])
        self.assertEqual(approval.decision_ids.approver_ids, self.users['director'])
        self.assertEqual(
            (approval.state, approval.requester_id, approval.number, approval.gap, approval.ask),
            ('waiting', self.user_sales_salesman, 12, 4, '20'))
        activity = approval.sudo().activity_ids
        self.assertEqual(activity.user_id, self.users['director'])
        self.assertFalse({'12', '8', '20'} & set(f'{activity.summary} {activity.note}'.split()))

    def test_approved_and_offered(self):
        approval = self._ask(self.price, '12')
        with self.assertRaises(RedirectWarning):
            self.price.offer = '12'
        self._as(approval, 'director').action_approve()
        self.assertEqual((approval.state, approval.granted, approval.cover_number), ('approved', '12', 12))
        self.assertFalse(approval.sudo().activity_ids)
        self.price.offer = '11'
        with self.assertRaises(RedirectWarning):
            self.price.offer = '12.5'

    def test_participant_sees_what_he_needs(self):
        """Without any right in Sales: the deal, the value, target and floor, the rounds."""
        self.price.offer = '2'
        approval = self._as(self._ask(self.price, '12'), 'director')
        approval.invalidate_recordset()
        self.assertIn(approval, approval.search([('can_decide', '=', True)]))
        values = approval.read([
            'lead_name', 'partner_name', 'subject', 'ask', 'value', 'limits_shown', 'gap_shown', 'reason', 'counter',
            'history', 'can_decide', 'deciders', 'display_name'])[0]
        self.assertEqual((values['limits_shown'], values['gap_shown']), ('3 / 8', '4 % below list'))
        self.assertEqual(values['lead_name'], "Ten pumps")
        self.assertIn("Round 1, we: 2", values['history'])
        self.assertTrue(values['can_decide'])
        with self.assertRaises(AccessError):
            approval.lead_id.read(['name'])
        for name in ('floor_value', 'gap', 'margin_percent'):
            with self.assertRaises(AccessError):
                approval.read([name])
        with self.assertRaises(AccessError):
            self._as(approval, 'leg').read(['value'])
        self.assertFalse(self._as(approval, 'leg').search([('id', '=', approval.id)]))

    def test_margin_for_those_who_decide(self):
        self.sheet.order_id = self._create_order()
        approval = self._ask(self.price, '12').sudo()
        self.assertTrue(approval.has_margin)
        self.assertAlmostEqual(approval.margin_percent, 100 * (8800 - 7000) / 8800, 2)
        self.assertAlmostEqual(approval.margin_effect, -400)
        self.assertIn("20.5", self._as(approval.sudo(False), 'director').margin_shown)

    def test_low_margin_goes_to_the_top(self):
        """10 % is inside the authority of the director, but not at this margin."""
        self.product.standard_price = 800
        self.sheet.order_id = self._create_order()
        approval = self._ask(self.price, '10')
        self.assertEqual(approval.decision_ids.mapped('code'), ['gm', 'fin'])

    def test_all_positions_of_a_row_together(self):
        approval = self._ask(self.price, '20')
        self.assertEqual(approval.decision_ids.mapped('code'), ['gm', 'fin'])
        self._as(approval, 'gm').action_approve("Strategic")
        self.assertEqual(approval.state, 'waiting')
        self.assertEqual(approval.sudo().activity_ids.user_id, self.users['fin'])
        with self.assertRaises(AccessError):
            self._as(approval, 'gm').action_approve()
        self._as(approval, 'fin').action_approve()
        self.assertEqual(approval.state, 'approved')

    def test_one_rejection_settles_it(self):
        approval = self._ask(self.price, '20')
        with self.assertRaises(UserError):
            self._as(approval, 'gm').action_reject(" ")
        self._as(approval, 'gm').action_reject("Not for this customer")
        self.assertEqual(approval.state, 'rejected')
        self.assertFalse(approval.sudo().activity_ids, "Nobody is asked any more")
        with self.assertRaises(UserError):
            self._as(approval, 'fin').action_approve()
        notified = self.env['mail.message'].search([
            ('model', '=', approval._name), ('res_id', '=', approval.id),
            ('partner_ids', 'in', self.user_sales_salesman.partner_id.ids)])
        self.assertTrue(notified)
        self.assertNotIn('20', notified.body)

    def test_limits(self):
        """The strictest limit counts."""
        approval = self._ask(self.price, '20')
        for limit in ('20', '25', "less"):
            with self.assertRaises(UserError):
                self._as(approval, 'gm').action_limit("Too much", limit)
        self._as(approval, 'gm').action_limit("Too much", '18')
        self._as(approval, 'fin').action_limit("Too much", '16')
        self.assertEqual((approval.state, approval.granted, approval.cover_number), ('approved', '16', 16))
        with self.assertRaises(RedirectWarning):
            self.price.offer = '17'
        self.price.offer = '16'

    def test_never_the_one_who_asks(self):
        """Through another position, as a stand-in, in sudo neither."""
        positions = self.env['sop.position']
        positions.search([]).user_ids = self.user_sales_salesman
        with self.assertRaises(UserError) as caught:
            positions.search([('code', '=', 'director')]).stand_in_id = False
            self.env.ref('sales_sop.group_sop_manager').all_user_ids.active = False
            self._ask(self.price, '12')
        self.assertIn("positions", str(caught.exception))
        self.env.invalidate_all()
        positions.search([('code', '=', 'director')]).user_ids = self.user_sales_salesman | self.users['director']
        approval = self._ask(self.price, '12')
        self.assertEqual(approval.decision_ids.approver_ids, self.users['director'])
        for own in (approval, approval.sudo()):
            with self.assertRaises(AccessError):
                own.action_approve()
        self.assertFalse(approval.can_decide)

    def test_requester_who_gets_the_position_later(self):
        approval = self._ask(self.price, '12')
        self.env.ref('sales_sop.sop_position_director').user_ids += self.user_sales_salesman
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            approval.action_approve()
        self.assertEqual(approval.decision_ids.approver_ids, self.users['director'])

    def test_nobody_else_decides(self):
        approval = self._ask(self.price, '12')
        for user in (
            self.user_sales_manager, self.users['fin'], self.user_auditor, self.user_employee, self.user_portal,
        ):
            own = approval.with_env(self.env(user=user, context={'sop_engine': True}))
            for act in (own.action_approve, lambda own=own: own.action_reject("x")):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    act()
        with self.assertRaises(AccessError):
            approval.with_user(self.user_sales_manager).sudo().action_approve()
        with self.assertRaises(AccessError):
            approval.with_user(self.env.ref('base.user_root')).action_approve()
        self.assertEqual(approval.state, 'waiting')

    def test_position_changes_hands(self):
        """Open decisions go to whoever holds the position now."""
        approval = self._ask(self.price, '12')
        successor = new_test_user(self.env, 'user_sop_successor', groups='base.group_user')
        self.env.ref('sales_sop.sop_position_director').user_ids = successor
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self._as(approval, 'director').action_approve()
        self.assertIn(successor, approval.sudo().activity_ids.user_id)
        approval.with_env(self.env(user=successor)).action_approve()
        self.assertEqual(approval.decision_ids.user_id, successor)

    def test_stand_in(self):
        self.env.ref('sales_sop.sop_position_director').user_ids = False
        approval = self._ask(self.price, '12')
        self.assertEqual(approval.decision_ids.approver_ids, self.users['gm'])
        self._as(approval, 'gm').action_approve()
        self.assertEqual(approval.state, 'approved')

    def test_agreed_below_the_floor(self):
        """It is recorded as it is, and the gate stays closed until it is approved."""
        self.price.write({'agreed': '12', 'traded_for': "Twice the quantity"})
        self.assertTrue(self.price.needs_approval)
        self.assertEqual((self.lead.sop_floor_state, self.price.approval_state), ('below', 'needed'))
        leads = self.me['crm.lead']
        self.assertIn(self.lead.id, leads.search([('sop_floor_state', '=', 'below')]).ids)
        approval = self._ask(self.price, '12')
        self.assertEqual(self.price.approval_state, 'waiting')
        self._as(approval, 'director').action_approve()
        self.env.invalidate_all()
        self.assertEqual((self.price.needs_approval, self.lead.sop_floor_state), (False, 'ok'))
        self.assertTrue(approval.used_date)
        self.assertNotIn(self.lead.id, leads.search([('sop_floor_state', '=', 'below')]).ids)
        self.assertIn(self.lead.id, leads.search([('sop_floor_state', '!=', 'below')]).ids)

    def test_single_use(self):
        """Used at 10, it does not cover 12 any more."""
        self._as(self._ask(self.price, '12'), 'director').action_approve()
        self.price.write({'agreed': '10', 'traded_for': "Twice the quantity"})
        self.assertFalse(self.price.needs_approval)
        self.price.agreed = '12'
        self.env.invalidate_all()
        self.assertTrue(self.price.needs_approval)
        self.assertEqual(self.lead.sop_floor_state, 'below')
        self.price.agreed = '9'
        self.assertFalse(self.price.needs_approval)

    def test_of_one_line_alone(self):
        self._as(self._ask(self.price, '12'), 'director').action_approve()
        other = self._create_sheet(self._create_lead(name="Other deal"))
        with self.assertRaises(RedirectWarning):
            self._line(other, 'price').offer = '10'

    def test_lapses(self):
        with freeze_time('2026-11-02 08:00:00'):
            approval = self._ask(self.price, '12')
            self._as(approval, 'director').action_approve()
            self.price.write({'agreed': '12', 'traded_for': "Twice the quantity"})
            self.assertEqual(approval.valid_until, fields.Date.to_date('2026-12-02'))
        for day, state in (('2026-12-02', 'ok'), ('2026-12-04', 'below')):
            with freeze_time(f'{day} 08:00:00'):
                self.env.invalidate_all()
                self.assertEqual(self.lead.sop_floor_state, state)
                self.assertEqual(self.price.needs_approval, state == 'below')
        with freeze_time('2026-12-04 08:00:00'):
            with patch.object(self.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 60):
                self.env['sop.floor.approval']._cron_sop_lapse()
            self.assertEqual((approval.state, self.price.approval_state), ('lapsed', 'lapsed'))
            self._as(self._ask(self.price, '12'), 'director').action_approve()
            self.env.invalidate_all()
            self.assertEqual(self.lead.sop_floor_state, 'ok')

    def test_withdrawn(self):
        approval = self._ask(self.price, '12')
        with self.assertRaises(AccessError):
            self._as(approval, 'director').action_withdraw()
        approval.action_withdraw()
        self.assertEqual(approval.state, 'withdrawn')
        self.assertFalse(approval.sudo().activity_ids)
        with self.assertRaises(UserError):
            self._as(approval, 'director').action_approve()
        self._ask(self.price, '11')

    @mute_logger('odoo.sql_db')
    def test_asked_once(self):
        self._ask(self.price, '12')
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self._ask(self.price, '13')

    def test_text(self):
        freight = self._line(self.sheet, 'freight')
        with self.assertRaises(RedirectWarning):
            freight.write({'offer': "To the site, insured", 'standing': 'below'})
        approval = self._ask(freight, "To the site, insured", standing='below')
        self.assertEqual(approval.decision_ids.code, 'sm')
        approval.with_user(self.user_sales_manager).action_approve()
        freight.write({'offer': "to the site,  insured", 'standing': 'below'})
        with self.assertRaises(RedirectWarning):
            freight.write({'offer': "To every site", 'standing': 'below'})
        freight.write({'agreed': "To the site, insured", 'traded_for': "Full truck", 'standing': 'below'})
        self.assertFalse(freight.needs_approval)

    def test_credit(self):
        payment = self._line(self.sheet, 'payment')
        with self.assertRaises(RedirectWarning):
            payment.write({'offer': "80 days", 'standing': 'floor', 'number': 80})
        approval = self._ask(payment, "80 days", standing='floor', number=80)
        self.assertEqual(approval.decision_ids.code, 'fin')
        self._as(approval, 'fin').action_approve()
        payment.write({'offer': "80 days", 'standing': 'floor', 'number': 80})
        self.assertEqual(self._ask(payment, "100 days", standing='below', number=100).decision_ids.code, 'gm')

    def test_credit_is_not_talked_down(self):
        """The payment terms that go into the quotation say how long the credit is, whatever number is typed."""
        long = self.env['account.payment.term'].create({'name': "120 days", 'line_ids': [Command.create({
            'value': 'percent', 'value_amount': 100, 'nb_days': 120})]})
        payment = self._line(self.sheet, 'payment')
        payment.write({'agreed': "30 days", 'standing': 'target', 'number': 30, 'payment_term_id': long.id})
        self.assertEqual(payment.agreed_number, 120)
        self.assertTrue(payment.needs_approval)
        payment.number = 10
        self.assertTrue(payment.needs_approval)
        payment.payment_term_id = False
        self.assertFalse(payment.needs_approval)
        payment.payment_term_id = long
        self.assertTrue(payment.needs_approval)

    def test_change_of_the_floor(self):
        """After the start, the floor moves by an approval only."""
        approval = self._ask(self.price, '10', kind='floor')
        self._as(approval, 'director').action_approve()
        self.env.invalidate_all()
        self.assertEqual(self.price.floor_value, 10)
        self.assertEqual(self._ask(self.price, '6', kind='floor').decision_ids.code, 'sm')

    def test_inside_the_floor_the_sales_manager_decides_for_others(self):
        approval = self._ask(self.price, '6')
        self.assertEqual(approval.decision_ids.code, 'sm')
        approval.with_user(self.user_sales_manager).action_approve()
        self.price.offer = '6'

    def test_several_with_one_comment(self):
        other = self._line(self._create_sheet(self._create_lead(name="Other deal")), 'price')
        approvals = self._as(self._ask(self.price, '12') | self._ask(other, '13'), 'director')
        action = approvals.action_open_decide()
        dialog = approvals.env['sop.floor.decide'].with_context(**action['context']).create({'comment': "Both"})
        self.assertEqual(dialog.approval_ids, approvals)
        dialog.write({'decision': 'limit', 'limit': '9'})
        with self.assertRaises(UserError):
            dialog.action_apply()
        dialog.decision = 'approve'
        dialog.action_apply()
        self.assertEqual(set(approvals.mapped('state')), {'approved'})
        self.assertEqual(set(approvals.decision_ids.mapped('comment')), {"Both"})

    def test_bad_input(self):
        approvals = self.me['sop.floor.approval']
        base = {'negotiation_line_id': self.price.id, 'value': '12', 'reason': "x", 'counter': "y"}
        for values, error in (
            ({**base, 'reason': ' '}, ValidationError), ({**base, 'counter': ' '}, ValidationError),
            ({**base, 'value': 'cheap'}, ValidationError), ({**base, 'value': '2'}, UserError),
            ({**base, 'negotiation_line_id': False}, UserError), ({**base, 'state': 'approved'}, AccessError),
            ({**base, 'valid_until': '2099-01-01'}, AccessError), ({**base, 'requester_id': self.env.uid}, AccessError),
            ({**base, 'decision_ids': [Command.create({'code': 'gm', 'state': 'approved'})]}, AccessError),
        ):
            with self.subTest(values=values), self.assertRaises(error):
                approvals.create(values)
        self.sheet.action_close()
        with self.assertRaises(UserError):
            approvals.create(base)

    def test_nothing_is_written_directly(self):
        approval = self._ask(self.price, '12')
        for record in (approval, approval.sudo(), self._as(approval, 'director').sudo()):
            for values in (
                {'state': 'approved'}, {'cover_number': 50}, {'value': '50'}, {'reason': "y"},
                {'valid_until': '2099-01-01'},
            ):
                with self.subTest(values=values), self.assertRaises(UserError):
                    record.write(values)
            with self.assertRaises(UserError):
                record.unlink()
        decision = approval.decision_ids
        for act in (lambda: decision.sudo().write({'state': 'approved'}), lambda: decision.sudo().unlink()):
            with self.assertRaises(AccessError):
                act()

    def test_foreign_deal(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        sheet = self.env['sop.negotiation'].create({'lead_id': foreign.id})
        with self.assertRaises(AccessError):
            self._ask(self._line(sheet, 'price').with_env(self.me), '12')

    def test_second_sees_the_first(self):
        """Two holders of one position: the second is told, not counted twice."""
        second = new_test_user(self.env, 'user_sop_second', groups='base.group_user')
        self.env.ref('sales_sop.sop_position_director').user_ids += second
        approval = self._ask(self.price, '12')
        self._as(approval, 'director').action_approve()
        with self.assertRaises(UserError) as caught:
            approval.with_env(self.env(user=second)).action_reject("No")
        self.assertIn("decided already", str(caught.exception))
        self.assertEqual(approval.state, 'approved')

    def test_valid_as_long_as_the_company_says(self):
        self.env.company.sop_approval_days = 5
        approval = self._ask(self.price, '12')
        self._as(approval, 'director').action_approve()
        self.assertEqual(approval.valid_until, self.lead._get_sop_today() + timedelta(days=5))


@tagged('post_install', '-at_install')
class TestFloorApprovalHttp(NegotiationCommon, SalesSopHttpCommon):

    def test_forged_calls(self):
        price = self._line(self._create_sheet(), 'price')
        approval = self._ask(price, '12')
        self.env.flush_all()
        context = {'sop_engine': True, 'default_state': 'approved', 'uid': self.users['director'].id}
        calls = (
            ('sop.floor.approval', 'action_approve', [approval.ids]),
            ('sop.floor.approval', 'write', [approval.ids, {'state': 'approved'}]),
            ('sop.floor.decision', 'write', [approval.decision_ids.ids, {'state': 'approved'}]),
            ('sop.floor.decision', 'create', [[{'approval_id': approval.id, 'code': 'gm', 'state': 'approved'}]]),
        )
        for login in ('user_sales_salesman', 'user_sales_manager', 'user_sop_portal'):
            self.authenticate(login, login)
            for call in calls:
                with self.subTest(login=login, call=call[:2]):
                    self.assertForbidden(*call, context=context)
        self.assertEqual(approval.state, 'waiting')
        self.authenticate('user_sop_director', 'user_sop_director')
        self._call_kw('sop.floor.approval', 'action_approve', [approval.ids])
        self.assertEqual(approval.state, 'approved')

    def test_default_of_the_context(self):
        """A request opened with a forged default is decided all the same."""
        price = self._line(self._create_sheet(), 'price')
        self.env.flush_all()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        ids, __ = self._call_kw(
            'sop.floor.approval', 'create', [[{
                'negotiation_line_id': price.id, 'value': '12', 'reason': "x", 'counter': "y"}]],
            context={'default_state': 'approved', 'default_cover_number': 99, 'default_valid_until': '2099-01-01'})
        approval = self.env['sop.floor.approval'].browse(ids)
        self.assertEqual((approval.state, approval.cover_number, approval.valid_until), ('waiting', 0, False))

    def test_default_binds_to_nothing_else(self):
        """What is approved for one term or line says nothing about another, whatever the defaults of the user."""
        order = self._create_order(discount=10)
        price = self._line(self._create_sheet(), 'price')
        term = {'default_order_line_id': order.order_line.id, 'default_kind': 'floor', 'default_new_target': 50}
        approval = price.env['sop.floor.approval'].with_context(**term).create({
            'negotiation_line_id': price.id, 'value': '12', 'reason': "x", 'counter': "y"})
        self.assertFalse(approval.order_line_id)
        self.assertEqual(approval.kind, 'value')
        self.env['ir.default'].set('sop.floor.approval', 'negotiation_line_id', price.id, user_id=self.me.uid)
        approval.action_withdraw()
        own = self.me['sop.floor.approval'].with_context(default_kind='floor', default_standing='target').create({
            'order_line_id': order.order_line.id, 'reason': "x", 'counter': "y"})
        self.assertFalse(own.negotiation_line_id)
        self.assertEqual((own.kind, own.standing), ('value', False))
