from odoo import models


class SopPosition(models.Model):
    _inherit = 'sop.position'

    def _sop_let_in(self):
        result = super()._sop_let_in()
        self.env['sop.floor.decision']._sop_renew_approvers()
        return result
