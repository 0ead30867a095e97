from odoo import fields, models


class SopFloorApproval(models.Model):
    """The approval of a term worse than its floor (S4.6, §5)."""

    _name = 'sop.floor.approval'
    _description = "Approval Below the Floor"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
