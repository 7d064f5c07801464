"""What would work instead, with its price: another time, one other appointment moved, more room.

Each choice is a plan that the judge has passed; its price is what that plan costs more than the
present one, negative where it costs less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from pathways.plan import Plan
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import total_terms
from scheduler.planning.judging import judge
from scheduler.planning.obstacles.facts import Fact, Wider, moment_text, named
from scheduler.planning.obstacles.joining import joined
from scheduler.planning.obstacles.question import Question, stand
from scheduler.planning.obstacles.smallest import Removal
from scheduler.planning.obstacles.world import World, lifted
from scheduler.planning.solving.attempt import with_dependents
from scheduler.planning.solving.constructing import place_best
from scheduler.planning.writing import unexplained_plan_of

TOLD = 3
"""Choices of a kind that are told at the most."""
MOVES_TRIED = 60
"""Appointments and starts that are tried at the most, to move one for the other."""


@dataclass(frozen=True)
class Choice:
    """Something that works, in words, at which start, and how much dearer the plan then is.

    ``scenario`` is the one in which it works: the present one, or one with more room. ``fits`` of
    ``left`` other unplaced occurrences would then have a time, too.
    """

    kind: str
    words: str
    start: datetime
    price: int
    world: World
    plan: Plan
    fits: int = 0
    left: int = 0


def choices(question: Question, removals: tuple[Removal, ...]) -> list[Choice]:
    """The cheapest choices: times that work as they are, then moves, then more room."""
    present = question.present_cost
    if question.is_of_series:
        return list(_series(question, removals, present))
    found = [*_times(question, present), *_moves(question, removals, present)]
    return [*found, *_more_room(question, removals, present)]


def _series(question: Question, removals: tuple[Removal, ...], present: int) -> Iterator[Choice]:
    """The facts of which each alone would let a patient into a series."""
    for removal in removals[:TOLD]:
        (wider, *others) = [fact.wider for fact in removal.facts]
        if others or wider is None:
            continue
        world = lifted(question.world, [wider.lift])
        found = joined(world, *question.key[:2])
        if found is not None:
            board, plan = found
            met = board.problem.asked.by_activity[question.key[:2]]
            first = min(board.placed[o].start for o in met if o in board.placed)
            when = board.problem.calendar.instant(first)
            yield Choice("room", wider.words, when, plan.cost.total - present, world, plan)


# ---- other times --------------------------------------------------------------------------


def _times(question: Question, present: int) -> Iterator[Choice]:
    """The cheapest start of each of the cheapest days, the asked one alone if it works."""
    if question.at is not None and question.is_open(question.world):
        yield from _priced_times(question, present)
        return
    yield from _priced_times(question.anywhere, present)


def _priced_times(question: Question, present: int) -> Iterator[Choice]:
    board, occurrence = question.posed(question.world)
    now = question.present_start
    priced = []
    for start in question.free(board, occurrence):
        if stand(board, occurrence, start):
            if board.problem.calendar.instant(start) != now:
                priced.append((sum(total_terms(board).values()) - present, start))
            board.remove(occurrence)
    day_of = board.problem.calendar.day_of
    by_day = groupby(sorted(priced, key=lambda p: (day_of(p[1]), p)), key=lambda p: day_of(p[1]))
    cheapest = sorted(min(held) for _, held in by_day)
    for price, start in cheapest[:TOLD]:
        stand(board, occurrence, start)
        plan = unexplained_plan_of(board)
        board.remove(occurrence)
        if judge(question.scenario, plan).passes:
            when = board.problem.calendar.instant(start)
            words = f"{moment_text(when)} works"
            yield Choice("time", words, when, price, question.world, plan)


# ---- one other appointment moved ----------------------------------------------------------


def _moves(question: Question, removals: tuple[Removal, ...], present: int) -> list[Choice]:
    """The cheapest ways to have it where one other appointment stands, and that one elsewhere."""
    board, occurrence = question.posed(question.world)
    found: dict[str, tuple[int, Occurrence, int]] = {}
    for other, start in _movable(board, removals):
        mark = len(board.journal)
        if _exchanged(board, occurrence, start, other):
            price = sum(total_terms(board).values()) - present
            known = found.get(other.name)
            if known is None or (price, start) < (known[0], known[2]):
                found[other.name] = (price, other, start)
        board.undo(mark)
    told: list[Choice] = []
    for price, other, start in sorted(found.values(), key=lambda f: (f[0], f[2]))[:TOLD]:
        told += _move(question, board, occurrence, (other, start, price))
    return told


def _movable(board: Board, removals: tuple[Removal, ...]) -> list[tuple[Occurrence, int]]:
    held = {o.name: o for o in board.placed}
    found = [
        (held[fact.moves.name], removal.start)
        for removal in removals
        if len(removal.facts) == 1
        for fact in removal.facts
        if fact.moves is not None and not fact.moves.locked
    ]
    return list(dict.fromkeys(found))[:MOVES_TRIED]


def _exchanged(board: Board, occurrence: Occurrence, start: int, other: Occurrence) -> bool:
    """Whether it stands at a start, and the other and all that hangs on it stand elsewhere."""
    gone = [o for o in with_dependents(board, [other]) if o in board.placed and o is not occurrence]
    for one in reversed(gone):
        board.remove(one)
    if start not in _free(board, occurrence, start) or not stand(board, occurrence, start):
        return False
    back = sorted(gone, key=lambda o: (len(o.anchors), o.index))
    return all(place_best(board, one) for one in back)


def _free(board: Board, occurrence: Occurrence, start: int) -> list[int]:
    if occurrence.is_meeting:
        return [] if board.broken_by_attending(occurrence) else [start]
    return [start] if board.allowed(occurrence) >> start & 1 else []


def _move(
    question: Question, board: Board, occurrence: Occurrence, found: tuple[Occurrence, int, int]
) -> Iterator[Choice]:
    other, start, price = found
    mark, before = len(board.journal), dict(board.placed)
    _exchanged(board, occurrence, start, other)
    plan = unexplained_plan_of(board)
    when = board.problem.calendar.instant(start)
    moved = [o for o in before if o in board.placed and board.placed[o].start != before[o].start]
    words = " and ".join(_moved_text(board, o, before[o].start) for o in moved)
    board.undo(mark)
    if moved and judge(question.scenario, plan).passes:
        told = f"{moment_text(when)} works if {words}"
        yield Choice("move", told, when, price, question.world, plan)


def _moved_text(board: Board, occurrence: Occurrence, before: int) -> str:
    instant = board.problem.calendar.instant
    old, new = instant(before), instant(board.placed[occurrence].start)
    return f"{named(occurrence)} moves from {moment_text(old)} to {moment_text(new)}"


# ---- more room ----------------------------------------------------------------------------


def _more_room(question: Question, removals: tuple[Removal, ...], present: int) -> list[Choice]:
    """Facts of the clinic or of the patient changed, and who else would then find a time."""
    found: list[Choice] = []
    tried: set[Fact] = set()
    for removal in removals:
        fact = next(iter(removal.facts))
        if len(removal.facts) > 1 or fact.wider is None or fact in tried:
            continue
        tried.add(fact)
        if len(found) == TOLD:
            break
        choice = _with_room(question, fact.wider, present)
        if choice is not None:
            found.append(choice)
    return sorted(found, key=lambda choice: (-choice.fits, choice.price))


def _with_room(question: Question, wider: Wider, present: int) -> Choice | None:
    world = lifted(question.world, [wider.lift])
    board, occurrence = question.posed(world)
    free = question.free(board, occurrence)
    if not free or not stand(board, occurrence, free[0]):
        return None
    price = sum(total_terms(board).values()) - present
    plan = unexplained_plan_of(board)
    when = board.problem.calendar.instant(board.placed[occurrence].start)
    if not judge(world.scenario, plan).passes:
        return None
    fits, left = _others_placed(question, board)
    return Choice("room", wider.words, when, price, world, plan, fits, left)


def _others_placed(question: Question, board: Board) -> tuple[int, int]:
    """How many of the plan's other unplaced occurrences find a time, one after the other."""
    by_key = board.problem.asked.by_key
    keys = [(u.patient, u.activity, u.occurrence) for u in question.plan.unplaced]
    others = [by_key[key] for key in keys if key in by_key and key != question.key]
    placed = sum(place_best(board, o) for o in others if o not in board.placed)
    return placed, len(others)
