import io

from odoo import api, fields, models

from odoo.addons.base_import.models.base_import import ImportValidationError

from ..import_run import RUN_KEY, ErrorCell, ImportRun, get_run


class BaseImport(models.TransientModel):
    """Odoo's importer, where it brings leads into the procedure: a bad cell costs its row, not the file."""

    _inherit = 'base_import.import'

    sop_list_id = fields.Many2one('sop.prospect.list', string="Prospect List", ondelete='cascade')
    # What the batches before found in this file: {'dryrun', 'date', 'seen'}.
    sop_progress = fields.Json()

    def execute_import(self, fields, columns, options, dryrun=False):
        """Rows of a later batch are compared with those of the batches before, too."""
        if not self._is_sop_guided():
            return super().execute_import(fields, columns, options, dryrun=dryrun)
        run = self._prepare_sop_run(options, dryrun)
        importer = self.with_context(**{RUN_KEY: run})
        if self.sop_list_id:
            importer = importer.with_context(default_sop_list_id=self.sop_list_id.id)
        result = super(BaseImport, importer).execute_import(fields, columns, options, dryrun=dryrun)
        self.sop_progress = {
            'dryrun': run.dryrun, 'date': str(run.date),
            'seen': [[*key, *row] for key, row in run.seen.items()],
        }
        return result

    def _is_sop_guided(self):
        self.ensure_one()
        return self.res_model == 'crm.lead' and (
            bool(self.sop_list_id) or self.env['crm.lead']._is_sop_guided_import())

    def _prepare_sop_run(self, options, dryrun):
        skip = options.get('skip') or 0
        run = ImportRun(
            file_name=self.file_name or '', first_row=skip + 1 + bool(options.get('has_headers')), dryrun=bool(dryrun),
            date=fields.Datetime.now())
        before = self.sop_progress
        if skip and before and before['dryrun'] == run.dryrun:
            run.date = fields.Datetime.from_string(before['date'])
            run.seen = {
                (kind, value): (number, name) for kind, value, number, name in before['seen']
                if number < run.first_row
            }
        return run

    # ------------------------------------------------------------
    # READING, ONE ROW AT A TIME
    # ------------------------------------------------------------

    def _read_xlsx(self, options):
        try:
            return super()._read_xlsx(options)
        except ValueError:
            # One cell is unreadable: that concerns its row.
            if not self._is_sop_guided():
                raise
            return self._read_sop_xlsx(options)

    def _read_sop_xlsx(self, options):
        import openpyxl  # only who imports a sheet needs it
        book = openpyxl.load_workbook(io.BytesIO(self.file or b''), data_only=True)
        options['sheets'] = book.sheetnames
        options['sheet'] = options.get('sheet') or book.sheetnames[0]
        sheet = book[options['sheet']]
        rows = [[self._read_sop_cell(cell) for cell in row] for row in sheet.rows]
        return sheet.max_row, [row for row in rows if any(str(cell).strip() for cell in row)]

    @api.model
    def _read_sop_cell(self, cell):
        value = cell.value
        if cell.data_type == 'e':
            return ErrorCell(str(value), self.env._(
                "Cell %(cell)s holds the error %(error)s.", cell=cell.coordinate, error=value))
        if value is None:
            return ''
        if cell.is_date:
            return self._read_sop_date(cell)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value)

    @api.model
    def _read_sop_date(self, cell):
        from openpyxl.styles.numbers import is_datetime
        kind = is_datetime(cell.number_format)
        if kind == 'datetime':
            return cell.value
        if kind == 'date':
            return cell.value.date()
        return ErrorCell(str(cell.value), self.env._(
            "Cell %(cell)s is formatted as a time (%(format)s). Enter a date.",
            cell=cell.coordinate, format=cell.number_format))

    @api.model
    def _convert_import_data(self, fields, options):
        rows, names = super()._convert_import_data(fields, options)
        if run := get_run(self.env):
            for index, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, ErrorCell):
                        run.bad_cells.setdefault(index, []).append(cell.reason)
                        row[column] = ''
        return rows, names

    def _parse_date_from_data(self, data, index, name, field_type, options):
        parse = super()._parse_date_from_data
        return self._sop_parse_rows(
            data, index, name, lambda rows: parse(rows, index, name, field_type, options))

    @api.model
    def _parse_float_from_data(self, data, index, name, options):
        parse = super()._parse_float_from_data
        return self._sop_parse_rows(data, index, name, lambda rows: parse(rows, index, name, options))

    @api.model
    def _sop_parse_rows(self, data, index, name, parse):
        """Let ``parse`` read a column; where an import is guided, what it refuses is kept with the row."""
        run = get_run(self.env)
        if not run:
            parse(data)
            return
        for number, row in enumerate(data):
            value = row[index]
            try:
                parse([row])
            except (ImportValidationError, AttributeError, TypeError, ValueError):
                row[index] = ''
                run.bad_cells.setdefault(number, []).append(self._get_sop_cell_message(name, value))

    @api.model
    def _get_sop_cell_message(self, name, value):
        field = self.env['ir.model.fields']._get('crm.lead', name)
        label = field.sudo().field_description or name
        if field.ttype in ('date', 'datetime'):
            return self.env._("%(field)s: “%(value)s” is no date.", field=label, value=value)
        return self.env._("%(field)s: “%(value)s” is no number.", field=label, value=value)
