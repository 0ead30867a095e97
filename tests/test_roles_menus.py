"""Each role opens every menu it has, in every view, as the web client does it."""
import datetime
import time

import pytest
from conftest import RpcError
from dateutil.relativedelta import relativedelta
from lxml import etree

# login -> menus with an action, at least
ROLES = {'admin': 50, 'amy': 15, 'mike': 20, 'audrey': 4, 'lena': 15, 'dora': 20}
OURS = {
    'admin': {
        "My Open Items", "Opportunities", "Processes", "Transitions", "Evidence", "Set-up Assistant",
        "Signing Authorities"},
    'amy': {"My Open Items", "Opportunities", "Contracts", "My Requests", "Amendments"},
    'mike': {
        "My Open Items", "Opportunities", "Processes", "Transitions", "Evidence", "Set-up Assistant", "Review Levels"},
    'audrey': {"Opportunities", "Processes", "Transitions", "Evidence", "Contracts", "Opinions"},
    'lena': {"My Reviews", "My Conditions", "Clause Approvals", "Contracts to Sign", "Absences"},
    'dora': {"Contracts", "Seal Requests", "Seal Log", "Contract Archive", "Clause Library", "Contract Templates"},
}
STAFF = ('admin', 'amy', 'mike', 'audrey')  # who reads opportunities


class Screen:
    """What the web client asks of the server when a user opens an action."""

    def __init__(self, client):
        self.client = client

    def read_menus(self):
        """[(path, action reference)] of all menus the user sees."""
        menus = self.client.get('/web/webclient/load_menus').json()
        paths = {'root': ''}
        found = []
        todo = ['root']
        while todo:
            menu = menus[todo.pop()]
            for child in map(str, menu['children']):
                paths[child] = f"{paths[str(menu['id'])]}/{menus[child]['name']}"
                todo.append(child)
                if menus[child].get('actionID'):
                    found.append((paths[child], menus[child]['actionID']))
        return found

    def open(self, reference):
        action = self.client.post('/web/action/load', action_id=reference, context=self.client.context)
        assert action, "the action cannot be loaded"
        if action['type'] == 'ir.actions.server':
            action = self.client.post('/web/action/run', action_id=action['id'], context=self.client.context)
        if action and action['type'] == 'ir.actions.act_window':
            self.open_window(action)
        elif action and action.get('tag') == 'sales_sop.my_items':
            assert self.client.call('crm.lead', 'get_sop_my_items')['items'] is not None

    def evaluate(self, expression, default):
        """A domain or a context of an action, as the client evaluates it."""
        if not expression or not isinstance(expression, str):
            return expression or default
        return eval(expression.strip(), {  # what the client knows by name
            'uid': self.client.uid, 'context': self.client.context, 'active_id': False, 'active_ids': [],
            'active_model': False, 'allowed_company_ids': self.client.context.get('allowed_company_ids', [1]),
            'context_today': datetime.date.today, 'datetime': datetime, 'relativedelta': relativedelta, 'time': time,
            'True': True, 'False': False, 'true': True, 'false': False,
        })

    def open_window(self, action):
        model = action['res_model']
        domain, context = self.evaluate(action.get('domain'), []), self.evaluate(action.get('context'), {})
        search = action.get('search_view_id')
        views = [*action['views'], [search[0] if search else False, 'search']]
        answer = self.client.call(
            model, 'get_views', views=views, options={'load_filters': True, 'action_id': action.get('id')},
            context=context)
        for kind, view in answer['views'].items():
            arch, fields = etree.fromstring(view['arch']), answer['models'][model]['fields']
            show = getattr(self, f'show_{kind}', None)
            if show:
                show(model, arch, fields, domain, context, action)

    def get_specification(self, arch, fields):
        """The fields of a view, without those of views inside it."""
        names = {
            node.get('name') for node in arch.iter('field')
            if not any(parent.tag == 'field' for parent in node.iterancestors())}
        return {
            name: {'fields': {'display_name': {}}} if fields[name]['type'] in ('many2one', 'many2many') else {}
            for name in names if name in fields}

    @staticmethod
    def get_group(name, fields, interval=None):
        if ':' not in name and fields[name.partition('.')[0]]['type'] in ('date', 'datetime'):
            return f"{name}:{interval or 'month'}"
        return name

    def show_list(self, model, arch, fields, domain, context, action):
        self.client.call(
            model, 'web_search_read', domain, self.get_specification(arch, fields), limit=80, context=context)

    def show_kanban(self, model, arch, fields, domain, context, action):
        self.show_list(model, arch, fields, domain, context, action)
        if group := arch.get('default_group_by'):
            self.client.call(
                model, 'web_read_group', domain, [self.get_group(group, fields)], ['__count'],
                auto_unfold=True, unfold_read_default_limit=10,
                unfold_read_specification=self.get_specification(arch, fields), context=context)

    def show_form(self, model, arch, fields, domain, context, action):
        specification = self.get_specification(arch, fields)
        record_id = action.get('res_id')
        if not record_id and action.get('target') != 'new':
            found = self.client.call(model, 'web_search_read', domain, {}, limit=1, context=context)['records']
            record_id = found and found[0]['id']
        if record_id:
            [record] = self.client.call(model, 'web_read', [record_id], specification, context=context)
            assert record['id'] == record_id
        if action.get('target') == 'new' or arch.get('create', '1') not in ('0', 'false', 'False'):
            self.client.call(model, 'onchange', [], {}, [], specification, context=context)

    def show_pivot(self, model, arch, fields, domain, context, action):
        groups = [
            self.get_group(node.get('name'), fields, node.get('interval'))
            for node in arch.iter('field') if node.get('type') in ('row', 'col')]
        measures = [
            f"{node.get('name')}:{fields[node.get('name')].get('aggregator') or 'sum'}"
            for node in arch.iter('field') if node.get('type') == 'measure' and node.get('name') != '__count']
        self.client.call(
            model, 'formatted_read_group', domain, groups, ['__count', *measures], context=context)

    show_graph = show_pivot

    def show_search(self, model, arch, fields, domain, context, action):
        """Every filter and every group of the search view is a question the server can answer."""
        for node in arch.iter('filter'):
            if node.get('domain') and 'sop' in (node.get('name') or ''):
                own = self.evaluate(node.get('domain'), [])
                self.client.call(model, 'search_count', ['&', *self.fold(domain), *self.fold(own)], context=context)
            group = self.evaluate(node.get('context'), {}).get('group_by')
            if group and 'sop' in (node.get('name') or ''):
                self.client.call(
                    model, 'formatted_read_group', domain, [self.get_group(group, fields)], ['__count'],
                    context=context)

    @staticmethod
    def fold(domain):
        """One term of a domain with several."""
        count = 0
        for term in domain:
            count += {'&': -1, '|': -1, '!': 0}.get(term, 1) if isinstance(term, str) else 1
        return ['&'] * (count - 1) + list(domain) if domain else [(1, '=', 1)]


@pytest.mark.parametrize('login', ROLES)
def test_every_menu_opens(demo_server, login):
    screen = Screen(demo_server.login(login))
    menus = screen.read_menus()
    assert len(menus) >= ROLES[login]
    errors = []
    for path, reference in menus:
        try:
            screen.open(reference)
        except (RpcError, AssertionError) as error:
            errors.append(f'{path}: {error}')
    assert not errors, '\n'.join(errors)


@pytest.mark.parametrize('login', ROLES)
def test_own_app_shows_what_the_role_needs(demo_server, login):
    names = {
        path.rpartition('/')[2] for path, __ in Screen(demo_server.login(login)).read_menus()
        if path.startswith('/Sales SOP/')}
    assert OURS[login] <= names
    if login in ('amy', 'audrey', 'lena', 'dora'):
        assert not {"Set-up Assistant", "Import a Process", "Review Levels"} & names
    if login == 'audrey':
        assert "My Open Items" not in names, "An auditor does nothing"
    if login == 'lena':
        assert not {"Opportunities", "Contracts", "Contract Ledger"} & names, "A reviewer has no rights in Sales"


@pytest.mark.parametrize('login', STAFF)
def test_every_lead_opens_with_its_checklist(demo_server, login):
    """The demo is for looking at: each lead shows a checklist, a card and a journey to each role."""
    client = demo_server.login(login)
    leads = client.call('crm.lead', 'search', [('sop_process_id', '!=', False)], context={'active_test': False})
    assert leads
    summary = client.call('crm.lead', 'get_sop_summary', leads)
    for lead in leads:
        checklist = client.call('crm.lead', 'get_sop_checklist', [lead])
        assert checklist['stages'] and str(lead) in summary
        assert len(client.call('crm.lead', 'get_sop_journey', [lead])) == 7
