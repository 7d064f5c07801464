"""What staff do with messages: look, send one again, stop one, stop all of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere, WrongMove
from scheduler.reminders.claiming import STOP_SETTING
from scheduler.reminders.keeping import call_off
from scheduler.reminders.reconciling import STOPPED
from scheduler.store.tables import Clinic, Reminder

_ENDED = frozenset({"sent", "delivered", "failed", "expired", "suppressed", "cancelled", "unknown"})


@dataclass(frozen=True)
class Filter:
    """Which messages are looked at; everything that is left out does not matter."""

    status: str | None = None
    kind: str | None = None
    patient_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100


def listed(session: Session, clinic_id: str, chosen: Filter) -> list[Reminder]:
    """Messages in order of the time at which they are due."""
    asked = select(Reminder).where(Reminder.clinic_id == clinic_id)
    for column, value in (
        (Reminder.status, chosen.status),
        (Reminder.kind, chosen.kind),
        (Reminder.patient_id, chosen.patient_id),
    ):
        if value is not None:
            asked = asked.where(col(column) == value)
    if chosen.since is not None:
        asked = asked.where(col(Reminder.due_at) >= chosen.since)
    if chosen.until is not None:
        asked = asked.where(col(Reminder.due_at) < chosen.until)
    ordered = asked.order_by(col(Reminder.due_at), col(Reminder.id)).limit(chosen.limit)
    return list(session.exec(ordered))


def resend(session: Session, actor: Actor, name: UUID, *, now: datetime) -> Reminder:
    """Send a message once more, as a person has asked; consent and what ends it still hold.

    WrongMove where it still waits, is on its way, or speaks of what is over.
    """
    row = _locked(session, actor, name)
    if row.status not in _ENDED:
        raise WrongMove(f"it is {row.status}", fix="wait for what becomes of it")
    if now >= row.expires_at:
        raise WrongMove("what it speaks of is over", fix="call the patient")
    row.status, row.reason, row.attempts, row.next_try_at = "pending", "", 0, now
    row.facts = {**row.facts, "resent": True}
    _told(session, actor, row, "reminder.resend", now)
    return row


def stop(session: Session, actor: Actor, name: UUID, *, now: datetime) -> Reminder:
    """Do not send a message; WrongMove where it went out, or is on its way."""
    row = _locked(session, actor, name)
    if row.status != "pending":
        raise WrongMove(f"it is {row.status}", fix="nothing is left to be stopped")
    call_off(row, STOPPED)
    _told(session, actor, row, "reminder.stop", now)
    return row


def stop_all(session: Session, actor: Actor, *, now: datetime) -> None:
    """Send nothing more for the clinic; whatever is marked after this is committed stays here."""
    _switch(session, actor, now.isoformat(), "reminders.stop-all", now)


def resume(session: Session, actor: Actor, *, now: datetime) -> None:
    """Send again; what has become too late meanwhile expires, and is called where it matters."""
    _switch(session, actor, None, "reminders.resume", now)


def is_stopped(session: Session, clinic_id: str) -> bool:
    """Whether the clinic has stopped all messages."""
    clinic = session.get(Clinic, clinic_id)
    return clinic is not None and bool(clinic.settings.get(STOP_SETTING))


def _switch(session: Session, actor: Actor, value: str | None, action: str, now: datetime) -> None:
    clinic = session.get(Clinic, actor.clinic_id, with_for_update={"key_share": True})
    if clinic is None:
        raise NotThere("there is no such clinic")
    kept = {name: set_to for name, set_to in clinic.settings.items() if name != STOP_SETTING}
    clinic.settings = kept if value is None else {**kept, STOP_SETTING: value}
    audit.record(session, actor, action, at=now, subject=("clinic", clinic.id))
    audit.tell(session, clinic.id, "reminders", "", at=now)


def _locked(session: Session, actor: Actor, name: UUID) -> Reminder:
    asked = select(Reminder).where(Reminder.clinic_id == actor.clinic_id, Reminder.id == name)
    row = session.exec(asked.with_for_update()).first()
    if row is None:
        raise NotThere("there is no such message")
    return row


def _told(session: Session, actor: Actor, row: Reminder, action: str, now: datetime) -> None:
    session.flush()
    audit.record(
        session,
        actor,
        action,
        at=now,
        subject=("reminder", row.id),
        patients=[row.patient_id] if row.patient_id else [],
        kind=row.kind,
    )
    audit.tell(session, row.clinic_id, "reminder", row.id, at=now, patient_id=row.patient_id)
