"""The add-ons we are compared with, fetched from the package registry the machine is set up for.

They are kept in .local/ and only used by the benchmarks, in databases of their own.
"""
import os
import subprocess
import sys

import database

PEERS = {
    'base_tier_validation': 'odoo-addon-base-tier-validation==19.0.1.4.6',
    'sale_tier_validation': 'odoo-addon-sale-tier-validation==19.0.1.0.0.3',
}
FOLDER = database.LOCAL / 'cache' / 'peers'


def add_peers():
    """Fetch them once, and put them on the add-ons path of this process and of those it starts."""
    addons = FOLDER / 'odoo' / 'addons'
    if not all((addons / name).is_dir() for name in PEERS):
        database.say("Fetching the add-ons of others to compare with")
        subprocess.run(
            [sys.executable, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps', '--upgrade',
             '--target', str(FOLDER), *PEERS.values()], check=True)
    path = os.environ.get('ODOO_ADDONS_PATH', str(database.ROOT / 'addons'))
    os.environ['ODOO_ADDONS_PATH'] = f'{path},{addons}'
