from odoo import api, fields, models


class SaleOrder(models.Model):
    """Conditions of the reviews that an order stands on."""

    _inherit = 'sale.order'

    sop_open_condition_count = fields.Integer(
        string="Open Conditions", compute='_compute_sop_open_condition_count', groups='base.group_user')

    @api.depends('sop_review_id', 'sop_contract_id')
    def _compute_sop_open_condition_count(self):
        conditions = self._get_sop_open_conditions()
        for order in self:
            order.sop_open_condition_count = len(conditions.get(order.id, ()))

    def _get_sop_standing_reviews(self):
        """The latest rounds about each order, its contract and what changes that: ``{id: reviews}``, as superuser."""
        # sudo: a review counts for everybody, customers in the portal included.
        standing = {}
        for order in self.sudo():
            contract = order.sop_contract_id
            standing[order.id] = order.sop_review_id | contract.sop_review_id | contract.child_ids.sop_review_id
        return standing

    def _get_sop_open_conditions(self, *due_points):
        """Open conditions these orders stand on, due at one of these points or at any: ``{id: conditions}``."""
        standing = self._get_sop_standing_reviews()
        reviews = self.env['sop.review'].sudo().union(*standing.values())
        conditions = reviews._get_sop_open_conditions(*due_points)
        return {
            order_id: own for order_id, rounds in standing.items()
            if (own := conditions.filtered(lambda condition, rounds=rounds: condition.review_id in rounds))
        } if conditions else {}

    def action_sop_open_conditions(self):
        """The conditions these orders stand on, as a list."""
        self.check_access('read')
        reviews = self.env['sop.review'].sudo().union(*self._get_sop_standing_reviews().values())
        return reviews.sudo(False).action_open_conditions()
