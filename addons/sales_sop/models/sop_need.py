from odoo import fields, models


class SopNeed(models.Model):
    """One requirement of this purchase, whoever demands it (S3.2, S3.5)."""

    _name = 'sop.need'
    _description = "Need"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'sequence, id'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    code = fields.Char(readonly=True, copy=False)
    name = fields.Text(string="Need", required=True)
    origin = fields.Selection(
        [('explicit', "Explicit"), ('inferred', "Inferred"), ('legal', "Legal"), ('own', "Own")],
        required=True, default='explicit')
    priority = fields.Selection(
        [('must', "Must"), ('should', "Should"), ('could', "Could")], required=True, default='should')
    state = fields.Selection(
        [('draft', "Draft"), ('restated', "Restated"), ('confirmed', "Confirmed"), ('changed', "Changed"),
         ('withdrawn', "Withdrawn")], required=True, default='draft', readonly=True, copy=False)
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    sequence = fields.Integer(default=10)
