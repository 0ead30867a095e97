from odoo import api, fields, models
from odoo.exceptions import UserError


class SopFloorDecide(models.TransientModel):
    """Decides on one approval or on several, with one comment."""

    _name = 'sop.floor.decide'
    _description = "Decide on Approvals"
    _rec_name = 'comment'

    approval_ids = fields.Many2many('sop.floor.approval', string="Approvals", required=True)
    decision = fields.Selection(
        [('approve', "Approve"), ('limit', "Approve up to a limit"), ('reject', "Reject")],
        required=True, default='approve')
    limit = fields.Char(string="At Most", help="A value stricter than the one asked for.")
    comment = fields.Text()
    is_single = fields.Boolean(compute='_compute_is_single')

    @api.depends('approval_ids')
    def _compute_is_single(self):
        for dialog in self:
            dialog.is_single = len(dialog.approval_ids) == 1

    def action_apply(self):
        """Decide on all of them (S4.6)."""
        self.ensure_one()
        self.check_access('write')
        approvals = self.approval_ids
        if not approvals:
            raise UserError(self.env._("Choose approvals that wait for your decision."))
        if self.decision == 'approve':
            approvals.action_approve(self.comment)
        elif self.decision == 'reject':
            approvals.action_reject(self.comment)
        else:
            self._check_limit()
            approvals.action_limit(self.comment, self.limit)
        return {'type': 'ir.actions.act_window_close'}

    def _check_limit(self):
        if len(self.approval_ids) > 1:
            raise UserError(self.env._("A limit belongs to one value: decide on these approvals one by one."))
