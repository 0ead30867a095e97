from odoo import Command

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon


class ClauseCommon(ContractReviewCommon):
    """A library of two clauses, and a template of sales contracts that needs one of them.

    ``payment`` (approved by finance) has a standard wording and a fallback, ``force`` has a standard wording.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['sop.contract.template'].search([('state', '=', 'active')]).sudo().write({'sequence': 50})
        cls.clause_payment = cls._create_clause('t_payment', "Paying", 'fin', 'payment')
        cls.clause_force = cls._create_clause('t_force', "Acts of God", 'leg', 'legal', is_required=False)
        cls.payment_standard = cls._create_wording(
            cls.clause_payment, "30 % before shipment", text_en="<p>{partner} pays 30 % before shipment.</p>",
            text_zh="<p>{partner}在发货前支付30%。</p>")
        cls.payment_fallback = cls._create_wording(
            cls.clause_payment, "20 % before shipment", kind='fallback', instructions="For repeat customers.",
            text_en="<p>{partner} pays 20 % before shipment.</p>", text_zh="<p>{partner}在发货前支付20%。</p>")
        cls.force_standard = cls._create_wording(
            cls.clause_force, "Nobody is liable", text_en="<p>Nobody is liable.</p>",
            text_zh="<p>双方均不承担责任。</p>")
        cls.template = cls.env['sop.contract.template'].create({
            'name': "Test sale", 'type': 'sale', 'sequence': 1, 'line_ids': [
                Command.create({'clause_id': cls.clause_payment.id, 'is_required': True, 'sequence': 10}),
                Command.create({'clause_id': cls.clause_force.id, 'is_required': False, 'sequence': 20})]})
        cls.template.action_activate()
        cls.user_ca = cls.reviewers['ca']
        cls.user_ca.group_ids += cls.env.ref('sales_sop_contract_review.group_sop_contract_admin')

    @classmethod
    def _create_clause(cls, code, name, approver, topic, **values):
        return cls.env['sop.clause'].create({
            'code': code, 'name': name, 'approver_code': approver, 'topic': topic, **values})

    @classmethod
    def _create_wording(cls, clause, name, state='active', **values):
        wording = as_engine(cls.env['sop.clause.wording']).create({
            'clause_id': clause.id, 'name': name, 'state': state, **values})
        return cls.env['sop.clause.wording'].browse(wording.id)

    @classmethod
    def _draft(cls, orders=None):
        """The contract of ``orders``, drafted by the salesperson."""
        orders = orders or cls._create_order()
        return cls.env(user=cls.user_sales_salesman)['sop.contract'].browse(
            orders.with_user(cls.user_sales_salesman).action_sop_draft_contract()['res_id'])

    def _get_line(self, contract, clause):
        return contract.clause_ids.filtered(lambda line: line.clause_id == clause)
