from odoo import fields, models

from odoo.addons.sales_sop.values import POSITIONS

from ..values import DEPARTMENTS


class SopReviewDepartment(models.Model):
    """A department that reviews: the holders of its position are its reviewers (§4.1)."""

    _name = 'sop.review.department'
    _description = "Reviewing Department"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Selection(DEPARTMENTS, required=True, index=True)
    sequence = fields.Integer(default=10)
    position_code = fields.Selection(POSITIONS, string="Reviewed By", required=True)
    item_ids = fields.One2many('sop.review.item', 'department_id', string="Check Items")

    _code_uniq = models.UniqueIndex('(code)', "This department exists already.")
