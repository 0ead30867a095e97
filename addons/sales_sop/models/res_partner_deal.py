from odoo import models


class ResPartner(models.Model):
    """Presentations, objections and minutes in the customer file."""

    _inherit = 'res.partner'

    def _get_sop_file_sections(self):
        of_leads, section = self._get_sop_family_domain('lead_id.partner_id.'), self._prepare_sop_file_definition
        newest = 'date desc, id desc'
        return [
            *super()._get_sop_file_sections(),
            section('presentations', 62, self.env._("Presentations"), 'sop.presentation', of_leads, newest, [
                'date', 'state', 'feedback', 'in_principle_ok', 'lead_id']),
            section('objections', 64, self.env._("Objections"), 'sop.objection', of_leads, newest, [
                'statement', 'category', 'state', 'due_date', 'user_id']),
            section('competitors', 66, self.env._("Competitors"), 'sop.lead.competitor', of_leads, 'id desc', [
                'competitor_id', 'standing', 'result', 'lead_id'], open='competitor_id'),
            section('minutes', 68, self.env._("Minutes"), 'sop.minutes', of_leads, newest, [
                'date', 'version', 'state', 'confirmed_by', 'lead_id']),
        ]
