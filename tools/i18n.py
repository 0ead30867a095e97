"""Export the terms of our add-ons with Odoo and merge them into zh_CN.po.

Translations are kept and terms that are gone are dropped. A new term that Odoo itself uses (the
fields of every model, of its mixins) gets Odoo's translation; the others are left empty and counted.
"""
import os
import sys
from functools import cache
from pathlib import Path

import database
import polib
from database import ADDONS, ROOT, say

LANGUAGE = 'zh_CN'
# Where terms that come with inherited models are translated; the first one wins.
ODOO_MODULES = ('base', 'mail', 'web', 'resource', 'sales_team', 'crm', 'sale', 'portal', 'rating', 'base_automation')
DATABASE = f'sop_i18n_{os.getpid()}'


def get_terms(file):
    return [(entry.msgid, entry.comment, entry.occurrences) for entry in file if not entry.obsolete]


def export(addon):
    """Odoo writes i18n/ADDON.pot; an export that brings nothing new leaves the old file."""
    folder = ROOT / 'addons' / addon / 'i18n'
    path = folder / f'{addon}.pot'
    old = path.read_bytes() if path.exists() else None
    folder.mkdir(exist_ok=True)
    database.run_odoo('i18n', 'export', '-d', DATABASE, '-l', 'pot', '--', addon)
    pot = polib.pofile(str(path)) if path.exists() else polib.POFile()
    if not len(pot):
        path.unlink(missing_ok=True)
        return None
    if old and get_terms(polib.pofile(old.decode())) == get_terms(pot):
        path.write_bytes(old)
    return polib.pofile(str(path))


@cache
def get_odoo_translations():
    translations = {}
    for module in ODOO_MODULES:
        for folder in ('odoo/addons', 'addons'):
            path = Path(os.environ['ODOO_SRC'], folder, module, 'i18n', f'{LANGUAGE}.po')
            for entry in polib.pofile(str(path)).translated_entries() if path.exists() else ():
                translations.setdefault(entry.msgid, entry.msgstr)
    return translations


def merge(addon, pot):
    """-> the number of terms without a translation"""
    path = ROOT / 'addons' / addon / 'i18n' / f'{LANGUAGE}.po'
    known = {entry.msgid: entry for entry in polib.pofile(str(path))} if path.exists() else {}
    po = polib.POFile()
    po.header = f'Translation of Odoo Server.\nThis file contains the translation of the following modules:\n* {addon}'
    po.metadata = {**pot.metadata, 'Language': LANGUAGE, 'Language-Team': 'Chinese (Simplified)'}
    for entry in pot:
        old = known.get(entry.msgid)
        po.append(polib.POEntry(
            msgid=entry.msgid, msgstr=(old and old.msgstr) or get_odoo_translations().get(entry.msgid, ''),
            comment=entry.comment, tcomment=old.tcomment if old else '',
            flags=old.flags if old else entry.flags, occurrences=entry.occurrences))
    po.save(str(path))
    return len(po.untranslated_entries())


def main(names):
    unknown = set(names) - set(ADDONS)
    if unknown:
        raise SystemExit(f"✗ There is no add-on {', '.join(sorted(unknown))}; there are {', '.join(ADDONS)}.")
    addons = [name for name in ADDONS if not names or name in names]
    try:
        database.clone(database.make_template(), DATABASE)
        for addon in addons:
            # One after the other: a later one may change records of an earlier one.
            say(f"Installing {addon} to see all terms")
            database.install(DATABASE, addon)
            pot = export(addon)
            if pot is None:
                print(f"{addon}: nothing to translate")
                continue
            print(f"{addon}: {len(pot)} terms, {merge(addon, pot)} untranslated")
    finally:
        database.drop(DATABASE)


if __name__ == '__main__':
    main(sys.argv[1:])
