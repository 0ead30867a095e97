from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SaleOrder(models.Model):
    """The solution a quotation offers, and where the two differ (S3.4, S4.5)."""

    _inherit = 'sale.order'

    sop_solution_id = fields.Many2one(
        'sop.solution', string="Solution", index='btree_not_null', ondelete='set null',
        groups='base.group_user',
        domain="[('lead_id', '=', opportunity_id), ('state', 'in', ('approved', 'outdated'))]")
    sop_solution_state = fields.Selection(
        related='sop_solution_id.state', string="State of the Solution",
        groups='base.group_user')
    sop_solution_differences = fields.Text(
        string="Differs from the Solution", compute='_compute_sop_solution_differences', compute_sudo=True,
        groups='base.group_user')

    @api.depends(
        'sop_solution_id.state', 'sop_solution_id.coverage_ids.product_id', 'sop_solution_id.coverage_ids.quantity',
        'order_line.product_id', 'order_line.product_uom_qty')
    @api.depends_context('lang')
    def _compute_sop_solution_differences(self):
        differences = self._get_sop_solution_differences()
        for order in self:
            order.sop_solution_differences = '\n'.join(differences[order])

    @api.constrains('sop_solution_id')
    def _check_sop_solution(self):
        for order in self:
            # sudo: the rule holds for solutions the user does not see, without telling what they are.
            solution = order.sudo().sop_solution_id
            if solution and (solution.lead_id != order.sudo().opportunity_id or not solution.approved_date):
                raise ValidationError(self.env._(
                    "%s: this is not an approved solution for its opportunity.", order.display_name))

    def _get_sop_solution_differences(self):
        """``{order: what it offers otherwise than its solution, as a list of texts}``"""
        # sudo: whoever works on the order is told, without rights on the opportunity.
        return {order: own._get_sop_differences() if own.sop_solution_id else [] for order, own in zip(
            self, self.sudo(), strict=True)}

    def _get_sop_differences(self):
        solution = self.sop_solution_id
        planned, offered = solution._get_quantities(), self._get_sop_quantities()
        differences = [] if solution.state == 'approved' else [
            self.env._("%s is not the approved version any more", solution.display_name)]
        for product in [*planned, *(product for product in offered if product not in planned)]:
            if product not in offered:
                differences.append(self.env._("%s is missing", product.display_name))
            elif product not in planned:
                differences.append(self.env._("%s is not part of the solution", product.display_name))
            elif product.uom_id.compare(planned[product], offered[product]):
                differences.append(self.env._(
                    "%(product)s: %(offered)s instead of %(planned)s", product=product.display_name,
                    offered=f'{offered[product]:g}', planned=f'{planned[product]:g}'))
        return differences

    def _get_sop_quantities(self):
        """``{product: quantity}`` in the unit of the product."""
        quantities = {}
        for line in self.order_line.filtered(lambda line: line.product_id and not line.display_type):
            unit = line.product_uom_id or line.product_id.uom_id
            quantity = unit._compute_quantity(line.product_uom_qty, line.product_id.uom_id)
            quantities[line.product_id] = quantities.get(line.product_id, 0) + quantity
        return quantities
