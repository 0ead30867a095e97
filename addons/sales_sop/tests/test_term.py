from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .negotiation_common import NegotiationCommon


@tagged('post_install', '-at_install')
class TestTerm(NegotiationCommon):
    """What is negotiated, and who agrees up to which value (§5)."""

    def _codes(self, key, number=0.0, standing=False, limits=None, low=False):
        term = self.env.ref(f'sales_sop.sop_term_{key}')
        limits = limits or term._get_sop_limits(self.env.company)
        return self.env['sop.term.authority']._get_sop_codes(term, number, standing, limits, low)

    def test_shipped_terms(self):
        terms = self.env['sop.term']._get_sop_terms(self.env.company)
        self.assertEqual(len(terms), 16)
        self.assertEqual(
            set(terms.filtered('required').mapped('key')),
            {'price', 'quantity', 'delivery', 'payment', 'service', 'breach'})

    def test_authority_of_the_price(self):
        for number, codes in (
            (-5, ()), (0, ()), (3, ()), (3.01, ('sm',)), (8, ('sm',)), (8.01, ('director',)), (15, ('director',)),
            (15.01, ('gm', 'fin')), (100, ('gm', 'fin')),
        ):
            with self.subTest(number=number):
                self.assertEqual(self._codes('price', number), codes)
        self.assertEqual(self._codes('price', 4, low=True), ('gm', 'fin'))

    def test_authority_of_other_terms(self):
        self.assertEqual(self._codes('delivery', 29, limits=(40, 30)), ('prd',))
        self.assertEqual(self._codes('delivery', 30, limits=(40, 30)), ())
        self.assertEqual(self._codes('quantity', 4, limits=(10, 5)), ('sm', 'prd'))
        self.assertEqual(self._codes('retention', 10.5), ('fin',))
        self.assertEqual(self._codes('breach', 0.06), ('director', 'leg'))
        self.assertEqual(self._codes('breach', 0.05), ())
        self.assertEqual(self._codes('acceptance', 31), ('sm', 'qua'))
        self.assertEqual(self._codes('training', 4), ('service',))
        for key, codes in (
            ('liability', ('gm', 'leg')), ('freight', ('sm',)), ('tax', ('fin',)), ('warranty_scope', ('service',)),
            ('ip_nda', ('leg',)), ('dispute', ('leg',)),
        ):
            with self.subTest(key=key):
                self.assertEqual(set(self._codes(key, standing='below')), set(codes))
                self.assertEqual(self._codes(key, standing='floor'), ())

    def test_credit_of_a_payment(self):
        """Words inside the floor, but a longer credit than the floor allows."""
        self.assertEqual(self._codes('payment', 60, 'floor'), ())
        self.assertEqual(self._codes('payment', 61, 'floor'), ('fin',))
        self.assertEqual(self._codes('payment', 30, 'below'), ('fin',))
        self.assertEqual(self._codes('payment', 91, 'between'), ('gm',))

    def test_floors_of_the_company(self):
        self.env.company.write({'sop_price_target': 1, 'sop_price_floor': 2})
        self.assertEqual(self._codes('price', 2.5), ('director',))
        self.assertEqual(self._codes('price', 1.5), ('sm',))

    def test_term_of_a_company(self):
        other = self.env['res.company'].create({'name': "Other"})
        own = self.env['sop.term'].create({
            'name': "Price per ton", 'key': 'price', 'company_id': other.id, 'target_value': 1, 'floor_value': 4})
        terms = self.env['sop.term']._get_sop_terms(other)
        self.assertIn(own, terms)
        self.assertEqual(len(terms), 16)
        self.assertEqual(own._get_sop_limits(other), (1, 4))
        self.assertNotIn(own, self.env['sop.term']._get_sop_terms(self.env.company))

    def test_authority_follows_a_change(self):
        """The rows are cached: a change counts at once."""
        self.assertEqual(self._codes('training', 4), ('service',))
        row = self.env.ref('sales_sop.sop_term_authority_training_2')
        row.position_ids = [Command.set(self.env.ref('sales_sop.sop_position_gm').ids)]
        self.assertEqual(self._codes('training', 4), ('gm',))

    def test_term_without_rows(self):
        """Nobody forgot: below the floor the sales manager decides."""
        self.env.ref('sales_sop.sop_term_training').authority_ids.unlink()
        self.assertEqual(self._codes('training', 4), ('sm',))
        self.assertEqual(self._codes('training', 3), ())

    @mute_logger('odoo.sql_db')
    def test_bad_input(self):
        terms = self.env['sop.term']
        with self.assertRaises(ValidationError):
            terms.create({'name': "X", 'key': 'x', 'target_value': 5, 'floor_value': 4})
        with self.assertRaises(ValidationError):
            terms.create({'name': "X", 'key': 'x', 'better': 'higher', 'target_value': 4, 'floor_value': 5})
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            terms.create({'name': "X", 'key': 'price'}).flush_recordset()
        price = self.env.ref('sales_sop.sop_term_price')
        for value in ("cheap", "3 to 5", "", "nan", "1e400x9"):
            with self.subTest(value=value), self.assertRaises(ValidationError):
                price._parse_number(value)
        for value, number in (("5", 5), ("5 %", 5), ("-2.5", -2.5), (" 3,5", 3.5)):
            self.assertEqual(price._parse_number(value), number)

    def test_only_administrators_of_the_system_write(self):
        """Whoever sets floors or authority could approve for himself."""
        row = self.env.ref('sales_sop.sop_term_authority_price_1')
        for user in (self.user_sales_manager, self.user_sales_salesman, self.user_auditor):
            for record, values in ((row, {'up_to': 99}), (row.term_id, {'floor_value': 99})):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    record.with_user(user).write(values)
            with self.assertRaises(AccessError):
                row.with_user(user).create({'term_id': row.term_id.id})
