from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import is_html_empty

from ..engine import as_engine, is_engine
from ..values import OBJECTION_CATEGORIES
from .sop_objection import CLOSED

# Uses that were closed, below which a rate says nothing
ENOUGH = 3
# How many answers are offered beside an objection
SUGGESTED = 5


class SopObjectionAnswer(models.Model):
    """An answer to objections that others can use again, with how often it removed one."""

    _name = 'sop.objection.answer'
    _description = "Answer to Objections"
    _inherit = ['sop.guarded.mixin']
    _order = 'category, name, id'
    _rec_names_search = ['name', 'answer']

    _sop_server_fields = frozenset({'state', 'approved_by_id', 'approved_date', 'author_id'})

    name = fields.Char(string="Objection", required=True, translate=True, help="What customers say, in one line.")
    category = fields.Selection(OBJECTION_CATEGORIES, required=True, index=True)
    answer = fields.Html(required=True, translate=True, help="What we say, and why it is true.")
    material_id = fields.Many2one(
        'sop.material', string="Evidence", index='btree_not_null', ondelete='set null',
        help="The document that proves it: send it with the answer.")
    categ_ids = fields.Many2many('product.category', string="Product Categories", help="Empty: for all.")
    competitor_id = fields.Many2one(
        'sop.competitor', index='btree_not_null', ondelete='restrict', help="Only when compared with this one.")
    author_id = fields.Many2one('res.users', readonly=True, default=lambda self: self.env.uid, copy=False)
    state = fields.Selection(
        [('draft', "Draft"), ('approved', "Approved")], required=True, default='draft', readonly=True, copy=False,
        index=True, help="Everybody is offered approved answers; drafts only their author.")
    approved_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    approved_date = fields.Datetime(string="Approved On", readonly=True, copy=False)
    objection_ids = fields.One2many('sop.objection', 'answer_id', string="Used For")
    use_count = fields.Integer(string="Used", compute='_compute_use')
    success_rate = fields.Float(
        string="Removed (%)", compute='_compute_use',
        help="Resolved of all objections it was used for that are closed.")
    success = fields.Char(compute='_compute_use', help="How many of the objections it was used for were resolved.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        'res.company', index=True, default=lambda self: self.env.company, help="Empty: for all companies.")

    @api.depends_context('lang', 'allowed_company_ids')
    def _compute_use(self):
        uses = self._count_uses()
        for answer in self:
            used, resolved, closed = uses.get(answer._origin.id, (0, 0, 0))
            enough = closed >= ENOUGH
            answer.use_count = used
            answer.success_rate = 100 * resolved / closed if enough else 0
            answer.success = self.env._("%s %%", round(answer.success_rate)) if enough else self.env._("too few uses")

    def _count_uses(self):
        """``{answer id: (used, resolved, closed)}`` in the companies of the user."""
        # sudo: numbers of the house, without saying whose customers they are.
        rows = self.env['sop.objection'].sudo()._read_group(
            Domain('answer_id', 'in', self.ids) & Domain('company_id', 'in', self.env.companies.ids),
            ['answer_id', 'state'], ['__count'])
        uses = {}
        for answer, state, count in rows:
            used, resolved, closed = uses.get(answer.id, (0, 0, 0))
            uses[answer.id] = (
                used + count, resolved + count * (state == 'resolved'), closed + count * (state in CLOSED))
        return uses

    @api.constrains('answer')
    def _check_answer(self):
        for answer in self:
            if is_html_empty(answer.answer):
                raise ValidationError(self.env._("%s: enter what we say.", answer.name))

    @api.constrains('company_id', 'competitor_id')
    def _check_company(self):
        for answer in self.sudo().filtered('company_id'):
            foreign = answer.competitor_id.company_id - answer.company_id or (
                answer.objection_ids.company_id - answer.company_id)
            if foreign:
                raise ValidationError(self.env._(
                    "%(answer)s is used in %(company)s as well. Make it an answer for all companies.",
                    answer=answer.name, company=foreign[0].name))

    def _check_sop_company(self, objections):
        """An answer of one company is not given in another."""
        for answer in self.sudo().filtered('company_id'):
            if objections.sudo().company_id - answer.company_id:
                raise ValidationError(self.env._(
                    "%(answer)s is an answer of %(company)s. Choose one of your own company.",
                    answer=answer.name, company=answer.company_id.name))

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    def write(self, vals):
        if not is_engine(self.env):
            self._check_own(vals)
        return super().write(vals)

    def _check_own(self, vals):
        """What the house stands for is changed by a manager; a draft by its author as well."""
        if self.env.user.has_group('sales_sop.group_sop_manager') or not vals:
            return
        if foreign := self.filtered(
                lambda answer: answer.state == 'approved' or answer.author_id != self.env.user)[:1]:
            raise AccessError(self.env._(
                "%s: only its author changes a draft, and a manager an approved answer. Save your own wording as a "
                "new answer.", foreign.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # sudo: an objection the user may not see counts as well.
        if used := self.sudo().filtered('objection_ids')[:1]:
            raise UserError(self.env._("%s has been used. Archive it instead.", used.name))

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_approve(self):
        """Offer these answers to everybody."""
        self._check_manager()
        as_engine(self).write({
            'state': 'approved', 'approved_by_id': self.env.uid, 'approved_date': fields.Datetime.now()})
        return True

    def action_redraft(self):
        """Take these answers back for rework."""
        self._check_manager()
        # Who approved it last is kept.
        as_engine(self).write({'state': 'draft'})
        return True

    @api.model
    def _sop_approve_shipped(self):
        """Approve the answers that come with the add-on, once: what a manager took back stays a draft."""
        shipped = self.env['ir.model.data'].sudo().search(
            [('module', '=', 'sales_sop'), ('model', '=', self._name)]).mapped('res_id')
        self.search([('id', 'in', shipped), ('state', '=', 'draft'), ('approved_date', '=', False)]).action_approve()

    def action_use(self):
        """Use this answer for the objection it is offered for."""
        self.ensure_one()
        self.check_access('read')
        objection_id = self.env.context.get('sop_objection_id')
        objection = self.env['sop.objection'].browse(objection_id if type(objection_id) is int else [])
        if not objection.exists():
            raise UserError(self.env._("Open an objection and choose the answer there."))
        objection.check_access('write')
        objection.answer_id = self
        return True

    def action_view_objections(self):
        """What it was used for, as far as one may read it."""
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Used For"),
            'res_model': 'sop.objection',
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('answer_id', 'in', self.ids)],
            'context': {'create': False},
        }

    def _check_manager(self):
        self.check_access('write')
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("Only a Sales SOP manager approves answers."))

    # ------------------------------------------------------------
    # SUGGESTIONS
    # ------------------------------------------------------------

    @api.model
    def _get_suggestions(self, objections):
        """``{objection: answers}``: of its category, best first."""
        offered = Domain('state', '=', 'approved') | Domain('author_id', '=', self.env.uid)
        categories = [category for category in set(objections.mapped('category')) if category]
        answers = self.search(offered & Domain('category', 'in', categories)) if categories else self.browse()
        by_category = answers.grouped('category')
        return {
            objection: by_category.get(objection.category, self.browse())._filter_fitting(objection)
            for objection in objections
        }

    def _filter_fitting(self, objection):
        """Those that fit, the most specific and then the most successful first."""
        fitting = self.filtered(lambda answer: (
            answer.competitor_id <= objection.competitor_id
            and (not answer.company_id or answer.company_id == objection.company_id or not objection.company_id)
            and (not answer.categ_ids or not objection.product_categ_id
                 or objection.product_categ_id in answer.categ_ids)))
        ranked = fitting.sorted(lambda answer: (
            -len(answer.competitor_id), -bool(answer.categ_ids & objection.product_categ_id),
            -answer.success_rate, -answer.use_count, answer.name))
        return ranked[:SUGGESTED]
