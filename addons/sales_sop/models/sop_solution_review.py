from odoo import fields, models


class SopSolutionReview(models.Model):
    """What one reviewer says about a solution (S3.6)."""

    _name = 'sop.solution.review'
    _description = "Review of a Solution"
    _inherit = ['sop.engine.mixin']

    solution_id = fields.Many2one('sop.solution', required=True, index=True, ondelete='cascade')
