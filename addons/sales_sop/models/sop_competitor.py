from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class SopCompetitor(models.Model):
    """A company that competes with us, and our answer to it: the battle card."""

    _name = 'sop.competitor'
    _description = "Competitor"
    _order = 'name, id'

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        'res.partner', string="In the Address Book", index='btree_not_null', ondelete='set null')
    strengths = fields.Text(help="What customers value in it.")
    weaknesses = fields.Text(help="Where it does badly, with the proof.")
    answer = fields.Text(string="Our Answer", help="What we say when the customer compares us with it.")
    categ_ids = fields.Many2many(
        'product.category', string="Competes In", help="Product categories. Empty: in all.")
    company_id = fields.Many2one(
        'res.company', index=True, default=lambda self: self.env.company, help="Empty: for all companies.")
    lead_competitor_ids = fields.One2many('sop.lead.competitor', 'competitor_id', string="In Opportunities")
    won_count = fields.Integer(
        string="Won Against It", compute='_compute_counts', help="Opportunities we won although it competed.")
    lost_count = fields.Integer(
        string="Lost to It", compute='_compute_counts', help="Lost opportunities with it as the main competitor.")
    win_rate = fields.Float(
        string="Win Rate (%)", compute='_compute_counts', help="Won of all that were won against it or lost to it.")

    _name_company_uniq = models.UniqueIndex(
        "(lower(name), COALESCE(company_id, 0))", "There is a competitor of this name already.")

    @api.depends_context('allowed_company_ids')
    def _compute_counts(self):
        won = self._count_won()
        lost = self._count_lost()
        for competitor in self:
            wins, losses = won.get(competitor._origin.id, 0), lost.get(competitor._origin.id, 0)
            competitor.won_count, competitor.lost_count = wins, losses
            competitor.win_rate = 100 * wins / (wins + losses) if wins or losses else 0

    def _count_won(self):
        """``{competitor id: number of leads won against it}`` in the companies of the user."""
        # sudo: numbers of the house, without saying whose leads they are.
        return self._map_counts(self.env['sop.lead.competitor'].sudo()._read_group(
            Domain('competitor_id', 'in', self.ids) & Domain('lead_id', 'any', self._get_result_domain('won')),
            ['competitor_id'], ['__count']))

    def _count_lost(self):
        # sudo: as above
        return self._map_counts(self.env['crm.lead'].sudo()._read_group(
            Domain('sop_lost_competitor_id', 'in', self.ids) & self._get_result_domain('lost'),
            ['sop_lost_competitor_id'], ['__count']))

    @api.model
    def _map_counts(self, rows):
        return {competitor.id: count for competitor, count in rows}

    @api.model
    def _get_result_domain(self, result):
        return Domain('won_status', '=', result) & Domain('active', 'in', [True, False]) & Domain(
            'company_id', 'in', [*self.env.companies.ids, False])

    @api.constrains('company_id')
    def _check_company_of_leads(self):
        for competitor in self.filtered('company_id'):
            # sudo: the rule holds for leads the user does not see.
            competitor._check_sop_company(competitor.sudo().lead_competitor_ids.lead_id)

    def _check_sop_company(self, leads):
        """What is known of a competitor in one company is not used in another."""
        for competitor in self.sudo().filtered('company_id'):
            for lead in leads.sudo().filtered('company_id'):
                if lead.company_id != competitor.company_id:
                    raise ValidationError(self.env._(
                        "%(lead)s belongs to %(company)s and the competitor %(competitor)s to another company. "
                        "Enter the competitor for this company as well.",
                        lead=lead.display_name, company=lead.company_id.name, competitor=competitor.name))

    def action_view_leads(self):
        """The opportunities it competes or competed in."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.name,
            'res_model': 'crm.lead',
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
            'domain': ['|', ('sop_competitor_ids.competitor_id', '=', self.id),
                       ('sop_lost_competitor_id', '=', self.id)],
            'context': {'active_test': False, 'create': False},
        }
