from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .clause_common import ClauseCommon


@tagged('post_install', '-at_install')
class TestContractClause(ClauseCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._draft()
        cls.line = cls.contract.clause_ids.filtered(lambda line: line.clause_id == cls.clause_payment)
        cls.force = cls.contract.clause_ids - cls.line

    def _own(self):
        self.line.text_en = "<p>{partner} pays 30 % after shipment.</p>"

    def _ask(self):
        self._own()
        self.line.action_request_approval("He insists")
        return self.line.approval_ids.with_user(self.reviewers['fin'])

    def assertIncomplete(self, *texts):
        with self.assertRaises(UserError) as caught:
            self.contract._check_sop_reviewable()
        for text in texts:
            self.assertIn(text, str(caught.exception))

    # ------------------------------------------------------------
    # COMPLETE
    # ------------------------------------------------------------

    def test_list_shows_the_text_as_printed(self):
        contract = self._draft()
        line = self._get_line(contract, self.clause_payment)
        self.assertIn(f"{self.partner.name} pays 30 %", line.with_context(lang='en_US').excerpt)
        self.assertFalse(contract.has_missing_clause)
        line.write({'status': 'na', 'na_reason': "Paid already"})
        self.assertEqual(line.excerpt, "Paid already")
        self.assertTrue(contract.has_missing_clause)

    def test_form_says_who_is_asked(self):
        contract = self._create_contract(self._create_order())
        self.assertFalse(contract.review_asked_names)
        with self.assertRaises(UserError):
            contract.action_sop_open_review()
        review = self._request(contract)
        self.assertIn("Finance", contract.review_asked_names)
        self.assertEqual(contract.review_deadline, review.sudo().deadline)
        self.assertEqual(contract.action_sop_open_review()['res_id'], review.id)

    def test_required_clause(self):
        self.line.status = 'absent'
        self.assertIncomplete("absent", "Paying")
        self.line.unlink()
        self.assertIncomplete("absent", "Paying")

    def test_optional_clause(self):
        self.force.status = 'absent'
        self.assertFalse(self.contract._get_sop_incomplete())
        self.contract._check_sop_complete()

    def test_not_applicable_needs_a_reason(self):
        for reason in (False, "  "):
            with self.assertRaises(ValidationError):
                self.line.write({'status': 'na', 'na_reason': reason})
        self.line.write({'status': 'na', 'na_reason': "Paid in advance"})
        self.contract._check_sop_complete()
        self.assertEqual([found['kind'] for found in self.contract._get_sop_deviations()], ['na'])

    def test_text_or_place_in_the_text_of_the_customer(self):
        self.force.write({'wording_id': False, 'text_en': False, 'text_zh': False})
        self.assertEqual(self.force.position, 'none')
        self.force.reference = "Article 5"
        self.assertIncomplete("Acts of God")
        self.contract.non_standard = True
        self.assertIncomplete("document")
        self._attach()
        self.contract._check_sop_complete()
        self.assertEqual([found['kind'] for found in self.contract._get_sop_deviations()], ['template'])

    def _attach(self, content=b'Terms'):
        self.contract.customer_document_ids = self.env(user=self.user_sales_salesman)['ir.attachment'].create({
            'name': "Terms.pdf", 'raw': content, 'res_model': 'sop.contract', 'res_id': self.contract.id})

    def test_reviewers_read_the_document_of_the_customer(self):
        self.contract.non_standard = True
        self._attach()
        review = self._request(self.contract, departments=['leg'])
        shown = self.env(user=self.reviewers['leg'])['ir.attachment'].search([
            ('res_model', '=', 'sop.review'), ('res_id', '=', review.id)])
        self.assertEqual((shown.name, shown.raw), ("Terms.pdf", b'Terms'))
        with self.assertRaises(AccessError):
            self.contract.customer_document_ids.with_user(self.reviewers['leg']).read(['raw'])
        with self.assertRaises(UserError):
            self._attach(b'Other terms')
        self.contract.sudo().customer_document_ids.raw = b'Other terms'
        self.assertEqual(self.contract._get_sop_changed_topics(), {self.contract.id: {'legal'}})

    def test_blanks(self):
        self.contract.write({'delivery': False, 'delivery_date': False})
        self.line.text_zh = "<p>付款方式另行商定。</p>"
        self.line.text_en = "<p>Paid within ____ days, {delivery}.</p>"
        self.assertEqual(self.contract._get_sop_blanks(), [
            "Not known yet: When we deliver", "Paying: “Paid within ____”", "Paying: “付款方式另行商定”"])
        self.line.status = 'absent'
        self.assertFalse(self.contract._get_sop_blanks())

    # ------------------------------------------------------------
    # WORDINGS
    # ------------------------------------------------------------

    def test_standard_fallback_own(self):
        self.assertEqual((self.line.position, self.line.is_deviation), ('standard', False))
        self.line.action_use_fallback()
        self.assertEqual((self.line.position, self.line.wording_id), ('fallback', self.payment_fallback))
        self.assertFalse(self.contract._get_sop_deviations())
        with self.assertRaises(UserError):
            self.line.action_use_fallback()
        self._own()
        self.assertEqual((self.line.position, self.line.approval_state), ('own', 'needed'))
        self.assertIn('<del', self.line.diff_en)
        self.assertFalse('<del' in self.line.diff_zh)
        self.line.action_use_standard()
        self.assertEqual((self.line.position, self.line.approval_state), ('standard', 'none'))

    def test_mark_up_is_no_deviation(self):
        self.line.text_en = "<div>{partner} <b>pays</b> 30&nbsp;% before shipment.</div>"
        self.assertEqual(self.line.position, 'standard')

    def test_form_takes_the_text_of_the_wording(self):
        with Form(self.line) as form:
            form.wording_id = self.payment_fallback
            self.assertIn("20 %", form.text_en)
        self.assertEqual(self.line.position, 'fallback')

    def test_placeholders(self):
        self.assertIn("Huaxin Chemicals pays", self.line._get_sop_text('en'))
        self.assertIn("Huaxin Chemicals在发货前", self.line.preview_zh)
        self.partner.name = "<b>Bold</b>"
        self.assertIn("&lt;b&gt;Bold", self.line._get_sop_text('en'))
        with self.assertRaises(ValidationError):
            self.line.text_en = "<p>{salary}</p>"

    def test_agreed_terms_are_printed(self):
        self.contract.instalment_ids = [Command.clear(), Command.create({'percent': 100, 'days': 30})]
        values = self.contract._get_sop_placeholder_values('en')
        self.assertIn("within 30 days", values['payment_plan'])
        self.assertIn("100 %", values['payment_plan'])
        self.assertEqual(values['copies'], '4')

    def test_scripts_are_taken_out(self):
        self.line.text_en = "<p>Pay<script>alert(1)</script><img src=x onerror=alert(1)></p>"
        self.assertNotIn('script', self.line.text_en)
        self.assertNotIn('onerror', self.line.text_en)

    def test_wording_of_another_clause_or_not_approved(self):
        draft = self._create_wording(
            self.clause_payment, "Draft", state='draft', text_en="<p>Draft</p>", text_zh="<p>草稿</p>")
        for wording in (self.force_standard, draft):
            with self.assertRaises(ValidationError):
                self.line.wording_id = wording

    def test_newer_wording_is_offered_to_drafts_only(self):
        frozen = self._draft()
        frozen._sop_set_state('in_review')
        newer = self._create_wording(
            self.clause_payment, "30 % before shipment", state='draft', first_id=self.payment_standard.id,
            version=2, text_en="<p>{partner} pays 30 % in advance.</p>", text_zh="<p>{partner}预付30%。</p>")
        newer._sop_activate()
        self.assertEqual(self.payment_standard.state, 'archived')
        self.assertEqual(self.line.text_en, "<p>{partner} pays 30 % before shipment.</p>", "Nothing is taken over.")
        self.assertEqual((self.line.newer_wording_id, self.contract.newer_wording_count), (newer, 1))
        self.assertIn('<ins', self.line.newer_diff_en)
        self.contract.action_use_newer_wordings()
        self.assertEqual((self.line.wording_id, self.line.position), (newer, 'standard'))
        self.assertIn("in advance", self.line.text_en)
        with self.assertRaises(UserError):
            frozen.action_use_newer_wordings()
        with self.assertRaises(UserError):
            self._get_line(frozen, self.clause_payment).action_use_newer()

    def test_another_template_keeps_own_texts(self):
        self._own()
        clause = self._create_clause('t_port', "Port", 'leg', 'place')
        self._create_wording(clause, "Ningbo", text_en="<p>Ningbo</p>", text_zh="<p>宁波</p>")
        other = self.env['sop.contract.template'].create({'name': "Export", 'type': 'sale', 'line_ids': [
            Command.create({'clause_id': clause.id})]})
        other.action_activate()
        self.contract.template_id = other
        self.assertEqual(self.contract.clause_ids.clause_id, self.clause_payment | clause)

    # ------------------------------------------------------------
    # APPROVAL
    # ------------------------------------------------------------

    def test_own_wording_is_approved_before_the_review(self):
        self._own()
        self.assertIncomplete("Paying", "approval")
        approval = self._ask()
        self.assertEqual(approval.approver_ids, self.reviewers['fin'])
        self.assertIncomplete("not answered")
        self.assertTrue(approval.can_decide)
        self.assertEqual(approval.activity_ids.user_id, self.reviewers['fin'])
        approval.action_approve()
        self.assertFalse(approval.sudo().activity_ids)
        self.assertEqual(self.line.approval_state, 'approved')
        self.contract._check_sop_complete()
        self.assertEqual([found['kind'] for found in self.contract._get_sop_deviations()], ['own'])

    def test_refused(self):
        approval = self._ask()
        for reason in (None, "  ", 7):
            with self.assertRaises(UserError):
                approval.action_refuse(reason)
        approval.action_refuse("Never after shipment")
        self.assertEqual((self.line.approval_state, approval.remark), ('refused', "Never after shipment"))
        self.assertIncomplete("Paying")
        self.line.action_request_approval("He insists again")
        self.assertEqual(self.line.approval_state, 'waiting')

    def test_lapses_with_the_text(self):
        approval = self._ask()
        self.line.text_zh = "<p>{partner}发货后付款。</p>"
        self.assertEqual((approval.state, self.line.approval_state), ('lapsed', 'needed'))
        with self.assertRaises(UserError):
            approval.action_approve()
        self.line.action_request_approval("New text")
        self.line.approval_ids.sorted('id')[-1].with_user(self.reviewers['fin']).action_approve()
        self.assertEqual(self.line.approval_state, 'approved')
        self.line.text_en = "<p>{partner} pays 30 % one year after shipment.</p>"
        self.assertEqual(self.line.approval_state, 'needed')

    def test_who_asks_does_not_decide(self):
        self.env['sop.position'].search([('code', '=', 'fin'), ('company_id', '=', False)]).user_ids = [
            Command.set((self.user_sales_salesman | self.reviewers['fin']).ids)]
        approval = self._ask()
        self.assertEqual(approval.approver_ids, self.reviewers['fin'])
        for user in (self.user_sales_salesman, self.reviewers['leg'], self.user_auditor, self.user_sales_manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                approval.with_user(user).action_approve()
        with self.assertRaises(AccessError):
            approval.sudo().with_user(self.env.ref('base.user_root')).action_approve()

    def test_nobody_else_may_decide(self):
        self.env['sop.position'].search([('code', '=', 'fin')]).write({
            'user_ids': [Command.set(self.user_sales_salesman.ids)], 'stand_in_id': False})
        self.env.ref('sales_sop.group_sop_manager').user_ids = [Command.clear()]
        self.env.ref('sales_team.group_sale_manager').user_ids = [Command.clear()]
        self._own()
        with self.assertRaises(UserError) as caught:
            self.line.action_request_approval("He insists")
        self.assertIn("position", str(caught.exception))

    def test_reassign(self):
        approval = self._ask().with_user(self.reviewers['fin'])
        for user_id, reason in (
                (self.reviewers['leg'].id, ' '), (self.reviewers['leg'].id, None), (None, "Away"), ([], "Away"),
                (self.user_sales_salesman.id, "Away"), (self.user_portal.id, "Away"),
                (self.reviewers['fin'].id, "Away")):
            with self.subTest(user_id=user_id, reason=reason), self.assertRaises(UserError):
                approval.action_reassign(user_id, reason)
        for user in (self.user_sales_salesman, self.user_auditor, self.reviewers['leg'], self.user_portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                approval.with_user(user).action_reassign(self.reviewers['leg'].id, "Mine")
        dialog = self.env['sop.clause.reassign'].with_user(self.reviewers['fin']).create({
            'approval_id': approval.id, 'user_id': self.reviewers['leg'].id, 'reason': "On leave"})
        self.assertIn(self.reviewers['leg'], dialog.candidate_ids)
        self.assertNotIn(self.user_sales_salesman, dialog.candidate_ids)
        dialog.action_confirm()
        approval = approval.sudo()
        self.assertEqual(approval.approver_ids, self.reviewers['leg'])
        self.assertEqual(approval.activity_ids.user_id, self.reviewers['leg'])
        self.assertIn("On leave", str(approval.message_ids[:1].body))
        with self.assertRaises(AccessError):
            approval.with_user(self.reviewers['fin']).action_approve()
        approval.with_user(self.reviewers['leg']).action_approve()
        self.assertEqual(self.line.approval_state, 'approved')
        with self.assertRaises(UserError):
            approval.with_user(self.reviewers['leg']).action_reassign(self.reviewers['fin'].id, "Too late")

    def test_override(self):
        approval = self._ask()
        for user in (self.user_sales_salesman, self.reviewers['leg'], self.reviewers['fin'], self.user_auditor):
            with self.subTest(user.login), self.assertRaises(AccessError):
                approval.with_user(user).action_override("It is urgent")
        manager = approval.with_user(self.user_sales_manager)
        for reason in (None, ' ', 5, []):
            with self.subTest(reason), self.assertRaises(UserError):
                manager.action_override(reason)
        manager.action_override("Agreed with the general manager")
        self.assertEqual((manager.state, manager.is_override), ('approved', True))
        self.assertEqual(manager.remark, "Agreed with the general manager")
        self.assertEqual(self.line.approval_state, 'approved')
        self.assertFalse(manager.sudo().activity_ids)
        with self.assertRaises(UserError):
            manager.action_override("Again")

    def test_nobody_overrides_for_himself(self):
        self.user_sales_salesman.group_ids += self.env.ref('sales_sop.group_sop_manager')
        with self.assertRaises(AccessError):
            self._ask().with_user(self.user_sales_salesman).action_override("I say so")

    def test_nobody_writes_an_approval(self):
        approval = self._ask()
        for user in (self.user_sales_salesman, self.reviewers['fin'], self.user_sales_manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                approval.with_user(user).write({'state': 'approved'})
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env(user=user)['sop.clause.approval'].create({
                    'contract_id': self.contract.id, 'line_id': self.line.id, 'clause_id': self.clause_payment.id,
                    'text_hash': 'x', 'requester_id': user.id, 'reason': "x", 'state': 'approved'})
        with self.assertRaises(AccessError):
            approval.sudo().write({'state': 'approved'})

    def test_who_is_asked_reads_it_without_the_contract(self):
        approval = self._ask()
        self.assertTrue(approval.read(['display_name', 'contract_name', 'partner_name', 'diff_en', 'reason']))
        self.assertEqual(self.env(user=self.reviewers['fin'])['sop.clause.approval'].search([
            ('can_decide', '=', True)]), approval)
        with self.assertRaises(AccessError):
            self.contract.with_user(self.reviewers['fin']).read(['title'])
        for user in (self.reviewers['leg'], self.user_employee, self.user_portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                approval.with_user(user).read(['reason'])

    def test_asked_once(self):
        self._ask()
        with self.assertRaises(UserError):
            self.line.action_request_approval("Again")
        for reason in (None, "", 5):
            with self.assertRaises(UserError):
                self.force.action_request_approval(reason)

    def test_parts_follow_the_contract(self):
        for user in (self.reviewers['leg'], self.user_portal, self.user_employee):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.line.with_user(user).read(['text_en'])
        with self.assertRaises(AccessError):
            self.line.with_user(self.user_auditor).write({'text_en': "<p>x</p>"})
        self.assertTrue(self.line.with_user(self.user_auditor).read(['text_en']))
