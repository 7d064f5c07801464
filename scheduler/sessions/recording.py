"""The door for a new event of a session: lock, derive, judge, write, follow."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from pathways import timing
from scheduler import audit, gates
from scheduler.acting import Actor
from scheduler.errors import NotThere, NotUnderstood
from scheduler.locking import hold
from scheduler.sessions import happenings, permitting
from scheduler.sessions.calling_off import touched
from scheduler.sessions.following import follow
from scheduler.sessions.happenings import Correction, Occurred
from scheduler.sessions.loading import DoseSession, session_of
from scheduler.sessions.scene import Scene
from scheduler.store.tables import Appointment, SessionEvent

SKEW: Final = timedelta(minutes=2)
"""So far ahead of ours the clock of a device may be; what it says is then taken as now."""


JUDGES_GATES: Final = frozenset({"check-in", "given"})
"""Before these, gates are judged anew: a clearance may have run out since somebody looked."""

CALLS_OFF: Final = frozenset({"left early", "not given"})
"""By these a visit may end without its drug."""


def record(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    event: Occurred | Correction,
    *,
    now: datetime,
) -> tuple[SessionEvent, DoseSession]:
    """Append an event to a session, with all that follows; the event, and the session with it.

    An event whose id was recorded already is not recorded again: the answer is the same. Refused
    with rule and fix is what a rule, the order of things or the actor's role forbids.
    """
    event = _settled(event, now)
    appointment = _wait(session, actor, appointment_id, event)
    if event.kind in JUDGES_GATES:
        gates.refresh(session, actor.clinic_id, [appointment], now=now)
    one = session_of(session, actor, appointment_id, now=now)
    known = session.get(SessionEvent, (actor.clinic_id, event.id))
    if known is not None:
        _refuse_other(known, appointment_id, event)
        return known, one
    permitting.refuse(actor, one, event, now=now)
    row = _row(actor, one, event, now)
    session.add(row)
    session.flush()
    after = one.also(row)
    follow(Scene(session, actor, after, event, now, after.at(now)))
    session.add(after.appointment)
    _tell(session, actor, after, row)
    return row, after


def _settled(event: Occurred | Correction, now: datetime) -> Occurred | Correction:
    """The event with its time by our clock; what replaces another carries the other's id."""
    if now < event.at <= now + SKEW:
        event = event.model_copy(update={"at": now})
    if isinstance(event, Correction) and event.event is not None:
        renamed = event.event.model_copy(update={"id": event.corrects})
        event = event.model_copy(update={"event": renamed})
    return event


def _wait(
    session: Session, actor: Actor, appointment_id: UUID, event: Occurred | Correction
) -> Appointment:
    """Hold the visit's date and patient, then see it as it is; NotThere for none of ours.

    What may call the visit off holds the dates of what was to follow it, too.
    """
    appointment = session.get(Appointment, (actor.clinic_id, appointment_id))
    if appointment is None:
        raise NotThere("there is no such dose session")
    days = {timing.local_date(appointment.start, ZoneInfo(appointment.zone))}
    if event.kind in CALLS_OFF:
        days |= touched(session, actor, appointment)
    patients = [
        data[0].partition(":")[2] for data in appointment.taken if data[0].startswith("patient:")
    ]
    hold(session, actor.clinic_id, days=days, patients=patients)
    session.refresh(appointment)
    return appointment


def _refuse_other(known: SessionEvent, appointment_id: UUID, event: Occurred | Correction) -> None:
    """NotUnderstood where an id was used for something else; the clock of a repeat may differ."""
    said = {key: value for key, value in happenings.written(event).items() if key != "at"}
    before = {key: value for key, value in known.data.items() if key != "at"}
    if known.appointment_id != appointment_id or said != before:
        raise NotUnderstood(
            "this id belongs to another event", place="id", fix="make a new id for a new event"
        )


def _row(
    actor: Actor, one: DoseSession, event: Occurred | Correction, now: datetime
) -> SessionEvent:
    return SessionEvent(
        clinic_id=actor.clinic_id,
        id=event.id,
        appointment_id=one.appointment.id,
        number=len(one.rows) + 1,
        kind=event.kind,
        at=event.at,
        recorded_at=now,
        recorded_by=actor.account_id,
        data=happenings.written(event),
        corrects=event.corrects if isinstance(event, Correction) else None,
    )


def _tell(session: Session, actor: Actor, one: DoseSession, row: SessionEvent) -> None:
    audit.record(
        session,
        actor,
        f"session.{row.kind.replace(' ', '-')}",
        at=row.recorded_at,
        subject=("appointment", row.appointment_id),
        patients=[one.visit.patient_id],
        number=row.number,
    )
    audit.tell(
        session,
        actor.clinic_id,
        "session",
        row.appointment_id,
        at=row.recorded_at,
        patient_id=one.visit.patient_id,
    )
