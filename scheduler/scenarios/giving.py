"""From rows to a scenario: what the planner and the judge may know of a stored clinic."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel, and_, col, or_

from pathways import reading
from pathways.scenario import Scenario
from scheduler.scenarios.houses import House, NoClinic, house_of
from scheduler.store.asking import table_of
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Authorization,
    Clearance,
    Enrolment,
    Patient,
)

__all__ = ["NoClinic", "appointment_data", "data_of", "is_locked", "scenario_of"]

STANDING = ("booked", "arrived", "checked-in", "fulfilled")
"""An appointment with one of these codes takes its time; a pending one does until its hold ends."""

_BEGUN = ("arrived", "checked-in", "fulfilled")


def scenario_of(session: Session, clinic_id: str, *, now: datetime | None) -> Scenario:
    """The whole clinic as a scenario. What began before ``now`` is locked.

    NoClinic where there is none of this name.
    """
    house = house_of(session, clinic_id)
    return reading.read_scenario({**_data(session, house, now), "clinic": house.record})


def data_of(session: Session, clinic_id: str, *, now: datetime | None) -> dict[str, Any]:
    """The same as plain data, as it would be written to a file."""
    return deepcopy(_data(session, house_of(session, clinic_id), now))


def _data(session: Session, house: House, now: datetime | None) -> dict[str, Any]:
    clinic_id = house.record.id
    enrolled = _enrolled(session, clinic_id)
    known = {entry.id for entry in enrolled}
    booked = _booked(session, house, now)
    data: dict[str, Any] = {
        "format": "care-scenario/1",
        "clinic": house.data,
        "pathways": list(house.pathways),
        "patients": _patients_data(session, house, enrolled),
        "booked": [entry for entry in booked if known.issuperset(entry["patients"])],
        "weights": house.weights,
    }
    return data if now is None else {**data, "now": now.isoformat()}


OF_ENROLMENT: Final = (
    *("start", "available", "unavailable", "preferred", "rides", "groups", "settled", "history"),
)
OF_APPOINTMENT: Final = (
    *("id", "code", "activity", "occurrence", "status", "start", "end", "modality", "locked"),
    *("runs_over", "location_id", "series_id", "practitioners", "stages", "notes"),
)


def _columns(kind: type[SQLModel], names: Iterable[str]) -> list[Any]:
    """Some columns of a table: rows of the store are not made, and nothing is decrypted."""
    return [table_of(kind).c[name] for name in names]


def _enrolled(session: Session, clinic_id: str) -> Sequence[Any]:
    """The patients of the clinic who are on a pathway now, each with what they are enrolled on."""
    query = (
        select(
            *_columns(Patient, ("id", "partner_id")),
            *_columns(Enrolment, ("pathway_id", *OF_ENROLMENT)),
        )
        .where(
            col(Patient.clinic_id) == clinic_id,
            col(Enrolment.clinic_id) == clinic_id,
            col(Enrolment.patient_id) == col(Patient.id),
            col(Enrolment.status) == "active",
        )
        .order_by(col(Patient.position), col(Patient.id))
    )
    return session.execute(query).all()


def _patients_data(session: Session, house: House, enrolled: Sequence[Any]) -> list[dict[str, Any]]:
    clinic_id, names = house.record.id, [entry.id for entry in enrolled]
    clearances = _permissions(session, Clearance, clinic_id, names)
    authorizations = _permissions(session, Authorization, clinic_id, names)
    return [
        _patient_data(entry, clearances[entry.id], authorizations[entry.id], names)
        | {"groups": house.joinable(entry.groups)}
        for entry in enrolled
    ]


_OF_PERMISSION: Final[dict[type[SQLModel], tuple[str, ...]]] = {
    Clearance: ("kind", "revoked_at"),
    Authorization: ("service", "units"),
}


def _permissions(
    session: Session, kind: type[SQLModel], clinic_id: str, names: list[str]
) -> dict[str, list[Any]]:
    """What some patients are cleared or authorized for, in the order in which it was written."""
    table: Any = kind
    columns = _columns(kind, ("patient_id", "first", "last", *_OF_PERMISSION[kind]))
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(
        select(*columns)
        .where(table.clinic_id == clinic_id, table.patient_id.in_(names))
        .order_by(table.position, table.id)
    ):
        found[row.patient_id].append(row)
    return found


def _patient_data(
    entry: Any, clearances: list[Any], authorizations: list[Any], known: Collection[str]
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": entry.id,
        "pathway": entry.pathway_id,
        "start": entry.start.isoformat(),
        "available": entry.available,
        "unavailable": entry.unavailable,
        "clearances": [{"kind": c.kind, **_dates(c)} for c in clearances if c.revoked_at is None],
        "authorizations": [
            {"service": a.service, "units": a.units, **_dates(a)} for a in authorizations
        ],
        "settled": entry.settled,
        "history": entry.history,
    }
    optional = {
        "preferred": entry.preferred,
        "rides": entry.rides,
        "partner": entry.partner_id if entry.partner_id in known else None,
    }
    return data | {key: value for key, value in optional.items() if value is not None}


def _dates(row: Any) -> dict[str, str]:
    return {"from": row.first.isoformat(), "to": row.last.isoformat()}


def _booked(session: Session, house: House, now: datetime | None) -> list[dict[str, Any]]:
    standing: ColumnElement[bool] = col(Appointment.status).in_(STANDING)
    if now is not None:
        held = and_(col(Appointment.status) == "pending", col(Appointment.held_until) > now)
        standing = or_(standing, held)
    query = (
        select(*_columns(Appointment, OF_APPOINTMENT), col(AppointmentPatient.patient_id))
        .join(
            AppointmentPatient,
            (col(AppointmentPatient.clinic_id) == Appointment.clinic_id)
            & (col(AppointmentPatient.appointment_id) == Appointment.id),
        )
        .where(col(Appointment.clinic_id) == house.record.id, standing)
        .order_by(col(Appointment.start), col(Appointment.code), col(AppointmentPatient.position))
    )
    found: dict[UUID, dict[str, Any]] = {}
    for row in session.execute(query):
        if row.id in found:
            found[row.id]["patients"].append(row.patient_id)
        else:
            data = appointment_data(row, [row.patient_id])
            found[row.id] = data | {"locked": is_locked(row, now, house)}
    return list(found.values())


def is_locked(row: Any, now: datetime | None, house: House) -> bool:
    """Whether no plan may move it any more.

    It is locked, it has begun, it lasts longer, or it is one of the last meetings of its group.
    """
    begun = row.status in _BEGUN or (now is not None and row.start < now)
    return row.locked or row.runs_over or begun or house.still_meets(row.series_id, row.start)


def appointment_data(row: Any, patients: list[str]) -> dict[str, Any]:
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
