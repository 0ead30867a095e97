from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged, users

from .common import SalesSopCommon, SalesSopHttpCommon
from .test_import import CODE, get_code

ACTIVITY = 'sales_sop.mail_activity_type_duplicate'


class DuplicateCommon(SalesSopCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales_team_1.user_id = cls.user_sales_manager
        cls.lead.email_from = 'ten.pumps@customer.example.com'
        cls.own = cls._create_lead(name="Own", email_from='one@works.example.com')

    def _create_other(self, **values):
        """A lead of another salesperson, by default with the e-mail of the own one."""
        return self._create_lead(**{
            'name': "Other", 'email_from': 'ONE@works.example.com', 'user_id': self.user_sales_leads.id, **values})

    def _run_cron(self):
        with patch.object(self.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 60):
            self.env['crm.lead']._cron_sop_detect_duplicates()

    def _search_rows(self):
        return self.env['sop.duplicate'].search([('lead_id', 'in', self.own.ids)])


@tagged('post_install', '-at_install')
class TestCreditCode(SalesSopCommon):

    def test_normalised_and_checked(self):
        lead = self.lead
        lead.sop_credit_code = ' 9111-0000 600037341l '
        self.assertEqual(lead.sop_credit_code, CODE)
        self.assertEqual(self._create_lead(sop_credit_code=CODE.lower()).sop_credit_code, CODE)
        for code, reason in (
            (CODE[:-1], "17 characters"), (CODE + '1', "19 characters"), ('91110000I00037341L', "cannot be there"),
            ('X1110000600037341L', "cannot be there"), (CODE[:-1] + '0', "check digit"),
        ):
            with self.subTest(code=code):
                with self.assertRaises(ValidationError) as caught:
                    lead.sop_credit_code = code
                self.assertIn(code, str(caught.exception))
                self.assertIn(reason, str(caught.exception))
                with self.assertRaises(ValidationError):
                    self._create_lead(sop_credit_code=code)
        lead.sop_credit_code = False

    @users('user_sales_salesman')
    def test_goes_to_the_customer_and_comes_from_him(self):
        lead = self._create_lead(
            self.env, partner_name="Wuxi Pump Co., Ltd.", contact_name="Li Na", sop_credit_code=CODE)
        lead._handle_partner_assignment(create_missing=True)
        company = lead.partner_id.commercial_partner_id
        self.assertEqual((company.name, company.vat), ("Wuxi Pump Co., Ltd.", CODE))
        again = self._create_lead(self.env, name="Again", partner_id=lead.partner_id.id, email_from='x@y.example.com')
        self.assertFalse(again.sop_credit_code, "Creating a lead costs nothing")
        again.web_save({'name': "Saved"}, {})
        self.assertEqual(again.sop_credit_code, CODE)


@tagged('post_install', '-at_install')
class TestDuplicates(DuplicateCommon):

    def test_keys(self):
        own = self.own
        own.write({
            'sop_credit_code': CODE, 'partner_name': "Wuxi Pump Co., Ltd.", 'phone': '+86 10 5555 0100'})
        customer = self.env['res.partner'].create({'name': "C", 'is_company': True, 'company_registry': CODE})
        same = {
            'code': self._create_other(email_from=False, sop_credit_code=CODE),
            'customer': self._create_other(email_from=False, partner_id=customer.id),
            'phone': self._create_other(
                email_from=False, partner_name="WUXI PUMP CO LTD", phone='+861055550100'),
            'email': self._create_other(),
        }
        others = {
            'phone alone': self._create_other(
                email_from=False, partner_name="Wuxi Fan", phone='+86 10 5555 0100'),
            'name alone': self._create_other(
                email_from=False, partner_name="Wuxi Pump Co., Ltd.", phone='+86 10 5555 0199'),
        }
        self.assertEqual(set(own._get_sop_duplicates()[own.id]), {lead.id for lead in same.values()})
        found = self.env['crm.lead'].search([('sop_has_duplicate', '=', True)])
        for name, lead in {'own': own, **same}.items():
            with self.subTest(same=name):
                self.assertTrue(lead.sop_has_duplicate)
                self.assertIn(lead, found)
        free = self.env['crm.lead'].search([('sop_has_duplicate', '=', False)])
        for name, lead in others.items():
            with self.subTest(other=name):
                self.assertFalse(lead.sop_has_duplicate)
                self.assertIn(lead, free)
        self.assertFalse(found & free)

    def test_closed_archived_and_other_companies(self):
        other = self._create_other()
        self.assertTrue(self.own.sop_has_duplicate)
        company = self.env['res.company'].create({'name': "Other company"})
        for values, back in (
            ({'active': False}, {'active': True}),
            ({'user_id': False, 'team_id': False, 'company_id': company.id}, {'company_id': False}),
        ):
            with self.subTest(values=values):
                self.own.company_id = self.env.company
                other.write(values)
                self.env.invalidate_all()
                self.assertFalse(self.own.sop_has_duplicate)
                self.assertNotIn(self.own, self.env['crm.lead'].search([('sop_has_duplicate', '=', True)]))
                other.write(back)
                self.env.invalidate_all()
                self.assertTrue(self.own.sop_has_duplicate)
                self.assertIn(self.own, self.env['crm.lead'].search([('sop_has_duplicate', '=', True)]))

    def test_of_somebody_else_only_name_owner_and_age_are_told(self):
        other = self._create_other(name="Secret project", expected_revenue=77777)
        other._cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", [
            fields.Datetime.now() - timedelta(days=12), other.id])
        other.invalidate_recordset()
        own = self.own.with_user(self.user_sales_salesman)
        self.assertFalse(own.sop_duplicate_ids, "He may not read it")
        self.assertEqual(own.sop_duplicate_count, 1)
        self.assertEqual(
            own.sop_duplicate_note,
            f"“Secret project”: {self.user_sales_leads.name}, 12 days old, same e-mail")
        self.assertEqual(self.own.with_user(self.user_sales_manager).sop_duplicate_ids, other)

    def test_search_and_compute_agree_after_rulings(self):
        """Three leads of one key: a ruling on one pair leaves the others."""
        second, third = self._create_other(name="Second"), self._create_other(name="Third")
        manager = self.own.with_user(self.user_sales_manager)
        manager.action_sop_not_duplicate(second.ids, "Two plants")
        leads = self.own | second | third
        self.env.invalidate_all()
        self.assertEqual(leads.filtered('sop_has_duplicate'), leads)
        self.assertEqual(
            self.env['crm.lead'].search([('sop_has_duplicate', '=', True), ('id', 'in', leads.ids)]), leads)
        manager.action_sop_not_duplicate(third.ids, "Two plants")
        self.env.invalidate_all()
        self.assertEqual(leads.filtered('sop_has_duplicate'), second | third)
        self.assertEqual(
            self.env['crm.lead'].search([('sop_has_duplicate', '=', True), ('id', 'in', leads.ids)]), second | third)

    def test_queries_do_not_grow(self):
        def measure(count):
            leads = self.env['crm.lead'].create([{
                'name': f"Works {number}", 'email_from': f'{count}.{number % 3}@works.example.com',
                'phone': '+86 10 5555 0100', 'partner_name': f"Works {number}", 'sop_credit_code': get_code(number),
            } for number in range(count)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.mapped('sop_has_duplicate')
            return self.env.cr.sql_log_count - before
        measure(2)
        self.assertLessEqual(measure(100) - measure(10), 1)

    def test_plain_create_looks_for_nothing(self):
        self._create_other()
        self.assertFalse(self._search_rows())

    def test_leads_without_procedure_are_left_alone(self):
        self.own.sudo().with_context()._sop_bulk_update([('id', '=', self.own.id)], {'sop_process_id': None})
        other = self._create_other()
        other._sop_bulk_update([('id', '=', other.id)], {'sop_process_id': None})
        self.env.invalidate_all()
        self.own.web_save({'email_from': 'one@works.example.com'}, {})
        self.assertFalse(self._search_rows())


@tagged('post_install', '-at_install')
class TestTwoOwners(DuplicateCommon):

    def _clash(self):
        other = self._create_other()
        self.own.with_user(self.user_sales_salesman).web_save({'phone': '+86 10 5555 0100'}, {})
        return other, self._search_rows()

    def _get_activities(self, *leads):
        return self.env['mail.activity'].search([
            ('res_model', '=', 'crm.lead'), ('res_id', 'in', [lead.id for lead in leads]),
            ('activity_type_id', '=', self.env.ref(ACTIVITY).id)])

    def test_the_dialog_shows_no_foreign_leads(self):
        other, row = self._clash()
        colleague = self.user_sales_salesman.copy({'login': 'user_sop_colleague'})
        rulings = self.env['sop.duplicate.ruling'].with_user(colleague)
        with self.assertRaises(AccessError):
            rulings.create({'duplicate_id': row.id, 'reason': "Curious"}).read(['lead_name', 'other_user_id'])
        ruling = rulings.create({'lead_id': other.id, 'reason': "Curious"})
        self.assertFalse(ruling.read(['possible_lead_ids'])[0]['possible_lead_ids'])
        self.assertFalse(ruling.other_lead_ids)

    @freeze_time('2026-03-05 10:00:00')  # a Thursday
    def test_opened_once_with_an_activity(self):
        other, row = self._clash()
        self.assertEqual(
            (row.lead_id, row.other_lead_id, row.user_id, row.other_user_id, row.matched, row.state),
            (self.own, other, self.user_sales_salesman, self.user_sales_leads, 'email', 'open'))
        self.assertEqual(row.manager_id, self.user_sales_manager)
        self.assertEqual(str(row.due_date), '2026-03-09', "Two working days")
        activity = self._get_activities(self.own, other)
        self.assertEqual((activity.user_id, activity.date_deadline), (self.user_sales_manager, row.due_date))
        other.with_user(self.user_sales_leads).web_save({'name': "Again"}, {})
        self._run_cron()
        self.assertEqual(self._search_rows(), row)
        self.assertEqual(self._get_activities(self.own, other), activity)

    def test_one_owner_needs_no_ruling(self):
        self._create_other(user_id=self.user_sales_salesman.id)
        self.own.web_save({'phone': '+86 10 5555 0100'}, {})
        self.assertFalse(self._search_rows())
        own = self.own.with_user(self.user_sales_salesman)
        self.assertTrue(own.sop_has_duplicate)
        own.action_sop_not_duplicate(own.sop_duplicate_ids.ids, "Two projects of one customer")
        self.env.invalidate_all()
        self.assertFalse(own.sop_has_duplicate)
        self.assertEqual(self._search_rows().ruled_by_id, self.user_sales_salesman)

    def test_salesperson_does_not_rule(self):
        other, row = self._clash()
        for user in (self.user_sales_salesman, self.user_sales_leads, self.user_auditor):
            own_row, own_lead = row.with_user(user), self.own.with_user(user)
            for method, *args in (
                (own_row.action_sop_keep_owner, self.user_sales_leads.id, "Mine"),
                (own_row.action_sop_not_duplicate, "Mine"),
                (own_row.write, {'ruling': 'not_duplicate'}),
                (own_row.unlink,),
                (own_row.create, {'lead_name': "X", 'other_lead_name': "Y", 'matched': 'code'}),
                (own_lead.action_sop_not_duplicate, other.ids, "Mine"),
            ):
                with self.assertRaises(UserError):
                    method(*args)
        self.assertFalse(row.ruling)
        with self.assertRaises(AccessError):
            row.with_env(self.env).write({'ruling': 'merged'})

    def test_manager_keeps_one_owner_and_merges(self):
        other, row = self._clash()
        row = row.with_user(self.user_sales_manager)
        with self.assertRaises(UserError):
            row.action_sop_keep_owner(self.user_sales_leads.id, "  ")
        with self.assertRaises(UserError):
            row.action_sop_keep_owner(self.user_sales_manager.id, "Neither of them")
        row.action_sop_keep_owner(self.user_sales_leads.id, "Knows the buyer")
        left = (self.own | other).exists()
        self.assertEqual((len(left), left.user_id), (1, self.user_sales_leads))
        row = row.sudo()
        self.assertEqual(
            (row.ruling, row.kept_user_id, row.ruled_by_id, row.reason),
            ('owner', self.user_sales_leads, self.user_sales_manager, "Knows the buyer"))
        self.assertEqual({row.lead_name, row.other_lead_name}, {"Own", "Other"}, "The evidence outlives the leads")
        self.assertFalse(self._get_activities(self.own, other))
        with self.assertRaises(UserError):
            row.with_user(self.user_sales_manager).action_sop_not_duplicate("Again")

    def test_manager_keeps_one_owner_and_both_leads(self):
        other, row = self._clash()
        row.with_user(self.user_sales_manager).action_sop_keep_owner(self.user_sales_salesman.id, "Two projects", False)
        self.assertEqual((self.own | other).user_id, self.user_sales_salesman)
        self.assertEqual(row.ruling, 'owner')

    def test_not_a_duplicate_stays_so(self):
        other, row = self._clash()
        row.with_user(self.user_sales_manager).action_sop_not_duplicate("Two plants")
        self.env.invalidate_all()
        self.assertFalse((self.own | other).filtered('sop_has_duplicate'))
        self.own.web_save({'email_from': 'one@works.example.com'}, {})
        self._run_cron()
        self.assertEqual(self._search_rows(), row)
        self.assertFalse(self._get_activities(self.own, other))

    def test_merging_closes_the_row(self):
        other, row = self._clash()
        (self.own | other).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual((row.ruling, row.ruled_by_id), ('merged', self.user_sales_manager))

    def test_settles_itself(self):
        other, row = self._clash()
        other.action_set_lost(lost_reason_id=self.lost_reason.id)
        self._run_cron()
        self.assertEqual(row.ruling, 'settled')
        other.action_unarchive()
        self._run_cron()
        self.assertEqual(len(self._search_rows()), 2, "A new clash is a new question")

    def test_cron_finds_what_nobody_saved(self):
        self._create_other()
        self._run_cron()
        self.assertEqual(len(self._search_rows()), 1)

    def test_dialog(self):
        __, row = self._clash()
        ruling = self.env['sop.duplicate.ruling'].with_user(self.user_sales_manager).create({
            'duplicate_id': row.id, 'decision': 'not_duplicate', 'reason': "Two plants"})
        self.assertEqual(ruling.owner_ids, self.user_sales_salesman | self.user_sales_leads)
        ruling.action_confirm()
        self.assertEqual(row.ruling, 'not_duplicate')

    def test_who_reads(self):
        __, row = self._clash()
        for user in (self.user_sales_salesman, self.user_sales_leads, self.user_sales_manager, self.user_auditor):
            self.assertTrue(row.with_user(user).read(['lead_name']), user.name)
        for user in (self.user_employee, self.user_portal):
            with self.assertRaises(AccessError):
                row.with_user(user).read(['lead_name'])


@tagged('post_install', '-at_install')
class TestDuplicatesHttp(DuplicateCommon, SalesSopHttpCommon):

    def test_rulings_of_a_salesperson_are_refused(self):
        other = self._create_other()
        self.own.web_save({'phone': '+86 10 5555 0100'}, {})
        row = self._search_rows()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        context = {'sop_engine': True, 'uid': 2}
        for method, args in (
            ('action_sop_not_duplicate', (row.ids, "Mine")),
            ('action_sop_keep_owner', (row.ids, self.user_sales_salesman.id, "Mine")),
            ('write', (row.ids, {'ruling': 'merged'})),
        ):
            self.assertForbidden('sop.duplicate', method, args, context=context)
        for ids in (other.ids, [999999], None, 'abc', 5):
            __, error = self._call_kw('crm.lead', 'action_sop_not_duplicate', (self.own.ids, ids, "Mine"))
            self.assertTrue(error)
        self.assertFalse(row.ruling)
