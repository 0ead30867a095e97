from odoo import fields, models


class SopSolutionValue(models.Model):
    """One benefit of a solution, with its basis (S3.4)."""

    _name = 'sop.solution.value'
    _description = "Value of a Solution"

    solution_id = fields.Many2one('sop.solution', required=True, index=True, ondelete='cascade')
