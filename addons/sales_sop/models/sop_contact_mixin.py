from odoo import fields, models

from ..values import METHODS, OUTCOMES

# What the contact log can find out about a lead, and the field of the lead that keeps it
KNOWLEDGE = {
    'need_known': 'sop_need_known',
    'budget_known': 'sop_budget_known',
    'authority_known': 'sop_authority_known',
    'time_known': 'sop_time_known',
}
INTENTIONS = [
    ('willing', "Willing to continue"),
    ('not_willing', "Not willing for now"),
]


class SopContactMixin(models.AbstractModel):
    """What is said about a contact: by the log that keeps it and by the dialog that asks for it."""

    _name = 'sop.contact.mixin'
    _description = "Contact with a Customer"

    date = fields.Datetime(required=True, default=fields.Datetime.now)
    method = fields.Selection(METHODS, required=True, default='phone')
    why = fields.Char(string="Why This Way", help="Why this method was chosen (S2.3).")
    stakeholder_ids = fields.Many2many('sop.stakeholder', string="Persons")
    outcome = fields.Selection(OUTCOMES)
    aim_impression = fields.Boolean(string="Good First Impression")
    aim_info = fields.Boolean(string="Basic Information")
    aim_possibility = fields.Boolean(string="Possible Co-operation")
    conduct_ok = fields.Boolean(
        string="Proper Conduct", help="Self-check: brief, clear, respectful, nothing oversold.")
    interest_evidence = fields.Text(
        string="Evidence of Interest", help="What the customer said or did that shows the interest.")
    refusal_scope = fields.Selection(
        [('all', "Any contact"), ('method', "This way of contact")], string="Refuses")
    has_promise = fields.Boolean(
        string="Promise Made",
        help="A price or a delivery was promised. Before the needs are known the manager is told.")
    promise = fields.Text(string="What Was Promised")
    next_step = fields.Char()
    next_date = fields.Date(string="Next Contact")
    next_method = fields.Selection(METHODS, string="Next Contact By")
    need_known = fields.Boolean()
    budget_known = fields.Boolean()
    authority_known = fields.Boolean(string="Decision-maker Known")
    time_known = fields.Boolean()
    intention = fields.Selection(
        INTENTIONS, help="What the customer intends. For grade A the manager confirms it (S2.5).")
