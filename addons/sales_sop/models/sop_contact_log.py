from odoo import api, fields, models


class SopContactLog(models.Model):
    """A contact with a customer, planned or done (S2.3, S2.4)."""

    _name = 'sop.contact.log'
    _description = "Contact Log"
    _inherit = ['sop.lead.child.mixin', 'sop.contact.mixin']
    _order = 'date desc, id desc'

    state = fields.Selection(
        [('planned', "Planned"), ('done', "Done"), ('superseded', "Superseded")], required=True, default='planned',
        index=True, copy=False)
    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(
        related='lead_id.partner_id', string="Customer", store=True, index='btree_not_null')
    company_id = fields.Many2one(related='lead_id.company_id', store=True, index='btree_not_null')
    user_id = fields.Many2one(
        'res.users', string="Contacted By", required=True, index=True, default=lambda self: self.env.uid, copy=False)
    logged_date = fields.Datetime(string="Logged On", readonly=True, copy=False)
    is_late = fields.Boolean(string="Logged Late", readonly=True, copy=False)
    due_date = fields.Date(
        readonly=True, copy=False, help="Until when the lead was to be contacted, by the cadence of its grade.")
    on_time = fields.Boolean(readonly=True, copy=False, help="The contact took place by its due date.")
    corrects_id = fields.Many2one(
        'sop.contact.log', string="Corrects", index='btree_not_null', ondelete='restrict', copy=False)
    correction_reason = fields.Char(copy=False)
    superseded_by_id = fields.Many2one(
        'sop.contact.log', readonly=True, index='btree_not_null', ondelete='restrict', copy=False)

    @api.model
    def _get_refusals(self, leads):
        return self.sudo().search([
            ('lead_id', 'in', leads.ids), ('state', '=', 'done'), ('outcome', '=', 'refused'),
            ('refusal_scope', '=', 'method')])

    def _concerns(self, stakeholder):
        return not self.stakeholder_ids or stakeholder in self.stakeholder_ids
