from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.sales_sop.engine import as_engine

from .clause_common import ClauseCommon


@tagged('post_install', '-at_install')
class TestContractDraft(ClauseCommon):

    def test_one_click_makes_the_contract_of_an_order(self):
        order = self._create_order()
        contract = self._draft(order)
        self.assertRegex(contract.name, r'^HT-\d{4}-\d{4}$')
        self.assertEqual(order.sop_contract_id, contract)
        self.assertEqual((contract.partner_id, contract.type), (self.partner, 'sale'))
        self.assertEqual(contract.template_id, self.template)
        self.assertEqual(contract.clause_ids.wording_id, self.payment_standard | self.force_standard)
        self.assertEqual(contract.drafter_id, self.user_sales_salesman)
        self.assertEqual(contract.amount_total, order.amount_total)
        self.assertFalse(contract.incomplete)

    def test_parties_come_from_the_address_book(self):
        self.partner.vat = False
        self.env['res.partner.bank'].create({'partner_id': self.partner.id, 'acc_number': "1001-22"})
        buyer = self.env['res.partner'].create({'name': "Ms Wu", 'parent_id': self.partner.id, 'phone': "0574-1"})
        contract = self._draft(self._create_order(partner_id=buyer.id))
        self.assertEqual((contract.partner_id, contract.partner_contact_id), (self.partner, buyer))
        self.assertIn("1 Chemistry Road", contract.partner_address)
        self.assertIn("1001-22", contract.partner_bank)
        self.assertIn("Ms Wu, 0574-1", contract._get_sop_placeholder_values('en')['partner_contact'])

    def test_services_have_their_template(self):
        self.product.type = 'service'
        self.assertEqual(self._draft().type, 'service')

    def test_several_orders_of_one_customer(self):
        orders = self._create_order() | self._create_order(quantity=2)
        contract = self._draft(orders)
        self.assertEqual(contract.order_ids, orders)
        self.assertEqual(len(contract.line_ids), 2)

    def test_orders_that_make_no_contract(self):
        other = self.env['res.partner'].create({'name': "Other"})
        order = self._create_order()
        cancelled = self._create_order()
        cancelled.action_cancel()
        taken = self._create_order()
        self._draft(taken)
        empty = self._create_order(order_line=[Command.clear()])
        for orders, said in (
                (order | self._create_order(partner_id=other.id), "one customer"), (cancelled, "cancelled"),
                (taken, "already"), (empty, "no products"), (order.browse(), "Choose")):
            with self.subTest(said), self.assertRaises(UserError) as caught:
                orders.with_user(self.user_sales_salesman).action_sop_draft_contract()
            self.assertIn(said, str(caught.exception))
        self.assertFalse(order.sop_contract_id)

    def test_an_ended_contract_makes_room(self):
        order = self._create_order()
        first = self._draft(order)
        first._sop_set_state('void')
        as_engine(order).sop_contract_id = False
        self.assertNotEqual(self._draft(order), first)

    def test_from_the_opportunity(self):
        lead = self._create_lead(partner_id=self.partner.id)
        with self.assertRaises(UserError):
            lead.with_user(self.user_sales_salesman).action_sop_draft_contract()
        order = self._create_order(opportunity_id=lead.id)
        action = lead.with_user(self.user_sales_salesman).action_sop_draft_contract()
        contract = self.env['sop.contract'].browse(action['res_id'])
        self.assertEqual((contract.lead_id, contract.order_ids), (lead, order))
        self.assertEqual(lead.with_user(self.user_sales_salesman).sop_contract_count, 1)
        self.assertEqual(lead.with_user(self.user_sales_salesman).action_sop_open_contracts()['res_id'], contract.id)

    def test_of_somebody_else(self):
        order = self._create_order()
        stranger = new_test_user(self.env, 'sop_stranger', groups='sales_team.group_sale_salesman')
        for user in (stranger, self.reviewers['leg'], self.user_auditor, self.user_portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                order.with_user(user).action_sop_draft_contract()

    def test_orders_come_and_go_while_it_is_drafted(self):
        contract = self._draft()
        late, order = self._create_order(), contract.order_ids
        late.sop_contract_id = contract
        contract._sop_set_state('in_review')
        for orders, target in ((self._create_order(), contract.id), (order, False)):
            with self.assertRaises(UserError):
                orders.with_user(self.user_sales_salesman).write({'sop_contract_id': target})
            with self.assertRaises(UserError):
                orders.sudo().write({'sop_contract_id': target})
        with self.assertRaises(UserError):
            self._create_order(sop_contract_id=contract.id)

    def test_orders_of_a_reviewed_contract_are_kept(self):
        drafted, reviewed = self._draft(), self._draft()
        manager = self.user_sales_manager
        drafted.order_ids.with_user(manager).unlink()
        reviewed._sop_set_state('approved')
        for orders in (reviewed.order_ids.with_user(manager), reviewed.order_ids.sudo()):
            with self.assertRaises(UserError):
                orders.unlink()

    def test_other_company(self):
        contract = self._draft()
        company = self.env['res.company'].create({'name': "Second company"})
        foreign = new_test_user(
            self.env, 'sop_foreign', groups='sales_team.group_sale_manager', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        for operation in ('read', 'write'):
            with self.assertRaises(AccessError):
                contract.with_user(foreign).check_access(operation)
            with self.assertRaises(AccessError):
                contract.clause_ids.with_user(foreign).check_access(operation)
        self.assertFalse(self.env(user=foreign)['sop.contract.clause'].search([('contract_id', '=', contract.id)]))

    def test_contracts_of_leads_are_counted_at_once(self):
        leads = self.env['crm.lead']
        for __ in range(5):
            lead = self._create_lead(partner_id=self.partner.id)
            self._draft(self._create_order(opportunity_id=lead.id))
            leads |= lead
        self.env.flush_all()
        costs = []
        for some in (leads[:1], leads):
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.assertEqual(set(some.mapped('sop_contract_count')), {1})
            costs.append(self.env.cr.sql_log_count - start)
        self.assertEqual(*costs)

    def test_order_of_another_customer(self):
        contract = self._draft()
        other = self.env['res.partner'].create({'name': "Other"})
        with self.assertRaises(ValidationError):
            self._create_order(partner_id=other.id, sop_contract_id=contract.id)

    def test_numbers_start_again_each_year_in_each_company(self):
        with freeze_time('2031-03-01 08:00'):
            first, second = self._draft(), self._draft()
        with freeze_time('2032-01-02 08:00'):
            third = self._draft()
        self.assertEqual((first + second + third).mapped('name'), ['HT-2031-0001', 'HT-2031-0002', 'HT-2032-0001'])
        company = self.env['res.company'].create({'name': "Second company"})
        with freeze_time('2031-03-01 08:00'):
            foreign = self.env['sop.contract'].create({
                'title': "Elsewhere", 'partner_id': self.partner.id, 'company_id': company.id})
        self.assertEqual(foreign.name, 'HT-2031-0001')

    def test_the_year_is_that_of_the_company(self):
        self.company.resource_calendar_id.tz = 'Asia/Shanghai'
        with freeze_time('2031-12-31 20:00'):
            self.assertEqual(self._draft().name, 'HT-2032-0001')

    def test_draft_is_due_in_so_many_working_days(self):
        with freeze_time('2031-03-06 02:00'):
            contract = self._draft()
            self.assertEqual(contract.due_date, self.company._sop_add_workdays(contract.create_date, 2))
        with self.assertRaises(ValidationError):
            self.company.sop_contract_draft_days = -1

    def test_a_copy_is_a_clean_draft(self):
        contract = self._draft()
        contract._sop_set_state('approved')
        copy = contract.with_user(self.user_sales_manager).copy()
        self.assertEqual((copy.state, copy.version, copy.drafter_id), ('draft', 1, self.user_sales_manager))
        self.assertNotEqual(copy.name, contract.name)
        self.assertFalse(copy.order_ids or copy.sop_review_id)
        self.assertEqual(copy.clause_ids.wording_id, contract.clause_ids.wording_id)

    def test_server_fields(self):
        contract = self._draft()
        for values in ({'state': 'effective'}, {'version': 9}, {'name': 'HT-1'}, {'drafter_id': self.user_ca.id}):
            with self.subTest(values), self.assertRaises(AccessError):
                contract.write(values)
            with self.subTest(values), self.assertRaises(AccessError):
                self._create_raw(**values)

    def _create_raw(self, **values):
        return self.env(user=self.user_sales_salesman)['sop.contract'].create({
            'title': "Raw", 'partner_id': self.partner.id, **values})

    def test_odd_values(self):
        for values in ({'title': "  "}, {'original_count': 0},
                       {'date_start': '2030-01-02', 'date_end': '2030-01-01'}):
            with self.subTest(values), self.assertRaises(UserError):
                self._create_raw(**values)


@tagged('post_install', '-at_install')
class TestContractState(ClauseCommon):

    def test_text_is_written_in_drafts_only(self):
        contract = self._draft()
        line = self._get_line(contract, self.clause_payment)
        writes = (
            lambda env: contract.with_env(env).write({'date_end': '2039-01-01'}),
            lambda env: contract.with_env(env).write({'clause_ids': [Command.delete(line.id)]}),
            lambda env: line.with_env(env).write({'text_en': "<p>Else</p>"}),
            lambda env: contract.line_ids[0].with_env(env).write({'price_unit': 1}),
            lambda env: contract.instalment_ids.with_env(env).unlink(),
            lambda env: env['sop.contract.line'].create({'contract_id': contract.id, 'name': "More"}),
        )
        for state in ('in_review', 'approved', 'approved_cond', 'signing', 'void', 'effective'):
            if state == 'effective':
                self._put_in_force(contract)
            else:
                contract._sop_set_state(state)
            for number, write in enumerate(writes):
                for env in (self.env(user=self.user_sales_salesman), self.env(user=self.user_sales_manager), self.env):
                    with self.subTest(state=state, write=number), self.assertRaises(UserError):
                        write(env)

    def test_text_is_written_again_when_it_was_rejected(self):
        contract = self._draft()
        contract._sop_set_state('rejected')
        contract.date_end = '2039-01-01'
        contract.clause_ids[0].text_en = "<p>Else</p>"

    def test_the_same_again_and_what_is_no_text(self):
        contract = self._draft()
        contract._sop_set_state('approved')
        contract.write({'partner_id': contract.partner_id.id, 'type': 'sale', 'title': "New title"})
        contract.user_id = self.user_sales_manager

    def test_revised(self):
        contract = self._draft()
        review = self._give_review(contract)
        contract._sop_set_state('approved')
        with self.assertRaises(AccessError):
            contract.with_user(self.reviewers['leg']).action_sop_revise()
        contract.action_sop_revise("The customer wants another date")
        self.assertEqual((contract.state, contract.version, review.state), ('draft', 2, 'outdated'))
        contract.date_end = '2039-01-01'
        with self.assertRaises(UserError):
            contract.action_sop_revise()

    def test_not_revised_once_it_is_signed(self):
        contract = self._draft()
        contract._sop_set_state('void')
        for done in (contract, self._put_in_force(self._draft())):
            for wrong in (None, 3, ["x"]):
                with self.assertRaises(UserError):
                    done.sudo().action_sop_revise(wrong)

    def test_the_contract_follows_its_review(self):
        for state, follows, version in (
                ('approved', 'approved', 1), ('approved_cond', 'approved_cond', 1), ('rejected', 'rejected', 2),
                ('returned', 'draft', 2), ('recalled', 'draft', 2), ('outdated', 'draft', 2)):
            with self.subTest(state):
                contract = self._draft()
                review = self._give_review(contract, 'in_review')
                contract._sop_after_review(review)
                self.assertEqual(contract.state, 'in_review')
                review._sop_set_state(state)
                self.assertEqual((contract.state, contract.version), (follows, version))

    def test_an_earlier_round_moves_nothing(self):
        contract = self._draft()
        old = self._give_review(contract, 'in_review')
        self._give_review(contract, 'approved', name="PS-TEST-2")
        contract._sop_set_state('approved')
        old._sop_set_state('rejected')
        self.assertEqual(contract.state, 'approved')

    def test_what_was_reviewed_is_kept(self):
        draft, reviewed = self._draft(), self._draft()
        draft.unlink()
        self._give_review(reviewed, 'recalled')
        for contract in (reviewed, reviewed.sudo()):
            with self.assertRaises(UserError):
                contract.unlink()
