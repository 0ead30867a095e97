from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import is_engine


class SopSolutionPartMixin(models.AbstractModel):
    """Lines of a solution (``solution_id``, ``lead_id`` related to it): free while it is a draft."""

    _name = 'sop.solution.part.mixin'
    _description = "Part of a Solution"
    _inherit = ['sop.lead.child.mixin']

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_sop_open()
        return parts

    def write(self, vals):
        self.check_access('write')
        self._check_sop_open()
        if 'solution_id' in vals and not is_engine(self.env) and any(
                part.solution_id.id != vals['solution_id'] for part in self):
            raise UserError(self.env._(
                "A line stays with its solution. Add it to the other one anew: %s", self[:1].display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        self._check_sop_open()

    def _check_sop_open(self):
        # sudo: whether a solution may be changed does not depend on who asks.
        self.sudo().solution_id.with_env(self.env)._check_sop_draft()

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('solution_id', 'any!', self.env['sop.solution']._get_sop_invited_domain())
