"""A clinic that a stateful test lives in, and what it knows of it without asking the code."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select, update

from pathways import timing
from scheduler.reminders import keeping
from scheduler.reminders.channels.channel import Message, Receipt, Refused, Unclear, Unreachable
from scheduler.reminders.dispatching import Dispatcher
from scheduler.reminders.doubting import Doubt
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, ContactPoint, Reminder, Task
from tests.scheduler.reminders.clinic import add_patient, book, dose_activity, give_ride, set_up
from tests.scheduler.reminders.sending import LINKS, Hands

LEASE = timedelta(seconds=60)
QUARTER = timedelta(minutes=15)
BEFORE_THE_VISIT = {"N-05", "N-09", "N-10", "N-11", "N-13", "N-14", "N-15", "N-23"}
OF_PATIENTS = {"ada": "+15555550100", "ben": "+15555550100", "cyd": "+15555550177"}
"""Ada and Ben share a telephone."""

ZONES = {"ada": "America/New_York", "ben": "America/New_York", "cyd": "America/Los_Angeles"}
MOST = {"+15555550100": (3, 10), "+15555550177": (1, 3)}
TELLING = ("ketamin", "dose", "infusion", "therap", "treatment", "group", "iop")


class Killed(BaseException):
    """The worker is gone."""


@dataclass
class Visit:
    """What the test knows of an appointment."""

    patient: str
    start: datetime
    first_drug: datetime
    dose: bool
    status: str = "booked"
    arrived: datetime | None = None


@dataclass
class Sent:
    """What has left the house."""

    at: datetime
    to: str
    body: str
    row: Reminder


@dataclass
class Clinic:
    """The clinic, its clock, the provider, and the test's own memory of what must be so."""

    store: Store
    clock: Hands
    fault: str = "none"
    visits: dict[str, Visit] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    stopped: bool = False
    frozen: set[str] = field(default_factory=set)
    worked_at: datetime | None = None
    running: timedelta = timedelta()
    name: str = "sms"

    def open(self) -> None:
        """Three patients in two zones, of whom two share a telephone."""
        set_up(self.store, patient="ada", timezone="America/New_York")
        with self.store.writing() as session:
            for name, caps in (("ben", "more"), ("cyd", "usual")):
                add_patient(
                    session,
                    "harbor",
                    name,
                    phone=OF_PATIENTS[name],
                    caps=caps,
                    timezone=ZONES[name],
                )
            session.execute(update(ContactPoint).values(verified_at=self.clock.now))
        self.doubt = Doubt(lambda: self.running)

    def book(self, patient: str, activity: str, start: datetime) -> None:
        """An appointment, with a driver where it is a dose."""
        with self.store.writing() as session:
            row = book(session, activity, start, hours=2, patient=patient)
            row.code += f"/{len(self.visits)}"
            if activity == dose_activity() and patient == "ada":
                give_ride(session, row, patient=patient)
            drug = [s["start"] for s in row.stages][1:2] or [start.isoformat()]
            known = Visit(
                patient, start, datetime.fromisoformat(drug[0]), activity == dose_activity()
            )
            self.visits[str(row.id)] = known
            keeping.refresh(session, "harbor", [row.id], now=self.clock.now)

    def change(self, name: str, does: Callable[[Appointment], Any]) -> None:
        """Change an appointment in one unit of work, as all that change one do."""
        with self.store.writing() as session:
            row = session.get_one(Appointment, ("harbor", UUID(name)))
            does(row)
            row.version += 1
            keeping.refresh(session, "harbor", [row.id], now=self.clock.now)

    def send(self, message: Message) -> Receipt:
        """The provider: looks at what it gets, then does what its fault says."""
        if self.fault == "dies before":
            raise Killed
        if self.fault == "away":
            raise Unreachable("away")
        if self.fault == "refuses":
            raise Refused("never", address=False)
        self.look(message)
        if self.fault == "dies after":
            raise Killed
        if self.fault == "unclear":
            raise Unclear("no answer")
        return Receipt(message.key)

    def look(self, message: Message) -> None:
        """Invariants 42 and 46 to 51, at the moment at which a message is handed over."""
        with self.store.reading() as session:
            row = session.exec(select(Reminder).where(Reminder.id == UUID(message.key))).one()
        now = self.clock.now
        assert row.status == "sending", (row.kind, row.status)
        assert not self.stopped, "every message was stopped"
        answers = row.subject_kind in ("inbound", "consent")
        if row.recipient.startswith("patient:"):
            self._look_at_patient(message, row, answers)
        visit = self.visits.get(str(row.facts.get("appointment")))
        if visit is not None and row.kind in BEFORE_THE_VISIT:
            assert visit.status == "booked", (row.kind, visit.status)
            assert now < visit.start, row.kind
            assert datetime.fromisoformat(row.facts["start"]) == visit.start, row.kind
            told = (visit.start, visit.start + timedelta(hours=2))
            zone = timing.zone("America/New_York")
            clocks = {f"{at.astimezone(zone):%I:%M %p}".lstrip("0") for at in told}
            assert row.kind == "N-14" or any(clock in message.body for clock in clocks)
        assert len(message.body) <= 160
        assert not any(word in message.body.casefold() for word in TELLING), message.body
        self.sent.append(Sent(now, message.to, message.body, row))

    def _look_at_patient(self, message: Message, row: Reminder, answers: bool) -> None:
        patient = row.recipient.removeprefix("patient:")
        assert message.to == OF_PATIENTS[patient]
        assert answers or message.to not in self.silent, f"{row.kind} after STOP"
        assert patient not in self.frozen, "the address was frozen"
        local = self.clock.now.astimezone(timing.zone(ZONES[patient]))
        assert answers or row.safety or 9 <= local.hour < 20, f"{row.kind} at {local}"

    def work(self) -> None:
        """A worker of its own looks at what is due; it may die of it."""
        worker = Dispatcher(
            self.store, {"sms": self}, LINKS, self.clock, senders=1, doubt=self.doubt
        )
        try:
            worker.run()
            self.worked_at = self.clock.now
        except Killed:
            pass

    def nobody_was_told_too_much_or_twice(self) -> None:
        """Invariants 43 and 49: one of each, at most one copy more of a safety note; caps."""
        times = Counter(str(sent.row.id) for sent in self.sent)
        for sent in self.sent:
            most = 2 if sent.row.safety else 1
            assert times[str(sent.row.id)] <= most, (
                f"{sent.row.kind} {times[str(sent.row.id)]} times"
            )
        same = Counter(
            (s.row.subject_id, s.row.kind, s.row.step, s.row.recipient, s.row.facts.get("start"))
            for s in self.sent
            if not s.row.safety and s.row.kind != "N-03" and s.row.subject_kind != "inbound"
        )
        assert all(number == 1 for number in same.values()), same
        for number, (a_day, a_week) in MOST.items():
            counted = [s for s in self.sent if s.to == number and self._counts(s)]
            zone = timing.zone(ZONES["cyd" if number == OF_PATIENTS["cyd"] else "ada"])
            days = Counter(timing.local_date(s.at, zone) for s in counted)
            for day in days:
                assert days[day] <= a_day, (number, day)
                assert sum(days[day - timedelta(days=n)] for n in range(7)) <= a_week

    @staticmethod
    def _counts(sent: Sent) -> bool:
        uncounted = sent.row.safety or sent.row.subject_kind in ("inbound", "consent")
        return not uncounted and sent.row.kind not in ("N-16", "N-02")

    def nothing_hangs(self) -> None:
        """Invariant 52: nothing is on its way for longer than its lease, once somebody looked."""
        with self.store.reading() as session:
            rows = session.exec(select(Reminder).where(Reminder.status == "sending")).all()
        for row in rows:
            assert row.claimed_until is not None
            assert self.worked_at is None or row.claimed_until + LEASE >= self.worked_at

    def notes_are_in_hands(self) -> None:
        """Invariant 44: a no-driving note went, or somebody calls, within a quarter of an hour.

        Once it has ended, whoever asks how they are is told that it never went.
        """
        if self.worked_at is None or self.stopped:
            return
        for name, visit in self.visits.items():
            if not visit.dose or visit.arrived is None:
                continue
            due = max(visit.arrived, visit.first_drug)
            if due + QUARTER <= self.worked_at:
                went = any(s.row.kind == "N-19" and s.row.subject_id == name for s in self.sent)
                assert went or self._called(name), (visit, self.clock.now)

    def _called(self, name: str) -> bool:
        with self.store.reading() as session:
            keys = session.exec(select(Task.key).where(Task.kind == "call"))
            calls = (f"call:N-19:{name}", f"call:N-21:{name}")
            return any(key.startswith(calls) for key in keys)

    def everything_has_ended(self) -> None:
        """No message is without an end once all is long over."""
        with self.store.reading() as session:
            left = session.exec(
                select(Reminder.kind).where(
                    col(Reminder.status).in_(("pending", "sending")),
                    Reminder.expires_at < self.clock.now - timedelta(hours=2),
                )
            ).all()
        assert left == []


def at(day: str) -> datetime:
    """Ten in the morning in New York, more or less, of a date."""
    return datetime.fromisoformat(f"{day}T15:00:00").replace(tzinfo=UTC)
