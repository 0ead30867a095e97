from odoo import fields, models

from ..values import DEPARTMENTS


class SopAmendmentTaskType(models.Model):
    """A document that is brought up to date when an amendment of certain kinds takes effect (§4.7)."""

    _name = 'sop.amendment.task.type'
    _description = "Document to Update"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind_ids = fields.Many2many(
        'sop.review.topic', string="When These Change", help="Empty: with every amendment.")
    department_code = fields.Selection(DEPARTMENTS, string="Department", help="Who brings it up to date.")
    is_order = fields.Boolean(string="The Order Itself", help="Changed by the amendment: it is ticked at once.")

    def _get_asked(self, kinds):
        """Those that an amendment of these kinds touches."""
        return self.filtered(lambda task: not task.kind_ids or task.kind_ids & kinds)
