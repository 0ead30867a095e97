"""Contract review in a company that works by the procedure already: installed, used, uninstalled, installed again."""
import database
import pytest
from inside import commit, open_registry

from odoo.exceptions import UserError

ADDON = 'sales_sop_contract_review'
FACTS = ('S5.1', 'S5.2', 'S5.3', 'S5.4', 'S5.5', 'S5.7', 'S5.8', 'S5.E1')
ITEMS = (
    "SELECT item.code, item.kind, item.condition FROM sop_requirement item"
    " JOIN sop_stage stage ON stage.id = item.stage_id"
    " JOIN sop_process process ON process.id = stage.process_id"
    " WHERE process.version = %s AND stage.code = 'S5' ORDER BY item.code")


def work(name, act):
    with open_registry(name) as registry:
        return commit(registry, act)


def begin(env):
    """The shipped procedure is published, and a few orders are confirmed."""
    process = env.ref('sales_sop.sop_process_sales')
    env['res.users'].create({
        'name': "Manager", 'login': 'manager', 'group_ids': [(4, env.ref('sales_team.group_sale_manager').id)]})
    env['crm.stage'].search([('is_won', '=', False)]).unlink()
    for number, stage in enumerate(process.stage_ids):
        stage.crm_stage_ids = env['crm.stage'].create({'name': stage.name, 'sequence': number})
    process.action_publish()
    partner = env['res.partner'].create({'name': "Customer"})
    product = env['product.product'].create({'name': "Pump", 'list_price': 100})
    orders = env['sale.order'].create([
        {'partner_id': partner.id, 'order_line': [(0, 0, {'product_id': product.id})]} for __ in range(3)])
    orders[:2].action_confirm()


def review(env):
    """The gate is switched on: an order that needs a review is not confirmed without it."""
    env.company.sop_review_gate = 'enforce'
    order = env['sale.order'].search([('state', '=', 'draft')], limit=1)
    order.action_sop_request_review()
    try:
        with env.cr.savepoint():
            order.action_confirm()
    except UserError:
        return order.sop_review_id.state
    return 'confirmed'


@pytest.fixture(scope='module')
def life(make_database, stock_source):
    """Told once; the tests look at what was written down on the way."""
    name = make_database(stock_source)
    database.install(name, 'sales_sop')
    work(name, begin)
    notes = {'name': name}
    notes['before'] = database.query(name, ITEMS, 1)
    notes['columns'] = read_columns(name)
    notes['log'] = database.install(name, ADDON).read_text()
    notes['installed columns'] = read_columns(name)
    notes['draft'] = database.query(name, ITEMS, 2)
    notes['after'] = database.query(name, ITEMS, 1)
    notes['orders'] = database.query(name, "SELECT state, count(*) FROM sale_order GROUP BY state ORDER BY state")
    notes['gates'] = database.query(name, "SELECT DISTINCT sop_review_gate FROM res_company")
    notes['versions'] = database.query(name, "SELECT version, state FROM sop_process ORDER BY version")
    notes['reviewed'] = work(name, review)
    database.run_odoo('module', 'uninstall', '-c', 'odoo.conf', '-d', name, ADDON)
    notes['uninstalled'] = database.query(name, ITEMS, 1)
    notes['uninstalled draft'] = database.query(name, ITEMS, 2)
    notes['uninstalled columns'] = read_columns(name)
    notes['traces'] = database.query(name, (
        "SELECT model FROM ir_model_data WHERE module = %s"
        " UNION ALL SELECT condition FROM sop_requirement WHERE condition ~ 'sop_(contract|review)'"), ADDON)
    return notes


def read_columns(name):
    return {
        (table, column): nullable for table, column, nullable in database.query(
            name, "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'public'")}


def test_the_published_procedure_stays_as_it_is(life):
    assert life['before'] == life['after']
    assert life['versions'] == [(1, 'published'), (2, 'draft')]


def test_a_draft_asks_for_facts(life):
    kinds = {code: kind for code, kind, __ in life['draft']}
    assert {kinds[code] for code in FACTS} == {'condition'}


def test_nothing_is_switched_on_by_installing(life):
    assert life['gates'] in ([('off',)], [(None,)])
    assert life['orders'] == [('draft', 1), ('sale', 2)]


def test_columns_ask_nothing_of_others(life):
    """A column of ours on a stock table without a value must never break an insert that does not know it."""
    stock = {table for table, __ in life['columns']}
    added = {key: value for key, value in life['installed columns'].items() if key not in life['columns']}
    assert added
    assert not [key for key, nullable in added.items() if key[0] in stock and nullable == 'NO']


def test_orders_are_held_when_the_gate_is_on(life):
    assert life['reviewed'] == 'in_review'


def test_uninstalling_takes_everything_back(life):
    assert life['uninstalled'] == life['before']
    assert {kind for code, kind, __ in life['uninstalled draft'] if code in FACTS} == {'confirm'}
    assert not life['traces']
    assert life['uninstalled columns'].keys() == life['columns'].keys()


def test_the_logs_are_clean(life):
    assert ' ERROR ' not in life['log'] and ' WARNING ' not in life['log']


def test_installed_again(life):
    database.install(life['name'], ADDON)

    def look(env):
        order = env['sale.order'].search([('state', '=', 'draft')], limit=1)
        order.action_confirm()
        return order.state

    assert work(life['name'], look) == 'sale'
