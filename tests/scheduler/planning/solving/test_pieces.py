"""Which days of which patients are looked at together, and in what order."""

from functools import cache
from random import Random

import pytest

from scheduler.planning.board import Board
from scheduler.planning.solving import pieces
from scheduler.planning.solving.pieces import Piece, around, full_days
from tests.scheduler.planning.solving.plans_begun import PATIENTS, begun, clinic


@cache
def board() -> Board:
    return begun(clinic()).board


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311  (a search, not a secret)


def sessions(piece: Piece) -> int:
    """How many sessions these patients have on these days that could move."""
    assert piece.days is not None
    first, last = piece.days
    return sum(
        o.owner in piece.patients and not o.is_meeting
        for day in range(first, last + 1)
        for o in board().standing_on(day)
    )


def test_the_fullest_days_come_first_and_days_with_room_not_at_all() -> None:
    found = full_days(board(), 0, dice(0))
    full = [sessions(piece) for piece in found]
    assert full == sorted(full, reverse=True)
    assert full[-1] >= full[0] / 3
    assert len({piece.days for piece in found}) == len(found) > 3


@pytest.mark.parametrize("begin", [0, 1])
def test_days_are_looked_at_two_by_two(begin: int) -> None:
    for piece in full_days(board(), begin, dice(0)):
        assert piece.days is not None
        first, last = piece.days
        assert (first - begin) % 2 == 0
        assert last - first == 1 or last == len(board().problem.calendar.dates) - 1


def test_many_patients_come_in_groups_of_not_too_many_sessions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = {piece.days: sessions(piece) for piece in full_days(board(), 0, dice(0))}
    most = max(whole.values()) - 1
    monkeypatch.setattr(pieces, "MOST_SESSIONS", most)
    monkeypatch.setattr(pieces, "FULL", 0)
    groups = [piece for seed in range(9) for piece in full_days(board(), 0, dice(seed))]
    assert all(sessions(piece) <= most for piece in groups)
    assert len({piece.patients for piece in groups}) > 1


def test_around_what_is_unplaced_its_own_patient_is_always_among_those_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "MOST_SESSIONS", 2)
    improver = begun(clinic())
    calendar = improver.problem.calendar
    for occurrence in improver.own("p-0003"):
        if occurrence in improver.board.placed and not occurrence.followers:
            day = calendar.day_of(improver.board.placed[occurrence].start)
            improver.board.remove(occurrence)
            found = [*around(improver.board, occurrence, dice(0))]
            assert all("p-0003" in piece.patients for piece in found)
            assert any(day in (piece.days or ()) for piece in found)
            improver.board.undo()


def test_a_piece_is_understood_as_it_was_said() -> None:
    for piece in (Piece(("p-0001",)), Piece(tuple(PATIENTS), (3, 4))):
        assert Piece.understood([[*piece.patients], piece.days and [*piece.days]]) == piece
