from odoo import fields, models


class SopSealLog(models.Model):
    """Every use of a seal, written by the server as it happens; nobody changes or deletes it."""

    _name = 'sop.seal.log'
    _description = "Seal Log"
    _inherit = ['sop.engine.mixin']
    _order = 'id desc'
    _rec_name = 'seal_id'

    seal_id = fields.Many2one('sop.seal', required=True, index=True, ondelete='restrict', readonly=True)
    request_id = fields.Many2one('sop.seal.request', required=True, index=True, ondelete='restrict', readonly=True)
    company_id = fields.Many2one('res.company', required=True, index=True, readonly=True)
    act = fields.Selection(
        [('sealed', "Sealed"), ('out', "Taken out"), ('returned', "Returned")], required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one('res.users', string="Keeper", required=True, ondelete='restrict', readonly=True)
    holder_id = fields.Many2one('res.users', string="Taken By", ondelete='restrict', readonly=True)
    contract = fields.Char(required=True, readonly=True)
    version = fields.Integer(readonly=True, aggregator=None)
    code = fields.Char(readonly=True, help="Fingerprint of the text that was sealed.")
    copies = fields.Integer(readonly=True)
