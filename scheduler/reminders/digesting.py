"""What yields under a cap is not lost: it stands in the portal, and in one e-mail a day."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from pathways import timing
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.conditions import Asked, holds
from scheduler.reminders.keeping import write_once
from scheduler.reminders.people import People
from scheduler.reminders.planning import Subject, Wanted
from scheduler.reminders.telling import Teller
from scheduler.store.tables import Reminder

DIGEST = "digest"
"""The kind of the e-mail that says once a day what text messages did not."""

INSTEAD = "instead of a text message"
"""Why a message stands in the portal that was to go by text."""

_AFTERNOON = 17 * 60


def yields(session: Session, row: Reminder, people: People, *, now: datetime) -> None:
    """Show a message in the portal, unless it stands there, and e-mail it to who has agreed."""
    _show_in_portal(session, row, now)
    if row.patient_id and people.consent(row.patient_id, "e-mail", "visits"):
        _tell_once_a_day(session, row, people, now)


def _show_in_portal(session: Session, row: Reminder, now: datetime) -> None:
    copy = Reminder(**{**row.model_dump(exclude={"id"}), "channel": "portal", "safety": False})
    key = ("clinic_id", "subject_kind", "subject_id", "kind", "step", "recipient", "channel")
    there = select(Reminder.id).where(
        *(col(getattr(Reminder, name)) == getattr(copy, name) for name in key)
    )
    if session.exec(there).first() is None:
        copy.status, copy.reason, copy.sent_at = "delivered", INSTEAD, now
        session.add(copy)


def _tell_once_a_day(session: Session, row: Reminder, people: People, now: datetime) -> None:
    """In the afternoon, or at once where that is over."""
    patient = row.patient_id or ""
    zone = people.zone_of(patient)
    today = timing.local_date(now, zone)
    afternoon = timing.instant(today, _AFTERNOON, zone)
    ends = timing.instant(today + timing.ONE_DAY, 0, zone)
    found = Wanted(
        subject=Subject(DIGEST, f"{patient}/{today}"),
        kind=DIGEST,
        step=0,
        recipient=f"patient:{patient}",
        channel="e-mail",
        due_at=max(now, afternoon),
        expires_at=ends,
        says="there is more in the portal",
    )
    write_once(session, row.clinic_id, found, patient, now)


def words(session: Session, row: Reminder, teller: Teller, people: People, now: datetime) -> str:
    """What yielded on this date and is so still, a paragraph for each; empty where nothing is."""
    today = timing.local_date(now, people.zone_of(row.patient_id or ""))
    begins = timing.instant(today, 0, people.zone_of(row.patient_id or ""))
    yielded = session.exec(
        select(Reminder)
        .where(
            Reminder.clinic_id == row.clinic_id,
            Reminder.patient_id == row.patient_id,
            Reminder.channel == "portal",
            Reminder.reason == INSTEAD,
            col(Reminder.sent_at) >= begins,
            Reminder.expires_at > now,
        )
        .order_by(col(Reminder.rank), col(Reminder.due_at))
    )
    asked = (
        Asked(
            session,
            people,
            other,
            teller.appointment(other.facts),
            teller.protocol_for(other.facts),
            now,
        )
        for other in yielded
    )
    said = [
        teller.words(one.row.kind, "e-mail", row.patient_id or "", one.row.facts, now)
        for one in asked
        if _is_so(one)
    ]
    return "\n\n".join(_paragraphs(list(dict.fromkeys(said))))


def _paragraphs(said: list[str]) -> Iterator[str]:
    """Who writes is told once, at the beginning."""
    for place, words in enumerate(said):
        sender, between, rest = words.partition(": ")
        told_already = place > 0 and said[0].startswith(sender + between)
        yield _begun(rest) if told_already else words


def _begun(words: str) -> str:
    """The same as the beginning of a sentence."""
    first = next((place for place, letter in enumerate(words) if letter.isalnum()), 0)
    return words[:first] + words[first : first + 1].upper() + words[first + 1 :]


def _is_so(asked: Asked) -> bool:
    """Whether its visit stands where it stood, and nobody has seen to what it goes for."""
    facts, appointment = asked.row.facts, asked.appointment
    condition = catalogue().kinds[asked.row.kind].only_if
    if condition is not None and not holds(condition, asked):
        return False
    if "appointment" not in facts:
        return True
    start = facts.get("start")
    return (
        appointment is not None
        and appointment.status not in ("cancelled", "entered-in-error")
        and (start is None or appointment.start.isoformat() == start)
    )
