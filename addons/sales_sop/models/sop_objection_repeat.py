from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import date_utils
from odoo.tools.misc import format_date

from ..engine import as_engine
from ..values import OBJECTION_CATEGORIES

REPEAT_TYPE = 'sales_sop.mail_activity_type_objection_repeat'
# Objections of one category are the same when one of these is the same.
SAME = ('answer_id', 'competitor_id', 'product_categ_id')
# Who is asked for a better answer
ASKED = ('mkt', 'px')


class SopObjectionRepeat(models.Model):
    """An objection that recurs: marketing and the product expert are asked, once a quarter (S4.2)."""

    _name = 'sop.objection.repeat'
    _description = "Recurring Objection"
    _inherit = ['sop.guarded.mixin', 'sop.internal.thread.mixin']
    _order = 'quarter desc, count desc, id desc'

    _sop_server_fields = frozenset({
        'company_id', 'quarter', 'category', 'answer_id', 'competitor_id', 'product_categ_id', 'count'})

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    quarter = fields.Date(required=True, readonly=True, help="First day of the quarter.")
    category = fields.Selection(OBJECTION_CATEGORIES, required=True, readonly=True)
    answer_id = fields.Many2one('sop.objection.answer', readonly=True, index='btree_not_null', ondelete='cascade')
    competitor_id = fields.Many2one('sop.competitor', readonly=True, index='btree_not_null', ondelete='cascade')
    product_categ_id = fields.Many2one(
        'product.category', string="Product Category", readonly=True, index='btree_not_null', ondelete='cascade')
    count = fields.Integer(string="Times", readonly=True, help="Raised in the quarter when it was noticed.")
    statements = fields.Text(compute='_compute_statements', compute_sudo=True, help="What the customers said.")
    conclusion = fields.Text(help="What is done about it: a better answer, a document, a change of the product.")

    _repeat_uniq = models.UniqueIndex(
        "(company_id, quarter, category, COALESCE(answer_id, 0), COALESCE(competitor_id, 0),"
        " COALESCE(product_categ_id, 0))", "This objection was noticed in this quarter already.")

    @api.depends('category', 'answer_id', 'competitor_id', 'product_categ_id')
    @api.depends_context('lang')
    def _compute_display_name(self):
        labels = dict(self._fields['category']._description_selection(self.env))
        for repeat in self:
            # sudo: the name of what recurs is no secret of who wrote it down.
            about = next((repeat.sudo()[name].display_name for name in SAME if repeat[name]), '')
            repeat.display_name = self.env._(
                "%(category)s: %(about)s (%(quarter)s)", category=labels.get(repeat.category, ''), about=about,
                quarter=format_date(self.env, repeat.quarter, date_format='QQQ y'))

    def _compute_statements(self):
        objections = self.env['sop.objection'].search(
            Domain.OR(repeat._get_objections_domain() for repeat in self), order='date, id')
        for repeat in self:
            same = objections.filtered_domain(repeat._get_objections_domain())
            repeat.statements = '\n'.join(f'– {statement.strip()}' for statement in same.mapped('statement'))

    def _get_objections_domain(self):
        name = next(name for name in SAME if self[name])
        return self._get_quarter_domain(self.company_id, self.quarter) & Domain([
            ('category', '=', self.category), (name, '=', self[name].id)])

    @api.model
    def _get_quarter_domain(self, company, quarter):
        return Domain([
            ('company_id', '=', company.id), ('date', '>=', quarter), ('date', '<', quarter + relativedelta(months=3))])

    # ------------------------------------------------------------
    # FINDING
    # ------------------------------------------------------------

    @api.model
    def _sop_find(self):
        """Note what recurs in the current quarter of each company, and ask for an answer."""
        # sudo: the limit of a company holds whoever looks.
        for company in self.env['res.company'].sudo().search([('sop_objection_repeat', '>', 0)]):
            today = company._get_sop_local_date(fields.Datetime.now())
            quarter = date_utils.start_of(today, 'quarter')
            found = [values for name in SAME for values in self._find_same(company, quarter, name)]
            as_engine(self).create(found)._sop_tell()

    @api.model
    def _find_same(self, company, quarter, name):
        """Values of what recurs by ``name`` and has not been noticed yet."""
        # sudo: what customers say counts whoever wrote it down.
        rows = self.env['sop.objection'].sudo()._read_group(
            self._get_quarter_domain(company, quarter) & Domain(name, '!=', False), ['category', name], ['__count'],
            having=[('__count', '>=', company.sop_objection_repeat)])
        known = {
            (repeat.category, repeat[name].id) for repeat in self.sudo().search(
                Domain([('company_id', '=', company.id), ('quarter', '=', quarter), (name, '!=', False)]))}
        return [
            {'company_id': company.id, 'quarter': quarter, 'category': category, name: record.id, 'count': count}
            for category, record, count in rows if (category, record.id) not in known
        ]

    def _sop_tell(self):
        """One activity for one holder of each position, who may be the same."""
        self._sop_schedule(REPEAT_TYPE, [
            {'record': repeat, 'user': user} for repeat in self for user in repeat._get_asked_users()])

    def _get_asked_users(self):
        positions, users = self.env['sop.position'], self.env['res.users']
        for code in ASKED:
            users |= positions._get_sop_holders([code], self.company_id)[:1]
        return users.filtered(lambda user: self.with_user(user).has_access('read'))

    def action_view_objections(self):
        """The objections behind it, as far as one may read them."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.display_name,
            'res_model': 'sop.objection',
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
            'domain': list(self._get_objections_domain()),
            'context': {'create': False},
        }

    def action_write_answer(self):
        """Open a new entry of the answer library for it."""
        self.ensure_one()
        self.check_access('read')
        self.env['sop.objection.answer'].check_access('create')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("New Answer"),
            'res_model': 'sop.objection.answer',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'context': {
                'default_category': self.category, 'default_competitor_id': self.competitor_id.id,
                'default_categ_ids': self.product_categ_id.ids, 'default_company_id': self.company_id.id,
            },
        }
