from odoo.tests import Form, tagged, users

from .common import SalesSopCommon, each_actor


@tagged('post_install', '-at_install')
class TestLost(SalesSopCommon):
    """Losing needs a reason and nothing else."""

    @each_actor
    def test_lost_without_reason(self, env):
        for probability in (40, 0):
            lead = self._create_lead(name="Lost in silence", probability=probability).with_env(env)
            with self.subTest(probability=probability), self.assertRefused(lead, kind='lost') as caught:
                lead.action_set_lost()
            self.assertIn("reason", str(caught.exception))

    @each_actor
    def test_lost_with_reason_is_not_held_by_the_checklist(self, env):
        for probability in (40, 0):
            lead = self._create_lead(name="Lost", probability=probability).with_env(env)
            with self.subTest(probability=probability):
                lead.action_set_lost(lost_reason_id=self.lost_reason.id)
                self.assertFalse(lead.active)
                self.assertPosition(lead, self.stage_team1_1, self.stage_discover, 'lost')
                log = self._get_log(lead)
                self.assertEqual(
                    (log.kind, log.reason, log.from_stage_id), ('lost', "Competitor was cheaper", self.stage_discover))

    @each_actor
    def test_wizard(self, env):
        lead = self._create_lead(name="Lost by the button").with_env(env)
        wizard = env['crm.lead.lost'].with_context(default_lead_ids=lead.ids)
        with self.assertRefused(lead, kind='lost'):
            wizard.create({}).action_lost_reason_apply()
        wizard.create({'lost_reason_id': self.lost_reason.id, 'lost_feedback': "<p>Price</p>"}) \
            .action_lost_reason_apply()
        self.assertEqual(lead.sudo().sop_outcome, 'lost')

    @users('user_sales_salesman')
    def test_wizard_form(self):
        lead = self.lead.with_env(self.env)
        with Form(self.env['crm.lead.lost'].with_context(default_lead_ids=lead.ids)) as form:
            form.lost_reason_id = self.lost_reason
        form.record.action_lost_reason_apply()
        self.assertEqual(lead.sop_outcome, 'lost')

    @each_actor
    def test_several_lost_at_once(self, env):
        leads = self._create_lead(name="Lost A", probability=40) | self._create_lead(name="Lost B", probability=60)
        leads = leads.with_env(env)
        with self.assertRefused(leads, kind='lost'):
            leads.action_set_lost()
        leads.action_set_lost(lost_reason_id=self.lost_reason.id)
        self.assertEqual(leads.sudo().mapped('sop_outcome'), ['lost', 'lost'])

    @each_actor
    def test_lost_by_plain_writes(self, env):
        lead = self._create_lead().with_env(env)
        with self.assertRefused(lead, kind='lost'):
            lead.write({'active': False, 'probability': 0})
        lead.write({'active': False, 'probability': 0, 'lost_reason_id': self.lost_reason.id})
        self.assertEqual(lead.sudo().sop_outcome, 'lost')

    @each_actor
    def test_archiving_is_not_losing(self, env):
        lead = self._create_lead(probability=40).with_env(env)
        lead.action_archive()
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_lost_lead_has_no_deadline_to_miss(self, env):
        lead = self._create_lead()
        self._do(lead, 'D1')
        lead.stage_id = self.stage_gen_1
        lead.with_env(env).action_set_lost(lost_reason_id=self.lost_reason.id)
        self.assertFalse(lead.sop_is_overdue)
        self.assertEqual(lead.get_sop_checklist()['deadline_state'], 'none')


@tagged('post_install', '-at_install')
class TestRestore(SalesSopCommon):
    """A restored lead is where it was."""

    def _create_lost(self):
        lead = self._create_lead(name="Lost and found")
        self._do(lead, 'D1')
        lead.stage_id = self.stage_gen_1
        lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        return lead

    @each_actor
    def test_restore_returns_to_where_it_was(self, env):
        lead = self._create_lost().with_env(env)
        lead.action_restore()
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)
        log = self._get_log(lead)[-1]
        self.assertEqual((log.kind, log.to_stage_id), ('restored', self.stage_qualify))
        self.assertTrue(self._get_check(lead, 'D1'))

    @each_actor
    def test_unarchive(self, env):
        lead = self._create_lost().with_env(env)
        lead.action_unarchive()
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)

    @each_actor
    def test_restored_lead_goes_on_through_the_gate(self, env):
        lead = self._create_lost().with_env(env)
        lead.action_restore()
        with self.assertRefused(lead, 'Q1', 'Q2'):
            lead.stage_id = self.stage_team1_2

    @each_actor
    def test_restored_has_time_again(self, env):
        """The time limit starts anew: nobody is late for the time it was lost."""
        lead = self._create_lost()
        lead.with_env(env).action_restore()
        self.assertTrue(lead.sop_deadline)
        self.assertFalse(lead.sop_is_overdue)

    @each_actor
    def test_restored_into_an_earlier_stage(self, env):
        lead = self._create_lost().with_env(env)
        lead.stage_id = self.stage_team1_1
        lead.action_restore()
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_born_lost_and_restored_in_a_late_stage(self, env):
        """Imported history of lost leads comes in freely; brought back to life it answers for the way."""
        lead = self._create_lead(
            env, name="Lost long ago", stage_id=self.stage_team1_2.id, active=False, probability=0,
            lost_reason_id=self.lost_reason.id)
        self.assertEqual(lead.sudo().sop_outcome, 'lost')
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.action_restore()
