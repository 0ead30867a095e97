from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestPosition(SalesSopCommon):
    """Who decides, and who decides while nobody holds the position."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.positions = cls.env['sop.position']
        cls.director = cls.env.ref('sales_sop.sop_position_director')
        cls.gm = cls.env.ref('sales_sop.sop_position_gm')
        cls.boss = new_test_user(cls.env, 'sop_boss', groups='base.group_user')
        cls.deputy = new_test_user(cls.env, 'sop_deputy', groups='base.group_user')
        (cls.director | cls.gm).user_ids = False

    def _get_holders(self, *codes, company=None, but=None):
        return self.positions.with_user(self.user_sales_salesman)._get_sop_holders(
            codes, company or self.env.company, but)

    def test_whoever_holds_the_position_decides(self):
        self.director.user_ids = self.deputy
        self.gm.user_ids = self.boss
        self.assertEqual(self._get_holders('director'), self.deputy)
        self.assertEqual(self._get_holders('director', 'gm'), self.deputy | self.boss)

    def test_the_next_one_stands_in_while_nobody_holds_it(self):
        self.gm.user_ids = self.boss
        self.assertEqual(self._get_holders('director'), self.boss)

    def test_who_asked_is_replaced_by_who_stands_in(self):
        self.director.user_ids = self.deputy
        self.gm.user_ids = self.boss
        self.assertEqual(self._get_holders('director', but=self.deputy), self.boss)

    def test_at_last_the_managers_of_the_procedure_decide(self):
        holders = self._get_holders('director')
        self.assertIn(self.user_sales_manager, holders)
        self.assertNotIn(self.user_sales_salesman, holders)
        self.assertNotIn(self.user_sales_manager, self._get_holders('director', but=self.user_sales_manager))

    def test_nobody_decides_who_has_left(self):
        self.gm.user_ids = self.boss
        self.director.user_ids = self.deputy
        self.deputy.active = False
        self.assertEqual(self._get_holders('director'), self.boss)

    def test_a_company_has_its_own_holders(self):
        other = self.env['res.company'].create({'name': "Other"})
        abroad = new_test_user(
            self.env, 'sop_abroad', groups='base.group_user', company_id=other.id, company_ids=[Command.set(other.ids)])
        self.gm.user_ids = self.boss
        own = self.gm.copy({'company_id': other.id, 'user_ids': [Command.set(abroad.ids)]})
        self.assertEqual(own.code, 'gm')
        self.assertEqual(self._get_holders('gm', company=other), abroad)
        self.assertEqual(self._get_holders('gm'), self.boss)

    def test_a_holder_sees_what_he_is_asked(self):
        self.assertFalse(self.boss.has_group('sales_sop.group_sop_participant'))
        self.gm.user_ids = self.boss
        self.assertTrue(self.boss.has_group('sales_sop.group_sop_participant'))
        self.assertFalse(self.boss.has_group('sales_team.group_sale_salesman'))

    def test_a_customer_holds_no_position(self):
        portal = new_test_user(self.env, 'sop_customer', groups='base.group_portal')
        with self.assertRaises(ValidationError) as caught:
            self.gm.user_ids = portal
        self.assertIn("General manager", str(caught.exception))

    def test_nobody_stands_in_for_himself(self):
        with self.assertRaises(ValidationError):
            self.gm.stand_in_id = self.director

    def test_a_sales_manager_does_not_name_himself(self):
        positions = self.gm.with_user(self.user_sales_manager)
        with self.assertRaises(AccessError):
            positions.user_ids = self.user_sales_manager
        with self.assertRaises(AccessError):
            positions.create({'name': "Director", 'code': 'director', 'user_ids': self.user_sales_manager.ids})


@tagged('post_install', '-at_install')
class TestGuardedFields(SalesSopCommon):
    """States come from buttons, whichever way a value takes."""

    def _values(self, **values):
        return {'lead_id': self.lead.id, 'name': "Quiet at night", **values}

    def test_no_value_writes_a_state(self):
        needs = self.env['sop.need']
        for values in ({'state': 'confirmed'}, {'version': 7}):
            with self.subTest(values=values), self.assertRaises(AccessError) as caught:
                needs.create(self._values(**values))
            self.assertIn("Quiet at night", str(caught.exception))
        need = needs.create(self._values(state='draft', version=1))
        with self.assertRaises(AccessError):
            need.sudo().state = 'confirmed'

    def test_no_default_writes_a_state(self):
        need = self.env['sop.need'].with_context(default_state='confirmed', default_version=9).create(self._values())
        self.assertEqual((need.state, need.version), ('draft', 1))
        self.env['ir.default'].set('sop.need', 'state', 'confirmed')
        self.assertEqual(self.env['sop.need'].create(self._values()).state, 'draft')

    def test_no_import_writes_a_state(self):
        result = self.env['sop.need'].load(
            ['lead_id/.id', 'name', 'state'], [[str(self.lead.id), "Quiet at night", "Confirmed"]])
        self.assertFalse(result['ids'])
        self.assertIn("cannot be written", result['messages'][0]['message'])
