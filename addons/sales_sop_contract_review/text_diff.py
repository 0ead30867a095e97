"""Texts of contracts as people compare them: by word, by Chinese character, without mark-up."""
import re
from difflib import SequenceMatcher
from html import unescape

from markupsafe import Markup, escape

BREAK = re.compile(r'<br\s*/?>|</(?:p|li|div|h[1-6]|tr|blockquote)>', re.IGNORECASE)
TAG = re.compile(r'<[^>]*>')
SPACE = re.compile(r'[^\S\n]+')
# A Chinese character is a word; so is what stands between two spaces of another language.
TOKEN = re.compile(r'\n|\s+|[\w%.,-]*[A-Za-z0-9_%]|[^\W\d_]|.', re.ASCII)
SHOWN = {
    'insert': Markup('<ins class="text-success fw-bold">%s</ins>'),
    'delete': Markup('<del class="text-danger">%s</del>'),
}


def plain_text(html):
    """``html`` as lines of plain text, the same however an editor marked it up."""
    text = unescape(TAG.sub('', BREAK.sub('\n', html or ''))).replace('\xa0', ' ')
    lines = (SPACE.sub(' ', line).strip() for line in text.split('\n'))
    return '\n'.join(line for line in lines if line)


def is_same_text(one, other):
    """Whether two HTML texts say the same."""
    return plain_text(one) == plain_text(other)


def diff_html(old, new):
    """``new`` against ``old`` (both HTML): what is gone struck through, what is new marked."""
    before, after = (TOKEN.findall(plain_text(text)) for text in (old, new))
    shown = [
        part
        for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        for part in _show_change(kind, before[start:end], after[new_start:new_end])]
    return Markup().join(shown)


def _show_change(kind, gone, come):
    if kind == 'equal':
        yield _show(come)
        return
    if gone:
        yield SHOWN['delete'] % _show(gone)
    if come:
        yield SHOWN['insert'] % _show(come)


def _show(tokens):
    return escape(''.join(tokens)).replace('\n', Markup('<br/>'))
