"""What a patient was told and is not so any more: told once, whatever changed in between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.reminders.gathering import Course
from scheduler.reminders.planning import OUTWARD, Happening, Subject
from scheduler.store.tables import Appointment

NEWS = "N-03"
"""The kind of message that tells a change of the schedule."""

MOVING = "N-33"
"""The kind of message, and of the task, that tells that a visit has to move."""

CLOSURE = "closure"
"""What protocols call it, and the kind of its subject: that a visit has to move."""

TOGETHER = "told together with another change"
"""Why a change has no message of its own."""

GONE_OUT = frozenset({"sending", "sent", "delivered", "unknown"})
"""States of a message that somebody may have read."""

_OFF = ("cancelled", "entered-in-error")


@dataclass(frozen=True)
class News:
    """What a patient should be told, if anything; ``replaces``: what waits and is overtaken.

    ``together``: appointments that have changed, too, and are told with the same message.
    """

    patient_id: str
    happening: Happening | None
    replaces: tuple[Any, ...]
    together: tuple[Appointment, ...] = ()


def news_of(course: Course, rows: Sequence[Any], *, now: datetime) -> Iterator[News]:
    """The news for each patient, from every message there is about these appointments."""
    booked = {str(row.id): row for row in course.appointments}
    of_patients = [
        row for row in rows if row.recipient == f"patient:{row.patient_id}" and row.patient_id
    ]
    for patient in sorted({row.patient_id or "" for row in of_patients}):
        own = [row for row in of_patients if row.patient_id == patient]
        yield _news_for(course, patient, own, booked, now)


def _news_for(
    course: Course,
    patient: str,
    rows: list[Any],
    booked: dict[str, Appointment],
    now: datetime,
) -> News:
    waiting = tuple(row for row in rows if row.kind == NEWS and row.status == "pending")
    changed = [
        appointment
        for name in sorted({row.subject_id for row in rows})
        if (appointment := booked.get(name)) is not None
        and _has_changed(appointment, [row for row in rows if row.subject_id == name], now)
    ]
    if not changed:
        return News(patient, None, waiting)
    first = min(changed, key=lambda row: row.start)
    happening = told_of(course, patient, first, "many" if len(changed) > 1 else "", now)
    same = [row for row in waiting if dict(happening.facts).items() <= row.facts.items()]
    if same:
        return News(patient, None, ())
    return News(patient, happening, waiting, tuple(row for row in changed if row is not first))


def _has_changed(appointment: Appointment, rows: list[Any], now: datetime) -> bool:
    """Whether what was told last, of a time to come, is not so any more."""
    told = [row for row in rows if _was_told(row)]
    if not told:
        return False
    last = max(told, key=lambda row: (row.sent_at or row.due_at, row.kind == NEWS))
    was = datetime.fromisoformat(str(last.facts["start"]))
    if appointment.status in _OFF:
        return was > now and last.facts.get("change") != "off"
    return was > now and appointment.status == "booked" and appointment.start != was


def _was_told(row: Any) -> bool:
    out = row.status in GONE_OUT and row.channel in (*OUTWARD, "portal")
    return out or row.reason == TOGETHER


def told_of(
    course: Course, patient: str, row: Appointment, change: str, now: datetime
) -> Happening:
    """That an appointment has changed, as something to tell; ``change``: of more than one."""
    off = "off" if row.status in _OFF else ""
    return Happening(
        about="schedule",
        subject=Subject("appointment", str(row.id), row.version),
        patient=course.people.recipient(patient),
        start=now,
        end=now,
        facts={
            "appointment": str(row.id),
            "start": row.start.isoformat(),
            "change": change or off,
        },
    )
