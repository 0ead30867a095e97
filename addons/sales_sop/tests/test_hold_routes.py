from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import tagged, users

from ..engine import as_engine
from .common import each_actor
from .test_contact_hold import HoldCommon


class RouteCommon(HoldCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env['mail.template'].create({
            'name': "Greeting", 'model_id': cls.env['ir.model']._get_id('crm.lead'), 'subject': "Hello",
            'body_html': "<p>Hello</p>", 'email_to': "{{ object.email_from }}", 'use_default_to': False,
            'auto_delete': False})
        cls.customer = cls.contact_company_1
        cls.call = cls.env.ref('mail.mail_activity_data_call')
        cls.env.flush_all()

    @property
    def held_leads(self):
        return self.held, self.refused

    @contextmanager
    def assertHeld(self, lead):
        """What is done is refused, with the name of the lead."""
        with self.assertRaises(UserError) as caught, self.cr.savepoint():
            yield
            self.env.flush_all()
        self.assertIn(lead.name, str(caught.exception))

    def _get_mails(self, lead):
        return self.env['mail.mail'].search([('model', '=', 'crm.lead'), ('res_id', '=', lead.id)])


@tagged('post_install', '-at_install')
class TestHoldActivity(RouteCommon):

    @each_actor
    def test_activities(self, env):
        for lead in self.held_leads:
            lead = lead.with_env(env)
            values = {
                'res_model_id': env['ir.model']._get_id('crm.lead'), 'res_id': lead.id,
                'activity_type_id': self.call.id, 'user_id': self.user_sales_salesman.id}
            with self.assertHeld(lead):
                lead.activity_schedule('mail.mail_activity_data_call')
            with self.assertHeld(lead):
                env['mail.activity'].create(values)
            free = env['mail.activity'].create({**values, 'res_id': self.free.id})
            with self.assertHeld(lead):
                free.write({'res_id': lead.id})
            with self.assertHeld(lead):
                env['mail.activity.schedule'].with_context(
                    active_model='crm.lead', active_ids=lead.ids,
                ).create({'activity_type_id': self.call.id}).action_schedule_activities()

    def test_what_was_planned_before(self):
        """It can be handed over, done and cancelled, and not planned anew."""
        activities = self.free.activity_schedule('mail.mail_activity_data_call', user_id=self.user_sales_salesman.id)
        activities |= self.free.activity_schedule('mail.mail_activity_data_call', user_id=self.user_sales_salesman.id)
        self.free._sop_set_do_not_contact("No")
        first, second = activities.with_user(self.user_sales_salesman)
        with self.assertHeld(self.free):
            first.write({'date_deadline': '2099-01-01'})
        first.with_user(self.user_sales_manager).user_id = self.user_sales_manager
        first.user_id = self.user_sales_salesman
        first.action_feedback(feedback="He does not want us")
        second.unlink()
        self.assertFalse(self.free.activity_ids)

    def test_reminders_of_the_procedure(self):
        """A step that is late is late all the same."""
        self.env['crm.lead']._sop_bulk_update([('id', '=', self.held.id)], {'sop_deadline': '2020-01-01'})
        self.held.with_user(self.user_sales_salesman)._sop_remind_overdue('salesperson')
        self.assertEqual(self.held.activity_ids.user_id, self.user_sales_salesman)

    def test_automation_rules_pass_over_them(self):
        model = self.env['ir.model']._get('crm.lead')
        for action in (
            {'state': 'next_activity', 'activity_type_id': self.call.id, 'activity_user_type': 'specific',
             'activity_user_id': self.user_sales_manager.id, 'activity_summary': "By rule"},
            {'state': 'mail_post', 'template_id': self.template.id, 'mail_post_method': 'email'},
            {'state': 'mail_post', 'template_id': self.template.id, 'mail_post_method': 'comment'},
        ):
            rule = self.env['base.automation'].create({
                'name': "New lead", 'model_id': model.id, 'trigger': 'on_create_or_write',
                'trigger_field_ids': [Command.set(self.env['ir.model.fields']._get('crm.lead', 'referred').ids)],
                'action_server_ids': [Command.create({'name': "Act", 'model_id': model.id, **action})]})
            with self.subTest(**action):
                held = self._create_lead(sop_list_id=self.bought.id, referred="x")
                free = self._create_lead(name="Free", sop_list_id=self.fair.id, referred="x")
                (held | free).write({'referred': "y"})
                reached = [bool(lead.activity_ids or self._get_mails(lead) or "Hello" in self._get_messages(lead))
                           for lead in (held, free)]
                self.assertEqual(reached, [False, True])
            rule.active = False

    def test_meetings(self):
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            for lead in self.held_leads:
                events = self.env['calendar.event'].with_user(user)
                values = {'name': "Visit", 'start': '2030-01-01 08:00:00', 'stop': '2030-01-01 09:00:00'}
                with self.assertHeld(lead):
                    events.create({**values, 'opportunity_id': lead.id})
                with self.assertHeld(lead):
                    events.create({
                        **values, 'res_id': lead.id, 'res_model_id': self.env['ir.model']._get_id('crm.lead')})
                event = events.create({**values, 'opportunity_id': self.free.id})
                with self.assertHeld(lead):
                    event.write({'opportunity_id': lead.id})

    def test_number_of_queries(self):
        def count(size):
            leads = self.env['crm.lead'].create([{'name': f"L{n}", 'sop_list_id': self.fair.id} for n in range(size)])
            values = [{
                'res_model_id': self.env['ir.model']._get_id('crm.lead'), 'res_id': lead.id,
                'activity_type_id': self.call.id, 'user_id': self.env.uid} for lead in leads]
            activities = self.env['mail.activity'].create(values)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            activities._check_sop_contactable()
            return self.env.cr.sql_log_count - before
        count(2)
        self.assertEqual(count(3), count(60))
        self.assertLessEqual(count(60), 3)


@tagged('post_install', '-at_install')
class TestHoldMail(RouteCommon):

    @each_actor
    def test_messages_to_customers(self, env):
        for lead in self.held_leads:
            lead = lead.with_env(env)
            for vals in (
                {'partner_ids': self.customer.ids}, {'outgoing_email_to': 'boss@customer.example.com'},
                {'partner_ids': (self.customer | self.user_sales_manager.partner_id).ids},
            ):
                for message_type in ('comment', 'notification'):
                    with self.assertHeld(lead):
                        lead.message_post(
                            body="Hello", message_type=message_type, subtype_xmlid='mail.mt_comment', **vals)
            with self.assertHeld(lead):
                lead.message_post(
                    body="Psst", message_type='comment', subtype_xmlid='mail.mt_note',
                    partner_ids=self.customer.ids)

    def test_automatic_messages_stay_inside(self):
        """They reach colleagues and nobody else, and nothing bounces."""
        for lead in self.held_leads:
            lead.message_subscribe(partner_ids=(self.customer | self.user_sales_manager.partner_id).ids)
            for message_type in ('email', 'notification', 'auto_comment'):
                message = lead.message_post(
                    body="Hello", message_type=message_type, subtype_xmlid='mail.mt_comment',
                    partner_ids=self.customer.ids if message_type != 'notification' else [])
                partners = message.sudo().notification_ids.res_partner_id
                self.assertIn(self.user_sales_manager.partner_id, partners)
                self.assertNotIn(self.customer, partners)
            self.assertFalse(lead.message_notify(
                body="Hello", subject="x", partner_ids=self.customer.ids).notification_ids)

    @users('user_sales_salesman')
    def test_colleagues_are_told(self):
        for lead in self.held_leads:
            lead = lead.with_env(self.env)
            lead.message_post(body="Nobody knows where this came from", subtype_xmlid='mail.mt_note')
            message = lead.message_post(
                body="Please ask him", message_type='comment', subtype_xmlid='mail.mt_comment',
                partner_ids=self.user_sales_manager.partner_id.ids)
            self.assertEqual(message.sudo().notification_ids.res_partner_id, self.user_sales_manager.partner_id)

    def test_notification_about_a_lead(self):
        """A notification that names the lead without being posted on it."""
        for lead in self.held_leads:
            with self.assertHeld(lead):
                self.env['mail.thread'].message_notify(
                    body="Hello", subject="x", partner_ids=self.customer.ids, model='crm.lead', res_id=lead.id)

    @each_actor
    def test_templates(self, env):
        for lead in self.held_leads:
            with self.assertHeld(lead):
                self.template.with_env(env).send_mail(lead.id)
            with self.assertHeld(lead):
                self.template.with_env(env).send_mail_batch([self.free.id, lead.id])
            with self.assertHeld(lead):
                lead.with_env(env).message_post_with_source(
                    self.template, message_type='comment', subtype_xmlid='mail.mt_comment')
        self.assertTrue(self.template.with_env(env).send_mail(self.free.id))

    @each_actor
    def test_composer(self, env):
        for lead in self.held_leads:
            for mode, ids in (('comment', lead.ids), ('mass_mail', [self.free.id, lead.id])):
                def send(ids=ids, mode=mode, **values):
                    return env['mail.compose.message'].create({
                        'model': 'crm.lead', 'res_ids': ids, 'composition_mode': mode, 'subject': "Hello",
                        'body': "Hello", 'partner_ids': self.customer.ids, **values})._action_send_mail()
                with self.assertHeld(lead):
                    send()
            with self.assertHeld(lead):
                send(
                    mode='mass_mail', ids=False, res_domain=str([('id', 'in', (self.free | lead).ids)]))
            with self.assertHeld(lead):
                send(mode='mass_mail', ids=lead.ids, use_exclusion_list=False)

    def test_mailing_leaves_them_out(self):
        """A campaign goes to the others; whoever is held is cancelled."""
        leads = self.free | self.held | self.refused
        composer = self.env['mail.compose.message'].create({
            'model': 'crm.lead', 'res_ids': leads.ids, 'composition_mode': 'mass_mail', 'subject': "News",
            'body': "News", 'use_exclusion_list': False, 'auto_delete': False})
        self.patch(self.env.registry['mail.compose.message'], '_is_sop_mailing', lambda composer: True)
        mails, __ = composer._action_send_mail()
        states = {mail.res_id: mail.state for mail in mails}
        self.assertEqual((states[self.held.id], states[self.refused.id]), ('cancel', 'cancel'))
        self.assertNotEqual(states[self.free.id], 'cancel')

    def test_recipients_of_a_new_mailing(self):
        """The hook of mass mailing, which is no dependency."""
        domain = Domain(self.env['crm.lead']._mailing_get_default_domain(self.env['res.partner']))
        found = self.env['crm.lead'].search(domain & Domain('id', 'in', (self.free | self.held | self.refused).ids))
        self.assertEqual(found, self.free)

    @each_actor
    def test_raw_mails(self, env):
        mails = env['mail.mail'].sudo()
        for lead in self.held_leads:
            values = {'model': 'crm.lead', 'res_id': lead.id, 'subject': "x", 'body_html': "x"}
            for recipients in (
                {'email_to': 'x@customer.example.com'}, {'email_cc': 'x@customer.example.com'},
                {'email_to': 'no address at all'}, {'recipient_ids': [Command.link(self.customer.id)]},
            ):
                with self.assertHeld(lead):
                    mails.create({**values, **recipients})
            inside = mails.create({**values, 'email_to': self.user_sales_manager.email_formatted})
            with self.assertHeld(lead):
                inside.write({'email_cc': 'x@customer.example.com'})
            with self.assertHeld(lead):
                inside.write({'recipient_ids': [Command.link(self.customer.id)]})
            mail = mails.create({**values, 'res_id': self.free.id, 'email_to': 'x@customer.example.com'})
            with self.assertHeld(lead):
                mail.mail_message_id.write({'res_id': lead.id}) and mail.mark_outgoing()

    def test_mail_that_waited(self):
        """Held after it was written: it is not sent, and says why."""
        mails = self.env['mail.mail']
        for recipients in ({'email_to': 'x@customer.example.com'}, {'email_to': self.user_sales_manager.email}):
            mails |= mails.create({
                'model': 'crm.lead', 'res_id': self.free.id, 'subject': "x", 'body_html': "x", 'auto_delete': False,
                **recipients})
        self.free._sop_set_do_not_contact("Enough")
        with self.mock_mail_gateway():
            mails.send()
        self.assertEqual(mails.mapped('state'), ['cancel', 'sent'])
        self.assertIn("Enough", mails[0].failure_reason)

    @users('user_sales_salesman')
    def test_scheduled_message(self):
        scheduled = self.env['mail.scheduled.message'].create({
            'model': 'crm.lead', 'res_id': self.free.id, 'author_id': self.env.user.partner_id.id, 'body': "Hello",
            'partner_ids': self.customer.ids, 'scheduled_date': fields.Datetime.now()})
        self.free._sop_set_do_not_contact("Enough")
        with self.assertHeld(self.free):
            scheduled.post_message()

    def test_order_of_a_held_lead(self):
        """What an order asks for is sent: it performs a contract."""
        order = self.env['sale.order'].create({'partner_id': self.contact_1.id, 'opportunity_id': self.refused.id})
        message = order.message_post(
            body="Your order", message_type='comment', subtype_xmlid='mail.mt_comment', partner_ids=self.contact_1.ids)
        self.assertIn(self.contact_1, message.notification_ids.res_partner_id)

    def test_incoming_mail_is_kept(self):
        """The customer may write to us whenever he likes."""
        self.refused.message_subscribe(partner_ids=self.customer.ids)
        message = self.refused.with_context(mail_create_nosubscribe=True).message_post(
            body="I changed my mind", message_type='email', author_id=self.contact_1.id,
            subtype_xmlid='mail.mt_comment')
        self.assertFalse(message.notification_ids.res_partner_id & self.customer)


@tagged('post_install', '-at_install')
class TestHoldSms(RouteCommon):
    """Text messages, where their module is installed."""

    def setUp(self):
        super().setUp()
        if 'sms.composer' not in self.env:
            self.skipTest("sms is not installed")
        for lead in self.held | self.refused | self.free:
            lead.phone = '+32 485 00 00 0%s' % (lead.id % 10)

    @each_actor
    def test_text_messages(self, env):
        for lead in self.held_leads:
            lead = lead.with_env(env)
            with self.assertHeld(lead):
                lead._message_sms("Hello")
            with self.assertHeld(lead):
                lead._message_sms("Hello", sms_numbers=['+32485001122'])
            with self.assertHeld(lead):
                lead._message_sms("Hello", partner_ids=self.customer.ids)
            with self.assertHeld(lead):
                env['sms.composer'].create({
                    'composition_mode': 'comment', 'res_model': 'crm.lead', 'res_ids': str(lead.ids), 'body': "Hello",
                })._action_send_sms()

    def test_many(self):
        leads = self.held | self.refused | self.free
        composer = self.env['sms.composer'].create({
            'composition_mode': 'mass', 'res_model': 'crm.lead', 'res_ids': str(leads.ids), 'body': "Hello",
            'mass_keep_log': False, 'mass_force_send': False, 'use_exclusion_list': False})
        sms = composer._action_send_sms()
        waiting = sms.filtered(lambda text: text.state == 'outgoing')
        self.assertEqual(waiting.mapped('number'), [self.free.phone_sanitized])


@tagged('post_install', '-at_install')
class TestHoldExport(RouteCommon):

    @each_actor
    def test_export(self, env):
        env.user.sudo().group_ids |= self.env.ref('base.group_allow_export')
        leads = (self.held | self.refused | self.free).with_env(env)
        for names in (['name'], ['email_from', 'phone'], ['id'], ['partner_id/email']):
            with self.assertRaises(UserError) as caught:
                leads.export_data(names)
            message = str(caught.exception)
            for part in ("2 of 3", "May Be Contacted", self.held.name, self.refused.name):
                self.assertIn(part, message)
        self.assertEqual(self.free.with_env(env).export_data(['name'])['datas'], [[self.free.name]])
        people = self.env['sop.stakeholder'].create([
            {'lead_id': lead.id, 'name': lead.name, 'phone': '+86 10 5555 0100'}
            for lead in (self.free, *self.held_leads)]).with_env(env)
        self.assertTrue(people[0].export_data(['name', 'phone'])['datas'])
        for person in people[1:]:
            with self.assertHeld(person.lead_id):
                person.export_data(['name', 'phone'])
        free = leads.search([('id', 'in', leads.ids), ('sop_contact_hold', '=', False)])
        self.assertEqual(free, self.free)

    def test_by_way_of_other_records(self):
        order = self.env['sale.order'].create({'partner_id': self.customer.id, 'opportunity_id': self.refused.id})
        with self.assertHeld(self.refused):
            order.export_data(['name', 'opportunity_id/email_from'])
        with self.assertHeld(self.held):
            self.bought.export_data(['name', 'lead_ids/phone'])
        with self.assertHeld(self.held):
            self.bought.export_data(['name', 'lead_ids/id', 'lead_ids/phone'])
        self.assertEqual(
            order.export_data(['name', 'opportunity_id'])['datas'], [[order.name, self.refused.display_name]])

    def test_number_of_queries(self):
        def count(size):
            leads = self.env['crm.lead'].create([{'name': f"L{n}", 'sop_list_id': self.fair.id} for n in range(size)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads._check_sop_exportable()
            return self.env.cr.sql_log_count - before
        count(2)
        self.assertEqual(count(3), count(60))

    def test_reading_cards(self):
        """Cards and rows cost the same number of queries, whatever holds them."""
        def count(size, **values):
            leads = self.env['crm.lead'].create([
                {'name': f"L{n}", 'partner_id': self.contact_2.id, **values} for n in range(size)])
            leads = leads.with_user(self.user_sales_manager)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.web_read({'name': {}, 'sop_contact_hold': {}})
            return self.env.cr.sql_log_count - before
        for values in ({}, {'sop_list_id': self.fair.id}, {'sop_list_id': self.bought.id}):
            count(2, **values)
            with self.subTest(values=values):
                self.assertEqual(count(1, **values), count(80, **values))
        with patch.object(self.env.registry['crm.lead'], '_get_sop_holds', lambda leads: {}):
            plain = count(80)
        self.assertLessEqual(count(80) - plain, 2)

    def test_engine_alone_passes(self):
        """No key of a context opens what is closed."""
        for context in ({'sop_engine': True}, {'sop_engine': 'x'}, {'mail_activity_quick_update': True}):
            with self.assertHeld(self.held):
                self.held.with_context(**context).activity_schedule('mail.mail_activity_data_call')
        self.assertTrue(as_engine(self.held).activity_schedule('mail.mail_activity_data_call'))
