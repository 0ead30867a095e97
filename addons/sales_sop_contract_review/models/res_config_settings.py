from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    sop_review_gate = fields.Selection(related='company_id.sop_review_gate', readonly=False)
    sop_review_notify = fields.Selection(related='company_id.sop_review_notify', readonly=False)
    sop_review_before_send = fields.Boolean(related='company_id.sop_review_before_send', readonly=False)
    sop_contract_before_confirm = fields.Boolean(
        related='company_id.sop_contract_before_confirm', readonly=False)
    sop_contract_notice_days = fields.Integer(related='company_id.sop_contract_notice_days', readonly=False)
    sop_contract_draft_days = fields.Integer(related='company_id.sop_contract_draft_days', readonly=False)

    sop_review_vacancies = fields.Text(string="To Be Settled", compute='_compute_sop_review_vacancies')

    @api.depends('company_id')
    def _compute_sop_review_vacancies(self):
        departments = self.env['sop.review.department']._get_sop_departments()
        for settings in self:
            settings.sop_review_vacancies = '\n'.join(departments._get_sop_vacancies(settings.company_id)) or False
