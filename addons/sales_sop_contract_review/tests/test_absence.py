from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestAbsence(ContractReviewCommon):
    """Somebody is away, and another one decides for him."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.legal, cls.finance, cls.quality, cls.boss = (
            cls.reviewers[code] for code in ('leg', 'fin', 'qua', 'gm'))
        cls.day = date(2030, 3, 15)

    def _be_away(self, user, substitute, start=None, end=None, env=None):
        start = start or self.day
        return (env or self.env)['sop.absence'].create({
            'user_id': user.id, 'substitute_id': substitute.id, 'date_start': start, 'date_end': end or start})

    def _get_substitutes(self, *users, day=None):
        return self.env['sop.absence']._get_sop_substitutes(self.env['res.users'].union(*users), day or self.day)

    def _get_acting_for(self, user, day=None):
        return self.env['sop.absence']._get_sop_acting_for(user, day or self.day)

    @contextmanager
    def assertRefused(self, text):
        with self.assertRaises(UserError) as caught:
            yield
        self.assertIn(text, str(caught.exception))

    def test_on_its_days_alone(self):
        self._be_away(self.legal, self.finance, self.day, self.day + timedelta(days=1))
        for offset, substituted in ((-1, False), (0, True), (1, True), (2, False)):
            day = self.day + timedelta(days=offset)
            self.assertEqual(
                self._get_substitutes(self.legal, self.quality, day=day),
                {self.legal: self.finance} if substituted else {})
            self.assertEqual(bool(self._get_acting_for(self.finance, day)), substituted)

    def test_today_is_the_day_of_the_company(self):
        self.company.resource_calendar_id.tz = 'Asia/Shanghai'
        self.env.registry.clear_cache()
        self._be_away(self.legal, self.finance)
        with freeze_time('2030-03-14 20:00:00'):
            self.assertEqual(self.env['sop.absence']._get_sop_acting_for(self.finance), self.legal)
        with freeze_time('2030-03-15 20:00:00'):
            self.assertFalse(self.env['sop.absence']._get_sop_acting_for(self.finance))

    def test_the_substitute_is_away_too(self):
        self._be_away(self.legal, self.finance)
        self._be_away(self.finance, self.quality)
        self.assertEqual(self._get_substitutes(self.legal, self.finance), {
            self.legal: self.quality, self.finance: self.quality})
        self.assertEqual(self._get_acting_for(self.quality), self.legal | self.finance)
        self.assertEqual(self._get_acting_for(self.finance), self.legal)

    def test_the_chain_ends(self):
        chain = [self.reviewers[code] for code in ('leg', 'fin', 'qua', 'prd', 'pre')]
        for user, substitute in pairwise(chain):
            self._be_away(user, substitute)
        self.assertEqual(self._get_substitutes(chain[0]), {chain[0]: chain[3]})
        self.assertEqual(self._get_acting_for(chain[4]), chain[1] | chain[2] | chain[3])

    def test_no_loops(self):
        self._be_away(self.legal, self.finance)
        with self.assertRefused("Choose somebody else"):
            self._be_away(self.finance, self.legal)
        self._be_away(self.finance, self.legal, self.day + timedelta(days=1))
        self._be_away(self.finance, self.quality)
        with self.assertRefused("Choose somebody else"):
            self._be_away(self.quality, self.legal)
        later = self._be_away(self.finance, self.quality, self.day - timedelta(days=1))
        self._be_away(self.quality, self.boss, self.day - timedelta(days=1))
        with self.assertRefused("Choose somebody else"):
            later.write({'user_id': self.boss.id})

    def test_bad_input(self):
        archived = self.user_employee.copy({'login': 'gone', 'active': False})
        for user, substitute, start, end in (
                (self.legal, self.legal, self.day, self.day), (self.legal, archived, self.day, self.day),
                (self.legal, self.user_portal, self.day, self.day),
                (self.user_portal, self.legal, self.day, self.day)):
            with self.subTest(substitute=substitute.name), self.assertRaises(ValidationError):
                self._be_away(user, substitute, start, end)
        with self.assertRaises(ValidationError):
            self._be_away(self.legal, self.finance, self.day, self.day - timedelta(days=1))
        self._be_away(self.legal, self.finance, self.day, self.day + timedelta(days=9))
        with self.assertRefused("away already"):
            self._be_away(self.legal, self.quality, self.day + timedelta(days=5))

    def test_own_absences_and_those_of_others(self):
        env = self.env(user=self.legal)
        absence = self._be_away(self.legal, self.finance, env=env)
        absence.date_end = self.day + timedelta(days=3)
        with self.assertRaises(AccessError):
            self._be_away(self.finance, self.quality, env=env)
        with self.assertRaises(AccessError):
            absence.user_id = self.quality
        other = self._be_away(self.finance, self.quality, env=self.env(user=self.user_sales_manager))
        self.assertTrue(other.with_user(self.legal).substitute_id)
        for change in (
                lambda: other.with_user(self.legal).write({'substitute_id': self.legal.id}),
                lambda: other.with_user(self.legal).unlink(),
                lambda: absence.with_user(self.finance).unlink(),
                lambda: absence.with_user(self.user_portal).read(['user_id'])):
            with self.assertRaises(AccessError):
                change()
        absence.unlink()

    def test_only_the_office_lets_somebody_in(self):
        with self.assertRefused("takes no part"):
            self._be_away(self.legal, self.user_employee, env=self.env(user=self.legal))
        self._be_away(self.legal, self.user_employee, env=self.env(user=self.user_sales_manager))
        self.assertTrue(self.user_employee.has_group('sales_sop.group_sop_participant'))

    def test_whoever_left_decides_nothing(self):
        self._be_away(self.legal, self.finance)
        self.finance.active = False
        self.assertFalse(self._get_substitutes(self.legal))

    def test_today_costs_nothing_twice(self):
        self._be_away(self.legal, self.finance)
        self._get_acting_for(self.finance)
        with self.assertQueryCount(0):
            self.assertTrue(self._get_acting_for(self.finance))
