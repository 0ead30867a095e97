from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.tests.common import SalesSopCommon

# Who reviews for a department, and the position he holds
REVIEWERS = {
    'sm': "Sales manager", 'director': "Sales director", 'gm': "General manager", 'pre': "Pre-sales engineer",
    'prd': "Production", 'qua': "Quality", 'fin': "Finance", 'leg': "Legal", 'board': "Board",
    'ca': "Contract administrator", 'keeper': "Seal keeper",
}


class ContractReviewCommon(SalesSopCommon):
    """A company that reviews its orders; reviewers have no rights in Sales (``self.reviewers['leg']``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.sop_review_gate = 'enforce'
        cls.reviewers = {code: cls._create_reviewer(code, name) for code, name in REVIEWERS.items()}
        cls.product = cls.env['product.product'].create({'name': "Pump P20", 'list_price': 1000, 'type': 'consu'})
        cls.partner = cls.env['res.partner'].create({'name': "Huaxin Chemicals", 'email': 'buyer@huaxin.example.com'})

    @classmethod
    def _create_reviewer(cls, code, name):
        user = new_test_user(
            cls.env, f'user_sop_{code}', name=name, groups='base.group_user,sales_sop.group_sop_participant')
        position = cls.env['sop.position'].search([('code', '=', code), ('company_id', '=', False)])
        if position:
            position.user_ids = [Command.set(user.ids)]
        else:
            cls.env['sop.position'].create({'name': name, 'code': code, 'user_ids': [Command.set(user.ids)]})
        return user

    @classmethod
    def _create_order(cls, quantity=10, price=1000, env=None, **values):
        """A quotation of the salesperson over ``quantity`` × ``price``."""
        return (env or cls.env(user=cls.user_sales_salesman))['sale.order'].create({
            'partner_id': cls.partner.id,
            'order_line': [Command.create({
                'product_id': cls.product.id, 'product_uom_qty': quantity, 'price_unit': price})],
            **values,
        })

    @classmethod
    def _create_contract(cls, orders, env=None, **values):
        """A draft of the salesperson over ``orders`` that says what they say."""
        contract = (env or cls.env(user=cls.user_sales_salesman))['sop.contract'].create({
            'title': "Pumps for the new hall", 'partner_id': orders.partner_id.id, **values})
        orders.sop_contract_id = contract
        contract._sop_fill_from_orders()
        return contract

    @classmethod
    def _give_review(cls, subject, state='approved', **values):
        """A round over what ``subject`` says now that ended in ``state``, without asking anybody."""
        subject = subject.sudo()
        review = as_engine(cls.env['sop.review']).create({
            'name': f"PS-TEST-{subject._name}-{subject.id}",
            subject._sop_review_link: subject.id,
            'company_id': subject.company_id.id,
            'state': state,
            'requester_id': cls.user_sales_salesman.id,
            'fingerprints': subject._get_sop_review_fingerprints()[subject.id],
            **values,
        })
        as_engine(subject).sop_review_id = review
        return cls.env['sop.review'].browse(review.id)
