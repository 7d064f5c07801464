"""What follows from a change of an appointment: gates, messages, the record, those who listen."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, update

from scheduler import audit, gates, work
from scheduler.acting import Actor
from scheduler.care.facts import Visit, known_of, patients_of
from scheduler.reminders import keeping
from scheduler.reminders.changing import CLOSURE, MOVING
from scheduler.store.tables import Appointment, AppointmentPatient

FIRST = frozenset({"book", "hold"})
"""Actions with which an appointment begins: its sequence is 0."""

MOVES_IN_TIME = frozenset({"move", "swap"})

KEEPS_NO_PROMISE = MOVES_IN_TIME | {"cancel", "no-show", "entered-in-error"}
"""Actions after which nothing is left to be done about a promise that could not stand."""

BROKEN = "broken-promise"
"""The kind of the task that asks for another time, place or person."""


def follow(
    session: Session,
    clinic_id: str,
    appointments: Iterable[Appointment],
    *,
    now: datetime,
    patients: Iterable[str] | None = None,
    visits: Iterable[Visit] | None = None,
    begun: bool = False,
) -> None:
    """Bring gates and messages to what these appointments say now.

    ``patients``: all who take part in them, where that is known. What is on record of them is
    gathered once, for both. ``visits``: all that they and their partners have, in order of time,
    where that is known. ``begun``: the appointments were not there before.
    """
    rows = list(appointments)
    session.flush()
    if patients is None:
        taking_part = patients_of(session, clinic_id, (row.id for row in rows))
        patients = {name for them in taking_part.values() for name in them}
    facts = known_of(session, clinic_id, patients, visits)
    gates.judge(session, clinic_id, rows, facts, now=now, begun=begun)
    keeping.keep(session, clinic_id, rows, facts, now=now, begun=begun)


def asked_about_broken(ids: Iterable[UUID]) -> Iterator[tuple[str, tuple[str, list[UUID]]]]:
    """The kinds of tasks about promises that cannot stand, each with whom it is about."""
    names = list(ids)
    yield BROKEN, ("appointment", names)
    yield MOVING, (CLOSURE, names)
    yield "call", (CLOSURE, names)


def settle_broken(session: Session, clinic_id: str, ids: Iterable[UUID], *, now: datetime) -> None:
    """Nothing is left to be done about appointments that could not stand: nor is a call."""
    for kind, about in asked_about_broken(ids):
        work.settle_about(session, clinic_id, kind, about, now=now)


def settle_hit(
    session: Session,
    appointment: Appointment,
    *,
    now: datetime,
    but: Collection[UUID] = (),
) -> None:
    """Whom an appointment had hit by lasting longer can stand again, but for some."""
    still = {str(name) for name in but}
    work.settle_begun(
        session,
        appointment.clinic_id,
        BROKEN,
        f"{appointment.id}:",
        now=now,
        but=lambda rest: rest.rpartition(":")[2] in still,
    )


def changed(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    action: str,
    *,
    now: datetime,
    patients: Sequence[str],
    visits: Iterable[Visit] | None = None,
) -> None:
    """Do what every change of an appointment brings with it; call it once, after the change.

    ``visits``: all that these patients and their partners have now, where that is known. Calendars
    learn of it by its sequence, patients' lists by its start, listeners by the change feed.
    """
    appointment.changed_at = now
    if action not in FIRST:
        appointment.sequence += 1
    session.flush()
    if action in KEEPS_NO_PROMISE:
        settle_broken(session, appointment.clinic_id, [appointment.id], now=now)
        settle_hit(session, appointment, now=now)
    if action in MOVES_IN_TIME:
        session.execute(
            update(AppointmentPatient)
            .where(
                col(AppointmentPatient.clinic_id) == appointment.clinic_id,
                col(AppointmentPatient.appointment_id) == appointment.id,
            )
            .values(start=appointment.start)
        )
    follow(
        session,
        appointment.clinic_id,
        [appointment],
        now=now,
        patients=patients,
        visits=visits,
        begun=action in FIRST,
    )
    audit.record(
        session,
        actor,
        f"appointment.{action}",
        at=now,
        subject=("appointment", appointment.id),
        patients=patients,
        status=appointment.status,
        start=appointment.start.isoformat(),
        version=appointment.version,
    )
    patient = patients[0] if patients else None
    audit.tell(
        session,
        appointment.clinic_id,
        "appointment",
        appointment.id,
        at=now,
        patient_id=patient,
    )
