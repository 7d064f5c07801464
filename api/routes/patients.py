"""Patients: who they are, how they are reached, who takes them home."""

from datetime import date, datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from api.dependencies import Here, Now, Reading, Writing, etag, has_read, if_match
from api.routes.documents import Sent, Shown
from scheduler.acting import Actor
from scheduler.care import contacts, patients, records, rides
from scheduler.care.patients import Name, NewPatient, PatientChange, Short
from scheduler.errors import NotThere
from scheduler.store.tables import Appointment, ContactPoint, Patient, RideContact

router = APIRouter(tags=["patients"])


class PatientShown(Shown):
    """A patient, as their record has them."""

    id: str
    name: str
    birth_date: str | None
    language: str
    timezone: str | None
    state: str
    sud: bool
    substance_status: str
    assessment: dict[str, Any]
    partner_id: str | None
    version: int


class Found(Shown):
    """A patient who was found."""

    id: str
    name: str


class Sought(Sent):
    """What to look for: words of a name, or exactly a number or an address.

    It is sent in a body, so that no name stands in an address or a log.
    """

    name: Name | None = None
    phone: Short | None = None
    email: Name | None = None


class NewContact(Sent):
    """How a patient is reached."""

    kind: Literal["phone", "email"]
    value: Name
    preferred: bool = False


class ContactShown(Shown):
    """How a patient is reached; nothing is sent to a frozen one any more."""

    id: UUID
    kind: str
    value: str
    preferred: bool
    verified_at: datetime | None
    frozen_at: datetime | None


class NewRideContact(Sent):
    """Who may take a patient home, sits with them or comes along, and until when they are told."""

    name: Name
    phone: Short
    kind: contacts.Companion = "adult"
    released_until: date | None = None


class RideContactShown(Shown):
    """Who may take a patient home."""

    id: UUID
    name: str
    phone: str
    kind: str
    released_until: date | None
    revoked_at: datetime | None


class Ride(Sent):
    """Who has said that they take the patient home."""

    ride_contact: UUID


class RideShown(Sent):
    """The ride home of an appointment."""

    appointment: UUID
    ride_contact: UUID
    confirmed_at: datetime


@router.post("/patients", status_code=201)
def create_patient(
    new: NewPatient, session: Writing, actor: Here, now: Now, response: Response
) -> PatientShown:
    """Take somebody into care."""
    row = patients.create(session, actor, new, now=now)
    etag(response, row.version)
    return PatientShown.model_validate(row)


@router.get("/patients/{patient_id}")
def read_patient(
    patient_id: str, request: Request, response: Response, session: Reading, actor: Here
) -> PatientShown:
    """A patient's record; patients reach their own."""
    row = records.patient_of(session, actor, patient_id)
    has_read(request, patient_id)
    etag(response, row.version)
    return PatientShown.model_validate(row)


@router.patch("/patients/{patient_id}")
def change_patient(
    patient_id: str,
    wanted: PatientChange,
    request: Request,
    response: Response,
    session: Writing,
    actor: Here,
    now: Now,
) -> PatientShown:
    """Change what is named in a patient's record; the rest stays."""
    row = patients.change(
        session, actor, patient_id, wanted, is_current=partial(if_match, request), now=now
    )
    etag(response, row.version)
    return PatientShown.model_validate(row)


@router.post("/patients/search")
def search_patients(sought: Sought, request: Request, session: Reading, actor: Here) -> list[Found]:
    """The patients who bear a name, or are reached at a number or address."""
    found = _found(session, actor, sought)
    has_read(request, *(row.id for row in found))
    return [Found.model_validate(row) for row in found]


def _found(session: Session, actor: Actor, sought: Sought) -> list[Patient]:
    region = contacts.region_of(session, actor.clinic_id)
    if sought.phone is not None:
        return patients.by_contact(session, actor, "phone", sought.phone, region)
    if sought.email is not None:
        return patients.by_contact(session, actor, "email", sought.email, region)
    return patients.by_name(session, actor, sought.name or "")


@router.get("/patients/{patient_id}/contacts")
def read_contacts(
    patient_id: str, request: Request, session: Reading, actor: Here
) -> list[ContactShown]:
    """How a patient is reached."""
    records.patient_of(session, actor, patient_id)
    has_read(request, patient_id)
    rows = session.exec(
        select(ContactPoint)
        .where(ContactPoint.clinic_id == actor.clinic_id, ContactPoint.patient_id == patient_id)
        .order_by(ContactPoint.kind, ContactPoint.mark)
    )
    return [ContactShown.model_validate(row) for row in rows]


@router.post("/patients/{patient_id}/contacts", status_code=201)
def add_contact(
    patient_id: str, new: NewContact, session: Writing, actor: Here, now: Now
) -> ContactShown:
    """Write down a telephone number or an address."""
    row = contacts.add_contact(
        session, actor, patient_id, new.kind, new.value, preferred=new.preferred, now=now
    )
    return ContactShown.model_validate(row)


@router.post("/patients/{patient_id}/contacts/{contact_id}/verify")
def verify_contact(
    patient_id: str, contact_id: UUID, session: Writing, actor: Here, now: Now
) -> ContactShown:
    """Write down that the patient was asked, and is reached there."""
    row = contacts.verify_contact(session, actor, patient_id, contact_id, now=now)
    return ContactShown.model_validate(row)


@router.delete("/patients/{patient_id}/contacts/{contact_id}", status_code=204)
def remove_contact(
    patient_id: str, contact_id: UUID, session: Writing, actor: Here, now: Now
) -> None:
    """Take a telephone number or an address out."""
    contacts.remove_contact(session, actor, patient_id, contact_id, now=now)


@router.get("/patients/{patient_id}/ride-contacts")
def read_ride_contacts(
    patient_id: str, request: Request, session: Reading, actor: Here
) -> list[RideContactShown]:
    """Who may take a patient home."""
    records.patient_of(session, actor, patient_id)
    has_read(request, patient_id)
    rows = session.exec(
        select(RideContact)
        .where(RideContact.clinic_id == actor.clinic_id, RideContact.patient_id == patient_id)
        .order_by(RideContact.phone_mark)
    )
    return [RideContactShown.model_validate(row) for row in rows]


@router.post("/patients/{patient_id}/ride-contacts", status_code=201)
def add_ride_contact(
    patient_id: str, new: NewRideContact, session: Writing, actor: Here, now: Now
) -> RideContactShown:
    """Write down who may take a patient home, sits with them at home, or comes as family.

    Nobody drives themselves; a sitter and family take nobody home, and are told time and place.
    """
    row = contacts.add_ride_contact(session, actor, patient_id, **new.model_dump(), now=now)
    return RideContactShown.model_validate(row)


@router.post("/patients/{patient_id}/ride-contacts/{ride_contact_id}/revoke")
def revoke_ride_contact(
    patient_id: str, ride_contact_id: UUID, session: Writing, actor: Here, now: Now
) -> RideContactShown:
    """Take somebody from those who may drive; the rides that they confirmed are open again."""
    row = contacts.revoke_ride_contact(session, actor, patient_id, ride_contact_id, now=now)
    return RideContactShown.model_validate(row)


@router.post("/appointments/{appointment_id}/ride")
def confirm_ride(
    appointment_id: UUID, ride: Ride, session: Writing, actor: Here, now: Now
) -> RideShown:
    """Write down that somebody takes the patient home after an appointment."""
    appointment = session.get(Appointment, (actor.clinic_id, appointment_id))
    contact = session.get(RideContact, (actor.clinic_id, ride.ride_contact))
    if appointment is None or contact is None or not actor.may_see(contact.patient_id):
        raise NotThere("there is no such appointment or ride contact")
    rides.confirm_ride(session, actor, appointment, contact, now=now)
    return RideShown(appointment=appointment.id, ride_contact=contact.id, confirmed_at=now)
