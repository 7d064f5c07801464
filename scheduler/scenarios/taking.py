"""From a scenario to rows: a whole clinic brought in, all of it or nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, SQLModel

from pathways.model import Pathway
from pathways.plan import Appointment as PlannedAppointment
from pathways.scenario import Patient as ScenarioPatient
from pathways.scenario import Scenario
from scheduler.booking import Conflict, Promise, Taken, take
from scheduler.promising import promises_of, series_of
from scheduler.store.asking import put, table_of
from scheduler.store.session import insert_new, refresh_statistics
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

_VISIT: Final = table_of(Appointment)
_PART: Final = table_of(AppointmentPatient)
_OF_VISIT: Final = tuple(_VISIT.c.keys())


class ClinicExists(Exception):
    """A clinic of this name is here already; nothing was brought in."""


class OverlappingBookings(Exception):
    """Two bookings of the scenario take the same; nothing was brought in."""


def bring_in(session: Session, scenario: Scenario, *, now: datetime) -> None:
    """Store a scenario as a clinic of its own, with its patients and what is booked.

    ClinicExists where its name is taken; OverlappingBookings, naming both, where two bookings
    take the same place, person or patient.
    """
    _clinic(session, scenario)
    enrolments = {
        patient.id: _patient(session, scenario, patient, number)
        for number, patient in enumerate(scenario.patients)
    }
    session.flush()
    for patient in scenario.patients:
        if patient.partner is not None:
            row = session.get(Patient, (scenario.clinic.id, patient.id))
            assert row is not None, "it was stored above"  # noqa: S101  (says why mypy may rest)
            row.partner_id = patient.partner
    _book(session, scenario, enrolments, now)
    refresh_statistics(session)


def _dump(record: Any) -> Any:
    return record.model_dump(mode="json", by_alias=True)


def _clinic(session: Session, scenario: Scenario) -> None:
    clinic = scenario.clinic
    data = _dump(clinic)
    row = Clinic(
        id=clinic.id,
        name=clinic.name,
        timezone=clinic.timezone,
        slot_minutes=clinic.slot_minutes,
        hours=data["hours"],
        resume_driving=data["resume_driving"],
        weights=_dump(scenario.weights),
    )
    # Not looked for first: of two who bring in the same at once, the second waits for the first.
    if not insert_new(session, row):
        raise ClinicExists(clinic.id)
    for closure in clinic.closures:
        session.add(Closure(clinic_id=clinic.id, day=closure.date, reason=closure.reason))
    for number, pathway in enumerate(scenario.pathways):
        session.add(_pathway(scenario, pathway, number))
    _places(session, data)
    _people(session, scenario, data)
    session.flush()
    _groups(session, data)
    session.flush()


def _pathway(scenario: Scenario, pathway: Pathway, number: int) -> ClinicPathway:
    reference = scenario.references.get(pathway.id)
    return ClinicPathway(
        clinic_id=scenario.clinic.id,
        id=pathway.id,
        position=number,
        version=reference.version if reference else "",
        document=None if reference else pathway_data(pathway),
    )


def pathway_data(pathway: Pathway) -> dict[str, Any]:
    """A clinic's own pathway as plain data, as it would be written to a file."""
    data: dict[str, Any] = pathway.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return data


def _places(session: Session, data: dict[str, Any]) -> None:
    for number, place in enumerate(data["locations"]):
        session.add(Location(clinic_id=data["id"], position=number, **place))


def _people(session: Session, scenario: Scenario, data: dict[str, Any]) -> None:
    for number, person in enumerate(data["practitioners"]):
        away = person.pop("away")
        session.add(Practitioner(clinic_id=data["id"], position=number, **person))
        session.flush()
        for place, dates in enumerate(scenario.clinic.practitioners[number].away):
            session.add(
                Absence(
                    clinic_id=data["id"],
                    practitioner_id=person["id"],
                    position=place,
                    first=dates.first,
                    last=dates.last,
                )
            )
        assert len(away) == len(scenario.clinic.practitioners[number].away)  # noqa: S101  (both are of one record)


def _groups(session: Session, data: dict[str, Any]) -> None:
    for number, group in enumerate(data["groups"]):
        place, leader = group.pop("location"), group.pop("facilitator")
        session.add(
            GroupSeries(
                clinic_id=data["id"],
                position=number,
                location_id=place,
                facilitator_id=leader,
                **group,
            )
        )


def _patient(
    session: Session, scenario: Scenario, patient: ScenarioPatient, number: int
) -> Enrolment:
    clinic_id, data = scenario.clinic.id, _dump(patient)
    session.add(Patient(clinic_id=clinic_id, id=patient.id, position=number, name=patient.id))
    session.flush()
    reference = scenario.references.get(patient.pathway)
    enrolment = Enrolment(
        clinic_id=clinic_id,
        patient_id=patient.id,
        pathway_id=patient.pathway,
        pathway_version=reference.version if reference else "",
        start=patient.start,
        available=data["available"],
        unavailable=data["unavailable"],
        preferred=data["preferred"],
        rides=data["rides"],
        groups=data["groups"],
        settled=data["settled"],
        history=data["history"],
    )
    session.add(enrolment)
    _permissions(session, clinic_id, patient)
    return enrolment


def _permissions(session: Session, clinic_id: str, patient: ScenarioPatient) -> None:
    for place, clearance in enumerate(patient.clearances):
        session.add(
            Clearance(
                clinic_id=clinic_id,
                patient_id=patient.id,
                position=place,
                kind=clearance.kind,
                first=clearance.first,
                last=clearance.last,
            )
        )
    for place, approved in enumerate(patient.authorizations):
        session.add(
            Authorization(
                clinic_id=clinic_id,
                patient_id=patient.id,
                position=place,
                service=approved.service,
                units=approved.units,
                first=approved.first,
                last=approved.last,
            )
        )


def _book(
    session: Session, scenario: Scenario, enrolments: dict[str, Enrolment], now: datetime
) -> None:
    rows = [
        _values(scenario, booked, enrolments[booked.patients[0]], now)
        | {"id": uuid4(), "locked": booked.locked}
        for booked in scenario.booked
    ]
    promises = (Promise.read(promise) for row in rows for promise in row["taken"])
    try:
        # The clinic was not there before, so nothing of it is promised yet.
        take(session, scenario.clinic.id, promises, known_free=True)
    except Taken as taken:
        raise OverlappingBookings(_both(rows, taken.conflicts[0])) from None
    store_at_once(session, Appointment, rows)
    parts = (
        {"appointment_id": row["id"], "patient_id": patient, "position": n, "start": row["start"]}
        for row, booked in zip(rows, scenario.booked, strict=True)
        for n, patient in enumerate(booked.patients)
    )
    clinic = {"clinic_id": scenario.clinic.id}
    store_at_once(session, AppointmentPatient, [clinic | part for part in parts])


def store_at_once(session: Session, kind: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Store many rows of a table, told as values, by one statement; defaults as the table's."""
    usual = {
        name: field.get_default()
        for name, field in kind.model_fields.items()
        if not field.is_required() and field.default_factory is None
    }
    session.flush()
    put(session, table_of(kind), [usual | row for row in rows])


def _both(rows: list[dict[str, Any]], conflict: Conflict) -> str:
    """The bookings that take the same, by their names."""
    names = [
        repr(row["code"])
        for row in rows
        for promise in map(Promise.read, row["taken"])
        if promise.resource == conflict.resource and promise.start <= conflict.start < promise.end
    ]
    return f"bookings {' and '.join(names)}: {conflict}"


@cache
def tzdata_version() -> str:
    """The zone rules of this process; to look it up takes longer than to make a row."""
    return version("tzdata")


class OnPathway(Protocol):
    """What an appointment's row says of its enrolment."""

    @property
    def id(self) -> UUID:
        """Its own id."""

    @property
    def pathway_id(self) -> str:
        """The pathway on which the patient is."""


def appointment_row(
    scenario: Scenario,
    planned: PlannedAppointment,
    enrolment: OnPathway,
    now: datetime,
) -> Appointment:
    """A booked appointment, not yet added, as a plan or a scenario has it."""
    return Appointment(**_values(scenario, planned, enrolment, now))


def _values(
    scenario: Scenario, planned: PlannedAppointment, enrolment: OnPathway, now: datetime
) -> dict[str, Any]:
    data = _dump(planned)
    clinic = scenario.clinic
    activity = scenario.pathway(enrolment.pathway_id).activity(planned.activity)
    series = series_of(clinic, planned, activity)
    return {
        "clinic_id": clinic.id,
        "code": planned.id,
        "enrolment_id": enrolment.id,
        "activity": planned.activity,
        "occurrence": planned.occurrence,
        "is_dose": activity.is_dose_like,
        "start": planned.start.astimezone(UTC),
        "end": planned.end.astimezone(UTC),
        "wall_time": planned.start.astimezone(clinic.zone).strftime("%Y-%m-%dT%H:%M"),
        "zone": clinic.timezone,
        "tzdata": tzdata_version(),
        "modality": planned.modality,
        "location_id": planned.location,
        "series_id": series.id if series else None,
        "practitioners": data["practitioners"],
        "stages": data["stages"],
        "notes": data["notes"],
        "taken": [promise.written() for promise in promises_of(clinic, planned, activity)],
        "made_at": now,
        "changed_at": now,
    }


def add_appointments(
    session: Session, booked: Iterable[tuple[Appointment, tuple[str, ...]]]
) -> None:
    """Store appointments, each with those who take part in it; the session has their rows then."""
    booked = list(booked)
    put(session, _VISIT, [{name: getattr(row, name) for name in _OF_VISIT} for row, _ in booked])
    for row, _ in booked:
        make_transient_to_detached(row)  # it stands already, as if it had been read
    session.add_all(row for row, _ in booked)
    parts = (
        {"appointment_id": row.id, "patient_id": patient, "position": number, "start": row.start}
        | {"clinic_id": row.clinic_id}
        for row, patients in booked
        for number, patient in enumerate(patients)
    )
    put(session, _PART, list(parts))
