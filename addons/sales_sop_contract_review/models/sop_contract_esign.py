from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.sales_sop.engine import as_engine

SIGN = 'sales_sop_contract_review.mail_activity_type_sign'
LATE = 'sales_sop_contract_review.mail_activity_type_sign_held'
# What the customer's request shows besides the text
SHOWN = frozenset({'customer_signatory_id', 'customer_basis'})


class SopContract(models.Model):
    """The electronic way: the customer signs in the portal, our signatory here, each the same text.

    Simple signature level: name, drawn signature, time, address and fingerprint
    are kept; who it was is proved by the link alone.
    """

    _name = 'sop.contract'
    _inherit = ['sop.contract', 'sop.signoff.mixin']

    _sop_server_fields = frozenset({'our_signed_by_id', 'our_signed_date', 'our_sign_address', 'our_sign_fingerprint'})
    _sop_signoff_document = 'contract_id'
    _sop_signoff_template = 'sales_sop_contract_review.sop_contract_signoff'

    our_signed_by_id = fields.Many2one(
        'res.users', string="Signed by Us", readonly=True, copy=False, ondelete='restrict')
    our_signed_date = fields.Datetime(string="Signed by Us At", readonly=True, copy=False)
    our_sign_address = fields.Char(string="Our IP Address", readonly=True, copy=False)
    our_sign_fingerprint = fields.Char(
        string="Signed Text", readonly=True, copy=False, help="SHA-256 of the text our signatory signed.")
    is_signatory = fields.Boolean(compute='_compute_is_signatory')

    @api.depends('signatory_id', 'state', 'sign_method', 'our_signed_by_id')
    @api.depends_context('uid')
    def _compute_is_signatory(self):
        for contract in self:
            contract.is_signatory = (
                contract.state == 'signing' and contract.sign_method == 'esign'
                and not contract.our_signed_by_id and contract.signatory_id == self.env.user)

    # ------------------------------------------------------------
    # WHAT MUST BE TRUE
    # ------------------------------------------------------------

    def _get_sop_signed_checks(self):
        checks = super()._get_sop_signed_checks()
        if self.sign_method != 'esign':
            return checks
        # sudo: who has signed is the same for everybody.
        contract = self.sudo()
        return checks + [
            (self.env._("The customer has signed electronically"), contract._get_customer_sign_problem()),
            (self.env._("Our signatory has signed electronically"), contract._get_our_sign_problem()),
        ]

    def _get_customer_sign_problem(self):
        signoff = self._get_signed_signoff()
        if not signoff:
            return self.env._("The customer has not signed yet")
        if signoff.fingerprint != self._get_sop_live_fingerprint():
            return self.env._("The customer signed another text. Send it again.")
        return None

    def _get_our_sign_problem(self):
        if not self.our_signed_by_id:
            return self.env._("%s has not signed yet", self.signatory_id.name or self.env._("Our signatory"))
        if self.our_sign_fingerprint != self._get_sop_live_fingerprint():
            return self.env._("%s signed another text", self.our_signed_by_id.name)
        return None

    def _get_signed_signoff(self):
        """The answer of the customer that counts: given in the portal, since signing was started."""
        return self.signoff_ids.filtered(lambda signoff: (
            signoff.state == 'confirmed' and signoff.how == 'portal' and self.signing_date
            and signoff.sent_date >= self.signing_date))[:1]

    # ------------------------------------------------------------
    # THE CUSTOMER SIGNS
    # ------------------------------------------------------------

    def _get_sop_signoff_document(self):
        return self

    def _get_sop_signoff_partner(self):
        return self.customer_signatory_id or self.partner_id

    def _get_sop_signoff_title(self):
        return self.env._("Contract %s", self.display_name)

    def _get_sop_signing_html(self):
        """The reviewed text as it was frozen, in the language of ``self``; what reviewers were told besides is ours."""
        lang = 'zh' if (self.env.lang or '').startswith('zh') else 'en'
        version = self._get_sop_frozen_version()
        # The server rendered it: what users entered is escaped in it.
        return Markup(version[f'body_{lang}'] if version else self._get_sop_bodies()[lang])

    def _get_sop_signoff_values(self):
        return {
            'number': self.name, 'version': self.version, 'text': self._get_sop_live_fingerprint(),
            'signatory': self.customer_signatory_id.id, 'basis': self.customer_basis}

    def _prepare_sop_signoff(self, partner):
        # The fingerprint is that of the contract: what is printed and what is signed are compared by it.
        return {**super()._prepare_sop_signoff(partner), 'fingerprint': self.sudo()._get_sop_live_fingerprint()}

    def _check_sop_signoff(self):
        for contract in self:
            if contract.state != 'signing' or contract.sign_method != 'esign':
                raise UserError(self.env._(
                    "%s is not being signed electronically. Choose the way of signing and start it first.",
                    contract.display_name))
            contract._check_sop_obstacles(contract._get_sop_signing_obstacles())
            if contract.sudo()._get_signed_signoff():
                raise UserError(self.env._("%s: the customer has signed already.", contract.display_name))

    def _sop_request_signoff(self, partner=None, message=None, mail=True):
        if partner and partner != self.customer_signatory_id:
            raise UserError(self.env._(
                "%(contract)s is signed by %(person)s. Enter another signatory on the contract first.",
                contract=self.display_name, person=self.customer_signatory_id.name))
        return super()._sop_request_signoff(partner, message, mail)

    def _sop_record_signoff(self, state, signer_name, **values):
        if state == 'confirmed':
            raise UserError(self.env._(
                "%s: an electronic signature is given by the customer himself. Sign on paper, or send the link.",
                self.display_name))
        return super()._sop_record_signoff(state, signer_name, **values)

    def write(self, vals):
        result = super().write(vals)
        if not SHOWN.isdisjoint(vals):
            self._get_sop_open_signoffs()._outdate()
        return result

    def _sop_on_signoff(self, signoff):
        """The customer has signed, or not: our signatory is next, or the salesperson is told."""
        result = super()._sop_on_signoff(signoff)
        if signoff.state == 'confirmed':
            as_engine(self).customer_sign_date = self.company_id._get_sop_local_date(signoff.answer_date)
            self._ask_signatory()
            self._finish_esign()
        return result

    def _ask_signatory(self):
        if not self.our_signed_by_id:
            self._sop_schedule(SIGN, [{'record': self, 'user': self.signatory_id}])

    def _finish_esign(self):
        """Both have signed: the contract is effective, or whoever works on it is told what is in the way."""
        contract = self.sudo()
        if not (contract._get_signed_signoff() and contract.our_signed_by_id):
            return
        if problems := contract._get_sop_effective_obstacles():
            contract._sop_schedule(LATE, [
                {'record': self, 'user': contract.user_id or contract.drafter_id, 'summary': problems[0]}])
        else:
            contract._sop_make_effective()

    def _sop_stop_signing(self, reason):
        result = super()._sop_stop_signing(reason)
        self._get_sop_open_signoffs()._outdate()
        as_engine(self).write({
            'our_signed_by_id': False, 'our_signed_date': False, 'our_sign_address': False,
            'our_sign_fingerprint': False})
        self._sop_unschedule(SIGN, LATE)
        return result

    # ------------------------------------------------------------
    # WE SIGN
    # ------------------------------------------------------------

    def action_sop_sign(self):
        """Our signatory signs, as himself and within his authority."""
        self.check_access('read')
        self._sop_lock()
        for contract in self:
            contract._check_own_signature()
            as_engine(contract).write(contract._prepare_own_signature())
        self._sop_unschedule(SIGN)
        for contract in self:
            contract._finish_esign()
        return True

    def _check_own_signature(self):
        if self.env.user != self.signatory_id:
            raise AccessError(self.env._(
                "%(contract)s is signed by %(user)s in person.",
                contract=self.display_name, user=self.signatory_id.name or self.env._("nobody yet")))
        if self.state != 'signing' or self.sign_method != 'esign' or self.our_signed_by_id:
            raise UserError(self.env._("%s: there is nothing to sign electronically.", self.display_name))
        self._check_sop_obstacles(self._get_sop_signing_obstacles())

    def _prepare_own_signature(self):
        return {
            'our_signed_by_id': self.env.uid,
            'our_signed_date': fields.Datetime.now(),
            'our_sign_date': self._get_sop_today(),
            'our_sign_address': request.httprequest.remote_addr if request else False,
            'our_sign_fingerprint': self.sudo()._get_sop_live_fingerprint(),
        }
