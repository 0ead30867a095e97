from odoo import api, models

from ..import_run import get_lookups


class IrFieldsConverter(models.AbstractModel):
    """Names that many rows of a guided import share are looked up once."""

    _inherit = 'ir.fields.converter'

    @api.model
    def db_id_for(self, model, field, subfield, value, savepoint):
        lookups = get_lookups(self.env)
        if lookups is None or not isinstance(value, str):
            return super().db_id_for(model, field, subfield, value, savepoint)
        key = (model._name, field.name, subfield, value)
        if key not in lookups:
            lookups[key] = super().db_id_for(model, field, subfield, value, savepoint)
        return lookups[key]
