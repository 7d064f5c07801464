"""Standing what is booked exactly where it is booked, as far as the rules still allow.

Everything that can stay takes its place before anything new looks for one; so nothing moves for
the sake of something that could have gone elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import keeps_booking
from scheduler.planning.ledger import face_position
from scheduler.planning.placements import Placement, booked_placement
from scheduler.planning.problem import Problem

Series = Mapping[tuple[str, str], str]
"""The series that a patient has joined for a group activity."""


def stay_in_series(board: Board, series: Series) -> None:
    """Let every patient stay in the series that they have joined, where it still suits."""
    for (patient, name), joined in series.items():
        held = board.problem.pathways.get(patient)
        for activity in held.activities if held else ():
            fits = activity.id == name and activity.kind == "group"
            if fits and joined in board.problem.options(patient, activity):
                board.series[patient, name] = joined


def stand_as_booked(board: Board, movable: Iterable[Occurrence]) -> None:
    """Place what is booked and not locked as it is booked, as far as that is allowed."""
    for occurrence in movable:
        if occurrence in board.placed or not board.wanted(occurrence):
            continue
        placement = as_it_stood(board, occurrence, booked_placement(board.problem, occurrence))
        if placement is not None:
            board.place(occurrence, placement)


def give_monitors_back(board: Board, movable: Iterable[Occurrence]) -> None:
    """Let those monitor again who did, where a session stands as booked and they are free."""
    for occurrence in movable:
        placement = board.placed.get(occurrence)
        booked = booked_placement(board.problem, occurrence)
        if placement is None or placement.monitors == booked.monitors:
            continue
        before = replace(placement, monitors=booked.monitors)
        stays = keeps_booking(board.problem, occurrence, placement)
        if stays and _knows(board, occurrence, before):
            board.remove(occurrence)
            free = board.ledger.has_room(occurrence.activity, before)
            board.place(occurrence, before if free else placement)


def movable_bookings(problem: Problem) -> list[Occurrence]:
    """What is booked and not locked, by its time: what comes after something finds it standing."""
    held = [(o.booked.start, o.index, o) for o in problem.occurrences if o.booked and not o.locked]
    return [occurrence for _, _, occurrence in sorted(held)]


def as_it_stood(board: Board, occurrence: Occurrence, booked: Placement) -> Placement | None:
    """The placement of an occurrence where it stood before; None where it may not stand so now."""
    if occurrence.is_meeting:
        place = board.attendance(occurrence)
        same = place is not None and (place.start, place.location) == (
            booked.start,
            booked.location,
        )
        return place if same and not board.broken_by_attending(occurrence) else None
    crew = able_crew(board, occurrence, booked)
    if crew is None or not _knows(board, occurrence, booked):
        return None
    end = booked.start + board.problem.shape(occurrence.activity).length
    stands = replace(booked, end=end, crew=crew)
    free = fits_at(board, occurrence, booked.start)
    return stands if free and board.ledger.has_room(occurrence.activity, stands) else None


def as_it_was(board: Board, occurrence: Occurrence, before: Placement) -> Placement | None:
    """The same at any free place and with any free monitors; None where it may not stand then."""
    if occurrence.is_meeting:
        return as_it_stood(board, occurrence, before)
    if not fits_at(board, occurrence, before.start):
        return None
    served = board.ledger.serve(occurrence, before.start, [before.crew], before.location)
    return None if served is None else Placement(before.start, before.end, *served)


def fits_at(board: Board, occurrence: Occurrence, start: int) -> bool:
    """Whether every rule but who and what serves it allows a session this one start."""
    if start < 0 or not board.domain(occurrence) >> start & 1:
        return False
    return all(mask >> start & 1 for _, mask in board.rules(occurrence, 1 << start))


def able_crew(board: Board, occurrence: Occurrence, booked: Placement) -> tuple[str, ...] | None:
    """The booked people if they are still able, and the patient's where one is required."""
    faces, position = board.faces(occurrence), face_position(occurrence)
    for crew in board.problem.shape(occurrence.activity).crews:
        known = faces is None or position is None or crew[position] in faces
        if known and set(crew) == set(booked.crew):
            return crew
    return None


def _knows(board: Board, occurrence: Occurrence, booked: Placement) -> bool:
    """Whether the booked location and monitors are such as the activity needs."""
    shape = board.problem.shape(occurrence.activity)
    places = shape.locations if occurrence.activity.location_kind else (None,)
    if booked.location not in places or len(booked.monitors) != len(shape.stages):
        return False
    return all(
        _monitors(board, monitor, booked.crew) if stage.load else monitor is None
        for stage, monitor in zip(shape.stages, booked.monitors, strict=True)
    )


def _monitors(board: Board, person: str | None, crew: tuple[str, ...]) -> bool:
    """Whether somebody of the clinic monitors, and serves the session in no other way."""
    found = board.problem.people.get(person or "")
    return found is not None and "monitor" in found.roles and person not in crew
