import ast
import json
import logging

import psycopg2

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine

_logger = logging.getLogger(__name__)


class SopProcess(models.Model):
    """One version of one procedure for one kind of document."""

    _name = 'sop.process'
    _description = "SOP Process"
    _inherit = ['mail.thread', 'sop.guarded.mixin', 'sop.frozen.mixin']
    _order = 'sequence, code, version desc, id'
    _sop_open_fields = frozenset({'name', 'description', 'sequence', 'message_main_attachment_id'})
    _sop_server_fields = frozenset(
        {'state', 'published_date', 'published_by_id', 'previous_id', 'version', 'last_document_id', 'adopts_running'})

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(
        required=True, default='sop', index=True, tracking=True,
        help="Stays the same in all versions of this process.")
    version = fields.Integer(required=True, default=1, readonly=True, copy=False, aggregator=None)
    state = fields.Selection(
        [('draft', "Draft"), ('published', "Published"), ('retired', "Retired")],
        required=True, default='draft', readonly=True, copy=False, index=True, tracking=True)
    res_model = fields.Selection(
        selection='_selection_res_model', string="Document", required=True, default='crm.lead')
    company_id = fields.Many2one('res.company', index=True, help="Empty: for all companies.")
    team_ids = fields.Many2many(
        'crm.team', string="Sales Teams", ondelete='restrict', help="Empty: for all sales teams.",
        # An archived team is still the one the process is for; without it, it would be for all.
        context={'active_test': False},
        domain="[('company_id', 'in', (company_id, False))] if company_id else []")
    domain = fields.Char(
        string="Only For", default='[]', help="New documents that match follow this process.")
    fast_track_domain = fields.Char(
        string="Fast Track For",
        help="Documents that match may enter at a stage marked for the fast track; the items before it are "
             "stored as not applicable. Empty: no fast track.")
    quarantine = fields.Boolean(
        string="Hold Leads of Unknown Legal Basis",
        help="Nobody contacts or exports a document of this process until the legal basis of its data is stated. "
             "Leads of a prospect list are always held.")
    is_graded = fields.Boolean(
        string="Grade Leads Automatically", default=True,
        help="From what is known of them. Off: a lead is graded when somebody answers its score sheet, "
             "and from then on.")
    sequence = fields.Integer(default=10, help="The first process that matches a new document is used.")
    description = fields.Html(translate=True)
    stage_ids = fields.One2many('sop.stage', 'process_id', copy=True)
    previous_id = fields.Many2one(
        'sop.process', string="Previous Version", readonly=True, copy=False, index='btree_not_null')
    published_date = fields.Datetime(readonly=True, copy=False)
    published_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    last_document_id = fields.Integer(
        readonly=True, copy=False, export_string_translation=False,
        help="The newest document when the process was published: those after it answer for all stages.")
    adopts_running = fields.Boolean(
        readonly=True, copy=False, export_string_translation=False,
        help="Documents that ran already enter where they stand, those that were closed when they are taken up again.")
    document_count = fields.Integer(string="Running Documents", compute='_compute_document_count')

    _code_version_uniq = models.UniqueIndex(
        '(code, version, COALESCE(company_id, 0))', "This version of the process exists already.")

    @api.model
    def _selection_res_model(self):
        # sudo: the name of a model, in the language of the user.
        models_sudo = self.env['ir.model'].sudo()
        return [(name, models_sudo._get(name).name) for name in self.env['res.company']._get_sop_document_models()]

    @api.depends('name', 'version')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for process in self:
            process.display_name = self.env._(
                "%(process)s v%(version)s", process=process.name or '', version=process.version)

    def _compute_document_count(self):
        # sudo: the number tells a manager of the procedure how far a change reaches.
        for process in self:
            process.document_count = self.env[process.res_model].sudo().search_count(
                [('sop_process_id', 'in', process.ids)]) if process.ids and process.res_model in self.env else 0

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if 'code' not in (default or {}):
            for process, vals in zip(self, vals_list, strict=True):
                vals.update(
                    name=self.env._("%s (copy)", process.name), code=process._get_free_code())
        return vals_list

    def _get_free_code(self):
        self.ensure_one()
        taken = set(self.sudo().search([('code', '=like', f'{self.code}_copy%')]).mapped('code'))
        number = 1
        while f'{self.code}_copy{number}' in taken:
            number += 1
        return f'{self.code}_copy{number}'

    def _get_sop_process(self):
        return self

    @api.constrains('company_id', 'team_ids')
    def _check_teams(self):
        for process in self:
            # sudo: teams of other companies are the ones to find.
            foreign = process.company_id and process.sudo().team_ids.filtered(
                lambda team, own=process.company_id: team.company_id and team.company_id != own)
            if foreign:
                raise ValidationError(self.env._(
                    "%(process)s: the team %(team)s belongs to another company. Choose a team of %(company)s.",
                    process=process.display_name, team=foreign[0].name, company=process.company_id.name))

    @api.constrains('domain', 'fast_track_domain', 'res_model')
    def _check_domains(self):
        for process in self:
            for value in (process.domain, process.fast_track_domain):
                error = self._get_domain_error(process.res_model, value)
                if error:
                    raise ValidationError(self.env._(
                        "%(process)s: %(error)s", process=process.display_name, error=error))

    # ------------------------------------------------------------
    # DOMAINS
    # ------------------------------------------------------------

    @api.model
    def _parse_domain(self, value):
        return Domain(ast.literal_eval(value)) if value and value != '[]' else Domain.TRUE

    def _filter_new(self, documents):
        """Those of the new documents this process is for; a broken condition must not keep customers out."""
        try:
            return self._filter_domain(documents, self.domain)
        except UserError as error:
            _logger.error("Sales SOP: no new document follows %s: %s", self.display_name, error)
            return documents.browse()

    def _is_fast_track(self, document):
        """Whether ``document`` qualifies for the fast track, as far as that can be told."""
        if self._parse_domain(self.fast_track_domain).is_true():
            return False
        try:
            return bool(self._filter_domain(document, self.fast_track_domain))
        except UserError:
            return False

    def _filter_domain(self, documents, value):
        """The documents that match; a domain that no longer evaluates is named, not taken for true."""
        domain = self._parse_domain(value)
        if domain.is_true() or not documents:
            return documents
        try:
            return documents.filtered_domain(domain)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise UserError(self.env._(
                "%(process)s: the condition %(domain)s cannot be evaluated any more (%(reason)s). "
                "Ask a manager of Sales SOP to publish a version without it.",
                process=self.display_name, domain=value, reason=error)) from error

    @api.model
    def _get_domain_error(self, model_name, value):
        """Why ``value`` is no domain for ``model_name``; an empty string when it is one."""
        try:
            domain = self._parse_domain(value)
            # sudo: only the names in the domain are judged, no record is shown.
            records = self.env[model_name].sudo()
            with self.env.cr.savepoint():
                records.search(domain, limit=1)
            records.search([], limit=1).filtered_domain(domain)
        except (ValueError, SyntaxError, TypeError, KeyError, AttributeError, UserError, psycopg2.Error) as error:
            return self.env._(
                "the condition %(domain)s cannot be evaluated (%(reason)s). Choose it again.",
                domain=value, reason=error)
        return ''

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def _sop_prime(self):
        """Put these processes and their stages into the record cache without a query.

        They are frozen, and every act of staff reads them.
        """
        missing = set(self._fields['stage_ids']._cache_missing_ids(self))
        self.filtered(lambda process: process.id in missing)._put_frozen_values('stages')

    def _sop_prime_items(self):
        """The same, with what the stages ask for."""
        self._sop_prime()
        requirement_ids = self.env['sop.stage']._fields['requirement_ids']
        missing = set(requirement_ids._cache_missing_ids(self.sudo().stage_ids))
        self.filtered(
            lambda process: not missing.isdisjoint(process.sudo().stage_ids._ids))._put_frozen_values('items')

    def _put_frozen_values(self, part):
        for process in self.sudo():
            for model_name, ids, columns in process._get_frozen_values()[part]:
                records = process.env[model_name].browse(ids)
                for name, values in columns:
                    records._fields[name]._insert_cache(records, values)

    @tools.ormcache('self.id')
    def _get_frozen_values(self):
        """``{part: [(model, ids, [(field, cache values)])]}``, without what depends on the language."""
        if self.state == 'draft':
            return {'stages': [], 'items': []}
        stages, items = self.stage_ids, self.stage_ids.requirement_ids
        chosen = items.field_ids | items.record_field_id
        return {
            'stages': [
                self._get_cache_values(self, [*self._get_plain_fields(), 'stage_ids', 'team_ids']),
                self._get_cache_values(stages, [*stages._get_plain_fields(), 'crm_stage_ids']),
            ],
            'items': [
                self._get_cache_values(stages, ['requirement_ids']),
                self._get_cache_values(items, [*items._get_plain_fields(), 'field_ids']),
                self._get_cache_values(chosen, ['name']),
            ],
        }

    @api.model
    def _get_cache_values(self, records, names):
        return records._name, records._ids, [
            (name, [
                records._fields[name].convert_to_cache(record[name], record, validate=False) for record in records])
            for name in names
        ]

    # ------------------------------------------------------------
    # MATCHING
    # ------------------------------------------------------------

    @tools.ormcache('self.id', 'name')
    def _asks_for(self, name):
        """Whether an item of this process looks at the field ``name``: what is not asked for holds nobody."""
        # sudo: what a procedure asks for does not depend on who works by it.
        return any(name in (item.condition or '') for item in self.sudo().stage_ids.requirement_ids)

    @api.model
    @tools.ormcache('res_model')
    def _get_published_ids(self, res_model):
        # sudo: which process applies does not depend on who asks.
        return self.sudo().search([('res_model', '=', res_model), ('state', '=', 'published')])._ids

    @api.model
    @tools.ormcache('res_model')
    def _is_in_use(self, res_model):
        """Whether a process was ever published for these documents; before that, nothing happens to them."""
        # sudo: which process applies does not depend on who asks.
        return bool(self.sudo().search_count([('res_model', '=', res_model), ('state', '!=', 'draft')], limit=1))

    @api.model
    @tools.ormcache()
    def _get_quarantine_ids(self):
        """The processes that ask for the legal basis before anybody is contacted."""
        # sudo: which process holds a lead does not depend on who asks.
        return self.sudo().search([('quarantine', '=', True), ('state', '!=', 'draft')])._ids

    @api.model
    @tools.ormcache()
    def _get_ungraded_ids(self):
        """The processes whose leads are not graded before somebody answers the score sheet."""
        # sudo: which process a lead follows does not depend on who asks.
        return self.sudo().search([('is_graded', '=', False), ('state', '!=', 'draft')])._ids

    def _is_in_scope(self, document):
        """Whether company and team of ``document`` are those of this process."""
        self.ensure_one()
        if self.company_id and document._get_sop_company() != self.company_id:
            return False
        return not self.team_ids or document._get_sop_team() in self.team_ids

    @api.model
    def _match_documents(self, documents):
        """``{process: documents}``: the first published process that fits each document."""
        result = {}
        processes = self.sudo().browse(self._get_published_ids(documents._name))
        processes._sop_prime()
        for process in processes:
            matched = process._filter_new(documents.filtered(process._is_in_scope))
            if matched:
                result[process] = matched
                documents -= matched
            if not documents:
                break
        return result

    # ------------------------------------------------------------
    # PUBLISHING
    # ------------------------------------------------------------

    def _check_sop_manager(self):
        if not (self.env.su or self.env.user.has_group('sales_sop.group_sop_manager')):
            raise AccessError(self.env._("Only a Sales SOP manager may change how staff are led."))

    def get_publish_problems(self):
        """What would trap people in this process: a list of sentences, empty when it may be published."""
        self.check_access('read')
        return self.sudo()._get_publish_problems()

    def _get_publish_problems(self):
        self.ensure_one()
        problems = []
        if not self.stage_ids:
            problems.append(self.env._("The process has no stage. Add the first one."))
        for value in (self.domain, self.fast_track_domain):
            if error := self._get_domain_error(self.res_model, value):
                problems.append(self.env._("Process %(process)s: %(error)s", process=self.name, error=error))
        problems += self.stage_ids._get_publish_problems()
        problems += self.stage_ids.requirement_ids._get_publish_problems()
        return problems

    def action_publish(self):
        """Turn the process on; the published version it follows is retired and keeps its documents."""
        self._check_sop_manager()
        self.check_access('write')
        for process in self:
            if process.state == 'published':
                raise UserError(self.env._("%s is published already.", process.display_name))
            if problems := process._get_publish_problems():
                raise UserError(self.env._(
                    "%(process)s cannot be published yet:\n%(problems)s",
                    process=process.display_name, problems='\n'.join(f'• {problem}' for problem in problems)))
            replaced = process._get_published_versions()
            replaced._retire()
            as_engine(process).write({
                'state': 'published',
                'published_date': fields.Datetime.now(),
                'published_by_id': self.env.uid,
                # What ran free before the first version is free of the later ones, and nothing else.
                'last_document_id': replaced[:1].last_document_id or process._get_last_document_id(),
                'adopts_running': replaced[:1].adopts_running,
            })
        return True

    def _get_last_document_id(self):
        # sudo: a number, whoever may read that document.
        documents = self.env[self.res_model].sudo().with_context(active_test=False)
        return documents.search([], order='id desc', limit=1).id

    def _get_published_versions(self):
        return self.search([
            ('code', '=', self.code), ('company_id', '=', self.company_id.id), ('state', '=', 'published'),
        ]) - self

    def _retire(self):
        as_engine(self).write({'state': 'retired'})

    def action_unpublish(self):
        """Turn the process off: its documents are free, what was recorded about them stays."""
        self._check_sop_manager()
        self.check_access('write')
        for process in self:
            if process.state == 'draft':
                raise UserError(self.env._("%s is not published.", process.display_name))
            process._release_documents()
        self._retire()
        return True

    def _release_documents(self):
        self.env[self.res_model]._sop_bulk_update(
            Domain('sop_process_id', '=', self.id), dict.fromkeys(self.env[self.res_model]._sop_position_fields))

    def _adopt_documents(self, domain=Domain.TRUE):
        """Let running documents that follow no process follow this one, from the stage they are in.

        What lies before that stage is not asked of them. Returns their number.
        """
        self.ensure_one()
        as_engine(self).write({'adopts_running': True})
        documents = self.env[self.res_model].sudo()
        return documents._sop_adopt(self, Domain(domain) & self._get_scope_domain())

    def _get_scope_domain(self):
        """Documents of this process, as far as a domain can tell."""
        documents = self.env[self.res_model]
        domain = self._parse_domain(self.domain) & Domain('sop_process_id', '=', False)
        domain &= Domain('sop_outcome', '!=', 'released')
        domain &= documents._get_sop_open_domain()
        if self.company_id:
            domain &= documents._get_sop_company_domain(self.company_id)
        if self.team_ids:
            domain &= Domain('team_id', 'in', self.team_ids.ids)
        return domain

    # ------------------------------------------------------------
    # VERSIONS
    # ------------------------------------------------------------

    def action_new_version(self):
        """A draft copy under the next version number, opened."""
        self._check_sop_manager()
        self.check_access('write')
        self.ensure_one()
        # sudo: the highest number counts, whoever may read that version.
        last = self.sudo().search(
            [('code', '=', self.code), ('company_id', '=', self.company_id.id)], order='version desc', limit=1)
        draft = as_engine(self).copy({
            'code': self.code, 'version': last.version + 1, 'previous_id': self.id,
        })
        return draft.with_env(self.env).get_formview_action()

    def action_compare(self):
        """What this version changes against the previous one."""
        self.check_access('read')
        self.ensure_one()
        if not self.previous_id:
            raise UserError(self.env._("%s has no previous version to compare with.", self.display_name))
        compare = self.env['sop.process.compare'].create(
            {'process_id': self.id, 'previous_id': self.previous_id.id})
        return compare._get_action()

    def action_migrate(self):
        """Preview and move running documents to another version."""
        self._check_sop_manager()
        self.ensure_one()
        return self.env['sop.migration']._get_action(self)

    def action_setup(self):
        """Open the set-up assistant on this process."""
        self._check_sop_manager()
        self.ensure_one()
        return self.env['sop.setup']._get_action(self)

    def action_view_documents(self):
        """The documents that follow this version."""
        self.check_access('read')
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.display_name,
            'res_model': self.res_model,
            'view_mode': 'list,form',
            'domain': [('sop_process_id', '=', self.id)],
            'context': {'active_test': False, 'create': False},
        }

    def action_export_json(self):
        """Download this version as a file that another database can import."""
        self.check_access('read')
        self.ensure_one()
        content = json.dumps(self._export_process(), ensure_ascii=False, indent=2)
        return self.env['sop.process.import']._get_download_action(
            f'{self.code}-v{self.version}.json', content)
