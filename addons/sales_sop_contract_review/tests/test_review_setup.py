from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.sales_sop.engine import as_engine

from .common import ContractReviewCommon

MODULE = 'sales_sop_contract_review'
# Topics, and who is asked again when they change (§4.7)
AGAIN = {
    'price': 'sal fin', 'payment': 'sal fin', 'quantity': 'sal prd', 'date': 'sal prd', 'place': 'sal prd',
    'spec': 'sal tec prd qua', 'service': 'sal tec', 'party': 'sal fin leg', 'legal': 'sal fin leg',
    'cancel': 'sal fin leg'}
# Check items of each department by dimension (§4.1)
MATRIX = {
    'sal': 'C01 C02 C03 C04 C11 A01 A04 A05 A08 R05 R13',
    'tec': 'C05 C08 A03 A07 F01 F02 F08 F09 R12',
    'prd': 'C12 F03 F04 F05 F07 F12 R08',
    'qua': 'C06 L04 L09 F06 F11 R11',
    'fin': 'C07 A02 L06 F10 R01 R02 R06',
    'leg': 'C09 C10 A06 L01 L02 L03 L05 L07 L08 R03 R04 R07 R14',
    'mgt': 'R09 R10',
}
BLOCKING = (
    'C01 C02 C03 C04 C06 C07 C09 A01 A02 A03 A08 L01 L02 L03 L04 F01 F03 F04 F06 R01 R10')
MINOR = 'L08 F12 R13 R14'
DIMENSIONS = {'C': 'completeness', 'A': 'accuracy', 'L': 'compliance', 'F': 'feasibility', 'R': 'risk'}


@tagged('post_install', '-at_install')
class TestReviewSetup(ContractReviewCommon):
    """Departments, topics and check items as they are delivered, and what may be changed about them."""

    def _answer(self, item):
        review = self._give_review(self._create_order())
        opinion = as_engine(self.env['sop.review.opinion']).create({'review_id': review.id})
        as_engine(self.env['sop.review.answer']).create({
            'review_id': review.id, 'opinion_id': opinion.id, 'item_id': item.id, 'code': item.code,
            'severity': item.severity, 'result': 'pass'})

    def test_items_as_delivered(self):
        items = self.env['sop.review.item'].search([])
        self.assertEqual(len(items), 55)
        for code, codes in MATRIX.items():
            own = items.filtered(lambda item, code=code: item.department_id.code == code)
            self.assertEqual(set(own.mapped('code')), set(codes.split()), code)
        for item in items:
            self.assertEqual(item.dimension, DIMENSIONS[item.code[0]])
            expected = 'blocking' if item.code in BLOCKING else 'minor' if item.code in MINOR else 'major'
            self.assertEqual(item.severity, expected, item.code)
            self.assertTrue(item.evidence and item.name.endswith(('?', 'loss.)', 'left?')))

    def test_topics_as_delivered(self):
        topics = self.env['sop.review.topic'].search([])
        self.assertEqual({
            topic.code: ' '.join(topic.department_ids.sorted().mapped('code')) for topic in topics}, AGAIN)

    def test_reviewers_hold_the_position(self):
        reviewers = self.env['sop.review.department']._get_sop_reviewers(self.company)
        expected = {'sal': 'sm', 'tec': 'pre', 'prd': 'prd', 'qua': 'qua', 'fin': 'fin', 'leg': 'leg', 'mgt': 'gm'}
        self.assertEqual(reviewers, {code: self.reviewers[position] for code, position in expected.items()})

    def test_whoever_asked_never_reviews(self):
        departments = self.env['sop.review.department']
        legal, boss = self.reviewers['leg'], self.reviewers['gm']
        self.assertEqual(departments._get_sop_reviewers(self.company, but=legal)['leg'], boss)
        managers = departments._get_sop_reviewers(self.company, but=legal | boss)['leg']
        self.assertTrue(managers)
        self.assertFalse(managers & (legal | boss))

    def test_more_reviewers(self):
        department = self.env.ref(f'{MODULE}.sop_review_department_leg')
        department.user_ids = [Command.link(self.user_employee.id)]
        reviewers = department._get_sop_reviewers(self.company)['leg']
        self.assertEqual(reviewers, self.reviewers['leg'] | self.user_employee)
        others = department._get_sop_reviewers(self.company, but=self.user_employee)['leg']
        self.assertEqual(others, self.reviewers['leg'])
        self.assertIn(self.env.ref('sales_sop.group_sop_participant'), self.user_employee.all_group_ids)
        with self.assertRaises(ValidationError):
            department.user_ids = [Command.link(self.user_portal.id)]

    def test_reviewers_of_the_company_alone(self):
        company = self.env['res.company'].create({'name': "Other"})
        reviewers = self.env['sop.review.department']._get_sop_reviewers(company)
        self.assertFalse(any(user in users for users in reviewers.values() for user in self.reviewers.values()))

    def test_a_vacant_department_is_shown(self):
        department = self.env.ref(f'{MODULE}.sop_review_department_qua')
        level = self.env.ref(f'{MODULE}.sop_review_level_l3')
        self.assertFalse(department.warning or level.warning)
        self.env['sop.position'].search([('code', 'in', ('qua', 'gm'))]).user_ids = [Command.clear()]
        self.env.invalidate_all()
        self.assertTrue(department.warning)
        self.assertIn("Quality: nobody holds its position", level.warning)
        self.assertIn("General manager", level.warning)

    def test_answered_items_stay_what_they_are(self):
        item = self.env.ref(f'{MODULE}.sop_review_item_c01')
        item.write({'severity': 'major', 'code': 'C01'})
        self._answer(item)
        other = self.env.ref(f'{MODULE}.sop_review_department_leg')
        for values in (
                {'severity': 'minor'}, {'code': 'X01'}, {'department_id': other.id}, {'dimension': 'risk'}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "Archive"):
                item.write(values)
        with self.assertRaisesRegex(UserError, "Archive"):
            item.unlink()
        item.write({'name': "Is everything about both parties filled in?", 'severity': 'major'})
        self.assertTrue(item.is_used)
        item.active = False
        self.assertTrue(item.copy({'code': 'C01', 'severity': 'minor'}))

    def test_items_in_a_running_review_are_not_deleted(self):
        item = self.env.ref(f'{MODULE}.sop_review_item_c02')
        review = self._give_review(self._create_order(), 'in_review')
        as_engine(self.env['sop.review.opinion']).create({
            'review_id': review.id, 'items': [[item.id, item.code, item.severity]]})
        with self.assertRaises(UserError):
            item.unlink()
        self.env.ref(f'{MODULE}.sop_review_item_c03').unlink()

    def test_codes_are_unique(self):
        item = self.env.ref(f'{MODULE}.sop_review_item_c01')
        self.assertNotEqual(item.copy().code, 'C01')
        with self.assertRaises(UniqueViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            item.copy({'code': 'C01'})
