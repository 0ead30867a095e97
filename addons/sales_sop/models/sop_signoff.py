from odoo import fields, models


class SopSignoff(models.Model):
    """One request to a customer to confirm something, and the answer."""

    _name = 'sop.signoff'
    _description = "Confirmation by the Customer"
    _inherit = ['sop.ledger.mixin']
    _order = 'id desc'

    lead_id = fields.Many2one('crm.lead', index='btree_not_null', ondelete='cascade')
    res_model = fields.Char(required=True, index=True)
    res_id = fields.Many2oneReference(model_field='res_model', required=True, index=True)
