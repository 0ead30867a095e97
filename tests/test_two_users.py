"""Two people at the same moment, in two transactions that really overlap.

Each person is a thread with a cursor of its own; what the database refuses is tried again, as the
server does it for a request.
"""
import threading
from functools import partial
from types import SimpleNamespace

import database
import psycopg2.errors
import pytest
from inside import commit, open_registry

import odoo
from odoo.exceptions import UserError

PATIENCE = 60  # seconds; a test that waits longer hangs


@pytest.fixture(scope='module')
def registry(make_database, stock_source):
    name = make_database(stock_source)
    database.install(name, 'sales_sop')
    with open_registry(name) as registry:
        yield registry


@pytest.fixture(scope='module')
def world(registry):
    """A published process of three stages that enforces, and its people."""
    def build(env):
        groups = {
            'amy': 'sales_team.group_sale_salesman_all_leads', 'ben': 'sales_team.group_sale_salesman_all_leads',
            'mike': 'sales_team.group_sale_manager',
        }
        users = {
            login: env['res.users'].create({
                'name': login.capitalize(), 'login': login, 'email': f'{login}@example.com',
                'group_ids': [(6, 0, env.ref(group).ids)]}).id
            for login, group in groups.items()}
        team = env['crm.team'].create({'name': "Races", 'company_id': False})
        stages = env['crm.stage'].create([
            {'name': f"Race {number}", 'sequence': number, 'team_ids': [(6, 0, team.ids)]} for number in range(1, 4)])
        process = env['sop.process'].create({
            'name': "Races", 'code': 'races', 'team_ids': [(6, 0, team.ids)],
            'stage_ids': [(0, 0, {
                'name': f"Stage {number}", 'code': f's{number}', 'sequence': number, 'gate': 'enforce',
                'crm_stage_ids': [(6, 0, stages[number - 1].ids)],
                'requirement_ids': [(0, 0, {
                    'code': f'R{number}', 'name': f"Requirement {number}", 'verify': number == 2})],
            }) for number in range(1, 4)],
        })
        process.action_publish()
        reason = env['crm.lost.reason'].create({'name': "Too slow"})
        return SimpleNamespace(
            team=team.id, stages=stages.ids, process=process.id, lost_reason=reason.id,
            items=process.stage_ids.requirement_ids.sorted('code').ids, **users)

    return commit(registry, build)


class Race:
    """Two pieces of work that have both read before either of them writes."""

    def __init__(self, registry, world):
        self.registry, self.world = registry, world
        self.lead = commit(registry, lambda env: env['crm.lead'].create({
            'name': "Contested", 'type': 'opportunity', 'team_id': world.team, 'stage_id': world.stages[0],
            'user_id': world.amy}).id)

    def do(self, user_id, act):
        """`act(lead)` as a user, alone."""
        return commit(self.registry, lambda env: act(env['crm.lead'].browse(self.lead)) and None, user_id)

    def run(self, *works):
        """Run `(user_id, act)` together; returns for each None or the error it ended with."""
        barrier = threading.Barrier(len(works), timeout=PATIENCE)
        outcomes = [None] * len(works)

        def work(index, user_id, act):
            first = threading.Event()

            def attempt(env):
                lead = env['crm.lead'].browse(self.lead)
                # The transaction sees the world as it is now, with everything in the cache.
                lead.read(['stage_id', 'sop_stage_id'])
                lead.get_sop_checklist()
                if not first.is_set():
                    first.set()
                    barrier.wait()
                act(lead)

            try:
                commit(self.registry, attempt, user_id)
            except UserError as error:
                outcomes[index] = error
            except BaseException as error:
                barrier.abort()
                outcomes[index] = error

        threads = [threading.Thread(target=work, args=(index, *pair), daemon=True) for index, pair in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "two transactions wait for each other"
        for outcome in outcomes:
            assert outcome is None or isinstance(outcome, UserError), outcome
        return outcomes

    def read(self):
        """How it ended, seen by a third transaction."""
        def look(env):
            lead = env['crm.lead'].browse(self.lead)
            checks = env['sop.check'].search([('lead_id', '=', lead.id)])
            return SimpleNamespace(
                stage=self.world.stages.index(lead.stage_id.id) if lead.stage_id.id in self.world.stages else None,
                sop_stage=lead.sop_stage_id.sequence, outcome=lead.sop_outcome,
                live=len(checks.filtered(lambda check: not check.revoked_date)), checks=len(checks),
                verified=bool(checks.verified_by_id),
                moves=[(move.kind, move.from_stage_id.sequence, move.to_stage_id.sequence)
                       for move in env['sop.transition'].search([('lead_id', '=', lead.id)], order='id')])

        return commit(self.registry, look)


@pytest.fixture
def race(registry, world):
    return Race(registry, world)


ROUNDS = pytest.mark.parametrize('round_', range(5))


@ROUNDS
def test_both_tick_the_same_item(race, world, round_):
    outcomes = race.run(
        (world.amy, lambda lead: lead.action_sop_tick(world.items[0])),
        (world.ben, lambda lead: lead.action_sop_tick(world.items[0])))
    [error] = [outcome for outcome in outcomes if outcome]
    assert "just been done" in str(error) or "was done by" in str(error)
    assert "Contested" in str(error)
    result = race.read()
    assert (result.live, result.checks) == (1, 1)


@ROUNDS
def test_one_moves_on_while_the_other_revokes(race, world, round_):
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[0]))
    check = commit(race.registry, lambda env: env['sop.check'].search([('lead_id', '=', race.lead)]).id)
    moved, revoked = race.run(
        (world.amy, lambda lead: lead.write({'stage_id': world.stages[1]})),
        (world.mike, lambda lead: lead.env['sop.check'].browse(check).action_revoke("Not true")))
    result = race.read()
    assert revoked is None and result.live == 0
    if moved is None:
        # It went first; the evidence was revoked behind it, and the next gate asks again.
        assert (result.stage, result.sop_stage, result.moves) == (1, 2, [('forward', 1, 2)])
        with pytest.raises(UserError, match="Requirement 1"):
            race.do(world.amy, lambda lead: lead.write({'stage_id': world.stages[2]}))
    else:
        assert "Requirement 1" in str(moved)
        assert (result.stage, result.sop_stage, result.moves) == (0, 1, [])


def test_revoked_before_the_move_is_written(race, world):
    """The mover has read live evidence; it is revoked and committed before his move is."""
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[0]))
    with race.registry.cursor() as cursor:
        lead = odoo.api.Environment(cursor, world.amy, {})['crm.lead'].browse(race.lead)
        assert lead.get_sop_checklist()['can_complete']
        commit(race.registry, lambda env: env['sop.check'].search(
            [('lead_id', '=', race.lead)]).action_revoke("Not true"), world.mike)
        with pytest.raises(psycopg2.errors.SerializationFailure):
            lead.write({'stage_id': world.stages[1]})
            lead.env.flush_all()
        cursor.rollback()
    with pytest.raises(UserError, match="Requirement 1"):
        race.do(world.amy, lambda lead: lead.write({'stage_id': world.stages[1]}))
    assert race.read().stage == 0


def test_moved_before_the_revocation_is_written(race, world):
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[0]))
    with race.registry.cursor() as cursor:
        check = odoo.api.Environment(cursor, world.mike, {})['sop.check'].search([('lead_id', '=', race.lead)])
        assert not check.revoked_date
        race.do(world.amy, lambda lead: lead.write({'stage_id': world.stages[1]}))
        with pytest.raises(psycopg2.errors.SerializationFailure):
            check.action_revoke("Not true")
            check.env.flush_all()
        cursor.rollback()
    result = race.read()
    assert (result.stage, result.live) == (1, 1)


@ROUNDS
def test_both_move_the_lead(race, world, round_):
    """Forward and lost at the same moment: the log is one story, whichever came first."""
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[0]))
    race.run(
        (world.amy, lambda lead: lead.write({'stage_id': world.stages[1]})),
        (world.ben, lambda lead: lead.action_set_lost(lost_reason_id=world.lost_reason)))
    result = race.read()
    assert result.outcome == 'lost'
    here = 1
    for kind, start, end in result.moves:
        assert start == here, result.moves
        here = end if kind != 'lost' else start
    assert sorted(kind for kind, __, __ in result.moves) in (['forward', 'lost'], ['lost'])


@ROUNDS
def test_both_complete_the_stage(race, world, round_):
    """Two clicks on the same button are one step, not two."""
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[0]))
    outcomes = race.run(
        (world.amy, lambda lead: lead.action_sop_complete_stage()),
        (world.ben, lambda lead: lead.action_sop_complete_stage()))
    assert len([outcome for outcome in outcomes if outcome]) <= 1
    result = race.read()
    assert (result.stage, result.moves) == (1, [('forward', 1, 2)])


@ROUNDS
def test_one_verifies_while_the_other_revokes(race, world, round_):
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[1]))
    check = commit(race.registry, lambda env: env['sop.check'].search([('lead_id', '=', race.lead)]).id)
    verified, revoked = race.run(
        (world.ben, lambda lead: lead.env['sop.check'].browse(check).action_verify()),
        (world.amy, lambda lead: lead.env['sop.check'].browse(check).action_revoke("Not true")))
    result = race.read()
    assert revoked is None and result.live == 0
    assert result.verified == (verified is None)


@ROUNDS
def test_both_verify(race, world, round_):
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[1]))
    check = commit(race.registry, lambda env: env['sop.check'].search([('lead_id', '=', race.lead)]).id)
    outcomes = race.run(*[
        (user, lambda lead: lead.env['sop.check'].browse(check).action_verify()) for user in (world.ben, world.mike)])
    [error] = [outcome for outcome in outcomes if outcome]
    assert "was verified by" in str(error)


@ROUNDS
def test_both_revoke(race, world, round_):
    race.do(world.amy, lambda lead: lead.action_sop_tick(world.items[0]))
    check = commit(race.registry, lambda env: env['sop.check'].search([('lead_id', '=', race.lead)]).id)
    race.run(*[
        (user, lambda lead, user=user: lead.env['sop.check'].browse(check).action_revoke(f"By {user}"))
        for user in (world.amy, world.mike)])

    def look(env):
        row = env['sop.check'].browse(check)
        return row.revoke_reason == f"By {row.revoked_by_id.id}"

    assert commit(race.registry, look), "author and reason of the revocation belong together"


@ROUNDS
def test_one_ticks_while_the_other_moves(race, world, round_):
    """The move sees the tick or it does not; it never half sees it."""
    ticked, moved = race.run(
        (world.amy, lambda lead: lead.action_sop_tick(world.items[0])),
        (world.ben, lambda lead: lead.write({'stage_id': world.stages[1]})))
    result = race.read()
    assert ticked is None and result.live == 1
    assert result.stage == (1 if moved is None else 0)


def test_two_managers_publish_at_once(race, world):
    """Of one process one version is published."""
    def prepare(env):
        process = env['sop.process'].browse(world.process).copy({'code': 'twice'})
        process.action_publish()
        return [process.id, *(process.action_new_version()['res_id'] for __ in range(2))]

    published, *drafts = commit(race.registry, prepare)

    def publish(draft, lead):
        process = lead.env['sop.process'].sudo().browse(draft)
        assert process.state == 'draft'
        process.action_publish()

    race.run(*[(world.mike, partial(publish, draft)) for draft in drafts])
    states = commit(race.registry, lambda env: env['sop.process'].browse([published, *drafts]).mapped('state'))
    assert states[0] == 'retired'
    assert states.count('published') == 1, states


@pytest.fixture
def signoff(race, world):
    """The id of a request that waits for a customer."""
    def build(env):
        lead = env['crm.lead'].browse(race.lead)
        lead.partner_id = env['res.partner'].create({'name': "Ms. Wang"})
        order = env['sop.oral.order'].with_user(world.amy).create({
            'lead_id': lead.id, 'caller': "Ms. Wang", 'line_ids': [(0, 0, {'name': "Pump", 'quantity': 3})]})
        return order._sop_request_signoff(mail=False).id

    return commit(race.registry, build)


def answer(signoff, state, name):
    """Somebody at the customer answers, as the portal does it."""
    return odoo.SUPERUSER_ID, lambda lead: lead.env['sop.signoff'].browse(signoff)._answer(state, name)


def read_signoff(race, signoff):
    def look(env):
        request = env['sop.signoff'].browse(signoff)
        order = env['sop.oral.order'].browse(request.res_id)
        return SimpleNamespace(
            answer=(request.state, request.signer_name), state=order.state, quantity=order.line_ids.quantity,
            told=len(order.lead_id.message_ids.filtered(lambda note: request.title in note.body)))

    return commit(race.registry, look)


@ROUNDS
def test_two_persons_of_the_customer_answer(race, signoff, round_):
    """The first answer counts, and is told once."""
    race.run(answer(signoff, 'confirmed', "Ms. Wang"), answer(signoff, 'declined', "Mr. Li"))
    result = read_signoff(race, signoff)
    assert result.answer in (('confirmed', "Ms. Wang"), ('declined', "Mr. Li"))
    assert result.state == result.answer[0]
    assert result.told == 2, "The request and one answer"


@ROUNDS
def test_changed_while_the_customer_confirms(race, world, signoff, round_):
    """Nobody confirms what he was not shown, and what is confirmed does not change."""
    def change(lead):
        lead.sop_oral_order_ids.line_ids.quantity = 4

    changed, __ = race.run((world.amy, change), answer(signoff, 'confirmed', "Ms. Wang"))
    result = read_signoff(race, signoff)
    if changed is None:
        assert (result.quantity, result.answer[0], result.state) == (4, 'outdated', 'draft')
    else:
        assert (result.quantity, result.answer[0], result.state) == (3, 'confirmed', 'confirmed')


@pytest.fixture
def approval(race, world):
    """The id of an approval that the general manager (Ben) and finance (Mike) decide together."""
    def build(env):
        for code, user in (('gm', world.ben), ('fin', world.mike)):
            env.ref(f'sales_sop.sop_position_{code}').user_ids = [(6, 0, [user])]
        sheet = env['sop.negotiation'].with_user(world.amy).create({'lead_id': race.lead})
        sheet.line_ids.filtered('term_id.by_deal').write({'target_value': 10, 'floor_value': 10})
        sheet.action_start()
        price = sheet.line_ids.filtered(lambda line: line.key == 'price')
        return env['sop.floor.approval'].with_user(world.amy).create({
            'negotiation_line_id': price.id, 'value': '40', 'reason': "A fleet", 'counter': "All of it at once"}).id

    return commit(race.registry, build)


def decide(user, approval, method, *arguments):
    return user, lambda lead: getattr(lead.env['sop.floor.approval'].browse(approval), method)(*arguments)


def read_approval(race, approval):
    def look(env):
        asked = env['sop.floor.approval'].browse(approval)
        return asked.state, sorted(asked.decision_ids.mapped('state')), bool(asked.granted)

    return commit(race.registry, look)


@ROUNDS
def test_both_approve(race, world, approval, round_):
    """Neither decision is lost, and the second one settles it."""
    race.run(decide(world.ben, approval, 'action_approve'), decide(world.mike, approval, 'action_approve'))
    assert read_approval(race, approval) == ('approved', ['approved', 'approved'], True)


@ROUNDS
def test_one_approves_while_the_other_rejects(race, world, approval, round_):
    """Whoever is first: nothing is granted that somebody refused."""
    race.run(
        decide(world.ben, approval, 'action_approve'), decide(world.mike, approval, 'action_reject', "Too cheap"))
    state, decisions, granted = read_approval(race, approval)
    assert (state, granted) == ('rejected', False)
    assert decisions in (['approved', 'rejected'], ['rejected', 'void'])


@pytest.fixture
def solution(race, world):
    """The id of a solution that pre-sales (Ben) and finance (Mike) review together."""
    def build(env):
        for code, user in (('pre', world.ben), ('px', world.ben), ('fin', world.mike)):
            env.ref(f'sales_sop.sop_position_{code}').user_ids = [(6, 0, [user])]
        amy = env(user=world.amy)
        amy['sop.need'].create({'lead_id': race.lead, 'name': "No leaks", 'priority': 'must'})
        solution = amy['crm.lead'].browse(race.lead)._create_sop_solution()
        solution.write({'summary': "Seals", 'scope': "All pumps", 'delivery_plan': "In May"})
        solution.coverage_ids.met = 'full'
        amy['sop.solution.value'].create({
            'solution_id': solution.id, 'name': "Water", 'today': 5, 'expected': 0, 'basis': "Measured"})
        solution.action_submit()
        return solution.id

    return commit(race.registry, build)


@ROUNDS
def test_both_reviewers_agree(race, world, solution, round_):
    """Whoever is last approves the solution: it does not wait for an answer it has."""
    def agree(user):
        return user, lambda lead: lead.env['sop.solution'].browse(solution)._get_my_reviews().action_answer('ok')

    race.run(agree(world.ben), agree(world.mike))
    assert commit(race.registry, lambda env: env['sop.solution'].browse(solution).state) == 'approved'
