from odoo import fields, models


class SopSolutionCoverage(models.Model):
    """How a solution answers one need (S3.4)."""

    _name = 'sop.solution.coverage'
    _description = "Coverage of a Need"

    solution_id = fields.Many2one('sop.solution', required=True, index=True, ondelete='cascade')
    need_id = fields.Many2one('sop.need', required=True, index=True, ondelete='cascade')
