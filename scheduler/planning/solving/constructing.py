"""A first plan, quickly: one patient after the other, each session at its best free start."""

from collections.abc import Callable, Iterable
from random import Random

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.costing import keeps_booking, lag_terms, moved_term
from scheduler.planning.ledger import face_position
from scheduler.planning.placements import Placement, booked_placement

NOISE = 6.0
"""How much dearer than the cheapest a start may be and still be chosen at random."""


def construct(board: Board, patients: Iterable[str], go_on: Callable[[], bool]) -> None:
    """Place what these patients ask for, doses before the rest, while told to go on."""
    for patient in patients:
        if not go_on():
            return
        join_series(board, patient)
        fill(board, patient)


def join_series(board: Board, patient: str) -> None:
    """Join the series of each group activity that has most of its meetings free."""
    for activity in board.problem.pathways[patient].activities:
        key = (patient, activity.id)
        if activity.kind != "group" or board.series.get(key) is not None:
            continue
        best: tuple[int, str] | None = None
        for series in board.problem.options(patient, activity):
            board.series[key] = series
            free = sum(not board.broken_by_attending(o) for o in meetings_of(board, key))
            if best is None or free > best[0]:
                best = (free, series)
            if free == len(meetings_of(board, key)):
                break
        board.series[key] = best[1] if best else None


def meetings_of(board: Board, key: tuple[str, str]) -> list[Occurrence]:
    """The meetings of a patient's group activity that are asked for and not locked."""
    held = board.problem.asked.by_activity.get(key, ())
    return [o for o in held if not o.locked and board.wanted(o)]


def fill(board: Board, patient: str) -> int:
    """Place whatever of a patient's can be placed as the board stands; how many were placed."""
    placed = 0
    for occurrence in sorted(board.problem.of_patient(patient), key=_urgency):
        if occurrence not in board.placed and board.wanted(occurrence):
            placed += place_best(board, occurrence)
    return placed


def _urgency(occurrence: Occurrence) -> tuple[int, int, int]:
    """Meetings first, for their times are fixed; then doses, then what comes after them."""
    dose = occurrence.activity.is_dose_like
    kind = 0 if occurrence.is_meeting else 1 if dose else 2
    return (kind, 1 if occurrence.anchors else 0, occurrence.index)


def place_in_order(board: Board, occurrences: Iterable[Occurrence], dice: Random) -> None:
    """Place these occurrences, roughly by urgency, as far as they find room."""
    waiting = sorted(occurrences, key=lambda o: (_urgency(o)[1], dice.random() + _haste(o)))
    for occurrence in waiting:
        if occurrence not in board.placed and board.wanted(occurrence):
            place_best(board, occurrence, dice)


def _haste(occurrence: Occurrence) -> float:
    """Doses mostly go before meetings, and those before the rest."""
    return 0.0 if occurrence.activity.is_dose_like else 0.4 if occurrence.is_meeting else 0.8


def place_best(board: Board, occurrence: Occurrence, dice: Random | None = None) -> bool:
    """Place an occurrence at the cheapest start that is free; False where there is none.

    With ``dice`` at one that is nearly as cheap, so that another try ends elsewhere.
    """
    if occurrence.is_meeting:
        place = board.attendance(occurrence)
        if place is None or board.broken_by_attending(occurrence):
            return False
        board.place(occurrence, place)
        return True
    starts = board.allowed(occurrence)
    if occurrence.booked is not None and _put_where_booked(board, occurrence, starts):
        return True
    noise = dice.random if dice is not None else float
    ranked = {s: start_cost(board, occurrence, s) + NOISE * noise() for s in bits(starts)}
    for start in sorted(ranked, key=lambda s: (ranked[s], s)):
        if put(board, occurrence, start):
            return True
    return False


def _put_where_booked(board: Board, occurrence: Occurrence, starts: int) -> bool:
    """Place an occurrence exactly as booked, if that is allowed."""
    booked = booked_placement(board.problem, occurrence)
    if not starts >> booked.start & 1:
        return False
    if not put(board, occurrence, booked.start, prefer=booked):
        return False
    if keeps_booking(board.problem, occurrence, board.placed[occurrence]):
        return True
    board.remove(occurrence)
    return False


def put(
    board: Board,
    occurrence: Occurrence,
    start: int,
    prefer: Placement | None = None,
    faces: set[str] | None = None,
) -> bool:
    """Place a session at a start with people and places that are free then.

    Faces that the patient knows go first, or those given; ``prefer`` is a booking to keep.
    """
    crews = [crew for crew, _ in board.ledger.crews(occurrence, board.faces(occurrence))]
    position = face_position(occurrence)
    if position is not None:
        known = board.family_faces(occurrence.owner, occurrence) if faces is None else faces
        crews.sort(key=lambda crew: crew[position] not in known)
    if prefer is not None:
        crews.sort(key=lambda crew: set(crew) != set(prefer.crew))
    served = board.ledger.serve(occurrence, start, crews, prefer.location if prefer else None)
    if served is None:
        return False
    length = board.problem.shape(occurrence.activity).length
    board.place(occurrence, Placement(start, start + length, *served))
    return True


def start_cost(board: Board, occurrence: Occurrence, start: int) -> int:
    """About what a start costs: preferences, an extra trip, lag, uneven days, leaving a booking."""
    problem, weights = board.problem, board.problem.weights
    day = problem.calendar.day_of(start)
    length = problem.shape(occurrence.activity).length
    cost = 0
    for name in occurrence.patients:
        cost += weights.off_preference * (not problem.prefers(name, length) >> start & 1)
        if problem.in_person(occurrence) and not board.visits_on(name, day):
            cost += weights.trip_day
    end = board.anchored(occurrence)
    if end is not None:
        cost += sum(amount for _, amount in lag_terms(problem, occurrence, start - end))
    if occurrence.booked is not None:
        cost += moved_term(problem, occurrence)[1]
    return cost + _unevenness(board, occurrence, day)


def _unevenness(board: Board, occurrence: Occurrence, day: int) -> int:
    """The days by which a day in the week is off an even spread over it."""
    if occurrence.week is None or not occurrence.activity.min_days_between:
        return 0
    start = board.problem.day(board.problem.patients[occurrence.owner].start)
    per_week = occurrence.activity.per_week(occurrence.week)
    block = board.problem.asked.by_activity[occurrence.owner, occurrence.activity.id]
    rank = [o for o in block if o.week == occurrence.week].index(occurrence)
    ideal = rank * (7 // per_week)
    return abs((day - start) % 7 - ideal) * board.problem.weights.uneven_day
