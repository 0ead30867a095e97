from odoo import models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine


class SopReviewOpinion(models.Model):
    """Files that show why an item is answered as it is."""

    _inherit = 'sop.review.opinion'

    def action_attach(self, code, attachment_ids):
        """Keep copies of files as evidence of the item ``code``, before the opinion is given.

        :param list attachment_ids: files the user may read
        """
        opinion = self._get_sop_answerable(code)
        files = self.env['sop.review.condition']._get_sop_files(attachment_ids)
        if not files:
            raise UserError(self.env._("%s: choose a file.", code))
        # sudo: the user may read these files; a copy that belongs to the opinion is evidence.
        as_engine(files).copy({
            'res_model': self._name, 'res_id': opinion.id, 'res_field': False, 'description': code, 'public': False,
            'access_token': False})
        return opinion._get_sop_files_by_code().get(code, [])

    def action_detach(self, code, attachment_id):
        """Remove a file that was attached by mistake."""
        opinion = self._get_sop_answerable(code)
        file = opinion._get_sop_evidence_files().filtered(
            lambda file: file.id == attachment_id and file.description == code)
        as_engine(file).unlink()
        return opinion._get_sop_files_by_code().get(code, [])

    def _get_sop_answerable(self, code):
        """This opinion for the superuser, when the user decides on it and ``code`` is one of its items."""
        if len(self) != 1:
            raise UserError(self.env._("Open one review after the other."))
        self.check_access('read')
        self._check_sop_decider()
        # sudo: files of an opinion are written here only.
        own = self.sudo()
        if code not in [item[1] for item in own.items or []]:
            raise UserError(self.env._("%(opinion)s: %(code)s is not asked here.", opinion=own.display_name, code=code))
        return own

    def _get_sop_evidence_files(self):
        """Files of this opinion, or of the one it was carried over from."""
        self.ensure_one()
        source = self
        while source.carried_from_id:
            source = source.carried_from_id
        # sudo: whoever reads an opinion reads its evidence.
        return self.env['ir.attachment'].sudo().search(
            [('res_model', '=', self._name), ('res_id', '=', source.id), ('res_field', '=', False)], order='id')

    def _get_sop_files_by_code(self):
        files = {}
        for file in self._get_sop_evidence_files():
            files.setdefault(file.description, []).append(
                {'id': file.id, 'name': file.name, 'mimetype': file.mimetype})
        return files
