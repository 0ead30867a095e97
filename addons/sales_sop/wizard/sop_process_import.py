import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..process_reader import ProcessReader


class SopProcessImport(models.TransientModel):
    """Reads a process from a file; shows what it brings before anything is created."""

    _name = 'sop.process.import'
    _description = "SOP Process Import"
    _rec_name = 'filename'

    file = fields.Binary(attachment=False)
    filename = fields.Char()
    company_id = fields.Many2one('res.company', help="Empty: for all companies.")
    errors = fields.Text(compute='_compute_preview')
    warnings = fields.Text(compute='_compute_preview')
    summary = fields.Html(compute='_compute_preview', sanitize=False)

    @api.depends('file', 'company_id')
    @api.depends_context('lang')
    def _compute_preview(self):
        self.env['sop.process']._check_sop_manager()
        for wizard in self:
            reader = wizard._get_reader()
            wizard.errors = '\n'.join(reader.errors) if reader else False
            wizard.warnings = '\n'.join(reader.warnings) if reader else False
            wizard.summary = wizard._get_summary(reader) if reader and not reader.errors else False

    def _get_reader(self):
        """The file, read; None without one."""
        # The web client asks for the size of stored files only.
        content = self._get_content()
        return ProcessReader(self.env, self.company_id).read_process(content) if content else None

    def _get_content(self):
        content = self.with_context(bin_size=False).file
        try:
            return base64.b64decode(content or b'')
        except ValueError:
            raise UserError(self.env._("The file could not be read. Choose it again.")) from None

    def _get_summary(self, reader):
        Process = self.env['sop.process']
        last = Process._get_last_version(reader.data['code'], self.company_id)
        comparison = Process._compare_data(
            last.with_env(self.env).sudo()._export_process()['process'], reader.data) if last else None
        return self.env['ir.qweb']._render('sales_sop.process_import_summary', {
            'name': Process._get_text(reader.data['name']),
            'version': last.version + 1,
            'last': last,
            'comparison': comparison,
            'stages': [{
                'code': stage['code'],
                'name': Process._get_text(stage['name']),
                'items': len(stage.get('requirement_ids') or ()),
                'mandatory': sum(
                    item.get('mandatory', True) for item in stage.get('requirement_ids') or ()),
            } for stage in reader.data.get('stage_ids') or ()],
        })

    def action_import(self):
        """Create the draft and open it."""
        self.ensure_one()
        if not self.file:
            raise UserError(self.env._("Choose the file of an exported process first."))
        process = self.env['sop.process']._import_process(self._get_content(), self.company_id)
        return process.get_formview_action()

    @api.model
    def _get_download_action(self, filename, content):
        """Let the browser save ``content`` (text) as a file."""
        holder = self.create({'filename': filename, 'file': base64.b64encode(content.encode())})
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self._name}/{holder.id}/file/{filename}?download=true',
            'target': 'download',
        }
