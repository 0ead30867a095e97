from odoo import api, fields, models


class CrmLead(models.Model):
    """What of the later steps is shown: nothing before it is needed."""

    _inherit = 'crm.lead'

    sop_shows_needs = fields.Boolean(compute='_compute_sop_shows', compute_sudo=True)
    sop_shows_solution = fields.Boolean(compute='_compute_sop_shows', compute_sudo=True)
    sop_shows_negotiation = fields.Boolean(compute='_compute_sop_shows', compute_sudo=True)

    @api.depends('sop_stage_id')
    def _compute_sop_shows(self):
        phases = [key for key, __ in self.env['sop.stage']._fields['phase'].selection]
        for lead in self:
            phase = phases.index(lead.sop_stage_id.phase) if lead.sop_stage_id.phase else -1
            lead.sop_shows_needs = phase >= phases.index('s2_contact')
            lead.sop_shows_solution = phase >= phases.index('s3_needs')
            lead.sop_shows_negotiation = phase >= phases.index('s4_negotiate')
