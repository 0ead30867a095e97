"""What texts of clauses may name instead of a value: ``{partner}`` stands for the name of the customer.

The set is closed: what is not in it is refused when a text is saved.
"""
import re

from odoo.tools.translate import LazyTranslate

from .text_diff import plain_text

_lt = LazyTranslate(__name__)

# Shown instead of a value that is not known yet; found again as a blank
BLANK = '____'
# Key and what it stands for, as people who write clauses read it
PLACEHOLDERS = {
    'number': _lt("Number of the contract"),
    'title': _lt("Subject of the contract"),
    'company': _lt("Our name"),
    'company_code': _lt("Our credit code"),
    'company_address': _lt("Our address"),
    'company_bank': _lt("Our bank account"),
    'company_contact': _lt("Our salesperson, with phone and e-mail"),
    'partner': _lt("Name of the customer"),
    'partner_code': _lt("Credit code of the customer"),
    'partner_address': _lt("Address of the customer"),
    'partner_bank': _lt("Bank account of the customer"),
    'partner_contact': _lt("Contact of the customer, with phone and e-mail"),
    'currency': _lt("Currency"),
    'amount': _lt("Total with tax"),
    'amount_words': _lt("Total with tax in words"),
    'amount_untaxed': _lt("Total without tax"),
    'amount_tax': _lt("Tax"),
    'payment_plan': _lt("Instalments"),
    'delivery': _lt("When we deliver"),
    'delivery_address': _lt("Where we deliver"),
    'date_start': _lt("First day of validity"),
    'date_end': _lt("Last day of validity"),
    'solution': _lt("The approved solution"),
    'retention': _lt("Retention money, as agreed"),
    'breach': _lt("Damages for delay, as agreed"),
    'liability': _lt("Limit of liability, as agreed"),
    'acceptance': _lt("Acceptance, as agreed"),
    'freight': _lt("Freight and insurance, as agreed"),
    'warranty': _lt("Warranty, as agreed"),
    'dispute': _lt("Settlement of disputes, as agreed"),
    'training': _lt("Training and service, as agreed"),
    'copies': _lt("Number of originals"),
}
NAMED = re.compile(r'\{([^{}]*)\}')


def find_unknown(html):
    """Names in braces that stand for nothing."""
    return sorted({name for name in NAMED.findall(plain_text(html)) if name not in PLACEHOLDERS})


def find_named(html):
    """Names of the placeholders in a text, in their order."""
    return [name for name in NAMED.findall(plain_text(html)) if name in PLACEHOLDERS]


def fill(html, values):
    """``html`` with its placeholders replaced by ``values``, which are HTML already."""
    return NAMED.sub(lambda match: str(values.get(match[1], match[0])), html or '')
