"""Telling at once what nobody planned: a visit that has to move, a session that lasts longer.

Each is written in the unit of work in which it happens. Their subjects have kinds of their own, so
that what an appointment's plan calls for is not mistaken for them.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from pathways import timing
from pathways.protocol.course import Reminder as Entry
from scheduler import audit, work
from scheduler.protocols import protocol_of
from scheduler.reminders import keeping, people
from scheduler.reminders.catalogue import usual_ladder
from scheduler.reminders.changing import CLOSURE, GONE_OUT, MOVING
from scheduler.reminders.outcomes import CALLED_WITHIN
from scheduler.reminders.people import released, rows_in
from scheduler.reminders.planning import OUTWARD, Happening, Recipient, Subject
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    Enrolment,
    Reminder,
    RideContact,
)

OVERRUN = "overrun"
"""What the protocols' reminders call a longer session, and the kind of its subject."""


def has_to_move(
    session: Session, clinic_id: str, broken: Iterable[Appointment], *, now: datetime
) -> list[Reminder]:
    """Tell each patient of the booked visits that cannot stand: one message for a date.

    A dose comes before anything else on its date, and a person calls about it, too. Nobody is told
    twice of the same visit before it has changed.
    """
    booked = [row for row in broken if row.status == "booked"]
    clinic = session.get_one(Clinic, clinic_id)
    firsts = _first_of_each_date(booked, _taking_part(session, clinic_id, booked))
    known = people.load(session, clinic, {patient for patient, _ in firsts})
    told = []
    for (patient, _), row in firsts.items():
        happening = _happening(CLOSURE, row, known.recipient(patient), row.sequence, now)
        ladder = [_about_a_move(entry, row) for entry in ladder_of(session, row)]
        told += keeping.announce(session, clinic_id, happening, ladder, patient_id=patient, now=now)
    return told


def stands_after_all(
    session: Session, clinic_id: str, mended: Iterable[Appointment], *, now: datetime
) -> None:
    """Take back that visits have to move: what waits is not told, and who was told is called.

    Each visit is another one for its messages then, so that a later closure is told anew.
    """
    rows = {str(row.id): row for row in mended}
    _take_back(session, clinic_id, rows, now)
    for row in rows.values():
        row.sequence += 1
        row.version += 1
        row.changed_at = now
        audit.tell(session, clinic_id, "appointment", row.id, at=now)


def stays_after_all(
    session: Session, clinic_id: str, kept: Iterable[Appointment], *, now: datetime
) -> None:
    """The same of visits to which a plan has given other people, or a place, at the same time.

    That has made each another one for its messages already.
    """
    _take_back(session, clinic_id, {str(row.id): row for row in kept}, now, since=1)


def _take_back(
    session: Session,
    clinic_id: str,
    rows: Mapping[str, Appointment],
    now: datetime,
    *,
    since: int = 0,
) -> None:
    """Take back what was told of visits as they were ``since`` so many changes."""
    work.settle_about(session, clinic_id, MOVING, (CLOSURE, rows), now=now)
    told = session.exec(
        select(Reminder)
        .where(
            Reminder.clinic_id == clinic_id,
            Reminder.subject_kind == CLOSURE,
            col(Reminder.subject_id).in_(rows),
            col(Reminder.status).in_(("pending", *GONE_OUT)),
            col(Reminder.channel).in_((*OUTWARD, "task")),
        )
        .with_for_update()
    ).all()
    for reminder in told:
        row = rows[reminder.subject_id]
        if reminder.facts.get("sequence") != row.sequence - since:
            continue
        if reminder.status == "pending":
            keeping.call_off(reminder, "the visit stands after all")
        elif reminder.channel in OUTWARD:
            work.open_task(session, clinic_id, _call_about(reminder, row, now), now=now)


def _call_about(reminder: Reminder, row: Appointment, now: datetime) -> work.Wanted:
    return work.Wanted(
        kind="call",
        owner="coordinator",
        due_at=min(now + CALLED_WITHIN, max(row.start, now)),
        says=f"Call: {row.code} stands after all; they were told that it has to move.",
        key=f"stands:{row.id}:{row.sequence}:{reminder.recipient}",
        subject=("appointment", row.id),
        patient_id=reminder.patient_id,
    )


def lasts_longer(session: Session, row: Appointment, *, now: datetime) -> list[Reminder]:
    """Tell whoever drives the patient home when the visit ends now, where they may be told.

    What waits to be told of an earlier end is not told any more.
    """
    ride = session.get(RideContact, (row.clinic_id, row.ride_contact_id))
    today = timing.local_date(now, timing.zone(row.zone))
    if ride is None or not released(ride, today):
        return []
    known = people.load(session, session.get_one(Clinic, row.clinic_id), {ride.patient_id})
    driver = Recipient(f"ride:{ride.id}", known.zone_of(ride.patient_id), channels=("sms",))
    _call_off_waiting(session, row)
    patient = known.recipient(ride.patient_id)
    happening = _happening(OVERRUN, row, patient, row.version, now, driver=driver)
    return keeping.announce(
        session,
        row.clinic_id,
        happening,
        ladder_of(session, row),
        patient_id=ride.patient_id,
        now=now,
    )


def ladder_of(session: Session, row: Appointment) -> tuple[Entry, ...]:
    """The reminders of the protocol on which an appointment is, else the usual ones."""
    enrolment = session.get(Enrolment, (row.clinic_id, row.enrolment_id))
    protocol = protocol_of(enrolment) if enrolment else None
    return protocol.reminders if protocol else usual_ladder()


def _taking_part(
    session: Session, clinic_id: str, rows: Iterable[Appointment]
) -> Mapping[UUID, list[str]]:
    names = [row.id for row in rows]
    found: dict[UUID, list[str]] = {}
    for part in rows_in(session, clinic_id, AppointmentPatient, "appointment_id", names):
        found.setdefault(part.appointment_id, []).append(part.patient_id)
    return found


def _first_of_each_date(
    rows: Iterable[Appointment], taking_part: Mapping[UUID, list[str]]
) -> dict[tuple[str, date], Appointment]:
    """By patient and date the visit that is told of: a dose, else the first."""
    found: dict[tuple[str, date], Appointment] = {}
    for row in sorted(rows, key=lambda row: (not row.is_dose, row.start)):
        for patient in taking_part.get(row.id, ()):
            found.setdefault((patient, timing.local_date(row.start, timing.zone(row.zone))), row)
    return found


def _about_a_move(entry: Entry, row: Appointment) -> Entry:
    """Said of this visit; a person calls about a dose alone."""
    says = f"call about {row.code}: it cannot stand as it is; agree on another time"
    by = entry.by if row.is_dose else tuple(way for way in entry.by if way in OUTWARD)
    return entry.model_copy(update={"by": by, "says": says})


def _happening(
    about: str,
    row: Appointment,
    patient: Recipient,
    version: int,
    now: datetime,
    *,
    driver: Recipient | None = None,
) -> Happening:
    return Happening(
        about=about,
        subject=Subject(about, str(row.id), version),
        patient=patient,
        start=now,
        end=row.end,
        ride=driver,
        facts={
            "appointment": str(row.id),
            "start": row.start.isoformat(),
            "sequence": row.sequence,
        },
    )


def _call_off_waiting(session: Session, row: Appointment) -> None:
    waiting = session.exec(
        select(Reminder)
        .where(
            Reminder.clinic_id == row.clinic_id,
            Reminder.subject_kind == OVERRUN,
            Reminder.subject_id == str(row.id),
            col(Reminder.status) == "pending",
        )
        .with_for_update()
    )
    for reminder in waiting:
        keeping.call_off(reminder, "it lasts longer still, and that is told instead")
