"""Pieces of a plan that are looked at by themselves: a whole course, or a few days of many.

Whole courses of two or three patients leave to all others what they have. What many patients have
on two days is little enough to be asked of the solver exactly, as long as it stays on these two:
then the hours of full days are shared out anew among all who come.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, NamedTuple

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.solving.ejecting import starts_but_for_others

DAYS = 2
"""So many days are asked about at once."""
MOST_SESSIONS = 30
"""No more sessions than this, so that the solver mostly comes to an end within a second."""
FULL = 1 / 3
"""Days with less than this of the sessions of the fullest have room enough as it is."""


class Piece(NamedTuple):
    """One patient's whole course, or what some patients have from a first to a last day."""

    patients: tuple[str, ...]
    days: tuple[int, int] | None = None

    @classmethod
    def understood(cls, said: Any) -> "Piece":
        """The piece that plain data tells of."""
        patients, days = said
        first, last = days or (0, 0)
        return cls(tuple(map(str, patients)), (int(first), int(last)) if days else None)


def courses(patients: Iterable[str]) -> list[Piece]:
    """The whole course of each of these."""
    return [Piece((patient,)) for patient in patients]


def full_days(board: Board, begin: int, dice: Random) -> list[Piece]:
    """The full days from one on, two at a time, the fullest first; many patients in groups."""
    found: dict[Piece, int] = {}
    for first in range(begin, len(board.problem.calendar.dates), DAYS):
        last = _last(board, first)
        sessions = _sessions(board, first, last)
        for group in _groups(sessions, dice):
            found[Piece(group, (first, last))] = sum(sessions[name] for name in group)
    full = FULL * max(found.values(), default=0)
    pieces = (piece for piece in found if found[piece] >= full and len(piece.patients) > 1)
    return sorted(pieces, key=lambda piece: -found[piece])


def around(board: Board, occurrence: Occurrence, dice: Random) -> Iterator[Piece]:
    """The days on which an occurrence could lie, two at a time, with others who come then."""
    last = -1
    for day in _days(board, occurrence):
        if day > last:
            last = _last(board, day)
            sessions = _sessions(board, day, last)
            first, *_ = _groups(sessions, dice, occurrence.patients)
            yield Piece(first, (day, last))


def _last(board: Board, first: int) -> int:
    return min(first + DAYS, len(board.problem.calendar.dates)) - 1


def _days(board: Board, occurrence: Occurrence) -> list[int]:
    """The days on which nothing but other appointments of theirs stands against an occurrence."""
    day_of = board.problem.calendar.day_of
    if occurrence.is_meeting:
        meeting = board.meeting(occurrence)
        return [day_of(meeting.start)] if meeting else []
    return sorted({day_of(start) for start in bits(starts_but_for_others(board, occurrence))})


def _sessions(board: Board, first: int, last: int) -> Counter[str]:
    """How many sessions that stand on some days each patient could move."""
    standing = (o for day in range(first, last + 1) for o in board.standing_on(day))
    return Counter(o.owner for o in standing if not (o.is_meeting or o.locked))


def _groups(
    sessions: Counter[str], dice: Random, foremost: Iterable[str] = ()
) -> Iterator[tuple[str, ...]]:
    """The patients in groups of no more sessions than can be asked about at once.

    Those who are ``foremost`` are in the first group, sessions or none.
    """
    group = list(dict.fromkeys(foremost))
    held = sum(sessions[name] for name in group)
    others = sorted(name for name in sessions if name not in group)
    if sessions.total() > MOST_SESSIONS:
        dice.shuffle(others)
    for name in others:
        if group and held + sessions[name] > MOST_SESSIONS:
            yield tuple(sorted(group))
            group, held = [], 0
        group.append(name)
        held += sessions[name]
    if group:
        yield tuple(sorted(group))
