"""A number at which a patient takes messages: written down, said to be theirs, and agreed to."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from scheduler.acting import Actor
from scheduler.care import contacts
from scheduler.care.records import hold_patient
from scheduler.reminders import consent
from scheduler.reminders.consent import Agreed
from scheduler.store.tables import ContactPoint


@dataclass(frozen=True)
class TextMessages:
    """That a patient takes text messages at a number; ``caps``: ``usual`` or ``more``."""

    phone: str
    caps: str = "usual"


def take_text_messages(
    session: Session, actor: Actor, patient_id: str, wanted: TextMessages, *, now: datetime
) -> None:
    """The patient, who is here, names a number and agrees; N-02 tells them who writes.

    A number that is on record already is used. NotUnderstood where it is no telephone number.
    """
    hold_patient(session, actor, patient_id)
    _, mark = contacts.marked("phone", wanted.phone, contacts.region_of(session, actor.clinic_id))
    row = session.exec(
        select(ContactPoint).where(
            ContactPoint.clinic_id == actor.clinic_id,
            ContactPoint.patient_id == patient_id,
            ContactPoint.mark == mark,
        )
    ).first()
    if row is None:
        row = contacts.add_contact(session, actor, patient_id, "phone", wanted.phone, now=now)
    contacts.verify_contact(session, actor, patient_id, row.id, now=now)
    consent.give(session, actor, patient_id, Agreed("sms", caps=wanted.caps), now=now)
