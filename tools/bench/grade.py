"""Grading all leads, against an UPDATE written by hand that sets the same columns from the same conditions."""
import resource
from dataclasses import asdict, dataclass

import lead
from figures import TimeFigure
from harness import replicate

REGRADE_TARGET, GROWTH_TARGET, MEMORY_TARGET, QUERIES_TARGET = 2.0, 1.3, 200, 5
# Of a million leads, each takes minutes.
ROUNDS = 2
# What rates itself besides what is shipped so: 8 of the 12 criteria do.
CONDITIONS = {
    'need_gap': {5: [('priority', '=', '3')], 3: [('priority', '=', '2')], 1: [('priority', '=', '1')]},
    'buy_budget': {
        5: [('expected_revenue', '>=', 60000)], 3: [('expected_revenue', '>=', 30000)],
        1: [('expected_revenue', '>', 0)]},
    'buy_engage': {
        5: [('automated_probability', '>=', 80)], 3: [('automated_probability', '>=', 50)],
        1: [('automated_probability', '>=', 20)]},
}
BY_HAND = ('fit_decision', 'need_clarity', 'buy_position', 'buy_credit')
# The same by hand. Every name is a criterion, every number a rating.
STATEMENT = """
    WITH rated AS (
        SELECT id, sop_ratings AS answers, sop_grade_manual, sop_grade_manual_until,
               CASE WHEN sop_industry_id = %(industry)s THEN 5 WHEN sop_industry_id = %(neighbour)s THEN 3
                    WHEN sop_industry_id IS NOT NULL AND sop_industry_id <> %(excluded)s THEN 1
                    WHEN sop_industry_id = %(excluded)s THEN 0 END AS fit_industry,
               CASE WHEN sop_size_band = 'medium' THEN 5 WHEN sop_size_band IN ('small', 'large') THEN 3
                    WHEN sop_size_band = 'micro' THEN 1 END AS fit_size,
               CASE WHEN country_id = %(country)s THEN 5
                    WHEN country_id IS NOT NULL OR state_id IS NOT NULL THEN 1 END AS fit_region,
               CASE WHEN sop_purchase_habit = 'direct' THEN 5 WHEN sop_purchase_habit = 'tender' THEN 3
                    WHEN sop_purchase_habit IS NOT NULL THEN 1 END AS fit_habit,
               CASE WHEN date_deadline >= CURRENT_DATE AND date_deadline <= CURRENT_DATE + INTERVAL '3 months' THEN 5
                    WHEN date_deadline >= CURRENT_DATE AND date_deadline <= CURRENT_DATE + INTERVAL '6 months' THEN 3
                    WHEN date_deadline >= CURRENT_DATE AND date_deadline <= CURRENT_DATE + INTERVAL '12 months' THEN 1
                    WHEN date_deadline > CURRENT_DATE + INTERVAL '12 months' THEN 0 END AS need_urgency,
               CASE priority WHEN '3' THEN 5 WHEN '2' THEN 3 WHEN '1' THEN 1 END AS need_gap,
               CASE WHEN expected_revenue >= 60000 THEN 5 WHEN expected_revenue >= 30000 THEN 3
                    WHEN expected_revenue > 0 THEN 1 END AS buy_budget,
               CASE WHEN automated_probability >= 80 THEN 5 WHEN automated_probability >= 50 THEN 3
                    WHEN automated_probability >= 20 THEN 1 END AS buy_engage,
               (sop_ratings ->> 'fit_decision')::integer AS fit_decision,
               (sop_ratings ->> 'need_clarity')::integer AS need_clarity,
               (sop_ratings ->> 'buy_position')::integer AS buy_position,
               (sop_ratings ->> 'buy_credit')::integer AS buy_credit
          FROM crm_lead
         WHERE sop_process_id IS NOT NULL
    ),
    scored AS (
        SELECT rated.*,
               ROUND((10 * COALESCE(fit_industry, 0) + 8 * COALESCE(fit_size, 0) + 6 * COALESCE(fit_region, 0)
                    + 8 * COALESCE(fit_habit, 0) + 8 * COALESCE(fit_decision, 0) + 12 * COALESCE(need_clarity, 0)
                    + 10 * COALESCE(need_urgency, 0) + 8 * COALESCE(need_gap, 0) + 10 * COALESCE(buy_budget, 0)
                    + 8 * COALESCE(buy_engage, 0) + 6 * COALESCE(buy_position, 0) + 6 * COALESCE(buy_credit, 0)
               ) / 5.0, 1) AS score,
               10 * (fit_industry IS NOT NULL)::integer + 8 * (fit_size IS NOT NULL)::integer
                    + 6 * (fit_region IS NOT NULL)::integer + 8 * (fit_habit IS NOT NULL)::integer
                    + 8 * (fit_decision IS NOT NULL)::integer + 12 * (need_clarity IS NOT NULL)::integer
                    + 10 * (need_urgency IS NOT NULL)::integer + 8 * (need_gap IS NOT NULL)::integer
                    + 10 * (buy_budget IS NOT NULL)::integer + 8 * (buy_engage IS NOT NULL)::integer
                    + 6 * (buy_position IS NOT NULL)::integer + 6 * (buy_credit IS NOT NULL)::integer AS completeness,
               CASE WHEN fit_industry = 0 THEN %(fit_industry)s
                    WHEN buy_credit = 0 THEN %(buy_credit)s END AS knockout_id,
               CASE WHEN sop_grade_manual_until < CURRENT_DATE THEN 0 ELSE COALESCE(sop_grade_manual, 0) END AS shift
          FROM rated
    )
    UPDATE crm_lead
       SET sop_profile_id = %(profile)s,
           sop_ratings = jsonb_strip_nulls(COALESCE(answers, '{}') || jsonb_build_object(
               'fit_industry', fit_industry, 'fit_size', fit_size, 'fit_region', fit_region, 'fit_habit', fit_habit,
               'need_urgency', need_urgency, 'need_gap', need_gap, 'buy_budget', buy_budget, 'buy_engage', buy_engage)),
           sop_score = score,
           sop_completeness = completeness,
           sop_grade = (ARRAY['a', 'b', 'c', 'd'])[1 + LEAST(GREATEST(
               CASE WHEN knockout_id IS NOT NULL THEN 3 WHEN score >= 80 THEN 0 WHEN score >= 60 THEN 1
                    WHEN score >= 40 THEN 2 ELSE 3 END - shift, 0), 3)],
           sop_grade_date = NOW() AT TIME ZONE 'UTC',
           sop_grade_is_provisional = FALSE,
           sop_grade_is_decayed = FALSE,
           sop_knockout_id = knockout_id,
           sop_grade_manual = NULLIF(shift, 0),
           sop_grade_manual_until = CASE WHEN shift <> 0 THEN crm_lead.sop_grade_manual_until END,
           sop_grade_manual_reason = CASE WHEN shift <> 0 THEN crm_lead.sop_grade_manual_reason END,
           sop_grade_manual_by_id = CASE WHEN shift <> 0 THEN crm_lead.sop_grade_manual_by_id END
      FROM scored
     WHERE crm_lead.id = scored.id
"""


@dataclass
class LimitFigure:
    """A number that must not be exceeded."""

    benchmark: str
    name: str
    value: float
    limit: float | None
    unit: str = ''

    @property
    def is_missed(self):
        return self.limit is not None and self.value > self.limit

    @property
    def verdict(self):
        allowed = '' if self.limit is None else f", allowed {self.limit:g}{self.unit}"
        return f"{self.value:.2f}{self.unit}{allowed}"

    def as_dict(self):
        return {**asdict(self), 'missed': self.is_missed}

    def __str__(self):
        return f"{self.name:38} {self.verdict} {'✗' if self.is_missed else '✓'}"


def run(bench):
    few, many = (500, 2000) if bench.quick else (10_000, 1_000_000)
    for side in bench.sides:
        prepare(side, side is bench.ours)
    bench._add(LimitFigure(
        bench.name, "save 1 lead: extra queries", bench.count_extra(save_one), QUERIES_TARGET))
    costs = {}
    for size in (few, many):
        fill(bench.ours, size)
        before = get_memory()
        figure = compare_regrade(bench, size, REGRADE_TARGET if size == many else None)
        memory = get_memory() - before
        costs[size] = figure.get_median('ours', 'cpu') / size
    bench._add(LimitFigure(
        bench.name, f"cost per lead, {many:,} against {few:,}", costs[many] / costs[few],
        None if bench.quick else GROWTH_TARGET, '×'))
    bench._add(LimitFigure(
        bench.name, f"memory for {many:,} leads", memory, None if bench.quick else MEMORY_TARGET, ' MB'))


def get_memory():
    """The most memory this process has used, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- Data ---------------------------------------------------------------------------------------

def prepare(side, has_grading):
    with side.env(uid=1, commit=True) as env:
        side.uid = lead.make_salesperson(env).id
        if has_grading:
            lead.make_process(env).action_publish()
            make_profile(env)
            make_conditions(env)
    with side.env(commit=True) as env:
        env['crm.lead'].create(lead.prepare_new_lead(0))
    if has_grading:
        with side.env(uid=1, commit=True) as env:
            env['crm.lead'].search([])._sop_regrade("Bench")


def make_profile(env):
    industries = env['res.partner.industry'].create([{'name': f"Bench {number}"} for number in range(4)])
    env['sop.customer.profile'].create({
        'name': "Bench",
        'industry_ids': [(6, 0, industries[0].ids)],
        'neighbour_industry_ids': [(6, 0, industries[1].ids)],
        'excluded_industry_ids': [(6, 0, industries[2].ids)],
        'size_band': 'medium',
        'country_ids': [(6, 0, env.ref('base.cn').ids)],
        'purchase_habit': 'direct',
        'decision_role_ids': [(6, 0, env.ref('sales_sop.sop_stakeholder_role_decision').ids)],
    }).with_user(env.ref('base.user_admin')).action_approve()


def make_conditions(env):
    criteria = env['sop.grade.criterion'].search([])
    for criterion in criteria:
        for level in criterion.level_ids:
            if criterion.key in BY_HAND:
                level.domain = False
            elif criterion.key in CONDITIONS:
                domain = CONDITIONS[criterion.key].get(int(level.rating))
                level.domain = domain and repr(domain)


def get_industries(env):
    return env['res.partner.industry'].search([('name', '=like', 'Bench %')], order='name')


def fill(side, count):
    """Bring the leads to `count`, all of them under the process, as different as leads are, graded by hand."""
    with side.env(uid=1, commit=True) as env:
        template = env['crm.lead'].search([], order='id', limit=1)
        last = template.search([], order='id desc', limit=1).id
        numbers = range(last + 1, last + 1 + count - template.search_count([]))
        countries = [env.ref('base.cn').id, env.ref('base.fr').id]
        replicate(
            template, numbers,
            id='s.id',
            name="'Lead ' || s.id",
            stage_id='r.stage_id',
            expected_revenue='s.id * 7 % 90000',
            priority="(s.id % 4)::text",
            country_id=f'(ARRAY{countries})[1 + s.id % 2]',
            date_deadline="CURRENT_DATE + (s.id % 500)::integer",
            automated_probability='s.id % 100',
            sop_industry_id=f'(ARRAY{get_industries(env).ids})[1 + s.id % 4]',
            sop_size_band="(ARRAY['micro', 'small', 'medium', 'large'])[1 + s.id / 4 % 4]",
            sop_purchase_habit="(ARRAY['direct', 'tender', 'framework', NULL])[1 + s.id / 16 % 4]",
            sop_ratings="jsonb_build_object("
                        "'need_clarity', s.id % 6, 'buy_position', s.id % 5, 'buy_credit', 1 + s.id % 5)")
        env.cr.execute("SELECT setval('crm_lead_id_seq', %s)", [numbers.stop])
        grade_by_hand(env)
    clean(side)


def clean(side):
    """Remove the versions of the rows a round left behind."""
    with side.registry.cursor() as cr:
        cr.commit()
        cr._cnx.autocommit = True
        cr.execute('VACUUM (ANALYZE) crm_lead')
        cr._cnx.autocommit = False


# --- Operations ---------------------------------------------------------------------------------

def save_one(side, env):
    """A change of what a condition looks at."""
    record = env['crm.lead'].search([], order='id', limit=1)
    record.read(['name', 'expected_revenue'])
    return lambda: record.write({'expected_revenue': record.expected_revenue + 1})


def change_some(env, number):
    """What happens between two gradings: one lead in fifty is another one now."""
    env.cr.execute(
        "UPDATE crm_lead SET sop_size_band = CASE sop_size_band WHEN 'medium' THEN 'micro' ELSE 'medium' END"
        " WHERE id %% 50 = %s", [number])


def regrade(env, number):
    """The scheduled job after a change of the settings."""
    change_some(env, number)
    env['res.company'].search([])._sop_request_regrade()
    return env['crm.lead']._cron_sop_regrade


def update_by_hand(env, number):
    change_some(env, number)
    return lambda: grade_by_hand(env)


def grade_by_hand(env):
    industry, neighbour, excluded, __ = get_industries(env).ids
    env.cr.execute(STATEMENT, {
        'industry': industry, 'neighbour': neighbour, 'excluded': excluded,
        'country': env.ref('base.cn').id,
        'profile': env['sop.customer.profile'].search([('state', '=', 'approved')], limit=1).id,
        **{key: env.ref(f'sales_sop.sop_grade_criterion_{key}').id for key in ('fit_industry', 'buy_credit')},
    })


def compare_regrade(bench, size, target):
    figure = TimeFigure(
        bench.name, f"grade {size:,} leads again", [], [], target=None if bench.quick else target)
    for number in range(min(bench.rounds, ROUNDS)):
        for samples, operation in ((figure.ours, regrade), (figure.theirs, update_by_hand)):
            samples.append(bench.ours.measure(lambda env, run=operation, number=number: run(env(user=1), number)))
            clean(bench.ours)
    check_results(bench.ours)
    return bench._add(figure)


def check_results(side):
    """What the job wrote is what the statement by hand writes."""
    columns = 'sop_score, sop_completeness, sop_grade, sop_knockout_id, sop_profile_id, sop_ratings'
    with side.env(uid=1) as env:
        env.cr.execute(f"CREATE TEMPORARY TABLE graded ON COMMIT DROP AS SELECT id, {columns} FROM crm_lead")
        grade_by_hand(env)
        env.cr.execute(
            f"SELECT count(*) FROM (SELECT * FROM graded EXCEPT SELECT id, {columns} FROM crm_lead) AS other")
        assert env.cr.fetchone() == (0,), "the job and the statement by hand differ"
