"""Fixtures for the tests that look at the product from outside: databases and running servers.

`./dev test tests/…` runs them. Odoo's own test framework is not loaded here; a test talks to a
server as a browser or a script does, through `Client`.
"""
import itertools
import os
import sys
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tools'))

import database  # noqa: E402
from odoo_server import OdooServer  # noqa: E402

# The add-ons in there are tested by Odoo's framework, as `./dev test test_sales_sop`.
collect_ignore = ['addons']

_number = itertools.count(1)


class RpcError(Exception):
    """What Odoo answered instead of a result; `name` is the Python class of its exception."""

    def __init__(self, error):
        super().__init__(error['data'].get('message') or error['message'])
        self.name = error['data'].get('name', '')
        self.debug = error['data'].get('debug', '')


class Client:
    """A user logged in to a server, over JSON-RPC as the web client does it."""

    def __init__(self, url, name, login, password=None):
        self.url = url
        self.session = requests.Session()
        info = self.post('/web/session/authenticate', db=name, login=login, password=password or login)
        self.uid = info['uid']
        self.context = info['user_context']

    def post(self, path, **params):
        response = self.session.post(
            self.url + path, json={'jsonrpc': '2.0', 'method': 'call', 'params': params}, timeout=300)
        response.raise_for_status()
        answer = response.json()
        if 'error' in answer:
            raise RpcError(answer['error'])
        return answer.get('result')

    def call(self, model, method, *args, **kwargs):
        kwargs['context'] = {**self.context, **kwargs.get('context', {})}
        return self.post(f'/web/dataset/call_kw/{model}/{method}', model=model, method=method, args=args, kwargs=kwargs)

    def get(self, path, **kwargs):
        return self.session.get(self.url + path, timeout=300, **kwargs)


class Server(OdooServer):
    """A server of the tests: no jobs in the background, clients on demand."""

    def __init__(self, name, *args, **kwargs):
        super().__init__(name, '--max-cron-threads=0', *args, **kwargs)

    def login(self, login, password=None):
        return Client(self.url, self.database, login, password)


@pytest.fixture(scope='session')
def make_database():
    """make_database(source) -> name of a fresh copy of a database, dropped after the session."""
    names = []

    def make(source):
        name = f'sop_test_{os.getpid()}_{next(_number)}'
        names.append(name)
        database.clone(source, name)
        return name

    yield make
    for name in names:
        database.drop(name)


@pytest.fixture(scope='session')
def stock_source():
    """Odoo's own apps without demo data; clone it, never work in it."""
    return database.make_template()


@pytest.fixture(scope='session')
def demo_source():
    """Our add-ons with demo data; clone it, never work in it."""
    return database.make_demo_source()


@pytest.fixture(scope='session')
def demo_database(make_database, demo_source):
    """A demo database for this session. Tests that change much take a copy of their own."""
    return make_database(demo_source)


@pytest.fixture(scope='session')
def demo_server(demo_database):
    """A server on the session's demo database: `demo_server.login('amy').call(…)`."""
    with Server(demo_database) as server:
        yield server


@pytest.fixture
def start_server():
    """start_server(name, *odoo_arguments) -> a server that is stopped after the test."""
    servers = []

    def start(name, *args):
        server = Server(name, *args)
        server.__enter__()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()
