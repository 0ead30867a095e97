from odoo import api, models, tools
from odoo.exceptions import AccessError

from ..engine import is_engine


class SopGuardedMixin(models.AbstractModel):
    """Records with fields that only the server writes: states, versions, who decided and when.

    A model names them in ``_sop_server_fields``; what is computed and kept is
    one of them anyway. They come from its buttons; neither values nor the
    defaults of a user or of a context write them.
    """

    _name = 'sop.guarded.mixin'
    _description = "Record Whose State Comes From Its Buttons"

    _sop_server_fields = frozenset()

    @api.model
    def default_get(self, fields):
        guarded = self._get_sop_server_fields().intersection(fields)
        result = super().default_get([name for name in fields if name not in guarded])
        return {**result, **self._prepare_sop_server_defaults(guarded)}

    @api.model
    @tools.ormcache()
    def _get_sop_server_fields(self):
        """Names of the fields that only the server writes: those of the model and of its other mixins."""
        return self._get_sop_derived_fields().union(
            *(vars(base).get('_sop_server_fields', ()) for base in type(self).__mro__))

    @api.model
    @tools.ormcache()
    def _get_sop_derived_fields(self):
        """Names of our fields that are kept but follow from others: a value for them would stay as it is given."""
        return frozenset(
            name for name, field in self._fields.items()
            if field.store and field.compute and field.readonly and not field.inverse
            and (self._name.startswith('sop.') or name.startswith('sop_')))

    @api.model
    def _prepare_sop_server_defaults(self, names):
        """What the model itself says: no default of a user or of a context decides anything."""
        return self._convert_to_write({
            name: self._fields[name].default(self) for name in sorted(names) if self._fields[name].default})

    @api.model_create_multi
    def create(self, vals_list):
        if not is_engine(self.env):
            defaults = self._prepare_sop_server_defaults(self._get_sop_server_fields())
            for vals in vals_list:
                self._check_sop_guarded({
                    name: value for name, value in vals.items() if value and value != defaults.get(name)})
            # Even an empty value keeps those from being computed that are computed before the INSERT.
            derived = self._get_sop_derived_fields()
            vals_list = [
                {name: value for name, value in vals.items() if name not in derived} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        self._check_sop_guarded(vals)
        return super().write(vals)

    def _check_sop_guarded(self, vals):
        forged = self._get_sop_server_fields().intersection(vals)
        if forged and not is_engine(self.env):
            raise AccessError(self.env._(
                "%(record)s: %(fields)s cannot be written. Use the buttons of the form.",
                record=self[:1].sudo().display_name or vals.get('name') or self._description,
                fields=', '.join(sorted(self._fields[name]._description_string(self.env) for name in forged))))
