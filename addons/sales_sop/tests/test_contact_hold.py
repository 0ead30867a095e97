from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users

from ..engine import as_engine
from .common import each_actor
from .test_prospect_list import ProspectCommon


class HoldCommon(ProspectCommon):
    """A lead of unknown legal basis, one whose customer refused, one that is free."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refused = cls._create_lead(
            name="Refused lead", partner_id=cls.contact_1.id, email_from='no@customer.example.com')
        cls.refused._sop_set_do_not_contact("Asked on the phone")
        cls.env.flush_all()

    def _get_messages(self, lead):
        lead.invalidate_recordset(['message_ids'])
        return ' '.join(str(message.body) for message in lead.sudo().message_ids)


@tagged('post_install', '-at_install')
class TestContactHold(HoldCommon):
    """What is held, and that search and record agree about it."""

    def test_reasons(self):
        self.assertEqual(self._get_holds(self.held, self.refused, self.free, self.lead), [
            'basis', 'refused', False, False])

    def test_no_refusal_in_the_name_of_somebody(self):
        context = {
            'default_sop_do_not_contact': True, 'default_sop_do_not_contact_by_id': self.user_sales_manager.id,
            'default_sop_do_not_contact_date': '2020-01-01 08:00:00'}
        for model in ('crm.lead', 'res.partner'):
            record = self.env[model].with_user(self.user_sales_leads).with_context(**context).create({'name': "Forged"})
            with self.subTest(model=model):
                self.assertFalse(record.sudo().sop_do_not_contact_by_id or record.sudo().sop_do_not_contact_date)

    def test_customers_do_not_read_what_is_noted_about_them(self):
        partner = self.user_portal.partner_id
        partner._sop_set_do_not_contact("Rude on the phone")
        self.env.flush_all()
        for name in ('sop_do_not_contact_reason', 'sop_do_not_contact_by_id', 'sop_size_band', 'sop_has_file'):
            self.env.invalidate_all()
            with self.subTest(name=name), self.assertRaises(AccessError):
                partner.with_user(self.user_portal).read([name])

    def test_unknown_basis_without_a_list(self):
        """A process holds its leads only when it says so; a list always."""
        self.assertEqual(self._get_holds(self.lead), [False])
        process = self._create_process('quarantine', self.env['crm.team'].create({'name': "Careful"}), quarantine=True)
        for stage in process.stage_ids:
            stage.crm_stage_ids = self.stage_gen_1 if stage.code == 'discover' else self.env['crm.stage'].create(
                {'name': stage.name})
        self._publish(process)
        lead = self._create_lead(team_id=process.team_ids.id, stage_id=self.stage_gen_1.id)
        self.assertEqual(lead.sop_process_id, process)
        self.assertEqual(self._get_holds(lead), ['basis'])
        with self.assertRaises(UserError, msg="Frozen once published"):
            process.quarantine = False
        lead.sop_legal_basis = 'public'
        self.assertEqual(self._get_holds(lead), [False])

    def test_what_runs_already_is_not_held_by_a_new_procedure(self):
        """It is not asked for what lies behind it; what is still in the first stage is."""
        running = self._create_lead(name="Running")
        first = self._create_lead(name="First")
        process = self._create_process('strict', self.sales_team_1, quarantine=True)
        self._publish(process)
        for lead, stage in ((running, process.stage_ids[1]), (first, process.stage_ids[0])):
            as_engine(lead).write({
                'sop_process_id': process.id, 'sop_stage_id': stage.id, 'sop_entry_stage_id': stage.id})
        self.assertEqual(self._get_holds(running, first), [False, 'basis'])

    def test_company_without_quarantine(self):
        company = self.held._get_sop_company()
        company.sop_quarantine = False
        self.assertEqual(self._get_holds(self.held, self.refused), [False, 'refused'])
        self.assertEqual(self.bought.state, 'free')
        self.assertNotIn(self.held, self.env['crm.lead'].search([('sop_contact_hold', '!=', False)]))
        company.sop_quarantine = True
        self.assertEqual(self._get_holds(self.held), ['basis'])

    def test_company_of_the_lead_counts(self):
        other = self.env['res.company'].create({'name': "Lax", 'sop_quarantine': False})
        user = self.user_sales_manager
        user.company_ids |= other
        bought = self._create_list(company_id=other.id)
        lead = self._create_lead(sop_list_id=bought.id, company_id=other.id, team_id=False, user_id=user.id)
        self.assertEqual(self._get_holds(lead, self.held), [False, 'basis'])
        self.assertEqual(
            self.env['crm.lead'].search([('sop_contact_hold', '=', 'basis'), ('id', 'in', (lead | self.held).ids)]),
            self.held)

    def test_taken_out_of_the_procedure(self):
        as_engine(self.held).write({'sop_process_id': False, 'sop_outcome': 'released'})
        self.assertEqual(self._get_holds(self.held), [False])

    def test_search_agrees_with_the_record(self):
        company = self.env['res.partner'].create({'name': "Silent Ltd", 'is_company': True})
        child = self.env['res.partner'].create({'name': "Child", 'parent_id': company.id})
        sibling = self.env['res.partner'].create({'name': "Sibling", 'parent_id': company.id, 'active': False})
        leads = self.held | self.refused | self.free | self.lead | self._create_lead(partner_id=child.id)
        leads |= self._create_lead(partner_id=sibling.id) | self._create_lead(
            partner_id=child.id, sop_list_id=self.bought.id)
        company._sop_set_do_not_contact("Letter of the lawyer")
        self.env.invalidate_all()
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.user):
            own = leads.with_user(user)
            for values in (['basis'], ['refused'], [False], ['basis', 'refused'], ['basis', False]):
                found = own.search([('id', 'in', leads.ids), ('sop_contact_hold', 'in', values)])
                expected = own.filtered(lambda lead, values=values: lead.sop_contact_hold in values)
                self.assertEqual(set(found), set(expected), values)
            self.assertEqual(len(own.search([('id', 'in', leads.ids), ('sop_contact_hold', '!=', False)])), 5)

    def test_list_without_basis_holds_those_without_their_own(self):
        own = self._create_lead(sop_list_id=self.bought.id, sop_legal_basis='consent')
        self.assertEqual(self._get_holds(own, self.held), [False, 'basis'])

    def test_message_helps(self):
        with self.assertRaises(UserError) as caught:
            (self.held | self.refused | self.free)._check_sop_contactable()
        message = str(caught.exception)
        for part in ("Bought lead", "Origin", "Refused lead", "Asked on the phone", "manager"):
            self.assertIn(part, message)
        self.assertNotIn("Fair lead", message)
        many = self.env['crm.lead'].union(*[
            self._create_lead(name=f"L{n}", sop_list_id=self.bought.id) for n in range(8)])
        with self.assertRaisesRegex(UserError, "and 3 more"), self.cr.savepoint():
            many._check_sop_contactable()

    def test_form_shows_it_at_once(self):
        with Form(self.held.with_user(self.user_sales_salesman)) as form:
            self.assertEqual(form.sop_contact_hold, 'basis')
            form.sop_legal_basis = 'consent'
            self.assertFalse(form.sop_contact_hold)
        form = Form(self.refused.with_user(self.user_sales_salesman))
        self.assertIn("Asked on the phone", form.sop_contact_hold_reason)

    def test_plan_waits_for_the_basis(self):
        """The activities of the stage start when the lead is free."""
        plan = self.env['mail.activity.plan'].create({
            'name': "First steps", 'res_model': 'crm.lead',
            'template_ids': [Command.create({
                'activity_type_id': self.env.ref('mail.mail_activity_data_call').id, 'summary': "Call",
                'responsible_type': 'on_demand'})]})
        as_engine(self.stage_discover).activity_plan_id = plan
        held = self._create_lead(sop_list_id=self.bought.id)
        free = self._create_lead(sop_list_id=self.fair.id)
        self.env.cr.precommit.run()
        self.assertEqual((len(held.activity_ids), len(free.activity_ids)), (0, 1))
        held.with_user(self.user_sales_salesman).sop_legal_basis = 'public'
        free.with_user(self.user_sales_salesman).sop_legal_basis = 'business'
        self.env.cr.precommit.run()
        self.assertEqual((len(held.activity_ids), len(free.activity_ids)), (1, 1))


@tagged('post_install', '-at_install')
class TestDoNotContact(HoldCommon):
    """Anybody notes it, a manager lifts it with a reason, and the chatter keeps both."""

    @users('user_sales_salesman')
    def test_noted_by_a_salesperson(self):
        lead = self.lead.with_env(self.env)
        lead.write({'sop_do_not_contact': True, 'sop_do_not_contact_reason': "Said so at the fair"})
        self.assertEqual((lead.sop_contact_hold, lead.sop_do_not_contact_by_id), ('refused', self.env.user))
        self.assertTrue(lead.sop_do_not_contact_date)
        self.assertIn("Said so at the fair", self._get_messages(lead))

    def test_customer_and_blacklists(self):
        lead = self._create_lead(
            partner_id=self.contact_2.id, email_from='Stop <stop@customer.example.com>', phone='+32 485 00 11 22')
        self.contact_2.email = 'other@customer.example.com'
        other = self._create_lead(partner_id=self.contact_2.id)
        lead.with_user(self.user_sales_salesman).sop_do_not_contact = True
        self.assertTrue(self.contact_2.sop_do_not_contact)
        self.assertEqual(self._get_holds(lead, other), ['refused', 'refused'])
        emails = self.env['mail.blacklist'].search([]).mapped('email')
        self.assertLessEqual({lead.email_normalized, self.contact_2.email_normalized}, set(emails))
        self.assertIn(lead.phone_sanitized, self.env['phone.blacklist'].search([]).mapped('number'))

    @each_actor
    def test_not_lifted_by_writing(self, env):
        refused = self.refused.with_env(env)
        for vals in (
            {'sop_do_not_contact': False},
            {'sop_do_not_contact': None, 'sop_do_not_contact_reason': "I want to"},
            {'sop_do_not_contact': 0, 'name': "x"},
            {'sop_do_not_contact_reason': "Something else"},
            {'sop_do_not_contact_date': False},
            {'sop_do_not_contact_by_id': False},
        ):
            for record in (refused, refused.partner_id):
                with self.subTest(vals=vals, model=record._name):
                    with self.assertRaises(UserError), self.cr.savepoint():
                        record.write(vals)
        self.assertTrue(self.refused.sop_do_not_contact and self.refused.partner_id.sop_do_not_contact)

    def test_noting_it_again_changes_nothing(self):
        before = self.refused.read(sorted(self.refused._sop_refusal_fields))
        self.refused.with_user(self.user_sales_salesman).write(
            {'sop_do_not_contact': True, 'sop_do_not_contact_reason': "Otherwise"})
        self.assertEqual(self.refused.read(sorted(self.refused._sop_refusal_fields)), before)

    def test_stamps_are_not_forged(self):
        lead = self._create_lead(
            self.env(user=self.user_sales_salesman), sop_do_not_contact=True, sop_do_not_contact_date='2001-01-01',
            sop_do_not_contact_by_id=self.user_sales_manager.id)
        self.assertEqual(lead.sop_do_not_contact_by_id, self.user_sales_salesman)
        self.assertGreater(str(lead.sop_do_not_contact_date), '2020')
        with self.assertRaises(UserError):
            self.lead.write({'sop_do_not_contact_reason': "Only the reason"})

    def test_lifted_by_a_manager(self):
        for user in (self.user_sales_salesman, self.user_auditor, self.user_employee, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError), self.cr.savepoint():
                self.refused.with_user(user).action_sop_lift_do_not_contact("Please")
        refused = self.refused.with_user(self.user_sales_manager)
        for reason in ('', '  ', None, False):
            with self.assertRaises(UserError), self.cr.savepoint():
                refused.action_sop_lift_do_not_contact(reason)
        refused.action_sop_lift_do_not_contact("He wrote to us himself")
        self.assertEqual(self._get_holds(self.refused), [False])
        self.assertFalse(self.refused.partner_id.sop_do_not_contact)
        messages = self._get_messages(self.refused)
        self.assertIn("He wrote to us himself", messages)
        self.assertIn("Asked on the phone", messages)
        with self.assertRaises(UserError):
            refused.action_sop_lift_do_not_contact("Again")

    def test_lifted_where_only_the_customer_refused(self):
        lead = self._create_lead(partner_id=self.contact_2.id)
        self.contact_2.with_user(self.user_sales_manager).sop_do_not_contact = True
        self.assertEqual(self._get_holds(lead), ['refused'])
        lead.with_user(self.user_sales_manager).action_sop_lift_do_not_contact("A mistake")
        self.assertEqual(self._get_holds(lead), [False])
        self.contact_2.with_user(self.user_sales_manager).sop_do_not_contact = True
        self.contact_2.with_user(self.user_sales_manager).action_sop_lift_do_not_contact("A mistake")
        self.assertEqual(self._get_holds(lead), [False])

    def test_kept_on_the_way(self):
        """Duplicating, making a customer, merging: refused stays refused."""
        copy = self.refused.copy()
        self.assertEqual(self._get_holds(copy), ['refused'])
        alone = self._create_lead(name="Alone", contact_name="Shy", email_from='shy@customer.example.com')
        alone.sop_do_not_contact = True
        alone._handle_partner_assignment()
        self.assertTrue(alone.partner_id.sop_do_not_contact)
        for head, tail in ((self.free, self._create_lead()), (self._create_lead(probability=90), self.free.copy())):
            tail.sop_do_not_contact = True
            merged = (head | tail).with_user(self.user_sales_manager).merge_opportunity()
            self.assertEqual(self._get_holds(merged), ['refused'])

    def test_merged_customers(self):
        clean = self.env['res.partner'].create({'name': "Clean", 'email': 'a@b.example.com'})
        self.contact_1._sop_set_do_not_contact("No")
        self.env['base.partner.merge.automatic.wizard']._merge((clean | self.contact_1).ids, clean)
        self.assertTrue(clean.sop_do_not_contact)

    def test_many_at_once(self):
        leads = self.env['crm.lead'].union(*[self._create_lead(name=f"L{n}") for n in range(3)])
        leads.with_user(self.user_sales_salesman).write({'sop_do_not_contact': True})
        self.assertEqual(set(self._get_holds(*leads)), {'refused'})


@tagged('post_install', '-at_install')
class TestHoldMerge(HoldCommon):
    """A merge frees no data of unknown origin."""

    def test_data_of_unknown_origin_do_not_slip_in(self):
        self.held.write({'phone': '+32 485 11 11 11', 'contact_name': "Bought Bob", 'expected_revenue': 500})
        self.free.write({'phone': False, 'contact_name': False, 'email_from': 'known@customer.example.com'})
        for probability in (5, 95):
            held, free = self.held.copy({'probability': probability}), self.free.copy({'probability': 50})
            merged = (held | free).with_user(self.user_sales_manager).merge_opportunity()
            self.assertEqual(self._get_holds(merged), [False])
            self.assertEqual(
                (merged.phone, merged.contact_name, merged.email_from, merged.sop_list_id),
                (False, False, 'known@customer.example.com', self.fair))

    def test_held_leads_stay_held(self):
        other = self._create_lead(sop_list_id=self.bought.id)
        as_engine(self.held).activity_schedule('mail.mail_activity_data_call', user_id=self.user_sales_salesman.id)
        as_engine(other).activity_schedule('mail.mail_activity_data_call', user_id=self.user_sales_salesman.id)
        merged = (self.held | other).with_user(self.user_sales_manager).merge_opportunity()
        self.assertEqual(self._get_holds(merged), ['basis'])
        self.assertEqual(len(merged.activity_ids), 2)

    def test_no_customer_of_unknown_origin(self):
        with self.assertRaisesRegex(UserError, "Bought lead"), self.cr.savepoint():
            self.held.with_user(self.user_sales_salesman)._handle_partner_assignment()
        self.free.with_user(self.user_sales_salesman)._handle_partner_assignment()
        self.assertTrue(self.free.partner_id)
