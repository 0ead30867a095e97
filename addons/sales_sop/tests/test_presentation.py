from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users

from ..engine import as_engine
from .common import SalesSopHttpCommon
from .offer_common import NOW, OfferCommon


class PresentationCommon(OfferCommon):

    def _present(self, lead=None, user=None, **values):
        lead = lead or self.lead
        return self.env(user=user or self.user_sales_salesman)['sop.presentation'].create({
            'lead_id': lead.id, 'date': '2026-11-20 01:00:00', 'audience_ids': [Command.set(self.boss.ids)], **values})


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestPresentation(PresentationCommon):
    """What was shown to whom, and how the customer took it."""

    @users('user_sales_salesman')
    def test_form_knows_what_can_be_known(self):
        with Form(self.env['sop.presentation'].with_context(default_lead_id=self.lead.id)) as form:
            self.assertEqual(form.solution_id, self.solution.with_env(self.env))
            self.assertEqual(form.user_ids[:], self.env.user)
            self.assertFalse(form.lacks_decider)
            form.audience_ids.add(self.engineer)
            self.assertTrue(form.lacks_decider)
            form.audience_ids.add(self.boss)
            self.assertFalse(form.lacks_decider)
        form.record.action_done()
        self.assertEqual((form.record.state, form.record.done_by_id), ('done', self.env.user))

    def test_done_needs_audience_and_our_people(self):
        for values in ({'audience_ids': False}, {'user_ids': False}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._present(**values).action_done()

    def test_done_lies_in_the_past(self):
        with self.assertRaisesRegex(UserError, "future"):
            self._present(date='2026-11-24 01:00:00').action_done()

    def test_nothing_is_done_twice(self):
        presentation = self._present()
        presentation.action_done()
        with self.assertRaisesRegex(UserError, "already"):
            presentation.action_done()

    def test_without_approved_solution(self):
        as_engine(self.solution).state = 'draft'
        presentation = self._present()
        self.assertFalse(presentation.solution_id)
        with self.assertRaisesRegex(UserError, "have it approved first"):
            presentation.action_done()

    def test_a_repeat_order_needs_no_solution(self):
        as_engine(self.solution).state = 'outdated'
        presentation = self._present()
        self.assertFalse(presentation.solution_id)
        self.lead.sudo().priority = '3'
        self.lead.with_user(self.user_sales_salesman).action_sop_fast_track(self.stage_offer.id, "As last year")
        presentation.action_done()
        self.assertEqual(presentation.state, 'done')

    def test_outdated_solution_is_not_shown(self):
        presentation = self._present()
        as_engine(self.solution).state = 'outdated'
        with self.assertRaisesRegex(UserError, "outdated"):
            presentation.action_done()
        with self.assertRaisesRegex(ValidationError, "outdated"):
            self._present(solution_id=self.solution.id)

    def test_solution_of_another_lead_is_not_shown(self):
        foreign = as_engine(self.env['sop.solution']).create({
            'lead_id': self.foreign_lead.id, 'name': "Other", 'state': 'approved'})
        with self.assertRaises(ValidationError):
            self._present(solution_id=foreign.id)

    def test_audience_of_another_lead(self):
        for user in (self.user_sales_salesman, self.user_sales_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError) as caught:
                self._present(user=user, audience_ids=[Command.set(self.stranger.ids)])
            if user == self.user_sales_salesman:
                self.assertNotIn("Sun", str(caught.exception), "Nothing is told of people of others' leads")

    def test_customers_are_none_of_our_people(self):
        with self.assertRaises(ValidationError):
            self._present(user_ids=[Command.set(self.user_portal.ids)])

    def test_done_stays_as_it_was(self):
        presentation = self._present(questions="Noise?")
        presentation.action_done()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            for values in (
                {'questions': "None"}, {'in_principle_ok': True}, {'audience_ids': [Command.clear()]},
                {'date': '2026-11-19'}, {'solution_id': False}, {'feedback': '5'},
            ):
                with self.subTest(user=user.login, values=values), self.assertRaisesRegex(UserError, "note"):
                    presentation.with_user(user).write(values)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                presentation.with_user(user).unlink()
        presentation.message_post(body="The noise was 68 dB, not 72.")
        self.assertEqual(presentation.questions, "Noise?")

    def test_state_comes_from_the_button(self):
        presentation = self._present()
        for values in ({'state': 'done'}, {'done_by_id': self.env.uid}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                presentation.write(values)
        with self.assertRaises(AccessError):
            self._present(state='done')
        self.assertEqual(self._present(
            user=self.user_sales_salesman).with_context(default_state='done').copy().state, 'planned')

    def test_import_does_not_make_it_done(self):
        presentations = self.env['sop.presentation'].with_user(self.user_sales_salesman)
        result = presentations.load(['lead_id/.id', 'state'], [[str(self.lead.id), 'done']])
        self.assertTrue(result['messages'])

    def test_stays_with_its_lead(self):
        presentation = self._present()
        other = self._create_lead()
        with self.assertRaises(UserError):
            presentation.lead_id = other

    def test_of_a_lead_one_may_not_change(self):
        for user in (self.user_employee, self.user_auditor, self.user_portal, self.expert):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._present(user=user)
        with self.assertRaises(AccessError):
            self._present(lead=self.foreign_lead, audience_ids=[Command.set(self.stranger.ids)])

    def test_person_in_the_audience_is_not_deleted(self):
        self._present().action_done()
        with self.assertRaisesRegex(UserError, "Archive"):
            self.boss.with_user(self.user_sales_salesman).unlink()

    def test_presented_lead_is_not_deleted(self):
        lead = self._create_lead()
        presentation = self._present(lead=lead, audience_ids=False)
        as_engine(presentation).state = 'done'
        with self.assertRaises(UserError):
            lead.unlink()

    def test_log_in_the_same_click(self):
        presentation = self._present(in_principle_ok=True, questions="Noise? 68 dB.")
        action = presentation.action_done_and_log()
        dialog = self._as(self.user_sales_salesman, self.env['sop.contact.dialog'].browse(action['res_id']))
        self.assertEqual(
            (dialog.stakeholder_ids, dialog.date, dialog.outcome), (self.boss, presentation.date, 'interested'))
        dialog.action_save()
        log = self.lead.sop_contact_log_ids
        self.assertEqual((log.state, log.method, log.stakeholder_ids), ('done', 'visit', self.boss))

    def test_not_logged_before_it_took_place(self):
        with self.assertRaises(UserError):
            self._present().action_log_contact()



@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestInPrinciple(PresentationCommon):
    """Whether the customer agrees in principle."""

    def test_only_what_took_place_counts(self):
        presentation = self._present(in_principle_ok=True)
        self.assertFalse(self.lead.sop_in_principle)
        presentation.action_done()
        self.lead.invalidate_recordset()
        self.assertTrue(self.lead.sop_in_principle)

    def test_search(self):
        self._present(in_principle_ok=True).action_done()
        leads, other = self.env['crm.lead'].with_user(self.user_sales_salesman), self._create_lead()
        self.assertEqual(leads.search([('sop_in_principle', '=', True)]), self.lead)
        without = leads.search([('sop_in_principle', '=', False)])
        self.assertIn(other, without)
        self.assertNotIn(self.lead, without)
        self.assertEqual(leads.search([('sop_in_principle', 'in', [True, False])]), leads.search([]))

    def test_constant_number_of_queries(self):
        leads = self.env['crm.lead'].browse([self._create_lead().id for __ in range(20)])
        self.env.invalidate_all()
        with self.assertQueryCount(4):
            leads.mapped('sop_in_principle')

    def test_merge_keeps_presentations(self):
        other = self._create_lead(name="Pumps again", partner_id=self.lead.partner_id.id)
        presentation = self._present()
        presentation.action_done()
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity(auto_unlink=False)
        self.assertEqual(presentation.sudo().lead_id, merged)
        self.assertTrue(merged.sop_in_principle or presentation.state == 'done')


@tagged('post_install', '-at_install')
class TestPresentationHttp(PresentationCommon, SalesSopHttpCommon):
    """The same from a client that chooses its values and its context."""

    def test_forged_values(self):
        presentation = self._present()
        self.env.flush_all()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        context = {'default_state': 'done', 'sop_engine': True, 'install_mode': True}
        self.assertForbidden('sop.presentation', 'write', [presentation.ids, {'state': 'done'}], context=context)
        self.assertForbidden('sop.presentation', 'create', [[{'lead_id': self.lead.id, 'state': 'done'}]])
        self.assertForbidden('sop.presentation', 'create', [[{'lead_id': self.foreign_lead.id}]])
        self.authenticate('user_sop_portal', 'user_sop_portal')
        self.assertForbidden('sop.presentation', 'read', [presentation.ids, ['questions']])
