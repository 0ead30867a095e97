"""The PDF engine of ./dev: Chromium in the place of wkhtmltopdf, through a running server."""
import base64
import io
import shutil
import subprocess

import pypdf
import pytest

REPORT = 'sale.report_saleorder'
PARTNER = "上海重型机械有限公司"


@pytest.fixture(scope='module')
def client(make_database, stock_source):
    from conftest import Server
    with Server(make_database(stock_source)) as server:
        yield server.login('admin')


@pytest.fixture(scope='module')
def orders(client):
    """Three quotations of one, three and one pages."""
    partner = client.call('res.partner', 'create', [{'name': PARTNER, 'street': "人民路一号"}])[0]
    product = client.call('product.product', 'create', [{'name': "CNC Lathe"}])[0]
    return client.call('sale.order', 'create', [{
        'partner_id': partner,
        'order_line': [(0, 0, {'product_id': product, 'name': f"Lathe {number} 数控"}) for number in range(count)],
    } for count in (2, 45, 1)])


@pytest.fixture(scope='module')
def printed(client, orders):
    """The three quotations printed in one go, with a report that keeps what it prints."""
    report = client.call('ir.actions.report', 'search', [('report_name', '=', REPORT)])
    client.call('ir.actions.report', 'write', report, {'attachment': "object.name + '.pdf'"})
    response = client.get(f"/report/pdf/{REPORT}/{','.join(map(str, orders))}")
    assert response.headers['content-type'] == 'application/pdf', response.text[:500]
    return pypdf.PdfReader(io.BytesIO(response.content))


def get_text(page):
    """The characters, without the spaces that a reader may see between them."""
    return ''.join(page.extract_text().split())


def test_several_records_in_one_file(client, orders, printed):
    names = [order['name'] for order in client.call('sale.order', 'read', orders, ['name'])]
    starts = [0, 1, len(printed.pages) - 1]
    assert len(printed.pages) >= 4
    for name, start in zip(names, starts, strict=True):
        assert f"#{name}" in get_text(printed.pages[start])


def test_chinese_text_is_selectable(printed):
    text = get_text(printed.pages[0])
    assert PARTNER in text
    assert "Lathe1数控" in text


def test_pages_are_numbered_within_a_record(printed):
    count = len(printed.pages) - 2
    numbers = [get_text(page) for page in printed.pages]
    assert "Page1/1" in numbers[0]
    for number in range(1, count + 1):
        assert f"Page{number}/{count}" in numbers[number]
    assert "Page1/1" in numbers[-1]


def test_logo_on_every_page(printed):
    assert all(page.images for page in printed.pages)


def test_web_font_is_used(printed):
    fonts = {
        font.get_object()['/BaseFont']
        for page in printed.pages for font in _get_fonts(page['/Resources'])}
    assert any('Lato' in font for font in fonts), fonts


def _get_fonts(resources):
    yield from resources.get_object().get('/Font', {}).values()
    for form in resources.get_object().get('/XObject', {}).values():
        if '/Resources' in form.get_object():
            yield from _get_fonts(form.get_object()['/Resources'])


def test_one_attachment_per_record(client, orders, printed):
    attachments = client.call(
        'ir.attachment', 'search_read', [('res_model', '=', 'sale.order'), ('res_id', 'in', orders)],
        ['name', 'res_id', 'datas'], order='res_id')
    names = [order['name'] for order in client.call('sale.order', 'read', orders, ['name'])]
    assert [(attachment['res_id'], attachment['name']) for attachment in attachments] == [
        (order, f'{name}.pdf') for order, name in zip(orders, names, strict=True)]
    files = [pypdf.PdfReader(io.BytesIO(base64.b64decode(attachment['datas']))) for attachment in attachments]
    assert [len(file.pages) for file in files] == [1, len(printed.pages) - 2, 1]
    for name, file in zip(names, files, strict=True):
        assert f"#{name}" in get_text(file.pages[0])


def test_a_failure_is_said(tmp_path):
    body = tmp_path / 'report.body.tmp.0.x.html'
    body.write_text("<p>x</p>")
    result = subprocess.run(
        [shutil.which('wkhtmltopdf'), '--page-size', 'Napkin', body, tmp_path / 'out.pdf'],
        capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "Napkin" in result.stderr
