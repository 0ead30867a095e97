from odoo import models


class SopNegotiationLine(models.Model):
    _inherit = 'sop.negotiation.line'

    def _is_sop_below_floor(self):
        """Whether what was agreed is worse for us than the floor."""
        self.ensure_one()
        return not self.term_id._is_inside(self.agreed_number, self.standing, self.floor_value)
