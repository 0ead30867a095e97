from odoo import fields, models

from odoo.addons.sales_sop.engine import as_engine

from ..values import REVIEW_MODES, REVIEW_STATES


class SopReview(models.Model):
    """One round of a review over one frozen text of an order or a contract (§4)."""

    _name = 'sop.review'
    _description = "Contract Review"
    _inherit = ['sop.child.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'

    _sop_child_of = ('order_id', 'contract_id')
    _sop_server_fields = frozenset({'state'})

    name = fields.Char(string="Number", required=True, readonly=True, index='trigram', help="PS-YYYY-NNNN")
    order_id = fields.Many2one('sale.order', index='btree_not_null', ondelete='restrict')
    contract_id = fields.Many2one('sop.contract', index='btree_not_null', ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, index=True)
    state = fields.Selection(REVIEW_STATES, required=True, default='in_review', index=True)
    round = fields.Integer(default=1)
    previous_id = fields.Many2one('sop.review', string="Previous Round", index='btree_not_null', ondelete='restrict')
    level_id = fields.Many2one('sop.review.level', ondelete='restrict')
    mode = fields.Selection(REVIEW_MODES, required=True, default='parallel')
    requester_id = fields.Many2one('res.users', required=True, ondelete='restrict')
    snapshot = fields.Json(help="What was reviewed, as reviewers read it.")
    fingerprints = fields.Json(help="SHA-256 of what was reviewed, by topic.")
    opinion_ids = fields.One2many('sop.review.opinion', 'review_id', string="Opinions")
    condition_ids = fields.One2many('sop.review.condition', 'review_id', string="Conditions")
    comment_ids = fields.One2many('sop.review.comment', 'review_id', string="Comments")

    _subject_check = models.Constraint(
        'CHECK (num_nonnulls(order_id, contract_id) = 1)', "A review is about one order or one contract.")

    def _get_sop_subject(self):
        """The order or the contract this review is about."""
        self.ensure_one()
        return self.order_id or self.contract_id

    def _sop_set_state(self, state):
        """Move to ``state`` and tell what was reviewed."""
        moved = self.filtered(lambda review: review.state != state)
        as_engine(moved).write({'state': state})
        for review in moved:
            review._get_sop_subject().sudo()._sop_after_review(review.sudo())

    def _sop_outdate(self):
        """What was reviewed was changed."""
        self._sop_set_state('outdated')
