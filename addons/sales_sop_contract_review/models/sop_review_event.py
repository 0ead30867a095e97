from odoo import fields, models

EVENTS = [
    ('request', "Review requested"),
    ('opinion', "Opinion given"),
    ('carry', "Opinion carried over: nothing it is about was changed"),
    ('take_back', "Opinion taken back"),
    ('reassign', "Handed on to another reviewer"),
    ('add', "Reviewer added"),
    ('waive', "Item waived"),
    ('meeting', "Meeting planned"),
    ('minutes', "Minutes recorded"),
    ('remind', "Reviewers reminded"),
    ('escalate', "Superior asked as well"),
    ('approved', "Approved"),
    ('approved_cond', "Approved with conditions"),
    ('rejected', "Rejected"),
    ('returned', "Returned"),
    ('recalled', "Recalled"),
    ('outdated', "Outdated: what was reviewed was changed"),
]


class SopReviewEvent(models.Model):
    """The trail of a review: who did what, for whom, and when. Rows are only ever added."""

    _name = 'sop.review.event'
    _description = "Trail of a Review"
    _inherit = ['sop.review.child.mixin', 'sop.engine.mixin']
    _order = 'id'
    _rec_name = 'kind'
    _log_access = False

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', ondelete='cascade')
    kind = fields.Selection(EVENTS, string="What", required=True)
    user_id = fields.Many2one('res.users', string="Who", required=True, ondelete='restrict')
    on_behalf_id = fields.Many2one('res.users', string="On Behalf Of", ondelete='restrict')
    date = fields.Datetime(string="When", required=True)
    text = fields.Text(string="In His Words")
    department_id = fields.Many2one(related='opinion_id.department_id')

    def _prepare_sop_sheet_row(self):
        """A row of the trail as a screen shows it."""
        self.ensure_one()
        labels = dict(self._fields['kind']._description_selection(self.env))
        who = self.user_id.name
        if self.on_behalf_id:
            who = self.env._("%(user)s for %(absent)s", user=who, absent=self.on_behalf_id.name)
        return {
            'id': self.id, 'kind': self.kind, 'label': labels[self.kind], 'who': who,
            'date': fields.Datetime.to_string(self.date), 'text': self.text or False,
            'role': self.opinion_id._get_sop_role() if self.opinion_id else False}
