from odoo import models


class SopContract(models.Model):
    """A contract against the orders, the quotation and the term sheet (A01, invariant 7)."""

    _inherit = 'sop.contract'

    def _get_sop_agreed_lines(self):
        """What orders under these contracts must say: ``{id of a line of an order: its terms}``.

        The terms are those of ``sale.order.line._get_sop_contract_terms``. Approved
        amendments change them: whoever keeps them extends this.
        """
        return {
            line.order_line_id.id: line._get_terms()
            # sudo: what was agreed does not depend on who asks.
            for line in self.sudo().line_ids if line.order_line_id}

    def _get_sop_order_differences(self):
        """What orders say otherwise than these contracts: ``{id of the order: [text]}``."""
        return {}

    def _get_sop_differences(self):
        """Where contract, term sheet and quotation differ: ``{id: [row]}``.

        A row is a dict of ``key``, ``label``, the texts ``contract``, ``terms`` and
        ``quotation``, and ``state``: open, resolved or info (agreed in words, to be read).
        """
        return {contract.id: [] for contract in self}
