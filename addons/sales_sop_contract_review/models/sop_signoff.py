from odoo import fields, models


class SopSignoff(models.Model):
    _inherit = 'sop.signoff'

    contract_id = fields.Many2one('sop.contract', index='btree_not_null', ondelete='cascade')
