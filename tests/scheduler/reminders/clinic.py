"""A small clinic with one patient on a pathway of the library, and what tests tell of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from pathways import library
from scheduler.protocols import protocol_of
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    ContactPoint,
    Enrolment,
    Location,
    MessageConsent,
    Patient,
    RideContact,
)
from scheduler.store.vault import vault

BEGIN = datetime(2027, 1, 4, 14, tzinfo=UTC)
"""Nine in the morning in New York, on a Monday."""

DOSE = datetime(2027, 1, 19, 18, 30, tzinfo=UTC)
"""Half past one in the afternoon in New York, on a Tuesday two weeks later."""

PHONE = "+15555550100"
PATHWAY = ("iop-ketamine-iv-2x3", library.versions("iop-ketamine-iv-2x3")[-1])


def set_up(store: Store, *, clinic: str = "harbor", patient: str = "ada", **settings: Any) -> None:
    """A clinic in New York that may send, and a patient who has agreed to text messages."""
    chosen = {"sender": "Harbor Office", "phone": "555-555-0199", "place": "2 Pier Road"}
    with store.writing() as session:
        session.add(Clinic(id=clinic, timezone="America/New_York", settings={**chosen, **settings}))
        session.flush()
        session.add(Location(clinic_id=clinic, id="bay", kind="treatment-bay"))
        add_patient(session, clinic, patient)


def add_patient(
    session: Session,
    clinic: str,
    patient: str,
    *,
    phone: str = PHONE,
    caps: str = "more",
    **more: Any,
) -> None:
    """A patient with a verified telephone who has agreed to messages, enrolled from the start."""
    session.add(Patient(clinic_id=clinic, id=patient, name="Ada Fictional", **more))
    session.flush()
    session.add(
        ContactPoint(
            clinic_id=clinic,
            patient_id=patient,
            kind="phone",
            value=phone,
            mark=vault().mark(phone),
            verified_at=BEGIN,
        )
    )
    session.add(
        MessageConsent(
            clinic_id=clinic,
            patient_id=patient,
            channel="sms",
            purpose="all",
            given_at=BEGIN,
            caps=caps,
        )
    )
    session.add(
        Enrolment(
            clinic_id=clinic,
            patient_id=patient,
            pathway_id=PATHWAY[0],
            pathway_version=PATHWAY[1],
            start=BEGIN.date(),
        )
    )
    session.flush()


def enrolment_of(session: Session, patient: str = "ada") -> Enrolment:
    return session.exec(select(Enrolment).where(Enrolment.patient_id == patient)).one()


def book(
    session: Session,
    activity: str,
    start: datetime,
    *,
    hours: float = 2.5,
    patient: str = "ada",
    clinic: str = "harbor",
    **more: Any,
) -> Appointment:
    """An appointment of the patient's; a dose has its stages and its note."""
    enrolment = enrolment_of(session, patient)
    protocol = protocol_of(enrolment)
    assert protocol is not None
    found = protocol.activity(activity)
    end = start + timedelta(hours=hours)
    is_dose = found.purpose == "dose"
    row = Appointment(
        clinic_id=clinic,
        code=f"{patient}/{activity}/{start:%d%H%M}",
        enrolment_id=enrolment.id,
        activity=activity,
        occurrence=1,
        is_dose=is_dose,
        start=start,
        end=end,
        wall_time="",
        zone="America/New_York",
        tzdata="",
        modality=more.pop("modality", "in-person"),
        location_id="bay",
        stages=_stages(found, start) if is_dose else [],
        notes=[_note(start)] if is_dose else [],
        made_at=BEGIN,
        changed_at=BEGIN,
        **more,
    )
    session.add(row)
    session.flush()
    session.add(
        AppointmentPatient(clinic_id=clinic, appointment_id=row.id, patient_id=patient, start=start)
    )
    session.flush()
    return row


def dose_activity() -> str:
    return library.load(*PATHWAY).doses[0].id


def activity_for(purpose: Any) -> str:
    return library.load(*PATHWAY).with_purpose(purpose)[0].id


def book_dose(session: Session, start: datetime = DOSE, **more: Any) -> Appointment:
    return book(session, dose_activity(), start, **more)


def give_ride(
    session: Session, row: Appointment, *, patient: str = "ada", released: bool = True
) -> RideContact:
    """Somebody who drives the patient home from an appointment."""
    contact = RideContact(
        clinic_id=row.clinic_id,
        patient_id=patient,
        name="Grace Fictional",
        phone="+15555550101",
        phone_mark=vault().mark("+15555550101"),
        released_until=(row.start + timedelta(days=30)).date() if released else None,
    )
    session.add(contact)
    session.flush()
    row.ride_contact_id = contact.id
    session.flush()
    return contact


def _stages(activity: Any, start: datetime) -> list[dict[str, Any]]:
    stages = []
    for stage in activity.stages:
        end = start + timedelta(minutes=stage.minutes)
        stages.append({"id": stage.id, "start": start.isoformat(), "end": end.isoformat()})
        start = end
    return stages


def _note(start: datetime) -> dict[str, Any]:
    next_day = (start - timedelta(hours=5)).date() + timedelta(days=1)
    until = datetime(next_day.year, next_day.month, next_day.day, 11, tzinfo=UTC)
    return {"kind": "no-driving", "text": "", "until": until.isoformat()}
