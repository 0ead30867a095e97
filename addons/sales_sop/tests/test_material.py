import base64
from datetime import timedelta
from functools import partial
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .common import SalesSopCommon, SalesSopHttpCommon


class MaterialCommon(SalesSopCommon):
    """Material made by a salesperson, kept and checked by another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expert = cls.user_sales_leads
        cls.today = cls.env['sop.material']._get_today()
        cls.industry = cls.env['res.partner.industry'].create({'name': "Foundries"})

    @classmethod
    def _create_material(cls, name="Catalogue", check=True, **values):
        material = cls.env['sop.material'].with_user(cls.user_sales_salesman).create({
            'name': name,
            'responsible_id': cls.expert.id,
            'file': base64.b64encode(f'%PDF-1.4 {name} {values.get("version", "1")}'.encode()),
            'file_name': f'{name}.pdf',
            **values,
        })
        if check:
            material.with_user(cls.expert).action_check()
        return material.with_env(cls.env)

    @classmethod
    def _create_next(cls, material, check=True, **values):
        action = material.with_user(cls.user_sales_salesman).action_new_version()
        following = material.browse(action['res_id'])
        following.with_user(cls.user_sales_salesman).write({
            'file': base64.b64encode(f'%PDF-1.4 {following.display_name}'.encode()),
            'file_name': f'{following.name}.pdf', **values})
        if check:
            following.with_user(cls.expert).action_check()
        return following

    @classmethod
    def _expire(cls, material):
        """Let time pass: its last day was yesterday."""
        cls.env.cr.flush()
        cls.env.cr.execute("UPDATE sop_material SET valid_from = NULL, valid_to = %s WHERE id IN %s", [
            cls.today - timedelta(days=1), tuple(material.ids)])
        cls.env.invalidate_all()

    @classmethod
    def _get_attachment(cls, record):
        return cls.env['ir.attachment'].sudo().search([
            ('res_model', '=', record._name), ('res_field', '=', 'file'), ('res_id', '=', record.id)])

    def assertRefused(self, act, *words, error=UserError):
        with self.assertRaises(error) as caught, self.cr.savepoint():
            act()
        for word in words:
            self.assertIn(word, str(caught.exception))


@tagged('post_install', '-at_install')
class TestMaterialCheck(MaterialCommon):
    """A second person checks what customers get; afterwards it stays as it was checked."""

    def test_where_it_is_tomorrow_already(self):
        """Material is valid from the day of the company on, wherever its author may be."""
        self.user_sales_salesman.tz = 'Asia/Shanghai'
        with freeze_time('2026-11-23 17:00:00'):
            material = self._create_material()
        self.assertEqual(material.state, 'checked')

    @users('user_sales_leads')
    def test_check(self):
        material = self._create_material(check=False).with_env(self.env)
        self.assertEqual((material.state, material.validity), ('draft', 'unchecked'))
        self.assertEqual(material.file_author_id, self.user_sales_salesman)
        with freeze_time(fields.Datetime.now()) as now:
            self.assertIs(material.action_check(), True)
            self.assertEqual(
                (material.state, material.validity, material.checked_by_id, material.checked_date),
                ('checked', 'ok', self.env.user, now()))

    def test_who_may_check(self):
        material = self._create_material(check=False)
        for user in (self.user_auditor, self.user_employee, self.user_portal):
            self.assertRefused(material.with_user(user).action_check, error=AccessError)
        self.assertRefused(
            material.with_user(self.user_sales_salesman).action_check, "Catalogue", "product expert or a manager",
            error=AccessError)
        material.responsible_id = self.user_sales_salesman
        self.assertRefused(material.with_user(self.user_sales_salesman).action_check, "second person")
        material.with_user(self.user_sales_manager).action_check()
        self.assertEqual(material.state, 'checked')

    def test_nobody_makes_himself_the_expert(self):
        draft, checked = self._create_material(check=False), self._create_material("Checked")
        colleague = self.user_sales_salesman.copy({'login': 'user_sop_colleague'})
        for material, user in ((draft, colleague), (checked, colleague), (checked, self.user_sales_salesman)):
            with self.subTest(material=material.name, user=user.login):
                self.assertRefused(
                    partial(material.with_user(user).write, {'responsible_id': user.id}),
                    "names another expert", error=AccessError)
        draft.with_user(self.user_sales_salesman).responsible_id = colleague
        checked.with_user(self.expert).responsible_id = colleague
        checked.with_user(self.user_sales_manager).responsible_id = self.expert

    def test_who_replaced_the_file_is_its_author(self):
        """The expert who puts his own file there needs another person, whoever made the record."""
        material = self._create_material(check=False)
        material.with_user(self.expert).file = base64.b64encode(b'%PDF-1.4 mine')
        self.assertEqual(material.file_author_id, self.expert)
        self.assertRefused(material.with_user(self.expert).action_check, "second person")
        manager = self._create_material(check=False).with_user(self.user_sales_manager)
        manager.file = base64.b64encode(b'%PDF-1.4 mine as well')
        self.assertRefused(manager.action_check, "second person")

    def test_the_only_manager_checks_alone(self):
        material = self._create_material(check=False, responsible_id=False)
        material.with_user(self.user_sales_manager).file = base64.b64encode(b'%PDF-1.4 mine')
        managers = self.env.ref('sales_sop.group_sop_manager').all_user_ids
        (managers - self.user_sales_manager - self.env.ref('base.user_root')).active = False
        material.with_user(self.user_sales_manager).action_check()
        self.assertEqual(material.state, 'checked')

    def test_what_is_missing(self):
        check = lambda **values: (  # noqa: E731
            self._create_material(check=False, **values).with_user(self.expert).action_check)
        self.assertRefused(check(file=False), "Upload")
        self.assertRefused(check(kind='cert'), "until when")
        self.assertRefused(
            check(valid_from=self.today - timedelta(days=9), valid_to=self.today - timedelta(days=1)), "expired")
        self.assertRefused(check(valid_from=self.today + timedelta(days=1)), "valid only from")
        check(kind='cert', valid_to=self.today)()
        self.assertRefused(self._create_material().with_user(self.expert).action_check, "only a draft")

    @mute_logger('odoo.sql_db')
    def test_period(self):
        self.assertRefused(
            lambda: self._create_material(check=False, valid_to=self.today - timedelta(days=1)).flush_recordset(),
            error=psycopg2.errors.CheckViolation)

    def test_nobody_writes_what_the_server_knows(self):
        material, draft = self._create_material(), self._create_material(check=False)
        forged = {
            'state': 'checked', 'checked_by_id': self.expert.id, 'checked_date': '2026-01-01',
            'file_author_id': self.expert.id, 'file_checksum': 'x', 'previous_id': material.id, 'is_reminded': True}
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            for name, value in forged.items():
                with self.subTest(user=user.login, field=name):
                    self.assertRefused(partial(draft.with_user(user).write, {name: value}), error=AccessError)
                    self.assertRefused(
                        partial(material.with_user(user).create, {'name': "Forged", name: value}), error=AccessError)
        for context in ({'default_state': 'checked'}, {'default_checked_by_id': self.expert.id, 'sop_engine': True}):
            try:
                made = material.with_user(self.user_sales_manager).with_context(**context).create({'name': "Forged"})
            except AccessError:
                continue
            self.assertEqual((made.state, made.checked_by_id.id), ('draft', False))

    def test_checked_is_frozen(self):
        material = self._create_material(kind='cert', valid_to=self.today + timedelta(days=90))
        for user in (self.user_sales_salesman, self.expert, self.user_sales_manager, self.env.user):
            for name, value in {
                'name': "Other", 'kind': 'case', 'version': "9", 'valid_to': False, 'valid_from': False,
                'lang': 'en_US', 'file': base64.b64encode(b'other'), 'file_name': "other.pdf",
            }.items():
                with self.subTest(user=user.login, field=name):
                    self.assertRefused(partial(material.with_user(user).write, {name: value}), "new version")
            self.assertRefused(material.with_user(user).unlink, "new version")
        material.with_user(self.user_sales_salesman).industry_ids = [Command.link(self.industry.id)]
        material.with_user(self.expert).responsible_id = self.user_sales_manager
        material.with_user(self.user_sales_salesman).activity_schedule(
            'mail.mail_activity_data_todo', user_id=self.expert.id)
        material.with_user(self.user_sales_salesman).message_post(body="Well received")

    def test_drafts_can_go(self):
        self._create_material(check=False).with_user(self.user_sales_salesman).unlink()

    def test_form(self):
        with Form(self.env['sop.material'].with_user(self.user_sales_salesman)) as form:
            form.name = "ISO 9001"
            form.kind = 'cert'
            form.file = base64.b64encode(b'%PDF-1.4 iso')
            form.valid_to = self.today + timedelta(days=300)
            form.responsible_id = self.expert
        form.record.with_user(self.expert).action_check()
        with Form(form.record.with_user(self.user_sales_manager)) as form:
            for name in ('name', 'version', 'valid_to', 'lang'):
                with self.assertRaises(AssertionError):
                    setattr(form, name, "2")


@tagged('post_install', '-at_install')
class TestMaterialVersion(MaterialCommon):
    """A change is a new version; checking it retires the one before."""

    def test_new_version(self):
        first = self._create_material(industry_ids=[Command.set(self.industry.ids)])
        second = self._create_next(first, check=False)
        self.assertEqual(
            (second.version, second.previous_id, second.state, second.industry_ids, second.name),
            ("2", first, 'draft', self.industry, "Catalogue"))
        self.assertEqual((first.state, first.validity), ('checked', 'ok'), "In use until the next one is checked")
        second.with_user(self.expert).action_check()
        self.assertEqual((first.state, first.validity, second.validity), ('superseded', 'superseded', 'ok'))

    def test_one_draft_of_the_next_version(self):
        first = self._create_material(version="2.9")
        action = first.with_user(self.user_sales_salesman).action_new_version()
        self.assertEqual(first.with_user(self.expert).action_new_version()['res_id'], action['res_id'])
        self.assertEqual(first.next_ids.version, "2.10")
        self.assertFalse(first.next_ids.file)
        self.assertEqual(first.next_ids.create_uid, self.user_sales_salesman)

    def test_new_version_of_a_draft(self):
        draft = self._create_material(check=False)
        self.assertRefused(draft.with_user(self.user_sales_salesman).action_new_version, "still a draft")
        checked = self._create_material()
        for user in (self.user_auditor, self.user_employee):
            self.assertRefused(checked.with_user(user).action_new_version, error=AccessError)

    def test_version_names(self):
        for before, after in (("1", "2"), ("2025.3", "2025.4"), ("B", "B (2)")):
            self.assertEqual(
                self._create_material(version=before)._prepare_next_version_values()['version'], after)

    def test_packs_follow(self):
        first = self._create_material()
        pack = self.env['sop.material.pack'].create({'name': "Pack", 'material_ids': [Command.set(first.ids)]})
        second = self._create_next(first)
        self.assertEqual(pack.material_ids, second)

    def test_withdraw(self):
        material = self._create_material()
        self.assertRefused(
            lambda: material.with_user(self.user_sales_salesman).action_withdraw("Wrong data"), error=AccessError)
        self.assertRefused(lambda: material.with_user(self.expert).action_withdraw("  "), "Say why")
        wizard = self.env['sop.material.withdraw'].with_user(self.expert).create({
            'material_id': material.id, 'reason': "Wrong data on page 3"})
        self.assertEqual(wizard.action_withdraw()['type'], 'ir.actions.act_window_close')
        self.assertEqual((material.state, material.validity), ('withdrawn', 'withdrawn'))
        self.assertIn("Wrong data on page 3", material.message_ids[0].body)
        self.assertRefused(lambda: self._create_material(check=False).with_user(self.expert).action_withdraw("x"))

    def test_search_agrees_with_compute(self):
        materials = self.env['sop.material'].union(
            self._create_material("A"), self._create_material("B", valid_to=self.today),
            self._create_material("C", check=False), self._create_next(self._create_material("D")))
        expired, withdrawn = self._create_material("E"), self._create_material("F")
        self._expire(expired)
        withdrawn.with_user(self.expert).action_withdraw("x")
        materials |= expired | withdrawn | self.env['sop.material'].search([('name', '=', "D")])
        for validity in ('ok', 'unchecked', 'expired', 'superseded', 'withdrawn'):
            found = materials.search([('validity', '=', validity), ('id', 'in', materials.ids)])
            self.assertTrue(found, validity)
            self.assertEqual(found, materials.filtered_domain([('validity', '=', validity)]), validity)
        self.assertEqual(
            materials.search([('validity', '!=', 'ok'), ('id', 'in', materials.ids)]),
            materials.filtered(lambda own: own.validity != 'ok'))


@tagged('post_install', '-at_install')
class TestMaterialFile(MaterialCommon):
    """The file of checked material is guarded as well where Odoo stores it."""

    def test_file_of_checked_material(self):
        material = self._create_material()
        file = self._get_attachment(material)
        draft = self._create_material(check=False)
        stray = self.env['ir.attachment'].create({'name': "stray", 'raw': b'stray'})
        for env in (self.env(user=self.user_sales_manager), self.env):
            own, other = file.with_env(env), stray.with_env(env)
            for act in (
                partial(own.write, {'raw': b'changed'}),
                partial(own.write, {'datas': base64.b64encode(b'changed')}),
                partial(own.write, {'public': True}),
                partial(own.write, {'res_id': draft.id}),
                partial(own.write, {'res_field': False}),
                own.unlink,
                partial(other.write, {
                    'res_model': 'sop.material', 'res_id': material.id, 'res_field': 'file'}),
                partial(own.create, {
                    'name': "x", 'raw': b'x', 'res_model': 'sop.material', 'res_id': material.id, 'res_field': 'file'}),
            ):
                with self.subTest(user=env.user.login):
                    self.assertRefused(act)
        self.assertEqual(base64.b64decode(material.with_context(bin_size=False).file), b'%PDF-1.4 Catalogue 1')

    def test_file_of_a_draft_changed_behind_its_back(self):
        """The author and the fingerprint follow the content, whatever way it came."""
        draft = self._create_material(check=False)
        before = draft.file_checksum
        self._get_attachment(draft).with_user(self.expert).sudo().write({'raw': b'%PDF-1.4 other'})
        self.assertNotEqual(draft.file_checksum, before)
        self.assertEqual(draft.file_author_id, self.expert)
        self.assertRefused(draft.with_user(self.expert).action_check, "second person")
        self._get_attachment(draft).unlink()
        self.assertFalse(draft.file_checksum)

    def test_other_files_are_left_alone(self):
        material = self._create_material()
        file = self.env['ir.attachment'].with_user(self.user_sales_salesman).create({
            'name': "note.txt", 'raw': b'note', 'res_model': 'sop.material', 'res_id': material.id})
        file.write({'name': "remark.txt"})
        file.unlink()

    def test_who_reads_the_file(self):
        material = self._create_material()
        file = self._get_attachment(material)
        for user in (self.user_sales_salesman, self.user_auditor, self.user_sales_manager):
            self.env.invalidate_all()
            self.assertTrue(material.with_user(user).file)
            self.assertTrue(self._get_attachment(material).with_user(user).raw)
        for user in (self.user_employee, self.user_portal, self.user_public):
            self.env.invalidate_all()
            with self.subTest(user=user.login):
                self.assertRefused(partial(material.with_user(user).read, ['file']), error=AccessError)
                self.assertRefused(partial(file.with_user(user).read, ['raw']), error=AccessError)
                self.assertRefused(material.with_user(user).action_open_file, error=AccessError)

    def test_attachments_of_others_cost_no_query(self):
        self.env['ir.attachment'].create({'name': "warm", 'raw': b'1'})
        self.env.flush_all()
        # Odoo's own, and one that reads what the file belongs to.
        with self.assertQueryCount(4):
            self.env['ir.attachment'].create([{'name': str(number), 'raw': b'1'} for number in range(20)])
            self.env.flush_all()


@tagged('post_install', '-at_install')
class TestMaterialCompany(MaterialCommon):
    """Material of another company is not seen and not used."""

    def test_rule(self):
        other = self.env['res.company'].create({'name': "Other company"})
        material = self.env['sop.material'].create({'name': "Foreign", 'company_id': other.id})
        pack = self.env['sop.material.pack'].create({'name': "Foreign", 'company_id': other.id})
        for record in (material, pack):
            for user in (self.user_sales_salesman, self.user_sales_manager, self.user_auditor):
                self.env.invalidate_all()
                with self.subTest(model=record._name, user=user.login):
                    self.assertFalse(record.with_user(user).search([('id', '=', record.id)]))
                    self.assertFalse(record.with_user(user).has_access('read'))
        self.assertRefused(lambda: self.env['sop.material.line'].with_user(self.user_sales_salesman).create({
            'lead_id': self.lead.id, 'material_id': material.id}), error=AccessError)
        self.assertRefused(lambda: self.env['sop.material.line'].create({
            'lead_id': self.lead.id, 'material_id': material.id}), "Other company", "Ten pumps")


@tagged('post_install', '-at_install')
class TestMaterialRenewal(MaterialCommon):
    """The expert is asked in time, once."""

    def _get_tasks(self, material):
        return material.activity_ids.filtered(
            lambda task: task.activity_type_id == self.env.ref('sales_sop.mail_activity_type_material'))

    def _run(self):
        with patch.object(self.env.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 1000):
            self.env['sop.material']._cron_remind_renewal(batch_size=2)

    def test_renewal(self):
        soon = self._create_material(kind='cert', valid_to=self.today + timedelta(days=30))
        later = self._create_material(kind='cert', valid_to=self.today + timedelta(days=31))
        draft = self._create_material(check=False, valid_to=self.today)
        old = self._create_material(valid_to=self.today)
        self._create_next(old)
        for __ in range(2):
            self._run()
            self.assertEqual(self._get_tasks(soon).user_id, self.expert)
            self.assertEqual(len(self._get_tasks(soon)), 1)
            self.assertEqual(self._get_tasks(soon).date_deadline, soon.valid_to)
            self.assertFalse(self._get_tasks(later | draft | old))
        self.env.company.sop_material_days = 31
        self._run()
        self.assertTrue(self._get_tasks(later))
        self._create_next(soon, valid_to=self.today + timedelta(days=400))
        self.assertFalse(self._get_tasks(soon), "Done with the next version")

    def test_many(self):
        materials = self.env['sop.material'].union(
            *(self._create_material(str(number), valid_to=self.today) for number in range(5)))
        self._run()
        self.assertEqual(len(self._get_tasks(materials)), 5)

    def test_expert_who_left(self):
        material = self._create_material(valid_to=self.today, responsible_id=self.user_sales_manager.id, check=False)
        material.with_user(self.user_sales_manager).action_check()
        material.responsible_id = self.user_sales_leads
        self.user_sales_leads.active = False
        self._run()
        self.assertEqual(self._get_tasks(material).user_id, self.user_sales_manager)


@tagged('post_install', '-at_install')
class TestMaterialHttp(MaterialCommon, SalesSopHttpCommon):
    """The same over HTTP."""

    def _fetch(self, material):
        return self.url_open(f'/web/content/sop.material/{material.id}/file?filename_field=file_name')

    def test_fetch(self):
        material = self._create_material()
        file = self._get_attachment(material)
        for login, sees in (
            (None, False), ('user_sop_portal', False), ('user_sop_employee', False), ('user_sales_salesman', True),
            ('user_sop_auditor', True),
        ):
            self.authenticate(login, login)
            for answer in (self._fetch(material), self.url_open(f'/web/content/{file.id}')):
                with self.subTest(login=login):
                    self.assertEqual(answer.content == b'%PDF-1.4 Catalogue 1', sees)

    def test_doors(self):
        material, draft = self._create_material(), self._create_material(check=False)
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        self.assertForbidden('sop.material', 'write', [material.ids, {'name': "x"}], context={'sop_engine': True})
        self.assertForbidden('sop.material', 'web_save', [draft.ids, {'state': 'checked'}], {'specification': {}})
        self.assertForbidden('sop.material', 'action_check', [draft.ids])
        self.assertForbidden('sop.material', 'action_withdraw', [material.ids, None])
        self.assertForbidden('sop.material', 'unlink', [material.ids])
        self.assertForbidden('ir.attachment', 'write', [self._get_attachment(material).ids, {'datas': 'eA=='}])
        self.assertForbidden('sop.material.pack', 'create', [{'name': "Pack"}])
