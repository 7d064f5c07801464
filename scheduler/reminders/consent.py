"""Consent to messages: given by channel, taken back at once, and what follows from either."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from scheduler import audit, work
from scheduler.acting import Actor
from scheduler.errors import NotThere, Refusal
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.keeping import row_of
from scheduler.reminders.planning import Subject, Wanted
from scheduler.store.tables import Clinic, MessageConsent, OnDuty, Patient, Reminder

ALL = "all"
"""The purpose of a consent that is for every message of the clinic's."""

CRISIS_SETTING = "crisis_replies"
AFTER_HOURS_SETTING = "after_hours_phone"
_A_DAY = timedelta(days=1)


class NotReady(Refusal):
    """Something must be set up before this can be switched on."""

    kind = "not-ready"
    title = "This cannot be switched on yet."


def give(
    session: Session, actor: Actor, patient_id: str, channel: str, *, caps: str, now: datetime
) -> MessageConsent:
    """A patient agrees to messages by a channel; they are told who writes and how to stop."""
    if session.get(Patient, (actor.clinic_id, patient_id)) is None:
        raise NotThere("there is no such patient")
    row = _row(session, actor.clinic_id, patient_id, channel)
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
        caps=caps,
    )
    if channel == "sms":
        agreed = catalogue().caps.more if caps == "more" else catalogue().caps.usual
        subject = Subject("consent", str(row.id), round(now.timestamp()))
        answer(session, actor.clinic_id, patient_id, "N-02", subject, now=now, cap=agreed[1])
    return row


def revoke(
    session: Session, actor: Actor, patient_ids: Iterable[str], channel: str, *, now: datetime
) -> list[str]:
    """Patients want no more messages by a channel, from this moment; those who had agreed.

    A task asks for another way: what keeps them safe still has to reach them.
    """
    had = []
    for patient_id in sorted(set(patient_ids)):
        row = _row(session, actor.clinic_id, patient_id, channel)
        if row.given_at is not None and row.revoked_at is None:
            had.append(patient_id)
        row.revoked_at = now
        audit.record(
            session,
            actor,
            "message-consent.revoke",
            at=now,
            subject=("message-consent", row.id),
            patients=[patient_id],
            channel=channel,
        )
    for patient_id in had:
        work.open_task(session, actor.clinic_id, _another_way(patient_id, channel, now), now=now)
    return had


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
) -> Reminder:
    """A message that goes at once, to a patient or to who is named, by text message."""
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
    row = row_of(clinic_id, found, patient_id, now)
    session.add(row)
    return row


def switch_on_crisis_replies(session: Session, actor: Actor, *, now: datetime) -> None:
    """Answer crisis words by text; NotReady unless people are there for it, day and night."""
    clinic = session.get(Clinic, actor.clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
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


def _row(session: Session, clinic_id: str, patient_id: str, channel: str) -> MessageConsent:
    row = session.exec(
        select(MessageConsent).where(
            MessageConsent.clinic_id == clinic_id,
            MessageConsent.patient_id == patient_id,
            MessageConsent.channel == channel,
            col(MessageConsent.purpose) == ALL,
        )
    ).first()
    if row is None:
        row = MessageConsent(
            clinic_id=clinic_id, patient_id=patient_id, channel=channel, purpose=ALL
        )
        session.add(row)
        session.flush()
    return row
