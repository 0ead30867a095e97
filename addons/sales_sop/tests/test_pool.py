from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged, users

from ..engine import get_owner_cause
from .common import SalesSopHttpCommon
from .test_cadence import NOON, CadenceCommon

# The protection of grade A ends on 1 April.
ENDED = datetime(2026, 4, 2, 1)
REASON = "Wrong region"


class PoolCommon(CadenceCommon):

    def _get_moves(self, leads):
        return self.env['sop.pool.move'].search([('lead_id', 'in', leads.ids)], order='id')

    def _run_pool(self, moment, **kwargs):
        return self._run(self.env['crm.lead']._cron_sop_pool, moment, **kwargs)

    def _create_pooled(self, number=1, **values):
        return self._create_graded('a', number, user_id=False, **values)

    def _get_notices(self, user):
        return self.env['mail.message'].search([
            ('message_type', '=', 'user_notification'), ('partner_ids', 'in', user.partner_id.ids)])


@tagged('post_install', '-at_install')
class TestProtection(PoolCommon):
    """A lead stays with its owner as long as he is active."""

    def test_by_grade(self):
        for grade, days in {'a': 30, 'b': 30, 'c': 60}.items():
            with self.subTest(grade=grade):
                self.assertEqual(
                    self._create_graded(grade).sop_protected_until, NOON.date() + timedelta(days=days))
        self.assertFalse(self._create_graded('d').sop_protected_until)

    def test_none_without_an_owner_or_before_anything_happens(self):
        self.assertFalse(self._create_pooled().sop_protected_until)
        self.assertFalse(self.lead.sop_protected_until, "Nobody loses a lead because the add-on was upgraded")

    def test_activity_prolongs(self):
        """A contact, a step in the procedure, an activity that was done."""
        leads = self._create_graded('a', 3)
        contacted, moved, busy = leads
        later = datetime(2026, 3, 20, 9)
        self._log(contacted, later)
        self._do_all(moved, self.stage_discover)
        with self._at(later):
            moved.stage_id = self.stage_gen_1
            activity = busy.activity_schedule('mail.mail_activity_data_todo', user_id=busy.user_id.id)
            activity.with_user(busy.user_id).action_feedback()
        for lead in leads:
            self.assertEqual(lead.sop_protected_until, date(2026, 4, 19))

    def test_writing_a_note_does_not(self):
        lead = self._create_graded('a')
        with self._at(datetime(2026, 3, 20, 9)):
            lead.description = "Thought of it"
            lead.message_post(body="Must call one day")
        self.assertEqual(lead.sop_protected_until, date(2026, 4, 1))

    def test_new_grade_counts_from_the_last_activity(self):
        lead = self._create_graded('a')
        self._grade(lead, 'c', datetime(2026, 3, 20, 9))
        self.assertEqual(lead.sop_protected_until, date(2026, 5, 1))
        self._grade(lead, 'b', datetime(2026, 3, 20, 9))
        self.assertEqual(lead.sop_protected_until, date(2026, 4, 1))

    def test_new_owner_starts_anew(self):
        lead = self._create_graded('a')
        with self._at(datetime(2026, 3, 20, 9)):
            lead.user_id = self.colleague
        self.assertEqual(lead.sop_protected_until, date(2026, 4, 19))

    def test_restored_lead_starts_anew(self):
        lead = self._create_graded('a')
        with self._at():
            lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        with self._at(datetime(2026, 6, 1, 9)):
            lead.action_restore()
        self.assertEqual(
            (lead.sop_protected_until, lead.sop_next_contact_date), (date(2026, 7, 1), date(2026, 6, 2)))

    def test_ends_soon(self):
        lead = self._create_graded('a')
        for moment, expected in ((datetime(2026, 3, 28, 9), False), (datetime(2026, 3, 29, 9), True)):
            with self._at(moment):
                lead.invalidate_recordset()
                self.assertEqual(lead.sop_is_ending, expected)
                self.assertEqual(
                    lead in self.env['crm.lead'].search([('sop_is_ending', '=', True)]), expected)
                self.assertEqual(
                    lead in self.env['crm.lead'].search([('sop_is_ending', '!=', True)]), not expected)


@tagged('post_install', '-at_install')
class TestExpiry(PoolCommon):
    """Nobody was active until the protection ended: the lead goes to the pool."""

    def test_owner_is_told_then_loses_it(self):
        leads = self._create_graded('a', 3)
        known = self._get_notices(self.user_sales_salesman)
        self._run_pool(datetime(2026, 3, 28, 9))
        self.assertEqual(self._get_notices(self.user_sales_salesman), known)
        for __ in range(2):
            self._run_pool(datetime(2026, 3, 29, 9))
            notice = self._get_notices(self.user_sales_salesman) - known
            self.assertEqual(len(notice), 1, "Once, for all leads")
        for lead in leads:
            self.assertIn(lead.name, notice.body)
        self._run_pool(datetime(2026, 4, 1, 9))
        self.assertEqual(leads.user_id, self.user_sales_salesman)
        for __ in range(2):
            self._run_pool(ENDED)
            self.assertFalse(leads.user_id)
            self.assertEqual(len(self._get_notices(self.user_sales_salesman) - known), 2)
        self.assertEqual(set(leads.mapped('sop_pool_date')), {ENDED})
        self.assertFalse(any(leads.mapped('sop_protected_until')) or any(leads.mapped('sop_next_contact_date')))
        self.assertEqual(self._get_moves(leads).mapped('kind'), ['expired'] * 3)
        self.assertEqual(self._get_moves(leads).from_user_id, self.user_sales_salesman)
        self.assertEqual(leads.mapped('sop_pool_kind'), ['expired'] * 3)
        self.assertFalse(self._get_follow_ups(leads))

    def test_nobody_loses_a_lead_without_notice(self):
        """The job did not run for weeks: the notice comes first, with as many days as promised."""
        lead = self._create_graded('a')
        self._run_pool(datetime(2026, 5, 1, 9))
        self.assertEqual(
            (lead.user_id, lead.sop_protected_until), (self.user_sales_salesman, date(2026, 5, 4)))
        self._run_pool(datetime(2026, 5, 4, 9))
        self.assertTrue(lead.user_id)
        self._run_pool(datetime(2026, 5, 5, 9))
        self.assertFalse(lead.user_id)

    def test_without_notice_days(self):
        self.company.sop_pool_notice_days = 0
        lead = self._create_graded('a')
        self._run_pool(ENDED)
        self.assertFalse(lead.user_id)
        self.assertIn("went back", self._get_notices(self.user_sales_salesman)[0].subject)

    def test_activity_after_the_notice(self):
        lead = self._create_graded('a')
        known = self._get_notices(self.user_sales_salesman)
        self._run_pool(datetime(2026, 3, 29, 9))
        self._log(lead, datetime(2026, 3, 30, 9))
        self._run_pool(ENDED)
        self.assertEqual((lead.user_id, lead.sop_protected_until), (self.user_sales_salesman, date(2026, 4, 29)))
        self._run_pool(datetime(2026, 4, 26, 9))
        self.assertEqual(len(self._get_notices(self.user_sales_salesman) - known), 2, "A new end is told anew")

    def test_not_taken(self):
        """Won, lost, beyond the first contact, of a customer who buys, held."""
        self.company.sop_pool_notice_days = 0
        leads = self._create_graded('a', 4)
        lost, advanced, bought, refused = leads
        with self._at():
            lost.action_set_lost(lost_reason_id=self.lost_reason.id)
            refused.sop_do_not_contact = True
            bought.partner_id = self.contact_company_1
            order = self.env['sale.order'].create({'partner_id': self.contact_company_1.id})
            order.state = 'sale'
        self._do_all(advanced, self.stage_discover)
        with self._at():
            advanced.stage_id = self.stage_gen_1
        self._run_pool(datetime(2026, 12, 1, 9))
        self.assertEqual(leads.mapped('user_id'), self.user_sales_salesman)
        self.assertFalse(self._get_moves(leads))

    def test_company_without_a_pool(self):
        lead = self._create_graded('a', company_id=self.company.id)
        self.company.sop_pool = False
        self._run_pool(ENDED)
        self._run_pool(datetime(2026, 5, 1, 1))
        self.assertTrue(lead.user_id)

    def test_in_batches_and_interrupted(self):
        self.company.sop_pool_notice_days = 0
        leads = self._create_graded('a', 6)
        self._run_pool(ENDED, time_left=0.0, batch_size=2)
        self.assertEqual(len(leads.filtered('user_id')), 4)
        self._run_pool(ENDED, batch_size=2)
        self.assertFalse(leads.user_id)
        self.assertEqual(len(self._get_moves(leads)), 6)

    def test_no_message_on_each_lead(self):
        self.company.sop_pool_notice_days = 0
        leads = self._create_graded('a', 2)
        before = leads.message_ids
        self._run_pool(ENDED)
        self.assertEqual(leads.message_ids, before)

    def test_queries_do_not_grow(self):
        self.company.sop_pool_notice_days = 0
        counts = []
        for number in (2, 40):
            leads = self._create_graded('a', number)
            with self._at(ENDED), patch.object(self.env.registry['crm.lead'], '_sop_tell'):
                self.env.invalidate_all()
                start = self.env.cr.sql_log_count
                self.env['crm.lead']._sop_expire(500)
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - start)
            self.assertFalse(leads.user_id)
        self.assertLessEqual(abs(counts[0] - counts[1]), 2)


@tagged('post_install', '-at_install')
class TestClaim(PoolCommon):
    """Whoever is faster takes a lead out of the pool, within limits."""

    @users('user_sales_salesman')
    def test_claim(self):
        leads = self._create_pooled(2).with_env(self.env)
        self.assertEqual(leads, self.env['crm.lead'].search([('id', 'in', leads.ids), ('sop_in_pool', '=', True)]))
        with self._at():
            leads.action_sop_claim()
        self.assertEqual(leads.user_id, self.env.user)
        self.assertEqual(set(leads.mapped('sop_protected_until')), {date(2026, 4, 1)})
        moves = self._get_moves(leads)
        self.assertEqual(
            (set(moves.mapped('kind')), moves.to_user_id, moves.user_id), ({'claimed'}, self.env.user, self.env.user))
        self.assertFalse(any(leads.mapped('sop_in_pool')))

    def test_second_is_told(self):
        lead = self._create_pooled()
        lead.with_user(self.user_sales_salesman).action_sop_claim()
        self.env.invalidate_all()
        for user in (self.colleague, self.user_sales_salesman, self.user_sales_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError) as caught:
                lead.with_user(user).action_sop_claim()
            self.assertIn("faster", str(caught.exception))
        self.assertEqual(lead.user_id, self.user_sales_salesman)

    def test_two_at_the_same_time(self):
        """What another transaction is about to take is not waited for."""
        lead = self._create_pooled().with_user(self.colleague)
        with patch.object(self.env.registry['crm.lead'], 'try_lock_for_update', lambda leads, **kwargs: leads.browse()):
            with self.assertRaises(UserError) as caught:
                lead.action_sop_claim()
        self.assertIn("faster", str(caught.exception))
        self.assertFalse(lead.user_id)

    @users('user_sales_salesman')
    def test_ways_round_the_limits(self):
        """Nobody takes a lead while it is archived, or inside another lead."""
        self.company.sop_pool_claim_limit = 1
        own = self._create_graded().with_env(self.env)
        leads = self._create_pooled(2).with_env(self.env)

        def take(leave, come_back):
            leave(leads)
            leads.write({'user_id': self.env.uid})
            come_back(leads)
        for way in (
            lambda: take(lambda own: own.action_archive(), lambda own: own.action_unarchive()),
            lambda: take(lambda own: own.action_set_lost(), lambda own: own.action_unarchive()),
            lambda: (own | leads).merge_opportunity(user_id=self.env.uid),
            leads.merge_opportunity,
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                way()
            self.assertFalse(leads.exists().user_id)
        self.assertNotIn(self.env.user, leads.copy({'user_id': self.env.uid}).user_id)

    def test_claims_outlive_a_merge(self):
        """Merging what was claimed makes no room for more."""
        self.company.sop_pool_claim_limit = 2
        *claimed, third = self._create_pooled(3).with_user(self.user_sales_salesman)
        with self._at():
            kept = third.browse(lead.id for lead in claimed)
            kept.action_sop_claim()
            merged = kept.merge_opportunity()
            self.assertEqual(self._get_moves(merged).mapped('kind'), ['claimed'] * 2)
            with self.assertRaises(UserError):
                third.action_sop_claim()

    @users('user_sales_salesman')
    def test_by_writing_the_owner(self):
        """The rules of the pool hold for the field as well, with sudo too."""
        self.company.sop_pool_claim_limit = 1
        leads = self._create_pooled(3).with_env(self.env)
        leads[0].user_id = self.env.user
        self.assertEqual(self._get_moves(leads[0]).kind, 'claimed')
        for lead in (leads[1], leads[1].sudo()):
            with self.assertRaises(UserError):
                lead.user_id = self.env.user
            with self.assertRaises(UserError):
                lead.write({'user_id': self.colleague.id})
            lead.invalidate_recordset()
            self.assertFalse(lead.user_id)

    def test_manager_and_team_leader_assign_freely(self):
        self.company.sop_pool_claim_limit = 1
        self.sales_team_1.user_id = self.user_sales_leads
        for user in (self.user_sales_manager, self.user_sales_leads):
            leads = self._create_pooled(3)
            leads.with_user(user).user_id = self.colleague
            self.assertEqual(self._get_moves(leads).mapped('kind'), ['assigned'] * 3)

    def test_assignment_of_odoo(self):
        leads = self._create_pooled(3, company_id=self.company.id)
        leads._handle_salesmen_assignment(user_ids=[self.user_sales_salesman.id, self.colleague.id])
        self.assertEqual(leads.user_id, self.user_sales_salesman | self.colleague)
        self.assertEqual(self._get_moves(leads).mapped('kind'), ['assigned'] * 3)

    @users('user_sales_salesman')
    def test_limit_a_day(self):
        self.company.sop_pool_claim_limit = 2
        leads = self._create_pooled(4).with_env(self.env)
        with self._at():
            with self.assertRaises(UserError) as caught:
                leads[:3].action_sop_claim()
            self.assertIn("2", str(caught.exception))
            leads[:2].action_sop_claim()
            with self.assertRaises(UserError):
                leads[2].action_sop_claim()
        with self._at(NOON + timedelta(days=1)):
            leads[2:].action_sop_claim()
        self.assertEqual(leads.user_id, self.env.user)

    def test_no_limit(self):
        self.company.sop_pool_claim_limit = 0
        leads = self._create_pooled(12)
        leads.with_user(self.user_sales_salesman).action_sop_claim()
        self.assertEqual(leads.user_id, self.user_sales_salesman)

    def test_not_again_at_once(self):
        lead = self._create_graded('a')
        owner = lead.with_user(self.user_sales_salesman)
        with self._at():
            owner.action_sop_return_to_pool(REASON)
        for days, is_allowed in ((0, False), (6, False), (8, True)):
            with self._at(NOON + timedelta(days=days)):
                if is_allowed:
                    owner.action_sop_claim()
                else:
                    with self.assertRaises(UserError) as caught:
                        owner.action_sop_claim()
                    self.assertIn("03/09/2026", str(caught.exception))
        self.assertEqual(lead.user_id, self.user_sales_salesman)

    def test_colleague_may_at_once(self):
        lead = self._create_graded('a')
        lead.with_user(self.user_sales_salesman).action_sop_return_to_pool(REASON)
        lead.with_user(self.colleague).action_sop_claim()
        self.assertEqual(lead.user_id, self.colleague)

    def test_only_what_lies_in_the_pool(self):
        """Not the lead of a colleague, not one without process, not one beyond the first contact."""
        foreign = self._create_graded('a', user_id=self.user_sales_leads.id)
        plain = self._create_lead(team_id=False, user_id=False)
        advanced = self._create_graded('a')
        self._do_all(advanced, self.stage_discover)
        advanced.write({'stage_id': self.stage_gen_1.id, 'user_id': False})
        for lead in (foreign, plain, advanced, foreign.browse(10 ** 8)):
            with self.assertRaises(UserError):
                lead.with_user(self.user_sales_salesman).action_sop_claim()
        self.assertEqual(foreign.user_id, self.user_sales_leads)

    def test_leads_of_no_process_are_assigned_as_in_odoo(self):
        team = self.env['crm.team'].create({'name': "Free", 'member_ids': [Command.set(self.user_sales_salesman.ids)]})
        lead = self._create_lead(team_id=team.id, user_id=False)
        lead.with_user(self.user_sales_salesman).user_id = self.user_sales_salesman
        self.assertFalse(lead.sop_process_id)
        self.assertFalse(self._get_moves(lead))

    def test_without_a_pool_odoo_rules(self):
        lead = self._create_pooled(company_id=self.company.id)
        self.company.write({'sop_pool': False, 'sop_pool_claim_limit': 1})
        self.assertFalse(lead.sop_in_pool)
        lead.with_user(self.user_sales_salesman).user_id = self.user_sales_salesman
        self.assertEqual(self._get_moves(lead).kind, 'assigned')

    def test_strangers(self):
        lead = self._create_pooled()
        for user in (self.user_employee, self.user_portal, self.user_auditor, self.user_public):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                lead.with_user(user).action_sop_claim()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                lead.with_user(user).action_sop_return_to_pool(REASON)

    def test_another_company(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = new_test_user(
            self.env, 'sop_elsewhere', groups='sales_team.group_sale_salesman', company_id=other.id,
            company_ids=[Command.set(other.ids)])
        lead = self._create_pooled(company_id=self.company.id)
        self.env.invalidate_all()
        self.assertFalse(self.env['crm.lead'].with_user(stranger).search([('sop_in_pool', '=', True)]) & lead)
        with self.assertRaises(AccessError):
            lead.with_user(stranger).action_sop_claim()
        self.assertFalse(lead.user_id)


@tagged('post_install', '-at_install')
class TestReturn(PoolCommon):
    """An owner who cannot go on gives the lead back, with a reason."""

    @users('user_sales_salesman')
    def test_return(self):
        lead = self._create_graded('a').with_env(self.env)
        lead.action_sop_return_to_pool(f"  {REASON} ")
        move = self._get_moves(lead)
        self.assertEqual(
            (move.kind, move.reason, move.from_user_id, move.user_id),
            ('returned', REASON, self.env.user, self.env.user))
        self.assertEqual(
            (lead.sop_in_pool, lead.sop_pool_kind, lead.sop_pool_reason, lead.sop_last_owner_id),
            (True, 'returned', REASON, self.env.user))

    @users('user_sales_salesman')
    def test_reason_is_asked(self):
        lead = self._create_graded('a').with_env(self.env)
        for reason in ('', '  ', None, False, 5, ['x']):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                lead.action_sop_return_to_pool(reason)
        self.assertTrue(lead.user_id)

    @users('user_sales_salesman')
    def test_dialog(self):
        leads = self._create_graded('a', 2).with_env(self.env)
        dialog = self.env['sop.pool.return'].with_context(active_ids=leads.ids).create({'reason': REASON})
        dialog.action_return()
        self.assertFalse(leads.user_id)

    def test_not_a_running_deal(self):
        lead = self._create_graded('a')
        self._do_all(lead, self.stage_discover)
        lead.stage_id = self.stage_gen_1
        for user in (self.user_sales_salesman, self.user_sales_manager):
            with self.assertRaises(UserError):
                lead.with_user(user).action_sop_return_to_pool(REASON)

    def test_not_the_lead_of_a_colleague(self):
        lead = self._create_graded('a', user_id=self.user_sales_leads.id)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_sales_salesman).action_sop_return_to_pool(REASON)
        # Sees all leads, and still does not decide about those of others.
        lead = self._create_graded('a')
        with self.assertRaises(UserError):
            lead.with_user(self.user_sales_leads).action_sop_return_to_pool(REASON)
        lead.with_user(self.user_sales_manager).action_sop_return_to_pool(REASON)
        self.assertFalse(lead.user_id)

    def test_emptied_field_is_a_return(self):
        lead = self._create_graded('a')
        lead.with_user(self.user_sales_salesman).user_id = False
        self.assertEqual(self._get_moves(lead).kind, 'returned')
        with self.assertRaises(UserError):
            lead.with_user(self.user_sales_salesman).user_id = self.user_sales_salesman


@tagged('post_install', '-at_install')
class TestOwnerLog(PoolCommon):
    """Each change of owner is logged, and nobody writes the log."""

    def test_log(self):
        lead = self._create_graded('a')
        manager = lead.with_user(self.user_sales_manager)
        manager.user_id = self.colleague
        manager.user_id = False
        manager.user_id = self.user_sales_salesman
        manager.write({'user_id': self.user_sales_salesman.id, 'priority': '2'})
        self.assertEqual(self._get_moves(lead).mapped('kind'), ['reassigned', 'returned', 'assigned'])

    def test_merge_keeps_the_rules(self):
        lead = self._create_graded('a', user_id=self.colleague.id)
        other = self._create_graded('a', email_from='other@customer.example.com')
        head = (lead | other)._merge_opportunity(user_id=self.user_sales_manager.id, auto_unlink=False)
        self.assertEqual(self._get_moves(head)[-1].to_user_id, self.user_sales_manager)

    def test_nobody_writes_it(self):
        lead = self._create_graded('a')
        lead.user_id = self.colleague
        move = self._get_moves(lead)
        for env in (self.env, self.env(user=self.user_sales_manager), self.env(user=self.user_sales_salesman, su=True)):
            for forge in (
                lambda own: own.create({'lead_id': lead.id, 'kind': 'claimed', 'user_id': 1, 'date': NOON}),
                lambda own: own.write({'kind': 'assigned'}),
                lambda own: own.unlink(),
            ):
                with self.assertRaises(AccessError):
                    forge(move.with_env(env))

    def test_readers_of_the_lead_read_it(self):
        lead = self._create_graded('a')
        lead.with_user(self.user_sales_manager).user_id = self.colleague
        move = self._get_moves(lead)
        self.env.invalidate_all()
        for user, count in (
            (self.colleague, 1), (self.user_sales_manager, 1), (self.user_auditor, 1), (self.user_sales_salesman, 0),
        ):
            self.assertEqual(
                self.env['sop.pool.move'].with_user(user).search_count([('id', '=', move.id)]), count, user.login)

    def test_reason_cannot_be_forged(self):
        """Clients choose their context; a text in it is no cause."""
        env = self.env(context={'sop_owner': "because"})
        self.assertFalse(get_owner_cause(env).reason)
        lead = self._create_graded('a').with_env(env)
        lead.user_id = False
        self.assertFalse(self._get_moves(lead).reason)

    def test_reassigning_many_leads(self):
        counts = []
        for number in (2, 2, 100):
            leads = self._create_graded('a', number).with_user(self.user_sales_manager)
            with self._at():
                self.env.invalidate_all()
                start = self.env.cr.sql_log_count
                leads.with_context(tracking_disable=True).user_id = self.colleague
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - start)
        # The ORM inserts the rows of the log and of the list by the hundred.
        self.assertLessEqual(counts[2] - counts[1], 6, counts)


@tagged('post_install', '-at_install')
class TestPoolHttp(PoolCommon, SalesSopHttpCommon):
    """The pool as a hostile client sees it."""

    def test_forged(self):
        lead = self._create_pooled()
        self.company.sop_pool_claim_limit = 1
        self._create_pooled().with_user(self.user_sales_salesman).action_sop_claim()
        self.user_sales_salesman.password = 'user_sales_salesman'
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        context = {'sop_engine': True, 'sop_owner': {'kind': 'assigned', 'reason': "x"}, 'tracking_disable': True}
        for method, args in (
            ('write', [lead.ids, {'user_id': self.user_sales_salesman.id}]),
            ('write', [lead.ids, {'user_id': self.colleague.id}]),
            ('action_sop_claim', [lead.ids]),
            ('action_sop_return_to_pool', [lead.ids, REASON]),
            ('write', [self.lead.ids, {'sop_protected_until': '2099-01-01'}]),
        ):
            with self.subTest(method=method, args=args):
                self.assertForbidden('crm.lead', method, args, context=context)
        self.assertFalse(lead.user_id)
        self.assertForbidden('sop.pool.move', 'create', [[{'lead_id': lead.id}]], context=context)

    def test_foreign_ids_and_odd_arguments(self):
        foreign = self._create_graded('a', user_id=self.user_sales_leads.id)
        self.user_sales_salesman.password = 'user_sales_salesman'
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        for args in ([foreign.ids], [[10 ** 8]], [self.lead.ids]):
            self.assertForbidden('crm.lead', 'action_sop_claim', args)
        for reason in (None, 7, {'a': 1}, ""):
            self.assertForbidden('crm.lead', 'action_sop_return_to_pool', [self.lead.ids, reason])
        self.assertEqual(foreign.user_id, self.user_sales_leads)
