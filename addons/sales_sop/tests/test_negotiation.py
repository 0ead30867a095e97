from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import as_engine
from .common import SalesSopHttpCommon
from .negotiation_common import NegotiationCommon


@tagged('post_install', '-at_install')
class TestNegotiation(NegotiationCommon):
    """The term sheet: limits fixed, rounds kept, required terms agreed (S4.3)."""

    def test_lines_are_the_terms(self):
        sheet = self._create_sheet(start=False)
        self.assertEqual(len(sheet.line_ids), 16)
        price = self._line(sheet, 'price')
        self.assertEqual((price.target_value, price.floor_value), (3, 8))
        self.assertEqual(sheet.company_id, self.lead._get_sop_company())

    def test_quotation_says_quantity_and_lead_time(self):
        order = self._create_order(product_uom_qty=12, customer_lead=20)
        sheet = self.me['sop.negotiation'].create({'lead_id': self.lead.id, 'order_id': order.id})
        quantity, delivery = self._line(sheet, 'quantity'), self._line(sheet, 'delivery')
        self.assertEqual((quantity.target_value, quantity.floor_value), (12, 12))
        self.assertEqual((delivery.target_value, delivery.floor_value), (24, 20))
        with self.assertRaises(ValidationError):
            delivery.floor_value = 10

    def test_limits_of_the_deal_before_the_start(self):
        sheet = self.me['sop.negotiation'].create({'lead_id': self.lead.id})
        with self.assertRaises(UserError) as caught:
            sheet.action_start()
        self.assertIn("Quantity", str(caught.exception))
        self.assertEqual(sheet.state, 'draft')

    def test_floor_is_made_stricter_only(self):
        price = self._line(self._create_sheet(start=False), 'price')
        price.floor_value = 6
        for values in ({'floor_value': 9}, {'target_value': 7}):
            with self.assertRaises(ValidationError):
                price.write(values)
        with self.assertRaises(ValidationError):
            price.with_user(self.user_sales_manager).floor_value = 9
        with self.assertRaises(ValidationError):
            price.sudo().floor_value = 9

    def test_limits_are_fixed_by_the_start(self):
        price = self._line(self._create_sheet(), 'price')
        for actor in (price, price.with_user(self.user_sales_manager), price.sudo(), price.with_env(self.env)):
            for values in ({'floor_value': 7}, {'target_value': 2}, {'floor_text': "x"}):
                with self.assertRaises(UserError):
                    actor.write(values)

    def test_nothing_is_offered_before_the_start(self):
        price = self._line(self._create_sheet(start=False), 'price')
        for values in ({'ask': '12'}, {'offer': '1'}, {'agreed': '1'}, {'status': 'parked'}):
            with self.assertRaises(UserError):
                price.write(values)

    def test_rounds(self):
        sheet = self._create_sheet()
        price = self._line(sheet, 'price')
        price.write({'ask': '12', 'offer': '2'})
        sheet.action_next_round()
        price.write({'ask': '10 %', 'offer': '3'})
        self.assertEqual((price.ask, price.offer), ('10 %', '3'))
        self.assertEqual(
            price.offer_ids.sorted('id').mapped(lambda offer: (offer.round, offer.side, offer.number)),
            [(1, 'customer', 12), (1, 'own', 2), (2, 'customer', 10), (2, 'own', 3)])
        self.assertEqual(price.offer_ids.user_id, self.user_sales_salesman)

    def test_what_was_said_is_kept(self):
        price = self._line(self._create_sheet(), 'price')
        price.offer = '2'
        price.offer = False
        offer = price.offer_ids
        self.assertEqual(len(offer), 1)
        for act in (lambda: offer.sudo().write({'value': '1'}), lambda: offer.sudo().unlink()):
            with self.assertRaises(UserError):
                act()
        with self.assertRaises(AccessError):
            self.me['sop.negotiation.offer'].create({'line_id': price.id, 'value': '1', 'round': 7})

    def test_own_offer_beyond_the_authority_is_refused(self):
        price = self._line(self._create_sheet(), 'price')
        for act in (
            lambda: price.write({'offer': '5'}),
            lambda: self.me['sop.negotiation.offer'].create({'line_id': price.id, 'side': 'own', 'value': '9'}),
            lambda: price.sudo().write({'offer': '9'}),
        ):
            with self.assertRaises(RedirectWarning) as caught:
                act()
            self.assertEqual(caught.exception.args[1]['res_model'], 'sop.floor.approval')
            self.assertNotIn('8', caught.exception.args[0], "The refusal names no floor")
        self.env.invalidate_all()
        self.assertFalse(price.offer_ids)
        price.ask = '20'

    def test_sales_manager_offers_inside_the_floor(self):
        """By his own authority, which is kept; below the floor he asks like everybody."""
        price = self._line(self._create_sheet(), 'price').with_user(self.user_sales_manager)
        price.offer = '6'
        approval = price.approval_ids
        self.assertTrue(approval.is_own)
        self.assertEqual((approval.state, approval.requester_id), ('approved', self.user_sales_manager))
        with self.assertRaises(RedirectWarning):
            price.offer = '9'

    def test_agreed(self):
        sheet = self._create_sheet()
        self.assertEqual(self.lead.sop_terms_state, 'open')
        self._agree_required(sheet, but=('service',))
        self.assertEqual(sheet.terms_state, 'open')
        self.assertEqual(sheet.required_open, "Service, free period")
        self._line(sheet, 'service').agreed = '12'
        self.assertEqual((sheet.terms_state, self.lead.sop_terms_state), ('agreed', 'agreed'))
        self.assertFalse(self._line(sheet, 'price').needs_approval)
        self._line(sheet, 'service').status = 'parked'
        self.assertEqual(self.lead.sop_terms_state, 'open')

    def test_concession_has_a_return(self):
        price = self._line(self._create_sheet(), 'price')
        with self.assertRaises(ValidationError):
            price.agreed = '5'
        price.write({'agreed': '5', 'traded_for': "Payment in advance"})
        self.assertEqual((price.status, price.gap), ('agreed', -3))
        payment = self._line(price.negotiation_id, 'payment')
        with self.assertRaises(ValidationError):
            payment.agreed = "60 days"
        with self.assertRaises(ValidationError):
            payment.write({'agreed': "60 days", 'standing': 'floor', 'number': 60})

    def test_not_applicable(self):
        sheet = self._create_sheet()
        with self.assertRaises(ValidationError):
            self._line(sheet, 'price').write({'status': 'na', 'note': "Free"})
        training = self._line(sheet, 'training')
        with self.assertRaises(ValidationError):
            training.status = 'na'
        training.write({'status': 'na', 'note': "They know the machine"})
        with self.assertRaises(ValidationError):
            training.write({'status': 'agreed'})

    def test_bad_values(self):
        sheet = self._create_sheet()
        price, freight = self._line(sheet, 'price'), self._line(sheet, 'freight')
        for values in ({'ask': "cheaper"}, {'offer': "two or three"}, {'agreed': "?"}, {'status': 'agreed'}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                price.write(values)
        with self.assertRaises(ValidationError):
            freight.offer = "To the site"
        freight.write({'offer': "Ex works", 'standing': 'target'})
        self.assertEqual(freight.offer, "Ex works")

    def test_closed(self):
        sheet = self._create_sheet()
        sheet.action_close()
        for act in (
            lambda: self._line(sheet, 'price').write({'agreed': '2'}), sheet.action_next_round, sheet.action_close,
            sheet.action_start,
        ):
            with self.assertRaises(UserError):
                act()
        sheet.action_reopen()
        self.assertEqual((sheet.state, sheet.round), ('open', 2))

    @mute_logger('odoo.sql_db')
    def test_one_at_a_time(self):
        sheet = self._create_sheet()
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self._create_sheet()
        sheet.action_close()
        following = self._create_sheet()
        self.assertEqual(self.lead.sop_negotiation_id, following)
        with self.assertRaises(UserError):
            sheet.action_reopen()

    def test_server_fields(self):
        with self.assertRaises(AccessError):
            self.me['sop.negotiation'].create({'lead_id': self.lead.id, 'state': 'closed'})
        sheet = self._create_sheet()
        price = self._line(sheet, 'price')
        for record, values in (
            (sheet, {'round': 9}), (sheet, {'is_current': False}), (sheet.sudo(), {'state': 'draft'}),
            (price, {'is_beyond': False}), (price.sudo(), {'required': False}), (price, {'company_floor': 50}),
            (price.sudo(), {'term_id': self._line(sheet, 'tax').term_id.id}), (price, {'lead_id': 1}),
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                record.write(values)
        for act in (
            lambda: price.sudo().unlink(), lambda: sheet.sudo().unlink(),
            lambda: sheet.sudo().write({'line_ids': [(2, price.id)]}),
            lambda: price.sudo().copy({'negotiation_id': sheet.id}),
            lambda: sheet.sudo().write({'lead_id': self._create_lead().id}),
        ):
            with self.assertRaises(UserError):
                act()

    def test_foreign_order(self):
        other = self._create_order(self._create_lead(name="Other"))
        with self.assertRaises(ValidationError):
            self.me['sop.negotiation'].create({'lead_id': self.lead.id, 'order_id': other.id})

    def test_lead_without_a_procedure(self):
        plain = self._create_lead(team_id=self.env['crm.team'].create({'name': "Plain"}).id)
        with self.assertRaises(UserError):
            self.me['sop.negotiation'].create({'lead_id': plain.id})

    def test_foreign_lead(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        with self.assertRaises(AccessError):
            self.me['sop.negotiation'].create({'lead_id': foreign.id})
        self.env.invalidate_all()
        sheet = self.env['sop.negotiation'].with_user(self.user_sales_manager).create({'lead_id': foreign.id})
        self.env.invalidate_all()
        for act in (
            lambda: sheet.with_env(self.me).action_start(),
            lambda: sheet.with_env(self.me).read(['name']),
            lambda: sheet.line_ids[0].with_env(self.me).write({'target_value': 1}),
        ):
            with self.assertRaises(AccessError):
                act()
        self.assertFalse(self.me['sop.negotiation.line'].search([('negotiation_id', '=', sheet.id)]))

    def test_search_of_the_states(self):
        sheet = self._create_sheet()
        plain = self._create_lead(name="Plain")
        leads = self.me['crm.lead']
        mine = [('id', 'in', (self.lead | plain).ids)]
        self.assertEqual(leads.search([*mine, ('sop_terms_state', '=', 'none')]).ids, plain.ids)
        self.assertEqual(leads.search([*mine, ('sop_terms_state', '=', 'open')]).ids, self.lead.ids)
        self._agree_required(sheet)
        self.assertEqual(leads.search([*mine, ('sop_terms_state', '=', 'agreed')]).ids, self.lead.ids)
        self.assertEqual(leads.search([*mine, ('sop_terms_state', '!=', 'agreed')]).ids, plain.ids)

    def test_agreed_terms(self):
        self.assertEqual(self.lead._get_sop_agreed_terms(), {})
        sheet = self._create_sheet()
        self._line(sheet, 'price').agreed = '2'
        terms = self.lead._get_sop_agreed_terms()
        self.assertEqual(len(terms), 16)
        self.assertEqual(terms['price']._get_sop_point(), "Price: 2 % below list")

    def test_merge(self):
        """Term sheets of merged leads are kept; one goes on."""
        other = self._create_lead(name="Ten pumps again")
        kept, closed = self._create_sheet(), self._create_sheet(other)
        self._line(closed, 'price').offer = '1'
        merged = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity()
        sheets = merged.sudo().sop_negotiation_ids
        self.assertEqual(sheets, (kept | closed).sudo())
        self.assertEqual(len(sheets.filtered('is_current')), 1)
        self.assertEqual(sorted(sheets.mapped('state')), ['closed', 'open'])
        self.assertEqual(sheets.line_ids.lead_id, merged.sudo())

    def test_states_cost_the_same_for_many(self):
        def measure(size):
            leads = self.env['crm.lead'].create([{
                'name': f"Deal {number}", 'type': 'opportunity', 'team_id': self.sales_team_1.id,
                'user_id': self.user_sales_salesman.id} for number in range(size)])
            sheets = self.env['sop.negotiation'].create([{'lead_id': lead.id} for lead in leads])
            as_engine(sheets).write({'state': 'open', 'is_current': True, 'round': 1})
            self.env['sale.order'].create([
                {'partner_id': self.contact_company_1.id, 'opportunity_id': lead.id} for lead in leads])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for name in ('sop_terms_state', 'sop_floor_state', 'sop_quotation_state'):
                leads.mapped(name)
            return self.env.cr.sql_log_count - before
        measure(1)
        self.assertLessEqual(measure(20) - measure(2), 2)


@tagged('post_install', '-at_install')
class TestNegotiationHttp(NegotiationCommon, SalesSopHttpCommon):
    """As a client over HTTP, with the context it likes."""

    def test_forged_calls(self):
        sheet = self._create_sheet()
        price = self._line(sheet, 'price')
        self.env.flush_all()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        context = {'sop_engine': True, 'default_state': 'closed', 'default_is_beyond': False}
        for call in (
            ('sop.negotiation.line', 'write', [price.ids, {'floor_value': 50}]),
            ('sop.negotiation.line', 'web_save', [price.ids, {'is_beyond': False}, {}]),
            ('sop.negotiation', 'write', [sheet.ids, {'state': 'draft'}]),
            ('sop.negotiation', 'unlink', [sheet.ids]),
            ('sop.negotiation.line', 'create', [[{'negotiation_id': sheet.id, 'term_id': price.term_id.id}]]),
        ):
            with self.subTest(call=call[:2]):
                self.assertForbidden(*call, context=context, kwargs=None)
        __, error = self._call_kw('sop.negotiation.line', 'write', [price.ids, {'offer': '50'}], context=context)
        self.assertEqual(error['name'], 'odoo.exceptions.RedirectWarning')
        self.assertFalse(price.offer_ids)

    def test_import(self):
        """A file carries no state either."""
        sheet = self._create_sheet()
        price = self._line(sheet, 'price')
        result = self.me['sop.negotiation.line'].load(['.id', 'floor_value'], [[str(price.id), '50']])
        self.assertFalse(result['ids'])
        self.env.invalidate_all()
        self.assertEqual(price.floor_value, 8)
