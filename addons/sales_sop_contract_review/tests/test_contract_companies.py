from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .clause_common import ClauseCommon


@tagged('post_install', '-at_install')
class TestContractCompanies(ClauseCommon):
    """Contracts of two companies are neither seen nor mixed by those who work for one of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env['res.company'].create({'name': "Second company", 'sop_review_gate': 'enforce'})
        groups = 'sales_team.group_sale_manager,sales_sop_contract_review.group_sop_contract_admin'
        cls.user_other = cls._create_user('user_other', groups, cls.other_company)
        cls.user_both = cls._create_user('user_both', groups, cls.company | cls.other_company)
        cls.contract = cls._draft()
        cls.other_contract = cls.env(user=cls.user_other)['sop.contract'].create({
            'title': "Pumps of the other", 'partner_id': cls.partner.id})

    @classmethod
    def _create_user(cls, login, groups, companies):
        return new_test_user(
            cls.env, login, groups=groups, company_id=companies[:1].id, company_ids=[Command.set(companies.ids)])

    def _see(self, user, model, records):
        """Which of ``records`` this user finds, with all his companies."""
        own = self.env[model].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        return own.search([('id', 'in', records.ids)]).sudo().with_user(self.env.user)

    def _assert_seen_by_own(self, model, own, other):
        for user, seen in (
                (self.user_sales_manager, own), (self.user_other, other), (self.user_both, own | other)):
            with self.subTest(model, user=user.login):
                found = self._see(user, model, own | other)
                self.assertEqual(set(found.ids), set(seen.ids))
        with self.assertRaises(AccessError):
            own.with_user(self.user_other).check_access('read')

    def test_contracts_and_their_parts(self):
        self.assertEqual(self.other_contract.company_id, self.other_company)
        own, other = self.contract.sudo(), self.other_contract.sudo()
        self._assert_seen_by_own('sop.contract', own, other)
        self._assert_seen_by_own('sop.contract.clause', own.clause_ids, other.clause_ids)

    def test_reviews(self):
        own = self._give_review(self.contract)
        other = self._give_review(self.other_contract)
        self._assert_seen_by_own('sop.review', own, other)

    def test_numbers(self):
        """Each company counts on its own."""
        self.assertEqual(self.other_contract.name[-4:], '0001')
        first = self._draft()
        self.env(user=self.user_other)['sop.contract'].create({'title': "Second", 'partner_id': self.partner.id})
        self.assertEqual(int(self._draft().name[-4:]), int(first.name[-4:]) + 1)

    def test_not_mixed(self):
        order = self._create_order().sudo()
        with self.assertRaises(UserError):
            order.sop_contract_id = self.other_contract
        with self.assertRaises(UserError):
            self.contract.sudo().parent_id = self.other_contract
        partner = self.env['res.partner'].create({'name': "Theirs", 'company_id': self.other_company.id})
        with self.assertRaises(UserError):
            self.contract.sudo().partner_id = partner

    def test_company_of_templates(self):
        template = self.template.copy({'company_id': self.other_company.id})
        template.action_activate()
        self.assertEqual(self._draft().template_id, self.template)

    def test_levels(self):
        level = self._create_level()
        level.company_id = self.other_company
        self.assertFalse(self._see(self.user_sales_manager, 'sop.review.level', level))
        self.assertTrue(self._see(self.user_other, 'sop.review.level', level))

    def test_seals(self):
        seal = self.env['sop.seal'].create({'name': "Their seal", 'company_id': self.other_company.id})
        self.assertFalse(self._see(self.user_sales_manager, 'sop.seal', seal))
        self.assertTrue(self._see(self.user_both, 'sop.seal', seal))
