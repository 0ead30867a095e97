import re

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine

TOPICS = {
    'org_structure': ('sop_org_structure',),
    'business_scope': ('sop_business_scope',),
    'recent_news': ('sop_recent_news',),
    'pain_points': ('sop_pain_points',),
    'current_solution': ('sop_current_brand', 'sop_current_supplier'),
}
DETAILS = ('sop_current_since', 'sop_current_contract_end', 'sop_current_satisfaction', 'sop_research_sources')
ANSWERS = frozenset(name for names in TOPICS.values() for name in names)
RESEARCH = ANSWERS | set(DETAILS)
NO_WORDS = re.compile(r'^[\W_]+|[\W_]+$')
# What people write to fill a field without saying anything.
HOLLOW = frozenset({
    'n/a', 'na', 'n.a', 'none', 'nil', 'null', 'no', 'nothing', 'unknown', 'not known', 'tbd', 'todo', 'x', 'xx', 'xxx',
    'test', '无', '没有', '暂无', '不详', '未知', '不知道', '不清楚', '待定', '待补充', '略'})


def is_answer(text):
    """Whether a text says anything: blanks, dashes and "n/a" do not."""
    text = NO_WORDS.sub('', (text or '').lower())
    return bool(text) and text not in HOLLOW


class CrmLead(models.Model):
    _inherit = 'crm.lead'

    sop_org_structure = fields.Text(
        string="Organisation", help="Departments, plants, who decides. Attach an organisation chart if there is one.",
        prefetch='sop')
    sop_business_scope = fields.Text(
        string="Business Scope", help="What the customer makes, for whom, how much.", prefetch='sop')
    sop_recent_news = fields.Text(
        string="Recent News", help="Investments, new plants, people, results.", prefetch='sop')
    sop_pain_points = fields.Text(string="Pain Points", help="What gives the customer trouble today.", prefetch='sop')
    sop_current_brand = fields.Char(string="Brand in Use", prefetch='sop')
    sop_current_supplier = fields.Char(string="Present Supplier", prefetch='sop')
    sop_current_since = fields.Date(string="In Use Since", prefetch='sop')
    sop_current_contract_end = fields.Date(string="Contract Ends On", prefetch='sop')
    sop_current_satisfaction = fields.Selection([
        ('1', "Very unhappy"),
        ('2', "Unhappy"),
        ('3', "Neither"),
        ('4', "Happy"),
        ('5', "Very happy"),
    ], string="Satisfaction", help="How happy the customer is with what he has.", prefetch='sop')
    sop_research_sources = fields.Text(
        string="Sources", help="Where this is from: website, report, talk, visit.", prefetch='sop')
    sop_research_count = fields.Integer(
        string="Topics Researched", readonly=True, copy=False,
        help="How many of the five topics have an answer: organisation, business scope, news, pain points and "
             "present solution (brand or supplier). A dash or “n/a” is no answer.", prefetch='sop')
    sop_research_by_id = fields.Many2one('res.users', string="Researched By", readonly=True, copy=False, prefetch='sop')
    sop_research_date = fields.Datetime(string="Researched On", readonly=True, copy=False, prefetch='sop')
    sop_research_source_id = fields.Many2one(
        'crm.lead', string="Research of the Same Customer", compute='_compute_sop_research_source_id',
        help="Another lead of this customer where more is known.")

    @api.constrains('sop_current_since', 'sop_current_contract_end')
    def _check_sop_current_period(self):
        for lead in self:
            since, end = lead.sop_current_since, lead.sop_current_contract_end
            if since and end and end < since:
                raise ValidationError(self.env._(
                    "%s: the contract of the present supplier ends before it began. Correct one of the dates.",
                    lead.display_name))

    @api.depends('partner_id', 'sop_research_count')
    @api.depends_context('uid')
    def _compute_sop_research_source_id(self):
        poor = self.filtered(lambda lead: lead.sop_process_id and lead.sop_research_count < len(TOPICS))
        richest = poor._get_sop_research_sources()
        for lead in self:
            source = richest.get(lead.partner_id.commercial_partner_id, self.browse())
            is_richer = lead in poor and source.sop_research_count > lead.sop_research_count
            lead.sop_research_source_id = source if is_richer else False

    def _get_sop_research_sources(self):
        """``{customer: the lead with most research the user may read}``"""
        customers = self.partner_id.commercial_partner_id
        if not customers:
            return {}
        leads = self.search_fetch(
            Domain('partner_id.commercial_partner_id', 'in', customers.ids) & Domain('sop_research_count', '>', 0),
            ['partner_id', 'sop_research_count'], order='sop_research_count, sop_research_date, id')
        return {lead.partner_id.commercial_partner_id: lead for lead in leads}

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {
            'sop_research_count', 'sop_research_by_id', 'sop_research_date'}

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        for lead, vals in zip(leads, vals_list, strict=True):
            if not RESEARCH.isdisjoint(vals):
                lead._sop_stamp_research()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if not RESEARCH.isdisjoint(vals):
            self._sop_stamp_research()
        return result

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *sorted(RESEARCH)]

    def _sop_stamp_research(self):
        """Count the answers; note who changed them, and when."""
        for count, leads in self.grouped(lambda lead: lead._get_sop_research_count()).items():
            as_engine(leads).write({
                'sop_research_count': count,
                'sop_research_by_id': self.env.uid,
                'sop_research_date': fields.Datetime.now(),
            })

    def _get_sop_research_count(self):
        return sum(any(is_answer(self[name]) for name in names) for names in TOPICS.values())

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_take_research(self):
        """Copy what is known about the same customer from another lead into what is empty here."""
        self.check_access('write')
        for lead in self:
            source = lead.sop_research_source_id
            if not source:
                raise UserError(self.env._(
                    "%s: no other lead of this customer that you may read has more research.", lead.display_name))
            lead.write(lead._prepare_sop_research_values(source))
        return True

    def _prepare_sop_research_values(self, source):
        values = {
            name: source[name] for name in RESEARCH
            if source[name] and not (is_answer(self[name]) if name in ANSWERS else self[name])
        }
        origin = self.env._(
            "Taken over from %(lead)s (%(date)s).",
            lead=source.display_name, date=fields.Date.to_string(source.sop_research_date))
        sources = values.get('sop_research_sources') or self.sop_research_sources
        return {**values, 'sop_research_sources': '\n'.join(filter(None, [sources, origin]))}
