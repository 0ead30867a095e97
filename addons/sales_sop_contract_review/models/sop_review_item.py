from odoo import fields, models

from ..values import DIMENSIONS, SEVERITIES


class SopReviewItem(models.Model):
    """A check item of the review (§4.2)."""

    _name = 'sop.review.item'
    _description = "Check Item"
    _order = 'department_id, sequence, code, id'

    name = fields.Char(string="Question", required=True, translate=True)
    code = fields.Char(required=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    department_id = fields.Many2one('sop.review.department', required=True, index=True, ondelete='restrict')
    dimension = fields.Selection(DIMENSIONS, required=True)
    severity = fields.Selection(SEVERITIES, required=True, default='major')
    evidence = fields.Char(translate=True, help="What shows it.")
