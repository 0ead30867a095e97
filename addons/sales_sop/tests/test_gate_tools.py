from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged, users

from ..engine import with_cause
from .common import SalesSopCommon, each_actor


@tagged('post_install', '-at_install')
class TestGateConversion(SalesSopCommon):
    """A lead that becomes an opportunity keeps its place, and jumps over nothing."""

    def _convert(self, env, leads, **values):
        if len(leads) == 1:
            wizard = env['crm.lead2opportunity.partner'].with_context(
                active_model='crm.lead', active_id=leads.id, active_ids=leads.ids)
            wizard.create({'name': 'convert', 'lead_id': leads.id, 'action': 'create', **values}).action_apply()
        else:
            wizard = env['crm.lead2opportunity.partner.mass'].with_context(
                active_model='crm.lead', active_ids=leads.ids)
            wizard.create({'name': 'convert', 'deduplicate': False, **values}).action_mass_convert()

    @each_actor
    def test_lead_follows_the_process_before_and_after(self, env):
        lead = self._create_lead(name="A lead", type='lead')
        self._do(lead, 'D1')
        check = self._get_check(lead, 'D1')
        self._convert(env, lead.with_env(env), user_id=self.user_sales_salesman.id, team_id=self.sales_team_1.id)
        self.assertEqual(lead.type, 'opportunity')
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)
        self.assertEqual(self._get_check(lead, 'D1'), check)

    @each_actor
    def test_conversion_of_a_lead_in_a_late_stage(self, env):
        """A process for opportunities only asks a lead for what it skipped when it becomes one."""
        as_lead = self._prepare_opportunity_process()
        lead = self._create_lead(name="Late lead", type='lead', stage_id=self.stage_team1_2.id)
        self.assertFalse(lead.sop_process_id)
        with self.assertRefused(lead.with_env(env), 'D1', 'Q1', 'Q2'):
            self._convert(env, lead.with_env(env), user_id=self.user_sales_salesman.id, team_id=self.sales_team_1.id)
        lead.stage_id = self.stage_team1_1
        self._convert(env, lead.with_env(env), user_id=self.user_sales_salesman.id, team_id=self.sales_team_1.id)
        self.assertEqual(lead.sop_process_id, as_lead)
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_mass_conversion_names_the_one_that_is_late(self, env):
        self._prepare_opportunity_process()
        early = self._create_lead(name="Early lead", type='lead')
        late = self._create_lead(name="Late lead", type='lead', stage_id=self.stage_team1_2.id)
        with self.assertRefused(late.with_env(env), 'D1', 'Q1', 'Q2'):
            self._convert(
                env, (early | late).with_env(env), user_ids=[Command.set(self.user_sales_salesman.ids)],
                team_id=self.sales_team_1.id)
        self.assertEqual(early.type, 'lead')

    @each_actor
    def test_convert_opportunity(self, env):
        self._prepare_opportunity_process()
        lead = self._create_lead(name="Late lead", type='lead', stage_id=self.stage_team1_2.id)
        with self.assertRefused(lead.with_env(env), 'D1', 'Q1', 'Q2'):
            lead.with_env(env).convert_opportunity(self.env['res.partner'])

    def _prepare_opportunity_process(self):
        """The same process, for opportunities only."""
        if self.process.state == 'published':
            self.process.action_unpublish()
            process = self._create_process('opportunities', self.sales_team_1, domain="[('type', '=', 'opportunity')]")
            self._publish(process)
            self.items = {item.code: item for item in process.stage_ids.requirement_ids}
        return self.env['sop.process'].search([('code', '=', 'opportunities')])


@tagged('post_install', '-at_install')
class TestGateMerge(SalesSopCommon):
    """Merging keeps the evidence of all and moves nobody."""

    def _create_pair(self):
        """Two leads of one customer: the further one has Q1 done, the other one D1 and Q1."""
        ahead = self._create_lead(name="Further", stage_id=self.stage_team1_1.id, probability=60)
        behind = self._create_lead(name="Behind", probability=10)
        self._do(ahead, 'Q1')
        self._do(behind, 'D1', 'Q1')
        return ahead, behind

    def assertMerged(self, head, done_by, licence):
        self.assertEqual(self._get_check(head, 'D1').done_by_id, done_by)
        live = self._get_check(head, 'Q1')
        self.assertEqual(len(live), 1, "Of two live checks of one item, one stays live")
        self.assertEqual(live, licence)
        self.assertTrue(live.attachment_ids.raw)
        checks = self.env['sop.check'].search([('lead_id', '=', head.id)])
        self.assertEqual(len(checks), 3, "The evidence of the merged lead is kept")
        revoked = checks.filtered('revoked_date')
        self.assertEqual(revoked.requirement_id, self.items['Q1'])
        self.assertTrue(revoked.revoke_reason)
        self.assertTrue(revoked.attachment_ids, "Its files as well")

    @each_actor
    def test_merge_opportunity(self, env):
        ahead, behind = self._create_pair()
        licence = self._get_check(ahead, 'Q1')
        head = (ahead | behind).with_env(env).merge_opportunity()
        self.assertEqual(head, ahead)
        self.assertFalse(behind.exists())
        self.assertMerged(head, self.user_sales_salesman, licence)
        self.assertPosition(head, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_merge_wizard(self, env):
        ahead, behind = self._create_pair()
        licence = self._get_check(ahead, 'Q1')
        env['crm.merge.opportunity'].with_context(active_ids=(ahead | behind).ids).create({
            'user_id': self.user_sales_salesman.id, 'team_id': self.sales_team_1.id}).action_merge()
        self.assertMerged((ahead | behind).exists(), self.user_sales_salesman, licence)

    @each_actor
    def test_merge_keeps_the_log(self, env):
        ahead, behind = self._create_pair()
        behind.stage_id = self.stage_gen_1
        with_cause(behind, "Test").stage_id = self.stage_team1_1
        moves = self._get_log(behind)
        self.assertEqual(len(moves), 2)
        head = (ahead | behind).with_env(env).merge_opportunity()
        self.assertLessEqual(moves, self._get_log(head))

    @each_actor
    def test_merged_lead_does_not_lift_the_other_over_the_gate(self, env):
        """The stage of the merged opportunity is that of the best one; it must have earned it."""
        ahead = self._create_lead(name="Earned it", probability=10)
        self._do_all(ahead, self.stage_discover, self.stage_qualify)
        ahead.stage_id = self.stage_team1_2
        plain = self._create_lead(name="Did not", probability=90)
        head = (ahead | plain).with_env(env).merge_opportunity()
        statuses = head.sudo()._get_sop_statuses((self.stage_discover | self.stage_qualify).requirement_ids)
        if head.stage_id == self.stage_team1_2:
            self.assertEqual(statuses[head.id, self.items['D1'].id], 'done')
            self.assertEqual(statuses[head.id, self.items['Q1'].id], 'done')
        else:
            self.assertPosition(head, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_merge_into_a_lead_without_procedure(self, env):
        """What was recorded is not lost, whatever the head follows."""
        team = self.env['crm.team'].create({'name': "Plain team"})
        stage = self.env['crm.stage'].create({
            'name': "Plain", 'sequence': 8, 'team_ids': [Command.set(team.ids)]})
        head = self._create_lead(name="Plain", team_id=team.id, stage_id=stage.id, probability=90)
        tail = self._create_lead(name="In the procedure", probability=10)
        self._do(tail, 'D1')
        check = self._get_check(tail, 'D1')
        merged = (head | tail).with_env(env).merge_opportunity()
        self.assertEqual(merged, head)
        self.assertEqual(check.exists().lead_id, head)

    @each_actor
    def test_conversion_that_merges(self, env):
        ahead, behind = self._create_pair()
        lead = self._create_lead(name="Third request", type='lead')
        self._do(lead, 'D1')
        env['crm.lead2opportunity.partner'].with_context(
            active_model='crm.lead', active_id=lead.id, active_ids=lead.ids).create({
                'name': 'merge', 'lead_id': lead.id, 'action': 'create', 'user_id': self.user_sales_salesman.id,
                'team_id': self.sales_team_1.id,
                'duplicated_lead_ids': [Command.set((ahead | behind | lead).ids)]}).action_apply()
        head = (ahead | behind | lead).exists()
        self.assertEqual(len(head), 1)
        self.assertEqual(len(self.env['sop.check'].search([('lead_id', '=', head.id)])), 4)
        self.assertEqual(len(self._get_check(head, 'D1')), 1)


@tagged('post_install', '-at_install')
class TestGateAutomation(SalesSopCommon):
    """Rules and server actions of an administrator are no way round."""

    def _create_rule(self, **action):
        model = self.env['ir.model']._get('crm.lead')
        return self.env['base.automation'].create({
            'name': "Hot leads go to the offer",
            'model_id': model.id,
            'trigger': 'on_create_or_write',
            'trigger_field_ids': [Command.set(self.env['ir.model.fields']._get('crm.lead', 'priority').ids)],
            'filter_domain': "[('priority', '=', '2')]",
            'action_server_ids': [Command.create({
                'name': "To the offer", 'model_id': model.id, 'usage': 'base_automation', **action})],
        })

    def assertRuleHolds(self, env):
        lead = self._create_lead(name="Hot").with_env(env)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.priority = '2'
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.priority = '2'
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)

    @each_actor
    def test_rule_updates_the_stage(self, env):
        self._create_rule(
            state='object_write', update_path='stage_id', evaluation_type='value',
            resource_ref=f'crm.stage,{self.stage_team1_2.id}')
        self.assertRuleHolds(env)

    @each_actor
    def test_rule_runs_code(self, env):
        self._create_rule(state='code', code=f"records.write({{'stage_id': {self.stage_team1_2.id}}})")
        self.assertRuleHolds(env)

    @each_actor
    def test_rule_runs_code_with_a_context(self, env):
        self._create_rule(
            state='code',
            code="records.sudo().with_context(sop_engine=True, sop_move='ok', install_mode=True)"
                 f".write({{'stage_id': {self.stage_team1_2.id}}})")
        self.assertRuleHolds(env)

    @each_actor
    def test_rule_on_create(self, env):
        self._create_rule(state='code', code=f"records.write({{'stage_id': {self.stage_team1_2.id}}})")
        with self.assertRefused(env['crm.lead']):
            self._create_lead(env, priority='2')

    @users('user_sales_manager')
    def test_server_action_on_a_selection(self):
        action = self.env['ir.actions.server'].sudo().create({
            'name': "Won at once", 'model_id': self.env['ir.model']._get('crm.lead').id, 'state': 'code',
            'code': "records.action_set_won()"})
        lead = self.lead.with_env(self.env)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            action.sudo(False).with_context(active_model='crm.lead', active_ids=lead.ids, active_id=lead.id).run()


@tagged('post_install', '-at_install')
class TestGateMail(SalesSopCommon):
    """Mail and web forms make leads; they start at the beginning like any other."""

    def test_mail_makes_a_lead(self):
        with self.mock_mail_gateway():
            lead = self.format_and_process(
                MAIL, 'buyer@customer.example.com', f'{self.sales_team_1.alias_name}@{self.alias_domain}',
                subject="We need pumps", target_model='crm.lead')
        self.assertEqual(lead.sop_process_id, self.process)
        self.assertEqual(lead.sop_stage_id, self.stage_discover)

    def test_message_new_with_a_late_stage(self):
        with self.assertRefused(self.env['crm.lead']):
            self.env['crm.lead'].message_new(
                {'subject': "Straight to the offer", 'email_from': 'buyer@customer.example.com', 'body': ''},
                {'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_2.id, 'type': 'opportunity'})

    def test_alias_with_a_late_stage(self):
        """Defaults of an alias are values like any other; the mail is not lost, the sender can be answered."""
        self.sales_team_1.alias_defaults = repr({
            'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_2.id, 'type': 'opportunity'})
        # The gateway answers the sender with a cursor of its own.
        with self.mock_mail_gateway(), self.enter_registry_test_mode(), self.assertRefused(self.env['crm.lead']):
            self.format_and_process(
                MAIL, 'buyer@customer.example.com', f'{self.sales_team_1.alias_name}@{self.alias_domain}',
                subject="We need pumps", target_model='crm.lead')

    def test_answer_by_mail_is_no_move(self):
        with patch.object(self.env.registry['crm.lead'], '_sop_pass_gate', autospec=True) as gate:
            self.lead.message_update({'subject': "Re: pumps", 'body': '', 'email_from': 'buyer@customer.example.com'})
        gate.assert_not_called()


MAIL = """Return-Path: {return_path}
To: {to}
cc: {cc}
Received: by mail.example.com (Postfix, from userid xxx)
    id 822ECBFB67; Mon, 24 Oct 2011 07:36:51 +0200 (CEST)
From: {email_from}
Subject: {subject}
MIME-Version: 1.0
Content-Type: text/plain
Date: Fri, 10 Aug 2012 14:16:26 +0000
Message-ID: {msg_id}
{extra}

Please send an offer.
"""
