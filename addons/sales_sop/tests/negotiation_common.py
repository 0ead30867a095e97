from odoo import Command
from odoo.tests import new_test_user

from .common import SalesSopCommon


class NegotiationCommon(SalesSopCommon):
    """A deal with a quotation, and somebody in each position that decides.

    Price: target 3 %, floor 8 %, the director up to 15 %, beyond that the general
    manager with finance; none below a margin of 15 %.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead.stage_id = cls.stage_team1_1
        cls.users = {
            code: new_test_user(
                cls.env, f'user_sop_{code}', name=f"The {code}", groups='base.group_user')
            for code in ('director', 'gm', 'fin', 'prd', 'leg', 'service')}
        for code, user in cls.users.items():
            cls.env.ref(f'sales_sop.sop_position_{code}').user_ids = user
        cls.env.ref('sales_sop.sop_position_sm').user_ids = cls.user_sales_manager
        cls.product = cls.env['product.product'].create({
            'name': "Pump", 'list_price': 1000, 'standard_price': 700, 'taxes_id': False})

    @classmethod
    def _prepare_stages(cls):
        """The offer asks for approvals, as the shipped procedure does."""
        *earlier, offer = super()._prepare_stages()
        approved = cls._item(
            'O3', "Prices approved", kind='condition', condition="[('sop_floor_state', '=', 'ok')]", mandatory=False)
        return [*earlier, {**offer, 'requirement_ids': [*offer['requirement_ids'], approved]}]

    def setUp(self):
        super().setUp()
        self.me = self.env(user=self.user_sales_salesman, context={})

    def _create_order(self, lead=None, **line):
        lead = lead or self.lead
        return self.env['sale.order'].with_user(self.user_sales_salesman).create({
            'partner_id': self.contact_company_1.id,
            'opportunity_id': lead.id,
            'order_line': [Command.create({
                'product_id': self.product.id, 'product_uom_qty': 10, 'price_unit': 1000, **line})],
        })

    def _create_sheet(self, lead=None, start=True, **values):
        sheet = self.me['sop.negotiation'].create({'lead_id': (lead or self.lead).id, **values})
        for key, limits in (('quantity', (10, 5)), ('delivery', (40, 30))):
            self._line(sheet, key).write({'target_value': limits[0], 'floor_value': limits[1]})
        if start:
            sheet.action_start()
        return sheet

    def _line(self, sheet, key):
        return sheet.line_ids.filtered(lambda line: line.key == key)

    def _agree_required(self, sheet, but=()):
        """Everything as we want it."""
        values = {'price': '3', 'quantity': '10', 'delivery': '40', 'service': '12', 'breach': '0.03'}
        for key, value in values.items():
            if key not in but:
                self._line(sheet, key).agreed = value
        if 'payment' not in but:
            self._line(sheet, 'payment').write({'agreed': "30-30-35-5", 'standing': 'target', 'number': 30})

    def _ask(self, line, value, **values):
        return line.env['sop.floor.approval'].create({
            'negotiation_line_id': line.id, 'value': value, 'reason': "Or they buy elsewhere",
            'counter': "Twice the quantity", **values})

    def _as(self, record, code):
        return record.with_env(self.env(user=self.users[code], context={}))
