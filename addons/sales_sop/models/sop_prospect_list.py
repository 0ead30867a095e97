from odoo import api, fields, models

from ..values import LEGAL_BASES, SOURCES


class SopProspectList(models.Model):
    """Where a set of leads came from, and what allows us to use it."""

    _name = 'sop.prospect.list'
    _description = "Prospect List"
    _inherit = ['mail.thread']
    _order = 'collected_date desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    source = fields.Selection(SOURCES, required=True, tracking=True, help="How the list was obtained.")
    source_ref = fields.Char(
        string="Supplied By", tracking=True, help="Who supplied it: name, web address, number of the contract.")
    legal_basis = fields.Selection(
        LEGAL_BASES, index=True, tracking=True,
        help="What allows us to use these data. Empty: unknown, the leads are held.")
    basis_remark = fields.Text(string="Evidence", tracking=True, help="What proves the legal basis.")
    basis_attachment_ids = fields.Many2many('ir.attachment', string="Files", copy=False)
    basis_date = fields.Datetime(string="Basis Stated On", readonly=True, copy=False)
    basis_by_id = fields.Many2one('res.users', string="Basis Stated By", readonly=True, copy=False)
    collected_by_id = fields.Many2one(
        'res.users', required=True, default=lambda self: self.env.uid, tracking=True, index='btree_not_null')
    collected_date = fields.Date(
        string="Collected On", required=True, default=fields.Date.context_today, copy=False, tracking=True)
    cost = fields.Monetary(tracking=True)
    currency_id = fields.Many2one(
        'res.currency', required=True, default=lambda self: self.env.company.currency_id)
    campaign_id = fields.Many2one('utm.campaign', index='btree_not_null')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    lead_ids = fields.One2many('crm.lead', 'sop_list_id')
    lead_count = fields.Integer(string="Leads", compute='_compute_lead_counts')
    held_count = fields.Integer(string="Held", compute='_compute_lead_counts')
    state = fields.Selection(
        [('held', "Held"), ('free', "Free")], compute='_compute_state',
        help="Held: the legal basis is unknown, nobody contacts or exports the leads.")

    @api.depends('lead_ids')
    def _compute_lead_counts(self):
        leads = self.env['crm.lead'].with_context(active_test=False)
        counts = dict(leads._read_group([('sop_list_id', 'in', self.ids)], ['sop_list_id'], ['__count']))
        for prospects in self:
            prospects.lead_count = counts.get(prospects, 0)
            prospects.held_count = 0

    @api.depends('legal_basis', 'company_id')
    def _compute_state(self):
        for prospects in self:
            is_held = not prospects.legal_basis and prospects.company_id.sop_quarantine
            prospects.state = 'held' if is_held else 'free'
