"""Amounts in words as Chinese contracts write them: numerals that cannot be altered by a stroke."""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = '零壹贰叁肆伍陆柒捌玖'
# Places inside a group of four digits, and the names of the groups
PLACES = ('仟', '佰', '拾', '')
GROUPS = ('', '万', '亿', '万亿')
LIMIT = 10 ** (4 * len(GROUPS))
CURRENCIES = {
    'CNY': '人民币', 'USD': '美元', 'EUR': '欧元', 'HKD': '港币', 'JPY': '日元', 'GBP': '英镑', 'TWD': '新台币',
    'SGD': '新加坡元', 'AUD': '澳元', 'CAD': '加元', 'CHF': '瑞士法郎',
}


def get_chinese_amount(amount, currency='CNY'):
    """``amount`` in the capital numerals of cheques and contracts: 人民币壹佰元整."""
    value = Decimal(repr(float(amount))).quantize(Decimal('0.01'), ROUND_HALF_UP)
    whole, cents = divmod(int(abs(value) * 100), 100)
    if whole >= LIMIT:
        return f'{amount:.2f}'
    words = f'{_get_whole(whole)}元' if whole or not cents else ''
    sign = '负' if value < 0 else ''
    return f'{CURRENCIES.get(currency, currency)}{sign}{words}{_get_cents(cents, bool(whole))}'


def _get_cents(cents, after_whole):
    tens, units = divmod(cents, 10)
    if not cents:
        return '整'
    if not tens:
        return f'{DIGITS[0] if after_whole else ""}{DIGITS[units]}分'
    return f'{DIGITS[tens]}角' + (f'{DIGITS[units]}分' if units else '整')


def _get_whole(number):
    if not number:
        return DIGITS[0]
    words, gap = '', False
    for index in range(len(GROUPS) - 1, -1, -1):
        group = number // 10 ** (4 * index) % 10000
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += DIGITS[0]
        words += _get_group(group) + GROUPS[index]
        gap = False
    return words


def _get_group(number):
    """Four digits in words; zeros between digits are said once, those at the end not at all."""
    words, gap = '', False
    for place, digit in zip(PLACES, f'{number:04d}', strict=True):
        if digit == '0':
            gap = bool(words)
            continue
        words += (DIGITS[0] if gap else '') + DIGITS[int(digit)] + place
        gap = False
    return words
