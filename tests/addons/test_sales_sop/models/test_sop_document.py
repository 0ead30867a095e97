from odoo import fields, models


class TestSopDocument(models.Model):
    _name = 'test.sop.document'
    _description = "Document of Another Kind"
    _inherit = ['sop.mixin']
    _sop_document_field = 'test_document_id'
    _sop_scope_fields = frozenset({'company_id'})

    name = fields.Char(required=True)
    amount = fields.Float()
    company_id = fields.Many2one('res.company')
    stage_id = fields.Many2one('sop.stage')
    sop_check_ids = fields.One2many('sop.check', 'test_document_id', copy=False)
    sop_transition_ids = fields.One2many('sop.transition', 'test_document_id', copy=False)
