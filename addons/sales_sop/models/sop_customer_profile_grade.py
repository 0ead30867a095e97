from odoo import models


class SopCustomerProfile(models.Model):
    """Approving, retiring or reordering profiles has the leads graded anew."""

    _name = 'sop.customer.profile'
    _inherit = ['sop.customer.profile', 'sop.grade.config.mixin']

    def _is_sop_grade_setting(self, vals):
        return not {'state', 'sequence', 'valid_to'}.isdisjoint(vals)
