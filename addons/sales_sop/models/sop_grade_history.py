from odoo import fields, models

from ..values import GRADES


class SopGradeHistory(models.Model):
    """Every change of a grade: from, to, score, by whom and why (§3.3)."""

    _name = 'sop.grade.history'
    _description = "Grade History"
    _inherit = ['sop.ledger.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'lead_id'

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    date = fields.Datetime(required=True)
    from_grade = fields.Selection(GRADES, string="From")
    to_grade = fields.Selection(GRADES, string="To")
    score = fields.Float(digits=(5, 1), aggregator='avg')
    completeness = fields.Integer(string="Completeness (%)", aggregator='avg')
    ratings = fields.Json()
    is_provisional = fields.Boolean(string="Provisional")
    is_decayed = fields.Boolean(string="Decayed")
    shift = fields.Integer(string="Manual Shift", aggregator=None)
    knockout_id = fields.Many2one('sop.grade.criterion', string="Knocked Out By", ondelete='set null')
    profile_id = fields.Many2one('sop.customer.profile', ondelete='restrict')
    profile_version = fields.Integer(aggregator=None)
    user_id = fields.Many2one('res.users', string="By", ondelete='restrict', help="Empty: the system.")
    team_id = fields.Many2one('crm.team', string="Sales Team", ondelete='set null')
    reason = fields.Char()
