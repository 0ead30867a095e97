from odoo import fields, models


class SopSolution(models.Model):
    """One version of the solution for a customer (S3.4, S3.6)."""

    _name = 'sop.solution'
    _description = "Solution"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'lead_id, version desc, id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    state = fields.Selection(
        [('draft', "Draft"), ('review', "In Review"), ('approved', "Approved"), ('rejected', "Rejected"),
         ('outdated', "Outdated")], required=True, default='draft', readonly=True, copy=False)
