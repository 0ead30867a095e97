from odoo import fields, models

from ..values import TOPICS


class SopReviewTopic(models.Model):
    """Something a contract says, and the departments that are asked again when it changes (§4.7)."""

    _name = 'sop.review.topic'
    _description = "Topic of a Contract"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Selection(TOPICS, required=True, index=True)
    sequence = fields.Integer(default=10)
    department_ids = fields.Many2many('sop.review.department', string="Asked Again")

    _code_uniq = models.UniqueIndex('(code)', "This topic exists already.")
