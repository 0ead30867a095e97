from odoo import fields, models


class SopCheck(models.Model):
    _inherit = 'sop.check'

    test_document_id = fields.Many2one('test.sop.document', index='btree_not_null', ondelete='cascade')

    _live_test_document_uniq = models.UniqueIndex(
        '(test_document_id, requirement_id) WHERE revoked_date IS NULL AND test_document_id IS NOT NULL',
        "This item has just been done by someone else. Reload the page to see who.")
