import base64
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users

from .common import SalesSopHttpCommon
from .offer_common import NOW, OfferCommon


class ObjectionCommon(OfferCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.answer = cls.env['sop.objection.answer'].create({
            'name': "Too dear", 'category': 'price', 'answer': "<p>Look at the energy.</p>"})
        cls.answer.action_approve()

    def _object(self, lead=None, user=None, **values):
        return self.env(user=user or self.user_sales_salesman)['sop.objection'].create({
            'lead_id': (lead or self.lead).id, 'category': 'price', 'statement': "Too dear", **values})

    def _run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref('sales_sop.ir_cron_sop_objections').method_direct_trigger(), True)
        self.env.invalidate_all()


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestObjection(ObjectionCommon):
    """Noted in one line, answered, settled."""

    @users('user_sales_salesman')
    def test_three_steps_on_one_screen(self):
        lead = self.lead.with_env(self.env)
        with Form(self.env['sop.objection'].with_context(default_lead_id=lead.id)) as form:
            form.statement = "12 % above the others"
            form.category = 'price'
            form.answer_id = self.answer
            self.assertEqual(form.response, "Look at the energy.")
        objection = form.record
        objection.action_resolve()
        self.assertEqual((objection.state, objection.answered_by_id), ('resolved', self.env.user))
        self.assertRegex(objection.code, r'^OB\d+')

    def test_defaults(self):
        objection = self._object()
        self.assertEqual(objection.user_id, self.user_sales_salesman)
        self.assertEqual(str(objection.due_date), '2026-11-25', "Two working days later")
        self.assertEqual((objection.state, objection.nature), ('open', 'real'))
        activity = self._get_activities(objection, 'mail_activity_type_objection')
        self.assertEqual((activity.user_id, str(activity.date_deadline)), (self.user_sales_salesman, '2026-11-25'))

    def test_answered_needs_a_response(self):
        objection = self._object()
        for response in (False, "  \n"):
            objection.response = response
            with self.subTest(response=response), self.assertRaisesRegex(UserError, "response"):
                objection.action_answer()
        objection.response = "Energy saves the difference in 14 months."
        objection.action_answer()
        self.assertEqual((objection.state, objection.answered_date), ('answered', NOW))
        self.assertFalse(self._get_activities(objection, 'mail_activity_type_objection'))

    def test_closed_needs_an_answer_or_a_reason(self):
        for method in ('action_resolve', 'action_keep', 'action_lose'):
            objection = self._object()
            with self.subTest(method=method), self.assertRaisesRegex(UserError, "how it ended"):
                getattr(objection, method)()
            objection.close_reason = "Said so to get a discount"
            getattr(objection, method)()
            self.assertFalse(objection.answered_date, "Nobody answered it")

    def test_closed_stays_as_it_is(self):
        objection = self._object(response="Energy", blocking=True)
        objection.action_resolve()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            for values in (
                {'statement': "x"}, {'response': "x"}, {'blocking': False}, {'category': 'need'},
                {'answer_id': self.answer.id}, {'date': '2026-01-01'}, {'attachment_ids': [Command.clear()]},
            ):
                with self.subTest(user=user.login, values=values), self.assertRaisesRegex(UserError, "Reopen"):
                    objection.with_user(user).write(values)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                objection.with_user(user).unlink()
        with self.assertRaises(UserError):
            objection.action_answer()
        objection.action_reopen()
        objection.response = "Another answer"
        self.assertEqual(objection.state, 'open')
        self.assertTrue(self._get_activities(objection, 'mail_activity_type_objection'))

    def test_state_comes_from_the_buttons(self):
        objection = self._object()
        for values in ({'state': 'resolved'}, {'closed_by_id': self.env.uid}, {'code': "OB1"},
                       {'escalated_date': '2026-11-23'}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                objection.write(values)
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._object(**values)

    def test_only_a_manager_deletes(self):
        objection = self._object(blocking=True)
        with self.assertRaisesRegex(UserError, "kept"):
            objection.unlink()
        objection.with_user(self.user_sales_manager).unlink()

    def test_links_stay_inside(self):
        other_company = self.env['res.company'].create({'name': "Other"})
        competitor = self.env['sop.competitor'].create({'name': "Far away", 'company_id': other_company.id})
        answer = self.answer.copy({'company_id': other_company.id, 'name': "Elsewhere"})
        self.lead.company_id = self.env.company
        for values in (
            {'said_by_id': self.stranger.id}, {'user_id': self.user_portal.id}, {'competitor_id': competitor.id},
            {'answer_id': answer.id},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._object(**values)

    def test_rights(self):
        objection = self._object()
        for user in (self.user_employee, self.user_auditor, self.user_portal, self.expert):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._object(user=user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, objection).action_resolve()
        with self.assertRaises(AccessError):
            self._object(lead=self.foreign_lead)

    def test_expert_who_is_asked_reads_and_answers_in_a_note(self):
        objection = self._object(user_id=self.expert.id)
        self.assertEqual(
            self._get_activities(objection, 'mail_activity_type_objection').user_id, self.expert)
        mine = self._as(self.expert, objection)
        self.assertEqual(mine.statement, "Too dear")
        self.assertEqual(self._as(self.expert, self.env['sop.objection']).search([]), objection)
        mine.message_post(body="Show the energy report.")
        with self.assertRaises(AccessError):
            mine.response = "x"
        objection.user_id = self.user_sales_salesman
        with self.assertRaises(AccessError):
            self._as(self.expert, objection).read(['statement'])

    def test_files_belong_to_the_objection(self):
        file = self.env['ir.attachment'].with_user(self.user_sales_salesman).create({
            'name': "report.pdf", 'datas': base64.b64encode(b'%PDF-1.4'), 'res_model': 'sop.objection'})
        objection = self._object(attachment_ids=[Command.set(file.ids)])
        self.assertEqual(file.res_id, objection.id)
        self._as(self.user_sales_manager, file).read(['datas'])

    def test_notes_stay_in_the_house(self):
        objection = self._object()
        objection.message_subscribe(self.contact_company_1.ids)
        message = objection.message_post(
            body="Between us", message_type='comment', subtype_xmlid='mail.mt_comment',
            partner_ids=self.contact_company_1.ids)
        self.assertNotIn(self.contact_company_1, message.sudo().notification_ids.res_partner_id)


@tagged('post_install', '-at_install')
class TestObjectionEscalation(ObjectionCommon):
    """Nobody answers in time: the sales manager is told, once."""

    def test_escalates_once(self):
        self.sales_team_1.user_id = self.user_sales_manager
        with freeze_time(NOW):
            late, answered, later = self._object(), self._object(response="Energy"), self._object(due_date='2026-12-24')
            answered.action_answer()
        with freeze_time('2026-11-25 12:00:00'):
            self._run_cron()
            self.assertFalse(late.escalated_date, "The day is not over")
        with freeze_time('2026-11-26 02:00:00'):
            self.assertTrue(late.is_late)
            self.assertFalse((answered | later).filtered('is_late'))
            objections = self.env['sop.objection'].with_user(self.user_sales_salesman)
            self.assertEqual(objections.search([('is_late', '=', True)]), late)
            self.assertEqual(objections.search([('is_late', '=', False)]), answered | later)
            self._run_cron()
            self._run_cron()
        activity = self._get_activities(late | answered | later, 'mail_activity_type_objection_late')
        self.assertEqual((activity.res_id, activity.user_id), (late.id, self.user_sales_manager))
        late.close_reason = "No longer said"
        late.action_resolve()
        self.assertFalse(activity.exists())

    def test_new_salesperson_takes_over(self):
        open_one, of_expert = self._object(), self._object(user_id=self.expert.id)
        closed = self._object(response="Energy")
        closed.action_resolve()
        self.lead.with_user(self.user_sales_manager).user_id = self.user_sales_leads
        objections = (open_one | of_expert | closed).with_env(self.env)
        self.assertEqual(
            objections.mapped('user_id'), self.user_sales_leads | self.expert | self.user_sales_salesman)
        self.assertEqual(
            self._get_activities(open_one, 'mail_activity_type_objection').user_id, self.user_sales_leads)

    def test_batches(self):
        with freeze_time(NOW):
            objections = self.env['sop.objection'].browse([self._object().id for __ in range(5)])
        with freeze_time('2026-12-01'):
            with patch.object(self.env.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 60):
                self.env['sop.objection']._cron_sop_objections(batch_size=2)
        self.assertTrue(all(objections.mapped('escalated_date')))

    def test_no_limit(self):
        self.env.company.sop_objection_days = 0
        self.assertFalse(self._object().due_date)


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestBlockingObjection(ObjectionCommon):
    """The step stays open while something blocks it."""

    def _blocks(self):
        self.env.flush_all()
        self.env.invalidate_all()
        leads = self.env['crm.lead'].with_user(self.user_sales_salesman)
        found = leads.search([('sop_has_blocking_objection', '=', True)])
        self.assertNotIn(self.lead, found & leads.search([('sop_has_blocking_objection', '=', False)]))
        self.assertEqual(self.lead in found, self.lead.sop_has_blocking_objection)
        return self.lead.sop_has_blocking_objection

    def test_until_settled(self):
        self._object()
        self.assertFalse(self._blocks(), "It is open, but blocks nothing")
        objection = self._object(blocking=True, response="Energy")
        self.assertTrue(self._blocks())
        objection.action_answer()
        self.assertTrue(self._blocks(), "Answered is not settled")
        objection.action_resolve()
        self.assertFalse(self._blocks())
        objection.action_reopen()
        self.assertTrue(self._blocks())
        objection.action_keep()
        self.assertFalse(self._blocks())

    def test_others_leads_count_as_well(self):
        """Facts are facts, whoever asks: an objection of a lead is not hidden from who reads the lead."""
        self._object(lead=self.foreign_lead, user=self.user_sales_leads, blocking=True)
        self.assertTrue(self.foreign_lead.with_user(self.user_sales_manager).sop_has_blocking_objection)

    def test_constant_number_of_queries(self):
        leads = self.env['crm.lead'].browse([self._create_lead().id for __ in range(20)])
        self.env.invalidate_all()
        with self.assertQueryCount(4):
            leads.mapped('sop_has_blocking_objection')

    def test_list_costs_the_same_for_many(self):
        objections = self.env['sop.objection'].browse([self._object().id for __ in range(20)])
        names = ['is_late', 'statement', 'due_date', 'state', 'suggested_answer_ids', 'display_name', 'company_id']

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            records.with_user(self.user_sales_salesman).read(names)
            return self.cr.sql_log_count - start

        count(objections)
        self.assertLessEqual(count(objections), count(objections[:2]) + 1)

    def test_merge_keeps_objections(self):
        other = self._create_lead(name="Pumps again", partner_id=self.lead.partner_id.id)
        objection = self._object(lead=other, blocking=True)
        closed = self._object(lead=other, response="Energy", said_by_id=False)
        closed.action_resolve()
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity(auto_unlink=False)
        self.assertEqual((objection | closed).sudo().lead_id, merged)
        self.assertTrue(merged.sop_has_blocking_objection)


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestObjectionRepeat(ObjectionCommon):
    """The same objection again and again: marketing and the product expert are asked, once a quarter."""

    def setUp(self):
        super().setUp()
        self.marketer = self.user_sales_leads
        for code, user in (('mkt', self.marketer), ('px', self.expert)):
            self.env.ref(f'sales_sop.sop_position_{code}').user_ids = user

    def _repeats(self):
        self._run_cron()
        return self.env['sop.objection.repeat'].search([])

    def test_same_answer(self):
        for __ in range(2):
            self._object(answer_id=self.answer.id)
        self.assertFalse(self._repeats())
        self._object(answer_id=self.answer.id, lead=self._create_lead())
        repeat = self._repeats()
        self.assertEqual((repeat.count, repeat.answer_id, str(repeat.quarter)), (3, self.answer, '2026-10-01'))
        activities = self._get_activities(repeat, 'mail_activity_type_objection_repeat')
        self.assertEqual(activities.user_id, self.marketer | self.expert)
        self._object(answer_id=self.answer.id)
        self.assertEqual(self._repeats(), repeat, "Once a quarter")
        self.assertEqual(len(self._get_activities(repeat, 'mail_activity_type_objection_repeat')), 2)

    def test_same_competitor_and_same_product(self):
        category = self.env['product.category'].create({'name': "Pumps"})
        for values in ({'competitor_id': self.competitor.id}, {'product_categ_id': category.id}):
            for __ in range(3):
                self._object(**values)
        self.assertEqual(len(self._repeats()), 2)

    def test_what_is_not_the_same(self):
        self._object(answer_id=self.answer.id)
        self._object(answer_id=self.answer.id, date='2026-09-30')
        self._object(answer_id=self.answer.id, category='need')
        for __ in range(3):
            self._object()
        self.assertFalse(self._repeats())

    def test_next_quarter(self):
        for __ in range(3):
            self._object(answer_id=self.answer.id)
        self._repeats()
        with freeze_time('2027-01-04 02:00:00'):
            for __ in range(3):
                self._object(answer_id=self.answer.id)
            self.assertEqual(len(self._repeats()), 2)

    def test_switched_off(self):
        self.env.company.sop_objection_repeat = 0
        for __ in range(3):
            self._object(answer_id=self.answer.id)
        self.assertFalse(self._repeats())

    def test_expert_reads_what_customers_say(self):
        for number in range(3):
            self._object(answer_id=self.answer.id, statement=f"Too dear {number}")
        repeat = self._as(self.expert, self._repeats())
        self.assertIn("Too dear 2", repeat.statements)
        self.assertNotIn(self.lead.name, repeat.statements)
        with self.assertRaises(AccessError):
            self._as(self.user_employee, repeat).read(['statements'])

    def test_what_was_counted_is_not_written(self):
        for __ in range(3):
            self._object(answer_id=self.answer.id)
        repeat = self._repeats().with_user(self.marketer)
        repeat.conclusion = "New brochure"
        with self.assertRaises(AccessError):
            repeat.count = 1
        action = repeat.action_write_answer()
        self.assertEqual(action['context']['default_category'], 'price')


@tagged('post_install', '-at_install')
class TestObjectionHttp(ObjectionCommon, SalesSopHttpCommon):
    """The same from a client that chooses its values and its context."""

    def test_forged_values(self):
        objection = self._object(blocking=True)
        foreign = self._object(lead=self.foreign_lead, user=self.user_sales_leads)
        self.env.flush_all()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        context = {'default_state': 'resolved', 'sop_engine': True}
        self.assertForbidden('sop.objection', 'write', [objection.ids, {'state': 'resolved'}], context=context)
        self.assertForbidden('sop.objection', 'unlink', [objection.ids], context=context)
        self.assertForbidden('sop.objection', 'write', [objection.ids, {'lead_id': self.foreign_lead.id}])
        self.assertForbidden('sop.objection', 'action_resolve', [foreign.ids])
        self.assertForbidden(
            'sop.objection.answer', 'action_use', [self.answer.ids], context={'sop_objection_id': foreign.id})
        for junk in ("1", [objection.id], None, 10 ** 9, True):
            self.assertForbidden(
                'sop.objection.answer', 'action_use', [self.answer.ids], context={'sop_objection_id': junk})
        created, __ = self._call_kw('sop.objection', 'create', [[
            {'lead_id': self.lead.id, 'category': 'price', 'statement': "x"}]], context=context)
        self.assertEqual(self.env['sop.objection'].browse(created).state, 'open')
