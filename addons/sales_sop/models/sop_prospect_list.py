from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine, is_engine
from ..values import LEGAL_BASES, SOURCES


class SopProspectList(models.Model):
    """Where a set of leads came from, and what allows us to use it.

    While the legal basis is unknown, its leads are held: see ``crm.lead``.
    """

    _name = 'sop.prospect.list'
    _description = "Prospect List"
    _inherit = ['mail.thread']
    _order = 'collected_date desc, id desc'
    # What its leads take over where they say nothing of their own
    _sop_origin_map = {
        'sop_source': 'source',
        'sop_legal_basis': 'legal_basis',
        'sop_collected_by_id': 'collected_by_id',
        'sop_collected_date': 'collected_date',
    }

    name = fields.Char(required=True, tracking=True)
    source = fields.Selection(SOURCES, required=True, tracking=True, help="How the list was obtained.")
    source_ref = fields.Char(
        string="Supplied By", tracking=True, help="Who supplied it: name, web address, number of the contract.")
    legal_basis = fields.Selection(
        LEGAL_BASES, index='btree_not_null', copy=False, tracking=True,
        help="What allows us to use these data. Empty: unknown, the leads are held.")
    basis_remark = fields.Text(
        string="Evidence", copy=False, tracking=True, help="What proves the legal basis, and where to find it.")
    basis_attachment_ids = fields.Many2many('ir.attachment', string="Files", copy=False)
    basis_date = fields.Datetime(string="Basis Stated On", readonly=True, copy=False)
    basis_by_id = fields.Many2one('res.users', string="Basis Stated By", readonly=True, copy=False)
    collected_by_id = fields.Many2one(
        'res.users', required=True, default=lambda self: self.env.uid, tracking=True, index=True)
    collected_date = fields.Date(
        string="Collected On", required=True, default=fields.Date.context_today, copy=False, tracking=True)
    cost = fields.Monetary(tracking=True, copy=False)
    currency_id = fields.Many2one('res.currency', required=True, default=lambda self: self.env.company.currency_id)
    campaign_id = fields.Many2one('utm.campaign', index='btree_not_null')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    lead_ids = fields.One2many('crm.lead', 'sop_list_id', string="Leads")
    lead_count = fields.Integer(string="Number of Leads", compute='_compute_lead_counts')
    held_count = fields.Integer(string="Held Leads", compute='_compute_lead_counts')
    graded_count = fields.Integer(string="Graded Leads", compute='_compute_lead_counts')
    lead_cost = fields.Monetary(string="Cost per Lead", compute='_compute_lead_counts')
    state = fields.Selection(
        [('held', "Held"), ('free', "Free")], compute='_compute_state', search='_search_state',
        help="Held: the legal basis is unknown, nobody contacts or exports the leads.")

    @api.depends('lead_ids', 'cost')
    def _compute_lead_counts(self):
        # sudo: numbers of the whole list, whoever may read the single leads.
        leads = self.env['crm.lead'].sudo().with_context(active_test=False)
        in_list = Domain('sop_list_id', 'in', self.ids)
        counts, held, graded = (
            dict(leads._read_group(in_list & domain, ['sop_list_id'], ['__count']))
            for domain in (Domain.TRUE, Domain('sop_contact_hold', '!=', False), Domain('sop_grade', '!=', False)))
        for prospects in self:
            own = prospects._origin.sudo()
            prospects.lead_count = counts.get(own, 0)
            prospects.held_count = held.get(own, 0)
            prospects.graded_count = graded.get(own, 0)
            prospects.lead_cost = prospects.cost / prospects.lead_count if prospects.lead_count else 0

    @api.depends('legal_basis', 'company_id.sop_quarantine')
    def _compute_state(self):
        for prospects in self:
            is_held = not prospects.legal_basis and prospects.company_id.sudo().sop_quarantine
            prospects.state = 'held' if is_held else 'free'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        held = Domain('legal_basis', '=', False) & Domain('company_id.sop_quarantine', '=', True)
        return Domain.OR({'held': held, 'free': ~held}.get(state, Domain.FALSE) for state in value)

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('collected_date')
    def _check_collected_date(self):
        now, own_today = fields.Datetime.now(), fields.Date.context_today(self)
        for prospects in self:
            if prospects.collected_date > max(prospects.company_id._get_sop_local_date(now), own_today):
                raise ValidationError(self.env._(
                    "%s: a list cannot have been collected in the future. Enter the day it was obtained.",
                    prospects.name))

    @api.constrains('cost')
    def _check_cost(self):
        for prospects in self:
            if prospects.cost < 0:
                raise ValidationError(self.env._("%s: the cost cannot be negative.", prospects.name))

    @api.constrains('company_id')
    def _check_lead_company(self):
        # sudo: leads of other companies are the ones to find.
        self.sudo().lead_ids._check_sop_list_company()

    @api.model
    def default_get(self, fields):
        # No default of a user or of a context states a basis in the name of somebody.
        return super().default_get([name for name in fields if name not in ('basis_date', 'basis_by_id')])

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_basis_values(vals)
        prospects = super().create(vals_list)
        prospects.filtered('legal_basis')._stamp_basis()
        prospects._own_files()
        return prospects

    def write(self, vals):
        self._check_basis_values(vals)
        before = {prospects.id: prospects.legal_basis for prospects in self}
        result = super().write(vals)
        if 'legal_basis' in vals and not is_engine(self.env):
            self.filtered(lambda prospects: prospects.legal_basis != before[prospects.id])._stamp_basis()
        if not vals.keys().isdisjoint(self._sop_origin_map.values()):
            self._fill_leads()
        if 'basis_attachment_ids' in vals:
            self._own_files()
        return result

    def _check_basis_values(self, vals):
        if is_engine(self.env):
            return
        if vals.get('basis_date') or vals.get('basis_by_id'):
            raise AccessError(self.env._("Who stated the legal basis, and when, is kept by the system."))
        stated = self.filtered('legal_basis')
        if stated and 'legal_basis' in vals and not vals['legal_basis']:
            raise UserError(self.env._(
                "%s: a legal basis is not emptied. A manager of Sales SOP withdraws it with a reason.",
                stated[0].name))

    def _stamp_basis(self):
        if self:
            as_engine(self).write({'basis_date': fields.Datetime.now(), 'basis_by_id': self.env.uid})

    def _own_files(self):
        """Whoever reads a list reads its evidence, also what was uploaded before the list was saved."""
        for prospects in self:
            # sudo: only who uploaded such a file may write it.
            files = prospects.basis_attachment_ids.sudo().filtered(
                lambda file: not file.res_id and file.create_uid.id == self.env.uid)
            files.write({'res_model': self._name, 'res_id': prospects.id})

    # ------------------------------------------------------------
    # LEADS
    # ------------------------------------------------------------

    def _fill_leads(self):
        """Give the leads what they do not say themselves; a new basis also those that took the old one."""
        # sudo: a list is stated for all its leads, whoever works on them.
        leads = as_engine(self.env['crm.lead'], active_test=False)
        for prospects in self:
            own = leads.search([('sop_list_id', '=', prospects.id)])
            own.filtered(lambda lead, basis=prospects.legal_basis: (
                lead.sop_basis_from_list and lead.sop_legal_basis != basis))._sop_drop_basis()
            own._sop_fill_from_list()

    def _prepare_origin_values(self):
        """What a lead of this list takes over, in the values of ``create``."""
        return {name: self[own].id if own == 'collected_by_id' else self[own]
                for name, own in self._sop_origin_map.items()}

    def action_withdraw_basis(self, reason):
        """The legal basis turned out not to hold: the leads that took it are held again.

        :param str reason: why; kept in the chatter
        """
        self.ensure_one()
        self.check_access('write')
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("Only a manager of Sales SOP withdraws the legal basis of a list."))
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self.name))
        if not self.legal_basis:
            raise UserError(self.env._("%s: no legal basis is stated.", self.name))
        as_engine(self).write({'legal_basis': False, 'basis_date': False, 'basis_by_id': False})
        self._message_log(body=self.env._("Legal basis withdrawn: %s", reason))
        return True

    def action_view_leads(self):
        """The leads of this list."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.name,
            'res_model': 'crm.lead',
            'view_mode': 'list,kanban,form',
            'domain': [('sop_list_id', '=', self.id)],
            'context': {'default_sop_list_id': self.id, 'active_test': False},
        }

    def action_import(self):
        """Odoo's importer for leads, which then belong to this list."""
        self.ensure_one()
        self.check_access('write')
        return {
            'type': 'ir.actions.client',
            'tag': 'import',
            'name': self.env._("Import into %s", self.name),
            'params': {
                'active_model': 'crm.lead',
                'context': {'default_sop_list_id': self.id, 'default_campaign_id': self.campaign_id.id},
            },
        }
