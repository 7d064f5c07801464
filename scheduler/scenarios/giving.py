"""From rows to a scenario: what the planner and the judge may know of a stored clinic."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, true
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel, and_, col, or_, select

from pathways import reading
from pathways.scenario import Scenario
from scheduler.store.tables import (
    Absence,
    Appointment,
    AppointmentPatient,
    Authorization,
    Clearance,
    Clinic,
    ClinicPathway,
    Closure,
    Enrolment,
    GroupSeries,
    Location,
    Patient,
    Practitioner,
)

Row = TypeVar("Row", bound=SQLModel)

STANDING = ("booked", "arrived", "checked-in", "fulfilled")
"""An appointment with one of these codes takes its time; a pending one does until its hold ends."""

RETIRED_FOR = timedelta(days=3 * 365)
"""How long a place that is used no more is busy: longer than any plan looks ahead."""

_BEGUN = ("arrived", "checked-in", "fulfilled")


class NoClinic(LookupError):
    """There is no clinic of this name here."""


def scenario_of(
    session: Session,
    clinic_id: str,
    *,
    now: datetime | None,
    patients: Iterable[str] | None = None,
    days: Iterable[date] = (),
    sharing: Collection[str] | None = None,
) -> Scenario:
    """The whole clinic as a scenario, or only some of its patients with what is booked for them.

    ``days``: beside some patients, whatever begins on these dates, and whose it is; with
    ``sharing`` only what has one of these places, series or people. What began before ``now`` is
    locked. NoClinic where there is none of this name.
    """
    return reading.read_scenario(
        data_of(session, clinic_id, now=now, patients=patients, days=days, sharing=sharing)
    )


def data_of(
    session: Session,
    clinic_id: str,
    *,
    now: datetime | None,
    patients: Iterable[str] | None = None,
    days: Iterable[date] = (),
    sharing: Collection[str] | None = None,
) -> dict[str, Any]:
    """The same as plain data, as it would be written to a file."""
    clinic = session.get(Clinic, clinic_id)
    if clinic is None:
        raise NoClinic(clinic_id)
    names = None if patients is None else _with_partners(session, clinic_id, set(patients))
    booked = _booked(session, clinic, _wanted(clinic, names, days, sharing), now)
    if names is not None:
        names |= {name for entry in booked for name in entry["patients"]}
    enrolled = _enrolled(session, clinic_id, names)
    known = {patient.id for patient, _ in enrolled}
    booked = [entry for entry in booked if known.issuperset(entry["patients"])]
    data: dict[str, Any] = {
        "format": "care-scenario/1",
        "clinic": _clinic_data(session, clinic),
        "pathways": [_pathway_data(row) for row in _rows(session, ClinicPathway, clinic_id)],
        "patients": _patients_data(session, clinic_id, enrolled),
        "booked": booked,
        "weights": clinic.weights,
    }
    if now is not None:
        data["now"] = now.isoformat()
    return data


def _rows(session: Session, kind: type[Row], clinic_id: str) -> Sequence[Row]:
    """A clinic's rows of a table in the order in which they were written."""
    table: Any = kind
    return session.exec(
        select(kind).where(table.clinic_id == clinic_id).order_by(table.position, table.id)
    ).all()


def _with_partners(session: Session, clinic_id: str, names: set[str]) -> set[str]:
    """Some patients and their partners, without whom a couple's rules cannot be judged."""
    partners = session.exec(
        select(Patient.partner_id).where(
            Patient.clinic_id == clinic_id,
            col(Patient.id).in_(names),
            col(Patient.partner_id).is_not(None),
        )
    )
    return names | {partner for partner in partners if partner is not None}


def _rows_of(
    session: Session, kind: type[Row], clinic_id: str, patients: Iterable[str]
) -> Sequence[Row]:
    """The same of some patients."""
    table: Any = kind
    return session.exec(
        select(kind)
        .where(table.clinic_id == clinic_id, table.patient_id.in_(patients))
        .order_by(table.position, table.id)
    ).all()


def _clinic_data(session: Session, clinic: Clinic) -> dict[str, Any]:
    closures = session.exec(
        select(Closure).where(Closure.clinic_id == clinic.id).order_by(col(Closure.day))
    ).all()
    away = _grouped(_rows(session, Absence, clinic.id), "practitioner_id")
    return {
        "id": clinic.id,
        "name": clinic.name,
        "timezone": clinic.timezone,
        "slot_minutes": clinic.slot_minutes,
        "hours": clinic.hours,
        "closures": [{"date": c.day.isoformat(), "reason": c.reason} for c in closures],
        "resume_driving": clinic.resume_driving,
        "locations": [_location_data(row) for row in _rows(session, Location, clinic.id)],
        "practitioners": [
            _practitioner_data(row, away[row.id]) for row in _rows(session, Practitioner, clinic.id)
        ],
        "groups": [_group_data(row) for row in _rows(session, GroupSeries, clinic.id)],
    }


def _location_data(row: Location) -> dict[str, Any]:
    data: dict[str, Any] = {"id": row.id, "kind": row.kind, "turnover": row.turnover}
    if row.capacity is not None:
        data["capacity"] = row.capacity
    return {**data, "busy": [*row.busy, *_retired(row)]}


def _retired(row: Location) -> Iterator[dict[str, str]]:
    """A place that is used no more is busy from then on."""
    if row.retired_on is not None:
        ends = row.retired_on + RETIRED_FOR
        yield {"start": f"{row.retired_on}T00:00:00", "end": f"{ends}T00:00:00"}


def _practitioner_data(row: Practitioner, away: list[Absence]) -> dict[str, Any]:
    return {
        "id": row.id,
        "roles": row.roles,
        "skills": row.skills,
        "hours": row.hours,
        "away": [{"from": a.first.isoformat(), "to": a.last.isoformat()} for a in away],
        "busy": row.busy,
    }


def _group_data(row: GroupSeries) -> dict[str, Any]:
    return {
        "id": row.id,
        "activity": row.activity,
        "modality": row.modality,
        "capacity": row.capacity,
        "location": row.location_id,
        "facilitator": row.facilitator_id,
        "weekly": row.weekly,
        "cancelled": row.cancelled,
    }


def _pathway_data(row: ClinicPathway) -> dict[str, Any]:
    return row.document or {"library": row.id, "version": row.version}


def _enrolled(
    session: Session, clinic_id: str, names: set[str] | None
) -> Sequence[tuple[Patient, Enrolment]]:
    query = (
        select(Patient, Enrolment)
        .where(
            Patient.clinic_id == clinic_id,
            Enrolment.clinic_id == clinic_id,
            Enrolment.patient_id == Patient.id,
            Enrolment.status == "active",
        )
        .order_by(col(Patient.position), Patient.id)
    )
    if names is not None:
        query = query.where(col(Patient.id).in_(names))
    return session.exec(query).all()


def _patients_data(
    session: Session, clinic_id: str, enrolled: Sequence[tuple[Patient, Enrolment]]
) -> list[dict[str, Any]]:
    names = [patient.id for patient, _ in enrolled]
    clearances = _grouped(_rows_of(session, Clearance, clinic_id, names), "patient_id")
    authorizations = _grouped(_rows_of(session, Authorization, clinic_id, names), "patient_id")
    return [
        _patient_data(patient, enrolment, clearances[patient.id], authorizations[patient.id], names)
        for patient, enrolment in enrolled
    ]


def _patient_data(
    patient: Patient,
    enrolment: Enrolment,
    clearances: list[Clearance],
    authorizations: list[Authorization],
    known: Collection[str],
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": patient.id,
        "pathway": enrolment.pathway_id,
        "start": enrolment.start.isoformat(),
        "available": enrolment.available,
        "unavailable": enrolment.unavailable,
        "clearances": [{"kind": c.kind, **_dates(c)} for c in clearances if c.revoked_at is None],
        "authorizations": [
            {"service": a.service, "units": a.units, **_dates(a)} for a in authorizations
        ],
        "groups": enrolment.groups,
        "settled": enrolment.settled,
        "history": enrolment.history,
    }
    optional = {
        "preferred": enrolment.preferred,
        "rides": enrolment.rides,
        "partner": patient.partner_id if patient.partner_id in known else None,
    }
    return data | {key: value for key, value in optional.items() if value is not None}


def _dates(row: Clearance | Authorization) -> dict[str, str]:
    return {"from": row.first.isoformat(), "to": row.last.isoformat()}


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


def _wanted(
    clinic: Clinic,
    names: set[str] | None,
    days: Iterable[date],
    sharing: Collection[str] | None,
) -> ColumnElement[bool] | None:
    """Which appointments are given: those of some patients, and on some dates; None for all."""
    if names is None:
        return None
    of_patients = select(AppointmentPatient.appointment_id).where(
        AppointmentPatient.clinic_id == clinic.id, col(AppointmentPatient.patient_id).in_(names)
    )
    zone = ZoneInfo(clinic.timezone)
    on_days = (
        and_(
            col(Appointment.start).between(*_bounds(first, last, zone)),
            true() if sharing is None else _shares(sharing),
        )
        for first, last in _runs(days)
    )
    return or_(col(Appointment.id).in_(of_patients), *on_days)


def _shares(names: Collection[str]) -> ColumnElement[bool]:
    """Whether it has one of these places, series or people; the latter are kept as plain data."""
    held = (cast(col(Appointment.practitioners), String), cast(col(Appointment.stages), String))
    return or_(
        col(Appointment.location_id).in_(names),
        col(Appointment.series_id).in_(names),
        *(words.contains(f'"{name}"', autoescape=True) for words in held for name in names),
    )


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """The dates as stretches without a gap, each with its first and last one."""
    runs: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last instant of some dates."""
    return datetime.combine(first, time.min, zone), datetime.combine(last, time.max, zone)


def _booked(
    session: Session, clinic: Clinic, wanted: ColumnElement[bool] | None, now: datetime | None
) -> list[dict[str, Any]]:
    standing: ColumnElement[bool] = col(Appointment.status).in_(STANDING)
    if now is not None:
        held = and_(col(Appointment.status) == "pending", col(Appointment.held_until) > now)
        standing = or_(standing, held)
    query = (
        select(Appointment, AppointmentPatient.patient_id)
        .join(
            AppointmentPatient,
            (col(AppointmentPatient.clinic_id) == Appointment.clinic_id)
            & (col(AppointmentPatient.appointment_id) == Appointment.id),
        )
        .where(Appointment.clinic_id == clinic.id, standing)
        .order_by(col(Appointment.start), col(Appointment.code), col(AppointmentPatient.position))
    )
    if wanted is not None:
        query = query.where(wanted)
    found: dict[UUID, dict[str, Any]] = {}
    for row, patient in session.exec(query):
        if row.id in found:
            found[row.id]["patients"].append(patient)
        else:
            found[row.id] = appointment_data(row, [patient]) | {"locked": is_locked(row, now)}
    return list(found.values())


def is_locked(row: Appointment, now: datetime | None) -> bool:
    """Whether nobody may move it any more: it is locked, or it has begun."""
    return row.locked or row.status in _BEGUN or (now is not None and row.start < now)


def appointment_data(row: Appointment, patients: list[str]) -> dict[str, Any]:
    """An appointment as the contract writes it."""
    data: dict[str, Any] = {
        "id": row.code,
        "patients": patients,
        "activity": row.activity,
        "occurrence": row.occurrence,
        "start": row.start.isoformat(),
        "end": row.end.isoformat(),
        "modality": row.modality,
        "practitioners": row.practitioners,
        "stages": row.stages,
        "notes": row.notes,
    }
    return data if row.location_id is None else {**data, "location": row.location_id}
