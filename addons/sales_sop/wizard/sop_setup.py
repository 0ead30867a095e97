from contextlib import closing
from difflib import SequenceMatcher

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..models.sop_stage import GATES

STEPS = [
    ('process', "Process"),
    ('teams', "Sales teams"),
    ('stages', "Stages"),
    ('gate', "Gates"),
    ('summary', "Publish"),
]
# From here on two names are taken for the same stage.
SIMILAR = 0.75


class SopSetup(models.TransientModel):
    """Turns a draft into the procedure of a company, step by step."""

    _name = 'sop.setup'
    _description = "SOP Set-up Assistant"
    _rec_name = 'process_id'

    step = fields.Selection(STEPS, required=True, default='process', readonly=True)
    process_id = fields.Many2one(
        'sop.process', default=lambda self: self._default_process_id(), ondelete='cascade',
        domain="[('res_model', '=', 'crm.lead'), ('state', '!=', 'retired')]")
    process_state = fields.Selection(related='process_id.state')
    stage_count = fields.Integer(compute='_compute_content')
    item_count = fields.Integer(compute='_compute_content')
    company_id = fields.Many2one(
        'res.company', compute='_compute_settings', store=True, readonly=False,
        domain="[('id', 'in', allowed_company_ids)]", help="Empty: for all companies.")
    team_ids = fields.Many2many(
        'crm.team', string="Sales Teams", compute='_compute_settings', store=True, readonly=False,
        domain="[('company_id', 'in', [False, company_id])] if company_id else []",
        help="Empty: for all sales teams.")
    gate = fields.Selection(
        [*GATES, ('keep', "Keep what each stage has")], compute='_compute_settings', store=True, readonly=False)
    adopt = fields.Boolean(string="Take Running Opportunities In", default=True)
    line_ids = fields.One2many('sop.setup.stage', 'setup_id', string="Stages")
    outside = fields.Text(compute='_compute_outside')
    adopt_count = fields.Integer(readonly=True)
    older_count = fields.Integer(readonly=True)
    problems = fields.Text(readonly=True)
    is_from_process = fields.Boolean(readonly=True)

    @api.model
    def _default_process_id(self):
        shipped = self.env.ref('sales_sop.sop_process_sales', raise_if_not_found=False)
        if shipped and shipped.state == 'draft' and shipped.has_access('read'):
            return shipped
        return self.env['sop.process'].search(
            [('res_model', '=', 'crm.lead'), ('state', '=', 'draft')], limit=1) or shipped

    @api.depends('process_id')
    def _compute_content(self):
        for setup in self:
            stages = setup.process_id.stage_ids
            setup.stage_count, setup.item_count = len(stages), len(stages.requirement_ids)

    @api.depends('process_id')
    def _compute_settings(self):
        for setup in self:
            setup.company_id = setup.process_id.company_id
            setup.team_ids = setup.process_id.team_ids
            gates = set(setup.process_id.stage_ids.mapped('gate'))
            setup.gate = gates.pop() if len(gates) == 1 else 'keep' if gates else 'observe'

    @api.depends('line_ids.crm_stage_ids', 'team_ids', 'company_id')
    @api.depends_context('lang')
    def _compute_outside(self):
        for setup in self:
            mapped = setup.line_ids.crm_stage_ids._origin
            setup.outside = '\n'.join(
                self.env._("%(stage)s: %(count)s", stage=stage.name, count=count)
                for stage, count in setup._get_running_counts().items() if stage not in mapped)

    @api.onchange('company_id')
    def _onchange_company_id(self):
        if self.company_id:
            self.team_ids = self.team_ids.filtered(
                lambda team: not team.company_id or team.company_id == self.company_id)

    # ------------------------------------------------------------
    # STEPS
    # ------------------------------------------------------------

    @api.model
    def _get_action(self, process):
        """The assistant, opened at its first step."""
        process._check_sop_manager()
        return self.create({'process_id': process.id, 'is_from_process': True})._open()

    def _open(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Set Up the Sales SOP"),
            'res_model': self._name,
            'res_id': self.id,
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'dialog_size': 'extra-large'},
        }

    def action_next(self):
        """Check this step and open the next one."""
        self._check_draft()
        keys = [key for key, __ in STEPS]
        following = keys[min(keys.index(self.step) + 1, len(keys) - 1)]
        if following == 'stages':
            self._propose_lines()
        elif following == 'gate':
            self._check_lines()
        elif following == 'summary':
            self._preview()
        self.step = following
        return self._open()

    def action_back(self):
        """Open the step before."""
        self.ensure_one()
        keys = [key for key, __ in STEPS]
        self.step = keys[max(keys.index(self.step) - 1, 0)]
        return self._open()

    def action_new_version(self):
        """Go on with a new draft of a process that is published already."""
        self.ensure_one()
        action = self.process_id.action_new_version()
        return self.create({'process_id': action['res_id']})._open()

    def action_save(self):
        """Keep the settings in the draft and publish later."""
        self._check_draft()
        self._apply()
        return self._get_end_action()

    def action_publish(self):
        """Write the settings, publish, and take the running opportunities in."""
        self._check_draft()
        self._check_lines()
        self._apply()
        self.process_id.action_publish()
        count = self.process_id._adopt_documents() if self.adopt else 0
        message = self.env._("%(process)s is published.", process=self.process_id.display_name)
        if count:
            message = self.env._(
                "%(process)s is published. %(count)s running opportunities follow it from where they are.",
                process=self.process_id.display_name, count=count)
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': message,
                'next': self._get_end_action(),
            },
        }

    def _get_end_action(self):
        """Back to the process, which lies under the dialog when it was opened from there."""
        if self.is_from_process:
            return {'type': 'ir.actions.act_window_close'}
        return self.process_id.get_formview_action()

    def _check_draft(self):
        self.ensure_one()
        process = self.process_id
        process._check_sop_manager()
        if not process:
            raise UserError(self.env._("Choose a process first, or import one."))
        process.check_access('write')
        if process.state != 'draft':
            raise UserError(self.env._(
                "%s is published already. Make a new version to set it up differently.", process.display_name))
        self._check_companies()

    def _check_companies(self):
        """A process for the team of one company is a process of this company."""
        # sudo: a manager of the procedure need not read teams.
        companies = self.sudo().team_ids.company_id
        if not self.company_id and len(companies) == 1:
            self.company_id = companies
        if companies - self.company_id:
            raise UserError(self.env._(
                "These teams belong to different companies. Choose one company and its teams, "
                "and make a process for each of the others."))

    # ------------------------------------------------------------
    # STAGES OF THE PIPELINE
    # ------------------------------------------------------------

    def _get_crm_stages(self):
        """Stages of the pipelines of these teams that are not won."""
        # sudo: a manager of the procedure need not be one of the pipeline.
        domain = Domain('is_won', '=', False)
        if self.team_ids:
            domain &= Domain('team_ids', '=', False) | Domain('team_ids', 'in', self.team_ids.ids)
        return self.env['crm.stage'].sudo().search(domain).sudo(False)

    def _get_running_domain(self):
        """Running opportunities of these teams that follow no procedure."""
        domain = self.env['crm.lead']._get_sop_open_domain() & Domain('sop_process_id', '=', False)
        domain &= self.env['sop.process']._parse_domain(self.process_id.domain)
        if self.company_id:
            domain &= self.env['crm.lead']._get_sop_company_domain(self.company_id)
        if self.team_ids:
            domain &= Domain('team_id', 'in', self.team_ids.ids)
        return domain

    def _get_running_counts(self):
        """``{crm.stage: number of running opportunities}`` of the stages that hold some"""
        # sudo: how many there are, not which.
        counts = self.env['crm.lead'].sudo()._read_group(self._get_running_domain(), ['stage_id'], ['__count'])
        return {stage.sudo(False): count for stage, count in counts if stage}

    def _propose_lines(self):
        """A line per stage of the process, with the stages of the pipeline that seem to be meant."""
        wanted = self.process_id.stage_ids
        if self.line_ids.stage_id == wanted:
            return
        proposals = self._get_proposals(wanted, self._get_crm_stages())
        self.line_ids = [Command.clear()] + [
            Command.create({
                'stage_id': stage.id,
                'crm_stage_ids': [Command.set(proposals[stage].ids)],
                'create_stage': not proposals[stage],
            })
            for stage in wanted
        ]

    def _get_proposals(self, wanted, available):
        """``{stage: crm stages}``: what was mapped before, then like names, then the order."""
        proposals = {stage: stage.crm_stage_ids & available for stage in wanted}
        free = available - wanted.crm_stage_ids
        for stage in wanted:
            if not proposals[stage]:
                proposals[stage] = free.filtered(lambda own, stage=stage: self._is_similar(own, stage))[:1]
                free -= proposals[stage]
        if not any(proposals.values()):
            return self._get_proposals_by_order(wanted, available)
        return self._fill_between(wanted, available, free, proposals)

    def _get_proposals_by_order(self, wanted, available):
        """Spread the stages of the pipeline over the steps, first to first, last to last."""
        proposals = dict.fromkeys(wanted, available.browse())
        for position, own in enumerate(available):
            index = position * len(wanted) // max(len(available), 1)
            proposals[wanted[index]] |= own
        return proposals

    def _fill_between(self, wanted, available, free, proposals):
        """Give what lies in the pipeline behind the stage of a step to that step."""
        owners = {own: stage for stage, stages in proposals.items() for own in stages}
        current = wanted[:1]
        for own in available:
            current = owners.get(own, current)
            if own in free:
                proposals[current] |= own
        return proposals

    @api.model
    def _is_similar(self, crm_stage, stage):
        names = {
            (stage.with_context(lang=code).name or '').strip().lower()
            for code, __ in self.env['res.lang'].get_installed()
        }
        own = (crm_stage.name or '').strip().lower()
        return any(SequenceMatcher(None, own, name).ratio() >= SIMILAR for name in names)

    def _check_lines(self):
        seen = {}
        for line in self.line_ids:
            if not line.crm_stage_ids and not line.create_stage:
                raise UserError(self.env._(
                    "%s: choose the CRM stages it stands for, or have one created.", line.stage_id.name))
            for crm_stage in line.crm_stage_ids:
                if crm_stage in seen:
                    raise UserError(self.env._(
                        "The CRM stage %(crm_stage)s is chosen for %(first)s and for %(second)s. Keep one.",
                        crm_stage=crm_stage.name, first=seen[crm_stage].name, second=line.stage_id.name))
                seen[crm_stage] = line.stage_id

    # ------------------------------------------------------------
    # WRITE
    # ------------------------------------------------------------

    def _preview(self):
        """What publishing would meet, tried out and taken back."""
        with closing(self.env.cr.savepoint()):
            self._apply()
            process = self.process_id
            problems = process.get_publish_problems()
            # sudo: how many there are, not which.
            documents = self.env['crm.lead'].sudo()
            adopt_count = documents.search_count(
                process._get_scope_domain() & Domain('stage_id', 'in', process.stage_ids.crm_stage_ids.ids))
            older = process._get_other_versions()
            older_count = documents.search_count(
                Domain('sop_process_id', 'in', older.ids) & Domain('sop_outcome', '=', 'open'))
        self.env.registry.clear_cache()
        self.write({
            'problems': '\n'.join(f'• {problem}' for problem in problems),
            'adopt_count': adopt_count,
            'older_count': older_count,
        })

    def _apply(self):
        """Write the settings into the draft and create the stages that are missing."""
        self.process_id.write({
            'company_id': self.company_id.id,
            'team_ids': [Command.set(self.team_ids.ids)],
        })
        if self.gate != 'keep':
            self.process_id.stage_ids.write({'gate': self.gate})
        after = self.env['crm.stage']
        for line in self.line_ids:
            if line.create_stage:
                line.crm_stage_ids |= line._create_crm_stage(after)
                line.create_stage = False
            line.stage_id.crm_stage_ids = line.crm_stage_ids
            after = line.crm_stage_ids.sorted('sequence')[-1:] or after
