"""What makes one plan cheaper, piece by piece."""

import pytest

from pathways.reading import read_scenario
from scheduler.planning.asking import Occurrence
from scheduler.planning.course.choosing import Chooser, put_best
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.improving import Improver
from scheduler.planning.stopping import Stop
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.course.posing import board_of, therapy
from tests.scheduler.planning.solving.plans_begun import (
    MANY,
    PATIENTS,
    clinic,
    faults,
    shuffled,
)


def test_no_room_is_made_for_what_another_chain_has_placed_meanwhile() -> None:
    board = board_of(therapy())
    put_best(board, "ada", Chooser(Stop()).best(board, "ada"))
    stands, *_ = board.placed
    before = dict(board.placed)
    assert Improver(Standing(board), Stop(work=10), seed=0).make_room(stands, 1) == 0
    assert board.placed == before


def days_of(improver: Improver) -> dict[Occurrence, int]:
    day_of = improver.problem.calendar.day_of
    return {o: day_of(placement.start) for o, placement in improver.board.placed.items()}


@pytest.mark.parametrize("seeds", [range(n, n + 20) for n in range(0, 60, 20)], ids=str)
def test_days_of_many_get_no_dearer_and_everything_stays_on_its_day(seeds: range) -> None:
    gained = 0
    for seed in seeds:
        improver = shuffled(read_scenario(random_scenario(seed, MANY)), seed)
        total, days = improver.standing.total, days_of(improver)
        last = len(improver.problem.calendar.dates) - 1
        gain = improver.share_out([*improver.problem.patients], 0, last)
        assert improver.standing.total == total - gain
        now = days_of(improver)
        assert all(now[o] == day for o, day in days.items() if o in now)
        assert faults(improver) == []
        gained += gain > 0
    assert gained


def test_what_is_foremost_may_send_its_own_patient_to_other_days_and_nobody_else() -> None:
    moved = 0
    for seed in range(30):
        improver = shuffled(clinic(), seed)
        lacking = [
            o
            for o in improver.problem.of_patient("p-0003")
            if o.anchors and o.anchors[0] in improver.board.placed
        ]
        improver.take_off(lacking[:1])
        improver.standing.recount()
        days = days_of(improver)
        first = days[lacking[0].anchors[0]]
        improver.share_out(PATIENTS, first, first + 2, lacking[0])
        now = days_of(improver)
        changed = {o for o, day in days.items() if now.get(o, day) != day}
        assert all("p-0003" in o.patients for o in changed)
        moved += bool(changed)
        assert faults(improver) == []
    assert moved
