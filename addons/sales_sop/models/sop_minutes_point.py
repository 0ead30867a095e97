from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import is_engine
from .sop_minutes import STEP_TYPE

POINT_KINDS = [
    ('agreed', "Agreed"),
    ('open', "Still open"),
    ('parked', "Parked"),
]


class SopMinutesPoint(models.Model):
    """One point of the minutes: what both sides said, and who does what next."""

    _name = 'sop.minutes.point'
    _description = "Point of the Minutes"
    _inherit = ['sop.sealed.mixin', 'sop.lead.child.mixin']
    _order = 'minutes_id, sequence, id'

    _sop_parent_fields = ('minutes_id', 'lead_id')
    _sop_sealed_fields = frozenset({
        'sequence', 'kind', 'name', 'line_id', 'next_step', 'user_id', 'customer_owner', 'due_date'})

    minutes_id = fields.Many2one('sop.minutes', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='minutes_id.lead_id', store=True, index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(POINT_KINDS, required=True, default='agreed')
    name = fields.Text(string="Point", required=True)
    line_id = fields.Many2one(
        'sop.negotiation.line', string="Term", index='btree_not_null', ondelete='set null',
        domain="[('lead_id', '=', lead_id)]", help="The term of the negotiation it is about.")
    next_step = fields.Char()
    user_id = fields.Many2one(
        'res.users', string="Done By Us", domain="[('share', '=', False)]",
        help="Who of us does the next step: an activity reminds of it once the minutes are sent.")
    customer_owner = fields.Char(string="Done By Customer", help="Who of the customer does the next step.")
    due_date = fields.Date(string="Due")

    @api.constrains('minutes_id', 'line_id', 'user_id')
    def _check_links(self):
        for point in self:
            if point.line_id.sudo().lead_id - point.lead_id:
                raise ValidationError(self.env._(
                    "%s: the term belongs to another opportunity.", point.minutes_id.display_name))
            point.lead_id._check_sop_own_users(point.user_id)

    @api.model_create_multi
    def create(self, vals_list):
        points = super().create(vals_list)
        if not is_engine(self.env):
            # Sent minutes get no more points.
            points._check_sop_unsealed()
        return points

    def _is_sop_sealed(self):
        return self.minutes_id._is_sop_sealed()

    def _get_sop_sealed_message(self):
        return self.minutes_id._get_sop_sealed_message()

    def _get_sop_signoff_values(self):
        return {
            'kind': self.kind, 'text': self.name, 'term': self.line_id.term_id.id, 'next_step': self.next_step or '',
            'our_owner': self.user_id.id, 'customer_owner': self.customer_owner or '',
            'due': fields.Date.to_string(self.due_date) or '',
        }

    def _sop_plan_steps(self):
        """Our next steps become activities of those who do them, or of the salesperson where they read no leads."""
        self.env['sop.minutes']._sop_schedule(STEP_TYPE, [
            {'record': point.minutes_id, 'user': point._get_step_user(), 'date': point.due_date,
             'summary': point._get_step_summary()}
            for point in self if point.user_id and point.next_step])

    def _get_step_user(self):
        return self.user_id if self.minutes_id.with_user(self.user_id).has_access('read') else self.minutes_id.user_id

    def _get_step_summary(self):
        return self.next_step if self._get_step_user() == self.user_id else self.env._(
            "%(step)s (%(user)s)", step=self.next_step, user=self.user_id.name)

    @api.model
    def _prepare_term_values(self, line):
        """A point for a negotiated term, in words the customer may read; nothing for one that is not asked."""
        if line.status not in dict(POINT_KINDS):
            return {}
        value = self._get_agreed_text(line) if line.status == 'agreed' else ''
        term = line.term_id.name
        return {
            'kind': line.status,
            'line_id': line.id,
            'name': self.env._("%(term)s: %(value)s", term=term, value=value) if value else term,
        }

    @api.model
    def _get_agreed_text(self, line):
        """What was agreed, with its unit where it is only a number."""
        text = (line.agreed or '').strip()
        return f'{text} {line.unit}' if line.unit and text.replace('.', '', 1).replace(',', '', 1).isdecimal() else text
