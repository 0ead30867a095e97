from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import as_engine
from ..values import TECHNICAL_POSITIONS

# Which positions answer for which part of the review (S3.6)
ROLE_POSITIONS = {'technical': TECHNICAL_POSITIONS, 'cost': ('fin',), 'quality': ('qua',)}
FLOOR = 'sales_sop.group_sop_floor'


class SopSolutionReview(models.Model):
    """What one reviewer says about a solution (S3.6). Asked for when it is submitted, answered once."""

    _name = 'sop.solution.review'
    _description = "Review of a Solution"
    _inherit = ['sop.lead.child.mixin', 'sop.engine.mixin']
    _order = 'solution_id desc, id'
    _rec_name = 'role'

    solution_id = fields.Many2one('sop.solution', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='solution_id.lead_id', store=True, index=True)
    role = fields.Selection(
        [('technical', "Technical"), ('cost', "Costs"), ('quality', "Quality")], string="Review", required=True)
    state = fields.Selection(
        [('open', "Not Answered Yet"), ('ok', "In Favour"), ('rejected', "Rejected"), ('void', "Not Needed Any More")],
        required=True, default='open')
    asked_ids = fields.Many2many(
        'res.users', 'sop_solution_review_asked_rel', 'review_id', 'user_id', string="Reviewers")
    user_id = fields.Many2one('res.users', string="Answered By", ondelete='restrict')
    date = fields.Datetime(string="Answered On")
    remark = fields.Text()
    margin_seen = fields.Float(string="Margin Seen (%)", digits=(16, 1), groups=FLOOR, aggregator=None)
    currency_id = fields.Many2one(related='solution_id.currency_id')
    price = fields.Monetary(
        string="Price Estimate", related='solution_id.price_estimate', related_sudo=False)
    cost = fields.Monetary(string="Cost Estimate", compute='_compute_cost', compute_sudo=True)
    margin = fields.Float(string="Margin (%)", digits=(16, 1), compute='_compute_cost', compute_sudo=True)
    is_margin_low = fields.Boolean(
        compute='_compute_cost', compute_sudo=True, help="Below the lowest margin of the company.")
    can_answer = fields.Boolean(compute='_compute_can_answer')

    _role_uniq = models.UniqueIndex('(solution_id, role)', "Each part of a solution is reviewed once.")

    @api.depends('solution_id.cost_estimate', 'solution_id.margin', 'role', 'asked_ids')
    @api.depends_context('uid')
    def _compute_cost(self):
        """Who reviews the cost sees it, and nobody else without the right to see costs."""
        sees_all = self.env.user.has_group(FLOOR)
        for review in self:
            # As it is kept: a form says itself who was asked for what.
            own = review._origin
            sees = sees_all or (own.role == 'cost' and self.env.user in own.asked_ids)
            review.cost = sees and own.solution_id.cost_estimate
            review.margin = sees and own.solution_id.margin
            review.is_margin_low = sees and own.solution_id._is_margin_low()

    @api.depends('state', 'solution_id.state')
    @api.depends_context('uid')
    def _compute_can_answer(self):
        for review in self:
            review.can_answer = not review._get_answer_error()

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('solution_id', 'any!', self.env['sop.solution']._get_sop_invited_domain())

    def _check_sop_engine(self):
        try:
            return super()._check_sop_engine()
        except AccessError:
            raise AccessError(self.env._(
                "A review is asked for when a solution is submitted, and answered once with its buttons. "
                "Nobody writes or deletes it.")) from None

    # ------------------------------------------------------------
    # WHO IS ASKED
    # ------------------------------------------------------------

    @api.model
    def _ask(self, solution):
        """Ask for the reviews this solution needs."""
        roles = solution._get_review_roles()
        reviews = as_engine(self).create([{'solution_id': solution.id, 'role': role} for role in roles])
        reviews._ask_holders()
        return reviews

    def _ask_holders(self):
        """Ask those who hold the positions today; who was asked before is not asked twice."""
        for review in self:
            holders = review._get_holders()
            if not holders:
                raise UserError(self.env._(
                    "%(solution)s: nobody can do the review \"%(role)s\". Whoever wrote a solution does not review it: "
                    "have the administrator name somebody under Positions.",
                    solution=review.solution_id.display_name, role=review._get_role_label()))
            newcomers = holders - review.asked_ids
            as_engine(review).asked_ids = [fields.Command.set(holders.ids)]
            review.solution_id._ask_reviewers(newcomers, review)

    def _get_holders(self):
        solution = self.sudo().solution_id
        return self.env['sop.position']._get_sop_holders(
            ROLE_POSITIONS[self.role], solution.lead_id._get_sop_company(), but=solution._get_authors())

    def _get_role_label(self):
        return dict(self._fields['role']._description_selection(self.env))[self.role]

    # ------------------------------------------------------------
    # ANSWER
    # ------------------------------------------------------------

    def action_answer(self, answer, remark=''):
        """Agree with the solution, or reject it with a remark.

        :param str answer: 'ok' or 'rejected'
        :param str remark: kept with the answer; what is wrong, when it is rejected
        """
        self.ensure_one()
        self.check_access('read')
        remark = remark.strip() if isinstance(remark, str) else ''
        # sudo: the reviewer decides on a solution he only reads.
        solution = self.sudo().solution_id
        # Of two answers at once the second is tried again: neither may miss that it is the last one.
        solution.lead_id._sop_touch()
        if error := self._get_answer_error() or self._get_remark_error(answer, remark):
            raise UserError(error)
        self._set_answer(answer, remark)
        solution._after_answer(self)
        return True

    def _get_answer_error(self):
        """Why the user cannot answer this review, or an empty string."""
        review = self.sudo()
        if review.state != 'open' or review.solution_id.state != 'review':
            return self.env._(
                "%s: this review is answered already, or not asked for any more. Reload the page.",
                review.solution_id.display_name)
        if self.env.user not in self._get_holders():
            return self.env._(
                "%(solution)s: the review \"%(role)s\" is answered by who holds the position, and never by who wrote "
                "the solution.", solution=review.solution_id.display_name, role=self._get_role_label())
        return ''

    def _get_remark_error(self, answer, remark):
        if answer not in ('ok', 'rejected'):
            return self.env._("A solution is agreed with or rejected.")
        if answer == 'rejected' and not remark:
            return self.env._("Say what is wrong: the author has to know what to change.")
        return ''

    def _set_answer(self, answer, remark):
        solution = self.sudo().solution_id
        as_engine(self).write({
            'state': answer, 'user_id': self.env.uid, 'date': fields.Datetime.now(), 'remark': remark,
            **({'margin_seen': solution.margin} if self.role == 'cost' else {}),
        })
