from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..values import OPINIONS


class SopReviewOpinion(models.Model):
    """What one department, or at last the approver, says about a review.

    ``items`` are the check items asked, frozen: ``[[item id, code, severity], ...]``.
    ``prefill`` is what the system knows of them: ``{code: [result, comment]}``.
    """

    _name = 'sop.review.opinion'
    _description = "Opinion of a Department"
    _inherit = ['sop.review.child.mixin', 'sop.engine.mixin']
    _order = 'review_id desc, sequence, id'

    review_id = fields.Many2one('sop.review', required=True, readonly=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10, readonly=True)
    department_id = fields.Many2one('sop.review.department', readonly=True, ondelete='restrict')
    is_final = fields.Boolean(string="Final Approval", readonly=True)
    approver_code = fields.Char(readonly=True, help="The position of a final approver.")
    reviewer_ids = fields.Many2many('res.users', string="Asked", readonly=True)
    items = fields.Json(readonly=True)
    prefill = fields.Json(readonly=True)
    state = fields.Selection(
        [('waiting', "Waiting for others"), ('pending', "Pending"), ('done', "Given"),
         ('cancelled', "Not needed any more")],
        required=True, readonly=True, default='pending', index=True)
    opinion = fields.Selection(OPINIONS, readonly=True)
    decided_by_id = fields.Many2one(
        'res.users', string="Given By", readonly=True, index='btree_not_null', ondelete='restrict')
    on_behalf_id = fields.Many2one('res.users', readonly=True, ondelete='restrict')
    date = fields.Datetime(string="Given On", readonly=True)
    comment = fields.Text(readonly=True)
    carried_from_id = fields.Many2one(
        'sop.review.opinion', string="Carried Over From", readonly=True, index='btree_not_null', ondelete='restrict')
    added_by_id = fields.Many2one('res.users', readonly=True, ondelete='restrict')
    added_reason = fields.Char(string="Why Added", readonly=True)
    answer_ids = fields.One2many('sop.review.answer', 'opinion_id', string="Answers", readonly=True)
    condition_ids = fields.One2many('sop.review.condition', 'opinion_id', string="Conditions", readonly=True)
    can_decide = fields.Boolean(compute='_compute_can_decide', search='_search_can_decide')
    can_take_back = fields.Boolean(compute='_compute_can_decide')

    @api.depends('department_id', 'is_final', 'review_id')
    @api.depends_context('lang')
    def _compute_display_name(self):
        # sudo: the name of a review one is asked about is no secret.
        for opinion, own in zip(self, self.sudo(), strict=True):
            opinion.display_name = ', '.join(filter(None, (own.review_id.name, own._get_sop_role())))

    def _get_sop_role(self):
        """For whom this opinion speaks, in the language of the reader."""
        self.ensure_one()
        if not self.is_final:
            return self.department_id.name or self.env._("Added reviewer")
        labels = dict(self.env['sop.position']._fields['code']._description_selection(self.env))
        return labels.get(self.approver_code) or self.env._("Final approval")

    @api.depends('state', 'reviewer_ids', 'review_id.state')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        user = self.env.user
        acting = user | self.env['sop.absence']._get_sop_acting_for(user)
        # sudo: whom a review asks is written on it; it is not shown here.
        for opinion, own in zip(self, self.sudo(), strict=True):
            review = own.review_id
            opinion.can_decide = (
                own.state == 'pending' and review.state == 'in_review' and user not in review.author_ids
                and bool(own.reviewer_ids & acting))
            opinion.can_take_back = own._is_sop_reversible() and own.decided_by_id == user

    def _search_can_decide(self, operator, value):
        if operator != 'in':
            return NotImplemented
        user = self.env.user
        acting = user | self.env['sop.absence']._get_sop_acting_for(user)
        mine = Domain([
            ('state', '=', 'pending'), ('reviewer_ids', 'in', acting.ids),
            ('review_id.state', '=', 'in_review'), ('review_id.author_ids', 'not in', user.ids)])
        return Domain.OR(mine if wanted else ~mine for wanted in value)

    def _get_sop_acting_reviewers(self):
        """Who is asked, with those in place of whom somebody acts today replaced: ``{id: users}``."""
        acting = {
            company: self.env['sop.absence']._get_sop_substitutes(
                opinions.reviewer_ids, company._get_sop_local_date(fields.Datetime.now()))
            for company, opinions in self.grouped(lambda opinion: opinion.review_id.company_id).items()}
        found = {}
        for opinion in self:
            substitutes, authors = acting[opinion.review_id.company_id], opinion.review_id.author_ids
            users = [(user, substitutes.get(user.sudo(False), user).sudo()) for user in opinion.reviewer_ids]
            found[opinion.id] = {user if substitute in authors else substitute for user, substitute in users}
        return found

    def _get_sop_told(self):
        """Whom to tell of what: ``{user: reviews}``, in companies that tell."""
        told = self.filtered(lambda opinion: opinion.review_id.company_id.sop_review_notify != 'none')
        acting, reviews = told._get_sop_acting_reviewers(), {}
        for opinion in told:
            for user in acting[opinion.id]:
                reviews.setdefault(user, []).append(opinion.review_id.id)
        return {user: self.env['sop.review'].browse(dict.fromkeys(ids)) for user, ids in reviews.items()}

    def _is_sop_reversible(self):
        """Whether nobody has built on this opinion yet."""
        self.ensure_one()
        review = self.review_id
        return (
            self.state == 'done' and review.state == 'in_review' and not self.carried_from_id and not self.is_final
            and not review.minutes_date
            and not any(opinion.is_final and opinion.state == 'done' for opinion in review.opinion_ids))

    def _check_sop_decider(self):
        """For whom the user decides on each of these pending opinions: ``{opinion id: user}``, for absent reviewers.

        :raise AccessError: he is not asked, or he requested, drafted or sells it
        :raise UserError: it is not, or not any more, to be decided
        """
        user = self.env.user
        acting = self.env['sop.absence']._get_sop_acting_for(user)
        on_behalf = {}
        # sudo: whom a review asks is written on it.
        for opinion in self.sudo():
            opinion._check_sop_pending()
            if user in opinion.review_id.author_ids:
                raise AccessError(self.env._(
                    "%s: nobody decides on what he requested, drafted or sells himself.", opinion.display_name))
            if user not in opinion.reviewer_ids:
                absent = (opinion.reviewer_ids & acting)[:1]
                if not absent:
                    raise AccessError(self.env._(
                        "%(opinion)s: asked is %(users)s. Have it handed on to you if you decide instead.",
                        opinion=opinion.display_name, users=', '.join(opinion.reviewer_ids.mapped('name')) or '–'))
                on_behalf[opinion.id] = absent
        return on_behalf

    def _check_sop_pending(self):
        self.ensure_one()
        review = self.review_id
        if review.state != 'in_review':
            labels = dict(review._fields['state']._description_selection(self.env))
            raise UserError(self.env._(
                "%(review)s has ended: %(state)s.", review=review.display_name, state=labels[review.state]))
        if self.state == 'done':
            raise UserError(self.env._(
                "%(opinion)s was given by %(user)s already.", opinion=self.display_name, user=self.decided_by_id.name))
        if self.state != 'pending':
            raise UserError(self.env._("%s waits for what the others say.", self.display_name))
