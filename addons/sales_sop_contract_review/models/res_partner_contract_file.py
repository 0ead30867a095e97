from odoo import models

from ..values import SIGNED


class ResPartner(models.Model):
    """Contracts in the customer file, and in the life-cycle of the customer."""

    _inherit = 'res.partner'

    def _get_sop_file_sections(self):
        return [
            *super()._get_sop_file_sections(),
            self._prepare_sop_file_definition(
                'contracts', 98, self.env._("Contracts"), 'sop.contract', self._get_sop_family_domain(), 'id desc',
                ['name', 'title', 'amount_total', 'state', 'date_end']),
        ]

    def _sop_is_contracted(self):
        contracted = super()._sop_is_contracted()
        # sudo: it is a fact, whoever may read the contracts.
        groups = self.env['sop.contract'].sudo()._read_group(
            [('partner_id.commercial_partner_id', 'in', self.ids), ('state', 'in', SIGNED)], ['partner_id'])
        return contracted | {partner.commercial_partner_id.id for partner, in groups}
