"""What happens in eight weeks: people come or not, answer, stop; the house fails now and then.

The worker looks every step; what people do about a message they do a step later.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from benchmarks.diary.carriers import Carriers, Delivered, Killed, Mail
from benchmarks.diary.people import BEGIN, END, ON_DUTY
from benchmarks.diary.records import bring_records
from pathways import timing
from scheduler import acting, following
from scheduler.appointments import ending, facts
from scheduler.appointments.facts import Dates
from scheduler.care import sweeping
from scheduler.errors import NotThere, Refusal
from scheduler.reminders import announcing, inbound, keeping, rides
from scheduler.reminders.channels.channel import Channel
from scheduler.reminders.dispatching import Dispatcher
from scheduler.reminders.inbound import Received
from scheduler.reminders.links import Links
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, AppointmentPatient, Clinic, Practitioner, Reminder

STEP: Final = timedelta(minutes=20)
NIGHT: Final = timedelta(hours=2)
LINKS: Final = Links("https://visits.example.org", "a signing key")

DOWN: Final = tuple(
    (BEGIN + timedelta(days=day, hours=hour), timedelta(hours=hours))
    for day, hour, hours in ((4, 5, 4), (15, 2, 26), (27, 18, 9), (44, 7, 7))
)
"""When no worker runs at all, and for how long."""


Shares = tuple[tuple[str, float], ...]
ANSWERS: Final[tuple[tuple[str, Shares], ...]] = (
    ("/ride/", ()),
    (" START", (("START", 0.4),)),
    (" Y ", (("Y", 0.6), ("R", 0.04), ("N", 0.02), ("ok gracias", 0.02))),
    (" 1 ", (("1", 0.75), ("2", 0.02))),
    ("", (("thanks!", 0.02), ("is there parking?", 0.01))),
)
"""What is answered to a text that holds these letters, and how often; the first that fits."""


@dataclass(frozen=True)
class Reply:
    """What somebody writes back."""

    at: datetime
    clinic_id: str
    phone: str
    body: str


@dataclass
class Life:
    """Everything that goes on, from one step to the next."""

    store: Store
    chance: random.Random
    now: datetime = BEGIN
    replies: list[Reply] = field(default_factory=list)
    deaths: int = 0

    def __post_init__(self) -> None:
        self.carriers = Carriers(lambda: self.now, self.chance)
        self._channels: dict[str, Channel] = {
            "sms": self.carriers.sms(),
            "e-mail": Mail(self.carriers),
        }
        with self.store.reading() as session:
            self.clinics = list(session.exec(select(Clinic.id)))
        self._read = 0

    def live(self, until: datetime = END, each_step: Callable[[], None] = lambda: None) -> None:
        """Go through the weeks, step by step."""
        while self.now < until:
            local = self.now.astimezone(timing.zone("America/New_York"))
            self.now += _step_after(local)
            for clinic_id in self.clinics:
                with self.store.writing() as session:
                    self._visits(session, clinic_id)
            self._people_answer()
            if local.hour == 6 and local.minute < 20:
                self._each_morning()
            if not any(begins <= self.now < begins + lasts for begins, lasts in DOWN):
                self._work()
            each_step()

    def _work(self) -> None:
        dispatcher = Dispatcher(self.store, self._channels, LINKS, lambda: self.now, senders=1)
        try:
            dispatcher.run()
        except Killed:
            self.deaths += 1

    def _each_morning(self) -> None:
        """The house looks what is due; now and then somebody is away or a day is closed."""
        for clinic_id in self.clinics:
            with self.store.writing() as session:
                bring_records(session, clinic_id, self.chance, now=self.now)
                if local_day(self.now).weekday() == 0:
                    sweeping.sweep(session, clinic_id, self.now)
            if self.chance.random() < 0.04:
                self._something_is_off(clinic_id)

    def _something_is_off(self, clinic_id: str) -> None:
        """A day is closed, or a practitioner is away, in some days; visits then move or end."""
        actor = acting.machine(clinic_id, "desk")
        day = (self.now + timedelta(days=self.chance.randrange(1, 8))).date()
        with self.store.writing() as session:
            if self.chance.random() < 0.3:
                broken = facts.is_closed(session, actor, day, now=self.now)
            else:
                asked = select(Practitioner.id).where(Practitioner.clinic_id == clinic_id)
                away = self.chance.choice(sorted(session.exec(asked)))
                broken = facts.is_away(session, actor, away, Dates(day, day), now=self.now)
            for one in broken:
                self._move_or_cancel(session, one.appointment)

    def _visits(self, session: Session, clinic_id: str) -> None:
        """Visits begin and end; a few people stay away, a few sessions last longer."""
        rows = session.exec(
            select(Appointment).where(
                Appointment.clinic_id == clinic_id,
                Appointment.start <= self.now,
                col(Appointment.status).in_(("booked", "arrived")),
            )
        ).all()
        changed = [row for row in rows if self._goes_on(session, row)]
        if changed:
            keeping.refresh(session, clinic_id, [row.id for row in changed], now=self.now)

    def _goes_on(self, session: Session, row: Appointment) -> bool:
        """Whether a visit's status has changed; each is decided once, by its own dice."""
        dice = random.Random(str(row.code) + row.clinic_id)  # noqa: S311  (no secret)
        if row.status == "booked":
            if dice.random() < (0.02 if row.is_dose else 0.06):
                if self.now < row.start + timedelta(minutes=15):
                    return False
                actor = acting.machine(row.clinic_id, "desk")
                ending.no_show(session, actor, row.id, now=self.now)
                return False
            row.status = "arrived"
            if row.is_dose and dice.random() < 0.06:
                row.end += timedelta(minutes=30)
                announcing.lasts_longer(session, row, now=self.now)
        elif self.now < row.end:
            return False
        else:
            row.status = "fulfilled"
        row.version += 1
        return True

    def _move_or_cancel(self, session: Session, row: Appointment) -> None:
        """The desk finds another time, or there is none."""
        if self.chance.random() < 0.75:
            self._move(session, row)
            return
        actor = acting.machine(row.clinic_id, "desk")
        session.refresh(row)
        if row.status == "booked":
            ending.cancel(session, actor, row.id, reason="prov", now=self.now)

    def _move(self, session: Session, row: Appointment) -> None:
        """To another hour or day, without asking the planner: it is the words that count."""
        if row.status != "booked" or row.start <= self.now:
            return
        days = 0 if row.is_dose else self.chance.choice((0, 0, 1, 2))
        later = timedelta(days=days, hours=self.chance.choice((1, 2)))
        row.start, row.end = row.start + later, row.end + later
        row.stages = [_later(stage, later) for stage in row.stages]
        row.notes = [_later(note, timedelta(days=later.days)) for note in row.notes]
        row.confirmed_at = row.ride_confirmed_at = None
        row.version += 1
        actor = acting.machine(row.clinic_id, "desk")
        asked = select(AppointmentPatient.patient_id).where(
            AppointmentPatient.clinic_id == row.clinic_id,
            AppointmentPatient.appointment_id == row.id,
        )
        patients = list(session.exec(asked))
        following.changed(session, actor, row, "move", now=self.now, patients=patients)

    def _people_answer(self) -> None:
        """To what has come since they looked last."""
        fresh, self._read = self.carriers.delivered[self._read :], len(self.carriers.delivered)
        for message in fresh:
            if message.channel != "sms" or message.to == ON_DUTY:
                continue
            for body in self._answers(message):
                self._receive(message, body)

    def _receive(self, message: Delivered, body: str) -> None:
        clinic_id = self._clinic_of(message.to)
        name = f"in-{len(self.replies)}"
        self.replies.append(Reply(self.now, clinic_id, message.to, body))
        try:
            with self.store.writing() as session:
                received = Received(name, message.to, body)
                inbound.receive(session, clinic_id, received, now=self.now)
                if body.casefold() in ("n", "r"):
                    self._desk_calls(session, message)
        except Refusal:
            pass  # such as a ride that may not be: a person is told by the refusal

    def _clinic_of(self, phone: str) -> str:
        return f"lantern-{int(phone[5]) + 1}" if phone[4] == "5" else f"lantern-{phone[5]}"

    def _desk_calls(self, session: Session, message: Delivered) -> None:
        """Who cannot come is called back, and another time is found or the visit ends."""
        row = _visit_of(session, message)
        if row is not None and row.status == "booked" and row.start > self.now:
            self._move_or_cancel(session, row)

    def _answers(self, message: Delivered) -> Iterator[str]:
        """What somebody writes back, and what nobody has asked for."""
        body, chance = message.body, self.chance.random()
        if "/ride/" in body and chance < 0.6:
            self._follow_link(body)
        for mark, shares in ANSWERS:
            if mark in body:
                yield from _chosen(chance, shares)
                break
        if self.chance.random() < 0.002:
            yield self.chance.choice(("STOP", "STOP", "alto", "cancel", "please stop texting"))
        if self.chance.random() < 0.0005:
            yield "i want to die"

    def _follow_link(self, body: str) -> None:
        token = body.partition("/ride/")[2].split()[0]
        with self.store.writing() as session:
            try:
                row = LINKS.visit(session, token, now=self.now)
                actor = acting.machine(row.clinic_id, "link")
                rides.confirm(session, actor, row, by="link", now=self.now)
            except (NotThere, Refusal):
                return  # it has ended, or nobody is named who drives


def _step_after(local: datetime) -> timedelta:
    """Seldom at night; just before the end of the hours for messages it looks once more."""
    if not 6 <= local.hour < 22:
        return NIGHT
    if local.hour == 19 and local.minute == 40:
        return timedelta(minutes=15)
    return STEP if local.minute % 20 == 0 else timedelta(minutes=20 - local.minute % 20)


def local_day(moment: datetime) -> date:
    """The date on the clinics' calendar."""
    return timing.local_date(moment, timing.zone("America/New_York"))


def _chosen(chance: float, shares: Shares) -> Iterator[str]:
    for said, share in shares:
        if chance < share:
            yield said
            return
        chance -= share


def _later(part: dict[str, str], by: timedelta) -> dict[str, str]:
    """A stage or a note of a visit that has moved."""
    times = {n: part[n] for n in ("start", "end", "until") if part.get(n)}
    moved = {n: (datetime.fromisoformat(at) + by).isoformat() for n, at in times.items()}
    return part | moved


def _visit_of(session: Session, message: Delivered) -> Appointment | None:
    """The visit that a message has spoken of."""
    row = session.exec(select(Reminder).where(Reminder.id == UUID(message.key))).one()
    name = row.facts.get("appointment")
    return session.get(Appointment, (row.clinic_id, UUID(name))) if name else None
