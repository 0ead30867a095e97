from odoo import fields, models


class SopOralOrderLine(models.Model):
    """One line of an oral order."""

    _name = 'sop.oral.order.line'
    _description = "Line of an Oral Order"

    order_id = fields.Many2one('sop.oral.order', required=True, index=True, ondelete='cascade')
