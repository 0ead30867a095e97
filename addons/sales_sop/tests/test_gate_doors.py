from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged, users

from .common import SalesSopCommon, each_actor


@tagged('post_install', '-at_install')
class TestGateWrite(SalesSopCommon):
    """Every way to write another stage on a lead meets the same gate."""

    def assertDoorHolds(self, env, door, stage=None):
        """``door(lead)`` into ``stage`` is refused while D1 is open, and opens when it is done."""
        stage = stage or self.stage_gen_1
        lead = self._create_lead(name="Held at the door").with_env(env)
        with self.assertRefused(lead, 'D1'):
            door(lead)
        self._do(lead, 'D1')
        door(lead)
        self.assertPosition(lead, stage, self.stage_qualify)
        log = self._get_log(lead)[-1]
        self.assertEqual(
            (log.kind, log.from_stage_id, log.to_stage_id, log.user_id, log.missing_count),
            ('forward', self.stage_discover, self.stage_qualify, env.user, 0))

    @each_actor
    def test_form(self, env):
        def door(lead):
            with Form(lead) as form:
                form.stage_id = self.stage_gen_1
        self.assertDoorHolds(env, door)

    @each_actor
    def test_kanban_drag(self, env):
        self.assertDoorHolds(env, lambda lead: lead.web_save(
            {'stage_id': self.stage_gen_1.id}, {'stage_id': {'fields': {'display_name': {}}}}))

    @each_actor
    def test_list_multi_edit(self, env):
        self.assertDoorHolds(env, lambda lead: lead.web_save_multi(
            [{'stage_id': self.stage_gen_1.id}], {'stage_id': {}}))

    @each_actor
    def test_write(self, env):
        self.assertDoorHolds(env, lambda lead: lead.write({'stage_id': self.stage_gen_1.id}))

    @each_actor
    def test_write_that_also_meets_the_item(self, env):
        lead = self._create_lead(email_from=False).with_env(env)
        self._do(lead, 'D1')
        with self.assertRefused(lead, 'D2'):
            lead.stage_id = self.stage_gen_1
        lead.write({'stage_id': self.stage_gen_1.id, 'email_from': 'new@customer.example.com'})
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)

    @each_actor
    def test_write_that_takes_the_fact_away(self, env):
        lead = self._create_lead().with_env(env)
        self._do(lead, 'D1')
        with self.assertRefused(lead, 'D2'):
            lead.write({'stage_id': self.stage_gen_1.id, 'email_from': False})

    @each_actor
    def test_load_of_an_existing_lead(self, env):
        """An import reports the refusal of the gate as an error of the line and changes nothing."""
        lead = self._create_lead(name="Imported again").with_env(env)
        rows = [[str(lead.id), str(self.stage_gen_1.id)]]
        result = lead.browse().load(['.id', 'stage_id/.id'], rows)
        self.assertFalse(result['ids'])
        self.assertIn("Budget confirmed", result['messages'][0]['message'])
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)
        self._do(lead, 'D1')
        self.assertTrue(lead.browse().load(['.id', 'stage_id/.id'], rows)['ids'])
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)

    @each_actor
    def test_complete_stage(self, env):
        if not env.user.has_group('sales_sop.group_sop_user'):
            return
        self.assertDoorHolds(env, lambda lead: lead.action_sop_complete_stage())

    @each_actor
    def test_move_back_does_not_move_forward(self, env):
        lead = self._create_lead().with_env(env)
        with self.assertRefused(lead, 'D1'):
            lead.action_sop_move_back(self.stage_gen_1.id, "Backwards, honestly")

    @each_actor
    def test_skipping_a_stage_answers_for_all_behind(self, env):
        lead = self._create_lead().with_env(env)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.stage_id = self.stage_team1_2
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.stage_id = self.stage_team1_2
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)

    @each_actor
    def test_item_of_an_earlier_stage_revoked(self, env):
        lead = self._create_lead().with_env(env)
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.stage_id = self.stage_gen_1
        self._get_check(lead, 'D1').with_user(self.user_sales_manager).action_revoke("Budget was cut")
        with self.assertRefused(lead, 'D1'):
            lead.stage_id = self.stage_team1_2

    @each_actor
    def test_recommended_item_never_holds(self, env):
        lead = self._create_lead().with_env(env)
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        self.assertFalse(self._get_check(lead, 'Q3'))
        lead.stage_id = self.stage_team1_2
        self.assertPosition(lead, self.stage_team1_2, self.stage_offer)

    @each_actor
    def test_same_stage_is_no_move(self, env):
        lead = self._create_lead().with_env(env)
        logged = len(self._get_log(lead))
        lead.write({'stage_id': lead.stage_id.id, 'name': "Renamed"})
        self.assertEqual(len(self._get_log(lead)), logged)


@tagged('post_install', '-at_install')
class TestGateCreate(SalesSopCommon):
    """A lead that is created in a late stage has skipped nothing."""

    @each_actor
    def test_create_in_first_stage(self, env):
        lead = self._create_lead(env)
        self.assertEqual(lead.sudo().sop_process_id, self.process)
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_create_in_late_stage(self, env):
        with self.assertRefused(env['crm.lead']) as caught:
            self._create_lead(env, name="Straight to the offer", stage_id=self.stage_team1_2.id)
        for text in ("Straight to the offer", "Budget confirmed", "Business licence", "Value estimated"):
            self.assertIn(text, str(caught.exception))
        self.assertFalse(self.env['crm.lead'].search([('name', '=', "Straight to the offer")]))

    @each_actor
    def test_create_in_won_stage(self, env):
        with self.assertRefused(env['crm.lead']) as caught:
            self._create_lead(env, name="Born won", stage_id=self.stage_team1_won.id)
        self.assertIn("Quotation made", str(caught.exception))

    @each_actor
    def test_create_through_default_in_context(self, env):
        with self.assertRefused(env['crm.lead']):
            env['crm.lead'].with_context(default_stage_id=self.stage_team1_2.id).create({
                'name': "By default", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
                'user_id': self.user_sales_salesman.id})

    @each_actor
    def test_web_save_of_a_new_lead(self, env):
        with self.assertRefused(env['crm.lead']):
            env['crm.lead'].web_save({
                'name': "Quick create", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
                'user_id': self.user_sales_salesman.id, 'stage_id': self.stage_team1_2.id}, {'name': {}})

    @each_actor
    def test_name_create(self, env):
        lead_model = env['crm.lead'].with_context(
            default_type='opportunity', default_team_id=self.sales_team_1.id, default_stage_id=self.stage_team1_2.id,
            default_user_id=self.user_sales_salesman.id)
        with self.assertRefused(env['crm.lead']):
            lead_model.name_create("Quick create by name")

    @each_actor
    def test_load(self, env):
        """A row that the gate refuses is not imported; the others are."""
        mails = [f'{name}{env.uid}{env.su}@customer.example.com'.lower() for name in ('early', 'late')]
        stages = (self.stage_team1_1, self.stage_team1_2)
        result = env['crm.lead'].load(
            ['name', 'type', 'team_id/.id', 'stage_id/.id', 'user_id/.id', 'email_from'],
            [
                [f"Imported {mail}", 'opportunity', str(self.sales_team_1.id), str(stage.id),
                 str(self.user_sales_salesman.id), mail]
                for mail, stage in zip(mails, stages, strict=True)
            ])
        self.assertIn("Budget confirmed", str(result['messages']))
        found = self.env['crm.lead'].search([('email_from', 'in', mails)])
        self.assertEqual((found.email_from, found.stage_id), (mails[0], stages[0]))

    @each_actor
    def test_copy_starts_at_the_beginning(self, env):
        lead = self._create_lead()
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.stage_id = self.stage_team1_2
        copy = lead.with_env(env).copy()
        self.assertFalse(copy.sudo().sop_check_ids, "Evidence is about one document")
        self.assertFalse(copy.sudo().sop_transition_ids)
        self.assertPosition(copy, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_copy_into_a_late_stage(self, env):
        lead = self.lead.with_env(env)
        with self.assertRefused(env['crm.lead']):
            lead.copy({'stage_id': self.stage_team1_2.id})

    @each_actor
    def test_order_that_makes_an_opportunity_of_a_nested_create(self, env):
        """A one2many command on another record creates leads as well."""
        with self.assertRefused(env['crm.lead']):
            env['res.partner'].sudo().create({
                'name': "Customer", 'opportunity_ids': [Command.create({
                    'name': "Nested", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
                    'stage_id': self.stage_team1_2.id})]})


@tagged('post_install', '-at_install')
class TestGateWon(SalesSopCommon):
    """Won is the end of the procedure: all of it is asked."""

    def assertWonHolds(self, env, door):
        lead = self._create_lead(name="Nearly won").with_env(env)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            door(lead)
        self._do_all(lead)
        door(lead)
        self.assertEqual(lead.won_status, 'won')
        self.assertEqual((lead.sudo().sop_outcome, self._get_log(lead)[-1].kind), ('won', 'won'))

    @each_actor
    def test_action_set_won(self, env):
        self.assertWonHolds(env, lambda lead: lead.action_set_won())

    @each_actor
    def test_action_set_won_rainbowman(self, env):
        self.assertWonHolds(env, lambda lead: lead.action_set_won_rainbowman())

    @each_actor
    def test_write_of_a_won_stage(self, env):
        self.assertWonHolds(env, lambda lead: lead.write({'stage_id': self.stage_team1_won.id}))

    @each_actor
    def test_write_of_a_won_stage_of_all_teams(self, env):
        self.assertWonHolds(env, lambda lead: lead.write({'stage_id': self.stage_gen_won.id}))

    @each_actor
    def test_full_probability_alone_is_not_won(self, env):
        lead = self._create_lead().with_env(env)
        lead.probability = 100
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_won_stage_with_forged_status(self, env):
        """`won_status` is computed; what a client writes into it does not count."""
        for status in ('pending', 'lost'):
            lead = self._create_lead(lost_reason_id=self.lost_reason.id).with_env(env)
            with self.subTest(status=status), self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
                lead.write({'stage_id': self.stage_team1_won.id, 'won_status': status})

    @each_actor
    def test_create_in_won_stage_with_forged_status(self, env):
        with self.assertRefused(env['crm.lead']):
            self._create_lead(env, stage_id=self.stage_team1_won.id, won_status='pending')

    @each_actor
    def test_lost_by_forged_status_opens_nothing(self, env):
        """A lead that only claims to be lost still meets the gate."""
        lead = self._create_lead(lost_reason_id=self.lost_reason.id).with_env(env)
        lead.write({'won_status': 'lost'})
        with self.assertRefused(lead, 'D1'):
            lead.write({'stage_id': self.stage_gen_1.id})

    @each_actor
    def test_status_forged_after_the_fact(self, env):
        lead = self._create_lead().with_env(env)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            lead.write({'stage_id': self.crm_stage_other.id})
            lead.write({'stage_id': self.stage_team1_won.id, 'won_status': 'pending', 'probability': 50})

    @users('user_sales_manager')
    def test_stage_becomes_won_under_its_leads(self):
        """No lead changes its stage, and all of them are won at once."""
        done, undone = self._create_lead(name="Complete"), self._create_lead(name="Incomplete")
        for lead in done, undone:
            self._do_all(lead, self.stage_discover, self.stage_qualify)
        self._do_all(done, self.stage_offer)
        (done | undone).stage_id = self.stage_team1_2
        stage = self.stage_team1_2.with_env(self.env)
        with self.assertRefused(undone, 'O1', 'O2') as caught:
            stage.is_won = True
        self.assertNotIn("Complete", str(caught.exception).replace("Incomplete", ""))
        self.assertPosition(done, self.stage_team1_2, self.stage_offer)
        self._do_all(undone, self.stage_offer)
        stage.is_won = True
        self.assertEqual((done | undone).mapped('sop_outcome'), ['won', 'won'])

    @each_actor
    def test_other_stage_becomes_won(self, env):
        lead = self._create_lead(name="Parked")
        lead.stage_id = self.crm_stage_other
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            self.crm_stage_other.with_env(env).sudo().is_won = True

    @users('user_sales_salesman')
    def test_won_stage_that_stands_for_the_last_step(self):
        """Winning asks for the last step as well, also when the won stage of the pipeline stands for it."""
        self.process.action_unpublish()
        process = self._create_process('won_mapped', self.sales_team_1)
        process.stage_ids[-1].crm_stage_ids = self.stage_team1_2 | self.stage_team1_won
        self._publish(process)
        self.items = {item.code: item for item in process.stage_ids.requirement_ids}
        lead = self._create_lead(name="Won in the last step").with_env(self.env)
        self._do_all(lead, *process.stage_ids[:2])
        with self.assertRefused(lead, 'O1', 'O2'):
            lead.stage_id = self.stage_team1_won
        self._do_all(lead, process.stage_ids[2])
        lead.stage_id = self.stage_team1_won
        self.assertEqual(lead.sop_outcome, 'won')


@tagged('post_install', '-at_install')
class TestGateBatch(SalesSopCommon):
    """Several leads at once: all move, or none."""

    @each_actor
    def test_mixed_batch_moves_nothing_and_names_each(self, env):
        done = self._create_lead(name="Complete A") | self._create_lead(name="Complete B")
        undone = self._create_lead(name="Lacking A") | self._create_lead(name="Lacking B")
        for lead in done:
            self._do(lead, 'D1')
        before = self._read_position(done)
        with self.assertRefused(undone.with_env(env), 'D1') as caught:
            (done | undone).with_env(env).write({'stage_id': self.stage_gen_1.id})
        self.assertEqual(self._read_position(done), before)
        self.assertNotIn("Complete", str(caught.exception))
        for lead in undone:
            self._do(lead, 'D1')
        (done | undone).with_env(env).write({'stage_id': self.stage_gen_1.id})
        self.assertEqual((done | undone).sop_stage_id, self.stage_qualify)

    @each_actor
    def test_batch_created(self, env):
        values = {
            'type': 'opportunity', 'team_id': self.sales_team_1.id, 'user_id': self.user_sales_salesman.id}
        with self.assertRefused(env['crm.lead']) as caught:
            env['crm.lead'].create([
                {**values, 'name': "Early", 'stage_id': self.stage_team1_1.id},
                {**values, 'name': "Late 1", 'stage_id': self.stage_gen_1.id},
                {**values, 'name': "Late 2", 'stage_id': self.stage_team1_2.id},
            ])
        self.assertEqual(
            [document['name'] for document in caught.exception.context['sop']['documents']], ["Late 1", "Late 2"])

    @each_actor
    def test_batch_won(self, env):
        leads = self._create_lead(name="Won A") | self._create_lead(name="Won B")
        self._do_all(leads[0])
        with self.assertRefused(leads[1].with_env(env), 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            leads.with_env(env).action_set_won()
        self.assertPosition(leads[0], self.stage_team1_1, self.stage_discover)

    def test_long_refusal_is_cut_and_counted(self):
        leads = self.env['crm.lead'].browse(self._create_lead(name=f"Lead {number}").id for number in range(25))
        with self.assertRaises(UserError) as caught:
            leads.write({'stage_id': self.stage_gen_1.id})
        payload = caught.exception.context['sop']
        self.assertEqual((len(payload['documents']), payload['more']), (20, 5))
        self.assertIn("5 more", str(caught.exception))


@tagged('post_install', '-at_install')
class TestGateRefusal(SalesSopCommon):
    """A refusal helps: it says who can do what."""

    @users('user_sales_salesman')
    def test_payload_of_a_salesperson(self):
        lead = self.lead.with_env(self.env)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2') as caught:
            lead.stage_id = self.stage_team1_2
        payload = caught.exception.context['sop']
        self.assertEqual(payload['target'], {'stage_id': self.stage_team1_2.id, 'name': "Proposition"})
        document = payload['documents'][0]
        self.assertEqual(
            (document['res_model'], document['res_id'], document['name']), ('crm.lead', lead.id, "Ten pumps"))
        first, __, third = document['items']
        self.assertEqual(first, {
            'id': self.items['D1'].id, 'code': 'D1', 'name': "Budget confirmed", 'kind': 'confirm',
            'stage': "Discover", 'who': "Sales rep", 'waivable': True, 'can_waive': False, 'link': False})
        self.assertEqual((third['waivable'], third['can_waive']), (False, False))

    @users('user_sales_manager')
    def test_payload_of_a_manager(self):
        lead = self.lead.with_env(self.env)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2') as caught:
            lead.stage_id = self.stage_team1_2
        waive = {item['code']: item['can_waive'] for item in caught.exception.context['sop']['documents'][0]['items']}
        self.assertEqual(waive, {'D1': True, 'Q1': True, 'Q2': False})

    @users('user_sales_salesman')
    def test_text_alone_is_complete(self):
        lead = self.lead.with_env(self.env)
        with self.assertRefused(lead, 'D1') as caught:
            lead.stage_id = self.stage_gen_1
        for text in ("Ten pumps", "Qualify", "D1 Budget confirmed", "Discover", "Sales rep"):
            self.assertIn(text, str(caught.exception))

    def test_refusal_in_chinese(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.items['D1'].with_context(lang='zh_CN').name = "预算已确认"
        with self.assertRefused(self.lead.browse()) as caught:
            self.lead.with_context(lang='zh_CN').stage_id = self.stage_gen_1
        self.assertIn("预算已确认", str(caught.exception))


@tagged('post_install', '-at_install')
class TestGateSilentMoves(SalesSopCommon):
    """Stages that change without anybody naming a stage."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team_plain = cls.env['crm.team'].create({'name': "Team without a procedure"})
        cls.stage_plain = cls.env['crm.stage'].create({
            'name': "Plain", 'sequence': 2, 'team_ids': [Command.set(cls.team_plain.ids)]})

    @each_actor
    def test_team_change_resets_the_stage_forward(self, env):
        """Odoo puts the lead into the first stage of the new team; here that is a later step."""
        self.stage_plain.sequence = 8
        lead = self._create_lead().with_env(env)
        with self.assertRefused(lead, 'D1'):
            lead.team_id = self.team_plain
        self._do(lead, 'D1')
        lead.team_id = self.team_plain
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)

    @each_actor
    def test_team_change_resets_the_stage_backward(self, env):
        self.stage_plain.sequence = 8
        lead = self._create_lead()
        self._do_all(lead, self.stage_discover, self.stage_qualify)
        lead.stage_id = self.stage_team1_2
        lead.with_env(env).team_id = self.team_plain
        self.assertPosition(lead, self.stage_gen_1, self.stage_qualify)
        log = self._get_log(lead)[-1]
        self.assertEqual(log.kind, 'backward')
        self.assertTrue(log.reason, "A silent reset still says why in the log")

    @each_actor
    def test_team_without_procedure_and_back(self, env):
        """The way round by a team that follows nothing does not launder a lead."""
        lead = self._create_lead().with_env(env)
        lead.team_id = self.team_plain
        self.assertEqual(lead.stage_id, self.stage_plain)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.write({'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_2.id})
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.stage_id = self.stage_team1_2
            lead.team_id = self.sales_team_1
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            lead.action_set_won()

    @each_actor
    def test_lead_of_a_team_without_procedure_enters(self, env):
        lead = self._create_lead(team_id=self.team_plain.id, stage_id=self.stage_plain.id).with_env(env)
        self.assertFalse(lead.sudo().sop_process_id)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.write({'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_2.id})
        lead.write({'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_1.id})
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_stage_without_counterpart_is_no_step(self, env):
        lead = self._create_lead().with_env(env)
        lead.stage_id = self.crm_stage_other
        self.assertPosition(lead, self.crm_stage_other, self.stage_discover)
        with self.assertRefused(lead, 'D1'):
            lead.stage_id = self.stage_gen_1
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            lead.action_set_won()
        lead.stage_id = self.stage_team1_1
        self.assertPosition(lead, self.stage_team1_1, self.stage_discover)

    @each_actor
    def test_archived_moved_and_brought_back(self, env):
        lead = self._create_lead().with_env(env)
        lead.probability = 20
        lead.active = False
        with self.assertRefused(lead, 'D1'):
            lead.stage_id = self.stage_gen_1
            lead.active = True

    @each_actor
    def test_lost_moved_and_restored(self, env):
        lead = self._create_lead().with_env(env)
        lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2'):
            lead.stage_id = self.stage_team1_2
            lead.action_restore()

    @each_actor
    def test_lost_won_from_there(self, env):
        lead = self._create_lead().with_env(env)
        lead.action_set_lost(lost_reason_id=self.lost_reason.id)
        with self.assertRefused(lead, 'D1', 'Q1', 'Q2', 'O1', 'O2'):
            lead.action_set_won()

    @users('user_sales_manager')
    def test_pipeline_stage_in_use_is_not_deleted(self):
        with self.assertRaises(UserError) as caught:
            self.stage_gen_1.with_env(self.env).unlink()
        self.assertIn("Qualify", str(caught.exception))
