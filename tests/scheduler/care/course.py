"""Records of one invented patient on a pathway of the library, as the judges of gates see them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pathways import library
from pathways.protocol import LibraryPathway
from scheduler.care.facts import Facts, House
from scheduler.care.requirements import Requirement, required_gates
from scheduler.store.tables import (
    Answer,
    Appointment,
    Authorization,
    Clearance,
    Clinic,
    Consent,
    Coverage,
    Enrolment,
    Patient,
    Screening,
)
from tests.factories import table

NEW_YORK = ZoneInfo("America/New_York")
START = date(2027, 1, 4)
ESKETAMINE = library.load("iop-esketamine-trd", "2026.1")
ENROLMENT = UUID(int=7)


def at(day: date, clock: str = "12:30") -> datetime:
    """An instant of the clinic."""
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


FIRST_DOSE = at(date(2027, 1, 19))  # a Tuesday of week 3; the drug is given at 13:00


def clinic(**settings: Any) -> Clinic:
    return Clinic(
        id="harbor", timezone="America/New_York", hours=table("08:00-18:30"), settings=settings
    )


def enrolment(protocol: LibraryPathway = ESKETAMINE, **changes: Any) -> Enrolment:
    return Enrolment(
        id=ENROLMENT,
        clinic_id="harbor",
        patient_id="ada",
        pathway_id=protocol.id,
        pathway_version=protocol.version,
        **{"start": START, **changes},
    )


def booked(activity: str, start: datetime, occurrence: int = 1, **changes: Any) -> Appointment:
    """An appointment of an hour, or as long as is said."""
    fields = {
        "id": uuid4(),
        "clinic_id": "harbor",
        "code": f"{activity}-{occurrence}",
        "enrolment_id": ENROLMENT,
        "activity": activity,
        "occurrence": occurrence,
        "is_dose": "dose" in activity,
        "status": "booked",
        "start": start,
        "end": start + timedelta(minutes=changes.pop("minutes", 60)),
        "wall_time": "",
        "zone": "America/New_York",
        "tzdata": "",
        "modality": "in-person",
        "made_at": start,
        "changed_at": start,
    }
    return Appointment(**{**fields, **changes})


def clearance(kind: str, first: date, last: date, **changes: Any) -> Clearance:
    return Clearance(
        clinic_id="harbor", patient_id="ada", kind=kind, first=first, last=last, **changes
    )


def screened(on: datetime, protocol: LibraryPathway = ESKETAMINE, **answers: str) -> Screening:
    """A signed screening, "no" to everything but what is named; dashes as underscores."""
    named = {key.replace("_", "-"): value for key, value in answers.items()}
    return Screening(
        clinic_id="harbor",
        patient_id="ada",
        pathway_id=protocol.id,
        pathway_version=protocol.version,
        answers={item.id: named.get(item.id, "no") for item in protocol.screening},
        made_at=on,
        signed_at=on,
    )


def signed(kind: str, when: datetime, **changes: Any) -> Consent:
    return Consent(clinic_id="harbor", patient_id="ada", kind=kind, signed_at=when, **changes)


def answered(measure: str, when: datetime, **changes: Any) -> Answer:
    return Answer(
        clinic_id="harbor",
        patient_id="ada",
        measure=measure,
        taken_at=when,
        finished_at=when,
        answers={},
        **changes,
    )


def verified(when: datetime, **changes: Any) -> Coverage:
    return Coverage(
        clinic_id="harbor", patient_id="ada", payer="Fictional", verified_at=when, **changes
    )


def authorized(service: str, units: int, unit: str = "sessions", **changes: Any) -> Authorization:
    dates = {"first": START, "last": date(2027, 12, 31)}
    return Authorization(
        id=uuid4(),
        clinic_id="harbor",
        patient_id="ada",
        service=service,
        units=units,
        unit=unit,
        **{**dates, **changes},
    )


def facts(
    *appointments: Appointment,
    settings: dict[str, Any] | None = None,
    closures: Iterable[date] = (),
    patient: dict[str, Any] | None = None,
    **records: Any,
) -> Facts:
    """What is on record of Ada, with these appointments in order of time."""
    return Facts(
        house=House(clinic(**(settings or {})), frozenset(closures)),
        patient=Patient(clinic_id="harbor", id="ada", **(patient or {})),
        enrolments=records.pop("enrolments", [enrolment()]),
        appointments=sorted(appointments, key=lambda a: a.start),
        **records,
    )


def asked(
    found: Facts,
    appointment: Appointment,
    now: datetime | None = None,
    protocol: LibraryPathway = ESKETAMINE,
) -> dict[tuple[str, str], Requirement]:
    """All that an appointment asks for, by rule and what it is about."""
    gates = required_gates(protocol, found, appointment, now or appointment.start)
    return {(gate.rule, gate.about): gate for gate in gates}
