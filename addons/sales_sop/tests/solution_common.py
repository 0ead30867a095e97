from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user

from ..engine import as_engine
from .common import SalesSopCommon


class SolutionCommon(SalesSopCommon):
    """A lead with three confirmed needs, and those who hold the positions that review."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_px = new_test_user(cls.env, 'sop_px', name="Paul Expert", groups='base.group_user')
        cls.user_fin = new_test_user(cls.env, 'sop_fin', name="Fiona Finance", groups='base.group_user')
        cls._hold('pre', cls.user_px)
        cls._hold('px', cls.user_px)
        cls._hold('fin', cls.user_fin)
        cls.lead.partner_id = cls.contact_company_1
        cls.product = cls.env['product.product'].create({'name': "Packing line", 'list_price': 1000})
        cls.must, cls.should, cls.could = cls.needs = cls.env['sop.need'].create([
            {'lead_id': cls.lead.id, 'name': name, 'priority': priority}
            for name, priority in (("Dry running", 'must'), ("Low noise", 'should'), ("Blue", 'could'))])
        cls._confirm(cls.needs)

    @classmethod
    def _hold(cls, code, users):
        cls.env.ref(f'sales_sop.sop_position_{code}').user_ids = [Command.set(users.ids)]

    @classmethod
    def _confirm(cls, needs):
        as_engine(needs).write({
            'state': 'confirmed', 'confirmed_date': fields.Datetime.now(), 'confirmed_by': "Ms. Wang"})

    @classmethod
    def _create_solution(cls, lead=None, **values):
        """A draft of the salesperson that could be submitted."""
        lead = (lead or cls.lead).with_user(cls.user_sales_salesman)
        solution = lead.env['sop.solution'].create({
            'lead_id': lead.id, 'name': "Two lines", 'summary': "Two packing lines", 'scope': "Lines",
            'delivery_plan': "12 weeks", 'price_estimate': 2000, 'cost_estimate': 1500,
            'value_ids': [Command.create({
                'name': "Scrap rate", 'today': 8, 'expected': 2, 'unit': "%", 'basis': "Trial run"})],
            **values})
        solution.coverage_ids.write({'met': 'full', 'remark': "By design"})
        return solution

    def _review(self, solution, answer='ok', remark=''):
        """All reviewers answer."""
        for review in solution.sudo().review_ids:
            user = {'technical': self.user_px, 'cost': self.user_fin}[review.role]
            review.with_user(user).sudo(False).action_answer(answer, remark)

    def _approve(self, solution):
        solution.action_submit()
        self._review(solution)
        return solution

    def _create_workshop(self, user=None, **values):
        """A workshop that took place yesterday."""
        start = fields.Datetime.now() - timedelta(days=1)
        return self.env['calendar.event'].with_user(user or self.user_sales_salesman).create({
            'name': "Workshop", 'sop_lead_id': self.lead.id, 'start': start, 'stop': start + timedelta(hours=1),
            'partner_ids': [Command.set((self.user_px | self.user_sales_salesman).partner_id.ids)],
            'sop_option_ids': [Command.create({
                'name': "Two lines", 'pros': "Fast", 'is_chosen': True, 'conclusion': "Fits the hall"})],
            **values})
