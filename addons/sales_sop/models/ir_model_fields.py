import re

from odoo import api, models
from odoo.exceptions import UserError


class IrModelFields(models.Model):
    """A field that a published process asks for is not deleted under it."""

    _inherit = 'ir.model.fields'

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sop_requirement(self):
        for field in self:
            if user := field._get_sop_use():
                raise UserError(self.env._(
                    "The field %(field)s is used by %(user)s. Publish a version without it first.",
                    field=field.name, user=user.display_name))

    def _get_sop_use(self):
        """A published process, or an item of it, that needs this field by choice or in a condition."""
        # sudo: processes of all companies count.
        processes = self.env['sop.process'].sudo().search([('state', '!=', 'draft')])
        items = processes.stage_ids.requirement_ids
        chosen = items.filtered(lambda item: self in (item.field_ids | item.record_field_id))
        # The name alone, or a part of a path; a field of the same name of another model is kept as well.
        quoted = re.compile(rf"""['"](?:\w+\.)*{re.escape(self.name)}(?:\.\w+)*['"]""")
        return chosen[:1] or items.filtered(
            lambda item: any(quoted.search(value or '') for value in (item.domain, item.condition, item.record_domain))
        )[:1] or processes.filtered(
            lambda process: any(quoted.search(value or '') for value in (process.domain, process.fast_track_domain))
        )[:1]
