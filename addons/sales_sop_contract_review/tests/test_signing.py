from datetime import timedelta

from odoo import Command, fields
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

    @classmethod
    def _create_authority(cls, **values):
        return cls.env['sop.signing.authority'].create({'basis': 'charter', **values})

    def assertHeld(self, contract, text):
        """The page names it, and it is the only thing in the way."""
        problems = contract._get_sop_signing_obstacles()
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(text, problems[0])
        self.assertIn(text, str(contract.signing_checks))


@tagged('post_install', '-at_install')
class TestSigning(SigningCommon):
    """A contract is signed by whoever may sign it, after everything that must come first."""

    def test_paper_way(self):
        self._make_effective(self.contract)
        contract = self.contract.sudo()
        self.assertEqual(contract.state, 'executing', "The order that waited for it is confirmed")
        self.assertEqual(self.order.state, 'sale')
        self.assertEqual(contract.authority_id.basis, 'charter')
        self.assertEqual(contract.effective_by_id, self.ca)
