from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged, users

from ..engine import as_engine
from .common import SalesSopCommon, SalesSopHttpCommon

NOON = datetime(2026, 9, 28, 12)


class LifecycleCommon(SalesSopCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env['res.partner'].create({'name': "Dry Air Ltd", 'is_company': True})
        cls.buyer = cls.env['res.partner'].create({
            'name': "Ms Lin", 'parent_id': cls.customer.id, 'email': 'lin@dryair.example.com'})
        cls.accountant = new_test_user(
            cls.env, 'user_accountant', groups='base.group_user,account.group_account_invoice')
        cls.sales_team_1.user_id = cls.user_sales_manager
        cls.company = cls.lead._get_sop_company()
        cls.service = cls.env['product.product'].create({'name': "Compressor", 'type': 'service', 'list_price': 100})

    def _known(self, **values):
        """A lead of the customer with a legal basis."""
        return self._create_lead(**{'partner_id': self.buyer.id, 'sop_legal_basis': 'consent', **values})

    def _log(self, lead, outcome='interested', evidence="Asked for an offer", next_date=NOON + timedelta(days=7), **v):
        """What the contact log hands over when it is done."""
        log = self.env['sop.contact.log'].new({
            'lead_id': lead.id, 'state': 'done', 'outcome': outcome, 'interest_evidence': evidence,
            'next_date': next_date, **v})
        lead._sop_after_contact(log)

    def _order(self, lead=None, **values):
        lead = self.lead if lead is None else lead
        return self.env['sale.order'].create({
            'partner_id': self.buyer.id, 'opportunity_id': lead.id,
            'order_line': [Command.create({'product_id': self.service.id})], **values})

    def _lose(self, lead, reason=None):
        lead.with_user(self.user_sales_salesman).action_set_lost(lost_reason_id=(reason or self.lost_reason).id)

    def _set(self, state, partner=None):
        (partner or self.customer)._sop_change_lifecycle(state, "Test")

    def _get_changes(self, record=None):
        record = record or self.customer
        name = 'partner_id' if record._name == 'res.partner' else 'lead_id'
        return self.env['sop.lifecycle.change'].search([(name, '=', record.id)], order='id')

    def _run_cron(self):
        with patch.object(type(self.env['ir.cron']), '_commit_progress', lambda *args, **kwargs: 1):
            self.env['res.partner']._cron_sop_lifecycle()
        self.env.invalidate_all()

    def assertState(self, state, *records):
        self.env.invalidate_all()
        for record in records or (self.customer,):
            self.assertEqual(record.sop_lifecycle or False, state)


@tagged('post_install', '-at_install')
class TestLifecycleForward(LifecycleCommon):
    """The moves the system makes by itself."""

    def test_potential_with_the_legal_basis(self):
        lead = self._create_lead(partner_id=self.buyer.id)
        self.assertState(False, self.customer, lead)
        with freeze_time(NOON):
            lead.with_user(self.user_sales_salesman).sop_legal_basis = 'public'
        self.assertState('potential', self.customer, lead)
        self.assertEqual(self.customer.sop_potential_date, NOON.date())
        change = self._get_changes()
        self.assertEqual(
            (change.from_state, change.to_state, change.date, change.lead_id, change.user_id, change.is_first),
            (False, 'potential', NOON, lead, self.user_sales_salesman, True))
        self.assertFalse(self.buyer.sop_lifecycle, "The company has the state, not its contact")

    def test_lead_without_a_procedure(self):
        team = self.env['crm.team'].create({'name': "Plain"})
        lead = self._known(team_id=team.id)
        self.assertState(False, self.customer, lead)
        self._run_cron()
        self.assertState(False, self.customer, lead)
        self._order(lead).action_confirm()
        self.assertState(False, self.customer, lead)

    def test_lead_without_a_customer(self):
        lead = self._create_lead(sop_legal_basis='consent')
        self.assertState('potential', lead)
        self._log(lead)
        self.assertState('intention', lead)
        self.assertEqual(self._get_changes(lead).mapped('to_state'), ['potential', 'intention'])
        lead.partner_id = self.buyer
        self.assertState('intention', lead, self.customer)

    def test_linking_is_no_way_back(self):
        lead = self._create_lead(sop_legal_basis='consent')
        for state in ('intention', 'contracted', 'dormant', 'lost', 'blocked'):
            with self.subTest(state):
                customer = self.env['res.partner'].create({'name': "Another"})
                self._set(state, customer)
                other = self._create_lead(sop_legal_basis='consent')
                other.partner_id = customer
                self.assertState(state, customer, other)
        self.assertState('potential', lead)

    def test_another_customer_is_another_story(self):
        """What was known about the first customer is not handed to the second."""
        lead = self._known()
        self._order(lead).action_confirm()
        self.assertState('contracted', lead)
        other = self.env['res.partner'].create({'name': "Another"})
        lead.partner_id = other
        self.assertState('potential', lead, other)
        lead.partner_id = False
        self.assertState('potential', lead)
        self.assertState('contracted', self.customer)

    def test_intention(self):
        lead = self._known()
        second = self._create_lead(partner_id=self.customer.id)
        for outcome, evidence, next_date in (
            ('nurture', "x", NOON), ('interested', False, NOON), ('interested', "x", False),
        ):
            self._log(lead, outcome, evidence, next_date)
            self.assertState('potential')
        self._log(lead)
        self.assertState('intention', self.customer, lead, second)
        self._log(lead)
        self.assertEqual(self._get_changes().mapped('to_state'), ['potential', 'intention'])

    def test_contracted(self):
        lead = self._known()
        with freeze_time(NOON):
            self._order(lead).action_confirm()
        self.assertState('contracted', self.customer, lead)
        self.assertEqual(self.customer.sop_contracted_date, NOON.date())
        self._order(lead).action_confirm()
        self._log(lead)
        self.assertEqual(self._get_changes().mapped('to_state'), ['potential', 'contracted'])

    def test_customer_with_an_older_order(self):
        self._order(self.env['crm.lead']).action_confirm()
        self.assertState(False)
        self.assertState('contracted', self._known(), self.customer)

    def test_lost(self):
        lead, second = self._known(), self._known(name="Second")
        self._lose(lead)
        self.assertState('potential', self.customer, second)
        with freeze_time(NOON):
            self._lose(second)
        self.assertState('lost', self.customer, lead, second)
        self.assertEqual(self.customer.sop_lost_date, NOON.date())

    def test_customer_with_a_contract_is_not_lost(self):
        lead = self._known()
        self._order(lead).action_confirm()
        self._lose(lead)
        self.assertState('contracted')
        self._set('dormant')
        self._lose(self._known())
        self.assertState('dormant')

    def test_only_a_manager_reactivates(self):
        self._lose(self._known())
        lead = self._known()
        self._log(lead)
        self._log(lead)
        self.assertState('lost', self.customer, lead)
        activity = lead.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref('sales_sop.mail_activity_type_sop_reactivate'))
        self.assertEqual((len(activity), activity.user_id), (1, self.user_sales_manager))
        with self.assertRaises(AccessError):
            lead.with_user(self.user_sales_salesman).action_sop_set_lifecycle('potential', "They called")
        lead.with_user(self.user_sales_manager).action_sop_set_lifecycle('potential', "They called")
        self._log(lead)
        self.assertState('intention', self.customer, lead)

    def test_dates_and_first_times(self):
        lead = self._known()
        for days in (0, 100):
            with freeze_time(NOON + timedelta(days=days)):
                self._set('dormant')
                self._log(lead)
        self.assertEqual(self.customer.sop_intention_date, (NOON + timedelta(days=100)).date())
        self.assertEqual(
            [(change.to_state, change.is_first) for change in self._get_changes()],
            [('potential', True), ('dormant', True), ('intention', True), ('dormant', False), ('intention', False)])

    def test_contact_that_joins_a_company(self):
        contact = self.env['res.partner'].create({'name': "Mr Zhao"})
        lead = self._known(partner_id=contact.id)
        self._log(lead)
        self.assertState('intention', contact)
        contact.parent_id = self.customer
        self.assertState('intention', self.customer, lead)

    def test_merged_leads(self):
        lead = self._create_lead(sop_legal_basis='consent')
        other = self._create_lead(sop_legal_basis='consent')
        self._log(other)
        merged = (lead | other).merge_opportunity()
        self.assertState('intention', merged)
        self.assertIn('intention', self._get_changes(merged).mapped('to_state'))

    def test_merged_customers(self):
        other = self.env['res.partner'].create({'name': "Dry Air Limited", 'email': 'x@dryair.example.com'})
        lead = self._known()
        self._set('blocked', other)
        wizard = self.env['base.partner.merge.automatic.wizard'].create({})
        wizard._merge((self.customer | other).ids, self.customer)
        self.assertState('blocked', self.customer, lead)


@tagged('post_install', '-at_install')
class TestLifecycleCron(LifecycleCommon):

    def test_start_of_what_was_there_before(self):
        lead, alone = self._known(), self._create_lead(sop_legal_basis='consent')
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET sop_lifecycle = NULL")
        self.env.cr.execute("UPDATE res_partner SET sop_lifecycle = NULL")
        self.env.invalidate_all()
        self._run_cron()
        self.assertState('potential', lead, alone, self.customer)
        changes = self._get_changes() | self._get_changes(alone)
        self._run_cron()
        self.assertEqual(self._get_changes() | self._get_changes(alone), changes)

    def test_silent_intention(self):
        with freeze_time(NOON):
            lead, alone = self._known(), self._create_lead(sop_legal_basis='consent')
            self._log(lead)
            self._log(alone)
            as_engine(lead | alone).write({'sop_last_contact_date': NOON})
        for days, state in ((89, 'intention'), (91, 'dormant'), (92, 'dormant')):
            with freeze_time(NOON + timedelta(days=days)):
                self._run_cron()
            self.assertState(state, lead, self.customer, alone)
        self.assertEqual(self._get_changes().mapped('to_state').count('dormant'), 1)
        self._log(lead)
        self.assertState('intention')

    def test_request_keeps_awake(self):
        with freeze_time(NOON):
            lead, alone = self._known(), self._create_lead(sop_legal_basis='consent')
            for one in (lead, alone):
                self._log(one)
                as_engine(one).write({'sop_last_contact_date': NOON})
        with freeze_time(NOON + timedelta(days=60)):
            self.env['sop.request'].create([{'subject': "x", 'lead_id': one.id} for one in (lead, alone)])
        with freeze_time(NOON + timedelta(days=100)):
            self._run_cron()
        self.assertState('intention', self.customer, alone)

    def test_contracted(self):
        with freeze_time(NOON):
            self._order(self._known()).action_confirm()
        with freeze_time(NOON + timedelta(days=600)):
            self._order(self._known()).action_confirm()
        with freeze_time(NOON + timedelta(days=760)):
            self._run_cron()
        self.assertState('contracted')
        with freeze_time(NOON + timedelta(days=600 + 760)):
            self._run_cron()
        self.assertState('dormant')

    def test_switched_off(self):
        self.env['res.company'].search([]).write({'sop_dormant_days': 0, 'sop_dormant_months': 0})
        with freeze_time(NOON):
            self._log(self._known())
        with freeze_time(NOON + timedelta(days=9999)):
            self._run_cron()
        self.assertState('intention')

    def test_stopped_and_resumed(self):
        leads = self.env['crm.lead'].create([
            {'name': f"Lead {number}", 'team_id': self.sales_team_1.id, 'sop_legal_basis': 'consent'}
            for number in range(5)])
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET sop_lifecycle = NULL WHERE id = ANY(%s)", [leads.ids])
        self.env.invalidate_all()
        for __ in range(20):
            with patch.object(type(self.env['ir.cron']), '_commit_progress', lambda *args, **kwargs: 0):
                self.env['res.partner']._cron_sop_lifecycle(batch_size=2)
            self.env.invalidate_all()
            if not leads.filtered(lambda lead: not lead.sop_lifecycle):
                break
        self.assertState('potential', *leads)
        self.assertEqual(len(leads.sop_lifecycle_change_ids), 10, "Once when created, once at night")


@tagged('post_install', '-at_install')
class TestLifecycleBlock(LifecycleCommon):
    """Finance and management, two different people."""

    def setUp(self):
        super().setUp()
        self.blocked_lead = self._known()

    def _as(self, user):
        return self.customer.with_user(user)

    def _block(self):
        self._as(self.accountant).action_sop_block("Fraud")
        self._as(self.user_sales_manager).action_sop_agree()

    def test_two_people(self):
        self._as(self.accountant).action_sop_block("Fraud")
        self.assertState('potential')
        self.assertEqual(self.customer.sop_proposal_state, 'blocked')
        self.assertIn(self.user_sales_manager, self.customer.activity_ids.user_id)
        self._as(self.user_sales_manager).action_sop_agree()
        self.assertState('blocked', self.customer, self.blocked_lead)
        self.assertFalse(self.customer.sop_proposal_id or self.customer.activity_ids)
        change = self._get_changes()[-1]
        self.assertEqual(
            (change.from_state, change.user_id, change.decided_by_id, change.reason),
            ('potential', self.accountant, self.user_sales_manager, "Fraud"))

    def test_second_proposal_agrees(self):
        self._as(self.user_sales_manager).action_sop_block("Does not pay")
        self._as(self.accountant).action_sop_block("Two years overdue")
        self.assertState('blocked')

    def test_who_may_not(self):
        both = new_test_user(
            self.env, 'both_roles', groups='account.group_account_invoice,sales_sop.group_sop_manager')
        second = new_test_user(self.env, 'second_accountant', groups='base.group_user,account.group_account_invoice')
        for user in (self.user_sales_salesman, self.user_auditor, self.user_employee, self.env.ref('base.user_root')):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user).action_sop_block("x")
        self._as(both).action_sop_block("x")
        with self.assertRaises(AccessError):
            self._as(both).action_sop_agree()
        self._as(both).action_sop_refuse("Mistake")
        self._as(self.accountant).action_sop_block("x")
        for user in (self.accountant, second, self.user_sales_salesman, self.env.ref('base.user_root')):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user).action_sop_agree()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user).sudo().action_sop_agree()
        self._as(both).action_sop_agree()
        self.assertState('blocked')

    def test_refused(self):
        self._as(self.accountant).action_sop_block("x")
        with self.assertRaises(UserError):
            self._as(self.user_sales_manager).action_sop_refuse("  ")
        self._as(self.user_sales_manager).action_sop_refuse("They have paid")
        self.assertState('potential')
        with self.assertRaises(UserError):
            self._as(self.user_sales_manager).action_sop_agree()

    def test_lifted_by_two(self):
        self._log(self.blocked_lead)
        self._block()
        with self.assertRaises(UserError):
            self._as(self.user_sales_manager).action_sop_set_lifecycle('potential', "x")
        self._as(self.user_sales_manager).action_sop_unblock("Cleared")
        self.assertState('blocked')
        self._as(self.accountant).action_sop_agree()
        self.assertState('intention', self.customer, self.blocked_lead)

    def test_what_a_block_stops(self):
        order = self._order(self.blocked_lead)
        self._block()
        with self.assertRaises(UserError) as caught:
            self.blocked_lead.with_user(self.user_sales_salesman)._check_sop_contactable()
        self.assertIn("blocked", str(caught.exception))
        for orders in (order, order.sudo(), order.with_user(self.user_sales_manager)):
            with self.assertRaises(UserError):
                orders.action_confirm()
            with self.assertRaises(ValidationError):
                orders.write({'state': 'sale'})
        self.assertEqual(order.state, 'draft')

    def test_no_way_out(self):
        """Neither a contact, nor a new lead, nor a link takes the block away."""
        self._block()
        self._log(self.blocked_lead)
        self._known()
        self._lose(self.blocked_lead)
        self._run_cron()
        self.assertState('blocked', self.customer, self.blocked_lead)
        for partner in (False, self.env['res.partner'].create({'name': "Straw man"})):
            with self.assertRaises(AccessError):
                self._known().with_user(self.user_sales_salesman).partner_id = partner
        parent = self.env['res.partner'].create({'name': "Holding", 'is_company': True})
        self.customer.write({'is_company': False, 'parent_id': parent.id})
        self.assertState('blocked', parent)

    def test_blocked_by_hand(self):
        for record in (self.customer, self.blocked_lead):
            with self.assertRaises(UserError):
                record.with_user(self.user_sales_manager).action_sop_set_lifecycle('blocked', "x")


@tagged('post_install', '-at_install')
class TestLifecycleDoors(LifecycleCommon):

    def test_forged(self):
        """Nobody writes states and dates, in sudo neither, nor by a default of the context."""
        lead = self._known()
        for record in (self.customer, lead):
            for records in (record, record.sudo(), record.with_user(self.user_sales_manager)):
                with self.assertRaises(AccessError):
                    records.write({'sop_lifecycle': 'contracted'})
        for values in ({'sop_contracted_date': '2020-01-01'}, {'sop_blocked_date': False}):
            with self.assertRaises(AccessError):
                self.customer.write(values)
        for model in ('res.partner', 'crm.lead'):
            with self.assertRaises(AccessError):
                self.env[model].create({'name': "x", 'sop_lifecycle': 'contracted'})
            record = self.env[model].with_context(default_sop_lifecycle='contracted').create({'name': "x"})
            self.assertFalse(record.sop_lifecycle)
        change = self._get_changes()
        for act in (
            lambda: change.sudo().write({'date': NOON}), lambda: change.sudo().unlink(),
            lambda: change.create({'partner_id': self.customer.id, 'to_state': 'contracted', 'date': NOON}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_copies_begin_anew(self):
        lead = self._known()
        self.assertFalse(self.customer.copy().sop_lifecycle)
        self.assertFalse(lead.copy({'partner_id': False, 'sop_legal_basis': False}).sop_lifecycle)

    def test_manual_change(self):
        lead = self._known()
        self._log(lead)
        manager = lead.with_user(self.user_sales_manager)
        for state, reason in (('potential', ""), ('potential', None), ('nonsense', "x"), (None, "x")):
            with self.assertRaises(UserError):
                manager.action_sop_set_lifecycle(state, reason)
        manager.action_sop_set_lifecycle('potential', "The contact was a mistake")
        self.assertState('potential', lead, self.customer)
        change = self._get_changes()[-1]
        self.assertEqual((change.user_id, change.reason), (self.user_sales_manager, "The contact was a mistake"))
        for user in (self.user_sales_salesman, self.user_auditor, self.accountant):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.customer.with_user(user).action_sop_set_lifecycle('lost', "x")
        alone = self._create_lead(sop_legal_basis='consent')
        alone.with_user(self.user_sales_manager).action_sop_set_lifecycle('lost', "Closed down")
        self.assertState('lost', alone)
        with self.assertRaises(AccessError):
            alone.with_user(self.user_sales_salesman).action_sop_set_lifecycle('potential', "x")

    @users('user_sales_manager')
    def test_dialog(self):
        lead = self._known().with_user(self.env.user)
        action = lead.action_sop_lifecycle()
        form = Form(self.env[action['res_model']].with_context(**action['context']))
        form.state = 'dormant'
        form.reason = "Moved its production abroad"
        form.save().action_change()
        self.assertState('dormant', lead)
        form = Form(self.env[action['res_model']].with_context(**action['context']))
        form.reason = "Fraud"
        form.save().action_block()
        dialog = self.env[action['res_model']].with_user(self.accountant).with_context(**action['context']).create({})
        self.assertEqual((dialog.proposal_reason, dialog.is_own_proposal), ("Fraud", False))
        dialog.action_agree()
        self.assertState('blocked', lead)

    def test_dialog_of_a_salesperson(self):
        lead = self._known()
        with self.assertRaises(AccessError):
            lead.with_user(self.user_sales_salesman).action_sop_lifecycle()
        with self.assertRaises(AccessError):
            self.env['sop.lifecycle.dialog'].with_user(self.user_sales_salesman).create({'lead_id': lead.id})

    def test_who_reads_the_history(self):
        foreign = self._create_lead(sop_legal_basis='consent', user_id=self.user_sales_leads.id)
        change = self._get_changes(foreign)
        for user, sees in (
            (self.user_sales_salesman, False), (self.user_sales_leads, True), (self.user_sales_manager, True),
            (self.user_auditor, True),
        ):
            self.env.invalidate_all()
            with self.subTest(user=user.login):
                self.assertEqual(change in self.env['sop.lifecycle.change'].with_user(user).search([]), sees)
        for user in (self.user_employee, self.user_portal):
            with self.assertRaises(AccessError):
                self.env['sop.lifecycle.change'].with_user(user).search([])

    def test_customer_does_not_read_his_state(self):
        self._known(partner_id=self.user_portal.partner_id.id)
        partner = self.user_portal.partner_id.with_user(self.user_portal)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            partner.read(['sop_lifecycle'])

    def test_conversion(self):
        company = self.env['res.company'].create({'name': "Counted"})
        for number in range(4):
            lead = self._create_lead(sop_legal_basis='consent', name=f"Lead {number}")
            if number:
                self._log(lead)
        changes = self.env['sop.lifecycle.change'].search([], order='id desc', limit=7)
        as_engine(changes).write({'company_id': company.id})
        self.env.flush_all()
        [group] = self.env['sop.lifecycle.change'].formatted_read_group(
            [('company_id', '=', company.id)], [], ['conversion:avg', 'potential_count:sum', 'intention_count:sum'])
        self.assertEqual(
            (group['conversion:avg'], group['potential_count:sum'], group['intention_count:sum']), (75, 4, 3))

    def test_constant_queries(self):
        def measure(size):
            partners = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(size)])
            leads = self.env['crm.lead'].create([{
                'name': partner.name, 'partner_id': partner.id, 'team_id': self.sales_team_1.id,
            } for partner in partners])
            logs = self.env['sop.contact.log'].browse()
            for lead in leads:
                logs |= logs.new({
                    'lead_id': lead.id, 'state': 'done', 'outcome': 'interested', 'interest_evidence': "x",
                    'next_date': NOON})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.write({'sop_legal_basis': 'consent'})
            leads._sop_move_lifecycle('intention', "Test")
            self.env.flush_all()
            return self.env.cr.sql_log_count - before
        measure(2)
        small, large = measure(2), measure(60)
        self.assertLessEqual(large - small, 4)


@tagged('post_install', '-at_install')
class TestLifecycleHttp(LifecycleCommon, SalesSopHttpCommon):

    def test_forged_over_rpc(self):
        lead = self._known()
        context = {'sop_engine': True, 'default_sop_lifecycle': 'contracted'}
        for user in (self.user_sales_salesman, self.user_sales_manager):
            self.authenticate(user.login, user.login)
            self.assertForbidden('crm.lead', 'write', [lead.ids, {'sop_lifecycle': 'contracted'}], context=context)
            self.assertForbidden(
                'res.partner', 'web_save', [self.customer.ids, {'sop_lifecycle': 'contracted'}],
                {'specification': {}}, context=context)
            self.assertForbidden('sop.lifecycle.change', 'create', [{'to_state': 'lost', 'date': '2020-01-01'}])
            self.assertForbidden('crm.lead', 'action_sop_set_lifecycle', [lead.ids, 'blocked', "x"])
        self.assertState('potential', self.customer, lead)
