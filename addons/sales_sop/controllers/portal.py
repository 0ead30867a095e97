import base64
import binascii
import io
import logging

from PIL import Image, UnidentifiedImageError

from odoo import SUPERUSER_ID, http
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

_logger = logging.getLogger(__name__)

NAME_LENGTH = 120
COMMENT_LENGTH = 5000
# Bytes of the image, and pixels of a side: a small file may hold a picture that fills the memory.
SIGNATURE_SIZE = 1024 * 1024
SIGNATURE_SIDE = 4096
PATH = '/my/confirmations'


class SopConfirmations(CustomerPortal):
    """Where customers read what we understood and agreed, and confirm or decline it."""

    # ------------------------------------------------------------
    # WHAT A CUSTOMER MAY SEE
    # ------------------------------------------------------------

    def _get_sop_confirmation_domain(self):
        """The requests to the customer the user belongs to; one he got again is not listed twice."""
        customer = request.env.user.partner_id.commercial_partner_id
        return (
            Domain('partner_id.commercial_partner_id', '=', customer.id)
            & Domain('sent_date', '!=', False) & Domain('state', '!=', 'outdated'))

    def _get_sop_confirmation(self, signoff_id, access_token):
        """The request as superuser, or None for somebody it is not meant for."""
        signoff = request.env['sop.signoff'].with_user(SUPERUSER_ID).browse(signoff_id).exists()
        if not signoff or not (signoff._matches(access_token) or self._is_sop_asked(signoff)):
            return None
        return signoff

    def _is_sop_asked(self, signoff):
        user = request.env.user
        if user._is_public():
            return False
        if user._is_internal():
            return signoff.with_user(user).has_access('read')
        return signoff.partner_id.commercial_partner_id == user.partner_id.commercial_partner_id

    def _get_sop_own_confirmations(self):
        # sudo: customers have no rights on the ledger; the domain holds what is theirs.
        return request.env['sop.signoff'].sudo()

    # ------------------------------------------------------------
    # PAGES
    # ------------------------------------------------------------

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if 'sop_confirmation_count' in counters:
            domain = self._get_sop_confirmation_domain() & Domain('state', '=', 'pending')
            values['sop_confirmation_count'] = self._get_sop_own_confirmations().search_count(domain)
        return values

    @http.route([PATH, f'{PATH}/page/<int:page>'], type='http', auth='user', website=True)
    def portal_sop_confirmations(self, page=1, **kwargs):
        """What the customer was asked to confirm, open requests first."""
        signoffs, domain = self._get_sop_own_confirmations(), self._get_sop_confirmation_domain()
        pages = pager(url=PATH, total=signoffs.search_count(domain), page=page, step=self._items_per_page)
        found = signoffs.search(
            domain, order='answer_date DESC NULLS FIRST, id DESC', limit=self._items_per_page, offset=pages['offset'])
        return request.render('sales_sop.portal_sop_confirmations', {
            **self._prepare_portal_layout_values(),
            'signoffs': found,
            'page_name': 'sop_confirmation',
            'pager': pages,
            'default_url': PATH,
        })

    @http.route([f'{PATH}/<int:signoff_id>'], type='http', auth='public', website=True)
    def portal_sop_confirmation(self, signoff_id, access_token=None, report_type=None, error=None, **kwargs):
        """One request: what is confirmed, and the form or the answer."""
        signoff = self._get_sop_confirmation(signoff_id, access_token)
        if not signoff:
            return request.redirect('/my')
        signoff._refresh()
        if report_type in ('html', 'pdf'):
            return self._print_sop_confirmation(signoff, report_type)
        return request.render('sales_sop.portal_sop_confirmation', {
            **self._prepare_portal_layout_values(),
            'signoff': signoff,
            'salesperson': signoff._get_user(),
            'access_token': access_token if signoff._matches(access_token) else None,
            'is_internal': request.env.user._is_internal(),
            'error': error == 'reason',
            'page_name': 'sop_confirmation',
            'res_company': signoff.company_id or request.env.company,
        })

    def _print_sop_confirmation(self, signoff, report_type):
        reports = request.env['ir.actions.report'].sudo()
        if report_type == 'pdf' and reports.get_wkhtmltopdf_state() in ('install', 'broken'):
            report_type = 'html'
        return self._show_report(signoff, report_type, 'sales_sop.sop_signoff_report')

    # ------------------------------------------------------------
    # ANSWERS
    # ------------------------------------------------------------

    @http.route([f'{PATH}/<int:signoff_id>/confirm'], type='jsonrpc', auth='public', website=True)
    def portal_sop_confirm(self, signoff_id, access_token=None, name=None, signature=None, comment=None, **kwargs):
        """Confirm with a name and a signature; the first answer counts."""
        access_token = access_token or request.httprequest.args.get('access_token')
        signoff = self._get_sop_confirmation(signoff_id, access_token)
        if not signoff:
            return {'error': request.env._("This link is not valid. Please open the link of the e-mail again.")}
        try:
            self._check_sop_answerer()
            self._answer_sop_confirmation(
                signoff, 'confirmed', self._get_sop_text(name), comment=self._get_sop_text(comment, COMMENT_LENGTH),
                signature=self._get_sop_signature(signature))
        except UserError as error:
            return {'error': str(error)}
        # Also when somebody was faster or it was changed: the page says so.
        return {'force_refresh': True, 'redirect_url': self._get_sop_path(signoff, access_token)}

    @http.route(
        [f'{PATH}/<int:signoff_id>/decline'], type='http', auth='public', website=True, methods=['POST'])
    def portal_sop_decline(self, signoff_id, access_token=None, name=None, reason=None, **kwargs):
        """Decline with a reason; the salesperson is told."""
        signoff = self._get_sop_confirmation(signoff_id, access_token)
        if not signoff:
            return request.redirect('/my')
        path = self._get_sop_path(signoff, access_token)
        try:
            self._check_sop_answerer()
            reason = self._get_sop_text(reason, COMMENT_LENGTH)
            if not reason:
                return request.redirect(f'{path}{"&" if "?" in path else "?"}error=reason')
            self._answer_sop_confirmation(
                signoff, 'declined', self._get_sop_text(name) or signoff.partner_id.name, comment=reason)
        except UserError as error:
            return request.render('sales_sop.portal_sop_confirmation_error', {'message': str(error), 'path': path})
        return request.redirect(path)

    def _answer_sop_confirmation(self, signoff, state, name, **values):
        """Keep the answer with what follows from it, or nothing of both.

        :raise UserError: in words a customer understands
        """
        if not name:
            raise UserError(request.env._("Please enter your name."))
        agent = request.httprequest.user_agent.string or ''
        try:
            with request.env.cr.savepoint():
                signoff._answer(
                    state, name, address=request.httprequest.remote_addr, user_agent=agent[:500], **values)
        except UserError:
            # What holds an answer back inside the company is not told to the customer.
            _logger.warning("Answer to sop.signoff %s was not kept", signoff.id, exc_info=True)
            raise UserError(request.env._(
                "Your answer could not be saved. Please write to us, we take care of it.")) from None

    def _check_sop_answerer(self):
        if request.env.user._is_internal():
            raise UserError(request.env._("Only the customer answers here. Record his answer on the opportunity."))

    def _get_sop_text(self, value, length=NAME_LENGTH):
        """Plain text of a form.

        :raise UserError: it is longer than ``length``
        """
        text = value.replace('\x00', '').strip() if isinstance(value, str) else ''
        if length == NAME_LENGTH:
            text = ' '.join(text.split())
        if len(text) > length:
            raise UserError(request.env._("Please use at most %s characters.", length))
        return text

    def _get_sop_signature(self, value):
        """A signature as it is stored.

        :raise UserError: it is no small picture
        """
        if not value or not isinstance(value, str):
            raise UserError(request.env._("Please sign: type or draw your signature."))
        if len(value) > SIGNATURE_SIZE * 4 // 3 + 4:
            raise UserError(request.env._("The picture of your signature is too large. Please use one below 1 MB."))
        try:
            content = base64.b64decode(value, validate=True)
            image = Image.open(io.BytesIO(content), formats=('PNG', 'JPEG'))
            image.verify()
        except (binascii.Error, ValueError, OSError, SyntaxError, UnidentifiedImageError,
                Image.DecompressionBombError):
            image = None
        if not image or max(image.size) > SIGNATURE_SIDE:
            raise UserError(request.env._("This is no picture of a signature. Please draw it, or load a PNG or JPEG."))
        return base64.b64encode(content)

    def _get_sop_path(self, signoff, access_token):
        path = f'{PATH}/{signoff.id}'
        return f'{path}?access_token={access_token}' if signoff._matches(access_token) else path
