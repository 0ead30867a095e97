from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """How long a contract is drafted (S5)."""

    _inherit = 'res.company'

    sop_contract_draft_days = fields.Integer(
        string="Working Days to Draft", default=2, prefetch='sop',
        help="Until when a contract should have been drafted. 0: no limit.")

    @api.constrains('sop_contract_draft_days')
    def _check_sop_contract_draft_days(self):
        for company in self:
            if company.sop_contract_draft_days < 0:
                raise ValidationError(self.env._(
                    "%(company)s: the working days to draft a contract are not below zero.", company=company.name))
