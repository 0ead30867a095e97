from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    sop_quarantine = fields.Boolean(related='company_id.sop_quarantine', readonly=False)
    sop_duplicate_days = fields.Integer(related='company_id.sop_duplicate_days', readonly=False)
    sop_market_note_days = fields.Integer(related='company_id.sop_market_note_days', readonly=False)
    sop_profile_months = fields.Integer(related='company_id.sop_profile_months', readonly=False)
    sop_grade_manual_days = fields.Integer(related='company_id.sop_grade_manual_days', readonly=False)
    sop_pool = fields.Boolean(related='company_id.sop_pool', readonly=False)
    sop_pool_notice_days = fields.Integer(related='company_id.sop_pool_notice_days', readonly=False)
    sop_pool_claim_limit = fields.Integer(related='company_id.sop_pool_claim_limit', readonly=False)
    sop_pool_hold_days = fields.Integer(related='company_id.sop_pool_hold_days', readonly=False)
    sop_handover = fields.Boolean(related='company_id.sop_handover', readonly=False)
    sop_handover_days = fields.Integer(related='company_id.sop_handover_days', readonly=False)
    sop_expert_id = fields.Many2one(related='company_id.sop_expert_id', readonly=False)
    sop_material_days = fields.Integer(related='company_id.sop_material_days', readonly=False)
    sop_log_hours = fields.Integer(related='company_id.sop_log_hours', readonly=False)
    sop_unreached_count = fields.Integer(related='company_id.sop_unreached_count', readonly=False)
    sop_unreached_days = fields.Integer(related='company_id.sop_unreached_days', readonly=False)
    sop_reply_hours = fields.Float(related='company_id.sop_reply_hours', readonly=False)
    sop_dormant_days = fields.Integer(related='company_id.sop_dormant_days', readonly=False)
    sop_dormant_months = fields.Integer(related='company_id.sop_dormant_months', readonly=False)
