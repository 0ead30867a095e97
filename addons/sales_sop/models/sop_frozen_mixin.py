from odoo import api, models
from odoo.exceptions import UserError

from ..engine import forget_caches, is_engine


class SopFrozenMixin(models.AbstractModel):
    """A part of a process: what staff work by is not changed under them.

    Once published, only the texts (and their translations) and the roll-out
    settings in ``_sop_open_fields`` may still be written; any other change is
    a new version.
    """

    _name = 'sop.frozen.mixin'
    _description = "SOP Frozen Once Published"

    _sop_open_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        self._forget_frozen_values()
        records = super().create(vals_list)
        records._check_sop_frozen()
        return records

    def write(self, vals):
        self._forget_frozen_values()
        if not vals.keys() - self._sop_open_fields:
            return super().write(vals)
        self._check_sop_frozen()
        result = super().write(vals)
        self._check_sop_frozen()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self._check_sop_frozen()

    def unlink(self):
        self._forget_frozen_values()
        return super().unlink()

    @api.model
    def _forget_frozen_values(self):
        forget_caches(self.env)

    @api.model
    def _get_plain_fields(self):
        """Names of the columns that are the same in all languages."""
        return [
            name for name, field in self._fields.items()
            if field.store and field.column_type and not field.translate and name not in models.MAGIC_COLUMNS
        ]

    def _get_sop_process(self):
        """The process these records are a part of."""
        return self.process_id

    def _check_sop_frozen(self):
        if is_engine(self.env):
            return
        published = self._get_sop_process().filtered(lambda process: process.state != 'draft')
        if published:
            raise UserError(self.env._(
                "%(process)s is published: only its texts and its gates can still be changed. "
                "Make a new version to change anything else.",
                process=published[0].display_name,
            ))
