from odoo import fields, models


class ResCompany(models.Model):
    """What a company may set about amendments (S5.8)."""

    _inherit = 'res.company'

    sop_amendment_signed = fields.Boolean(
        string="Supplements Are Signed", default=True, prefetch='sop',
        help="A supplement of a contract takes effect when it is signed and sealed like the contract. Otherwise the "
             "customer's written agreement, for example a mail, is enough.")
