"""Databases of this checkout: make the template and the demo, clone, drop.

A database and its file store belong together. What takes long is built under another name and
renamed when it is ready; what it was built from is written down as the database's comment.
"""
import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / '.local'
FILESTORE = LOCAL / 'data' / 'filestore'
ADDONS = os.environ.get('SOP_ADDONS', 'sales_sop,sales_sop_contract_review,sales_sop_aftersales').split(',')

DEMO = 'sop_demo'
DEMO_SOURCE = 'sop_demo_source'
STOCK = 'sop_stock'
STOCK_MODULES = 'sale_crm,calendar,base_automation,portal,rating,sale_management'
LANGUAGES = 'en_US,zh_CN'


# --- The server ---------------------------------------------------------------------------------

@contextlib.contextmanager
def server():
    connection = psycopg2.connect(dbname='postgres')
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def execute(query, *names):
    with server() as cursor:
        cursor.execute(sql.SQL(query).format(*map(sql.Identifier, names)))


def exists(name):
    with server() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return bool(cursor.fetchone())


def get_stamp(name):
    """What the database was built from, or None if it is not there or was not finished."""
    with server() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
        row = cursor.fetchone()
        return row and row[0]


def set_stamp(name, stamp):
    with server() as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS %s").format(sql.Identifier(name)), [stamp])


def query(name, statement, *values):
    """The rows of a statement in the database `name`, as seen from outside Odoo."""
    connection = psycopg2.connect(dbname=name)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    finally:
        connection.close()


# --- Databases with their file stores -----------------------------------------------------------

def drop(name):
    execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    shutil.rmtree(FILESTORE / name, ignore_errors=True)


def clone(source, target):
    """Copy a database; nobody may be connected to the source."""
    drop(target)
    execute("CREATE DATABASE {} TEMPLATE {}", target, source)
    if (FILESTORE / source).exists():
        # Odoo never changes a stored file, it only adds and removes: hard links are enough.
        shutil.copytree(FILESTORE / source, FILESTORE / target, copy_function=os.link)


def rename(source, target):
    drop(target)
    if (FILESTORE / source).exists():
        (FILESTORE / source).rename(FILESTORE / target)
    execute("ALTER DATABASE {} RENAME TO {}", source, target)


# --- Odoo ---------------------------------------------------------------------------------------

def run_odoo(*args, log=None, env=None):
    """Run odoo-bin to its end; its log goes to the file `log`, whose end is shown on failure."""
    log = log or LOCAL / 'log' / 'odoo.log'
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(LOCAL / 'bin' / 'odoo-bin'), *args]
    with log.open('w') as output:
        result = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})}, check=False)
    if result.returncode:
        print(''.join(log.open().readlines()[-40:]), file=sys.stderr)
        raise SystemExit(
            f"✗ Odoo failed ({result.returncode}): odoo-bin {' '.join(args)}\n  The whole log: {log.relative_to(ROOT)}")
    return log


def say(text):
    print(f"\033[1m▸ {text}\033[0m", file=sys.stderr, flush=True)


def install(name, modules, *args, log=None, env=None):
    return run_odoo('-d', name, '-i', modules, '--stop-after-init', '--no-http', *args, log=log, env=env)


def get_odoo_stamp():
    """Changes with the lock of the Python packages and with the Odoo in use."""
    digest = hashlib.sha256((ROOT / 'tools' / 'requirements.txt').read_bytes())
    version = LOCAL / 'odoo-19' / 'version'
    digest.update(os.path.realpath(os.environ.get('ODOO_SRC', '')).encode())
    digest.update(version.read_bytes() if version.exists() else b'')
    digest.update(f'{STOCK_MODULES} {LANGUAGES}'.encode())
    return digest.hexdigest()[:16]


def get_addons_stamp():
    """Changes with every file of the add-ons."""
    digest = hashlib.sha256()
    for addon in ADDONS:
        for path in sorted((ROOT / 'addons' / addon).rglob('*')):
            if path.is_file() and '__pycache__' not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b'\0' + path.read_bytes() + b'\0')
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def building(name):
    """Hold off whoever wants to build the same database in another process."""
    with (LOCAL / f'{name}.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(name, stamp, modules, *args):
    """Make the database `name` unless it is there, built from the same."""
    with building(name):
        if get_stamp(name) == stamp:
            return
        say(f"Making the database {name} (a minute or two)")
        new = f'{name}_new'
        drop(new)
        install(new, modules, f'--load-language={LANGUAGES}', *args, log=LOCAL / 'log' / f'{name}.log')
        set_stamp(new, stamp)
        rename(new, name)


def make_template():
    """Odoo's own apps without demo data: what test databases are cloned from."""
    build(STOCK, get_odoo_stamp(), STOCK_MODULES)
    return STOCK


def make_demo_source():
    """Our add-ons with demo data, never worked in: what demo databases are cloned from."""
    stamp = f'{get_odoo_stamp()} {get_addons_stamp()}'
    build(DEMO_SOURCE, stamp, ','.join([STOCK_MODULES, *ADDONS]), '--with-demo')
    return DEMO_SOURCE


def make_demo():
    """The database of `./dev serve`: made once, upgraded when the add-ons change, never made anew."""
    with building(DEMO):
        odoo, addons = get_odoo_stamp(), get_addons_stamp()
        done = get_stamp(DEMO)
        if done == f'{odoo} {addons}':
            return DEMO
        if done:
            say("The add-ons have changed: upgrading the demo database")
            modules = ','.join(ADDONS) if done.startswith(odoo) else 'base'
            run_odoo('-d', DEMO, '-u', modules, '--stop-after-init', '--no-http', log=LOCAL / 'log' / 'upgrade.log')
        else:
            new = f'{DEMO}_new'
            clone(make_demo_source(), new)
            rename(new, DEMO)
        set_stamp(DEMO, f'{odoo} {addons}')
    return DEMO


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    commands.add_parser('template')
    commands.add_parser('demo')
    clone_parser = commands.add_parser('clone')
    clone_parser.add_argument('source')
    clone_parser.add_argument('target')
    drop_parser = commands.add_parser('drop')
    drop_parser.add_argument('names', nargs='+')
    args = parser.parse_args()
    if args.command == 'template':
        print(make_template())
    elif args.command == 'demo':
        print(make_demo())
    elif args.command == 'clone':
        clone(args.source, args.target)
    elif args.command == 'drop':
        for name in args.names:
            drop(name)


if __name__ == '__main__':
    main()
