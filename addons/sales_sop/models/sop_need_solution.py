from odoo import api, fields, models
from odoo.exceptions import UserError


class SopNeed(models.Model):
    """What solutions say about a need."""

    _inherit = 'sop.need'

    sop_coverage_ids = fields.One2many(
        'sop.solution.coverage', 'need_id', string="Coverage", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        needs = super().create(vals_list)
        needs._sop_fill_drafts()
        return needs

    def write(self, vals):
        result = super().write(vals)
        if vals.get('state') == 'withdrawn':
            self._sop_fill_drafts()
        elif vals.get('state') == 'confirmed':
            # sudo: what is planned for the author belongs to the lead, whoever confirms.
            self.sudo().lead_id._sop_plan_solution()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        # sudo: what was reviewed is kept, whoever deletes the need.
        answered = self.sudo().sop_coverage_ids.filtered(lambda line: line.solution_id.state != 'draft')[:1]
        if answered:
            raise UserError(self.env._(
                "%(need)s is answered by %(solution)s: withdraw it, it is not deleted.",
                need=answered.need_id.display_name, solution=answered.solution_id.display_name))

    def _sop_fill_drafts(self):
        # sudo: a draft has a line for each need, whoever wrote the draft.
        self.sudo().lead_id.sop_solution_ids.filtered(lambda solution: solution.state == 'draft')._fill()
