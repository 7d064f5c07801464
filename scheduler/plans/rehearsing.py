"""What would be told if a draft were published: it is published on trial, and taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler.acting import Actor
from scheduler.plans.publishing import find, publish
from scheduler.reminders import people
from scheduler.reminders.links import Links
from scheduler.reminders.telling import Teller
from scheduler.reminders.texts import NoText
from scheduler.store.tables import Clinic, Reminder

AT_ONCE = timedelta(hours=12)
"""What goes within so long is told because of the draft, and not because a visit is near."""


@dataclass(frozen=True)
class Message:
    """A message that would go: whom it is about, to whom, by what, when and in which words."""

    patient: str
    recipient: str
    channel: str
    due_at: datetime
    words: str


@dataclass(frozen=True)
class Rehearsed:
    """The messages that would go at once, and how many later ones would be planned anew."""

    messages: tuple[Message, ...]
    later: int


def rehearse(
    session: Session,
    actor: Actor,
    number: int,
    *,
    rows: Iterable[int] | None,
    links: Links,
    now: datetime,
) -> Rehearsed:
    """What publishing these rows of a draft would tell; nothing is changed.

    The refusals are those of publishing.
    """
    patients = list(find(session, actor, number).patients)
    known = set(_pending(session, actor, patients))
    trial = session.begin_nested()
    try:
        publish(session, actor, number, rows=rows, now=now)
        session.flush()
        new = [row for name, row in _pending(session, actor, patients).items() if name not in known]
        soon = [row for row in new if row.due_at <= now + AT_ONCE]
        teller = _teller(session, actor, patients, links)
        messages = tuple(_message(teller, row) for row in soon)
        return Rehearsed(messages, len(new) - len(soon))
    finally:
        trial.rollback()


def _pending(session: Session, actor: Actor, patients: list[str]) -> dict[UUID, Reminder]:
    found = session.exec(
        select(Reminder)
        .where(
            Reminder.clinic_id == actor.clinic_id,
            col(Reminder.patient_id).in_(patients),
            Reminder.status == "pending",
        )
        .order_by(col(Reminder.due_at), col(Reminder.id))
    )
    return {row.id: row for row in found}


def _teller(session: Session, actor: Actor, patients: list[str], links: Links) -> Teller:
    clinic = session.get_one(Clinic, actor.clinic_id)
    return Teller(session, people.load(session, clinic, set(patients)), links)


def _message(teller: Teller, row: Reminder) -> Message:
    patient = row.patient_id or ""
    try:
        words = teller.words(
            row.kind, row.channel, patient, row.facts, row.due_at, recipient=row.recipient
        )
    except NoText as missing:
        words = f"({missing})"
    return Message(patient, row.recipient, row.channel, row.due_at, words)
