from odoo import api, models
from odoo.exceptions import UserError


class CrmTeam(models.Model):
    _inherit = 'crm.team'

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sop_process(self):
        # sudo: a process of another company counts as well.
        used = self.env['sop.process'].sudo().search([('team_ids', 'in', self.ids)], limit=1)
        if used:
            raise UserError(self.env._(
                "%(team)s is one of the teams of %(process)s: without it, that process would be for all teams. "
                "Archive the team instead.",
                team=(used.team_ids & self)[:1].name, process=used.display_name))
