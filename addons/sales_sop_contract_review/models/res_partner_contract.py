from odoo import models


class ResPartner(models.Model):
    """What contracts print about a party."""

    _inherit = 'res.partner'

    def _get_sop_contract_address(self):
        lines = (line.strip(' ,') for line in self._display_address(without_company=True).split('\n')) if self else ()
        return ', '.join(filter(None, lines)) or False

    def _get_sop_contract_bank(self):
        # sudo: the account is printed on the contract; the list of accounts is not shown.
        bank = self.sudo().bank_ids[:1]
        return ' '.join(filter(None, (bank.bank_id.name, bank.acc_number))) or False

    def _get_sop_contract_contact(self):
        """Who is written to about a contract: the person chosen, or else the first contact of the customer."""
        if self and self != self.commercial_partner_id:
            return self
        return self.child_ids.filtered(lambda contact: contact.type == 'contact' and contact.active)[:1]

    def _get_sop_contract_person(self):
        return ', '.join(filter(None, (self.name, self.phone, self.email))) or False
