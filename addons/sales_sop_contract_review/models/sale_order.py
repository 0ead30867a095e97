from odoo import fields, models


class SaleOrder(models.Model):
    _name = 'sale.order'
    _inherit = ['sale.order', 'sop.review.mixin']

    _sop_review_link = 'order_id'

    sop_contract_id = fields.Many2one(
        'sop.contract', string="Contract", index='btree_not_null', copy=False, ondelete='set null',
        check_company=True, prefetch='sop', groups='base.group_user')
