from odoo.tests import BaseCase, tagged

from ..placeholders import fill, find_named, find_unknown
from ..text_diff import diff_html, is_same_text, plain_text


@tagged('post_install', '-at_install')
class TestTextDiff(BaseCase):

    def test_mark_up_does_not_matter(self):
        self.assertEqual(plain_text('<p>One&nbsp;<b>two</b></p><p>three<br>four</p>'), 'One two\nthree\nfour')
        self.assertTrue(is_same_text('<p>We  deliver.</p>', '<div>We <i>deliver</i>.</div>'))
        self.assertFalse(is_same_text('<p>We deliver.</p>', '<p>You deliver.</p>'))
        self.assertTrue(is_same_text(False, '<p><br></p>'))

    def test_words_and_characters(self):
        self.assertEqual(
            diff_html('<p>pays 30 % soon</p>', '<p>pays 20 % soon</p>'),
            'pays <del class="text-danger">30</del><ins class="text-success fw-bold">20</ins> % soon')
        self.assertEqual(
            diff_html('<p>发货前付款</p>', '<p>发货后付款</p>'),
            '发货<del class="text-danger">前</del><ins class="text-success fw-bold">后</ins>付款')

    def test_what_people_type_is_escaped(self):
        self.assertNotIn('<script>', diff_html('', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'))

    def test_placeholders(self):
        self.assertEqual(find_unknown('<p>{partner} pays {price_of_all} to {company}, {}</p>'), ['', 'price_of_all'])
        self.assertEqual(find_named('<p>{<b>part</b>ner}</p>'), ['partner'])
        self.assertEqual(fill('<p>{partner} {nobody}</p>', {'partner': 'A &amp; B'}), '<p>A &amp; B {nobody}</p>')
