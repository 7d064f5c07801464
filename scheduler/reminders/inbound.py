"""What people write back: each message is taken once, understood or given to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from scheduler import acting, audit, locking, work
from scheduler.reminders import consent, rides
from scheduler.reminders.addresses import mark_of
from scheduler.reminders.changing import GONE_OUT
from scheduler.reminders.consent import CRISIS_SETTING
from scheduler.reminders.own_words import say
from scheduler.reminders.planning import WHOLE_DAY, Subject
from scheduler.reminders.repeating import visits_of_day
from scheduler.reminders.understanding import Meaning, language_of, meaning
from scheduler.store.tables import (
    Appointment,
    Clinic,
    ContactPoint,
    Reminder,
    RideContact,
)

ASKS_FOR_YES = ("N-03", "N-05", "N-10", "N-23", "N-27", "N-28")
_ASKED_SINCE = timedelta(days=8)
_AT_ONCE = timedelta(minutes=5)
_SAME_DAY = timedelta(hours=4)
_TABLE = SQLModel.metadata.tables["inbound_message"]


@dataclass(frozen=True)
class Received:
    """A message as the provider has delivered it."""

    provider_id: str
    sender: str
    body: str
    channel: str = "sms"


@dataclass(frozen=True)
class _Sender:
    """Whose number it is: patients who share it, and drivers of patients."""

    mark: str
    patients: tuple[str, ...]
    drivers: tuple[RideContact, ...]

    @property
    def known(self) -> bool:
        return bool(self.patients or self.drivers)


@dataclass(frozen=True)
class _Taken:
    """A message that was taken, with what is needed to deal with it."""

    session: Session
    clinic: Clinic
    id: UUID
    sender: _Sender
    now: datetime

    @property
    def actor(self) -> acting.Actor:
        return acting.machine(self.clinic.id, "inbound")

    @property
    def subject(self) -> Subject:
        return Subject("inbound", str(self.id))


def receive(
    session: Session, clinic_id: str, received: Received, *, now: datetime
) -> Meaning | None:
    """Take a message and do what it asks for; None where it was taken before.

    A sender whom nobody knows is answered by who has called this: there is no address of theirs.
    """
    clinic = session.get(Clinic, clinic_id)
    assert clinic is not None, "the route has found it"  # noqa: S101  (says why mypy may rest)
    sender = _sender(session, clinic_id, mark_of(received.sender))
    locking.hold(session, clinic_id, patients=sender.patients)
    understood = meaning(received.body)
    name = uuid4()
    if not _first_time(session, clinic_id, name, received, sender, understood, now):
        return None
    taken = _Taken(session, clinic, name, sender, now)
    audit.record(
        session,
        taken.actor,
        "message.receive",
        at=now,
        subject=("inbound", name),
        patients=sender.patients,
        meaning=understood,
    )
    _DEALING[understood](taken)
    audit.tell(session, clinic_id, "inbound", name, at=now)
    return understood


def answer_to_stranger(
    session: Session, clinic: Clinic, received: Received, understood: Meaning | None
) -> str:
    """What a number nobody knows is answered, there and then; empty for everybody else.

    It is said in the language of their words.
    Nothing is stored of them but the message, and nothing tells them who is a patient here.
    """
    if (
        understood not in ("help", "crisis")
        or _sender(session, clinic.id, mark_of(received.sender)).patients
    ):
        return ""
    language = language_of(received.body)
    if understood == "crisis":
        return say(clinic, "stranger-crisis", language, {})
    phone = str(clinic.settings.get("phone", ""))
    return say(clinic, "stranger-help", language, {"phone": phone})


def _first_time(
    session: Session,
    clinic_id: str,
    name: UUID,
    received: Received,
    sender: _Sender,
    understood: Meaning,
    now: datetime,
) -> bool:
    insert: Any = (
        sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    )
    statement = insert(_TABLE).values(
        clinic_id=clinic_id,
        id=name,
        provider_id=received.provider_id,
        channel=received.channel,
        sender_mark=sender.mark,
        body=received.body,
        received_at=now,
        understood_as=understood,
        patients=list(sender.patients),
    )
    unless_there = statement.on_conflict_do_nothing(index_elements=["clinic_id", "provider_id"])
    done = session.connection().execute(unless_there.returning(_TABLE.c.id))
    return done.first() is not None


def _sender(session: Session, clinic_id: str, mark: str) -> _Sender:
    patients = session.exec(
        select(ContactPoint.patient_id).where(
            ContactPoint.clinic_id == clinic_id,
            ContactPoint.mark == mark,
            ContactPoint.kind == "phone",
        )
    )
    drivers = session.exec(
        select(RideContact).where(
            RideContact.clinic_id == clinic_id, RideContact.phone_mark == mark
        )
    )
    return _Sender(mark, tuple(sorted(set(patients))), tuple(drivers))


def _crisis(taken: _Taken) -> None:
    """A person is called at once; the fixed answer goes where the clinic has seen to the rest."""
    duty = consent.on_duty(taken.session, taken.clinic.id, now=taken.now)
    owner = duty.role if duty is not None else "charge nurse"
    _task(taken, "crisis", owner, "Crisis words in a message: call now.", _AT_ONCE)
    if not (taken.clinic.settings.get(CRISIS_SETTING) and taken.sender.patients):
        return
    patient = taken.sender.patients[0]
    consent.answer(taken.session, taken.clinic.id, patient, "N-35", taken.subject, now=taken.now)
    if duty is not None:
        consent.answer(
            taken.session,
            taken.clinic.id,
            patient,
            "N-35",
            taken.subject,
            now=taken.now,
            recipient=f"duty:{duty.id}",
            change="page",
        )


def _stop(taken: _Taken) -> None:
    """Nothing more goes to the number, whoever has it; one confirmation, and a task."""
    had = consent.revoke(taken.session, taken.actor, taken.sender.patients, "sms", now=taken.now)
    for driver in taken.sender.drivers:
        driver.revoked_at = taken.now
    if had:
        consent.answer(taken.session, taken.clinic.id, had[0], "N-34", taken.subject, now=taken.now)


def _cancels(taken: _Taken) -> None:
    """The word is a wish to be left alone, and may be meant for the visit: both are seen to."""
    _stop(taken)
    _task(taken, "reply", "coordinator", "Wrote to cancel: a visit? Call and ask.", _SAME_DAY)


def _start(taken: _Taken) -> None:
    """They agree again, to as many messages as before."""
    for patient in taken.sender.patients:
        caps = consent.caps_of(taken.session, taken.clinic.id, patient)
        agreed = consent.Agreed("sms", caps=caps)
        consent.give(taken.session, taken.actor, patient, agreed, now=taken.now)


def _help(taken: _Taken) -> None:
    for patient in taken.sender.patients[:1]:
        consent.answer(
            taken.session, taken.clinic.id, patient, "N-02", taken.subject, now=taken.now
        )


def _yes(taken: _Taken) -> None:
    """A driver's yes is for the ride, a patient's for the visit they were asked about last."""
    rides_of = [row for driver in taken.sender.drivers for row in _driven(taken, driver)]
    asked = _asked(taken)
    if bool(asked) + len(rides_of) != 1:
        _to_a_person(taken)
        return
    for row in rides_of:
        rides.confirm(taken.session, taken.actor, row, by="driver", now=taken.now)
    for row in asked:
        confirm_visit(taken.session, taken.actor, row, now=taken.now)


def confirm_visit(
    session: Session, actor: acting.Actor, row: Appointment, *, now: datetime
) -> None:
    """The patient has said that they will come."""
    if row.confirmed_at is None:
        row.confirmed_at, row.changed_at = now, now
        row.version += 1
        audit.record(session, actor, "appointment.confirm", at=now, subject=("appointment", row.id))
        work.settle(session, row.clinic_id, "N-40", f"{row.id}:role:coordinator", now=now)


def _change(taken: _Taken) -> None:
    _task(taken, "reply", "coordinator", "Asks for another time: call.", _SAME_DAY)


def _no(taken: _Taken) -> None:
    _task(taken, "reply", "coordinator", "Cannot come: call and find another time.", _SAME_DAY)


def _home(taken: _Taken) -> None:
    """Home and well, where we had asked; else a person reads it."""
    asked = _asked_about(taken, ("N-21",))
    if not asked:
        _to_a_person(taken)
    for reminder in asked:
        key = f"N-21:{reminder.subject_id}:{reminder.step}:{reminder.recipient}"
        work.settle(taken.session, taken.clinic.id, "call", key, now=taken.now)


def _needs(taken: _Taken) -> None:
    _task(taken, "needs-us", "charge nurse", "Needs us after the visit: call now.", _AT_ONCE)


def _to_a_person(taken: _Taken) -> None:
    _task(taken, "reply", "coordinator", "Has written: read it and answer.", _SAME_DAY)


def _task(taken: _Taken, kind: str, owner: str, says: str, within: timedelta) -> None:
    patients = taken.sender.patients
    wanted = work.Wanted(
        kind=kind,
        owner=owner,
        due_at=taken.now + within,
        says=says if taken.sender.known else f"A number nobody knows. {says}",
        subject=("inbound", taken.id),
        patient_id=patients[0] if len(patients) == 1 else None,
    )
    work.open_task(taken.session, taken.clinic.id, wanted, now=taken.now)


def _driven(taken: _Taken, driver: RideContact) -> list[Appointment]:
    """The next visit from which somebody drives a patient home."""
    rows = taken.session.exec(
        select(Appointment)
        .where(
            Appointment.clinic_id == taken.clinic.id,
            Appointment.ride_contact_id == driver.id,
            Appointment.status == "booked",
            Appointment.start > taken.now,
        )
        .order_by(col(Appointment.start))
        .limit(1)
    )
    return list(rows)


def _asked(taken: _Taken) -> Sequence[Appointment]:
    """The visit about which a patient was asked last and which is still to come.

    Where several were asked about at once, it is the nearest: the others are asked for again.
    Where the message spoke of all visits of a date, it is all of them but the dose: that is asked
    for by itself.
    """
    reminders = _asked_about(taken, ASKS_FOR_YES)
    if len({row.patient_id for row in reminders}) != 1:
        return []
    by_visit = sorted(reminders, key=lambda row: str(row.facts.get("start")))
    for reminder in sorted(by_visit, key=lambda row: row.sent_at or row.due_at, reverse=True):
        name = reminder.facts.get("appointment")
        found = taken.session.get(Appointment, (taken.clinic.id, UUID(name))) if name else None
        if found is not None and found.start > taken.now and found.status == "booked":
            if not reminder.facts.get(WHOLE_DAY):
                return [found]
            visits = visits_of_day(taken.session, found, reminder.patient_id or "")
            return [row for row in visits if not row.is_dose]
    return []


def _asked_about(taken: _Taken, kinds: Sequence[str]) -> list[Reminder]:
    rows = taken.session.exec(
        select(Reminder).where(
            Reminder.clinic_id == taken.clinic.id,
            col(Reminder.patient_id).in_(taken.sender.patients),
            col(Reminder.kind).in_(kinds),
            col(Reminder.status).in_(GONE_OUT),
            col(Reminder.channel) == "sms",
            col(Reminder.sent_at) > taken.now - _ASKED_SINCE,
        )
    )
    return list(rows)


_DEALING = {
    "crisis": _crisis,
    "stop": _stop,
    "cancels": _cancels,
    "start": _start,
    "help": _help,
    "yes": _yes,
    "change": _change,
    "no": _no,
    "home": _home,
    "needs": _needs,
    "other": _to_a_person,
}
