from odoo import fields, models


class SopReviewRule(models.Model):
    """What gives an order or a contract a level of review (§4.4)."""

    _name = 'sop.review.rule'
    _description = "Review Rule"
    _order = 'level_id, sequence, id'

    name = fields.Char(required=True, translate=True)
    level_id = fields.Many2one('sop.review.level', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
