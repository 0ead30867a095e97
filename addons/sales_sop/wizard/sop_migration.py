from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import split_every

from ..engine import SopMoveCause, as_engine
from ..models.sop_gate_mixin import SopMove

BATCH_SIZE = 1000
LIST_LIMIT = 50


class SopMigration(models.TransientModel):
    """Moves running documents to another version of a process, or out of it, after a preview."""

    _name = 'sop.migration'
    _description = "SOP Migration"
    _rec_name = 'target_id'

    process_ids = fields.Many2many(
        'sop.process', 'sop_migration_process_rel', 'migration_id', 'process_id', string="From Version", readonly=True)
    res_model = fields.Char(readonly=True, required=True)
    document_ids = fields.Json(readonly=True, help="Only these documents; empty: all that run in the processes.")
    mode = fields.Selection(
        [('move', "Move them to another version"), ('release', "Take them out of the procedure")],
        string="What to Do", required=True, default='move')
    allowed_target_ids = fields.Many2many('sop.process', compute='_compute_allowed_target_ids')
    target_id = fields.Many2one('sop.process', string="To Version", domain="[('id', 'in', allowed_target_ids)]")
    reason = fields.Char(help="Kept in the log of every document.")
    line_ids = fields.One2many(
        'sop.migration.line', 'migration_id', string="Stages",
        compute='_compute_line_ids', store=True, readonly=False)
    document_count = fields.Integer(string="Documents", compute='_compute_document_count')
    skipped_count = fields.Integer(compute='_compute_document_count')
    preview = fields.Html(compute='_compute_preview', sanitize=False)
    document_list = fields.Html(string="Documents Concerned", compute='_compute_document_list', sanitize=False)

    @api.model
    def _get_action(self, processes, target=None):
        """The dialog that migrates the running documents of ``processes``."""
        self.env['sop.process']._check_sop_manager()
        target = target or self._get_default_target(processes)
        return self._open_wizard({
            'process_ids': [Command.set(processes.ids)],
            'res_model': processes[:1].res_model,
            'target_id': target.id,
        })

    @api.model
    def _get_selection_action(self, documents):
        """The dialog that migrates chosen documents."""
        self.env['sop.process']._check_sop_manager()
        documents.check_access('read')
        # sudo: a position may lie in a process of another company.
        processes = documents.sudo().sop_process_id.sudo(False)
        return self._open_wizard({
            'process_ids': [Command.set(processes.ids)],
            'res_model': documents._name,
            'document_ids': documents.ids,
            'target_id': self._get_default_target(processes).id,
        })

    @api.model
    def _open_wizard(self, values):
        wizard = self.create(values)
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Migrate Documents"),
            'res_model': self._name,
            'res_id': wizard.id,
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'dialog_size': 'extra-large'},
        }

    @api.model
    def _get_default_target(self, processes):
        return self.env['sop.process'].search([
            ('code', 'in', processes.mapped('code')), ('state', '=', 'published'), ('id', 'not in', processes.ids),
        ], limit=1)

    # ------------------------------------------------------------
    # PREVIEW
    # ------------------------------------------------------------

    @api.depends('process_ids', 'res_model')
    def _compute_allowed_target_ids(self):
        for migration in self:
            other = Domain('res_model', '=', migration.res_model)
            if len(migration.process_ids) == 1 and not migration._get_outside_count():
                other &= Domain('id', 'not in', migration.process_ids.ids)
            # Back to where they came from must be possible as well.
            earlier = Domain('state', '=', 'retired') & Domain('code', 'in', migration.process_ids.mapped('code'))
            migration.allowed_target_ids = self.env['sop.process'].search(
                other & (Domain('state', '=', 'published') | earlier))

    @api.depends('target_id', 'mode')
    def _compute_line_ids(self):
        for migration in self:
            stages = migration.mode == 'move' and migration.target_id.stage_ids or self.env['sop.stage']
            by_code = {stage.code: stage.id for stage in stages}
            migration.line_ids = [Command.clear()] + [
                Command.create({
                    'from_stage_id': stage.id,
                    'document_count': count,
                    'to_stage_id': by_code.get(stage.code, False),
                })
                for stage, count in migration._get_stage_counts()
            ]

    @api.depends('line_ids.document_count', 'document_ids', 'target_id', 'mode')
    def _compute_document_count(self):
        for migration in self:
            inside = sum(migration.line_ids.mapped('document_count'))
            outside = migration._get_outside_count() if migration.mode == 'move' and migration.target_id else 0
            migration.document_count = inside + outside
            migration.skipped_count = max(len(migration.document_ids or ()) - inside - outside, 0)

    @api.depends('target_id', 'mode', 'line_ids.to_stage_id')
    @api.depends_context('lang')
    def _compute_preview(self):
        for migration in self:
            migration.preview = self.env['ir.qweb']._render('sales_sop.migration_preview', {
                'migration': migration,
                'evidence': migration._get_evidence() if migration.mode == 'move' and migration.target_id else [],
                'lines': [line._get_difference() for line in migration.line_ids] if migration.target_id else [],
                'outside': migration._get_outside_counts() if migration.target_id else [],
            })

    @api.depends('line_ids.document_count', 'target_id', 'mode')
    def _compute_document_list(self):
        for migration in self:
            documents = migration._search_readable(LIST_LIMIT)
            migration.document_list = self.env['ir.qweb']._render('sales_sop.migration_documents', {
                'documents': documents,
                'more': max(migration.document_count - len(documents), 0),
            })

    def _search_readable(self, limit):
        """Documents of the migration that the user may read."""
        documents = self.env[self.res_model]
        if not documents.has_access('read'):
            return documents
        return documents.with_context(active_test=False).search(
            self._get_domain(), limit=limit, order='sop_stage_id, id')

    def _get_documents(self):
        # sudo: the manager of the procedure decides about all documents that follow it.
        return self.env[self.res_model].sudo().with_context(active_test=False)

    def _get_domain(self):
        """Running documents that follow one of the processes."""
        domain = Domain('sop_outcome', '=', 'open') & Domain('sop_process_id', 'in', self.process_ids.ids)
        if self.document_ids:
            domain &= Domain('id', 'in', self.document_ids)
        return domain & self._get_company_domain()

    def _get_company_domain(self):
        """The documents of the companies the manager works in."""
        if 'company_id' not in self.env[self.res_model]._fields:
            return Domain.TRUE
        return Domain('company_id', 'in', [*self.env.companies.ids, False])

    def _get_stage_counts(self):
        """[(stage, number of documents)] in the order of the process"""
        counts = self._get_documents()._read_group(self._get_domain(), ['sop_stage_id'], ['__count'])
        return sorted(counts, key=lambda pair: (pair[0].process_id.id, pair[0].sequence, pair[0].id))

    def _get_outside_domain(self):
        """Chosen documents that follow no process."""
        domain = Domain('id', 'in', self.document_ids or []) & Domain('sop_process_id', '=', False)
        domain &= self._get_company_domain()
        return domain & self.env[self.res_model]._get_sop_open_domain()

    def _get_outside_count(self):
        if not self.document_ids:
            return 0
        if not self.target_id:
            return self._get_documents().search_count(self._get_outside_domain(), limit=1)
        return sum(count for __, count in self._get_outside_counts())

    def _get_outside_counts(self):
        """[(stage of the target, number)] of documents that enter where their own stage stands"""
        if not self.document_ids or self.mode != 'move':
            return []
        documents = self._get_documents()
        counts = [
            (stage, documents.search_count(self._get_outside_domain() & documents._get_sop_at_stage_domain(stage)))
            for stage in self.target_id.stage_ids
        ]
        return [(stage, count) for stage, count in counts if count]

    def _get_evidence(self):
        """Live evidence per item: how much there is, and whether it counts in the target."""
        keys = {(item.code, item.kind) for item in self.target_id.stage_ids.requirement_ids}
        codes = {code for code, __ in keys}
        field = self._get_documents()._sop_document_field
        # sudo: evidence is counted, not shown.
        counts = self.env['sop.check'].sudo()._read_group(
            Domain(field, 'any', self._get_domain()) & Domain('revoked_date', '=', False)
            & Domain('process_id', 'in', self.process_ids.ids),
            ['requirement_id'], ['__count'])
        counts.sort(key=lambda pair: (pair[0].stage_id.sequence, pair[0].sequence, pair[0].id))
        return [{
            'name': item.display_name,
            'count': count,
            'carried': (item.code, item.kind) in keys,
            'reason': self.env._("its kind is another one") if item.code in codes else self.env._("no such item"),
        } for item, count in counts]

    # ------------------------------------------------------------
    # APPLY
    # ------------------------------------------------------------

    def action_apply(self):
        """Write the new positions and one line of the log for each document."""
        self.ensure_one()
        self.env['sop.process']._check_sop_manager()
        self._check_complete()
        count = sum(self._migrate(line.from_stage_id, line.to_stage_id) for line in self.line_ids)
        if self.mode == 'move' and self.document_ids:
            for stage, __ in self._get_outside_counts():
                count += self._migrate_outside(stage)
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': self.env._("%s documents were migrated.", count),
                'next': {'type': 'ir.actions.act_window_close'},
            },
        }

    def _check_complete(self):
        if self.mode == 'release':
            if not (self.reason or '').strip():
                raise UserError(self.env._("Say why these documents leave the procedure."))
        elif not self.target_id:
            raise UserError(self.env._("Choose the version the documents move to."))
        elif self.target_id not in self.allowed_target_ids:
            raise UserError(self.env._("%s cannot take these documents. Choose another.", self.target_id.display_name))
        missing = self.line_ids.filtered(lambda line: not line.to_stage_id)
        if self.mode == 'move' and missing:
            raise UserError(self.env._(
                "Choose a stage of %(target)s for: %(stages)s.", target=self.target_id.display_name,
                stages=', '.join(line.from_stage_id.name or '–' for line in missing)))
        jumping = self.line_ids.filtered(
            lambda line: line.from_process_id == self.target_id and line.to_stage_id != line.from_stage_id)
        if self.mode == 'move' and jumping:
            raise UserError(self.env._(
                "Documents in %s stay there: within one version they move by their own stage and its gate.",
                jumping[0].from_stage_id.name))
        if self.line_ids.to_stage_id.process_id - self.target_id:
            raise UserError(self.env._("Choose stages of %s only.", self.target_id.display_name))
        if {stage for stage, __ in self._get_stage_counts()} - set(self.line_ids.from_stage_id):
            raise UserError(self.env._(
                "Documents have moved to other stages in the meantime. Close this window and open it again."))
        self._check_sop_company()

    def _check_sop_company(self):
        company = self.target_id.company_id
        documents = self._get_documents()
        if self.mode == 'move' and company and 'company_id' in documents._fields:
            strangers = documents.search(
                (self._get_domain() | self._get_outside_domain())
                & Domain('company_id', 'not in', [company.id, False]), limit=1)
            if strangers:
                raise UserError(self.env._(
                    "%(document)s belongs to another company than %(process)s. Leave it out.",
                    document=strangers.display_name, process=self.target_id.display_name))

    def _migrate(self, from_stage, to_stage):
        domain = self._get_domain() & Domain('sop_stage_id', '=', from_stage.id)
        return self._migrate_domain(domain, from_stage, to_stage)

    def _migrate_outside(self, to_stage):
        domain = self._get_outside_domain() & self._get_documents()._get_sop_at_stage_domain(to_stage)
        return self._migrate_domain(domain, to_stage.browse(), to_stage)

    def _migrate_domain(self, domain, from_stage, to_stage):
        documents = self._get_documents()
        ids = documents.search(domain, order='id').ids
        for batch_ids in split_every(BATCH_SIZE, ids):
            self._migrate_batch(documents.browse(batch_ids), from_stage, to_stage)
            # Only the ids of a long run stay in memory.
            self.env.flush_all()
            documents.browse(batch_ids).invalidate_recordset(flush=False)
        return len(ids)

    def _migrate_batch(self, documents, from_stage, to_stage):
        if to_stage:
            documents._sop_carry_checks(to_stage.process_id)
        self._log_batch(documents, from_stage, to_stage)
        documents._sop_bulk_update(
            Domain('id', 'in', documents.ids), self._prepare_position_values(from_stage, to_stage))
        if to_stage:
            documents._sop_update_deadline()

    def _log_batch(self, documents, from_stage, to_stage):
        now = fields.Datetime.now()
        cause = SopMoveCause(self._get_reason(), 'migrated' if to_stage else 'released')
        days = documents._get_sop_days(documents, now)
        as_engine(self.env['sop.transition']).create([
            self._prepare_transition_values(document, from_stage, to_stage, cause, now, days[document.id])
            for document in documents
        ])

    def _prepare_transition_values(self, document, from_stage, to_stage, cause, now, days):
        move = SopMove(
            document, (to_stage or from_stage).process_id, cause.kind, from_stage, to_stage, to_stage.browse())
        values = document._prepare_sop_transition_values(move, cause, now)
        # A stage that goes on is counted once, when it is left.
        goes_on = from_stage.code == to_stage.code
        return {**values, 'days': 0.0 if goes_on else days, 'was_late': values['was_late'] and not goes_on}

    def _get_reason(self):
        if self.reason:
            return self.reason
        return self.env._("Migrated to %s.", self.target_id.display_name)

    def _prepare_position_values(self, from_stage, to_stage):
        if not to_stage:
            return {**dict.fromkeys(self._get_documents()._sop_position_fields), 'sop_outcome': 'released'}
        values = {
            'sop_process_id': to_stage.process_id.id,
            'sop_stage_id': to_stage.id,
            'sop_entry_stage_id': to_stage.id,
            'sop_outcome': 'open',
        }
        if from_stage.code != to_stage.code:
            values['sop_stage_date'] = fields.Datetime.now()
        return values
