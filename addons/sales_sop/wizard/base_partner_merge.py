from odoo import models

from ..engine import as_engine
from ..models.res_partner_lifecycle import STRENGTH


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = 'base.partner.merge.automatic.wizard'

    def _update_values(self, src_partners, dst_partner):
        """The customer that stays is what the strongest of them was: a blocked one stays blocked."""
        states = {partner.sop_lifecycle for partner in (src_partners | dst_partner).sudo()}
        kept = dst_partner.sudo().sop_lifecycle
        # The rights on the customer stay those of the user; only the dates of the life-cycle are let in.
        result = super()._update_values(src_partners, as_engine(dst_partner).sudo(dst_partner.env.su))
        strongest = next((state for state in STRENGTH if state in states), False)
        customer = dst_partner.sudo().commercial_partner_id
        reason = self.env._("Merged with another customer.")
        if strongest and customer != dst_partner:
            customer._sop_take_over(strongest, reason)
        elif strongest and strongest != kept:
            # Written with the other values above: the history tells it from the state before.
            as_engine(customer).write({'sop_lifecycle': kept})
            customer._sop_change_lifecycle(strongest, reason)
        return result
