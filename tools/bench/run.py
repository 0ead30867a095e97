"""Measure what our add-ons cost against a plain Odoo.

    ./dev bench [NAME…] [--json FILE] [--quick]

Every benchmark makes two databases, ours and one of a plain Odoo or of the add-ons we compare with,
runs the same operations on both in turn and prints one line per figure. A missed target is the exit code 1.
"""
import argparse
import importlib
import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import database
from harness import Bench, make_sides, start_odoo
from peers import add_peers

BENCHMARKS = ('lead', 'import', 'grade', 'review')
# Names that no Python module can have.
MODULES = {'import': 'import_'}


def stop(_signal, _frame):
    raise KeyboardInterrupt


def parse_arguments(args):
    parser = argparse.ArgumentParser(prog='./dev bench', description=__doc__.splitlines()[0])
    parser.add_argument('names', nargs='*', metavar='NAME', help=f"one of {', '.join(BENCHMARKS)}; none: all")
    parser.add_argument('--json', type=Path, metavar='FILE', help="write the figures to this file as well")
    parser.add_argument(
        '--quick', action='store_true',
        help="small numbers and one round: shows that everything runs, judges the query counts only")
    parser.add_argument('--rounds', type=int, metavar='N', help="rounds of the batches (usually 5)")
    options = parser.parse_args(args)
    options.names = options.names or list(BENCHMARKS)
    for name in options.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there is {', '.join(BENCHMARKS)}")
    return options


def run(name, options):
    """-> the figures of the benchmark `name`"""
    module = importlib.import_module(MODULES.get(name, name))
    figures = []
    # Most are compared with a plain Odoo alone.
    for run_part, peers in getattr(module, 'PARTS', None) or ((module.run, ()),):
        with make_sides(name, theirs=peers) as (ours, theirs):
            bench = Bench(name, ours, theirs, quick=options.quick, rounds=options.rounds)
            run_part(bench)
        figures += bench.figures
    return figures


def write_json(path, figures, options):
    path.write_text(json.dumps({
        'odoo': database.get_odoo_stamp(),
        'cores': os.cpu_count(),
        'quick': options.quick,
        'figures': [figure.as_dict() for figure in figures],
    }, indent=2) + '\n')


def main(args):
    options = parse_arguments(args)
    signal.signal(signal.SIGTERM, stop)
    if 'review' in options.names:
        add_peers()
    start_odoo()
    try:
        figures = [figure for name in options.names for figure in run(name, options)]
    except KeyboardInterrupt:
        database.say("Stopped")
        return 130
    if options.json:
        write_json(options.json, figures, options)
    missed = [figure for figure in figures if figure.is_missed]
    for figure in missed:
        print(f"✗ {figure.benchmark}: {figure.name}: {figure.verdict}", file=sys.stderr)
    print(f"\n{len(figures)} figures, {len(missed)} missed", flush=True)
    return int(bool(missed))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
