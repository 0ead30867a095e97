"""Run the tests: the add-ons' own inside Odoo, then those of tests/ from outside.

    ./dev test [WHAT…] [-- PYTEST ARGUMENTS]

WHAT is an add-on's name or a path (a folder, a file, file::Class::test). Closes with one line,
`N passed, N failed`.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import database
from database import ADDONS, LOCAL, ROOT, say
from odoo_server import die_with_parent

TEST_ADDONS = ROOT / 'tests' / 'addons'
TROUBLE = re.compile(r' (?:WARNING|ERROR|CRITICAL) |DeprecationWarning')
DATABASE = f'sop_test_{os.getpid()}'
TEMPORARY = Path(os.environ['TMPDIR'], f't{os.getpid()}')


def find_modules():
    """Name -> folder, in the order in which they are tested."""
    modules = {name: ROOT / 'addons' / name for name in ADDONS}
    modules.update((path.parent.name, path.parent) for path in sorted(TEST_ADDONS.glob('*/__manifest__.py')))
    return modules


def parse_arguments(args, modules):
    """-> ({module: [path]}, [path below tests/], pytest arguments)"""
    split = args.index('--') if '--' in args else len(args)
    selected, outside = {}, []
    for what in args[:split] or [*modules, 'tests']:
        path = (ROOT / what.split('::')[0]).resolve()
        if what in modules:
            path = modules[what] / 'tests'
            if path.exists():
                selected.setdefault(what, []).append(str(path))
            elif args[:split]:
                raise SystemExit(f"✗ {what} has no tests.")
            continue
        if not path.exists():
            raise SystemExit(
                f"✗ There is nothing to test called {what}: name an add-on ({', '.join(modules)}) or a path.")
        module = next((name for name, folder in modules.items() if path.is_relative_to(folder)), None)
        if module:
            selected.setdefault(module, []).append(what)
        else:
            outside.append(what)
    order = [name for name in modules if name in selected]
    return {name: selected[name] for name in order}, outside, args[split + 1:]


def check_browser():
    """Without one, Odoo would skip the browser tests."""
    names = ('google-chrome', 'chromium', 'chromium-browser', 'google-chrome-stable')
    if not any(map(shutil.which, names)):
        raise SystemExit("✗ There is no Chromium for the browser tests.")
    try:
        import websocket  # noqa: F401
    except ImportError:
        raise SystemExit("✗ websocket-client is missing: remove .local/venv and run this again.") from None


def drop_leftovers():
    """Databases of runs that were killed."""
    with database.server() as cursor:
        cursor.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^sop_test_\d+'")
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        if not Path('/proc', re.match(r'sop_test_(\d+)', name)[1]).exists():
            database.drop(name)


class Run:
    def __init__(self, pytest_args):
        self.pytest_args = pytest_args
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.failures = []

    def fail(self, text):
        self.failed += 1
        self.failures.append(text)
        print(f"✗ {text}", file=sys.stderr, flush=True)

    def install(self, modules):
        say(f"Installing {', '.join(modules)} in a fresh database")
        database.clone(database.make_template(), DATABASE)
        log = database.install(DATABASE, ','.join(modules), log=LOCAL / 'log' / 'test-install.log')
        trouble = [line for line in log.open(errors='replace') if TROUBLE.search(line)]
        if trouble:
            self.fail(f"The installation log is not clean:\n{''.join(trouble[:20])}")
        else:
            self.passed += 1

    def pytest(self, title, *args):
        say(f"Testing {title}")
        counts = TEMPORARY / 'counts.json'
        TEMPORARY.mkdir(exist_ok=True)
        command = [
            sys.executable, '-m', 'pytest', '-v', '--no-header', '--tb=short', '-rfEs', '--disable-warnings',
            '-p', 'no:cacheprovider', '-p', 'count_tests', '--rootdir=.', '-o', 'verbosity_subtests=0',
            *args, *self.pytest_args]
        # Line by line even into a file, so that a long run shows where it is.
        env = {
            **os.environ, 'SOP_COUNTS': str(counts), 'TMPDIR': str(TEMPORARY), 'PYTHONUNBUFFERED': '1',
            'PYTHONPATH': str(ROOT / 'tools'), 'PYTHONDONTWRITEBYTECODE': '1'}
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, env=env)
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if not counts.exists():
            self.fail(f"pytest ended with {status} before its end: {title}")
            return
        result = json.loads(counts.read_text())
        counts.unlink()
        self.passed += result['passed']
        self.failed += len(result['failed'])
        self.skipped += result['skipped']
        self.failures += result['failed']
        # 5: nothing selected, which is all right for one of several parts.
        if status not in (0, 1, 5):
            self.fail(f"pytest ended with {status}: {title}")

    def close(self):
        if not self.passed + self.failed:
            self.fail("No test was run.")
        if self.failures:
            print("\nFailed:", *(f"  {failure.splitlines()[0]}" for failure in self.failures), sep='\n')
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"\n{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        return int(bool(self.failed))


def stop(_signal, _frame):
    raise KeyboardInterrupt


def main(args):
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    die_with_parent()
    modules = find_modules()
    selected, outside, pytest_args = parse_arguments(args, modules)
    check_browser()
    drop_leftovers()
    if TEST_ADDONS.is_dir() and any(TEST_ADDONS.iterdir()):
        os.environ['ODOO_ADDONS_PATH'] = f"{ROOT / 'addons'},{TEST_ADDONS}"
    run = Run(pytest_args)
    start = time.monotonic()
    try:
        if selected:
            run.install(list(modules))
            for name, paths in selected.items():
                run.pytest(
                    name, f'--odoo-database={DATABASE}', '--odoo-http',
                    '--odoo-extra=max-cron-threads=0', f'--odoo-extra=db-filter=^{DATABASE}$', *paths)
        os.environ.pop('ODOO_ADDONS_PATH', None)
        if outside:
            run.pytest(' '.join(outside), '-p', 'no:odoo', *outside)
    except KeyboardInterrupt:
        run.fail("Interrupted")
    finally:
        database.drop(DATABASE)
        shutil.rmtree(TEMPORARY, ignore_errors=True)
    say(f"Took {time.monotonic() - start:.0f} s")
    return run.close()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
