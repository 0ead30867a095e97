from odoo import api, fields, models


class SopClauseReassign(models.TransientModel):
    """The dialog in which whoever is asked about a clause names somebody else."""

    _name = 'sop.clause.reassign'
    _description = "Ask Somebody Else About a Clause"

    approval_id = fields.Many2one('sop.clause.approval', required=True, ondelete='cascade')
    candidate_ids = fields.Many2many('res.users', compute='_compute_candidate_ids')
    user_id = fields.Many2one('res.users', string="Who", required=True, domain="[('id', 'in', candidate_ids)]")
    reason = fields.Text(required=True)

    @api.depends('approval_id')
    def _compute_candidate_ids(self):
        for dialog in self:
            approval = dialog.approval_id
            dialog.candidate_ids = approval and approval._get_sop_candidates() - approval.approver_ids

    def action_confirm(self):
        """Have this person asked instead."""
        self.ensure_one()
        self.check_access('write')
        self.approval_id.action_reassign(self.user_id.id, self.reason)
        # Whoever handed it on does not read it any more: he goes back to what waits for him.
        action = self.env['ir.actions.act_window']._for_xml_id('sales_sop_contract_review.sop_clause_approval_action')
        return {**action, 'target': 'main'}
