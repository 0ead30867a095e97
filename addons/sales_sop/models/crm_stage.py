from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmStage(models.Model):
    _inherit = 'crm.stage'

    sop_stage_ids = fields.Many2many(
        'sop.stage', 'sop_stage_crm_stage_rel', 'crm_stage_id', 'sop_stage_id', string="SOP Stages", readonly=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        # sudo: a stage of another company's process counts as well.
        for stage in self:
            published = stage.sudo().sop_stage_ids.filtered(lambda own: own.process_id.state == 'published')
            if published:
                raise UserError(self.env._(
                    "%(crm_stage)s stands for the stage %(stage)s of %(process)s. "
                    "Publish a version without it first.",
                    crm_stage=stage.name, stage=published[0].name, process=published[0].process_id.display_name))
