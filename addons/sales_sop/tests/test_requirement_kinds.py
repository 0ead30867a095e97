from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged, users

from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestRequirementKinds(SalesSopCommon):
    """What counts as met, kind by kind."""

    def _publish_items(self, *items):
        """Replace the process by one whose first stage asks for these items."""
        self.process.action_unpublish()
        stages = self._prepare_stages()
        stages[0]['requirement_ids'] = list(items)
        process = self._create_process(f'kinds{self.process.id}', self.sales_team_1, stage_ids=[
            Command.create(stage) for stage in stages])
        self._publish(process)
        self.items = {item.code: item for item in process.stage_ids.requirement_ids}
        self.process, self.stage_discover = process, process.stage_ids[0]
        self.stage_qualify = process.stage_ids[1]
        return self._create_lead().with_env(self.env)

    def _fields(self, *names):
        return self.env['ir.model.fields'].sudo().search([('model', '=', 'crm.lead'), ('name', 'in', names)])

    def assertHeld(self, lead, code='D1'):
        with self.assertRefused(lead, code):
            lead.stage_id = self.stage_gen_1

    def assertMoves(self, lead):
        lead.stage_id = self.stage_gen_1
        self.assertEqual(lead.sudo().sop_stage_id, self.stage_qualify)

    @users('user_sales_salesman')
    def test_fields_of_all_types(self):
        empty = {
            'partner_name': False, 'expected_revenue': 0.0, 'partner_id': False, 'tag_ids': [Command.clear()],
            'date_deadline': False, 'description': False,
        }
        filled = {
            'partner_name': "Customer Ltd", 'expected_revenue': 1.0, 'partner_id': self.contact_1.id,
            'tag_ids': [Command.set(self.env['crm.tag'].sudo().create({'name': "Pump"}).ids)],
            'date_deadline': '2026-12-31', 'description': "<p>Text</p>",
        }
        lead = self._publish_items(
            self._item('D1', "Complete", kind='fields', field_ids=[Command.set(self._fields(*empty).ids)]))
        for name in filled:
            lead.sudo().write(filled)
            lead.sudo().write({name: empty[name]})
            if name == 'partner_id':
                lead.sudo().partner_name = "Customer Ltd"
            with self.subTest(empty=name):
                self.assertHeld(lead)
        lead.sudo().write(filled)
        self.assertMoves(lead)

    @users('user_sales_salesman')
    def test_html_without_text_is_empty(self):
        lead = self._publish_items(
            self._item('D1', "Described", kind='fields', field_ids=[Command.set(self._fields('description').ids)]))
        lead.description = '<p><br></p>'
        self.assertHeld(lead)

    @users('user_sales_salesman')
    def test_text_of_spaces_is_empty(self):
        lead = self._publish_items(
            self._item('D1', "Named", kind='fields', field_ids=[Command.set(self._fields('partner_name').ids)]))
        lead.partner_name = '   '
        self.assertHeld(lead)

    @users('user_sales_salesman')
    def test_condition(self):
        lead = self._publish_items(self._item(
            'D1', "Worth it", kind='condition', condition="[('expected_revenue', '>=', 1000), ('priority', '!=', '0')]",
            message="At least 1,000 and a priority."))
        lead.write({'expected_revenue': 999, 'priority': '1'})
        self.assertHeld(lead)
        lead.write({'expected_revenue': 1000})
        self.assertMoves(lead)

    @users('user_sales_salesman')
    def test_condition_over_a_relation(self):
        lead = self._publish_items(self._item(
            'D1', "Customer has a country", kind='condition', condition="[('partner_id.country_id', '!=', False)]"))
        lead.partner_id = self.contact_1
        self.contact_1.country_id = False
        self.assertHeld(lead)
        self.contact_1.country_id = self.env.ref('base.cn')
        self.assertMoves(lead)

    @users('user_sales_salesman')
    def test_fact_is_live(self):
        """What is no longer so holds again, without anybody revoking anything."""
        lead = self._publish_items(self._item(
            'D1', "Worth it", kind='condition', condition="[('expected_revenue', '>=', 1000)]"))
        lead.expected_revenue = 1000
        self.assertEqual(lead.get_sop_summary()[lead.id]['open'], 0)
        lead.expected_revenue = 10
        self.assertEqual(lead.get_sop_summary()[lead.id]['open'], 1)
        self.assertHeld(lead)

    @users('user_sales_salesman')
    def test_records_one2many(self):
        lead = self._publish_items(self._item(
            'D1', "Two meetings", kind='record', min_count=2, record_domain="[('name', 'ilike', 'visit')]",
            record_field_id=self._fields('calendar_event_ids').id))
        for name in ("Visit", "Phone call"):
            self._create_meeting(lead, name)
        self.assertHeld(lead)
        self._create_meeting(lead, "Second visit")
        self.assertMoves(lead)

    def _create_meeting(self, lead, name):
        self.env['calendar.event'].sudo().create({
            'name': name, 'start': '2026-03-04 10:00:00', 'stop': '2026-03-04 11:00:00', 'opportunity_id': lead.id})

    @users('user_sales_salesman')
    def test_records_many2many(self):
        lead = self._publish_items(self._item(
            'D1', "Tagged as pump", kind='record', record_domain="[('name', '=', 'Pump')]",
            record_field_id=self._fields('tag_ids').id))
        lead.tag_ids = [Command.create({'name': "Valve"})]
        self.assertHeld(lead)
        lead.tag_ids = [Command.create({'name': "Pump"})]
        self.assertMoves(lead)

    @users('user_sales_salesman')
    def test_records_without_stored_inverse(self):
        lead = self._publish_items(self._item(
            'D1', "Next activity planned", kind='record', record_field_id=self._fields('activity_ids').id))
        self.assertHeld(lead)
        lead.activity_schedule('mail.mail_activity_data_todo')
        self.assertMoves(lead)

    def test_records_the_user_may_not_read(self):
        """Whether a fact holds does not depend on who moves the lead."""
        lead = self._publish_items(self._item(
            'D1', "Quotation made", kind='record', record_field_id=self._fields('order_ids').id))
        order = self.env['sale.order'].create({
            'partner_id': self.contact_1.id, 'opportunity_id': lead.id, 'user_id': self.user_sales_manager.id})
        self.env.invalidate_all()
        lead = lead.with_user(self.user_sales_salesman)
        self.assertFalse(order.with_user(self.user_sales_salesman).has_access('read'))
        self.assertMoves(lead)

    @users('user_sales_salesman')
    def test_item_for_some_documents_only(self):
        lead = self._publish_items(self._item(
            'D1', "Board informed", domain="[('expected_revenue', '>', 1000000)]"))
        lead.expected_revenue = 2000000
        self.assertHeld(lead)
        self.assertEqual(len(lead.get_sop_checklist()['stages'][0]['requirements']), 1)
        lead.expected_revenue = 1000
        self.assertFalse(lead.get_sop_checklist()['stages'][0]['requirements'])
        self.assertMoves(lead)

    @users('user_sales_salesman')
    def test_batch_is_judged_one_by_one(self):
        self._publish_items(self._item(
            'D1', "Board informed", domain="[('expected_revenue', '>', 1000000)]"))
        small, large = self._create_lead(name="Small"), self._create_lead(name="Large", expected_revenue=2000000)
        with self.assertRefused(large.with_env(self.env), 'D1') as caught:
            (small | large).with_env(self.env).stage_id = self.stage_gen_1
        self.assertNotIn("Small", str(caught.exception))

    @users('user_sales_salesman')
    def test_domain_with_the_user_is_no_domain(self):
        """Facts are facts: names that depend on the caller do not evaluate."""
        process = self._create_process('draft', self.sales_team_1)
        item = process.stage_ids[0].requirement_ids[0]
        for domain in ("[('user_id', '=', uid)]", "[('nothing', '=', 1)]", "not a domain", "[('name', '=')]", "{}"):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                item.domain = domain

    def test_field_of_another_model(self):
        process = self._create_process('draft', self.sales_team_1)
        with self.assertRaises(ValidationError):
            process.stage_ids[0].requirement_ids[1].field_ids = self.env['ir.model.fields']._get('res.partner', 'name')
