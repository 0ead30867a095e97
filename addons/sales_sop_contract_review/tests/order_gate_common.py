from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon


class OrderGateCommon(ContractReviewCommon):
    """Orders above 5000 need a review (L2), others need none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['sop.review.rule'].search([]).active = False
        cls.level = cls.env['sop.review.level'].search([('code', '=', 'L2')], limit=1)
        cls.rule = cls.env['sop.review.rule'].create({
            'name': "Big order", 'level_id': cls.level.id, 'trigger': 'amount', 'number': 5000})
        cls.product.taxes_id = False
        cls.order = cls._create_order()
        cls.small = cls._create_order(quantity=3)

    @classmethod
    def _add_opinion(cls, review, code='leg'):
        """Somebody of this department is asked."""
        department = cls.env['sop.review.department'].search([('code', '=', code)], limit=1)
        return as_engine(cls.env['sop.review.opinion']).create({
            'review_id': review.id, 'department_id': department.id, 'reviewer_ids': cls.reviewers[code].ids})

    @classmethod
    def _add_condition(cls, review, **values):
        return as_engine(cls.env['sop.review.condition']).create({
            'review_id': review.id, 'name': "Bank guarantee", 'owner_id': cls.user_sales_salesman.id,
            'due_point': 'before_release', 'due_date': '2099-12-31', **values})
