"""Workers that are killed at every step, and cancels that race with them: nothing lost or twice."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from pathways import timing
from scheduler import locking
from scheduler.reminders import keeping
from scheduler.reminders.caps import held_back
from scheduler.reminders.channels.channel import Message
from scheduler.reminders.claiming import LEASE, Claimed
from scheduler.reminders.dispatching import Dispatcher, Outgoing
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, AppointmentPatient
from tests.scheduler.reminders.clinic import BEGIN, DOSE, add_patient, book_dose, set_up
from tests.scheduler.reminders.sending import LINKS, Hands, Provider, reminders, tasks, worker

WEEK_BEFORE = DOSE - timedelta(days=7)
HALF = 4


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


def many(store: Store) -> list[UUID]:
    """A reminder due for some patients, a safety note due for others, all at one moment."""
    set_up(store)
    names = []
    with store.writing() as session:
        for number in range(2 * HALF):
            patient = f"p{number}"
            add_patient(session, "harbor", patient, phone=f"+155555502{number:02d}")
            row = book_dose(session, patient=patient)
            row.status = "booked" if number < HALF else "arrived"
            names.append(row.id)
        keeping.refresh(session, "harbor", names, now=BEGIN)
        for reminder in reminders(session):
            booked = int((reminder.patient_id or "p0")[1:]) < HALF
            kept = reminder.kind == ("N-09" if booked else "N-19") and reminder.channel == "sms"
            if kept:
                reminder.due_at = reminder.next_try_at = WEEK_BEFORE
            else:
                session.delete(reminder)
    return names[:HALF]


class Mortal(Dispatcher):
    """A worker that is killed at one step of its work."""

    dies = ""

    def _claim(self) -> list[Claimed]:
        found = super()._claim()
        self._perhaps("after the claim")
        return found

    def mark(self, claims: Sequence[Claimed]) -> list[Outgoing]:
        found = super().mark(claims)
        self._perhaps("after the mark")
        return found

    def record(self, results: Sequence[Any]) -> None:
        self._perhaps("before the record")
        super().record(results)
        self._perhaps("after the record")

    def _perhaps(self, step: str) -> None:
        if self.dies == step:
            raise Killed


STEPS = (
    "after the claim",
    "after the mark",
    "before the third is sent",
    "after the third is sent",
    "before the record",
    "after the record",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_is_killed_loses_nothing_and_sends_no_reminder_twice(
    store: Store, step: str
) -> None:
    many(store)
    received: list[str] = []

    def kill(message: Message) -> None:
        if step == "before the third is sent" and len(received) == 2:
            raise Killed
        received.append(message.key)
        if step == "after the third is sent" and len(received) == 3:
            raise Killed

    clock = Hands(WEEK_BEFORE)
    mortal = Mortal(store, {"sms": Provider(does=kill)}, LINKS, clock, senders=1)
    mortal.dies = step
    with pytest.raises(Killed):
        mortal.run()
    for _ in range(4):
        clock.now += LEASE + timedelta(seconds=1)
        worker(store, clock, Provider(does=lambda message: received.append(message.key))).run()
    copies = Counter(received)
    with store.reading() as session:
        for row in reminders(session):
            sent = copies[str(row.id)]
            assert row.status in ("sent", "unknown"), (step, row.kind)
            assert (
                sent == 1 or (row.status == "unknown" and sent == 0) or (row.safety and sent == 2)
            )
            if row.safety:
                assert sent >= 1
    assert tasks(store, "call") == []  # the visits are a week away, and every note has gone


def slow(clock: Hands, sent: dict[str, datetime]) -> Provider:
    """A provider that takes twenty seconds for each message, and when it first had which."""

    def take(message: Message) -> None:
        clock.now += timedelta(seconds=20)
        sent.setdefault(message.key, clock.now)

    return Provider(does=take)


def test_a_note_that_falls_due_while_others_are_sent_does_not_wait_for_all_of_them(
    store: Store,
) -> None:
    many(store)
    due = WEEK_BEFORE + timedelta(seconds=10)
    with store.writing() as session:
        notes = [row for row in reminders(session) if row.safety]
        for row in notes:
            row.due_at = row.next_try_at = due
    clock, sent = Hands(WEEK_BEFORE), dict[str, datetime]()
    assert worker(store, clock, slow(clock, sent), chunk=1).run() == 2 * HALF
    assert len(sent) == 2 * HALF
    last = max(sent[str(row.id)] for row in notes)
    assert last <= due + LEASE / 2 + timedelta(seconds=20) * (1 + len(notes))


def test_a_note_of_a_worker_that_is_gone_does_not_wait_until_nothing_else_is_due(
    store: Store,
) -> None:
    many(store)
    over = WEEK_BEFORE + timedelta(seconds=10)
    with store.writing() as session:
        note, *others = [row for row in reminders(session) if row.safety]
        note.status, note.claimed_by, note.claimed_until = "sending", "gone", over
        for row in others:
            session.delete(row)
    clock, sent = Hands(WEEK_BEFORE), dict[str, datetime]()
    assert worker(store, clock, slow(clock, sent), chunk=1).run() == HALF + 1
    assert sent[str(note.id)] < max(sent.values())


def cancel(store: Store, name: UUID) -> None:
    with store.writing() as session:
        row = session.get(Appointment, ("harbor", name))
        assert row is not None
        of_it = select(AppointmentPatient.patient_id).where(
            AppointmentPatient.appointment_id == name
        )
        locking.hold(session, "harbor", patients=session.exec(of_it).all())
        session.refresh(row)
        row.status, row.version = "cancelled", row.version + 1
        keeping.refresh(session, "harbor", [name], now=WEEK_BEFORE)


def test_a_cancel_that_races_with_two_workers_either_wins_or_is_told(store: Store) -> None:
    names = many(store)
    clock = Hands(WEEK_BEFORE)
    provider = Provider(does=lambda _: time.sleep(0.002))
    workers = [
        Thread(target=Dispatcher(store, {"sms": provider}, LINKS, clock, senders=1, batch=2).run)
        for _ in range(2)
    ]
    cancels = [Thread(target=cancel, args=(store, name)) for name in names]
    for thread in (*workers[:1], *cancels, *workers[1:]):
        thread.start()
    for thread in (*workers, *cancels):
        thread.join(60)
    went = {message.key for message in provider.sent}
    assert len(went) == len(provider.sent)
    with store.reading() as session:
        rows = reminders(session)
    for name in names:
        [first] = [row for row in rows if row.kind == "N-09" and row.subject_id == str(name)]
        news = [row for row in rows if row.kind == "N-03" and row.subject_id == str(name)]
        if str(first.id) in went:
            assert (first.status, len(news)) == ("sent", 1)
        else:
            assert (first.status, news) == ("cancelled", [])


ZONE = timing.zone("America/New_York")
MOMENTS = st.datetimes(datetime(2027, 3, 8), datetime(2027, 3, 18)).map(  # noqa: DTZ001  (zone follows)
    lambda moment: moment.replace(tzinfo=ZONE)
)


@given(
    due=st.lists(st.tuples(MOMENTS, st.integers(0, 1)), max_size=40),
    caps=st.sampled_from([(1, 3), (3, 10)]),
)
def test_whatever_is_due_no_number_gets_more_than_agreed(
    due: list[tuple[datetime, int]], caps: tuple[int, int]
) -> None:
    due = sorted(due, key=lambda pair: pair[0])
    sent: list[datetime] = []
    for place, (at, rank) in enumerate(due):
        better = [later for later, other in due[place + 1 :] if other < rank]
        if not held_back(caps, at, ZONE, sent=sent, better=better):
            sent.append(at)
    days = [moment.date() for moment in sent]
    assert all(number <= caps[0] for number in Counter(days).values())
    for day in days:
        assert sum(day - timedelta(days=6) <= other <= day for other in days) <= caps[1]


def test_the_more_important_goes_where_only_one_may() -> None:
    nine = datetime(2027, 3, 15, 9, tzinfo=ZONE)
    noon = nine + timedelta(hours=3)
    assert held_back((1, 3), nine, ZONE, sent=[], better=[noon]) != ""
    assert held_back((1, 3), noon, ZONE, sent=[], better=[]) == ""
    week = [nine - timedelta(days=n) for n in (2, 4, 6)]
    assert held_back((1, 3), nine, ZONE, sent=week, better=[]) != ""
    assert held_back((1, 4), nine, ZONE, sent=week, better=[]) == ""
    week = week[:2]
    assert held_back((1, 3), nine, ZONE, sent=week, better=[nine + timedelta(days=1)]) != ""
    assert held_back((1, 3), nine, ZONE, sent=week, better=[nine + timedelta(days=6)]) == ""
