from odoo import fields, models

TOPICS = [
    ('situation', "Situation today"),
    ('goal', "Goals"),
    ('requirement', "Requirements"),
    ('decision', "Budget and decision"),
    ('risk', "Risks"),
]


class SopInterviewQuestion(models.Model):
    """A question that is put to every customer (S3.1)."""

    _name = 'sop.interview.question'
    _description = "Interview Question"
    _order = 'sequence, id'

    name = fields.Char(string="Question", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    topic = fields.Selection(TOPICS, required=True, default='requirement')
    mandatory = fields.Boolean(help="An interview is not done before this question is answered.")
    company_id = fields.Many2one('res.company', index=True, help="Empty: for all companies.")

    def _get_company_questions(self, company):
        """The questions that are put to the customers of ``company``."""
        # sudo: the list is that of the company of the opportunity, wherever the user works today.
        return self.sudo().search([('company_id', 'in', [company.id, False])])
