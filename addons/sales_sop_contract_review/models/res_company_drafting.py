from odoo import fields, models


class ResCompany(models.Model):
    """How long a contract is drafted (S5)."""

    _inherit = 'res.company'

    sop_contract_draft_days = fields.Integer(
        string="Working Days to Draft", default=2, prefetch='sop',
        help="Until when a contract should have been drafted. 0: no limit.")
