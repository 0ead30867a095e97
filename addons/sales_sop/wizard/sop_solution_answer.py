from odoo import fields, models


class SopSolutionAnswer(models.TransientModel):
    """Shows a reviewer what his review is about, and takes his answer."""

    _name = 'sop.solution.answer'
    _description = "Review the Solution"

    review_id = fields.Many2one('sop.solution.review', required=True, ondelete='cascade')
    # Not through sudo: what is shown is said by the review, for the user who asks.
    role = fields.Selection(related='review_id.role', string="Part", related_sudo=False)
    currency_id = fields.Many2one(related='review_id.currency_id', related_sudo=False)
    price = fields.Monetary(related='review_id.price', related_sudo=False)
    cost = fields.Monetary(related='review_id.cost', related_sudo=False)
    margin = fields.Float(related='review_id.margin', related_sudo=False)
    is_margin_low = fields.Boolean(related='review_id.is_margin_low', related_sudo=False)
    remark = fields.Text()

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
