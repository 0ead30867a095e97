from odoo import api, models
from odoo.fields import Domain


class SopLedgerMixin(models.AbstractModel):
    """Rows about documents that only the engine writes.

    Readers see a row when they may read its document: rules of the document
    apply to what was written about it, whatever they are.
    """

    _name = 'sop.ledger.mixin'
    _description = "SOP Ledger"
    _inherit = ['sop.engine.mixin']

    @api.model
    def _get_sop_document_fields(self):
        """Names of the many2one fields that lead to a document."""
        mixin = self.env.registry['sop.mixin']
        return [
            name for name, field in self._fields.items()
            if field.type == 'many2one' and issubclass(self.env.registry[field.comodel_name], mixin)
        ]

    def _get_sop_document(self):
        """The one document this row is about."""
        self.ensure_one()
        return next((self[name] for name in self._get_sop_document_fields() if self[name]), None)

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & Domain.OR(
                Domain(name, 'any', Domain.TRUE)
                for name in self._get_sop_document_fields()
                if self.env[self._fields[name].comodel_name].has_access('read')
            )
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or not self:
            return result
        allowed = self.browse()
        for name in self._get_sop_document_fields():
            # sudo: the link is read to ask for the rights on the document it leads to.
            documents = self.sudo()[name].sudo(False)
            readable = set(documents._filtered_access('read')._ids)
            allowed |= self.filtered(lambda row, name=name, ids=readable: row.sudo()[name].id in ids)
        forbidden = (self - allowed) | (result[0] if result else self.browse())
        if not forbidden:
            return result
        return forbidden, lambda: self.env['ir.rule']._make_access_error(operation, forbidden)
