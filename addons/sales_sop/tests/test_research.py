from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users

from ..models.crm_lead_research import is_answer
from .common import SalesSopCommon, SalesSopHttpCommon

FULL = {
    'sop_org_structure': "Owner, plant manager, maintenance",
    'sop_business_scope': "Grey iron castings, 40,000 t a year",
    'sop_recent_news': "Second line opens in May",
    'sop_pain_points': "Two stoppages a month",
    'sop_current_brand': "Kaeser",
}


@tagged('post_install', '-at_install')
class TestResearchCount(SalesSopCommon):
    """Five topics; what says nothing is no answer."""

    def test_what_is_an_answer(self):
        for text in (
            '', None, False, '  ', '-', '——', '...', 'n/a', 'N/A', 'n.a.', 'None', '无', ' 无。', '暂无', '?', 'TBD',
        ):
            with self.subTest(text=text):
                self.assertFalse(is_answer(text))
        for text in ("No. 3 plant", "3", "无锡", "3M", "Nothing but oil-free air"):
            with self.subTest(text=text):
                self.assertTrue(is_answer(text))

    @users('user_sales_salesman')
    def test_count_follows_the_answers(self):
        lead = self.lead.with_env(self.env)
        for count, (name, value) in enumerate(FULL.items(), start=1):
            lead[name] = value
            self.assertEqual(lead.sop_research_count, count)
        lead.sop_current_supplier = "Kaeser"
        self.assertEqual(lead.sop_research_count, 5, "Brand and supplier are one topic")
        lead.write({'sop_pain_points': "n/a", 'sop_recent_news': False})
        self.assertEqual(lead.sop_research_count, 3)

    @users('user_sales_salesman')
    def test_created_with_research(self):
        lead = self._create_lead(self.env, **FULL)
        self.assertEqual((lead.sop_research_count, lead.sop_research_by_id), (5, self.env.user))
        self.assertFalse(self._create_lead(self.env).sop_research_by_id)

    @users('user_sales_salesman')
    def test_who_and_when(self):
        lead = self.lead.with_env(self.env)
        with freeze_time('2026-03-04 10:00:00'):
            lead.sop_current_satisfaction = '2'
        self.assertEqual(
            (lead.sop_research_by_id, str(lead.sop_research_date)), (self.env.user, '2026-03-04 10:00:00'))
        self.assertEqual(lead.sop_research_count, 0, "How happy with what? That alone is no answer")

    @users('user_sales_salesman')
    def test_form(self):
        self.lead.sop_recent_news = FULL['sop_recent_news']  # in the first step the page shows only once it is used
        with Form(self.lead.with_env(self.env)) as form:
            form.sop_pain_points = FULL['sop_pain_points']
            for name in ('sop_research_count', 'sop_research_by_id', 'sop_research_date'):
                with self.assertRaises(AssertionError):
                    setattr(form, name, False)
        self.assertEqual(self.lead.sop_research_count, 2)

    def test_domains(self):
        """What the procedure asks for; leads nobody wrote about have no number at all."""
        rich, poor = self._create_lead(**FULL), self._create_lead(sop_pain_points="Noise")
        leads = self.env['crm.lead']
        self.assertEqual(leads.search([('sop_research_count', '>=', 4)]), rich)
        self.assertIn(poor, leads.search([('sop_research_count', '<', 4)]))
        self.assertIn(self.lead, leads.search([('sop_research_count', '<', 4)]))
        self.assertFalse(self.lead.filtered_domain([('sop_research_count', '>=', 4)]))

    def test_nobody_writes_the_count(self):
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            for values in (
                {'sop_research_count': 5}, {'sop_research_by_id': user.id}, {'sop_research_date': '2026-01-01'},
            ):
                self.env.invalidate_all()
                with self.subTest(user=user.login, values=values):
                    with self.assertRaises(AccessError), self.cr.savepoint():
                        self.lead.with_user(user).write(values)
                    with self.assertRaises(AccessError), self.cr.savepoint():
                        self._create_lead(self.env(user=user), **values)
        lead = self._create_lead(self.env(context={'default_sop_research_count': 5}))
        self.assertFalse(lead.sop_research_count)

    def test_contract_that_ends_before_it_began(self):
        with self.assertRaises(ValidationError) as caught:
            self.lead.write({'sop_current_since': '2026-01-01', 'sop_current_contract_end': '2025-01-01'})
        self.assertIn("Ten pumps", str(caught.exception))

    def test_a_copy_answers_for_itself(self):
        self.lead.write(FULL)
        copy = self.lead.with_user(self.user_sales_manager).copy()
        self.assertEqual((copy.sop_research_count, copy.sop_research_by_id), (5, self.user_sales_manager))

    def test_merged_leads_keep_what_is_known(self):
        self.lead.write({'sop_pain_points': "Noise"})
        other = self._create_lead(**FULL)
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual(merged.sop_research_count, 5)

    def test_query_count(self):
        leads = self.env['crm.lead'].union(*(self._create_lead() for __ in range(40)))
        for records in (leads[:1], leads):
            self.env.flush_all()
            with self.assertQueryCount(12):
                records.write(FULL)
                self.env.flush_all()
            self.env.invalidate_all()


@tagged('post_install', '-at_install')
class TestResearchTakeOver(SalesSopCommon):
    """What is known about a customer is not typed twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls._create_lead(
            name="Last year's pumps", partner_id=cls.contact_company_1.id, sop_research_sources="Website", **FULL)
        cls.lead.partner_id = cls.contact_1 if cls.contact_1.commercial_partner_id == cls.contact_company_1 else (
            cls.contact_company_1)

    @users('user_sales_salesman')
    def test_take_over(self):
        lead = self.lead.with_env(self.env)
        lead.write({'sop_pain_points': "Leaks", 'sop_recent_news': "-"})
        self.assertEqual(lead.sop_research_source_id, self.source)
        lead.action_sop_take_research()
        self.assertEqual(
            (lead.sop_research_count, lead.sop_pain_points, lead.sop_recent_news, lead.sop_research_by_id),
            (5, "Leaks", FULL['sop_recent_news'], self.env.user))
        self.assertIn("Website\nTaken over from Last year's pumps", lead.sop_research_sources)
        self.assertFalse(lead.sop_research_source_id, "Nothing more to take")

    @users('user_sales_salesman')
    def test_research_the_user_may_not_read(self):
        self.source.user_id = self.user_sales_leads
        lead = self.lead.with_env(self.env)
        self.assertFalse(lead.sop_research_source_id)
        with self.assertRaises(UserError) as caught:
            lead.action_sop_take_research()
        self.assertIn("Ten pumps", str(caught.exception))

    def test_on_a_lead_of_somebody_else(self):
        self.lead.user_id = self.user_sales_leads
        for user in (self.user_sales_salesman, self.user_auditor, self.user_employee, self.user_portal):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.lead.with_user(user).action_sop_take_research()

    def test_query_count(self):
        leads = self.lead.union(*(self._create_lead(partner_id=self.contact_company_1.id) for __ in range(40)))
        for records in (leads[:2], leads):
            self.env.invalidate_all()
            records = records.with_user(self.user_sales_manager).with_prefetch(records.ids)
            records.mapped('name')
            with self.assertQueryCount(8):
                records.mapped('sop_research_source_id')


@tagged('post_install', '-at_install')
class TestResearchHttp(SalesSopHttpCommon):
    """The same over HTTP."""

    def test_doors(self):
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        self._call_kw('crm.lead', 'web_save', [self.lead.ids, FULL], {'specification': {'sop_research_count': {}}})
        self.assertEqual(self.lead.sop_research_count, 5)
        self.assertForbidden('crm.lead', 'write', [self.lead.ids, {'sop_research_count': 1}],
                             context={'sop_engine': True})
        self.assertForbidden('crm.lead', 'web_save', [self.lead.ids, {'sop_research_by_id': 1}],
                             {'specification': {}})
        self.assertForbidden('crm.lead', 'action_sop_take_research', [self.lead.ids])
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        self.assertForbidden('crm.lead', 'write', [foreign.ids, FULL])
