from odoo import fields, models

from odoo.addons.sales_sop.values import POSITIONS

from ..values import REVIEW_MODES


class SopReviewLevel(models.Model):
    """A level of review: who is asked, how, and how long it may take (§4.4)."""

    _name = 'sop.review.level'
    _description = "Review Level"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, index=True)
    sequence = fields.Integer(default=10, help="The highest level that any rule gives is taken.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', index=True)
    mode = fields.Selection(REVIEW_MODES, required=True, default='parallel')
    department_ids = fields.Many2many('sop.review.department', string="Departments")
    approver_code = fields.Selection(POSITIONS, string="Final Approver")
    day_limit = fields.Integer(string="Working Days", default=2)
    rule_ids = fields.One2many('sop.review.rule', 'level_id', string="Rules")
