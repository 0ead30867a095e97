from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import is_engine


class SopWorkshopOption(models.Model):
    """One idea of an internal workshop, and why it was chosen (S3.3).

    What is said in a workshop stays with those who take part in it and with
    those who may read its lead, although every colleague sees the meeting.
    """

    _name = 'sop.workshop.option'
    _description = "Option of a Workshop"
    _inherit = ['sop.lead.child.mixin']
    _order = 'sequence, id'

    event_id = fields.Many2one('calendar.event', string="Workshop", required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='event_id.sop_lead_id', store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Idea", required=True)
    pros = fields.Text()
    cons = fields.Text()
    risks = fields.Text()
    is_chosen = fields.Boolean(string="Chosen")
    conclusion = fields.Text(help="Why this one, and how we go on.")

    _one_chosen = models.UniqueIndex(
        '(event_id) WHERE is_chosen', "One option of a workshop is chosen. Take the mark off the other one first.")

    @api.constrains('event_id')
    def _check_event(self):
        for option in self:
            if not option.event_id.sudo().sop_lead_id:
                raise ValidationError(self.env._(
                    "%s: this meeting is not a workshop on an opportunity.", option.name))

    @api.model_create_multi
    def create(self, vals_list):
        options = super().create(vals_list)
        options._check_sop_open()
        return options

    def write(self, vals):
        self.check_access('write')
        self._check_sop_open()
        if 'event_id' in vals and any(option.event_id.id != vals['event_id'] for option in self):
            raise UserError(self.env._("%s belongs to its workshop. Add the idea there anew.", self[:1].name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        self._check_sop_open()

    def _check_sop_open(self):
        # sudo: whether the workshop is over does not depend on who asks.
        done = self.sudo().event_id.filtered('sop_done_date')[:1]
        if done and not is_engine(self.env):
            raise UserError(self.env._(
                "%s is concluded: its options are kept as they were decided on. Plan another workshop.",
                done.display_name))

    # ------------------------------------------------------------
    # WHO TAKES PART
    # ------------------------------------------------------------

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('event_id', 'any!', self.env['calendar.event']._get_sop_taking_part_domain())

    def _check_sop_parent_access(self, operation):
        """Who takes part in the workshop writes down what is said there, without rights on the lead."""
        outsiders = self.filtered(lambda option: not option.event_id.sudo()._is_sop_taking_part(self.env.user))
        return super(SopWorkshopOption, outsiders)._check_sop_parent_access(operation) if outsiders else None

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not result or not self or operation == 'read' or self.browse()._check_access(operation):
            return result
        # sudo: who takes part is written on meetings he may not open yet.
        forbidden = result[0].filtered(
            lambda option: not option.sudo().event_id._is_sop_taking_part(self.env.user))
        return (forbidden, result[1]) if forbidden else None
