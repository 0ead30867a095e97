"""Databases made by versions that have landed, upgraded to this one.

`landed/` holds the add-ons as they were, without their tests.
"""
import re
import tarfile
from pathlib import Path

import database
import pytest
from inside import commit, open_registry

LANDED = Path(__file__).resolve().parent / 'landed'
TROUBLE = re.compile(r' (?:WARNING|ERROR|CRITICAL) |DeprecationWarning')
STAGES = ('S1', 'S2', 'S3', 'S4', 'S5')
# What the procedure in use is called from then on
USED = {'19.0.1.0.0': 'sales_sop.sop_process_sales_v1', '19.0.1.1.0': 'sales_sop.sop_process_sales_v2'}
before_grading = pytest.mark.parametrize('upgrade', ['19.0.1.0.0'], indirect=True)


class Upgrade:
    """One database, installed with the landed add-on and upgraded with ours."""

    def __init__(self, name, landed, version):
        self.name = name
        self.version = version
        with tarfile.open(LANDED / f'sales_sop-{version}.tar.xz') as archive:
            archive.extractall(landed, filter='data')
        self.mend_demo(landed / 'sales_sop' / 'models' / 'sop_material.py')
        self.env = {'ODOO_ADDONS_PATH': str(landed)}

    def mend_demo(self, material):
        """When it is tomorrow already in Shanghai, the demo data of 19.0.1.1.0 could not be loaded."""
        if material.exists():
            material.write_text(material.read_text().replace(
                'default=fields.Date.context_today', 'default=lambda self: fields.Date.today()'))

    def install_demo(self, addons='sales_sop'):
        """The demo data needs that of Odoo's own apps: from nothing."""
        database.drop(self.name)
        database.install(self.name, f'{database.STOCK_MODULES},{addons}', '--with-demo', env=self.env)

    def run(self, addons='sales_sop'):
        return database.run_odoo('-d', self.name, '-u', addons, '--stop-after-init', '--no-http').read_text()

    def query(self, statement, *values):
        return database.query(self.name, statement, *values)

    def read_orders(self):
        return self.query("SELECT id, name, state, amount_total, user_id FROM sale_order ORDER BY id")

    def read(self):
        """What nobody may find changed after an upgrade."""
        return {
            'leads': self.query(
                "SELECT id, name, stage_id, user_id, priority, sop_process_id, sop_stage_id, sop_entry_stage_id,"
                " sop_stage_date, sop_deadline, sop_outcome FROM crm_lead ORDER BY id"),
            'evidence': self.query(
                "SELECT id, requirement_id, lead_id, state, done_by_id, done_date, remark, valid_until, revoked_date"
                " FROM sop_check ORDER BY id"),
            'log': self.query("SELECT id, lead_id, kind, date, user_id FROM sop_transition ORDER BY id"),
            'activities': self.query("SELECT id, res_id, user_id, date_deadline FROM mail_activity ORDER BY id"),
            'procedure': self.query(
                "SELECT item.id, process.name, process.code, process.version, process.state, stage.name, stage.gate,"
                "       item.code, item.kind, item.name, item.condition, item.domain"
                "  FROM sop_requirement item JOIN sop_stage stage ON stage.id = item.stage_id"
                "  JOIN sop_process process ON process.id = stage.process_id"
                " WHERE process.state != 'draft' ORDER BY item.id"),
        }


@pytest.fixture(scope='module', params=USED)
def upgrade(request, make_database, stock_source, tmp_path_factory):
    """The demo company of the landed version: published, with opportunities in all stages, upgraded."""
    upgrade = Upgrade(make_database(stock_source), tmp_path_factory.mktemp('landed'), request.param)
    upgrade.install_demo()
    upgrade.before = upgrade.read()
    upgrade.log = upgrade.run()
    return upgrade


@pytest.fixture
def registry(upgrade):
    with open_registry(upgrade.name) as registry:
        yield registry


def test_the_log_of_the_upgrade_is_clean(upgrade):
    assert not [line for line in upgrade.log.splitlines() if TROUBLE.search(line)]


@pytest.mark.parametrize('what', ['leads', 'evidence', 'log', 'activities', 'procedure'])
def test_nothing_has_changed_for_anybody(upgrade, what):
    before, after = upgrade.before[what], upgrade.read()[what]
    assert before
    assert after[:len(before)] == before


@before_grading
def test_nobody_is_held_or_graded_by_an_upgrade(registry):
    def look(env):
        leads = env['crm.lead'].search([('sop_process_id', '!=', False)])
        demo = env['ir.model.data'].search([('module', '=', 'sales_sop'), ('model', '=', 'crm.lead')]).mapped('res_id')
        old = leads.filtered(lambda lead: lead.id in demo and not lead.sop_list_id)
        return len(old), len(old.filtered('sop_contact_hold')), len(old.filtered('sop_protected_until'))

    count, held, protected = commit(registry, look)
    assert count and not held and not protected


@before_grading
def test_the_jobs_leave_running_opportunities_alone(registry):
    def work(env):
        env['crm.lead']._cron_sop_regrade()
        process = env.ref('sales_sop.sop_process_sales_v1')
        leads = env['crm.lead'].search([('sop_process_id', '=', process.id)])
        leads[:1].write({'expected_revenue': 1, 'date_deadline': '2030-01-01'})
        company = env.company
        settings = (company.sop_pool, company.sop_handover, company.sop_reply_hours, company.sop_dormant_days)
        return bool(leads), leads.filtered('sop_grade').ids, any(settings)

    assert commit(registry, work) == (True, [], False)


def test_the_new_procedure_waits_as_a_draft(upgrade, registry):
    def look(env):
        process = env.ref('sales_sop.sop_process_sales')
        used = env.ref(USED[upgrade.version])
        kinds = {item.code: item.kind for item in process.stage_ids.requirement_ids}
        return {
            'states': (process.state, used.state),
            'versions': (process.version, used.version, process.previous_id == used, process.code == used.code),
            'teams': process.team_ids == used.team_ids,
            'stages': tuple(process.stage_ids.mapped('code')),
            'places': [stage.crm_stage_ids for stage in process.stage_ids]
            == [stage.crm_stage_ids for stage in used.stage_ids],
            'kinds': (kinds['S1.3'], kinds['S1.4'], kinds['S2.4'], kinds['S3.2'], kinds['S4.4']),
            'problems': process.get_publish_problems(),
        }

    assert commit(registry, look) == {
        'states': ('draft', 'published'),
        'versions': (2, 1, True, True),
        'teams': True,
        'stages': STAGES,
        'places': True,
        'kinds': ('fields', 'condition', 'record', 'condition', 'condition'),
        'problems': [],
    }


def test_running_opportunities_can_go_over_to_it(registry):
    def publish(env):
        process = env.ref('sales_sop.sop_process_sales')
        process.action_publish()
        process.action_migrate_older()
        return process.state

    assert commit(registry, publish) == 'published'


def test_sales_staff_see_floors_after_an_upgrade(registry):
    def look(env):
        return env.ref('sales_sop.group_sop_floor') in env.ref('sales_sop.group_sop_user').all_implied_ids

    assert commit(registry, look)


@pytest.mark.parametrize('version', USED)
def test_a_procedure_nobody_touched_is_replaced(make_database, stock_source, tmp_path, version):
    upgrade = Upgrade(make_database(stock_source), tmp_path, version)
    database.install(upgrade.name, 'sales_sop', env=upgrade.env)
    upgrade.run()
    assert upgrade.query("SELECT count(*), min(version), min(state) FROM sop_process") == [(1, 1, 'draft')]
    assert upgrade.query("SELECT kind FROM sop_requirement WHERE code = 'S3.2'") == [('condition',)]


# ------------------------------------------------------------
# Contract review, whose name alone was in the landed versions
# ------------------------------------------------------------

CONTRACT_ADDONS = 'sales_sop,sales_sop_contract_review'
FACTS = ('S5.1', 'S5.2', 'S5.3', 'S5.4', 'S5.5', 'S5.7', 'S5.8', 'S5.E1')


@pytest.fixture(scope='module')
def contract_upgrade(make_database, stock_source, tmp_path_factory):
    """The demo company of the version before contract review, upgraded."""
    upgrade = Upgrade(make_database(stock_source), tmp_path_factory.mktemp('landed'), '19.0.1.2.0')
    upgrade.install_demo(CONTRACT_ADDONS)
    upgrade.before = upgrade.read()
    upgrade.orders = upgrade.read_orders()
    upgrade.log = upgrade.run(CONTRACT_ADDONS)
    return upgrade


def test_the_log_of_the_upgrade_to_contracts_is_clean(contract_upgrade):
    assert not [line for line in contract_upgrade.log.splitlines() if TROUBLE.search(line)]


@pytest.mark.parametrize('what', ['leads', 'evidence', 'log', 'activities', 'procedure'])
def test_contracts_change_nothing_for_anybody(contract_upgrade, what):
    before, after = contract_upgrade.before[what], contract_upgrade.read()[what]
    assert before
    assert after[:len(before)] == before


def test_no_order_is_held_by_an_upgrade(contract_upgrade):
    assert contract_upgrade.orders == contract_upgrade.read_orders()
    assert contract_upgrade.query("SELECT DISTINCT COALESCE(sop_review_gate, 'off') FROM res_company") == [('off',)]


def test_a_draft_asks_for_the_facts_of_contracts(contract_upgrade):
    rows = contract_upgrade.query(
        "SELECT process.version, process.state, item.code, item.kind FROM sop_requirement item"
        "  JOIN sop_process process ON process.id = item.process_id WHERE item.code = ANY(%s)", list(FACTS))
    kinds = {(version, state): set() for version, state, __, __ in rows}
    for version, state, code, kind in rows:
        kinds[version, state].add((code, kind))
    assert {state for __, state in kinds} == {'published', 'draft'}
    assert kinds[2, 'draft'] == {(code, 'condition') for code in FACTS}
