from odoo import fields, models


class SopReviewConditionDone(models.TransientModel):
    """The dialog in which the owner shows that a condition is met."""

    _name = 'sop.review.condition.done'
    _description = "Show That a Condition Is Met"

    condition_id = fields.Many2one('sop.review.condition', required=True, ondelete='cascade')
    evidence = fields.Text(string="What Shows It")
    attachment_ids = fields.Many2many('ir.attachment', string="Files", bypass_search_access=True)

    def action_confirm(self):
        """Say that it is done."""
        self.condition_id.action_done(self.evidence, self.attachment_ids.ids)
        return {'type': 'ir.actions.act_window_close'}
