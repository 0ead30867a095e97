from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestContractInstalments(ContractReviewCommon):

    def _plan(self, contract):
        return contract.instalment_ids.mapped(lambda line: (line.percent, line.trigger, line.days))

    def test_usual_plan(self):
        contract = self._create_contract(self._create_order(10, 880))
        self.assertEqual(self._plan(contract), [
            (30, 'signing', 7), (30, 'shipment', 0), (35, 'acceptance', 30), (5, 'warranty', 15)])
        self.assertEqual(sum(contract.instalment_ids.mapped('amount')), contract.amount_total)

    def test_plan_of_payment_terms(self):
        term = self.env['account.payment.term'].create({'name': "40/60", 'line_ids': [
            Command.create({'value': 'percent', 'value_amount': 40, 'nb_days': 0}),
            Command.create({'value': 'percent', 'value_amount': 60, 'nb_days': 60})]})
        contract = self._create_contract(self._create_order(payment_term_id=term.id))
        self.assertEqual(self._plan(contract), [(40, 'signing', 0), (60, 'delivery', 60)])
        self.assertEqual(contract._get_sop_payment_facts()[contract.id], {
            'advance_percent': 40, 'prepaid_percent': 40, 'retention_percent': 0, 'credit_days': 60})

    def test_plan_an_administrator_gave_to_payment_terms(self):
        term = self.env['account.payment.term'].create({'name': "30 days", 'line_ids': [
            Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 30})]})
        self.env['sop.payment.plan.line'].create({
            'payment_term_id': term.id, 'percent': 100, 'trigger': 'acceptance', 'days': 30})
        contract = self._create_contract(self._create_order(payment_term_id=term.id))
        self.assertEqual(self._plan(contract), [(100, 'acceptance', 30)])

    def test_last_instalment_takes_what_rounding_leaves(self):
        contract = self._create_contract(self._create_order(1, 100))
        contract.instalment_ids = [Command.clear(), *(
            Command.create({'percent': percent, 'trigger': 'signing', 'sequence': index})
            for index, percent in enumerate((33.333333, 33.333333, 33.333334)))]
        total = contract.amount_total
        share = contract.currency_id.round(total / 3)
        self.assertEqual(
            contract.instalment_ids.mapped('amount'),
            [share, share, contract.currency_id.round(total - 2 * share)])
        self.assertFalse(contract._get_sop_payment_problems()[contract.id])

    def test_an_amount_is_a_share(self):
        contract = self._create_contract(self._create_order(1, 800))
        contract.instalment_ids = [Command.clear(), Command.create({'percent': 100, 'trigger': 'delivery'})]
        total = contract.amount_total
        contract.instalment_ids.amount = total / 4
        self.assertEqual(contract.instalment_ids.percent, 25)
        contract.instalment_ids = [Command.create({'percent': 75, 'trigger': 'signing'})]
        self.assertFalse(contract._get_sop_payment_problems()[contract.id])

    def test_what_does_not_add_up_is_not_reviewed(self):
        contract = self._create_contract(self._create_order())
        contract.instalment_ids[-1].unlink()
        with self.assertRaises(UserError) as caught:
            contract._check_sop_reviewable()
        self.assertIn("95 %", str(caught.exception))
        contract.instalment_ids.unlink()
        self.assertTrue(contract._get_sop_payment_problems()[contract.id])

    def test_values_that_are_none(self):
        contract = self._create_contract(self._create_order())
        for values in ({'percent': 0}, {'percent': 101}, {'percent': float('nan')}, {'days': -1}, {'trigger': 'date'}):
            with self.subTest(values), self.assertRaises(ValidationError):
                contract.instalment_ids[0].write(values)
