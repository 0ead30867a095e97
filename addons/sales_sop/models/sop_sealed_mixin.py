from odoo import api, models
from odoo.exceptions import UserError

from ..engine import is_engine


class SopSealedMixin(models.AbstractModel):
    """Parts of a lead that are evidence from some moment on: what was said stays as it was said.

    A model names what is said in ``_sop_sealed_fields``, and what its records
    belong to, for good, in ``_sop_parent_fields``.
    """

    _name = 'sop.sealed.mixin'
    _description = "Evidence Once It Is Said"

    _sop_sealed_fields = frozenset()
    _sop_parent_fields = ('lead_id',)

    def write(self, vals):
        if not is_engine(self.env):
            self._check_sop_parent(vals)
            if not self._sop_sealed_fields.isdisjoint(vals):
                self._check_sop_unsealed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sealed(self):
        if not is_engine(self.env):
            self._check_sop_unsealed()

    def _check_sop_parent(self, vals):
        for name in self._sop_parent_fields:
            # sudo: what it belongs to is compared, not shown.
            if name in vals and any(record[name].id != vals[name] for record in self.sudo()):
                raise UserError(self.env._(
                    "%s stays where it was entered. Enter it anew in the other place.", self[:1].sudo().display_name))

    def _check_sop_unsealed(self):
        # sudo: what is evidence does not depend on who asks.
        if sealed := self.sudo().filtered(lambda record: record._is_sop_sealed())[:1]:
            raise UserError(sealed.with_env(self.env).sudo()._get_sop_sealed_message())

    def _is_sop_sealed(self):
        """Whether this record stays as it is."""
        return False

    def _get_sop_sealed_message(self):
        """Why it cannot be changed, and what to do instead."""
        return self.env._("%s stays as it is.", self.display_name)
