"""Who monitors whom on one day, asked anew: a monitor who is away costs as few moves as can be.

Times, places and people of sessions stay; only monitors change, and that costs nothing. Where
nobody has room to take a session over, the whole day is asked anew: which sessions cannot stay at
all is found exactly, day by day.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.placements import Placement, booked_placement
from scheduler.planning.solving.attempt import with_dependents
from scheduler.planning.solving.keeping import able_crew, fits_at
from scheduler.planning.stopping import Stop


def monitor_anew(board: Board, movable: Iterable[Occurrence], stop: Stop) -> None:
    """Stand booked sessions that want only a monitor as booked, with others to monitor them."""
    days: dict[int, list[Occurrence]] = defaultdict(list)
    for occurrence in movable:
        if occurrence not in board.placed and _is_monitored(board, occurrence):
            start = booked_placement(board.problem, occurrence).start
            days[board.problem.calendar.day_of(start)].append(occurrence)
    for day, held in sorted(days.items()):
        left = [o for o in held if not _is_taken_over(board, o)]
        _monitor_day(board, day, [o for o in left if _wants_monitors_alone(board, o)], stop)


def _is_monitored(board: Board, occurrence: Occurrence) -> bool:
    return any(stage.load for stage in board.problem.shape(occurrence.activity).stages)


def _wants_monitors_alone(board: Board, occurrence: Occurrence) -> bool:
    """Whether an occurrence could stand as booked if only it had its monitors."""
    if not board.wanted(occurrence):
        return False
    booked = booked_placement(board.problem, occurrence)
    return (
        fits_at(board, occurrence, booked.start)
        and able_crew(board, occurrence, booked) is not None
        and _place_and_people_free(board, occurrence, booked)
    )


def _is_taken_over(board: Board, occurrence: Occurrence) -> bool:
    """Stand a session as booked if people with room can monitor it, and nobody else's changes."""
    if not _wants_monitors_alone(board, occurrence):
        return False
    booked = booked_placement(board.problem, occurrence)
    monitors = board.ledger.monitors_for(occurrence.activity, booked)
    if monitors is None:
        return False
    end = booked.start + board.problem.shape(occurrence.activity).length
    board.place(occurrence, replace(booked, end=end, monitors=monitors))
    return True


def _place_and_people_free(board: Board, occurrence: Occurrence, booked: Placement) -> bool:
    shape, ledger = board.problem.shape(occurrence.activity), board.ledger
    if booked.location is None or booked.location not in shape.locations:
        return booked.location is None and occurrence.activity.location_kind is None
    free = ledger.place_starts(booked.location, shape.length)
    for person in booked.crew:
        free &= ledger.person_starts(person, shape.length)
    return bool(free >> booked.start & 1)


def _monitor_day(board: Board, day: int, displaced: list[Occurrence], stop: Stop) -> None:
    """Ask one day anew, the sessions that stand on it as booked together with the displaced."""
    if not displaced:
        return
    from scheduler.planning.solving.shift import Shift  # noqa: PLC0415  (OR-Tools loads slowly)

    standing = [
        o
        for o in board.standing_on(day)
        if o.booked is not None and not o.locked and _is_monitored(board, o)
    ]
    before = {o: board.placed[o] for o in standing}
    for occurrence in standing:
        board.remove(occurrence)
    shift = Shift(board)
    for occurrence in (*standing, *displaced):
        shift.add(occurrence, booked_placement(board.problem, occurrence))
    shift.nobody_holds_too_much()
    for occurrence, placement in (shift.answer(stop) or before).items():
        # Two displaced sessions may have been booked against each other from the beginning.
        if occurrence in before or _wants_monitors_alone(board, occurrence):
            board.place(occurrence, placement)
    lost = [o for o in standing if o not in board.placed]
    for occurrence in reversed(with_dependents(board, lost)):
        if occurrence in board.placed:
            board.remove(occurrence)
