"""Leads under an enforcing process, against leads of a plain Odoo."""
import ast

from harness import replicate
from webclient import get_arch, get_specification

CREATE_TARGET, MOVE_TARGET, KANBAN_TARGET = 1.05, 1.15, 1.15
PAGE = 80  # records the web client loads of a list, and of each column of a kanban
KANBAN, LIST, FORM = 'crm.crm_case_kanban_view_leads', 'crm.crm_case_tree_view_oppor', 'crm.crm_lead_view_form'
EVENT_NAME = "Visit"


def run(bench):
    few, many, pipeline = (5, 50, 500) if bench.quick else (10, 1000, 100_000)
    for side in bench.sides:
        prepare(side, side is bench.ours, many)
    compare_writing(bench, few, many)
    compare_reading(bench, many)
    extra = {}
    for size in (2 * many, pipeline):
        for side in bench.sides:
            fill_pipeline(side, size)
        if size == pipeline:
            bench.measure(f"publish over {size:,} leads", adopt_pipeline, batch=True)
        with bench.ours.env(uid=1, commit=True) as env:
            adopt_pipeline(bench.ours, env)()
        extra[size] = bench.count_extra(open_pipeline)
    compare_pipeline(bench, pipeline)
    bench.judge_counts("kanban in columns: extra queries", extra)


# --- Data ---------------------------------------------------------------------------------------

def prepare(side, has_process, count):
    """A salesperson with `count` leads in the first stage, ready for the next one."""
    with side.env(uid=1, commit=True) as env:
        side.uid = make_salesperson(env).id
        make_partners(env)
        if has_process:
            make_process(env).action_publish()
    with side.env(commit=True) as env:
        leads = env['crm.lead'].create(prepare_leads(env, count))
        make_events(leads)
        if has_process:
            meet_requirements(leads)
        leads[:PAGE:3].activity_schedule('mail.mail_activity_data_todo')
        env.flush_all()
        env.cr.execute('ANALYZE')


def make_salesperson(env):
    user = env['res.users'].create({
        'name': "Bench", 'login': 'bench', 'email': 'bench@example.com',
        'group_ids': [(4, env.ref('sales_team.group_sale_salesman_all_leads').id)],
    })
    env.ref('sales_team.team_sales_department').member_ids += user
    return user


def make_partners(env):
    env['res.partner'].create([
        {'name': f"Customer {number}", 'is_company': True, 'email': f'office@customer{number}.example.com'}
        for number in range(50)])
    env['crm.tag'].create([{'name': f"Tag {number}", 'color': number} for number in range(10)])


def get_stages(env):
    return [env.ref(f'crm.stage_lead{number}') for number in (1, 2, 3)]


def make_process(env):
    return env['sop.process'].create({
        'name': "Bench", 'code': 'bench',
        'stage_ids': [
            (0, 0, {
                'name': crm_stage.name, 'code': f'b{number}', 'sequence': number, 'phase': 's2_contact',
                'gate': 'enforce', 'day_limit': 5 * number, 'crm_stage_ids': [(6, 0, crm_stage.ids)],
                'requirement_ids': [(0, 0, vals) for vals in prepare_requirements(env, number)],
            })
            for number, crm_stage in enumerate(get_stages(env), 1)],
    })


def prepare_requirements(env, stage):
    """Ten requirements of mixed kinds."""
    def get_field(name):
        return env['ir.model.fields']._get('crm.lead', name).id

    vals_list = [
        *({'kind': 'confirm'} for __ in range(3)),
        *({'kind': 'document', 'document_kind': "Protocol"} for __ in range(2)),
        {'kind': 'fields', 'field_ids': [(6, 0, [get_field('email_from'), get_field('phone')])]},
        {'kind': 'fields', 'field_ids': [(6, 0, [get_field('partner_id')])]},
        {'kind': 'condition', 'condition': "[('expected_revenue', '>', 0)]"},
        {'kind': 'condition', 'condition': "[('user_id', '!=', False), ('team_id', '!=', False)]"},
        {
            'kind': 'record', 'record_field_id': get_field('calendar_event_ids'),
            'record_domain': f"[('name', '=', '{EVENT_NAME}')]",
        },
    ]
    return [
        {'name': f"Item {stage}.{number}", 'code': f'b{stage}.{number}', 'sequence': number, **vals}
        for number, vals in enumerate(vals_list)]


def prepare_leads(env, count):
    partners = env['res.partner'].search([('name', '=like', 'Customer %')]).ids
    tags = env['crm.tag'].search([('name', '=like', 'Tag %')]).ids
    return [{
        **prepare_new_lead(number),
        'partner_id': partners[number % len(partners)],
        'tag_ids': [(6, 0, [tags[number % len(tags)], tags[number // 7 % len(tags)]])],
    } for number in range(count)]


def prepare_new_lead(number):
    return {
        'name': f"Lead {number}", 'type': 'opportunity', 'contact_name': f"Contact {number}",
        'email_from': f'contact{number}@example.com', 'phone': '+86 10 5555 0100', 'expected_revenue': 1000 + number,
    }


def make_events(leads):
    # sudo: rows are copied behind the back of the access rights.
    event = leads.env['calendar.event'].sudo().create({
        'name': EVENT_NAME, 'start': '2025-01-06 09:00:00', 'stop': '2025-01-06 10:00:00',
        'opportunity_id': leads[0].id, 'res_id': leads[0].id,
    })
    replicate(event, leads[1:].ids, opportunity_id='s.id', res_id='s.id')


def meet_requirements(leads):
    """Tick on the first lead what staff tick, and copy the evidence to the others."""
    lead = leads[0]
    # sudo: the salesperson reads the procedure through the checklist only.
    for requirement in lead.sudo().sop_stage_id.requirement_ids:
        if requirement.kind in ('confirm', 'document'):
            file = lead.env['ir.attachment'].create({
                'name': 'protocol.txt', 'raw': b'Protocol', 'res_model': lead._name, 'res_id': lead.id})
            lead.action_sop_tick(requirement.id, attachment_ids=file.ids)
    for check in lead.sop_check_ids:
        replicate(check, leads[1:].ids, lead_id='s.id')


def fill_pipeline(side, count):
    """Bring the pipeline to `count` leads, in all stages, with partners and tags."""
    with side.env(uid=1, commit=True) as env:
        leads = env['crm.lead']
        template = leads.search([], order='id', limit=1)
        stages, partners = [stage.id for stage in get_stages(env)], env['res.partner'].search(
            [('name', '=like', 'Customer %')]).ids
        position = {name: 'NULL' for name in leads._fields if name.startswith('sop_')}
        last = template.search([], order='id desc', limit=1).id
        numbers = range(last + 1, last + 1 + count - leads.search_count([]))
        replicate(
            template, numbers, **position,
            id='s.id',
            name="'Lead ' || s.id",
            stage_id=f'(ARRAY{stages})[1 + s.id % {len(stages)}]',
            partner_id=f'(ARRAY{partners})[1 + s.id % {len(partners)}]',
            expected_revenue='s.id % 90000',
            priority="(s.id % 4)::text")
        env.cr.execute(
            "INSERT INTO crm_tag_rel (lead_id, tag_id) SELECT id, %s FROM crm_lead WHERE id > %s",
            [env['crm.tag'].search([('name', '=', 'Tag 1')]).id, last])
        env.cr.execute("SELECT setval('crm_lead_id_seq', %s)", [numbers.stop])
        for check in template.sop_check_ids if 'sop.process' in env else ():
            # On every fourth of them somebody was at work.
            replicate(check, numbers[::4], lead_id='s.id')
        env.cr.execute('ANALYZE')


# --- Operations ---------------------------------------------------------------------------------

def get_domain(env):
    """What the menu of the pipeline shows."""
    return [('type', '=', 'opportunity'), ('user_id', '=', env.uid)]


def create(side, env, count):
    vals_list = [prepare_new_lead(number) for number in range(count)]
    return lambda: env['crm.lead'].create(vals_list)


def move(side, env, count):
    """A drag from the first stage to the second."""
    first, second, __ = get_stages(env)
    leads = env['crm.lead'].search([('stage_id', '=', first.id)], order='id', limit=count)
    assert len(leads) == count
    return lambda: leads.write({'stage_id': second.id})


def read_kanban(side, env, count):
    spec = get_specification(env, 'crm.lead', KANBAN, 'kanban')
    return lambda: env['crm.lead'].web_search_read(get_domain(env), spec, limit=count, count_limit=10_001)


def read_summary(side, env, count):
    """What our widget asks for when the cards are shown."""
    leads = env['crm.lead'].search(get_domain(env), limit=count)
    return leads.get_sop_summary


def read_kanban_and_summary(side, env, count):
    read = read_kanban(side, env, count)

    def run():
        ids = [vals['id'] for vals in read()['records']]
        if 'sop.process' in env:
            # A request of its own.
            env.invalidate_all()
            env['crm.lead'].browse(ids).get_sop_summary()
    return run


def read_list(side, env, count):
    spec = get_specification(env, 'crm.lead', LIST, 'list')
    return lambda: env['crm.lead'].web_search_read(get_domain(env), spec, limit=count, count_limit=10_001)


def read_form(side, env):
    spec = get_specification(env, 'crm.lead', FORM, 'form')
    lead = env['crm.lead'].search(get_domain(env), limit=1)
    return lambda: lead.with_context(bin_size=True).web_read(spec)


def read_checklist(side, env):
    lead = env['crm.lead'].search(get_domain(env), limit=1)
    return lead.get_sop_checklist


def read_journey(side, env):
    return env['crm.lead'].search(get_domain(env), limit=1).get_sop_journey


def read_my_items(side, env):
    return env['crm.lead'].get_sop_my_items


def open_pipeline(side, env):
    """The kanban in columns, with its progress bars and the summaries of the cards shown."""
    leads = env['crm.lead'].with_context(read_group_expand=True)
    arch = get_arch(env, 'crm.lead', KANBAN, 'kanban')
    spec = get_specification(env, 'crm.lead', KANBAN, 'kanban')
    bar = arch.find('progressbar')
    progress = {'field': bar.get('field'), 'colors': ast.literal_eval(bar.get('colors'))}
    sums = [
        f"{bar.get(name)}:{function}"
        for name in ('sum_field', 'recurring_revenue_sum_field') for function in ('sum', 'sum_currency')]

    def run():
        groups = leads.web_read_group(
            get_domain(env), ['stage_id'], sums, auto_unfold=True,
            unfold_read_specification=spec, unfold_read_default_limit=PAGE)['groups']
        leads.read_progress_bar(get_domain(env), 'stage_id', progress)
        if 'sop.process' in env:
            # A request of its own.
            env.invalidate_all()
            ids = [vals['id'] for group in groups for vals in group.get('__records', ())]
            env['crm.lead'].browse(ids).get_sop_summary()
    return run


def adopt_pipeline(side, env):
    """What publishing does to the leads that are there already."""
    # sudo: the publisher's work.
    process = env['sop.process'].sudo().search([('code', '=', 'bench')])
    return process._adopt_documents


def search_flag(name):
    """The filters of the search view."""
    return lambda side, env: lambda: env['crm.lead'].search([*get_domain(env), (name, '=', True)], limit=PAGE)


# --- Figures ------------------------------------------------------------------------------------

def compare_writing(bench, few, many):
    for title, operation, targets, rows in (
        ('create', create, (CREATE_TARGET, CREATE_TARGET), 0),
        # Each move is logged.
        ('move', move, (None, MOVE_TARGET), 1),
    ):
        bench.compare(f"{title} 1 lead", at(operation, 1), target=targets[0])
        bench.compare(f"{title} {many:,} leads", at(operation, many), target=targets[1], batch=True)
        bench.judge_growth(f"{title}: {few} and {many:,} leads", operation, (few, many), rows)


def compare_reading(bench, many):
    page = min(PAGE, many)
    bench.compare(f"kanban of {page}", at(read_kanban, page), target=KANBAN_TARGET)
    bench.compare(f"kanban of {page} and its summaries", at(read_kanban_and_summary, page))
    bench.measure(f"summaries of {page}", at(read_summary, page))
    bench.judge_growth(f"kanban and summaries: 10 and {page} leads", read_kanban_and_summary, (10, page))
    bench.compare(f"list of {page}", at(read_list, page))
    bench.judge_growth(f"list: 10 and {page} leads", read_list, (10, page))
    bench.compare("form", read_form)
    bench.measure("checklist of the form", read_checklist)
    bench.measure("journey of the form", read_journey)


def compare_pipeline(bench, count):
    size = f"{count:,} leads"
    bench.compare(f"open the kanban of {size}", open_pipeline, batch=True)
    bench.compare(f"open the list of {size}", at(read_list, PAGE), batch=True)
    bench.measure(f"filter: open items, {size}", search_flag('sop_has_open'), batch=True)
    bench.measure(f"my open items, {size}", read_my_items, batch=True)
    bench.measure(f"filter: overdue, {size}", search_flag('sop_is_overdue'), batch=True)


def at(operation, count):
    return lambda side, env: operation(side, env, count)
