from odoo import api, fields, models
from odoo.fields import Domain

from ..engine import as_engine


class CrmLead(models.Model):
    """What the customer objects to, who competes, and why a deal was won or lost (S4.2, S4.7)."""

    _inherit = 'crm.lead'

    sop_objection_ids = fields.One2many('sop.objection', 'lead_id', string="Objections", copy=False)
    sop_competitor_ids = fields.One2many('sop.lead.competitor', 'lead_id', string="Competitors", copy=False)
    sop_has_blocking_objection = fields.Boolean(
        string="Blocking Objection", compute='_compute_sop_has_blocking_objection',
        search='_search_sop_has_blocking_objection', compute_sudo=True,
        help="A blocking objection is open, or answered and not settled yet.")
    sop_lost_competitor_id = fields.Many2one(
        'sop.competitor', string="Main Competitor", copy=False, index='btree_not_null', ondelete='restrict',
        help="Who got the order, or whom we beat.", prefetch='sop')
    sop_lesson = fields.Text(
        string="Lesson", copy=False, help="What we learnt and will do differently or again.", prefetch='sop')
    sop_win_reason = fields.Text(string="Why We Won", copy=False, prefetch='sop')

    @api.depends('sop_objection_ids.state', 'sop_objection_ids.blocking')
    def _compute_sop_has_blocking_objection(self):
        held = self.env['sop.objection']._read_group(
            self._get_sop_blocking_domain() & Domain('lead_id', 'in', self._origin.ids), ['lead_id'])
        lead_ids = {lead.id for lead, in held}
        for lead in self:
            lead.sop_has_blocking_objection = lead._origin.id in lead_ids

    def _search_sop_has_blocking_objection(self, operator, value):
        if operator != 'in':
            return NotImplemented
        # sudo: what is true of a lead does not depend on who asks.
        held = Domain('id', 'in', self.env['sop.objection'].sudo()._search(
            self._get_sop_blocking_domain()).subselect('lead_id'))
        return Domain.OR(held if wanted else ~held for wanted in value)

    @api.model
    def _get_sop_blocking_domain(self):
        return Domain('blocking', '=', True) & Domain('state', 'in', ('open', 'answered'))

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.constrains('sop_lost_competitor_id')
    def _check_sop_lost_competitor(self):
        for lead in self:
            lead.sop_lost_competitor_id._check_sop_company(lead)

    @api.constrains('company_id')
    def _check_sop_competitor_company(self):
        for lead in self.filtered('sop_process_id'):
            lead.sudo().sop_competitor_ids.competitor_id._check_sop_company(lead)

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        if any(vals.get('sop_lost_competitor_id') for vals in vals_list):
            leads._sop_note_competitor()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if vals.get('sop_lost_competitor_id'):
            self._sop_note_competitor()
        return result

    def _sop_note_competitor(self):
        """Who won or lost against us did compete."""
        # sudo: it follows from what the user wrote on the lead.
        rows = self.env['sop.lead.competitor'].sudo()
        rows.create([
            {'lead_id': lead.id, 'competitor_id': lead.sop_lost_competitor_id.id}
            for lead in self.sudo()
            if lead.sop_lost_competitor_id and lead.sop_lost_competitor_id not in lead.sop_competitor_ids.competitor_id
        ])

    def _sop_hand_over(self, before):
        """Objections the former salesperson was to answer are up to the new one."""
        result = super()._sop_hand_over(before)
        # sudo: what is open is handed over, whoever noted it.
        waiting = self.env['sop.objection'].sudo().search(
            Domain('lead_id', 'in', self.ids) & Domain('state', 'in', ('open', 'answered')))
        former = {lead.id: user for lead, user in before.items()}
        passed = waiting.filtered(lambda objection: objection.user_id == former.get(objection.lead_id.id))
        for user, objections in passed.grouped(lambda objection: objection.lead_id.user_id).items():
            as_engine(objections).write({'user_id': user.id})
        return result

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # sudo: what was said about the merged leads is kept, whoever merges.
        merged, lead = opportunities.sudo(), self.sudo()
        as_engine(merged.sop_objection_ids).write({'lead_id': self.id})
        for row in merged.sop_competitor_ids:
            # Each competitor is listed once; what is known of it already stays.
            if row.competitor_id not in lead.sop_competitor_ids.competitor_id:
                as_engine(row).write({'lead_id': self.id})
        return result
