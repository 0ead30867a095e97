from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.sales_sop.engine import as_engine

from .test_signing import SigningCommon


@tagged('post_install', '-at_install')
class TestSeal(SigningCommon):
    """A seal is used by its keeper, for what may be signed, and every use is in the log."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seal = cls.env.ref('sales_sop_contract_review.sop_seal_contract')
        cls.gm = cls.reviewers['gm']
        cls._make_approved(cls.contract)

    def _ask(self, contract=None, user=None, **values):
        contract = contract or self.contract
        return self.env['sop.seal.request'].with_user(user or self.user_sales_salesman).create({
            'contract_id': contract.id, 'seal_id': self.seal.id, **values})

    def _get_activities(self, request, user):
        return self.env['mail.activity'].search([
            ('res_model', '=', 'sop.seal.request'), ('res_id', '=', request.id), ('user_id', '=', user.id)])

    def test_sealed(self):
        monday = datetime(2026, 11, 23, 2)
        with freeze_time(monday):
            request = self._ask()
        self.assertEqual(request.requester_id, self.user_sales_salesman)
        self.assertEqual(str(request.due_date), '2026-11-24', "One working day")
        self.assertEqual(request.copies, self.contract.original_count)
        self.assertEqual(request.code, self.contract._get_sop_fingerprint_code())
        task = self._get_activities(request, self.keeper)
        self.assertEqual(task.date_deadline, request.due_date)
        request.with_user(self.keeper).action_seal()
        self.assertEqual((request.state, request.decided_by_id), ('sealed', self.keeper))
        log = request.sudo().log_ids
        self.assertEqual((log.act, log.user_id, log.copies, log.code), ('sealed', self.keeper, 4, request.code))
        self.assertIn(self.contract.name, log.contract)
        self.assertFalse(self._get_activities(request, self.keeper).exists())

    def test_refused_for_what_holds_signing_back(self):
        request = self._ask()
        person = self.contract.customer_signatory_id
        self.contract.customer_signatory_id = False
        with self.assertRefuses(UserError, "signatory"):
            self._ask()
        with self.assertRefuses(UserError, "signatory"):
            request.with_user(self.keeper).action_seal()
        self.contract.customer_signatory_id = person
        as_engine(self.contract.sudo().sop_review_id).write({'state': 'outdated'})
        with self.assertRefuses(UserError, "review"):
            request.with_user(self.keeper).action_seal()
        self.assertFalse(request.sudo().log_ids)
        draft = self._create_contract(self._create_order())
        with self.assertRefuses(UserError, "not waiting for its seal"):
            self._ask(draft)

    def test_only_the_keeper(self):
        request = self._ask()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.ca, self.gm):
            with self.assertRaises(AccessError):
                request.with_user(user).action_seal()
            with self.assertRaises(AccessError):
                request.with_user(user).action_refuse("No")
        own = new_test_user(self.env, 'user_sop_own_keeper', groups='sales_sop.group_sop_participant')
        self.seal.own_keeper_ids = own
        other = self._ask()
        with self.assertRaises(AccessError):
            other.with_user(self.keeper).action_seal()
        other.with_user(own).action_seal()

    def test_twice(self):
        request = self._ask().with_user(self.keeper)
        request.action_seal()
        for call in (request.action_seal, request.action_hand_out, request.action_return,
                     lambda: request.action_refuse("No"), request.with_user(self.user_sales_salesman).action_cancel):
            with self.assertRaises(UserError):
                call()
        self.assertEqual(len(request.sudo().log_ids), 1)

    def test_refused_with_reason(self):
        request = self._ask()
        for reason in (None, ' ', 5):
            with self.assertRaises(UserError):
                request.with_user(self.keeper).action_refuse(reason)
        request.with_user(self.keeper).action_refuse("The print is torn")
        self.assertEqual((request.state, request.refusal), ('refused', "The print is torn"))
        self.assertIn("The print is torn", self._get_activities(request, self.user_sales_salesman).summary)

    def test_taken_out(self):
        with self.assertRaises(ValidationError):
            self._ask(is_out=True)
        request = self._ask(is_out=True, due_back=self.today + timedelta(days=2))
        self.assertFalse(self._get_activities(request, self.keeper), "The general manager comes first")
        for state in ('action_seal', 'action_hand_out'):
            with self.assertRaises(UserError):
                getattr(request.with_user(self.keeper), state)()
        for user in (self.keeper, self.user_sales_salesman, self.user_sales_manager):
            with self.assertRaises(AccessError):
                request.with_user(user).action_allow()
        request.with_user(self.gm).action_allow()
        with self.assertRefuses(UserError, "taken out"):
            request.with_user(self.keeper).action_seal()
        request.with_user(self.keeper).action_hand_out()
        self.assertFalse(self.contract.is_sealed, "Not before it is back")
        second = self._ask()
        with self.assertRefuses(UserError, "the seal is out"):
            second.with_user(self.keeper).action_seal()
        request.with_user(self.keeper).action_return()
        self.assertEqual(request.sudo().log_ids.mapped('act'), ['returned', 'out'])
        self.assertEqual(request.sudo().log_ids.holder_id, self.user_sales_salesman)
        self.contract.invalidate_recordset(['is_sealed'])
        self.assertTrue(self.contract.is_sealed)
        second.with_user(self.keeper).action_seal()

    def test_the_manager_does_not_allow_himself(self):
        self.gm.group_ids += self.env.ref('sales_team.group_sale_salesman_all_leads')
        request = self._ask(user=self.gm, is_out=True, due_back=self.today)
        with self.assertRaises(AccessError):
            request.with_user(self.gm).action_allow()

    def test_seal_not_back(self):
        request = self._ask(is_out=True, due_back=self.today)
        request.with_user(self.gm).action_allow()
        request.with_user(self.keeper).action_hand_out()
        with freeze_time(self.today + timedelta(days=2)):
            for __ in range(2):
                self._run_reminders()
        self.assertEqual(len(self._get_activities(request, self.keeper)), 1)

    def test_evidence(self):
        """Nobody edits or deletes what was sealed, and nobody says he sealed."""
        request = self._ask()
        request.with_user(self.keeper).action_seal()
        log = request.sudo().log_ids
        for user in (self.user_sales_salesman, self.keeper, self.ca, self.env.user):
            with self.assertRaises(AccessError):
                log.with_user(user).sudo().write({'copies': 1})
            with self.assertRaises(AccessError):
                log.with_user(user).sudo().unlink()
            with self.assertRaises(AccessError):
                request.with_user(user).sudo().write({'state': 'requested'})
            with self.assertRaises(UserError):
                request.with_user(user).sudo().write({'copies': 1})
            with self.assertRaises(UserError):
                request.with_user(user).sudo().unlink()
            with self.assertRaises(AccessError):
                self.env['sop.seal.log'].with_user(user).sudo().create({
                    'seal_id': self.seal.id, 'request_id': request.id, 'company_id': self.company.id,
                    'act': 'sealed', 'user_id': user.id, 'contract': "X"})
        with self.assertRaises(AccessError):
            self._ask(state='sealed')
        with self.assertRaises(AccessError):
            self._ask(decided_by_id=self.keeper.id)

    def test_what_the_keeper_reads(self):
        """Who keeps the seal reads the request, not the contract."""
        request = self._ask().with_user(self.keeper)
        values = request.read(['contract_name', 'partner_name', 'code', 'copies', 'seal_id', 'display_name'])[0]
        self.assertIn(self.contract.name, values['contract_name'])
        with self.assertRaises(AccessError):
            self.contract.with_user(self.keeper).read(['name'])
        self.assertIn(request, self.env['sop.seal.request'].with_user(self.keeper).search([]))
        for user in (self.user_employee, self.user_portal, self.reviewers['leg']):
            with self.assertRaises(AccessError):
                request.with_user(user).read(['code'])
            with self.assertRaises(AccessError):
                self._ask(user=user)

    def test_seal_of_another_company(self):
        other = self.env['res.company'].create({'name': "Second"})
        self.seal = self.env['sop.seal'].create({'name': "Theirs", 'company_id': other.id})
        with self.assertRefuses(ValidationError, "is not a seal of"):
            self._ask()

    def test_number_of_copies(self):
        with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017
            self._ask(copies=0)

    def test_page_seal_alone(self):
        self.seal = self.env.ref('sales_sop_contract_review.sop_seal_page')
        self._ask().with_user(self.keeper).action_seal()
        self.assertFalse(self.contract.is_sealed)
