from odoo import api, models
from odoo.exceptions import AccessError

from ..engine import is_engine

# Models whose files prove something
EVIDENCE = frozenset({'sop.check', 'sop.signoff'})


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    # What Odoo itself may set on a file without touching it
    _sop_free_fields = frozenset({'access_token'})

    @api.model_create_multi
    def create(self, vals_list):
        # The values do not tell: the model may come from defaults in the context.
        attachments = super().create(vals_list)
        if attachments._is_sop_evidence():
            self._check_sop_engine()
        attachments._sop_stamp_files()
        return attachments

    def write(self, vals):
        if not vals.keys() - self._sop_free_fields:
            return super().write(vals)
        if vals.keys() == {'thumbnail'} and self._is_sop_evidence() and not is_engine(self.env):
            # Browsers offer the picture of a page to whoever looks at it; evidence keeps none.
            return True
        if vals.get('res_model') in EVIDENCE or self._is_sop_evidence():
            self._check_sop_engine()
        before = self._get_sop_file_records()
        result = super().write(vals)
        self._sop_stamp_files(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sop_evidence(self):
        if self._is_sop_evidence():
            self._check_sop_engine()
        for records in self._get_sop_file_records():
            records._check_sop_file_open()

    def unlink(self):
        before = self._get_sop_file_records()
        result = super().unlink()
        for records in before:
            records._sop_stamp_file()
        return result

    def _is_sop_evidence(self):
        # sudo: whether a file is evidence does not depend on who asks.
        return not EVIDENCE.isdisjoint(self.sudo().mapped('res_model'))

    def _check_sop_engine(self):
        if not is_engine(self.env):
            raise AccessError(self.env._(
                "A file of the evidence cannot be added, changed or deleted. "
                "Revoke the item of the checklist and do it again with the right file."))

    def _get_sop_file_records(self):
        """The records whose checked file these attachments hold, one recordset per model."""
        # sudo: what a file belongs to does not depend on who asks.
        held = self.sudo().filtered(lambda file: file.res_field == 'file' and file.res_model in self.env)
        mixin = self.env.registry['sop.file.mixin']
        return [
            self.env[model].browse(files.mapped('res_id')).exists()
            for model, files in held.grouped('res_model').items()
            if issubclass(self.env.registry[model], mixin)
        ]

    def _sop_stamp_files(self, before=()):
        """Have the records these files belong to, or belonged to, note the change, where they allow one."""
        for records in (*before, *self._get_sop_file_records()):
            records._check_sop_file_open()
            records._sop_stamp_file()
