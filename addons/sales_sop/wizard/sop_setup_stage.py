from odoo import api, fields, models
from odoo.fields import Command


class SopSetupStage(models.TransientModel):
    """Which stages of the pipeline a step of the procedure stands for."""

    _name = 'sop.setup.stage'
    _description = "SOP Set-up Stage"
    _rec_name = 'stage_id'

    setup_id = fields.Many2one('sop.setup', required=True, index=True, ondelete='cascade')
    stage_id = fields.Many2one('sop.stage', string="Step", required=True, readonly=True, ondelete='cascade')
    team_ids = fields.Many2many(related='setup_id.team_ids')
    crm_stage_ids = fields.Many2many(
        'crm.stage', 'sop_setup_stage_crm_stage_rel', 'line_id', 'crm_stage_id', string="CRM Stages",
        domain="[('is_won', '=', False)] + ([('team_ids', 'in', [False] + team_ids)] if team_ids else [])")
    create_stage = fields.Boolean(string="Create It", help="Add a stage of this name to the pipeline.")
    document_count = fields.Integer(string="Running", compute='_compute_document_count')

    @api.depends('crm_stage_ids')
    def _compute_document_count(self):
        counts = self.setup_id[:1]._get_running_counts() if self.setup_id else {}
        by_id = {stage.id: count for stage, count in counts.items()}
        for line in self:
            line.document_count = sum(by_id.get(stage_id, 0) for stage_id in line.crm_stage_ids.ids)

    def _create_crm_stage(self, after):
        """A stage of the pipeline for this step, behind the stage ``after``."""
        languages = {code for code, __ in self.env['res.lang'].get_installed()} - {'en_US'}
        # sudo: a manager of the procedure need not be one of the pipeline; he asked for this stage.
        stages_sudo = self.env['crm.stage'].sudo()
        created_sudo = stages_sudo.with_context(lang='en_US').create({
            'name': self.stage_id.with_context(lang='en_US').name,
            'sequence': self._get_free_sequence(after),
            'team_ids': [Command.set(self.setup_id.team_ids.ids)],
        })
        created_sudo.update_field_translations(
            'name', {lang: self.stage_id.with_context(lang=lang).name for lang in languages})
        return created_sudo.with_env(self.env)

    def _get_free_sequence(self, after):
        """The place behind ``after``; the stages that come later move on when there is none."""
        stages_sudo = self.env['crm.stage'].sudo().search([])
        position = stages_sudo.ids.index(after.id) + 1 if after else 0
        sequence = after.sudo().sequence + 1 if after else min(stages_sudo[:1].sequence, 1)
        taken = sequence
        for stage_sudo in stages_sudo[position:]:
            if stage_sudo.sequence > taken:
                break
            taken += 1
            stage_sudo.sequence = taken
        return sequence
