from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import as_engine

STATES = [
    ('none', "None"),
    ('draft', "Draft"),
    ('sent', "Sent"),
    ('unconfirmed', "Unconfirmed"),
    ('disputed', "Disputed"),
    ('confirmed', "Confirmed"),
]


class CrmLead(models.Model):
    """Minutes of the negotiation, and whether the customer confirms the latest (S4.4)."""

    _inherit = 'crm.lead'

    sop_minutes_ids = fields.One2many('sop.minutes', 'lead_id', string="Minutes", copy=False)
    sop_minutes_state = fields.Selection(
        STATES, string="Latest Minutes", compute='_compute_sop_minutes_state', search='_search_sop_minutes_state',
        compute_sudo=True, help="Confirmed only by an answer of the customer.")

    @api.depends('sop_minutes_ids.state', 'sop_minutes_ids.date', 'sop_minutes_ids.version')
    def _compute_sop_minutes_state(self):
        latest = self.env['sop.minutes'].search_fetch(
            Domain('lead_id', 'in', self._origin.ids) & Domain('state', '!=', 'superseded'), ['lead_id', 'state'])
        states = {minutes.lead_id.id: minutes.state for minutes in reversed(latest)}
        for lead in self:
            lead.sop_minutes_state = states.get(lead._origin.id, 'none')

    def _search_sop_minutes_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        # sudo: what is true of a lead does not depend on who asks.
        minutes = self.env['sop.minutes'].sudo()
        latest = Domain('id', 'in', minutes._get_latest_query())
        found = minutes._search(latest & Domain('state', 'in', [state for state in value if state != 'none']))
        domain = Domain('id', 'in', found.subselect('lead_id'))
        if 'none' in value:
            known = minutes._search(Domain('state', '!=', 'superseded'))
            domain |= Domain('id', 'not in', known.subselect('lead_id'))
        return domain

    def action_sop_new_minutes(self):
        """Open new minutes, with the people we spoke to."""
        self.ensure_one()
        self.check_access('write')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Minutes"),
            'res_model': 'sop.minutes',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'context': {'default_lead_id': self.id, 'default_stakeholder_ids': self._get_sop_spoken_to().ids},
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_minutes(self):
        # sudo: minutes the user may not see are kept as well.
        sent = self.env['sop.minutes'].sudo().search(
            Domain('lead_id', 'in', self.ids) & Domain('state', '!=', 'draft'), limit=1)
        if sent:
            raise UserError(self.env._(
                "%s has minutes the customer got, and cannot be deleted. Archive it or mark it as lost.",
                sent.lead_id.display_name))

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # sudo: what was negotiated about the merged leads is kept, whoever merges.
        as_engine(opportunities.sudo().sop_minutes_ids).write({'lead_id': self.id})
        return result
