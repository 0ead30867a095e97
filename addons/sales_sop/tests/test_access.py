import base64
import inspect

from odoo import Command
from odoo.exceptions import AccessError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from ..engine import as_engine
from .common import SalesSopCommon

CONFIGURATION = (
    'sop.process', 'sop.stage', 'sop.requirement', 'sop.workday', 'sop.stakeholder.role', 'sop.material.pack',
    'sop.grade', 'sop.grade.criterion', 'sop.grade.level', 'sop.interview.question')
# What says who decides: the administrator of the system writes it
SYSTEM = ('sop.position', 'sop.term', 'sop.term.authority')
# What only the engine writes
LEDGERS = (
    'sop.check', 'sop.transition', 'sop.grade.history', 'sop.lifecycle.change', 'sop.pool.move', 'sop.handover',
    'sop.handover.line', 'sop.import.line', 'sop.duplicate', 'sop.material.sending', 'sop.signoff', 'sop.need.version',
    'sop.floor.decision', 'sop.solution.review')
# What salespersons write: what belongs to a lead of theirs, ...
PARTS = (
    'sop.stakeholder', 'sop.contact.log', 'sop.material.line', 'sop.interview', 'sop.interview.answer', 'sop.need',
    'sop.restatement', 'sop.presentation', 'sop.objection', 'sop.lead.competitor', 'sop.minutes', 'sop.minutes.point',
    'sop.oral.order', 'sop.oral.order.line', 'sop.negotiation', 'sop.negotiation.line', 'sop.negotiation.offer',
    'sop.floor.approval', 'sop.workshop.option', 'sop.solution', 'sop.solution.coverage', 'sop.solution.value')
# ... and what the sales staff of a company shares
SHARED = (
    'sop.request', 'sop.material', 'sop.prospect.list', 'sop.market.note', 'sop.customer.profile',
    'sop.competitor', 'sop.objection.answer', 'sop.objection.repeat')


class AccessCommon(SalesSopCommon):
    """One record of each model, about a lead of the salesperson."""

    def _create_records(self):
        """``{name of the model: record}``"""
        records = {
            **self._create_procedure_records(), **self._create_market_records(), **self._create_contact_records(),
            **self._create_owner_records(), **self._create_material_records(), **self._create_need_records(),
            **self._create_offer_records(), **self._create_oral_records(), **self._create_negotiation_records(),
            **self._create_solution_records(),
        }
        self.env.flush_all()
        return records

    def _create_procedure_records(self):
        self._do_all(self.lead, self.stage_discover)
        self.lead.stage_id = self.stage_gen_1
        draft = self._create_process('draft', self.sales_team_1)
        criterion = self.env['sop.grade.criterion'].create({'name': "Colour", 'key': 'colour'})
        return {
            'crm.lead': self.lead,
            'sop.process': draft,
            'sop.stage': draft.stage_ids[0],
            'sop.requirement': draft.stage_ids[0].requirement_ids[0],
            'sop.check': self._get_check(self.lead, 'D1'),
            'sop.transition': self._get_log(self.lead)[0],
            'sop.workday': self.env['sop.workday'].create({
                'company_id': self.env.company.id, 'date': '2026-10-01', 'kind': 'holiday', 'name': "National Day"}),
            'sop.grade': self.env['sop.grade'].create({
                'company_id': self.env.company.id, 'name': "Key customer", 'code': 'a', 'threshold': 90}),
            'sop.position': self.env.ref('sales_sop.sop_position_gm'),
            'sop.grade.criterion': criterion,
            'sop.grade.level': self.env['sop.grade.level'].create({
                'criterion_id': criterion.id, 'name': "Blue", 'rating': '5'}),
            'sop.grade.history': as_engine(self.env['sop.grade.history']).create({
                'lead_id': self.lead.id, 'date': '2026-01-01', 'to_grade': 'a'}).sudo(False),
        }

    def _create_oral_records(self):
        order = self.env['sop.oral.order'].create({
            'lead_id': self.lead.id, 'caller': "Ms. Wang", 'line_ids': [Command.create({'name': "Ten pumps"})]})
        signoff = as_engine(self.env['sop.signoff']).create({
            'lead_id': self.lead.id, 'res_model': order._name, 'res_id': order.id, 'title': "Ten pumps",
            'fingerprint': "x"})
        return {
            'sop.oral.order': order, 'sop.oral.order.line': order.line_ids, 'sop.signoff': signoff.sudo(False)}

    def _create_negotiation_records(self):
        sheet = self.env['sop.negotiation'].create({'lead_id': self.lead.id})
        as_engine(sheet).write({'state': 'open', 'round': 1, 'is_current': True})
        line = sheet.line_ids.filtered(lambda line: line.key == 'price')
        line.ask = '20'
        approval = self.env['sop.floor.approval'].create({
            'negotiation_line_id': line.id, 'value': '12', 'reason': "x", 'counter': "x"})
        return {
            'sop.term': line.term_id,
            'sop.term.authority': line.term_id.authority_ids[:1],
            'sop.negotiation': sheet,
            'sop.negotiation.line': line,
            'sop.negotiation.offer': line.offer_ids,
            'sop.floor.approval': approval,
            'sop.floor.decision': approval.decision_ids[:1],
        }

    def _create_market_records(self):
        prospects = self.env['sop.prospect.list'].create({'name': "Fair", 'source': 'offline'})
        return {
            'sop.market.note': self.env['sop.market.note'].create({'name': "Note", 'summary': "x"}),
            'sop.customer.profile': self.env['sop.customer.profile'].create({'name': "Profile"}),
            'sop.prospect.list': prospects,
            'sop.import.line': as_engine(self.env['sop.import.line']).create({
                'list_id': prospects.id, 'company_id': self.env.company.id, 'user_id': self.user_sales_salesman.id,
                'import_date': '2026-01-01', 'result': 'duplicate', 'duplicate_lead_id': self.lead.id}),
            'sop.duplicate': as_engine(self.env['sop.duplicate']).create({
                'lead_id': self.lead.id, 'other_lead_id': self._create_lead(user_id=False).id, 'lead_name': "One",
                'other_lead_name': "Other", 'matched': 'email'}),
        }

    def _create_contact_records(self):
        person = self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Ms. Wang"})
        return {
            'sop.stakeholder.role': self.env['sop.stakeholder.role'].create({'name': "Adviser", 'code': 'adviser'}),
            'sop.stakeholder': person,
            'sop.contact.log': self.env['sop.contact.log'].create({
                'lead_id': self.lead.id, 'stakeholder_ids': [Command.set(person.ids)], 'date': '2099-01-01 08:00:00'}),
            'sop.request': self.env['sop.request'].create({'subject': "A price, please", 'lead_id': self.lead.id}),
            'sop.lifecycle.change': as_engine(self.env['sop.lifecycle.change']).create({
                'lead_id': self.lead.id, 'to_state': 'potential', 'date': '2026-01-01'}),
            'mail.activity': self.lead.activity_schedule(
                'mail.mail_activity_data_call', user_id=self.user_sales_salesman.id),
        }

    def _create_need_records(self):
        interview = self.env['sop.interview'].create({'lead_id': self.lead.id})
        need = self.env['sop.need'].create({'lead_id': self.lead.id, 'name': "Dry running"})
        return {
            'sop.interview.question': self.env['sop.interview.question'].create({'name': "Which colour?"}),
            'sop.interview': interview,
            'sop.interview.answer': interview.answer_ids[0],
            'sop.need': need,
            'sop.need.version': as_engine(self.env['sop.need.version']).create({
                **need._prepare_version_values(), 'user_id': self.env.uid, 'date': '2026-01-01'}),
            'sop.restatement': self.env['sop.restatement'].create({'lead_id': self.lead.id}),
        }

    def _create_solution_records(self):
        event = self.env['calendar.event'].create({
            'name': "Workshop", 'sop_lead_id': self.lead.id, 'start': '2026-01-01 08:00:00',
            'stop': '2026-01-01 09:00:00', 'partner_ids': [Command.clear()]})
        solution = self.env['sop.solution'].create({
            'lead_id': self.lead.id, 'name': "Two lines", 'value_ids': [Command.create({'name': "Scrap rate"})]})
        return {
            'calendar.event': event,
            'sop.workshop.option': self.env['sop.workshop.option'].create({'event_id': event.id, 'name': "Buy it"}),
            'sop.solution': solution,
            'sop.solution.coverage': solution.coverage_ids[0],
            'sop.solution.value': solution.value_ids,
            'sop.solution.review': as_engine(self.env['sop.solution.review']).create({
                'solution_id': solution.id, 'role': 'technical'}),
        }

    def _create_owner_records(self):
        salesperson = self.user_sales_salesman
        handover = as_engine(self.env['sop.handover']).create({
            'from_user_id': salesperson.id, 'to_user_id': self.user_sales_manager.id, 'date': '2026-01-01',
            'made_by_id': self.env.uid,
            'line_ids': [Command.create({'kind': 'lead', 'text': "Ten pumps", 'lead_id': self.lead.id})]})
        return {
            'sop.pool.move': as_engine(self.env['sop.pool.move']).create({
                'lead_id': self.lead.id, 'kind': 'assigned', 'user_id': self.env.uid, 'date': '2026-01-01'}),
            'sop.handover': handover,
            'sop.handover.line': handover.line_ids,
        }

    def _create_offer_records(self):
        """What is presented, objected and negotiated."""
        competitor = self.env['sop.competitor'].create({'name': "Eastern Compressors"})
        answer = self.env['sop.objection.answer'].create({
            'name': "Too dear", 'category': 'price', 'answer': "<p>Energy</p>"})
        minutes = self.env['sop.minutes'].create({
            'lead_id': self.lead.id, 'point_ids': [Command.create({'name': "Ten pumps"})]})
        return {
            'sop.presentation': self.env['sop.presentation'].create({'lead_id': self.lead.id}),
            'sop.competitor': competitor,
            'sop.lead.competitor': self.env['sop.lead.competitor'].create({
                'lead_id': self.lead.id, 'competitor_id': competitor.id}),
            'sop.objection': self.env['sop.objection'].create({
                'lead_id': self.lead.id, 'category': 'price', 'statement': "Too dear"}),
            'sop.objection.answer': answer,
            'sop.objection.repeat': as_engine(self.env['sop.objection.repeat']).create({
                'company_id': self.env.company.id, 'quarter': '2026-10-01', 'category': 'price',
                'answer_id': answer.id}).sudo(False),
            'sop.minutes': minutes,
            'sop.minutes.point': minutes.point_ids,
        }

    def _create_material_records(self):
        material = self.env['sop.material'].create({
            'name': "Catalogue", 'file': base64.b64encode(b'%PDF-1.4 catalogue'), 'file_name': 'catalogue.pdf'})
        return {
            'sop.material': material,
            'sop.material.pack': self.env['sop.material.pack'].create({'name': "Pack"}),
            'sop.material.line': self.env['sop.material.line'].create({
                'lead_id': self.lead.id, 'material_id': material.id}),
            'sop.material.sending': as_engine(self.env['sop.material.sending']).create({
                'lead_id': self.lead.id, 'material_id': material.id, 'user_id': self.env.uid, 'date': '2026-01-01'}),
        }


@tagged('post_install', '-at_install')
class TestAccessRoles(AccessCommon):
    """Who reads, who writes."""

    def setUp(self):
        super().setUp()
        self.records = {
            model: record for model, record in self._create_records().items()
            if model in (*CONFIGURATION, *SYSTEM, *LEDGERS, *PARTS, *SHARED)}

    def _may(self, user, model, operation):
        self.env.invalidate_all()
        return self.records[model].with_env(self.env(user=user, su=False, context={})).has_access(operation)

    def assertRights(self, user, reads=(), writes=(), deletes=None):
        expected = {'read': reads, 'write': writes, 'create': writes, 'unlink': writes if deletes is None else deletes}
        for model in self.records:
            for operation, models in expected.items():
                with self.subTest(user=user.login, model=model, operation=operation):
                    self.assertEqual(self._may(user, model, operation), model in models)

    def test_every_model_has_its_rights_tested(self):
        """A new model is added to one of the lists above."""
        models = {
            name for name, model in self.env.registry.items()
            if name.startswith('sop.') and not model._abstract and not model._transient
            and model._original_module == 'sales_sop'}
        self.assertEqual(models, set(self.records))

    def test_salesperson(self):
        self.assertRights(
            self.user_sales_salesman, reads=self.records, writes=(*PARTS, *SHARED), deletes=(*PARTS, 'sop.material'))

    def test_colleague(self):
        """Of another's lead, hand-over and import nothing is seen."""
        colleague = self.user_sales_salesman.copy({'login': 'user_sop_colleague'})
        self.records['sop.duplicate'].sudo().other_lead_id.user_id = self.user_sales_salesman
        shared = set(SHARED) - {'sop.request'}
        self.assertRights(colleague, reads={*CONFIGURATION, *SYSTEM, *shared}, writes=shared, deletes=('sop.material',))

    def test_manager(self):
        writes = (*CONFIGURATION, *PARTS, *SHARED)
        self.assertRights(
            self.user_sales_manager, reads=self.records, writes=writes, deletes=set(writes) - {'sop.request'})

    def test_auditor(self):
        self.assertRights(self.user_auditor, reads=self.records)

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
        self.assertEqual((self.process.state, self.records['sop.process'].state), ('published', 'draft'))

    def test_groups_come_with_the_roles_of_sales(self):
        self.assertTrue(self.user_sales_salesman.has_group('sales_sop.group_sop_user'))
        self.assertFalse(self.user_sales_leads.has_group('sales_sop.group_sop_manager'))
        self.assertTrue(self.user_sales_manager.has_group('sales_sop.group_sop_manager'))
        self.assertFalse(self.user_auditor.has_group('sales_sop.group_sop_user'))


@tagged('post_install', '-at_install')
class TestAccessPublicMethods(AccessCommon):
    """Public means callable by any client: each method is tried by those who have no business here."""

    arguments = {
        'reason': "Let me in", 'valid_until': '2099-01-01', 'remark': "x", 'attachment_ids': [], 'stage_id': 1,
        'intention': 'willing', 'state': 'lost', 'shift': 1, 'ratings': {'need_clarity': 3}, 'other_ids': [1],
        'user_id': 1, 'limit': '1', 'answer': 'ok',
    }
    # A customer is no secret, and the way of his leads shows those one may read: tested below.
    harmless = frozenset({('res.partner', 'get_sop_journey')})

    def _get_public_methods(self, model):
        """Names of what our add-on adds to the public face of ``model``.

        Of what the framework and other add-ons offer, rights are checked by them, whoever extends it.
        """
        names, stock = set(), set(dir(self.env.registry['base']))
        for base in type(model).__mro__:
            own = {name for name, value in vars(base).items() if inspect.isfunction(value) and name[0] != '_'}
            if base.__module__.startswith('odoo.addons.sales_sop.'):
                names |= own
            else:
                stock |= own
        return sorted(names - stock)

    def _call(self, record, name):
        method = get_public_method(record, name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        values = {'requirement_id': self.items['D1'].id, **self.arguments}
        needed = {
            parameter.name: values[parameter.name] for parameter in parameters
            if parameter.default is parameter.empty and parameter.kind == parameter.POSITIONAL_OR_KEYWORD}
        return method(record, **needed)

    def _get_records(self):
        records = self._create_records()
        records['sop.process'] = self.process
        records['sop.stage'] = self.process.stage_ids[0]
        records['res.partner'] = self.contact_company_1
        records['sale.order'] = self.env['sale.order'].create({
            'partner_id': self.contact_company_1.id, 'opportunity_id': self.lead.id,
            'order_line': [Command.create({'name': "Pump", 'product_id': self.env['product.product'].create({
                'name': "Pump"}).id})]})
        records['sale.order.line'] = records['sale.order'].order_line
        return [*records.values(), *self._create_wizards(records)]

    def _create_wizards(self, records):
        manager = self.env(user=self.user_sales_manager)
        process, lead, material = self.process.id, self.lead.id, records['sop.material'].id
        values = {
            'sop.process.compare': {'process_id': process, 'previous_id': process},
            'sop.process.import': {'file': base64.b64encode(b'{}')},
            'sop.contact.dialog': {'lead_ids': [Command.set([lead])]},
            'sop.intention.dialog': {'lead_id': lead},
            'sop.floor.request': {
                'order_line_ids': [Command.set(records['sale.order.line'].ids)], 'reason': "x", 'counter': "x"},
            'sop.floor.decide': {'approval_ids': [Command.set(records['sop.floor.approval'].ids)]},
            'sop.pool.return': {'lead_ids': [Command.set([lead])], 'reason': "x"},
            'sop.handover.sign': {'handover_id': records['sop.handover'].id},
            'sop.lifecycle.dialog': {'lead_id': lead, 'state': 'lost', 'reason': "x"},
            'sop.need.reason': {
                'need_ids': [Command.set(records['sop.need'].ids)], 'kind': 'withdraw', 'reason': "x"},
            'sop.refusal.lift': {'log_id': records['sop.contact.log'].id, 'reason': "x"},
            'sop.request.cancel': {'request_ids': [Command.set(records['sop.request'].ids)], 'reason': "x"},
            'sop.material.withdraw': {'material_id': material, 'reason': "x"},
            'sop.signoff.send': {'res_model': 'sop.oral.order', 'res_id': records['sop.oral.order'].id},
            'sop.signoff.record': {'res_model': 'sop.oral.order', 'res_id': records['sop.oral.order'].id},
            'sop.solution.answer': {'review_id': records['sop.solution.review'].id},
            'sop.deviation.accept': {
                'coverage_id': records['sop.solution.coverage'].id, 'accepted_by': "x", 'accepted_date': '2026-01-01',
                'file': base64.b64encode(b'x')},
            'sop.no.bid': {'lead_id': lead, 'reason': 'risk', 'text': "x"},
            'sop.duplicate.ruling': {'duplicate_id': records['sop.duplicate'].id, 'reason': "x"},
        }
        for model in ('sop.migration', 'sop.setup'):
            action = manager[model]._get_action(self.process.with_env(manager))
            if action.get('res_id'):
                yield manager[model].browse(action['res_id'])
            else:
                values[model] = {'process_id': process}
        for model, vals in values.items():
            yield manager[model].create(vals)

    def test_every_model_is_tried(self):
        """A model with public methods is added to the records above."""
        tried = {record._name for record in self._get_records()}
        for name, model in self.env.registry.items():
            # What later add-ons put on our mixins is tried by them.
            later = name.startswith('sop.') and model._original_module != 'sales_sop'
            if not (model._abstract or later or model._original_module == 'test_sales_sop' or name in tried):
                self.assertFalse(self._get_public_methods(self.env[name]), name)

    def test_those_who_have_no_business_here(self):
        tried = 0
        for record in self._get_records():
            for name in self._get_public_methods(record):
                if (record._name, name) in self.harmless:
                    continue
                for user in (self.user_employee, self.user_portal, self.user_public):
                    self.env.invalidate_all()
                    with self.subTest(model=record._name, method=name, user=user.login):
                        with self.assertRaises(AccessError), self.cr.savepoint():
                            self._call(record.with_env(self.env(user=user, su=False, context={})), name)
                    tried += 1
        self.assertGreater(tried, 250)

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
