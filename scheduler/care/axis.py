"""Doses, scores and sessions of a patient on one time axis."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pathways.protocol import LibraryPathway
from scheduler.care.facts import Facts
from scheduler.care.requirements.requirement import activity_of, first_drug
from scheduler.protocols import protocol_of
from scheduler.store.tables import Appointment


@dataclass(frozen=True)
class Point:
    """Something at an instant. ``kind``: ``dose``, ``score`` or ``session``.

    ``name``: an activity or a measure. ``number``: of a dose, through its course. ``total`` and
    ``flags``: of a score.
    """

    kind: str
    at: datetime
    name: str
    id: UUID
    status: str = ""
    purpose: str = ""
    number: int | None = None
    total: int | None = None
    flags: tuple[str, ...] = ()


def axis_of(facts: Facts) -> list[Point]:
    """All of them in order of time: what stands, took place or was missed, and finished scores."""
    told = ("booked", "arrived", "checked-in", "fulfilled", "noshow")
    points = [_appointment(facts, a) for a in facts.appointments if a.status in told]
    points += scores_of(facts)
    return sorted(points, key=lambda point: (point.at, point.kind, point.name))


def scores_of(facts: Facts) -> list[Point]:
    """The finished questionnaires, in order of time."""
    points = [
        Point("score", a.taken_at, a.measure, a.id, total=a.total, flags=tuple(a.flags))
        for a in facts.answers
        if a.finished_at is not None
    ]
    return sorted(points, key=lambda point: (point.at, point.name))


def _appointment(facts: Facts, appointment: Appointment) -> Point:
    enrolment = facts.enrolment_of(appointment)
    protocol = protocol_of(enrolment) if enrolment else None
    activity = activity_of(protocol, appointment) if protocol else None
    is_dose = activity.purpose == "dose" if activity else appointment.is_dose
    return Point(
        "dose" if is_dose else "session",
        first_drug(protocol, appointment) if protocol else appointment.start,
        appointment.activity,
        appointment.id,
        status=appointment.status,
        purpose=activity.purpose if activity else "",
        number=_number(protocol, appointment) if is_dose else None,
    )


def _number(protocol: LibraryPathway | None, appointment: Appointment) -> int:
    if protocol is None:
        return appointment.occurrence
    activity = protocol.activity(appointment.activity)
    return protocol.first_dose_number(activity) + appointment.occurrence - 1
