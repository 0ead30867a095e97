import logging
import re

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.models import fix_import_export_id_paths
from odoo.tools import email_normalize, format_date
from odoo.tools.lru import LRU

from ..credit_code import normalize_code, read_code
from ..import_run import LOOKUP_KEY, ImportRow, ImportRun, Lookups, get_run

_logger = logging.getLogger(__name__)

# Rows that are tried again together after one of their batch was refused by the database.
CHUNK = 40
EMAIL = re.compile(r'[^@\s]+@[^@\s]+\.[^@\s]+')
MAX_LENGTH = 1000
OWNER_FIELDS = frozenset({'user_id', 'team_id'})
# On these it depends in which team and stage a new lead is.
PLACE_FIELDS = ('user_id', 'team_id', 'type', 'stage_id')
MIN_PHONE_DIGITS = 5


class CrmLead(models.Model):
    """Leads from a file: each row is checked, compared and told what became of it; a bad row costs itself only."""

    _inherit = 'crm.lead'

    @api.model
    def get_import_templates(self):
        # One template per page: the key Odoo's page gives a second one is not unique.
        if not self.env.context.get('default_sop_list_id'):
            return super().get_import_templates()
        # Columns are found by the names the fields have in the language of the user.
        suffix = '_zh' if (self.env.lang or '').startswith('zh') else ''
        return [{
            'label': self.env._("Import Template for Prospect Lists"),
            'template': f'/sales_sop/static/import/crm_lead{suffix}.xlsx',
        }]

    @api.model
    def load(self, fields, data):
        """As Odoo's, but each row stands for itself: good rows come in, the others are told why not.

        A message of an ignored row is a warning; ``sop_rows`` of the result tells of each row what
        became of it: ``{row, name, result, reason}`` (S1.3).
        """
        if not self._is_sop_guided_import():
            return super().load(fields, data)
        run = get_run(self.env) or ImportRun(date=self.env.cr.now())
        prospects = self._get_sop_import_list()
        names = [fix_import_export_id_paths(name) for name in fields]
        limit = self.env.context.get('_import_limit') or float('inf')
        cells = self._sop_clean_cells(names, data, run)
        savepoint = self.env.cr.savepoint()
        rows = self._sop_read_rows(names, cells, limit, run, savepoint)
        self._sop_check_rows(rows)
        if self.env.context.get('name_create_enabled_fields'):
            # What was made for rows that do not come in must not stay.
            self._sop_skip_duplicates(rows, run, prospects)
            savepoint.rollback()
            self._sop_read_again(names, cells, run, savepoint, rows)
        pending = rows
        while pending:
            self._sop_skip_duplicates(pending, run, prospects)
            coming = [row for row in pending if not row.result]
            self._sop_place_rows(coming)
            self._sop_write_rows(coming)
            pending = self._sop_release_rows(rows, run)
        savepoint.close(rollback=False)
        leads = self.browse([row.lead_id for row in rows if row.result in ('imported', 'updated')])
        if not run.dryrun:
            became = {row.number: row.lead_id for row in rows}
            for row in rows:
                row.duplicate_lead_id = row.duplicate_lead_id or became.get(row.duplicate_row, 0)
            self.env['sop.import.line']._keep(rows, run, prospects)
            leads._sop_regrade(self.env._("Imported"))
        return self._prepare_sop_load_result(rows, leads, limit)

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    @api.model
    def _is_sop_guided_import(self):
        """Whether rows of a file are checked here: those of a prospect list, and all where a process is in use."""
        # Data files of modules are loaded while the registry is not ready.
        return self.pool.ready and bool(self.env.context.get('default_sop_list_id') or self._is_sop_in_use())

    @api.model
    def _get_sop_import_list(self):
        list_id = self.env.context.get('default_sop_list_id')
        prospects = self.env['sop.prospect.list'].browse(list_id if type(list_id) is int else ()).exists()
        if list_id and not prospects:
            raise UserError(self.env._("The prospect list is gone. Open another one and import into it."))
        prospects.check_access('write')
        return prospects

    @api.model
    def _sop_clean_cells(self, names, data, run):
        """The cells as text, each row as long as the heading; what cannot be text is kept with the row."""
        dated = {
            index for index, path in enumerate(names)
            if len(path) == 1 and path[0] in self._fields and self._fields[path[0]].type in ('date', 'datetime')}
        cells = []
        for number, row in enumerate(data):
            if not all(type(cell) is str for cell in row):
                row = [
                    cell if isinstance(cell, str) or (cell and index in dated) else self._sop_get_text(cell)
                    for index, cell in enumerate(row)]
            if len(row) != len(names):
                row = [*row, *[''] * len(names)][:len(names)]
            reasons = list(filter(None, map(self._get_sop_text_message, names, row)))
            if reasons:
                run.bad_cells.setdefault(number, []).extend(reasons)
                row = [cell.replace('\0', '') if isinstance(cell, str) else cell for cell in row]
            cells.append(row)
        return cells

    @api.model
    def _sop_get_text(self, cell):
        return '' if cell is None or cell is False else str(cell)

    @api.model
    def _get_sop_text_message(self, path, cell):
        if not isinstance(cell, str) or not cell:
            return None
        if '\0' in cell:
            return self.env._("%s holds a character that cannot be stored.", self._get_sop_import_label(path))
        if cell[0] == '=':
            return self.env._("%s holds a formula. Enter its value.", self._get_sop_import_label(path))
        if len(cell) > MAX_LENGTH and path[0] in self._fields and self._fields[path[0]].type != 'html':
            return self.env._(
                "%(field)s has %(count)s characters; at most %(limit)s are taken.",
                field=self._get_sop_import_label(path), count=len(cell), limit=MAX_LENGTH)
        return None

    @api.model
    def _get_sop_import_label(self, path):
        return self.env['ir.model.fields']._get(self._name, path[0] or '').sudo().field_description or str(path[0])

    @api.model
    def _sop_read_rows(self, names, cells, limit, run, savepoint):
        """The rows of the file as Odoo's converters understand them, with what they object to."""
        log = []
        # The rows before are not flushed for a name that is looked up: leads are not found by name here.
        model = self.with_context(
            import_file=True, import_flush=lambda **kwargs: None, import_cache=LRU(1024),
            _import_current_module=self.env.context.get('module', '__import__'), **{LOOKUP_KEY: Lookups()})
        extracted = model._extract_records(names, cells, log=log.append, limit=limit)
        rows = []
        for lead_id, xml_id, values, info in model._convert_records(extracted, log=log.append, savepoint=savepoint):
            span = info['rows']
            row = ImportRow(
                number=run.first_row + span['from'], index=span['from'], last_index=span['to'], xml_id=xml_id or '',
                values=values, lead_id=lead_id or 0)
            errors = [message['message'] for message in log if message.get('type') == 'error']
            errors += [
                reason for index in range(span['from'], span['to'] + 1) for reason in run.bad_cells.get(index, ())]
            if errors:
                row.refuse(*errors)
            log.clear()
            rows.append(row)
        return rows

    @api.model
    def _sop_read_again(self, names, cells, run, savepoint, rows):
        """Convert the rows that come in once more, and only them."""
        wanted = {row.index: row for row in rows if not row.result}
        spans = [index for row in wanted.values() for index in range(row.index, row.last_index + 1)]
        again = self._sop_read_rows(
            names, [cells[index] for index in spans], float('inf'), ImportRun(date=run.date), savepoint)
        for row, read in zip(wanted.values(), again, strict=True):
            row.values = {**read.values, 'name': row.values.get('name') or read.values.get('name')}
            if read.reasons:
                row.refuse(*read.reasons)

    # ------------------------------------------------------------
    # JUDGING
    # ------------------------------------------------------------

    @api.model
    def _sop_check_rows(self, rows):
        """Refuse what is wrong in itself, and find the keys of the others."""
        self._sop_find_updated(rows)
        for row in rows:
            if not row.lead_id:
                # An empty cell is what nobody has said: defaults fill it, but for whose lead it is.
                row.values = {
                    name: value for name, value in row.values.items() if value is not False or name in OWNER_FIELDS}
        # sudo: what identifies a customer does not depend on who may read him.
        partners = self.env['res.partner'].sudo().browse({row.values['partner_id'] for row in rows
                                                          if row.values.get('partner_id')})
        lists = self.env['sop.prospect.list'].browse({row.values['sop_list_id'] for row in rows
                                                      if row.values.get('sop_list_id')})
        foreign = set((lists - lists._filtered_access('write')).ids)
        for row in rows:
            row.name = self._get_sop_row_name(row)
            row.refuse(*self._get_sop_row_messages(row))
            if row.values.get('sop_list_id') in foreign:
                row.refuse(self.env._("Nothing can be imported into this prospect list. Choose one of your company."))
            if not row.result:
                row.keys = self._get_sop_row_keys(row, partners)

    @api.model
    def _sop_find_updated(self, rows):
        """Rows with the external id of a lead change that lead."""
        module = self.env.context.get('module', '__import__')
        named = {}
        for row in rows:
            if row.xml_id:
                row.xml_id = row.xml_id if '.' in row.xml_id else f'{module}.{row.xml_id}'
                named[row.xml_id] = row
            elif row.lead_id:
                row.values['id'] = row.lead_id
        if named:
            # sudo: which record has an external id does not depend on who may read it.
            for __, module, name, model, res_id, __, found_id in self.env['ir.model.data'].sudo()._lookup_xmlids(
                    list(named), self):
                if model == self._name and found_id:
                    named[f'{module}.{name}'].lead_id = res_id

    @api.model
    def _get_sop_row_name(self, row):
        names = (row.values.get(name) for name in ('name', 'partner_name', 'contact_name'))
        return next((name for name in names if isinstance(name, str) and name.strip()), '')

    @api.model
    def _get_sop_row_messages(self, row):
        """What no field would refuse, but nobody wants in the pipeline."""
        values = row.values
        if row.name and not row.lead_id:
            values['name'] = values.get('name') or row.name
        elif not row.lead_id or ('name' in values and not values['name']):
            yield self.env._("The row has no name, neither of the lead nor of a company or a person.")
        for name in self.env.context.get('import_skip_records') or ():
            if values.get(name) is None:
                yield self.env._(
                    "%s is unknown, and the row is to be skipped then.", self._get_sop_import_label([name]))
        if values.get('sop_credit_code'):
            values['sop_credit_code'] = normalize_code(values['sop_credit_code'])
            if message := self._get_sop_code_message(values['sop_credit_code']):
                yield message
        email, phone = values.get('email_from'), values.get('phone')
        if email and not EMAIL.fullmatch(email_normalize(email, strict=False) or ''):
            yield self.env._("“%s” is no e-mail address.", email)
        if phone and sum(map(str.isdigit, phone)) < MIN_PHONE_DIGITS:
            yield self.env._("“%s” is no phone number.", phone)
        yield from self._get_sop_amount_messages(values)
        yield from self._get_sop_stage_messages(values)

    @api.model
    def _get_sop_amount_messages(self, values):
        for name in ('expected_revenue', 'recurring_revenue'):
            if (values.get(name) or 0) < 0:
                yield self.env._("%s is negative.", self._get_sop_import_label([name]))
        if not 0 <= (values.get('probability') or 0) <= 100:
            yield self.env._("The probability must lie between 0 and 100.")

    @api.model
    def _get_sop_stage_messages(self, values):
        stage = self.env['crm.stage'].browse(values.get('stage_id') or ())
        team = self.env['crm.team'].browse(values.get('team_id') or self.env.context.get('default_team_id') or ())
        if stage.team_ids and team and team not in stage.team_ids:
            yield self.env._(
                "The stage %(stage)s is not one of the sales team %(team)s.",
                stage=stage.display_name, team=team.display_name)

    @api.model
    def _get_sop_row_keys(self, row, partners):
        values = row.values
        partner = partners.browse(values.get('partner_id') or ()).with_prefetch(partners._prefetch_ids)
        codes = [values.get('sop_credit_code')]
        if partner:
            company = partner.commercial_partner_id
            codes += [read_code(company.vat), read_code(company.company_registry)]
        phone = values.get('phone')
        if phone:
            country = self.env['res.country'].browse(values.get('country_id') or ())
            phone = self._phone_format(
                number=phone, country=country or partner.country_id or self.env.company.country_id)
        return self._prepare_sop_keys(
            codes, phone, values.get('partner_name') or values.get('contact_name') or values.get('name'),
            values.get('email_from') and email_normalize(values['email_from'], strict=False))

    # ------------------------------------------------------------
    # WHAT IS THERE ALREADY
    # ------------------------------------------------------------

    @api.model
    def _sop_skip_duplicates(self, rows, run, prospects):
        rows = [row for row in rows if not row.result]
        # Whoever changes a lead says which one he means.
        keys = {key for row in rows if not row.lead_id for key in row.keys}
        # sudo: a lead of another salesperson and a customer of his are duplicates as well; their names are told.
        leads_sudo = self.sudo()
        matches, customers = leads_sudo._search_sop_matches(keys), leads_sudo._search_sop_customers(keys)
        for row in rows:
            if not row.lead_id:
                self._sop_compare_row(row, run, matches, customers, prospects)
            if not row.result:
                for key in row.keys:
                    run.seen.setdefault(key, (row.number, row.name))

    @api.model
    def _sop_compare_row(self, row, run, matches, customers, prospects):
        company_id = row.values.get('company_id') or prospects.company_id.id or self.env.company.id
        for key in row.keys:
            label = self._get_sop_key_label(key[0])
            if run.seen.get(key, (row.number,))[0] != row.number:
                row.duplicate_row, name = run.seen[key]
                row.result = 'duplicate'
                row.reasons = [self.env._(
                    "Duplicate of row %(row)s “%(name)s” (%(key)s)", row=row.duplicate_row, name=name, key=label)]
                return
            for lead_id, other_id in matches.get(key, ()):
                if self._is_sop_same_company(company_id, other_id):
                    row.result, row.duplicate_lead_id = 'duplicate', lead_id
                    row.reasons = [self._get_sop_match_text(self.sudo().browse(lead_id), label)]
                    return
            for partner_id, other_id in customers.get(key, ()):
                if self._is_sop_same_company(company_id, other_id) and not self._is_sop_customer(row, partner_id):
                    row.result = 'duplicate'
                    customer_sudo = self.env['res.partner'].sudo().browse(partner_id)
                    row.reasons = [self._get_sop_customer_text(customer_sudo, label)]
                    return

    @api.model
    def _is_sop_customer(self, row, partner_id):
        """Whether the row itself says that it is about this customer."""
        partner = self.env['res.partner'].sudo().browse(row.values.get('partner_id') or ())
        return partner.commercial_partner_id.id == partner_id

    @api.model
    def _get_sop_match_text(self, lead, label):
        return self.env._(
            "Duplicate of “%(lead)s” (%(owner)s, %(date)s; %(key)s)", lead=lead.name,
            owner=lead.user_id.name or self.env._("no salesperson"),
            date=format_date(self.env, lead.create_date), key=label)

    @api.model
    def _get_sop_customer_text(self, partner, label):
        return self.env._(
            "A customer already: “%(customer)s” (%(owner)s; %(key)s)", customer=partner.name,
            owner=partner.user_id.name or self.env._("no salesperson"), key=label)

    @api.model
    def _sop_release_rows(self, rows, run):
        """The rows that were taken for duplicates of a row which did not come in after all."""
        refused = {row.number for row in rows if row.result == 'refused'}
        run.seen = {key: seen for key, seen in run.seen.items() if seen[0] not in refused}
        released = [row for row in rows if row.result == 'duplicate' and row.duplicate_row in refused]
        for row in released:
            row.result, row.reasons, row.duplicate_row = None, [], 0
        return released

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    @api.model
    def _sop_place_rows(self, rows):
        """Give new leads the team and the stage Odoo would give them, asked for once and not for each lead."""
        defaults = self.default_get(list(PLACE_FIELDS))
        places = {}
        for row in rows:
            if row.lead_id:
                continue
            values = {name: row.values[name] for name in PLACE_FIELDS if name in row.values}
            key = tuple(sorted(values.items()))
            if key not in places:
                lead = self.new({**defaults, **values})
                places[key] = {'team_id': lead.team_id.id, 'stage_id': lead.stage_id.id}
            row.values = {**places[key], **row.values}

    @api.model
    def _sop_write_rows(self, rows):
        """Create and change leads; what the database or a rule refuses is refused alone."""
        if not rows:
            return
        reason = self._sop_write_batch(rows)
        if reason and len(rows) == 1:
            rows[0].refuse(reason)
        elif reason:
            size = CHUNK if len(rows) > CHUNK else 1
            for start in range(0, len(rows), size):
                self._sop_write_rows(rows[start:start + size])

    @api.model
    def _sop_write_batch(self, rows):
        """Write these rows or none of them; return why not."""
        context = self.env.context
        data_list = [{
            'xml_id': row.xml_id or False, 'values': dict(row.values), 'info': {},
            'noupdate': context.get('noupdate', False),
        } for row in rows]
        try:
            with self.env.cr.savepoint():
                leads = self.with_context(import_file=True)._load_records(data_list, context.get('mode') == 'update')
        except psycopg2.OperationalError:
            # Two transactions met: the request is tried again as a whole.
            raise
        except UserError as error:
            return str(error)
        except psycopg2.Error as error:
            return self._sql_error_to_message(error)
        except Exception as error:  # as Odoo's load: whatever a row sets off concerns that row
            _logger.debug("A row could not be imported", exc_info=True)
            return self.env._("The row cannot be stored: %s", error)
        for row, lead in zip(rows, leads, strict=True):
            row.result = 'updated' if row.lead_id else 'imported'
            row.lead_id = lead.id
        return None

    @api.model
    def _prepare_sop_load_result(self, rows, leads, limit):
        """What Odoo's ``load`` returns, and what became of each row (``sop_rows``).

        A message would end the import after this batch: a client of the importer gets the rows alone.
        """
        next_row = rows[-1].last_index + 1 if rows else 0
        messages = [] if self.env.context.get('import_file') else [{
            'type': 'warning', 'message': '\n'.join(row.reasons), 'record': number,
            'rows': {'from': row.index, 'to': row.last_index},
        } for number, row in enumerate(rows) if row.reasons]
        return {
            'ids': leads.ids,
            'messages': messages,
            'nextrow': 0 if next_row < limit else next_row,
            'sop_rows': [
                {'row': row.number, 'name': row.name, 'result': row.result, 'reason': '\n'.join(row.reasons)}
                for row in rows],
        }
