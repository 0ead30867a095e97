from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..engine import as_engine
from ..values import TECHNICAL_POSITIONS
from .sop_solution import WRITE

# When a workshop is proposed, where the user is
WORKSHOP_HOUR = 10
# States in which a solution answers the needs
LIVE = ('draft', 'review', 'approved')
STATES = [('none', "None"), ('draft', "Draft"), ('review', "In Review"), ('approved', "Approved"),
          ('rejected', "Rejected"), ('outdated', "Outdated")]


class CrmLead(models.Model):
    """Workshops and solutions of a lead (S3.3, S3.4, S3.6)."""

    _inherit = 'crm.lead'

    sop_workshop_ids = fields.One2many(
        'calendar.event', 'sop_lead_id', string="Workshops", copy=False, context={'active_test': False})
    sop_workshop_state = fields.Selection(
        [('none', "None"), ('open', "Not Done Yet"), ('done', "Done")], string="Workshop",
        compute='_compute_sop_solution_states', search='_search_sop_workshop_state', compute_sudo=True)
    sop_solution_ids = fields.One2many('sop.solution', 'lead_id', string="Solutions", copy=False)
    sop_solution_id = fields.Many2one(
        'sop.solution', string="Current Solution", compute='_compute_sop_solution_id', compute_sudo=True,
        help="The approved version, or else the latest.")
    sop_solution_state = fields.Selection(
        STATES, string="State of the Solution", compute='_compute_sop_solution_states',
        search='_search_sop_solution_state', compute_sudo=True)
    sop_coverage_state = fields.Selection(
        [('none', "None"), ('partial', "Partial"), ('complete', "Complete")], string="Coverage of the Needs",
        compute='_compute_sop_solution_states', search='_search_sop_coverage_state', compute_sudo=True,
        help="Complete: the current solution covers every confirmed need, and has a value with its basis.")
    sop_coverage_summary = fields.Char(
        string="Coverage Summary", compute='_compute_sop_coverage_summary', compute_sudo=True)

    @api.depends('sop_solution_ids.is_current')
    def _compute_sop_solution_id(self):
        for lead in self:
            lead.sop_solution_id = lead.sop_solution_ids.filtered('is_current')[:1]

    @api.depends('sop_solution_ids.is_current', 'sop_solution_ids.coverage_summary')
    @api.depends_context('lang')
    def _compute_sop_coverage_summary(self):
        for lead in self:
            lead.sop_coverage_summary = lead.sop_solution_id.coverage_summary

    @api.depends(
        'sop_workshop_ids.sop_done_date', 'sop_solution_ids.is_current', 'sop_solution_ids.state',
        'sop_solution_ids.coverage_ids.is_good', 'sop_solution_ids.value_ids.is_counted', 'sop_need_ids.state')
    def _compute_sop_solution_states(self):
        """Answered by the same domains that are searched for, once for all leads."""
        leads = self._origin.with_context(active_test=False)
        fulfilled = {
            name: set(leads.search(Domain('id', 'in', leads.ids) & domain)._ids) if leads else set()
            for name, domain in self._get_sop_solution_domains().items()}
        for lead in self:
            is_in = [name for name, ids in fulfilled.items() if lead._origin.id in ids]
            workshop = 'open' if 'workshop' in is_in else 'none'
            coverage = 'partial' if 'solution' in is_in else 'none'
            lead.sop_workshop_state = 'done' if 'workshop_done' in is_in else workshop
            lead.sop_coverage_state = 'complete' if 'covered' in is_in else coverage
            lead.sop_solution_state = lead.sop_solution_id.state or 'none'

    @api.model
    def _get_sop_solution_domains(self):
        current = Domain('is_current', '=', True)
        confirmed = Domain('state', '=', 'confirmed')
        answered = Domain('sop_coverage_ids', 'any!', (
            Domain('is_good', '=', True) & Domain('solution_id', 'any!', current)))
        # What was rejected or is out of date covers nothing.
        valued = current & Domain('state', 'in', LIVE) & Domain('value_ids', 'any!', Domain('is_counted', '=', True))
        return {
            'workshop': Domain('sop_workshop_ids', 'any!', Domain.TRUE),
            'workshop_done': Domain('sop_workshop_ids', 'any!', Domain('sop_done_date', '!=', False)),
            'solution': Domain('sop_solution_ids', 'any!', current),
            'covered': (
                Domain('sop_solution_ids', 'any!', valued)
                & Domain('sop_need_ids', 'any!', confirmed)
                & ~Domain('sop_need_ids', 'any!', confirmed & ~answered)),
        }

    def _search_sop_workshop_state(self, operator, value):
        domains = self._get_sop_solution_domains()
        held, done = domains['workshop'], domains['workshop_done']
        return self._search_sop_state(operator, value, {'none': ~held, 'open': held & ~done, 'done': done})

    def _search_sop_solution_state(self, operator, value):
        current = Domain('is_current', '=', True)
        domains = {
            state: Domain('sop_solution_ids', 'any!', current & Domain('state', '=', state)) for state, __ in STATES}
        domains['none'] = ~Domain('sop_solution_ids', 'any!', current)
        return self._search_sop_state(operator, value, domains)

    def _search_sop_coverage_state(self, operator, value):
        domains = self._get_sop_solution_domains()
        solved, covered = domains['solution'], domains['covered']
        return self._search_sop_state(
            operator, value, {'none': ~solved, 'partial': solved & ~covered, 'complete': covered})

    @api.model
    def _search_sop_state(self, operator, value, domains):
        """The domain of the states searched for, of ``domains`` by state."""
        if operator != 'in':
            return NotImplemented
        return Domain.OR(domains[state] for state in value if state in domains)

    # ------------------------------------------------------------
    # FOR OTHER STEPS
    # ------------------------------------------------------------

    def _get_sop_baseline(self):
        """The approved solution of each of these leads that has one."""
        # sudo: what was agreed on inside does not depend on who asks.
        return self.env['sop.solution'].sudo().search(
            [('lead_id', 'in', self.ids), ('state', '=', 'approved')]).with_env(self.env)

    def _sop_after_need_change(self, needs):
        """What answered these needs answers them no more."""
        result = super()._sop_after_need_change(needs)
        # sudo: a solution is outdated whoever changes the need.
        lines = needs.sudo().sop_coverage_ids
        lines._sop_follow_needs()
        outdated = lines.solution_id.filtered(lambda solution: solution.state in ('review', 'approved'))
        for lead, solutions in outdated.grouped('lead_id').items():
            changed = ', '.join((lead.sop_need_ids & needs.sudo()).mapped('code'))
            solutions._outdate(lead.env._("Needs were changed: %s", changed))
            solutions._tell_author(lead.env._("Needs were changed, make a new version of the solution"), changed)
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_plan_workshop(self):
        """Open a new internal meeting with those who know the product."""
        self.ensure_one()
        self.check_access('write')
        start = self._get_sop_workshop_start()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'calendar.event', 'views': [(False, 'form')],
            'name': self.env._("Workshop"),
            'context': {
                'default_name': self.env._("Workshop: %s", self.name), 'default_sop_lead_id': self.id,
                'default_partner_ids': self._get_sop_workshop_partners().ids, 'default_start': start,
                'default_stop': start + timedelta(hours=1), 'default_duration': 1,
            },
        }

    def _get_sop_workshop_partners(self):
        experts = self.env['sop.position']._get_sop_holders(
            TECHNICAL_POSITIONS, self._get_sop_company(), but=self.user_id)
        # sudo: whom to invite does not depend on whose address the user may read.
        return (self.env.user | self.user_id | experts).sudo().partner_id

    def _get_sop_workshop_start(self):
        zone = self.env.tz
        tomorrow = datetime.now(zone).date() + timedelta(days=1)
        start = zone.localize(datetime.combine(tomorrow, time(WORKSHOP_HOUR)))
        return start.astimezone(pytz.utc).replace(tzinfo=None)

    def action_sop_new_solution(self):
        """Go on with the draft of the solution, or start the next version."""
        self.ensure_one()
        self.check_access('write')
        solutions = self.sop_solution_ids
        draft = solutions.filtered(lambda solution: solution.state == 'draft')[:1]
        if not draft and solutions:
            return solutions[0].action_new_version()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'sop.solution', 'views': [(False, 'form')],
            'name': self.env._("Solution"), 'res_id': draft.id or self._create_sop_solution().id,
        }

    def _create_sop_solution(self):
        """The first version, with what is known already."""
        done = self.sop_workshop_ids.filtered('sop_done_date').sorted('sop_done_date')[-1:]
        return self.env['sop.solution'].create({
            'lead_id': self.id, 'name': self.name, 'workshop_id': done.id})

    # ------------------------------------------------------------
    # DEADLINE
    # ------------------------------------------------------------

    def _get_sop_solution_due_date(self, is_customised):
        """Until when a solution is written; False while the needs are not confirmed."""
        confirmed = self.sop_need_ids.filtered(lambda need: need.state == 'confirmed').mapped('confirmed_date')
        company = self._get_sop_company()
        days = company.sop_custom_solution_days if is_customised else company.sop_solution_days
        return bool(confirmed) and company._sop_add_workdays(max(confirmed), days)

    def _sop_plan_solution(self):
        """Once the needs are confirmed, the solution is on the list of who writes it."""
        for lead in self.filtered(lambda lead: lead.sop_process_id and lead.sop_need_state == 'confirmed'):
            solution = lead.sop_solution_id
            due_date = lead._get_sop_solution_due_date(solution.is_customised)
            author = solution.user_id or lead.user_id
            if solution.state in (False, 'draft') and author:
                lead._sop_close_solution_task()
                as_engine(lead).with_context(lang=author.lang, mail_activity_quick_update=True).activity_schedule(
                    WRITE, due_date or None, user_id=author.id)

    def _sop_close_solution_task(self):
        self.activity_unlink([WRITE])

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_dependences(self, opportunities):
        """Workshops and solutions go to the lead that stays; their versions go on, one of them counts."""
        result = super()._merge_dependences(opportunities)
        # sudo: what was worked out is kept, whoever merges.
        merged = opportunities.sudo()
        as_engine(merged.sop_workshop_ids).write({'sop_lead_id': self.id})
        self.sudo()._sop_take_solutions(merged.sop_solution_ids)
        return result

    def _sop_take_solutions(self, solutions):
        approved = (self.sop_solution_ids | solutions).filtered(lambda solution: solution.state == 'approved')
        kept = (approved & self.sop_solution_ids) or approved.sorted('approved_date')[-1:]
        (approved - kept)._outdate(self.env._("Merged with an opportunity that has another solution."))
        solutions.flush_recordset()
        latest = max(self.sop_solution_ids.mapped('version'), default=0)
        for number, solution in enumerate(solutions.sorted(lambda solution: (solution.create_date, solution.id)), 1):
            as_engine(solution).write({'lead_id': self.id, 'version': latest + number})

    # ------------------------------------------------------------
    # HAND-OVER TO QUOTATIONS
    # ------------------------------------------------------------

    def _prepare_sop_order_values(self, solution):
        """A quotation of what the solution names, product by product."""
        context = self._prepare_opportunity_quotation_context()
        values = {name.removeprefix('default_'): value for name, value in context.items()}
        return {
            **values,
            'sop_solution_id': solution.id,
            'order_line': [
                Command.create({'product_id': product.id, 'product_uom_qty': quantity})
                for product, quantity in solution._get_quantities().items()],
        }
