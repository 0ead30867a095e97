from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    sop_seal_days = fields.Integer(related='company_id.sop_seal_days', readonly=False)
    sop_second_look = fields.Boolean(related='company_id.sop_second_look', readonly=False)
    sop_confirm_on_effective = fields.Boolean(related='company_id.sop_confirm_on_effective', readonly=False)
    sop_archive_days = fields.Integer(related='company_id.sop_archive_days', readonly=False)
    sop_original_days = fields.Integer(related='company_id.sop_original_days', readonly=False)
    sop_retention_years = fields.Integer(related='company_id.sop_retention_years', readonly=False)
