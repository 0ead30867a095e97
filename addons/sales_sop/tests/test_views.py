from odoo import Command
from odoo.tests import Form, new_test_user, tagged

from .common import SalesSopCommon, SalesSopHttpCommon

CLICKBOT = "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader').startClickEverywhere('%s');"
ROOT = 'sales_sop.sales_sop_menu_root'


@tagged('post_install', '-at_install')
class TestMenus(SalesSopCommon):
    """Each role has the menus it works with."""

    def _get_menus(self, user):
        """Names of the menus of this add-on that ``user`` can reach in the app."""
        menus = self.env['ir.ui.menu'].with_user(user).load_menus(False)
        root = self.env.ref(ROOT).id
        if root not in menus['root']['children']:
            return set()
        reached, todo = set(), [root]
        while todo:
            menu = menus[todo.pop()]
            module, name = menu['xmlid'].split('.')
            reached |= {name} if module == 'sales_sop' else set()
            todo += menu['children']
        return reached

    SALES = {
        'sales_sop_menu_root', 'sop_my_items_menu', 'crm_lead_menu_sop', 'sop_menu_material', 'sop_material_menu',
        'sop_material_pack_menu', 'sop_material_sending_menu',
        'sop_menu_customer', 'sop_request_menu', 'sop_contact_log_menu', 'sop_stakeholder_menu',
        'res_partner_menu_sop_file', 'crm_lead_menu_pool', 'sop_handover_menu',
        'sop_import_line_menu', 'sop_prospect_list_menu',
        'sop_menu_deal', 'sop_presentation_menu', 'sop_objection_menu', 'sop_objection_answer_menu',
        'sop_competitor_menu', 'sop_minutes_menu', 'sop_negotiation_menu', 'sop_floor_approval_menu',
        'sop_menu_market', 'sop_market_note_menu', 'sop_customer_profile_menu', 'utm_campaign_menu_sop',
        'sop_interview_menu', 'sop_need_menu', 'sop_oral_order_menu', 'sop_signoff_menu',
        'calendar_event_menu_sop', 'sop_solution_menu', 'sop_solution_menu_review',
    }
    AUDIT = {
        'sop_process_menu', 'sop_menu_report', 'sop_transition_menu', 'sop_check_menu', 'sop_grade_history_menu',
        'sop_lifecycle_change_menu', 'sop_request_menu_report', 'crm_lead_menu_campaign', 'sop_pool_move_menu',
        'sop_duplicate_menu', 'crm_lead_menu_win_loss', 'sop_objection_repeat_menu',
    }
    MANAGE = {
        'sop_menu_config', 'sop_setup_menu', 'sop_workday_menu', 'sop_deadline_explain_menu',
        'sop_process_import_menu', 'crm_lead_menu_sop_priority', 'sop_menu_grading', 'sop_grade_criterion_menu',
        'sop_grade_menu', 'crm_lead_menu_check', 'sop_interview_question_menu',
    }

    def test_menus_of_each_role(self):
        for user, menus in (
            (self.user_sales_salesman, self.SALES),
            (self.user_sales_manager, self.SALES | self.AUDIT | self.MANAGE),
            (self.user_auditor, (self.SALES | self.AUDIT) - {'sop_my_items_menu'}),
            (self.user_employee, set()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._get_menus(user) - {'crm_lead_menu_sop_leads'}, menus)


@tagged('post_install', '-at_install')
class TestForms(SalesSopCommon):
    """The forms let write what may be written, and nothing else."""

    def test_a_manager_writes_a_process(self):
        process = self.env['sop.process'].with_user(self.user_sales_manager)
        with Form(process) as form:
            form.name = "Spare parts"
            form.code = 'spares'
            with form.stage_ids.new() as stage:
                stage.name = "Enquiry"
                stage.code = 'E'
                stage.crm_stage_ids = self.stage_team1_1
        process = form.record
        with Form(process.stage_ids) as form:
            form.gate = 'warn'
            form.guidance = "<p>Answer within a day.</p>"
            with form.requirement_ids.new() as item:
                item.name = "Machine known"
                item.code = 'E1'
                item.kind = 'fields'
                item.field_ids.add(self.env['ir.model.fields']._get('crm.lead', 'partner_id'))
        self.assertEqual(process.get_publish_problems(), [])
        process.action_publish()
        self.assertEqual(process.state, 'published')

    def test_fields_of_a_published_process_are_readonly(self):
        with Form(self.process.with_user(self.user_sales_manager)) as form:
            form.name = "Sales procedure, corrected"
            with self.assertRaises(AssertionError):
                form.code = 'other'
            with self.assertRaises(AssertionError):
                form.stage_ids.new()

    def test_texts_and_gate_of_a_published_stage_are_open(self):
        with Form(self.stage_discover.with_user(self.user_sales_manager)) as form:
            form.gate = 'warn'
            form.name = "Discovery"
            for name, value in (('day_limit', 3), ('code', 'x'), ('phase', 's2_contact')):
                with self.assertRaises(AssertionError):
                    setattr(form, name, value)
        self.assertEqual(self.stage_discover.gate, 'warn')

    def test_texts_of_a_published_item_are_open(self):
        with Form(self.items['Q2'].with_user(self.user_sales_manager)) as form:
            form.name = "Value known"
            form.message = "Enter the value."
            for name, value in (('mandatory', False), ('kind', 'confirm'), ('condition', '[]')):
                with self.assertRaises(AssertionError):
                    setattr(form, name, value)

    def test_an_item_shows_what_its_kind_needs(self):
        draft = self._create_process('draft', self.sales_team_1)
        item = draft.stage_ids[0].requirement_ids[0].with_user(self.user_sales_manager)
        with Form(item) as form:
            form.kind = 'document'
            form.document_kind = "licence"
            form.valid_required = True
            with self.assertRaises(AssertionError):
                form.condition = "[('type', '=', 'lead')]"
            form.kind = 'record'
            form.record_field_id = self.env['ir.model.fields']._get('crm.lead', 'order_ids')
            self.assertEqual(form.record_model, 'sale.order')
            form.record_domain = "[('state', '=', 'sale')]"
        self.assertEqual(item.record_field_id.name, 'order_ids')

    def test_the_pipeline_takes_few_more_fields(self):
        """The board is read as often as nothing else: what it loads is kept small."""
        arch = self.env['crm.lead'].with_user(self.user_sales_salesman).get_views([
            (self.env.ref('crm.crm_case_kanban_view_leads').id, 'kanban')])
        loaded = {name for name in arch['models']['crm.lead']['fields'] if name.startswith('sop_')}
        in_view = {name for name in loaded if f'name="{name}"' in arch['views']['kanban']['arch']}
        self.assertEqual(in_view, {'sop_deadline', 'sop_grade', 'sop_contact_hold'})

    def test_a_lead_shows_its_procedure_first(self):
        arch = self.env['crm.lead'].with_user(self.user_sales_salesman).get_view(
            self.env.ref('crm.crm_lead_view_form').id, 'form')['arch']
        self.assertLess(arch.index('name="sop"'), arch.index('name="internal_notes"'))

    def test_filters_of_leads_and_opportunities(self):
        for xmlid in ('crm.view_crm_case_opportunities_filter', 'crm.view_crm_case_leads_filter'):
            arch = self.env['crm.lead'].get_view(self.env.ref(xmlid).id, 'search')['arch']
            for name in ('sop_overdue', 'sop_my_open', 'sop_waived', 'sop_stage', 'sop_process'):
                with self.subTest(view=xmlid, filter=name):
                    self.assertIn(f'name="{name}"', arch)
        leads = self.env['crm.lead'].with_user(self.user_sales_salesman)
        self.assertIn(self.lead.id, leads.search([('user_id', '=', leads.env.uid), ('sop_has_open', '=', True)]).ids)
        self.items['D1'].stage_id.process_id.stage_ids.write({'gate': 'warn'})
        self.lead.with_user(self.user_sales_manager).action_sop_waive(
            self.items['D1'].id, "Long-standing customer", '2099-12-31')
        waived = leads.search([('sop_check_ids', 'any', [('state', '=', 'waived'), ('revoked_date', '=', False)])])
        self.assertEqual(waived, self.lead.with_user(self.user_sales_salesman))


@tagged('post_install', '-at_install')
class TestClickEverywhere(SalesSopHttpCommon):
    """Every menu of the app, each of its views and filters, opened in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref('base.group_user').implied_ids = [Command.link(cls.env.ref('crm.group_use_lead').id)]
        cls._create_lead(name="A lead", type='lead')

    def _click(self, user):
        user.tour_enabled = False
        self.browser_js(
            '/odoo', CLICKBOT % ROOT, 'odoo.isReady === true', login=user.login, timeout=600,
            success_signal="clickbot test succeeded")

    def test_salesperson(self):
        self._do(self.lead, 'D1')
        self._click(self.user_sales_salesman)

    def test_salesperson_without_an_opportunity(self):
        self._click(new_test_user(
            self.env, 'sop_newcomer', groups='base.group_user,sales_team.group_sale_salesman'))

    def test_manager(self):
        self._do(self.lead, 'D1')
        self.lead.with_user(self.user_sales_salesman).stage_id = self.stage_gen_1
        self._click(self.user_sales_manager)

    def test_auditor(self):
        self._do(self.lead, 'D1')
        self._click(self.user_auditor)

    def test_manager_of_the_procedure_only(self):
        self._click(new_test_user(
            self.env, 'sop_manager_only', groups='base.group_user,sales_sop.group_sop_manager'))
