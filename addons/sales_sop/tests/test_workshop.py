from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged, users
from odoo.tools import mute_logger

from .common import SalesSopHttpCommon
from .solution_common import SolutionCommon


@tagged('post_install', '-at_install')
class TestWorkshop(SolutionCommon):
    """Somebody who knows the product is there, or the workshop is not done (S3.3)."""

    def test_done_with_an_expert_and_a_chosen_option(self):
        workshop = self._create_workshop()
        self.assertEqual((workshop.sop_workshop_state, self.lead.sop_workshop_state), ('open', 'open'))
        workshop.action_sop_conclude()
        self.lead.invalidate_recordset()
        self.assertEqual((workshop.sop_workshop_state, self.lead.sop_workshop_state), ('done', 'done'))
        self.assertEqual(workshop.sop_expert_ids, self.user_px)
        self.assertEqual(workshop.sop_done_by_id, self.user_sales_salesman)

    def test_salesperson_alone_is_told_whom_to_invite(self):
        workshop = self._create_workshop(partner_ids=[Command.set(self.user_sales_salesman.partner_id.ids)])
        with self.assertRaises(UserError) as caught:
            workshop.action_sop_conclude()
        self.assertIn("Paul Expert", str(caught.exception))
        self.assertEqual(self.lead.sop_workshop_state, 'open')

    def test_salesperson_who_is_the_expert_is_not_enough(self):
        self._hold('px', self.user_px | self.user_sales_salesman)
        workshop = self._create_workshop(partner_ids=[Command.set(self.user_sales_salesman.partner_id.ids)])
        with self.assertRaises(UserError):
            workshop.action_sop_conclude()

    def test_expert_who_declined_was_not_there(self):
        workshop = self._create_workshop()
        workshop.sudo().attendee_ids.filtered(
            lambda attendee: attendee.partner_id == self.user_px.partner_id).state = 'declined'
        with self.assertRaises(UserError):
            workshop.action_sop_conclude()

    def test_what_is_missing(self):
        nothing = self._create_workshop(sop_option_ids=[])
        no_reason = self._create_workshop(
            sop_option_ids=[Command.create({'name': "Two lines", 'is_chosen': True, 'conclusion': " "})])
        coming = self._create_workshop(
            start=fields.Datetime.now() + timedelta(hours=1), stop=fields.Datetime.now() + timedelta(hours=2))
        self.assertEqual(coming.sop_workshop_state, 'planned')
        meeting = self._create_workshop(sop_lead_id=False, sop_option_ids=[])
        for event, word in ((nothing, "options"), (no_reason, "conclusion"), (coming, "not taken place"),
                            (meeting, "not a workshop")):
            with self.assertRaises(UserError) as caught:
                event.action_sop_conclude()
            self.assertIn(word, str(caught.exception))

    def test_one_option_is_chosen(self):
        with self.assertRaises(IntegrityError), self.cr.savepoint(), mute_logger('odoo.sql_db'):
            self._create_workshop(sop_option_ids=[
                Command.create({'name': name, 'is_chosen': True}) for name in ("One", "Two")])

    def test_concluded_is_kept(self):
        workshop = self._create_workshop()
        workshop.action_sop_conclude()
        for act in (
            lambda: workshop.action_sop_conclude(),
            lambda: workshop.sop_option_ids.write({'name': "Other"}),
            lambda: workshop.sop_option_ids.unlink(),
            lambda: workshop.write({'sop_option_ids': [Command.create({'name': "Late idea"})]}),
            lambda: workshop.write({'sop_lead_id': False}),
            lambda: workshop.unlink(),
            lambda: workshop.sudo().unlink(),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                act()
        workshop.location = "Room 2"
        workshop.active = False
        self.lead.invalidate_recordset()
        self.assertEqual(self.lead.sop_workshop_state, 'done', "A workshop that is archived was held all the same")

    def test_nobody_writes_that_it_is_done(self):
        workshop = self._create_workshop()
        for env in (workshop.env, self.env):
            for name, value in (('sop_done_date', '2026-01-01'), ('sop_done_by_id', 1), ('sop_expert_ids', [])):
                with self.assertRaises(AccessError):
                    workshop.with_env(env).write({name: value})
        forged = self.env['calendar.event'].with_context(default_sop_done_date='2026-01-01').create({
            'name': "x", 'start': '2026-01-01', 'stop': '2026-01-01', 'sop_lead_id': self.lead.id})
        self.assertFalse(forged.sop_done_date)

    def test_search_and_many_leads(self):
        other, third = self._create_lead(name="None"), self._create_lead(name="Open")
        self._create_workshop().action_sop_conclude()
        self._create_workshop(sop_lead_id=third.id)
        leads = self.lead | other | third
        for state, expected in (('done', self.lead), ('open', third), ('none', other)):
            found = self.env['crm.lead'].with_user(self.user_sales_salesman).search(
                [('sop_workshop_state', '=', state), ('id', 'in', leads.ids)])
            self.assertEqual(found, expected)
            self.assertEqual(expected.sop_workshop_state, state)

    def test_a_workshop_is_no_meeting_with_the_customer(self):
        self.lead._sop_set_do_not_contact("Asked us to stop")
        workshop = self._create_workshop()
        self.assertFalse(workshop.opportunity_id)
        self.assertFalse(self.lead.calendar_event_ids)

    @users('user_sales_salesman')
    def test_plan_from_the_lead(self):
        action = self.lead.with_env(self.env).action_sop_plan_workshop()
        event = self.env['calendar.event'].with_context(**action['context']).create({})
        self.assertEqual(event.sop_lead_id.id, self.lead.id)
        self.assertIn(self.user_px.partner_id, event.partner_ids)
        self.assertIn(self.user_sales_salesman.partner_id, event.partner_ids)
        self.assertGreater(event.start, fields.Datetime.now())
        self.assertEqual(event.sop_workshop_state, 'planned')

    def test_actions_are_activities_of_the_lead(self):
        workshop = self._create_workshop(sop_activity_ids=[Command.create({
            'summary': "Ask for the drawings", 'user_id': self.user_px.id, 'date_deadline': '2099-01-01'})])
        action = workshop.sop_activity_ids
        self.assertEqual((action.res_model, action.res_id), ('crm.lead', self.lead.id))
        self.assertIn(action, self.lead.activity_ids)
        action.action_feedback(feedback="Done")
        workshop.invalidate_recordset()
        self.assertEqual(workshop.sop_activity_ids.state, 'done', "What is done is still listed")

    def test_merge(self):
        merged = self._create_lead(name="Ten pumps", email_from='other@customer.example.com')
        workshop = self._create_workshop(sop_lead_id=merged.id)
        workshop.action_sop_conclude()
        lead = (self.lead | merged).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual(workshop.sudo().sop_lead_id.id, lead.id)
        self.assertEqual(lead.sop_workshop_state, 'done')


@tagged('post_install', '-at_install')
class TestWorkshopAccess(SolutionCommon):
    """Who takes part works in it; to others it is a meeting like any other."""

    def setUp(self):
        super().setUp()
        self.workshop = self._create_workshop()
        self.option = self.workshop.sop_option_ids

    def test_expert_without_rights_in_sales(self):
        workshop = self.workshop.with_user(self.user_px)
        self.assertEqual(workshop.sop_option_ids.name, "Two lines")
        workshop.write({'sop_option_ids': [Command.create({'name': "Three lines"})]})
        workshop.sop_option_ids[0].cons = "Loud"
        workshop.action_sop_conclude()
        self.assertEqual(workshop.sop_done_by_id, self.user_px)
        with self.assertRaises(AccessError):
            workshop.action_sop_open_lead()

    def test_stranger(self):
        colleague = new_test_user(self.env, 'sop_stranger', groups='sales_team.group_sale_salesman')
        for user in (colleague, self.user_fin, self.user_employee, self.user_portal):
            self.env.invalidate_all()
            with self.subTest(user=user.login):
                self._try_as_stranger(user)

    def _try_as_stranger(self, user):
        options, workshop = self.env['sop.workshop.option'].with_user(user), self.workshop.with_user(user)
        for act in (
            lambda: self.option.with_user(user).read(['name']),
            lambda: self.option.with_user(user).write({'name': "x"}),
            lambda: self.option.with_user(user).unlink(),
            lambda: options.create({'event_id': workshop.id, 'name': "x"}),
            lambda: workshop.action_sop_conclude(),
            lambda: workshop.write({'partner_ids': [Command.link(user.partner_id.id)]}),
            lambda: workshop.write({'user_id': user.id}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()
        if user.has_group('sales_sop.group_sop_participant'):
            self.assertFalse(options.search([]))

    def test_auditor_reads(self):
        self.assertEqual(self.option.with_user(self.user_auditor).name, "Two lines")
        with self.assertRaises(AccessError):
            self.option.with_user(self.user_auditor).write({'name': "x"})

    def test_only_on_leads_one_works_on(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        with self.assertRaises(AccessError):
            self._create_workshop(sop_lead_id=foreign.id)
        with self.assertRaises(AccessError):
            self.workshop.sop_lead_id = foreign.id

    def test_ideas_belong_to_workshops(self):
        meeting = self.env['calendar.event'].create({
            'name': "Lunch", 'start': '2026-01-01', 'stop': '2026-01-01'})
        with self.assertRaises(ValidationError):
            self.env['sop.workshop.option'].create({'event_id': meeting.id, 'name': "Soup"})
        with self.assertRaises(UserError):
            self.option.event_id = meeting.id

    def test_meetings_of_others_are_as_before(self):
        meeting = self.env['calendar.event'].with_user(self.user_employee).create({
            'name': "Lunch", 'start': '2026-01-01', 'stop': '2026-01-01'})
        meeting.write({'partner_ids': [Command.link(self.user_px.partner_id.id)], 'user_id': self.user_px.id})
        meeting.unlink()


@tagged('post_install', '-at_install')
class TestWorkshopHttp(SolutionCommon, SalesSopHttpCommon, HttpCase):
    """The same, as a client over HTTP."""

    def test_forged_by_rpc(self):
        workshop = self._create_workshop()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        self.assertForbidden('calendar.event', 'write', [workshop.ids, {'sop_done_date': '2026-01-01'}], context={
            'sop_engine': True})
        self.assertForbidden('calendar.event', 'create', [{
            'name': "x", 'start': '2026-01-01', 'stop': '2026-01-01', 'sop_expert_ids': [[6, 0, [2]]]}])
        self.assertForbidden('calendar.event', '_get_sop_experts', [workshop.ids])
