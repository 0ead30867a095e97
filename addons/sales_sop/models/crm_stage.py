from odoo import api, models
from odoo.exceptions import UserError


class CrmStage(models.Model):
    _inherit = 'crm.stage'

    def unlink(self):
        self.env['sop.stage']._forget_frozen_values()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        # sudo: a stage of another company's process counts as well.
        used = self.env['sop.stage'].sudo().search(
            [('crm_stage_ids', 'in', self.ids), ('process_id.state', '=', 'published')], limit=1)
        if used:
            raise UserError(self.env._(
                "%(crm_stage)s stands for the stage %(stage)s of %(process)s. Publish a version without it first.",
                crm_stage=(used.crm_stage_ids & self)[:1].name, stage=used.name,
                process=used.process_id.display_name))
