"""Whether one message may go at this moment, must wait, or is never sent, and why.

Everything is read anew, under the locks of the unit of work that marks the message as on its way.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from pathways import timing
from scheduler.reminders import digesting, repeating
from scheduler.reminders.caps import held_back
from scheduler.reminders.catalogue import Kind, catalogue
from scheduler.reminders.changing import TOGETHER
from scheduler.reminders.conditions import Asked, holds
from scheduler.reminders.history import History
from scheduler.reminders.own_words import say
from scheduler.reminders.people import People
from scheduler.reminders.planning import OUTWARD, Recipient
from scheduler.reminders.telling import Teller
from scheduler.reminders.texts import LONGEST, NoText, telling_words
from scheduler.store.tables import Appointment, OnDuty, Reminder

_CALLED_FOR = "dose preparation"
"""Up to this rank a person calls where only the cap holds a message back: the portal has it."""

BEFORE_A_VISIT = frozenset({"start", "cut-off"})


@dataclass(frozen=True)
class Go:
    """It goes: these words to this address; an address is empty where nothing leaves the house."""

    to: str
    body: str
    subject: str = ""


@dataclass(frozen=True)
class Wait:
    """It waits until an instant."""

    until: datetime


@dataclass(frozen=True)
class Stop:
    """It is never sent. ``status``: ``expired``, ``suppressed``, ``cancelled`` or ``failed``.

    ``calls``: a person calls instead; ``digest``: it is shown in the portal instead.
    """

    status: str
    reason: str
    calls: bool = False
    digest: bool = False


Verdict = Go | Wait | Stop


@dataclass(frozen=True)
class Bench:
    """What judging needs, looked up for many messages of one clinic at once."""

    session: Session
    people: People
    teller: Teller
    history: History
    now: datetime
    said: set[repeating.Said] = field(default_factory=set)


def judge(row: Reminder, bench: Bench) -> Verdict:
    """What becomes of a message now."""
    kind = catalogue().kinds[row.kind]
    appointment = bench.teller.appointment(row.facts)
    if row.facts.get("appointment") and appointment is None:
        return Stop("cancelled", "its appointment is not there")
    stopped = _too_late(row, kind, bench.now) or _overtaken(row, kind, appointment, bench)
    if stopped is not None:
        return stopped
    if row.channel in OUTWARD:
        return _once(row, kind, appointment, bench)
    return _said(row, kind, "", bench)


def is_answer(row: Reminder) -> bool:
    """Whether it answers somebody who wrote to us, so that nothing holds it back."""
    return row.subject_kind == "inbound"


def _too_late(row: Reminder, kind: Kind, now: datetime) -> Stop | None:
    if now >= row.expires_at:
        if kind.moot:
            return Stop("expired", "it never went, and what it says has ended")
        return Stop("expired", "its time has passed", calls=kind.matters)
    if kind.late is not None and now - row.due_at > kind.late and not row.facts.get("resent"):
        return Stop("expired", "it would come too late", calls=kind.matters)
    return None


def _overtaken(
    row: Reminder, kind: Kind, appointment: Appointment | None, bench: Bench
) -> Verdict | None:
    """What has happened since it was planned; a message after a dose waits for who is not there."""
    before = kind.until in BEFORE_A_VISIT and appointment is not None
    if before and appointment is not None and appointment.status != "booked":
        return Stop("cancelled", f"the appointment is {appointment.status}")
    if kind.only_if is None:
        return None
    asked = Asked(
        bench.session,
        bench.people,
        row,
        appointment,
        bench.teller.protocol_for(row.facts),
        bench.now,
    )
    if holds(kind.only_if, asked):
        return None
    if kind.only_if == "present" and appointment is not None and appointment.status == "booked":
        return Wait(bench.now + timedelta(minutes=catalogue().sending.wait_minutes))
    return Stop("suppressed", f"not needed: it goes only if {kind.only_if}")


def _once(row: Reminder, kind: Kind, appointment: Appointment | None, bench: Bench) -> Verdict:
    """What was said with another message is not said again, and a video visit has its own."""
    if appointment is not None and appointment.modality == "virtual" and row.step in kind.in_person:
        return Stop("suppressed", "a video visit has a message of its own")
    zone = timing.zone(bench.people.clinic.timezone)
    wanted = repeating.repeats(row, kind, zone)
    if wanted and not row.facts.get("resent"):
        lately = repeating.said_lately(bench.session, row, kind, zone, bench.now)
        if wanted & (bench.said | lately):
            return Stop("suppressed", TOGETHER)
    verdict = _outward(row, kind, bench)
    if isinstance(verdict, Go) or (isinstance(verdict, Stop) and verdict.digest):
        bench.said.update(repeating.said_by(row, zone))
    return verdict


def _outward(row: Reminder, kind: Kind, bench: Bench) -> Verdict:
    if row.recipient.startswith("patient:"):
        return _to_patient(row, kind, bench)
    if row.recipient.startswith("duty:"):
        return _to_duty(row, kind, bench)
    ride = bench.people.rides.get(row.recipient.removeprefix("ride:"))
    if ride is None or not bench.people.released(ride, bench.now):
        return Stop(
            "suppressed", "the patient has not released anything to them", calls=kind.matters
        )
    zone = bench.people.zone_of(ride.patient_id)
    hours = Recipient(row.recipient, zone).hours
    if not hours.allow(bench.now):
        return _later(hours.opening_after(bench.now), row, kind)
    return _said(row, kind, ride.phone, bench)


def _to_patient(row: Reminder, kind: Kind, bench: Bench) -> Verdict:
    patient = row.recipient.removeprefix("patient:")
    people = bench.people
    purpose = catalogue().purpose(row.kind)
    if not is_answer(row) and people.consent(patient, row.channel, purpose) is None:
        says = f"no consent to this channel for {purpose}"
        return Stop("suppressed", says, calls=kind.matters)
    contact = people.address(patient, row.channel, now=bench.now)
    if isinstance(contact, str):
        return Stop("suppressed", contact, calls=kind.matters)
    if not (is_answer(row) or row.safety or row.facts.get("resent")):
        hours = people.recipient(patient).hours
        if not hours.allow(bench.now):
            return _later(hours.opening_after(bench.now), row, kind)
        crowded = "" if kind.uncapped else _crowded(row, patient, contact.mark, bench)
        if crowded:
            calls = kind.matters and row.rank <= catalogue().ranks[_CALLED_FOR]
            return Stop("suppressed", crowded, calls=calls, digest=True)
    return _said(row, kind, contact.value, bench)


def _to_duty(row: Reminder, kind: Kind, bench: Bench) -> Verdict:
    """Somebody on duty is called at any hour; the words tell nothing."""
    name = UUID(row.recipient.removeprefix("duty:"))
    duty = bench.session.get(OnDuty, (row.clinic_id, name))
    if duty is None:
        return Stop("suppressed", "nobody is on duty under this entry", calls=kind.matters)
    return _said(row, kind, duty.phone, bench)


def _later(opening: datetime, row: Reminder, kind: Kind) -> Verdict:
    """It waits for the hours for messages, unless that is too late."""
    late = kind.late is not None and opening - row.due_at > kind.late
    if opening >= row.expires_at or late:
        return Stop("expired", "the hours for messages are over", calls=kind.matters)
    return Wait(opening)


def _crowded(row: Reminder, patient: str, mark: str, bench: Bench) -> str:
    if row.channel != "sms":
        return ""
    consent = bench.people.consent(patient, row.channel, catalogue().purpose(row.kind))
    caps = catalogue().caps.more if consent and consent.caps == "more" else catalogue().caps.usual
    return held_back(
        caps,
        bench.now,
        bench.people.zone_of(patient),
        sent=bench.history.sent(mark),
        better=bench.history.better(mark, row),
    )


def _said(row: Reminder, kind: Kind, to: str, bench: Bench) -> Verdict:
    """The words; a message that has none, or whose words tell too much, becomes a call."""
    if row.kind == digesting.DIGEST:
        return _digest(row, to, bench)
    try:
        body = bench.teller.words(
            row.kind,
            row.channel,
            row.patient_id or "",
            row.facts,
            bench.now,
            recipient=row.recipient,
        )
        subject = _subject(row, bench)
    except NoText as missing:
        return Stop("suppressed", str(missing), calls=True)
    if row.channel in OUTWARD and (len(body) > LONGEST or telling_words(body)):
        return Stop("suppressed", "its words do not fit or tell too much", calls=kind.matters)
    return Go(to, body, subject)


def _digest(row: Reminder, to: str, bench: Bench) -> Verdict:
    """What yielded today and is so still, as one e-mail."""
    body = digesting.words(bench.session, row, bench.teller, bench.people, bench.now)
    if not body or telling_words(body):
        return Stop("suppressed", "nothing of it is so any more")
    return Go(to, body, _subject(row, bench))


def _subject(row: Reminder, bench: Bench) -> str:
    if row.channel != "e-mail":
        return ""
    language = bench.teller.language(row.patient_id or "")
    return say(bench.people.clinic, "subject", language, {})
