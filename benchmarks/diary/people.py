"""Who lives through the eight weeks: copies of the demo clinic, each reached in their own way."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, SQLModel, col, select

from api.demo.loading import document_of_demo
from pathways import reading
from scheduler.reminders import keeping
from scheduler.scenarios.taking import bring_in
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    ContactPoint,
    Enrolment,
    MessageConsent,
    OnDuty,
    Patient,
    RideContact,
)
from scheduler.store.vault import vault

BEGIN: Final = datetime(2027, 2, 15, 11, tzinfo=UTC)
"""Six in the morning in New York, on a Monday; in the fourth week the clocks go forward."""

WEEKS: Final = 8
END: Final = BEGIN + timedelta(weeks=WEEKS)

_REACHED: Final = {"more": 55, "usual": 30, "e-mail": 9, "nothing": 6}
_ELSEWHERE: Final = ("America/Chicago", "America/Los_Angeles", "Pacific/Honolulu")
ON_DUTY: Final = "+15555550198"
"""Whom a page goes to; they do not write back."""

_DRIVERS: Final = ("Avery", "Blake", "Casey", "Drew", "Emery", "Frankie", "Harper", "Jules")


def open_clinics(store: Store, patients: int, chance: random.Random) -> None:
    """As many clinics as it takes for so many patients, each booked and with every message."""
    whole = document_of_demo()
    a_clinic = len(whole["patients"])
    for number in range(-(-patients // a_clinic)):
        some = _first(whole, min(a_clinic, patients - number * a_clinic))
        document = some | {"clinic": some["clinic"] | {"id": f"lantern-{number + 1}"}}
        with store.writing() as session:
            bring_in(session, reading.read_scenario(document), now=BEGIN)
            _introduce(session, document["clinic"]["id"], number, chance)
        with store.writing() as session:
            keeping.refresh_all(session, document["clinic"]["id"], now=BEGIN)


def _first(document: dict[str, Any], wanted: int) -> dict[str, Any]:
    """The document with so many of its patients, those first who begin in these weeks."""
    ordered = sorted(document["patients"], key=lambda p: (abs(_from_begin(p)), p["id"]))
    kept = {patient["id"] for patient in ordered[:wanted]}
    kept |= {patient.get("partner", "") for patient in ordered[:wanted]}
    return document | {
        "patients": [patient for patient in document["patients"] if patient["id"] in kept],
        "booked": [booked for booked in document["booked"] if kept.issuperset(booked["patients"])],
    }


def _from_begin(patient: dict[str, Any]) -> int:
    start = datetime.fromisoformat(patient["start"]).date()
    return (start - BEGIN.date()).days


def _introduce(session: Session, clinic_id: str, number: int, chance: random.Random) -> None:
    clinic = session.get_one(Clinic, clinic_id)
    clinic.settings = {
        "sender": "Lantern Hill",
        "phone": "555-555-0100",
        "after_hours_phone": "+15555550199",
        "crisis_replies": True,
        "place": "2 Pier Road",
        "state": "NY",
    }
    duty: dict[str, Any] = {
        "role": "charge nurse",
        "name": "Robin Fictional",
        "phone": ON_DUTY,
    }
    session.add(OnDuty(clinic_id=clinic_id, start=BEGIN, end=END + timedelta(days=30), **duty))
    asked = select(Patient).where(Patient.clinic_id == clinic_id).order_by(col(Patient.id))
    for place, patient in enumerate(session.exec(asked).all()):
        _person(patient, place, chance)
        session.add_all(_ways(patient, f"+1555{number}{place:06d}", chance))
        driver = _driver(patient, place, chance)
        session.add(driver)
        session.flush()
        _see_to_visits(session, patient, driver, chance)


def _person(patient: Patient, place: int, chance: random.Random) -> None:
    patient.name = f"{patient.id.title()} Fictional"
    patient.language = "es" if place % 5 == 3 else "en"
    patient.state = "NY"
    if chance.random() < 0.05:
        patient.timezone = chance.choice(_ELSEWHERE)


def _ways(patient: Patient, phone: str, chance: random.Random) -> Iterator[SQLModel]:
    """A verified number and address, and what the patient has agreed to."""
    key: dict[str, Any] = {"clinic_id": patient.clinic_id, "patient_id": patient.id}
    for kind, value in (("phone", phone), ("email", f"{phone[1:]}@patients.example")):
        mark = vault().mark(value)
        verified = BEGIN - timedelta(days=chance.randrange(1, 100))
        yield ContactPoint(**key, kind=kind, value=value, mark=mark, verified_at=verified)
    way = chance.choices(list(_REACHED), list(_REACHED.values()))[0]
    for channel in ("sms", "e-mail"):
        if way in (channel, "more", "usual"):
            caps = "more" if way == "more" else "usual"
            yield MessageConsent(**key, channel=channel, purpose="all", given_at=BEGIN, caps=caps)


def _driver(patient: Patient, place: int, chance: random.Random) -> RideContact:
    phone = f"+1556{patient.clinic_id[-1]}{place:06d}"
    released = (END + timedelta(days=90)).date() if chance.random() < 0.85 else None
    return RideContact(
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        name=f"{chance.choice(_DRIVERS)} Fictional",
        phone=phone,
        phone_mark=vault().mark(phone),
        language=patient.language,
        released_until=released,
    )


def _see_to_visits(
    session: Session, patient: Patient, driver: RideContact, chance: random.Random
) -> None:
    """What lies behind has taken place; most have told who drives them."""
    rows = session.exec(
        select(Appointment)
        .join(AppointmentPatient, col(AppointmentPatient.appointment_id) == Appointment.id)
        .where(
            Appointment.clinic_id == patient.clinic_id,
            AppointmentPatient.clinic_id == patient.clinic_id,
            AppointmentPatient.patient_id == patient.id,
        )
    )
    for row in rows:
        if row.start < BEGIN:
            row.status = "fulfilled"
        elif row.is_dose and chance.random() < 0.9:
            row.ride_contact_id = driver.id


def courses_of(session: Session, clinic_id: str) -> dict[str, Enrolment]:
    """The enrolment of each patient of a clinic."""
    rows = session.exec(select(Enrolment).where(Enrolment.clinic_id == clinic_id))
    return {row.patient_id: row for row in rows}
