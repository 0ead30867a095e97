"""The items of the stage Contract: with this add-on they are facts, which nobody ticks any more.

A draft of the shipped procedure gets them at once. Beside a published one a new version
arrives as a draft: whoever works by the procedure decides when it changes.
"""
from odoo.tools import LazyTranslate

from odoo.addons.sales_sop.engine import as_engine

_lt = LazyTranslate(__name__)

PHASE = 's5_contract'
# Code of the item: (kind it is shipped with, condition, what to tell)
FACTS = {
    'S5.1': ('document', "[('sop_contract_ids', '!=', False)]", _lt(
        "Draft the contract from the quotation (button Draft Contract).")),
    'S5.2': ('confirm', "[('sop_contract_complete', '=', True)]", _lt(
        "Complete the clauses, the payment plan and the differences of the contract.")),
    'S5.3': ('document', "[('sop_review_passed', '=', True)]", _lt(
        "Request the review of the contract, and wait until the departments agree.")),
    'S5.4': ('confirm', "[('sop_has_open_review_point', '=', False)]", _lt(
        "Answer the comments of the review and close the conditions due before signing.")),
    'S5.5': ('document', "[('sop_contract_signed', '=', True)]", _lt(
        "Have the contract signed and sealed (page Signing of the contract).")),
    'S5.7': ('confirm', "[('sop_contract_archived', '=', True)]", _lt(
        "Archive the signed original (page Archive of the contract).")),
    'S5.8': ('confirm', "[('sop_has_open_amendment', '=', False)]", _lt(
        "An amendment of the contract is open: have it reviewed and signed, or withdraw it.")),
    'S5.E1': ('confirm', "[('sop_contract_signed', '=', True)]", _lt(
        "Match the signed copy with the reviewed version (page Signing of the contract).")),
}


def place_items(env):
    """After the installation: the latest version of the shipped procedure asks for facts, or a draft after it."""
    latest = _get_latest_version(env)
    if not latest or not _get_items(latest):
        return
    if latest.state != 'draft':
        action = latest.action_new_version()
        latest = latest.browse(action['res_id'])
    for item in _get_items(latest):
        _make_fact(item)


def take_back_items(env):
    """Before the fields vanish: what asked for them is ticked by people again, in every version."""
    conditions = {condition for __, condition, __ in FACTS.values()}
    items = env['sop.requirement'].search([('kind', '=', 'condition'), ('condition', 'in', list(conditions))])
    as_engine(items).write({'kind': 'confirm', 'condition': '[]', 'waivable': True, 'allow_na': True})


def _get_latest_version(env):
    process = env.ref('sales_sop.sop_process_sales', raise_if_not_found=False)
    return process and env['sop.process'].search([('code', '=', process.code)], order='version desc', limit=1)


def _get_items(process):
    """Those that are still as they were shipped."""
    return process.stage_ids.filtered(lambda stage: stage.phase == PHASE).requirement_ids.filtered(
        lambda item: item.code in FACTS and item.kind == FACTS[item.code][0])


def _make_fact(item):
    __, condition, message = FACTS[item.code]
    as_engine(item).write({
        'kind': 'condition', 'condition': condition, 'message': message._translate('en_US'),
        'help': message._translate('en_US'), 'document_kind': False, 'verify': False, 'group_id': False})
    languages = [code for code, __ in item.env['res.lang'].get_installed() if code != 'en_US']
    for name in ('message', 'help'):
        as_engine(item).update_field_translations(
            name, {lang: message._translate(lang) for lang in languages})
