from odoo import api, fields, models
from odoo.fields import Domain

READERS = 'sales_sop.group_sop_user,sales_sop.group_sop_auditor'


class UtmCampaign(models.Model):
    """What a campaign cost and what came of it (S1.6)."""

    _inherit = 'utm.campaign'

    sop_campaign_type = fields.Selection(
        [('expo', "Trade fair"), ('online', "Online advertising"), ('mailing', "Mailing"), ('event', "Own event"),
         ('print', "Print and outdoor"), ('referral', "Referral programme"), ('other', "Other")],
        string="Kind of Campaign", groups=READERS, prefetch='sop')
    sop_cost = fields.Monetary(string="Cost", currency_field='currency_id', groups=READERS, prefetch='sop')
    sop_date_from = fields.Date(string="Starts On", groups=READERS, prefetch='sop')
    sop_date_to = fields.Date(string="Ends On", groups=READERS, prefetch='sop')
    sop_lead_count = fields.Integer(string="Leads Won by It", compute='_compute_sop_results', groups=READERS)
    sop_won_amount = fields.Monetary(
        string="Won", currency_field='currency_id', compute='_compute_sop_results', groups=READERS,
        help="Expected revenue of the opportunities of this campaign that were won.")
    sop_lead_cost = fields.Monetary(
        string="Cost per Lead", currency_field='currency_id', compute='_compute_sop_results', groups=READERS)

    _sop_period = models.Constraint(
        'CHECK(sop_date_to >= sop_date_from)', "A campaign cannot end before it starts.")

    @api.depends('sop_cost', 'currency_id')
    @api.depends_context('allowed_company_ids')
    def _compute_sop_results(self):
        results = self._get_sop_results()
        for campaign in self:
            count, won = results.get(campaign.id, (0, 0))
            campaign.sop_lead_count = count
            campaign.sop_won_amount = won
            campaign.sop_lead_cost = campaign.sop_cost / count if count else 0

    def _get_sop_results(self):
        """``{campaign id: (number of leads, amount won)}`` in the companies the user works in."""
        domain = Domain('campaign_id', 'in', self.ids) & Domain(
            'company_id', 'in', [*self.env.companies.ids, False])
        # sudo: what a campaign brought does not depend on whose leads they are; lost ones count as well.
        leads = self.env['crm.lead'].sudo().with_context(active_test=False)
        counts = leads._read_group(domain, ['campaign_id'], ['__count'])
        won = leads._read_group(
            domain & Domain('won_status', '=', 'won'), ['campaign_id', 'company_id'], ['expected_revenue:sum'])
        results = {campaign.id: [count, 0] for campaign, count in counts}
        for campaign, company, amount in won:
            company = company or self.env.company
            results[campaign.id][1] += company.currency_id._convert(
                amount, campaign.currency_id or company.currency_id, company, fields.Date.today())
        return results
