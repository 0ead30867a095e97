from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from markupsafe import escape

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon


class SigningCommon(ContractReviewCommon):
    """A contract over ten pumps, 10,000 plus tax."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()
        cls.contract = cls._create_contract(cls.order)
        cls.ca = cls.reviewers['ca']
        cls.keeper = cls.reviewers['keeper']
        cls.today = cls.contract._get_sop_today()

    def _run_reminders(self):
        with patch.object(self.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 60):
            self.env['sop.contract']._cron_sop_archive()

    @classmethod
    def _create_authority(cls, **values):
        return cls.env['sop.signing.authority'].create({'basis': 'charter', **values})

    @contextmanager
    def assertRefuses(self, error, text):
        """Refused with ``text``, and nothing is kept."""
        with self.assertRaises(error) as caught:
            yield
            self.env.flush_all()
        self.assertIn(text, str(caught.exception))

    def assertHeld(self, contract, text):
        """The page names it, and it is the only thing in the way."""
        problems = contract._get_sop_signing_obstacles()
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(text, problems[0])
        contract.invalidate_recordset(['signing_checks'])
        self.assertIn(escape(text), str(contract.signing_checks))
        self.assertTrue(contract.has_signing_problem)


@tagged('post_install', '-at_install')
class TestSigning(SigningCommon):
    """A contract is signed by whoever may sign it, after everything that must come first."""

    def test_paper_way(self):
        self._make_effective(self.contract)
        contract = self.contract.sudo()
        self.assertEqual(contract.state, 'executing', "The order that waited for it is confirmed")
        self.assertEqual(self.order.state, 'sale')
        self.assertEqual(contract.authority_id.basis, 'charter')
        self.assertEqual(contract.signatory_id, self.reviewers['gm'])
        self.assertEqual((contract.effective_by_id, contract.effective_date), (self.ca, self.today))
        self.assertTrue(contract.authority_text)

    def test_orders_may_wait_on(self):
        self.company.sop_confirm_on_effective = False
        self._make_effective(self.contract)
        self.assertEqual((self.contract.state, self.order.state), ('effective', 'draft'))
        self.order.action_confirm()
        self.assertEqual(self.contract.state, 'executing')

    def test_only_what_is_approved(self):
        with self.assertRefuses(UserError, "not waiting for signature"):
            self.contract.action_sop_start_signing()
        self.assertEqual(self.contract.state, 'draft')

    def test_review(self):
        self._make_approved(self.contract)
        self.assertFalse(self.contract._get_sop_signing_obstacles())
        review = self.contract.sudo().sop_review_id
        for state in ('in_review', 'rejected', 'outdated', 'returned', 'recalled'):
            with self.subTest(state):
                as_engine(review).write({'state': state})
                self.assertHeld(self.contract, "review")
                with self.assertRefuses(UserError, "held back"):
                    self.contract.action_sop_start_signing()

    def test_text_changed_behind_the_review(self):
        """The live text counts, whatever the state of the review says."""
        self._make_approved(self.contract)
        self.env.cr.execute(
            'UPDATE sop_contract_line SET name = %s WHERE contract_id = %s', ["Pump P30", self.contract.id])
        self.env.invalidate_all()
        self.assertHeld(self.contract, "changed after the review")

    def test_conditions_and_comments(self):
        self._make_approved(self.contract, 'approved_cond')
        review = self.contract.sudo().sop_review_id
        condition = as_engine(self.env['sop.review.condition']).create({
            'review_id': review.id, 'name': "Raise the deposit", 'owner_id': self.user_sales_salesman.id,
            'due_point': 'before_sign'})
        self.assertHeld(self.contract, "Raise the deposit")
        as_engine(condition).write({'due_point': 'before_ship'})
        self.assertFalse(self.contract._get_sop_signing_obstacles(), "Only what is due before signing")
        comment = as_engine(self.env['sop.review.comment']).create({
            'review_id': review.id, 'text': "Why so late?", 'author_id': self.reviewers['leg'].id})
        self.assertHeld(self.contract, "1 comments")
        as_engine(comment).write({'state': 'closed'})
        self.contract.action_sop_start_signing()
        self.assertEqual(self.contract.state, 'signing')

    def test_customer(self):
        self._make_approved(self.contract)
        person = self.contract.customer_signatory_id
        self.contract.customer_signatory_id = False
        self.assertHeld(self.contract, "customer's signatory")
        self.contract.write({'customer_signatory_id': person.id, 'customer_basis': False})
        self.assertHeld(self.contract, "authorisation")
        self.contract.customer_basis = 'poa'
        self.assertHeld(self.contract, "power of attorney")
        self.contract.customer_proof_ids = [Command.create({'name': 'poa.pdf', 'raw': b'%PDF poa'})]
        self.assertFalse(self.contract._get_sop_signing_obstacles())
        with self.assertRefuses(ValidationError, "does not belong to the customer"):
            self.contract.customer_signatory_id = self.env['res.partner'].create({'name': "Somebody"})

    def test_stop(self):
        self._make_signing(self.contract)
        request = self.env['sop.seal.request'].create({
            'contract_id': self.contract.id, 'seal_id': self.env.ref('sales_sop_contract_review.sop_seal_contract').id})
        self._enter_signatures(self.contract)
        for reason in (None, '', '  ', 5):
            with self.assertRaises(UserError):
                self.contract.action_sop_stop_signing(reason)
        self.contract.action_sop_stop_signing("The customer wants another date")
        self.assertEqual((self.contract.state, request.state), ('approved', 'cancelled'))
        self.assertFalse(self.contract.our_sign_date or self.contract.scan_ids)
        self.assertIn("another date", ''.join(self.contract.message_ids.mapped('body')))
        with self.assertRaises(UserError):
            self.contract.action_sop_stop_signing("Again")

    def test_dates(self):
        self._make_signing(self.contract)
        with self.assertRefuses(ValidationError, "future"):
            self.contract.customer_sign_date = self.today + timedelta(days=1)
        with self.assertRefuses(ValidationError, "before signing was started"):
            self.contract.our_sign_date = self.today - timedelta(days=1)
        self.contract.customer_sign_date = self.today - timedelta(days=3)


@tagged('post_install', '-at_install')
class TestSigningAuthority(SigningCommon):
    """Signed inside the authority, by the paper that gives it."""

    def _signers(self):
        return self.env['res.users'].union(*self.contract._get_sop_signing_authorities())

    def _give_paper(self, code, **values):
        authority = self.env.ref(f'sales_sop_contract_review.sop_signing_authority_{code}')
        authority.write({'file': b'UE9B', 'valid_until': self.today + timedelta(days=30), **values})
        return authority

    def test_seeds(self):
        """A power of attorney without its paper authorises nobody."""
        self.assertEqual(self._signers(), self.reviewers['gm'])
        authority = self._give_paper('sm')
        self.assertEqual(authority.state, 'valid')
        self.assertEqual(self._signers(), self.reviewers['gm'] | self.reviewers['sm'])
        self._give_paper('director')
        self.assertEqual(next(iter(self.contract._get_sop_signing_authorities())), self.reviewers['sm'],
                         "The narrowest authority is offered first")

    def test_limit(self):
        authority = self._give_paper('sm', amount_limit=self.contract.amount_total)
        self.assertIn(self.reviewers['sm'], self._signers())
        authority.amount_limit = self.contract.amount_total - 0.01
        self.assertNotIn(self.reviewers['sm'], self._signers())
        self._make_approved(self.contract)
        self.contract.signatory_id = self.reviewers['sm']
        self.assertHeld(self.contract, "not authorised")
        with self.assertRefuses(UserError, "not authorised"):
            self.contract.action_sop_start_signing()

    def test_foreign_currency(self):
        euro = self.env['res.currency'].with_context(active_test=False).search(
            [('id', '!=', self.company.currency_id.id)], limit=1)
        euro.active = True
        self.env['res.currency.rate'].create({
            'currency_id': euro.id, 'rate': 0.1, 'company_id': self.company.id, 'name': self.today - timedelta(days=1)})
        authority = self._give_paper('sm', amount_limit=50000)
        self.contract.currency_id = euro
        self.assertNotIn(self.reviewers['sm'], self._signers(), "Ten times as much in our currency")
        authority.amount_limit = 500000
        self.assertIn(self.reviewers['sm'], self._signers())

    def test_validity(self):
        authority = self._give_paper('sm')
        day = timedelta(days=1)
        for values, state in [
            ({'valid_from': self.today + day}, 'future'),
            ({'valid_from': False, 'valid_until': self.today - day}, 'expired'),
            ({'valid_until': self.today, 'revoked_date': self.today}, 'revoked'),
            ({'revoked_date': False, 'file': False}, 'incomplete'),
        ]:
            with self.subTest(state):
                authority.write(values)
                self.assertEqual(authority._get_state(self.today), state)
                self.assertNotIn(self.reviewers['sm'], self._signers())
        authority.write({'file': b'UE9B'})
        self.assertIn(self.reviewers['sm'], self._signers(), "Its last day counts")

    def test_single_case(self):
        """A salesperson signs one contract, by its own paper."""
        other = self._create_contract(self._create_order())
        salesman = self.user_sales_salesman
        authority = self._create_authority(
            basis='single', user_id=salesman.id, contract_id=self.contract.id, amount_limit=20000, file=b'UE9B')
        self.assertIn(salesman, self._signers())
        self.assertNotIn(salesman, other._get_sop_signing_authorities())
        authority.revoked_date = self.today
        self.assertNotIn(salesman, self._signers())
        with self.assertRaises(ValidationError):
            self._create_authority(basis='single', user_id=salesman.id)
        with self.assertRaises(ValidationError):
            self._create_authority(user_id=salesman.id, contract_id=self.contract.id)

    def test_nobody_stands_in(self):
        self.env.ref('sales_sop.sop_position_gm').user_ids = False
        self.assertFalse(self._signers())
        self._make_approved(self.contract)
        self.assertHeld(self.contract, "Nobody is authorised")

    def test_position_of_the_company(self):
        """Where the company fills the position itself, the holders for all companies do not sign."""
        self.env['sop.position'].create({
            'name': "GM", 'code': 'gm', 'company_id': self.company.id,
            'user_ids': [Command.set(self.reviewers['board'].ids)]})
        self.assertEqual(self._signers(), self.reviewers['board'])

    def test_who_writes(self):
        authority = self.env.ref('sales_sop_contract_review.sop_signing_authority_sm')
        for user in (self.user_sales_manager, self.reviewers['gm'], self.ca):
            with self.assertRaises(AccessError):
                authority.with_user(user).write({'is_unlimited': True})
            with self.assertRaises(AccessError):
                authority.with_user(user).create({'user_id': user.id, 'is_unlimited': True, 'basis': 'charter'})

    def test_used_authority_stays(self):
        self._make_effective(self.contract)
        authority = self.contract.sudo().authority_id
        with self.assertRefuses(UserError, "was signed by it"):
            authority.amount_limit = 5
        with self.assertRefuses(UserError, "was signed by it"):
            authority.unlink()
        authority.revoked_date = self.today

    def test_supplement(self):
        """Whoever signs a supplement signs for the whole contract."""
        self._give_paper('sm', amount_limit=self.contract.amount_total - 1)
        child = self.env['sop.contract'].with_user(self.user_sales_salesman).create({
            'title': "Supplement", 'partner_id': self.partner.id})
        self.assertIn(self.reviewers['sm'], child._get_sop_signing_authorities())
        as_engine(child).parent_id = self.contract
        self.assertNotIn(self.reviewers['sm'], child._get_sop_signing_authorities())

    def test_framework_without_ceiling(self):
        self._give_paper('sm')
        framework = self.env['sop.contract'].with_user(self.user_sales_salesman).create({
            'title': "Pumps this year", 'type': 'framework', 'partner_id': self.partner.id})
        self.assertEqual(list(framework._get_sop_signing_authorities()), [self.reviewers['gm']])


@tagged('post_install', '-at_install')
class TestSignedCopy(SigningCommon):
    """What was signed is what was reviewed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_signing(cls.contract)
        cls._seal(cls.contract)
        cls._enter_signatures(cls.contract)
        cls.code = cls.contract._get_sop_fingerprint_code()
        cls.look = cls.contract.with_user(cls.ca)

    def test_code(self):
        plain = self.code.replace('-', '')
        full_width = ''.join(chr(ord(letter) + 0xFEE0) for letter in plain)
        qr = self.contract._get_sop_qr_value()
        for typed in (
            self.code, f' {self.code.lower()} ', plain, ' '.join(plain), full_width, qr, qr.replace('|', ' |'),
            qr.upper(), qr.replace('|', '\uff5c'),
        ):
            with self.subTest(typed):
                self.assertIs(self.contract.action_sop_match(typed), True)
                self.assertEqual(self.contract.match_state, 'matched')

    def test_another_text(self):
        number, version, fingerprint = self.contract._get_sop_qr_value().split('|')
        for typed, text in [
            ('00000000', "no reviewed text"), ('1234', "eight characters"), ('nonsense', "eight characters"),
            (f'HT-1999-0001|{version}|{fingerprint}', "another contract: HT-1999-0001"),
            (f'{number}|v9|{fingerprint}', "version 9"),
            (f'{number}|{version}|{fingerprint[::-1]}', "changed after the review"), ('a|b', "no QR code"),
        ]:
            with self.subTest(typed):
                notice = self.contract.action_sop_match(typed)
                self.assertIn(text, notice['params']['message'])
                self.assertEqual(self.contract.match_state, 'mismatch')
                with self.assertRefuses(UserError, "held back"):
                    self.look.action_sop_check_copy()
        legal = self.contract.sudo().activity_ids.filtered(lambda activity: activity.user_id == self.reviewers['leg'])
        self.assertEqual(len(legal), 1, "Told once, of the latest")
        self.assertTrue(self.contract.with_user(self.reviewers['leg']).has_access('read'))
        self.contract.action_sop_match(self.code)
        self.assertFalse(legal.exists() and legal.active)

    def test_malformed(self):
        for typed in (None, '', ' - ', [], {}, 5, False, b'x'):
            with self.assertRaises(UserError):
                self.contract.action_sop_match(typed)

    def test_who_compares(self):
        self.contract.action_sop_match(self.code)
        with self.assertRaises(AccessError):
            self.contract.action_sop_check_copy()
        as_engine(self.contract).drafter_id = self.ca
        with self.assertRefuses(UserError, "somebody else"):
            self.look.action_sop_check_copy()
        self.assertEqual(self.contract.state, 'signing')

    def test_second_look(self):
        self.company.sop_second_look = True
        self.contract.action_sop_match(self.code)
        self.assertTrue(self.look.can_check_copy)
        self.look.action_sop_check_copy()
        self.assertEqual(self.contract.state, 'signing')
        with self.assertRefuses(UserError, "somebody else"):
            self.look.action_sop_check_copy()
        self.contract.with_user(self.user_sales_manager).action_sop_check_copy()
        self.assertEqual(self.contract.state, 'executing')

    def test_another_scan_is_another_copy(self):
        self.contract.action_sop_match(self.code)
        self.company.sop_second_look = True
        self.look.action_sop_check_copy()
        self.contract.scan_ids = [Command.create({'name': 'other.pdf', 'raw': b'%PDF other'})]
        self.assertEqual(self.contract.match_state, 'none')
        self.assertFalse(self.contract.copy_checked_by_id)

    def test_each_is_missing(self):
        """Without any of it the contract is not effective."""
        self.contract.action_sop_match(self.code)
        for name in ('our_sign_date', 'customer_sign_date'):
            value, self.contract[name] = self.contract[name], False
            with self.assertRefuses(UserError, "held back"):
                self.look.action_sop_check_copy()
            self.contract[name] = value
        seals = self.contract.sudo().seal_request_ids
        as_engine(seals).write({'state': 'refused'})
        with self.assertRefuses(UserError, "not sealed"):
            self.look.action_sop_check_copy()
        as_engine(seals).write({'state': 'sealed'})
        self.look.action_sop_check_copy()

    def test_no_scan(self):
        self.contract.scan_ids = False
        self.contract.action_sop_match(self.code)
        with self.assertRefuses(UserError, "Upload the scan"):
            self.look.action_sop_check_copy()

    def test_authority_ended_meanwhile(self):
        self.contract.action_sop_match(self.code)
        self.env.ref('sales_sop_contract_review.sop_signing_authority_gm').revoked_date = self.today
        with self.assertRefuses(UserError, "not authorised"):
            self.look.action_sop_check_copy()

    def test_foreign_file(self):
        lead_file = self.env['ir.attachment'].create({
            'name': 'secret.pdf', 'raw': b'x', 'res_model': 'crm.lead', 'res_id': self.lead.id})
        with self.assertRaises(UserError):
            self.contract.scan_ids = [Command.link(lead_file.id)]


@tagged('post_install', '-at_install')
class TestSignedForGood(SigningCommon):
    """What was signed stays, and no door leads around the signing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_effective(cls.contract)

    def test_immutable(self):
        values = {
            'our_sign_date': self.today - timedelta(days=1), 'customer_sign_date': False, 'scan_ids': [Command.clear()],
            'signatory_id': self.reviewers['sm'].id, 'sign_method': 'esign', 'customer_basis': 'poa',
            'customer_signatory_id': False, 'signed_code': 'X'}
        for user in (self.user_sales_salesman, self.ca, self.user_sales_manager, self.env.user):
            for name, value in values.items():
                with self.subTest(name, user=user.login), self.assertRaises(UserError):
                    self.contract.with_user(user).sudo().write({name: value})

    def test_files_are_evidence(self):
        scan = self.contract.scan_ids
        for user in (self.user_sales_salesman, self.ca, self.env.user):
            with self.assertRaises(AccessError):
                scan.with_user(user).sudo().write({'raw': b'%PDF forged'})
            with self.assertRaises(AccessError):
                scan.with_user(user).sudo().unlink()
        # The web client keeps a picture of each PDF that is shown.
        scan.with_user(self.ca).sudo().thumbnail = (
            b'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=')
        self.assertEqual(scan.raw, b'%PDF-1.4 signed')

    def test_looking_at_a_file_changes_nothing(self):
        """Browsers send the picture of a page they show: it is not kept, and nobody is told of an error."""
        scan = self.contract.scan_ids
        scan.thumbnail = 'R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs='
        self.env.invalidate_all()
        self.assertFalse(scan.thumbnail)

    def test_no_other_door(self):
        other = self._create_contract(self._create_order())
        for values in ({'state': 'effective'}, {'effective_date': self.today}, {'match_state': 'matched'},
                       {'copy_checked_by_id': self.ca.id}, {'our_signed_by_id': self.reviewers['gm'].id},
                       {'archive_number': 'DA-2026-0001'}):
            for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
                with self.subTest(values, user=user.login), self.assertRaises(AccessError):
                    other.with_user(user).sudo().write(values)
            with self.assertRaises(AccessError):
                self.env['sop.contract'].create({'title': "X", 'partner_id': self.partner.id, **values})

    def test_the_engine_is_held_too(self):
        """A mistake of ours would not get a contract into force."""
        other = self._make_signing(self._create_contract(self._create_order()))
        with self.assertRaises(UserError):
            other._sop_set_state('effective')
        with self.assertRaises(UserError):
            as_engine(other).write({'effective_date': self.today, 'state': 'effective'})
        with self.assertRaises(UserError):
            other.sudo()._sop_make_effective()

    def test_strangers(self):
        outsider = new_test_user(self.env, 'user_sop_outsider', groups='base.group_user')
        for user in (outsider, self.user_portal, self.user_employee):
            contract = self.contract.with_user(user)
            for call in (
                contract.action_sop_start_signing, contract.action_sop_sign, contract.action_sop_check_copy,
                contract.action_sop_register, contract.action_sop_complete, contract.action_sop_archive,
                lambda contract=contract: contract.action_sop_match(self.contract.name),
                lambda contract=contract: contract.action_sop_stop_signing("x"), contract.action_sop_ask_seal,
            ):
                with self.assertRaises(AccessError):
                    call()

    def test_signatory_reads_it(self):
        """The general manager has no rights in Sales and reads what he signs."""
        gm = self.reviewers['gm']
        self.assertEqual(self.contract.with_user(gm).line_ids.mapped('name'), self.contract.line_ids.mapped('name'))
        other = self._create_contract(self._create_order())
        self.assertFalse(other.with_user(gm).has_access('read'))
        with self.assertRaises(AccessError):
            self.contract.with_user(gm).write({'title': "Mine"})

    def test_other_company(self):
        company = self.env['res.company'].create({'name': "Second"})
        user = new_test_user(
            self.env, 'user_sop_second', groups='sales_sop.group_sop_manager', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        with self.assertRaises(AccessError):
            self.contract.with_user(user).read(['name'])
        with self.assertRaises(AccessError):
            self.contract.with_user(user).action_sop_complete("x")
