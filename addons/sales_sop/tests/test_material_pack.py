import base64
from functools import partial

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged, users

from .common import SalesSopHttpCommon
from .test_material import MaterialCommon


class PackCommon(MaterialCommon):
    """Material of three kinds, in a pack for foundries and one for all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_profile = cls._create_material("About us", kind='company')
        cls.catalogue = cls._create_material()
        cls.case = cls._create_material("Foundry case", kind='case', industry_ids=[Command.set(cls.industry.ids)])
        cls.pack_all = cls._create_pack("For all", cls.company_profile)
        cls.pack = cls._create_pack(
            "Foundries", cls.company_profile | cls.catalogue, industry_ids=[Command.set(cls.industry.ids)])
        cls.lead.sop_industry_id = cls.industry

    @classmethod
    def _create_pack(cls, name, materials, **values):
        return cls.env['sop.material.pack'].with_user(cls.user_sales_manager).create({
            'name': name, 'material_ids': [Command.set(materials.ids)], **values}).with_env(cls.env)

    @classmethod
    def _add(cls, lead, *materials, **values):
        return cls.env['sop.material.line'].with_user(cls.user_sales_salesman).create([
            {'lead_id': lead.id, 'material_id': material.id, **values} for material in materials])


@tagged('post_install', '-at_install')
class TestMaterialPack(PackCommon):
    """The pack that fits best comes with one click."""

    @users('user_sales_salesman')
    def test_fill(self):
        lead = self.lead.with_env(self.env)
        self.assertEqual(lead.sop_pack_state, 'none')
        lead.action_sop_fill_pack()
        self.assertEqual(lead.sop_material_line_ids.material_id, self.company_profile | self.catalogue | self.case)
        self.assertEqual(lead.sop_pack_state, 'valid')
        lead.action_sop_fill_pack()
        self.assertEqual(len(lead.sop_material_line_ids), 3, "Nothing twice")

    def test_which_pack(self):
        late = self._create_pack("Offer", self.catalogue, phase='s4_negotiate')
        any_step = self._create_pack("Any step", self.catalogue, phase=False, sequence=1)
        match = self.env['sop.material.pack']._match_leads
        self.assertEqual(match(self.lead)[self.lead], self.pack)
        self.lead.sop_industry_id = False
        self.assertEqual(match(self.lead)[self.lead], self.pack_all, "Its step before all steps")
        self.pack_all.active = False
        self.assertEqual(match(self.lead)[self.lead], any_step)
        self._do_all(self.lead, self.stage_discover, self.stage_qualify)
        self.lead.stage_id = self.stage_team1_2
        self.assertEqual(match(self.lead)[self.lead], late)
        other = self.env['res.company'].create({'name': "Other company"})
        late.company_id = other
        self.assertEqual(match(self.lead)[self.lead], any_step)

    @users('user_sales_salesman')
    def test_no_pack(self):
        (self.pack | self.pack_all).active = False
        self.case.with_user(self.expert).action_withdraw("x")
        self.assertRefused(self.lead.with_env(self.env).action_sop_fill_pack, "Ten pumps", "no pack")

    @users('user_sales_salesman')
    def test_state(self):
        lead = self.lead.with_env(self.env)
        first = self._add(lead, self.company_profile)
        self.assertEqual(lead.sop_pack_state, 'invalid', "Without product information")
        self._add(lead, self.catalogue)
        self.assertEqual(lead.sop_pack_state, 'valid')
        self._expire(self.catalogue)
        self.assertEqual(lead.sop_pack_state, 'invalid')
        first.unlink()

    def test_search_agrees_with_compute(self):
        empty, partial, full, expired = (self._create_lead(name=name) for name in ("E", "P", "F", "X"))
        old = self._create_material("Old")
        self._add(partial, self.company_profile)
        self._add(full, self.company_profile, self.catalogue)
        self._add(expired, self.company_profile, self.catalogue, old)
        self._expire(old)
        leads = empty | partial | full | expired
        for user in (self.user_sales_salesman, self.user_sales_manager, self.user_auditor):
            model = self.env['crm.lead'].with_user(user)
            for state, expected in (('none', empty), ('valid', full), ('invalid', partial | expired)):
                with self.subTest(user=user.login, state=state):
                    self.assertEqual(model.search([('sop_pack_state', '=', state), ('id', 'in', leads.ids)]), expected)
                    self.assertEqual(leads.with_user(user).filtered_domain([('sop_pack_state', '=', state)]), expected)
            self.assertEqual(
                model.search([('sop_pack_state', '!=', 'valid'), ('id', 'in', leads.ids)]), leads - full)
        lines = leads.sop_material_line_ids
        for state in ('ok', 'expired', 'unchecked'):
            self.assertEqual(
                lines.search([('state', '=', state), ('id', 'in', lines.ids)]),
                lines.filtered(lambda line, state=state: line.state == state))

    @users('user_sales_salesman')
    def test_newest_versions(self):
        lead = self.lead.with_env(self.env)
        lead.action_sop_fill_pack()
        self.assertRefused(lead.action_sop_replace_material, "no newer version")
        second = self._create_next(self._create_next(self.catalogue))
        self.assertEqual(lead.sop_pack_state, 'invalid')
        lead.action_sop_replace_material()
        self.assertIn(second, lead.sop_material_line_ids.material_id)
        self.assertEqual((len(lead.sop_material_line_ids), lead.sop_pack_state), (3, 'valid'))

    @users('user_sales_salesman')
    def test_newest_version_is_there_already(self):
        lead = self.lead.with_env(self.env)
        self._add(lead, self.company_profile, self.catalogue)
        self._add(lead, self._create_next(self.catalogue))
        lead.action_sop_replace_material()
        self.assertEqual(len(lead.sop_material_line_ids), 2)

    def test_merged_leads_keep_their_material(self):
        self._add(self.lead, self.company_profile)
        other = self._create_lead()
        self._add(other, self.company_profile, self.catalogue)
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual(
            merged.sop_material_line_ids.material_id.sorted('id'), self.company_profile | self.catalogue)

    def test_query_count(self):
        def prepare(count):
            leads = self.env['crm.lead'].union(
                *(self._create_lead(sop_industry_id=self.industry.id) for __ in range(count)))
            self.env.flush_all()
            self.env.invalidate_all()
            return leads.with_user(self.user_sales_manager)

        for count in (2, 20):
            leads = prepare(count)
            with self.assertQueryCount(75):
                leads.action_sop_fill_pack()
                self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(12):
                self.assertEqual(set(leads.mapped('sop_pack_state')), {'valid'})
            with self.assertQueryCount(12):
                leads.sop_material_line_ids.mapped('sent_date')


@tagged('post_install', '-at_install')
class TestMaterialCase(PackCommon):
    """A missing success case becomes a task of the product expert, once for each industry."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.paper = cls.env['res.partner.industry'].create({'name': "Paper mills"})
        cls.env.company.sop_expert_id = cls.expert

    def _get_drafts(self):
        return self.env['sop.material'].search([('kind', '=', 'case'), ('industry_ids', 'in', self.paper.ids)])

    def test_missing_case(self):
        leads = self._create_lead(sop_industry_id=self.paper.id) | self._create_lead(sop_industry_id=self.paper.id)
        for records in (leads[0], leads):
            records.with_user(self.user_sales_salesman).action_sop_fill_pack()
            draft = self._get_drafts()
            self.assertEqual(
                (len(draft), draft.name, draft.state, draft.responsible_id), (
                    1, "Success case: Paper mills", 'draft', self.expert))
            self.assertEqual(draft.activity_ids.user_id, self.expert)
            self.assertEqual(
                draft.activity_ids.activity_type_id, self.env.ref('sales_sop.mail_activity_type_case'))
        draft.with_user(self.user_sales_salesman).file = base64.b64encode(b'%PDF-1.4 case')
        draft.with_user(self.expert).action_check()
        self.assertFalse(draft.activity_ids)
        leads[0].with_user(self.user_sales_salesman).action_sop_fill_pack()
        self.assertIn(draft, leads[0].sop_material_line_ids.material_id)

    def test_without_an_expert(self):
        """The leader of the sales team, then whoever asked."""
        self.env.company.sop_expert_id = False
        self._create_lead(sop_industry_id=self.paper.id).with_user(self.user_sales_salesman).action_sop_fill_pack()
        self.assertEqual(self._get_drafts().responsible_id, self.sales_team_1.user_id or self.user_sales_salesman)

    def test_case_is_there(self):
        self.lead.with_user(self.user_sales_salesman).action_sop_fill_pack()
        self.assertFalse(self.env['sop.material'].search([('kind', '=', 'case'), ('state', '=', 'draft')]))


@tagged('post_install', '-at_install')
class TestMaterialTailored(PackCommon):
    """A file made for one customer is checked as well, by somebody else."""

    def setUp(self):
        super().setUp()
        self.line = self._add(
            self.lead, self.catalogue, tailored=True, file=base64.b64encode(b'%PDF-1.4 for you'), file_name="you.pdf")

    def test_check(self):
        self.assertEqual((self.line.state, self.line.file_author_id), ('unchecked', self.user_sales_salesman))
        self.assertFalse(self.line.can_check)
        self.assertRefused(self.line.action_check, "product expert", error=AccessError)
        self.line.with_user(self.expert).sudo(False).invalidate_recordset()
        self.lead.user_id = self.expert
        line = self.line.with_user(self.expert)
        self.assertTrue(line.can_check)
        line.action_check()
        self.assertEqual((line.state, line.checked_by_id), ('ok', self.expert))
        self.assertRefused(line.action_check, "already")

    def test_own_work(self):
        self.catalogue.responsible_id = self.user_sales_salesman
        self.assertRefused(self.line.action_check, "second person", "Ten pumps")

    def test_changed_afterwards(self):
        self.line.with_user(self.user_sales_manager).action_check()
        self.line.file = base64.b64encode(b'%PDF-1.4 for you, changed')
        self.assertEqual((self.line.state, self.line.checked_by_id.id), ('unchecked', False))
        self.line.with_user(self.user_sales_manager).action_check()
        self.line.material_id = self.company_profile
        self.assertEqual(self.line.state, 'unchecked', "Made from something else")

    def test_changed_behind_its_back(self):
        self.line.with_user(self.user_sales_manager).action_check()
        self._get_attachment(self.line).write({'raw': b'%PDF-1.4 other'})
        self.assertEqual(self.line.state, 'unchecked')

    def test_no_file(self):
        line = self._add(self.lead, self.company_profile, tailored=True)
        self.assertEqual(line.state, 'unchecked')
        self.assertRefused(line.with_user(self.user_sales_manager).action_check, "no tailored file")

    def test_forged(self):
        for values in (
            {'checked_by_id': self.expert.id}, {'checked_date': '2026-01-01'}, {'file_checksum': 'x'},
            {'file_author_id': self.expert.id},
        ):
            for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
                with self.subTest(user=user.login, values=values):
                    self.assertRefused(partial(self.line.with_user(user).write, values), error=AccessError)
                    self.assertRefused(partial(self.line.with_user(user).create, {
                        'lead_id': self.lead.id, 'material_id': self.case.id, **values}), error=AccessError)

    def test_material_expires(self):
        self.line.with_user(self.user_sales_manager).action_check()
        self._expire(self.catalogue)
        self.assertEqual(self.line.state, 'expired')


@tagged('post_install', '-at_install')
class TestMaterialLineAccess(PackCommon, SalesSopHttpCommon):
    """The material of a lead follows the lead."""

    def test_foreign_lead(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        line = self.env['sop.material.line'].create({'lead_id': foreign.id, 'material_id': self.catalogue.id})
        own = self._add(self.lead, self.case)
        for user, reads, writes in (
            (self.user_sales_salesman, False, False), (self.user_sales_leads, True, True),
            (self.user_auditor, True, False), (self.user_employee, False, False), (self.user_portal, False, False),
        ):
            self.env.invalidate_all()
            with self.subTest(user=user.login):
                self.assertEqual(line.with_user(user).has_access('read'), reads)
                self.assertEqual(line.with_user(user).has_access('write'), writes)
                if not writes:
                    for act in (
                        line.with_user(user).unlink,
                        partial(line.with_user(user).write, {'tailored': True}),
                        foreign.with_user(user).action_sop_fill_pack,
                        foreign.with_user(user).action_sop_replace_material,
                        foreign.with_user(user).action_sop_send_material,
                    ):
                        self.assertRefused(act, error=AccessError)
        self.assertRefused(lambda: own.write({'lead_id': foreign.id}), error=AccessError)

    def test_http(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        values = {'lead_id': foreign.id, 'material_id': self.catalogue.id}
        self.assertForbidden('sop.material.line', 'create', [values])
        self.assertForbidden('crm.lead', 'action_sop_fill_pack', [foreign.ids])
        self.assertForbidden('crm.lead', 'write', [foreign.ids, {
            'sop_material_line_ids': [[0, 0, {'material_id': self.catalogue.id}]]}])
        __, error = self._call_kw('crm.lead', 'action_sop_fill_pack', [self.lead.ids])
        self.assertFalse(error)
        self.assertEqual(self.lead.sop_pack_state, 'valid')

    @users('user_sales_salesman')
    def test_form(self):
        lead = self.lead.with_env(self.env)
        lead.action_sop_fill_pack()
        with Form(lead) as form:
            with form.sop_material_line_ids.edit(0) as line:
                line.tailored = True
                line.file = base64.b64encode(b'%PDF-1.4 tailored')
        self.assertEqual(lead.sop_pack_state, 'invalid')
