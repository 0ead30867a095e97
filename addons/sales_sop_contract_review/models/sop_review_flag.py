from odoo import fields, models


class SopReviewFlag(models.Model):
    """A feature of a deal that the system cannot know, ticked on the order or the contract (§4.4).

    Rules of the levels and departments look at it.
    """

    _name = 'sop.review.flag'
    _description = "Feature of a Deal"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    help = fields.Char(string="Explanation", translate=True)
    color = fields.Integer()

    _code_uniq = models.UniqueIndex('(code)', "This feature exists already.")
