from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .amendment_common import AmendmentCommon


@tagged('post_install', '-at_install')
class TestTermination(AmendmentCommon):
    """Ends of a contract: terminated with legal and finance, suspended, void (S5.9)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.user_sales_manager
        cls.env['sop.position'].search([('code', '=', 'sm'), ('company_id', '=', False)]).user_ids = [
            Command.link(cls.manager.id)]

    def _ask(self, user=None, **values):
        user = user or self.manager
        file = self.env['ir.attachment'].with_user(user).create({'name': "agreed.pdf", 'raw': b'%PDF-1.4'})
        return self.env['sop.termination'].with_user(user).create({
            'contract_id': self.contract.id, 'kind': 'mutual', 'reason': "The project is given up",
            'settlement': 1000, 'agreement_ids': [Command.set(file.ids)], **values})

    def _agree(self, termination, *codes):
        for code in codes:
            termination.with_user(self.reviewers[code]).action_agree("Fine")

    def test_legal_and_finance_agree(self):
        termination = self._ask()
        self.assertEqual(termination.sudo().decider_ids, self.reviewers['leg'] | self.reviewers['fin'])
        self._agree(termination, 'leg')
        self.assertEqual((termination.state, self.contract.state), ('waiting', 'executing'))
        self._agree(termination, 'fin')
        self.assertEqual((termination.state, self.contract.state), ('agreed', 'terminated'))
        self.assertEqual(self.order.state, 'cancel', "Nothing was delivered")
        self.assertEqual(
            self.contract.sudo().activity_ids.filtered(lambda own: "terminated" in own.summary).user_id,
            self.user_sales_salesman)

    def test_delivered_order_is_held(self):
        self.pumps.with_user(self.user_sales_salesman).qty_delivered = 3
        self._agree(self._ask(), 'leg', 'fin')
        self.assertEqual(self.order.state, 'sale')
        self.assertTrue(all(self.order.order_line.mapped('sop_is_on_hold')))
        with self.assertSays("nothing more is delivered"):
            self.pumps.with_user(self.user_sales_salesman).qty_delivered = 4
        (self.product | self.valve).invoice_policy = 'delivery'
        self.env.add_to_compute(self.pumps._fields['qty_to_invoice'], self.order.order_line)
        invoice = self.order.sudo()._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.quantity, 3, "What was delivered is invoiced")

    def test_agreement_is_evidence(self):
        files = self._ask().sudo().agreement_ids
        for env in (self.env(user=self.manager), self.env(user=self.env.ref('base.user_admin')), self.env):
            for call in (lambda own: own.write({'raw': b'x'}), lambda own: own.unlink()):
                with self.subTest(uid=env.uid), self.assertRaises(AccessError), self.cr.savepoint():
                    call(files.with_env(env))

    def test_ends_open_amendments(self):
        amendment = self._amend()
        self._change(amendment, quantity=8)
        amendment.action_sop_request_review()
        self._agree(self._ask(), 'leg', 'fin')
        self.assertEqual((self.contract.state, amendment.state), ('terminated', 'void'))
        self.assertEqual(amendment.sop_review_id.sudo().state, 'recalled')

    def test_refused_goes_on(self):
        termination = self._ask()
        for bad in (False, " ", 3, []):
            with self.subTest(bad=bad), self.assertRaises(UserError):
                termination.with_user(self.reviewers['fin']).action_refuse(bad)
        termination.with_user(self.reviewers['fin']).action_refuse("The settlement is too low")
        self.assertEqual((termination.state, self.contract.state), ('refused', 'executing'))
        with self.assertSays("decided already"):
            self._agree(termination, 'leg')
        self._ask()

    def test_one_sided_needs_legal_itself(self):
        self.env['sop.position'].search([('code', '=', 'leg'), ('company_id', '=', False)]).user_ids = False
        with self.assertSays("nobody may agree"):
            self._ask(kind='unilateral', agreement_ids=False)
        self._ask()

    def test_agreement_is_attached(self):
        with self.assertSays("attach the agreement"):
            self._ask(agreement_ids=False)
        self._ask(kind='unilateral', agreement_ids=False)

    def test_who_asks_and_decides(self):
        with self.assertSays("sales manager"):
            self._ask(self.user_sales_salesman)
        for user in (self.user_employee, self.user_portal, self.reviewers['leg'], self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env['sop.termination'].with_user(user).create({
                    'contract_id': self.contract.id, 'reason': "x", 'kind': 'unilateral'})
        termination = self._ask()
        for user in (self.user_employee, self.user_portal, self.reviewers['qua']):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                termination.with_user(user).action_agree()
        with self.assertSays("is decided by"):
            termination.with_user(self.manager).action_agree()
        with self.assertSays("only the one who asked"):
            termination.with_user(self.reviewers['leg']).action_withdraw()
        termination.action_withdraw()
        self.assertEqual(termination.state, 'withdrawn')

    def test_not_forged(self):
        termination = self._ask()
        leg = termination.with_user(self.reviewers['leg'])
        for values in ({'state': 'agreed'}, {'leg_state': 'agreed'}, {'reason': "other"}, {'decider_ids': False}):
            for record in (termination, leg, termination.sudo()):
                with self.subTest(values=values), self.assertRaises(UserError):
                    record.write(values)
        with self.assertRaises(AccessError):
            self._ask(state='agreed')
        with self.assertRaises(UserError):
            termination.sudo().unlink()

    def test_only_contracts_in_effect(self):
        draft = self._create_contract(self._create_order())
        with self.assertSays("only a contract in effect"):
            draft.with_user(self.manager).action_sop_terminate()
        with self.assertSays("only a contract in effect"):
            self._ask(contract_id=draft.id)

    def test_suspended_and_resumed(self):
        contract = self.contract
        for bad in (False, " ", 3, []):
            with self.subTest(bad=bad), self.assertRaises(UserError):
                contract.action_sop_suspend(bad)
        contract.action_sop_suspend("Embargo")
        self.assertEqual(contract.state, 'suspended')
        with self.assertSays("nothing more is delivered"):
            self.pumps.with_user(self.user_sales_salesman).qty_delivered = 1
        with self.assertSays("in effect"):
            contract.action_sop_amend()
        contract.action_sop_resume("Lifted")
        self.assertEqual(contract.state, 'executing')
        self.pumps.with_user(self.user_sales_salesman).qty_delivered = 1
        with self.assertSays("not suspended"):
            contract.action_sop_resume("x")

    def test_suspended_after_the_amendment_only(self):
        self._change(self._amend(), quantity=8)
        with self.assertSays("amendments first"):
            self.contract.action_sop_suspend("x")

    def test_void(self):
        order = self._create_order()
        draft = self._create_contract(order)
        for user in (self.user_employee, self.user_portal, self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                draft.with_user(user).action_sop_void("x")
        draft.action_sop_void("The customer wants his own text")
        self.assertEqual((draft.state, draft.void_reason), ('void', "The customer wants his own text"))
        self.assertFalse(order.sop_contract_id, "Another contract may be drafted")
        with self.assertSays("cannot be made void"):
            self.contract.action_sop_void("x")
