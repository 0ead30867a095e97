import re
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL

from ..exceptions import SopGateError
from .common import SalesSopCommon

SIZES = (1, 50, 200)
# The ORM inserts rows by the hundred.
CHUNKS = 3
OUR_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?sop_')
# Our columns that Odoo reads with every record: each move and each card needs them.
# All others are a group of their own, prefetch='sop': nobody waits for what he does not see.
READ_ALWAYS = {
    'crm.lead': {
        'sop_process_id', 'sop_stage_id', 'sop_entry_stage_id', 'sop_stage_date', 'sop_deadline', 'sop_outcome',
        'sop_grade', 'sop_list_id', 'sop_legal_basis', 'sop_do_not_contact'},
    'res.partner': {'sop_do_not_contact'},
    'res.company': set(),
}
# What a card of the pipeline shows of Odoo, and of ours.
CARD = ['name', 'stage_id', 'partner_id', 'user_id', 'tag_ids', 'expected_revenue', 'company_currency']
OUR_CARD = ['sop_grade', 'sop_deadline', 'sop_outcome', 'sop_contact_hold']


@tagged('post_install', '-at_install')
class TestQueryCount(SalesSopCommon):
    """What the procedure costs does not grow with the number of leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team_plain = cls.env['crm.team'].create({'name': "Team without a procedure"})
        cls.env = cls.env(user=cls.user_sales_manager)

    def _create_leads(self, count, **values):
        return self.env['crm.lead'].create([{
            'name': f"Lead {number}", 'type': 'opportunity', 'user_id': self.user_sales_salesman.id,
            'team_id': self.sales_team_1.id, 'stage_id': self.stage_gen_1.id if values else self.stage_team1_1.id,
            'email_from': 'buyer@customer.example.com', 'expected_revenue': 100, **values,
        } for number in range(count)])

    def _create_done(self, count):
        """Leads in the first stage with evidence for all that is asked up to the offer."""
        leads = self._create_leads(count)
        leads.action_sop_tick(self.items['D1'].id)
        leads.action_sop_waive(self.items['Q1'].id, "Test", '2099-12-31')
        return leads

    def _count(self, act):
        """SQL statements of ``act`` on a cold cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        act()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assertConstant(self, measure):
        """``measure(size)`` gives the same number for all sizes, but for the chunks of an INSERT."""
        measure(2)  # what is cached for good
        counts = {size: measure(size) for size in SIZES}
        self.assertLessEqual(max(counts.values()) - min(counts.values()), CHUNKS, counts)
        return counts[1]

    def test_create(self):
        """Beyond what plain Odoo asks for the same leads."""
        def measure(size):
            ours = self._count(lambda: self._create_leads(size))
            stock = self._count(lambda: self._create_leads(
                size, team_id=self.team_plain.id, stage_id=self.stage_team1_1.id))
            return ours - stock
        self.assertLessEqual(self.assertConstant(measure), 0)

    def test_move(self):
        """A move through a gate with mixed items, beyond what plain Odoo asks for the same move."""
        def measure(size):
            ours = self._create_done(size)
            stock = self._create_leads(size, team_id=self.team_plain.id, stage_id=self.stage_gen_won.id)
            stock.stage_id = self.stage_gen_1
            return (
                self._count(lambda: ours.write({'stage_id': self.stage_team1_2.id}))
                - self._count(lambda: stock.write({'stage_id': self.crm_stage_other.id})))
        self.assertLessEqual(self.assertConstant(measure), 8)

    def test_move_of_graded_leads(self):
        """Evidence, facts, log, reminders and grade: one statement each."""
        def move(leads, stage):
            return self._count(lambda: leads.write({'stage_id': stage.id}))
        for leads in (self._create_done(2), self._create_done(10)):
            stock = self._create_leads(len(leads), team_id=self.team_plain.id, stage_id=self.stage_gen_won.id)
            stock.stage_id = self.stage_gen_1
            leads._sop_regrade()
            self.flush_tracking()
            extra = move(leads, self.stage_team1_2) - move(stock, self.crm_stage_other)
        self.assertLessEqual(extra, 5)

    def test_card(self):
        """What a card shows of ours is there already when the card is read."""
        leads = self._create_leads(10, partner_id=self.contact_company_1.id, stage_id=self.stage_team1_1.id)
        for _time in range(2):
            stock = self._count(lambda: leads.read(CARD))
            ours = self._count(lambda: leads.read(CARD + OUR_CARD))
        self.assertEqual(ours, stock)

    def test_columns_are_read_when_they_are_needed(self):
        for model_name, names in READ_ALWAYS.items():
            always = {
                name for name, field in self.env[model_name]._fields.items()
                if name.startswith('sop_') and field.column_type and field.prefetch is True}
            self.assertEqual(always, names, f"{model_name}: give a new column prefetch='sop'")

    def test_refused_move(self):
        def measure(size):
            leads = self._create_leads(size)
            return self._count(lambda: self.assertRaises(
                SopGateError, leads.write, {'stage_id': self.stage_team1_2.id}))
        self.assertConstant(measure)

    def test_checks_of_the_gate_alone(self):
        def measure(size):
            leads = self._create_done(size)
            items = self.process.stage_ids.requirement_ids
            return self._count(lambda: leads._get_sop_statuses(items))
        self.assertLessEqual(self.assertConstant(measure), 20)

    def test_summary(self):
        def measure(size):
            leads = self._create_done(size)
            return self._count(lambda: leads.get_sop_summary())
        self.assertLessEqual(self.assertConstant(measure), 15)

    def test_checklists(self):
        def measure(size):
            leads = self._create_done(size)
            return self._count(lambda: leads._prepare_sop_checklists())
        self.assertConstant(measure)

    def test_my_items(self):
        def measure(size):
            self.env['crm.lead'].search([('user_id', '=', self.env.uid)]).user_id = self.user_sales_salesman
            self._create_leads(size, user_id=self.env.uid, stage_id=self.stage_team1_1.id)
            return self._count(lambda: self.env['crm.lead'].get_sop_my_items())
        self.assertConstant(measure)

    def test_tick(self):
        def measure(size):
            leads = self._create_leads(size)
            return self._count(lambda: leads.action_sop_tick(self.items['D1'].id))
        self.assertConstant(measure)

    def test_search_of_open_items(self):
        def measure(size):
            self._create_leads(size)
            return self._count(lambda: self.env['crm.lead'].search([('sop_has_open', '=', True)]))
        self.assertConstant(measure)

    def test_team_change(self):
        """Into the procedure from outside, a whole batch."""
        def measure(size):
            leads = self._create_leads(size, team_id=self.team_plain.id, stage_id=self.stage_gen_1.id)
            other = self._create_leads(size, team_id=self.team_plain.id, stage_id=self.stage_gen_1.id)
            plain = self.env['crm.team'].create({'name': "Another"})
            return (
                self._count(lambda: leads.write({
                    'team_id': self.sales_team_1.id, 'stage_id': self.stage_team1_1.id}))
                - self._count(lambda: other.write({'team_id': plain.id, 'stage_id': self.crm_stage_other.id})))
        self.assertConstant(measure)

    def test_lead_without_procedure_costs_next_to_nothing(self):
        """A company that publishes no process: a move asks at most what the constraint needs to know that."""
        self.process.sudo().action_unpublish()
        leads = self._create_leads(1)
        self._count(lambda: leads.write({'stage_id': self.stage_gen_1.id}))
        with_ours = self._count(lambda: leads.write({'stage_id': self.stage_team1_1.id}))
        self.patch(type(self.env['crm.lead']), '_get_sop_newcomers', lambda leads: leads.browse())
        without = self._count(lambda: leads.write({'stage_id': self.stage_gen_1.id}))
        self.assertLessEqual(with_ours - without, 2)

    def _get_statements(self, act):
        """The SQL of ``act`` on a cold cache."""
        statements, execute = [], Cursor.execute

        def record(cursor, query, *args, **kwargs):
            statements.append(query.code if isinstance(query, SQL) else query)
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, 'execute', record):
            self._count(act)
        return statements

    def test_lead_without_procedure_asks_none_of_our_tables(self):
        """What belongs to leads of a procedure does not follow those of stock."""
        self.process.sudo().action_unpublish()
        first, leads = (
            self._create_leads(size, team_id=self.team_plain.id, stage_id=self.stage_gen_1.id) for size in (1, 10))
        team = self.env['crm.team'].create({'name': "Another"})
        changes = [
            {'user_id': self.user_sales_manager.id}, {'team_id': team.id}, {'partner_id': self.contact_1.id},
            {'name': "Renamed"}, {'type': 'lead'}, {'email_from': 'x@customer.example.com'}, {'active': False},
            {'company_id': self.env.company.id}]
        for vals in changes:
            first.write({**vals})  # what is cached for good
            with self.subTest(vals=vals):
                statements = self._get_statements(lambda vals=vals: leads.write({**vals}))
                self.assertFalse([sql for sql in statements if OUR_TABLE.search(sql)])

    def test_adoption(self):
        """Thousands of running leads are adopted in a number of statements that depends on the stages only."""
        def measure(size):
            self.process.sudo().action_unpublish()
            self._create_leads(size)
            process = self.env['sop.process'].browse(self.process.id)
            process.action_publish()
            return self._count(lambda: process._adopt_documents())
        self.assertConstant(measure)
