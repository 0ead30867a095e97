from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .common import SalesSopCommon


class ProspectCommon(SalesSopCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bought = cls._create_list(name="Bought list")
        cls.fair = cls._create_list(name="Fair", source='offline', legal_basis='consent')
        cls.held = cls._create_lead(name="Bought lead", sop_list_id=cls.bought.id)
        cls.free = cls._create_lead(name="Fair lead", sop_list_id=cls.fair.id)

    @classmethod
    def _create_list(cls, env=None, **values):
        return (env or cls.env)['sop.prospect.list'].create({'name': "List", 'source': 'database', **values})

    @classmethod
    def _get_holds(cls, *leads):
        cls.env.invalidate_all()
        return [lead.sop_contact_hold for lead in leads]


@tagged('post_install', '-at_install')
class TestProspectList(ProspectCommon):
    """Where a list came from is stated once, and its leads know it."""

    def test_no_basis_in_the_name_of_somebody(self):
        prospects = self._create_list(self.env['base'].with_context(
            default_basis_by_id=self.user_sales_manager.id, default_basis_date='2020-01-01 08:00:00').env)
        self.assertFalse(prospects.basis_by_id or prospects.basis_date)

    @users('user_sales_salesman')
    def test_salesperson_keeps_a_list(self):
        prospects = self._create_list(self.env, cost=300)
        self.assertEqual((prospects.state, prospects.collected_by_id), ('held', self.env.user))
        self.assertEqual(prospects.collected_date, fields.Date.context_today(prospects))
        with self.assertRaises(AccessError):
            prospects.unlink()

    @users('user_sop_auditor')
    def test_auditor_reads_only(self):
        prospects = self.bought.with_env(self.env)
        self.assertTrue(prospects.name)
        for act in (
            lambda: prospects.write({'name': "x"}), lambda: self._create_list(self.env), prospects.action_import,
        ):
            with self.assertRaises(AccessError):
                act()

    def test_list_of_another_company(self):
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self._create_list(company_id=other.id)
        salesman = self.env(user=self.user_sales_salesman)
        with self.assertRaises(AccessError):
            foreign.with_env(salesman).read(['name'])
        self.assertNotIn(foreign.id, salesman['sop.prospect.list'].search([]).ids)
        self.held.company_id = self.env.company
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.held.write({'sop_list_id': foreign.id})
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._create_lead(company_id=self.env.company.id, sop_list_id=foreign.id)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.bought.company_id = other

    def test_dates_in_the_future(self):
        later = fields.Date.today() + timedelta(days=3)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.bought.collected_date = later
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.held.sop_collected_date = later
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._create_lead(sop_collected_date=later)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.bought.cost = -1

    def test_figures(self):
        self.bought.cost = 100
        self._create_lead(sop_list_id=self.bought.id, user_id=self.user_sales_leads.id)
        prospects = self.bought.with_user(self.user_sales_salesman)
        self.assertEqual((prospects.lead_count, prospects.held_count, prospects.lead_cost), (2, 2, 50))
        self.assertEqual((self.fair.lead_count, self.fair.held_count, self.fair.lead_cost), (1, 0, 0))
        self.assertEqual(self.env['sop.prospect.list'].search([('state', '=', 'held')]), self.bought)
        self.assertIn(self.fair, self.env['sop.prospect.list'].search([('state', '!=', 'held')]))

    def test_a_list_with_leads_stays(self):
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.bought.with_user(self.user_sales_manager).unlink()
        self.assertTrue(self.bought.exists())

    def test_buttons(self):
        action = self.bought.with_user(self.user_sales_salesman).action_import()
        self.assertEqual(
            (action['tag'], action['params']['active_model'], action['params']['context']['default_sop_list_id']),
            ('import', 'crm.lead', self.bought.id))
        action = self.bought.with_user(self.user_sales_salesman).action_view_leads()
        self.assertEqual(self.env['crm.lead'].search(action['domain']), self.held)

    @users('user_sales_salesman')
    def test_basis_stated_later(self):
        prospects = self.bought.with_env(self.env)
        prospects.write({'legal_basis': 'licensed', 'basis_remark': "Contract 7"})
        self.assertEqual(prospects.basis_by_id, self.env.user)
        self.assertTrue(prospects.basis_date)
        self.assertEqual(self._get_holds(self.held), [False])
        self.assertEqual(self.held.sop_legal_basis, 'licensed')
        self.flush_tracking()
        self.assertIn('legal_basis', prospects.message_ids.sudo().tracking_value_ids.field_id.mapped('name'))
        prospects.legal_basis = 'public'
        self.assertEqual(self.held.sop_legal_basis, 'public', "A correction reaches what came from the list")

    def test_withdrawal(self):
        own = self._create_lead(sop_list_id=self.fair.id, sop_legal_basis='business')
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            with self.assertRaises(UserError), self.cr.savepoint():
                self.fair.with_user(user).legal_basis = False
        with self.assertRaises(AccessError):
            self.fair.with_user(self.user_sales_salesman).action_withdraw_basis("Forged")
        fair = self.fair.with_user(self.user_sales_manager)
        with self.assertRaises(UserError):
            fair.action_withdraw_basis("  ")
        fair.action_withdraw_basis("The forms were forged")
        self.assertEqual(self._get_holds(self.free, own), ['basis', False])
        self.assertIn("The forms were forged", str(fair.message_ids[0].body))
        self.assertFalse(fair.basis_by_id)

    def test_stamps_are_not_forged(self):
        for act in (
            lambda: self.bought.write({'basis_by_id': self.user_sales_manager.id}),
            lambda: self._create_list(basis_date='2020-01-01'),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()

    def test_evidence_is_read_with_the_list(self):
        salesman = self.env(user=self.user_sales_salesman)
        file = salesman['ir.attachment'].create({'name': 'form.pdf', 'raw': b'x', 'res_model': 'sop.prospect.list'})
        prospects = self._create_list(salesman, basis_attachment_ids=file.ids)
        self.assertEqual(
            prospects.with_user(self.user_sales_manager).basis_attachment_ids.mapped('raw'), [b'x'])


@tagged('post_install', '-at_install')
class TestLeadOrigin(ProspectCommon):
    """A lead says where its data came from: its list, its person, or what the system knows."""

    def test_taken_from_the_list(self):
        self.assertEqual(
            (self.free.sop_source, self.free.sop_legal_basis, self.free.sop_collected_by_id,
             self.free.sop_collected_date),
            ('offline', 'consent', self.fair.collected_by_id, self.fair.collected_date))
        own = self._create_lead(sop_list_id=self.fair.id, sop_source='cold', sop_legal_basis='public')
        self.assertEqual((own.sop_source, own.sop_legal_basis, own.sop_basis_from_list), ('cold', 'public', False))

    def test_taken_from_the_list_in_context(self):
        lead = self._create_lead(self.env(context={'default_sop_list_id': self.fair.id}))
        self.assertEqual((lead.sop_list_id, lead.sop_legal_basis), (self.fair, 'consent'))
        for value in ('x', False, None):
            with self.subTest(value=value):
                self.assertFalse(self._create_lead(self.env(context={'default_sop_list_id': value})).sop_list_id)

    def test_put_into_a_list_later(self):
        lead = self._create_lead()
        lead.with_user(self.user_sales_salesman).sop_list_id = self.fair
        self.assertEqual((lead.sop_source, lead.sop_legal_basis), ('offline', 'consent'))
        self.assertTrue(lead.sop_basis_from_list)

    def test_form_takes_it_over(self):
        lead = self._create_lead().with_user(self.user_sales_salesman)
        with Form(lead) as form:
            form.sop_list_id = self.fair
            self.assertEqual(form.sop_legal_basis, 'consent')
        self.assertTrue(lead.sop_basis_from_list)
        self.fair.with_user(self.user_sales_manager).action_withdraw_basis("Void")
        self.assertEqual(self._get_holds(lead), ['basis'])

    @users('user_sales_salesman')
    def test_stated_by_hand(self):
        lead = self._create_lead()
        lead.with_env(self.env).sop_legal_basis = 'public'
        self.assertEqual(lead.sop_collected_by_id, self.env.user)
        self.assertTrue(lead.sop_collected_date)
        made = self._create_lead(self.env, sop_legal_basis='public')
        self.assertEqual((made.sop_collected_by_id, made.sop_source), (self.env.user, False))

    def test_mark_of_the_list_is_not_forged(self):
        lead = self._create_lead(sop_legal_basis='public', sop_basis_from_list=True)
        self.assertFalse(lead.sop_basis_from_list)
        lead.write({'sop_basis_from_list': True})
        self.assertFalse(lead.sop_basis_from_list)

    def test_duplicating_keeps_the_origin(self):
        copy = self.held.copy()
        self.assertEqual((copy.sop_list_id, self._get_holds(copy)), (self.bought, ['basis']))
        copy = self.free.copy()
        self.assertEqual((copy.sop_list_id, copy.sop_legal_basis), (self.fair, 'consent'))
        self.assertTrue(copy.sop_basis_from_list)

    def test_not_laundered_by_leaving_the_list(self):
        for value in (False, self.fair.id):
            for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
                with self.assertRaises(UserError), self.cr.savepoint():
                    self.held.with_user(user).sop_list_id = value
        self.held.with_user(self.user_sales_salesman).write({'sop_list_id': False, 'sop_legal_basis': 'public'})
        self.assertEqual(self._get_holds(self.held), [False])
        self.assertIn("Lawfully public", str(self.held.message_ids[0].body))

    def test_incoming_mail(self):
        lead = self.env['crm.lead'].message_new({
            'from': 'ask@customer.example.com', 'to': 'sales@x.example.com', 'subject': "A question", 'body': "x",
            'message_id': '<1@x>'})
        self.assertEqual((lead.sop_source, lead.sop_legal_basis, lead.sop_contact_hold), ('online', 'business', False))

    def test_website_form(self):
        medium = self.env.ref('utm.utm_medium_website')
        self.assertEqual(self._create_lead(medium_id=medium.id).sop_legal_basis, 'business')
        bought = self._create_lead(medium_id=medium.id, sop_list_id=self.bought.id)
        self.assertEqual(self._get_holds(bought), ['basis'], "A bought list does not become a request by its medium")

    def test_customer_who_ordered(self):
        child = self.env['res.partner'].create({'name': "Colleague", 'parent_id': self.contact_company_1.id})
        self.held.partner_id = child
        self.assertEqual(self._get_holds(self.held), ['basis'])
        order = self.env['sale.order'].create({'partner_id': self.contact_company_1.id})
        order.action_confirm()
        self.assertEqual(self._get_holds(self.held), [False])
        self.assertEqual(
            (self.held.sop_legal_basis, self.held.sop_collected_by_id),
            ('business', self.bought.collected_by_id))

    def test_customer_who_ordered_before(self):
        self.env['sale.order'].create({'partner_id': self.contact_company_1.id}).action_confirm()
        lead = self._create_lead(partner_id=self.contact_company_1.id)
        held = self._create_lead(partner_id=self.contact_company_1.id, sop_list_id=self.bought.id)
        self.assertEqual(self._get_holds(lead, held), [False, False])
        self.assertIn(held, self.env['crm.lead'].search([('sop_contact_hold', '=', False)]))
        with patch.object(self.env.registry['ir.cron'], '_commit_progress', autospec=True):
            self.env['crm.lead']._cron_state_business()
        self.assertEqual(lead.sop_legal_basis, 'business')
        with Form(self._create_lead()) as form:
            form.partner_id = self.contact_company_1
            self.assertEqual(form.sop_legal_basis, 'business')
