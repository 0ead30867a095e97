from odoo import fields, models


class SopObjectionAnswer(models.Model):
    """An answer to objections that others can use again."""

    _name = 'sop.objection.answer'
    _description = "Answer to Objections"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', index=True)
