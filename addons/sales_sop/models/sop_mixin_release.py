from odoo import fields, models


class SopMixin(models.AbstractModel):
    """A document that a manager took out of the procedure stays out until he takes it in again."""

    _inherit = 'sop.mixin'

    sop_outcome = fields.Selection(selection_add=[('released', "Taken out")])

    def _get_sop_newcomers(self):
        return super()._get_sop_newcomers().filtered(lambda document: document.sop_outcome != 'released')
