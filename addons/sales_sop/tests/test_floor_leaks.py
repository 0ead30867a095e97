import base64
import json
from functools import partial

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SalesSopHttpCommon
from .negotiation_common import NegotiationCommon

# What nobody without the group reads, by model
SECRETS = {
    'sop.term': ('target_value', 'floor_value', 'target_text', 'floor_text'),
    'sop.term.authority': ('up_to',),
    'sop.negotiation.line': (
        'target_value', 'floor_value', 'target_text', 'floor_text', 'limits', 'gap', 'company_floor'),
    'sop.floor.approval': (
        'target_value', 'floor_value', 'limits_text', 'gap', 'has_margin', 'margin_effect', 'margin_percent',
        'new_target'),
    'sale.order.line': ('sop_discount', 'sop_price_state', 'sop_approval_ids'),
    'res.company': ('sop_price_target', 'sop_price_floor', 'sop_margin_floor'),
}
# Values no text may carry: the floor in words, and numbers nothing else has
MARKS = ('SECRETFLOOR', '7.77', 'SECRETTARGET', '2.22')


class FloorLeaksCommon(NegotiationCommon):
    """A deal whose target is 2.22 % and whose floor is 7.77 %, with an approval and a quotation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead.partner_id = cls.contact_company_1
        cls.user_portal.partner_id.parent_id = cls.contact_company_1
        cls.env.company.write({'sop_price_target': 2.22, 'sop_price_floor': 7.77})
        cls.env.ref('sales_sop.sop_term_freight').write({'target_text': 'SECRETTARGET', 'floor_text': 'SECRETFLOOR'})

    def setUp(self):
        super().setUp()
        self.order = self._create_order(discount=10)
        self.sheet = self._create_sheet(order_id=self.order.id)
        self.price = self._line(self.sheet, 'price')
        self.price.ask = '20'
        self.approval = self._ask(self.price, '12')
        self._as(self.approval, 'director').action_limit("Not more", '11')
        self.price.write({'agreed': '11', 'traded_for': "Twice the quantity"})
        self.records = {
            'sop.term': self.price.term_id, 'sop.negotiation.line': self.price, 'sop.floor.approval': self.approval,
            'sop.term.authority': self.price.term_id.authority_ids[2], 'sale.order.line': self.order.order_line,
            'res.company': self.env.company,
        }
        self.env.flush_all()
        self.user_sales_salesman.group_ids += self.env.ref('base.group_allow_export')
        # The administrator takes the floors away from the sales staff.
        group = self.env.ref('sales_sop.group_sop_user')
        group.implied_ids = [Command.unlink(self.env.ref('sales_sop.group_sop_floor').id)]
        self.env.invalidate_all()

    def assertNoMark(self, text, message=None):
        for mark in MARKS:
            self.assertNotIn(mark, str(text), message)


@tagged('post_install', '-at_install')
class TestFloorLeaks(FloorLeaksCommon):
    """Targets, floors, gaps and margins do not leave the group."""

    def _get_strangers(self):
        accountant = self.env['res.users'].create({
            'name': "Accountant", 'login': 'sop_accountant',
            'group_ids': [Command.set(self.env.ref('account.group_account_invoice').ids)]})
        return self.user_sales_salesman, accountant, self.user_employee, self.user_portal, self.user_public

    def test_setting(self):
        self.assertFalse(self.user_sales_salesman.has_group('sales_sop.group_sop_floor'))
        self.assertTrue(self.user_sales_manager.has_group('sales_sop.group_sop_floor'))
        self.assertTrue(self.price.with_user(self.user_sales_salesman).has_access('read'))
        self.assertEqual(self.price.with_user(self.user_sales_manager).floor_value, 7.77)

    def test_every_secret_is_listed(self):
        """A field of the group that is not tried here is found."""
        for model in self.env.registry.values():
            names = {
                name for name, field in model._fields.items()
                if 'group_sop_floor' in str(field.groups or '') and field._module == 'sales_sop'}
            if model._original_module == 'sales_sop' and model._name.startswith(
                    ('sop.term', 'sop.nego', 'sop.floor')) or model._name == 'sale.order.line':
                self.assertEqual(names, set(SECRETS.get(model._name, ())), model._name)

    def test_read(self):
        for user in self._get_strangers():
            for model, names in SECRETS.items():
                record = self.records[model].with_env(self.env(user=user, su=False, context={}))
                for name in names:
                    with self.subTest(user=user.login, model=model, field=name):
                        self.env.invalidate_all()
                        with self.assertRaises(AccessError):
                            record.read([name])
                        with self.assertRaises(AccessError):
                            record.web_read({name: {}})
                        with self.assertRaises(UserError):
                            record.export_data([name])

    def test_search_by_value(self):
        """Neither in a domain, nor in the order, nor grouped, nor added up."""
        for user in self._get_strangers():
            for model, names in SECRETS.items():
                records = self.env(user=user, su=False, context={})[model]
                for name in names:
                    field = records._fields[name]
                    if not field.store:
                        continue
                    acts = [
                        partial(records.search, [(name, '!=', False)]),
                        partial(records.search_count, [(name, '!=', 1)]),
                        partial(records.formatted_read_group, [], [], [f'{name}:count']),
                        partial(records.formatted_read_group, [], [name], ['__count']),
                    ]
                    if field.type != 'one2many':
                        acts.append(partial(records.search, [], order=f'{name} desc'))
                    for act in acts:
                        with self.subTest(user=user.login, model=model, field=name):
                            self.env.invalidate_all()
                            with self.assertRaises(AccessError):
                                act()

    def test_search_through_the_deal(self):
        """Paths from lead and order lead no further."""
        for user in (self.user_sales_salesman, self.user_portal):
            env = self.env(user=user, su=False, context={})
            for model, path in (
                ('crm.lead', 'sop_negotiation_ids.line_ids.floor_value'),
                ('crm.lead', 'sop_floor_approval_ids.floor_value'),
                ('crm.lead', 'order_ids.order_line.sop_discount'),
                ('sale.order', 'order_line.sop_price_state'),
                ('sale.order', 'order_line.sop_approval_ids.gap'),
                ('sop.negotiation', 'line_ids.company_floor'),
                ('sop.negotiation.line', 'term_id.floor_value'),
                ('sop.negotiation.line', 'approval_ids.margin_percent'),
            ):
                with self.subTest(user=user.login, path=path), self.assertRaises(AccessError):
                    env[model].search([(path, '!=', 1)])

    def test_nested_read(self):
        lead = self.lead.with_env(self.env(user=self.user_sales_salesman, context={}))
        for specification in (
            {'sop_negotiation_ids': {'fields': {'line_ids': {'fields': {'floor_value': {}}}}}},
            {'sop_floor_approval_ids': {'fields': {'gap': {}}}},
            {'order_ids': {'fields': {'order_line': {'fields': {'sop_discount': {}}}}}},
            {'sop_term_line_ids': {'fields': {'limits': {}}}},
        ):
            with self.subTest(specification=specification), self.assertRaises(AccessError):
                lead.web_read(specification)

    def test_fields_get(self):
        for user in (self.user_sales_salesman, self.user_portal):
            for model, names in SECRETS.items():
                known = self.env(user=user, su=False)[model].sudo(False)
                if known.has_access('read'):
                    self.assertFalse(set(names) & set(known.fields_get()), model)

    def test_what_is_shown_of_an_approval(self):
        """Texts computed for those who decide are empty for the others, and cannot be searched."""
        approval = self.approval.with_env(self.env(user=self.user_sales_salesman, context={}))
        names = ['limits_shown', 'gap_shown', 'margin_shown']
        self.assertEqual([value for key, value in approval.read(names)[0].items() if key != 'id'], [False] * 3)
        self.assertNoMark(approval.export_data([*names, 'display_name', 'value', 'history', 'deciders'])['datas'])
        for name in names:
            with self.assertRaises(ValueError):
                approval.search([(name, 'ilike', '7')])
        self.assertTrue(self._as(self.approval, 'director').limits_shown)

    def test_messages_and_activities(self):
        """Trackings, notes, mails and activities carry no limits."""
        models = ['sop.floor.approval', 'sop.negotiation', 'crm.lead', 'sale.order']
        for message in self.env['mail.message'].search([('model', 'in', models)]):
            self.assertNoMark(f'{message.body} {message.subject}')
            self.assertNoMark(message.sudo().tracking_value_ids.mapped('new_value_char'))
            self.assertFalse({'sop_discount', 'floor_value'} & set(message.tracking_value_ids.field_id.mapped('name')))
        for activity in self.env['mail.activity'].with_context(active_test=False).search([('res_model', 'in', models)]):
            self.assertNoMark(f'{activity.summary} {activity.note} {activity.feedback}')
        for mail in self.env['mail.mail'].search([]):
            self.assertNoMark(f'{mail.subject} {mail.body_html}')

    def test_mail_template(self):
        """A template rendered by the salesperson prints nothing of it."""
        for expression in (
            "object.order_line[0].sop_discount", "object.opportunity_id.sop_negotiation_id.line_ids[0].floor_value",
            "object.opportunity_id.sop_floor_approval_ids[0].limits_text",
        ):
            template = self.env['mail.template'].create({
                'name': "Leak", 'model_id': self.env['ir.model']._get_id('sale.order'),
                'body_html': f'<p>x<t t-out="{expression}"/></p>'})
            with self.subTest(expression=expression):
                try:
                    body = template.with_user(self.user_sales_salesman)._render_field('body_html', self.order.ids)
                except Exception as error:  # how it refuses is up to the renderer
                    body = error
                self.assertNoMark(body)
                self.assertNotIn('x10', str(body))

    def test_printed_order(self):
        report = self.env['ir.actions.report'].with_user(self.user_sales_salesman)
        html, __ = report._render_qweb_html('sale.report_saleorder', self.order.ids)
        self.assertNoMark(html.decode())

    def test_checklist_and_file(self):
        """What the procedure shows of the deal."""
        lead = self.lead.with_env(self.env(user=self.user_sales_salesman, context={}))
        self.assertNoMark(json.dumps(lead.get_sop_checklist(), default=str))
        self.assertNoMark(json.dumps(lead.get_sop_summary(), default=str))
        self.assertNoMark(json.dumps(lead.get_sop_journey(), default=str))

    def test_names(self):
        for model in ('sop.negotiation', 'sop.negotiation.line', 'sop.floor.approval', 'sop.term'):
            names = self.env(user=self.user_sales_salesman, context={})[model].name_search('')
            self.assertNoMark(names)

    def test_refusals_tell_no_limits(self):
        """Who tries values learns that he must ask, not how far he may go."""
        line = self.price.with_env(self.env(user=self.user_sales_salesman, context={}))
        try:
            line.offer = '30'
        except Exception as error:  # the text counts, whatever its class
            self.assertNoMark(error.args)
        else:
            self.fail("The offer was let through")

    def test_forms_compute_nothing(self):
        """What a form sends decides neither who sees limits nor what is computed from them."""
        env = self.env(user=self.user_sales_salesman, context={})
        approval, line = self.approval.with_env(env), self.price.with_env(env)
        decision = self.approval.decision_ids[:1]
        shown = {name: {} for name in ('limits_shown', 'gap_shown', 'margin_shown')}
        for command in (
            Command.create({'code': 'gm', 'approver_ids': [Command.set([env.uid])]}),
            Command.update(decision.id, {'approver_ids': [Command.set([env.uid])]}),
        ):
            result = approval.onchange(
                {'decision_ids': [command]}, ['decision_ids'], {**shown, 'decision_ids': {'fields': {}}})
            self.assertNoMark(result)
        for records, values, specification in (
            (line, {'agreed': '9'}, {'gap': {}}),
            (line, {'agreed': '9'}, {'limits': {}}),
            (line.browse(), {'negotiation_id': self.sheet.id, 'term_id': line.term_id.id}, {'gap': {}}),
            (line.browse(), {'term_id': line.term_id.id}, {'term_id': {'fields': {'floor_value': {}}}}),
            (line.negotiation_id, {'name': "x"}, {'line_ids': {'fields': {'limits': {}}}}),
            (self.order.with_env(env), {'note': "x"}, {'order_line': {'fields': {'sop_price_state': {}}}}),
            (self.order.order_line.with_env(env), {'price_unit': 1}, {'sop_price_state': {}}),
            (self.order.order_line.browse().with_env(env), {
                'order_id': self.order.id, 'product_id': self.product.id, 'price_unit': 1}, {'sop_price_state': {}}),
            (approval.browse(), {'negotiation_line_id': line.id}, {
                'negotiation_line_id': {'fields': {'floor_value': {}}}}),
        ):
            with self.subTest(records=records, specification=specification):
                self.env.invalidate_all()
                try:
                    result = records.onchange(values, list(values), specification)
                except AccessError:
                    continue
                self.assertNoMark(result)
                self.assertFalse({'authority', 'below', 'margin'} & set(str(result).split("'")), result)

    def test_screens_work_without_the_group(self):
        """Who does not see floors negotiates all the same."""
        env = self.env(user=self.user_sales_salesman, context={})
        for model in ('crm.lead', 'sale.order', 'sop.negotiation', 'sop.negotiation.line', 'sop.floor.approval'):
            arch = env[model].get_view(view_type='form')['arch']
            self.assertFalse(
                [name for names in SECRETS.values() for name in names if f'<field name="{name}"' in arch], model)
        line = self.price.with_env(env)
        line.write({'ask': '19', 'offer': '2', 'agreed': '2', 'status': 'agreed'})
        self.assertFalse(line.needs_approval)
        self.order.with_env(env).order_line.discount = 1
        self.assertFalse(self.order.with_env(env).sop_has_below_floor)
        other = env['sop.negotiation'].create({'lead_id': self._create_lead(name="Other").id})
        with self.assertRaises(AccessError):
            other.line_ids[0].floor_value = 1


@tagged('post_install', '-at_install')
class TestFloorLeaksHttp(FloorLeaksCommon, SalesSopHttpCommon):
    """The same for the customer, in the portal."""

    def test_portal_pages(self):
        self.order.partner_id = self.user_portal.partner_id
        self.order.with_user(self.user_sales_manager).message_subscribe(self.user_portal.partner_id.ids)
        self.order.order_line.discount = 0
        self.order.action_quotation_sent()
        self.order.order_line.discount = 10
        self.env.flush_all()
        self.authenticate('user_sop_portal', 'user_sop_portal')
        page = f'/my/orders/{self.order.id}'
        for url in ('/my/orders', '/my/quotes', page, f'{page}?report_type=html'):
            response = self.url_open(url)
            self.assertEqual(response.status_code, 200, url)
            self.assertNoMark(response.text, url)
            for word in ('sop_below_floor', 'beyond what you may agree', 'sop_price_state'):
                self.assertNotIn(word, response.text)
        result, __ = self._call_kw('sale.order.line', 'read', [self.order.order_line.ids, ['sop_below_floor']])
        self.assertFalse(result and result[0]['sop_below_floor'])
        result, __ = self._call_kw('sale.order', 'read', [
            self.order.ids, ['sop_has_below_floor', 'sop_term_difference', 'sop_has_terms']])
        self.assertFalse(result and any(value for key, value in result[0].items() if key != 'id'))
        for call in (
            ('sale.order.line', 'read', [self.order.order_line.ids, ['sop_discount']]),
            ('sale.order.line', 'search_read', [[('sop_price_state', '=', 'below')], ['id']]),
            ('sop.negotiation.line', 'search_read', [[], ['floor_value']]),
            ('sop.floor.approval', 'read', [self.approval.ids, ['value']]),
        ):
            self.assertForbidden(*call)

    def test_export(self):
        """The export of the web client asks for the group as well."""
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        fields, __ = self._call_kw('sop.negotiation.line', 'fields_get', [])
        self.assertFalse(set(SECRETS['sop.negotiation.line']) & set(fields))
        response = self.url_open('/web/export/csv', data={'data': json.dumps({
            'model': 'sop.negotiation.line', 'ids': self.price.ids, 'domain': [], 'import_compat': False,
            'fields': [{'name': 'floor_value', 'label': "Floor", 'type': 'float'}], 'groupby': [], 'context': {}}),
            'csrf_token': ''})
        self.assertNoMark(base64.b64encode(response.content).decode() + response.text)
