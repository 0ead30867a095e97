from unittest.mock import patch

from odoo.tests import tagged

from .common import SalesSopCommon


class SignoffCommon(SalesSopCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.contact_1
        cls.contact.email = 'wang@customer.example.com'
        cls.lead.partner_id = cls.contact
        cls.lead.sop_legal_basis = 'business'
        cls.record = cls.env['sop.oral.order'].with_user(cls.user_sales_salesman).create({'lead_id': cls.lead.id})


@tagged('post_install', '-at_install')
class TestSignoffRequest(SignoffCommon):

    def test_smoke(self):
        record = self.record
        self.assertEqual(record.signoff_state, 'none')
        with patch.object(type(record), '_get_sop_signoff_values', lambda self: {'a': 1}):
            signoff = record._sop_request_signoff(message="<b>x</b>")
            self.assertEqual(record.signoff_state, 'pending')
            second = record._sop_request_signoff()
            self.assertEqual(signoff.state, 'outdated')
            self.assertTrue(second._answer('confirmed', 'Ms. Wang'))
            self.assertEqual(record.signoff_state, 'confirmed')
            self.assertFalse(second._answer('confirmed', 'Ms. Wang'))
            record._sop_record_signoff('declined', "Wang", how='email', files=self._create_file(self.lead))
            self.assertEqual(record.signoff_state, 'declined')
            self.assertEqual(record.search([('signoff_state', '=', 'declined')]), record)
