from lxml import etree

from odoo import Command
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from .clause_common import ClauseCommon

FEW, MANY = 2, 8


@tagged('post_install', '-at_install')
class TestContractCost(ClauseCommon):
    """What contracts are compared, frozen and shown with costs the same number of queries for few and for many."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contracts = cls.env['sop.contract'].concat(*(cls._draft_negotiated() for __ in range(FEW + MANY))).sudo()
        cls.few, cls.many = cls.contracts[:FEW], cls.contracts[FEW:]

    @classmethod
    def _draft_negotiated(cls):
        """A contract of a deal with a term sheet, a product and a customer of its own, and a price that differs."""
        partner = cls.env['res.partner'].create({'name': "Customer", 'city': "Ningbo"})
        lead = cls._create_lead(partner_id=partner.id)
        cls._agree_terms(lead)
        cls.product = cls.env['product.product'].create({'name': "Pump", 'list_price': 1000, 'type': 'consu'})
        contract = cls._draft(cls._create_order(partner_id=partner.id, opportunity_id=lead.id))
        contract.line_ids.price_unit = 900
        cls._give_review(contract)
        return contract

    @classmethod
    def _agree_terms(cls, lead):
        sheet = cls.env(user=cls.user_sales_salesman)['sop.negotiation'].create({'lead_id': lead.id})
        for line in sheet.line_ids:
            if line.key in ('quantity', 'delivery'):
                line.write({'target_value': 20, 'floor_value': 10})
        sheet.action_start()
        for line in sheet.line_ids:
            if line.key in ('quantity', 'delivery'):
                line.agreed = '20'
            elif line.key == 'service':
                line.agreed = '12'

    def _count(self, act, contracts):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = act(contracts)
        return self.env.cr.sql_log_count - before, result

    def _assertConstant(self, act):
        """``act`` on contracts asks the same queries for few as for many; return what it came to for many."""
        self._count(act, self.few)
        few, __ = self._count(act, self.few)
        many, result = self._count(act, self.many)
        self.assertEqual(few, many)
        return result

    def test_differences(self):
        found = self._assertConstant(lambda contracts: contracts._get_sop_differences())
        self.assertEqual(len(found), MANY)
        for rows in found.values():
            self.assertIn('open', {row['state'] for row in rows})

    def test_order_differences(self):
        self.assertEqual(len(self._assertConstant(lambda contracts: contracts._get_sop_order_differences())), MANY)

    def test_topics(self):
        self.assertEqual(len(self._assertConstant(lambda contracts: contracts._get_sop_review_topics())), MANY)

    def test_changed_topics(self):
        self.assertEqual(len(self._assertConstant(lambda contracts: contracts._get_sop_changed_topics())), MANY)

    def test_form_of_few_and_many_parts(self):
        """All that the form reads of a contract with many clauses, lines and instalments."""
        few, many = self.contracts[:2]
        self._grow(few, 2)
        self._grow(many, 12)
        spec = self._get_form_spec()
        self.assertGreater(len(spec), 60)
        for user in (self.user_sales_salesman, self.user_sales_manager):
            for contract in (few, many):
                self._count(lambda own, user=user: own.with_user(user).web_read(spec), contract)
            count, __ = self._count(lambda own, user=user: own.with_user(user).web_read(spec), few)
            more, __ = self._count(lambda own, user=user: own.with_user(user).web_read(spec), many)
            self.assertEqual(count, more)
            self.assertLess(more, 90)

    def _grow(self, contract, number):
        """``number`` more of everything a contract consists of."""
        as_engine(contract).state = 'draft'
        for index in range(number):
            clause = self._create_clause(f'more_{contract.id}_{index}', f"More {index}", 'leg', 'legal')
            wording = self._create_wording(clause, f"More {index}", text_en="<p>More</p>", text_zh="<p>更多</p>")
            contract.clause_ids = [Command.create({'clause_id': clause.id, 'wording_id': wording.id})]
            contract.line_ids = [Command.create({
                'product_id': self.product.copy().id, 'name': "More", 'quantity': 1, 'price_unit': 5})]
            contract.instalment_ids = [Command.create({'percent': 1, 'trigger': 'delivery'})]

    def test_list(self):
        view = self.env.ref('sales_sop_contract_review.sop_contract_view_list')
        arch = self.env['sop.contract'].get_view(view.id, 'list')['arch']
        spec = self._get_spec(etree.fromstring(arch), 'sop.contract')
        self._assertConstant(lambda contracts: contracts.web_read(spec))

    def _get_form_spec(self):
        view = self.env.ref('sales_sop_contract_review.sop_contract_view_form')
        model = self.env['sop.contract'].with_user(self.user_sales_manager)
        return self._get_spec(etree.fromstring(model.get_view(view.id, 'form')['arch']), 'sop.contract')

    def _get_spec(self, node, model):
        """What the web client asks ``web_read`` for to show this view."""
        spec = {}
        for child in node.xpath('.//field[not(ancestor::field)]'):
            field = self.env[model]._fields[child.get('name')]
            spec[field.name] = {}
            if field.type in ('many2one', 'one2many', 'many2many'):
                parts = child.find('list')
                spec[field.name]['fields'] = (
                    {'display_name': {}} if parts is None else dict.fromkeys(parts.xpath('.//field/@name'), {}))
        return spec
