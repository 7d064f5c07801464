"""Placing one more by making room: what stands in the way goes elsewhere, or makes room in turn.

A chain of ejections: an occurrence takes a start that another holds, that one looks for a free
start, and where it finds none may itself take one that a third holds.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from random import Random

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.problem import Shape
from scheduler.planning.solving.attempt import with_dependents
from scheduler.planning.solving.constructing import place_best, put, start_cost
from scheduler.planning.stopping import Stop

STARTS = 8
"""How many of its starts an occurrence tries to make room at."""
BLOCKERS = 5
"""How many of those who stand there it tries to move."""
SPREAD = 20
"""How much dearer than the cheapest those may be."""


class Chains:
    """One search for a chain, with so many tries and no more."""

    def __init__(self, board: Board, dice: Random, tries: int, stop: Stop) -> None:
        self.board = board
        self.dice = dice
        self.tries = tries
        self.stop = stop

    def make_room(self, occurrence: Occurrence, depth: int) -> bool:
        """Place an occurrence, moving a chain of up to ``depth`` others; False leaves a mess."""
        if place_best(self.board, occurrence, self.dice):
            return True
        if depth == 0:
            return False
        for start in _starts(self.board, occurrence, self.dice):
            blockers = list(blockers_of(self.board, occurrence, start))
            self.dice.shuffle(blockers)
            for blocker in blockers[:BLOCKERS]:
                if self.tries <= 0 or self.stop.due:
                    return False
                if self._replaced(occurrence, start, blocker, depth):
                    return True
        return False

    def _replaced(
        self, occurrence: Occurrence, start: int, blocker: Occurrence, depth: int
    ) -> bool:
        """Whether an occurrence took another's start and that one found room elsewhere."""
        self.tries -= 1
        self.stop.spent += 1
        mark = len(self.board.journal)
        if _taken_over(self.board, occurrence, start, blocker) and all(
            self.make_room(other, depth - 1)
            for other in _displaced(self.board, mark)
            if self.board.wanted(other)
        ):
            return True
        self.board.undo(mark)
        return False


def _starts(board: Board, occurrence: Occurrence, dice: Random) -> list[int]:
    """Some starts that nothing but other appointments stands against, the cheaper the likelier."""
    if occurrence.is_meeting:
        meeting = board.meeting(occurrence)
        movable = meeting is not None and board.broken_by_attending(occurrence) == {"spacing"}
        return [meeting.start] if meeting is not None and movable else []
    able = bits(starts_but_for_others(board, occurrence))
    ranked = {s: start_cost(board, occurrence, s) + SPREAD * dice.random() for s in able}
    return sorted(ranked, key=lambda start: ranked[start])[:STARTS]


def starts_but_for_others(board: Board, occurrence: Occurrence) -> int:
    """The starts of a session that nothing but other appointments of a day stands against."""
    domain = board.domain(occurrence)
    for rule, mask in board.rules(occurrence, domain):
        domain &= board.roomy(occurrence, domain) if rule == "spacing" else mask
    return domain


def blockers_of(board: Board, occurrence: Occurrence, start: int) -> Iterator[Occurrence]:
    """The movable appointments of the day that may keep an occurrence from a start."""
    length = board.problem.shape(occurrence.activity).length
    for other in board.standing_on(board.problem.calendar.day_of(start)):
        placement = board.placed[other]
        if other.locked:
            continue
        if not set(other.patients).isdisjoint(occurrence.patients) or (
            not other.is_meeting
            and placement.start < start + length
            and start < placement.end
            and _shares(board, board.problem.shape(occurrence.activity), other)
        ):
            yield other


def _shares(board: Board, mine: Shape, other: Occurrence) -> bool:
    """Whether a session may need the location, a person or the monitors of a standing one."""
    theirs = board.problem.shape(other.activity)
    people = {person for crew in mine.crews for person in crew}
    placement = board.placed[other]
    return (
        placement.location in mine.locations
        or not people.isdisjoint(placement.crew)
        or (any(s.load for s in mine.stages) and any(s.load for s in theirs.stages))
    )


def rivals(board: Board, patients: Collection[str], days: Iterable[int]) -> dict[str, int]:
    """Who else has anything on some days that these patients could use, and how much."""
    mine = [a for name in patients for a in board.problem.pathways[name].activities]
    wanted = [board.problem.shape(activity) for activity in mine]
    found: Counter[str] = Counter()
    for other in (standing for day in days for standing in board.standing_on(day)):
        if not other.locked and any(_shares(board, shape, other) for shape in wanted):
            found.update(name for name in other.patients if name not in patients)
    return dict(sorted(found.items()))


def _taken_over(board: Board, occurrence: Occurrence, start: int, blocker: Occurrence) -> bool:
    """Put an occurrence where another, and what hangs on that one, is taken off."""
    for other in reversed(with_dependents(board, [blocker])):
        if other in board.placed:
            board.remove(other)
    if occurrence.is_meeting:
        return place_best(board, occurrence)
    return bool(board.allowed(occurrence) >> start & 1) and put(board, occurrence, start)


def _displaced(board: Board, mark: int) -> list[Occurrence]:
    """What has been taken off since a mark in the journal, anchors before what comes after them."""
    removed = [occurrence for occurrence, before in board.journal[mark:] if before is not None]
    return sorted(set(removed), key=lambda o: (len(o.anchors), o.index))
