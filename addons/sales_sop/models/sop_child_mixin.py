from odoo import api, models
from odoo.fields import Domain


class SopChildMixin(models.AbstractModel):
    """Records that belong to another one: whoever reads that one reads them, whoever changes it changes them.

    A model names in ``_sop_child_of`` the many2one fields that lead to what
    it belongs to, one of which is set; access rights of the model still apply.
    """

    _name = 'sop.child.mixin'
    _description = "Part of Another Record"
    # What leads to the parent through another record is derived, and not written by users.
    _inherit = ['sop.guarded.mixin']

    _sop_child_of = ()
    # Whether there are records of nothing: the rights of the model are all they ask for.
    _sop_parent_optional = False

    @api.model_create_multi
    def create(self, vals_list):
        self._check_sop_parent_values(vals_list)
        records = super().create(vals_list)
        records._check_sop_parent_access('write')
        return records

    def write(self, vals):
        self._check_sop_parent_access('write')
        self._check_sop_parent_values([vals])
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._sop_child_of):
            self._check_sop_parent_access('write')
        return result

    @api.model
    def _get_sop_parent_model(self, name):
        return self.env[self._fields[name].comodel_name]

    @api.model
    def _check_sop_parent_values(self, vals_list):
        """Refuse before an error message tells something about a record the user may not see."""
        if self.env.su:
            return
        for name in self._sop_child_of:
            if parent_ids := {vals[name] for vals in vals_list if vals.get(name)}:
                self._get_sop_parent_model(name).browse(parent_ids).check_access('write')

    def _check_sop_parent_access(self, operation):
        if self.env.su:
            return
        for name in self._sop_child_of:
            # sudo: the link is read to ask for the rights on the record it leads to.
            self.sudo()[name].sudo(False).check_access(operation)
        if not self._sop_parent_optional and any(not record._has_sop_parent() for record in self.sudo()):
            self._get_sop_parent_model(self._sop_child_of[0]).check_access(operation)

    def _has_sop_parent(self):
        return any(self[name] for name in self._sop_child_of)

    @api.model
    def _get_sop_invited_domain(self):
        """Records the user reads without reading what they belong to, because he is asked to decide on them."""
        return Domain.FALSE

    @api.model
    def _get_sop_readable_domain(self):
        domain = self._get_sop_invited_domain()
        for name in self._sop_child_of:
            if self._get_sop_parent_model(name).has_access('read'):
                domain |= Domain(name, 'any', Domain.TRUE)
        if self._sop_parent_optional:
            domain |= Domain.AND(Domain(name, '=', False) for name in self._sop_child_of)
        return domain

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & self._get_sop_readable_domain()
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or not self:
            return result
        forbidden = self - self._filter_sop_parent_access('read' if operation == 'read' else 'write')
        if operation == 'read' and forbidden:
            # sudo: whether he was asked is written on records he may not read yet.
            forbidden -= forbidden.sudo().filtered_domain(self._get_sop_invited_domain()).sudo(False)
        forbidden |= result[0] if result else self.browse()
        if not forbidden:
            return result
        return forbidden, lambda: self.env['ir.rule']._make_access_error(operation, forbidden)

    def _filter_sop_parent_access(self, operation):
        """Those whose parent the user may read, or write."""
        # sudo: the link is read to ask for the rights on the record it leads to.
        records_sudo = self.sudo()
        allowed_ids = {
            name: set(records_sudo[name].sudo(False)._filtered_access(operation)._ids)
            for name in self._sop_child_of}
        allowed = records_sudo.filtered(lambda record: (
            any(record[name].id in ids for name, ids in allowed_ids.items())
            or self._sop_parent_optional and not record._has_sop_parent()))
        return allowed.sudo(False)
