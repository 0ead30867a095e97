from odoo import fields, models


class SopInterview(models.Model):
    """A talk in which the needs of a customer are found out (S3.1)."""

    _name = 'sop.interview'
    _description = "Interview"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'date desc, id desc'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    date = fields.Datetime(required=True, default=fields.Datetime.now)
