from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.tests.common import SalesSopHttpCommon
from odoo.addons.sales_sop.tests.test_signoff_portal import make_picture

from .test_signing import SigningCommon


class EsignCommon(SigningCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gm = cls.reviewers['gm']
        cls._make_approved(cls.contract)
        cls.contract.sign_method = 'esign'
        cls.contract.action_sop_start_signing()
        cls.own = cls.contract.with_user(cls.gm)

    def _send(self, **values):
        return self.contract._sop_request_signoff(**values).sudo()

    def _get_tasks(self, user):
        return self.contract.sudo().activity_ids.filtered(lambda activity: activity.user_id == user)


@tagged('post_install', '-at_install')
class TestEsign(EsignCommon):
    """The customer signs in the portal, our signatory here, both the reviewed text."""

    def test_both(self):
        signoff = self._send()
        self.assertEqual(signoff.partner_id, self.contract.customer_signatory_id)
        self.assertEqual(signoff.fingerprint, self.contract._get_sop_fingerprint())
        self.assertEqual(self.contract.signoff_state, 'pending')
        self.assertFalse(self._get_tasks(self.gm), "First the customer")
        signoff._answer('confirmed', "Mr. Li", address='10.0.0.1')
        self.assertEqual(self.contract.customer_sign_date, self.today)
        self.assertTrue(self._get_tasks(self.gm))
        self.assertEqual(self.contract.state, 'signing')
        self.own.action_sop_sign()
        self.assertEqual(self.contract.state, 'executing')
        contract = self.contract.sudo()
        self.assertEqual((contract.our_signed_by_id, contract.our_sign_fingerprint),
                         (self.gm, contract._get_sop_fingerprint()))
        self.assertFalse(self._get_tasks(self.gm))
        self.assertEqual(self.order.state, 'sale')

    def test_we_first(self):
        self.own.action_sop_sign()
        signoff = self._send()
        signoff._answer('confirmed', "Mr. Li")
        self.assertEqual(self.contract.state, 'executing')

    def test_mail_goes_to_the_customer_alone(self):
        """Through the queue, and not through the chatter that stays in the house."""
        signoff = self._send(message="Dear Mr. Li")
        mails = self.env['mail.mail'].sudo().search(
            [('recipient_ids', 'in', self.contract.customer_signatory_id.ids)])
        self.assertEqual(len(mails), 1)
        self.assertIn(f'/my/confirmations/{signoff.id}?access_token=', mails.body_html)
        self.assertIn("Dear Mr. Li", mails.body_html)

    def test_only_the_signatory(self):
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            with self.assertRaises(AccessError):
                self.contract.with_user(user).action_sop_sign()
        for user in (self.user_portal, self.user_employee, self.reviewers['leg']):
            with self.assertRaises(AccessError):
                self.contract.with_user(user).action_sop_sign()
        self.own.action_sop_sign()
        with self.assertRaises(UserError):
            self.own.action_sop_sign()

    def test_authority_ended(self):
        self.env.ref('sales_sop_contract_review.sop_signing_authority_gm').revoked_date = self.today
        with self.assertRefuses(UserError, "not authorised"):
            self.own.action_sop_sign()

    def test_held_back_after_both(self):
        """What got in the way meanwhile is told, and the answer of the customer is kept."""
        self.own.action_sop_sign()
        signoff = self._send()
        as_engine(self.env['sop.review.condition']).create({
            'review_id': self.contract.sudo().sop_review_id.id, 'name': "Deposit", 'owner_id': self.ca.id,
            'due_point': 'before_sign'})
        signoff._answer('confirmed', "Mr. Li")
        self.assertEqual((signoff.state, self.contract.state), ('confirmed', 'signing'))
        self.assertIn("Deposit", self._get_tasks(self.user_sales_salesman).summary)

    def test_paper_is_not_mixed_in(self):
        """No salesperson signs for the customer, and no scan replaces him."""
        with self.assertRefuses(UserError, "by the customer himself"):
            self.contract._sop_record_signoff('confirmed', "Mr. Li", how='email')
        with self.assertRaises(UserError):
            self.contract.action_sop_match(self.contract._get_sop_fingerprint_code())
        with self.assertRaises(UserError):
            self.contract.with_user(self.ca).action_sop_check_copy()
        self.contract._sop_record_signoff('declined', "Mr. Li", how='email', comment="Another date")
        self.assertEqual(self.contract.signoff_state, 'declined')

    def test_another_person(self):
        with self.assertRefuses(UserError, "is signed by"):
            self._send(partner=self.partner)
        signoff = self._send()
        self.contract.customer_signatory_id = self.env['res.partner'].create({
            'name': "Ms. Wu", 'email': 'wu@huaxin.example.com', 'parent_id': self.partner.id})
        self.assertEqual(signoff.state, 'outdated')
        self.assertFalse(signoff._answer('confirmed', "Mr. Li"))

    def test_text_changed(self):
        self.contract._sop_freeze_versions()
        signoff = self._send()
        self.env.cr.execute('UPDATE sop_contract_line SET name = %s WHERE contract_id = %s', ["Pump", self.contract.id])
        self.env.invalidate_all()
        self.assertFalse(signoff._answer('confirmed', "Mr. Li"))
        self.assertEqual(signoff.state, 'outdated')

    def test_stopped(self):
        signoff = self._send()
        self.own.action_sop_sign()
        self.contract.action_sop_stop_signing("Another date")
        self.assertEqual(signoff.state, 'outdated')
        self.assertFalse(self.contract.our_signed_by_id)
        self.contract.action_sop_start_signing()
        self.own.action_sop_sign()
        self.assertEqual(self.contract.state, 'signing', "The customer signs anew, too")

    def test_old_answer_does_not_count(self):
        """Signed before signing was stopped and started again: asked again."""
        self._send()._answer('confirmed', "Mr. Li")
        self.contract.action_sop_stop_signing("Mistake")
        self.env.cr.execute("UPDATE sop_signoff SET sent_date = sent_date - interval '1 hour' WHERE contract_id = %s",
                            [self.contract.id])
        self.env.invalidate_all()
        self.contract.action_sop_start_signing()
        self.own.action_sop_sign()
        self.assertEqual(self.contract.state, 'signing')

    def test_not_before_signing(self):
        other = self._create_contract(self._create_order())
        with self.assertRaises(UserError):
            other.action_sop_signoff_send()
        self.contract.action_sop_signoff_send()

    def test_who_reads_the_answers(self):
        signoff = self._send().sudo(False)
        self.assertEqual(signoff.with_user(self.user_sales_salesman).title, signoff.sudo().title)
        for user in (self.user_portal, self.reviewers['leg']):
            with self.assertRaises(AccessError):
                signoff.with_user(user).read(['title'])


@tagged('post_install', '-at_install')
class TestEsignPortal(EsignCommon, SalesSopHttpCommon):
    """The customer, with the link alone."""

    def setUp(self):
        super().setUp()
        self.signoff = self._send(mail=False)
        self.authenticate(None, None)
        self.path = f'/my/confirmations/{self.signoff.id}?access_token={self.signoff.access_token}'

    def test_page(self):
        page = self.url_open(self.path)
        self.assertEqual(page.status_code, 200)
        code = self.contract._get_sop_fingerprint_code()
        for text in (self.contract.name, code, "Mr. Li", "simple electronic signature"):
            self.assertIn(text, page.text)
        self.assertNotIn("whether we have understood", page.text)
        self.assertNotIn("&lt;div", page.text, "The text is formatted")

    def test_signature(self):
        path = self.path.replace('?', '/confirm?')
        answer = self.url_open(path, json={'id': 0, 'jsonrpc': '2.0', 'method': 'call', 'params': {
            'name': "Li Ming", 'signature': make_picture()}}, headers={'User-Agent': 'Test browser'})
        self.assertTrue(answer.json()['result'].get('force_refresh'))
        self.env.invalidate_all()
        signoff = self.signoff
        self.assertEqual((signoff.state, signoff.signer_name, signoff.how), ('confirmed', "Li Ming", 'portal'))
        self.assertTrue(signoff.signature and signoff.address and signoff.user_agent)
        page = self.url_open(self.path)
        self.assertIn(signoff.fingerprint, page.text)
        self.own.action_sop_sign()
        self.assertEqual(self.contract.state, 'executing')

    def test_order_portal_does_not_sign_the_contract(self):
        """Accepting the quotation is no signature under the contract, and no way around it."""
        order = self.order.sudo()
        order.action_quotation_sent() if order.state == 'draft' else None
        self.url_open(f'/my/orders/{order.id}/accept?access_token={order._portal_ensure_token()}', json={
            'id': 0, 'jsonrpc': '2.0', 'method': 'call', 'params': {'name': "Li", 'signature': make_picture()}})
        self.env.invalidate_all()
        self.assertEqual(self.contract.state, 'signing')
        self.assertNotEqual(order.state, 'sale')

    def test_customer_signs_tour(self):
        self.browser_size = '400x860'
        self.start_tour(self.path, 'sales_sop_customer_signs_contract')
        self.env.invalidate_all()
        self.assertEqual((self.signoff.state, self.signoff.signer_name), ('confirmed', "Li Ming"))
        self.assertTrue(self.contract.customer_sign_date)
