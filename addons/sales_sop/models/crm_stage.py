from odoo import api, models
from odoo.exceptions import UserError

from ..engine import with_cause


class CrmStage(models.Model):
    _inherit = 'crm.stage'

    def write(self, vals):
        stages = self
        if 'is_won' in vals:
            # All leads of the stage move at once, and nobody is there to say why.
            stages = with_cause(self, self.env._("The won stage was changed."))
        return super(CrmStage, stages).write(vals)

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
