"""Odoo inside the process of a test: transactions of one's own on a database that is committed."""
import contextlib
from functools import partial

import database

import odoo
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import close_db


@contextlib.contextmanager
def open_registry(name):
    """The registry of a database, as long as nobody else installs anything there."""
    odoo.tools.config.parse_config(
        ['-c', str(database.ROOT / 'odoo.conf'), '-d', name, '--max-cron-threads=0'], setup_logging=False)
    try:
        yield Registry(name)
    finally:
        Registry.delete(name)
        close_db(name)


def commit(registry, act, user_id=odoo.SUPERUSER_ID):
    """`act(env)` as a user in a transaction of its own, tried again as the server does it for a request."""
    with registry.cursor() as cursor:
        env = odoo.api.Environment(cursor, user_id, {})
        return retrying(partial(act, env), env)
