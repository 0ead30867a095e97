"""Odoo's own tests with our add-ons installed and nothing published: nothing may fail that does
not fail without them.

    ./dev test stock [fresh|loaded] [--baseline] [--tags TAGS]

fresh: the tests run while everything is installed into an empty database. There the tests Odoo
starts at install run before our add-ons are loaded; so, loaded: all of them again in a database
where our add-ons are. `--baseline` leaves our add-ons out and tells what fails anyhow.
"""
import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import time

import database
from database import ADDONS, LOCAL, ROOT, say
from run_tests import check_browser, stop

SUITES = ('sales_team', 'crm', 'sale', 'sale_crm', 'sale_management', 'payment')
# What fails in a plain Odoo as well, as module.Class.method: nothing, in the environment ./dev makes.
BASELINE = frozenset()
# A plain Odoo runs 516; far fewer means that a suite was not found.
FEWEST = 500
RUNS = ('fresh', 'loaded')

STARTED = re.compile(r' INFO \S+ odoo\.addons\.(\w+)\.tests\.(\w+): Starting (\S+) \.\.\.')
FAILED = re.compile(r' ERROR \S+ (\S+): (?:FAIL|ERROR): (?:Subtest )?([\w.]+)(?: \(([\w.]+))?')
SKIPPED = re.compile(r' INFO \S+ odoo\.addons\.(\w+)\.\S+: skipped (\S+) : (.*)')
# A browser test that could not run has failed.
BROWSER_MISSING = re.compile(r'chrome|chromium|websocket', re.IGNORECASE)


def get_free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]


def get_failed_test(line):
    """`module.Class.method` of a line that reports a failure, else None."""
    if match := FAILED.search(line):
        logger, name, place = match.groups()
        if name in ('setUpClass', 'tearDownClass', 'setUpModule', 'tearDownModule'):
            # The place is odoo.addons.MODULE.tests.FILE.CLASS.
            return '.'.join([*place.split('.')[2:3], *place.split('.')[5:], name])
        return f"{logger.split('.')[2]}.{name}"
    if (match := SKIPPED.search(line)) and BROWSER_MISSING.search(match[3]):
        return f'{match[1]}.{match[2]}'
    return None


class Run:
    """One run of the suites: what it counted, read from the log."""

    def __init__(self, name, modules, tags):
        self.name, self.modules, self.tags = name, modules, tags
        self.log = LOCAL / 'log' / f'stock-{name}.log'
        self.count, self.failed = 0, set()

    def start(self, program, *args):
        say(f"Odoo's own tests of {', '.join(SUITES)}: {self.name} (about ten minutes)")
        start = time.monotonic()
        process = subprocess.Popen(
            [
                sys.executable, str(program), *args, f'--test-tags={self.tags}', '--stop-after-init',
                f'--http-port={get_free_port()}', '--max-cron-threads=0',
            ],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors='replace', env={**os.environ, 'PYTHONDONTWRITEBYTECODE': '1'})
        try:
            self._read(process.stdout)
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if status and not self.failed:
            self._fail(f"Odoo ended with {status} (see {self.log.relative_to(ROOT)})")
        say(f"{self.name}: {self.count} tests, {len(self.failed)} failed, {time.monotonic() - start:.0f} s")

    def _fail(self, name):
        self.failed.add(name)
        known = " (a plain Odoo fails here as well)" if name in BASELINE else ""
        print(f"✗ {name}{known}", file=sys.stderr, flush=True)

    def _read(self, lines):
        shown = None
        with self.log.open('w') as log:
            for line in lines:
                log.write(line)
                log.flush()
                if match := STARTED.search(line):
                    self.count += 1
                    if match.group(1, 2) != shown:
                        shown = match.group(1, 2)
                        print(f"  {self.count:4} {match[1]} {match[2]}", file=sys.stderr, flush=True)
                elif name := get_failed_test(line):
                    self._fail(name)


def run_fresh(run, name):
    run.start(LOCAL / 'bin' / 'odoo-bin', '-d', name, f"-i={','.join([*SUITES, *run.modules])}")


def run_loaded(run, name):
    if not database.exists(name):
        say("Installing without tests")
        database.install(name, ','.join([*SUITES, *run.modules]), log=LOCAL / 'log' / 'stock-install.log')
    run.start(ROOT / 'tools' / 'stock_loaded.py', '-d', name)


def parse_arguments(args):
    parser = argparse.ArgumentParser(prog='./dev test stock', description=__doc__.splitlines()[0])
    parser.add_argument('runs', nargs='*', metavar='RUN', help=f"{' or '.join(RUNS)}; none: both")
    parser.add_argument('--baseline', action='store_true', help="without our add-ons")
    parser.add_argument(
        '--tags', default=','.join(f'/{suite}' for suite in SUITES), help="Odoo's --test-tags, to run only some")
    options = parser.parse_args(args)
    options.runs = options.runs or list(RUNS)
    if unknown := set(options.runs) - set(RUNS):
        parser.error(f"there is no run {', '.join(unknown)}; there is {' and '.join(RUNS)}")
    return options


def check_count(run, is_whole):
    if run.count < (FEWEST if is_whole else 1):
        run.failed.add(f"only {run.count} tests were found")


def close(runs, is_baseline):
    known = frozenset() if is_baseline else BASELINE
    failed = [(run.name, name) for run in runs for name in sorted(run.failed - known)]
    if failed:
        print("\nFailed:", *(f"  {name} ({run})" for run, name in failed), sep='\n')
    passed = sum(max(run.count - len(run.failed), 0) for run in runs)
    excused = sum(len(run.failed & known) for run in runs)
    more = f", {excused} failed as in a plain Odoo" if excused else ""
    print(f"\n{passed} passed, {len(failed)} failed{more}", flush=True)
    return int(bool(failed))


def main(args):
    signal.signal(signal.SIGTERM, stop)
    options = parse_arguments(args)
    check_browser()
    name = f'sop_test_{os.getpid()}_stock'
    is_whole = options.tags == parse_arguments([]).tags
    runs = []
    try:
        for kind in RUNS:
            if kind in options.runs:
                run = Run(kind, () if options.baseline else ADDONS, options.tags)
                runs.append(run)
                (run_fresh if kind == 'fresh' else run_loaded)(run, name)
                check_count(run, is_whole)
    except KeyboardInterrupt:
        runs[-1].failed.add("Interrupted")
    finally:
        database.drop(name)
    return close(runs, options.baseline)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
