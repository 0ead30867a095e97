from odoo import api, fields, models
from odoo.fields import Domain

from ..engine import as_engine, with_cause

# Best first: what of several merged documents stays
EVIDENCE_RANK = ('done', 'na', 'to_verify', 'waived', 'lapsed')


class CrmLead(models.Model):
    _name = 'crm.lead'
    _inherit = ['crm.lead', 'sop.mixin']
    _sop_document_field = 'lead_id'
    _sop_scope_fields = frozenset({'company_id', 'team_id', 'user_id', 'type'})

    sop_check_ids = fields.One2many('sop.check', 'lead_id', string="SOP Checks", readonly=True, copy=False)
    sop_transition_ids = fields.One2many(
        'sop.transition', 'lead_id', string="SOP Transitions", readonly=True, copy=False)
    sop_manager_id = fields.Many2one(
        'res.users', string="SOP Manager", compute='_compute_sop_manager_id',
        help="Told when a deadline stays missed: the leader of the sales team.")

    @api.depends('team_id')
    def _compute_sop_manager_id(self):
        for lead in self:
            # sudo: a salesperson of another team may not read this one.
            lead.sop_manager_id = lead.team_id.sudo().user_id

    # ------------------------------------------------------------
    # THE LEAD AS A DOCUMENT
    # ------------------------------------------------------------

    @api.model
    def _get_sop_trigger_fields(self):
        # A stage may become a won stage under its leads: that moves them as well.
        return ['stage_id', 'won_status', 'active', 'probability']

    def _get_sop_target_stages(self, process=None):
        maps = {
            own: {crm_stage_id: stage for stage in own.stage_ids for crm_stage_id in stage.crm_stage_ids._ids}
            for own in (process or self.sop_process_id)
        }
        nowhere = self.env['sop.stage']
        return {
            lead.id: maps.get(process or lead.sop_process_id, {}).get(lead.stage_id.id, nowhere) for lead in self
        }

    def _get_sop_stage_value(self, stage):
        # sudo: a salesperson reads no process of other companies, but its stages are his here.
        stages = stage.sudo().crm_stage_ids.filtered(
            lambda crm_stage: not crm_stage.team_ids or self.team_id in crm_stage.team_ids)
        return stages.sorted('sequence')[:1]

    def _get_sop_outcomes(self):
        outcomes = {'won': 'won', 'lost': 'lost'}
        return {lead.id: outcomes.get(lead.won_status, 'open') for lead in self}

    def _get_sop_lost_reason(self):
        return self.lost_reason_id.name or ''

    @api.model
    def _get_sop_open_domain(self):
        return Domain('won_status', '=', 'pending') & Domain('active', '=', True)

    @api.model
    def _get_sop_at_stage_domain(self, stage):
        return Domain('stage_id', 'in', stage.crm_stage_ids.ids)

    @api.model
    def _get_sop_stage_problems(self, stage):
        if not stage.crm_stage_ids:
            return [self.env._(
                "Stage %s: no stage of the pipeline leads to it. Choose its CRM stages.", stage.name)]
        problems = []
        doubled = stage.crm_stage_ids & (stage.process_id.stage_ids - stage).crm_stage_ids
        if doubled:
            problems.append(self.env._(
                "Stage %(stage)s: the CRM stage %(crm_stage)s stands for another stage as well. Keep one.",
                stage=stage.name, crm_stage=doubled[0].name))
        for team in stage.process_id.team_ids:
            if not stage.crm_stage_ids.filtered(lambda own, team=team: not own.team_ids or team in own.team_ids):
                problems.append(self.env._(
                    "Stage %(stage)s: the team %(team)s has no CRM stage that leads to it.",
                    stage=stage.name, team=team.name))
        return problems

    def _sop_finish(self):
        return self.action_set_won_rainbowman() if len(self) == 1 else self.action_set_won()

    # ------------------------------------------------------------
    # DOORS OF THE LEAD
    # ------------------------------------------------------------

    def action_set_lost(self, **additional_values):
        # Archiving alone can make a lead lost: its reason must be there by then.
        if additional_values.get('lost_reason_id'):
            self.write({'lost_reason_id': additional_values['lost_reason_id']})
        return super().action_set_lost(**additional_values)

    def _merge_dependences(self, opportunities):
        """The evidence of merged leads is kept with the one that stays."""
        result = super()._merge_dependences(opportunities)
        self._sop_take_evidence(opportunities)
        self._sop_join(opportunities)
        return result

    def _sop_join(self, leads):
        """A lead that takes over one that follows a process follows it from now on, and answers for all of it."""
        process = leads.sudo().sop_process_id[:1]
        if process and not self.sop_process_id:
            lead = self.sudo()
            target, outcome = lead._get_sop_target_stages(process)[lead.id], lead._get_sop_outcomes()[lead.id]
            self._sop_pass_gate([lead._get_sop_entry(process, target, outcome, is_free=False)])

    def _sop_take_evidence(self, leads):
        """Take over the evidence and the log of ``leads``; of what several have live, the best stays live."""
        # sudo: who may merge these leads sees them; what they leave behind is kept.
        checks = (self | leads).sudo()._search_sop_live_checks(None)
        today = self._get_sop_today()
        for __, rivals in checks.grouped('requirement_id').items():
            ranked = rivals.sorted(lambda check: (
                EVIDENCE_RANK.index(check._get_status(today)), check.lead_id != self, check.id))
            ranked[1:]._revoke(self.env._("Merged with a document that has better evidence."))
        waivers = checks.filtered(
            lambda check: check.state == 'waived' and check.lead_id != self and not check.revoked_date)
        waivers._revoke(self.env._("Granted for a document that was merged."))
        for rows in (leads.sudo().sop_check_ids, leads.sudo().sop_transition_ids):
            as_engine(rows).write({'lead_id': self.id})

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        leads = with_cause(self, self.env._("Merged with other leads."))
        merged = super(CrmLead, leads)._merge_opportunity(user_id, team_id, auto_unlink, max_length)
        return merged.with_env(self.env)

    # ------------------------------------------------------------
    # WHERE THE PARTS OF S1 AND S2 MEET
    # ------------------------------------------------------------

    def _check_sop_contactable(self):
        """Refuse when one of these leads must not be contacted.

        :raise UserError: names the leads, the reason and the way out
        """

    def _sop_after_contact(self, logs):
        """Called once for the contact logs that were just made for these leads, as the person who made them."""

    def _sop_regrade(self, reason='', user=None):
        """Grade these leads anew; the history keeps the change with its reason.

        :param user: whose decision it was; None: the system's
        """

    def _sop_after_regrade(self, before):
        """Called after a grade has changed.

        :param dict before: ``{lead id: grade before}`` of the leads whose grade is another one now
        """
