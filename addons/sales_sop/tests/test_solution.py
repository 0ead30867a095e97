import base64
from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from ..engine import as_engine
from .common import SalesSopHttpCommon
from .solution_common import SolutionCommon


@tagged('post_install', '-at_install')
class TestSolution(SolutionCommon):
    """Versions of the answer to the needs of a lead (S3.4)."""

    def test_a_line_for_each_need(self):
        as_engine(self.could).write({'state': 'withdrawn'})
        solution = self._create_solution()
        self.assertEqual(solution.coverage_ids.need_id, self.must | self.should)
        late = self.env['sop.need'].create({'lead_id': self.lead.id, 'name': "A ramp"})
        self.assertIn(late, solution.coverage_ids.need_id, "A draft follows the needs")
        as_engine(self.should).write({'state': 'withdrawn'})
        self.assertEqual(solution.coverage_ids.need_id, self.must | late)

    def test_frozen_once_submitted(self):
        solution = self._create_solution()
        solution.action_submit()
        line, value = solution.coverage_ids[0], solution.value_ids
        for records in (solution, solution.sudo()):
            for act in (
                lambda records=records: records.write({'scope': "More"}),
                lambda records=records: records.write({'cost_estimate': 1}),
                lambda records=records: records.write({'coverage_ids': [Command.update(line.id, {'met': 'none'})]}),
                lambda records=records: records.write({'value_ids': [Command.create({'name': "Late"})]}),
                lambda records=records: records.write({'value_ids': [Command.delete(value.id)]}),
                lambda records=records: records.unlink(),
                lambda records=records: records.action_submit(),
                lambda records=records: records.action_fill(),
                lambda records=records: line.with_env(records.env).write({'product_id': self.product.id}),
                lambda records=records: line.with_env(records.env).unlink(),
                lambda records=records: value.with_env(records.env).write({'basis': "x"}),
                lambda records=records: line.with_env(records.env).action_accept(),
            ):
                with self.assertRaises(UserError), self.cr.savepoint():
                    act()
        solution.message_post(body="The talk goes on")

    def test_only_the_server_writes_states(self):
        solution = self._create_solution()
        for name, value in (
            ('state', 'approved'), ('version', 9), ('approved_date', '2026-01-01'), ('user_id', self.user_px.id),
            ('is_current', False), ('due_date', '2099-01-01'), ('outdated_reason', "x"), ('previous_id', False),
            ('submitted_by_id', self.user_px.id),
        ):
            for records in (solution, solution.sudo(), solution.with_context(sop_engine=True)):
                with self.subTest(field=name), self.assertRaises(AccessError):
                    records.write({name: value})
        for name, value in (('accepted_by', "x"), ('accepted_date', '2026-01-01'), ('need_version', 7),
                            ('recorded_by_id', 1), ('accepted_how', 'email')):
            with self.subTest(field=name), self.assertRaises(AccessError):
                solution.coverage_ids[0].write({name: value})
        with self.assertRaises(AccessError):
            self.env['sop.solution'].create({'lead_id': self.lead.id, 'name': "x", 'state': 'approved'})
        forged = self.env['sop.solution'].with_context(default_state='approved', default_user_id=1).with_user(
            self.user_sales_salesman).create({'lead_id': self.lead.id, 'name': "x"})
        self.assertEqual((forged.state, forged.user_id), ('draft', self.user_sales_salesman))

    def test_import_decides_nothing(self):
        result = self.env['sop.solution'].with_user(self.user_sales_salesman).load(
            ['name', 'lead_id/.id', 'state'], [["Imported", str(self.lead.id), "Approved"]])
        self.assertTrue(result['messages'])
        self.assertFalse(self.lead.sop_solution_ids)
        result = self.env['sop.solution'].with_user(self.user_sales_salesman).load(
            ['name', 'lead_id/.id'], [["Imported", str(self.lead.id)]])
        self.assertFalse(result['messages'])
        self.assertEqual(self.lead.sop_solution_ids.state, 'draft')

    def test_versions(self):
        first = self._approve(self._create_solution())
        self.assertEqual((first.version, first.state, self.lead.sop_solution_id), (1, 'approved', first))
        second = first.browse(first.action_new_version()['res_id'])
        self.assertEqual((second.version, second.previous_id, second.state), (2, first, 'draft'))
        self.assertEqual(second.coverage_ids.mapped('met'), ['full'] * 3)
        self.assertEqual(second.value_ids.basis, "Trial run")
        self.assertEqual(self.lead.sop_solution_id, first, "The approved version counts until the next is approved")
        with self.assertRaises(UserError) as caught:
            first.action_new_version()
        self.assertIn("still a draft", str(caught.exception))
        self._approve(second)
        self.assertEqual((first.state, second.state), ('outdated', 'approved'))
        self.assertEqual(self.lead._get_sop_baseline(), second)

    def test_new_version_of_a_changed_need_is_answered_anew(self):
        first = self._approve(self._create_solution())
        self.must.with_user(self.user_sales_salesman).name = "Dry running for an hour"
        second = first.browse(first.action_new_version()['res_id'])
        lines = {line.need_id: line for line in second.coverage_ids}
        self.assertFalse(lines[self.must].met)
        self.assertEqual(lines[self.must].need_text, "Dry running for an hour")
        self.assertEqual(lines[self.should].met, 'full')

    def test_lines_stay_where_they_are(self):
        solution = self._create_solution()
        other = self._create_solution(self._create_lead(name="Other"))
        line = solution.coverage_ids[0]
        with self.assertRaises(UserError):
            line.solution_id = other
        with self.assertRaises(UserError):
            line.need_id = self.could
        with self.assertRaises(UserError):
            solution.lead_id = other.lead_id
        with self.assertRaises(ValidationError):
            solution.env['sop.solution.coverage'].create({'solution_id': other.id, 'need_id': self.must.id})
        workshop = self._create_workshop()
        with self.assertRaises(ValidationError):
            other.workshop_id = workshop
        with self.assertRaises(ValidationError):
            solution.cost_estimate = -1

    def test_need_that_was_answered_is_not_deleted(self):
        need = self.env['sop.need'].create({'lead_id': self.lead.id, 'name': "A ramp"})
        solution = self._create_solution()
        need.unlink()
        self.assertEqual(solution.coverage_ids.need_id, self.needs)
        need = self.env['sop.need'].create({'lead_id': self.lead.id, 'name': "A ramp"})
        solution.coverage_ids.write({'met': 'full'})
        solution.action_submit()
        with self.assertRaises(UserError):
            need.unlink()

    def test_foreign_leads_and_readers(self):
        foreign = self._create_lead(user_id=self.user_sales_leads.id)
        theirs = self.env['sop.solution'].create({'lead_id': foreign.id, 'name': "Theirs"})
        mine = self.env['sop.solution'].with_user(self.user_sales_salesman)
        self.assertFalse(mine.search([('id', '=', theirs.id)]))
        for act in (
            lambda: theirs.with_user(self.user_sales_salesman).read(['name']),
            lambda: theirs.with_user(self.user_sales_salesman).action_submit(),
            lambda: mine.create({'lead_id': foreign.id, 'name': "x"}),
            lambda: theirs.with_user(self.user_px).read(['name']),
            lambda: theirs.with_user(self.user_auditor).write({'name': "x"}),
            lambda: theirs.with_user(self.user_portal).read(['name']),
        ):
            with self.assertRaises(AccessError):
                act()
        self.assertEqual(theirs.with_user(self.user_auditor).name, "Theirs")

    def test_cost_is_for_those_who_may_see_it(self):
        solution = self._create_solution()
        self.assertEqual(solution.margin, 25)
        self._take_floor_from_sales()
        for name in ('cost_estimate', 'margin'):
            with self.assertRaises(AccessError):
                solution.read([name])
        self.assertEqual(solution.with_user(self.user_sales_manager).cost_estimate, 1500)
        solution.action_submit()
        cost_review = solution.review_ids.filtered(lambda review: review.role == 'cost')
        for user, seen in ((self.user_sales_salesman, (0, 0)), (self.user_px, (0, 0)), (self.user_fin, (1500, 25))):
            self.env.invalidate_all()
            review = cost_review.with_user(user)
            self.assertEqual((review.cost, review.margin), seen)
        self._review(solution)
        for message in solution.sudo().message_ids | self.lead.message_ids:
            self.assertNotIn('1500', str(message.body) + str(message.tracking_value_ids.mapped('new_value_char')))

    def _take_floor_from_sales(self):
        self.env.ref('sales_sop.group_sop_user').implied_ids = [
            Command.unlink(self.env.ref('sales_sop.group_sop_floor').id)]
        self.env.invalidate_all()


@tagged('post_install', '-at_install')
class TestSolutionCoverage(SolutionCommon):
    """Every confirmed need is answered; what must be met is met, or the customer accepts the deviation."""

    def _line(self, solution, need):
        return solution.coverage_ids.filtered(lambda line: line.need_id == need)

    def assertCoverage(self, expected):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.lead.sop_coverage_state, expected)
        found = self.env['crm.lead'].with_user(self.user_sales_salesman).search(
            [('sop_coverage_state', '=', expected), ('id', '=', self.lead.id)])
        self.assertEqual(found, self.lead)

    def test_complete(self):
        self.assertCoverage('none')
        solution = self._create_solution()
        self.assertCoverage('complete')
        self._line(solution, self.could).met = False
        self.assertCoverage('partial')
        self._line(solution, self.could).met = 'none'
        self.assertCoverage('complete')
        self._line(solution, self.must).met = 'partial'
        self.assertCoverage('partial')

    def test_value_without_basis_is_not_counted(self):
        solution = self._create_solution()
        for basis in (False, " "):
            solution.value_ids.basis = basis
            self.assertFalse(solution.value_ids.is_counted)
            self.assertCoverage('partial')
        solution.value_ids.write({'basis': "Trial run", 'expected': 8})
        self.assertFalse(solution.value_ids.is_counted, "A value that changes nothing is none")

    def test_need_that_came_later(self):
        self._create_solution()
        late = self.env['sop.need'].create({'lead_id': self.lead.id, 'name': "A ramp"})
        self.assertCoverage('complete')
        self._confirm(late)
        self.assertCoverage('partial')

    def test_must_line_is_not_submitted_open(self):
        solution = self._create_solution()
        for met in ('partial', 'none', 'deviation', False):
            self._line(solution, self.must).met = met
            with self.assertRaises(UserError) as caught:
                solution.action_submit()
            self.assertIn(self.must.code, str(caught.exception))
            self.assertNotIn(self.should.code, str(caught.exception))
            self.assertEqual(solution.state, 'draft')

    def test_must_line_is_never_approved_open(self):
        """Not even when it slips in behind the submission."""
        solution = self._create_solution()
        solution.action_submit()
        as_engine(self._line(solution, self.must)).write({'met': 'partial'})
        reviews = solution.sudo().review_ids
        reviews[0].with_user(self.user_px).sudo(False).action_answer('ok')
        with self.assertRaises(UserError) as caught:
            reviews[1].with_user(self.user_fin).sudo(False).action_answer('ok')
        self.assertIn(self.must.code, str(caught.exception))

    def test_deviation_accepted_with_evidence(self):
        solution = self._create_solution()
        line = self._line(solution, self.must)
        line.write({'met': 'deviation', 'remark': "Dry running for ten minutes"})
        self._accept(line)
        self.assertEqual((line.accepted_by, line.is_good), ("Ms. Wang", True))
        self.assertEqual(line.accepted_file_ids.raw, b'mail')
        self.assertEqual(line.recorded_by_id, self.user_sales_salesman)
        self.assertCoverage('complete')
        line.remark = "Dry running for five minutes"
        self.assertFalse(line.accepted_date, "What was accepted is not what it says now")
        self._accept(line)
        self._approve(solution)
        second = solution.browse(solution.action_new_version()['res_id'])
        self.assertEqual(self._line(second, self.must).accepted_by, "Ms. Wang", "It holds for what is unchanged")

    def test_bad_acceptance(self):
        solution = self._create_solution()
        line = self._line(solution, self.must)
        with self.assertRaises(UserError):
            line.action_accept()
        line.write({'met': 'deviation', 'remark': " "})
        with self.assertRaises(UserError):
            line.action_accept()
        line.remark = "Ten minutes"
        for values in ({'accepted_by': " "}, {'accepted_date': '2099-01-01'}, {'file': b''}):
            with self.assertRaises(UserError), self.cr.savepoint():
                self._accept(line, **values)
        for user in (self.user_auditor, self.user_px):
            with self.assertRaises(AccessError):
                self._accept(line.with_user(user))

    def _accept(self, line, **values):
        line.env['sop.deviation.accept'].create({
            'coverage_id': line.id, 'accepted_by': "Ms. Wang", 'accepted_date': '2026-01-05',
            'file': base64.b64encode(b'mail'), 'file_name': 'mail.eml', **values}).action_accept()

    def test_changed_need_outdates_what_answered_it(self):
        solution = self._approve(self._create_solution())
        self.assertEqual(self.lead.sop_solution_state, 'approved')
        self.must.with_user(self.user_sales_salesman).name = "Dry running for an hour"
        self.assertEqual(solution.state, 'outdated')
        self.assertIn(self.must.code, solution.outdated_reason)
        self.assertFalse(self.lead._get_sop_baseline())
        self.assertEqual(self._line(solution, self.must).need_text, "Dry running", "It shows what it answered")
        self.assertCoverage('partial')
        self.assertIn("new version", ' '.join(self.lead.activity_ids.mapped('summary')))

    def test_changed_need_ends_the_review(self):
        solution = self._create_solution()
        solution.action_submit()
        self.must.with_user(self.user_sales_salesman).priority = 'could'
        self.assertEqual((solution.state, set(solution.review_ids.mapped('state'))), ('outdated', {'void'}))
        self.assertFalse(solution.sudo().activity_ids)

    def test_draft_follows_the_needs(self):
        solution = self._create_solution()
        unanswered = self._line(solution, self.should)
        unanswered.met = False
        self.needs.with_user(self.user_sales_salesman)[0].name = "Dry running for an hour"
        self.needs.with_user(self.user_sales_salesman)[1].name = "No noise"
        self.assertTrue(self._line(solution, self.must).is_stale)
        self.assertEqual(unanswered.need_text, "No noise")
        with self.assertRaises(UserError) as caught:
            solution.action_submit()
        self.assertIn("answer them anew", str(caught.exception))
        self._line(solution, self.must).remark = "With a second seal"
        self.assertFalse(self._line(solution, self.must).is_stale)

    def test_states_of_many_leads(self):
        leads = self.env['crm.lead'].create([
            {'name': f"Lead {number}", 'user_id': self.user_sales_salesman.id, 'team_id': self.sales_team_1.id}
            for number in range(20)])
        self.env['sop.solution'].create([{'lead_id': lead.id, 'name': "x"} for lead in leads])
        self.env.flush_all()
        names = ['sop_workshop_state', 'sop_solution_state', 'sop_coverage_state']
        counts = []
        for some in (leads[:2], leads):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some.read(names)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)
        self.assertEqual(set(leads.mapped('sop_solution_state')), {'draft'})
        with self.assertQueryCount(1):
            leads.search([('sop_coverage_state', '=', 'complete'), ('sop_solution_state', '=', 'approved'),
                          ('sop_workshop_state', 'in', ['none', 'open'])])


@tagged('post_install', '-at_install')
class TestSolutionDeadline(SolutionCommon):
    """Five working days after the needs are confirmed, ten for a customised solution."""

    @freeze_time('2026-03-02 08:00:00')
    def test_due_date_and_task(self):
        lead = self._create_lead(name="New").with_user(self.user_sales_salesman)
        need = self.env['sop.need'].create({'lead_id': lead.id, 'name': "Dry running", 'priority': 'must'})
        self.assertFalse(self._get_task(lead))
        self._confirm(need)
        self.assertEqual(self._get_task(lead).date_deadline, date(2026, 3, 9))
        solution = self._create_solution(lead)
        self.assertEqual(solution.due_date, date(2026, 3, 9))
        solution.is_customised = True
        self.assertEqual(solution.due_date, date(2026, 3, 16))
        self.assertEqual(self._get_task(lead).date_deadline, date(2026, 3, 16), "One task, moved")
        self._approve(solution)
        self.assertFalse(self._get_task(lead))

    def _get_task(self, lead):
        return lead.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref('sales_sop.mail_activity_type_solution'))


@tagged('post_install', '-at_install')
class TestSolutionMerge(SolutionCommon):

    def test_versions_go_on(self):
        first = self._approve(self._create_solution())
        other = self._create_lead(name="Ten pumps")
        need = self.env['sop.need'].create({'lead_id': other.id, 'name': "Red"})
        self._confirm(need)
        theirs = self._approve(self._create_solution(other))
        lead = (self.lead | other).with_user(self.user_sales_manager).merge_opportunity()
        solutions = lead.sudo().sop_solution_ids
        self.assertEqual(solutions, (first | theirs).sudo())
        self.assertEqual(sorted(solutions.mapped('version')), [1, 2])
        self.assertEqual(sorted(solutions.mapped('state')), ['approved', 'outdated'])
        self.assertEqual(solutions.coverage_ids.lead_id, lead)

    def test_copy_of_a_lead_starts_anew(self):
        self._create_solution()
        self.assertFalse(self.lead.copy().sop_solution_ids)


@tagged('post_install', '-at_install')
class TestSolutionHttp(SolutionCommon, SalesSopHttpCommon, HttpCase):

    def test_forged_by_rpc(self):
        solution = self._create_solution()
        self.authenticate('user_sales_salesman', 'user_sales_salesman')
        context = {'sop_engine': True, 'default_state': 'approved'}
        self.assertForbidden('sop.solution', 'write', [solution.ids, {'state': 'approved'}], context=context)
        self.assertForbidden('sop.solution', '_approve', [solution.ids])
        self.assertForbidden('sop.solution.review', 'create', [{
            'solution_id': solution.id, 'role': 'technical', 'state': 'ok'}])
        self.assertForbidden('sop.solution.coverage', '_sop_accept', [
            solution.coverage_ids.ids, "x", '2026-01-01', 'email', []])
        self.assertForbidden('sop.solution.coverage', 'write', [
            solution.coverage_ids.ids, {'accepted_date': '2026-01-01'}], context=context)
        self.assertEqual(solution.state, 'draft')
