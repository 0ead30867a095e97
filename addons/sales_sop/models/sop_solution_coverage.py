from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import as_engine, is_engine
from ..values import CONFIRM_METHODS

# What a line says; said anew, it answers the need as it is now, and an acceptance of what it said before is void.
ANSWER_FIELDS = ('met', 'remark')


class SopSolutionCoverage(models.Model):
    """How a solution answers one need (S3.4)."""

    _name = 'sop.solution.coverage'
    _description = "Coverage of a Need"
    _inherit = ['sop.solution.part.mixin', 'sop.guarded.mixin']
    _order = 'solution_id, sequence, id'
    _rec_name = 'need_text'
    _sop_server_fields = frozenset({
        'need_version', 'need_text', 'accepted_by', 'accepted_date', 'accepted_how', 'accepted_file_ids',
        'recorded_by_id'})

    solution_id = fields.Many2one('sop.solution', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='solution_id.lead_id', store=True, index=True)
    need_id = fields.Many2one('sop.need', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(related='need_id.sequence', store=True)
    code = fields.Char(related='need_id.code')
    priority = fields.Selection(related='need_id.priority', store=True)
    need_state = fields.Selection(related='need_id.state', string="State of the Need")
    need_text = fields.Text(
        string="Need as Answered", readonly=True, help="As the need was when it was answered.")
    need_version = fields.Integer(string="Answers Version", readonly=True, aggregator=None)
    is_stale = fields.Boolean(
        string="Need Changed", compute='_compute_is_good', store=True,
        help="The need was changed after it was answered: answer it anew.")
    is_good = fields.Boolean(
        string="Covered", compute='_compute_is_good', store=True,
        help="Answered; a need that must be met is met in full, or the customer accepts the deviation.")
    met = fields.Selection(
        [('full', "Full"), ('partial', "Partial"), ('deviation', "Deviation"), ('none', "Not Met")],
        help="Deviation: met in another way, which the customer accepts. Empty: not answered yet.")
    remark = fields.Text(string="How It Is Met", help="The customer reads this in the proposal.")
    internal_note = fields.Text(string="Internal Remark", help="Never printed.")
    product_id = fields.Many2one(
        'product.product', domain="[('sale_ok', '=', True)]", index='btree_not_null', ondelete='restrict')
    quantity = fields.Float(
        default=1.0, digits='Product Unit', help="Lines with the same product add up in the quotation.")
    accepted_by = fields.Char(string="Deviation Accepted By", readonly=True)
    accepted_date = fields.Date(string="Accepted On", readonly=True)
    accepted_how = fields.Selection(CONFIRM_METHODS, readonly=True)
    accepted_file_ids = fields.Many2many(
        'ir.attachment', 'sop_solution_coverage_file_rel', 'coverage_id', 'attachment_id', string="Evidence",
        readonly=True)
    recorded_by_id = fields.Many2one('res.users', readonly=True, ondelete='restrict')

    _need_uniq = models.UniqueIndex('(solution_id, need_id)', "Each need stands once in a solution.")
    _quantity_positive = models.Constraint('CHECK(quantity > 0)', "The quantity of a product is above zero.")

    @api.depends(
        'met', 'accepted_date', 'need_version', 'need_text', 'need_id.version', 'need_id.name', 'need_id.priority')
    def _compute_is_good(self):
        for line in self:
            line.is_stale = bool(line.met) and line._is_outgrown()
            line.is_good = bool(line.met) and not line.is_stale and not line._is_short()

    def _is_outgrown(self):
        """Whether the need says something else than when it was answered."""
        return self.need_version != self.need_id.version or self.need_text != self.need_id.name

    def _is_short(self):
        """Whether it leaves a need open that must be met."""
        accepted = self.met == 'deviation' and self.accepted_date
        return self.priority == 'must' and self.met != 'full' and not accepted

    @api.constrains('need_id', 'solution_id')
    def _check_need(self):
        for line in self:
            if line.need_id.lead_id != line.solution_id.lead_id:
                raise ValidationError(self.env._(
                    "%s: a solution answers the needs of its own opportunity.", line.solution_id.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not is_engine(self.env):
            lines._sop_stamp()
        return lines

    def write(self, vals):
        if is_engine(self.env):
            return super().write(vals)
        if 'need_id' in vals and any(line.need_id.id != vals['need_id'] for line in self):
            raise UserError(self.env._("%s: a line stays with its need.", self[:1].display_name))
        before = {line: line._get_answer() for line in self}
        result = super().write(vals)
        self.filtered(lambda line: line._get_answer() != before[line])._sop_stamp()
        return result

    def _get_answer(self):
        return [self[name] or False for name in ANSWER_FIELDS]

    def _sop_stamp(self):
        """The answer is new: it is about the need as it is now, and nobody has accepted it yet."""
        for line in as_engine(self):
            line.write({**self._prepare_unaccepted_values(), **line._prepare_need_values()})

    def _sop_follow_needs(self):
        """What nobody has answered yet is about the need as it is now."""
        for line in as_engine(self).filtered(lambda line: not line.met and line._is_outgrown()):
            line.write(line._prepare_need_values())

    def _sop_renew(self):
        """In a new version, answers to needs that have changed since are given anew."""
        for line in as_engine(self):
            if line._is_outgrown():
                line.write({'met': False, **self._prepare_unaccepted_values(), **line._prepare_need_values()})

    def _prepare_need_values(self):
        return {'need_text': self.need_id.name, 'need_version': self.need_id.version}

    @api.model
    def _prepare_unaccepted_values(self):
        return {
            'accepted_by': False, 'accepted_date': False, 'accepted_how': False, 'recorded_by_id': False,
            'accepted_file_ids': [fields.Command.clear()]}

    # ------------------------------------------------------------
    # DEVIATION
    # ------------------------------------------------------------

    def action_accept(self):
        """Ask who of the customer accepts the deviation, and for the evidence."""
        self.ensure_one()
        self._check_acceptable()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('sales_sop.sop_deviation_accept_action'),
            'context': {'default_coverage_id': self.id},
        }

    def _check_acceptable(self):
        self.check_access('write')
        self._check_sop_open()
        if self.met != 'deviation' or self.is_stale or not (self.remark or '').strip():
            raise UserError(self.env._(
                "%s: mark the need as a deviation and describe what is different, then have the customer accept it.",
                self.display_name))

    def _sop_accept(self, name, date, how, files):
        """Record that the customer accepts this deviation.

        :param files: attachments that prove it
        """
        self._check_acceptable()
        as_engine(self).write({
            'accepted_by': name, 'accepted_date': date, 'accepted_how': how, 'recorded_by_id': self.env.uid,
            'accepted_file_ids': [fields.Command.set(files.ids)]})
