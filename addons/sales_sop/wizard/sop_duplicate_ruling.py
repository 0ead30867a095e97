from odoo import api, fields, models


class SopDuplicateRuling(models.TransientModel):
    """The dialog in which a manager decides on a prospect with two owners."""

    _name = 'sop.duplicate.ruling'
    _description = "Decide on a Duplicate"

    duplicate_id = fields.Many2one('sop.duplicate', ondelete='cascade')
    lead_id = fields.Many2one('crm.lead', ondelete='cascade')
    other_lead_ids = fields.Many2many(
        'crm.lead', string="Other Prospects", compute='_compute_other_lead_ids', store=True, readonly=False,
        compute_sudo=False, domain="[('id', 'in', possible_lead_ids)]")
    possible_lead_ids = fields.Many2many(related='lead_id.sop_duplicate_ids', related_sudo=False, string="Duplicates")
    lead_name = fields.Char(related='duplicate_id.lead_name', related_sudo=False)
    other_lead_name = fields.Char(related='duplicate_id.other_lead_name', related_sudo=False)
    user_id = fields.Many2one(related='duplicate_id.user_id', related_sudo=False)
    other_user_id = fields.Many2one(related='duplicate_id.other_user_id', related_sudo=False)
    matched = fields.Selection(related='duplicate_id.matched', related_sudo=False)
    decision = fields.Selection(
        [('owner', "One of the two keeps it"), ('not_duplicate', "Not a duplicate")],
        required=True, default='owner')
    owner_id = fields.Many2one('res.users', string="Keeps It", domain="[('id', 'in', owner_ids)]")
    owner_ids = fields.Many2many('res.users', string="Owners", compute='_compute_owner_ids')
    merge = fields.Boolean(string="Merge the Two Leads", default=True, help="Else both leads go to this salesperson.")
    reason = fields.Char(required=True)

    @api.depends('duplicate_id')
    def _compute_owner_ids(self):
        for ruling in self:
            ruling.owner_ids = ruling.duplicate_id.user_id | ruling.duplicate_id.other_user_id

    @api.depends('lead_id')
    def _compute_other_lead_ids(self):
        for ruling in self:
            ruling.other_lead_ids = ruling.lead_id.sop_duplicate_ids

    def action_confirm(self):
        """Decide as chosen."""
        self.ensure_one()
        if self.lead_id:
            self.lead_id.action_sop_not_duplicate(self.other_lead_ids.ids, self.reason)
            return {'type': 'ir.actions.act_window_close'}
        if self.decision == 'not_duplicate':
            self.duplicate_id.action_sop_not_duplicate(self.reason)
            return {'type': 'ir.actions.act_window_close'}
        result = self.duplicate_id.action_sop_keep_owner(self.owner_id.id, self.reason, self.merge)
        return result if isinstance(result, dict) else {'type': 'ir.actions.act_window_close'}
