from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged, users

from ..engine import as_engine
from .common import SalesSopCommon

ITEM_KEYS = {
    'id', 'code', 'name', 'help', 'kind', 'mandatory', 'role', 'clause', 'document_kind', 'min_count',
    'valid_required', 'state', 'applies', 'fact', 'check', 'history', 'can_tick', 'can_na', 'can_waive', 'can_verify',
    'can_revoke', 'blocked_reason', 'who',
}
STAGE_KEYS = {
    'id', 'name', 'code', 'phase', 'gate', 'guidance', 'state', 'done', 'total', 'day_limit', 'requirements',
    'document_stage', 'fast_track_entry',
}
KEYS = {
    'res_model', 'res_id', 'display_name', 'process', 'outcome', 'can_waive', 'can_edit', 'can_fast_track',
    'current_stage_id', 'next_stage', 'can_complete', 'deadline', 'deadline_state', 'days_left', 'done', 'total',
    'stages',
}


class ChecklistCommon(SalesSopCommon):

    def _get_entry(self, lead, code):
        return next(
            item for stage in lead.get_sop_checklist()['stages'] for item in stage['requirements']
            if item['code'] == code)


@tagged('post_install', '-at_install')
class TestChecklist(ChecklistCommon):
    """What the widget gets is complete, JSON, and right for the one who looks."""

    @users('user_sales_salesman')
    def test_shape(self):
        self._do(self.lead, 'D1', 'Q1', 'O2')
        checklist = self.lead.with_env(self.env).get_sop_checklist()
        self.assertLessEqual(KEYS, checklist.keys())
        for stage in checklist['stages']:
            self.assertLessEqual(STAGE_KEYS, stage.keys())
            for item in stage['requirements']:
                self.assertLessEqual(ITEM_KEYS, item.keys())
        self.assertEqual(
            (checklist['res_model'], checklist['res_id'], checklist['display_name']),
            ('crm.lead', self.lead.id, "Ten pumps"))
        self.assertEqual(checklist['process'], {
            'id': self.process.id, 'name': "Test procedure", 'version': 1, 'state': 'published'})

    @users('user_sales_salesman')
    def test_progress_through_the_stages(self):
        lead = self.lead.with_env(self.env)
        checklist = lead.get_sop_checklist()
        self.assertEqual(
            [(stage['code'], stage['state'], stage['done'], stage['total']) for stage in checklist['stages']],
            [('discover', 'current', 1, 2), ('qualify', 'future', 0, 2), ('offer', 'future', 0, 2)])
        self.assertEqual((checklist['done'], checklist['total'], checklist['can_complete']), (1, 2, False))
        self.assertEqual(checklist['next_stage'], {'id': self.stage_qualify.id, 'name': "Qualify"})
        self._do(lead, 'D1')
        self.assertTrue(lead.get_sop_checklist()['can_complete'])
        lead.action_sop_complete_stage()
        checklist = lead.get_sop_checklist()
        self.assertEqual([stage['state'] for stage in checklist['stages']], ['past', 'current', 'future'])
        self.assertEqual(checklist['current_stage_id'], self.stage_qualify.id)

    @users('user_sales_salesman')
    def test_complete_through_to_won(self):
        lead = self.lead.with_env(self.env)
        for stage in self.process.stage_ids:
            self.assertEqual(lead.sop_stage_id, stage)
            self._do_all(lead, stage)
            lead.action_sop_complete_stage()
        self.assertEqual((lead.won_status, lead.sop_outcome), ('won', 'won'))
        checklist = lead.get_sop_checklist()
        self.assertEqual(checklist['outcome'], 'won')
        self.assertEqual(self._get_log(lead).mapped('kind'), ['forward', 'forward', 'won'])

    @users('user_sales_salesman')
    def test_item_revoked_behind_the_lead(self):
        """A hole in the past shows: the stage cannot be completed."""
        lead = self.lead.with_env(self.env)
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.stage_id = self.stage_gen_1
        self.assertTrue(lead.get_sop_checklist()['can_complete'])
        self._get_check(lead, 'D1').with_env(self.env).action_revoke("Budget was cut")
        self.assertFalse(lead.get_sop_checklist()['can_complete'])

    @users('user_sales_salesman')
    def test_states_of_an_item(self):
        lead = self.lead.with_env(self.env)
        self.assertEqual(self._get_entry(lead, 'D1')['state'], 'open')
        lead.action_sop_not_applicable(self.items['D1'].id, "Tender")
        self.assertEqual(self._get_entry(lead, 'D1')['state'], 'na')
        lead.action_sop_tick(self.items['O2'].id)
        self.assertEqual(self._get_entry(lead, 'O2')['state'], 'to_verify')
        self._get_check(lead, 'O2').with_user(self.user_sales_manager).action_verify()
        self.assertEqual(self._get_entry(lead, 'O2')['state'], 'done')
        lead.with_user(self.user_sales_manager).action_sop_waive(self.items['Q1'].id, "Known", '2099-01-01')
        self.assertEqual(self._get_entry(lead, 'Q1')['state'], 'waived')
        as_engine(self._get_check(lead, 'Q1')).valid_until = '2020-01-01'
        self.assertEqual(self._get_entry(lead, 'Q1')['state'], 'lapsed')

    @users('user_sales_salesman')
    def test_evidence_of_an_item(self):
        self._do(self.lead, 'Q1')
        check = self._get_check(self.lead, 'Q1')
        entry = self._get_entry(self.lead.with_env(self.env), 'Q1')['check']
        self.assertEqual(
            (entry['id'], entry['by'], entry['date'], entry['valid_until']),
            (check.id, "Orteil Sales Own", fields.Datetime.to_string(check.done_date), '2099-12-31'))
        self.assertEqual(entry['files'], [{
            'id': check.attachment_ids.id, 'name': 'licence.pdf', 'mimetype': check.attachment_ids.mimetype}])

    @users('user_sales_salesman')
    def test_facts(self):
        lead = self.lead.with_env(self.env)
        fact = self._get_entry(lead, 'D2')['fact']
        self.assertTrue(fact['met'])
        self.assertIn('buyer@customer.example.com', fact['value'])
        self.assertEqual(fact['field'], 'email_from')
        lead.email_from = False
        fact = self._get_entry(lead, 'D2')['fact']
        self.assertFalse(fact['met'])
        self.assertIn("Email", fact['message'])
        fact = self._get_entry(lead, 'Q2')['fact']
        self.assertEqual((fact['met'], fact['message']), (False, "Enter the expected revenue."))
        fact = self._get_entry(lead, 'O1')['fact']
        self.assertEqual((fact['met'], fact['value']), (False, "0 of 1"))
        self.assertEqual(fact['link']['res_model'], 'sale.order')
        self._do(lead, 'O1')
        self.assertEqual(self._get_entry(lead, 'O1')['fact']['value'], "1 of 1")

    def test_rights_follow_the_reader(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        for user, expected in (
            (self.user_sales_leads, (True, True, False)), (self.user_sales_manager, (True, True, True)),
            (self.user_auditor, (False, False, False)),
        ):
            self.env.invalidate_all()
            entry = self._get_entry(foreign.with_user(user), 'D1')
            with self.subTest(user=user.login):
                self.assertEqual((entry['can_tick'], entry['can_na'], entry['can_waive']), expected)
                self.assertEqual(bool(entry['blocked_reason']), not expected[0])

    def test_rights_offered_are_rights_granted(self):
        """What the widget offers works, what it does not offer is refused."""
        for user in (self.user_sales_salesman, self.user_sales_leads, self.user_sales_manager, self.user_auditor):
            lead = self._create_lead()
            lead.with_user(self.user_sales_salesman).action_sop_tick(self.items['O2'].id)
            check = self._get_check(lead, 'O2')
            self.env.invalidate_all()
            own, entries = lead.with_user(user), {}
            for stage in own.get_sop_checklist()['stages']:
                entries.update({item['code']: item for item in stage['requirements']})
            acts = {
                ('D1', 'can_waive'): lambda own=own: own.action_sop_waive(self.items['D1'].id, "x", '2099-01-01'),
                ('D1', 'can_na'): lambda own=own: own.action_sop_not_applicable(self.items['D1'].id, "x"),
                ('D1', 'can_tick'): lambda own=own: own.action_sop_tick(self.items['D1'].id),
                ('D2', 'can_tick'): lambda own=own: own.action_sop_tick(self.items['D2'].id),
                ('Q2', 'can_waive'): lambda own=own: own.action_sop_waive(self.items['Q2'].id, "x", '2099-01-01'),
                ('Q1', 'can_na'): lambda own=own: own.action_sop_not_applicable(self.items['Q1'].id, "x"),
                ('O2', 'can_verify'): lambda check=check, user=user: check.with_user(user).action_verify(),
                ('O2', 'can_revoke'): lambda check=check, user=user: check.with_user(user).action_revoke("x"),
            }
            for (code, right), act in acts.items():
                with self.subTest(user=user.login, item=code, right=right):
                    self.assertEqual(self._is_granted(act), entries[code][right])

    def _is_granted(self, act):
        """Whether ``act`` works; undone in any case."""
        try:
            with self.cr.savepoint() as savepoint:
                act()
                self.env.flush_all()
                savepoint.rollback()
            return True
        except UserError:
            return False
        finally:
            self.env.invalidate_all(flush=False)

    @users('user_sales_salesman')
    def test_language_of_the_reader(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.items['D1'].with_context(lang='zh_CN').name = "预算已确认"
        self.stage_discover.with_context(lang='zh_CN').write({'name': "发现", 'guidance': "<p>先问预算</p>"})
        checklist = self.lead.with_env(self.env).with_context(lang='zh_CN').get_sop_checklist()
        stage = checklist['stages'][0]
        self.assertEqual((stage['name'], stage['requirements'][0]['name']), ("发现", "预算已确认"))
        self.assertIn("先问预算", stage['guidance'])

    @users('user_sales_salesman')
    def test_deadline(self):
        lead = self.lead.with_env(self.env)
        self.assertEqual(lead.get_sop_checklist()['deadline_state'], 'none')
        self._do(lead, 'D1')
        lead.stage_id = self.stage_gen_1
        checklist = lead.get_sop_checklist()
        self.assertEqual((checklist['deadline_state'], checklist['days_left']), ('ok', 5))
        self.assertEqual(checklist['deadline'], fields.Date.to_string(lead.sop_deadline))
        self.env['crm.lead']._sop_bulk_update([('id', '=', lead.id)], {'sop_deadline': '2020-01-01'})
        checklist = lead.get_sop_checklist()
        self.assertEqual(checklist['deadline_state'], 'late')
        self.assertLess(checklist['days_left'], 0)

    @users('user_sales_salesman')
    def test_stages_to_move_back_to(self):
        lead = self.lead.with_env(self.env)
        stages = lead.get_sop_checklist()['stages']
        self.assertEqual(
            [stage['document_stage'] for stage in stages],
            [{'id': crm_stage.id, 'name': crm_stage.name}
             for crm_stage in (self.stage_team1_1, self.stage_gen_1, self.stage_team1_2)])

    @users('user_sales_salesman')
    def test_completing_where_the_team_has_no_stage(self):
        """The pipeline of this team has no stage for the next step: a sentence, not an empty stage."""
        team = self.env['crm.team'].sudo().create({'name': "Other team"})
        lead = self.lead.with_env(self.env)
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.stage_id = self.stage_gen_1
        lead.team_id = team
        with self.assertRaises(UserError) as caught:
            lead.action_sop_complete_stage()
        self.assertIn("Offer", str(caught.exception))
        lead.invalidate_recordset()
        self.assertEqual(lead.stage_id, self.stage_gen_1)


@tagged('post_install', '-at_install')
class TestSummary(ChecklistCommon):
    """Cards get their numbers in one call."""

    @users('user_sales_salesman')
    def test_summary(self):
        plain = self._create_lead(team_id=False, stage_id=False).with_env(self.env)
        done, undone = self._create_lead().with_env(self.env), self._create_lead().with_env(self.env)
        self._do(done, 'D1')
        summary = (plain | done | undone).get_sop_summary()
        self.assertEqual(summary.keys(), {done.id, undone.id})
        self.assertEqual(summary[undone.id], {
            'open': 1, 'total': 2, 'waived': 0, 'deadline': False, 'deadline_state': 'none', **{
                key: value for key, value in summary[undone.id].items() if key == 'days_left'}})
        self.assertEqual((summary[done.id]['open'], summary[done.id]['total']), (0, 2))

    @users('user_sales_salesman')
    def test_summary_and_checklist_agree(self):
        lead = self.lead.with_env(self.env)
        self._do(lead, 'D1')
        lead.stage_id = self.stage_gen_1
        checklist, summary = lead.get_sop_checklist(), lead.get_sop_summary()[lead.id]
        self.assertEqual(summary['total'] - summary['open'], checklist['done'])
        for key in ('total', 'deadline', 'deadline_state'):
            self.assertEqual(summary[key], checklist[key])

    @users('user_sales_salesman')
    def test_empty(self):
        self.assertEqual(self.env['crm.lead'].get_sop_summary(), {})


@tagged('post_install', '-at_install')
class TestMyItems(ChecklistCommon):
    """What I can do now, over all my documents, the most urgent first."""

    def _get_mine(self, user):
        self.env.invalidate_all()
        result = self.env['crm.lead'].with_user(user).get_sop_my_items()
        return [(entry['res_id'], entry['requirement']['code'], entry['why']) for entry in result['items']]

    def test_my_leads(self):
        other = self._create_lead(user_id=self.user_sales_leads.id)
        self.assertIn((self.lead.id, 'D1', 'tick'), self._get_mine(self.user_sales_salesman))
        self.assertNotIn(other.id, [res_id for res_id, __, __ in self._get_mine(self.user_sales_salesman)])
        self.assertIn((other.id, 'D1', 'tick'), self._get_mine(self.user_sales_leads))

    def test_what_is_done_or_later_is_not_there(self):
        codes = [code for res_id, code, __ in self._get_mine(self.user_sales_salesman) if res_id == self.lead.id]
        self.assertEqual(codes, ['D1'])
        self._do(self.lead, 'D1')
        self.assertFalse([
            code for res_id, code, __ in self._get_mine(self.user_sales_salesman) if res_id == self.lead.id])

    def test_waiting_for_the_second_person(self):
        self._do(self.lead, 'D1', 'Q1', 'Q2')
        self.lead.stage_id = self.stage_team1_2
        self.lead.with_user(self.user_sales_salesman).action_sop_tick(self.items['O2'].id)
        self.assertIn((self.lead.id, 'O2', 'verify'), self._get_mine(self.user_sales_manager))
        self.assertNotIn((self.lead.id, 'O2', 'verify'), self._get_mine(self.user_sales_salesman))

    def test_most_urgent_first(self):
        for name, deadline in (("Later", '2030-01-02'), ("Sooner", '2030-01-01'), ("Never", None)):
            lead = self._create_lead(name=name, user_id=self.user_sales_leads.id)
            self.env['crm.lead']._sop_bulk_update([('id', '=', lead.id)], {'sop_deadline': deadline})
        self.env.invalidate_all()
        items = self.env['crm.lead'].with_user(self.user_sales_leads).get_sop_my_items()['items']
        names = [entry['display_name'] for entry in items]
        self.assertEqual([name for name in names if name in ("Later", "Sooner", "Never")], ["Sooner", "Later", "Never"])

    def test_closed_leads_wait_for_nobody(self):
        self.lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        self.assertFalse([res_id for res_id, __, __ in self._get_mine(self.user_sales_salesman)
                          if res_id == self.lead.id])


@tagged('post_install', '-at_install')
class TestJourney(ChecklistCommon):
    """Seven phases on the lead, its order and its customer."""

    def _get_states(self, record):
        return {step['phase']: step['state'] for step in record.get_sop_journey()}

    @users('user_sales_salesman')
    def test_lead(self):
        lead = self.lead.with_env(self.env)
        journey = lead.get_sop_journey()
        self.assertEqual([step['phase'] for step in journey], [
            's1_market', 's2_contact', 's3_needs', 's4_negotiate', 's5_contract', 's6_execute', 's7_service'])
        self.assertEqual(self._get_states(lead), {
            's1_market': 'current', 's2_contact': 'none', 's3_needs': 'todo', 's4_negotiate': 'todo',
            's5_contract': 'none', 's6_execute': 'none', 's7_service': 'none'})
        self._do(lead, 'D1')
        lead.stage_id = self.stage_gen_1
        states = self._get_states(lead)
        self.assertEqual((states['s1_market'], states['s3_needs']), ('done', 'current'))

    @users('user_sales_salesman')
    def test_lead_without_process(self):
        lead = self._create_lead(team_id=False, stage_id=False).with_env(self.env)
        self.assertEqual(set(self._get_states(lead).values()), {'none'})

    @users('user_sales_salesman')
    def test_order_and_customer(self):
        lead = self.lead.with_env(self.env)
        lead.partner_id = self.contact_1
        order = self.env['sale.order'].create({'partner_id': self.contact_1.id, 'opportunity_id': lead.id})
        self.assertEqual(self._get_states(order)['s1_market'], 'current')
        order.action_confirm()
        for record in (order, self.contact_1.with_env(self.env), self.contact_company_1.with_env(self.env)):
            states = self._get_states(record)
            self.assertEqual((states['s1_market'], states['s6_execute']), ('current', 'current'), record)
        self.assertEqual(set(self._get_states(self.contact_2.with_env(self.env)).values()), {'none'})
