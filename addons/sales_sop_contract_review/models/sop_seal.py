from odoo import api, fields, models

SEAL_KINDS = [
    ('contract', "Contract seal"), ('company', "Company seal"), ('page', "Page seal"), ('e', "Electronic seal")]


class SopSeal(models.Model):
    """A seal of the company, and who keeps it (§4.8)."""

    _name = 'sop.seal'
    _description = "Seal"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(SEAL_KINDS, required=True, default='contract')
    company_id = fields.Many2one('res.company', index=True, help="Empty: each company has one.")
    own_keeper_ids = fields.Many2many(
        'res.users', string="Kept By", domain="[('share', '=', False)]",
        help="Empty: whoever holds the position Seal keeper.")
    request_ids = fields.One2many('sop.seal.request', 'seal_id', string="Requests")
    log_ids = fields.One2many('sop.seal.log', 'seal_id', string="Uses", readonly=True)

    def _get_keepers(self, company):
        """Who seals with it in ``company``."""
        # sudo: who keeps a seal does not depend on who asks.
        own = self.sudo().own_keeper_ids.filtered(
            lambda user: user.active and not user.share and company in user.company_ids)
        return own.sudo(False) or self.env['sop.position']._get_sop_holders(['keeper'], company)

    @api.model
    def _get_default(self, company):
        return self.search([('kind', '=', 'contract'), ('company_id', 'in', [company.id, False])], limit=1)
