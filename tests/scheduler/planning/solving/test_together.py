"""Two searches on one question: what they say, what is believed, and what becomes of the plan."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.instances import instance
from pathways.reading import read_scenario
from scheduler.planning.solve import solve
from scheduler.planning.solving import together as module
from scheduler.planning.solving.companion import Link
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.pieces import Piece, courses
from scheduler.planning.solving.posing import Left
from scheduler.planning.solving.proving import Prover
from scheduler.planning.solving.schedules import schedules_of
from scheduler.planning.solving.telling import Telling
from scheduler.planning.solving.together import Companion, Searcher
from scheduler.planning.stopping import Progress, Stop
from scheduler.planning.verifying import verify
from tests.scheduler.planning.solving.plans_begun import (
    PATIENTS,
    as_it_is,
    begun,
    clinic,
    faults,
)

# ---- what the two say ----------------------------------------------------------------------


def searching(improver: Improver, end: socket.socket | None = None) -> Searcher:
    """A search, and what it says and hears at one end."""
    stop = improver.stop
    search = Searcher(
        improver, Prover(improver.standing, stop, improver.chooser), Telling(None, stop)
    )
    if end is not None:
        search.join(Link(end))
    return search


def accompanying(improver: Improver, end: socket.socket) -> Companion:
    return Companion(
        improver, Prover(improver.standing, improver.stop, improver.chooser), Link(end)
    )


@pytest.fixture
def two() -> Iterator[tuple[Searcher, Companion]]:
    """A search and its companion, in one process, with the same first plan."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield searching(begun(clinic()), ours), accompanying(begun(clinic()), theirs)


def do_nothing() -> None:
    """Where there is nothing to do but to explore."""


def test_both_rethink_those_who_wait_from_the_two_ends(two: tuple[Searcher, Companion]) -> None:
    search, companion = two
    search.begin_round(courses(PATIENTS))
    companion.listen()
    assert companion.waiting == courses(PATIENTS)
    companion.waiting.pop()  # the last one's walk takes long, and shows no more
    companion.step(do_nothing)
    before = search.standing.total
    search.exchange()
    assert search.waiting == courses(["p-0001", "p-0003"])
    assert search.standing.total < before
    assert schedules_of(search.standing.board) == schedules_of(companion.standing.board)


def test_days_that_wait_are_looked_at_by_the_companion_too(
    two: tuple[Searcher, Companion],
) -> None:
    search, companion = two
    days = [Piece(tuple(PATIENTS), (first, first + 1)) for first in range(0, 14, 2)]
    search.begin_round(days)
    companion.listen()
    assert companion.waiting == days
    before = search.standing.total
    for _ in days:
        companion.step(do_nothing)
    search.exchange()
    assert search.waiting == []
    assert search.standing.total == companion.standing.total < before
    assert set(search.looked_at) == set(days)
    assert faults(search.improver) == []


def test_both_may_change_different_days_of_the_same_patients(
    two: tuple[Searcher, Companion],
) -> None:
    search, companion = two
    gains = [
        search.improver.share_out(PATIENTS, 14, 15),
        companion.improver.share_out(PATIENTS, 20, 21),
    ]
    assert all(gains)
    before = search.standing.total
    companion.step(do_nothing)
    search.exchange()
    assert search.standing.total == before - gains[1]
    assert faults(search.improver) == []


def test_a_companion_has_the_board_of_its_search(two: tuple[Searcher, Companion]) -> None:
    search, companion = two
    search.improver.rethink("p-0002")
    companion.improver.shuffle_days(PATIENTS, 0, 10, foremost=None)
    search.exchange()
    companion.listen()
    assert schedules_of(companion.standing.board) == schedules_of(search.standing.board)
    assert companion.standing.costs == search.standing.costs
    assert faults(companion.improver) == []


def test_what_was_refused_is_looked_at_again_on_the_board_that_is(
    two: tuple[Searcher, Companion],
) -> None:
    search, companion = two
    search.begin_round(courses(["p-0002"]))
    companion.listen()
    companion.step(do_nothing)
    search.improver.rethink("p-0002")  # so what the companion has found is no news
    search.exchange()
    assert search.waiting == courses(["p-0002"])
    companion.improver.take_off(companion.improver.own("p-0001"))
    companion.standing.recount()
    companion.listen()
    assert companion.waiting == courses(["p-0002"])
    assert schedules_of(companion.standing.board) == schedules_of(search.standing.board)


def test_what_is_no_gain_is_soon_gone_from_the_board_of_a_companion(
    two: tuple[Searcher, Companion],
) -> None:
    search, companion = two
    search.exchange()
    companion.listen()
    companion.improver.take_off(companion.improver.own("p-0001"))
    companion.standing.recount()
    companion._say(
        stands={name: now.said() for name, (_, now) in companion._new_schedules().items()}
    )
    stood = as_it_is(search.improver)
    search.exchange()
    companion.listen()
    assert as_it_is(search.improver) == stood
    assert as_it_is(companion.improver)[2] == stood[2]
    assert schedules_of(companion.standing.board) == schedules_of(search.standing.board)


def test_a_companion_proves_what_its_search_would(two: tuple[Searcher, Companion]) -> None:
    search, companion = two
    improver = begun(clinic())
    alone = Prover(improver.standing, Stop(), improver.chooser)
    while alone.tighten_once():
        pass
    for _ in PATIENTS:
        companion.step(do_nothing)
    search.exchange()
    assert search.prover.bound == alone.bound > 0
    assert search.prover.least() == alone.least()
    assert not search.prover.tighten_once()


def test_a_search_proves_from_the_back_what_its_companion_does_not(
    two: tuple[Searcher, Companion], monkeypatch: pytest.MonkeyPatch
) -> None:
    search, companion = two
    asked: list[tuple[str, ...]] = []
    for prover in (search.prover, companion.prover):
        monkeypatch.setattr(prover, "_prove", asked.append)
    assert search.prover.tighten_once(shared=True)
    search.exchange()
    companion.listen()
    companion.step(do_nothing)
    search.exchange()
    assert not search.prover.tighten_once(shared=True)  # the companion is at the last one
    companion.step(do_nothing)
    assert asked == [("p-0003",), ("p-0001",), ("p-0002",)]


def test_what_a_search_knows_must_be_left_its_companion_knows(
    two: tuple[Searcher, Companion],
) -> None:
    search, companion = two
    search.prover.left = Left(2000, 1)
    search.exchange()
    companion.listen()
    assert companion.prover.left == Left(2000, 1)


def test_only_what_is_cheaper_is_told(
    two: tuple[Searcher, Companion], monkeypatch: pytest.MonkeyPatch
) -> None:
    search, companion = two
    monkeypatch.setattr(companion.prover, "tighten_once", lambda: False)
    stood = as_it_is(search.improver)
    companion.step(do_nothing)
    assert search._link is not None
    assert search._link.hear() == []
    companion.step(lambda: companion.improver.rethink("p-0002"))
    search.exchange()
    assert search.standing.total < stood[2]


def test_no_plan_is_changed_that_may_be_put_back(two: tuple[Searcher, Companion]) -> None:
    search, companion = two
    companion.step(lambda: companion.improver.rethink("p-0002"))
    search.begin_round(courses(["p-0002"]))
    companion.listen()
    companion.step(do_nothing)
    stood = as_it_is(search.improver)
    with search.telling.aside("beginning anew"):
        search.exchange()
        assert as_it_is(search.improver) == stood
    search.exchange()
    assert search.standing.total < stood[2]


SESSION = [0, 10, 20, "bay-1", [], []]
NONSENSE: list[Any] = [
    *(None, 7, "begun", [], {}, {"begun": None}),
    {"stands": []},
    {"stands": {"nobody": [[], []]}},
    {"stands": {"p-0001": None}},
    {"stands": {"p-0001": [[], [["no-group", None]]]}},
    {"stands": {"p-0001": [[[10**9, 0, 1, None, [], [], None]], []]}},
    {"stands": {"p-0001": [[SESSION], []]}},
    {"proofs": [[0]]},
    {"proofs": [["a", "b", "c"]]},
    {"proofs": [[99, 1, True]]},
    {"proofs": [[-1, 1, True]]},
    {"proofs": [[0, 10**9, True]]},
    {"begun": {"p-0001": 1}},
    {"found_by": "p-0001"},
    {"begun": [["p-0001"], [1]]},
]


@pytest.mark.parametrize("said", NONSENSE, ids=str)
def test_nonsense_changes_nothing(two: tuple[Searcher, Companion], said: Any) -> None:
    search, companion = two
    whole: dict[str, Any] = {"begun": None, "stands": {}, "proofs": [], "found_by": None}
    stood, proofs = as_it_is(search.improver), search.prover.proofs()
    companion._link.say({**whole, **said} if isinstance(said, dict) and said else said)
    search.exchange()
    assert (as_it_is(search.improver), search.prover.proofs()) == (stood, proofs)
    assert search.prover.bound == 0


@pytest.mark.parametrize("start", [-1, 0, 10**30, 3])
@pytest.mark.parametrize("monitors", [[], ["nobody"], ["nobody"] * 9])
def test_placements_that_cannot_be_are_never_on_the_board(
    two: tuple[Searcher, Companion], start: int, monitors: list[str]
) -> None:
    search, companion = two
    held = schedules_of(search.standing.board)
    placed = [
        [index, start, start + 1, "nowhere", ["nobody"], monitors, "no-series"]
        for index, _ in held["p-0002"].placed
    ]
    stands = {"p-0002": [placed, held["p-0002"].series]}
    stood = as_it_is(search.improver)
    companion._say(stands=stands)
    search.exchange()
    assert as_it_is(search.improver)[2] <= stood[2]
    assert faults(search.improver) == []


# ---- when there is a companion -------------------------------------------------------------


@contextmanager
def forks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The processes that are forked meanwhile."""
    found: list[int] = []
    fork = os.fork

    def noted() -> int:
        process = fork()
        if process:
            found.append(process)
        return process

    with monkeypatch.context() as patched:
        patched.setattr(os, "fork", noted)
        patched.setattr(module, "can_be_accompanied", lambda: True)
        yield found


def planned(kill: list[int]) -> list[Progress]:
    """What is told until three patients have been rethought; the first time, one is killed."""
    told: list[Progress] = []
    stop = Stop()

    def tell(progress: Progress) -> None:
        told.append(progress)
        seen = sum(one.phase == "rethinking" for one in told)
        if seen == 1 and kill:
            os.kill(kill[0], signal.SIGKILL)
        if seen == len(PATIENTS):
            stop.request()

    plan = solve(clinic(), stop, report=tell)
    assert verify(clinic(), plan).faults == ()
    return told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no second process here")
@pytest.mark.parametrize("killed", [False, True])
def test_a_search_ends_with_its_companion_gone_and_never_gets_dearer(
    monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    with forks(monkeypatch) as found:
        told = planned(found if killed else [])
    assert len(found) == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(found[0], os.WNOHANG)
    costs = [progress.cost or 0 for progress in told]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < costs[0]


def test_counted_work_is_done_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with forks(monkeypatch) as found:
        solve(clinic(), Stop(work=3))
        solve(clinic(), Stop(work=3, time_limit=100))
    assert found == []


def test_on_one_core_a_search_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a second process on one core"))
    stop = Stop()
    with searching(begun(clinic())).accompanied(do_nothing):
        solve(clinic(), stop, report=lambda _: stop.request())


def test_one_patient_is_planned_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with forks(monkeypatch) as found:
        solve(read_scenario(instance("solo-1-1")), Stop(time_limit=60))
    assert found == []


def test_where_time_is_over_no_process_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    with forks(monkeypatch) as found:
        solve(clinic(), Stop(time_limit=0))
    assert found == []
