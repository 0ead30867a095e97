from odoo import fields, models


class SopObjection(models.Model):
    """A doubt or resistance of the customer, followed until it is removed (S4.2)."""

    _name = 'sop.objection'
    _description = "Objection"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'due_date, id'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    due_date = fields.Date()
