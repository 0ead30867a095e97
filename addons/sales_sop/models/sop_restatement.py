from odoo import fields, models


class SopRestatement(models.Model):
    """Our understanding of the needs, sent back to the customer for confirmation (S3.2)."""

    _name = 'sop.restatement'
    _description = "Restatement of Needs"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.signoff.mixin']
    _order = 'version desc, id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
