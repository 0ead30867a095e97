from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class IrModelFields(models.Model):
    _inherit = 'ir.model.fields'

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sop_requirement(self):
        for field in self:
            if item := field._get_sop_requirement():
                raise UserError(self.env._(
                    "The field %(field)s is what %(item)s of %(process)s asks for. Publish a version without it first.",
                    field=field.name, item=item.display_name, process=item.process_id.display_name))

    def _get_sop_requirement(self):
        """An item in use that needs this field, by choice or in one of its conditions."""
        quoted = Domain.OR(
            Domain(name, 'like', f"'{self.name}'") for name in ('domain', 'condition', 'record_domain'))
        # sudo: items of all companies count.
        return self.env['sop.requirement'].sudo().search(
            Domain('process_id.state', '!=', 'draft') & (
                Domain('field_ids', 'in', self.ids) | Domain('record_field_id', 'in', self.ids)
                | (Domain('process_id.res_model', '=', self.model) & quoted)),
            limit=1)
