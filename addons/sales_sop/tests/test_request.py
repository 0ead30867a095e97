from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, RecordCapturer, tagged, users
from odoo.tools import mute_logger

from ..engine import as_engine
from .common import SalesSopCommon, SalesSopHttpCommon

MAIL = """Return-Path: {email_from}
Message-ID: {msg_id}
Date: Mon, 24 Oct 2011 11:06:29 +0530
From: {email_from}
To: {to}
Cc: {cc}
Subject: {subject}
Content-Type: text/plain; charset=utf-8
{extra}

What does it cost, and when can you deliver?
"""
# A Monday
NINE = datetime(2026, 9, 28, 9)
GATEWAY = 'odoo.addons.mail.models.mail_thread'


class RequestCommon(SalesSopCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.lead._get_sop_company()
        cls.company.sop_reply_hours = 4
        # Monday to Friday, 8 to 12 and 13 to 17
        cls.company.resource_calendar_id = cls.env['resource.calendar'].create({
            'name': "Office", 'tz': 'UTC', 'company_id': cls.company.id})
        cls.lead.partner_id = cls.contact_company_1
        cls.customer = cls.lead.partner_id
        cls.cron = cls.env.ref('sales_sop.ir_cron_sop_escalate_requests')

    def _at(self, moment=NINE, **delta):
        return freeze_time(moment + timedelta(**delta))

    def _get_requests(self, lead=None):
        return self.env['sop.request'].search([('lead_id', '=', (lead or self.lead).id)])

    @mute_logger(GATEWAY)
    def _mail_in(self, email_from='buyer@customer.example.com', reply_to=None, extra='', cc='', subject='Compressor'):
        """A mail of a customer: about a lead when it answers a message of it, else to the team."""
        if reply_to:
            extra = f'In-Reply-To: {reply_to.message_id}\n{extra}'
        with self.mock_mail_gateway(), RecordCapturer(self.env['crm.lead']) as capture:
            mail = self.format(
                MAIL.replace('{extra}\n', f'{extra.strip()}\n' if extra.strip() else ''), email_from=email_from,
                to=self.sales_team_1.alias_email, cc=cc, subject=subject, extra='',
                msg_id=f'<{datetime.now().timestamp()}-{len(self.env["mail.message"].search([]))}@example.com>')
            self.env['mail.thread'].message_process(None, mail)
        return capture.records

    def _post(self, user=None, lead=None, **values):
        lead = (lead or self.lead).with_user(user or self.user_sales_salesman)
        with self.mock_mail_gateway():
            return lead.message_post(**{
                'body': "We deliver in six weeks.", 'message_type': 'comment',
                'subtype_xmlid': 'mail.mt_comment', 'partner_ids': self.customer.ids, **values})

    def _ask(self, moment=NINE, **values):
        """A request that was entered by the salesperson."""
        with self._at(moment):
            return self.env['sop.request'].with_user(self.user_sales_salesman).create({
                'subject': "Spare parts", 'lead_id': self.lead.id, **values})

    def _escalate(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def _get_reminders(self, request):
        return self.env['mail.activity'].search([('res_model', '=', 'sop.request'), ('res_id', '=', request.id)])


@tagged('post_install', '-at_install')
class TestRequestReceived(RequestCommon):
    """What makes a request, and what does not."""

    def test_mail_to_the_team(self):
        with self._at():
            lead = self._mail_in()
        request = self._get_requests(lead)
        self.assertEqual((len(lead), len(request)), (1, 1))
        self.assertEqual(
            (request.subject, request.channel, request.email_from, request.state),
            ('Compressor', 'email', 'buyer@customer.example.com', 'new'))
        self.assertEqual(request.received_at, NINE, "Not the date the sender put into the mail")
        self.assertEqual((request.deadline, request.waiting_deadline), (NINE + timedelta(hours=5),) * 2)
        self.assertEqual(request.message_id.subject, 'Compressor')

    def test_mail_that_continues_an_open_request(self):
        with self._at():
            lead = self._mail_in()
        with self._at(minutes=30):
            self._mail_in(reply_to=lead.message_ids[0], subject="Re: Compressor")
        request = self._get_requests(lead)
        self.assertEqual(len(request), 1)
        self.assertEqual((request.waiting_since, request.deadline), (NINE, NINE + timedelta(hours=5)))

    def test_mail_after_the_reply_restarts_the_clock(self):
        """Still the same request, but the customer waits again."""
        request = self._ask()
        with self._at(hours=1):
            message = self._post()
        self.assertFalse(request.waiting_since)
        with self._at(hours=2):
            self._mail_in(reply_to=message, subject="Re")
        self.assertEqual(self._get_requests(), request)
        self.assertEqual((request.state, request.waiting_since), ('replied', NINE + timedelta(hours=2)))
        self.assertEqual(request.waiting_deadline, NINE + timedelta(hours=7))
        self.assertEqual(request.first_reply_at, NINE + timedelta(hours=1))
        with self._at(hours=3):
            self._post()
        self.assertFalse(request.waiting_since or request.waiting_deadline)
        self.assertEqual(request.first_reply_at, NINE + timedelta(hours=1))

    def test_mail_after_the_answer_is_a_new_request(self):
        request = self._ask()
        message = self._post()
        request.action_answer()
        self._mail_in(reply_to=message, subject="Another question")
        self.assertEqual(len(self._get_requests()), 2)

    def test_mails_that_nobody_waits_for(self):
        message = self._post()
        for extra in ('Auto-Submitted: auto-replied', 'Precedence: bulk', 'X-Autoreply: yes'):
            self._mail_in(reply_to=message, extra=extra, subject=extra)
        self.assertFalse(self._get_requests())
        self._mail_in(reply_to=message, extra='Auto-Submitted: no')
        self.assertEqual(len(self._get_requests()), 1)

    def test_context_of_a_client_hides_no_request(self):
        message = self.lead.with_context(sop_automatic=True).message_post(
            body="When?", message_type='email', author_id=self.customer.id)
        self.assertEqual(self._get_requests().message_id, message)

    def test_colleagues_make_no_request(self):
        message = self._post()
        self._mail_in(email_from=self.user_sales_manager.email_formatted, reply_to=message, subject="FYI")
        self._post(user=self.user_sales_manager, partner_ids=[])
        self.lead.message_post(body="By the system", message_type='comment', subtype_xmlid='mail.mt_comment')
        self.assertFalse(self._get_requests())

    def test_message_of_a_portal_user(self):
        self.lead.message_post(
            body="When?", message_type='comment', author_id=self.user_portal.partner_id.id,
            subtype_xmlid='mail.mt_comment')
        request = self._get_requests()
        self.assertEqual((request.channel, request.partner_id), ('portal', self.user_portal.partner_id))

    def test_lead_without_a_procedure(self):
        lead = self._create_lead(team_id=self.env['crm.team'].create({'name': "Plain"}).id)
        self.assertFalse(lead.sop_process_id)
        lead.message_post(body="When?", message_type='email', author_id=self.customer.id)
        self.assertFalse(self._get_requests(lead))

    @users('user_sales_salesman')
    def test_entered_by_hand(self):
        action = self.lead.with_user(self.env.user).action_sop_requests()
        form = Form(self.env['sop.request'].with_context(**action['context']))
        form.subject = "Wants a visit"
        form.channel = 'phone'
        request = form.save()
        self.assertEqual(
            (request.partner_id, request.user_id, request.state), (self.customer, self.env.user, 'new'))
        self.assertTrue(request.deadline)

    def test_entered_without_a_lead(self):
        request = self._ask(lead_id=False, partner_id=self.customer.id)
        self.assertEqual(request.user_id, self.user_sales_salesman)
        self.assertEqual(request.company_id, self.user_sales_salesman.company_id)

    def test_received_earlier(self):
        request = self._ask(received_at=NINE - timedelta(hours=1))
        self.assertEqual((request.received_at, request.waiting_since), (NINE - timedelta(hours=1),) * 2)
        for received in (NINE - timedelta(hours=25), NINE + timedelta(hours=1)):
            with self.assertRaises(ValidationError):
                self._ask(received_at=received)

    def test_not_timed(self):
        self.company.sop_reply_hours = 0
        request = self._ask()
        self.assertFalse(request.deadline or request.waiting_deadline)
        with self._at(days=9):
            request.action_reply()
        self.assertTrue(request.on_time)


@tagged('post_install', '-at_install')
class TestRequestReplied(RequestCommon):
    """What stops the clock, and what does not."""

    def setUp(self):
        super().setUp()
        self.request = self._ask()

    def test_message_to_the_customer(self):
        with self._at(hours=1):
            message = self._post()
        self.assertEqual(
            (self.request.state, self.request.first_reply_at, self.request.on_time),
            ('replied', NINE + timedelta(hours=1), True))
        self.assertEqual(self.request.reply_message_id, message)
        self.assertEqual(self.request.replied_by_id, self.user_sales_salesman)

    def test_late_reply(self):
        with self._at(days=1):
            self._post()
        self.assertEqual((self.request.state, self.request.on_time, self.request.is_late), ('replied', False, True))

    def test_what_is_no_reply(self):
        colleague = self.user_sales_manager.partner_id
        supplier = self.env['res.partner'].create({'name': "Supplier", 'email': 'supplier@example.com'})
        for name, post in {
            'note': lambda: self._post(subtype_xmlid='mail.mt_note', partner_ids=[]),
            'to a colleague': lambda: self._post(partner_ids=colleague.ids),
            'to a supplier': lambda: self._post(partner_ids=supplier.ids),
            'out of office': lambda: self._post(message_type='out_of_office'),
            'automatic': lambda: self._post(message_type='auto_comment'),
            'notification': lambda: self._post(message_type='notification'),
            'by the system': lambda: self._post(user=self.env.ref('base.user_root')),
            'by a customer': lambda: self._post(author_id=self.user_portal.partner_id.id),
        }.items():
            with self.subTest(name):
                post()
                self.assertEqual(self.request.state, 'new')
                self.assertTrue(self.request.waiting_since)

    def test_message_for_later(self):
        """Written now, sent tomorrow: the customer waits until then."""
        with self._at(hours=1):
            self._post(scheduled_date=self.env.cr.now() + timedelta(days=1))
        self.assertEqual(self.request.state, 'new')
        schedule = self.env['mail.message.schedule'].search([], order='id desc', limit=1)
        with self._at(days=1), self.mock_mail_gateway():
            schedule._send_notifications()
        self.assertEqual((self.request.state, self.request.on_time), ('replied', False))
        self.assertEqual(self.request.replied_by_id, self.user_sales_salesman)

    def test_address_without_a_contact(self):
        lead = self._create_lead(email_from='jane@other.example.com')
        request = self._ask(lead_id=lead.id)
        self._post(lead=lead, partner_ids=[], outgoing_email_to='Jane <jane@other.example.com>')
        self.assertEqual(request.state, 'replied')

    def test_reply_from_a_mail_program(self):
        """The salesperson answers the customer directly and keeps the opportunity in copy."""
        message = self.lead.message_ids[:1] or self._post(partner_ids=[])
        self.lead.email_from = 'buyer@customer.example.com'
        self._mail_in(
            email_from=self.user_sales_salesman.email_formatted, reply_to=message, subject="Re",
            cc='buyer@customer.example.com')
        self.assertEqual((self.request.state, len(self._get_requests())), ('replied', 1))
        self.assertEqual(self.request.replied_by_id, self.user_sales_salesman)

    def test_quotation(self):
        order = self.env['sale.order'].create({'partner_id': self.customer.id, 'opportunity_id': self.lead.id})
        with self._at(hours=1), self.mock_mail_gateway():
            order.with_user(self.user_sales_manager).message_post(
                body="Our offer", message_type='comment', subtype_xmlid='mail.mt_comment',
                partner_ids=self.customer.ids)
        self.assertEqual((self.request.state, self.request.replied_by_id), ('replied', self.user_sales_manager))

    def test_message_on_the_request(self):
        with self._at(hours=1), self.mock_mail_gateway():
            self.request.message_post(
                body="Done", message_type='comment', subtype_xmlid='mail.mt_comment', partner_ids=self.customer.ids)
        self.assertEqual(self.request.state, 'replied')

    def test_buttons(self):
        with self._at(hours=1):
            self.request.action_reply()
        with self._at(hours=2):
            self.request.action_answer()
        self.assertEqual(
            (self.request.state, self.request.first_reply_at, self.request.answered_at, self.request.answered_by_id),
            ('answered', NINE + timedelta(hours=1), NINE + timedelta(hours=2), self.user_sales_salesman))
        with self.assertRaises(UserError):
            self.request.action_reply()
        self.request.action_reopen()
        self.assertEqual((self.request.state, self.request.answered_at), ('replied', False))

    def test_answer_is_a_reply(self):
        with self._at(hours=1):
            self.request.action_answer()
        self.assertEqual(
            (self.request.state, self.request.first_reply_at, self.request.on_time),
            ('answered', NINE + timedelta(hours=1), True))

    def test_contact(self):
        values = {'lead_id': self.lead.id, 'method': 'phone'}
        logs = self.env['sop.contact.log'].new({**values, 'state': 'planned'})
        self.lead._sop_after_contact(logs)
        logs = self.env['sop.contact.log'].new({**values, 'state': 'done', 'outcome': 'unreached'})
        self.lead._sop_after_contact(logs)
        self.assertEqual(self.request.state, 'new')

    def test_talk_is_a_reply(self):
        person = self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Ms Li"})
        with self._at(hours=1):
            log = self.env['sop.contact.log'].with_user(self.user_sales_salesman).create({
                'lead_id': self.lead.id, 'date': NINE + timedelta(minutes=30), 'method': 'phone',
                'outcome': 'nurture', 'stakeholder_ids': [Command.set(person.ids)], 'next_step': "Call again",
                'next_date': (NINE + timedelta(days=7)).date()})
        self.assertEqual(
            (self.request.state, self.request.first_reply_at, self.request.contact_log_id, self.request.replied_by_id),
            ('replied', NINE + timedelta(hours=1), log, self.user_sales_salesman))

    def test_cancel(self):
        other = self._ask()
        with self._at(hours=1):
            with self.assertRaises(UserError):
                other.action_cancel(" ")
            other.action_cancel("Advertising")
        self.assertEqual((other.state, other.cancel_reason), ('cancelled', "Advertising"))
        with self._at(days=1):
            with self.assertRaises(AccessError):
                self.request.action_cancel("Looks bad")
            self.assertEqual(self.request.state, 'new')
            action = self.request.with_user(self.user_sales_manager).action_open_cancel()
            wizard = self.env['sop.request.cancel'].with_user(self.user_sales_manager).with_context(
                **action['context']).create({'reason': "Asked twice"})
            wizard.action_apply()
        self.assertEqual(self.request.state, 'cancelled')
        self.request.with_user(self.user_sales_manager).action_reopen()
        self.assertEqual((self.request.state, self.request.waiting_since), ('new', NINE))

    def test_hours_left(self):
        for delta, hours in ((0, 4), (1, 3), (5, 0), (6, -1)):
            with self._at(hours=delta):
                self.request.invalidate_recordset()
                self.assertEqual(self.request.remaining_hours, hours)
                self.assertEqual(self.request.is_late, hours < 0)
                self.assertEqual(
                    self.request in self.env['sop.request'].search([('is_late', '=', True)]), hours < 0)
                self.assertEqual(
                    self.request in self.env['sop.request'].search([('is_late', '=', False)]), hours >= 0)

    def test_count_on_the_lead(self):
        with self._at(hours=6):
            self.lead.invalidate_recordset()
            self.assertEqual((self.lead.sop_request_count, self.lead.sop_request_is_late), (1, True))

    def test_merged_lead(self):
        other = self._create_lead(partner_id=self.customer.id)
        second = self._ask(lead_id=other.id)
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(self._get_requests(merged), self.request | second)


@tagged('post_install', '-at_install')
class TestRequestEscalation(RequestCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales_team_1.user_id = cls.user_sales_manager

    def test_cron_is_woken_at_the_deadline(self):
        with RecordCapturer(self.env['ir.cron.trigger']) as capture:
            self._ask()
        self.assertIn(
            (self.cron, NINE + timedelta(hours=5)), [(one.cron_id, one.call_at) for one in capture.records])

    def test_once_to_both(self):
        request = self._ask()
        with self._at(hours=4):
            self._escalate()
        self.assertFalse(self._get_reminders(request))
        for hours in (6, 30):
            with self._at(hours=hours):
                self._escalate()
            self.assertEqual(
                self._get_reminders(request).user_id, self.user_sales_salesman | self.user_sales_manager)
            self.assertEqual(len(self._get_reminders(request)), 2)
        with self._at(hours=31):
            request.action_reply()
        self.assertFalse(self._get_reminders(request))

    def test_again_when_the_customer_waits_again(self):
        request = self._ask()
        with self._at(hours=6):
            self._escalate()
            message = self._post()
            self._mail_in(reply_to=message, subject="Re")
        with self._at(days=2):
            self._escalate()
        self.assertEqual(len(self._get_reminders(request)), 2)

    def test_manager_without_access(self):
        self.sales_team_1.user_id = self.user_employee
        request = self._ask()
        with self._at(hours=6):
            self._escalate()
        self.assertEqual(self._get_reminders(request).user_id, self.user_sales_salesman)

    def test_holiday_entered_later(self):
        request = self._ask()
        self.env['sop.workday'].create({
            'company_id': self.company.id, 'date': NINE.date(), 'kind': 'holiday', 'name': "Storm"})
        with self._at(hours=6):
            self._escalate()
        self.assertFalse(self._get_reminders(request))
        self.assertEqual(request.deadline, datetime(2026, 9, 29, 12))

    def test_batches(self):
        """Stopped after each batch, as by the server's time limit, it goes on where it was."""
        for __ in range(3):
            self._ask()
        for escalated in (2, 3, 3):
            with self._at(hours=6), patch.object(
                    type(self.env['ir.cron']), '_commit_progress', lambda *args, **kwargs: 0):
                self.env['sop.request']._cron_escalate(batch_size=2)
            self.assertEqual(len(self._get_requests().filtered('escalated_at')), escalated)


@tagged('post_install', '-at_install')
class TestRequestAccess(RequestCommon):

    def setUp(self):
        super().setUp()
        self.request = self._ask()
        self.foreign = as_engine(self.env['sop.request']).create({
            'subject': "Secret", 'lead_id': self._create_lead(user_id=self.user_sales_leads.id).id})

    def test_with_the_lead(self):
        for user, sees in (
            (self.user_sales_salesman, False), (self.user_sales_leads, True), (self.user_sales_manager, True),
            (self.user_auditor, True),
        ):
            self.env.invalidate_all()
            requests = self.env['sop.request'].with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(self.foreign in requests.search([]), sees)
                self.assertEqual(self.foreign.with_user(user).has_access('read'), sees)

    def test_without_a_lead_of_another_company(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        alien = self.env['sop.request'].with_company(company).create({'subject': "Alien"})
        self.assertEqual(alien.company_id, company)
        self.env.invalidate_all()
        for user in (self.user_sales_salesman, self.user_sales_manager):
            self.assertFalse(self.env['sop.request'].with_user(user).browse(alien.id).has_access('read'))
            self.assertNotIn(alien, self.env['sop.request'].with_user(user).search([]))

    def test_strangers(self):
        for user in (self.user_employee, self.user_portal, self.user_public):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                self.env['sop.request'].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.request.with_user(user).action_reply()

    def test_salesperson_and_foreign_leads(self):
        requests = self.env['sop.request'].with_user(self.user_sales_salesman)
        self.env.invalidate_all()
        for act in (
            lambda: requests.create({'subject': "x", 'lead_id': self.foreign.lead_id.id}),
            lambda: self.foreign.with_user(self.user_sales_salesman).action_reply(),
            lambda: self.foreign.with_user(self.user_sales_salesman).action_cancel("x"),
            lambda: requests.create({'subject': "x"}).write({'lead_id': self.foreign.lead_id.id}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_auditor_changes_nothing(self):
        request = self.request.with_user(self.user_auditor)
        for act in (
            request.action_reply, request.action_answer, request.action_reopen, request.action_open_cancel,
            lambda: request.action_cancel("x"), lambda: request.write({'subject': "x"}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_forged_clock(self):
        """Nobody writes times and states, in sudo neither, nor by a default of the context."""
        forged = {
            'state': 'answered', 'first_reply_at': NINE, 'on_time': True, 'deadline': NINE + timedelta(days=9),
            'waiting_since': False, 'waiting_deadline': False, 'escalated_at': NINE, 'answered_at': NINE,
            'replied_by_id': self.user_sales_manager.id, 'company_id': self.env.company.id, 'cancel_reason': "x",
        }
        for requests in (self.request, self.request.sudo(), self.request.with_user(self.user_sales_manager)):
            for name, value in forged.items():
                with self.subTest(field=name):
                    with self.assertRaises(AccessError):
                        requests.write({name: value})
                    with self.assertRaises(AccessError):
                        requests.create({'subject': "x", name: value})
        with self.assertRaises(AccessError):
            self.request.write({'received_at': NINE + timedelta(hours=3)})
        context = {f'default_{name}': value for name, value in forged.items()}
        request = self.env['sop.request'].with_user(self.user_sales_salesman).with_context(**context).create(
            {'subject': "x"})
        self.assertEqual((request.state, request.first_reply_at, request.on_time), ('new', False, False))
        with self.assertRaises(ValidationError):
            self.env['sop.request'].with_context(default_received_at='2020-01-01').create({'subject': "x"})

    def test_not_deleted(self):
        with self.assertRaises(UserError):
            self.request.sudo().unlink()
        with self.assertRaises(AccessError):
            self.request.with_user(self.user_sales_manager).unlink()

    def test_lead_of_a_request_stays(self):
        with self.assertRaises(AccessError):
            self.request.write({'lead_id': False})

    def test_copy_starts_anew(self):
        self.request.action_answer()
        self.assertEqual(self.request.copy().state, 'new')


@tagged('post_install', '-at_install')
class TestRequestFigures(RequestCommon):

    def test_punctuality(self):
        """Replies in time of the requests that were due: two of four."""
        for __ in range(2):
            request = self._ask()
            with self._at(hours=1):
                request.action_reply()
        request = self._ask()
        with self._at(days=1):
            request.action_reply()
        self._ask()  # without a reply: late from 14:00 on
        with self._at(hours=1):
            self._ask().action_cancel("Advertising")
        own = [('lead_id', '=', self.lead.id)]
        self.env.flush_all()
        with self._at(days=2):
            self._ask(NINE + timedelta(days=2))  # has time left
            requests = self.env['sop.request'].with_user(self.user_sales_salesman)
            [group] = requests.formatted_read_group(own, [], ['punctuality:avg', '__count'])
            self.assertEqual((group['punctuality:avg'], group['__count']), (50, 6))
            self.assertEqual(requests.fields_get(['punctuality'])['punctuality']['aggregator'], 'avg')

    def test_constant_queries(self):
        def measure(size):
            leads = self.env['crm.lead'].browse(
                self._create_lead(name=f"Lead {number}").id for number in range(size))
            self.env['sop.request'].create([{'subject': "x", 'lead_id': lead.id} for lead in leads])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.mapped('sop_request_is_late')
            requests = self._get_requests(leads[:1]).search([('lead_id', 'in', leads.ids)])
            requests.mapped('remaining_hours')
            requests.mapped('is_late')
            return self.env.cr.sql_log_count - before
        measure(2)
        self.assertLessEqual(abs(measure(2) - measure(40)), 1)


@tagged('post_install', '-at_install')
class TestRequestHttp(RequestCommon, SalesSopHttpCommon):

    def test_forged_over_rpc(self):
        request = self._ask()
        self.authenticate(self.user_sales_salesman.login, self.user_sales_salesman.login)
        for values in ({'state': 'answered'}, {'first_reply_at': '2026-09-28 09:30:00'}, {'deadline': False}):
            self.assertForbidden('sop.request', 'write', [request.ids, values], context={'sop_engine': True})
        self.assertForbidden('sop.request', 'unlink', [request.ids])
        self.assertForbidden('sop.request', 'action_cancel', [request.ids, None])
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        self.assertForbidden('sop.request', 'create', [{'subject': "x", 'lead_id': foreign.id}])
        self.assertForbidden('crm.lead', 'action_sop_requests', [foreign.ids])
        self.assertEqual(request.state, 'new')
