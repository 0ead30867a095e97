from odoo import fields, models


class SopContractLedger(models.TransientModel):
    """A ledger that was written for somebody, until he has downloaded it."""

    _name = 'sop.contract.ledger'
    _description = "Contract Ledger"

    name = fields.Char(required=True)
    file = fields.Binary(required=True, attachment=False)
