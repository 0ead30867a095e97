import csv
import io
from datetime import date, time
from unittest.mock import patch

import openpyxl
from stdnum.cn import uscc

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged, users

from .common import SalesSopCommon, SalesSopHttpCommon

OPTIONS = {'has_headers': True, 'quoting': '"', 'separator': ',', 'encoding': 'utf-8', 'date_format': '%Y-%m-%d'}
CODE = '91110000600037341L'


def get_code(number):
    """A valid credit code, another one for each number."""
    body = f'91110000{number:09d}'
    return body + uscc.calc_check_digit(body)


class ImportCommon(SalesSopCommon):
    """Files, and what Odoo's importer makes of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prospects = cls._create_list(cls.env)

    @classmethod
    def _create_list(cls, env, **values):
        return env['sop.prospect.list'].create({
            'name': "Fair 2026", 'source': 'offline', 'legal_basis': 'consent', **values})

    def _import(self, names, rows, dryrun=False, prospects=None, env=None, options=None, file=None):
        """``(result of the import, {row: what became of it})``"""
        importer = self._create_importer(names, rows, env=env, prospects=prospects, file=file)
        return self._execute(importer, names, dryrun, options)

    def _create_importer(self, names, rows, env=None, prospects=None, file=None):
        return (env or self.env)['base_import.import'].create({
            'res_model': 'crm.lead', 'file': file or self._write_csv(names, rows), 'file_name': 'prospects.csv',
            'file_type': 'text/csv', 'sop_list_id': prospects and prospects.id,
        })

    def _execute(self, importer, names, dryrun=False, options=None):
        # A test is rolled back together with what was not flushed before.
        self.env.flush_all()
        result = importer.execute_import(
            list(names), list(names), {**OPTIONS, **(options or {})}, dryrun=dryrun)
        return result, {row['row']: row for row in result.get('sop_rows', ())}

    def _write_csv(self, names, rows):
        file = io.StringIO()
        csv.writer(file).writerows([names, *rows])
        return file.getvalue().encode()

    def _write_xlsx(self, rows):
        book, file = openpyxl.Workbook(), io.BytesIO()
        for row in rows:
            book.active.append(row)
        book.save(file)
        return file.getvalue()

    def _search(self, *names):
        return self.env['crm.lead'].with_context(active_test=False).search([('name', 'in', names)])


@tagged('post_install', '-at_install')
class TestImport(ImportCommon):
    """Rows of a file become leads, one by one."""

    @users('user_sales_salesman')
    def test_rows_are_told_one_by_one(self):
        names = ('name', 'sop_credit_code', 'email_from')
        rows = [
            ("Compressor works", CODE, 'a@works.example.com'),
            ("Bad code", CODE[:-1] + '0', 'b@works.example.com'),
            ("Same code", CODE.lower(), 'c@works.example.com'),
            ("Dryer works", '', 'd@works.example.com'),
        ]
        for dryrun in (True, False):
            result, told = self._import(names, rows, dryrun=dryrun, prospects=self.prospects, env=self.env)
            self.assertEqual([told[row]['result'] for row in (2, 3, 4, 5)],
                             ['imported', 'refused', 'duplicate', 'imported'])
            self.assertIn("check digit", told[3]['reason'])
            self.assertEqual(told[4]['reason'], "Duplicate of row 2 “Compressor works” (same credit code)")
            self.assertEqual([told[row]['name'] for row in (2, 3)], ["Compressor works", "Bad code"])
            self.assertFalse(result['messages'], "A message would end the import of the other batches")
            self.assertEqual(len(result['ids']), 2)
            self.assertEqual(len(self._search("Compressor works", "Dryer works")), 0 if dryrun else 2)
        self.assertFalse(self._search("Bad code", "Same code"))
        self.assertEqual(self._search("Compressor works").sop_list_id, self.prospects)
        lines = self.env['sop.import.line'].search([('list_id', '=', self.prospects.id)])
        self.assertEqual(lines.mapped('result'), ['imported', 'refused', 'duplicate', 'imported'])
        self.assertEqual(lines.mapped('row'), [2, 3, 4, 5])
        self.assertEqual(lines[0].lead_id, self._search("Compressor works"))
        self.assertEqual(lines[2].duplicate_lead_id, lines[0].lead_id)
        self.assertEqual((lines[0].file_name, lines[0].user_id), ('prospects.csv', self.env.user))

    def test_each_key_against_the_database(self):
        lead = self._create_lead(
            name="Known", partner_name="Wuxi Pump Co., Ltd.", sop_credit_code=CODE, phone='+86 10 5555 0100',
            email_from='buyer@wuxi.example.com', country_id=self.env.ref('base.cn').id)
        other = self._create_lead(name="Of a customer", partner_id=self.env['res.partner'].create({
            'name': "Customer", 'is_company': True, 'vat': 'CN' + get_code(7)}).id, email_from=False)
        names = ('name', 'partner_name', 'sop_credit_code', 'phone', 'email_from', 'country_id')
        __, told = self._import(names, [
            ("Same code", "Another name", CODE, '', '', ''),
            ("Same name and phone", "WUXI  Pump Co.,Ltd", '', '010 5555 0100', '', 'China'),
            ("Same name, other phone", "Wuxi Pump Co., Ltd.", '', '010 5555 0199', '', 'China'),
            ("Same phone, other name", "Wuxi Fan Co., Ltd.", '', '010 5555 0100', '', 'China'),
            ("Same e-mail", '', '', '', 'Buyer <BUYER@wuxi.example.com>', ''),
            ("Code of the customer", '', get_code(7), '', '', ''),
        ], prospects=self.prospects)
        self.assertEqual([told[row]['result'] for row in range(2, 8)], [
            'duplicate', 'duplicate', 'imported', 'imported', 'duplicate', 'duplicate'])
        for row, key in ((2, "same credit code"), (3, "same name and phone"), (6, "same e-mail")):
            self.assertIn("“Known” (", told[row]['reason'])
            self.assertIn(self.user_sales_salesman.name, told[row]['reason'])
            self.assertIn(key, told[row]['reason'])
        line = self.env['sop.import.line'].search([('name', '=', "Same code")])
        self.assertEqual(line.duplicate_lead_id, lead)
        self.assertEqual(
            self.env['sop.import.line'].search([('name', '=', "Code of the customer")]).duplicate_lead_id, other)

    def test_closed_leads_and_other_companies_are_no_duplicates(self):
        company = self.env['res.company'].create({'name': "Other company"})
        self._create_lead(name="Lost", email_from='lost@works.example.com').action_set_lost(
            lost_reason_id=self.lost_reason.id)
        self._create_lead(
            name="Foreign", email_from='foreign@works.example.com', company_id=company.id, user_id=False, team_id=False)
        __, told = self._import(('name', 'email_from'), [
            ("A", 'lost@works.example.com'), ("B", 'foreign@works.example.com')], prospects=self.prospects)
        self.assertEqual([row['result'] for row in told.values()], ['imported', 'imported'])

    def test_customer_with_an_order(self):
        customer = self.contact_company_1
        customer.vat = CODE
        names, rows = ('name', 'sop_credit_code'), [("A prospect", CODE)]
        __, told = self._import(names, rows, dryrun=True, prospects=self.prospects)
        self.assertEqual(told[2]['result'], 'imported', "An address is not yet a customer")
        self.env['sale.order'].create({'partner_id': customer.id, 'order_line': [
            Command.create({'name': "Pump", 'product_id': self.env['product.product'].create({'name': "Pump"}).id}),
        ]}).action_confirm()
        __, told = self._import(names, rows, prospects=self.prospects)
        self.assertEqual(told[2]['result'], 'duplicate')
        self.assertIn(customer.name, told[2]['reason'])
        __, told = self._import(
            (*names, 'partner_id/.id'), [(*rows[0], str(customer.id))], prospects=self.prospects)
        self.assertEqual(told[2]['result'], 'imported', "The row says that it is about the customer")

    def test_batches(self):
        names = ('name', 'email_from')
        rows = [(f"Works {number}", f'office{number % 4}@works.example.com') for number in range(6)]
        for dryrun in (True, False):
            importer = self._create_importer(names, rows, prospects=self.prospects)
            told, skip = {}, 0
            while skip is not None:
                result, batch = self._execute(importer, names, dryrun, {'limit': 2, 'skip': skip})
                told.update(batch)
                skip = result['nextrow'] or None
            self.assertEqual(sorted(told), [2, 3, 4, 5, 6, 7])
            self.assertEqual([told[row]['result'] for row in sorted(told)], ['imported'] * 4 + ['duplicate'] * 2)
            self.assertEqual(told[7]['reason'], "Duplicate of row 3 “Works 1” (same e-mail)")
        self.assertEqual(
            self.prospects.sop_import_line_ids.mapped('import_date'),
            self.prospects.sop_import_line_ids[:1].mapped('import_date') * 6, "One import, one date")

    def test_a_test_does_not_spoil_the_import_that_follows(self):
        importer = self._create_importer(
            ('name', 'email_from'), [("Works", 'w@works.example.com'), ("Mill", 'm@works.example.com')],
            prospects=self.prospects)
        names = ('name', 'email_from')
        self._execute(importer, names, True)
        __, told = self._execute(importer, names, False, {'skip': 1})
        self.assertEqual(told[3]['result'], 'imported')
        __, told = self._execute(importer, names, False)
        self.assertEqual([told[row]['result'] for row in (2, 3)], ['imported', 'duplicate'])

    def test_duplicate_of_a_row_that_was_refused_later(self):
        """What only the database refuses leaves its place to the next row with the same key."""
        names = ('name', 'email_from', 'probability', 'stage_id', 'team_id')
        team, late = self.sales_team_1.name, self.stage_team1_2.name
        __, told = self._import(names, [
            ("Too far", 'a@works.example.com', '', late, team),
            ("In time", 'a@works.example.com', '', self.stage_team1_1.name, team),
            ("Third", 'a@works.example.com', '', self.stage_team1_1.name, team),
        ], prospects=self.prospects)
        self.assertEqual([told[row]['result'] for row in (2, 3, 4)], ['refused', 'imported', 'duplicate'])
        self.assertIn("Budget confirmed", told[2]['reason'], "The gate says why")
        self.assertIn("row 3", told[4]['reason'])
        self.assertFalse(self._search("Too far", "Third"))

    def test_row_of_an_existing_lead_changes_it(self):
        lead = self._create_lead(name="Known", email_from='known@works.example.com')
        __, told = self._import(
            ('.id', 'phone', 'email_from'), [(str(lead.id), '+86 10 5555 0100', 'known@works.example.com')],
            prospects=None)
        self.assertEqual(told[2]['result'], 'updated')
        self.assertEqual(lead.phone, '+86 10 5555 0100')
        self.env['ir.model.data'].create(
            {'module': '__import__', 'name': 'known_lead', 'model': 'crm.lead', 'res_id': lead.id})
        __, told = self._import(('id', 'contact_name'), [('known_lead', "Wang Fang"), ('new_lead', "Li Na")])
        self.assertEqual([told[row]['result'] for row in (2, 3)], ['updated', 'imported'])
        self.assertEqual(lead.contact_name, "Wang Fang")
        self.assertEqual(self.env.ref('__import__.new_lead').name, "Li Na")

    def test_nothing_made_on_the_way_stays_for_a_refused_row(self):
        names = ('name', 'partner_id', 'email_from')
        __, told = self._import(names, [
            ("Good", "New partner A", 'a@works.example.com'), ("Bad", "New partner B", 'nonsense'),
            ("Double", "New partner C", 'a@works.example.com'),
        ], prospects=self.prospects, options={'name_create_enabled_fields': {'partner_id': True}})
        self.assertEqual([told[row]['result'] for row in (2, 3, 4)], ['imported', 'refused', 'duplicate'])
        partners = self.env['res.partner'].search([('name', '=like', 'New partner %')])
        self.assertEqual(partners.mapped('name'), ["New partner A"])
        self.assertEqual(self._search("Good").partner_id, partners)

    def test_without_list_and_process_as_stock(self):
        names = ('name', 'email_from')
        rows = [("Works", 'a@works.example.com'), ("Works again", 'a@works.example.com')]
        with patch.object(self.registry['crm.lead'], '_is_sop_in_use', lambda leads: False):
            result, told = self._import(names, rows)
            self.assertFalse(told)
            self.assertEqual(len(result['ids']), 2)
            result, __ = self._import((*names, 'date_deadline'), [("Bad", '', 'tomorrow')])
            self.assertTrue(result['messages'])

    def test_fill_in_from_a_duplicate_row(self):
        lead = self._create_lead(name="Known", email_from='known@works.example.com', contact_name="Wang Fang")
        self._import(
            ('name', 'email_from', 'phone', 'contact_name', 'date_deadline', 'country_id'),
            [("Again", 'known@works.example.com', '+86 10 5555 0177', "Li Na", '2026-12-01', 'China')],
            prospects=self.prospects, env=self.env(user=self.user_sales_salesman))
        line = self.prospects.sop_import_line_ids.with_user(self.user_sales_salesman)
        line.action_sop_fill_in()
        self.assertEqual(
            (lead.name, lead.phone, lead.contact_name, lead.date_deadline, lead.country_id.code),
            ("Known", '+86 10 5555 0177', "Wang Fang", date(2026, 12, 1), 'CN'))
        self.assertEqual(line.merged_by_id, self.user_sales_salesman)

    def test_rows_are_written_by_the_engine_only(self):
        self._import(('name',), [("Works",)], prospects=self.prospects)
        line = self.prospects.sop_import_line_ids
        for env in (self.env(user=self.user_sales_salesman), self.env(user=self.user_sales_manager), self.env):
            own = line.with_env(env)
            with self.assertRaises(AccessError):
                own.write({'result': 'refused'})
            with self.assertRaises(AccessError):
                own.unlink()
            with self.assertRaises(AccessError):
                own.create({'name': "Forged", 'result': 'imported', 'company_id': 1, 'user_id': env.uid,
                            'import_date': '2026-01-01'})
        with self.assertRaises(AccessError):
            line.with_user(self.user_sales_salesman).read(['name'])
        self.assertTrue(line.with_user(self.user_sales_manager).read(['name']))
        self.assertTrue(line.with_user(self.user_auditor).read(['name']))

    def test_team_and_stage_are_those_of_a_new_lead(self):
        own, other = self.user_sales_salesman, self.user_sales_leads
        names = ('name', 'user_id/.id', 'type')
        rows = [("Mine", own.id, 'opportunity'), ("His", other.id, 'opportunity'), ("Nobody's", '', 'opportunity'),
                ("Early", own.id, 'lead')]
        self._import(names, rows, prospects=self.prospects)
        for name, user_id, kind in rows:
            new = self.env['crm.lead'].create({'name': "New", 'user_id': user_id, 'type': kind})
            lead = self._search(name)
            places = [(record.user_id, record.team_id, record.stage_id) for record in (lead, new)]
            self.assertEqual(places[0], places[1], name)

    def test_list_of_another_company(self):
        company = self.env['res.company'].create({'name': "Other company"})
        foreign = self._create_list(self.env, company_id=company.id)
        env = self.env(user=self.user_sales_salesman)
        with self.assertRaises(AccessError):
            env['crm.lead'].with_context(default_sop_list_id=foreign.id).load(['name'], [["Works"]])
        __, told = self._import(('name', 'sop_list_id/.id'), [("Works", str(foreign.id))], env=env)
        self.assertEqual(told[2]['result'], 'refused')
        self.assertFalse(self._search("Works"))

    def test_queries_do_not_grow_with_the_rows(self):
        def measure(count, start):
            rows = [
                [f"Works {start + number}", get_code(start + number), f'{start + number}@works.example.com', 'China',
                 f'+86 10 5555 {start + number:04d}'] for number in range(count)]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads = self.env['crm.lead'].with_context(
                default_sop_list_id=self.prospects.id, tracking_disable=True, import_file=True)
            leads.load(['name', 'sop_credit_code', 'email_from', 'country_id', 'phone'], rows)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        ours, theirs = {}, {}
        measure(2, 0)
        for number, size in enumerate((10, 100)):
            ours[size] = measure(size, 1000 * (1 + number))
            with patch.object(self.registry['crm.lead'], '_is_sop_guided_import', lambda leads: False):
                theirs[size] = measure(size, 5000 * (1 + number))
        extra = {size: ours[size] - theirs[size] for size in ours}
        self.assertLessEqual(extra[10], 20, (ours, theirs))
        self.assertLessEqual(extra[100] - extra[10], 3, (ours, theirs))


@tagged('post_install', '-at_install')
class TestImportBrokenRows(ImportCommon):
    """Fifty kinds of broken rows in one sheet: each one is told, the good ones come in, nothing is half written."""

    COLUMNS = (
        'name', 'partner_name', 'contact_name', 'sop_credit_code', 'email_from', 'phone', 'expected_revenue',
        'date_deadline', 'type', 'priority', 'country_id', 'state_id', 'user_id', 'team_id', 'stage_id', 'company_id',
        'probability', 'active', 'tag_ids', 'campaign_id', 'lang_id', 'partner_id/.id', 'sop_legal_basis',
        'sop_list_id', 'recurring_plan/.id', 'sop_collected_date', 'won_status')

    def _get_broken(self):
        """[({column: cell}, part of the reason)]"""
        team_2 = self.env['crm.team'].create({'name': "Another team"})
        self.stage_team1_1.team_ids = self.sales_team_1
        foreign_company = self.env['res.company'].create({'name': "Foreign company"})
        foreign_team = self.env['crm.team'].create({'name': "Foreign team", 'company_id': foreign_company.id})
        foreign_list = self._create_list(self.env, name="Foreign list", company_id=foreign_company.id)
        foreign_partner = self.env['res.partner'].create(
            {'name': "Foreign partner", 'company_id': foreign_company.id})
        return [
            ({'name': None}, "no name"),
            ({'name': '   '}, "no name"),
            ({'name': 'x' * 1001}, "1001 characters"),
            ({'name': '=HYPERLINK("http://x","y")'}, "no name"),
            ({'name': '#N/A'}, "error #N/A"),
            ({'name': '#DIV/0!'}, "error #DIV/0!"),
            ({'partner_name': 'y' * 5000}, "5000 characters"),
            ({'contact_name': '#REF!'}, "error #REF!"),
            ({'sop_credit_code': CODE[:-1]}, "17 characters"),
            ({'sop_credit_code': CODE + '0'}, "19 characters"),
            ({'sop_credit_code': CODE[:-1] + 'A'}, "check digit"),
            ({'sop_credit_code': CODE[:9] + 'O' + CODE[10:]}, "cannot be there"),
            ({'sop_credit_code': 'A' + CODE[1:]}, "cannot be there"),
            ({'sop_credit_code': CODE[:9] + '中' + CODE[10:]}, "cannot be there"),
            ({'sop_credit_code': 123456789012345678}, "check digit"),
            ({'sop_credit_code': 'unknown'}, "7 characters"),
            ({'email_from': 'nonsense'}, "no e-mail address"),
            ({'email_from': '@works.example.com'}, "no e-mail address"),
            ({'email_from': 12345}, "no e-mail address"),
            ({'phone': 'ask the porter'}, "no phone number"),
            ({'phone': '123'}, "no phone number"),
            ({'phone': '#VALUE!'}, "error #VALUE!"),
            ({'expected_revenue': -1}, "negative"),
            ({'expected_revenue': '-500'}, "negative"),
            ({'expected_revenue': 'a lot'}, "no number"),
            ({'expected_revenue': '12 pieces 3'}, "no number"),
            ({'expected_revenue': date(2026, 1, 1)}, "no number"),
            ({'date_deadline': '2026-13-45'}, "no date"),
            ({'date_deadline': 'next week'}, "no date"),
            ({'date_deadline': 12}, "no date"),
            ({'date_deadline': '30/02/2026'}, "no date"),
            ({'date_deadline': time(12, 30)}, "formatted as a time"),
            ({'type': 'customer'}, "customer"),
            ({'priority': '17'}, "17"),
            ({'country_id': 'Atlantis'}, "Atlantis"),
            ({'country_id': date(2026, 1, 1)}, "2026"),
            ({'state_id': 'Nowhere'}, "Nowhere"),
            ({'user_id': 'Nobody Knows'}, "Nobody Knows"),
            ({'team_id': 'No team'}, "No team"),
            ({'team_id': foreign_team.name, 'user_id': None}, ""),
            ({'stage_id': 'No stage'}, "No stage"),
            ({'team_id': team_2.name, 'stage_id': self.stage_team1_1.name}, "not one of the sales team"),
            ({'team_id': self.sales_team_1.name, 'stage_id': self.stage_team1_2.name}, "Budget confirmed"),
            ({'company_id': foreign_company.name}, foreign_company.name),
            ({'company_id': 'No company'}, "No company"),
            ({'probability': 150}, "between 0 and 100"),
            ({'probability': 'likely'}, "no number"),
            ({'active': 'perhaps'}, "perhaps"),
            ({'tag_ids': 'No tag,Another'}, "No tag"),
            ({'campaign_id': 'No campaign'}, "No campaign"),
            ({'lang_id': 'Klingon'}, "Klingon"),
            ({'partner_id/.id': 999999999}, "999999999"),
            ({'partner_id/.id': 'abc'}, "abc"),
            ({'partner_id/.id': foreign_partner.id}, ""),
            ({'sop_legal_basis': 'hearsay'}, "hearsay"),
            ({'sop_list_id': foreign_list.name}, foreign_list.name),
            ({'recurring_plan/.id': 999999999}, "999999999"),
            ({'sop_collected_date': 'yesterday'}, "no date"),
            ({'name': None, 'sop_credit_code': '1', 'email_from': 'x'}, "no name"),
        ]

    def test_fifty_kinds(self):
        broken = self._get_broken()
        self.assertGreaterEqual(len(broken), 50)
        env = self.env(user=self.user_sales_salesman)
        rows = [self.COLUMNS]
        for number, (cells, __) in enumerate(broken):
            values = {'name': f"Broken {number}", 'tag_ids': self.env['crm.tag'].search([], limit=1).name, **cells}
            rows.append([values.get(column) for column in self.COLUMNS])
            rows.append([{'name': f"Good {number}", 'email_from': f'good{number}@works.example.com'}.get(column)
                         for column in self.COLUMNS])
        file = self._write_xlsx(rows)
        counted = self.env['crm.lead'].search_count([]), self.env['res.partner'].search_count([])
        for dryrun in (True, False):
            result, told = self._import(
                self.COLUMNS, (), dryrun=dryrun, env=env, prospects=self.prospects, file=file)
            self.assertFalse(result['messages'])
            for number, (cells, reason) in enumerate(broken):
                with self.subTest(cells=cells, dryrun=dryrun):
                    row = told[2 + 2 * number]
                    self.assertEqual(row['result'], 'refused', row)
                    self.assertTrue(row['reason'])
                    self.assertIn(reason, row['reason'])
                    self.assertEqual(told[3 + 2 * number]['result'], 'imported', told[3 + 2 * number])
            self.assertEqual(len(result['ids']), len(broken))
        self.assertEqual(self.env['crm.lead'].search_count([]), counted[0] + len(broken))
        self.assertEqual(self.env['res.partner'].search_count([]), counted[1])
        self.assertFalse(self.env['crm.lead'].with_context(active_test=False).search([('name', '=like', 'Broken%')]))
        self.assertEqual(len(self.prospects.sop_import_line_ids), 2 * len(broken))

    def test_many_refused_by_the_database(self):
        """Odoo's limit of ten errors hides nothing."""
        rows = [
            (f"Works {number}", self.sales_team_1.name, (self.stage_team1_2 if number % 2 else self.stage_team1_1).name)
            for number in range(60)]
        result, told = self._import(('name', 'team_id', 'stage_id'), rows, prospects=self.prospects)
        self.assertEqual([told[row]['result'] for row in range(2, 62)], ['imported', 'refused'] * 30)
        self.assertEqual(len(result['ids']), 30)


@tagged('post_install', '-at_install')
class TestImportHttp(ImportCommon, SalesSopHttpCommon):
    """The same through the doors a client has."""

    def test_load(self):
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        rows = [["Works", CODE], ["Bad", '123'], ["Double", CODE], [None, None], ["Short"], ["Works 2", 5, 6]]
        result, error = self._call_kw(
            'crm.lead', 'load', (['name', 'sop_credit_code'], rows),
            context={'default_sop_list_id': self.prospects.id})
        self.assertFalse(error)
        self.assertEqual([row['result'] for row in result['sop_rows']], [
            'imported', 'refused', 'duplicate', 'refused', 'imported', 'refused'])
        self.assertEqual({message['type'] for message in result['messages']}, {'warning'})
        self.assertEqual(len(self.prospects.lead_ids), 2)

    def test_foreign_and_odd_lists(self):
        company = self.env['res.company'].create({'name': "Other company"})
        foreign = self._create_list(self.env, company_id=company.id)
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        for list_id in (foreign.id, 99999999, 'abc', [1], True):
            with self.subTest(list_id=list_id):
                self.assertForbidden(
                    'crm.lead', 'load', (['name'], [["Works"]]), context={'default_sop_list_id': list_id})
        self.assertFalse(self._search("Works"))

    def test_execute_import(self):
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        importer = self._create_importer(('name',), [("Works",), ('',)], env=self.env(user=self.user_sales_salesman))
        result, error = self._call_kw(
            'base_import.import', 'execute_import',
            (importer.ids, ['name', False], ['name', 'x'], dict(OPTIONS), False),
            context={'default_sop_list_id': self.prospects.id, 'sop_import_run': {'dryrun': True}})
        self.assertTrue(error or result['messages'], "Two fields for one column")
        result, error = self._call_kw(
            'base_import.import', 'execute_import', (importer.ids, ['name'], ['name'], dict(OPTIONS), False),
            context={'default_sop_list_id': self.prospects.id, 'sop_import_run': {'dryrun': True}})
        self.assertFalse(error)
        self.assertEqual([row['result'] for row in result['sop_rows']], ['imported'])
        self.assertEqual(self._search("Works").sop_list_id, self.prospects)
        self.assertTrue(self.prospects.sop_import_line_ids, "No context makes it a test")
