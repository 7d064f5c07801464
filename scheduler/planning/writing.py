"""From a board to a plan document."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from pathways import timing
from pathways.model import Modality
from pathways.plan import (
    Appointment,
    Cost,
    JoinedSeries,
    Note,
    Plan,
    PlannedStage,
    Reason,
    Unplaced,
)
from scheduler.planning.asking import Key, Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import total_terms
from scheduler.planning.explaining import why_unjoined, why_unplaced
from scheduler.planning.placements import Placement
from scheduler.planning.problem import Problem

Why = Callable[[Board, Occurrence], Unplaced]
"""Finds out why an occurrence is unplaced."""


def plan_of(board: Board, bound: int, why: Why = why_unplaced) -> Plan:
    """The plan that a board stands for, with the reasons for what it could not place."""
    return _plan(board, bound, _unplaced(board, why))


def unexplained_plan_of(board: Board) -> Plan:
    """The plan that a board stands for, without a bound, and without looking for reasons.

    For plans that are only tried: something may be unplaced that would fit.
    """
    nameless = (Reason(rule="order", detail="was not looked into"),)
    unplaced = (
        Unplaced(patient=patient, activity=activity, occurrence=number, reasons=nameless)
        for patient, activity, number in _left_out(board)
    )
    return _plan(board, 0, unplaced)


def _plan(board: Board, bound: int, unplaced: Iterable[Unplaced]) -> Plan:
    terms = total_terms(board)
    total = sum(terms.values())
    return Plan(
        format="care-plan/1",
        scenario=board.problem.clinic.id,
        status="optimal" if bound >= total else "feasible",
        cost=Cost(total=total, terms={name: n for name, n in sorted(terms.items()) if n}),
        bound=min(bound, total),
        groups=tuple(_groups(board)),
        appointments=tuple(_appointments(board)),
        unplaced=tuple(unplaced),
    )


def _groups(board: Board) -> Iterator[JoinedSeries]:
    for (patient, activity), series in sorted(board.series.items()):
        if series is not None:
            yield JoinedSeries(patient=patient, activity=activity, series=series)


def _appointments(board: Board) -> Iterator[Appointment]:
    """In order of time, then of patients."""
    taken = {o.booked.id for o in board.placed if o.locked and o.booked is not None}
    for occurrence, placement in sorted(
        board.placed.items(), key=lambda item: (item[1].start, item[0].name)
    ):
        if occurrence.locked and occurrence.booked is not None:
            held = dict(vars(occurrence.booked))
            held.pop("locked")
            yield Appointment.model_construct(**held)
        else:
            yield _appointment(board.problem, occurrence, placement, taken)


def appointment_on(board: Board, occurrence: Occurrence) -> Appointment:
    """The appointment for which one occurrence stands on a board; KeyError where it does not."""
    return _appointment(board.problem, occurrence, board.placed[occurrence], set())


def _appointment(
    problem: Problem, occurrence: Occurrence, placement: Placement, taken: set[str]
) -> Appointment:
    name = occurrence.booked.id if occurrence.booked is not None else occurrence.name
    while occurrence.booked is None and name in taken:
        name += "'"
    return Appointment(
        id=name,
        patients=occurrence.patients,
        activity=occurrence.activity.id,
        occurrence=occurrence.number,
        start=problem.calendar.instant(placement.start),
        end=problem.calendar.instant(placement.end),
        modality=_modality(problem, occurrence, placement),
        location=placement.location,
        practitioners=placement.crew,
        stages=tuple(_stages(problem, occurrence, placement)),
        notes=tuple(notes(problem, occurrence, placement)),
    )


def _modality(problem: Problem, occurrence: Occurrence, placement: Placement) -> Modality:
    """A meeting's is that of its series."""
    series = problem.series.get(placement.series or "")
    return series.modality if series is not None else occurrence.activity.modality


def _stages(
    problem: Problem, occurrence: Occurrence, placement: Placement
) -> Iterator[PlannedStage]:
    if occurrence.is_meeting:
        return
    stages = problem.shape(occurrence.activity).stages
    for stage, monitor in zip(stages, placement.monitors, strict=True):
        start = placement.start + stage.offset
        yield PlannedStage(
            id=stage.id,
            start=problem.calendar.instant(start),
            end=problem.calendar.instant(start + stage.length),
            practitioner=monitor,
        )


def notes(problem: Problem, occurrence: Occurrence, placement: Placement) -> Iterator[Note]:
    """The no-driving note, until the clinic's hour on the next calendar day."""
    if not occurrence.activity.no_driving:
        return
    day = problem.calendar.dates[problem.calendar.day_of(placement.start)]
    until = timing.next_day_at(day, problem.clinic.resume_driving, problem.calendar.zone)
    yield Note(
        kind="no-driving",
        text=driving_text(until.astimezone(problem.calendar.zone)),
        until=until.astimezone(problem.calendar.zone),
    )


def driving_text(until: datetime) -> str:
    """What the patient is told about driving and machines."""
    return (
        f"Do not drive or use heavy machinery until {until:%A} {until.day} {until:%B} "
        f"{until.year}, {until:%H:%M}, and only after a restful sleep."
    )


def _unplaced(board: Board, why: Why) -> Iterator[Unplaced]:
    for patient, activity, number in _left_out(board):
        if number == 0:
            held = board.problem.pathways[patient].activity(activity)
            yield why_unjoined(board, patient, held)
        else:
            yield why(board, board.problem.asked.by_key[patient, activity, number])


def _left_out(board: Board) -> Iterator[Key]:
    """What is asked for and not placed; number 0 where a patient is in no series."""
    for patient in board.problem.scenario.patients:
        for activity in board.problem.pathways[patient.id].activities:
            key = (patient.id, activity.id)
            if activity.kind == "group" and board.series.get(key) is None:
                yield (*key, 0)
    for occurrence in board.problem.occurrences:
        if occurrence not in board.placed and board.wanted(occurrence):
            yield (occurrence.owner, occurrence.activity.id, occurrence.number)
