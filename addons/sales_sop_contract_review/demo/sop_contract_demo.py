from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.sales_sop.engine import as_engine

from ..contract_items import place_items
from .sop_contract_stories import CONTRACTS

MODULE = 'sales_sop_contract_review'
# What says when something happened
PAST = {
    'sop.contract': (
        'signing_date', 'our_sign_date', 'customer_sign_date', 'our_signed_date', 'effective_date', 'original_date',
        'copy_checked_date', 'registered_date', 'completed_date', 'archived_date'),
    'sop.review': ('date', 'deadline', 'decided_date'),
    'sop.review.opinion': ('date', 'figures_date'),
    'sop.review.event': ('date',),
}


class SopDemo(models.AbstractModel):
    """Lets the contracts of the demo data live through their history, each step as the person concerned."""

    _inherit = 'sop.demo'

    @api.model
    def _load_contracts(self):
        # Otherwise they come after the demo data, and texts frozen before that have English words in Chinese.
        languages = [code for code, __ in self.env['res.lang'].get_installed()]
        self.env['ir.module.module']._load_module_terms([MODULE], languages)
        self._take_over_procedure()
        self.env.company.sop_review_gate = 'enforce'
        for key, story in CONTRACTS.items():
            contract = self.env['sop.contract']
            for verb, *details in story:
                contract = getattr(self, f'_sign_{verb}')(contract or self._get_deal(key), *details) or contract
        self._agree_framework()
        self.env.flush_all()

    def _agree_framework(self):
        """Filters for a year at fixed prices, and a first call-off."""
        amy, today = self._get_user('amy'), fields.Date.today()
        filters = self.env.ref('sales_sop.product_filters')
        contract = self.env['sop.contract'].with_user(amy).create({
            'title': "Filters for a year", 'type': 'framework',
            'partner_id': self.env.ref('sales_sop.partner_castings').id,
            'date_start': today - timedelta(days=30), 'date_end': today + timedelta(days=330),
            'line_ids': [Command.create({
                'product_id': filters.id, 'name': filters.display_name, 'uom_id': filters.uom_id.id, 'quantity': 0,
                'price_unit': 0.95 * filters.list_price})],
            'instalment_ids': [Command.create({'percent': 100, 'trigger': 'delivery', 'days': 30, 'method': 'wire'})],
        })
        contract.write(self._prepare_gaps(contract))
        self._sign_review(contract, "Filters for both stations at one price.")
        self._sign_finish(contract)
        self._sign_sign(contract, 'wet')
        self._sign_match(contract)
        order = self.env['sale.order'].with_user(amy).browse(contract.action_sop_call_off()['res_id'])
        order.order_line.product_uom_qty = 6

    def _take_over_procedure(self):
        """The version that asks for contracts is published, and running opportunities follow it."""
        place_items(self.env)
        process = self.env.ref('sales_sop.sop_process_sales')
        draft = self.env['sop.process'].search(
            [('code', '=', process.code), ('state', '=', 'draft')], order='version desc', limit=1)
        draft.action_publish()
        draft.action_migrate_older()

    def _get_user(self, login):
        return self.env.ref(f'{MODULE}.user_{login}', raise_if_not_found=False) or super()._get_user(login)

    def _get_deal(self, key):
        return self.env.ref(f'sales_sop.crm_lead_{key}')

    # ------------------------------------------------------------
    # DRAFTED
    # ------------------------------------------------------------

    def _sign_draft(self, lead, values):
        order = lead.order_ids[:1].with_user(lead.user_id)
        contract = self.env['sop.contract'].with_user(lead.user_id).browse(order.action_sop_draft_contract()['res_id'])
        contract.write({**values, **self._prepare_gaps(contract)})
        return contract

    def _prepare_gaps(self, contract):
        """What the customers of the demo data lack."""
        number = 100 + contract.partner_id.commercial_partner_id.id
        known = {
            'partner_code': f'91320500MA1W{number:04d}X', 'partner_bank': f'ICBC Suzhou 1102 0265 0900 {number:04d}',
            'company_code': '91310115MA1K3ABC2X', 'company_bank': 'Bank of China Shanghai 4368 5012 3456',
            'delivery': "within 8 weeks after the advance payment",
        }
        return {name: value for name, value in known.items() if not contract[name]}

    def _get_clause(self, contract, code):
        return contract.clause_ids.filtered(lambda line: line.clause_id.code == code)

    def _sign_own(self, contract, code, texts):
        self._get_clause(contract, code).write({'text_en': texts['en'], 'text_zh': texts['zh']})

    def _sign_ask(self, contract, code, reason):
        self._get_clause(contract, code).action_request_approval(reason)

    # ------------------------------------------------------------
    # REVIEWED
    # ------------------------------------------------------------

    def _sign_review(self, contract, message):
        contract.action_sop_request_review(message)

    def _get_opinions(self, contract):
        return contract.sudo().sop_review_id.opinion_ids.filtered(lambda opinion: opinion.state == 'pending')

    def _sign_opinion(self, contract, code, opinion, answers):
        asked = self._get_opinions(contract).filtered(lambda opinion: opinion.department_id.code == code)
        given = {
            code: {**answer, 'condition': self._prepare_condition(answer['condition'])}
            for code, answer in answers.items()}
        comment = ' '.join(answer['comment'] for answer in given.values())
        asked.with_user(asked.reviewer_ids[:1]).action_decide(opinion, comment=comment, answers=given, fill=True)

    def _prepare_condition(self, condition):
        return {
            'name': condition['name'], 'due_point': condition['due_point'],
            'owner_id': self._get_user(condition['owner']).id,
            'due_date': fields.Date.to_string(fields.Date.today() + timedelta(days=condition['days']))}

    def _sign_finish(self, contract):
        while opinions := self._get_opinions(contract):
            for opinion in opinions:
                opinion.with_user(opinion.reviewer_ids[:1]).action_decide('agree', fill=True)

    # ------------------------------------------------------------
    # SIGNED AND KEPT
    # ------------------------------------------------------------

    def _sign_sign(self, contract, method):
        contact = contract.partner_id.commercial_partner_id.child_ids[:1] or contract.partner_id
        contract.write({
            'customer_signatory_id': contact.id, 'customer_basis': 'legal_rep', 'sign_method': method})
        contract.action_sop_start_signing()
        if method == 'wet':
            seal = self.env.ref(f'{MODULE}.sop_seal_contract')
            contract.env['sop.seal.request'].create({'contract_id': contract.id, 'seal_id': seal.id})
        else:
            contract.with_user(contract.sudo().signatory_id).action_sop_sign()
            contract._sop_request_signoff(contact, mail=False).sudo()._answer('confirmed', contact.name)

    def _sign_match(self, contract):
        request = contract.sudo().seal_request_ids[:1]
        request.with_user(request.keeper_ids[:1]).action_seal()
        today = contract._get_sop_today()
        scan = self._make_page(contract, "Signed contract")
        contract.write({
            'our_sign_date': today, 'customer_sign_date': today, 'scan_ids': [Command.set(scan.ids)]})
        contract.action_sop_match(contract._get_sop_fingerprint_code())
        contract.with_user(self._get_user('dora')).action_sop_check_copy()

    def _sign_archive(self, contract, place, count):
        own = contract.with_user(self._get_user('dora'))
        own.write({
            'original_date': contract._get_sop_today(), 'kept_count': count, 'archive_location': place})
        own.action_sop_register()

    def _sign_complete(self, contract):
        own = contract.with_user(self._get_user('dora'))
        papers = own.env['sop.archive.item'].search([('contract_id', '=', contract.id)])
        papers.filtered(lambda paper: paper.state == 'missing').write({'mark': 'filed'})
        contract.action_sop_complete("Delivered, accepted and paid.")
        own.action_sop_archive()

    # ------------------------------------------------------------
    # CHANGED
    # ------------------------------------------------------------

    def _sign_amend(self, contract, quantity, reason):
        supplement = contract.browse(contract.action_sop_amend()['res_id'])
        supplement.write({'amendment_origin': 'customer', 'amendment_reason': reason})
        supplement.amendment_line_ids[:1].quantity = quantity
        supplement.action_sop_request_review(reason)

    # ------------------------------------------------------------
    # DATES
    # ------------------------------------------------------------

    def _sign_past(self, contract, days):
        """Everything that happened to it is ``days`` ago."""
        self.env.flush_all()
        contract_sudo, review = contract.sudo(), contract.sudo().sop_review_id
        for record in (contract_sudo, review, *review.opinion_ids, *review.event_ids):
            as_engine(record).write({
                name: record[name] - timedelta(days=days) for name in PAST[record._name] if record[name]})
