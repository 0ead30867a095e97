from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class SopStakeholder(models.Model):
    _inherit = 'sop.stakeholder'

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named(self):
        """Who sat in a presentation or a negotiation, or objected, stays named there."""
        for model, name, domain in (
            ('sop.presentation', 'audience_ids', Domain('state', '=', 'done')),
            ('sop.minutes', 'stakeholder_ids', Domain('state', '!=', 'draft')),
            ('sop.objection', 'said_by_id', Domain.TRUE),
        ):
            # sudo: a record the user may not see is kept as it is as well.
            record = self.env[model].sudo().search(Domain(name, 'in', self.ids) & domain, limit=1)
            if record:
                raise UserError(self.env._(
                    "%(person)s is named in %(record)s and cannot be deleted. Archive the person instead.",
                    person=(record[name] & self.sudo())[:1].name, record=record.display_name))
