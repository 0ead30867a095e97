from odoo import fields, models

from ..values import OPINIONS


class SopReviewOpinion(models.Model):
    """What one department, or at last the approver, says about a review."""

    _name = 'sop.review.opinion'
    _description = "Opinion of a Department"
    _inherit = ['sop.review.child.mixin']
    _order = 'review_id desc, sequence, id'

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    department_id = fields.Many2one('sop.review.department', ondelete='restrict')
    is_final = fields.Boolean(string="Final Approval")
    reviewer_ids = fields.Many2many('res.users', string="Asked")
    state = fields.Selection(
        [('waiting', "Waiting for others"), ('pending', "Pending"), ('done', "Given"),
         ('cancelled', "Not needed any more")],
        required=True, default='pending', index=True)
    opinion = fields.Selection(OPINIONS)
    decided_by_id = fields.Many2one('res.users', ondelete='restrict')
    on_behalf_id = fields.Many2one('res.users', string="On Behalf Of", ondelete='restrict')
    date = fields.Datetime()
    comment = fields.Text()
    answer_ids = fields.One2many('sop.review.answer', 'opinion_id', string="Answers")
