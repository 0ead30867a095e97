from odoo import api, fields, models, tools
from odoo.tools import date_utils

from .sop_contact_mixin import INTENTIONS

# Days until the next contact of a lead without a cadence
DEFAULT_CADENCE = 7


class CrmLead(models.Model):
    """People at the customer, contacts with them, and what they intend (S2.3–S2.5)."""

    _inherit = 'crm.lead'

    sop_stakeholder_ids = fields.One2many('sop.stakeholder', 'lead_id', string="Stakeholders", copy=False)
    sop_contact_log_ids = fields.One2many('sop.contact.log', 'lead_id', string="Contact Log", copy=False)
    sop_last_contact_date = fields.Datetime(string="Last Contact", readonly=True, copy=False)
    sop_need_known = fields.Boolean(string="Need Known", copy=False)
    sop_budget_known = fields.Boolean(string="Budget Known", copy=False)
    sop_authority_known = fields.Boolean(string="Decision-maker Known", copy=False)
    sop_time_known = fields.Boolean(string="Time Known", copy=False)
    sop_intention = fields.Selection(INTENTIONS, string="Intention", readonly=True, copy=False)
    sop_intention_date = fields.Datetime(string="Intention Decided On", readonly=True, copy=False)
    sop_intention_by_id = fields.Many2one('res.users', string="Intention Decided By", readonly=True, copy=False)
    sop_intention_proposal = fields.Selection(
        INTENTIONS, string="Proposed Intention", readonly=True, copy=False,
        help="For a lead of grade A the manager confirms what the salesperson proposes.")
    sop_nurture_date = fields.Date(string="Nurture Until", readonly=True, copy=False)

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {
            'sop_last_contact_date', 'sop_intention', 'sop_intention_date', 'sop_intention_by_id',
            'sop_intention_proposal', 'sop_nurture_date',
        }

    def _get_sop_next_contact_date(self, grade=None):
        """``{lead id: date}`` by which each lead is to be contacted again.

        :param grade: of the cadence; None: the grade of each lead
        """
        today = fields.Date.today()
        return dict.fromkeys(self.ids, date_utils.add(today, days=DEFAULT_CADENCE))

    def _sop_after_intention(self):
        """Called once for leads whose intention has just been decided."""
