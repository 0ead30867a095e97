"""The life of the add-on in a company that has worked without it for years.

Installed into a database with thousands of leads in stages of its own, published, used, unpublished,
uninstalled, installed again: what belongs to Odoo is as it was, row by row.
"""
import database
import pytest
from inside import commit, open_registry

STAGES = ("Enquiry", "Visit", "Sample", "Offer", "Contract")
LEADS = 3000
# Tables whose rows belong to the company; the ones of Odoo's own bookkeeping change with any add-on.
TABLES = (
    'crm_lead', 'crm_stage', 'crm_team', 'crm_team_member', 'crm_lost_reason', 'crm_tag', 'res_partner', 'sale_order',
    'sale_order_line', 'calendar_event', 'resource_calendar', 'resource_calendar_attendance', 'mail_message',
    'mail_activity', 'mail_followers', 'res_users', 'res_company',
)


class Company:
    """A database, looked at from outside Odoo."""

    def __init__(self, name):
        self.name = name

    def query(self, statement, *values):
        return database.query(self.name, statement, *values)

    def read_columns(self):
        """{(table, column): (type, nullable)} of the whole database."""
        return {
            (table, column): (kind, nullable) for table, column, kind, nullable in self.query(
                "SELECT table_name, column_name, udt_name, is_nullable FROM information_schema.columns"
                " WHERE table_schema = 'public'")}

    def read_rows(self, columns):
        """{table: {id: the row as text}} over these columns of the company's tables."""
        rows = {}
        for table in TABLES:
            # Giving a group to people touches their rows, and that is all it does to them.
            skipped = {'write_date', 'write_uid'} if table in ('res_users', 'res_partner') else set()
            listed = ', '.join(
                f'"{column}"' for name, column in sorted(columns) if name == table and column not in skipped)
            rows[table] = dict(self.query(f"SELECT id, row::text FROM (SELECT {listed} FROM {table}) AS row"))
        return rows

    def install(self):
        database.install(self.name, 'sales_sop')

    def uninstall(self):
        database.run_odoo('module', 'uninstall', '-c', 'odoo.conf', '-d', self.name, 'sales_sop')

    def work(self, act):
        """`act(env)` inside Odoo, committed."""
        with open_registry(self.name) as registry:
            return commit(registry, act)


def found_company(env):
    """Five stages, a team, people, and leads in all stages, some won and some lost."""
    team = env['crm.team'].create({'name': "Machines", 'company_id': False})
    env['crm.stage'].search([]).team_ids = env['crm.team'].create({'name': "Old team"})
    stages = env['crm.stage'].create([
        {'name': name, 'sequence': number, 'team_ids': [(6, 0, team.ids)]} for number, name in enumerate(STAGES)])
    won = env['crm.stage'].create({
        'name': "Ordered", 'sequence': 90, 'is_won': True, 'team_ids': [(6, 0, team.ids)]})
    user = env['res.users'].create({
        'name': "Seller", 'login': 'seller', 'email': 'seller@example.com',
        'group_ids': [(6, 0, env.ref('sales_team.group_sale_salesman').ids)]})
    leads = env['crm.lead'].with_context(tracking_disable=True, mail_create_nosubscribe=True).create([{
        'name': f"Enquiry {number}", 'type': 'lead' if number % 7 == 0 else 'opportunity', 'team_id': team.id,
        'stage_id': stages[number % len(stages)].id, 'user_id': user.id, 'expected_revenue': number,
        'email_from': f'buyer{number}@example.com',
    } for number in range(LEADS)])
    leads[:50].stage_id = won
    leads[50:100].action_set_lost()
    env['sale.order'].create([
        {'partner_id': env.company.partner_id.id, 'opportunity_id': lead.id} for lead in leads[100:110]])


def publish(env, code):
    """The shipped draft is for other stages: a process on the company's own, with adoption."""
    team = env['crm.team'].search([('name', '=', "Machines")])
    stages = env['crm.stage'].search([('name', 'in', STAGES)], order='sequence')
    process = env['sop.process'].create({
        'name': "Procedure", 'code': code, 'team_ids': [(6, 0, team.ids)],
        'stage_ids': [(0, 0, {
            'name': stage.name, 'code': stage.name, 'sequence': stage.sequence, 'gate': 'enforce', 'day_limit': 3,
            'crm_stage_ids': [(6, 0, stage.ids)],
            'requirement_ids': [(0, 0, {'code': f'{stage.name} 1', 'name': "Confirmed"})],
        }) for stage in stages],
    })
    process.action_publish()
    return process._adopt_documents()


def use(env):
    """A day's work: refused, ticked with a file, moved, waived, late."""
    process = env['sop.process'].search([('code', '=', 'first')])
    lead, other = env['crm.lead'].search([('sop_stage_id', '=', process.stage_ids[0].id)], limit=2)
    item = process.stage_ids[0].requirement_ids
    file = env['ir.attachment'].create({'name': 'note.txt', 'raw': b'note', 'res_model': 'crm.lead', 'res_id': lead.id})
    lead.action_sop_tick(item.id, attachment_ids=file.ids)
    other.action_sop_waive(item.id, "Known customer", '2099-01-01')
    (lead | other).action_sop_complete_stage()
    env['crm.lead']._sop_bulk_update([('id', '=', lead.id)], {'sop_deadline': '2020-01-01'})
    lead._sop_remind_overdue('salesperson')
    env['sop.workday'].create({
        'company_id': env.company.id, 'date': '2026-10-01', 'kind': 'holiday', 'name': "National Day"})


@pytest.fixture(scope='module')
def company(make_database, stock_source):
    company = Company(make_database(stock_source))
    company.work(found_company)
    return company


@pytest.fixture(scope='module')
def life(company):
    """The whole life, told once; the tests look at what was written down on the way."""
    columns = company.read_columns()
    notes = {'columns': columns, 'founded': company.read_rows(columns)}
    company.install()
    notes['installed'] = company.read_rows(columns)
    notes['installed columns'] = company.read_columns()
    notes['adopted'] = company.work(lambda env: publish(env, 'first'))
    notes['published'] = company.read_rows(columns)
    notes['positions'] = company.query(
        "SELECT count(*), count(sop_deadline) FROM crm_lead WHERE sop_process_id IS NOT NULL")
    company.work(use)
    notes['used'] = company.read_rows(columns)
    notes['evidence'] = company.query("SELECT count(*) FROM ir_attachment WHERE res_model = 'sop.check'")
    company.work(lambda env: env['sop.process'].search([('code', '=', 'first')]).action_unpublish() and None)
    notes['unpublished'] = company.read_rows(columns)
    notes['released'] = company.query(
        "SELECT count(*) FROM crm_lead WHERE COALESCE(sop_process_id, sop_stage_id, sop_entry_stage_id) IS NOT NULL"
        " OR COALESCE(sop_stage_date::date, sop_deadline) IS NOT NULL OR sop_outcome IS NOT NULL")
    notes['kept'] = company.query("SELECT (SELECT count(*) FROM sop_check), (SELECT count(*) FROM sop_transition)")
    company.uninstall()
    notes['uninstalled'] = company.read_rows(columns)
    notes['uninstalled columns'] = company.read_columns()
    notes['traces'] = company.query(
        "SELECT 'model', model FROM ir_model WHERE model LIKE 'sop.%%'"
        " UNION ALL SELECT 'field', model || '.' || name FROM ir_model_fields WHERE name LIKE 'sop\\_%%'"
        " UNION ALL SELECT 'xml id', name FROM ir_model_data WHERE module = 'sales_sop'"
        " UNION ALL SELECT 'file', name FROM ir_attachment WHERE res_model LIKE 'sop.%%'"
        " UNION ALL SELECT 'menu', name->>'en_US' FROM ir_ui_menu WHERE name->>'en_US' ILIKE '%%SOP%%'"
        " UNION ALL SELECT 'group', name->>'en_US' FROM res_groups WHERE comment->>'en_US' ILIKE '%%procedure%%'"
        " UNION ALL SELECT 'rule', name->>'en_US' FROM base_automation WHERE name->>'en_US' ILIKE '%%SOP%%'"
        " UNION ALL SELECT 'cron', cron_name FROM ir_cron WHERE cron_name ILIKE '%%SOP%%'"
        " UNION ALL SELECT 'activity type', name->>'en_US' FROM mail_activity_type WHERE name->>'en_US' ILIKE '%%SOP%%'"
        " UNION ALL SELECT 'view', name FROM ir_ui_view WHERE arch_db->>'en_US' ILIKE '%%sop_%%'")
    return notes


def get_changes(before, after):
    """Tables with rows that are new, and {table: [(row before, row after or None)]} of those that changed."""
    added = {table for table, rows in before.items() if after[table].keys() - rows.keys()}
    changed = {
        table: [(row, after[table].get(number)) for number, row in rows.items() if row != after[table].get(number)]
        for table, rows in before.items()}
    return added, {table: rows for table, rows in changed.items() if rows}


def test_installing_changes_no_row(life):
    added, changed = get_changes(life['founded'], life['installed'])
    assert not changed
    assert added <= {'crm_lost_reason', 'crm_tag', 'mail_message'}


def test_columns_on_stock_tables_ask_nothing_of_others(life):
    """A column without a value must never break an insert that does not know it."""
    added = life['installed columns'].keys() - life['columns'].keys()
    stock = {table for table, __ in life['columns']}
    strict = [
        (table, column) for table, column in added
        if table in stock and life['installed columns'][table, column][1] == 'NO']
    assert not strict


def test_publishing_adopts_and_changes_no_row(life):
    assert life['adopted'] == LEADS - 100
    assert life['positions'] == [(LEADS - 100, LEADS - 100)]
    added, changed = get_changes(life['installed'], life['published'])
    assert not changed
    assert added <= {'mail_message'}, "the history of the process itself"


def test_unpublishing_releases_everybody(life):
    assert life['evidence'] == [(1,)]
    assert life['released'] == [(0,)]
    assert life['kept'] == [(2, 2)]
    added, changed = get_changes(life['used'], life['unpublished'])
    assert not changed
    assert added <= {'mail_message'}


def test_uninstalling_leaves_stock_tables_as_before(life):
    added, changed = get_changes(life['unpublished'], life['uninstalled'])
    assert not added
    gone = {table for table, rows in changed.items() if all(after is None for __, after in rows)}
    assert changed.keys() == gone, "rows may go with the add-on they came with, none is changed"
    assert gone <= {'mail_activity', 'mail_message', 'crm_lost_reason', 'crm_tag'}
    for table in ('crm_lost_reason', 'crm_tag', 'mail_activity'):
        assert life['uninstalled'][table] == life['founded'][table], table
    assert life['founded']['mail_message'].items() <= life['uninstalled']['mail_message'].items()


def test_uninstalling_removes_all_of_it(life):
    assert life['uninstalled columns'].keys() - life['columns'].keys() == set()
    assert life['columns'].items() <= life['uninstalled columns'].items()
    assert not life['traces']


def test_leads_move_freely_afterwards(company, life):
    def move(env):
        lead = env['crm.lead'].search([('stage_id.name', '=', "Visit")], limit=1)
        lead.action_set_won()
        return lead.won_status

    assert company.work(move) == 'won'


def test_installed_again(company, life):
    company.install()
    assert company.work(lambda env: publish(env, 'again')) > LEADS - 150
    held = company.work(lambda env: env['crm.lead'].search_count([('sop_has_open', '=', True)]))
    assert held > LEADS - 150
    log = (database.LOCAL / 'log' / 'odoo.log').read_text()
    assert ' ERROR ' not in log
