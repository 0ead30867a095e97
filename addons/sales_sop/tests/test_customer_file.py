from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged, users

from .common import SalesSopCommon, SalesSopHttpCommon


class CustomerFileCommon(SalesSopCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env['res.partner'].create({
            'name': "Iron Ltd.", 'is_company': True, 'city': "Suzhou", 'child_ids': [Command.create({'name': "Li"})]})
        cls.contact = cls.customer.child_ids
        cls.lead.partner_id = cls.contact
        cls.note = cls.env['sop.market.note'].create({'name': "Dust", 'summary': "x", 'lead_ids': cls.lead.ids})

    def _get_file(self, user, customer=None):
        self.env.invalidate_all()
        return (customer or self.customer).with_user(user).get_sop_customer_file()

    def _get_sections(self, user, customer=None):
        return {section['key']: section for section in self._get_file(user, customer)['sections']}


@tagged('post_install', '-at_install')
class TestCustomerFile(CustomerFileCommon):
    """One screen with what the company knows of a customer."""

    def test_what_belongs_to_the_customer_and_its_contacts(self):
        order = self.env['sale.order'].create({'partner_id': self.customer.id, 'user_id': self.user_sales_salesman.id})
        stranger = self._create_lead(partner_id=self.contact_company_1.id)
        sections = self._get_sections(self.user_sales_salesman)
        self.assertEqual([row['id'] for row in sections['leads']['rows']], self.lead.ids)
        self.assertEqual([row['id'] for row in sections['contacts']['rows']], self.contact.ids)
        self.assertEqual([row['id'] for row in sections['notes']['rows']], self.note.ids)
        self.assertEqual([row['id'] for row in sections['orders']['rows']], order.ids)
        self.assertNotIn(stranger.id, [row['id'] for row in sections['leads']['rows']])
        for section in sections.values():
            self.assertEqual({'key', 'label', 'model', 'open', 'open_model', 'columns', 'rows', 'count', 'action'},
                             section.keys())

    def test_from_a_contact_to_the_file_of_his_company(self):
        file = self._get_file(self.user_sales_salesman, self.contact)
        self.assertEqual((file['customer']['id'], file['customer']['name']), (self.customer.id, "Iron Ltd."))

    def test_the_newest_and_the_count(self):
        leads = self.env['crm.lead'].create([{
            'name': f"Lead {number}", 'partner_id': self.contact.id, 'user_id': self.user_sales_salesman.id,
            'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_1.id} for number in range(7)])
        section = self._get_sections(self.user_sales_salesman)['leads']
        self.assertEqual([row['id'] for row in section['rows']], sorted(leads.ids, reverse=True)[:5])
        self.assertEqual(section['count'], 8)
        shown = self.env[section['action']['res_model']].with_context(**section['action']['context']).search(
            section['action']['domain'])
        self.assertEqual(shown, self.lead | leads)

    def test_what_was_lost_is_part_of_the_story(self):
        self.lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        sections = self._get_sections(self.user_sales_salesman)
        self.assertEqual([row['id'] for row in sections['leads']['rows']], self.lead.ids)
        self.assertEqual([row['id'] for row in sections['notes']['rows']], self.note.ids)

    def test_header_and_facts(self):
        self.customer.write({'user_id': self.user_sales_salesman.id, 'sop_size_band': 'large'})
        self.lead.expected_revenue = 5000
        file = self._get_file(self.user_sales_salesman)
        values = {value['name']: value['value'] for value in file['customer']['values']}
        self.assertEqual((values['city'], values['sop_size_band'], values['user_id'][0]), (
            "Suzhou", 'large', self.user_sales_salesman.id))
        facts = {fact['label']: fact['value'] for fact in file['facts']}
        self.assertEqual((facts["Open opportunities"], facts["Expected revenue"]), (1, 5000))
        self.assertEqual(file['journey'][0]['state'], 'current')

    def test_another_add_on_adds_a_section(self):
        partners = self.env.registry['res.partner']
        own = partners._get_sop_file_sections

        def with_tags(customer):
            return [*own(customer), {
                'key': 'tags', 'label': "Tags", 'sequence': 1, 'model': 'res.partner.category',
                'domain': Domain('partner_ids', 'in', customer.ids), 'order': 'id', 'fields': ['name', 'gone']}]
        self.patch(partners, '_get_sop_file_sections', with_tags)
        self.customer.category_id = self.env['res.partner.category'].create({'name': "Key account"})
        section = self._get_file(self.user_sales_salesman)['sections'][0]
        self.assertEqual((section['key'], section['rows'][0]['name']), ('tags', "Key account"))
        self.assertEqual([column['name'] for column in section['columns']], ['name'])

    def test_buttons(self):
        action = self.lead.with_user(self.user_sales_salesman).action_sop_customer_file()
        self.assertEqual((action['tag'], action['context']['active_id']), ('sales_sop.customer_file', self.customer.id))
        self.lead.partner_id = False
        with self.assertRaises(UserError):
            self.lead.with_user(self.user_sales_salesman).action_sop_customer_file()

    def test_list_of_files(self):
        partners = self.env['res.partner']
        plain = partners.create({'name': "Plain Ltd.", 'is_company': True})
        mine = Domain('id', 'in', (self.customer | self.contact | plain).ids)
        self.assertEqual(partners.search(mine & Domain('sop_has_file', '=', True)), self.customer)
        self.assertEqual(
            partners.search(mine & Domain('sop_has_file', '=', False)), self.contact | plain)
        self.assertTrue(self.customer.sop_has_file and self.contact.sop_has_file)
        self.assertFalse(plain.sop_has_file)


@tagged('post_install', '-at_install')
class TestCustomerFileAccess(CustomerFileCommon):
    """The file shows what the user may see anyway, and nothing to those outside sales."""

    def test_strangers(self):
        for user in (self.user_employee, self.user_portal, self.user_public):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._get_file(user)

    def test_own_leads_only(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id, partner_id=self.contact.id)
        for user, expected in (
            (self.user_sales_salesman, self.lead), (self.user_sales_leads, self.lead | foreign),
            (self.user_sales_manager, self.lead | foreign), (self.user_auditor, self.lead | foreign),
        ):
            section = self._get_sections(user)['leads']
            with self.subTest(user=user.login):
                self.assertEqual({row['id'] for row in section['rows']}, set(expected.ids))
                self.assertEqual(section['count'], len(expected))

    def test_a_section_one_may_not_read_is_absent(self):
        self.env['ir.model.access'].search([('model_id.model', '=', 'sop.market.note')]).active = False
        self.env.registry.clear_cache()
        self.assertNotIn('notes', self._get_sections(self.user_sales_salesman))

    def test_a_customer_of_another_company(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = new_test_user(
            self.env, 'sop_stranger', groups='sales_team.group_sale_manager', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        self.customer.company_id = self.env.company
        with self.assertRaises(AccessError):
            self._get_file(stranger)

    @users('user_sales_salesman')
    def test_a_foreign_lead_opens_no_file(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id, partner_id=self.contact.id)
        with self.assertRaises(AccessError):
            foreign.with_env(self.env).action_sop_customer_file()


@tagged('post_install', '-at_install')
class TestCustomerFileHttp(CustomerFileCommon, SalesSopHttpCommon):

    def test_over_http(self):
        self.authenticate(self.user_sales_salesman.login, self.user_sales_salesman.login)
        result, error = self._call_kw('res.partner', 'get_sop_customer_file', [self.customer.ids])
        self.assertFalse(error)
        self.assertEqual(result['customer']['id'], self.customer.id)
        for ids in ([], [2**31 - 1], (self.customer | self.contact).ids):
            __, error = self._call_kw('res.partner', 'get_sop_customer_file', [ids])
            self.assertTrue(error, ids)
        self.authenticate(self.user_employee.login, self.user_employee.login)
        self.assertForbidden('res.partner', 'get_sop_customer_file', [self.customer.ids])


@tagged('post_install', '-at_install')
class TestCustomerFileSize(CustomerFileCommon):
    """It costs the same for one record and for a thousand."""

    def _count(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.customer.with_user(self.user_sales_manager).get_sop_customer_file()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow(self):
        self.env['sale.order'].create([{'partner_id': self.customer.id, 'state': 'sale'} for __ in range(5)])
        self._create_many(5)
        self._count()
        before = self._count()
        self._create_many(1000)
        after = self._count()
        self.assertLessEqual(after, before, "Queries for one and for a thousand records")
        self.assertLessEqual(after, 90)
        self.assertEqual(self._get_sections(self.user_sales_manager)['leads']['count'], 1006)
        self.assertEqual(self._get_sections(self.user_sales_manager)['contacts']['count'], 1006)

    def _create_many(self, number):
        self.env.flush_all()
        self.env.cr.execute("""
            INSERT INTO res_partner (name, complete_name, parent_id, commercial_partner_id, active, type,
                                     autopost_bills, is_company)
                 SELECT 'Contact ' || number, 'Contact ' || number, %(id)s, %(id)s, true, 'contact', 'ask', false
                   FROM generate_series(1, %(number)s) number;
            INSERT INTO crm_lead (name, type, active, partner_id, team_id, stage_id, user_id, sop_process_id,
                                  sop_stage_id, sop_outcome, won_status, expected_revenue)
                 SELECT 'Lead ' || number, type, active, %(id)s, team_id, stage_id, user_id, sop_process_id,
                        sop_stage_id, sop_outcome, won_status, 100
                   FROM crm_lead, generate_series(1, %(number)s) number WHERE id = %(lead)s;
        """, {'id': self.customer.id, 'number': number, 'lead': self.lead.id})
        self.env.invalidate_all()
