from odoo import api, models
from odoo.fields import Domain
from odoo.tools import consteq

from odoo.addons.sales_sop.engine import as_engine

from ..values import SIGNED


class SopContract(models.Model):
    """The contract as its customer sees it: from the moment it is signed on."""

    _name = 'sop.contract'
    _inherit = ['sop.contract', 'portal.mixin']

    _sop_server_fields = frozenset({'access_token'})

    def _compute_access_url(self):
        for contract in self:
            contract.access_url = f'/my/contracts/{contract.id}'

    def _portal_ensure_token(self):
        # The token is written by the server alone.
        return super(SopContract, as_engine(self))._portal_ensure_token()

    @api.model
    def _get_thread_with_access(self, thread_id, *, hash=None, pid=None, token=None, **kwargs):
        """The link of a customer opens the contract, and not what we say to each other about it."""
        return super()._get_thread_with_access(thread_id, **kwargs)

    def _get_sop_portal_domain(self, partner):
        """The contracts that ``partner`` and its company see."""
        return (
            Domain('partner_id.commercial_partner_id', '=', partner.commercial_partner_id.id)
            & Domain('state', 'in', ('signing', *SIGNED)))

    def _is_sop_shown_to(self, user, access_token):
        """Whether this user, or whoever has this link, sees the contract in the portal."""
        self.ensure_one()
        own = self.sudo()
        if own.state not in ('signing', *SIGNED):
            return user._is_internal() and self.with_user(user).has_access('read')
        if self._matches_sop_token(access_token):
            return True
        if user._is_public():
            return False
        if user._is_internal():
            return self.with_user(user).has_access('read')
        return own.partner_id.commercial_partner_id == user.partner_id.commercial_partner_id

    def _matches_sop_token(self, access_token):
        # sudo: the token is compared, not shown.
        own = self.sudo().access_token
        return bool(own) and isinstance(access_token, str) and consteq(own, access_token)

    def _get_sop_portal_body(self, lang):
        """The text in the language of whoever reads it."""
        name = 'zh' if (lang or '').startswith('zh') else 'en'
        frozen = self._get_sop_frozen_version()
        return frozen[f'body_{name}'] if frozen else self._get_sop_bodies()[name]
