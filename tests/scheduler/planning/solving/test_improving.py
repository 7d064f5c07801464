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
def test_days_of_many_get_no_dearer_and_everything_stays_on_them(seeds: range) -> None:
    gained, changed = 0, 0
    for seed in seeds:
        improver = shuffled(read_scenario(random_scenario(seed, MANY)), seed)
        total, days = improver.standing.total, days_of(improver)
        first = min(days.values(), default=0)
        asked = range(first, first + 3)
        gain = improver.share_out([*improver.problem.patients], asked[0], asked[-1])
        assert improver.standing.total == total - gain
        now = days_of(improver)
        for occurrence, day in days.items():
            moved_to = now.get(occurrence, day)
            assert moved_to in asked if day in asked else moved_to == day
            changed += moved_to != day
        assert faults(improver) == []
        gained += gain > 0
    assert gained
    assert changed


def test_for_what_is_foremost_its_own_patient_and_doses_of_others_may_leave_their_days() -> None:
    moved: set[str] = set()
    for seed in range(20):
        improver = shuffled(clinic(), seed)
        follow = [o for o in improver.board.placed if o.anchors and not o.is_meeting]
        lacking = improver.random.choice(sorted(follow, key=lambda o: o.index))
        improver.take_off([lacking])
        improver.standing.recount()
        days = days_of(improver)
        first = days[lacking.anchors[0]]
        asked = range(first, first + 3)
        improver.share_out(PATIENTS, asked[0], asked[-1], lacking)
        now = days_of(improver)
        for occurrence, day in days.items():
            if now.get(occurrence, day) != day and not {day, now[occurrence]} <= {*asked}:
                theirs = lacking.owner in occurrence.patients
                doses = any(o.activity.is_dose_like for o in (occurrence, *occurrence.anchors))
                assert theirs or doses
                moved.add("theirs" if theirs else "a dose of others")
        assert faults(improver) == []
    assert moved == {"theirs", "a dose of others"}
