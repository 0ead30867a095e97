from odoo import api, models
from odoo.exceptions import AccessError

from ..engine import is_engine


class SopEngineMixin(models.AbstractModel):
    """Rows that only the engine writes; who reads them is said by the rules of the model."""

    _name = 'sop.engine.mixin'
    _description = "SOP Rows of the Engine"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_sop_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._check_sop_engine()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_engine(self):
        self._check_sop_engine()

    def _check_sop_engine(self):
        if not is_engine(self.env):
            raise AccessError(self.env._(
                "%(model)s: these records are evidence. Nobody creates, changes or deletes them directly; "
                "use the checklist of the document, and revoke what was wrong.",
                model=self.env['ir.model']._get(self._name).sudo().name,
            ))
