from odoo import fields, models


class SopSolutionAnswer(models.TransientModel):
    """Shows a reviewer what his review is about, and takes his answer."""

    _name = 'sop.solution.answer'
    _description = "Review the Solution"

    review_id = fields.Many2one('sop.solution.review', required=True, ondelete='cascade')
    role = fields.Selection(related='review_id.role', string="Part")
    currency_id = fields.Many2one(related='review_id.currency_id')
    # Not through sudo: who may see the cost is said by the review, for the user who asks.
    price = fields.Monetary(related='review_id.price', related_sudo=False)
    cost = fields.Monetary(related='review_id.cost', related_sudo=False)
    margin = fields.Float(related='review_id.margin', related_sudo=False)
    margin_floor = fields.Float(compute='_compute_margin_floor', compute_sudo=True)
    remark = fields.Text()

    def _compute_margin_floor(self):
        for answer in self:
            answer.margin_floor = answer.review_id.lead_id._get_sop_company().sop_margin_floor

    def action_agree(self):
        """Agree with the solution."""
        return self._answer('ok')

    def action_reject(self):
        """Reject it; the remark says what is wrong."""
        return self._answer('rejected')

    def _answer(self, answer):
        self.ensure_one()
        self.review_id.action_answer(answer, self.remark or '')
        return {'type': 'ir.actions.act_window_close'}
