from datetime import timedelta

import psycopg2
from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users
from odoo.tools import mute_logger

from ..engine import as_engine
from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestEvidenceTick(SalesSopCommon):
    """A tick says who, when and what; the server writes all three."""

    @users('user_sales_salesman')
    def test_tick(self):
        lead = self.lead.with_env(self.env)
        with freeze_time('2026-03-04 10:00:00'):
            self.assertIs(lead.action_sop_tick(self.items['D1'].id, "Said so on the phone"), True)
        check = self._get_check(lead, 'D1')
        self.assertEqual(
            (check.state, check.done_by_id, str(check.done_date), check.remark, check.lead_id, check.stage_id),
            ('done', self.env.user, '2026-03-04 10:00:00', "Said so on the phone", lead, self.stage_discover))

    @users('user_sales_salesman')
    def test_tick_twice(self):
        lead = self.lead.with_env(self.env)
        lead.action_sop_tick(self.items['D1'].id)
        with self.assertRaises(UserError) as caught:
            lead.action_sop_tick(self.items['D1'].id)
        self.assertIn("Orteil Sales Own", str(caught.exception))
        self.assertEqual(len(self._get_check(lead, 'D1')), 1)

    @users('user_sales_salesman')
    def test_tick_several_leads(self):
        leads = (self.lead | self._create_lead()).with_env(self.env)
        leads.action_sop_tick(self.items['D1'].id)
        self.assertEqual(self.env['sop.check'].search([('requirement_id', '=', self.items['D1'].id)]).lead_id, leads)

    @users('user_sales_salesman')
    def test_tick_of_an_item_of_another_process(self):
        other = self._create_process('other', self.sales_team_1)
        with self.assertRaises(UserError) as caught:
            self.lead.with_env(self.env).action_sop_tick(other.stage_ids[0].requirement_ids[0].id)
        self.assertIn("Ten pumps", str(caught.exception))

    @users('user_sales_salesman')
    def test_tick_of_nothing(self):
        for requirement_id in (0, 10 ** 9):
            with self.assertRaises(UserError):
                self.lead.with_env(self.env).action_sop_tick(requirement_id)

    @users('user_sales_salesman')
    def test_tick_on_a_lead_without_process(self):
        with self.assertRaises(UserError):
            self._create_lead(team_id=False).with_env(self.env).action_sop_tick(self.items['D1'].id)

    @users('user_sales_salesman')
    def test_facts_are_not_ticked(self):
        lead = self.lead.with_env(self.env)
        for code in ('D2', 'Q2', 'O1'):
            with self.subTest(item=code), self.assertRaises(UserError) as caught:
                lead.action_sop_tick(self.items[code].id)
            self.assertIn(self.items[code].name, str(caught.exception))
        self.assertFalse(lead.sop_check_ids)

    @users('user_sales_salesman')
    def test_future_items_may_be_done_early(self):
        self._do(self.lead, 'O2')
        self.assertEqual(self._get_check(self.lead, 'O2').state, 'done')

    def test_one_live_check_is_guaranteed_by_the_database(self):
        values = {
            'requirement_id': self.items['D1'].id, 'lead_id': self.lead.id, 'done_by_id': self.env.uid,
            'done_date': fields.Datetime.now()}
        checks = as_engine(self.env['sop.check'])
        first = checks.create(values)
        with mute_logger('odoo.sql_db'), self.assertRaises(psycopg2.errors.UniqueViolation), self.cr.savepoint():
            checks.create(values)
        first._revoke("Test")
        checks.create(values)
        first.invalidate_recordset()
        self.assertEqual(len(self._get_check(self.lead, 'D1')), 1)

    @users('user_sales_salesman')
    @mute_logger('odoo.sql_db')
    def test_somebody_was_faster(self):
        """What the search before did not see yet, the index still refuses, in words."""
        lead = self.lead.with_env(self.env)
        self._do(lead, 'D1')
        with self.assertRaises(UserError) as caught:
            lead._sop_create_checks([{
                'requirement_id': self.items['D1'].id, 'lead_id': lead.id, 'done_by_id': self.env.uid,
                'done_date': fields.Datetime.now()}])
        self.assertIn("just been done by someone else", str(caught.exception))


@tagged('post_install', '-at_install')
class TestEvidenceGuard(SalesSopCommon):
    """Code that runs in sudo – server actions, other add-ons – is no author of evidence either."""

    contexts = ({}, {'sop_engine': True}, {'sop_engine': 1}, {'sop_engine': object()}, {'install_mode': True})

    def setUp(self):
        super().setUp()
        self._do(self.lead, 'D1', 'Q1')
        self.lead.expected_revenue = 1000
        self.lead.stage_id = self.stage_gen_1
        self.check = self._get_check(self.lead, 'Q1')

    def assertGuarded(self, record, act):
        for context in self.contexts:
            with self.subTest(model=record._name, context=context):
                with self.assertRaises(AccessError), self.cr.savepoint():
                    act(record.with_context(**context))

    def test_check(self):
        values = {'requirement_id': self.items['O2'].id, 'lead_id': self.lead.id, 'done_by_id': self.env.uid,
                  'done_date': fields.Datetime.now()}
        self.assertGuarded(self.check, lambda check: check.create(values))
        self.assertGuarded(self.check, lambda check: check.write({'done_by_id': 1}))
        self.assertGuarded(self.check, lambda check: check.unlink())
        self.assertGuarded(self.check, lambda check: check.copy())

    def test_log(self):
        log = self._get_log(self.lead)
        self.assertGuarded(log, lambda log: log.write({'missing_count': 0}))
        self.assertGuarded(log, lambda log: log.unlink())
        self.assertGuarded(log, lambda log: log.copy())

    def test_files(self):
        file = self.check.attachment_ids
        self.assertGuarded(file, lambda file: file.write({'raw': b'forged'}))
        self.assertGuarded(file, lambda file: file.write({'res_model': 'crm.lead', 'res_id': self.lead.id}))
        self.assertGuarded(file, lambda file: file.unlink())
        self.assertGuarded(file, lambda file: file.copy())
        self.assertGuarded(file, lambda file: file.create({
            'name': 'x.pdf', 'raw': b'forged', 'res_model': 'sop.check', 'res_id': self.check.id}))
        self.assertGuarded(file, lambda file: file.with_context(
            default_res_model='sop.check', default_res_id=self.check.id).create({'name': 'x.pdf', 'raw': b'forged'}))
        own = self._create_file(self.lead)
        self.assertGuarded(own, lambda own: own.write({'res_model': 'sop.check', 'res_id': self.check.id}))
        self.assertGuarded(own | file, lambda files: files.unlink())

    def test_position(self):
        self.assertGuarded(self.lead, lambda lead: lead.write({'sop_stage_id': self.stage_offer.id}))
        self.assertGuarded(self.lead, lambda lead: lead.write({'sop_check_ids': [Command.clear()]}))
        self.assertGuarded(self.lead, lambda lead: lead.create({
            'name': "Placed", 'sop_entry_stage_id': self.stage_offer.id}))


@tagged('post_install', '-at_install')
class TestEvidenceFiles(SalesSopCommon):
    """A document is a file, valid, and kept as it was."""

    def setUp(self):
        super().setUp()
        self.item = self.items['Q1']
        self.file = self._create_file(self.lead.with_user(self.user_sales_salesman))

    @users('user_sales_salesman')
    def test_file_is_copied_and_kept(self):
        lead = self.lead.with_env(self.env)
        lead.action_sop_tick(self.item.id, attachment_ids=self.file.ids, valid_until='2099-12-31')
        copy = self._get_check(lead, 'Q1').attachment_ids
        self.assertEqual((copy.name, copy.raw), ('licence.pdf', b'%PDF-1.4 licence'))
        self.assertNotEqual(copy, self.file)
        self.file.with_env(self.env).unlink()
        self.env.invalidate_all()
        self.assertEqual(copy.raw, b'%PDF-1.4 licence')

    @users('user_sales_salesman')
    def test_changed_original_leaves_the_evidence(self):
        lead = self.lead.with_env(self.env)
        lead.action_sop_tick(self.item.id, attachment_ids=self.file.ids, valid_until='2099-12-31')
        self.file.with_env(self.env).raw = b'%PDF-1.4 forged'
        self.assertEqual(self._get_check(lead, 'Q1').attachment_ids.raw, b'%PDF-1.4 licence')

    @users('user_sales_salesman')
    def test_too_few_files(self):
        lead = self.lead.with_env(self.env)
        for attachment_ids in (None, [], [10 ** 9]):
            with self.subTest(files=attachment_ids), self.assertRaises(UserError) as caught:
                lead.action_sop_tick(self.item.id, attachment_ids=attachment_ids, valid_until='2099-12-31')
            self.assertIn("business licence", str(caught.exception))

    @users('user_sales_salesman')
    def test_same_file_twice_is_one(self):
        self.process.action_unpublish()
        process = self._create_process('two_files', self.sales_team_1)
        item = process.stage_ids[1].requirement_ids[0]
        item.min_count = 2
        self._publish(process)
        lead = self._create_lead().with_env(self.env)
        with self.assertRaises(UserError):
            lead.action_sop_tick(item.id, attachment_ids=self.file.ids * 2, valid_until='2099-12-31')
        second = self._create_file(lead, 'second.pdf', b'%PDF-1.4 second')
        lead.action_sop_tick(item.id, attachment_ids=[self.file.id, second.id], valid_until='2099-12-31')
        self.assertEqual(len(lead.sudo().sop_check_ids.attachment_ids), 2)

    @users('user_sales_salesman')
    def test_empty_file_is_no_document(self):
        lead = self.lead.with_env(self.env)
        empty = self._create_file(lead, 'empty.pdf', b'')
        with self.assertRaises(UserError):
            lead.action_sop_tick(self.item.id, attachment_ids=empty.ids, valid_until='2099-12-31')

    @users('user_sales_salesman')
    def test_link_is_no_document(self):
        """What a link leads to can change tomorrow."""
        lead = self.lead.with_env(self.env)
        link = self.env['ir.attachment'].create({
            'name': "Licence", 'type': 'url', 'url': 'https://customer.example.com/licence.pdf',
            'res_model': 'crm.lead', 'res_id': lead.id})
        with self.assertRaises(UserError):
            lead.action_sop_tick(self.item.id, attachment_ids=link.ids, valid_until='2099-12-31')

    @users('user_sales_salesman')
    def test_validity_is_asked(self):
        lead = self.lead.with_env(self.env)
        with self.assertRaises(UserError) as caught:
            lead.action_sop_tick(self.item.id, attachment_ids=self.file.ids)
        self.assertIn("valid", str(caught.exception))
        yesterday = fields.Date.today() - timedelta(days=1)
        with self.assertRaises(UserError) as caught:
            lead.action_sop_tick(self.item.id, attachment_ids=self.file.ids, valid_until=yesterday)
        self.assertIn(str(yesterday), str(caught.exception))
        lead.action_sop_tick(self.item.id, attachment_ids=self.file.ids, valid_until=fields.Date.today())

    def test_file_the_user_may_not_read(self):
        secret = self._create_file(self._create_lead(user_id=self.user_sales_leads.id), 'secret.pdf')
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.lead.with_user(self.user_sales_salesman).action_sop_tick(
                self.item.id, attachment_ids=secret.ids, valid_until='2099-12-31')
        self.assertFalse(self._get_check(self.lead, 'Q1'))

    def test_reader_of_the_lead_reads_the_files(self):
        self._do(self.lead, 'Q1')
        file = self._get_check(self.lead, 'Q1').attachment_ids
        for user in (self.user_sales_leads, self.user_sales_manager, self.user_auditor):
            self.env.invalidate_all()
            self.assertEqual(file.with_user(user).name, 'licence.pdf')
        for user in (self.user_employee, self.user_portal, self.user_public):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                file.with_user(user).read(['raw'])

    @users('user_sales_salesman')
    def test_files_may_be_added_to_a_confirmation(self):
        lead = self.lead.with_env(self.env)
        lead.action_sop_tick(self.items['D1'].id, attachment_ids=self.file.ids)
        self.assertEqual(self._get_check(lead, 'D1').attachment_ids.name, 'licence.pdf')


@tagged('post_install', '-at_install')
class TestEvidenceLapses(SalesSopCommon):
    """Evidence that is over no longer counts, without anybody doing anything."""

    def _get_status(self, code):
        return self.lead._get_sop_statuses(self.items[code])[self.lead.id, self.items[code].id]

    def test_validity_lapses(self):
        self._do_all(self.lead, self.stage_discover, self.stage_qualify)
        check = self._get_check(self.lead, 'Q1')
        as_engine(check).valid_until = '2026-06-30'
        with freeze_time('2026-06-30 12:00:00'):
            self.assertEqual(self._get_status('Q1'), 'done', "It is valid on its last day")
        with freeze_time('2026-07-01 12:00:00'):
            self.assertEqual(self._get_status('Q1'), 'lapsed')
            with self.assertRefused(self.lead, 'Q1'):
                self.lead.stage_id = self.stage_team1_2
            new = self._create_file(self.lead.with_user(self.user_sales_salesman), 'renewed.pdf')
            self.lead.with_user(self.user_sales_salesman).action_sop_tick(
                self.items['Q1'].id, attachment_ids=new.ids, valid_until='2027-06-30')
            self.lead.stage_id = self.stage_team1_2
        self.assertTrue(check.revoked_date, "The old one is kept as revoked")
        self.assertEqual(check.attachment_ids.name, 'licence.pdf')
        self.assertPosition(self.lead, self.stage_team1_2, self.stage_offer)

    def test_lapses_behind_the_lead(self):
        """It was valid when its stage was left; the next gate asks again."""
        self._do_all(self.lead)
        self.lead.stage_id = self.stage_team1_2
        as_engine(self._get_check(self.lead, 'Q1')).valid_until = '2026-06-30'
        with freeze_time('2026-07-01 12:00:00'), self.assertRefused(self.lead, 'Q1'):
            self.lead.action_set_won()

    def test_day_ends_where_the_company_works(self):
        """Midnight of the company decides, not that of the caller."""
        self._do(self.lead, 'Q1')
        self.env.company.resource_calendar_id.tz = 'Asia/Shanghai'
        as_engine(self._get_check(self.lead, 'Q1')).valid_until = '2026-06-30'
        with freeze_time('2026-06-30 15:59:00'):  # 23:59 in Shanghai
            self.assertEqual(self._get_status('Q1'), 'done')
        with freeze_time('2026-06-30 16:01:00'):  # 00:01 in Shanghai
            self.assertEqual(self._get_status('Q1'), 'lapsed')
            self.assertEqual(
                self.lead.with_context(tz='Pacific/Honolulu')._get_sop_statuses(self.items['Q1']).popitem()[1],
                'lapsed')


@tagged('post_install', '-at_install')
class TestEvidenceWaiver(SalesSopCommon):
    """A manager's exception: with a reason, until a day, never shown as done."""

    def _waive(self, code='D1', reason="Known customer", valid_until='2099-12-31', user=None):
        return self.lead.with_user(user or self.user_sales_manager).action_sop_waive(
            self.items[code].id, reason, valid_until)

    def test_waiver_opens_the_gate(self):
        self._waive()
        check = self._get_check(self.lead, 'D1')
        self.assertEqual(
            (check.state, check.remark, check.done_by_id, str(check.valid_until)),
            ('waived', "Known customer", self.user_sales_manager, '2099-12-31'))
        self.lead.stage_id = self.stage_gen_1
        self.assertPosition(self.lead, self.stage_gen_1, self.stage_qualify)

    def test_waiver_of_a_fact(self):
        self._do(self.lead, 'D1')
        self.lead.email_from = False
        self._waive('D2')
        self.lead.stage_id = self.stage_gen_1
        self.assertPosition(self.lead, self.stage_gen_1, self.stage_qualify)

    def test_waiver_expires(self):
        self._waive(valid_until=fields.Date.today() + timedelta(days=10))
        with freeze_time(fields.Datetime.now() + timedelta(days=12)), self.assertRefused(self.lead, 'D1'):
            self.lead.stage_id = self.stage_gen_1

    def test_expired_waiver_holds_a_lead_that_went_on(self):
        self._waive(valid_until=fields.Date.today() + timedelta(days=10))
        self._do_all(self.lead, self.stage_qualify)
        self.lead.stage_id = self.stage_gen_1
        with freeze_time(fields.Datetime.now() + timedelta(days=12)), self.assertRefused(self.lead, 'D1'):
            self.lead.stage_id = self.stage_team1_2

    def test_only_a_manager(self):
        for user in (self.user_sales_salesman, self.user_sales_leads, self.user_auditor, self.user_employee):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._waive(user=user)
        self.assertFalse(self._get_check(self.lead, 'D1'))

    def test_not_waivable(self):
        with self.assertRaises(UserError) as caught:
            self._waive('Q2')
        self.assertIn("Value estimated", str(caught.exception))

    def test_reason_and_date_are_asked(self):
        for values in (
            {'reason': ''}, {'reason': None}, {'reason': '  '}, {'valid_until': False}, {'valid_until': None},
            {'valid_until': fields.Date.today() - timedelta(days=1)},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._waive(**values)

    def test_done_item_is_not_waived(self):
        self._do(self.lead, 'D1')
        with self.assertRaises(UserError):
            self._waive()

    def test_tick_replaces_the_waiver(self):
        self._waive()
        waiver = self._get_check(self.lead, 'D1')
        self._do(self.lead, 'D1')
        self.assertTrue(waiver.revoked_date)
        self.assertEqual(self._get_check(self.lead, 'D1').state, 'done')

    def test_never_counted_as_done(self):
        self._waive()
        summary = self.lead.get_sop_summary()[self.lead.id]
        self.assertEqual((summary['open'], summary['waived']), (0, 1))
        entry = self.lead.get_sop_checklist()['stages'][0]['requirements'][0]
        self.assertEqual(entry['state'], 'waived')

    def test_only_a_manager_revokes_it(self):
        self._waive()
        check = self._get_check(self.lead, 'D1')
        with self.assertRaises(AccessError):
            check.with_user(self.user_sales_salesman).action_revoke("I want it open")
        check.with_user(self.user_sales_manager).action_revoke("Customer is new after all")
        with self.assertRefused(self.lead, 'D1'):
            self.lead.stage_id = self.stage_gen_1


@tagged('post_install', '-at_install')
class TestEvidenceNotApplicable(SalesSopCommon):
    """Not applicable: where the item allows it, with a reason."""

    @users('user_sales_salesman')
    def test_not_applicable(self):
        lead = self.lead.with_env(self.env)
        lead.action_sop_not_applicable(self.items['D1'].id, "Public tender")
        check = self._get_check(lead, 'D1')
        self.assertEqual((check.state, check.remark, check.done_by_id), ('na', "Public tender", self.env.user))
        lead.stage_id = self.stage_gen_1
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)

    @users('user_sales_salesman')
    def test_item_that_always_applies(self):
        for code in ('Q1', 'Q2', 'O1', 'O2'):
            with self.subTest(item=code), self.assertRaises(UserError) as caught:
                self.lead.with_env(self.env).action_sop_not_applicable(self.items[code].id, "Not for us")
            self.assertIn(self.items[code].name, str(caught.exception))

    @users('user_sales_salesman')
    def test_needs_a_reason(self):
        for reason in ('', ' ', None, False):
            with self.assertRaises(UserError):
                self.lead.with_env(self.env).action_sop_not_applicable(self.items['D1'].id, reason)

    @users('user_sales_manager')
    def test_manager_is_bound_as_well(self):
        with self.assertRaises(UserError):
            self.lead.with_env(self.env).action_sop_not_applicable(self.items['Q2'].id, "I say so")


@tagged('post_install', '-at_install')
class TestEvidenceVerify(SalesSopCommon):
    """Two persons: who did it does not verify it."""

    def _tick(self, user):
        self.lead.with_user(user).action_sop_tick(self.items['O2'].id)
        return self._get_check(self.lead, 'O2')

    def test_counts_when_verified(self):
        self._do(self.lead, 'D1', 'Q1', 'Q2', 'O1')
        self.lead.stage_id = self.stage_team1_2
        check = self._tick(self.user_sales_salesman)
        with self.assertRefused(self.lead, 'O2'):
            self.lead.action_set_won()
        self.env.invalidate_all()
        with freeze_time('2026-03-04 10:00:00'):
            check.with_user(self.user_sales_manager).action_verify("Checked the drawing")
        self.assertEqual(
            (check.verified_by_id, str(check.verified_date), check.verify_remark, check.done_by_id),
            (self.user_sales_manager, '2026-03-04 10:00:00', "Checked the drawing", self.user_sales_salesman))
        self.lead.action_set_won()
        self.assertEqual(self.lead.sop_outcome, 'won')

    def test_doer_does_not_verify(self):
        for user in (self.user_sales_salesman, self.user_sales_manager):
            check = self._tick(user)
            with self.subTest(user=user.login), self.assertRaises(UserError) as caught:
                check.with_user(user).action_verify()
            self.assertIn("second person", str(caught.exception))
            check.with_user(user).action_revoke("Test")

    def test_verified_once(self):
        check = self._tick(self.user_sales_salesman)
        check.with_user(self.user_sales_manager).action_verify()
        with self.assertRaises(UserError) as caught:
            check.with_user(self.user_sales_leads).action_verify()
        self.assertIn("Martin Sales Manager", str(caught.exception))
        self.assertEqual(check.verified_by_id, self.user_sales_manager)

    def test_only_what_asks_for_it(self):
        self._do(self.lead, 'D1')
        with self.assertRaises(UserError):
            self._get_check(self.lead, 'D1').with_user(self.user_sales_manager).action_verify()

    def test_waiver_and_revoked_are_not_verified(self):
        self.lead.with_user(self.user_sales_manager).action_sop_waive(self.items['O2'].id, "Test", '2099-12-31')
        waiver = self._get_check(self.lead, 'O2')
        with self.assertRaises(UserError):
            waiver.with_user(self.user_sales_leads).action_verify()
        waiver.with_user(self.user_sales_manager).action_revoke("Test")
        check = self._tick(self.user_sales_salesman)
        check.with_user(self.user_sales_salesman).action_revoke("Test")
        with self.assertRaises(UserError):
            check.with_user(self.user_sales_manager).action_verify()

    def test_verification_goes_with_the_evidence(self):
        """Redone evidence is verified anew."""
        check = self._tick(self.user_sales_salesman)
        check.with_user(self.user_sales_manager).action_verify()
        check.with_user(self.user_sales_salesman).action_revoke("Drawing changed")
        self._tick(self.user_sales_salesman)
        status = self.lead._get_sop_statuses(self.items['O2'])
        self.assertEqual(status[self.lead.id, self.items['O2'].id], 'to_verify')

    def test_who_may_not(self):
        check = self._tick(self.user_sales_salesman)
        for user in (self.user_auditor, self.user_employee, self.user_portal, self.user_public):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(UserError):
                check.with_user(user).action_verify()
        self.assertFalse(check.verified_by_id)


@tagged('post_install', '-at_install')
class TestEvidenceGroups(SalesSopCommon):
    """An item for one group is done by its members, whatever else they may do."""

    @classmethod
    def _prepare_stages(cls):
        cls.group_legal = cls.env['res.groups'].create({
            'name': "Legal", 'implied_ids': [Command.link(cls.env.ref('sales_sop.group_sop_user').id)],
            'user_ids': [Command.set(cls.user_sales_leads.ids)]})
        cls.group_board = cls.env['res.groups'].create({
            'name': "Board", 'user_ids': [Command.set(cls.user_sales_manager.ids)]})
        stages = super()._prepare_stages()
        stages[0]['requirement_ids'].append(
            cls._item('D3', "Terms read", group_id=cls.group_legal.id, verify=True,
                      verify_group_id=cls.group_board.id, allow_na=True))
        return stages

    def test_only_members_tick(self):
        for user in (self.user_sales_salesman, self.user_sales_manager):
            lead = self.lead.with_user(user)
            with self.subTest(user=user.login):
                for act in (
                    lambda lead: lead.action_sop_tick(self.items['D3'].id),
                    lambda lead: lead.action_sop_not_applicable(self.items['D3'].id, "No terms"),
                ):
                    with self.assertRaises(AccessError) as caught:
                        act(lead)
                    self.assertIn("Legal", str(caught.exception))
        self.lead.with_user(self.user_sales_leads).action_sop_tick(self.items['D3'].id)
        self.assertEqual(self._get_check(self.lead, 'D3').done_by_id, self.user_sales_leads)

    def test_member_needs_only_to_read_the_lead(self):
        """Legal does not sell: reading the lead is enough for the item that names them."""
        lawyer = self.env['res.users'].create({
            'name': "Lawyer", 'login': 'sop_lawyer',
            'group_ids': [Command.set((self.group_legal | self.env.ref('sales_sop.group_sop_auditor')).ids)]})
        lead = self.lead.with_user(lawyer)
        self.assertFalse(lead.has_access('write'))
        lead.action_sop_tick(self.items['D3'].id)
        self.assertEqual(self._get_check(lead, 'D3').done_by_id, lawyer)
        with self.assertRaises(AccessError):
            lead.action_sop_tick(self.items['D1'].id)

    def test_member_who_cannot_read_the_lead(self):
        lawyer = self.env['res.users'].create({
            'name': "Lawyer", 'login': 'sop_lawyer', 'group_ids': [Command.set(self.group_legal.ids)]})
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.lead.with_user(lawyer).action_sop_tick(self.items['D3'].id)

    def test_only_members_verify(self):
        self.lead.with_user(self.user_sales_leads).action_sop_tick(self.items['D3'].id)
        check = self._get_check(self.lead, 'D3')
        with self.assertRaises(UserError) as caught:
            check.with_user(self.user_sales_salesman).action_verify()
        self.assertIn("Board", str(caught.exception))
        check.with_user(self.user_sales_manager).action_verify()
        self.assertTrue(check.verified_by_id)

    def test_refusal_names_the_group(self):
        self._do(self.lead, 'D1')
        with self.assertRefused(self.lead, 'D3') as caught:
            self.lead.stage_id = self.stage_gen_1
        self.assertIn("Legal", str(caught.exception))


@tagged('post_install', '-at_install')
class TestEvidenceRevoke(SalesSopCommon):
    """Evidence is withdrawn with a reason, and stays on record."""

    def setUp(self):
        super().setUp()
        self._do(self.lead, 'D1')
        self.check = self._get_check(self.lead, 'D1')

    def test_revoke_and_redo(self):
        with freeze_time('2026-03-04 10:00:00'):
            self.check.with_user(self.user_sales_salesman).action_revoke(" Customer called back ")
        self.assertEqual(
            (self.check.revoked_by_id, str(self.check.revoked_date), self.check.revoke_reason),
            (self.user_sales_salesman, '2026-03-04 10:00:00', "Customer called back"))
        self.assertEqual(self.check.done_by_id, self.user_sales_salesman, "What was said remains on record")
        with self.assertRefused(self.lead, 'D1'):
            self.lead.stage_id = self.stage_gen_1
        self._do(self.lead, 'D1')
        self.lead.stage_id = self.stage_gen_1
        self.assertEqual(self.lead.get_sop_checklist()['stages'][0]['requirements'][0]['history'], 1)

    def test_reason_is_asked(self):
        for reason in ('', ' ', None, False):
            with self.assertRaises(UserError):
                self.check.with_user(self.user_sales_salesman).action_revoke(reason)
        self.assertFalse(self.check.revoked_date)

    def test_who_may(self):
        for user in (self.user_sales_leads, self.user_auditor, self.user_employee, self.user_portal, self.user_public):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.check.with_user(user).action_revoke("Not mine")
        self.assertFalse(self.check.revoked_date)
        self.check.with_user(self.user_sales_manager).action_revoke("As his manager")
        self.assertTrue(self.check.revoked_date)

    def test_revoking_twice_changes_nothing(self):
        self.check.with_user(self.user_sales_salesman).action_revoke("First")
        date = self.check.revoked_date
        try:
            self.check.with_user(self.user_sales_manager).action_revoke("Second")
        except UserError:
            self.env.invalidate_all()
        self.assertEqual(
            (self.check.revoke_reason, self.check.revoked_by_id, self.check.revoked_date),
            ("First", self.user_sales_salesman, date))

    def test_revoking_does_not_move_the_lead(self):
        self.lead.stage_id = self.stage_gen_1
        self.check.with_user(self.user_sales_salesman).action_revoke("Budget was cut")
        self.assertPosition(self.lead, self.stage_gen_1, self.stage_qualify)

    def test_author_who_cannot_read_the_lead_any_more(self):
        self.lead.user_id = self.user_sales_leads
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.check.with_user(self.user_sales_salesman).action_revoke("Out of spite")
