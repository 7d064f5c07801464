"""The smallest sets of facts that would have to go, over all starts that are asked about.

At one start everything that is lacking must be had, each thing in one of several ways; the facts
of those ways together must go. Starts that lack least are looked at first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pathways.plan import Rule
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.explaining import broken_sets
from scheduler.planning.obstacles.attending import of_meeting
from scheduler.planning.obstacles.facts import Way, told_together
from scheduler.planning.obstacles.joining import ways_to_join
from scheduler.planning.obstacles.neighbours import OF_NEIGHBOURS
from scheduler.planning.obstacles.question import Question
from scheduler.planning.obstacles.serving import OF_SERVING
from scheduler.planning.obstacles.times import OF_TIME
from scheduler.planning.obstacles.trial import Trial, Ways

MOST = 6
"""Facts that a set has at most; beyond, nobody would mend them all."""
MOST_CHANGES = 3
"""Facts that a set has at most where each of them is one that somebody can change."""
WAYS = 60
"""Sets that are looked at for one start."""
ALONE: frozenset[Rule] = frozenset(
    ("hours", "closure", "past", "availability", "ride", "clearance", "authorization")
)
"""Rules each of which is broken by a fact of its own; one appointment may break several others."""


@dataclass(frozen=True)
class Removal:
    """Facts that must all go for the occurrence to stand at a start."""

    facts: Way
    start: int

    @property
    def rank(self) -> tuple[object, ...]:
        """What can be acted on first, then early starts."""
        return (sorted(fact.rank for fact in self.facts), self.start)


def smallest_removals(question: Question) -> list[Removal]:
    """The removals of fewest facts, those that can be acted on first; empty where all are many.

    Sets of facts that somebody can change go before smaller ones with some that nobody can.
    """
    if question.is_of_series:
        ways = [way for way in ways_to_join(question.world, *question.key[:2]) if way]
        least = min(map(len, ways), default=0)
        return sorted((Removal(w, 0) for w in ways if len(w) == least), key=lambda r: r.rank)
    return _smallest(question, MOST_CHANGES, settled=False) or _smallest(
        question, MOST, settled=True
    )


def _smallest(question: Question, most: int, *, settled: bool) -> list[Removal]:
    board, occurrence = question.posed(question.world)
    found: list[Removal] = []
    for least, starts in _parts(question, board, occurrence):
        if least > most:
            break
        for start in bits(starts):
            things = list(_lacking(question, board, occurrence, start))
            if not settled:
                things = [_changeable(ways) for ways in things]
            for facts in _unions(things, most):
                if len(facts) < most:
                    most, found = len(facts), []
                found.append(Removal(facts, start))
    return sorted((r for r in found if len(r.facts) == most), key=lambda r: r.rank)


def _parts(question: Question, board: Board, occurrence: Occurrence) -> Iterator[tuple[int, int]]:
    """Starts, and how many facts must go at the least for one of them; the least first."""
    asked = question.starts(board, occurrence)
    if occurrence.is_meeting:
        yield 1, asked
        return
    parts = [
        (_least(rules), held & asked) for rules, held in broken_sets(board, occurrence).items()
    ]
    yield from sorted(parts)


def _least(rules: frozenset[Rule]) -> int:
    return len(rules & ALONE) + bool(rules - ALONE)


def _lacking(
    question: Question, board: Board, occurrence: Occurrence, start: int
) -> Iterator[Ways]:
    """Each thing that is lacking at a start, as the ways to have it."""
    length = board.problem.shape(occurrence.activity).length
    meeting = board.meeting(occurrence) if occurrence.is_meeting else None
    if meeting is not None:
        length = meeting.end - meeting.start
    trial = Trial(question.scenario, board, occurrence, start, length)
    if occurrence.is_meeting:
        yield from of_meeting(trial)
        return
    for lacking in (*OF_TIME, *OF_NEIGHBOURS, *OF_SERVING):
        yield from lacking(trial)


def _changeable(ways: Ways) -> Ways:
    return [way for way in ways if not any(fact.settled for fact in way)]


def _unions(things: list[Ways], most: int) -> list[Way]:
    """The smallest sets with a way to each thing, of at most so many facts."""
    if not things or not all(things):
        return []
    found: list[Way] = []
    waiting: list[tuple[Way, int]] = [(frozenset(), 0)]
    while waiting and len(found) < WAYS:
        facts, number = waiting.pop()
        while number < len(things) and any(way <= facts for way in things[number]):
            words = [way for way in things[number] if way <= facts]
            facts = told_together(facts, words[0])
            number += 1
        if number == len(things):
            found.append(facts)
            continue
        grown = (told_together(facts, way) for way in things[number])
        waiting += [(more, number + 1) for more in grown if len(more) <= most]
    least = min(map(len, found), default=0)
    return [facts for facts in found if len(facts) == least]
