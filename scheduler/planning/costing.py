"""What a board costs, term by term."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from pathways.plan import Term
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import Span
from scheduler.planning.placements import Placement, booked_placement, face_of
from scheduler.planning.problem import Problem

Terms = Counter[Term]
TWO_DAYS = 48 * 60 * 60
ONE_HOUR = 60 * 60


def total_terms(board: Board) -> Terms:
    """All terms of the whole board, weighted."""
    terms = fixed_terms(board.problem)
    for patient in board.problem.patients:
        terms += patient_terms(board, patient)
    return terms


def fixed_terms(problem: Problem) -> Terms:
    """What bookings cost that nothing asks for any more: they are dropped in any plan."""
    return Counter({"dropped": problem.weights.dropped * len(problem.asked.dropped)})


def patient_terms(board: Board, patient: str) -> Terms:
    """What one patient's part of the board costs.

    A joint session counts for its owner, but for trips, idle time and preferences.
    """
    terms: Terms = Counter()
    weights = board.problem.weights
    own = [o for o in board.problem.of_patient(patient) if o.owner == patient]
    for occurrence in own:
        for term, amount in occurrence_terms(board, occurrence):
            terms[term] += amount
    for term, count in (
        ("unplaced_other", _unjoined(board, patient)),
        ("uneven_day", _uneven_days(board, own)),
        ("new_face", _new_faces(board, patient)),
        ("off_preference", _off_preference(board, patient)),
    ):
        terms[term] += count * getattr(weights, term)
    trips, idle = trips_and_idle_slots(board, patient)
    terms["trip_day"] += trips * weights.trip_day
    terms["idle_slot"] += idle * weights.idle_slot
    return +terms


def locked_cost(board: Board, patient: str) -> int:
    """What a patient's locked bookings cost in any plan, on a board that holds nothing else.

    Idle slots and uneven days are left out where something could still come between.
    """
    weights = board.problem.weights
    own = [o for o in board.problem.of_patient(patient) if o in board.placed]
    lags = sum(
        amount
        for occurrence in own
        if occurrence.owner == patient
        for term, amount in occurrence_terms(board, occurrence)
        if term in ("lag_hour", "lag_hour_early")
    )
    trips, _ = trips_and_idle_slots(board, patient)
    return (
        lags
        + trips * weights.trip_day
        + _new_faces(board, patient) * weights.new_face
        + _off_preference(board, patient) * weights.off_preference
    )


def occurrence_terms(board: Board, occurrence: Occurrence) -> Iterator[tuple[Term, int]]:
    """What one occurrence costs by itself: left out, moved, earlier or later than ideal."""
    weights = board.problem.weights
    placement = board.placed.get(occurrence)
    if placement is None:
        if board.wanted(occurrence):
            term = unplaced_term(occurrence)
            yield term, getattr(weights, term)
        if occurrence.booked is not None:
            yield "dropped", weights.dropped
        return
    movable = occurrence.booked is not None and not occurrence.locked
    if movable and not keeps_booking(board.problem, occurrence, placement):
        yield moved_term(board.problem, occurrence)
    end = board.anchored(occurrence) if occurrence.asked else None
    if end is not None:
        yield from lag_terms(board.problem, occurrence, placement.start - end)


def unplaced_term(occurrence: Occurrence) -> Term:
    """The weight's name for leaving an occurrence out."""
    return "unplaced" if occurrence.activity.is_dose_like else "unplaced_other"


def keeps_booking(problem: Problem, occurrence: Occurrence, placement: Placement) -> bool:
    """Whether start, location and people are those of its booking."""
    booked = booked_placement(problem, occurrence)
    return (placement.start, placement.location, set(placement.crew)) == (
        booked.start,
        booked.location,
        set(booked.crew),
    )


def moved_term(problem: Problem, occurrence: Occurrence) -> tuple[Term, int]:
    """What it costs to move a booking: more where it would have started within two days."""
    booked, now = occurrence.booked, problem.scenario.now
    if booked and now and (booked.start - now).total_seconds() < TWO_DAYS:
        return "moved_soon", problem.weights.moved_soon
    return "moved", problem.weights.moved


def lag_terms(problem: Problem, occurrence: Occurrence, lag: int) -> Iterator[tuple[Term, int]]:
    """The whole hours by which a lag of so many ticks is longer or shorter than ideal."""
    after = occurrence.activity.after
    if after is not None:
        ideal = int(after.lag.ideal.total_seconds())
        late = lag * problem.calendar.tick_seconds - ideal
        yield "lag_hour", max(0, late) // ONE_HOUR * problem.weights.lag_hour
        yield "lag_hour_early", max(0, -late) // ONE_HOUR * problem.weights.lag_hour_early


def _unjoined(board: Board, patient: str) -> int:
    """The occurrences of groups of which the patient has joined no series."""
    return sum(
        activity.schedule[0].per_week * len(activity.scheduled_weeks)
        for activity in board.problem.pathways[patient].activities
        if activity.kind == "group" and board.series.get((patient, activity.id)) is None
    )


def _uneven_days(board: Board, own: Iterable[Occurrence]) -> int:
    days = 0
    blocks: dict[tuple[str, int], list[int]] = {}
    for occurrence in own:
        if occurrence.week is None or occurrence.activity.min_days_between is None:
            continue
        if occurrence.activity.per_week(occurrence.week) >= 2 and occurrence in board.placed:
            day = board.problem.calendar.day_of(board.placed[occurrence].start)
            blocks.setdefault((occurrence.activity.id, occurrence.week), []).append(day)
    for (name, week), held in blocks.items():
        activity = board.problem.pathways[next(iter(own)).owner].activity(name)
        even = 7 // activity.per_week(week)
        days += sum(abs(later - earlier - even) for earlier, later in pairwise(sorted(held)))
    return days


def _new_faces(board: Board, patient: str) -> int:
    """The practitioners beyond the first in each family that prefers one."""
    faces: dict[str, set[str]] = {}
    for occurrence in board.problem.of_patient(patient):
        need = occurrence.activity.same_person_need
        if need is None or need.same_person != "preferred" or occurrence.owner != patient:
            continue
        placement = board.placed.get(occurrence)
        face = face_of(occurrence, placement) if placement else None
        if face is not None:
            root = occurrence.activity.same_person_as or occurrence.activity.id
            faces.setdefault(root, set()).add(face)
    return sum(len(held) - 1 for held in faces.values())


def _off_preference(board: Board, patient: str) -> int:
    count = 0
    for occurrence in board.problem.of_patient(patient):
        placement = board.placed.get(occurrence)
        if placement is not None and not occurrence.is_meeting:
            wished = board.problem.prefers(patient, placement.end - placement.start)
            count += not wished >> placement.start & 1
    return count


def trips_and_idle_slots(board: Board, patient: str) -> tuple[int, int]:
    """The dates with an in-person appointment, and the whole slots between two of one date."""
    by_day: dict[int, list[Span]] = {}
    for occurrence in board.problem.of_patient(patient):
        placement = board.placed.get(occurrence)
        if placement is not None and board.problem.in_person(occurrence, placement.series):
            day = board.problem.calendar.day_of(placement.start)
            by_day.setdefault(day, []).append((placement.start, placement.end))
    idle = 0
    for spans in by_day.values():
        for (_, end), (start, _) in pairwise(sorted(spans)):
            idle += max(0, start - end) // board.problem.slot
    return len(by_day), idle
