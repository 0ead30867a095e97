from odoo import fields, models


class SopSignoffMixin(models.AbstractModel):
    """Anything a customer must confirm: he reads, confirms with his name and signature, or declines with his reason."""

    _name = 'sop.signoff.mixin'
    _description = "Confirmed by the Customer"

    signoff_ids = fields.One2many('sop.signoff', 'res_id', string="Confirmations", readonly=True, copy=False)
