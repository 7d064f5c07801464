"""Facts that may stand in the way of an appointment, each a thing that a person could change.

A fact is what it is about (its ``key``), words, and the lift that takes it away.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from pathways.plan import Rule
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import Span
from scheduler.planning.explaining import ACTIONABLE
from scheduler.planning.obstacles.world import Lift, taken_off
from scheduler.planning.problem import Problem
from scheduler.planning.solving.attempt import dependents

Way = frozenset["Fact"]
"""Facts that must all go for something to be had; there may be other ways to have it."""


@dataclass(frozen=True)
class Wider:
    """What a person would change for the fact to go, mostly for good: in words, and as a lift."""

    words: str
    lift: Lift = field(compare=False)


@dataclass(frozen=True)
class Fact:
    """One fact in the way. Two are the same where they are about the same thing.

    ``moves`` is the appointment that would have to go elsewhere, if that is what the fact is.
    ``wider`` changes it for good. ``settled``: nobody can change it, or only who answers for the
    pathway; or it is another session of the same kind, and nothing would be gained.
    """

    key: tuple[object, ...]
    rule: Rule = field(compare=False)
    words: str = field(compare=False)
    lift: Lift = field(compare=False)
    moves: Occurrence | None = field(default=None, compare=False)
    wider: Wider | None = field(default=None, compare=False)
    settled: bool = field(default=False, compare=False)
    name: str = field(default="", compare=False)
    """What its words call it, so that they need not say it twice."""

    @property
    def rank(self) -> tuple[bool, bool, int, str]:
        """What a coordinator can do most about comes first."""
        locked = self.moves is not None and self.moves.locked
        return (self.settled, locked, ACTIONABLE.index(self.rule), self.words)


def told_together(facts: Way, others: Way) -> Way:
    """All of both, what is about the same thing once and with the words of either."""
    found = {fact.key: fact for fact in facts}
    for fact in others:
        same = found.get(fact.key, fact)
        more = fact.words.replace(fact.name, "it") if fact.name else fact.words
        if fact.words not in same.words and more not in same.words:
            same = replace(same, words=f"{same.words}; {more}")
        found[fact.key] = same
    return frozenset(found.values())


def appointment(
    board: Board, other: Occurrence, rule: Rule, words: str, asked: Occurrence
) -> Fact | None:
    """That another appointment stands, words about which may name it ``{}``.

    None where the occurrence that is asked about could not be without it.
    """
    gone = _falling_with(board, other)
    if asked in gone or any(_needs(asked, found) for found in gone):
        return None
    identities = frozenset((o.patients, o.activity.id, o.number) for o in gone)
    return Fact(
        key=("appointment", other.name),
        rule=rule,
        words=words.format(standing(board, other)),
        name=standing(board, other),
        lift=taken_off(identities),
        moves=other,
        settled=(other.owner, other.activity) == (asked.owner, asked.activity),
    )


def _falling_with(board: Board, occurrence: Occurrence) -> list[Occurrence]:
    """An appointment and all that could not stand without it, locked or not."""
    found = [occurrence]
    for other in found:
        found += [o for o in dependents(board, other) if o not in found]
    return found


def _needs(occurrence: Occurrence, other: Occurrence) -> bool:
    """Whether an occurrence comes after another, or may not start before that has ended."""
    first = ((before.activity, before.occurrence) for before in occurrence.activity.preceded_by)
    shared = not set(occurrence.patients).isdisjoint(other.patients)
    return other in occurrence.anchors or (shared and (other.activity.id, other.number) in first)


def standing(board: Board, occurrence: Occurrence) -> str:
    """``p-0004's Esketamine session 2 on Tue 12 Jan from 09:00 to 11:30``."""
    placement = board.placed[occurrence]
    return f"{named(occurrence)} {hours(board.problem, (placement.start, placement.end))}"


def named(occurrence: Occurrence) -> str:
    """``p-0004's Esketamine session 2``; both partners' names where it is theirs."""
    number = "" if occurrence.is_meeting else f" {occurrence.number}"
    return f"{' and '.join(occurrence.patients)}'s {occurrence.activity.title}{number}"


def hours(problem: Problem, span: Span) -> str:
    """``on Tue 12 Jan from 09:00 to 11:30``."""
    first, last = (problem.calendar.instant(tick) for tick in span)
    return f"on {day_text(first)} from {first:%H:%M} to {last:%H:%M}"


def day_text(moment: datetime) -> str:
    """``Tue 12 Jan``."""
    return f"{moment:%a} {moment.day} {moment:%b}"


def moment_text(moment: datetime) -> str:
    """``Tue 12 Jan 09:00``."""
    return f"{day_text(moment)} {moment:%H:%M}"
