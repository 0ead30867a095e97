from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.sales_sop.engine import as_engine
from odoo.addons.sales_sop.tests.common import SalesSopCommon

# Who reviews for a department, and the position he holds
REVIEWERS = {
    'sm': "Sales manager", 'director': "Sales director", 'gm': "General manager", 'pre': "Pre-sales engineer",
    'prd': "Production", 'qua': "Quality", 'fin': "Finance", 'leg': "Legal", 'board': "Board",
    'ca': "Contract administrator", 'keeper': "Seal keeper",
}


# Departments and check items that tests name; the shipped ones are taken where they are
DEPARTMENTS = {'sal': 'sm', 'tec': 'pre', 'prd': 'prd', 'qua': 'qua', 'fin': 'fin', 'leg': 'leg', 'mgt': 'gm'}
ITEMS = [
    ('C01', 'sal', 'blocking'), ('C11', 'sal', 'major'), ('R13', 'sal', 'minor'), ('F01', 'tec', 'blocking'),
    ('C07', 'fin', 'blocking'), ('R02', 'fin', 'major'), ('C09', 'leg', 'blocking'), ('L08', 'leg', 'minor'),
    ('R09', 'mgt', 'major'), ('R10', 'mgt', 'blocking')]


class ContractReviewCommon(SalesSopCommon):
    """A company that reviews its orders; reviewers have no rights in Sales (``self.reviewers['leg']``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.sop_review_gate = 'enforce'
        cls.reviewers = {code: cls._create_reviewer(code, name) for code, name in REVIEWERS.items()}
        cls._create_departments()
        cls.product = cls.env['product.product'].create({'name': "Pump P20", 'list_price': 1000, 'type': 'consu'})
        cls.partner = cls.env['res.partner'].create({
            'name': "Huaxin Chemicals", 'email': 'buyer@huaxin.example.com', 'street': "1 Chemistry Road",
            'city': "Ningbo"})

    @classmethod
    def _create_departments(cls):
        model = cls.env['sop.review.department']
        known = {department.code: department for department in model.search([])}
        for code in DEPARTMENTS.keys() - known.keys():
            known[code] = model.create({'name': code.upper(), 'code': code, 'position_code': DEPARTMENTS[code]})
        items = set(cls.env['sop.review.item'].search([]).mapped('code'))
        cls.env['sop.review.item'].create([
            {'name': code, 'code': code, 'department_id': known[department].id, 'severity': severity,
             'dimension': 'risk'}
            for code, department, severity in ITEMS if code not in items])
        cls.departments = known

    @classmethod
    def _create_reviewer(cls, code, name):
        user = new_test_user(
            cls.env, f'user_sop_{code}', name=name, groups='base.group_user,sales_sop.group_sop_participant')
        position = cls.env['sop.position'].search([('code', '=', code), ('company_id', '=', False)])
        if position:
            position.user_ids = [Command.set(user.ids)]
        else:
            cls.env['sop.position'].create({'name': name, 'code': code, 'user_ids': [Command.set(user.ids)]})
        return user

    @classmethod
    def _create_order(cls, quantity=10, price=1000, env=None, **values):
        """A quotation of the salesperson over ``quantity`` × ``price``."""
        return (env or cls.env(user=cls.user_sales_salesman))['sale.order'].create({
            'partner_id': cls.partner.id,
            'order_line': [Command.create({
                'product_id': cls.product.id, 'product_uom_qty': quantity, 'price_unit': price})],
            **values,
        })

    @classmethod
    def _create_contract(cls, orders, env=None, **values):
        """A draft of the salesperson over ``orders`` that says what they say."""
        contract = (env or cls.env(user=cls.user_sales_salesman))['sop.contract'].create({
            'title': "Pumps for the new hall", 'partner_id': orders.partner_id.id, 'delivery': "within 30 days",
            'partner_code': "91330200MA2A0B0C0X", 'partner_bank': "ICBC 1001", 'company_code': "91310000MA1K0D0E0X",
            'company_bank': "BOC 2002", 'company_address': "2 Pump Street, Shanghai", **values})
        orders.sop_contract_id = contract
        contract._sop_fill_from_orders()
        return contract

    @classmethod
    def _give_review(cls, subject, state='approved', **values):
        """A round over what ``subject`` says now that ended in ``state``, without asking anybody."""
        subject = subject.sudo()
        review = as_engine(cls.env['sop.review']).create({
            'name': f"PS-TEST-{subject._name}-{subject.id}",
            subject._sop_review_link: subject.id,
            'company_id': subject.company_id.id,
            'state': state,
            'requester_id': cls.user_sales_salesman.id,
            'fingerprints': subject._get_sop_review_fingerprints()[subject.id],
            **values,
        })
        as_engine(subject).sop_review_id = review
        return cls.env['sop.review'].browse(review.id)

    # ------------------------------------------------------------
    # A ROUND
    # ------------------------------------------------------------

    @classmethod
    def _create_level(cls, mode='parallel', approver='director', **values):
        model = cls.env['sop.review.level']
        departments = cls.env['sop.review.department'].search([('code', 'in', ('sal', 'fin'))])
        return model.create({
            'name': f"Test {mode}", 'code': f'T{model.search_count([])}', 'sequence': 90, 'mode': mode,
            'approver_code': approver, 'day_limit': 2, 'department_ids': [Command.set(departments.ids)], **values})

    @contextmanager
    def _route(self, level, departments=('sal', 'fin')):
        """Requests inside go to ``departments`` at ``level``, whatever the rules say."""
        route = {'level': level, 'reasons': ["Because the test says so"], 'departments': list(departments)}
        with ExitStack() as stack:
            for model in ('sale.order', 'sop.contract'):
                stack.enter_context(patch.object(
                    self.registry[model], '_get_sop_review_routes', lambda records: dict.fromkeys(records.ids, route)))
            yield

    def _request(self, subject, level=None, departments=('sal', 'fin'), message=None):
        """A round that waits for ``departments``, requested by the salesperson."""
        level = level or self._create_level()
        with self._route(level, departments):
            subject.with_user(self.user_sales_salesman).action_sop_request_review(message)
        return subject.sudo().sop_review_id.sudo(False)

    def _opinion(self, review, code):
        """The opinion of a department, or of the position that approves at last; as whoever gives it."""
        opinion = review.sudo().opinion_ids.filtered(
            lambda opinion: opinion.state != 'cancelled' and code == (
                opinion.approver_code if opinion.is_final else opinion.department_id.code))
        return opinion.with_user(opinion.reviewer_ids[:1])

    def _decide(self, review, code, opinion='agree', comment=None, answers=None, fill=True):
        self._opinion(review, code).action_decide(opinion, comment=comment, answers=answers, fill=fill)

    # ------------------------------------------------------------
    # SIGNED CONTRACTS
    # ------------------------------------------------------------

    @classmethod
    def _make_approved(cls, contract, state='approved'):
        """Reviewed and approved as it is, ready to be signed; the salesperson has entered who signs."""
        cls._give_review(contract, state)
        contract.sudo()._sop_set_state(state)
        customer = contract.partner_id.commercial_partner_id
        contract.write({
            'customer_signatory_id': cls.env['res.partner'].create({
                'name': "Mr. Li", 'email': 'li@huaxin.example.com', 'parent_id': customer.id}).id,
            'customer_basis': 'legal_rep',
        })
        return contract

    @classmethod
    def _make_signing(cls, contract):
        """Approved, and being signed by whoever may sign it."""
        cls._make_approved(contract)
        contract.action_sop_start_signing()
        return contract

    @classmethod
    def _seal(cls, contract, seal='sop_seal_contract'):
        """Sealed by the keeper."""
        request = contract.env['sop.seal.request'].create({
            'contract_id': contract.id, 'seal_id': cls.env.ref(f'sales_sop_contract_review.{seal}').id})
        request.with_user(cls.reviewers['keeper']).action_seal()
        return request

    @classmethod
    def _enter_signatures(cls, contract):
        """Both have signed on paper today, and the scan is uploaded."""
        today = contract._get_sop_today()
        contract.write({
            'our_sign_date': today, 'customer_sign_date': today,
            'scan_ids': [Command.create({'name': 'signed.pdf', 'raw': b'%PDF-1.4 signed'})],
        })

    @classmethod
    def _make_effective(cls, contract):
        """Reviewed, sealed, signed by both on paper and compared: the contract is in force."""
        cls._make_signing(contract)
        cls._seal(contract)
        cls._enter_signatures(contract)
        contract.action_sop_match(contract._get_sop_fingerprint_code())
        contract.with_user(cls.reviewers['ca']).action_sop_check_copy()
        return contract

    @classmethod
    def _put_in_force(cls, contract, state='effective'):
        """In ``state`` as if it had been signed, without the way there."""
        contract.flush_recordset()
        cls.env.cr.execute('UPDATE sop_contract SET effective_date = now() WHERE id = ANY(%s)', [contract.ids])
        contract.invalidate_recordset()
        contract.sudo()._sop_set_state(state)
        return contract

    def _finish(self, review):
        """Everybody agrees."""
        for opinion in review.sudo().opinion_ids.sorted('sequence'):
            if opinion.state in ('pending', 'waiting'):
                opinion.with_user(opinion.reviewer_ids[:1]).action_decide('agree', fill=True)

    def _opinion_of(self, review, code):
        """The opinion of a department, cancelled or not."""
        opinion = review.sudo().opinion_ids.filtered(lambda opinion: opinion.department_id.code == code)[:1]
        return opinion.with_user(opinion.reviewer_ids[:1])
