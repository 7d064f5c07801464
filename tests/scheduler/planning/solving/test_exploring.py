"""Who is taken apart next, and what becomes of those who are taken off for somebody."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from scheduler.planning.board import Board
from scheduler.planning.course.choosing import Best, put_best
from scheduler.planning.course.day import NEVER
from scheduler.planning.placements import Placement
from scheduler.planning.solving import exploring
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.exploring import Explorer
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.keeping import as_it_was
from scheduler.planning.stopping import Stop
from tests import factories
from tests.scheduler.planning.course.posing import (
    board_of,
    clinic_with,
    seeing,
    therapy,
    weekday,
)
from tests.scheduler.planning.solving.plans_begun import PATIENTS, as_it_is, begun, clinic

OFF_PREFERENCE = 4
OFFICES = [factories.location("office"), factories.location("office-2")]


class Turns:
    """An explorer that only writes down whose turn it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exploring, "IN_TURN", 1)
        self.taken: list[tuple[str, ...]] = []
        self.improver = begun(clinic())
        monkeypatch.setattr(self.improver, "trade", self._trade)
        monkeypatch.setattr(self.improver, "rethink", lambda name: self._trade((name,)))
        self.by_chance: list[object] = []
        monkeypatch.setattr(self.improver, "refit", self._note)
        monkeypatch.setattr(self.improver, "in_the_way_of", self._note)
        self.explorer = Explorer(self.improver, list)

    def _trade(self, names: tuple[str, ...], *_: object) -> int:
        self.taken.append(names)
        return 0

    def _note(self, *held: object) -> Any:
        self.by_chance.append(held)
        return ()

    def take(self, count: int, least: dict[str, int]) -> list[tuple[str, ...]]:
        self.taken.clear()
        for _ in range(count):
            self.explorer.explore(least)
        return self.taken[:]


def test_each_has_a_turn_alone_then_with_each_other_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Turns(monkeypatch).take(9, {})
    assert sorted(taken[:3]) == [(name,) for name in PATIENTS]
    assert sorted(taken[3:]) == list(permutations(PATIENTS, 2))


def test_nobody_has_a_turn_who_pays_nothing_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    least = dict(turns.improver.standing.costs)
    least[PATIENTS[1]] -= 1
    taken = turns.take(3, least)
    assert taken[0] == (PATIENTS[1],)
    assert {first for first, *_ in taken} == {PATIENTS[1]}


def test_turns_begin_again_only_once_something_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    turns.take(9, {})
    assert not turns.by_chance
    assert [held for held in turns.take(9, {}) if len(held) < 3] == []
    assert turns.by_chance
    turns.improver.standing.version += 1
    assert sorted(turns.take(3, {})) == [(name,) for name in PATIENTS]


# ---- what a trade puts back ----------------------------------------------------------------


WEEKDAYS = {"mon": ["08:00-18:00"], "tue": ["08:00-18:00"]}


def three(bob: list[str]) -> Improver:
    """Bob stands where Ada would rather be, Ada an hour later on Tuesday than Cy."""
    therapist = seeing("therapist", mon="09:00-10:00", tue="09:00-11:00")
    patients = [
        factories.patient("bob", available={day: WEEKDAYS[day] for day in bob}),
        factories.patient("cy", available={"tue": ["09:00-10:00"]}),
        factories.patient("ada", preferred={"mon": ["09:00-10:00"]}, available=WEEKDAYS),
    ]
    board = board_of(therapy(), clinic=clinic_with(therapist), patients=patients)
    improver = Improver(Standing(board), Stop(), seed=0)
    for name in ("bob", "cy", "ada"):
        put_best(board, name, improver.chooser.best(board, name))
    improver.standing.recount()
    return improver


def stands(improver: Improver) -> dict[str, str]:
    board = improver.board
    return {o.owner: weekday(board, placement.start) for o, placement in board.placed.items()}


def test_who_takes_what_another_had_gains_and_the_other_goes_elsewhere() -> None:
    improver = three(["mon", "tue"])
    assert stands(improver) == {"bob": "mon", "cy": "tue", "ada": "tue"}
    assert improver.trade(["ada", "bob"], {}) == OFF_PREFERENCE
    assert stands(improver) == {"bob": "tue", "cy": "tue", "ada": "mon"}


def test_who_goes_first_is_asked_for_less_than_they_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    improver, limits = three(["mon", "tue"]), list[int]()
    cost = improver.standing.costs["bob"]

    def ask(_: Board, _patient: str, limit: int) -> Best:
        limits.append(limit)
        return Best(NEVER, limit + 1)

    monkeypatch.setattr(improver.chooser, "best", ask)
    assert improver.trade(["bob", "ada"], {}) == improver.trade(["bob", "ada"], {}, 3) == 0
    assert limits == [cost - 1, cost - 3]


def test_nothing_is_traded_where_the_other_finds_no_room() -> None:
    improver = three(["mon"])
    before = as_it_is(improver)
    assert improver.trade(["ada", "bob", "cy"], {}) == 0
    assert as_it_is(improver) == before


def note_who_is_asked(improver: Improver, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked, best = list[str](), improver.chooser.best

    def ask(board: Board, patient: str, limit: int) -> Best:
        asked.append(patient)
        return best(board, patient, limit)

    monkeypatch.setattr(improver.chooser, "best", ask)
    return asked


def test_who_is_in_nobodys_way_is_not_planned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    improver = three(["mon", "tue"])
    asked = note_who_is_asked(improver, monkeypatch)
    assert improver.trade(["ada", "cy", "bob"], {}) == OFF_PREFERENCE
    assert asked == ["ada", "bob"]
    assert stands(improver) == {"bob": "tue", "cy": "tue", "ada": "mon"}


def test_who_loses_only_the_room_stands_again_in_another() -> None:
    therapists = [factories.practitioner(n, "therapist", skills=["cbt"]) for n in ("amy", "ben")]
    clinic = clinic_with(*therapists, locations=OFFICES, groups=[])
    late = {"mon": ["10:00-12:00"]}
    patients = [
        factories.patient(),
        factories.patient("bob"),
        factories.patient("cy", available=late),
    ]
    board = board_of(therapy(), clinic=clinic, patients=patients)
    adas, bobs = (board.problem.asked.by_key[name, "talk", 1] for name in ("ada", "bob"))
    before = Placement(18, 20, "office", ("amy",))
    board.place(adas, Placement(18, 20, "office", ("ben",)))
    assert as_it_was(board, bobs, before) == replace(before, location="office-2")
    board.remove(adas)
    assert as_it_was(board, bobs, before) == before
    board.place(adas, Placement(18, 20, "office-2", ("amy",)))
    assert as_it_was(board, bobs, before) is None
    cys = board.problem.asked.by_key["cy", "talk", 1]
    assert as_it_was(board, cys, replace(before, crew=("ben",))) is None
    assert as_it_was(board, cys, Placement(20, 22, "office", ("ben",))) is not None
