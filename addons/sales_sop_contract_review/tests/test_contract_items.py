import ast

from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from ..contract_items import FACTS, place_items, take_back_items
from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestContractItems(ContractReviewCommon):
    """The stage Contract of the shipped procedure asks for what the contract says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shipped = cls.env.ref('sales_sop.sop_process_sales')

    def _get_items(self, process):
        return process.stage_ids.requirement_ids.filtered(lambda item: item.code in FACTS)

    def _get_met(self, lead):
        """Codes of the items this opportunity meets."""
        self.env.invalidate_all()
        conditions = {item.code: ast.literal_eval(item.condition) for item in self._get_items(self.shipped)}
        return {code for code, domain in conditions.items() if lead.sudo().filtered_domain(domain)}

    def test_the_shipped_procedure_asks_for_facts(self):
        items = self._get_items(self.shipped)
        self.assertEqual(set(items.mapped('code')), set(FACTS))
        self.assertEqual(set(items.mapped('kind')), {'condition'})
        self.assertTrue(all(items.mapped('message')))

    def test_from_the_draft_to_the_archive(self):
        order = self._create_order(opportunity_id=self.lead.id)
        self.lead.partner_id = self.partner
        waiting = {'S5.4', 'S5.8'}
        self.assertEqual(self._get_met(self.lead), waiting)
        contract = self._create_contract(order, lead_id=self.lead.id)
        self.assertEqual(self._get_met(self.lead), waiting | {'S5.1'})
        self._make_signing(contract)
        self.assertEqual(self._get_met(self.lead), waiting | {'S5.1', 'S5.2', 'S5.3'})
        self._seal(contract)
        self._enter_signatures(contract)
        contract.action_sop_match(contract._get_sop_fingerprint_code())
        keeper = contract.with_user(self.reviewers['ca'])
        keeper.action_sop_check_copy()
        self.assertEqual(self._get_met(self.lead), set(FACTS) - {'S5.7'})
        keeper.write({'original_date': contract._get_sop_today(), 'kept_count': 2, 'archive_location': "Safe"})
        keeper.action_sop_register()
        self.assertEqual(self._get_met(self.lead), set(FACTS))

    def test_beside_a_published_procedure_a_draft_arrives(self):
        take_back_items(self.env)
        items = self._get_items(self.shipped)
        self.assertEqual(set(items.mapped('kind')), {'confirm'})
        for item in items:
            as_engine(item).kind = FACTS[item.code][0]
        as_engine(self.shipped).state = 'published'
        place_items(self.env)
        self.assertNotIn('condition', items.mapped('kind'), "Nobody's procedure is changed under him")
        draft = self.env['sop.process'].search([('code', '=', self.shipped.code), ('state', '=', 'draft')])
        self.assertEqual((len(draft), draft.previous_id), (1, self.shipped))
        self.assertEqual(set(self._get_items(draft).mapped('kind')), {'condition'})
        place_items(self.env)
        self.assertEqual(self.env['sop.process'].search_count([('code', '=', self.shipped.code)]), 2)
