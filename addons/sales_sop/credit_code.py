"""The unified social credit code (GB 32100) and the names of companies, as they are compared."""
import re
import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

# What is no letter and no digit, in both alphabets; names are compared without it.
SEPARATORS = r'[\t-\r !-/:-@\[-`{-~、。·《》【】「」]+'
# A code as partners have it, the country before it or not; the database looks for the same.
STORED_CODE = r'(?:CN)?([0-9]{8}[0-9A-HJ-NP-RTUWXY]{10})'
_STORED_CODE = re.compile(STORED_CODE)
_SEPARATORS = re.compile(SEPARATORS)
_UPPER = {ord(upper): upper.lower() for upper in 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'}


def normalize_code(value):
    """``value`` as it is stored and compared: without separators, in capital letters."""
    return uscc.compact(unicodedata.normalize('NFKC', value or ''))


def get_code_error(code):
    """What is wrong with a normalised code: 'length', 'character', 'digit' or None."""
    try:
        uscc.validate(code)
    except InvalidLength:
        return 'length'
    except InvalidChecksum:
        return 'digit'
    except ValidationError:
        return 'character'
    return None


def read_code(value):
    """The credit code in a tax number or a company registry as Odoo stores them; False when it holds none."""
    match = _STORED_CODE.fullmatch(value or '')
    return match[1] if match else False


def normalize_name(value):
    """``value`` without spaces, punctuation and case; the database does the same."""
    return _SEPARATORS.sub('', unicodedata.normalize('NFKC', value or '')).translate(_UPPER)
