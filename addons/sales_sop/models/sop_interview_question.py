from odoo import fields, models


class SopInterviewQuestion(models.Model):
    """A question that is put to every customer (S3.1)."""

    _name = 'sop.interview.question'
    _description = "Interview Question"

    name = fields.Char(string="Question", required=True, translate=True)
