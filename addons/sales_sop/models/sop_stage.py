from odoo import api, fields, models

PHASES = [
    ('s1_market', "Market development"),
    ('s2_contact', "First contact"),
    ('s3_needs', "Needs & solution"),
    ('s4_negotiate', "Presentation & negotiation"),
    ('s5_contract', "Contract"),
    ('s6_execute', "Order execution"),
    ('s7_service', "After-sales"),
]
GATES = [
    ('observe', "Observe: let pass, record it"),
    ('warn', "Warn: tell, let pass, record it"),
    ('enforce', "Enforce: refuse"),
]


class SopStage(models.Model):
    """A step of a process. Its requirements are asked when a document leaves it."""

    _name = 'sop.stage'
    _description = "SOP Stage"
    _inherit = ['sop.frozen.mixin']
    _order = 'sequence, id'
    _sop_open_fields = frozenset({'name', 'guidance', 'gate', 'activity_plan_id'})

    process_id = fields.Many2one('sop.process', required=True, index=True, ondelete='cascade')
    process_state = fields.Selection(related='process_id.state', string="Process State")
    res_model = fields.Selection(related='process_id.res_model')
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Technical key, the same in all versions.")
    phase = fields.Selection(PHASES, required=True, default='s1_market')
    guidance = fields.Html(translate=True, help="Shown beside the checklist.")
    day_limit = fields.Integer(
        string="Working Days", help="Time limit of the stage in working days of the company. 0: no limit.")
    gate = fields.Selection(
        GATES, required=True, default='observe',
        help="What happens when something mandatory is missing as a document leaves this stage.")
    activity_plan_id = fields.Many2one(
        'mail.activity.plan', domain="[('res_model', '=', res_model)]",
        help="Started when a document enters this stage.")
    crm_stage_ids = fields.Many2many(
        'crm.stage', 'sop_stage_crm_stage_rel', 'sop_stage_id', 'crm_stage_id', string="CRM Stages",
        help="The stages of the pipeline this step stands for.")
    fast_track_entry = fields.Boolean(help="Documents on the fast track may enter here.")
    requirement_ids = fields.One2many('sop.requirement', 'stage_id', copy=True)
    requirement_count = fields.Integer(string="Items", compute='_compute_requirement_count')

    _code_uniq = models.UniqueIndex('(process_id, code)', "The code of a stage is unique within its process.")
    _day_limit_positive = models.Constraint('CHECK(day_limit >= 0)', "The time limit of a stage cannot be negative.")

    @api.depends('requirement_ids')
    def _compute_requirement_count(self):
        for stage in self:
            stage.requirement_count = len(stage.requirement_ids)

    def write(self, vals):
        before = {stage: stage.gate for stage in self}
        result = super().write(vals)
        for stage in self.filtered(lambda stage: stage.process_state != 'draft' and stage.gate != before[stage]):
            labels = dict(self._fields['gate']._description_selection(self.env))
            stage.process_id.message_post(body=self.env._(
                "Gate of %(stage)s: %(before)s → %(after)s",
                stage=stage.name, before=labels[before[stage]], after=labels[stage.gate]))
        return result

    def _get_publish_problems(self):
        problems = []
        for stage in self:
            documents = self.env[stage.res_model]
            problems += documents._get_sop_stage_problems(stage)
        return problems
