"""Odoo's importer: a prospect list with its checks, against the same columns in a plain Odoo."""
import csv
import io

from lead import get_stages, make_process, make_salesperson

TARGET = 1.25
BATCH = 2000  # rows the web client sends at a time
COLUMNS = ('name', 'partner_name', 'contact_name', 'email_from', 'phone', 'city', 'country_id', 'expected_revenue')
OPTIONS = {'has_headers': True, 'quoting': '"', 'separator': ',', 'encoding': 'utf-8', 'limit': BATCH}
# Rows more on our side: of each hundred, one that is in the file already and one that is in the database.
DUPLICATES = 100


def run(bench):
    few, many = (20, 200) if bench.quick else (100, 10_000)
    for side in bench.sides:
        prepare(side, side is bench.ours, many)
    bench.compare(f"import {many:,} rows", at(load, many, bench), target=TARGET, batch=True)
    bench.compare(f"import {many:,} rows: test", at(check, many, bench), batch=True)
    bench.judge_growth(
        f"import: {few} and {10 * few} rows",
        lambda side, env, size: load(side, env, size, bench), (few, 10 * few), rows=2)


def prepare(side, has_process, count):
    """A salesperson, and as many leads as are imported, in the pipeline already."""
    with side.env(uid=1, commit=True) as env:
        side.uid = make_salesperson(env).id
        if has_process:
            make_process(env).action_publish()
            env['sop.prospect.list'].create({'name': "Bench", 'source': 'database', 'legal_basis': 'licensed'})
        stage = get_stages(env)[0]
        env['crm.lead'].create([
            {**dict(zip(COLUMNS[:6], prepare_row(number), strict=False)), 'stage_id': stage.id, 'type': 'opportunity'}
            for number in range(-count, 0)])
        env.flush_all()
        env.cr.execute('ANALYZE')


def prepare_row(number):
    return [
        f"Lead {number}", f"Works {number} Co., Ltd.", f"Contact {number}", f'office@works{number}.example.com',
        f'+86 10 5{number % 10 ** 7:07d}', "Wuxi", "China", str(1000 + number % 1000)]


def prepare_file(side, count, bench):
    """The same rows on both sides; on ours with duplicates more."""
    rows = [prepare_row(number) for number in range(count)]
    if side is bench.ours:
        rows += rows[::DUPLICATES] + [prepare_row(-1 - number) for number in range(0, count, DUPLICATES)]
    file = io.StringIO()
    csv.writer(file).writerows([COLUMNS, *rows])
    return file.getvalue().encode(), len(rows)


def load(side, env, count, bench, dryrun=False):
    content, number = prepare_file(side, count, bench)
    importer = env['base_import.import'].create({
        'res_model': 'crm.lead', 'file': content, 'file_name': 'bench.csv', 'file_type': 'text/csv'})
    importer = importer.with_context(tracking_disable=True)
    if side is bench.ours:
        importer.sop_list_id = env['sop.prospect.list'].search([], limit=1)

    def run():
        for skip in range(0, number, BATCH):
            result = importer.execute_import(list(COLUMNS), list(COLUMNS), {**OPTIONS, 'skip': skip}, dryrun=dryrun)
            assert not result['messages'], result['messages']
    return run


def check(side, env, count, bench):
    return load(side, env, count, bench, dryrun=True)


def at(operation, count, bench):
    return lambda side, env: operation(side, env, count, bench)
