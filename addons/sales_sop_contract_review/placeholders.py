"""What texts of clauses may name instead of a value: ``{partner}`` stands for the name of the customer.

The set is closed: what is not in it is refused when a text is saved.
"""
import re

from .text_diff import plain_text

# Shown instead of a value that is not known yet; found again as a blank
BLANK = '____'
# Key and what it stands for, as people who write clauses read it
PLACEHOLDERS = {
    'number': "Number of the contract",
    'title': "Subject of the contract",
    'company': "Our name",
    'company_code': "Our credit code",
    'company_address': "Our address",
    'company_bank': "Our bank account",
    'company_contact': "Our salesperson, with phone and e-mail",
    'partner': "Name of the customer",
    'partner_code': "Credit code of the customer",
    'partner_address': "Address of the customer",
    'partner_bank': "Bank account of the customer",
    'partner_contact': "Contact of the customer, with phone and e-mail",
    'currency': "Currency",
    'amount': "Total with tax",
    'amount_words': "Total with tax in words",
    'amount_untaxed': "Total without tax",
    'amount_tax': "Tax",
    'payment_plan': "Instalments",
    'delivery': "When we deliver",
    'delivery_address': "Where we deliver",
    'date_start': "First day of validity",
    'date_end': "Last day of validity",
    'solution': "The approved solution",
    'retention': "Retention money, as agreed",
    'breach': "Damages for delay, as agreed",
    'liability': "Limit of liability, as agreed",
    'acceptance': "Acceptance, as agreed",
    'freight': "Freight and insurance, as agreed",
    'warranty': "Warranty, as agreed",
    'dispute': "Settlement of disputes, as agreed",
    'training': "Training and service, as agreed",
    'copies': "Number of originals",
}
NAMED = re.compile(r'\{([^{}]*)\}')


def find_unknown(html):
    """Names in braces that stand for nothing."""
    return sorted({name for name in NAMED.findall(plain_text(html)) if name not in PLACEHOLDERS})


def fill(html, values):
    """``html`` with its placeholders replaced by ``values``, which are HTML already."""
    return NAMED.sub(lambda match: str(values.get(match[1], match[0])), html or '')
