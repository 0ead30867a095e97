import inspect
from contextlib import suppress

from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from .access_common import AccessCommon

# What says who decides: the administrator of the system writes it
SYSTEM = (
    'sop.review.department', 'sop.review.topic', 'sop.review.item', 'sop.review.level', 'sop.review.level.department',
    'sop.review.rule', 'sop.review.flag', 'sop.signing.authority', 'sop.seal', 'sop.payment.plan.line')
# What the contract administrator keeps
LIBRARY = (
    'sop.clause', 'sop.clause.wording', 'sop.contract.template', 'sop.contract.template.line',
    'sop.amendment.task.type')
# What only the server writes: the review, ...
REVIEW = (
    'sop.review', 'sop.review.opinion', 'sop.review.answer', 'sop.review.condition', 'sop.review.comment',
    'sop.review.event')
# ... and what follows from a contract
LEDGERS = (
    'sop.contract.version', 'sop.contract.resolution', 'sop.clause.approval', 'sop.amendment.task',
    'sop.change.notice', 'sop.seal.log', 'sop.termination', 'sop.archive.destruction', 'sop.archive.loan')
# What is written with the contract, for some of it while it is drafted only ...
PARTS = (
    'sop.contract', 'sop.contract.clause', 'sop.contract.line', 'sop.contract.instalment', 'sop.amendment.line')
# ... and what comes with it, and is filled in
KEPT = ('sop.amendment.order', 'sop.archive.item', 'sop.seal.request')
# Each enters his own, or a manager those of others: see test_absence.py
SHARED = ('sop.absence',)
# Read with what the user was asked about
ASKED = (*REVIEW, 'sop.clause.approval', 'sop.amendment.task', 'sop.change.notice', 'sop.archive.loan',
         'sop.termination')


@tagged('post_install', '-at_install')
class TestContractAccessRoles(AccessCommon):
    """Who reads, who writes."""

    def setUp(self):
        super().setUp()
        self.records = self._create_records()

    def _may(self, user, model, operation):
        self.env.invalidate_all()
        return self.records[model].with_env(self.env(user=user, su=False, context={})).has_access(operation)

    def assertRights(self, user, reads=(), writes=(), creates=(), deletes=()):
        for operation, models in (('read', reads), ('write', writes), ('create', creates), ('unlink', deletes)):
            for model in self.records:
                with self.subTest(user=user.login, model=model, operation=operation):
                    self.assertEqual(self._may(user, model, operation), model in models)

    def test_every_model_has_its_rights_tested(self):
        """A new model is added to the records and to one of the lists above."""
        models = {
            name for name, model in self.env.registry.items()
            if name.startswith('sop.') and not model._abstract and not model._transient
            and model._original_module == 'sales_sop_contract_review'}
        self.assertEqual(models, set(self.records))
        self.assertEqual(models, {*SYSTEM, *LIBRARY, *REVIEW, *LEDGERS, *PARTS, *KEPT, *SHARED})

    def test_salesperson(self):
        self.assertRights(
            self.user_sales_salesman, reads=self.records, writes=(*PARTS, *KEPT, *SHARED),
            creates=(*PARTS, *SHARED, 'sop.seal.request', 'sop.termination'), deletes=(*PARTS, *SHARED))

    def test_colleague(self):
        """Of another's contracts and reviews nothing is seen."""
        self.assertRights(
            self.colleague, reads=(*SYSTEM, *LIBRARY, *SHARED), writes=SHARED, creates=SHARED, deletes=SHARED)

    def test_manager(self):
        kept = (*PARTS, *LIBRARY, *SHARED, 'sop.archive.destruction', 'sop.archive.loan', 'sop.seal.request')
        self.assertRights(
            self.user_sales_manager, reads=self.records, writes=(*kept, *KEPT), creates=(*kept, 'sop.termination'),
            deletes=(set(LIBRARY) - {'sop.clause'}) | {*PARTS, *SHARED})

    def test_auditor(self):
        self.assertRights(
            self.user_auditor, reads=set(self.records) - {'sop.payment.plan.line'}, writes=SHARED, creates=SHARED,
            deletes=SHARED)

    def test_asked(self):
        reads = {*SYSTEM, *LIBRARY, *SHARED, *ASKED} - {'sop.payment.plan.line'}
        self.assertRights(self.reviewers['fin'], reads=reads, writes=SHARED, creates=SHARED, deletes=SHARED)

    def test_not_asked(self):
        reads = {*SYSTEM, *LIBRARY, *SHARED} - {'sop.payment.plan.line'}
        self.assertRights(self.reviewers['qua'], reads=reads, writes=SHARED, creates=SHARED, deletes=SHARED)

    def test_contract_administrator(self):
        """He keeps contracts, and takes no part in reviews he was not asked about."""
        kept = (*PARTS, *LIBRARY, *SHARED, 'sop.archive.destruction', 'sop.archive.loan', 'sop.seal.request')
        self.assertRights(
            self.user_ca, reads=set(self.records) - set(REVIEW), writes=(*kept, *KEPT), creates=kept,
            deletes=(set(LIBRARY) - {'sop.clause'}) | {*PARTS, *SHARED})

    def test_others(self):
        self.assertRights(self.user_employee, reads=('sop.review.flag',))
        for user in (self.user_portal, self.user_public):
            self.assertRights(user)

    def test_other_company(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        manager = self.user_sales_manager.copy({
            'login': 'manager_elsewhere', 'company_id': company.id, 'company_ids': [(6, 0, company.ids)]})
        manager.group_ids += self.user_sales_manager.group_ids
        for model in (*PARTS, *KEPT, *REVIEW, *LEDGERS):
            with self.subTest(model=model):
                self.assertFalse(self._may(manager, model, 'read'))
                self.assertFalse(self.env[model].with_user(manager).search([('id', '=', self.records[model].id)]))

    def test_lists_show_what_can_be_read(self):
        for user in (self.colleague, self.reviewers['qua'], self.reviewers['fin'], self.user_ca, self.user_auditor):
            for model in (*PARTS, *KEPT, *REVIEW, *LEDGERS):
                readable = self._may(user, model, 'read')
                domain = [('id', '=', self.records[model].id)]
                records = self.env[model].with_user(user)
                if not readable and not records.has_access('read'):
                    continue
                with self.subTest(user=user.login, model=model):
                    self.assertEqual(bool(records.search(domain)), readable)
                    self.assertEqual(records.search_count(domain), int(readable))
                    groups = records.formatted_read_group(domain, [], ['__count'])
                    self.assertEqual(groups[0]['__count'], int(readable))


@tagged('post_install', '-at_install')
class TestContractAccessMethods(AccessCommon):
    """Public means callable by any client: each method is tried by those who have no business here."""

    arguments = {
        'reason': "Let me in", 'text': "x", 'key': 'x', 'start': '2030-01-01 08:00:00', 'minutes': "x",
        'attendee_ids': [1], 'evidence': "x", 'user_id': 1, 'department': 'leg', 'answers': {}, 'code': 'C01',
        'attachment_ids': [], 'attachment_id': 1, 'opinion': 'agree', 'condition': {}, 'message': "x",
    }
    odd = (None, '', 'x', 5, -1, 1.5, True, [None], {'x': 1}, {'C01': {'condition': 5}}, 10 ** 12)
    # Whoever reads may show, explain, print and list; nothing changes by it.
    harmless = frozenset({
        'action_sop_explain_level', 'action_sop_ledger', 'action_sop_print', 'action_agree_all'})

    def _get_public_methods(self, model):
        """Names of what our add-on adds to the public face of ``model``."""
        names, stock = set(), set(dir(self.env.registry['base']))
        for base in type(model).__mro__:
            own = {name for name, value in vars(base).items() if inspect.isfunction(value) and name[0] != '_'}
            if base.__module__.startswith('odoo.addons.sales_sop_contract_review.'):
                names |= own
            else:
                stock |= own
        return sorted(names - stock)

    def _get_records(self):
        records = self._create_records()
        records['crm.lead'] = self.lead
        records['sale.order'] = self.order
        return [*records.values(), *self._create_wizards(records)]

    def _create_wizards(self, records):
        manager = self.env(user=self.user_sales_manager)
        contract, condition = records['sop.contract'], records['sop.review.condition']
        values = {
            'sop.review.condition.done': {'condition_id': condition.id, 'evidence': "x"},
            'sop.review.backtest': {},
            'sop.clause.reassign': {
                'approval_id': records['sop.clause.approval'].id, 'user_id': self.user_sales_manager.id, 'reason': "x"},
            'sop.contract.difference.dialog': {'contract_id': contract.id},
            'sop.review.request': {'contract_ids': [(6, 0, contract.ids)]},
            'sop.review.act': {'kind': 'recall', 'review_id': records['sop.review'].id, 'reason': "x"},
        }
        for model, vals in values.items():
            yield manager[model].create(vals)

    def _get_parameters(self, record, name):
        method = get_public_method(record, name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        return method, [own for own in parameters if own.kind == own.POSITIONAL_OR_KEYWORD]

    def _call(self, record, name, **values):
        method, parameters = self._get_parameters(record, name)
        needed = {own.name: self.arguments[own.name] for own in parameters if own.default is own.empty}
        return method(record, **{**needed, **values})

    def _as(self, record, user):
        return record.with_env(self.env(user=user, su=False, context={}))

    def test_every_model_is_tried(self):
        """A model with public methods is added to the records above."""
        tried = {record._name for record in self._get_records()}
        for name, model in self.env.registry.items():
            if not model._abstract and name not in tried:
                self.assertFalse(self._get_public_methods(self.env[name]), name)

    def test_nothing_public_by_accident(self):
        """What a client may call is named like an action or like a question."""
        for model in self.env.registry.values():
            for name in self._get_public_methods(self.env[model._name]):
                with self.subTest(model=model._name, method=name):
                    self.assertRegex(name, r'^(action_|get_)')

    def test_those_who_have_no_business_here(self):
        tried = 0
        for record in self._get_records():
            for name in self._get_public_methods(record):
                for user in (self.user_employee, self.user_portal, self.user_public):
                    self.env.invalidate_all()
                    with self.subTest(model=record._name, method=name, user=user.login):
                        with self.assertRaises(AccessError), self.cr.savepoint():
                            self._call(self._as(record, user), name)
                    tried += 1
        self.assertGreater(tried, 250)

    def test_those_who_were_not_asked(self):
        """Colleagues and participants without a part in it: neither their acts nor their questions go through."""
        for record in self._get_records():
            if record._name in (*SYSTEM, *LIBRARY, *SHARED, 'crm.lead') or record._transient:
                continue
            for name in self._get_public_methods(record):
                for user in (self.colleague, self.reviewers['qua']):
                    self.env.invalidate_all()
                    with self.subTest(model=record._name, method=name, user=user.login):
                        with self.assertRaises(AccessError), self.cr.savepoint():
                            self._call(self._as(record, user), name)

    def test_auditor_changes_nothing(self):
        """Whoever reads everything opens what he reads, and no more."""
        for record in self._get_records():
            for name in self._get_public_methods(record):
                if name.startswith('get_') or '_open_' in name or name in self.harmless or record._transient:
                    continue
                self.env.invalidate_all()
                with self.subTest(model=record._name, method=name):
                    with self.assertRaises(UserError), self.cr.savepoint():
                        self._call(self._as(record, self.user_auditor), name)

    def test_odd_arguments(self):
        """Anyone may call a public method with anything: the answer is a sentence, never a traceback."""
        users = (self.user_sales_salesman, self.reviewers['sm'])
        for record in self._get_records():
            for name in self._get_public_methods(record):
                for parameter in self._get_parameters(record, name)[1]:
                    for user in users:
                        for value in self.odd:
                            self._try(record, name, user, parameter.name, value)

    def _try(self, record, name, user, parameter, value):
        self.env.invalidate_all()
        with self.subTest(model=record._name, method=name, user=user.login, argument=parameter, value=value):
            savepoint = self.cr.savepoint()
            try:
                with suppress(UserError):
                    self._call(self._as(record, user), name, **{parameter: value})
                    self.env.flush_all()
            finally:
                self.env.clear()
                savepoint.rollback()
