from datetime import datetime

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..engine import as_engine
from .common import SalesSopCommon, SalesSopHttpCommon, each_actor

NOW = datetime(2026, 3, 4, 10, 0)


class NeedCommon(SalesSopCommon):
    """A lead with one person who states needs, on a Wednesday morning."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales_team_1.user_id = cls.user_sales_manager
        cls.contact_1.email = 'li@customer.example.com'
        cls.lead.partner_id = cls.contact_1
        cls.person = cls.env['sop.stakeholder'].create({'lead_id': cls.lead.id, 'name': "Ms Li"})
        cls.user_expert = new_test_user(cls.env, 'user_sop_expert', groups='base.group_user')
        cls.env.ref('sales_sop.sop_position_px').user_ids = cls.user_expert

    def setUp(self):
        super().setUp()
        freezer = freeze_time(NOW)
        freezer.start()
        self.addCleanup(freezer.stop)

    def _need(self, name="Runs dry for a minute", lead=None, env=None, **values):
        env = env or self.env(user=self.user_sales_salesman)
        return env['sop.need'].create({'lead_id': (lead or self.lead).id, 'name': name, **values})

    def _restate(self, lead=None, env=None, **values):
        env = env or self.env(user=self.user_sales_salesman)
        return env['sop.restatement'].create({'lead_id': (lead or self.lead).id, **values})

    def _send(self, lead=None):
        restatement = self._restate(lead)
        restatement.action_mark_sent()
        return restatement

    def _confirm(self, restatement=None):
        """Have the customer confirm what was restated, or everything."""
        restatement = restatement or self._restate()
        restatement._sop_record_signoff('confirmed', "Ms Li", how='email', answer_date=NOW)
        self.env.invalidate_all()
        return restatement

    def _apply(self, action, user, reason):
        """Fill in the dialog that asks for a reason."""
        dialogs = self.env[action['res_model']].with_user(user).with_context(**action['context'])
        with Form(dialogs) as form:
            form.reason = reason
        form.record.action_apply()

    def _get_alerts(self, name, lead=None):
        activity_type = self.env.ref(f'sales_sop.mail_activity_type_sop_{name}')
        return self.env['mail.activity'].search([
            ('res_model', '=', 'crm.lead'), ('res_id', '=', (lead or self.lead).id),
            ('activity_type_id', '=', activity_type.id)])


@tagged('post_install', '-at_install')
class TestNeed(NeedCommon):
    """What a need says, and who says so."""

    def test_codes_go_on_within_a_lead(self):
        needs = self._need() | self._need() | self._need(lead=self._create_lead())
        self.assertEqual(needs.mapped('code'), ['N-01', 'N-02', 'N-01'])
        needs[0].unlink()
        self.assertEqual(self._need().code, 'N-03', "a number is not used again while a later one exists")
        self.assertEqual(self._need(name="Long\n" * 40).display_name[:11], "N-04 Long L")

    def test_one_person_is_the_one_who_said_it(self):
        self.assertEqual(self._need().said_by_id, self.person)
        self.assertFalse(self._need(origin='inferred').said_by_id)
        self.env['sop.stakeholder'].create({'lead_id': self.lead.id, 'name': "Mr Hu"})
        self.assertFalse(self._need().said_by_id)

    @each_actor
    def test_a_need_without_a_text(self, env):
        for name in ("  ", "\n"):
            with self.assertRaises(ValidationError):
                self._need(env=env, name=name)

    @each_actor
    def test_people_and_needs_of_another_lead(self, env):
        other = self._create_lead()
        stranger = self.env['sop.stakeholder'].create({'lead_id': other.id, 'name': "Mr Wang"})
        rival = self._need(lead=other)
        need = self._need(env=env)
        for values in (
            {'said_by_id': stranger.id}, {'conflict_ids': [Command.link(rival.id)]},
            {'conflict_ids': [Command.link(need.id)]},
            {'interview_id': self.env['sop.interview'].create({'lead_id': other.id}).id},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                need.write(values)
        with self.assertRaises(UserError):
            need.lead_id = other

    def test_quick_typing_on_the_opportunity(self):
        self._do_all(self.lead, self.stage_discover)
        self.lead.stage_id = self.stage_gen_1
        with Form(self.lead.with_user(self.user_sales_salesman)) as form:
            for name in ("Quiet", "Fast"):
                with form.sop_need_ids.new() as line:
                    line.name = name
        needs = self.lead.sop_need_ids
        self.assertEqual(needs.mapped('code'), ['N-01', 'N-02'])
        with Form(self.lead.with_user(self.user_sales_salesman)) as form, form.sop_need_ids.new() as line:
            line.name = "CE marking"
            line.origin = 'legal'
        law = self.lead.sop_need_ids - needs
        self.assertEqual((law.category, law.priority), ('legal', 'must'))
        self.assertEqual((set(needs.mapped('origin')), set(needs.mapped('priority'))), ({'explicit'}, {'should'}))

    def test_a_copy_of_the_lead_has_no_needs(self):
        self._need()
        self.assertFalse(self.lead.copy().sop_need_ids)

    def test_files_are_read_with_the_need(self):
        salesman = self.env(user=self.user_sales_salesman)
        file = salesman['ir.attachment'].create({'name': 'drawing.pdf', 'raw': b'%PDF'})
        foreign = self.env['ir.attachment'].create({'name': 'secret.pdf', 'raw': b'%PDF'})
        need = self._need(attachment_ids=[Command.link(file.id)])
        self.assertEqual((file.res_model, file.res_id), ('sop.need', need.id))
        with self.assertRaises(AccessError), self.cr.savepoint():
            need.attachment_ids = [Command.link(foreign.id)]
            need.attachment_ids.mapped('name')
        self.assertFalse(foreign.sudo().res_id)


@tagged('post_install', '-at_install')
class TestNeedDoors(NeedCommon):
    """Nobody but the customer confirms what the customer needs."""

    FORGED = (
        {'state': 'confirmed'}, {'state': 'restated'}, {'state': 'withdrawn'}, {'confirmed_by': "Ms Li"},
        {'confirmed_date': NOW}, {'confirmed_how': 'email'}, {'version': 2}, {'number': 99}, {'code': 'N-99'},
        {'withdrawn_reason': "x"}, {'lifted_date': NOW}, {'restated_date': NOW}, {'has_must_conflict': True},
        {'is_stop': True}, {'confirmed_rate': 1},
    )

    @each_actor
    def test_write_and_create(self, env):
        need = self._need(env=env)
        for values in self.FORGED:
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    need.write(values)
                with self.assertRaises(AccessError):
                    self._need(env=env, **values)
        self.assertEqual((need.state, need.version), ('draft', 1))

    @each_actor
    def test_defaults(self, env):
        for values in self.FORGED:
            hostile = {f'default_{name}': value for name, value in values.items()}
            need = self._need(env=env(context=hostile))
            self.assertEqual((need.state, need.confirmed_by, need.version, need.is_stop), ('draft', False, 1, False))
        self.env['ir.default'].set('sop.need', 'state', 'confirmed')
        self.assertEqual(self._need(env=env).state, 'draft')

    def test_import(self):
        needs = self.env['sop.need'].with_user(self.user_sales_salesman)
        result = needs.load(['lead_id/.id', 'name', 'state'], [[str(self.lead.id), "Quiet", 'confirmed']])
        self.assertFalse(result['ids'])
        self.assertIn('cannot be written', result['messages'][0]['message'])
        result = needs.load(['lead_id/.id', 'name', 'priority'], [[str(self.lead.id), "Quiet", 'must']])
        self.assertEqual(needs.browse(result['ids']).mapped('code'), ['N-01'])

    def test_through_the_lead(self):
        need = self._need()
        lead = self.lead.with_user(self.user_sales_salesman)
        with self.assertRaises(AccessError):
            lead.sop_need_ids = [Command.update(need.id, {'state': 'confirmed'})]
        with self.assertRaises(AccessError):
            lead.sop_need_ids = [Command.create({'name': "x", 'state': 'confirmed'})]

    def test_versions_are_not_written(self):
        need = self._need()
        with self.assertRaises(AccessError):
            need.write({'version_ids': [Command.create({'name': "x", 'version': 1, 'origin': 'own', 'date': NOW})]})

    def test_foreign_leads(self):
        foreign = self._create_lead(name="Secret", user_id=self.user_sales_leads.id)
        need = self._need(lead=foreign, env=self.env)
        mine = need.with_user(self.user_sales_salesman)
        for act in (
            lambda: self._need(lead=foreign), lambda: mine.write({'name': "x"}), lambda: mine.read(['name']),
            lambda: mine.action_withdraw("x"), lambda: mine.unlink(), lambda: mine.action_open_withdraw(),
        ):
            self.env.invalidate_all()
            with self.assertRaises(AccessError) as caught, self.cr.savepoint():
                act()
            self.assertNotIn("Secret", str(caught.exception))
        self.assertFalse(mine.search([('id', '=', need.id)]))
        for user in (self.user_auditor, self.user_sales_manager):
            self.assertEqual(need.with_user(user).read(['name'])[0]['name'], need.name)

    def test_auditor_writes_nothing(self):
        need = self._need().with_user(self.user_auditor)
        for act in (
            lambda: need.write({'name': "x"}), lambda: need.action_withdraw("x"), lambda: need.unlink(),
            lambda: self._need(env=self.env(user=self.user_auditor)),
            lambda: self.lead.with_user(self.user_auditor).action_sop_restate(),
        ):
            with self.assertRaises(AccessError):
                act()


@tagged('post_install', '-at_install')
class TestNeedDoorsHttp(NeedCommon, SalesSopHttpCommon):
    """The same over HTTP."""

    def test_forged_confirmation(self):
        need = self._need()
        self.authenticate(self.user_sales_salesman.login, self.user_sales_salesman.login)
        for method in ('write', 'web_save'):
            for context in ({}, {'sop_engine': True}, {'install_mode': True}):
                args = [[need.id], {'state': 'confirmed', 'confirmed_by': "Ms Li"}]
                kwargs = {'specification': {}} if method == 'web_save' else {}
                self.assertForbidden('sop.need', method, args, kwargs, context=context)
        for method in ('_sop_on_signoff', '_sop_confirm_needs', '_sop_mark_sent'):
            __, error = self._call_kw('sop.restatement', method, [[]])
            self.assertTrue(error, method)
        self.assertEqual(need.state, 'draft')


@tagged('post_install', '-at_install')
class TestNeedVersions(NeedCommon):
    """A change after the customer was told makes another need."""

    @each_actor
    def test_a_confirmed_need_that_changes(self, env):
        need = self._need(env=env, priority='must')
        restatement = self._confirm()
        self.assertEqual((need.state, need.confirmed_by, need.restatement_id), ('confirmed', "Ms Li", restatement))
        need.write({'name': "Runs dry for an hour"})
        self.assertEqual(
            (need.state, need.version, need.confirmed_by, need.confirmed_date, need.confirmed_how),
            ('changed', 2, False, False, False))
        self.assertFalse(need.restatement_id)
        row = need.version_ids
        self.assertEqual(
            (row.version, row.name, row.state, row.confirmed_by, row.user_id, row.date),
            (1, "Runs dry for a minute", 'confirmed', "Ms Li", env.user, NOW))

    def test_each_part_of_the_content_counts(self):
        for values in ({'category': 'quality'}, {'priority': 'must'}, {'origin': 'inferred'}, {'name': "Other"}):
            need = self._need()
            self._send()
            need.write(values)
            with self.subTest(values=values):
                self.assertEqual((need.state, need.version, len(need.version_ids)), ('changed', 2, 1))

    def test_what_is_no_change(self):
        need = self._need()
        self._confirm()
        need.write({
            'name': need.name, 'category': need.category, 'priority': need.priority, 'sequence': 3,
            'said_by_id': self.person.id})
        self.assertEqual((need.state, need.version, len(need.version_ids)), ('confirmed', 1, 0))

    def test_a_draft_changes_freely(self):
        need = self._need()
        need.name = "Better words"
        self.assertEqual((need.state, need.version, len(need.version_ids)), ('draft', 1, 0))

    def test_another_change_before_it_is_told_again(self):
        need = self._need()
        self._send()
        need.name = "First"
        need.name = "Second"
        self.assertEqual((need.version, len(need.version_ids)), (2, 1))

    def test_what_follows_is_told(self):
        calls = []
        self.patch(self.registry['crm.lead'], '_sop_after_need_change', lambda lead, needs: calls.append((lead, needs)))
        needs = self._need() | self._need()
        self._confirm()
        self.assertFalse(calls)
        needs.write({'priority': 'could'})
        needs[0].action_withdraw("Given up")
        self.assertEqual(calls, [(self.lead, needs), (self.lead, needs[0])])

    def test_a_restated_need_is_kept(self):
        need = self._need()
        self._send()
        with self.assertRaises(UserError) as caught:
            need.unlink()
        self.assertIn("Withdraw", str(caught.exception))
        with self.assertRaises(UserError):
            self.lead.with_user(self.user_sales_salesman).write({'sop_need_ids': [Command.delete(need.id)]})
        with self.assertRaises(UserError):
            self.lead.unlink()


@tagged('post_install', '-at_install')
class TestNeedWithdrawal(NeedCommon):
    """A need goes with a reason, and what it said is kept."""

    def test_by_the_dialog(self):
        need = self._need()
        self._apply(need.action_open_withdraw(), self.user_sales_salesman, "The customer bought it elsewhere")
        self.assertEqual(
            (need.state, need.withdrawn_by_id, need.withdrawn_date, need.withdrawn_reason),
            ('withdrawn', self.user_sales_salesman, NOW, "The customer bought it elsewhere"))

    @each_actor
    def test_it_is_over(self, env):
        need = self._need(env=env)
        need.action_withdraw("Given up")
        for act in (lambda: need.write({'name': "x"}), lambda: need.action_withdraw("Again"), lambda: need.unlink()):
            with self.assertRaises(UserError):
                act()
        need.write({'sequence': 3})

    def test_without_a_reason(self):
        for reason in (None, '', "  "):
            with self.assertRaises(UserError):
                self._need().action_withdraw(reason)

    def test_it_counts_no_more(self):
        need = self._need(priority='must')
        self._need()
        self._confirm(self._restate(need_ids=[Command.set((self.lead.sop_need_ids - need).ids)]))
        self.assertEqual(self.lead.sop_need_state, 'open')
        need.action_withdraw("Given up")
        self.assertEqual((self.lead.sop_need_state, self.lead.sop_need_summary), ('confirmed', "1 need, 1 confirmed"))


@tagged('post_install', '-at_install')
class TestNeedConflict(NeedCommon):
    """Two needs that cannot be met together."""

    def setUp(self):
        super().setUp()
        self.needs = self._need(priority='must') | self._need("Costs nothing", priority='must') | self._need("Is blue")

    def test_both_sides_say_so(self):
        one, other, third = self.needs
        one.conflict_ids = other
        self.assertEqual((other.conflict_ids, other.has_conflict, third.has_conflict), (one, True, False))
        other.write({'conflict_ids': [Command.set(third.ids)], 'conflict_note': "The customer <b>pays</b>"})
        self.env.invalidate_all()
        self.assertEqual((one.conflict_ids, third.conflict_ids), (self.env['sop.need'], other))
        self.assertEqual(self.needs.mapped('has_must_conflict'), [False, False, False])
        note = self.lead.message_ids[0]
        self.assertIn("N-01", note.body)
        self.assertEqual(note.author_id, self.user_sales_salesman.partner_id)
        created = self._need("Is red", conflict_ids=[Command.link(third.id)])
        self.assertIn(created, third.conflict_ids)

    def test_it_keeps_the_needs_from_being_confirmed(self):
        self._confirm()
        self.needs[0].conflict_ids = self.needs[2]
        self.assertEqual(self.lead.sop_need_state, 'confirmed', "what only should be does not stop what must")
        self.needs[0].conflict_ids = self.needs[1]
        self.assertEqual(self.lead.sop_need_state, 'restated')
        self.assertEqual(self.lead.sop_need_summary, "3 needs, 3 confirmed, 2 in contradiction")
        self.needs[1].action_withdraw("The customer chose the other one")
        self.assertEqual((self.lead.sop_need_state, self.needs[0].has_conflict), ('confirmed', False))

    def test_a_foreign_need_is_not_touched(self):
        foreign = self._need(lead=self._create_lead(user_id=self.user_sales_leads.id), env=self.env)
        with self.assertRaises(UserError):
            self.needs[0].conflict_ids = [Command.link(foreign.id)]


@tagged('post_install', '-at_install')
class TestNeedOwn(NeedCommon):
    """What law and our own rules demand is confirmed by whoever answers for it."""

    def test_an_expert_without_rights_in_sales(self):
        need = self._need("CE marking", origin='legal', category='legal', said_by_id=self.person.id)
        self._need("Secret of the customer")
        expert = self.env(user=self.user_expert)
        self.assertEqual(expert['sop.need'].search([]), need)
        own = need.with_env(expert)
        self.assertTrue(own.can_confirm_own)
        values, = own.web_read({
            name: {'fields': {'display_name': {}}}
            for name in ('lead_id', 'said_by_id', 'interview_id', 'conflict_ids', 'attachment_ids')})
        self.assertEqual(values['lead_id']['display_name'], "Ten pumps")
        own.action_confirm_own()
        self.assertEqual(
            (need.state, need.confirmed_user_id, need.confirmed_by, need.confirmed_date),
            ('confirmed', self.user_expert, self.user_expert.name, NOW))
        with self.assertRaises(AccessError):
            own.write({'name': "x"})

    def test_who_does_not_answer_for_it(self):
        need = self._need(origin='own')
        for user in (self.user_sales_salesman, self.user_auditor, self.user_employee):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                need.with_user(user).action_confirm_own()
        self.assertFalse(need.can_confirm_own)
        need.with_user(self.user_sales_manager).action_confirm_own()
        self.assertEqual(need.state, 'confirmed')

    def test_only_the_customer_confirms_his_needs(self):
        for origin in ('explicit', 'inferred'):
            need = self._need(origin=origin)
            with self.assertRaises(UserError):
                need.with_user(self.user_sales_manager).action_confirm_own()

    def test_another_change_is_confirmed_anew(self):
        need = self._need(origin='own').with_user(self.user_sales_manager)
        need.action_confirm_own()
        with self.assertRaises(UserError):
            need.action_confirm_own()
        need.with_user(self.user_sales_salesman).origin = 'explicit'
        self.assertEqual((need.state, need.confirmed_user_id.id), ('changed', False))

    def test_experts_of_another_company(self):
        company = self.env['res.company'].create({'name': "Other"})
        position = self.env.ref('sales_sop.sop_position_px')
        position.company_id = company
        need = self._need(origin='own')
        self.assertFalse(need.with_user(self.user_expert).search([('id', '=', need.id)]))
        with self.assertRaises(AccessError):
            need.with_user(self.user_expert).action_confirm_own()


@tagged('post_install', '-at_install')
class TestNeedProhibition(NeedCommon):
    """The law forbids the product: the opportunity stops."""

    def setUp(self):
        super().setUp()
        self._need("Quiet")
        self._confirm()
        self.stop = self._need("No lead in drinking water", origin='legal', is_prohibition=True)

    def test_it_stops_and_the_manager_hears_of_it(self):
        self.assertEqual(self.lead.sop_need_state, 'prohibited')
        self.assertEqual(self._get_alerts('prohibition').user_id, self.user_sales_manager)

    def test_nobody_gets_around_it(self):
        stop = self.stop
        for act in (
            lambda: stop.write({'is_prohibition': False}), lambda: stop.write({'origin': 'own'}), lambda: stop.unlink(),
            lambda: stop.action_withdraw("x"), lambda: stop.action_lift_prohibition("x"),
            lambda: stop.sudo().write({'is_prohibition': False}),
        ):
            with self.assertRaises(UserError):
                act()
        stop.with_user(self.user_sales_manager).action_confirm_own()
        self.assertEqual(self.lead.sop_need_state, 'prohibited')

    def test_a_manager_lifts_it(self):
        stop = self.stop.with_user(self.user_sales_manager)
        with self.assertRaises(UserError):
            stop.action_lift_prohibition("")
        self._apply(stop.action_open_lift(), self.user_sales_manager, "Brass without lead")
        self.assertEqual(
            (stop.lifted_by_id, stop.lifted_date, stop.lifted_reason),
            (self.user_sales_manager, NOW, "Brass without lead"))
        self.assertEqual(self.lead.sop_need_state, 'confirmed')
        self.assertFalse(self._get_alerts('prohibition'))
        with self.assertRaises(UserError):
            stop.action_lift_prohibition("Again")

    def test_only_the_law_forbids(self):
        with self.assertRaises(ValidationError):
            self._need(is_prohibition=True)


@tagged('post_install', '-at_install')
class TestNeedState(NeedCommon):
    """The state of the needs of an opportunity, computed and searched."""

    def _create_cases(self):
        """``{state: leads}``"""
        needs = as_engine(self.env['sop.need'])
        cases = {
            'none': [[], [{'state': 'withdrawn'}]],
            'open': [
                [{}], [{'state': 'restated'}, {}], [{'state': 'confirmed'}, {'state': 'changed'}],
                [{'origin': 'own', 'state': 'confirmed'}]],
            'restated': [
                [{'state': 'restated'}], [{'state': 'confirmed'}, {'state': 'restated', 'priority': 'must'}],
                [{'state': 'confirmed'}, {'origin': 'legal', 'priority': 'must'}]],
            'confirmed': [
                [{'state': 'confirmed'}], [{'state': 'confirmed', 'priority': 'must'}, {'state': 'restated'}],
                [{'state': 'confirmed'}, {'origin': 'own'}]],
            'prohibited': [
                [{'state': 'confirmed'}, {'origin': 'legal', 'is_prohibition': True, 'state': 'confirmed'}]],
        }
        leads = {}
        for state, sets in cases.items():
            leads[state] = self.env['crm.lead'].concat(*(self._create_lead() for __ in sets))
            for lead, values in zip(leads[state], sets, strict=True):
                needs.create([{'lead_id': lead.id, 'name': "x", **vals} for vals in values])
        return leads

    def test_each_state(self):
        cases = self._create_cases()
        every = self.env['crm.lead'].concat(*cases.values())
        for state, leads in cases.items():
            self.env.invalidate_all()
            with self.subTest(state=state):
                self.assertEqual(leads.mapped('sop_need_state'), [state] * len(leads))
                found = every.search([('id', 'in', every.ids), ('sop_need_state', '=', state)])
                self.assertEqual(set(found.ids), set(leads.ids))
                rest = every.search([('id', 'in', every.ids), ('sop_need_state', '!=', state)])
                self.assertEqual(set(rest.ids), set(every.ids) - set(leads.ids))
        found = every.search([('id', 'in', every.ids), ('sop_need_state', 'in', ['restated', 'confirmed'])])
        self.assertEqual(set(found), set(cases['restated'] | cases['confirmed']))

    def test_everybody_sees_the_same_state(self):
        self._need()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.user_auditor):
            lead = self.lead.with_user(user)
            self.assertEqual(lead.sop_need_state, 'open')
            self.assertIn(lead, lead.search([('sop_need_state', '=', 'open')]))

    def test_a_thousand_leads_at_the_cost_of_one(self):
        leads = self.env['crm.lead'].create([{'name': f"Lead {number}"} for number in range(1000)])
        self.env['sop.need'].create([
            {'lead_id': lead.id, 'name': "x", 'origin': 'inferred'} for lead in leads for __ in range(2)])
        self.env.flush_all()
        for batch in (leads[:1], leads):
            self.env.invalidate_all()
            with self.assertQueryCount(3):
                batch.mapped('sop_need_state')
        with self.assertQueryCount(1):
            self.assertEqual(len(leads.search([('sop_need_state', '=', 'open')])), 1000)

    def test_entering_many_needs(self):
        def count(size):
            before = self.env.cr.sql_log_count
            self.env['sop.need'].with_user(self.user_sales_salesman).create([
                {'lead_id': self.lead.id, 'name': "x"} for __ in range(size)])
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(80) - count(1), 4)

    def test_the_page_of_an_opportunity(self):
        """50 needs are read at the cost of one."""
        specification = {'sop_need_ids': {'fields': {
            'name': {}, 'can_confirm_own': {}, 'said_by_id': {'fields': {'display_name': {}}}, 'conflict_ids': {}}}}

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.lead.with_user(self.user_sales_salesman).web_read(specification)
            return self.env.cr.sql_log_count - before

        self._need(origin='own')
        self._need()
        count()
        one = count()
        self.env['sop.need'].create([
            {'lead_id': self.lead.id, 'name': "x", 'origin': origin} for origin in ('own', 'explicit') * 25])
        self.assertLessEqual(count() - one, 2)

    def test_the_confirmation_rate(self):
        needs = self._need() | self._need()
        self._confirm(self._restate(need_ids=[Command.set(needs[0].ids)]))
        rows = needs.formatted_read_group([('id', 'in', needs.ids)], ['category'], ['confirmed_rate:avg'])
        self.assertEqual(rows[0]['confirmed_rate:avg'], 0.5)

    def test_the_customer_file(self):
        need = self._need()
        sections = {
            section['key']: section
            for section in self.contact_1.with_user(self.user_sales_salesman).get_sop_customer_file()['sections']}
        self.assertEqual([row['id'] for row in sections['needs']['rows']], need.ids)


@tagged('post_install', '-at_install')
class TestNeedMerge(NeedCommon):
    """What was found out about merged leads stays."""

    def test_numbers_go_on(self):
        other = self._create_lead(name="The same")
        person = self.env['sop.stakeholder'].create({'lead_id': other.id, 'name': "Mr Wang"})
        interview = self.env['sop.interview'].create({
            'lead_id': other.id, 'stakeholder_ids': [Command.set(person.ids)]})
        needs = self._need() | self._need(lead=other) | self._need("Two", lead=other, interview_id=interview.id)
        needs[1].conflict_ids = needs[2]
        restatements = self._send() | self._send(other)
        needs[1].name = "Changed"
        versions = needs.version_ids
        merged = (self.lead | other).merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual(merged.sop_need_ids, needs)
        self.assertEqual(len(set(needs.mapped('code'))), 3)
        self.assertEqual(sorted(restatements.mapped('version')), [1, 2])
        self.assertEqual(restatements.lead_id, merged)
        self.assertEqual((interview.lead_id, interview.answer_ids.lead_id, versions.lead_id), (merged, merged, merged))
        self.assertEqual(needs[1].conflict_ids, needs[2])
