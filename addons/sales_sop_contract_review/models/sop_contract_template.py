from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import CONTRACT_TYPES, PREVAILING_LANGUAGES

CONTENT = frozenset({'type', 'company_id', 'prevailing_lang', 'line_ids'})


class SopContractTemplate(models.Model):
    """Which clauses a contract of a type starts with; in use, it stays as it is, and a change is a new version."""

    _name = 'sop.contract.template'
    _description = "Contract Template"
    _inherit = ['sop.guarded.mixin', 'sop.internal.thread.mixin']
    _order = 'sequence, id'

    _sop_server_fields = frozenset({'state', 'version', 'first_id'})

    name = fields.Char(required=True, translate=True)
    type = fields.Selection(CONTRACT_TYPES, required=True, default='sale')
    sequence = fields.Integer(default=10, help="The first active template of a type is proposed.")
    company_id = fields.Many2one('res.company', index=True, help="Empty: for all companies.")
    prevailing_lang = fields.Selection(
        PREVAILING_LANGUAGES, string="Prevailing Language", required=True, default='zh')
    state = fields.Selection(
        [('draft', "Draft"), ('active', "Active"), ('archived', "Archived")], required=True, default='draft',
        readonly=True, copy=False, index=True)
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    first_id = fields.Many2one(
        'sop.contract.template', string="First Version", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    line_ids = fields.One2many('sop.contract.template.line', 'template_id', string="Clauses", copy=True)
    contract_count = fields.Integer(string="Contracts", compute='_compute_contract_count', compute_sudo=True)

    _version_uniq = models.UniqueIndex(
        '(COALESCE(first_id, id), version)', "Another version has just been made. Reload the page.")

    @api.depends('name', 'version')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for template in self:
            template.display_name = f"{template.name or ''} v{template.version}"

    def _compute_contract_count(self):
        counts = dict(self.env['sop.contract']._read_group(
            [('template_id', 'in', self.ids)], ['template_id'], ['__count']))
        for template in self:
            template.contract_count = counts.get(template._origin, 0)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if 'line_ids' in fields and not values.get('line_ids'):
            values['line_ids'] = [
                (0, 0, {'sequence': clause.sequence, 'clause_id': clause.id, 'is_required': clause.is_required})
                for clause in self.env['sop.clause'].search([])]
        return values

    def write(self, vals):
        if not is_engine(self.env) and not CONTENT.isdisjoint(vals):
            self._check_sop_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_sop_draft()

    def _check_sop_draft(self):
        if frozen := self.sudo().filtered(lambda template: template.state != 'draft')[:1]:
            raise UserError(self.env._(
                "%s is not a draft any more: it stays as it is. Make a new version.", frozen.display_name))

    @api.model
    def _get_sop_template(self, type, company):
        """The template that ``company`` starts a contract of ``type`` with, if there is one."""
        # sudo: what a contract starts with does not depend on who drafts it.
        return self.sudo().search(
            Domain('state', '=', 'active') & Domain('type', '=', type)
            & Domain('company_id', 'in', [company.id, False]),
            order='company_id NULLS LAST, sequence, id', limit=1).sudo(False)

    def _get_sop_versions(self):
        first_ids = [(template.first_id or template).id for template in self]
        return self.search(Domain('id', 'in', first_ids) | Domain('first_id', 'in', first_ids), order='version desc')

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_activate(self):
        """Use these templates from now on, in place of their earlier versions."""
        self.check_access('write')
        self._check_sop_draft()
        for template in self:
            template._check_sop_complete()
            old = template._get_sop_versions().filtered(lambda version: version.state == 'active')
            as_engine(old).write({'state': 'archived'})
        as_engine(self).write({'state': 'active'})

    def _check_sop_complete(self):
        if not self.line_ids:
            raise UserError(self.env._("%s has no clauses.", self.display_name))
        without = self.line_ids.filtered(lambda line: line.is_required and not line._has_sop_wording())
        if without:
            raise UserError(self.env._(
                "%(template)s: there is no active wording of %(clauses)s.", template=self.display_name,
                clauses=', '.join(without.clause_id.mapped('name'))))

    @api.model
    def _sop_activate_shipped(self):
        """Activate the templates that come with the add-on, once."""
        shipped = self.env['ir.model.data'].sudo().search(
            [('module', '=', 'sales_sop_contract_review'), ('model', '=', self._name)]).mapped('res_id')
        self.search([('id', 'in', shipped), ('state', '=', 'draft')]).action_activate()

    def action_retire(self):
        """Not to be used for new contracts any more."""
        self.check_access('write')
        if other := self.filtered(lambda template: template.state != 'active')[:1]:
            raise UserError(self.env._("%s is not active.", other.display_name))
        as_engine(self).write({'state': 'archived'})

    def action_new_version(self):
        """A draft of the next version, which takes the place of this one when it is activated."""
        self.ensure_one()
        self.check_access('write')
        versions = self._get_sop_versions()
        new = versions.filtered(lambda version: version.state == 'draft')[:1] or self.browse(as_engine(self).copy({
            'name': self.name, 'first_id': (self.first_id or self).id, 'version': versions[:1].version + 1}).id)
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': new.id, 'views': [(False, 'form')]}

    def action_open_contracts(self):
        """The contracts made of this template, as far as the user may read them."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Contracts"), 'res_model': 'sop.contract',
            'views': [(False, 'list'), (False, 'kanban'), (False, 'form')], 'domain': [('template_id', 'in', self.ids)]}
