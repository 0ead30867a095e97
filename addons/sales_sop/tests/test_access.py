import inspect

from odoo import Command
from odoo.exceptions import AccessError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from .common import SalesSopCommon

CONFIGURATION = ('sop.process', 'sop.stage', 'sop.requirement', 'sop.workday')
LEDGERS = ('sop.check', 'sop.transition')


@tagged('post_install', '-at_install')
class TestAccessRoles(SalesSopCommon):
    """Who reads, who writes."""

    def setUp(self):
        super().setUp()
        self._do_all(self.lead, self.stage_discover)
        self.lead.stage_id = self.stage_gen_1
        self.workday = self.env['sop.workday'].create({
            'company_id': self.env.company.id, 'date': '2026-10-01', 'kind': 'holiday', 'name': "National Day"})
        self.draft = self._create_process('draft', self.sales_team_1)
        self.records = {
            'sop.process': self.draft, 'sop.stage': self.draft.stage_ids[0],
            'sop.requirement': self.draft.stage_ids[0].requirement_ids[0], 'sop.workday': self.workday,
            'sop.check': self._get_check(self.lead, 'D1'), 'sop.transition': self._get_log(self.lead)[0],
        }

    def _may(self, user, model, operation):
        self.env.invalidate_all()
        return self.records[model].with_user(user).has_access(operation)

    def assertRights(self, user, reads=(), writes=()):
        for model in self.records:
            for operation in ('read', 'write', 'create', 'unlink'):
                expected = model in (reads if operation == 'read' else writes)
                with self.subTest(user=user.login, model=model, operation=operation):
                    self.assertEqual(self._may(user, model, operation), expected)

    def test_salesperson(self):
        self.assertRights(self.user_sales_salesman, reads=(*CONFIGURATION, *LEDGERS))

    def test_manager(self):
        self.assertRights(self.user_sales_manager, reads=(*CONFIGURATION, *LEDGERS), writes=CONFIGURATION)

    def test_auditor(self):
        self.assertRights(self.user_auditor, reads=(*CONFIGURATION, *LEDGERS))

    def test_others(self):
        for user in (self.user_employee, self.user_portal, self.user_public):
            self.assertRights(user)

    def test_evidence_follows_the_document(self):
        """Who does not see the lead does not see what was recorded about it, in a list neither."""
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        foreign.with_user(self.user_sales_leads).action_sop_tick(self.items['D1'].id)
        foreign.with_user(self.user_sales_leads).stage_id = self.stage_gen_1
        for record in (self._get_check(foreign, 'D1'), self._get_log(foreign)):
            for user, sees in (
                (self.user_sales_salesman, False), (self.user_sales_leads, True), (self.user_sales_manager, True),
                (self.user_auditor, True),
            ):
                self.env.invalidate_all()
                with self.subTest(model=record._name, user=user.login):
                    model = record.with_user(user)
                    self.assertEqual(model.has_access('read'), sees)
                    self.assertEqual(bool(model.search([('id', '=', record.id)])), sees)
                    self.assertEqual(model.search_count([('id', '=', record.id)]), int(sees))
                    groups = model.formatted_read_group([('id', '=', record.id)], ['process_id'], ['__count'])
                    self.assertEqual(sum(group['__count'] for group in groups), int(sees))

    def test_auditor_reads_every_document_and_changes_none(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id).with_user(self.user_auditor)
        checklist = foreign.get_sop_checklist()
        self.assertFalse(checklist['can_edit'] or checklist['can_waive'] or checklist['can_fast_track'])
        for stage in checklist['stages']:
            for item in stage['requirements']:
                self.assertFalse(any(item[right] for right in (
                    'can_tick', 'can_na', 'can_waive', 'can_verify', 'can_revoke')), item['code'])
        for act in (
            lambda: foreign.write({'name': "Changed"}),
            lambda: foreign.action_sop_tick(self.items['D1'].id),
            lambda: foreign.action_sop_waive(self.items['D1'].id, "x", '2099-01-01'),
            lambda: foreign.action_sop_complete_stage(),
            lambda: foreign.action_set_won(),
            lambda: foreign.copy(),
            lambda: foreign.unlink(),
        ):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                act()

    def test_salesperson_does_not_work_on_foreign_leads(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        for act in (
            lambda lead: lead.get_sop_checklist(), lambda lead: lead.get_sop_summary(),
            lambda lead: lead.get_sop_journey(), lambda lead: lead.action_sop_tick(self.items['D1'].id),
            lambda lead: lead.action_sop_not_applicable(self.items['D1'].id, "x"),
            lambda lead: lead.action_sop_complete_stage(),
            lambda lead: lead.action_sop_move_back(self.stage_team1_1.id, "x"),
        ):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                act(foreign.with_user(self.user_sales_salesman))

    def test_only_a_manager_runs_the_process(self):
        for user in (self.user_sales_salesman, self.user_sales_leads, self.user_auditor, self.user_employee):
            for method in (
                'action_publish', 'action_unpublish', 'action_new_version', 'action_migrate', 'action_setup',
            ):
                self.env.invalidate_all()
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(self.process.with_user(user), method)()
        self.assertEqual((self.process.state, self.draft.state), ('published', 'draft'))

    def test_groups_come_with_the_roles_of_sales(self):
        self.assertTrue(self.user_sales_salesman.has_group('sales_sop.group_sop_user'))
        self.assertFalse(self.user_sales_leads.has_group('sales_sop.group_sop_manager'))
        self.assertTrue(self.user_sales_manager.has_group('sales_sop.group_sop_manager'))
        self.assertFalse(self.user_auditor.has_group('sales_sop.group_sop_user'))


@tagged('post_install', '-at_install')
class TestAccessPublicMethods(SalesSopCommon):
    """Public means callable by any client: each method is tried by those who have no business here."""

    arguments = {
        'reason': "Let me in", 'valid_until': '2099-01-01', 'remark': "x", 'attachment_ids': [], 'stage_id': 1,
        'intention': 'willing', 'state': 'lost', 'other_ids': [1], 'shift': 1, 'ratings': {'need_clarity': 3},
    }

    def _get_public_methods(self, model):
        """Names of what our add-on adds to the public face of ``model``."""
        names = set()
        for base in type(model).__mro__:
            if base.__module__.startswith('odoo.addons.sales_sop.'):
                names |= {
                    name for name, value in vars(base).items() if inspect.isfunction(value) and name[0] != '_'}
        # Of what the framework itself offers, rights are checked by the framework.
        return sorted(name for name in names if not hasattr(self.env.registry['base'], name))

    def _is_override(self, model, name):
        """Whether another add-on gave the method its name."""
        return any(
            name in vars(base) for base in model.__mro__ if not base.__module__.startswith('odoo.addons.sales_sop.'))

    def _call(self, record, name):
        method = get_public_method(record, name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        values = {'requirement_id': self.items['D1'].id, **self.arguments}
        needed = {
            parameter.name: values[parameter.name] for parameter in parameters
            if parameter.default is parameter.empty and parameter.kind == parameter.POSITIONAL_OR_KEYWORD}
        return method(record, **needed)

    def _get_records(self):
        self._do(self.lead, 'D1')
        check = self._get_check(self.lead, 'D1')
        self.lead.stage_id = self.stage_gen_1
        records = [self.lead, check, self._get_log(self.lead), self.process, self.process.stage_ids[0]]
        records += [
            self.env['sop.market.note'].create({'name': "Note", 'summary': "x"}),
            self.env['sop.customer.profile'].create({'name': "Profile"}),
        ]
        records.append(self.env['sale.order'].create({
            'partner_id': self.contact_company_1.id, 'opportunity_id': self.lead.id}))
        manager = self.env(user=self.user_sales_manager)
        for model in ('sop.migration', 'sop.setup'):
            action = manager[model]._get_action(self.process.with_env(manager))
            records.append(manager[model].browse(action['res_id']) if action.get('res_id') else manager[model].create(
                {'process_id': self.process.id}))
        records.append(manager['sop.process.compare'].create(
            {'process_id': self.process.id, 'previous_id': self.process.id}))
        return records

    def test_those_who_have_no_business_here(self):
        tried = 0
        for record in self._get_records():
            for name in self._get_public_methods(record):
                for user in (self.user_employee, self.user_portal, self.user_public):
                    self.env.invalidate_all()
                    with self.subTest(model=record._name, method=name, user=user.login):
                        with self.assertRaises(AccessError), self.cr.savepoint():
                            self._call(record.with_user(user), name)
                    tried += 1
        self.assertGreater(tried, 60)

    def test_salesperson_in_the_tools_of_managers(self):
        for record in self._get_records():
            if not record._transient:
                continue
            for name in self._get_public_methods(record):
                self.env.invalidate_all()
                with self.subTest(model=record._name, method=name):
                    with self.assertRaises(AccessError), self.cr.savepoint():
                        self._call(record.with_user(self.user_sales_salesman), name)

    def test_journey_of_a_customer_shows_no_leads_to_others(self):
        self.lead.partner_id = self.contact_company_1
        self.env.invalidate_all()
        journey = self.contact_company_1.with_user(self.user_employee).get_sop_journey()
        self.assertEqual({step['state'] for step in journey}, {'none'})
        journey = self.contact_company_1.with_user(self.user_sales_salesman).get_sop_journey()
        self.assertIn('current', {step['state'] for step in journey})
        with self.assertRaises(AccessError):
            self.contact_company_1.with_user(self.user_portal).get_sop_journey()

    def test_my_items_of_a_stranger(self):
        for user in (self.user_employee, self.user_portal, self.user_public):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env['crm.lead'].with_user(user).get_sop_my_items()

    def test_nothing_public_by_accident(self):
        """What a client may call is named like an action or like a question."""
        for model in self.env.registry.values():
            for name in self._get_public_methods(self.env[model._name]):
                if self._is_override(model, name):
                    continue
                with self.subTest(model=model._name, method=name):
                    self.assertRegex(name, r'^(action_|get_)')

    def test_fields_a_stranger_asks_for(self):
        """Position and evidence of a lead are read with the lead only."""
        for user in (self.user_employee, self.user_portal):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                self.lead.with_user(user).read(['sop_stage_id', 'sop_check_ids'])
            with self.assertRaises(AccessError):
                self.env['crm.lead'].with_user(user).search([('sop_has_open', '=', True)])


@tagged('post_install', '-at_install')
class TestAccessSearch(SalesSopCommon):
    """Searches over computed positions give everybody his own leads."""

    def test_overdue_and_open(self):
        late = self._create_lead(name="Late", user_id=self.user_sales_leads.id)
        self.env['crm.lead']._sop_bulk_update(
            [('id', 'in', (late | self.lead).ids)], {'sop_deadline': '2020-01-01'})
        for user, expected in ((self.user_sales_salesman, self.lead), (self.user_sales_manager, late | self.lead)):
            self.env.invalidate_all()
            leads = self.env['crm.lead'].with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(leads.search([('sop_is_overdue', '=', True)]), expected)
                self.assertEqual(leads.search([('sop_has_open', '=', True)]), expected)
                self.assertFalse(leads.search([('sop_is_overdue', '=', False)]) & expected)
                self.assertFalse(leads.search([('sop_has_open', '!=', True)]) & expected)
                self.assertEqual(
                    leads.search([('sop_has_open', 'in', [True, False])]), leads.search([]))

    def test_open_follows_the_work(self):
        leads = self.env['crm.lead'].with_user(self.user_sales_salesman)
        self.assertTrue(self.lead.sop_has_open)
        self._do(self.lead, 'D1')
        self.lead.invalidate_recordset()
        self.assertFalse(self.lead.sop_has_open)
        self.assertNotIn(self.lead, leads.search([('sop_has_open', '=', True)]))

    def test_company_of_the_group(self):
        """A group given by hand is enough to read, and no more."""
        user = self.env['res.users'].create({
            'name': "Reader", 'login': 'sop_reader',
            'group_ids': [Command.set(self.env.ref('sales_sop.group_sop_user').ids)]})
        self.env.invalidate_all()
        self.assertFalse(self.env['sop.check'].with_user(user).search([]))
        with self.assertRaises(AccessError):
            self.lead.with_user(user).get_sop_checklist()
