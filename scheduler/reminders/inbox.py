"""The patient's portal inbox: what stands there for them, with its values as they are so now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.reminders import people
from scheduler.reminders.links import Links
from scheduler.reminders.people import People
from scheduler.reminders.telling import Teller
from scheduler.reminders.texts import NoText
from scheduler.store.tables import Appointment, Clinic, Reminder

MOST = 100
"""So many messages are shown, the newest."""

_OFF = frozenset({"cancelled", "entered-in-error", "noshow"})


@dataclass(frozen=True)
class Letter:
    """One message: its words, and when it came, on the patient's own clock.

    ``overtaken``: the visit of which it spoke has moved, or does not take place.
    """

    id: UUID
    kind: str
    at: datetime
    words: str
    overtaken: bool


@dataclass(frozen=True)
class Inbox:
    """A patient's messages, the newest first, and the language in which they are written."""

    language: str
    letters: tuple[Letter, ...]


def inbox_of(session: Session, actor: Actor, *, links: Links) -> Inbox:
    """The messages in the portal of the patient who is signed in; NotThere for anybody else.

    One that nobody has put into words in the patient's language is left out: a person calls.
    """
    clinic, patient_id = session.get(Clinic, actor.clinic_id), actor.patient_id
    if clinic is None or patient_id is None:
        raise NotThere("only a patient has messages here")
    known = people.load(session, clinic, [patient_id])
    if patient_id not in known.patients:
        raise NotThere("only a patient has messages here")
    rows = session.exec(
        select(Reminder)
        .where(
            Reminder.clinic_id == actor.clinic_id,
            Reminder.patient_id == patient_id,
            Reminder.recipient == f"patient:{patient_id}",
            Reminder.channel == "portal",
            Reminder.status == "delivered",
        )
        .order_by(col(Reminder.sent_at).desc(), col(Reminder.id))
        .limit(MOST)
    )
    letters = _letters(list(rows), Teller(session, known, links), known)
    return Inbox(known.patients[patient_id].language, tuple(letters))


def _letters(rows: list[Reminder], teller: Teller, known: People) -> Iterator[Letter]:
    for row in rows:
        patient_id, at = row.patient_id or "", row.sent_at or row.due_at
        appointment = teller.appointment(row.facts)
        if row.facts.get("appointment") and appointment is None:
            continue
        try:
            words = teller.words(row.kind, row.channel, patient_id, row.facts, at, said_at=at)
        except NoText:
            continue
        local = at.astimezone(known.zone_of(patient_id))
        yield Letter(row.id, row.kind, local, words, _overtaken(row, appointment))


def _overtaken(row: Reminder, appointment: Appointment | None) -> bool:
    if appointment is None:
        return False
    return appointment.status in _OFF or appointment.start.isoformat() != row.facts.get("start")
