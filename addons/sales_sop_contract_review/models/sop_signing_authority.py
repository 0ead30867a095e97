from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

# A power of attorney and a single case hold by their paper alone.
WRITTEN = ('poa', 'single')


class SopSigningAuthority(models.Model):
    """Who may sign contracts for the company, up to which amount, and on what this is based (§4.8).

    Written by administrators of the system: who may sign is not up to those who sell.
    """

    _name = 'sop.signing.authority'
    _description = "Signing Authority"
    _order = 'sequence, id'

    sequence = fields.Integer(default=10)
    company_id = fields.Many2one('res.company', index=True, help="Empty: for all companies.")
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    position_id = fields.Many2one(
        'sop.position', index='btree_not_null', ondelete='restrict',
        help="Whoever holds it may sign. Nobody stands in for signing.")
    user_id = fields.Many2one(
        'res.users', string="Person", index='btree_not_null', ondelete='restrict', domain="[('share', '=', False)]")
    basis = fields.Selection(
        [('legal_rep', "Legal representative"), ('charter', "Charter"), ('poa', "Power of attorney"),
         ('single', "Authorised for one contract")], required=True, default='poa')
    contract_id = fields.Many2one(
        'sop.contract', string="For This Contract", index='btree_not_null', ondelete='restrict')
    is_unlimited = fields.Boolean(string="Any Amount")
    amount_limit = fields.Monetary(string="Up To", help="In the currency of the company, tax included.")
    valid_from = fields.Date()
    valid_until = fields.Date()
    file = fields.Binary(string="Document", copy=False, help="The signed power of attorney or authorisation.")
    file_name = fields.Char(copy=False)
    has_file = fields.Boolean(compute='_compute_has_file', store=True)
    revoked_date = fields.Date(string="Revoked On", copy=False)
    state = fields.Selection(
        [('valid', "Valid"), ('incomplete', "Document or dates missing"), ('future', "Not yet valid"),
         ('expired', "Expired"), ('revoked', "Revoked")], compute='_compute_state')

    _holder_check = models.Constraint(
        'CHECK (num_nonnulls(position_id, user_id) = 1)', "Choose a position or a person who may sign.")
    _limit_check = models.Constraint('CHECK (amount_limit >= 0)', "The limit of a signing authority is not negative.")

    @api.depends('company_id')
    def _compute_currency_id(self):
        for authority in self:
            authority.currency_id = (authority.company_id or self.env.company).currency_id

    @api.depends('position_id', 'user_id', 'basis')
    @api.depends_context('lang')
    def _compute_display_name(self):
        labels = dict(self._fields['basis']._description_selection(self.env))
        for authority in self:
            holder = authority.position_id.name or authority.user_id.name
            # The legal representative needs no other basis.
            names = dict.fromkeys(filter(None, (holder, labels.get(authority.basis))))
            authority.display_name = ', '.join(names)

    @api.depends('file')
    def _compute_has_file(self):
        for authority in self:
            authority.has_file = bool(authority.file)

    @api.depends('basis', 'has_file', 'valid_from', 'valid_until', 'revoked_date')
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for authority in self:
            authority.state = authority._get_state(today)

    def _get_state(self, day):
        if self.revoked_date and self.revoked_date <= day:
            return 'revoked'
        if self.valid_from and self.valid_from > day:
            return 'future'
        if self.valid_until and self.valid_until < day:
            return 'expired'
        if self.basis in WRITTEN and not (self.has_file and (self.valid_until or self.basis == 'single')):
            return 'incomplete'
        return 'valid'

    @api.constrains('valid_from', 'valid_until')
    def _check_dates(self):
        for authority in self:
            if authority.valid_from and authority.valid_until and authority.valid_until < authority.valid_from:
                raise ValidationError(self.env._("%s: it ends before it starts.", authority.display_name))

    @api.constrains('basis', 'contract_id')
    def _check_contract(self):
        for authority in self:
            if (authority.basis == 'single') != bool(authority.contract_id):
                raise ValidationError(self.env._(
                    "%s: choose the contract when somebody is authorised for one contract, and only then.",
                    authority.display_name))

    @api.constrains('user_id')
    def _check_user(self):
        for authority in self:
            if authority.user_id.share:
                raise ValidationError(self.env._("%s is not a member of the company.", authority.user_id.name))

    def write(self, vals):
        if vals.keys() - {'revoked_date', 'sequence'}:
            self._check_unused()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def _check_unused(self):
        # sudo: contracts of all companies were signed by it.
        used = self.env['sop.contract'].sudo().search([('authority_id', 'in', self.ids)], limit=1)
        if used:
            raise UserError(self.env._(
                "%(authority)s: %(contract)s was signed by it. Revoke it and make a new one.",
                authority=used.authority_id.display_name, contract=used.display_name))

    @api.model
    def _get_sop_authority(self, user, contract, day):
        """The authority by which ``user`` may sign ``contract`` on ``day``; empty when there is none."""
        return self._get_sop_authorities(contract, day).get(user, self.sudo().browse())

    @api.model
    def _get_sop_authorities(self, contract, day):
        """Who may sign ``contract`` on ``day``, by what: ``{user: authority}``, the narrowest authority first."""
        # sudo: who may sign does not depend on who asks.
        contract = contract.sudo()
        authorities = self.sudo().search(
            Domain('company_id', 'in', [contract.company_id.id, False])
            & Domain('contract_id', 'in', [contract.id, False]))
        amount = contract._get_sop_signing_amount()
        positions = authorities._get_positions(contract.company_id)
        found = {}
        for authority in authorities.sorted(lambda row: (not row.contract_id, row.is_unlimited, row.amount_limit)):
            if authority._get_state(day) == 'valid' and authority._covers(amount, contract.company_id):
                for user in authority._get_holders(contract.company_id, positions):
                    found.setdefault(user.sudo(False), authority)
        return found

    def _covers(self, amount, company):
        return self.is_unlimited or (
            amount is not None and company.currency_id.compare_amounts(amount, self.amount_limit) <= 0)

    def _get_holders(self, company, positions):
        if self.user_id:
            return self.user_id.filtered(lambda user: user.active and company in user.company_ids)
        position = self.position_id if self.position_id.company_id else positions.get(
            self.position_id.code, self.position_id.browse())
        return position._get_sop_users(company, None)

    def _get_positions(self, company):
        """Positions as they are filled in ``company``, by code: nobody stands in for signing."""
        positions = self.env['sop.position'].sudo().search(
            [('code', 'in', self.position_id.mapped('code')), ('company_id', 'in', [company.id, False])],
            order='company_id NULLS LAST, sequence, id')
        return {position.code: position for position in reversed(positions)}
