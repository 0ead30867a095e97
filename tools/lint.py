"""Check style, XML, CSV and translations. Needs no database and no network.

Every check prints what it finds as `file:line: text` and says how many findings it has.
"""
import ast
import csv
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polib
from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
ADDONS = sorted(path.parent for path in ROOT.glob('addons/*/__manifest__.py'))
# missing-readme wants a generated README.rst, ours are the fragments in readme/; no-search-all
# minds every search([]), also of a handful of stages; consider-merging-classes wants one file for
# a large model, ours are cut by subject (crm_lead_*.py).
PYLINT_OFF = 'missing-readme,no-search-all,consider-merging-classes-inherited'

# What Odoo 19 ignores, warns about or refuses, though it looks right.
OLD_IDIOMS = re.compile(
    r"_sql_constraints|\bgroups_id\b|<tree\b|</tree>|kanban-box|oe_chatter|[\s\"']attrs=|\bname_get\b|\.read_group\("
    r"|type=['\"]json['\"]|odoo\.osv|\bexpand=\"|user_has_groups|\bself\._(?:cr|uid|context)\b|\bnumbercall\b|\bdoall\b"
    r"|\bauto_join=|\bgroup_operator\b|\btrack_visibility\b|\bt-raw=|\btoggle_active\b|view_mode\">tree")
LEFTOVERS = re.compile(r"\bbreakpoint\(\)|\bpdb\b|console\.log\(|\bdebugger;|\btime\.sleep\(|\b(?:TODO|FIXME|XXX)\b")
REGISTRIES = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|yarnpkg[.]com|(?:deb|security|snapshot|ftp)[.]?\w*[.]debian[.]org"
    r"|crates[.]io|proxy[.]golang[.]org|rubygems[.]org|files[.]pythonhosted")
MACHINE_PATHS = re.compile(r"(?<![\w.$}~])/(?:work|home|root|Users)/[\w.-]+")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif]|\{\w*\}|\$\{[^}]*\}")


def tracked_files():
    """Files of the repository, or all of them where this is no git checkout."""
    result = subprocess.run(
        ['git', '-C', ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        capture_output=True, text=True, check=False) if shutil.which('git') else None
    if result and not result.returncode:
        paths = [ROOT / name for name in result.stdout.split('\0') if name]
    else:
        paths = [
            path for path in ROOT.rglob('*')
            if not {'.local', '.git', '__pycache__'} & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


def is_shell(path):
    return path.suffix == '.sh' or not path.suffix and path.open('rb').readline().startswith(b'#!/usr/bin/env bash')


def where(path, line=1):
    return f'{path.relative_to(ROOT)}:{line}'


def find_lines(paths, pattern):
    for path in paths:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if match := pattern.search(line):
                yield f'{where(path, number)}: {match[0].strip()}'


def run(*command):
    """The lines a linter prints, none if it is content."""
    result = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        yield from (line for line in (result.stdout + result.stderr).splitlines() if line.strip())


# --- The checks: each yields findings -----------------------------------------------------------

def check_ruff(_paths):
    yield from run(sys.executable, '-m', 'ruff', 'check', '--no-cache', '--output-format=concise', '--quiet', '.')


def check_pylint(_paths):
    yield from run(
        sys.executable, '-m', 'pylint', '--rcfile=.pylintrc', f'--disable={PYLINT_OFF}',
        *(addon.relative_to(ROOT) for addon in ADDONS))


def check_shell(paths):
    for path in filter(is_shell, paths):
        yield from run('bash', '-n', path)
    if shutil.which('shellcheck'):
        yield from run('shellcheck', '-x', '-f', 'gcc', *filter(is_shell, paths))


def check_xml(paths):
    for path in paths:
        if path.suffix in ('.xml', '.svg'):
            try:
                etree.parse(path)
            except etree.XMLSyntaxError as error:
                yield f'{where(path, error.lineno)}: {error.msg}'


def check_csv(paths):
    for path in paths:
        if path.suffix != '.csv':
            continue
        with path.open(newline='') as file:
            rows = list(csv.reader(file, strict=True))
        if not rows:
            yield f'{where(path)}: empty'
        ids = [row[0] for row in rows[1:] if row and rows[0][0] == 'id']
        for number, row in enumerate(rows, start=1):
            if len(row) != len(rows[0]):
                yield f'{where(path, number)}: {len(row)} columns, the header has {len(rows[0])}'
            if ids.count(row[:1] and row[0]) > 1:
                yield f'{where(path, number)}: the id {row[0]} is there twice'


def check_manifests(_paths):
    """Every data file is listed and every listed one is there."""
    for addon in ADDONS:
        manifest = ast.literal_eval((addon / '__manifest__.py').read_text())
        if not re.fullmatch(r'19\.0(\.\d+){3}', manifest['version']):
            yield f"{where(addon / '__manifest__.py')}: version {manifest['version']} is not 19.0.x.y.z"
        listed = {*manifest.get('data', []), *manifest.get('demo', [])}
        for folder in ('data', 'demo', 'report', 'security', 'views', 'wizard'):
            for path in sorted([*addon.glob(f'{folder}/**/*.xml'), *addon.glob(f'{folder}/**/*.csv')]):
                if str(path.relative_to(addon)) not in listed:
                    yield f"{where(path)}: not in the manifest"
        for name in sorted(listed):
            if not (addon / name).is_file():
                yield f"{where(addon / '__manifest__.py')}: {name} does not exist"


def check_idioms(paths):
    yield from find_lines(
        [path for path in paths if path.suffix in ('.py', '.xml', '.js', '.csv')
         and path.relative_to(ROOT).parts[0] in ('addons', 'tests')],
        OLD_IDIOMS)


def check_leftovers(paths):
    yield from find_lines(
        [path for path in paths
         if path.suffix in ('.py', '.xml', '.js') and path.relative_to(ROOT).parts[0] == 'addons'
         and 'tests' not in path.parts],
        LEFTOVERS)


def check_hosts_and_paths(paths):
    yield from find_lines(paths, REGISTRIES)
    yield from find_lines(paths, MACHINE_PATHS)
    yield from find_lines(paths, re.compile(rf'{re.escape(str(ROOT))}(?![\w-])'))


def check_translations(_paths):
    for addon in ADDONS:
        pot_path, po_path = addon / 'i18n' / f'{addon.name}.pot', addon / 'i18n' / 'zh_CN.po'
        if not pot_path.exists() and not po_path.exists():
            if any((addon / folder).is_dir() for folder in ('models', 'views', 'static/src')):
                yield f'{where(pot_path)}: missing; run ./dev i18n'
            continue
        for path in (pot_path, po_path):
            if not path.exists():
                yield f'{where(path)}: missing; run ./dev i18n'
        if not (pot_path.exists() and po_path.exists()):
            continue
        po = polib.pofile(str(po_path))
        known = {entry.msgid for entry in polib.pofile(str(pot_path))}
        translated = {entry.msgid for entry in po if not entry.obsolete}
        for msgid in sorted(known - translated):
            yield f'{where(po_path)}: not merged, run ./dev i18n: {msgid!r}'
        for msgid in sorted(translated - known):
            yield f'{where(po_path)}: no longer a term, run ./dev i18n: {msgid!r}'
        for entry in po:
            place = where(po_path, entry.linenum)
            if entry.obsolete:
                yield f'{place}: obsolete: {entry.msgid!r}'
            elif 'fuzzy' in entry.flags:
                yield f'{place}: fuzzy: {entry.msgid!r}'
            elif not entry.msgstr:
                yield f'{place}: untranslated: {entry.msgid!r}'
            elif sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr)):
                yield f'{place}: placeholders differ: {entry.msgid!r}'


CHECKS = {
    'ruff': check_ruff,
    'pylint-odoo': check_pylint,
    'shell': check_shell,
    'XML': check_xml,
    'CSV': check_csv,
    'manifests': check_manifests,
    'idioms from before Odoo 19': check_idioms,
    'leftovers': check_leftovers,
    'registry hosts and machine paths': check_hosts_and_paths,
    'zh_CN': check_translations,
}


def main(names):
    paths = tracked_files()
    unknown = set(names) - set(CHECKS)
    if unknown:
        raise SystemExit(f"✗ There is no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}.")
    total = 0
    for name in names or CHECKS:
        start = time.monotonic()
        findings = list(CHECKS[name](paths))
        total += len(findings)
        print(f"{'✗' if findings else '✓'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        for finding in findings:
            print(f'    {finding}')
    print(f"Lint: {total} findings" if total else "Lint: clean")
    return int(bool(total))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
