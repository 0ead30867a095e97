from odoo import fields, models

from ..engine import as_engine


class SopFileMixin(models.AbstractModel):
    """One file (``file``) that a second person checks before it is used.

    Who put the file there is known by the server, and so is what is in it:
    whatever route the content takes, it passes ``ir.attachment``, which calls
    :meth:`_check_sop_file_open` before and :meth:`_sop_stamp_file` after it.
    """

    _name = 'sop.file.mixin'
    _description = "File That Is Checked"
    _inherit = ['sop.guarded.mixin']
    _sop_server_fields = frozenset({'file_checksum', 'file_author_id', 'checked_by_id', 'checked_date'})

    file = fields.Binary(copy=False)
    file_name = fields.Char(string="Name of the File", copy=False)
    file_checksum = fields.Char(string="Fingerprint", readonly=True, copy=False, index='btree_not_null')
    file_author_id = fields.Many2one('res.users', string="File By", readonly=True, copy=False, ondelete='restrict')
    checked_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    checked_date = fields.Datetime(string="Checked On", readonly=True, copy=False)

    def _check_sop_file_open(self):
        """Refuse when the file of one of these records must not be touched any more."""

    def _prepare_sop_file_values(self):
        """What else changes with the file: a new file is a file nobody has checked."""
        return {'file_author_id': self.env.uid, 'checked_by_id': False, 'checked_date': False}

    def _sop_stamp_file(self):
        """Note who changed the files of these records, and to what."""
        # sudo: the fingerprint is taken from the file itself.
        files = dict(self.env['ir.attachment'].sudo()._read_group(
            [('res_model', '=', self._name), ('res_field', '=', 'file'), ('res_id', 'in', self.ids)],
            ['res_id'], ['checksum:max']))
        for checksum, records in self.grouped(lambda record: files.get(record.id, False)).items():
            as_engine(records).write({'file_checksum': checksum, **self._prepare_sop_file_values()})

    def action_open_file(self):
        """Show the file in the browser."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self._name}/{self.id}/file?filename_field=file_name',
            'target': 'new',
        }
