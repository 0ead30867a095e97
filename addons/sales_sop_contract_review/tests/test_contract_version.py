from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestContractVersion(ContractReviewCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()
        cls.contract = cls._create_contract(cls.order)

    def test_a_request_freezes_the_text(self):
        self.assertFalse(self.contract.version_ids)
        review = self._request(self.contract)
        version = self.contract.version_ids
        self.assertEqual((version.version, version.contract_id), (1, self.contract))
        self.assertIn("Pump P20", version.body_zh)
        self.assertEqual(version.fingerprint, self.contract._get_sop_fingerprint())
        self.assertEqual(version.code, self.contract._get_sop_fingerprint_code())
        self.assertEqual(review.snapshot['html']['zh_CN'], version.body_zh)
        self.assertIn("Pump P20", str(review.snapshot['topics']['quantity']))

    def test_each_text_that_is_reviewed_has_a_number(self):
        self._request(self.contract)
        code = self.contract._get_sop_fingerprint_code()
        self.contract.action_sop_revise()
        self.contract.line_ids.price_unit = 900
        self.order.order_line.price_unit = 900
        self._request(self.contract)
        self.assertEqual(self.contract.version_ids.sorted('version', reverse=True).mapped('version'), [2, 1])
        self.assertNotEqual(self.contract._get_sop_fingerprint_code(), code)
        second, first = self.contract.version_ids.sorted('version', reverse=True)
        self.assertIn('900', second.changes_en)
        self.assertIn('1,000', second.changes_en)
        self.assertFalse(first.changes_en)

    def test_a_draft_shows_what_changed(self):
        self._request(self.contract)
        self.contract.action_sop_revise()
        self.assertFalse(self.contract.changes)
        self.contract.line_ids.price_unit = 900
        self.assertIn('900', self.contract.changes)

    def test_nobody_changes_it(self):
        self._request(self.contract)
        version = self.contract.version_ids
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.ref('base.user_root')):
            with self.assertRaises(AccessError):
                version.with_user(user).body_zh = "Something else"
            with self.assertRaises(UserError):
                version.with_user(user).unlink()
        with self.assertRaises(AccessError):
            self.env['sop.contract.version'].create({'contract_id': self.contract.id, 'version': 9, 'fingerprint': 'x'})

    def test_who_reads_the_contract_reads_its_versions(self):
        self._request(self.contract)
        version = self.contract.version_ids
        version.with_user(self.user_sales_salesman).check_access('read')
        with self.assertRaises(AccessError):
            version.with_user(self.reviewers['prd']).check_access('read')

    def test_fingerprint(self):
        contract = self.contract
        code = contract._get_sop_fingerprint_code()
        self.assertRegex(code, r'^[0-9A-F]{4}-[0-9A-F]{4}$')
        number, version, digest = contract._get_sop_qr_value().split('|')
        self.assertEqual((number, version), (contract.name, 'v1'))
        self.assertEqual(digest[:4].upper(), code[:4])
        for lang in ('zh_CN', 'en_US'):
            self.assertEqual(contract.with_context(lang=lang)._get_sop_fingerprint_code(), code)
        self.assertEqual(contract.with_user(self.user_sales_manager)._get_sop_fingerprint_code(), code)
        contract.write({'title': "Other title", 'user_id': self.user_sales_manager.id})
        self.assertEqual(contract._get_sop_fingerprint_code(), code, "What is not agreed may change.")

    def test_each_topic_is_noticed_at_once(self):
        other = self.env['res.partner'].create({'name': "Elsewhere"})
        contract = self.contract
        clause = self.env['sop.contract.clause'].create({
            'contract_id': contract.id, 'text_en': "<p>One year.</p>", 'clause_id': self.env['sop.clause'].create({
                'name': "Spare parts", 'code': 'spare_parts', 'topic': 'service'}).id})
        for topics, record, values in (
                ({'quantity', 'price', 'payment'}, contract.line_ids, {'quantity': 11}),
                ({'spec'}, contract.line_ids, {'specification': "Stainless"}),
                ({'price', 'payment'}, contract.line_ids, {'price_unit': 900}),
                ({'date'}, contract.line_ids, {'lead_days': 7}),
                ({'date'}, contract, {'date_end': '2040-01-01'}),
                ({'payment'}, contract.instalment_ids[0], {'days': 90}),
                ({'place'}, contract, {'shipping_partner_id': other.id}),
                ({'party'}, contract, {'partner_address': "Other Street"}),
                ({'legal'}, contract, {'original_count': 6}),
                ({'service'}, clause, {'text_en': "<p>Something else</p>"})):
            with self.subTest(values=values):
                review = self._give_review(contract)
                record.write(values)
                self.assertEqual(review.state, 'outdated')
                self.assertEqual(self._changed(contract, review), topics)

    def _changed(self, contract, review):
        now = contract._get_sop_review_fingerprints()[contract.id]
        return {topic for topic, value in now.items() if review.fingerprints.get(topic) != value}

    def test_printed_as_it_was_frozen(self):
        self._request(self.contract)
        self.partner.name = "Renamed"
        self.assertIn("Huaxin Chemicals", self.contract._prepare_sop_printed()['body'])

    def test_nothing_internal_is_printed(self):
        self.product.standard_price = 765.43
        self.contract.message_post(body="Secret remark")
        for body in self.contract._get_sop_bodies().values():
            self.assertNotIn('765', body)
            self.assertNotIn('Secret', body)

    def test_report(self):
        self.env['res.lang']._activate_lang('zh_CN')
        report = 'sales_sop_contract_review.sop_contract_report'
        for lang, text in (('zh', '元整'), ('en', "Party A")):
            self.contract.print_lang = lang
            html, __ = self.env['ir.actions.report'].with_user(self.user_sales_salesman)._render_qweb_html(
                report, self.contract.ids)
            self.assertIn(text, html.decode())
            self.assertIn(self.contract.name, html.decode())
            self.assertIn('data:image/png;base64', html.decode())

    def test_what_an_order_says_is_frozen(self):
        order = self._create_order()
        review = self._request(order)
        self.assertIn("Pump P20", review.snapshot['html']['en_US'])
        self.assertNotIn('margin', review.snapshot['html']['en_US'].lower())
