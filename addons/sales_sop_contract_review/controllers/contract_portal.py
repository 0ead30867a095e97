from markupsafe import Markup

from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

PATH = '/my/contracts'
LANGUAGES = {'zh': 'zh_CN', 'en': 'en_US'}


class SopContracts(CustomerPortal):
    """Where customers read and download their contracts."""

    def _get_sop_own_contracts(self):
        # sudo: customers have no rights on contracts; the domain holds what is theirs.
        return request.env['sop.contract'].sudo()

    def _get_sop_contract(self, contract_id, access_token):
        """The contract as superuser, or None for somebody it is not meant for."""
        contract = request.env['sop.contract'].with_user(SUPERUSER_ID).browse(contract_id).exists()
        return contract if contract and contract._is_sop_shown_to(request.env.user, access_token) else None

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if 'sop_contract_count' in counters:
            contracts = self._get_sop_own_contracts()
            values['sop_contract_count'] = contracts.search_count(
                contracts._get_sop_portal_domain(request.env.user.partner_id))
        return values

    @http.route([PATH, f'{PATH}/page/<int:page>'], type='http', auth='user', website=True)
    def portal_sop_contracts(self, page=1, **kwargs):
        """The contracts of the customer, the latest first."""
        contracts = self._get_sop_own_contracts()
        domain = contracts._get_sop_portal_domain(request.env.user.partner_id)
        pages = pager(url=PATH, total=contracts.search_count(domain), page=page, step=self._items_per_page)
        return request.render('sales_sop_contract_review.portal_sop_contracts', {
            **self._prepare_portal_layout_values(),
            'contracts': contracts.search(domain, limit=self._items_per_page, offset=pages['offset']),
            'page_name': 'sop_contract', 'pager': pages, 'default_url': PATH,
        })

    @http.route([f'{PATH}/<int:contract_id>'], type='http', auth='public', website=True)
    def portal_sop_contract(self, contract_id, access_token=None, report_type=None, text=None, **kwargs):
        """One contract: its text in the language of the reader, and its file."""
        contract = self._get_sop_contract(contract_id, access_token)
        if not contract:
            return request.redirect('/my')
        if report_type in ('html', 'pdf'):
            return self._print_sop_contract(contract, report_type)
        lang = LANGUAGES.get(text, request.env.lang)
        return request.render('sales_sop_contract_review.portal_sop_contract', {
            **self._prepare_portal_layout_values(),
            'contract': contract, 'body': Markup(contract._get_sop_portal_body(lang)),
            'is_chinese': (lang or '').startswith('zh'), 'signoff': self._get_sop_pending_signoff(contract),
            'query': f'&access_token={access_token}' if contract._matches_sop_token(access_token) else '',
            'access_token': access_token if contract._matches_sop_token(access_token) else None,
            'page_name': 'sop_contract', 'res_company': contract.company_id,
        })

    def _get_sop_pending_signoff(self, contract):
        """What the customer is asked to sign, when it is for the one who reads."""
        user = request.env.user
        pending = contract.env['sop.signoff'].search(
            [('contract_id', '=', contract.id), ('state', '=', 'pending'), ('sent_date', '!=', False)], limit=1)
        customer = contract.partner_id.commercial_partner_id
        mine = not user._is_public() and user.partner_id.commercial_partner_id == customer
        return pending if mine else pending.browse()

    def _print_sop_contract(self, contract, report_type):
        reports = request.env['ir.actions.report'].sudo()
        if report_type == 'pdf' and reports.get_wkhtmltopdf_state() in ('install', 'broken'):
            report_type = 'html'
        return self._show_report(
            contract, report_type, 'sales_sop_contract_review.sop_contract_report_action', download=True)
