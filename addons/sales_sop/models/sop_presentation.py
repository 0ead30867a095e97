from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_datetime

from ..engine import as_engine

# What is said about the customer's answer
FEEDBACK = [
    ('0', "None"),
    ('1', "Rejecting"),
    ('2', "Doubtful"),
    ('3', "Interested"),
    ('4', "Convinced"),
    ('5', "Enthusiastic"),
]
DECIDER = 'decision'


class SopPresentation(models.Model):
    """A demonstration of the solution to the customer (S4.1). Once done it stays as it was; notes correct it."""

    _name = 'sop.presentation'
    _description = "Presentation"
    _inherit = ['sop.sealed.mixin', 'sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.internal.thread.mixin']
    _order = 'date desc, id desc'

    _sop_server_fields = frozenset({'state', 'done_date', 'done_by_id'})
    _sop_sealed_fields = frozenset({
        'date', 'audience_ids', 'user_ids', 'solution_id', 'advantages', 'fit', 'difference', 'competitor_id',
        'own_language', 'questions', 'feedback', 'in_principle_ok'})

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    state = fields.Selection(
        [('planned', "Planned"), ('done', "Done")], required=True, default='planned', readonly=True, copy=False,
        index=True)
    audience_ids = fields.Many2many(
        'sop.stakeholder', domain="[('lead_id', '=', lead_id)]", copy=False,
        help="The customer's people who were there.")
    user_ids = fields.Many2many(
        'res.users', string="Our People", domain="[('share', '=', False)]", default=lambda self: self.env.user)
    solution_id = fields.Many2one(
        'sop.solution', compute='_compute_solution_id', store=True, readonly=False, precompute=True,
        index='btree_not_null', ondelete='restrict', domain="[('lead_id', '=', lead_id)]", copy=False,
        help="The version that is shown: only the approved one that is not outdated (S3.6).")
    advantages = fields.Text(string="Core Advantages")
    fit = fields.Text(string="Fit to the Needs", help="Which need is met how, as it was explained.")
    difference = fields.Text(string="Difference to Competitors")
    competitor_id = fields.Many2one(
        'sop.competitor', index='btree_not_null', ondelete='restrict', help="Whom the customer compares us with.")
    own_language = fields.Boolean(
        string="In the Customer's Language", help="Said in the words the customer uses, not in ours.")
    questions = fields.Text(string="Questions and Answers")
    feedback = fields.Selection(FEEDBACK, default='0', help="How the customer took it.")
    in_principle_ok = fields.Boolean(
        string="Agreed in Principle",
        help="The customer agrees in principle. A negotiation that starts earlier shows a warning.")
    lacks_decider = fields.Boolean(compute='_compute_lacks_decider')
    done_date = fields.Datetime(string="Done On", readonly=True, copy=False)
    done_by_id = fields.Many2one('res.users', string="Recorded By", readonly=True, copy=False)

    @api.depends('lead_id')
    def _compute_solution_id(self):
        baselines = self.lead_id._origin._get_sop_baseline().grouped('lead_id')
        for presentation in self.filtered(lambda presentation: presentation.state != 'done'):
            presentation.solution_id = baselines.get(presentation.lead_id._origin, presentation.solution_id)[:1]

    @api.depends('audience_ids.role_id')
    def _compute_lacks_decider(self):
        for presentation in self:
            presentation.lacks_decider = bool(presentation.audience_ids) and DECIDER not in (
                presentation.audience_ids.role_id.mapped('code'))

    @api.depends('lead_id', 'date')
    @api.depends_context('lang', 'tz')
    def _compute_display_name(self):
        for presentation in self:
            presentation.display_name = self.env._(
                "%(lead)s: presentation, %(date)s", lead=presentation.lead_id.display_name or '',
                date=format_datetime(self.env, presentation.date, dt_format='short'))

    @api.constrains('lead_id', 'audience_ids', 'user_ids', 'competitor_id')
    def _check_people(self):
        for presentation in self:
            presentation.lead_id._check_sop_own_people(presentation.audience_ids)
            presentation.lead_id._check_sop_own_users(presentation.user_ids)
            presentation.competitor_id._check_sop_company(presentation.lead_id)

    @api.constrains('solution_id')
    def _check_solution(self):
        for presentation in self:
            if presentation.solution_id and (error := presentation._get_solution_error()):
                raise ValidationError(error)

    def _is_sop_sealed(self):
        return self.state == 'done'

    def _get_sop_sealed_message(self):
        return self.env._(
            "%s took place: what was said stays as it is. Correct it with a note below it.", self.display_name)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_done(self):
        """The presentation took place: what was shown and said is kept."""
        self.check_access('write')
        for presentation in self:
            if error := presentation._get_done_error():
                raise UserError(error)
        as_engine(self).write({'state': 'done', 'done_date': fields.Datetime.now(), 'done_by_id': self.env.uid})
        return True

    def action_done_and_log(self):
        """The same, and open the contact log of it filled in."""
        self.ensure_one()
        self.action_done()
        return self.action_log_contact()

    def action_log_contact(self):
        """Open the dialog that logs the presentation as a contact, filled with what is known."""
        self.ensure_one()
        self.check_access('write')
        if self.state != 'done':
            raise UserError(self.env._("%s has not taken place yet. Mark it as done first.", self.display_name))
        return self.env['sop.contact.dialog']._get_action(self.lead_id, **self._prepare_contact_values())

    # ------------------------------------------------------------
    # SMALL HELP
    # ------------------------------------------------------------

    def _get_done_error(self):
        """Why this presentation cannot have taken place, or an empty string."""
        if self.state == 'done':
            return self.env._("%s is recorded already.", self.display_name)
        if self.date > fields.Datetime.now():
            return self.env._("%s lies in the future. Correct the date, or wait for it.", self.display_name)
        if not self.audience_ids:
            return self.env._("%s: enter who of the customer was there.", self.display_name)
        if not self.user_ids:
            return self.env._("%s: enter who of us was there.", self.display_name)
        return self._get_solution_error()

    def _get_solution_error(self):
        """Why this version must not be shown, or an empty string."""
        # sudo: whether a solution is approved does not depend on who asks.
        baseline = self.lead_id.sudo()._get_sop_baseline()
        if self.state == 'done' or self.solution_id and self.solution_id.sudo() in baseline:
            return ''
        if not self.solution_id and self._is_repeat_order():
            return ''
        if not self.solution_id:
            return self.env._(
                "%s: no solution is chosen. Show the approved one, or have it approved first.", self.display_name)
        return self.env._(
            "%(presentation)s: %(solution)s is not the approved solution of this opportunity, or it is outdated. "
            "Show the approved version, or have the new one approved first.",
            presentation=self.display_name, solution=self._get_solution_name())

    def _get_solution_name(self):
        """Its name, for whoever may read it."""
        known = self.solution_id.sudo(False).has_access('read')
        return self.solution_id.display_name if known else self.env._("the solution chosen")

    def _prepare_contact_values(self):
        """What the contact log takes over."""
        return {
            'date': self.date,
            'method': 'visit',
            'stakeholder_ids': [Command.set(self.audience_ids.ids)],
            'outcome': 'interested' if self.in_principle_ok or self.feedback >= '3' else False,
            'interest_evidence': self._get_interest(),
        }

    def _get_interest(self):
        said = [self.env._("Agreed in principle after the presentation.")] if self.in_principle_ok else []
        return '\n'.join(said + list(filter(None, [self.questions])))

    def _is_repeat_order(self):
        """Whether the fast track took the opportunity past its solution: there is none to show."""
        # sudo: evidence of the opportunity, whoever asks.
        return bool(self.env['sop.check'].sudo().search_count([
            ('lead_id', '=', self.lead_id.id), ('fast_track', '=', True), ('revoked_date', '=', False),
            ('stage_id.phase', '=', 's3_needs')], limit=1))
