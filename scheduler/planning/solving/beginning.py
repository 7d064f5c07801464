"""A plan begun anew from the series and doses of everybody, and all else fitted to them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.placements import Placement
from scheduler.planning.solving.constructing import fill, place_best, put, start_cost
from scheduler.planning.solving.improving import Improver


@dataclass(frozen=True)
class Begun:
    """One dose of a block: where it may start on its day, a bit for each tick.

    ``monitors`` has the number of the monitor of each stage that has one; it is empty where
    nobody is known.
    """

    block: list[Occurrence]
    starts: int
    monitors: tuple[int, ...]


@dataclass(frozen=True)
class Beginning:
    """The series of these patients and when their doses start.

    ``cost`` is that of the doses and meetings left out.
    """

    cost: int
    patients: list[str]
    series: dict[tuple[str, str], str | None]
    doses: list[Begun]


def begin_anew(improver: Improver, beginning: Beginning) -> None:
    """Take everybody's appointments off who is spoken of, and plan them around the doses."""
    board = improver.board
    mine = {patient: improver.own(patient) for patient in beginning.patients}
    improver.take_off(occurrence for held in mine.values() for occurrence in held)
    board.series.update(beginning.series)
    _place_doses(improver, beginning.doses)
    held = [occurrence for patient in beginning.patients for occurrence in mine[patient]]
    _place_each(board, (o for o in held if o.activity.is_dose_like))
    _place_each(board, (o for o in held if o.is_meeting))
    _place_what_has_one_day(board, held)
    for patient in beginning.patients:
        improver.stop.go_on()
        fill(board, patient)


def _place_each(board: Board, occurrences: Iterable[Occurrence]) -> None:
    for occurrence in occurrences:
        if occurrence not in board.placed and board.wanted(occurrence):
            place_best(board, occurrence)


def _place_doses(improver: Improver, doses: Iterable[Begun]) -> None:
    """Those first whose monitors are known."""
    board, names = improver.board, improver.problem.monitors()
    for dose, occurrence in sorted(_numbered(doses), key=lambda held: not held[0].monitors):
        starts = board.allowed(occurrence) & dose.starts
        if not starts:
            continue
        start = min(bits(starts), key=lambda start: start_cost(board, occurrence, start))
        held, stages = iter(dose.monitors), board.problem.shape(occurrence.activity).stages
        monitors = tuple(names[next(held, 0)] if stage.load else None for stage in stages)
        _place_dose(board, occurrence, start, monitors)


def _numbered(doses: Iterable[Begun]) -> Iterator[tuple[Begun, Occurrence]]:
    """The doses in order of time, each with the occurrence of its block that is next."""
    following: Counter[int] = Counter()
    for dose in sorted(doses, key=lambda begun: begun.starts):
        block = sorted(dose.block, key=lambda occurrence: occurrence.number)
        yield dose, block[following[id(dose.block)]]
        following[id(dose.block)] += 1


def _place_dose(
    board: Board, occurrence: Occurrence, start: int, monitors: tuple[str | None, ...]
) -> None:
    """With these monitors, or with others where these have no room or people are needed."""
    end = start + board.problem.shape(occurrence.activity).length
    place = next(iter(board.ledger.free_places(occurrence, start)), None)
    placement = Placement(start, end, place, (), monitors)
    if occurrence.activity.role_needs or not board.ledger.has_room(occurrence.activity, placement):
        put(board, occurrence, start)
    else:
        board.place(occurrence, placement)


def _place_what_has_one_day(board: Board, occurrences: Iterable[Occurrence]) -> None:
    """What follows a dose within hours, where one day has room for it, before others take that.

    After the last day of a week everybody needs the same hours of the next one.
    """
    calendar, hurried = board.problem.calendar, []
    for occurrence in occurrences:
        if occurrence.anchors and board.wanted(occurrence):
            starts = list(bits(board.allowed(occurrence)))
            if len(set(map(calendar.day_of, starts))) == 1:
                hurried.append((len(starts), occurrence.index, occurrence))
    for _, _, occurrence in sorted(hurried):
        place_best(board, occurrence)
