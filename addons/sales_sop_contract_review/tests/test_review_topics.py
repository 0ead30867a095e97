from odoo import Command
from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestReviewTopics(ContractReviewCommon):
    """A review holds for what the order says about each topic, and for nothing else (§4.5, §4.7)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.env['product.product'].create({'name': "Commissioning", 'type': 'service', 'list_price': 500})
        cls.order = cls._create_order()
        cls.line = cls.order.order_line

    def _get_changed(self):
        return self.order._get_sop_changed_topics()[self.order.id]

    def assertOutdates(self, change, *topics):
        """After ``change``, a review of the order does not hold any more because of these topics."""
        review = self._give_review(self.order)
        change()
        self.env.flush_all()
        review.invalidate_recordset()
        self.assertEqual(review.sudo().state, 'outdated')
        self.order.invalidate_recordset()
        kept, now = review.sudo().fingerprints, self.order._get_sop_review_fingerprints()[self.order.id]
        self.assertEqual({topic for topic in now if kept[topic] != now[topic]}, set(topics))

    def assertHolds(self, change):
        review = self._give_review(self.order)
        change()
        self.env.flush_all()
        review.invalidate_recordset()
        self.assertEqual(review.sudo().state, 'approved')
        self.assertFalse(self._get_changed())

    def test_each_topic_is_noticed_at_once(self):
        other = self.env['res.partner'].create({'name': "Other hall", 'parent_id': self.partner.id})
        term = self.env.ref('account.account_payment_term_30days')
        flag = self.env.ref('sales_sop_contract_review.sop_review_flag_tender')
        changes = {
            ('quantity', 'price'): lambda: self.line.write({'product_uom_qty': 11}),
            ('price',): lambda: self.line.write({'price_unit': 900}),
            ('spec',): lambda: self.line.write({'name': "Pump with another seal"}),
            ('date',): lambda: self.order.write({'commitment_date': '2030-01-31'}),
            ('payment',): lambda: self.order.write({'payment_term_id': term.id}),
            ('place',): lambda: self.order.write({'partner_shipping_id': other.id}),
            ('party',): lambda: self.order.write({'partner_invoice_id': other.id}),
            ('legal',): lambda: self.order.write({'note': "<p>No liability.</p>"}),
        }
        for topics, change in changes.items():
            with self.subTest(topics=topics):
                self.assertOutdates(change, *topics)
        self.assertOutdates(lambda: self.order.write({'sop_review_flag_ids': [Command.link(flag.id)]}), 'legal')

    def test_lines_added_and_removed(self):
        self.assertOutdates(
            lambda: self.order.write({'order_line': [Command.create({'product_id': self.service.id})]}),
            'spec', 'quantity', 'price', 'date', 'service')
        self.assertOutdates(
            lambda: self.order.order_line[-1].unlink(), 'spec', 'quantity', 'price', 'date', 'service')

    def test_an_option_counts_before_it_is_taken(self):
        self.assertOutdates(
            lambda: self.order.write({'order_line': [
                Command.create({'product_id': self.service.id, 'product_uom_qty': 0})]}),
            'spec', 'quantity', 'price', 'date', 'service')

    def test_unrelated_changes_hold(self):
        tag = self.env['crm.tag'].create({'name': "Spring fair"})
        other = self._create_order()
        changes = (
            lambda: self.order.write({'client_order_ref': "PO 77"}),
            lambda: self.order.write({'tag_ids': [Command.link(tag.id)]}),
            lambda: self.order.write({'validity_date': '2030-01-31'}),
            lambda: self.order.message_post(body="The customer called"),
            lambda: self.order.write({'order_line': [
                Command.create({'display_type': 'line_section', 'name': "Hall 2"})]}),
            lambda: self.order.order_line[-1].write({'name': "Hall 3"}),
            lambda: self.line.write({'sequence': 99}),
            lambda: self.line.write({'price_unit': self.line.price_unit, 'name': self.line.name}),
            lambda: other.order_line.write({'price_unit': 1}),
            lambda: self.order.write({'user_id': self.user_sales_manager.id}),
        )
        for number, change in enumerate(changes):
            with self.subTest(change=number):
                self.assertHolds(change)

    def test_the_same_in_every_language_and_for_everybody(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.product.with_context(lang='fr_FR').name = "Pompe P20"
        for env in (self.env(user=self.user_sales_salesman), self.env(user=self.user_sales_manager), self.env):
            order = self.order.with_env(env).with_context(lang='fr_FR', tz='Asia/Shanghai')
            self.assertEqual(
                order._get_sop_review_fingerprints()[order.id],
                self.order.with_context(lang='en_US')._get_sop_review_fingerprints()[order.id])

    def test_orders_without_review_cost_nothing_more(self):
        orders = self.order.browse([self._create_order().id for __ in range(6)])
        self._give_review(orders[0])

        def count(batch):
            batch.write({'commitment_date': False})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch.write({'commitment_date': '2031-01-31'})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(orders)
        self.assertEqual(count(orders[1:2]), count(orders[2:6]))
