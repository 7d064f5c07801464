"""How a patient is reached, and who takes them home."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session

from scheduler.acting import Actor
from scheduler.care.records import changed, hold_patient
from scheduler.errors import NotThere, NotUnderstood
from scheduler.reminders import keeping
from scheduler.reminders.people import GUESTS
from scheduler.store.tables import Clinic, ContactPoint, RideContact
from scheduler.store.vault import vault

Kind = Literal["phone", "email"]

Companion = Literal["adult", "service", "rideshare", "sitter", "family"]
"""What somebody is to a patient: the first three may take them home, a sitter is with them at a
session at home, and family comes to family sessions."""


def region_of(session: Session, clinic_id: str) -> str:
    """The country whose numbers are written without a prefix at a clinic."""
    return str(session.get_one(Clinic, clinic_id).settings.get("country", "US"))


def marked(kind: str, value: str, region: str) -> tuple[str, str]:
    """A number in E.164 or an address in its usual form, and the mark by which it is found.

    NotUnderstood where it is no number, or no address, that anybody could be reached at.
    """
    written = _number(value, region) if kind == "phone" else _address(value)
    return written, vault().mark(written)


def _number(value: str, region: str) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise NotUnderstood(
            "this is not a telephone number", fix="write it with its country: +1 …", place="value"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _address(value: str) -> str:
    try:
        found = validate_email(value, check_deliverability=False)
    except EmailNotValidError as error:
        raise NotUnderstood(
            "this is not an e-mail address", fix=str(error), place="value"
        ) from None
    return found.normalized.casefold()


def add_contact(
    session: Session,
    actor: Actor,
    patient_id: str,
    kind: Kind,
    value: str,
    *,
    preferred: bool = False,
    now: datetime,
) -> ContactPoint:
    """Write down how a patient is reached; NotUnderstood where it makes no sense."""
    hold_patient(session, actor, patient_id)
    written, mark = marked(kind, value, region_of(session, actor.clinic_id))
    row = ContactPoint(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        kind=kind,
        value=written,
        mark=mark,
        preferred=preferred,
    )
    session.add(row)
    changed(session, actor, "contact.add", patient_id, now=now, subject=("contact", row.id))
    return row


def verify_contact(
    session: Session, actor: Actor, patient_id: str, contact_id: UUID, *, now: datetime
) -> ContactPoint:
    """The patient has said that this reaches them: messages go there, also where they were stopped.

    NotThere where the patient has no such contact.
    """
    hold_patient(session, actor, patient_id)
    row = session.get(ContactPoint, (actor.clinic_id, contact_id))
    if row is None or row.patient_id != patient_id:
        raise NotThere("there is no such contact")
    row.verified_at, row.frozen_at = now, None
    changed(session, actor, "contact.verify", patient_id, now=now, subject=("contact", row.id))
    return row


def remove_contact(
    session: Session, actor: Actor, patient_id: str, contact_id: UUID, *, now: datetime
) -> None:
    """Take a number or address out again; NotThere where the patient has none such."""
    hold_patient(session, actor, patient_id)
    row = session.get(ContactPoint, (actor.clinic_id, contact_id))
    if row is None or row.patient_id != patient_id:
        raise NotThere("there is no such contact")
    session.delete(row)
    changed(session, actor, "contact.remove", patient_id, now=now, subject=("contact", row.id))


def add_ride_contact(  # noqa: PLR0913  (each is a field of the record)
    session: Session,
    actor: Actor,
    patient_id: str,
    *,
    name: str,
    phone: str,
    kind: Companion,
    released_until: date | None = None,
    now: datetime,
) -> RideContact:
    """Write down who goes with a patient, and until when they may be told time and place."""
    hold_patient(session, actor, patient_id)
    written, mark = marked("phone", phone, region_of(session, actor.clinic_id))
    row = RideContact(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        name=name,
        phone=written,
        phone_mark=mark,
        kind=kind,
        released_until=released_until,
    )
    session.add(row)
    changed(session, actor, "ride-contact.add", patient_id, now=now, subject=("ride", row.id))
    if kind in GUESTS:
        session.flush()
        keeping.refresh_patient(session, actor.clinic_id, patient_id, now=now)
    return row


def revoke_ride_contact(
    session: Session, actor: Actor, patient_id: str, ride_id: UUID, *, now: datetime
) -> RideContact:
    """Take somebody from those who may drive; rides that they confirmed open again."""
    hold_patient(session, actor, patient_id)
    row = session.get(RideContact, (actor.clinic_id, ride_id))
    if row is None or row.patient_id != patient_id:
        raise NotThere("there is no such ride contact")
    row.revoked_at = row.revoked_at or now
    changed(session, actor, "ride-contact.revoke", patient_id, now=now, subject=("ride", row.id))
    return row
