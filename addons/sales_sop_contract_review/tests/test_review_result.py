from itertools import product

from odoo.tests import BaseCase, tagged

from ..models.review_result import APPROVED, CONDITIONAL, REJECTED, Answer, Opinion, get_result

SIGN, SHIP = frozenset({'before_sign'}), frozenset({'before_ship'})
AGREE, WITH, DISAGREE, SILENT = 'agree', 'agree_cond', 'disagree', None

# severity, result, waived, due points of its conditions, result of a review in which everybody agrees
ANSWERS = [
    ('blocking', 'pass', False, (), APPROVED),
    ('blocking', 'na', False, (), APPROVED),
    ('blocking', 'cond', False, SIGN, CONDITIONAL),
    ('blocking', 'cond', False, SHIP, REJECTED),
    ('blocking', 'cond', False, (), REJECTED),
    ('blocking', 'cond', False, SIGN | SHIP, REJECTED),
    ('blocking', 'fail', False, (), REJECTED),
    ('blocking', 'fail', True, (), REJECTED),
    ('blocking', 'fail', True, SIGN, REJECTED),
    ('major', 'pass', False, (), APPROVED),
    ('major', 'na', False, (), APPROVED),
    ('major', 'cond', False, SHIP, CONDITIONAL),
    ('major', 'cond', False, SIGN, CONDITIONAL),
    ('major', 'fail', False, (), REJECTED),
    ('major', 'fail', True, SHIP, CONDITIONAL),
    ('major', 'fail', True, (), CONDITIONAL),
    ('minor', 'pass', False, (), APPROVED),
    ('minor', 'na', False, (), APPROVED),
    ('minor', 'cond', False, SHIP, CONDITIONAL),
    ('minor', 'fail', False, (), CONDITIONAL),
]
# opinions of two departments and of the final approver, result where all answers conform
OPINIONS = [
    ((AGREE, AGREE, AGREE), APPROVED),
    ((AGREE, WITH, AGREE), CONDITIONAL),
    ((WITH, WITH, AGREE), CONDITIONAL),
    ((AGREE, AGREE, WITH), CONDITIONAL),
    ((AGREE, DISAGREE, AGREE), APPROVED),
    ((DISAGREE, DISAGREE, AGREE), APPROVED),
    ((WITH, DISAGREE, AGREE), CONDITIONAL),
    ((DISAGREE, AGREE, WITH), CONDITIONAL),
    ((AGREE, AGREE, DISAGREE), REJECTED),
    ((SILENT, AGREE, DISAGREE), REJECTED),
    ((DISAGREE, WITH, DISAGREE), REJECTED),
    ((SILENT, AGREE, AGREE), None),
    ((AGREE, SILENT, AGREE), None),
    ((AGREE, AGREE, SILENT), None),
    ((SILENT, SILENT, SILENT), None),
    ((DISAGREE, SILENT, SILENT), None),
]
ALL_AGREE = [Opinion(AGREE), Opinion(AGREE), Opinion(AGREE, is_final=True)]


@tagged('post_install', '-at_install')
class TestReviewResult(BaseCase):
    """From answers and opinions to the result (§4.5)."""

    def test_one_answer(self):
        for severity, result, waived, points, expected in ANSWERS:
            answer = Answer(severity, result, frozenset(points), waived)
            with self.subTest(answer=answer):
                self.assertEqual(get_result([answer], ALL_AGREE), expected)

    def test_two_answers(self):
        """The worse of two answers decides, in whatever order they come."""
        order = [APPROVED, CONDITIONAL, REJECTED]
        for first, second in product(ANSWERS, repeat=2):
            answers = [Answer(severity, result, frozenset(points), waived)
                       for severity, result, waived, points, __ in (first, second)]
            expected = max(first[-1], second[-1], key=order.index)
            with self.subTest(answers=answers):
                self.assertEqual(get_result(answers, ALL_AGREE), expected)

    def test_opinions(self):
        for (one, two, final), expected in OPINIONS:
            opinions = [Opinion(one), Opinion(two), Opinion(final, is_final=True)]
            with self.subTest(opinions=opinions):
                self.assertEqual(get_result([Answer('blocking', 'pass')], opinions), expected)

    def test_blocking_answer_waits_for_nobody(self):
        fail = Answer('blocking', 'fail')
        for (one, two, final), __ in OPINIONS:
            with self.subTest(opinions=(one, two, final)):
                self.assertEqual(
                    get_result([fail], [Opinion(one), Opinion(two), Opinion(final, is_final=True)]), REJECTED)

    def test_major_answer_waits_as_it_may_be_waived(self):
        fail = Answer('major', 'fail')
        self.assertIsNone(get_result([fail], [Opinion(SILENT), Opinion(SILENT, is_final=True)]))

    def test_without_final_approver(self):
        self.assertEqual(get_result([], [Opinion(AGREE), Opinion(AGREE)]), APPROVED)
        self.assertEqual(get_result([], [Opinion(AGREE), Opinion(WITH)]), CONDITIONAL)
        self.assertEqual(get_result([], [Opinion(AGREE), Opinion(DISAGREE)]), REJECTED)
        self.assertIsNone(get_result([], [Opinion(SILENT), Opinion(DISAGREE)]))

    def test_two_final_approvers(self):
        finals = [Opinion(AGREE, is_final=True), Opinion(SILENT, is_final=True)]
        self.assertIsNone(get_result([], finals))
        self.assertEqual(get_result([], [finals[0], Opinion(DISAGREE, is_final=True)]), REJECTED)
        self.assertEqual(get_result([], [finals[0], Opinion(AGREE, is_final=True)]), APPROVED)

    def test_nobody_asked_is_no_result(self):
        self.assertIsNone(get_result([], []))
