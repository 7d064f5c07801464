"""Whom a longer stay would hit: it is recorded on trial, and taken back (R-27)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from scheduler.acting import Actor
from scheduler.following import BROKEN
from scheduler.reminders.announcing import OVERRUN
from scheduler.sessions.happenings import Extended
from scheduler.sessions.loading import DoseSession
from scheduler.sessions.recording import record
from scheduler.store.tables import Appointment, AppointmentPatient, Reminder, Task
from scheduler.work import OPEN


@dataclass(frozen=True)
class Hit:
    """A booking that the longer stay runs into. ``resource``: what both of them need.

    Without ``appointment`` it is no booking that is in the way, such as a nurse who goes home.
    """

    resource: str
    appointment: UUID | None = None
    patient: str = ""
    activity: str = ""
    start: datetime | None = None


@dataclass(frozen=True)
class Ripple:
    """What a longer stay would bring. ``over_by``: beyond what was planned, in minutes.

    ``kept``: places and people that are free and would be kept; ``hit``: what is not. ``calls``:
    whether a message with the new time would go to whoever drives; ``warnings``: of the staff.
    """

    ends: datetime
    over_by: int
    past_closing: bool
    kept: tuple[str, ...]
    hit: tuple[Hit, ...]
    calls: bool
    warnings: tuple[str, ...]


def ripple_of(
    session: Session, actor: Actor, appointment_id: UUID, *, steps: int, now: datetime
) -> Ripple:
    """What would follow if the patient stayed so many steps longer; nothing is changed.

    The refusals are those of recording it.
    """
    # A look that takes the locks of a change: the code that records it is the one that knows what
    # follows. PostgreSQL gives back with the trial what was locked for it.
    trial = session.begin_nested()
    try:
        event = Extended(id=uuid4(), at=now, steps=steps)
        _, after = record(session, actor, appointment_id, event, now=now)
        session.flush()
        return _ripple(session, after, now)
    finally:
        trial.rollback()


def _ripple(session: Session, after: DoseSession, now: datetime) -> Ripple:
    present = after.at(now)
    hit = tuple(_hits(session, after.appointment))
    return Ripple(
        ends=present.forecast.ends,
        over_by=present.forecast.over_by,
        past_closing=present.forecast.past_closing,
        kept=tuple(sorted(_kept(after) - {one.resource for one in hit})),
        hit=hit,
        calls=_calls(session, after.appointment, now),
        warnings=present.warnings,
    )


def _kept(after: DoseSession) -> set[str]:
    """What stays promised to this visit until it ends; the patient is no promise of ours."""
    resources = {str(data[0]) for data in after.appointment.taken}
    return {name for name in resources if not name.startswith("patient:")}


def _hits(session: Session, visit: Appointment) -> Iterator[Hit]:
    """Each booking of which a task says that this visit needs what was promised to it."""
    prefix = f"{BROKEN}:{visit.id}:"
    tasks = session.exec(
        select(Task)
        .where(
            Task.clinic_id == visit.clinic_id,
            Task.kind == BROKEN,
            col(Task.key).startswith(prefix, autoescape=True),
            col(Task.status).in_(OPEN),
        )
        .order_by(col(Task.due_at), col(Task.key))
    )
    for task in tasks:
        resource, _, other = task.key.removeprefix(prefix).rpartition(":")
        yield _hit(session, visit, resource, other)


def _hit(session: Session, visit: Appointment, resource: str, other: str) -> Hit:
    found = session.get(Appointment, (visit.clinic_id, UUID(other))) if other else None
    if found is None:
        return Hit(resource)
    patients = session.exec(
        select(AppointmentPatient.patient_id)
        .where(
            AppointmentPatient.clinic_id == visit.clinic_id,
            AppointmentPatient.appointment_id == found.id,
        )
        .order_by(col(AppointmentPatient.position))
    ).all()
    return Hit(resource, found.id, next(iter(patients), ""), found.activity, found.start)


def _calls(session: Session, visit: Appointment, now: datetime) -> bool:
    """Whether somebody who drives would now be told of another time."""
    waiting = session.exec(
        select(Reminder.id).where(
            Reminder.clinic_id == visit.clinic_id,
            Reminder.subject_kind == OVERRUN,
            Reminder.subject_id == str(visit.id),
            Reminder.status == "pending",
            Reminder.due_at >= now,
        )
    )
    return waiting.first() is not None
