from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestFastTrack(SalesSopCommon):
    """A routine repeat order enters late; what it skips is stored as not applicable."""

    @users('user_sales_salesman')
    def test_enters_the_late_stage(self):
        lead = self._create_lead(priority='3').with_env(self.env)
        self._do(lead, 'D1')
        done = self._get_check(lead, 'D1')
        lead.action_sop_fast_track(self.stage_offer.id, "Repeat order of a known customer")
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)
        log = self._get_log(lead)[-1]
        self.assertEqual(
            (log.kind, log.reason, log.missing_count, log.waived_count),
            ('fast_track', "Repeat order of a known customer", 0, 0))
        self.assertEqual(self._get_check(lead, 'D1'), done, "What was done counts as done")
        for code in ('Q1', 'Q2'):
            check = self._get_check(lead, code)
            self.assertEqual((check.state, check.fast_track, check.done_by_id), ('na', True, self.env.user))
            self.assertIn("Repeat order", check.remark)
        self.assertFalse(self._get_check(lead, 'Q3'), "A recommended item is not skipped, it was never asked")

    @users('user_sales_salesman')
    def test_skips_nothing_after_the_entry(self):
        lead = self._create_lead(priority='3').with_env(self.env)
        lead.action_sop_fast_track(self.stage_offer.id, "Repeat order")
        with self.assertRefused(lead, 'O1', 'O2'):
            lead.action_set_won()

    @users('user_sales_salesman')
    def test_only_for_leads_that_qualify(self):
        lead = self._create_lead(priority='1').with_env(self.env)
        with self.assertRaises(UserError) as caught:
            lead.action_sop_fast_track(self.stage_offer.id, "Please")
        self.assertIn("does not qualify", str(caught.exception))
        self.assertFalse(lead.get_sop_checklist()['can_fast_track'])
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @users('user_sales_salesman')
    def test_batch_with_one_that_does_not_qualify(self):
        leads = (self._create_lead(priority='3') | self._create_lead(name="Ordinary")).with_env(self.env)
        with self.assertRaises(UserError) as caught:
            leads.action_sop_fast_track(self.stage_offer.id, "Repeat order")
        self.assertIn("Ordinary", str(caught.exception))
        self.assertFalse(leads.sop_check_ids)

    @users('user_sales_salesman')
    def test_only_at_a_stage_marked_as_entry(self):
        lead = self._create_lead(priority='3').with_env(self.env)
        for stage_id in (self.stage_qualify.id, self.stage_discover.id, 0, 10 ** 9):
            with self.subTest(stage=stage_id), self.assertRaises(UserError):
                lead.action_sop_fast_track(stage_id, "Repeat order")

    @users('user_sales_salesman')
    def test_not_into_another_process(self):
        lead = self._create_lead(priority='3').with_env(self.env)
        other = self._create_process('other', self.sales_team_1)
        with self.assertRaises(UserError):
            lead.action_sop_fast_track(other.stage_ids[-1].id, "Repeat order")

    @users('user_sales_salesman')
    def test_needs_a_reason(self):
        lead = self._create_lead(priority='3').with_env(self.env)
        with self.assertRaises(UserError):
            lead.action_sop_fast_track(self.stage_offer.id, " ")

    @users('user_sales_salesman')
    def test_no_way_back(self):
        lead = self._create_lead(priority='3').with_env(self.env)
        lead.action_sop_fast_track(self.stage_offer.id, "Repeat order")
        with self.assertRaises(UserError):
            lead.action_sop_fast_track(self.stage_offer.id, "Again")
        self.assertFalse(lead.get_sop_checklist()['can_fast_track'])

    @users('user_sales_salesman')
    def test_not_when_the_lead_is_closed(self):
        lost = self._create_lead(name="Lost", priority='3').with_env(self.env)
        lost.action_set_lost(lost_reason_id=self.lost_reason.id)
        with self.assertRaises(UserError):
            lost.action_sop_fast_track(self.stage_offer.id, "Repeat order")
        self.assertFalse(lost.sop_check_ids)

    @users('user_sales_salesman')
    def test_no_fast_track_without_a_condition(self):
        self.process.action_unpublish()
        process = self._create_process('slow', self.sales_team_1, fast_track_domain=False)
        self._publish(process)
        lead = self._create_lead(priority='3').with_env(self.env)
        with self.assertRaises(UserError):
            lead.action_sop_fast_track(process.stage_ids[-1].id, "Repeat order")

    def test_only_whoever_may_change_the_lead(self):
        lead = self._create_lead(priority='3', user_id=self.user_sales_leads.id)
        for user in (self.user_sales_salesman, self.user_auditor, self.user_employee, self.user_portal):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                lead.with_user(user).action_sop_fast_track(self.stage_offer.id, "Repeat order")

    @users('user_sales_salesman')
    def test_checklist_offers_the_entries(self):
        lead = self._create_lead(priority='3').with_env(self.env)
        checklist = lead.get_sop_checklist()
        self.assertTrue(checklist['can_fast_track'])
        self.assertEqual(
            [stage['code'] for stage in checklist['stages'] if stage['fast_track_entry']], ['offer'])
