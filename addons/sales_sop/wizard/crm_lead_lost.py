from odoo import api, fields, models


class CrmLeadLost(models.TransientModel):
    """Asks who got the order and what was learnt, where a procedure is followed (S4.7)."""

    _inherit = 'crm.lead.lost'

    sop_asks = fields.Boolean(compute='_compute_sop_asks')
    sop_lost_competitor_id = fields.Many2one(
        'sop.competitor', string="Lost To", compute='_compute_sop_lost_competitor_id', readonly=False, store=True,
        help="The competitor who got the order, if any.")
    sop_lesson = fields.Text(string="Lesson", help="What we learnt and will do differently.")

    @api.depends('lead_ids')
    def _compute_sop_asks(self):
        for wizard in self:
            wizard.sop_asks = bool(wizard.lead_ids.sop_process_id)

    @api.depends('lead_ids')
    def _compute_sop_lost_competitor_id(self):
        for wizard in self:
            rows = wizard.lead_ids.sop_competitor_ids if len(wizard.lead_ids) == 1 else self.env['sop.lead.competitor']
            # The only one, or the only one that is ahead of us
            ahead = rows if len(rows) == 1 else rows.filtered(lambda row: row.standing == 'behind')
            wizard.sop_lost_competitor_id = ahead.competitor_id if len(ahead) == 1 else False

    def action_lost_reason_apply(self):
        """Keep on the leads what the dialog asked."""
        self.ensure_one()
        leads = self.lead_ids.filtered('sop_process_id')
        if leads:
            leads.write(self._prepare_sop_lost_values())
        return super().action_lost_reason_apply()

    def _prepare_sop_lost_values(self):
        values = {'sop_lost_competitor_id': self.sop_lost_competitor_id.id}
        return {**values, 'sop_lesson': self.sop_lesson} if self.sop_lesson else values
