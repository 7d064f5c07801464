"""Lists of appointments: by dates, by person or place, a patient's weeks, a clinic's day.

Each list is two queries however long it is: the appointments, and who takes part in them.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, or_, select

from pathways import timing
from scheduler.acting import Actor
from scheduler.appointments.holding import InHand, zone_of
from scheduler.errors import NotThere, NotUnderstood
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment, Gate

WEEKS = 8
"""Weeks of a patient that are shown at once."""

LONGEST = 100
"""Days of which one list may be."""


@dataclass(frozen=True)
class Listed:
    """An appointment in a list; ``tentative``: a gate of it is open."""

    held: InHand
    tentative: bool


@dataclass(frozen=True)
class Wanted:
    """Which appointments: those that begin on the dates, both included, narrowed as said."""

    first: date
    last: date
    patient: str | None = None
    practitioner: str | None = None
    location: str | None = None


def listed(session: Session, actor: Actor, wanted: Wanted) -> list[Listed]:
    """The appointments that somebody may see, in order of time; a patient sees their own."""
    if not 0 <= (wanted.last - wanted.first).days < LONGEST:
        raise NotUnderstood(f"a list is of 1 to {LONGEST} days", place="to")
    patient = actor.patient_id if actor.is_patient else wanted.patient
    if actor.is_patient and wanted.patient not in (None, actor.patient_id):
        raise NotThere("there is no such patient")
    rows = session.exec(
        select(Appointment)
        .where(*_conditions(session, actor, wanted, patient))
        .order_by(col(Appointment.start), col(Appointment.id))
    ).all()
    return _joined(session, actor, list(rows))


def weeks_of(
    session: Session, actor: Actor, patient_id: str, start: date | None = None
) -> list[Listed]:
    """A patient's eight weeks from a date on, or from the start of their latest enrolment.

    NotThere for somebody who is on no pathway, or is not the patient.
    """
    if not actor.may_see(patient_id):
        raise NotThere("there is no such patient")
    start = start or _latest_start(session, actor, patient_id)
    last = timing.week_dates(start, WEEKS)[-1]
    return listed(session, actor, Wanted(start, last, patient=patient_id))


def _latest_start(session: Session, actor: Actor, patient_id: str) -> date:
    start = session.exec(
        select(func.max(col(Enrolment.start))).where(
            Enrolment.clinic_id == actor.clinic_id, Enrolment.patient_id == patient_id
        )
    ).one()
    if start is None:
        raise NotThere("there is no such patient")
    found: date = start
    return found


def one(session: Session, actor: Actor, held: InHand) -> Listed:
    """An appointment as lists show it."""
    return Listed(held, bool(_tentative(session, actor.clinic_id, [held.row.id])))


def _conditions(
    session: Session, actor: Actor, wanted: Wanted, patient: str | None
) -> list[ColumnElement[bool]]:
    zone = zone_of(session, actor.clinic_id)
    begin = timing.instant(wanted.first, 0, zone)
    end = timing.next_day_at(wanted.last, 0, zone)
    conditions: list[ColumnElement[bool]] = [
        col(Appointment.clinic_id) == actor.clinic_id,
        col(Appointment.start) >= begin,
        col(Appointment.start) < end,
    ]
    if patient is not None:
        conditions.append(col(Appointment.id).in_(_of_patient(actor, patient, begin, end)))
    if wanted.location is not None:
        conditions.append(col(Appointment.location_id) == wanted.location)
    if wanted.practitioner is not None:
        conditions.append(_is_with(wanted.practitioner))
    return conditions


def _of_patient(actor: Actor, patient: str, begin: datetime, end: datetime) -> Any:
    return select(AppointmentPatient.appointment_id).where(
        AppointmentPatient.clinic_id == actor.clinic_id,
        AppointmentPatient.patient_id == patient,
        col(AppointmentPatient.start) >= begin,
        col(AppointmentPatient.start) < end,
    )


def _is_with(practitioner: str) -> ColumnElement[bool]:
    """Whether somebody meets a need of it or watches a stage; both are kept as plain data."""
    named = f'"{practitioner}"'
    return or_(
        cast(col(Appointment.practitioners), String).contains(named, autoescape=True),
        cast(col(Appointment.stages), String).contains(named, autoescape=True),
    )


def _joined(session: Session, actor: Actor, rows: list[Appointment]) -> list[Listed]:
    ids = [row.id for row in rows]
    people: dict[UUID, list[str]] = defaultdict(list)
    for name, patient in session.exec(
        select(AppointmentPatient.appointment_id, AppointmentPatient.patient_id)
        .where(
            AppointmentPatient.clinic_id == actor.clinic_id,
            col(AppointmentPatient.appointment_id).in_(ids),
        )
        .order_by(col(AppointmentPatient.position))
    ):
        people[name].append(patient)
    tentative = _tentative(session, actor.clinic_id, ids)
    return [Listed(InHand(row, tuple(people[row.id])), row.id in tentative) for row in rows]


def _tentative(session: Session, clinic_id: str, ids: list[UUID]) -> set[UUID]:
    return set(
        session.exec(
            select(Gate.appointment_id).where(
                Gate.clinic_id == clinic_id,
                col(Gate.appointment_id).in_(ids),
                col(Gate.closed_at).is_(None),
            )
        )
    )
