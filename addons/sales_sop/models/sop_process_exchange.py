from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from ..engine import as_engine
from ..process_reader import FORMAT, ProcessReader

# Owners of external ids that mean something in one database only.
LOCAL_MODULES = frozenset({'__export__', '__import__', '__custom__'})


class SopProcess(models.Model):
    """A process as content: exported, imported, compared, and judged before it is published."""

    _inherit = 'sop.process'

    publish_problems = fields.Text(
        compute='_compute_publish_problems', help="What has to be put right before it can be published.")
    older_document_count = fields.Integer(
        compute='_compute_older_document_count', help="Running documents that still follow another version.")

    @api.depends_context('lang')
    def _compute_publish_problems(self):
        for process in self:
            origin = process._origin
            problems = origin.get_publish_problems() if origin and origin.state == 'draft' else []
            process.publish_problems = '\n'.join(f'• {problem}' for problem in problems)

    def _compute_older_document_count(self):
        for process in self:
            older = process._get_other_versions() if process.state == 'published' else self.browse()
            # sudo: the number tells a manager of the procedure what is left to migrate.
            process.older_document_count = older and self.env[process.res_model].sudo().search_count(
                Domain('sop_process_id', 'in', older.ids) & Domain('sop_outcome', '=', 'open'))

    def _get_other_versions(self):
        self.ensure_one()
        return self.search([
            ('code', '=', self.code), ('company_id', '=', self.company_id.id), ('id', 'not in', self._origin.ids)])

    def action_migrate_older(self):
        """Preview and move the documents of all other versions to this one."""
        self._check_sop_manager()
        self.ensure_one()
        return self.env['sop.migration']._get_action(self._get_other_versions(), self)

    # ------------------------------------------------------------
    # EXPORT
    # ------------------------------------------------------------

    @api.model
    def _get_exchange_fields(self):
        """``{model: names of the fields}`` that make a process, in the order of the file."""
        return {
            'sop.process': [
                'code', 'name', 'description', 'res_model', 'domain', 'fast_track_domain', 'quarantine', 'is_graded',
                'sequence', 'team_ids', 'stage_ids',
            ],
            'sop.stage': [
                'code', 'name', 'phase', 'guidance', 'day_limit', 'gate', 'activity_plan_id', 'crm_stage_ids',
                'fast_track_entry', 'requirement_ids',
            ],
            'sop.requirement': [
                'code', 'name', 'help', 'kind', 'mandatory', 'waivable', 'allow_na', 'role', 'source', 'clause',
                'domain', 'group_id', 'verify', 'verify_group_id', 'document_kind', 'min_count', 'valid_required',
                'field_ids', 'condition', 'message', 'record_field_id', 'record_domain',
            ],
        }

    def _export_process(self):
        """This version as plain data: keys and names, no ids, no people."""
        self.ensure_one()
        self.check_access('read')
        # sudo: names of groups, fields and teams; the content of the process itself may be read.
        return {
            'format': FORMAT,
            'version': self.version,
            'process': self.sudo().with_context(lang='en_US')._export_record(self),
        }

    def _export_record(self, record):
        record = record.with_env(self.env)
        return {
            name: self._export_value(record, record._fields[name])
            for name in self._get_exchange_fields()[record._name]
        }

    def _export_value(self, record, field):
        if field.type == 'one2many':
            return [self._export_record(line) for line in record[field.name]]
        if getattr(field, 'translate', False):
            return self._export_texts(record, field)
        if field.comodel_name == 'ir.model.fields':
            names = record[field.name].sorted('name').mapped('name')
            return names if field.type == 'many2many' else names[0] if names else False
        if field.type == 'many2many':
            return [self._export_reference(linked) for linked in record[field.name].sorted('id')]
        if field.type == 'many2one':
            return self._export_reference(record[field.name])
        return record[field.name]

    def _export_texts(self, record, field):
        languages = sorted({'en_US', *(code for code, __ in self.env['res.lang'].get_installed())})
        texts = {lang: record.with_context(lang=lang)[field.name] for lang in languages}
        return {lang: str(text) for lang, text in texts.items() if text}

    def _export_reference(self, record):
        if not record:
            return False
        xmlid = record.get_external_id()[record.id]
        if not xmlid or xmlid.split('.')[0] in LOCAL_MODULES:
            return {'name': record.name}
        return {'xmlid': xmlid, 'name': record.name}

    # ------------------------------------------------------------
    # IMPORT
    # ------------------------------------------------------------

    @api.model
    def _import_process(self, data, company=None):
        """A new draft from the data of :meth:`_export_process` (or the text of its file).

        :raise UserError: something does not resolve here; every such thing is named
        """
        self._check_sop_manager()
        self.check_access('create')
        company = company or self.env['res.company']
        reader = ProcessReader(self.env, company).read_process(data)
        if reader.errors:
            raise UserError(self.env._(
                "The process cannot be imported:\n%s", '\n'.join(f'• {error}' for error in reader.errors)))
        process = as_engine(self.with_context(lang='en_US')).create({
            **reader.vals, **self._prepare_import_values(reader.vals['code'], company)})
        process._import_translations(reader.translations)
        return process.with_env(self.env)

    def _prepare_import_values(self, code, company):
        last = self._get_last_version(code, company)
        return {
            'company_id': company.id,
            'version': last.version + 1,
            'previous_id': last.id,
        }

    @api.model
    def _get_last_version(self, code, company):
        # sudo: the highest number counts, whoever may read that version.
        return self.sudo().search(
            [('code', '=', code), ('company_id', '=', company.id)], order='version desc', limit=1)

    def _import_translations(self, translations):
        by_key = {
            (record._name, record.code): record
            for records in (self, self.stage_ids, self.stage_ids.requirement_ids) for record in records
        }
        for model_name, code, field_name, texts in translations:
            by_key[model_name, code].update_field_translations(field_name, texts)

    # ------------------------------------------------------------
    # COMPARISON
    # ------------------------------------------------------------

    @api.model
    def _compare_data(self, before, after):
        """What the exported process ``after`` changes against ``before``, for the comparison page."""
        old_items, new_items = self._index_items(before), self._index_items(after)
        old_stages = {stage['code']: stage for stage in before['stage_ids']}
        new_stages = {stage['code']: stage for stage in after['stage_ids']}
        stages = [
            self._compare_stage(old_stages.get(code), new_stages.get(code), old_items, new_items)
            for code in [*new_stages, *(code for code in old_stages if code not in new_stages)]
        ]
        changes = self._compare_record('sop.process', before, after)
        changes += self._compare_order(self.env._("Order of the stages"), list(old_stages), list(new_stages))
        return {
            'changes': changes,
            'stages': [stage for stage in stages if stage['status'] or stage['items']],
        }

    @api.model
    def _index_items(self, process):
        """``{code: (item, code of its stage)}``"""
        return {
            item['code']: (item, stage['code'])
            for stage in process['stage_ids'] for item in stage['requirement_ids']
        }

    def _compare_stage(self, before, after, old_items, new_items):
        code = (after or before)['code']
        old_codes = [item for item, (__, stage) in old_items.items() if stage == code]
        new_codes = [item for item, (__, stage) in new_items.items() if stage == code]
        entry = self._compare_entry('sop.stage', before, after)
        if before and after:
            entry['changes'] += self._compare_order(self.env._("Order of the items"), old_codes, new_codes)
            entry['status'] = 'changed' if entry['changes'] else ''
        items = [
            self._compare_item(old_items.get(item), new_items.get(item))
            for item in [*new_codes, *(item for item in old_codes if item not in new_items)]
        ]
        return {**entry, 'items': [item for item in items if item['status']]}

    def _compare_item(self, before, after):
        entry = self._compare_entry('sop.requirement', before and before[0], after and after[0])
        if before and after and before[1] != after[1]:
            entry['status'] = 'changed'
            entry['changes'].insert(0, {'label': self.env._("Stage"), 'before': before[1], 'after': after[1]})
        return entry

    def _compare_entry(self, model_name, before, after):
        changes = self._compare_record(model_name, before, after) if before and after else []
        return {
            'code': (after or before)['code'],
            'name': self._get_text((after or before)['name']),
            'status': 'added' if not before else 'removed' if not after else 'changed' if changes else '',
            'changes': changes,
        }

    def _compare_record(self, model_name, before, after):
        changes = []
        for name in self._get_exchange_fields()[model_name]:
            field = self.env[model_name]._fields[name]
            old, new = before.get(name), after.get(name)
            if field.type == 'one2many' or (old or False) == (new or False):
                continue
            label = field._description_string(self.env)
            if getattr(field, 'translate', False):
                changes += self._compare_texts(field, label, old or {}, new or {})
            else:
                changes.append({
                    'label': label, 'before': self._get_label(field, old), 'after': self._get_label(field, new)})
        return changes

    def _compare_texts(self, field, label, before, after):
        names = dict(self.env['res.lang'].get_installed())
        several = len(names) > 1
        changes = []
        for lang in sorted({*before, *after}):
            old, new = before.get(lang, ''), after.get(lang, '')
            if old != new and (lang in names or not several):
                if field.type == 'html':
                    old, new = html2plaintext(old), html2plaintext(new)
                changes.append({
                    'label': self.env._("%(field)s (%(language)s)", field=label, language=names.get(lang, lang))
                    if several else label,
                    'before': old, 'after': new})
        return changes

    def _compare_order(self, label, before, after):
        kept = set(before) & set(after)
        old, new = [code for code in before if code in kept], [code for code in after if code in kept]
        return [] if old == new else [{'label': label, 'before': ', '.join(old), 'after': ', '.join(new)}]

    def _get_text(self, texts):
        if isinstance(texts, str):
            return texts
        return texts.get(self.env.lang or 'en_US') or texts.get('en_US') or next(iter(texts.values()), '')

    def _get_label(self, field, value):
        """An exported value as people read it."""
        if field.type == 'selection':
            return dict(field._description_selection(self.env)).get(value, value or '')
        if field.type == 'boolean':
            return self.env._("Yes") if value else self.env._("No")
        if isinstance(value, list):
            return ', '.join(self._get_label(field, part) for part in value)
        if isinstance(value, dict):
            # sudo: only the name is shown.
            record = self.env.ref(value['xmlid'], raise_if_not_found=False) if value.get('xmlid') else None
            return record.sudo().display_name if record is not None else value.get('name', '')
        return '' if value is False or value is None else str(value)
