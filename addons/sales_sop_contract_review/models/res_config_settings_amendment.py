from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    sop_amendment_signed = fields.Boolean(related='company_id.sop_amendment_signed', readonly=False)
