import re
import unicodedata

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine

ADMIN_GROUP = 'sales_sop_contract_review.group_sop_contract_admin'
LEGAL_CHECK = 'sales_sop_contract_review.mail_activity_type_legal_check'
CHECK_COPY = 'sales_sop_contract_review.mail_activity_type_check_copy'
CODE_LENGTH = 8


class SopContract(models.Model):
    """The paper way (§4.8): printed, sealed, signed, scanned, and compared with what was reviewed.

    The code on the paper says which text it is: number, version and fingerprint.
    """

    _inherit = 'sop.contract'

    _sop_server_fields = frozenset({
        'match_state', 'match_note', 'matched_by_id', 'checker_ids', 'copy_checked_by_id', 'copy_checked_date',
        'copy_second_by_id', 'copy_second_date'})

    seal_request_ids = fields.One2many('sop.seal.request', 'contract_id', string="Seal Requests")
    match_state = fields.Selection(
        [('none', "Not compared"), ('matched', "Is the reviewed version"), ('mismatch', "Is another text")],
        string="Code of the Signed Copy", required=True, default='none', readonly=True, copy=False)
    match_note = fields.Char(readonly=True, copy=False)
    signed_code = fields.Char(
        string="Code on the Copy", copy=False, help="At the foot of each page, or what the QR code says.")
    matched_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    checker_ids = fields.Many2many(
        'res.users', 'sop_contract_checker_rel', string="Asked to Check", readonly=True, copy=False)
    copy_checked_by_id = fields.Many2one(
        'res.users', string="Copy Compared By", readonly=True, copy=False, ondelete='restrict')
    copy_checked_date = fields.Datetime(string="Copy Compared On", readonly=True, copy=False)
    copy_second_by_id = fields.Many2one(
        'res.users', string="Second Look By", readonly=True, copy=False, ondelete='restrict')
    copy_second_date = fields.Datetime(string="Second Look On", readonly=True, copy=False)
    can_check_copy = fields.Boolean(compute='_compute_can_check_copy')
    is_sealed = fields.Boolean(compute='_compute_is_sealed', compute_sudo=True)
    has_seal_request = fields.Boolean(compute='_compute_is_sealed', compute_sudo=True)

    @api.depends('seal_request_ids.state')
    def _compute_is_sealed(self):
        for contract in self:
            requests = contract.seal_request_ids
            contract.is_sealed = any(request._is_sealed() for request in requests)
            contract.has_seal_request = any(request.state not in ('refused', 'cancelled') for request in requests)

    @api.depends('state', 'sign_method', 'match_state', 'copy_checked_by_id', 'copy_second_by_id')
    @api.depends_context('uid')
    def _compute_can_check_copy(self):
        admin = self.env.user.has_group(ADMIN_GROUP)
        for contract in self:
            contract.can_check_copy = (
                admin and contract.state == 'signing' and contract.sign_method == 'wet'
                and self.env.user not in contract._get_copy_outsiders() and contract._lacks_look())

    def _lacks_look(self):
        # sudo: the settings of a company hold for everybody.
        second = self.sudo().company_id.sop_second_look
        return not self.copy_checked_by_id or bool(second and not self.copy_second_by_id)

    def _get_copy_outsiders(self):
        """Who does not compare the copy: whoever wrote the text, and whoever looked already."""
        return self.drafter_id | self.copy_checked_by_id

    # ------------------------------------------------------------
    # WHAT MUST BE TRUE
    # ------------------------------------------------------------

    def _get_sop_signed_checks(self):
        checks = super()._get_sop_signed_checks()
        if self.sign_method != 'wet':
            return checks
        # sudo: what is missing of the signed copy is the same for everybody.
        contract = self.sudo()
        return checks + [
            (self.env._("Sealed by the keeper"), None if contract.is_sealed else self.env._("It is not sealed yet")),
            (self.env._("Signed by us, and dated"),
             None if contract.our_sign_date else self.env._("Enter when we signed")),
            (self.env._("Signed by the customer, and dated"),
             None if contract.customer_sign_date else self.env._("Enter when the customer signed")),
            (self.env._("The signed scan is there"),
             None if contract.scan_ids else self.env._("Upload the scan of the signed copy")),
            (self.env._("The code of the signed copy is that of the reviewed version"), contract._get_match_problem()),
            (self.env._("A second person has compared the signed copy"), contract._get_copy_problem()),
        ]

    def _get_match_problem(self):
        if self.match_state == 'matched':
            return None
        return self.match_note or self.env._("Enter the code printed on the signed copy")

    def _get_copy_problem(self):
        if not self.copy_checked_by_id:
            return self.env._("The contract administrator has not compared the signed copy with the reviewed version")
        if self.company_id.sop_second_look and not self.copy_second_by_id:
            return self.env._("The second look at the signed copy is missing")
        return None

    def action_sop_ask_seal(self):
        """Open a request for the seal of contracts."""
        self.ensure_one()
        self.check_access('write')
        self._check_sop_obstacles(self._get_sop_signing_obstacles())
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Seal Request"),
            'res_model': 'sop.seal.request',
            'view_mode': 'form',
            'views': [(self.env.ref('sales_sop_contract_review.sop_seal_request_view_form_ask').id, 'form')],
            'target': 'new',
            'context': {
                'default_contract_id': self.id,
                'default_seal_id': self.env['sop.seal']._get_default(self.company_id).id},
        }

    # ------------------------------------------------------------
    # THE CODE ON THE PAPER
    # ------------------------------------------------------------

    def action_sop_match(self, code=None):
        """Compare the short code, or what the QR code says, of the signed copy with the reviewed version.

        :param str code: as it was typed or pasted; case, spaces, dashes and full width do not matter;
            None: the one entered on the form
        :return: True when it is the reviewed text; a notice when it is another one, which legal is told of
        """
        self.ensure_one()
        self.check_access('write')
        if self.state != 'signing' or self.sign_method != 'wet':
            raise UserError(self.env._("%s is not being signed on paper.", self.display_name))
        code = self._normalize_code(code or self.signed_code)
        if not code:
            raise UserError(self.env._(
                "%s: type the short code at the foot of the signed copy, or paste its QR code.", self.display_name))
        self._sop_lock()
        difference = self._get_code_difference(code)
        as_engine(self).write({
            'match_state': 'mismatch' if difference else 'matched', 'match_note': difference,
            'matched_by_id': self.env.uid, **self._prepare_unchecked()})
        if difference:
            return self._tell_mismatch(difference)
        self._sop_unschedule(LEGAL_CHECK)
        self._ask_for_look()
        return True

    @api.model
    def _normalize_code(self, code):
        """``code`` without what people and scanners add to it."""
        text = unicodedata.normalize('NFKC', code if isinstance(code, str) else '')[:500].upper()
        return re.sub(r'[^0-9A-Z|-]', '', text).strip('-|')

    def _get_code_difference(self, code):
        """What the text of the signed copy is instead of the reviewed one; False when it is that."""
        if '|' in code:
            return self._get_qr_difference(code)
        code, own = code.replace('-', ''), self._normalize_code(self._get_sop_fingerprint_code()).replace('-', '')
        if code == own:
            return False
        if len(code) != CODE_LENGTH or re.search(r'[^0-9A-F]', code):
            return self.env._("This is no code of a contract: it has eight characters, like A1B2-C3D4.")
        return self._get_known_difference(code)

    def _get_qr_difference(self, code):
        own, parts = self._normalize_code(self._get_sop_qr_value()), code.split('|')
        if code == own:
            return False
        number, version = own.split('|')[:2]
        if len(parts) != 3:
            return self.env._("This is no QR code of a contract. Scan it again, or type the short code.")
        if parts[0] != number:
            return self.env._("The signed copy is another contract: %s", parts[0])
        if parts[1] != version:
            return self.env._(
                "The signed copy is version %(signed)s, reviewed was %(reviewed)s",
                signed=parts[1].strip('V'), reviewed=version.strip('V'))
        return self.env._("The text of the signed copy was changed after the review")

    def _get_known_difference(self, code):
        """What a short code belongs to that is not ours."""
        # sudo: a contract the user does not see is named by its number, which is on the paper he holds.
        versions = self.env['sop.contract.version'].sudo().search(
            Domain('fingerprint', '=ilike', f'{code}%') & Domain('contract_id.company_id', '=', self.company_id.id),
            limit=20)
        if own := versions.filtered(lambda version: version.contract_id == self)[:1]:
            return self.env._(
                "The signed copy is version %(signed)s, reviewed was %(reviewed)s",
                signed=own.version, reviewed=self.version)
        if versions:
            return self.env._("The signed copy is another contract: %s", versions[0].contract_id.name)
        return self.env._("The code belongs to no reviewed text: the signed copy was changed")

    def _tell_mismatch(self, difference):
        """Legal looks at what was signed; raising would forget it."""
        legal = self.env['sop.position']._get_sop_holders(['leg'], self.company_id)
        as_engine(self).checker_ids |= legal
        self._sop_unschedule(LEGAL_CHECK)
        self._sop_schedule(LEGAL_CHECK, [
            {'record': self, 'user': user, 'summary': difference} for user in legal])
        as_engine(self)._message_log(body=difference, author_id=self.env.user.partner_id.id)
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'danger', 'sticky': True, 'title': self.env._("Not the reviewed version"),
                'message': difference, 'next': {'type': 'ir.actions.act_window_close'},
            },
        }

    def write(self, vals):
        result = super().write(vals)
        if 'scan_ids' in vals:
            self._forget_copy()
        return result

    def _forget_copy(self):
        """Another scan is another copy: it is compared anew."""
        for contract in self.filtered(lambda contract: contract.state == 'signing'):
            as_engine(contract).write({'match_state': 'none', 'match_note': False, **self._prepare_unchecked()})

    @api.model
    def _prepare_unchecked(self):
        return {
            'copy_checked_by_id': False, 'copy_checked_date': False, 'copy_second_by_id': False,
            'copy_second_date': False}

    # ------------------------------------------------------------
    # THE COPY IS COMPARED
    # ------------------------------------------------------------

    def _ask_for_look(self):
        """Ask those who keep contracts to compare the copy."""
        admins = self.env['sop.position']._get_sop_holders(['ca'], self.company_id, self.drafter_id)
        self._sop_unschedule(CHECK_COPY)
        self._sop_schedule(CHECK_COPY, [{'record': self, 'user': user} for user in admins])

    def action_sop_check_copy(self):
        """Confirm that the signed copy equals the reviewed version: with the last look the contract is effective."""
        self.ensure_one()
        self.check_access('write')
        self._sop_lock()
        self._check_copy_look()
        prefix = 'copy_second' if self.copy_checked_by_id else 'copy_checked'
        as_engine(self).write({f'{prefix}_by_id': self.env.uid, f'{prefix}_date': fields.Datetime.now()})
        if not self._lacks_look():
            self._sop_unschedule(CHECK_COPY)
            self._sop_make_effective()
        return True

    def _check_copy_look(self):
        if not self.env.user.has_group(ADMIN_GROUP):
            raise AccessError(self.env._(
                "%s: the contract administrator compares the signed copy.", self.display_name))
        if self.state != 'signing' or self.sign_method != 'wet' or not self._lacks_look():
            raise UserError(self.env._("%s: there is no signed copy to compare.", self.display_name))
        if self.env.user in self._get_copy_outsiders():
            raise UserError(self.env._(
                "%s: somebody else compares the signed copy, neither who drafted the contract nor who compared it "
                "before.", self.display_name))
        done = {self._get_copy_problem()}
        self._check_sop_obstacles([
            problem for problem in self._get_sop_effective_obstacles() if problem not in done])

    def _sop_stop_signing(self, reason):
        result = super()._sop_stop_signing(reason)
        as_engine(self).write({'match_state': 'none', 'match_note': False, **self._prepare_unchecked()})
        self._sop_unschedule(CHECK_COPY, LEGAL_CHECK)
        self.sudo().seal_request_ids._cancel_open()
        return result
