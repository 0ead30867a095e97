from odoo import api, fields, models

from .sop_stage import GATES

KINDS = [
    ('enter', "Entered"),
    ('forward', "Moved on"),
    ('backward', "Moved back"),
    ('won', "Won"),
    ('lost', "Lost"),
    ('restored', "Restored"),
    ('reopened', "Reopened"),
    ('fast_track', "Fast track"),
    ('migrated', "Migrated"),
    ('released', "Taken out"),
]


class SopTransition(models.Model):
    """The log: one row per move of a document, written by the gate."""

    _name = 'sop.transition'
    _description = "SOP Transition"
    _inherit = ['sop.ledger.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'to_stage_id'

    lead_id = fields.Many2one('crm.lead', string="Opportunity", index='btree_not_null', ondelete='cascade')
    process_id = fields.Many2one('sop.process', required=True, index=True, ondelete='restrict')
    from_stage_id = fields.Many2one('sop.stage', string="From", ondelete='restrict')
    to_stage_id = fields.Many2one('sop.stage', string="To", ondelete='restrict')
    kind = fields.Selection(KINDS, required=True)
    user_id = fields.Many2one('res.users', string="Moved By", required=True, ondelete='restrict')
    date = fields.Datetime(required=True, index=True)
    reason = fields.Text()
    days = fields.Float(
        string="Working Days", aggregator='avg', digits=(16, 1), help="How long the stage left behind took.")
    was_late = fields.Boolean(string="Late", help="The time limit of the stage left behind was over.")
    gate = fields.Selection(GATES, help="The strictest gate that was passed with something missing.")
    missing_ids = fields.Many2many(
        'sop.requirement', 'sop_transition_missing_rel', 'transition_id', 'requirement_id')
    waived_ids = fields.Many2many(
        'sop.requirement', 'sop_transition_waived_rel', 'transition_id', 'requirement_id')
    missing_count = fields.Integer(string="Missing Items")
    waived_count = fields.Integer(string="Waived Items")
    company_id = fields.Many2one('res.company')
    team_id = fields.Many2one('crm.team', string="Sales Team")
    document_name = fields.Char(string="Document", compute='_compute_document_name')

    @api.depends(lambda self: self._get_sop_document_fields())
    def _compute_document_name(self):
        for transition in self:
            document = transition._get_sop_document()
            transition.document_name = document.display_name if document else ''

    def action_open_document(self):
        """Open the document that moved."""
        self.ensure_one()
        self.check_access('read')
        return self._get_sop_document().get_formview_action()
