from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .solution_common import SolutionCommon


@tagged('post_install', '-at_install')
class TestDerivedFields(SolutionCommon):
    """What is computed and kept cannot be written: it would stay as it was forged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign_lead = cls._create_lead(name="Another's", user_id=cls.user_sales_leads.id)
        cls.foreign_need = cls.env['sop.need'].create({'lead_id': cls.foreign_lead.id, 'name': "SECRETNEED"})
        cls.foreign_solution = cls.env['sop.solution'].create({'lead_id': cls.foreign_lead.id, 'name': "Theirs"})

    def setUp(self):
        super().setUp()
        self.me = self.env(user=self.user_sales_salesman, context={})
        self.manager = self.env(user=self.user_sales_manager, context={})

    def test_no_kept_result_is_open(self):
        """Every stored computed field of ours that users may not edit is guarded or on rows nobody writes."""
        for model in map(self.env.get, self.env.registry):
            if model._abstract or model._transient or not (model._name.startswith('sop.') or model._name in (
                    'sale.order.line', 'calendar.event')):
                continue
            names = {
                name for name, field in model._fields.items()
                if field.store and field.compute and field.readonly and not field.inverse
                and field._module == 'sales_sop'}
            if hasattr(model, '_check_sop_engine') or not model.with_env(self.manager).has_access('write'):
                continue
            guarded = getattr(model, '_get_sop_server_fields', frozenset)()
            self.assertFalse(names - guarded, model._name)

    def test_coverage_is_not_forged(self):
        line = self._create_solution().coverage_ids[0]
        line.met = 'none'
        for values in ({'is_good': True}, {'is_stale': False}, {'priority': 'could'}, {'lead_id': self.lead.id}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                line.write(values)
            with self.subTest(values=values), self.assertRaises(AccessError):
                line.solution_id.write({'coverage_ids': [Command.update(line.id, values)]})
            with self.subTest(values=values), self.assertRaises(AccessError):
                line.sudo().write(values)
        self.assertFalse(line.is_good)

    def test_value_is_not_forged(self):
        solution = self._create_solution()
        with self.assertRaises(AccessError):
            solution.write({'value_ids': [Command.create({'name': "Nothing", 'is_counted': True})]})

    def test_no_line_in_the_document_of_another(self):
        """Neither a value, nor an empty one, nor a default says to whose lead a line belongs."""
        for model, values in (
            ('sop.solution.coverage', {'solution_id': self.foreign_solution.id, 'need_id': self.foreign_need.id}),
            ('sop.solution.value', {'solution_id': self.foreign_solution.id, 'name': "Mine"}),
        ):
            self.foreign_solution.coverage_ids.sudo().unlink()
            for lead_id in (self.lead.id, False):
                with self.subTest(model=model, lead=lead_id), self.assertRaises(UserError):
                    self.me[model].create({**values, 'lead_id': lead_id})
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.me[model].with_context(default_lead_id=self.lead.id).create(values)
        self.assertFalse(self.foreign_solution.value_ids)

    def test_prohibition_is_not_switched_off(self):
        """An empty value does not keep a result from being computed."""
        need = self.me['sop.need'].create({
            'lead_id': self.lead.id, 'name': "Not allowed", 'origin': 'legal', 'category': 'legal',
            'is_prohibition': True, 'is_stop': False, 'company_id': False})
        self.assertTrue(need.is_stop)
        self.assertEqual(need.company_id, self.lead.company_id)

    def test_dialogs_show_nothing_of_others(self):
        line = self.foreign_solution.coverage_ids
        dialog = self.me['sop.deviation.accept'].create({'coverage_id': line.id, 'accepted_by': "Ms. Wang"})
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            dialog.read(['need_text'])
        review = self.env['sop.solution.review'].sudo().search([], limit=1) or self._submit().review_ids[:1]
        stranger = self.env(user=self.user_employee, context={})
        self.user_employee.group_ids += self.env.ref('sales_sop.group_sop_participant')
        dialog = stranger['sop.solution.answer'].create({'review_id': review.id})
        self.env.invalidate_all()
        for name in ('role', 'price'):
            with self.subTest(name=name), self.assertRaises(AccessError):
                dialog.read([name])
            self.env.invalidate_all()
            with self.subTest(name=name), self.assertRaises(AccessError):
                dialog.browse().onchange({'review_id': review.id}, ['review_id'], {name: {}})
        for name in ('cost', 'margin', 'is_margin_low'):
            self.assertFalse(dialog[name], name)

    def _submit(self):
        solution = self._create_solution()
        solution.action_submit()
        return solution.sudo()

    def test_no_form_says_who_sees_the_cost(self):
        solution = self._create_solution()
        solution.action_submit()
        group = self.env.ref('sales_sop.group_sop_user')
        group.implied_ids = [Command.unlink(self.env.ref('sales_sop.group_sop_floor').id)]
        review = solution.sudo().review_ids.filtered(lambda review: review.role == 'cost')
        forged = [Command.update(review.id, {'asked_ids': [Command.set([self.me.uid])], 'role': 'cost'})]
        self.env.invalidate_all()
        result = solution.with_env(self.me).onchange(
            {'review_ids': forged}, ['review_ids'],
            {'review_ids': {'fields': {'cost': {}, 'margin': {}, 'asked_ids': {}, 'role': {}}}})
        self.assertNotIn('1500', str(result))

    def test_refusals_name_nothing_of_others(self):
        secret = self.env['calendar.event'].with_user(self.user_sales_leads).create({
            'name': "SECRETMEETING", 'privacy': 'private', 'start': '2026-11-23 08:00:00',
            'stop': '2026-11-23 09:00:00'})
        self.foreign_solution.name = "SECRETSOLUTION"
        order = self.me['sale.order'].create({
            'partner_id': self.contact_company_1.id, 'opportunity_id': self.lead.id})
        for act in (
            lambda: self.me['sop.workshop.option'].create({'event_id': secret.id, 'name': "x"}),
            lambda: order.write({'sop_solution_id': self.foreign_solution.id}),
            lambda: self.me['sop.presentation'].create({
                'lead_id': self.lead.id, 'solution_id': self.foreign_solution.id}),
        ):
            self.env.invalidate_all()
            with self.assertRaises(UserError) as caught:
                act()
            self.assertNotIn('SECRET', str(caught.exception))

    def test_customers_read_nothing_of_the_solution(self):
        solution = self._approve(self._create_solution())
        self.user_portal.partner_id.parent_id = self.contact_company_1
        order = self.env['sale.order'].create({
            'partner_id': self.user_portal.partner_id.id, 'opportunity_id': self.lead.id,
            'sop_solution_id': solution.id, 'state': 'sent'})
        order.message_subscribe(self.user_portal.partner_id.ids)
        order = order.with_env(self.env(user=self.user_portal, su=False, context={}))
        self.env.invalidate_all()
        self.assertTrue(order.read(['name']))
        for name in ('sop_solution_id', 'sop_solution_state', 'sop_solution_differences', 'sop_oral_order_id'):
            with self.subTest(name=name), self.assertRaises(AccessError):
                order.read([name])
