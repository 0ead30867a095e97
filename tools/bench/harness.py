"""Two databases in one process, and operations measured on both in turn."""
import contextlib
import gc
import os
import re
import threading
import time
from pathlib import Path

import database
from figures import HEADER, GrowthFigure, Sample, TimeFigure


def start_odoo():
    """Make Odoo importable and configured, without a server."""
    from odoo.service.server import load_server_wide_modules
    from odoo.tools import config
    config.parse_config(['--no-http', '--max-cron-threads=0', '--log-level=warn'], setup_logging=True)
    load_server_wide_modules()


def get_cpu_time(cr):
    """Seconds of CPU this process has used, and the process of the database that serves `cr`.

    The latter is known when the server runs on this machine, and left out when it does not.
    """
    server = cr._cnx.info
    schedule = Path('/proc', str(server.backend_pid), 'schedstat')
    if server.host.startswith('/') and schedule.exists():
        return time.process_time() + int(schedule.read_text().split()[0]) / 1e9
    return time.process_time()


class Side:
    """One of the two databases."""

    def __init__(self, name):
        from odoo.modules.registry import Registry
        threading.current_thread().dbname = name
        self.database = name
        self.registry = Registry(name)
        # Whose operations are measured; set when the benchmark has made the user.
        self.uid = 1

    @contextlib.contextmanager
    def env(self, uid=None, commit=False):
        """An environment on a cursor of its own, rolled back at the end unless `commit`."""
        from odoo import api
        threading.current_thread().dbname = self.database
        with self.registry.cursor() as cr:
            uid = uid or self.uid
            context = api.Environment(cr, uid, {})['res.users'].context_get()
            yield api.Environment(cr, uid, context)
            if commit:
                cr.commit()
                self.registry.signal_changes()
            else:
                cr.rollback()
                self.registry.reset_changes()

    def measure(self, operation):
        """Run `operation(env)`, which prepares and returns the function whose run is measured."""
        with self.env() as env:
            run = operation(env)
            env.cr.flush()
            env.invalidate_all()
            gc.collect()
            queries, cpu, wall = env.cr.sql_log_count, get_cpu_time(env.cr), time.perf_counter()
            run()
            env.cr.flush()
            return Sample(
                wall=(time.perf_counter() - wall) * 1000,
                cpu=(get_cpu_time(env.cr) - cpu) * 1000,
                queries=env.cr.sql_log_count - queries)


class Bench:
    """The figures of one benchmark, printed as they are found."""

    def __init__(self, name, ours, theirs, quick=False, rounds=None):
        self.name, self.ours, self.theirs = name, ours, theirs
        self.quick = quick
        self.rounds = rounds or (1 if quick else 5)
        self.figures = []
        # What was loaded for the two databases is no garbage: do not look through it again and again.
        gc.collect()
        gc.freeze()
        print(f"\n{name}\n{HEADER}", flush=True)

    @property
    def sides(self):
        return (self.ours, self.theirs)

    def _add(self, figure):
        self.figures.append(figure)
        print(figure, flush=True)
        return figure

    def _get_rounds(self, batch):
        return self.rounds if batch or self.quick else 6 * self.rounds + 1

    def compare(self, name, operation, target=None, batch=False):
        """Measure `operation` on both sides in turn. A batch is long: fewer rounds, no warming up.

        While it is not clear whether the target is met, up to three times as many rounds.

        :param operation: a function of (side, env), see :meth:`Side.measure`
        """
        figure = TimeFigure(self.name, name, [], [], target=None if self.quick else target)
        rounds = self._get_rounds(batch)
        for number in range(-1 + batch, 3 * rounds):
            if number >= rounds and not figure.is_unclear:
                break
            for side in self.sides if number % 2 else reversed(self.sides):
                sample = side.measure(lambda env, side=side: operation(side, env))
                if number >= 0:
                    (figure.ours if side is self.ours else figure.theirs).append(sample)
        return self._add(figure)

    def measure(self, name, operation, batch=False):
        """Measure `operation` on our side alone: a plain Odoo has nothing like it."""
        samples = [
            self.ours.measure(lambda env: operation(self.ours, env))
            for __ in range(-1 + batch, self._get_rounds(batch))]
        return self._add(TimeFigure(self.name, name, samples[1 - batch:]))

    def count_extra(self, operation):
        """The queries we add to `operation(side, env)`."""
        # The second run counts: the first one fills the caches of the registry.
        ours, theirs = (
            [side.measure(lambda env, side=side: operation(side, env)) for __ in range(2)][1].queries
            for side in self.sides)
        return ours - theirs

    def judge_growth(self, name, operation, sizes, rows=0):
        """The queries we add to `operation(side, env, size)` are as many for each size.

        :param rows: how many rows of our own it inserts for each record
        """
        return self.judge_counts(name, {
            size: self.count_extra(lambda side, env, size=size: operation(side, env, size)) for size in sizes
        }, rows)

    def judge_counts(self, name, counts, rows=0):
        """:param dict counts: extra queries by the number of records"""
        return self._add(GrowthFigure(self.name, name, counts, rows))


# --- Databases ----------------------------------------------------------------------------------

def drop_leftovers():
    """Databases of runs that were killed."""
    with database.server() as cursor:
        cursor.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^sop_bench_\d+_'")
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        if not Path('/proc', re.match(r'sop_bench_(\d+)', name)[1]).exists():
            database.drop(name)


@contextlib.contextmanager
def make_sides(benchmark, ours=database.ADDONS, theirs=()):
    """Two clones of a plain Odoo: one with our add-ons, one with those we compare with."""
    from odoo.modules.registry import Registry
    from odoo.sql_db import close_db
    drop_leftovers()
    names = []
    try:
        for label, modules in (('ours', ours), ('theirs', theirs)):
            name = f'sop_bench_{os.getpid()}_{benchmark}_{label}'
            names.append(name)
            database.say(f"Making the database {name}")
            database.clone(database.make_template(), name)
            if modules:
                database.install(name, ','.join(modules), log=database.LOCAL / 'log' / 'bench.log')
        yield [Side(name) for name in names]
    finally:
        for name in names:
            Registry.delete(name)
            close_db(name)
            database.drop(name)


# --- Data ---------------------------------------------------------------------------------------

def replicate(record, ids, **columns):
    """Insert a copy of the row of `record` for each of `ids`.

    :param columns: SQL expressions for the columns that differ; `s.id` is the one of `ids`
    """
    from odoo.tools import SQL
    record.env.flush_all()
    cr = record.env.cr
    cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [record._table])
    names = [name for (name,) in cr.fetchall() if name != 'id' or 'id' in columns]
    cr.execute(SQL(
        "INSERT INTO %(table)s (%(names)s) SELECT %(values)s FROM unnest(%(ids)s) AS s(id), %(table)s AS r"
        " WHERE r.id = %(id)s",
        table=SQL.identifier(record._table),
        names=SQL(", ").join(map(SQL.identifier, names)),
        values=SQL(", ").join(
            SQL(columns[name].replace('%', '%%')) if name in columns else SQL.identifier('r', name) for name in names),
        ids=list(ids), id=record.id))
    record.env.invalidate_all()
