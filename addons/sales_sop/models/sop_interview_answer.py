from odoo import fields, models


class SopInterviewAnswer(models.Model):
    """What the customer answered to one question."""

    _name = 'sop.interview.answer'
    _description = "Answer in an Interview"

    interview_id = fields.Many2one('sop.interview', required=True, index=True, ondelete='cascade')
