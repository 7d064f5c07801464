"""Consent to messages: given by channel, taken back at once, and what follows from either."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlmodel import Session, select

from scheduler import audit, locking, work
from scheduler.acting import Actor
from scheduler.errors import NotThere, Refusal
from scheduler.reminders.catalogue import Purpose, catalogue
from scheduler.reminders.keeping import write_once
from scheduler.reminders.planning import Subject, Wanted
from scheduler.store.tables import Clinic, MessageConsent, OnDuty, Patient

ALL: Purpose = "all"
"""The purpose of a consent that is for every message of the clinic's."""

CRISIS_SETTING = "crisis_replies"
AFTER_HOURS_SETTING = "after_hours_phone"
_A_DAY = timedelta(days=1)


class NotReady(Refusal):
    """Something must be set up before this can be switched on."""

    kind = "not-ready"
    title = "This cannot be switched on yet."


Channel = Literal["sms", "e-mail"]
CapsAgreed = Literal["usual", "more"]


@dataclass(frozen=True)
class Agreed:
    """What a patient agrees to: messages by a channel for a purpose, and how many."""

    channel: str
    purpose: Purpose = ALL
    caps: str = "usual"


def of_patient(session: Session, actor: Actor, patient_id: str) -> list[MessageConsent]:
    """What a patient has agreed to and taken back; NotThere for who is not the actor's to see."""
    _patient(session, actor, patient_id)
    asked = select(MessageConsent).where(
        MessageConsent.clinic_id == actor.clinic_id, MessageConsent.patient_id == patient_id
    )
    return list(session.exec(asked.order_by(MessageConsent.channel, MessageConsent.purpose)))


def give(
    session: Session, actor: Actor, patient_id: str, agreed: Agreed, *, now: datetime
) -> MessageConsent:
    """A patient agrees to messages by a channel; they are told who writes and how to stop."""
    _held(session, actor, patient_id)
    channel, caps = agreed.channel, agreed.caps
    row = _row(session, actor.clinic_id, patient_id, channel, agreed.purpose)
    row.given_at, row.revoked_at, row.caps = now, None, caps
    session.flush()
    audit.record(
        session,
        actor,
        "message-consent.give",
        at=now,
        subject=("message-consent", row.id),
        patients=[patient_id],
        channel=channel,
        purpose=agreed.purpose,
        caps=caps,
    )
    if channel == "sms":
        most = catalogue().caps.more if caps == "more" else catalogue().caps.usual
        subject = Subject("consent", str(row.id), round(now.timestamp()))
        answer(session, actor.clinic_id, patient_id, "N-02", subject, now=now, cap=most[1])
    _tell(session, actor, patient_id, now)
    return row


def revoke(
    session: Session, actor: Actor, patient_ids: Iterable[str], channel: str, *, now: datetime
) -> list[str]:
    """Patients want no more messages by a channel, from this moment; those who had agreed.

    That is so for every purpose. A task asks for another way: what keeps them safe still has to
    reach them.
    """
    had = []
    for patient_id in sorted(set(patient_ids)):
        _row(session, actor.clinic_id, patient_id, channel)
        rows = _rows(session, actor.clinic_id, patient_id, channel)
        if [_take_back(session, actor, row, now) for row in rows].count(True):
            had.append(patient_id)
    for patient_id in had:
        work.open_task(session, actor.clinic_id, _another_way(patient_id, channel, now), now=now)
    return had


def revoke_one(
    session: Session, actor: Actor, patient_id: str, consent_id: UUID, *, now: datetime
) -> MessageConsent:
    """A patient takes one consent back, from this moment; NotThere where there is none such.

    Where none for the channel is left, a task asks for another way.
    """
    _held(session, actor, patient_id)
    row = session.get(MessageConsent, (actor.clinic_id, consent_id))
    if row is None or row.patient_id != patient_id:
        raise NotThere("there is no such consent")
    had = _take_back(session, actor, row, now)
    session.flush()
    left = _rows(session, actor.clinic_id, patient_id, row.channel)
    if had and all(other.revoked_at is not None for other in left):
        wanted = _another_way(patient_id, row.channel, now)
        work.open_task(session, actor.clinic_id, wanted, now=now)
    _tell(session, actor, patient_id, now)
    return row


def _take_back(session: Session, actor: Actor, row: MessageConsent, now: datetime) -> bool:
    """Take a consent back; whether it stood."""
    stood = row.given_at is not None and row.revoked_at is None
    row.revoked_at = now if stood else row.revoked_at or now
    audit.record(
        session,
        actor,
        "message-consent.revoke",
        at=now,
        subject=("message-consent", row.id),
        patients=[row.patient_id],
        channel=row.channel,
        purpose=row.purpose,
    )
    return stood


def _patient(session: Session, actor: Actor, patient_id: str) -> None:
    """NotThere where there is no such patient, or none that is the actor's to see."""
    row = session.get(Patient, (actor.clinic_id, patient_id))
    if row is None or not actor.may_see(patient_id):
        raise NotThere("there is no such patient")


def _held(session: Session, actor: Actor, patient_id: str) -> None:
    """The same, with the patient held until the unit of work ends."""
    _patient(session, actor, patient_id)
    locking.hold(session, actor.clinic_id, patients=[patient_id])


def _tell(session: Session, actor: Actor, patient_id: str, now: datetime) -> None:
    audit.tell(session, actor.clinic_id, "patient", patient_id, at=now, patient_id=patient_id)


def _another_way(patient_id: str, channel: str, now: datetime) -> work.Wanted:
    return work.Wanted(
        kind="other-channel",
        owner="coordinator",
        due_at=now + _A_DAY,
        says=f"No more messages by {channel}: agree how safety instructions reach the patient.",
        key=f"{patient_id}:{channel}",
        subject=("patient", patient_id),
        patient_id=patient_id,
        rule="R-51",
    )


def answer(
    session: Session,
    clinic_id: str,
    patient_id: str,
    kind: str,
    subject: Subject,
    *,
    now: datetime,
    recipient: str = "",
    **facts: object,
) -> None:
    """A message that goes at once, to a patient or to who is named, by text message.

    The same one is written once, such as where somebody agrees twice within a second.
    """
    found = Wanted(
        subject=subject,
        kind=kind,
        step=0,
        recipient=recipient or f"patient:{patient_id}",
        channel="sms",
        due_at=now,
        expires_at=now + (catalogue().kinds[kind].late or _A_DAY),
        says="an answer to a message",
        facts=facts,
    )
    write_once(session, clinic_id, found, patient_id, now)


def switch_on_crisis_replies(session: Session, actor: Actor, *, now: datetime) -> None:
    """Answer crisis words by text; NotReady unless people are there for it, day and night."""
    clinic = session.get(Clinic, actor.clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
    session.flush()
    session.refresh(clinic, with_for_update={"key_share": True})  # nobody leaves duty meanwhile
    if not clinic.settings.get(AFTER_HOURS_SETTING):
        raise NotReady(
            "nobody can be reached after hours",
            fix=f"set {AFTER_HOURS_SETTING} to a number that is answered day and night",
        )
    if on_duty(session, actor.clinic_id, now=now) is None:
        raise NotReady("nobody is on duty now", fix="enter who is on duty")
    clinic.settings = {**clinic.settings, CRISIS_SETTING: True}
    audit.record(session, actor, "crisis-replies.on", at=now, subject=("clinic", clinic.id))


def on_duty(session: Session, clinic_id: str, *, now: datetime) -> OnDuty | None:
    """Who is called now; the clinical roles before any other."""
    rows = session.exec(
        select(OnDuty).where(OnDuty.clinic_id == clinic_id, OnDuty.start <= now, OnDuty.end > now)
    )
    order = ("prescriber", "charge nurse", "nurse", "therapist")
    known = {role: number for number, role in enumerate(order)}
    return min(rows, key=lambda row: (known.get(row.role, len(order)), row.start), default=None)


def caps_of(session: Session, clinic_id: str, patient_id: str) -> str:
    """How many messages a patient has agreed to: ``usual`` or ``more``."""
    return _row(session, clinic_id, patient_id, "sms").caps


def _rows(session: Session, clinic_id: str, patient_id: str, channel: str) -> list[MessageConsent]:
    return list(
        session.exec(
            select(MessageConsent).where(
                MessageConsent.clinic_id == clinic_id,
                MessageConsent.patient_id == patient_id,
                MessageConsent.channel == channel,
            )
        )
    )


def _row(
    session: Session, clinic_id: str, patient_id: str, channel: str, purpose: Purpose = ALL
) -> MessageConsent:
    for found in _rows(session, clinic_id, patient_id, channel):
        if found.purpose == purpose:
            return found
    row = MessageConsent(
        clinic_id=clinic_id, patient_id=patient_id, channel=channel, purpose=purpose
    )
    session.add(row)
    session.flush()
    return row
