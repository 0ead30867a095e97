from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .test_signing import SigningCommon


class ArchiveCommon(SigningCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sop_confirm_on_effective = False
        cls._make_effective(cls.contract)
        cls.kept = cls.contract.with_user(cls.ca)

    def _register(self, contract=None):
        contract = (contract or self.contract).with_user(self.ca)
        contract.write({'original_date': self.today, 'kept_count': 2, 'archive_location': "Room 204"})
        contract.action_sop_register()

    def _complete_set(self):
        self.kept.archive_item_ids.filtered(lambda item: item.state == 'missing').write({'mark': 'na'})

    def _archive(self):
        self._register()
        self.kept.action_sop_complete("Paid and delivered by hand")
        self._complete_set()
        self.kept.action_sop_archive()


@tagged('post_install', '-at_install')
class TestArchive(ArchiveCommon):
    """Registered in time, completed, kept as long as it must be."""

    def test_register(self):
        with self.assertRefuses(UserError, "originals arrived"):
            self.kept.action_sop_register()
        self.kept.write({'original_date': self.today, 'kept_count': 2})
        self.assertEqual(self.contract.archive_due_date, self.company._sop_add_workdays(self.today, 5))
        task = self.contract.sudo().activity_ids.filtered(lambda activity: activity.user_id == self.ca)
        self.assertEqual(task.date_deadline, self.contract.archive_due_date)
        with self.assertRefuses(UserError, "where it is kept"):
            self.kept.action_sop_register()
        self.kept.archive_location = "Room 204"
        self.kept.action_sop_register()
        self.assertRegex(self.contract.archive_number, r'^DA-\d{4}-\d{4}$')
        self.assertEqual(self.contract.retention_until, self.today + relativedelta(years=10))
        self.assertFalse(self.contract.sudo().activity_ids.filtered(lambda activity: activity.user_id == self.ca))
        with self.assertRefuses(UserError, "registered already"):
            self.kept.action_sop_register()

    def test_who_keeps(self):
        for values in ({'archive_location': "X"}, {'original_date': self.today}, {'kept_count': 3}):
            with self.assertRaises(AccessError):
                self.contract.sudo().write(values)
            with self.assertRaises(AccessError):
                self.contract.write(values)
        for call in (self.contract.action_sop_register, self.contract.action_sop_archive):
            with self.assertRaises(AccessError):
                call()
        draft = self._create_contract(self._create_order())
        with self.assertRefuses(UserError, "not signed yet"):
            draft.with_user(self.ca).archive_location = "X"

    def test_executed_when_delivered_and_invoiced(self):
        self.order.action_confirm()
        self.assertEqual(self.contract.state, 'executing')
        for reason in (None, '', 5, ' '):
            with self.assertRefuses(UserError, "Give a reason"):
                self.contract.action_sop_complete(reason)
        order = self.order.sudo()
        order.order_line.qty_delivered = 10
        order._create_invoices().action_post()
        self.assertTrue(self.contract.is_executed)
        self.contract.action_sop_complete()
        self.assertEqual((self.contract.state, self.contract.completed_by_id), ('completed', self.user_sales_salesman))
        with self.assertRaises(UserError):
            self.contract.action_sop_complete("Again")

    def test_retention_from_completion(self):
        self._register()
        with freeze_time(fields.Datetime.now() + relativedelta(years=1)):
            self.kept.action_sop_complete("By hand")
            self.assertEqual(
                self.contract.retention_until, self.contract._get_sop_today() + relativedelta(years=10))
        self.assertEqual(self.contract.completion_reason, "By hand")

    def test_open_supplement(self):
        child = self._create_contract(self._create_order())
        as_engine(child).parent_id = self.contract
        with self.assertRefuses(UserError, "not decided yet"):
            self.contract.action_sop_complete("Done")
        as_engine(child).state = 'void'
        self.contract.action_sop_complete("Done")

    def test_archive_set(self):
        states = {item.kind: item.state for item in self.contract.archive_item_ids}
        self.assertEqual(len(states), 8)
        self.assertEqual((states['review'], states['authority'], states['original']), ('record', 'record', 'missing'))
        self._register()
        self.kept.action_sop_complete("By hand")
        with self.assertRefuses(UserError, "Acceptance"):
            self.kept.action_sop_archive()
        self._complete_set()
        self.kept.action_sop_archive()
        self.assertEqual(self.contract.state, 'archived')
        with self.assertRaises(AccessError):
            self.kept.archive_item_ids[:1].write({'kind': 'terms'})
        with self.assertRaises(AccessError):
            self.kept.archive_item_ids.unlink()

    def test_missing_original(self):
        """The salesperson and the sales manager are reminded, once."""
        with freeze_time(fields.Datetime.now() + timedelta(days=30)):
            self._run_reminders()
            self.assertFalse(self._get_reminded())
        with freeze_time(fields.Datetime.now() + timedelta(days=32)):
            self._run_reminders()
            self._run_reminders()
            self.assertEqual(self._get_reminded(), self.user_sales_salesman | self.reviewers['sm'])
            self.assertEqual(len(self.contract.sudo().activity_ids), 2)
        self.kept.original_date = self.today
        self.assertFalse(self._get_reminded() - self.ca)

    def _get_reminded(self):
        return self.contract.sudo().activity_ids.user_id

    def test_reminder_off(self):
        self.company.sop_original_days = 0
        with freeze_time(fields.Datetime.now() + timedelta(days=90)):
            self._run_reminders()
        self.assertFalse(self._get_reminded())

    def test_reminders_in_bulk(self):
        """Ten contracts cost about as many queries as one."""
        contracts = self.env['sop.contract'].union(
            *(self._put_in_force(self._create_contract(self._create_order())) for __ in range(10)))
        self.env.cr.execute(
            "UPDATE sop_contract SET effective_date = effective_date - 90 WHERE id = ANY(%s)", [contracts.ids])
        self.env.invalidate_all()
        with self.assertQueryCount(120):
            self._run_reminders()
        self.assertTrue(all(contracts.sudo().mapped('original_reminded_date')))


@tagged('post_install', '-at_install')
class TestArchiveLoan(ArchiveCommon):
    """Who has the originals is known, and when they are due."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.borrower = cls.reviewers['leg']

    def _lend(self, user=None, **values):
        return self.env['sop.archive.loan'].with_user(user or self.ca).create({
            'contract_id': self.contract.id, 'borrower_id': self.borrower.id, 'purpose': "Dispute",
            'due_date': self.today + timedelta(days=7), **values})

    def test_lend_and_return(self):
        with self.assertRefuses(UserError, "not registered"):
            self._lend()
        self._register()
        loan = self._lend()
        self.assertEqual((loan.out_date, loan.lent_by_id), (self.today, self.ca))
        self.assertTrue(self.kept.is_lent)
        self.assertIn(self.kept, self.kept.search([('is_lent', '=', True)]))
        self.assertEqual(loan.with_user(self.borrower).read(['contract_name'])[0]['contract_name'],
                         self.contract.display_name)
        with self.assertRaises(AccessError):
            loan.with_user(self.borrower).action_return()
        loan.action_return()
        self.assertEqual((loan.returned_date, loan.received_by_id), (self.today, self.ca))
        with self.assertRefuses(UserError, "back already"):
            loan.action_return()
        self._lend()

    def test_twice(self):
        self._register()
        self._lend()
        with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017
            self._lend()

    def test_rules(self):
        self._register()
        with self.assertRefuses(UserError, "past"):
            self._lend(due_date=self.today - timedelta(days=1))
        with self.assertRaises(AccessError):
            self._lend(user=self.user_sales_salesman)
        with self.assertRaises(AccessError):
            self._lend(returned_date=self.today)
        with self.assertRefuses(UserError, "not a member"):
            self._lend(borrower_id=self.user_portal.id)
        loan = self._lend()
        loan.due_date = self.today + timedelta(days=9)
        with self.assertRaises(AccessError):
            loan.returned_date = self.today
        with self.assertRefuses(UserError, "are kept"):
            loan.sudo().unlink()
        loan.action_return()
        with self.assertRefuses(UserError, "new loan"):
            loan.due_date = self.today

    def test_overdue(self):
        self._register()
        loan = self._lend()
        with freeze_time(fields.Datetime.now() + timedelta(days=9)):
            self._run_reminders()
            self._run_reminders()
            self.assertTrue(loan.is_overdue)
            self.assertIn(loan, loan.search([('is_overdue', '=', True)]))
        self.assertEqual(loan.sudo().activity_ids.user_id, self.borrower | self.ca)
        loan.action_return()
        self.assertFalse(loan.sudo().activity_ids)


@tagged('post_install', '-at_install')
class TestArchiveDestruction(ArchiveCommon):
    """Two people, after the time it must be kept; the text stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.user_sales_manager

    def _propose(self, user=None):
        return self.env['sop.archive.destruction'].with_user(user or self.ca).create({
            'contract_id': self.contract.id, 'reason': "The time is over"})

    def _later(self):
        return freeze_time(fields.Datetime.now() + relativedelta(years=10, days=3))

    def test_two_people(self):
        self._archive()
        with self.assertRefuses(UserError, "is kept until"):
            self._propose()
        with self._later():
            destruction = self._propose()
            with self.assertRefuses(UserError, "second person"):
                destruction.action_destroy()
            with self.assertRaises(AccessError):
                destruction.with_user(self.user_sales_salesman).action_destroy()
            destruction.with_user(self.second).action_destroy()
            self.assertEqual(self.contract.destroyed_date, self.contract._get_sop_today())
            with self.assertRefuses(UserError, "decided already"):
                destruction.with_user(self.second).action_destroy()
        self.assertEqual((destruction.proposed_by_id, destruction.decided_by_id), (self.ca, self.second))
        self.assertTrue(self.contract.line_ids, "The text stays")
        with self.assertRefuses(UserError, "destroyed"):
            self.kept.archive_location = "Somewhere"

    def test_refused(self):
        self._archive()
        with self._later():
            destruction = self._propose()
            with self.assertRaises(UserError):
                destruction.with_user(self.second).action_refuse(None)
            destruction.with_user(self.second).action_refuse("A suit is pending")
            self.assertEqual(destruction.state, 'refused')
            self.assertFalse(self.contract.destroyed_date)
            self._propose()

    def test_not_archived(self):
        self._register()
        with self._later(), self.assertRefuses(UserError, "not in the archive"):
            self._propose()

    def test_lent(self):
        self._archive()
        with self._later():
            self.env['sop.archive.loan'].with_user(self.ca).create({
                'contract_id': self.contract.id, 'borrower_id': self.ca.id, 'purpose': "Suit",
                'due_date': self.contract._get_sop_today()})
            with self.assertRefuses(UserError, "is lent"):
                self._propose()

    def test_evidence(self):
        self._archive()
        with self._later():
            destruction = self._propose()
            for values in ({'state': 'done'}, {'decided_by_id': self.second.id}, {'proposed_by_id': self.second.id}):
                with self.assertRaises(AccessError):
                    destruction.sudo().write(values)
            with self.assertRefuses(UserError, "make a new one"):
                destruction.reason = "Other"
            with self.assertRefuses(UserError, "is kept"):
                destruction.sudo().unlink()


@tagged('post_install', '-at_install')
class TestContractFacts(SigningCommon):
    """What the gates of S5 ask of an opportunity."""

    NAMES = ('sop_contract_complete', 'sop_review_passed', 'sop_has_open_review_point', 'sop_contract_signed',
             'sop_contract_archived', 'sop_has_open_amendment')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract.lead_id = cls.lead

    def assertFacts(self, state, *true):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.lead.sop_contract_state, state)
        self.assertEqual({name for name in self.NAMES if self.lead[name]}, set(true))
        leads = self.env['crm.lead']
        for name in self.NAMES:
            for value in (True, False):
                self.assertEqual(
                    self.lead in leads.search([(name, '=', value)]), self.lead[name] is value, (name, value))
        for key in ('none', 'draft', 'review', 'approved', 'signing', 'effective', 'archived'):
            self.assertEqual(self.lead in leads.search([('sop_contract_state', '=', key)]), key == state, key)
        self.assertIn(self.lead, leads.search([('sop_contract_state', 'in', [state, 'complete'])]))

    def test_step_by_step(self):
        contract = self.contract
        self.assertFacts('draft')
        contract.sudo()._sop_set_state('in_review')
        self.assertFacts('review', 'sop_contract_complete')
        self._make_approved(contract, 'approved_cond')
        self.assertFacts('approved', 'sop_contract_complete', 'sop_review_passed')
        condition = as_engine(self.env['sop.review.condition']).create({
            'review_id': contract.sudo().sop_review_id.id, 'name': "Deposit", 'owner_id': self.ca.id,
            'due_point': 'before_sign'})
        self.assertFacts('approved', 'sop_contract_complete', 'sop_review_passed', 'sop_has_open_review_point')
        as_engine(condition).write({'state': 'verified'})
        contract.action_sop_start_signing()
        self.assertFacts('signing', 'sop_contract_complete', 'sop_review_passed')
        self._put_in_force(contract)
        self.assertFacts('effective', 'sop_contract_complete', 'sop_review_passed', 'sop_contract_signed')
        as_engine(contract).archive_number = 'DA-2026-0009'
        self.assertFacts(
            'archived', 'sop_contract_complete', 'sop_review_passed', 'sop_contract_signed', 'sop_contract_archived')
        child = self.env['sop.contract'].create({
            'title': "Supplement", 'partner_id': self.partner.id, 'lead_id': self.lead.id})
        as_engine(child).parent_id = contract
        self.assertFacts(
            'archived', 'sop_contract_complete', 'sop_review_passed', 'sop_contract_signed', 'sop_contract_archived',
            'sop_has_open_amendment')

    def test_dead_contracts_do_not_count(self):
        for state in ('void', 'terminated'):
            as_engine(self.contract).state = state
            self.assertFacts('none')

    def test_orders_alone(self):
        """A small company reviews its quotations and writes no contracts."""
        lead = self._create_lead(name="Small")
        first, second = (self._create_order(opportunity_id=lead.id) for __ in range(2))
        self._give_review(first)
        lead.invalidate_recordset()
        self.assertFalse(lead.sop_review_passed, "The second one is not reviewed")
        self._give_review(second)
        lead.invalidate_recordset()
        self.assertTrue(lead.sop_review_passed)
        self.assertIn(lead, lead.search([('sop_review_passed', '=', True)]))
        second.sudo()._action_cancel()
        lead.invalidate_recordset()
        self.assertTrue(lead.sop_review_passed)

    def test_cost(self):
        leads = self.env['crm.lead'].union(*(self._create_lead(name=f"Deal {index}") for index in range(50)))
        for lead in leads[:10]:
            self.env['sop.contract'].create({'title': "X", 'partner_id': self.partner.id, 'lead_id': lead.id})
        counts = []
        for some in (leads[:5], leads):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped('sop_contract_state')
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_everybody_sees_the_same(self):
        lead = self.lead.with_user(self.user_sales_salesman)
        self._put_in_force(self.contract)
        self.contract.user_id = self.user_sales_manager
        as_engine(self.contract).drafter_id = self.user_sales_manager
        self.assertTrue(lead.sop_contract_signed)
