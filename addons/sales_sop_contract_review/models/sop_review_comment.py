from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.sales_sop.engine import as_engine


class SopReviewComment(models.Model):
    """A comment on a review: answered by the other side, closed by who made it (S5.4)."""

    _name = 'sop.review.comment'
    _description = "Comment of a Review"
    _inherit = ['sop.review.child.mixin', 'sop.engine.mixin']
    _order = 'id'
    _rec_name = 'text'

    review_id = fields.Many2one('sop.review', required=True, index=True, ondelete='cascade')
    opinion_id = fields.Many2one('sop.review.opinion', index='btree_not_null', ondelete='cascade')
    item_id = fields.Many2one('sop.review.item', string="Check Item", ondelete='restrict')
    parent_id = fields.Many2one(
        'sop.review.comment', string="Answers", index='btree_not_null', ondelete='cascade')
    reply_ids = fields.One2many('sop.review.comment', 'parent_id', string="Replies")
    text = fields.Text(required=True)
    author_id = fields.Many2one('res.users', required=True, ondelete='restrict', default=lambda self: self.env.uid)
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    state = fields.Selection(
        [('open', "Open"), ('answered', "Answered"), ('closed', "Closed")], required=True, default='open')
    closed_by_id = fields.Many2one('res.users', ondelete='restrict')

    def action_reply(self, text):
        """Answer these comments; what the author himself adds asks again."""
        text = self.env['sop.review']._get_sop_comment_text(text)
        for comment in self._sop_enter():
            comment.review_id._check_sop_may_comment()
            again = comment.author_id == self.env.user
            engine = as_engine(comment)
            engine.create({
                'review_id': comment.review_id.id, 'parent_id': comment.id, 'text': text, 'author_id': self.env.uid,
                'state': 'closed'})
            engine.write({'state': 'open' if again else 'answered'})
            partners = comment.reply_ids.author_id if again else comment.author_id
            comment.review_id._sop_tell_comment(partners, text)
        return True

    def action_close(self):
        """Say that these are settled: who made them does, or a manager."""
        is_manager = self.env.user.has_group('sales_sop.group_sop_manager')
        for comment in self._sop_enter():
            if comment.author_id != self.env.user and not is_manager:
                raise AccessError(self.env._(
                    "“%(comment)s” is closed by %(author)s, who made it.",
                    comment=comment.text, author=comment.author_id.name))
            as_engine(comment).write({'state': 'closed', 'closed_by_id': self.env.uid})
        return True

    def _prepare_sop_row(self):
        self.ensure_one()
        return {
            'id': self.id, 'text': self.text, 'author': self.author_id.name,
            'date': fields.Datetime.to_string(self.date)}

    def _get_sop_addressees(self):
        """Who has to answer: the requester, or the reviewers when he asks himself."""
        review = self.review_id
        if self.author_id != review.requester_id:
            return review.requester_id
        return review.opinion_ids.filtered(lambda own: own.state == 'pending').reviewer_ids

    def _sop_enter(self):
        """These comments for the superuser, locked, when they are still to be settled."""
        self.check_access('read')
        if self.ids:
            self.env.flush_all()
            self.env.execute_query(SQL(
                "SELECT id FROM sop_review_comment WHERE id = ANY(%s) ORDER BY id FOR UPDATE", self.ids))
            self.invalidate_recordset()
        # sudo: users read comments and write them by these acts only; each act asks who may.
        comments = self.sudo()
        if closed := comments.filtered(lambda comment: comment.parent_id or comment.state == 'closed')[:1]:
            raise UserError(self.env._("“%s” is closed. Make a new comment.", closed.text))
        return comments
