"""Lists of appointments: by dates, by person or place, a patient's weeks, a clinic's day.

Each list is two queries however long it is: the appointments, and who takes part in them. They
read the columns that are shown and make no rows of the store of them: a day has hundreds.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, String, bindparam, cast, exists, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel, and_, col, func, or_

from pathways import timing
from scheduler.acting import Actor
from scheduler.appointments.holding import InHand, zone_of
from scheduler.errors import NotThere, NotUnderstood
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment, Gate

WEEKS = 8
"""Weeks of a patient that are shown at once."""

LONGEST = 100
"""Days of which one list may be."""


SHOWN: Final = (
    *("id", "code", "activity", "occurrence", "status", "held_until", "cancel_reason", "start"),
    *("end", "wall_time", "zone", "modality", "practitioners", "sequence", "version"),
    *("hold_reason", "location_id", "series_id", "stages", "notes"),
    "is_dose",
)
"""The columns of an appointment that lists show."""


@dataclass(frozen=True)
class Listed:
    """An appointment in a list: its columns in SHOWN. ``tentative``: a gate of it is open."""

    row: Any
    patients: tuple[str, ...]
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
    zone = zone_of(session, actor.clinic_id)
    values = {
        "clinic": actor.clinic_id,
        "patient": patient,
        "location": wanted.location,
        "begin": timing.instant(wanted.first, 0, zone),
        "end": timing.next_day_at(wanted.last, 0, zone),
    }
    narrowed = _Narrowed(patient is not None, wanted.location is not None, wanted.practitioner)
    of_visits, of_people = _statements(narrowed)
    people: dict[UUID, list[str]] = defaultdict(list)
    for name, taking_part in session.execute(of_people, values):
        people[name].append(taking_part)
    rows = session.execute(of_visits, values).all()
    return [Listed(row, tuple(people[row.id]), bool(row.tentative)) for row in rows]


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
    start = session.execute(
        select(func.max(col(Enrolment.start))).where(
            col(Enrolment.clinic_id) == actor.clinic_id, col(Enrolment.patient_id) == patient_id
        )
    ).scalar_one()
    if start is None:
        raise NotThere("there is no such patient")
    found: date = start
    return found


def one(session: Session, held: InHand) -> Listed:
    """An appointment as lists show it."""
    open_gate = select(_has_open_gate()).where(
        col(Appointment.clinic_id) == held.row.clinic_id, col(Appointment.id) == held.row.id
    )
    return Listed(held.row, held.patients, bool(session.execute(open_gate).scalar_one()))


def _shown_columns() -> list[Any]:
    columns = SQLModel.metadata.tables[str(Appointment.__tablename__)].c
    return [columns[name] for name in SHOWN]


def _has_open_gate() -> ColumnElement[bool]:
    """Whether a gate of an appointment is open, as a column of its query."""
    of_it = and_(
        col(Gate.clinic_id) == Appointment.clinic_id,
        col(Gate.appointment_id) == Appointment.id,
        col(Gate.closed_at).is_(None),
    )
    return exists().where(of_it).label("tentative")


@dataclass(frozen=True)
class _Narrowed:
    """By what a list is narrowed; the values of the first two come with each request."""

    of_patient: bool
    at_location: bool
    practitioner: str | None


@lru_cache(256)
def _statements(narrowed: _Narrowed) -> tuple[Select[Any], Select[UUID, str]]:
    """The queries of a list, its appointments and who takes part in them; values come with them.

    They are built once: that takes longer than it takes the database to answer.
    """
    chosen = _chosen(of_patient=narrowed.of_patient)
    if narrowed.at_location:
        chosen = chosen.where(col(Appointment.location_id) == bindparam("location"))
    if narrowed.practitioner is not None:
        chosen = chosen.where(_is_with(narrowed.practitioner))
    order = (col(Appointment.start), col(Appointment.id))
    visits = chosen.with_only_columns(*_shown_columns(), _has_open_gate()).order_by(*order)
    named = (col(AppointmentPatient.appointment_id), col(AppointmentPatient.patient_id))
    people = chosen.join(AppointmentPatient, _of(AppointmentPatient)).with_only_columns(*named)
    return visits, people.order_by(col(AppointmentPatient.position))


def _chosen(*, of_patient: bool) -> Select[Any]:
    """The appointments that begin on the wanted dates.

    A patient's are found by the patient: the dates are compared with their own entry's start, for
    a database would else be free to look through what the whole clinic has on these dates.
    """
    clinic = bindparam("clinic", type_=String())
    asked = select(col(Appointment.id)).where(col(Appointment.clinic_id) == clinic)
    start: Any = Appointment.start
    if of_patient:
        part: Any = aliased(AppointmentPatient)
        asked = asked.join(part, _of(part)).where(
            part.clinic_id == clinic, part.patient_id == bindparam("patient")
        )
        start = part.start
    return asked.where(start >= bindparam("begin"), start < bindparam("end"))


def _of(part: Any) -> ColumnElement[bool]:
    """Whether somebody's part is one in this appointment."""
    return and_(
        part.clinic_id == col(Appointment.clinic_id), part.appointment_id == col(Appointment.id)
    )


def _is_with(practitioner: str) -> ColumnElement[bool]:
    """Whether somebody meets a need of it or watches a stage; both are kept as plain data."""
    named = f'"{practitioner}"'
    return or_(
        cast(col(Appointment.practitioners), String).contains(named, autoescape=True),
        cast(col(Appointment.stages), String).contains(named, autoescape=True),
    )
