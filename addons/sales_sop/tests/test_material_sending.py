import base64
from datetime import timedelta
from functools import partial
from unittest.mock import patch

import psycopg2

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from ..engine import as_engine
from .common import SalesSopHttpCommon
from .test_material_pack import PackCommon

MAIL_TEMPLATE = """Return-Path: {return_path}
To: {to}
cc: {cc}
From: {email_from}
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"
Date: Fri, 10 Aug 2026 14:16:26 +0000
Message-ID: {msg_id}
{extra}
--b
Content-Type: text/plain; charset="utf-8"

Is this the right one?
--b
Content-Type: application/pdf; name="old.pdf"
Content-Disposition: attachment; filename="old.pdf"
Content-Transfer-Encoding: base64

%s
--b--
"""


class SendingCommon(PackCommon):
    """A lead of a customer with e-mail, with a pack that is ready."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env['res.partner'].create({'name': "Qian Li", 'email': 'qian.li@foundry.example.com'})
        cls.lead.write({'partner_id': cls.customer.id})
        cls.lead.with_user(cls.user_sales_salesman).action_sop_fill_pack()

    def _copy_file(self, record, env=None, **values):
        """The same file, as somebody uploads it."""
        record = record.sudo().with_context(bin_size=False)
        return (env or self.env)['ir.attachment'].create({
            'name': "copy.pdf", 'datas': record.file, 'res_model': 'crm.lead', 'res_id': self.lead.id, **values})

    def _post(self, files, lead=None, **values):
        with self.mock_mail_gateway():
            return (lead or self.lead).with_user(self.user_sales_salesman).message_post(**{
                'body': "Please find attached", 'message_type': 'comment', 'subtype_xmlid': 'mail.mt_comment',
                'partner_ids': self.customer.ids, 'attachment_ids': files.ids, **values})

    def _get_sendings(self, lead=None):
        return self.env['sop.material.sending'].search([('lead_id', '=', (lead or self.lead).id)])


@tagged('post_install', '-at_install')
class TestMaterialSend(SendingCommon):
    """One click opens a message with the documents; sending it is noted."""

    def _open(self, lead):
        action = lead.action_sop_send_material()
        return self.env[action['res_model']].with_user(lead.env.user).with_context(**action['context'])

    @users('user_sales_salesman')
    def test_send(self):
        lead = self.lead.with_env(self.env)
        with self.mock_mail_gateway():
            composer = Form(self._open(lead)).save()
            self.assertEqual(composer.partner_ids, self.customer)
            self.assertEqual(
                sorted(composer.attachment_ids.mapped('name')), ["About us.pdf", "Catalogue.pdf", "Foundry case.pdf"])
            composer._action_send_mail()
        self.assertSentEmail(self.user_sales_salesman.partner_id, self.customer)
        self.assertEqual(len(self._mails[0]['attachments']), 3)
        message = lead.message_ids[0]
        sendings = self._get_sendings()
        self.assertEqual(sendings.material_id, lead.sop_material_line_ids.material_id)
        self.assertEqual(
            (sendings.message_id, sendings.user_id, sendings.partner_id, set(sendings.mapped('recipients'))),
            (message, self.env.user, self.customer, {"Qian Li <qian.li@foundry.example.com>"}))
        line = lead.sop_material_line_ids[0]
        self.assertEqual((line.sent_date, line.sent_by_id), (sendings[0].date, self.env.user))
        self.assertEqual(self.catalogue.sending_count, 1)

    @users('user_sales_salesman')
    def test_files_are_copies(self):
        """Deleting a message takes no material along."""
        lead = self.lead.with_env(self.env)
        with self.mock_mail_gateway():
            self._open(lead).create({})._action_send_mail()
        message = lead.message_ids[0]
        self.assertFalse(message.attachment_ids & self._get_attachment(self.catalogue))
        message.sudo().unlink()
        self.assertTrue(self.catalogue.with_user(self.env.user).file)
        self.assertEqual(len(self._get_sendings()), 3, "What was sent stays known")

    @users('user_sales_salesman')
    def test_tailored(self):
        line = self.lead.sop_material_line_ids.filtered(lambda own: own.material_id == self.catalogue)
        line.with_user(self.env.user).write({'tailored': True, 'file': base64.b64encode(b'%PDF-1.4 yours')})
        lead = self.lead.with_env(self.env)
        self.assertRefused(lead.action_sop_send_material, "has not been checked", self.expert.name)
        line.with_user(self.user_sales_manager).action_check()
        with self.mock_mail_gateway():
            self._open(lead).create({})._action_send_mail()
        self.assertIn(b'%PDF-1.4 yours', [content for __, content, __ in self._mails[0]['attachments']])
        self.assertEqual(self._get_sendings().filtered('tailored').material_id, self.catalogue)

    @users('user_sales_salesman')
    def test_not_ready(self):
        lead = self.lead.with_env(self.env)
        second = self._create_next(self.catalogue)
        self.assertRefused(
            lead.action_sop_send_material, "Catalogue, version 1: Superseded", second.display_name)
        self.assertRefused(self._create_lead().with_env(self.env).action_sop_send_material, "choose the material")

    @users('user_sales_salesman')
    def test_held(self):
        """Whoever must not be contacted gets no material either."""
        with patch.object(
            self.env.registry['crm.lead'], '_check_sop_contactable', side_effect=UserError("Held"),
        ):
            self.assertRefused(self.lead.with_env(self.env).action_sop_send_material, "Held")

    @users('user_sales_salesman')
    def test_template_in_mass_mode(self):
        other = self._create_lead(email_from='other@foundry.example.com', sop_industry_id=self.industry.id)
        leads = (self.lead | other).with_env(self.env)
        other.with_env(self.env).action_sop_fill_pack()
        other.sop_material_line_ids[0].unlink()
        with self.mock_mail_gateway():
            self.env['mail.compose.message'].with_context(
                default_model='crm.lead', default_res_ids=leads.ids, default_composition_mode='mass_mail',
                default_template_id=self.env.ref('sales_sop.mail_template_material').id,
            ).create({})._action_send_mail()
        self.assertEqual(sorted(len(mail['attachments']) for mail in self._mails), [2, 3])
        self.assertEqual((len(self._get_sendings()), len(self._get_sendings(other))), (3, 2))

    @users('user_sales_salesman')
    def test_merged_leads_keep_what_was_sent(self):
        self._post(self._copy_file(self.catalogue))
        other = self._create_lead(sop_research_sources="x", priority='3', probability=90)
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual(self._get_sendings(merged).material_id, self.catalogue)

    def test_query_count(self):
        """What the door costs a message with files, and one without."""
        files = [self._create_file(self.lead, content=b'%PDF-1.4 offer'), self._copy_file(self.catalogue)]
        self._post(files[0])
        counts = []
        for file in (self.env['ir.attachment'], *files):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._post(file)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2] - counts[0], 40, counts)


@tagged('post_install', '-at_install')
class TestMaterialDoor(SendingCommon):
    """Material that is not valid does not leave, whatever way it is attached."""

    def setUp(self):
        super().setUp()
        self.old = self._create_material("Old catalogue")
        self.new = self._create_next(self.old)
        self.expired = self._create_material("ISO 9001", kind='cert', valid_to=self.today)
        self._expire(self.expired)
        self.draft = self._create_material("Draft", check=False)
        self.withdrawn = self._create_material("Wrong data")
        self.withdrawn.with_user(self.expert).action_withdraw("Wrong")
        self.invalid = {
            self.old: (self.old.display_name, "Superseded", self.new.display_name),
            self.expired: ("ISO 9001", "Expired", "new version"),
            self.draft: ("Draft", "Not checked"),
            self.withdrawn: ("Wrong data", "Withdrawn"),
        }

    def test_message_post(self):
        for material, words in self.invalid.items():
            for file in (self._copy_file(material), self._get_attachment(material)):
                with self.subTest(material=material.name):
                    self.assertRefused(partial(self._post, file), *words)
        self._post(self._copy_file(self.new))
        self.assertEqual(self._get_sendings().material_id, self.new)

    def test_content_handed_over(self):
        self.assertRefused(lambda: self._post(
            self.env['ir.attachment'], attachments=[("x.pdf", b'%PDF-1.4 Old catalogue 1')]), "Superseded")

    def test_address_without_partner(self):
        self.assertRefused(lambda: self._post(
            self._copy_file(self.old), partner_ids=[], outgoing_email_to='somebody@foundry.example.com'), "Superseded")

    def test_followers_from_outside(self):
        self.lead.message_subscribe(self.customer.ids)
        self.assertRefused(lambda: self._post(self._copy_file(self.old), partner_ids=[]), "Superseded")

    def test_forged_author(self):
        """Pretending that the customer wrote it opens nothing."""
        stranger = self.env['res.partner'].create({'name': "Stranger", 'email': 'stranger@example.com'})
        self.assertRefused(lambda: self._post(
            self._copy_file(self.old), author_id=stranger.id, message_type='email'), "Superseded")

    def test_among_colleagues(self):
        file = self._copy_file(self.old)
        self._post(file, partner_ids=self.user_sales_manager.partner_id.ids)
        self._post(file, partner_ids=[], subtype_xmlid='mail.mt_note')
        self.assertFalse(self._get_sendings())

    def test_composer(self):
        composer = self.env['mail.compose.message'].with_user(self.user_sales_salesman).with_context(
            default_model='crm.lead', default_res_ids=self.lead.ids, default_composition_mode='comment',
        ).create({
            'body': "Please", 'partner_ids': [Command.set(self.customer.ids)],
            'attachment_ids': [Command.set(self._copy_file(self.expired).ids)]})
        self.assertRefused(composer._action_send_mail, "ISO 9001", "Expired")

    def test_mass_mode(self):
        composer = self.env['mail.compose.message'].with_user(self.user_sales_salesman).with_context(
            default_model='crm.lead', default_res_ids=(self.lead | self._create_lead()).ids,
            default_composition_mode='mass_mail',
        ).create({
            'body': "Please", 'subject': "News",
            'attachment_ids': [Command.set(self._copy_file(self.old, self.env(user=self.user_sales_salesman)).ids)]})
        self.assertRefused(composer._action_send_mail, "Superseded")

    def test_template(self):
        template = self.env['mail.template'].create({
            'name': "News", 'model_id': self.env['ir.model']._get_id('crm.lead'), 'subject': "News",
            'email_to': 'somebody@foundry.example.com', 'body_html': "<p>News</p>",
            'attachment_ids': [Command.set(self._copy_file(self.old, res_model=False, res_id=False).ids)]})
        self.assertRefused(lambda: template.send_mail(self.lead.id), "Superseded")
        self.assertRefused(
            lambda: self.lead.message_post_with_source(template, subtype_xmlid='mail.mt_comment'), "Superseded")
        template.attachment_ids = self._copy_file(self.new, res_model=False, res_id=False)
        with self.mock_mail_gateway():
            template.send_mail(self.lead.id)
        self.assertEqual(self._get_sendings().material_id, self.new)

    def test_mail(self):
        values = {'model': 'crm.lead', 'res_id': self.lead.id, 'email_to': 'x@example.com', 'body_html': "x"}
        mails = self.env['mail.mail']
        file = [Command.set(self._copy_file(self.old).ids)]
        self.assertRefused(lambda: mails.create({**values, 'attachment_ids': file}), "Superseded")
        mail = mails.create(values)
        self.assertRefused(lambda: mail.write({'attachment_ids': file}), "Superseded")
        mails.create({**values, 'email_to': False, 'attachment_ids': file, 'recipient_ids': [
            Command.set(self.user_sales_manager.partner_id.ids)]})

    def test_order(self):
        """The quotation of the lead is another way out."""
        order = self.env['sale.order'].create({
            'partner_id': self.customer.id, 'opportunity_id': self.lead.id, 'user_id': self.user_sales_salesman.id})
        self.assertRefused(lambda: self._post(self._copy_file(self.old), order), "Superseded")
        self._post(self._copy_file(self.new), order)
        self.assertEqual(self._get_sendings().material_id, self.new)

    def test_tailored_file(self):
        line = self._add(
            self.lead, self.new, tailored=True, file=base64.b64encode(b'%PDF-1.4 yours'))
        self.assertRefused(lambda: self._post(self._copy_file(line)), "has not been checked", "Ten pumps")
        line.with_user(self.expert).sudo().with_user(self.user_sales_manager).action_check()
        self._post(self._copy_file(line))
        self.assertEqual((self._get_sendings().material_id, self._get_sendings().tailored), (self.new, True))

    def test_same_file_in_a_valid_version(self):
        """A file nobody changed is as good as its newest version."""
        same = self._create_material("Old catalogue", version="1")
        self._post(self._copy_file(self.old))
        self.assertEqual(self._get_sendings().material_id, same)

    def test_customer_sends_it_back(self):
        """What comes in is never refused: the mail would bounce."""
        self.lead.message_subscribe(self.customer.ids)
        source = MAIL_TEMPLATE % base64.b64encode(b'%PDF-1.4 Old catalogue 1').decode()
        message = self._post(self.env['ir.attachment'])
        with self.mock_mail_gateway(), mute_logger('odoo.addons.mail.models.mail_thread'):
            self.format_and_process(
                source, 'colleague@foundry.example.com', 'catchall@example.com', subject="Re: Ten pumps",
                extra=f'In-Reply-To: {message.message_id}', target_model='crm.lead')
        self.assertEqual(self.lead.message_ids[0].attachment_ids.name, "old.pdf")
        self.assertFalse(self._get_sendings())

    def test_waited_too_long(self):
        """Valid when it was written, expired when the queue got to it."""
        paper = self._create_material("Price list", valid_to=self.today)
        with patch.object(self.env.registry['mail.mail'], 'send', lambda *args, **kwargs: True):
            self.lead.with_user(self.user_sales_salesman).message_post(
                body="Please", subtype_xmlid='mail.mt_comment', partner_ids=self.customer.ids,
                attachment_ids=self._copy_file(paper).ids)
        mail = self.env['mail.mail'].search([('recipient_ids', 'in', self.customer.ids)], limit=1)
        self._expire(paper)
        with self.mock_mail_gateway():
            mail.send()
        self.assertEqual(mail.state, 'exception')
        self.assertIn("Price list", mail.failure_reason)
        self.assertFalse(self._mails)

    def test_scheduled_notification(self):
        paper = self._create_material("Price list", valid_to=self.today)
        message = self.lead.with_user(self.user_sales_salesman).message_post(
            body="Please", subtype_xmlid='mail.mt_comment', partner_ids=self.customer.ids,
            attachment_ids=self._copy_file(paper).ids, scheduled_date=fields.Datetime.now() + timedelta(days=2))
        self.assertFalse(self._get_sendings(), "Not sent yet")
        self._expire(paper)
        with self.mock_mail_gateway():
            self.env['mail.message.schedule'].search([('mail_message_id', '=', message.id)]).force_send()
        self.assertFalse(self._mails)
        self.assertIn("Price list", self.lead.message_ids[0].body)
        self.assertFalse(self._get_sendings())


@tagged('post_install', '-at_install')
class TestMaterialLedger(SendingCommon, SalesSopHttpCommon):
    """Nobody writes what was sent; everybody reads it with the lead."""

    def test_guard(self):
        self._post(self._copy_file(self.catalogue))
        sending = self._get_sendings()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            for act in (
                partial(sending.with_user(user).write, {'recipients': "x"}), sending.with_user(user).unlink,
                partial(sending.with_user(user).create, {
                    'lead_id': self.lead.id, 'material_id': self.case.id, 'date': '2026-01-01',
                    'user_id': user.id}),
            ):
                self.assertRefused(act, error=AccessError)
        for user, sees in (
            (self.user_sales_salesman, True), (self.user_sales_manager, True), (self.user_auditor, True),
            (self.user_employee, False), (self.user_portal, False),
        ):
            self.env.invalidate_all()
            self.assertEqual(sending.with_user(user).has_access('read'), sees, user.login)
        self.lead.user_id = self.user_sales_leads
        self.env.invalidate_all()
        self.assertFalse(sending.with_user(self.user_sales_salesman).has_access('read'))
        self.assertFalse(sending.with_user(self.user_sales_salesman).search([]))
        self.assertEqual(self.catalogue.with_user(self.user_sales_salesman).sending_count, 0)

    def test_recall(self):
        self._post(self._copy_file(self.catalogue))
        self.catalogue.with_user(self.expert).action_withdraw("Wrong")
        sendings = self.env['sop.material.sending'].with_user(self.user_sales_manager)
        found = sendings.search([('material_id.validity', '!=', 'ok')])
        self.assertEqual((found.lead_id, found.validity), (self.lead, 'withdrawn'))
        action = self.catalogue.with_user(self.user_sales_manager).action_open_sendings()
        self.assertEqual(sendings.search(action['domain']), found)
        self.assertEqual(found.action_open_document()['res_id'], self.lead.id)

    def test_sent_material_is_kept(self):
        self._post(self._copy_file(self.catalogue))
        with self.assertRaises(psycopg2.errors.ForeignKeyViolation), self.cr.savepoint(), mute_logger('odoo.sql_db'):
            as_engine(self.catalogue).unlink()

    def test_http(self):
        old = self._create_material("Old catalogue")
        self._create_next(old)
        file = self._copy_file(old)
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        values = {
            'body': "x", 'message_type': 'comment', 'subtype_xmlid': 'mail.mt_comment',
            'partner_ids': self.customer.ids, 'attachment_ids': file.ids}
        for context in ({}, {'sop_engine': True}, {'mail_notify_force_send': False}):
            error = self.assertForbidden('crm.lead', 'message_post', [self.lead.ids], values, context=context)
            self.assertIn("Old catalogue, version 2", error['message'])
        answer = self.url_open('/mail/message/post', json={'params': {
            'thread_model': 'crm.lead', 'thread_id': self.lead.id, 'post_data': {
                'body': "x", 'message_type': 'comment', 'subtype_xmlid': 'mail.mt_comment',
                'partner_ids': self.customer.ids, 'attachment_ids': file.ids,
                'attachment_tokens': [file._get_ownership_token()]}}}).json()
        self.assertIn("Old catalogue", answer['error']['data']['message'])
        self.assertForbidden('sop.material.sending', 'create', [{
            'lead_id': self.lead.id, 'material_id': old.id, 'date': '2026-01-01', 'user_id': 1}])
