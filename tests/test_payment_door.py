"""The doors that other apps of Odoo open to a quotation: online payment, web shop and warehouse.

A real server with Odoo's demo payment provider; the customer is a browser without a login.
"""
import re
from types import SimpleNamespace

import database
import pytest
import requests
from conftest import Client, RpcError, Server
from inside import commit, open_registry

HELD = "We are still checking this quotation"
SIGN = 'data-bs-target="#modalaccept"'
SHOP_PAGES = ('/shop/payment/validate', '/shop/confirmation', '/shop/cart')


class Visitor(Client):
    """Somebody without a login."""

    def __init__(self, url):
        self.url, self.session = url, requests.Session()

    def pay(self, path, world, amount, provider='demo', **values):
        """Begin a payment, as the form of the page does; its reference."""
        own = getattr(world, provider)
        return self.post(
            path, provider_id=own.id, payment_method_id=own.method, token_id=None, amount=amount, flow='direct',
            tokenization_requested=False, landing_route='/my', **values)['reference']

    def simulate(self, reference):
        """The provider says that the money is there, and the customer waits for the next page."""
        self.post(
            '/payment/demo/simulate_payment', reference=reference, payment_details='4242', simulated_state='done')
        return self.post('/payment/status/poll')

    def promise(self, reference):
        """The customer will pay the carrier, and waits for the next page."""
        page = self.session.post(f'{self.url}/payment/custom/process', data={'reference': reference}, timeout=300)
        page.raise_for_status()
        return self.post('/payment/status/poll')


@pytest.fixture(scope='module')
def name(make_database, stock_source):
    name = make_database(stock_source)
    database.install(name, 'sales_sop_contract_review,payment_demo,website_sale,sale_stock,delivery')
    return name


@pytest.fixture(scope='module')
def world(name):
    with open_registry(name) as registry:
        return commit(registry, build)


def build(env):
    """Orders above 5000 are reviewed by whoever holds two positions."""
    env.company.write({'sop_review_gate': 'enforce', 'sop_review_before_send': False})
    env['sop.review.rule'].search([]).active = False
    users = {
        login: env['res.users'].create({
            'name': login.capitalize(), 'login': login, 'password': login, 'email': f'{login}@example.com',
            'group_ids': [(6, 0, [env.ref(group).id for group in groups])]})
        for login, groups in {
            'amy': ['sales_team.group_sale_salesman_all_leads', 'stock.group_stock_user'],
            'director': ['base.group_user', 'sales_sop.group_sop_participant'],
        }.items()}
    env.ref('sales_sop.sop_position_director').user_ids = users['director']
    env['sop.review.level'].create({
        'name': "Director", 'code': 'doors', 'mode': 'single', 'approver_code': 'director',
        'rule_ids': [
            (0, 0, {'name': "Big order", 'trigger': 'amount', 'number': 5000}),
            (0, 0, {'name': "Given away", 'trigger': 'always', 'order_domain': "[('amount_total', '=', 0)]"})]})
    partner = env['res.partner'].create({
        'name': "Huaxin Chemicals", 'email': 'buyer@huaxin.example.com', 'phone': '+86 574 1234', 'city': "Ningbo",
        'street': "1 Chemistry Road", 'zip': '315000', 'country_id': env.ref('base.cn').id,
        'state_id': env.ref('base.state_cn_ZJ').id})
    env['res.users'].create({
        'name': "Ms. Wang", 'login': 'wang', 'password': 'wang', 'partner_id': partner.id,
        'group_ids': [(6, 0, [env.ref('base.group_portal').id])]})
    products = env['product.product'].create([
        {'name': name, 'list_price': price, 'type': kind, 'taxes_id': False, 'is_published': True}
        for name, price, kind in (("Pump P20", 1000, 'consu'), ("Truck", 0, 'service'), ("Sample", 0, 'service'))])
    env['delivery.carrier'].search([]).active = False
    carrier = env['delivery.carrier'].create({
        'name': "Our truck", 'product_id': products[1].id, 'is_published': True,
        'allow_cash_on_delivery': True})
    providers = {
        'demo': env.ref('payment.payment_provider_demo'),
        'cash': env['payment.provider'].search([('custom_mode', '=', 'cash_on_delivery')], limit=1)}
    for provider in providers.values():
        provider.write({'state': 'test' if provider.code == 'demo' else 'enabled', 'is_published': True})
        provider.payment_method_ids.active = True
    return SimpleNamespace(
        partner=partner.id, product=products[0].id, sample=products[2].id, carrier=carrier.id, company=env.company.id,
        templates={product.id: product.product_tmpl_id.id for product in products},
        **{key: SimpleNamespace(id=own.id, method=own.payment_method_ids[:1].id) for key, own in providers.items()})


@pytest.fixture(scope='module')
def server(name, world):
    with Server(name) as server:
        yield server


@pytest.fixture(scope='module')
def amy(server):
    return server.login('amy')


@pytest.fixture
def visitor(server):
    return Visitor(server.url)


@pytest.fixture
def order(amy, world):
    """A quotation that is reviewed, and its link for the customer."""
    [order_id] = amy.call('sale.order', 'create', [{
        'partner_id': world.partner, 'require_payment': True, 'require_signature': False,
        'order_line': [(0, 0, {'product_id': world.product, 'product_uom_qty': 10, 'price_unit': 1000})]}])
    amy.call('sale.order', 'action_quotation_sent', [order_id])
    token = re.search('access_token=([^&]+)', amy.call('sale.order', 'get_portal_url', [order_id]) or '')
    return SimpleNamespace(id=order_id, path=f'/my/orders/{order_id}', token=token and token[1])


def read(client, order_id, *names):
    [row] = client.call('sale.order', 'read', [order_id], list(names))
    return tuple(row[name] for name in names)


def get_payments(server, order_id):
    return server.login('admin').call(
        'payment.transaction', 'search_read', [('sale_order_ids', '=', order_id)], ['is_post_processed'])


def approve(server, amy, order_id):
    amy.call('sale.order', 'action_sop_request_review', [order_id])
    director = server.login('director')
    [opinion] = director.call(
        'sop.review.opinion', 'search', [('review_id.order_id', '=', order_id), ('state', '=', 'pending')])
    director.call('sop.review.opinion', 'action_decide', [opinion], 'agree', fill=True)


def run_scheduler(name):
    with open_registry(name) as registry:
        commit(registry, lambda env: env.ref(
            'sales_sop_contract_review.ir_cron_sop_confirm_paid').method_direct_trigger())


# --- The portal ---------------------------------------------------------------------------------

def test_the_portal_offers_nothing(amy, visitor, order, world):
    amy.call('sale.order', 'write', [order.id], {'require_signature': True})
    page = visitor.get(order.path, params={'access_token': order.token}).text
    assert HELD in page
    assert 'o_sale_portal_paynow' not in page and SIGN not in page
    with pytest.raises(RpcError, match=HELD):
        visitor.pay(f'{order.path}/transaction', world, 10000, access_token=order.token)


def test_paid_when_it_is_reviewed(server, amy, visitor, order, world):
    approve(server, amy, order.id)
    assert 'o_sale_portal_paynow' in visitor.get(order.path, params={'access_token': order.token}).text
    visitor.simulate(visitor.pay(f'{order.path}/transaction', world, 10000, access_token=order.token))
    assert read(amy, order.id, 'state', 'sop_paid_unreviewed') == ('sale', False)


def test_paid_after_a_change(name, server, amy, visitor, order, world):
    """The money is kept and shown, and the order is confirmed when it has been reviewed again."""
    approve(server, amy, order.id)
    reference = visitor.pay(f'{order.path}/transaction', world, 10000, access_token=order.token)
    [line] = read(amy, order.id, 'order_line')[0]
    amy.call('sale.order.line', 'write', [line], {'name': "Pump P20 of steel"})
    assert visitor.simulate(reference)['state'] == 'done'
    assert read(amy, order.id, 'state', 'sop_paid_unreviewed', 'sop_review_state') == ('sent', True, 'outdated')
    page = visitor.get(order.path, params={'access_token': order.token})
    assert page.status_code == 200 and 'o_sale_portal_paynow' not in page.text
    approve(server, amy, order.id)
    run_scheduler(name)
    assert read(amy, order.id, 'state', 'sop_paid_unreviewed') == ('sale', False)


# --- The shop -----------------------------------------------------------------------------------

class Cart:
    """What a customer with a login puts in his cart, up to the page of payments."""

    def __init__(self, server, world, quantity, product=None):
        product = product or world.product
        self.client = Visitor(server.url)
        self.client.post('/web/session/authenticate', db=server.database, login='wang', password='wang')
        self.client.post('/shop/cart/clear')
        self.client.post(
            '/shop/cart/add', product_template_id=world.templates[product], product_id=product, quantity=quantity)
        self.client.get('/shop/checkout')
        self.client.post('/shop/set_delivery_method', dm_id=world.carrier)
        self.page = self.client.get('/shop/payment').text
        found = re.search(r'/shop/payment/transaction/(\d+)', self.page)
        self.id = int(found[1]) if found else None
        found = re.search(r'data-access-token="([^"]+)"', self.page)
        self.token = found and found[1]

    def begin(self, world, amount, provider='demo'):
        return self.client.pay(
            f'/shop/payment/transaction/{self.id}', world, amount, provider, access_token=self.token)

    def finish(self, reference, provider='demo'):
        return {'demo': self.client.simulate, 'cash': self.client.promise}[provider](reference)

    def visit(self, *paths):
        return [self.client.get(path).status_code for path in paths]


@pytest.fixture
def cautious(server, world):
    """The customer gets nothing before its review."""
    admin = server.login('admin')
    admin.call('res.company', 'write', [world.company], {'sop_review_before_send': True})
    yield
    admin.call('res.company', 'write', [world.company], {'sop_review_before_send': False})


@pytest.mark.parametrize('provider', ['demo', 'cash'])
def test_a_small_cart_is_bought(server, amy, world, provider):
    cart = Cart(server, world, 2)
    cart.finish(cart.begin(world, 2000, provider), provider)
    assert read(amy, cart.id, 'state') == ('sale',)
    assert cart.visit(*SHOP_PAGES) == [200] * 3


@pytest.mark.parametrize('provider', ['demo', 'cash'])
def test_a_big_cart_is_not(server, amy, world, provider):
    cart = Cart(server, world, 10)
    with pytest.raises(RpcError, match=HELD):
        cart.begin(world, 10000, provider)
    assert cart.visit(*SHOP_PAGES) == [200] * 3
    assert read(amy, cart.id, 'state') == ('draft',)
    assert not get_payments(server, cart.id)


@pytest.mark.parametrize(('provider', 'state'), [('demo', 'done'), ('cash', 'pending')])
def test_a_cart_that_grew_while_it_was_paid(server, amy, world, provider, state):
    """The payment was begun when nothing held the cart; it is kept and shown."""
    cart = Cart(server, world, 2)
    reference = cart.begin(world, 2000, provider)
    lines = read(amy, cart.id, 'order_line')[0]
    amy.call('sale.order.line', 'write', lines[:1], {'product_uom_qty': 10})
    assert cart.finish(reference, provider)['state'] == state
    assert cart.visit(*SHOP_PAGES) == [200] * 3
    assert read(amy, cart.id, 'state', 'sop_paid_unreviewed') == ('sent', True)
    [payment] = get_payments(server, cart.id)
    assert payment['is_post_processed'], "It is not tried again for days"


def test_a_free_cart(server, amy, world):
    """Nothing to pay is no way around the review; the customer reads why."""
    cart = Cart(server, world, 1, world.sample)
    page = cart.client.get('/shop/payment/validate')
    assert (page.status_code, HELD in page.text) == (422, True)
    [found] = amy.call('sale.order', 'search_read', [
        ('partner_id', '=', world.partner), ('order_line.product_id', '=', world.sample)], ['state'])
    assert found['state'] == 'draft'


@pytest.mark.usefixtures('cautious')
def test_a_cart_is_its_customers(server, amy, world):
    """What waits for a review before it is sent is our quotation, not what a customer put together himself."""
    small = Cart(server, world, 2)
    small.finish(small.begin(world, 2000))
    assert read(amy, small.id, 'state') == ('sale',)
    big = Cart(server, world, 10)
    with pytest.raises(RpcError, match=HELD):
        big.begin(world, 10000)
    assert big.visit(*SHOP_PAGES, f'/my/orders/{big.id}') == [200] * 4
    with pytest.raises(RpcError, match="reviewed before the customer gets it"):
        amy.call('sale.order', 'action_quotation_send', [big.id])


@pytest.mark.usefixtures('cautious')
def test_a_quotation_is_no_cart(amy, visitor, world):
    """Nobody makes one by writing that it comes from the shop."""
    [website] = amy.call('website', 'search', [], limit=1)
    [order_id] = amy.call('sale.order', 'create', [{
        'partner_id': world.partner, 'website_id': website,
        'order_line': [(0, 0, {'product_id': world.product, 'product_uom_qty': 10, 'price_unit': 1000})]}])
    page = visitor.session.get(
        visitor.url + amy.call('sale.order', 'get_portal_url', [order_id]), allow_redirects=False)
    assert page.status_code == 303

# --- The warehouse ------------------------------------------------------------------------------

def add_condition(order):
    """What quality asked for when it agreed."""
    from odoo.addons.sales_sop.engine import as_engine
    as_engine(order.env['sop.review.condition']).create({
        'review_id': order.sop_review_id.id, 'name': "Bank guarantee", 'owner_id': order.user_id.id,
        'due_point': 'before_ship', 'due_date': '2099-12-31'})


def test_a_condition_holds_the_transfer(name, server, amy, order):
    """Goods leave when what was due before is met; the transfer says what is missing."""
    approve(server, amy, order.id)
    amy.call('sale.order', 'action_confirm', [order.id])
    with open_registry(name) as registry:
        commit(registry, lambda env: add_condition(env['sale.order'].browse(order.id)))
    [picking] = read(amy, order.id, 'picking_ids')[0]
    moves = amy.call('stock.move', 'search', [('picking_id', '=', picking)])
    amy.call('stock.move', 'write', moves, {'quantity': 10, 'picked': True})
    with pytest.raises(RpcError, match="cannot be delivered yet.*Bank guarantee"):
        amy.call('stock.picking', 'button_validate', [picking], context={'skip_sms': True})
    [row] = amy.call('stock.picking', 'read', [picking], ['state'])
    assert row['state'] != 'done'
