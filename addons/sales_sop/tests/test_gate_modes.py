from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged, users

from ..exceptions import SopGateError
from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestGateModes(SalesSopCommon):
    """Observe, warn, enforce: the same check, three answers."""

    @users('user_sales_salesman')
    def test_observe_lets_pass_and_records(self):
        self.process.stage_ids.gate = 'observe'
        lead = self.lead.with_env(self.env)
        with self._catch_notifications() as sent:
            lead.stage_id = self.stage_team1_2
        self.assertFalse(sent)
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)
        log = self._get_log(lead)
        self.assertEqual((log.kind, log.gate, log.missing_count), ('forward', 'observe', 3))
        self.assertEqual(set(log.missing_ids.mapped('code')), {'D1', 'Q1', 'Q2'})

    @users('user_sales_salesman')
    def test_warn_lets_pass_tells_and_records(self):
        self.process.stage_ids.gate = 'warn'
        lead = self.lead.with_env(self.env)
        with self._catch_notifications() as sent:
            lead.stage_id = self.stage_gen_1
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)
        [(user, kind, message)] = sent
        self.assertEqual((user, kind, message['type']), (self.env.user, 'simple_notification', 'warning'))
        for text in ("Ten pumps", "Budget confirmed"):
            self.assertIn(text, message['message'])
        log = self._get_log(lead)
        self.assertEqual((log.gate, log.missing_count), ('warn', 1))

    @users('user_sales_salesman')
    def test_warning_of_a_batch_is_one(self):
        self.process.stage_ids.gate = 'warn'
        leads = (self._create_lead(name="A") | self._create_lead(name="B")).with_env(self.env)
        with self._catch_notifications() as sent:
            leads.stage_id = self.stage_gen_1
        self.assertEqual(len(sent), 1)
        for name in ("A: ", "B: "):
            self.assertIn(name, sent[0][2]['message'])

    @users('user_sales_salesman')
    def test_nothing_to_warn_of(self):
        self.process.stage_ids.gate = 'warn'
        self._do(self.lead, 'D1')
        with self._catch_notifications() as sent:
            self.lead.with_env(self.env).stage_id = self.stage_gen_1
        self.assertFalse(sent)
        log = self._get_log(self.lead)
        self.assertEqual((log.gate, log.missing_count), (False, 0))

    @users('user_sales_salesman')
    def test_each_stage_answers_by_its_own_mode(self):
        """What a stage that observes leaves open never holds; what a stage that enforces asks does."""
        self.stage_discover.gate = 'observe'
        self.stage_qualify.gate = 'warn'
        lead = self.lead.with_env(self.env)
        lead.stage_id = self.stage_team1_2
        log = self._get_log(lead)
        self.assertEqual((log.gate, log.missing_count), ('warn', 3), "The strictest of the modes passed is recorded")
        with self.assertRefused(lead, 'O1', 'O2'):
            lead.action_set_won()

    @users('user_sales_manager')
    def test_rolled_out_on_the_published_process(self):
        """The ladder from observe to enforce needs no new version."""
        stage = self.stage_discover.with_env(self.env)
        for gate in ('observe', 'warn', 'enforce'):
            stage.gate = gate
        with self.assertRefused(self.lead.with_env(self.env), 'D1'):
            self.lead.with_env(self.env).stage_id = self.stage_gen_1
        history = ' '.join(self.process.message_ids.mapped('body'))
        self.assertIn("Observe", history, "A change of a gate can be traced")

    @users('user_sales_salesman')
    def test_observe_asks_no_reasons(self):
        self.process.stage_ids.gate = 'observe'
        lead = self.lead.with_env(self.env)
        lead.stage_id = self.stage_team1_2
        lead.stage_id = self.stage_team1_1
        lead.action_set_lost()
        self.assertEqual(self._get_log(lead).mapped('kind'), ['forward', 'backward', 'lost'])

    def _catch_notifications(self):
        """A list of what is sent to users meanwhile: (user, type, message)."""
        return _Notifications(self)


class _Notifications:

    def __init__(self, test):
        self.patch = patch.object(
            test.env.registry['res.users'], '_bus_send',
            lambda user, kind, message, **kwargs: kind == 'simple_notification' and self.sent.append(
                (user, kind, message)))

    def __enter__(self):
        self.sent = []
        self.patch.start()
        return self.sent

    def __exit__(self, *exception):
        self.patch.stop()


@tagged('post_install', '-at_install')
class TestGateBackward(SalesSopCommon):
    """Back needs a reason, keeps the evidence and is logged."""

    def _get_lead_in_offer(self):
        lead = self._create_lead(name="In the offer")
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.stage_id = self.stage_team1_2
        return lead.with_env(self.env)

    @users('user_sales_salesman')
    def test_plain_write_asks_a_reason(self):
        lead = self._get_lead_in_offer()
        with self.assertRefused(lead, kind='backward') as caught:
            lead.stage_id = self.stage_gen_1
        self.assertEqual(caught.exception.context['sop']['target']['stage_id'], self.stage_gen_1.id)
        self.assertIn("say why", str(caught.exception))

    @users('user_sales_salesman')
    def test_move_back_with_reason(self):
        lead = self._get_lead_in_offer()
        lead.action_sop_move_back(self.stage_team1_1.id, "  The budget is open again. ")
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)
        log = self._get_log(lead)[-1]
        self.assertEqual(
            (log.kind, log.from_stage_id, log.to_stage_id, log.reason, log.user_id),
            ('backward', self.stage_offer, self.stage_discover, "The budget is open again.", self.env.user))
        self.assertTrue(self._get_check(lead, 'D1'), "What was done stays done")
        lead.stage_id = self.stage_team1_2
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)

    @users('user_sales_salesman')
    def test_reason_is_not_empty(self):
        lead = self._get_lead_in_offer()
        for reason in ('', '   ', False, None):
            with self.assertRaises(UserError):
                lead.action_sop_move_back(self.stage_team1_1.id, reason)
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)

    @users('user_sales_salesman')
    def test_batch_moves_back_with_one_reason(self):
        leads = self._get_lead_in_offer() | self._get_lead_in_offer()
        leads.action_sop_move_back(self.stage_gen_1.id, "Price list changed")
        self.assertEqual(leads.mapped('stage_id'), self.stage_gen_1)
        self.assertEqual(
            [self._get_log(lead)[-1].reason for lead in leads], ["Price list changed"] * 2)

    @users('user_sales_salesman')
    def test_reopening_a_won_lead_needs_a_reason(self):
        lead = self._get_lead_in_offer()
        self._do_all(lead, self.stage_offer)
        lead.action_set_won()
        with self.assertRefused(lead, kind='backward'):
            lead.stage_id = self.stage_team1_2
        lead.action_sop_move_back(self.stage_team1_2.id, "Order was withdrawn")
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)
        self.assertEqual(self._get_log(lead)[-1].kind, 'reopened')

    @users('user_sales_salesman')
    def test_reason_in_the_context_does_not_count(self):
        lead = self._get_lead_in_offer()
        for value in ("because", {'reason': "because", 'kind': 'backward'}, ["because"]):
            with self.assertRefused(lead, kind='backward'):
                lead.with_context(sop_move=value).stage_id = self.stage_gen_1


@tagged('post_install', '-at_install')
class TestGateLog(SalesSopCommon):
    """One row per move says who, when, from where to where, how long, and what was not there."""

    @users('user_sales_salesman')
    def test_row_of_a_move(self):
        lead = self._create_lead().with_env(self.env)
        self._do(lead, 'D1')
        with freeze_time('2026-03-04 10:00:00'):
            lead.stage_id = self.stage_gen_1
        with freeze_time('2026-03-06 10:00:00'):
            self._do_all(lead, self.stage_qualify)
            lead.stage_id = self.stage_team1_2
        log = self._get_log(lead)[-1]
        self.assertEqual(str(log.date), '2026-03-06 10:00:00')
        self.assertEqual(
            (log.process_id, log.from_stage_id, log.to_stage_id, log.user_id, log.team_id, log.company_id),
            (self.process, self.stage_qualify, self.stage_offer, self.env.user, self.sales_team_1, self.env.company))
        self.assertAlmostEqual(log.days, 2, delta=0.2)
        self.assertFalse(log.was_late)

    @users('user_sales_salesman')
    def test_late_move(self):
        lead = self._create_lead().with_env(self.env)
        self._do(lead, 'D1')
        with freeze_time('2026-03-04 10:00:00'):
            lead.stage_id = self.stage_gen_1
            self.assertEqual(str(lead.sop_deadline), '2026-03-11')
        with freeze_time('2026-03-12 10:00:00'):
            self.env.invalidate_all()
            self.assertTrue(lead.sop_is_overdue)
            self._do_all(lead, self.stage_qualify)
            lead.stage_id = self.stage_team1_2
            self.assertFalse(lead.sop_is_overdue)
        self.assertTrue(self._get_log(lead)[-1].was_late)
        self.assertFalse(lead.sop_deadline, "The stage of the offer has no limit")

    @users('user_sales_manager')
    def test_waived_items_are_counted_and_named(self):
        lead = self._create_lead().with_env(self.env)
        lead.action_sop_waive(self.items['D1'].id, "Known customer", '2099-12-31')
        lead.stage_id = self.stage_gen_1
        log = self._get_log(lead)[-1]
        self.assertEqual((log.waived_count, log.waived_ids, log.missing_count), (1, self.items['D1'], 0))

    @users('user_sales_salesman')
    def test_ordinary_start_is_not_logged(self):
        """Leads that begin at the beginning cost no row."""
        self.assertFalse(self._get_log(self._create_lead()))

    def test_batch_is_one_insert(self):
        leads = self.env['crm.lead'].browse(self._create_lead(name=f"Lead {number}").id for number in range(5))
        for lead in leads:
            self._do(lead, 'D1')
        model = self.env.registry['sop.transition']
        with patch.object(model, 'create', autospec=True, side_effect=model.create) as create:
            leads.stage_id = self.stage_gen_1
        self.assertEqual(create.call_count, 1)
        self.assertEqual(len(self._search_logs(leads)), 5)

    @users('user_sales_salesman')
    def test_refused_move_leaves_no_row(self):
        with self.assertRaises(SopGateError):
            self.lead.with_env(self.env).stage_id = self.stage_gen_1
        self.assertFalse(self._get_log(self.lead))
