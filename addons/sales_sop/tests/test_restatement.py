from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..engine import as_engine
from .common import each_actor
from .test_need import NOW, NeedCommon


@tagged('post_install', '-at_install')
class TestRestatement(NeedCommon):
    """What the customer is told, and when it holds."""

    def setUp(self):
        super().setUp()
        self.needs = self._need("Quiet", priority='must') | self._need("Cheap", origin='inferred')
        self._need("CE marking", origin='legal')
        self._need("Given up").action_withdraw("x")

    def test_it_starts_with_the_needs_of_the_customer(self):
        action = self.lead.with_user(self.user_sales_salesman).action_sop_restate()
        restatement = self.env['sop.restatement'].browse(action['res_id'])
        self.assertEqual(
            (restatement.need_ids, restatement.version, restatement.state), (self.needs, 1, 'draft'))
        self.assertIn("Thank you", restatement.introduction)
        late = self._need("Fast")
        again = self.lead.with_user(self.user_sales_salesman).action_sop_restate()
        self.assertEqual(again['res_id'], restatement.id, "one draft at a time")
        self.assertIn(late, restatement.need_ids)

    def test_nothing_to_restate(self):
        with self.assertRaises(UserError):
            self._create_lead().with_user(self.user_sales_salesman).action_sop_restate()
        with self.assertRaises(UserError):
            self._restate(need_ids=[]).action_mark_sent()

    @each_actor
    def test_needs_that_are_not_asked(self, env):
        legal = self.lead.sop_need_ids.filtered(lambda need: need.origin == 'legal')
        other = self._need(lead=self._create_lead())
        for need in (legal, other):
            with self.assertRaises(ValidationError):
                self._restate(env=env, need_ids=[Command.set(need.ids)])

    def test_who_stated_it_must_be_known(self):
        self.needs[0].said_by_id = False
        restatement = self._restate()
        with self.assertRaises(UserError) as caught:
            restatement.action_sop_signoff_send()
        self.assertIn("N-01", str(caught.exception))
        self.needs[0].origin = 'inferred'
        restatement.action_sop_signoff_send()

    def test_sending_restates(self):
        restatement = self._restate()
        signoff = restatement._sop_request_signoff()
        self.assertEqual(
            (restatement.state, restatement.sent_date, restatement.sent_by_id, set(self.needs.mapped('state'))),
            ('sent', NOW, self.user_sales_salesman, {'restated'}))
        self.assertEqual((signoff.state, self.lead.sop_need_state), ('pending', 'restated'))

    def test_what_the_customer_reads(self):
        self._confirm(self._restate(need_ids=[Command.set(self.needs[0].ids)]))
        self.needs[1].name = "Costs <b>nothing</b>"
        restatement = self._restate(introduction="Dear <script>alert(1)</script>")
        signoff = restatement._sop_request_signoff()
        content = str(signoff.content)
        self.assertLess(content.index("Quiet"), content.index("Costs"), "what must be comes first")
        self.assertIn("confirmed already", content)
        self.assertNotIn("<script", content)
        self.assertNotIn("<b>nothing", content)
        self.assertNotIn("CE marking", content)
        self.assertIn("version 2", signoff.title)

    def test_in_the_language_of_the_customer(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.contact_1.lang = 'fr_FR'
        field = self.env['ir.model.fields.selection'].search([
            ('field_id', '=', self.env['ir.model.fields']._get('sop.need', 'priority').id), ('value', '=', 'must')])
        field.with_context(lang='fr_FR').name = "Obligatoire"
        signoff = self._restate()._sop_request_signoff()
        self.assertIn("Obligatoire", signoff.content)

    def test_confirmed_by_the_customer(self):
        restatement = self._restate()
        signoff = restatement._sop_request_signoff()
        signoff.sudo()._answer('confirmed', "Ms Li")
        self.assertEqual(
            (restatement.state, restatement.answered_by, restatement.answered_how, restatement.answer_date),
            ('confirmed', "Ms Li", 'portal', NOW))
        for need in self.needs:
            self.assertEqual(
                (need.state, need.confirmed_by, need.confirmed_how, need.confirmed_date, need.restatement_id),
                ('confirmed', "Ms Li", 'portal', NOW, restatement))
        self.assertEqual(self.lead.sop_need_state, 'confirmed')

    def test_recorded_by_hand(self):
        restatement = self._restate()
        restatement._sop_record_signoff('confirmed', "Ms Li", how='minutes', answer_date=NOW - timedelta(days=1))
        self.assertEqual(
            (restatement.state, set(self.needs.mapped('state')), set(self.needs.mapped('confirmed_how'))),
            ('confirmed', {'confirmed'}, {'minutes'}))
        with self.assertRaises(UserError):
            restatement._sop_record_signoff('confirmed', "Ms Li", how='minutes', answer_date=NOW)

    def test_declined(self):
        restatement = self._restate()
        signoff = restatement._sop_request_signoff()
        signoff.sudo()._answer('declined', "Ms Li", comment="Not quiet: silent")
        self.assertEqual(
            (restatement.state, restatement.dispute, self.lead.sop_need_state),
            ('disputed', "Not quiet: silent", 'restated'))
        self.needs[0].name = "Silent"
        following = self.env['sop.restatement'].browse(restatement.action_new_version()['res_id'])
        self.assertEqual((following.version, following.state, following.need_ids), (2, 'draft', self.needs))
        following._sop_request_signoff().sudo()._answer('confirmed', "Ms Li")
        self.assertEqual(self.lead.sop_need_state, 'confirmed')

    def test_a_change_outdates_what_was_sent(self):
        restatement = self._restate()
        signoff = restatement._sop_request_signoff()
        self.needs[0].name = "Silent"
        self.assertEqual((restatement.state, signoff.state), ('outdated', 'outdated'))
        self.assertFalse(signoff.sudo()._answer('confirmed', "Ms Li"))
        self.assertEqual(self.needs.mapped('state'), ['changed', 'restated'])
        with self.assertRaises(UserError):
            restatement.action_sop_signoff_send()

    def test_a_withdrawal_outdates_what_was_sent(self):
        restatement = self._restate()
        signoff = restatement._sop_request_signoff()
        self.needs[0].action_withdraw("Given up")
        self.assertEqual((restatement.state, signoff.state), ('outdated', 'outdated'))

    def test_a_newer_version_replaces_the_older_one(self):
        older, newer = self._restate(), self._restate()
        link = older._sop_request_signoff()
        newer.action_mark_sent()
        self.assertEqual((older.state, link.state, newer.state), ('outdated', 'outdated', 'sent'))

    def test_only_what_was_told_is_confirmed(self):
        restatement = self._restate(need_ids=[Command.set(self.needs[0].ids)])
        restatement.action_mark_sent()
        self._confirm(restatement)
        self.assertEqual(self.needs.mapped('state'), ['confirmed', 'draft'])

    def test_what_changed_behind_its_back_is_not_confirmed(self):
        restatement = self._restate()
        restatement.action_mark_sent()
        as_engine(self.needs[0]).write({'state': 'changed', 'version': 2})
        self._confirm(restatement)
        self.assertEqual(self.needs.mapped('state'), ['changed', 'confirmed'])

    @each_actor
    def test_what_was_sent_is_kept(self, env):
        restatement = self._restate(env=env)
        restatement.action_mark_sent()
        for act in (
            lambda: restatement.write({'introduction': "x"}), lambda: restatement.unlink(),
            lambda: restatement.write({'need_ids': [Command.clear()]}),
            lambda: restatement.write({'lead_id': self._create_lead().id}),
            lambda: self.lead.unlink(),
        ):
            with self.assertRaises(UserError):
                act()

    @each_actor
    def test_the_server_says_what_was_answered(self, env):
        restatement = self._restate(env=env)
        for values in (
            {'state': 'confirmed'}, {'version': 7}, {'sent_date': NOW}, {'answered_by': "Ms Li"}, {'answer_date': NOW},
            {'need_versions': {'1': 1}}, {'chase_date': NOW.date()}, {'dispute': "x"}, {'signoff_state': 'confirmed'},
        ):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    restatement.write(values)
                with self.assertRaises(AccessError):
                    self._restate(env=env, **values)
        self.assertEqual(self._restate(env=env(context={'default_state': 'confirmed'})).state, 'draft')

    def test_foreign_leads(self):
        foreign = self._create_lead(name="Secret", user_id=self.user_sales_leads.id)
        self._need(lead=foreign, env=self.env, origin='inferred')
        theirs = self._restate(foreign, env=self.env).with_user(self.user_sales_salesman)
        for act in (
            lambda: self._restate(foreign), lambda: theirs.read(['introduction']), lambda: theirs.action_mark_sent(),
            lambda: theirs.action_sop_signoff_send(), lambda: theirs.action_new_version(), lambda: theirs.unlink(),
            lambda: theirs._sop_record_signoff('confirmed', "x", how='email', answer_date=NOW),
            lambda: self._restate(need_ids=[Command.set(foreign.sop_need_ids.ids)]),
        ):
            self.env.invalidate_all()
            with self.assertRaises(UserError) as caught, self.cr.savepoint():
                act()
            self.assertNotIn("Secret", str(caught.exception))
        for user in (self.user_auditor, self.user_portal):
            with self.assertRaises(AccessError):
                self._restate(env=self.env(user=user))


@tagged('post_install', '-at_install')
class TestRestatementChase(NeedCommon):
    """Silence confirms nothing: the customer is asked again."""

    def setUp(self):
        super().setUp()
        self._need()
        self.restatement = self._send()

    def _chase(self, when):
        with freeze_time(when), patch.object(
                type(self.env['ir.cron']), '_commit_progress', lambda *args, **kwargs: 1):
            self.env['sop.restatement']._cron_chase()
        return self._get_alerts('chase')

    def test_twice_and_no_more(self):
        self.assertEqual(self.restatement.chase_date, date(2026, 3, 9))
        self.assertFalse(self._chase('2026-03-06 15:00'))
        first = self._chase('2026-03-09 15:00')
        self.assertEqual((first.user_id, self.restatement.chase_count), (self.user_sales_salesman, 1))
        self.assertEqual(self._chase('2026-03-10 15:00'), first)
        self.assertEqual(self.restatement.chase_date, date(2026, 3, 11))
        first.action_done()
        self.assertEqual(len(self._chase('2026-03-11 15:00').filtered('active')), 1)
        self.assertEqual((self.restatement.chase_count, self.restatement.chase_date), (2, False))
        self._chase('2027-03-11 15:00')
        self.assertEqual((self.restatement.chase_count, self.restatement.state), (2, 'sent'))
        self.assertEqual(self.lead.sop_need_state, 'restated')

    def test_an_answer_ends_it(self):
        self._chase('2026-03-09 15:00')
        self._confirm(self.restatement)
        self.assertFalse(self._get_alerts('chase') or self.restatement.chase_date)

    def test_a_change_ends_it(self):
        self._chase('2026-03-09 15:00')
        self.lead.sop_need_ids.name = "Other"
        self.assertFalse(self._get_alerts('chase') or self.restatement.chase_date)

    def test_what_is_lost_is_left_alone(self):
        self.lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        self.assertFalse(self._chase('2026-03-09 15:00'))

    def test_days_of_the_company(self):
        for days, expected in (((0, 0), False), ((0, 4), date(2026, 3, 10)), ((1, 4), date(2026, 3, 5))):
            self.env.company.write({'sop_chase_days': days[0], 'sop_chase_again_days': days[1]})
            lead = self._create_lead()
            self._need(lead=lead, origin='inferred')
            with self.subTest(days=days):
                self.assertEqual(self._send(lead).chase_date, expected)

    def test_in_batches(self):
        leads = [self._create_lead() for __ in range(4)]
        for lead in leads:
            self._need(lead=lead, origin='inferred')
            self._send(lead)
        commits = []

        def commit(self, processed=0, *, remaining=None, deactivate=False):
            commits.append(processed)
            return float('inf')

        with freeze_time(datetime(2026, 3, 9, 15)), patch.object(
                type(self.env['ir.cron']), '_commit_progress', commit):
            self.env['sop.restatement']._cron_chase(batch_size=2)
        self.assertEqual(commits, [0, 2, 2, 1])
        self.assertTrue(all(self._get_alerts('chase', lead) for lead in leads))
