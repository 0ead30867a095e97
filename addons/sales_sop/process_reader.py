"""Reads the file of an exported process and says what does not resolve."""

import copy
import json

from odoo.fields import Command, Domain
from odoo.tools.mail import html_sanitize

FORMAT = 1
REQUIRED = {
    'sop.process': ('code', 'name', 'res_model'),
    'sop.stage': ('code', 'name'),
    'sop.requirement': ('code', 'name', 'kind'),
}
# Without these a process still makes sense: the assistant asks for them again.
OPTIONAL_COMODELS = frozenset({'crm.team', 'crm.stage'})

# What a column of numbers can hold
MAX_INTEGER = 2 ** 31 - 1


class ProcessReader:
    """Collects every error and warning of a file, and the values to create a process with.

    ``errors`` keep the file from being imported; ``warnings`` tell what will be missing.
    """

    def __init__(self, env, company):
        self.env = env
        self.company = company
        self.errors = []
        self.warnings = []
        self.data = {}
        self.vals = {}
        self.translations = []
        self._languages = {'en_US', *(code for code, __ in env['res.lang'].get_installed())}
        self._unknown_languages = set()
        self._is_malformed = False
        self._fields = env['sop.process']._get_exchange_fields()

    def read_process(self, content):
        """Read a file (bytes or text) or its decoded content."""
        data = copy.deepcopy(content) if isinstance(content, dict) else self._decode(content)
        if self.errors:
            return self
        if not isinstance(data, dict) or data.get('format') != FORMAT or not isinstance(data.get('process'), dict):
            self.errors.append(self.env._(
                "This is no process of Sales SOP in format %s. Export it again with Export.", FORMAT))
            return self
        self.data = data['process']
        self.vals = self._read_record('sop.process', self.data, self.env._("Process"))
        if not self._is_malformed:
            self._check_process()
        if self._unknown_languages:
            self.warnings.append(self.env._(
                "Texts in %s are left out: these languages are not active here.",
                ', '.join(sorted(self._unknown_languages))))
        return self

    def _decode(self, content):
        try:
            if isinstance(content, bytes):
                content = content.decode('utf-8-sig')
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            self.errors.append(self.env._("The file is not readable JSON: %s", error))
        return None

    # ------------------------------------------------------------
    # RECORDS
    # ------------------------------------------------------------

    def _read_record(self, model_name, data, where):
        known = self._fields[model_name]
        for key in data.keys() - set(known):
            self._error(where, self.env._("unknown key “%s”.", key))
        for name in REQUIRED[model_name]:
            if not data.get(name):
                self._error(where, self.env._("“%s” is missing.", name))
        model = self.env[model_name]
        vals = {}
        for name in known:
            field = model._fields[name]
            if name not in data:
                # What a file leaves out has its usual value.
                data[name] = field.default(model) if field.default else [] if field.type.endswith('2many') else False
            elif data[name] not in (False, None, '') or field.type in ('boolean', 'integer'):
                vals[name] = self._read_value(field, data[name], data, where)
        return vals

    def _read_value(self, field, value, data, where):
        if field.type == 'one2many':
            return self._read_lines(field, value, where)
        if getattr(field, 'translate', False):
            return self._read_texts(field, value, data, where)
        reader = getattr(self, f'_read_{field.type}')
        return reader(field, value, data, where)

    def _read_lines(self, field, value, where):
        if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
            self._type_error(field, where)
            return []
        label = {
            'sop.stage': lambda code: self.env._("Stage %s", code),
            'sop.requirement': lambda code: self.env._("Item %s", code),
        }[field.comodel_name]
        return [
            Command.create({
                **self._read_record(field.comodel_name, line, label(line.get('code') or number)),
                'sequence': number * 10,
            })
            for number, line in enumerate(value, start=1)
        ]

    def _read_texts(self, field, value, data, where):
        texts = {'en_US': value} if isinstance(value, str) else value or {}
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            self._type_error(field, where)
            return False
        self._unknown_languages |= texts.keys() - self._languages
        source = texts.get('en_US') or next(iter(texts.values()), False)
        others = {lang: text for lang, text in texts.items() if lang in self._languages and lang != 'en_US'}
        if source and others:
            self._add_translations(field, data.get('code'), source, others, where)
        return source

    def _add_translations(self, field, code, source, others, where):
        if callable(field.translate):
            source = html_sanitize(source)
            terms = field.get_trans_terms(source)
            pairs = {}
            for lang, text in others.items():
                translated = field.get_trans_terms(html_sanitize(text))
                if len(translated) == len(terms):
                    pairs[lang] = dict(zip(terms, translated, strict=True))
                else:
                    self._warning(where, self.env._(
                        "“%(field)s” in %(lang)s is left out: it is not built like the English text.",
                        field=field.name, lang=lang))
            others = pairs
        self.translations.append((field.model_name, code, field.name, others))

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    def _read_char(self, field, value, data, where):
        if value and (not isinstance(value, str) or '\0' in value):
            self._type_error(field, where)
            return False
        return value or False

    _read_text = _read_char

    def _read_boolean(self, field, value, data, where):
        if not isinstance(value, bool):
            self._type_error(field, where)
        return bool(value)

    def _read_integer(self, field, value, data, where):
        minimum = 1 if field.name == 'min_count' else 0
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= MAX_INTEGER:
            self._error(where, self.env._(
                "“%(field)s” must be a whole number from %(minimum)s.", field=field.name, minimum=minimum))
            return minimum
        return value

    def _read_selection(self, field, value, data, where):
        if value and not isinstance(value, str):
            self._type_error(field, where)
            return False
        if value and value not in field.get_values(self.env):
            self._error(where, self.env._(
                "“%(value)s” is no value of “%(field)s”.", value=value, field=field.name))
            return False
        return value or False

    def _read_many2one(self, field, value, data, where):
        if not value:
            return False
        if field.comodel_name == 'ir.model.fields':
            return self._find_field(value, where).id
        return self._find_reference(field, value, where).id

    def _read_many2many(self, field, value, data, where):
        if not isinstance(value or [], list):
            self._type_error(field, where)
            return []
        if field.comodel_name == 'ir.model.fields':
            found = [self._find_field(name, where).id for name in value or ()]
        else:
            found = [self._find_reference(field, reference, where).id for reference in value or ()]
        return [Command.set([record_id for record_id in found if record_id])]

    # ------------------------------------------------------------
    # REFERENCES
    # ------------------------------------------------------------

    def _find_field(self, name, where):
        # sudo: names of fields, not values.
        Field = self.env['ir.model.fields'].sudo()
        model_name = self.data.get('res_model')
        found = Field._get(model_name, name) if isinstance(name, str) and isinstance(model_name, str) else Field
        if not found:
            self._error(where, self.env._(
                "the field “%(field)s” does not exist on %(model)s here.",
                field=name, model=self.data.get('res_model')))
        return found

    def _find_reference(self, field, reference, where):
        model = self.env[field.comodel_name]
        if not isinstance(reference, dict):
            self._type_error(field, where)
            return model
        xmlid, name = reference.get('xmlid'), reference.get('name')
        if not all(isinstance(value or '', str) for value in (xmlid, name)):
            self._type_error(field, where)
            return model
        # sudo: only whether it exists here is asked.
        found = self.env.ref(xmlid, raise_if_not_found=False) if xmlid else None
        if found is not None and found._name == model._name:
            return found if self._is_allowed(found, where) else model
        if not xmlid or model._name in OPTIONAL_COMODELS:
            found = self._find_by_name(model, name)
            if found:
                return found
        message = self.env._(
            "%(kind)s “%(name)s” does not exist here.",
            kind=self.env['ir.model']._get(model._name).sudo().name, name=name or xmlid)
        if model._name in OPTIONAL_COMODELS:
            self._warning(where, self.env._("%s It is imported without.", message))
        else:
            self._error(where, message)
        return model

    def _find_by_name(self, model, name):
        """The one record of that name, in English or in the language of the user."""
        if not name:
            return model
        for lang in ('en_US', self.env.lang):
            # sudo: an export names what a manager may not read; nothing but its key is used.
            named = model.sudo().with_context(lang=lang).search([('name', '=', name)])
            found = named.filtered(self._is_of_company)
            if found:
                return found[:1].with_env(model.env)
        return model

    def _is_of_company(self, record):
        # sudo: which company it is of is no secret to its manager.
        company = record.sudo().company_id if 'company_id' in record._fields else None
        # A team of one company cannot work by a process for all companies.
        return not company or company == self.company or (not self.company and record._name != 'crm.team')

    def _is_allowed(self, record, where):
        if self._is_of_company(record):
            return True
        self._warning(where, self.env._(
            "“%s” belongs to another company. It is imported without.", record.sudo().display_name))
        return False

    # ------------------------------------------------------------
    # THE WHOLE
    # ------------------------------------------------------------

    def _check_process(self):
        process = self.data
        if process.get('res_model') not in self.env['sop.process']._fields['res_model'].get_values(self.env):
            return
        self._check_domain(process['res_model'], process.get('domain'), self.env._("Process"))
        self._check_domain(process['res_model'], process.get('fast_track_domain'), self.env._("Process"))
        stages = [stage for stage in process.get('stage_ids') or () if isinstance(stage, dict)]
        items = [
            item for stage in stages for item in stage.get('requirement_ids') or () if isinstance(item, dict)]
        self._check_codes(stages, lambda code: self.env._("Stage %s", code))
        self._check_codes(items, lambda code: self.env._("Item %s", code))
        for item in items:
            self._check_item(process['res_model'], item)

    def _check_codes(self, lines, label):
        seen = set()
        for line in lines:
            code = line.get('code')
            if not isinstance(code, str):
                continue
            if code in seen:
                self._error(label(code), self.env._("the code is used twice."))
            seen.add(code)

    def _check_item(self, res_model, item):
        where = self.env._("Item %s", item.get('code'))
        self._check_domain(res_model, item.get('domain'), where)
        if item.get('kind') == 'condition':
            self._check_domain(res_model, item.get('condition'), where)
        if item.get('kind') == 'record' and item.get('record_field_id'):
            field = self.env[res_model]._fields.get(item['record_field_id'])
            if field and field.comodel_name:
                self._check_domain(field.comodel_name, item.get('record_domain'), where)

    def _check_domain(self, model_name, value, where):
        if not value:
            return
        if not isinstance(value, str):
            self._error(where, self.env._("a condition must be a text."))
            return
        Process = self.env['sop.process']
        if error := Process._get_domain_error(model_name, value):
            self._error(where, error)
            return
        for path in self._get_id_paths(model_name, Process._parse_domain(value)):
            self._warning(where, self.env._(
                "the condition names a record of “%s” by its number, which is another one here. Choose it again.",
                path))

    def _get_id_paths(self, model_name, domain):
        """Paths of a domain that are compared with numbers of records."""
        for condition in domain.iter_conditions():
            values = condition.value if isinstance(condition.value, (list, tuple, set, frozenset)) else [
                condition.value]
            if isinstance(condition.value, Domain) or not any(
                    isinstance(value, int) and not isinstance(value, bool) for value in values):
                continue
            field = self._get_path_field(model_name, condition.field_expr)
            if field is not None and (field.relational or field.name == 'id'):
                yield condition.field_expr

    def _get_path_field(self, model_name, path):
        field = None
        for name in path.split('.'):
            field = self.env[model_name]._fields.get(name) if model_name else None
            if field is None:
                return None
            model_name = field.comodel_name
        return field

    def _type_error(self, field, where):
        self._is_malformed = True
        self._error(where, self.env._("“%s” has a value of the wrong kind.", field.name))

    def _error(self, where, problem):
        self.errors.append(self.env._("%(where)s: %(problem)s", where=where, problem=problem))

    def _warning(self, where, problem):
        self.warnings.append(self.env._("%(where)s: %(problem)s", where=where, problem=problem))
