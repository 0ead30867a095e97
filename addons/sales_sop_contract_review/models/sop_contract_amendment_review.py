from odoo import fields, models
from odoo.tools.misc import format_amount

# A change of the amount by more than this many per cent is reviewed like the whole contract (§4.7)
FULL_REVIEW_PERCENT = 10
DAY_LIMIT = 3


class SopContract(models.Model):
    """Who reviews an amendment: the departments of what changes, or all, where the contract gets another one (§4.7)."""

    _inherit = 'sop.contract'

    def _get_sop_review_routes(self):
        amendments = self.filtered('is_amendment')
        routes = super()._get_sop_review_routes()
        levels = self.env['sop.review.level'].sudo().search([('mode', '!=', 'single')])
        for amendment in amendments:
            # sudo: the level does not depend on who asks.
            own = amendment.with_env(amendment.env(su=True))
            routes[amendment.id] = own._get_sop_amendment_route(routes[amendment.id], levels)
        return routes

    def _get_sop_amendment_route(self, whole, levels):
        """``whole``: the route of the contract as it will be; None where no rule asks for a review of it."""
        reasons = self._get_sop_full_review_reasons(whole)
        if reasons and whole and whole['level'].mode != 'single':
            return {**whole, 'reasons': reasons + whole['reasons'], 'day_limit': DAY_LIMIT}
        asked = self.kind_ids.department_ids
        own = levels.filtered(lambda level: level.company_id in (self.company_id, self.env['res.company']))
        level = own.sorted(lambda level: (level.sequence, not level.company_id, level.id))[:1]
        if reasons:
            asked |= level.department_ids
        return {
            'level': level.sudo(False), 'departments': asked.sorted().mapped('code'), 'day_limit': DAY_LIMIT,
            'rules': [], 'reasons': [
                *reasons, self.env._("Amendment: %s", ', '.join(self.kind_ids.mapped('name')))]}

    def _get_sop_full_review_reasons(self, whole):
        """Why the whole contract is reviewed anew, in words; empty where only what changes is."""
        reasons = []
        before = self._get_sop_amount_before()
        if before and abs(self.amount_change) > before * FULL_REVIEW_PERCENT / 100:
            percent = f'{100 * self.amount_change / before:+.1f}'
            reasons.append(self.env._(
                "The amount changes by %(percent)s %% (%(change)s)", percent=percent,
                change=format_amount(self.env, self.amount_change, self.currency_id)))
        level_before = self._get_sop_level_before()
        if whole and level_before and whole['level'].sudo().sequence > level_before.sequence:
            reasons.append(self.env._(
                "The level rises from %(before)s to %(after)s", before=level_before.name,
                after=whole['level'].sudo().name))
        return reasons

    def _get_sop_level_before(self):
        """The level at which the contract, or the order, and its amendments were reviewed so far."""
        earlier = self.parent_id.child_ids.filtered('applied_date')
        reviews = earlier.sop_review_id | self.parent_id.sop_review_id | self.amended_order_id.sop_review_id
        return max(reviews.level_id, key=lambda level: level.sequence, default=reviews.level_id)

    def _get_sop_amount_before(self):
        """What the orders come to before this amendment, tax included."""
        return sum(self._get_sop_amended_orders().mapped('amount_total'))

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    def _get_sop_reviewed_orders(self):
        orders = super()._get_sop_reviewed_orders()
        return orders | self.filtered('is_amendment')._get_sop_amended_orders()

    def _get_sop_level_amount(self):
        """The contract as it will be."""
        amount = super()._get_sop_level_amount()
        if not self.is_amendment:
            return amount
        whole = self.parent_id._get_sop_level_amount() if self.parent_id else amount
        return whole + self._get_sop_company_change()

    def _get_sop_signing_amount(self):
        amount = super()._get_sop_signing_amount()
        if not self.is_amendment or amount is None:
            return amount
        return amount + max(self.sudo()._get_sop_company_change(), 0)

    def _get_sop_company_change(self):
        company = self.company_id
        return self.currency_id._convert(self.amount_change, company.currency_id, company, fields.Date.today())

    def _get_sop_review_amount(self):
        return self.amount_change if self.is_amendment else super()._get_sop_review_amount()
