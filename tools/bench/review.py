"""Review of orders: against the tier validation of the OCA, and what it costs those that need none."""
PEER = 'sale_tier_validation'
SILENT_TARGET, NOTIFIED_TARGET, PLAIN_TARGET = 1.0, 0.25, 1.05
LINES = 3
DEPARTMENTS = {'tec': 'pre', 'fin': 'fin', 'leg': 'leg'}


def run_peer(bench):
    """100 orders, three departments: request, three opinions, confirm."""
    few, many = (2, 10) if bench.quick else (10, 100)
    for side in bench.sides:
        prepare(side, prepare_review if side is bench.ours else prepare_tiers)
        finish_first(side, bench)
    for notify, target in ((False, SILENT_TARGET), (True, NOTIFIED_TARGET)):
        for side in bench.sides:
            set_notification(side, side is bench.ours, notify)
        name = "reviewers notified" if notify else "silent"
        bench.compare(
            f"review of {many}, {name}", lambda side, env: cycle(side, env, bench, many), target=target, batch=True)
        bench.compare(f"review of 1, {name}", lambda side, env: cycle(side, env, bench, 1))
    # The peer asks per order, whatever their number: ours alone says whether we do.
    counts = {size: bench.ours.measure(lambda env, size=size: request(env, size)).queries for size in (few, many)}
    print(f"request of a review: {counts[few]} queries for {few}, {counts[many]} for {many}", flush=True)


def run_plain(bench):
    """Orders that no rule asks a review of, against a plain Odoo."""
    many = 10 if bench.quick else 100
    for side in bench.sides:
        prepare(side, prepare_idle_rules if side is bench.ours else None)
    bench.compare(
        f"confirm {many}, no rule matches", lambda side, env: confirm(env, many), target=PLAIN_TARGET, batch=True)
    bench.compare("confirm 1, no rule matches", lambda side, env: confirm(env, 1))


# What is compared with what: the operations, and the add-ons of the other side
PARTS = ((run_plain, ()), (run_peer, (PEER,)))


# --- Data ---------------------------------------------------------------------------------------

def prepare(side, rules):
    with side.env(uid=1, commit=True) as env:
        side.uid = make_user(env, 'bench', 'sales_team.group_sale_salesman_all_leads').id
        env['res.partner'].create({'name': "Bench Customer", 'is_company': True, 'ref': 'bench'})
        env['product.product'].create([
            {'name': f"Product {number}", 'type': 'consu', 'list_price': 1000, 'default_code': f'BENCH{number}'}
            for number in range(LINES)])
        side.reviewers = {
            code: make_user(env, f'bench_{code}', 'sales_team.group_sale_salesman_all_leads').id
            for code in DEPARTMENTS}
        if rules:
            rules(env, side.reviewers)
        env.flush_all()
        env.cr.execute('ANALYZE')


def finish_first(side, bench):
    """One review is kept: the first one of a database makes the numbers of the year and empties caches."""
    with side.env(commit=True) as env:
        cycle(side, env, bench, 1)()


def make_user(env, login, group):
    return env['res.users'].create({
        'name': login.title(), 'login': login, 'email': f'{login}@example.com', 'notification_type': 'inbox',
        'group_ids': [(4, env.ref(group).id)]})


def prepare_tiers(env, reviewers):
    env['tier.definition'].create([
        {
            'name': f"Tier {number}", 'model_id': env['ir.model']._get('sale.order').id, 'review_type': 'individual',
            'reviewer_id': user_id, 'definition_domain': "[('amount_total', '>', 1)]", 'sequence': 10 * number,
        }
        for number, user_id in enumerate(reviewers.values(), 1)])


def prepare_review(env, reviewers):
    """One level with these departments, for every order."""
    for code, position in DEPARTMENTS.items():
        holder = env['sop.position'].search([('code', '=', position), ('company_id', '=', False)])
        holder.user_ids = [(6, 0, [reviewers[code]])]
    env['sop.review.level'].search([]).action_archive()
    env['sop.review.level'].create({
        'name': "Bench", 'code': 'bench', 'mode': 'parallel', 'approver_code': False, 'day_limit': 2,
        'department_ids': [(6, 0, env['sop.review.department'].search([('code', 'in', list(DEPARTMENTS))]).ids)],
        'rule_ids': [(0, 0, {'name': "Every order", 'trigger': 'amount', 'number': 1})]})
    env.company.sop_review_gate = 'enforce'


def prepare_idle_rules(env, reviewers):
    """Rules there are, but none that matches."""
    env['sop.review.level'].search([]).action_archive()
    env['sop.review.level'].create({
        'name': "Bench", 'code': 'bench', 'mode': 'parallel', 'day_limit': 2,
        'department_ids': [(6, 0, env['sop.review.department'].search([('code', 'in', list(DEPARTMENTS))]).ids)],
        'rule_ids': [
            (0, 0, {'name': "Very large", 'trigger': 'amount', 'number': 10 ** 9}),
            (0, 0, {'name': "Of one customer", 'applies_to': 'order',
                    'order_domain': "[('partner_id.ref', '=', 'nobody')]"})]})
    env.company.sop_review_gate = 'enforce'


def set_notification(side, is_ours, notify):
    with side.env(uid=1, commit=True) as env:
        if is_ours:
            env.company.sop_review_notify = 'activity' if notify else 'none'
        else:
            env['tier.definition'].search([]).write({
                'notify_on_create': notify, 'notify_on_pending': notify, 'notify_on_accepted': notify})


# --- Operations ---------------------------------------------------------------------------------

def make_orders(env, count):
    products = env['product.product'].search([('default_code', '=like', 'BENCH%')])
    partner = env['res.partner'].search([('ref', '=', 'bench')], limit=1)
    return env['sale.order'].create([
        {'partner_id': partner.id, 'order_line': [(0, 0, {'product_id': product.id}) for product in products]}
        for __ in range(count)])


def confirm(env, count):
    orders = make_orders(env, count)
    return orders.action_confirm


def request(env, count):
    orders = make_orders(env, count)
    return orders.action_sop_request_review


def cycle(side, env, bench, count):
    orders = make_orders(env, count)
    reviewers = [env['res.users'].browse(user_id) for user_id in side.reviewers.values()]
    review = review_ours if side is bench.ours else review_tiers

    def run():
        review(orders, reviewers)
        orders.action_confirm()
        assert set(orders.mapped('state')) == {'sale'}

    return run


def review_ours(orders, reviewers):
    orders.action_sop_request_review()
    # By their ids, as the browser sends them.
    opinions = orders.env['sop.review.opinion'].sudo().browse(orders.sudo().sop_review_id.opinion_ids.ids)
    for user in reviewers:
        opinions.filtered(lambda opinion, user=user: user in opinion.reviewer_ids).with_user(user).action_decide(
            'agree', fill=True)


def review_tiers(orders, reviewers):
    orders.request_validation()
    for user in reviewers:
        for order in orders.with_user(user):
            order.invalidate_recordset()
            order.validate_tier()
