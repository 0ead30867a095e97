import hashlib

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..placeholders import PLACEHOLDERS, find_unknown
from ..text_diff import diff_html, plain_text

APPROVE_TYPE = 'sales_sop_contract_review.mail_activity_type_wording'
LANGUAGES = ('en', 'zh')
# What an approval is about: a change is a new version
FROZEN = frozenset({
    'name', 'clause_id', 'kind', 'sequence', 'instructions', 'text_en', 'text_zh', 'source_lang', 'condition'})


class SopClauseWording(models.Model):
    """One version of a text of a clause: the standard one, or a fallback that is approved beforehand (G1, G4).

    What was approved stays as it is. A change is a new version, and takes the
    place of the old one when it is approved.
    """

    _name = 'sop.clause.wording'
    _description = "Wording of a Clause"
    _inherit = ['sop.guarded.mixin', 'sop.internal.thread.mixin']
    _order = 'clause_id, kind desc, sequence, version desc, id'

    _sop_server_fields = frozenset({
        'state', 'version', 'first_id', 'previous_id', 'author_id', 'requested_by_id', 'requested_date',
        'approved_by_id', 'approved_date', 'refused_reason', 'translated_hash'})

    name = fields.Char(required=True, translate=True)
    clause_id = fields.Many2one('sop.clause', required=True, index=True, ondelete='restrict')
    topic = fields.Selection(related='clause_id.topic')
    kind = fields.Selection(
        [('standard', "Standard"), ('fallback', "Fallback")], string="Kind of Text", required=True, default='standard')
    sequence = fields.Integer(default=10, help="Fallbacks are offered in this order.")
    instructions = fields.Text(translate=True, help="When this wording may be used.")
    text_en = fields.Html(string="English Text")
    text_zh = fields.Html(string="Chinese Text")
    source_lang = fields.Selection(
        [('zh', "Chinese"), ('en', "English")], string="Written In", required=True, default='zh')
    translated_hash = fields.Char(readonly=True, copy=False)
    is_translation_old = fields.Boolean(
        string="Translation Older Than Source", compute='_compute_is_translation_old', store=True)
    condition = fields.Char(
        string="Only If", help="The contracts this wording is meant for. Empty: all.")
    state = fields.Selection(
        [('draft', "Draft"), ('approval', "In Approval"), ('active', "Active"), ('archived', "Archived")],
        required=True, default='draft', readonly=True, copy=False, index=True)
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    first_id = fields.Many2one(
        'sop.clause.wording', string="First Version", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    previous_id = fields.Many2one(
        'sop.clause.wording', string="Previous Version", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    author_id = fields.Many2one(
        'res.users', readonly=True, copy=False, required=True, ondelete='restrict',
        default=lambda self: self.env.user)
    requested_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    requested_date = fields.Datetime(string="Requested On", readonly=True, copy=False)
    approved_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    approved_date = fields.Datetime(string="Approved On", readonly=True, copy=False)
    refused_reason = fields.Text(string="Refused Because", readonly=True, copy=False)
    diff_en = fields.Html(string="English Changes", compute='_compute_diffs', sanitize=False)
    diff_zh = fields.Html(string="Chinese Changes", compute='_compute_diffs', sanitize=False)
    placeholders = fields.Html(compute='_compute_placeholders', sanitize=False)
    version_ids = fields.Many2many('sop.clause.wording', string="Versions", compute='_compute_version_ids')
    template_count = fields.Integer(string="Templates", compute='_compute_usage', compute_sudo=True)
    contract_count = fields.Integer(string="Contracts", compute='_compute_usage', compute_sudo=True)
    can_decide = fields.Boolean(compute='_compute_can_decide', search='_search_can_decide')

    _active_uniq = models.UniqueIndex(
        "(COALESCE(first_id, id)) WHERE state = 'active'", "Another version has just been activated. Reload the page.")
    _version_uniq = models.UniqueIndex(
        '(COALESCE(first_id, id), version)', "Another version has just been made. Reload the page.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('clause_id', 'name', 'version')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for wording in self:
            wording.display_name = self.env._(
                "%(clause)s: %(wording)s v%(version)s", clause=wording.clause_id.name or '',
                wording=wording.name or '', version=wording.version)

    @api.depends('text_en', 'text_zh', 'source_lang', 'translated_hash')
    def _compute_is_translation_old(self):
        for wording in self:
            wording.is_translation_old = wording.translated_hash != wording._get_sop_source_hash()

    def _get_sop_source_hash(self):
        text = plain_text(self.text_zh if self.source_lang == 'zh' else self.text_en)
        return hashlib.sha256(f'{self.source_lang}:{text}'.encode()).hexdigest()

    @api.depends('text_en', 'text_zh', 'previous_id')
    def _compute_diffs(self):
        for wording in self:
            before = wording.previous_id
            for lang in LANGUAGES:
                name = f'text_{lang}'
                wording[f'diff_{lang}'] = bool(before) and diff_html(before[name], wording[name])

    @api.depends_context('lang')
    def _compute_placeholders(self):
        shown = Markup('<span class="me-3 d-inline-block"><code>{%s}</code> %s</span>')
        self.placeholders = Markup().join(
            shown % (name, self.env._(label)) for name, label in PLACEHOLDERS.items())

    @api.depends('first_id')
    def _compute_version_ids(self):
        for wording in self:
            wording.version_ids = wording._get_sop_versions()

    def _get_sop_versions(self):
        """All versions of these wordings."""
        first_ids = [wording.first_id.id or wording._origin.id for wording in self]
        return self.search(Domain('id', 'in', first_ids) | Domain('first_id', 'in', first_ids), order='version desc')

    def _get_sop_active_versions(self):
        """The version in use of each of these wordings: ``{wording: version}``."""
        versions = self._get_sop_versions().filtered(lambda version: version.state == 'active')
        # The latest comes first; it is the one that stays.
        active = {version.first_id.id or version.id: version for version in reversed(versions)}
        return {
            wording: active.get(wording.first_id.id or wording._origin.id, self.browse()) for wording in self}

    def _compute_usage(self):
        templates = self.env['sop.contract.template.line']._read_group(
            [('wording_id', 'in', self.ids), ('template_id.state', '!=', 'archived')], ['wording_id'],
            ['template_id:count_distinct'])
        contracts = self.env['sop.contract.clause']._read_group(
            [('wording_id', 'in', self.ids)], ['wording_id'], ['contract_id:count_distinct'])
        templates, contracts = dict(templates), dict(contracts)
        for wording in self:
            wording.template_count = templates.get(wording._origin, 0)
            wording.contract_count = contracts.get(wording._origin, 0)

    @api.depends('state', 'requested_by_id')
    @api.depends_context('uid', 'company')
    def _compute_can_decide(self):
        for wording in self:
            wording.can_decide = wording.state == 'approval' and self.env.user in wording._get_sop_approvers()

    def _search_can_decide(self, operator, value):
        if operator != 'in':
            return NotImplemented
        waiting = self.sudo().search([('state', '=', 'approval')])
        mine = Domain('id', 'in', waiting.sudo(False).filtered('can_decide').ids)
        return Domain.OR(mine if wanted else ~mine for wanted in value)

    def _get_sop_approvers(self):
        self.ensure_one()
        # sudo: who approves does not depend on who asks.
        own = self.sudo()
        return own.clause_id.sudo(False)._get_sop_approvers(self.env.company, own.author_id | own.requested_by_id)

    def _is_sop_for(self, contract):
        """Whether the condition of this wording holds for ``contract``."""
        if not self.condition:
            return True
        # sudo: the wording does not depend on what of the contract the user may read.
        return bool(contract.sudo().filtered_domain(self._get_sop_condition()))

    def _get_sop_condition(self):
        return Domain(safe_eval(self.condition or '[]'))

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.constrains('text_en', 'text_zh')
    def _check_placeholders(self):
        for wording in self:
            if unknown := find_unknown(wording.text_en) + find_unknown(wording.text_zh):
                raise ValidationError(self.env._(
                    "%(wording)s: %(names)s stand for nothing. Use the placeholders listed below the texts.",
                    wording=wording.display_name, names=', '.join(f'{{{name}}}' for name in unknown)))

    @api.constrains('condition')
    def _check_condition(self):
        for wording in self.filtered('condition'):
            try:
                wording._get_sop_condition().validate(self.env['sop.contract'].sudo())
                self.env['sop.contract'].sudo().search(wording._get_sop_condition(), limit=1)
            except Exception as error:
                raise ValidationError(self.env._(
                    "%(wording)s: this is not a condition on contracts: %(error)s",
                    wording=wording.display_name, error=error)) from error

    @api.constrains('kind', 'instructions')
    def _check_instructions(self):
        for wording in self:
            if wording.kind == 'fallback' and not (wording.instructions or '').strip():
                raise ValidationError(self.env._(
                    "%s: say when this fallback may be used.", wording.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        wordings = super().create(vals_list)
        wordings._sop_note_translation()
        return wordings

    def write(self, vals):
        if not is_engine(self.env) and not FROZEN.isdisjoint(vals):
            self._check_sop_draft()
        result = super().write(vals)
        if not is_engine(self.env):
            self._sop_after_edit(vals)
        return result

    def _sop_after_edit(self, vals):
        """Whoever writes the translation read the source; whoever writes is an author."""
        if not vals.keys().isdisjoint(('text_en', 'text_zh')):
            as_engine(self).author_id = self.env.user
            self.filtered(lambda wording: wording._get_sop_translation_field() in vals)._sop_note_translation()

    def _get_sop_translation_field(self):
        return 'text_en' if self.source_lang == 'zh' else 'text_zh'

    def _sop_note_translation(self):
        for wording in self:
            if plain_text(wording[wording._get_sop_translation_field()]):
                as_engine(wording).translated_hash = wording._get_sop_source_hash()

    def _check_sop_draft(self):
        if frozen := self.sudo().filtered(lambda wording: wording.state != 'draft')[:1]:
            raise UserError(self.env._(
                "%s is not a draft any more: its text stays as it is. Make a new version.", frozen.display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_sop_draft()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_translation_ok(self):
        """The translation was compared: it still says what the source says."""
        self.check_access('write')
        self._check_sop_draft()
        self._sop_note_translation()

    def action_request(self):
        """Ask the approver of the clause to activate these wordings."""
        self.check_access('write')
        self._check_sop_draft()
        for wording in self:
            wording._check_sop_complete()
        as_engine(self).write({
            'state': 'approval', 'requested_by_id': self.env.uid, 'requested_date': fields.Datetime.now(),
            'refused_reason': False})
        self._sop_schedule(APPROVE_TYPE, [
            {'record': wording, 'user': user} for wording in self for user in wording._get_sop_approvers()])

    def _check_sop_complete(self):
        missing = [
            self._fields[f'text_{lang}']._description_string(self.env) for lang in LANGUAGES
            if not plain_text(self[f'text_{lang}'])]
        if missing:
            raise UserError(self.env._(
                "%(wording)s: %(missing)s is empty.", wording=self.display_name, missing=', '.join(missing)))
        if self.is_translation_old:
            raise UserError(self.env._(
                "%s: the source was changed after it was translated. Adapt the translation, or confirm that it still "
                "says the same.", self.display_name))
        if not self._get_sop_approvers():
            raise UserError(self.env._(
                "%(wording)s: nobody else may approve it. Name somebody for the position in charge of %(clause)s.",
                wording=self.display_name, clause=self.clause_id.name))

    def action_approve(self):
        """Activate these wordings, in place of their earlier versions."""
        for wording in self._sop_lock_to_decide():
            wording._check_sop_complete()
            wording._sop_activate()
        self._sop_unschedule(APPROVE_TYPE)

    def action_refuse(self, reason=None):
        """Back to draft, for the reason given."""
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("%s: say why it is refused.", self[:1].display_name))
        as_engine(self._sop_lock_to_decide()).write({'state': 'draft', 'refused_reason': reason})
        self._sop_unschedule(APPROVE_TYPE)

    def action_recall(self):
        """Back to draft, before it is decided."""
        self.check_access('write')
        if other := self.filtered(lambda wording: wording.state != 'approval')[:1]:
            raise UserError(self.env._("%s does not wait for an approval.", other.display_name))
        as_engine(self).write({'state': 'draft'})
        self._sop_unschedule(APPROVE_TYPE)

    def _sop_lock_to_decide(self):
        """These wordings, if they wait for the user; a second decision sees the first."""
        self.check_access('read')
        self.lock_for_update()
        for wording in self:
            if wording.state != 'approval':
                raise UserError(self.env._("%s does not wait for an approval.", wording.display_name))
            if not wording.can_decide:
                raise AccessError(self.env._(
                    "%s: somebody else approves it, and never who wrote it.", wording.display_name))
        return self

    def _sop_activate(self):
        old = self._get_sop_versions().filtered(lambda version: version.state == 'active')
        as_engine(old).write({'state': 'archived'})
        old.flush_recordset()
        as_engine(self).write({
            'state': 'active', 'approved_by_id': self.env.uid, 'approved_date': fields.Datetime.now()})
        # sudo: templates follow the library, whoever approves.
        as_engine(self.env['sop.contract.template.line'].sudo().search([
            ('wording_id', 'in', old.ids), ('template_id.state', '!=', 'archived')])).wording_id = self

    @api.model
    def _sop_approve_shipped(self):
        """Activate the wordings that come with the add-on, once."""
        shipped = self.env['ir.model.data'].sudo().search(
            [('module', '=', 'sales_sop_contract_review'), ('model', '=', self._name)]).mapped('res_id')
        for wording in self.search([('id', 'in', shipped), ('state', '=', 'draft'), ('approved_date', '=', False)]):
            wording._sop_activate()

    def action_new_version(self):
        """A draft of the next version, which takes the place of this one when it is approved."""
        self.ensure_one()
        self.check_access('write')
        versions = self._get_sop_versions()
        if draft := versions.filtered(lambda version: version.state in ('draft', 'approval'))[:1]:
            return draft._get_sop_form_action()
        latest = versions[:1]
        new = as_engine(self).copy({
            'first_id': (self.first_id or self).id, 'previous_id': self.id, 'version': latest.version + 1,
            'translated_hash': self.translated_hash, 'author_id': self.env.uid})
        return self.browse(new.id)._get_sop_form_action()

    def action_retire(self):
        """Not to be used in new texts any more."""
        self.check_access('write')
        if other := self.filtered(lambda wording: wording.state != 'active')[:1]:
            raise UserError(self.env._("%s is not active.", other.display_name))
        as_engine(self).write({'state': 'archived'})

    def action_open_templates(self):
        """The templates that name this wording."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Templates"), 'res_model': 'sop.contract.template',
            'views': [(False, 'list'), (False, 'form')], 'domain': [('line_ids.wording_id', 'in', self.ids)]}

    def action_open_contracts(self):
        """The contracts that use this wording, as far as the user may read them."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Contracts"), 'res_model': 'sop.contract',
            'views': [(False, 'list'), (False, 'kanban'), (False, 'form')],
            'domain': [('clause_ids.wording_id', 'in', self.ids)]}

    def _get_sop_form_action(self):
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': self.id, 'views': [(False, 'form')]}
