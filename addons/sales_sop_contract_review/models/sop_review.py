from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.sales_sop.engine import as_engine

from ..values import REVIEW_MODES, REVIEW_STATES


class SopReview(models.Model):
    """One round of a review over one frozen text of an order or a contract (§4).

    What it is about, who is asked and why is frozen when it is requested: a
    change of the rules does not change it. Nobody writes it but the server.
    """

    _name = 'sop.review'
    _description = "Contract Review"
    _inherit = ['sop.child.mixin', 'sop.engine.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'

    _sop_child_of = ('order_id', 'contract_id')

    name = fields.Char(string="Number", required=True, readonly=True, index='trigram', help="PS-YYYY-NNNN")
    order_id = fields.Many2one('sale.order', readonly=True, index='btree_not_null', ondelete='restrict')
    contract_id = fields.Many2one('sop.contract', readonly=True, index='btree_not_null', ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    state = fields.Selection(REVIEW_STATES, required=True, readonly=True, default='in_review', index=True)
    round = fields.Integer(default=1, readonly=True, aggregator=None)
    previous_id = fields.Many2one(
        'sop.review', string="Previous Round", readonly=True, index='btree_not_null', ondelete='restrict')

    # What is reviewed, for those who do not read the order or the contract
    subject_name = fields.Char(string="About", readonly=True)
    partner_id = fields.Many2one('res.partner', string="Customer", readonly=True, ondelete='restrict')
    amount = fields.Monetary(readonly=True, aggregator=None)
    currency_id = fields.Many2one('res.currency', readonly=True, ondelete='restrict')
    snapshot = fields.Json(readonly=True, help="What was reviewed, as reviewers read it.")
    fingerprints = fields.Json(readonly=True, help="SHA-256 of what was reviewed, by topic.")

    # Who is asked, and why
    level_id = fields.Many2one('sop.review.level', readonly=True, ondelete='restrict')
    mode = fields.Selection(REVIEW_MODES, required=True, readonly=True, default='parallel')
    reasons = fields.Json(readonly=True)
    requester_id = fields.Many2one(
        'res.users', string="Requested By", required=True, readonly=True, index=True, ondelete='restrict')
    author_ids = fields.Many2many(
        'res.users', 'sop_review_author_rel', string="Never Decide", readonly=True,
        help="Whoever requested, drafted or sells it.")
    message = fields.Text(readonly=True)
    date = fields.Datetime(string="Requested On", readonly=True, default=fields.Datetime.now)
    day_limit = fields.Integer(string="Working Days", readonly=True, aggregator=None)
    deadline = fields.Date(readonly=True)
    remind_date = fields.Datetime(readonly=True, index='btree_not_null', help="When reviewers are reminded next.")
    remind_count = fields.Integer(readonly=True, aggregator=None)
    decided_date = fields.Datetime(string="Decided On", readonly=True)

    meeting_id = fields.Many2one(
        'calendar.event', readonly=True, index='btree_not_null', ondelete='set null')
    minutes = fields.Text(readonly=True)
    minutes_by_id = fields.Many2one('res.users', string="Recorded By", readonly=True, ondelete='restrict')
    minutes_date = fields.Datetime(string="Recorded On", readonly=True)
    attendee_ids = fields.Many2many(
        'res.users', 'sop_review_attendee_rel', string="Present", readonly=True)
    is_meeting_missing = fields.Boolean(compute='_compute_is_meeting_missing', compute_sudo=True)

    opinion_ids = fields.One2many('sop.review.opinion', 'review_id', string="Opinions", readonly=True)
    answer_ids = fields.One2many('sop.review.answer', 'review_id', string="Answers", readonly=True)
    condition_ids = fields.One2many('sop.review.condition', 'review_id', string="Conditions", readonly=True)
    comment_ids = fields.One2many('sop.review.comment', 'review_id', string="Comments", readonly=True)
    event_ids = fields.One2many('sop.review.event', 'review_id', string="Trail", readonly=True)

    _subject_check = models.Constraint(
        'CHECK (num_nonnulls(order_id, contract_id) = 1)', "A review is about one order or one contract.")
    _order_uniq = models.UniqueIndex(
        "(order_id) WHERE state = 'in_review'", "A review of this order is under way already.")
    _contract_uniq = models.UniqueIndex(
        "(contract_id) WHERE state = 'in_review'", "A review of this contract is under way already.")

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    @api.model
    def _get_sop_invited_domain(self):
        """Who requested it, whoever was asked, and his substitute while he is away."""
        user = self.env.user
        if user.has_group('sales_sop.group_sop_auditor'):
            return Domain.TRUE
        users = user | self.env['sop.absence']._get_sop_acting_for(user)
        # Without the rules of opinions: they follow from those of reviews.
        asked = Domain('opinion_ids', 'any!', [
            '|', ('reviewer_ids', 'in', users.ids), ('decided_by_id', '=', user.id)])
        return asked | Domain('requester_id', '=', user.id)

    def _get_sop_subject(self):
        """The order or the contract this review is about."""
        self.ensure_one()
        return self.order_id or self.contract_id

    # ------------------------------------------------------------
    # STATE
    # ------------------------------------------------------------

    def _sop_lock(self):
        """Whoever comes second waits for the first, and starts anew to see what he decided.

        The rows are written: who acts at the same moment looks at an older state
        of the opinions, and is refused by the database when the first is done.
        """
        if self.ids:
            self.env.cr.execute(SQL(
                "UPDATE sop_review SET id = id WHERE id IN "
                "(SELECT id FROM sop_review WHERE id = ANY(%s) ORDER BY id FOR UPDATE)", self.ids))

    def _sop_set_state(self, state):
        """Move to ``state`` and tell what was reviewed."""
        moved = self.sudo().filtered(lambda review: review.state != state).sudo(self.env.su)
        if not moved:
            return
        values = {} if state == 'in_review' else {'decided_date': fields.Datetime.now()}
        as_engine(moved).write({'state': state, **values})
        moved._sop_tell_subjects()

    def _sop_tell_subjects(self):
        # sudo: what follows for the order or the contract does not depend on who decided.
        for review in self.sudo():
            review._get_sop_subject()._sop_after_review(review)

    def _sop_finish(self, state, kind=None, text=None):
        """End these rounds: nobody is asked any more, and whoever requested them is told why."""
        live = self.sudo().filtered(lambda review: review.state != state).sudo(self.env.su)
        if not live:
            return
        open_opinions = live.sudo().opinion_ids.filtered(lambda opinion: opinion.state in ('waiting', 'pending'))
        as_engine(open_opinions).write({'state': 'cancelled'})
        live._sop_log(kind or state, text)
        live._sop_release()
        live._sop_set_state(state)
        live._sop_tell_requesters(text)

    def _sop_outdate(self):
        """What was reviewed was changed."""
        self._sop_finish('outdated')

    def _sop_log(self, kind, text=None, opinions=None, on_behalf=None):
        """Note an act on these rounds in the trail: one row for each, or for each of ``opinions``.

        :param on_behalf: {opinion id: user} for whom it was done
        """
        now, on_behalf = fields.Datetime.now(), on_behalf or {}
        rows = [(opinion.review_id, opinion) for opinion in opinions] if opinions else [
            (review, self.env['sop.review.opinion']) for review in self]
        as_engine(self.env['sop.review.event']).create([
            {
                'review_id': review.id, 'opinion_id': opinion.id, 'kind': kind, 'text': text or False, 'date': now,
                'user_id': self.env.uid, 'on_behalf_id': on_behalf[opinion.id].id if opinion.id in on_behalf else False,
            }
            for review, opinion in rows])

    def _get_sop_reason(self, reason):
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self[:1].sudo().display_name))
        return reason

    # ------------------------------------------------------------
    # WHAT OTHERS ASK
    # ------------------------------------------------------------

    def _get_sop_asked(self):
        """Who is asked now: ``{review id: users}``."""
        # sudo: who decides is no secret.
        pending = self.sudo().opinion_ids.filtered(lambda opinion: opinion.state == 'pending').grouped('review_id')
        return {review.id: pending[review].reviewer_ids if review in pending else self.env['res.users']
                for review in self.sudo()}
