"""The result of a review (§4.5): computed from answers and opinions, never typed."""
from typing import NamedTuple

REJECTED, CONDITIONAL, APPROVED = 'rejected', 'approved_cond', 'approved'


class Answer(NamedTuple):
    """The answer to one check item; ``due_points`` are those of the conditions attached to it."""

    severity: str
    result: str
    due_points: frozenset = frozenset()
    is_waived: bool = False


class Opinion(NamedTuple):
    """What somebody who is asked says: ``opinion`` is empty until he says it."""

    opinion: str | None
    is_final: bool = False


def blocks(answer):
    """Whether this answer alone ends a review: nobody can waive it."""
    if answer.severity != 'blocking':
        return False
    # A blocking item is conforming before anything is signed, or not at all.
    return answer.result == 'fail' or answer.result == 'cond' and answer.due_points != {'before_sign'}


def refuses(answer):
    """Whether the contract is rejected for this answer, unless it is waived with a reason."""
    return answer.severity == 'major' and answer.result == 'fail' and not answer.is_waived


def binds(answer):
    """Whether this answer lets pass with conditions only."""
    return answer.is_waived or answer.result == 'cond' or answer.severity == 'minor' and answer.result == 'fail'


def is_undecided(opinions):
    """Whether somebody disagrees and nobody decides at last."""
    return any(said.opinion == 'disagree' for said in opinions) and not any(said.is_final for said in opinions)


def get_result(answers, opinions):
    """``'approved'``, ``'approved_cond'`` or ``'rejected'``; None while somebody who is asked has not spoken."""
    if any(map(blocks, answers)):
        return REJECTED
    if any(said.is_final and said.opinion == 'disagree' for said in opinions):
        return REJECTED
    if not opinions or not all(said.opinion for said in opinions):
        return None
    if any(map(refuses, answers)) or is_undecided(opinions):
        return REJECTED
    if any(map(binds, answers)) or any(said.opinion == 'agree_cond' for said in opinions):
        return CONDITIONAL
    return APPROVED
