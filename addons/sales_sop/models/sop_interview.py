from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools.misc import format_date

from ..engine import as_engine, is_engine
from .crm_lead_research import is_answer

# Fields of the form that become a need by one click, and whose words they are
NEED_SOURCES = {'challenge': 'explicit', 'specific_req': 'explicit', 'latent_need': 'inferred', 'deep_pain': 'inferred'}


class SopInterview(models.Model):
    """A talk in which the needs of a customer are found out (S3.1).

    A talk that is done is evidence: it is not changed or deleted. Whoever
    finished it may reopen it on the same day.
    """

    _name = 'sop.interview'
    _description = "Interview"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'date desc, id desc'
    _sop_server_fields = frozenset({
        'state', 'done_date', 'done_by_id', 'restate_date', 'is_surface', 'is_alerted'})

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(related='lead_id.partner_id', string="Customer")
    state = fields.Selection(
        [('draft', "Draft"), ('done', "Done")], required=True, default='draft', readonly=True, copy=False, index=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now, copy=False)
    stakeholder_ids = fields.Many2many(
        'sop.stakeholder', string="Customer's People", domain="[('lead_id', '=', lead_id)]")
    user_ids = fields.Many2many(
        'res.users', string="Our People", domain="[('share', '=', False)]", default=lambda self: self.env.user)
    answer_ids = fields.One2many('sop.interview.answer', 'interview_id', copy=True)
    challenge = fields.Text(help="What gives the customer trouble, in his words.")
    goal = fields.Text(help="What will be better when the purchase was right.")
    goal_value = fields.Float(string="Measured By")
    goal_unit = fields.Char(string="Unit", help="e.g. %, hours a week, pieces a day, CNY a year")
    goal_date = fields.Date(string="Until")
    specific_req = fields.Text(string="Specific Requirements", help="What the customer asks for.")
    latent_need = fields.Text(
        string="Latent Needs", help="What the customer did not say, and needs all the same.")
    deep_pain = fields.Text(help="Why it has to change, and what it costs when nothing changes.")
    is_surface = fields.Boolean(
        string="Only Surface Wishes", compute='_compute_is_surface', store=True, precompute=True,
        help="Neither a latent need nor a deep pain was found.")
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    budget_from = fields.Monetary()
    budget_to = fields.Monetary()
    decision_process = fields.Text(help="Who decides, in which steps, and when.")
    competitor_ids = fields.Many2many('sop.competitor', string="Competitors")
    note = fields.Text(string="Notes")
    need_ids = fields.One2many('sop.need', 'interview_id', string="Needs", readonly=True, copy=False)
    done_date = fields.Datetime(string="Done On", readonly=True, copy=False)
    done_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    restate_date = fields.Date(
        string="Restate Until", readonly=True, copy=False,
        help="Until then the customer gets our understanding of the needs.")
    is_alerted = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    can_reopen = fields.Boolean(compute='_compute_can_reopen')

    @api.depends('lead_id', 'date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for interview in self:
            day = interview.date and interview._get_local_date(interview.date)
            interview.display_name = self.env._(
                "%(lead)s: interview of %(date)s",
                lead=interview.lead_id.display_name or '', date=format_date(self.env, day))

    @api.depends('latent_need', 'deep_pain')
    def _compute_is_surface(self):
        for interview in self:
            interview.is_surface = not (is_answer(interview.latent_need) or is_answer(interview.deep_pain))

    @api.depends('lead_id.company_id')
    def _compute_currency_id(self):
        for interview in self:
            interview.currency_id = interview.lead_id.sudo().company_currency or self.env.company.currency_id

    @api.depends('state', 'done_date')
    @api.depends_context('uid')
    def _compute_can_reopen(self):
        for interview in self:
            interview.can_reopen = interview.state == 'done' and not interview._get_reopen_problem()

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('lead_id', 'stakeholder_ids')
    def _check_stakeholders(self):
        for interview in self:
            if interview.stakeholder_ids.lead_id - interview.lead_id:
                raise ValidationError(self.env._(
                    "%s: one of the persons belongs to another opportunity. Enter the person here as well.",
                    interview.display_name))

    @api.constrains('budget_from', 'budget_to')
    def _check_budget(self):
        for interview in self:
            low, high = interview.budget_from, interview.budget_to
            if low < 0 or high < 0 or (high and high < low):
                raise ValidationError(self.env._(
                    "%s: the budget goes from the lower to the higher amount. Correct one of them.",
                    interview.display_name))

    def _get_missing(self):
        """What a talk that took place does not say yet, in words."""
        unit = (self.goal_unit or '').strip()
        asked = {
            self.env._("the people of the customer"): self.stakeholder_ids,
            self.env._("our people"): self.user_ids,
            self.env._("the challenge"): is_answer(self.challenge),
            self.env._("the goal"): is_answer(self.goal),
            self.env._("the value of the goal with its unit"): unit,
            self.env._("the date of the goal"): self.goal_date,
        }
        unanswered = self.answer_ids.filtered(lambda answer: answer.mandatory and not is_answer(answer.answer))
        return [label for label, value in asked.items() if not value] + unanswered.mapped('name')

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        result = super().default_get(fields)
        if 'answer_ids' in fields and 'answer_ids' not in result:
            lead = self.env['crm.lead'].browse(result.get('lead_id')).exists()
            result['answer_ids'] = [Command.create(values) for values in self._prepare_answers(lead)]
        return result

    @api.model_create_multi
    def create(self, vals_list):
        interviews = super().create([self._prepare_interview_values(vals) for vals in vals_list])
        interviews._check_companions()
        return interviews

    def write(self, vals):
        if not is_engine(self.env):
            self._check_open()
            if 'lead_id' in vals and any(interview.lead_id.id != vals['lead_id'] for interview in self):
                raise UserError(self.env._(
                    "%s belongs to its opportunity. Enter a new interview there.", self[:1].display_name))
        result = super().write(vals)
        if 'user_ids' in vals:
            self._check_companions()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if not is_engine(self.env):
            self._check_open()

    def _check_open(self):
        if done := self.filtered(lambda interview: interview.state == 'done')[:1]:
            raise UserError(self.env._(
                "%s is done: it is kept as it is. Enter a new interview to correct it.", done.display_name))

    def _check_companions(self):
        # sudo: whether somebody works here does not depend on who asks.
        if stranger := self.sudo().user_ids.filtered('share')[:1]:
            raise ValidationError(self.env._(
                "%s is not one of our people. Enter him as a person of the customer.", stranger.name))

    @api.model
    def _prepare_interview_values(self, vals):
        """The questions of the company of the lead, whoever makes the interview and where he works."""
        if 'answer_ids' in vals:
            return vals
        # sudo: only the company is read; the rights on the lead are checked on the way.
        lead = self.env['crm.lead'].sudo().browse(vals.get('lead_id') or self.env.context.get('default_lead_id'))
        return {**vals, 'answer_ids': [Command.create(values) for values in self._prepare_answers(lead.exists())]}

    @api.model
    def _prepare_answers(self, lead):
        company = lead.sudo()._get_sop_company() if lead else self.env.company
        questions = self.env['sop.interview.question']._get_company_questions(company)
        return [
            {'question_id': question.id, 'name': question.name, 'topic': question.topic,
             'mandatory': question.mandatory, 'sequence': number}
            for number, question in enumerate(questions)
        ]

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_done(self):
        """Finish the talk: it is evidence from now on, and the customer gets our understanding of his needs."""
        self.check_access('write')
        self._check_open()
        now = fields.Datetime.now()
        for interview in self:
            interview._check_complete(now)
        for interview in self:
            company = interview.lead_id.sudo()._get_sop_company()
            as_engine(interview).write({
                'state': 'done', 'done_date': now, 'done_by_id': self.env.uid,
                'restate_date': company._sop_add_workdays(now, company.sop_restate_days)})
        self._sop_plan_restatement()
        self._sop_alert_surface()
        return True

    def _check_complete(self, now):
        if self.date > now:
            raise UserError(self.env._(
                "%s lies in the future. Correct the date, or finish it when it took place.", self.display_name))
        if missing := self._get_missing():
            raise UserError(self.env._(
                "%(interview)s: enter %(missing)s.", interview=self.display_name, missing=', '.join(missing)))

    def action_reopen(self):
        """Go on writing what was finished too early."""
        self.check_access('write')
        for interview in self:
            if interview.state != 'done':
                raise UserError(self.env._("%s is open.", interview.display_name))
            if problem := interview._get_reopen_problem():
                raise AccessError(problem)
        as_engine(self).write({'state': 'draft', 'done_date': False, 'done_by_id': False, 'restate_date': False})
        return True

    def _get_reopen_problem(self):
        """Why the user cannot reopen this interview, or nothing."""
        now = fields.Datetime.now()
        is_today = self.done_date and self._get_local_date(self.done_date) == self._get_local_date(now)
        if self.done_by_id == self.env.user and is_today:
            return ''
        return self.env._(
            "%s is reopened only by whoever finished it, and on the same day. Enter a new interview to correct it.",
            self.display_name)

    def action_make_need(self, source=None):
        """Make what was noted in one of the fields a need.

        :param str source: name of the field
        """
        self.ensure_one()
        self.check_access('write')
        if source not in NEED_SOURCES:
            raise UserError(self.env._("Choose one of the notes of the interview."))
        self._sop_make_need(self[source], NEED_SOURCES[source])
        return True

    def _sop_make_need(self, text, origin):
        """The need that says ``text``, made of this interview."""
        if not is_answer(text):
            raise UserError(self.env._("Write down what the customer needs first."))
        text = text.strip()
        if known := self.need_ids.filtered(lambda need: need.name == text)[:1]:
            raise UserError(self.env._("This is %s already.", known.code))
        return self.env['sop.need'].create({
            'lead_id': self.lead_id.id, 'interview_id': self.id, 'name': text, 'origin': origin,
            'said_by_id': origin == 'explicit' and self.stakeholder_ids[:1].id,
        })

    # ------------------------------------------------------------
    # WHAT FOLLOWS
    # ------------------------------------------------------------

    def _sop_plan_restatement(self):
        leads = self.sudo().lead_id
        planned = leads._get_sop_planned('sales_sop.mail_activity_type_sop_restate')
        due = {interview.lead_id.id: interview.restate_date for interview in self if interview.restate_date}
        leads._sop_alert('sales_sop.mail_activity_type_sop_restate', [
            (lead, lead.user_id, False) for lead in leads - planned if lead.id in due], due)

    def _sop_alert_surface(self):
        """The leader of the team hears once that a talk did not go deep enough."""
        shallow = self.filtered(lambda interview: interview.is_surface and not interview.is_alerted)
        leads = shallow.sudo().lead_id
        leads._sop_alert('sales_sop.mail_activity_type_sop_surface', [
            (lead, lead.sop_manager_id, False) for lead in leads])
        as_engine(shallow).write({'is_alerted': True})

    def _get_local_date(self, value):
        return self.lead_id.sudo()._get_sop_company()._get_sop_local_date(value)
