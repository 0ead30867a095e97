"""Every main screen, seen: wide and on a phone, English and Chinese. The README shows some of these pictures.

`SOP_SCREENSHOTS=1 ./dev test tests/test_screenshots.py` takes the pictures of the README again.
"""
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import Browser
from conftest import Server

ROOT = Path(__file__).resolve().parent.parent
DOCS, SCRATCH = ROOT / 'docs' / 'screenshots', ROOT / '.local' / 'screenshots'
README = (ROOT / 'README.md').read_text()
WIDE, PHONE = (1400, 900), (400, 860)
OPPORTUNITY = "Compressed air station, line 3"
NEGOTIATED, RESTATED = "Energy-saving air for hall B", "Chillers for furnace 4"
DRAFTED, REVIEWED, SEALED = (
    "Chiller for the injection hall", "Dry air for the winding shop", "Dust collectors for the batch house")


@pytest.fixture(scope='module')
def server(make_database, demo_source):
    with Server(make_database(demo_source)) as server:
        admin = server.login('admin')
        chinese = admin.call('res.users', 'search', [['login', '=', 'carol']])
        admin.call('res.users', 'write', chinese, {'lang': 'zh_CN'})
        yield server


@pytest.fixture(scope='module')
def browser(server):
    with Browser(server.url) as browser:
        yield browser


@pytest.fixture(scope='module')
def lead_id(server):
    return server.login('mike').call('crm.lead', 'search', [['name', '=', OPPORTUNITY]])[0]


def keep(browser, name):
    """The picture: in .local, and where the README shows it when its pictures are to be taken again."""
    browser.screenshot(SCRATCH / f'{name}.png')
    if os.environ.get('SOP_SCREENSHOTS') and f'{name}.png' in README:
        browser.screenshot(DOCS / f'{name}.png')


def take(browser, name, size, path, selector, *clicks):
    """Open a page, act, and keep its picture; complain about errors and about what sticks out."""
    browser.errors.clear()
    browser.resize(*size)
    browser.open(path, selector)
    for click in clicks:
        browser.click(click)
    browser.wait(selector)
    assert not browser.evaluate("document.body.innerText.includes('css error')")
    browser.wait_for('document.documentElement.scrollWidth <= window.innerWidth', "the page is too wide")
    keep(browser, name)
    assert not browser.errors


def test_opportunity(server, browser, lead_id):
    browser.login(server.login('amy'))
    path = f'/odoo/sop-opportunities/{lead_id}'
    take(browser, 'opportunity', (1400, 1150), path, '.o_sop_checklist .o_sop_item')
    take(browser, 'opportunity_phone', PHONE, path, '.o_sop_checklist .o_sop_item')


def test_opportunity_in_chinese(server, browser):
    carol = server.login('carol')
    browser.login(carol)
    lead = carol.call('crm.lead', 'search', [['sop_outcome', '=', 'open'], ['user_id', '=', carol.uid]], limit=1)
    path = f'/odoo/sop-opportunities/{lead[0]}'
    take(browser, 'opportunity_zh', (1400, 1150), path, '.o_sop_checklist .o_sop_item')
    take(browser, 'opportunity_zh_phone', PHONE, path, '.o_sop_checklist .o_sop_item')
    assert browser.evaluate("document.querySelector('.o_sop_complete').innerText.includes('阶段')")


def test_grading(server, browser, lead_id):
    browser.login(server.login('amy'))
    for name, size in (('grading', (1400, 1150)), ('grading_phone', PHONE)):
        take(browser, name, size, f'/odoo/sop-opportunities/{lead_id}', '.o_form_view .o_notebook',
             ".o_notebook a.nav-link[name='sop_grade']", '.o_sop_score_sheet .o_sop_toggle_history')


def test_contacts(server, browser, lead_id):
    """The page of the contacts, and over it the dialog that logs one."""
    browser.login(server.login('amy'))
    page = ".o_notebook a.nav-link[name='sop_contact']"
    path = f'/odoo/sop-opportunities/{lead_id}'
    for suffix, size in (('', (1400, 1000)), ('_phone', PHONE)):
        take(browser, f'contact_page{suffix}', size, path, '.o_form_view .o_notebook', page)
        browser.click('button[name=action_sop_log_contact].d-md-none')
        browser.click('.modal .o_field_widget[name=outcome] .o_selection_badge')
        browser.wait('.modal .o_field_widget[name=interest_evidence]')
        keep(browser, f'contacts{suffix}')


def test_needs(server, browser):
    browser.login(server.login('amy'))
    lead = server.login('mike').call('crm.lead', 'search', [['name', '=', NEGOTIATED]])[0]
    for name, size in (('needs', (1400, 1000)), ('needs_phone', PHONE)):
        take(browser, name, size, f'/odoo/sop-opportunities/{lead}', '.o_form_view .o_notebook',
             ".o_notebook a.nav-link[name='sop_needs']", '.o_field_widget[name=sop_need_ids]')


def test_solution(server, browser):
    """What answers which need."""
    amy = server.login('amy')
    browser.login(amy)
    solution = amy.call('sop.solution', 'search', [['lead_id.name', '=', NEGOTIATED], ['state', '=', 'approved']])[0]
    for name, size in (('solution', (1400, 900)), ('solution_phone', PHONE)):
        take(browser, name, size, f'/odoo/sop-solutions/{solution}', '.o_form_view .o_notebook',
             ".o_notebook a.nav-link[name='coverage']", '.o_field_widget[name=coverage_ids]')


def test_term_sheet(server, browser):
    amy = server.login('amy')
    browser.login(amy)
    sheet = amy.call('sop.negotiation', 'search', [['lead_id.name', '=', NEGOTIATED]])[0]
    for name, size in (('term-sheet', (1400, 900)), ('term-sheet_phone', PHONE)):
        take(browser, name, size, f'/odoo/sop-term-sheets/{sheet}', '.o_form_view .o_field_widget[name=line_ids]')


def test_confirmation(server):
    """What a customer sees who opens his link, without a password."""
    amy = server.login('amy')
    restatement = amy.call('sop.restatement', 'search', [['lead_id.name', '=', RESTATED], ['state', '=', 'sent']])[0]
    dialog = amy.call('sop.signoff.send', 'create', [{'res_model': 'sop.restatement', 'res_id': restatement}])
    amy.call('sop.signoff.send', 'action_get_link', dialog)
    link = urlsplit(amy.call('sop.signoff.send', 'read', dialog, ['link'])[0]['link'])
    with Browser(server.url) as browser:
        for name, size in (('confirmation', PHONE), ('confirmation_wide', WIDE)):
            take(browser, name, size, f'{link.path}?{link.query}', '.o_portal_signature_form, form')


def get_contract(client, title):
    return client.call('sop.contract', 'search', [['title', '=', title]])[0]


def test_contract(server, browser):
    """Its clauses, and what is missing before it can be reviewed."""
    amy = server.login('amy')
    browser.login(amy)
    for name, size in (('contract', (1400, 1000)), ('contract_phone', PHONE)):
        take(browser, name, size, f'/odoo/sop-contracts/{get_contract(amy, DRAFTED)}',
             '.o_form_view .o_field_widget[name=clause_ids]')


def test_review_sheet(server, browser):
    """What a reviewer works with, who has no rights in Sales."""
    lena = server.login('lena')
    browser.login(lena)
    opinion = lena.call('sop.review.opinion', 'search', [
        ['can_decide', '=', True], ['review_id.subject_name', 'ilike', REVIEWED]])[0]
    for name, size in (('review-sheet', (1400, 1000)), ('review-sheet_phone', PHONE)):
        take(browser, name, size, f'/odoo/sop-contract-reviews/{opinion}', '.o_sop_review_item')


def test_order_held_by_the_gate(server, browser):
    ben = server.login('ben')
    browser.login(ben)
    order = ben.call('sale.order', 'search', [['sop_contract_id.title', '=', REVIEWED]])[0]
    for name, size in (('order-held', WIDE), ('order-held_phone', PHONE)):
        take(browser, f'{name}_page', size, f'/odoo/sale.order/{order}', '.o_form_view div[name=sop_review_notice]')
        browser.evaluate("document.querySelector('button[name=action_confirm]').click()")
        browser.wait('.modal .o_error_dialog, .modal-body')
        keep(browser, name)


@pytest.mark.parametrize(('login', 'name'), [('mike', 'signing'), ('carol', 'signing_zh')])
def test_signing(server, browser, login, name):
    """What is in the way of the signature, and what is done."""
    client = server.login(login)
    browser.login(client)
    path = f'/odoo/sop-contracts/{get_contract(client, SEALED)}'
    for suffix, size in (('', (1400, 1000)), ('_phone', PHONE)):
        take(browser, f'{name}{suffix}', size, path, '.o_form_view .o_notebook',
             ".o_notebook a.nav-link[name='signing']")


def test_amendment(server, browser):
    ben = server.login('ben')
    browser.login(ben)
    amendment = ben.call('sop.contract', 'search', [['parent_id', '!=', False]])[0]
    for name, size in (('amendment', (1400, 900)), ('amendment_phone', PHONE)):
        take(browser, name, size, f'/odoo/sop-amendments/{amendment}', '.o_form_view .o_notebook')


def test_customer_file(server, browser, lead_id):
    mike = server.login('mike')
    browser.login(mike)
    partner_id, __ = mike.call('crm.lead', 'read', [lead_id], ['partner_id'])[0]['partner_id']
    path = f'/odoo/res.partner/{partner_id}/sop-customer-file'
    take(browser, 'customer-file', (1400, 1000), path, '.o_sop_file_section')
    take(browser, 'customer-file_phone', PHONE, path, '.o_sop_file_section')


def test_import_result(server, browser):
    """A file that is tried: each row is told what would become of it."""
    mike = server.login('mike')
    browser.login(mike)
    prospects = mike.call('sop.prospect.list', 'search', [['legal_basis', '!=', False]], limit=1)[0]
    rows = '\n'.join([
        'Opportunity,Company Name,Contact Name,Email,Credit Code',
        'Air station for the rolling mill,Ma\'anshan Rolling Mill,Chen Jie,chen.jie@rolling.example.com,',
        'Dryer for the paint shop,Hefei Coatings,Lu Min,lu.min@coatings.example.com,91110000600037341L',
        'Dryer for the paint shop,Hefei Coatings Co.,Lu Min,lu.min@coatings.example.com,91110000600037341L',
        'Chiller for the laser hall,Laser Works,Tang Bo,tang.bo@laser.example.com,911100006000373410',
    ])
    browser.errors.clear()
    browser.resize(1400, 760)
    browser.open(f'/odoo/sop-prospect-lists/{prospects}', '.o_form_view .o_statusbar_buttons')
    browser.click('button[name=action_import]')
    browser.wait('.o_import_file')
    browser.evaluate(f"""(() => {{
        const input = document.querySelector('.o_file_input input[type=file]');
        const files = new DataTransfer();
        files.items.add(new File([{json.dumps(rows)}], 'prospects.csv', {{ type: 'text/csv' }}));
        input.files = files.files;
        input.dispatchEvent(new Event('change', {{ bubbles: true }}));
    }})()""")
    browser.wait('.o_import_data_content')
    browser.click('.o_control_panel button.btn-primary')
    browser.wait('.o_sop_import_result tr[data-row]')
    keep(browser, 'import-result')
    browser.resize(*PHONE)
    browser.wait('.o_sop_import_result tr[data-row]')
    keep(browser, 'import-result_phone')
    assert not browser.errors


def test_pipeline(server, browser):
    browser.login(server.login('mike'))
    take(browser, 'pipeline', (1400, 760), '/odoo/sop-opportunities', '.o_kanban_record .o_sop_progress')


def test_my_items(server, browser):
    browser.login(server.login('amy'))
    take(browser, 'my_items', (1400, 760), '/odoo/sop-my-items', '.o_sop_item')
    take(browser, 'my_items_phone', PHONE, '/odoo/sop-my-items', '.o_sop_item')


@pytest.mark.parametrize('login', ['amy', 'carol'])
def test_refusal(server, browser, login):
    """Moving on too early opens the dialog that says what is missing."""
    client = server.login(login)
    browser.login(client)
    lead = client.call(
        'crm.lead', 'search', [['sop_has_open', '=', True], ['user_id', '=', client.uid]], limit=1)[0]
    browser.resize(*WIDE)
    browser.open(f'/odoo/sop-opportunities/{lead}', '.o_sop_checklist .o_sop_item')
    # As a click would: nobody waits for the answer, so the client's own error handling shows it.
    browser.evaluate(
        "void odoo.__WOWL_DEBUG__.root.env.services.orm.call("
        f"'crm.lead', 'action_sop_complete_stage', [[{lead}]])")
    browser.wait('.modal .o_sop_refusal_item')
    name = 'refusal' if login == 'amy' else 'refusal_zh'
    keep(browser, name)
    browser.resize(*PHONE)
    browser.wait('.modal .o_sop_refusal_item')
    keep(browser, f'{name}_phone')


def test_process(server, browser):
    mike = server.login('mike')
    browser.login(mike)
    process = mike.call('sop.process', 'search', [['state', '=', 'published']], limit=1)[0]
    take(browser, 'process', (1400, 900), f'/odoo/sop-processes/{process}', '.o_form_view .o_list_view, .o_form_view')
    take(browser, 'process_phone', PHONE, f'/odoo/sop-processes/{process}', '.o_form_view')


@pytest.mark.parametrize('page', ['sop-processes', 'sop-evidence', 'sop-transitions', 'sop-workdays'])
def test_lists(server, browser, page):
    browser.login(server.login('mike'))
    take(browser, page, WIDE, f'/odoo/{page}', '.o_list_view, .o_kanban_view')
    take(browser, f'{page}_phone', PHONE, f'/odoo/{page}', '.o_list_view, .o_kanban_view')
