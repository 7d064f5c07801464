"""What is looked at in a round, by whom, and what is not looked at again."""

from typing import Any

import pytest

from scheduler.planning.asking import Occurrence
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.pieces import Piece, courses
from scheduler.planning.solving.proving import Prover
from scheduler.planning.solving.rounds import Rounds
from scheduler.planning.solving.telling import Telling
from scheduler.planning.solving.together import Searcher
from tests.scheduler.planning.solving.plans_begun import PATIENTS, begun, clinic, faults


def rounds_of(improver: Improver) -> Rounds:
    stop = improver.stop
    prover = Prover(improver.standing, stop, improver.chooser)
    return Rounds(improver, Searcher(improver, prover, Telling(None, stop)), lambda _: None)


class Looked:
    """Rounds that only write down what they look at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.improver = begun(clinic())
        self.rounds = rounds_of(self.improver)
        self.at: list[Piece] = []
        self.for_what: list[Any] = []
        monkeypatch.setattr(self.improver, "improve", self._note)

    def _note(self, piece: Piece, foremost: Occurrence | None) -> int:
        self.at.append(piece)
        self.for_what.append(foremost)
        return 0


def test_the_first_round_is_of_courses_and_the_next_of_days_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = Looked(monkeypatch)
    looked.rounds.begin(PATIENTS)
    looked.rounds.finish()
    assert looked.at == courses(PATIENTS)
    looked.rounds.begin(PATIENTS)
    looked.rounds.finish()
    again = looked.at[len(PATIENTS) :]
    assert again[: len(PATIENTS)] == courses(PATIENTS)
    assert len(again) > len(PATIENTS)
    assert all(piece.days for piece in again[len(PATIENTS) :])


def test_days_are_looked_at_again_only_once_something_on_them_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = Looked(monkeypatch)
    for _ in range(200):  # those from even days on, and those from odd ones
        looked.rounds.look_at_days()
    assert len(looked.at) == len(set(looked.at)) > 10
    changed = looked.at[0].days
    assert changed is not None
    looked.improver.standing.version += 1
    looked.improver.standing._changed[changed[0]] = looked.improver.standing.version
    before = len(looked.at)
    for _ in range(9):
        looked.rounds.look_at_days()
    again = looked.at[before:]
    assert 0 < len(again) <= 2
    assert all(p.days and p.days[0] <= changed[0] <= p.days[1] for p in again)


def test_what_has_no_place_is_given_one_by_days_of_many() -> None:
    improver = begun(clinic())
    rounds = rounds_of(improver)
    gone = [o for o in improver.own("p-0001") if o in improver.board.placed and not o.followers]
    improver.take_off(gone[:1])
    improver.standing.recount()
    assert rounds.make_room(gone[0]) >= 1000
    assert gone[0] in improver.board.placed
    assert faults(improver) == []


def test_it_is_told_for_what_room_is_made_and_nobody_asks_once_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = Looked(monkeypatch)
    stands = next(o for o in looked.improver.own("p-0001") if o in looked.improver.board.placed)
    looked.rounds.make_room(stands)
    assert looked.at == []
    looked.improver.board.remove(stands)
    looked.rounds.make_room(stands)
    assert looked.for_what
    assert set(looked.for_what) == {stands}
