from contextlib import contextmanager

from odoo import Command
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon


class AmendmentCommon(ContractReviewCommon):
    """A contract in effect over a confirmed order of two lines: ten pumps and five valves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sop_amendment_signed = False
        cls.valve = cls.env['product.product'].create({'name': "Valve V8", 'list_price': 200, 'type': 'consu'})
        cls.order = cls._create_order(order_line=[
            Command.create({'product_id': cls.product.id, 'product_uom_qty': 10, 'price_unit': 1000}),
            Command.create({'product_id': cls.valve.id, 'product_uom_qty': 5, 'price_unit': 200}),
        ])
        cls.contract = cls._create_contract(cls.order)
        cls._give_review(cls.contract)
        cls._put_in_force(cls.contract)
        cls._confirm(cls.order)
        cls.pumps, cls.valves = cls.order.order_line

    @classmethod
    def _confirm(cls, order):
        as_engine(order).action_confirm()

    @classmethod
    def _create_reviewed_order(cls):
        """A confirmed order that was reviewed without a contract."""
        order = cls._create_order()
        cls._give_review(order)
        cls._confirm(order)
        return order

    @contextmanager
    def assertSays(self, text):
        """What happens inside is refused with these words, and rolled back."""
        with self.assertRaises(UserError) as caught:
            yield caught
        self.assertIn(text, str(caught.exception))

    def _amend(self, document=None, **values):
        """An amendment of the salesperson, as he opens it by the button."""
        document = (document or self.contract).with_user(self.user_sales_salesman)
        amendment = self.env['sop.contract'].with_user(self.user_sales_salesman).browse(
            document.action_sop_amend()['res_id'])
        amendment.write({
            'amendment_origin': 'customer', 'amendment_reason': "The customer builds one hall less", **values})
        return amendment

    def _change(self, amendment, order_line=None, **values):
        """New values for one line of the order."""
        line = amendment.amendment_line_ids.filtered(
            lambda line: line.order_line_id == (order_line or self.pumps))
        line.write(values)
        return line

    def _approve(self, amendment):
        self._give_review(amendment)
        as_engine(amendment)._sop_set_state('approved')

    def _attach_agreement(self, amendment):
        amendment.agreement_ids = [Command.create({
            'name': "agreed.pdf", 'raw': b'%PDF-1.4 agreed', 'res_model': amendment._name, 'res_id': amendment.id})]

    def _carry_out(self, amendment):
        self._approve(amendment)
        self._attach_agreement(amendment)
        amendment.action_sop_put_into_effect()
