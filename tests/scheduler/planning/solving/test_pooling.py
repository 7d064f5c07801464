"""Sums of what all may take together say nothing that is not so, and bound what they should."""

from collections.abc import Iterable

import pytest

from pathways.reading import read_scenario
from scheduler.planning.solving import answering
from scheduler.planning.solving.attempt import with_dependents
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.posing import Effort, pose
from scheduler.planning.stopping import Stop
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.solving.plans_begun import MANY, PATIENTS, clinic, shuffled

SOLVER_UNITS = 2.0


def cheapest(
    improver: Improver, patients: Iterable[str], first: int, last: int
) -> tuple[int, bool]:
    """What the solver finds for some days, and whether that is proven; the board stays."""
    board, stop = improver.board, Stop()
    free = with_dependents(board, improver.within(patients, first, last))
    stood = {o: board.placed[o] for o in free if o in board.placed}
    improver.take_off(free)
    question = pose(board, free, [])
    question.begin_from(stood, {}, stop)
    answer = question.ask(Effort(SOLVER_UNITS, 0, stop))
    board.undo()
    return answer.cost, answer.optimal


@pytest.mark.parametrize("seeds", [range(n, n + 15) for n in range(0, 60, 15)], ids=str)
def test_with_the_sums_as_cheap_a_plan_is_found(
    seeds: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = compared = 0
    for seed in seeds:
        improver = shuffled(read_scenario(random_scenario(seed, MANY)), seed)
        patients = [*improver.problem.patients]
        cost, proven = cheapest(improver, patients, 0, 1000)
        asked: list[object] = []
        with monkeypatch.context() as without:
            without.setattr(answering, "pool", asked.append)
            plain, surely = cheapest(improver, patients, 0, 1000)
        if proven and surely:
            assert cost == plain
            added += bool(asked)
            compared += 1
    assert compared > 10
    assert added


def test_a_search_begins_with_all_that_stood() -> None:
    """A hint with gaps is filled by guesses, so the first answer would be another one."""
    improver = shuffled(clinic(), 1)
    board = improver.board
    free = with_dependents(board, improver.within(PATIENTS, 7, 8))
    stood = {o: board.placed[o] for o in free if o in board.placed}
    improver.take_off(free)
    question = pose(board, free, [])
    question.begin_from(stood, {}, Stop())
    proto = question.near.model.proto
    assert len(proto.solution_hint.vars) == len(proto.variables) > len(stood)
