from odoo import fields, models


class SopTransition(models.Model):
    _inherit = 'sop.transition'

    test_document_id = fields.Many2one('test.sop.document', index='btree_not_null', ondelete='cascade')
