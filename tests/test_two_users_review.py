"""Reviews while several people act on one order, in processes of their own whose transactions overlap.

Whoever comes first: opinions are not lost, and an order is confirmed only when exactly what it says
now has been approved.
"""
from types import SimpleNamespace

import database
import pytest
from inside import commit, open_registry
from processes import Workers

from odoo.exceptions import UserError

# Position and login of who is asked at the level of the tests, the departments first
REVIEWERS = {'sm': 'sal', 'pre': 'tec', 'prd': 'prd', 'fin': 'fin', 'director': 'director'}
# What a blocking item that does not conform says
FAIL = {'C07': {'result': 'fail', 'comment': "No payment is agreed"}}


@pytest.fixture(scope='module')
def registry(make_database, stock_source):
    name = make_database(stock_source)
    database.install(name, 'sales_sop_contract_review')
    with open_registry(name) as registry:
        yield registry


@pytest.fixture(scope='module')
def workers(registry):
    workers = Workers(registry.db_name)
    yield workers
    workers.close()


@pytest.fixture(scope='module')
def world(registry):
    """A company whose orders above 5000 are reviewed by four departments and approved by the director."""
    def build(env):
        env.company.sop_review_gate = 'enforce'
        env['sop.review.rule'].search([]).active = False
        departments = env['sop.review.department'].search([('code', 'in', ('sal', 'tec', 'prd', 'fin'))])
        env['sop.review.level'].create({
            'name': "Four departments", 'code': 'races', 'approver_code': 'director',
            'department_ids': [(6, 0, departments.ids)],
            'rule_ids': [
                (0, 0, {'name': "Big order", 'trigger': 'amount', 'number': 5000}),
                (0, 0, {'name': "New pump", 'order_domain': "[('order_line.product_id.default_code', '=', 'NEW')]"}),
            ]})
        users = {'amy': create_user(env, 'amy', 'sales_team.group_sale_salesman_all_leads')}
        for position, login in REVIEWERS.items():
            users[login] = create_user(env, login, 'base.group_user', 'sales_sop.group_sop_participant')
            env.ref(f'sales_sop.sop_position_{position}').user_ids = [(6, 0, [users[login]])]
        partner = env['res.partner'].create({'name': "Huaxin Chemicals", 'email': 'buyer@huaxin.example.com'})
        product, other = env['product.product'].create([
            {'name': name, 'default_code': code, 'list_price': 1000, 'type': 'consu', 'taxes_id': False}
            for name, code in (("Pump P20", False), ("Pump P30", 'NEW'))])
        return SimpleNamespace(**users, partner=partner.id, product=product.id, other=other.id)

    return commit(registry, build)


def create_user(env, login, *groups):
    return env['res.users'].create({
        'name': login.capitalize(), 'login': login, 'email': f'{login}@example.com',
        'group_ids': [(6, 0, [env.ref(group).id for group in groups])]}).id


# --- What people do -----------------------------------------------------------------------------

def request(env, order):
    env['sale.order'].browse(order).action_sop_request_review()


def decide(env, order, opinion, answers=None):
    """The opinion of the user on the latest round."""
    find_opinion(env, order).action_decide(
        opinion, comment=None if opinion == 'agree' else "Because", answers=answers, fill=True)


def find_opinion(env, order):
    review = env['sale.order'].sudo().browse(order).sop_review_id
    mine = review.opinion_ids.filtered(lambda opinion: env.user in opinion.reviewer_ids)
    return env['sop.review.opinion'].browse(mine.id)


def recall(env, order):
    review = env['sale.order'].browse(order).sudo().sop_review_id.sudo(False)
    review.action_recall("The customer waits")


def change(env, order, values):
    env['sale.order'].browse(order).order_line.write(values)


def confirm(env, order):
    env['sale.order'].browse(order).action_confirm()


# --- How it ended -------------------------------------------------------------------------------

class Case:
    """One order and its review, before and after the race."""

    def __init__(self, registry, workers, world):
        self.registry, self.workers, self.world = registry, workers, world
        self.order = commit(registry, lambda env: env['sale.order'].create({
            'partner_id': world.partner,
            'order_line': [(0, 0, {'product_id': world.product, 'product_uom_qty': 10, 'price_unit': 1000})],
        }).id, world.amy)

    def do(self, login, act, *arguments):
        """One after the other, nobody beside."""
        commit(self.registry, lambda env: act(env, self.order, *arguments) and None, getattr(self.world, login))

    def agree(self, *logins):
        for login in logins:
            self.do(login, decide, 'agree')

    def race(self, round_, *jobs):
        """`(login, act, *arguments)` together: each round another one is first, and has or has not written by then."""
        jobs = [(getattr(self.world, login), act, self.order, *arguments) for login, act, *arguments in jobs]
        first = round_ // 2 % len(jobs)
        errors = self.workers.race(*jobs[first:], *jobs[:first], wait=round_ % 2)
        return errors[len(jobs) - first:] + errors[:len(jobs) - first]

    def read(self):
        """What everybody sees now; what holds at any time is checked here."""
        return commit(self.registry, self._look)

    def _look(self, env):
        order = env['sale.order'].browse(self.order)
        review = order.sop_review_id
        rounds = env['sop.review'].search([('order_id', '=', self.order)])
        opinions = {(opinion.approver_code or opinion.department_id.code): opinion for opinion in review.opinion_ids}
        for opinion in rounds.opinion_ids:
            codes = opinion.answer_ids.mapped('code')
            asked = [code for __, code, __ in opinion.items]
            assert len(codes) == len(set(codes)) and set(codes) <= set(asked)
            assert opinion.state != 'done' or set(codes) == set(asked), "An opinion without its answers"
            events = review.event_ids.filtered(lambda event, own=opinion: event.opinion_id == own)
            said = events.filtered(lambda event: event.kind == 'opinion')
            assert len(said) == (opinion.state == 'done'), "The trail is not what happened"
        assert len(rounds.filtered(lambda own: own.state == 'in_review')) <= 1
        held = order._get_sop_review_gaps()
        if order.state == 'sale':
            assert not held, "It was confirmed and is not what was approved"
        return SimpleNamespace(
            state=order.state, review=review.state, rounds=len(rounds), held=held.get(self.order),
            price=order.order_line[:1].price_unit, text=order.order_line[:1].name,
            said={code: opinion.opinion for code, opinion in opinions.items() if opinion.state == 'done'},
            asked={code for code, opinion in opinions.items() if opinion.state == 'pending'},
            kinds=sorted(review.event_ids.mapped('kind')), meeting=review.is_meeting_missing)


@pytest.fixture
def case(registry, workers, world):
    return Case(registry, workers, world)


@pytest.fixture
def asked(case):
    """The review was requested; sales and production agree, technology and finance are missing."""
    case.do('amy', request)
    case.agree('sal', 'prd')
    return case


@pytest.fixture
def final(asked):
    """Only the director is missing."""
    asked.agree('tec', 'fin')
    return asked


rounds = pytest.mark.parametrize('round_', range(10))
# The price changes the amount of the order, the text its line alone
changes = pytest.mark.parametrize('values', [{'price_unit': 900}, {'name': "Pump P20 of steel"}], ids=['price', 'text'])
BEFORE = {'sal': 'agree', 'prd': 'agree'}


# --- Two opinions -------------------------------------------------------------------------------

@rounds
def test_both_agree(asked, round_):
    errors = asked.race(round_, ('tec', decide, 'agree'), ('fin', decide, 'agree'))
    assert errors == [None, None]
    result = asked.read()
    assert result.said == {**BEFORE, 'tec': 'agree', 'fin': 'agree'}
    assert (result.review, result.asked) == ('in_review', {'director'})
    asked.agree('director')
    asked.do('amy', confirm)
    assert (asked.read().review, asked.read().state) == ('approved', 'sale')


@rounds
def test_one_agrees_one_disagrees(asked, round_):
    """The dissent is kept whoever was last, and asks for a meeting."""
    errors = asked.race(round_, ('tec', decide, 'agree'), ('fin', decide, 'disagree'))
    assert errors == [None, None]
    result = asked.read()
    assert result.said == {**BEFORE, 'tec': 'agree', 'fin': 'disagree'}
    assert (result.review, result.asked, result.meeting) == ('in_review', set(), True)


@rounds
def test_one_agrees_one_rejects(asked, round_):
    """A blocking item ends the review; who was second is told so, or had agreed before."""
    agreed, rejected = asked.race(round_, ('tec', decide, 'agree'), ('fin', decide, 'disagree', FAIL))
    result = asked.read()
    assert rejected is None and (result.review, result.asked) == ('rejected', set())
    if agreed is None:
        assert result.said == {**BEFORE, 'tec': 'agree', 'fin': 'disagree'}
    else:
        assert "has ended" in agreed and result.said == {**BEFORE, 'fin': 'disagree'}


@rounds
def test_the_same_reviewer_twice(asked, round_):
    errors = asked.race(round_, ('fin', decide, 'agree'), ('fin', decide, 'agree'))
    [error] = [error for error in errors if error]
    assert "already" in error
    assert asked.read().said == {**BEFORE, 'fin': 'agree'}


@rounds
def test_the_approver_twice(final, round_):
    """Two windows of one person, who says two things: the first counts."""
    errors = final.race(round_, ('director', decide, 'agree'), ('director', decide, 'disagree'))
    [error] = [error for error in errors if error]
    assert "has ended" in error or "already" in error
    result = final.read()
    said = result.said['director']
    assert result.review == {'agree': 'approved', 'disagree': 'rejected'}[said]
    assert errors[0 if said == 'agree' else 1] is None


# --- Recalling ----------------------------------------------------------------------------------

@rounds
def test_recalled_while_one_agrees(asked, round_):
    agreed, recalled = asked.race(round_, ('fin', decide, 'agree'), ('amy', recall))
    result = asked.read()
    assert recalled is None and (result.review, result.asked) == ('recalled', set())
    assert (agreed is None) == ('fin' in result.said)
    assert agreed is None or "has ended" in agreed


@rounds
def test_recalled_while_it_is_approved(final, round_):
    approved, recalled = final.race(round_, ('director', decide, 'agree'), ('amy', recall))
    [error] = [error for error in (approved, recalled) if error]
    assert "has ended" in error
    assert final.read().review == ('approved' if recalled else 'recalled')


# --- Decisions and changes ----------------------------------------------------------------------

@rounds
@changes
def test_changed_while_one_agrees(asked, round_, values):
    """What was changed is not decided on, and what was decided does not hold for the change."""
    agreed, changed = asked.race(round_, ('fin', decide, 'agree'), ('amy', change, values))
    result = asked.read()
    assert changed is None and (result.review, result.asked) == ('outdated', set())
    assert (agreed is None) == ('fin' in result.said)
    assert result.held


@rounds
@changes
def test_changed_and_confirmed_while_it_is_approved(final, round_, values):
    approved, changed, confirmed = final.race(
        round_, ('director', decide, 'agree'), ('amy', change, values), ('amy', confirm))
    result = final.read()
    is_changed = (result.price, result.text) != (1000, "Pump P20")
    assert is_changed == (changed is None)
    assert result.state == ('sale' if confirmed is None else 'draft')
    assert result.state == 'draft' or not is_changed
    assert approved is None or result.review == 'outdated'


@rounds
@changes
def test_changed_while_it_is_confirmed(final, round_, values):
    """Of an approved order: it is changed and not confirmed, or confirmed and not changed."""
    final.agree('director')
    changed, confirmed = final.race(round_, ('amy', change, values), ('amy', confirm))
    [error] = [error for error in (changed, confirmed) if error]
    assert "amendment" in error if changed else "changed" in error
    assert final.read().state == ('draft' if confirmed else 'sale')


@rounds
def test_changed_while_it_is_confirmed_unreviewed(case, world, round_):
    """A small order needs no review; in the same second it grows."""
    case.do('amy', change, {'product_uom_qty': 3})
    changed, confirmed = case.race(
        round_, ('amy', change, {'product_id': world.other, 'price_unit': 3000}), ('amy', confirm))
    [error] = [error for error in (changed, confirmed) if error]
    assert "Big order" in error
    assert case.read().state == ('draft' if confirmed else 'sale')


@rounds
def test_features_while_it_is_confirmed(case, world, round_):
    """Another product at the same price changes no amount of the order, and still what is asked."""
    case.do('amy', change, {'product_uom_qty': 3})
    changed, confirmed = case.race(
        round_, ('amy', change, {'product_id': world.other, 'price_unit': 1000}), ('amy', confirm))
    [error] = [error for error in (changed, confirmed) if error]
    assert "New pump" in error
    assert case.read().state == ('draft' if confirmed else 'sale')


# --- Requests -----------------------------------------------------------------------------------

@rounds
def test_requested_twice(case, round_):
    errors = case.race(round_, ('amy', request), ('amy', request))
    [error] = [error for error in errors if error]
    assert "nothing was changed" in error
    result = case.read()
    assert (result.rounds, result.review, result.kinds) == (1, 'in_review', ['request'])


@rounds
@changes
def test_changed_while_it_is_requested(case, round_, values):
    """Whoever comes second sees the first: what is reviewed is what the order says, or it is over."""
    errors = case.race(round_, ('amy', request), ('amy', change, values))
    assert errors == [None, None]
    result = case.read()
    assert result.rounds == 1 and result.review in ('in_review', 'outdated')
    if result.review == 'in_review':
        case.do('amy', refuse_anew)
        case.agree('sal')


def refuse_anew(env, order):
    with pytest.raises(UserError, match="nothing was changed"):
        request(env, order)


# --- A worker that dies -------------------------------------------------------------------------

@pytest.mark.parametrize('round_', range(3))
def test_killed_in_the_middle_of_a_decision(asked, workers, world, round_):
    """What was not committed was not done, and is done again by whoever tries again."""
    before = asked.read()
    worker = workers.get(1)[0]
    worker.begin(world.fin, decide, asked.order, 'disagree', FAIL, stops=('written',))
    worker.reach('written')
    assert not worker.outcome
    worker.kill()
    assert asked.read() == before
    asked.agree('fin', 'tec')
    assert asked.read().asked == {'director'}


@pytest.mark.parametrize('round_', range(3))
def test_killed_while_another_waits(asked, workers, world, round_):
    """Whoever waits for the decision of a worker that dies goes on."""
    first, second = workers.get(2)
    first.begin(world.fin, decide, asked.order, 'agree', stops=('written',))
    first.reach('written')
    second.begin(world.tec, decide, asked.order, 'agree')
    assert not second.pipe.poll(0.3), "It waits for the first"
    first.kill()
    assert second.end()[1] is None
    assert asked.read().said == {**BEFORE, 'tec': 'agree'}
    asked.agree('fin')
    assert asked.read().asked == {'director'}


# --- Contracts ----------------------------------------------------------------------------------

class ContractCase(Case):
    """The same order, and a contract over it."""

    def __init__(self, *args):
        super().__init__(*args)
        self.contract = commit(self.registry, self._draft, self.world.amy)

    def _draft(self, env):
        order = env['sale.order'].browse(self.order)
        contract = env['sop.contract'].create({
            'title': "Pumps for the new hall", 'partner_id': self.world.partner, 'delivery': "within 30 days",
            'partner_code': "91330200MA2A0B0C0X", 'partner_bank': "ICBC 1001",
            'partner_address': "1 Chemistry Road, Ningbo", 'company_code': "91310000MA1K0D0E0X",
            'company_bank': "BOC 2002", 'company_address': "2 Pump Street, Shanghai"})
        order.sop_contract_id = contract
        contract._sop_fill_from_orders()
        return contract.id

    def put_in_force(self):
        """In effect as if it had been signed, without the way there."""
        commit(self.registry, lambda env: env.cr.execute(
            "UPDATE sop_contract SET state = 'effective' WHERE id = %s", [self.contract]))


@pytest.fixture
def contract(registry, workers, world):
    return ContractCase(registry, workers, world)


def request_contract(env, order):
    env['sale.order'].browse(order).sop_contract_id.action_sop_request_review()


def specify(env, order):
    env['sale.order'].browse(order).sop_contract_id.line_ids.specification = "Housing of steel"


def amend(env, order):
    contract = env['sale.order'].browse(order).sop_contract_id
    contract.action_sop_amend()


@rounds
def test_two_supplements_are_numbered(contract, registry, round_):
    contract.put_in_force()
    assert contract.race(round_, ('amy', amend), ('amy', amend)) == [None, None]
    names = commit(registry, lambda env: sorted(
        env['sop.contract'].browse(contract.contract).child_ids.mapped(lambda child: child.name[-4:])))
    assert names == ['-B01', '-B02']


@rounds
def test_a_contract_is_requested_twice(contract, round_):
    errors = contract.race(round_, ('amy', request_contract), ('amy', request_contract))
    [error] = [error for error in errors if error]
    assert "is reviewed as it is" in error


@rounds
def test_a_contract_is_specified_while_it_is_requested(contract, registry, round_):
    """Reviewers read the contract as it is."""
    requested, specified = contract.race(round_, ('amy', request_contract), ('amy', specify))
    assert requested is None and (specified is None or "Revise it" in specified)

    def look(env):
        own = env['sop.contract'].browse(contract.contract)
        return own.state, own.sop_review_id.state, own._get_sop_changed_topics()[own.id]

    assert commit(registry, look) == ('in_review', 'in_review', set())
