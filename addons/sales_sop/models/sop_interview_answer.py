from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import as_engine, is_engine
from .sop_interview_question import TOPICS


class SopInterviewAnswer(models.Model):
    """What the customer answered to one question."""

    _name = 'sop.interview.answer'
    _description = "Answer in an Interview"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'sequence, id'
    _sop_server_fields = frozenset({'lead_id', 'need_id'})

    interview_id = fields.Many2one('sop.interview', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='interview_id.lead_id', store=True, index=True)
    sequence = fields.Integer(default=10)
    question_id = fields.Many2one(
        'sop.interview.question', string="Question of the List", index='btree_not_null', ondelete='set null')
    name = fields.Char(string="Question", required=True)
    topic = fields.Selection(TOPICS, required=True, default='requirement')
    mandatory = fields.Boolean()
    answer = fields.Text()
    need_id = fields.Many2one('sop.need', string="Became", readonly=True, copy=False, ondelete='set null')

    @api.model_create_multi
    def create(self, vals_list):
        answers = super().create(vals_list)
        answers._check_interview_open()
        return answers

    def write(self, vals):
        if not is_engine(self.env):
            self._check_interview_open()
            if 'interview_id' in vals and any(answer.interview_id.id != vals['interview_id'] for answer in self):
                raise UserError(self.env._("An answer stays in its interview. Enter it in the other one as well."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        self._check_interview_open()

    def _check_interview_open(self):
        if not is_engine(self.env):
            self.interview_id._check_open()

    def action_make_need(self):
        """Make this answer a need of the customer."""
        self.ensure_one()
        self.check_access('write')
        if self.need_id:
            raise UserError(self.env._("This answer became %s already.", self.need_id.display_name))
        need = self.interview_id._sop_make_need(self.answer, 'explicit')
        as_engine(self).write({'need_id': need.id})
        return True
