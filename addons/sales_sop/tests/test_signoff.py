from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged, users

from ..engine import as_engine
from .common import SalesSopCommon

NOW = datetime(2026, 11, 23, 9)


class SignoffCommon(SalesSopCommon):
    """Oral orders stand for everything that customers confirm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env['res.partner'].create({'name': "Huaxin Pumps", 'is_company': True})
        cls.contact = cls.env['res.partner'].create({
            'name': "Ms. Wang", 'email': 'wang@huaxin.example.com', 'parent_id': cls.customer.id})
        cls.product = cls.env['product.product'].create({'name': "Pump P20", 'list_price': 900})
        cls.lead.write({'partner_id': cls.contact.id, 'sop_legal_basis': 'business'})
        cls.order = cls._create_oral_order(cls.lead)

    @classmethod
    def _create_oral_order(cls, lead, user=None, **values):
        return cls.env['sop.oral.order'].with_user(user or cls.user_sales_salesman).create({
            'lead_id': lead.id,
            'caller': "Ms. Wang",
            'line_ids': [Command.create({'product_id': cls.product.id, 'quantity': 3, 'price_unit': 890})],
            **values,
        })

    def _get_mails(self):
        return self.env['mail.mail'].sudo().search([('recipient_ids', 'in', self.contact.ids)], order='id')


@tagged('post_install', '-at_install')
class TestSignoffRequest(SignoffCommon):
    """The customer is asked to confirm exactly what he is shown."""

    def test_request(self):
        with freeze_time(NOW):
            signoff = self.order._sop_request_signoff().sudo()
        self.assertEqual((self.order.signoff_state, self.order.state), ('pending', 'sent'))
        self.assertEqual((signoff.partner_id, signoff.lead_id, signoff.sent_by_id), (
            self.contact, self.lead, self.user_sales_salesman))
        self.assertEqual(signoff.valid_until, NOW + timedelta(days=30))
        self.assertEqual(signoff.values['lines'][0]['quantity'], 3)
        self.assertIn("Pump P20", signoff.content)
        self.assertEqual(len(signoff.fingerprint), 64)
        self.assertGreaterEqual(len(signoff.access_token), 40)

    def test_mail(self):
        """The link goes to the contact alone, in the queue; a message cannot bring markup in."""
        self.lead.message_subscribe(self.contact_1.ids)
        signoff = self.order._sop_request_signoff(message="<script>alert(1)</script> Dear Ms. Wang")
        mail = self._get_mails()
        self.assertEqual((len(mail), mail.state, mail.recipient_ids), (1, 'outgoing', self.contact))
        self.assertIn(signoff.sudo().access_token, mail.body_html)
        self.assertIn("Dear Ms. Wang", mail.body_html)
        self.assertNotIn('<script', mail.body_html)
        self.assertNotIn(self.lead.name, mail.body_html + mail.subject, "Our name of the opportunity is ours")
        notes = self.lead.message_ids.mapped('body')
        self.assertTrue(any("Ms. Wang" in note for note in notes))
        self.assertFalse(any(signoff.sudo().access_token in note for note in notes), "Readers of a lead cannot answer")

    def test_in_the_language_of_the_customer(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.env['ir.module.module']._load_module_terms(['sales_sop'], ['zh_CN'])
        self.contact.lang = 'zh_CN'
        signoff = self.order._sop_request_signoff()
        self.assertEqual(signoff.lang, 'zh_CN')
        self.assertIn('/zh', signoff._get_url())

    def test_without_mail(self):
        """A link for the chat needs no address."""
        self.contact.email = False
        signoff = self.order._sop_request_signoff(mail=False)
        self.assertEqual(signoff.state, 'pending')
        self.assertFalse(self._get_mails())
        with self.assertRaises(UserError):
            self.order._sop_request_signoff()

    def test_without_customer(self):
        self.lead.partner_id = False
        with self.assertRaises(UserError):
            self.order._sop_request_signoff(mail=False)

    def test_without_end(self):
        self.env.company.sop_signoff_days = 0
        self.assertFalse(self.order._sop_request_signoff().valid_until)

    def test_second_request_outdates_the_first(self):
        first = self.order._sop_request_signoff()
        second = self.order._sop_request_signoff()
        self.assertEqual((first.state, second.state, self.order.signoff_state), ('outdated', 'pending', 'pending'))
        self.assertFalse(first._answer('confirmed', "Ms. Wang"), "The old link is dead")

    def test_change_outdates(self):
        """Also one of a line; what changes nothing of the content changes nothing."""
        signoff = self.order._sop_request_signoff()
        self.order.line_ids.sequence = 7
        self.assertEqual(signoff.state, 'pending')
        self.order.line_ids.quantity = 4
        self.assertEqual((signoff.state, self.order.signoff_state, self.order.state), (
            'outdated', 'outdated', 'draft'))

    def test_change_nobody_reported(self):
        """What is confirmed is compared once more when the customer answers."""
        signoff = self.order._sop_request_signoff()
        self.env.flush_all()
        self.env.cr.execute("UPDATE sop_oral_order_line SET quantity = 99 WHERE order_id = %s", [self.order.id])
        self.env.invalidate_all()
        self.assertFalse(signoff._answer('confirmed', "Ms. Wang"))
        self.assertEqual((signoff.state, self.order.signoff_state), ('outdated', 'outdated'))

    def test_languages_change_nothing(self):
        self.env['res.lang']._activate_lang('fr_FR')
        fingerprint = self.order._get_sop_fingerprint()
        french = self.order.with_context(lang='fr_FR', tz='Asia/Shanghai').with_user(self.user_sales_manager)
        self.assertEqual(french._get_sop_fingerprint(), fingerprint)

    def test_held_customer(self):
        """Who must not be contacted is not asked either."""
        as_engine(self.customer).sop_lifecycle = 'blocked'
        with self.assertRaises(UserError):
            self.order._sop_request_signoff()
        with self.assertRaises(UserError):
            self.order.action_sop_signoff_send()

    def test_nothing_to_confirm(self):
        empty = self._create_oral_order(self.lead, line_ids=[])
        with self.assertRaises(UserError):
            empty.action_sop_signoff_send()

    def test_deleted_record(self):
        signoff = self.order._sop_request_signoff()
        as_engine(signoff).write({'res_id': 0})
        self.assertFalse(signoff._answer('confirmed', "Ms. Wang"))
        self.assertEqual(signoff.state, 'outdated')
        with self.assertRaises(UserError):
            signoff.action_open_record()


@tagged('post_install', '-at_install')
class TestSignoffAnswer(SignoffCommon):
    """The first answer counts and stays."""

    def test_confirmed(self):
        signoff = self.order._sop_request_signoff()
        self.assertTrue(signoff._answer('confirmed', "Ms. Wang"))
        self.assertEqual((signoff.state, signoff.how, self.order.signoff_state, self.order.state), (
            'confirmed', 'portal', 'confirmed', 'confirmed'))
        self.assertFalse(signoff._answer('declined', "Mr. Li"))
        self.assertEqual((signoff.state, signoff.signer_name), ('confirmed', "Ms. Wang"))
        self.assertFalse(self.lead.activity_ids)

    def test_declined(self):
        """The salesperson hears why; what the customer writes is text."""
        signoff = self.order._sop_request_signoff()
        signoff._answer('declined', "<b>Wang</b>", comment="<img src=x onerror=alert(1)> too late")
        self.assertEqual((self.order.signoff_state, self.order.state), ('declined', 'declined'))
        activity = self.lead.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, self.user_sales_salesman))
        for text in (activity.note, self.lead.message_ids[0].body):
            self.assertIn("too late", text)
            self.assertNotIn('<img', text)
            self.assertNotIn('<b>', text)

    def test_once_for_the_record(self):
        calls = []
        self.patch(type(self.order), '_sop_on_signoff', lambda record, signoff: calls.append(signoff.state))
        signoff = self.order._sop_request_signoff()
        for __ in range(2):
            signoff._answer('confirmed', "Ms. Wang")
        self.assertEqual(calls, ['confirmed'])

    def test_nobody_writes(self):
        signoff = self.order._sop_request_signoff()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            mine = signoff.with_user(user)
            for number, act in enumerate((
                lambda mine=mine: mine.write({'state': 'confirmed'}),
                lambda mine=mine: mine.copy(),
                lambda mine=mine: mine.unlink(),
                lambda mine=mine: mine.with_context(sop_engine=True).sudo().write({'state': 'confirmed'}),
            )):
                with self.subTest(user=user.login, act=number), self.assertRaises(AccessError):
                    act()
        with self.assertRaises(AccessError):
            self.order.write({'signoff_state': 'confirmed'})
        with self.assertRaises(AccessError):
            self.order.sudo().write({'signoff_ids': [Command.clear()]})
        with self.assertRaises(AccessError):
            self.env['sop.oral.order'].with_user(self.user_sales_salesman).create({
                'lead_id': self.lead.id, 'caller': "Ms. Wang", 'signoff_state': 'confirmed'})

    def test_nobody_reads_the_token(self):
        signoff = self.order._sop_request_signoff()
        admin = self.env.ref('base.user_admin')
        for user in (self.user_sales_salesman, self.user_sales_manager, self.user_auditor, admin):
            mine = signoff.with_user(user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                mine.read(['access_token'])
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                mine.search([('access_token', '=like', 'a%')])
            with self.subTest(user=user.login), self.assertRaises(UserError):
                mine.export_data(['access_token'])

    def test_answered_is_kept(self):
        signoff = self.order._sop_request_signoff()
        signoff._answer('declined', "Ms. Wang", comment="No")
        with self.assertRaises(UserError):
            self.order.sudo().unlink()

    def test_follows_a_merge(self):
        signoff = self.order._sop_request_signoff()
        signoff._answer('confirmed', "Ms. Wang")
        other = self._create_lead(name="Same need", partner_id=self.contact.id, sop_legal_basis='business')
        winner = (other | self.lead).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual((signoff.lead_id, self.order.sudo().lead_id), (winner, winner))
        self.assertEqual(self.order.sudo().line_ids.lead_id, winner)

    def test_colleague(self):
        signoff = self.order._sop_request_signoff()
        colleague = self.user_sales_salesman.copy({'login': 'user_sop_colleague'})
        mine = signoff.with_user(colleague)
        self.assertFalse(mine.search([('id', '=', signoff.id)]))
        for act in (mine.action_open_record, mine.action_preview, lambda: mine.read(['content']),
                    self.order.with_user(colleague).action_sop_signoff_send,
                    self.order.with_user(colleague).action_sop_signoff_record):
            with self.assertRaises(AccessError):
                act()

    def test_other_company(self):
        company = self.env['res.company'].create({'name': "Branch"})
        lead = self._create_lead(company_id=company.id, team_id=False, user_id=False, partner_id=self.contact.id,
                                 sop_legal_basis='business')
        stranger = new_test_user(self.env, 'branch', groups='sales_team.group_sale_manager', company_id=company.id,
                                 company_ids=[Command.set(company.ids)])
        order = self._create_oral_order(lead, self.env.user)
        signoff = order._sop_request_signoff()
        self.assertEqual(signoff.company_id, company)
        self.assertFalse(signoff.with_user(self.user_sales_manager).has_access('read'))
        self.assertTrue(signoff.with_user(stranger).has_access('read'))


@tagged('post_install', '-at_install')
class TestSignoffExpiry(SignoffCommon):
    """Silence never confirms."""

    def setUp(self):
        super().setUp()
        self.patch(self.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 60)

    def test_expires(self):
        with freeze_time(NOW):
            signoff = self.order._sop_request_signoff()
        with freeze_time(NOW + timedelta(days=29)):
            self.env['sop.signoff']._cron_expire()
            self.assertEqual(signoff.state, 'pending')
        with freeze_time(NOW + timedelta(days=31)):
            self.env['sop.signoff']._cron_expire()
            self.assertEqual((signoff.state, self.order.signoff_state, self.order.state), (
                'expired', 'expired', 'draft'))
            self.assertEqual(self.lead.activity_ids.user_id, self.user_sales_salesman)
            self.assertFalse(signoff._answer('confirmed', "Ms. Wang"))
            self.env['sop.signoff']._cron_expire()
        self.assertEqual(len(self.lead.activity_ids), 1, "Told once")

    def test_too_late_before_the_job(self):
        with freeze_time(NOW):
            signoff = self.order._sop_request_signoff()
        with freeze_time(NOW + timedelta(days=31)):
            self.assertFalse(signoff._answer('confirmed', "Ms. Wang"))
        self.assertEqual(signoff.state, 'expired')

    def test_batches(self):
        orders = self.order | self._create_oral_order(self.lead) | self._create_oral_order(self.lead)
        with freeze_time(NOW):
            for order in orders:
                order._sop_request_signoff()
        with freeze_time(NOW + timedelta(days=31)):
            self.env['sop.signoff']._cron_expire(batch_size=2)
        self.assertEqual(set(orders.mapped('signoff_state')), {'expired'})


@tagged('post_install', '-at_install')
class TestSignoffDialogs(SignoffCommon):
    """What the salesperson presses."""

    def _open(self, order, method, **values):
        action = getattr(order, method)()
        dialog = self.env[action['res_model']].with_env(order.env).with_context(**action['context'])
        return dialog.create(values)

    @users('user_sales_salesman')
    def test_send(self):
        order = self.order.with_env(self.env)
        dialog = self._open(order, 'action_sop_signoff_send')
        self.assertEqual((dialog.partner_id, dialog.link), (self.contact, False))
        dialog.action_send()
        self.assertEqual(order.signoff_state, 'pending')
        again = self._open(order, 'action_sop_signoff_send')
        self.assertIn('access_token=', again.link, "The open link is at hand")

    @users('user_sales_salesman')
    def test_link(self):
        order = self.order.with_env(self.env)
        dialog = self._open(order, 'action_sop_signoff_send')
        dialog.action_get_link()
        dialog.invalidate_recordset()
        self.assertIn(f'/my/confirmations/{order.signoff_ids.id}?access_token=', dialog.link)
        self.assertFalse(self._get_mails())

    @users('user_sales_salesman')
    def test_send_to_a_stranger(self):
        """Only persons of the customer are asked."""
        dialog = self._open(self.order.with_env(self.env), 'action_sop_signoff_send', partner_id=self.contact_2.id)
        with self.assertRaises(UserError):
            dialog.action_send()

    @users('user_sales_salesman')
    def test_forged_dialog(self):
        dialogs = self.env['sop.signoff.send']
        for model, res_id in (('res.users', 1), ('no.such.model', 1), ('sop.oral.order', 2 ** 30)):
            with self.subTest(model=model), self.assertRaises(UserError):
                dialogs.create({'res_model': model, 'res_id': res_id}).action_send()
        foreign = self._create_oral_order(self._create_lead(user_id=self.user_sales_leads.id), self.user_sales_manager)
        with self.assertRaises(AccessError):
            dialogs.create({'res_model': foreign._name, 'res_id': foreign.id}).action_send()

    @users('user_sales_salesman')
    def test_record(self):
        order = self.order.with_env(self.env)
        pending = order._sop_request_signoff()
        proof = self.env['ir.attachment'].create({'name': 'mail.eml', 'raw': b'I confirm'})
        with freeze_time(NOW):
            dialog = self._open(order, 'action_sop_signoff_record', how='email', answer_date=NOW - timedelta(days=1),
                                attachment_ids=[Command.set(proof.ids)])
            self.assertEqual(dialog.signer_name, "Ms. Wang")
            dialog.action_record()
        signoff = order.signoff_ids - pending
        self.assertEqual((pending.state, signoff.state, order.state), ('outdated', 'confirmed', 'confirmed'))
        self.assertEqual((signoff.how, signoff.recorded_by_id, signoff.answer_date), (
            'email', self.env.user, NOW - timedelta(days=1)))
        self.assertEqual(signoff.attachment_ids.raw, b'I confirm')
        for act in (lambda: signoff.attachment_ids.write({'raw': b'x'}), signoff.attachment_ids.unlink):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(AccessError):
            proof.copy({'res_model': 'sop.signoff', 'res_id': signoff.id})

    @users('user_sales_salesman')
    def test_record_with_bad_values(self):
        order = self.order.with_env(self.env)
        proof = self.env['ir.attachment'].create({'name': 'mail.eml', 'raw': b'I confirm'})
        files = {'attachment_ids': [Command.set(proof.ids)]}
        for values in (
            {},
            {**files, 'answer_date': datetime.now() + timedelta(days=1)},
            {**files, 'signer_name': "  "},
            {'state': 'declined', 'comment': " "},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._open(order, 'action_sop_signoff_record', **values).action_record()
        self.assertEqual(order.signoff_state, 'none')

    @users('user_sales_salesman')
    def test_record_a_refusal(self):
        order = self.order.with_env(self.env)
        self._open(order, 'action_sop_signoff_record', state='declined', comment="Too dear").action_record()
        self.assertEqual((order.signoff_state, order.signoff_ids.comment), ('declined', "Too dear"))

    @users('user_sales_salesman')
    def test_foreign_proof(self):
        """A file the user may not read proves nothing and is not copied."""
        secret = self.env['ir.attachment'].with_user(self.user_sales_leads).create({'name': 'secret', 'raw': b'secret'})
        order = self.order.with_env(self.env)
        with self.assertRaises(AccessError):
            self._open(order, 'action_sop_signoff_record', attachment_ids=[Command.set(secret.ids)]).action_record()


@tagged('post_install', '-at_install')
class TestSignoffQueries(SignoffCommon):

    def test_state_of_many(self):
        """What became of the requests is read for all records at once."""
        orders = self.order
        for __ in range(9):
            orders |= self._create_oral_order(self.lead)
        for order in orders:
            order._sop_request_signoff(mail=False)
        self.env.flush_all()
        self.env.invalidate_all()
        orders.mapped('signoff_state')
        with self.assertQueryCount(2):
            self.env.invalidate_all()
            orders.with_user(self.env.user).sudo().mapped('state')
        found = orders.search([('signoff_state', '=', 'pending'), ('id', 'in', orders.ids)])
        self.assertEqual(found, orders)
