"""What is due goes out once, to whom it may go, and what became of it is written down."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlmodel import select

from scheduler.reminders import keeping
from scheduler.reminders.channels.channel import Message, Refused, Unclear, Unreachable
from scheduler.reminders.claiming import LEASE, STOP_SETTING
from scheduler.reminders.overdue import call_for_overdue
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    Clinic,
    ContactPoint,
    MessageConsent,
    Patient,
    Reminder,
    Task,
)
from tests.scheduler.reminders.clinic import BEGIN, DOSE, add_patient, book_dose, give_ride, set_up
from tests.scheduler.reminders.sending import Hands, Provider, reminders, tasks, worker

WEEK_BEFORE = DOSE - timedelta(days=7)


def booked(store: Store, *, ride: bool = False, **settings: str) -> UUID:
    set_up(store, **settings)
    with store.writing() as session:
        row = book_dose(session)
        if ride:
            give_ride(session, row)
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
        return row.id


def only(store: Store, *kinds: str) -> None:
    """Leave nothing waiting but these kinds."""
    with store.writing() as session:
        for row in reminders(session):
            if row.kind not in kinds:
                session.delete(row)


def status(store: Store, name: UUID, to: str, now: datetime) -> None:
    with store.writing() as session:
        row = session.get(Appointment, ("harbor", name))
        assert row is not None
        row.status, row.version = to, row.version + 1
        keeping.refresh(session, "harbor", [name], now=now)


def moments(store: Store, clock: Hands, end: datetime) -> Iterator[datetime]:
    """Each instant at which something waits to be looked at, until an end."""
    while True:
        with store.reading() as session:
            waiting = [row.next_try_at for row in reminders(session) if row.status == "pending"]
        now = max(min(waiting, default=end), clock.now)
        if now >= end:
            return
        yield now


def one(store: Store, kind: str, channel: str = "sms") -> Reminder:
    with store.reading() as session:
        [row] = [row for row in reminders(session, kind) if row.channel == channel]
        return row


def test_a_message_goes_once_with_the_time_that_is_stored_now(store: Store) -> None:
    booked(store)
    only(store, "N-09")
    clock, provider = Hands(WEEK_BEFORE - timedelta(seconds=1)), Provider()
    assert worker(store, clock, provider).run() == 0
    clock.now = WEEK_BEFORE
    for _ in range(3):
        worker(store, clock, provider).run()
    [message] = provider.sent
    assert message.to == "+15555550100"
    assert message.body.startswith("Harbor Office: Tue Jan 19 1:30 PM, 2 Pier Road.")
    row = one(store, "N-09")
    assert (row.status, row.provider_id) == ("sent", f"provider-{row.id}")


def test_a_whole_course_goes_as_planned(store: Store) -> None:
    name = booked(store, ride=True)
    clock, provider = Hands(BEGIN), Provider()
    said: list[str] = []
    for moment in moments(store, clock, DOSE + timedelta(days=2)):
        clock.now = moment
        if clock.now >= DOSE and "arrived" not in said:
            status(store, name, "arrived", DOSE)
            said.append("arrived")
        worker(store, clock, provider).run()
        said += [f"{clock.now:%d %H:%M} {m.to} {m.body}" for m in provider.sent]
        provider.sent.clear()
    with store.reading() as session:
        states = Counter(row.status for row in reminders(session) if row.kind != "N-47")
    assert states["pending"] <= 1
    assert any("Pick-up" in line and "+15555550101" in line for line in said)
    assert [line for line in said if "heavy machinery until Wed Jan 20 6:00 AM" in line]
    assert [line for line in said if "are you home and well" in line]
    assert tasks(store, "N-39") == []  # the ride has tasks of its own
    assert {task.says for task in tasks(store, "N-40")} == {"Call; give the time to another?"}


def test_nobody_gets_more_than_agreed_and_the_less_important_stands_in_the_portal(
    store: Store,
) -> None:
    booked(store)
    with store.writing() as session:
        for consent in session.exec(select(MessageConsent)):
            consent.caps = "usual"
    clock, provider = Hands(BEGIN), Provider()
    days: Counter[str] = Counter()
    for moment in moments(store, clock, DOSE):
        clock.now = moment
        worker(store, clock, provider).run()
        days[f"{clock.now - timedelta(hours=5):%d}"] += sum(
            "up to 3 a week" not in m.body for m in provider.sent
        )
        provider.sent.clear()
    assert max(days.values()) == 1
    with store.reading() as session:
        rows = reminders(session)
        yielded = [row for row in rows if row.status == "suppressed" and "important" in row.reason]
        assert yielded
        assert [row for row in rows if row.reason == "instead of a text message"]


def test_who_has_not_agreed_is_not_written_to_but_called_where_it_matters(store: Store) -> None:
    booked(store)
    only(store, "N-09", "N-11")
    with store.writing() as session:
        for consent in session.exec(select(MessageConsent)):
            consent.revoked_at = BEGIN
    provider = Provider()
    worker(store, Hands(DOSE - timedelta(hours=22)), provider).run()
    assert provider.sent == []
    assert one(store, "N-11").reason == "no consent to this channel for visits"
    assert len(tasks(store, "call")) == 1


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("frozen_at", BEGIN, "no verified address"),
        ("verified_at", None, "no verified address"),
        ("verified_at", BEGIN - timedelta(days=200), "the address was not verified for too long"),
    ],
)
def test_an_address_that_is_not_good_any_more_gets_nothing(
    store: Store, field: str, value: datetime | None, reason: str
) -> None:
    booked(store)
    only(store, "N-09")
    with store.writing() as session:
        setattr(session.exec(select(ContactPoint)).one(), field, value)
    worker(store, Hands(WEEK_BEFORE), Provider()).run()
    assert (one(store, "N-09").status, one(store, "N-09").reason) == ("suppressed", reason)


def test_who_reads_another_language_is_called(store: Store) -> None:
    booked(store)
    only(store, "N-09")
    with store.writing() as session:
        session.exec(select(Patient)).one().language = "vi"
    worker(store, Hands(WEEK_BEFORE), Provider()).run()
    assert "'vi'" in one(store, "N-09").reason
    assert len(tasks(store, "call")) == 1


def test_nothing_goes_after_the_start_or_for_what_is_called_off(store: Store) -> None:
    name = booked(store)
    only(store, "N-13", "N-10")
    provider = Provider()
    with store.writing() as session:
        row = session.get(Appointment, ("harbor", name))
        assert row is not None
        row.status = "cancelled"  # by somebody who has told the reminders nothing
    worker(store, Hands(DOSE - timedelta(hours=2)), provider).run()
    assert one(store, "N-13").status == "cancelled"
    assert one(store, "N-10").status == "expired"
    assert provider.sent == []


@pytest.mark.parametrize(("more", "went"), [(-1, 1), (1, 0)], ids=["late", "too late"])
def test_what_is_late_goes_until_it_would_come_too_late(store: Store, more: int, went: int) -> None:
    booked(store)
    only(store, "N-09")
    clock, provider = Hands(WEEK_BEFORE + timedelta(days=2, minutes=more)), Provider()
    worker(store, clock, provider).run()
    assert len(provider.sent) == went
    if not went:
        assert one(store, "N-09").reason == "it would come too late"


def test_nothing_goes_from_the_moment_in_which_the_visit_begins(store: Store) -> None:
    booked(store)
    only(store, "N-13")
    provider = Provider()
    worker(store, Hands(DOSE), provider).run()
    row = one(store, "N-13")
    assert (row.status, row.reason) == ("expired", "its time has passed")
    assert provider.sent == []


def test_the_note_waits_for_the_patient_and_is_no_call_once_it_has_ended(store: Store) -> None:
    booked(store)
    only(store, "N-19", "N-21")
    clock, provider = Hands(DOSE + timedelta(hours=1)), Provider()
    worker(store, clock, provider).run()
    assert one(store, "N-19").status == "pending"
    clock.now = DOSE + timedelta(hours=20)
    worker(store, clock, provider).run()
    row = one(store, "N-19")
    assert (row.status, row.reason) == ("expired", "it never went, and what it says has ended")
    [task] = tasks(store, "call")
    assert (task.owner_role, task.key.split(":")[1]) == ("charge nurse", "N-21")


def test_a_note_that_has_not_gone_after_ten_minutes_is_on_a_persons_list_once(store: Store) -> None:
    name = booked(store)
    only(store, "N-19")
    minute = timedelta(minutes=1)

    def called(at: datetime) -> int:
        with store.writing() as session:
            return call_for_overdue(session, "harbor", at)

    due = one(store, "N-19").due_at
    for minutes in range(21):
        worker(store, Hands(due + minutes * minute), Provider()).run()
    assert called(due + 20 * minute) == 0, "it waits for the patient"
    status(store, name, "arrived", DOSE)

    def fail(_: Message) -> None:
        raise Unreachable("away")

    clock = Hands(due + timedelta(hours=1))
    worker(store, clock, Provider(does=fail)).run()
    assert one(store, "N-19").attempts == 1
    assert called(clock.now) == 1
    [task] = tasks(store, "call")
    assert (task.owner_role, task.due_at) == ("charge nurse", clock.now + 5 * minute)
    assert "it has not gone yet" in task.says
    with store.writing() as session:
        held = session.get_one(Task, (task.clinic_id, task.id))
        held.open_key, held.done_at = None, clock.now
    assert called(clock.now + minute) == 0, "somebody has called"
    later, provider = Hands(clock.now + 30 * minute), Provider()
    worker(store, later, provider).run()
    assert len(provider.sent) == 1, "and it goes all the same"


def test_a_note_that_nobody_looks_at_is_on_a_persons_list_in_time(store: Store) -> None:
    status(store, booked(store), "arrived", DOSE)
    only(store, "N-19")
    due = one(store, "N-19").due_at
    for minutes, calls in ((9, 0), (11, 1)):
        with store.writing() as session:
            assert call_for_overdue(session, "harbor", due + timedelta(minutes=minutes)) == calls
    assert [task.kind for task in tasks(store, "call")] == ["call"]


@pytest.mark.parametrize("down", [8, 26])
def test_after_a_day_without_a_worker_a_nurse_asks_how_they_are_and_nobody_calls_not_to_drive(
    store: Store, down: int
) -> None:
    name = booked(store)
    status(store, name, "arrived", DOSE)
    only(store, "N-19", "N-21")
    clock, provider = Hands(DOSE + timedelta(hours=down)), Provider()
    worker(store, clock, provider).run()
    if down == 8:  # late, and true until the morning; for the check it is too late in the evening
        assert [message.body.count("do not drive") for message in provider.sent] == [1]
        assert [task.owner_role for task in tasks(store, "call")] == ["coordinator"]
        return
    assert provider.sent == []
    [task] = tasks(store, "call")
    assert (task.owner_role, task.due_at - clock.now) == ("charge nurse", timedelta(minutes=15))
    assert task.says.startswith("Call: are they home and well? (N-21: its time has passed).")
    assert "Nor did this reach them: no driving" in task.says


def test_a_refused_address_is_frozen_and_a_person_calls(store: Store) -> None:
    def refuse(_: Message) -> None:
        raise Refused("no such number")

    booked(store)
    only(store, "N-09")
    worker(store, Hands(WEEK_BEFORE), Provider(does=refuse)).run()
    assert one(store, "N-09").status == "failed"
    assert len(tasks(store, "call")) == 1
    with store.reading() as session:
        assert session.exec(select(ContactPoint)).one().frozen_at == WEEK_BEFORE


def test_a_provider_that_is_not_there_is_tried_again_a_few_times_and_then_a_person_calls(
    store: Store,
) -> None:
    tries: list[datetime] = []
    clock = Hands(WEEK_BEFORE)

    def fail(_: Message) -> None:
        tries.append(clock.now)
        raise Unreachable("busy")

    booked(store)
    only(store, "N-09")
    for _ in range(60):
        worker(store, clock, Provider(does=fail)).run()
        clock.now += timedelta(minutes=1)
    waits = [(b - a) / timedelta(minutes=1) for a, b in pairwise(tries)]
    assert len(tries) == 4
    assert all(
        low <= wait <= high for wait, low, high in zip(waits, (1, 4, 12), (3, 7, 19), strict=True)
    )
    assert one(store, "N-09").status == "failed"
    assert len(tasks(store, "call")) == 1


@pytest.mark.parametrize("hours", [28, 20])
def test_what_nobody_knows_about_is_not_sent_again_and_a_task_where_the_visit_is_near(
    store: Store, hours: int
) -> None:
    tried: list[str] = []

    def lose(message: Message) -> None:
        tried.append(message.key)
        raise Unclear("no answer")

    booked(store)
    only(store, "N-11")
    with store.writing() as session:
        for row in reminders(session, "N-11"):
            row.due_at = row.next_try_at = DOSE - timedelta(hours=hours)
            row.expires_at = DOSE
    clock = Hands(DOSE - timedelta(hours=hours))
    for _ in range(3):
        worker(store, clock, Provider(does=lose)).run()
        clock.now += timedelta(minutes=5)
    assert one(store, "N-11").status == "unknown"
    assert len(tried) == 1
    assert len(tasks(store, "call")) == (1 if hours < 24 else 0)


def test_a_note_nobody_knows_about_goes_once_more_under_the_same_key_and_then_a_person_calls(
    store: Store,
) -> None:
    seen: list[str] = []

    def lose(message: Message) -> None:
        seen.append(message.key)
        raise ConnectionResetError

    name = booked(store)
    status(store, name, "arrived", DOSE)
    only(store, "N-19")
    clock = Hands(DOSE + timedelta(hours=1))
    for _ in range(4):
        worker(store, clock, Provider(does=lose)).run()
        clock.now += timedelta(minutes=1)
    assert len(seen) == 2
    assert len(set(seen)) == 1
    assert one(store, "N-19").status == "unknown"
    [task] = tasks(store, "call")
    assert task.due_at <= DOSE + timedelta(hours=1, minutes=16)


def test_a_worker_that_is_gone_leaves_nothing_on_its_way(store: Store) -> None:
    booked(store)
    only(store, "N-09")
    clock = Hands(WEEK_BEFORE)
    gone = worker(store, clock, Provider())
    assert gone.mark(gone._claim())
    assert one(store, "N-09").status == "sending"
    clock.now += LEASE + timedelta(seconds=1)
    provider = Provider()
    worker(store, clock, provider).run()
    assert provider.sent == []
    assert one(store, "N-09").status == "unknown"


def test_a_claim_whose_worker_is_gone_is_taken_by_another(store: Store) -> None:
    booked(store)
    only(store, "N-09")
    clock, provider = Hands(WEEK_BEFORE), Provider()
    assert worker(store, clock, provider)._claim()
    worker(store, clock, provider).run()
    assert provider.sent == []
    clock.now += LEASE + timedelta(seconds=1)
    worker(store, clock, provider).run()
    assert len(provider.sent) == 1


def test_a_cancel_after_the_claim_wins_and_one_after_the_mark_is_told(store: Store) -> None:
    name = booked(store)
    only(store, "N-09")
    clock, provider = Hands(WEEK_BEFORE), Provider()
    one_worker = worker(store, clock, provider)
    claims = one_worker._claim()
    status(store, name, "cancelled", clock.now)
    assert one_worker.mark(claims) == []
    assert one(store, "N-09").status == "cancelled"


def test_a_cancel_that_meets_a_message_on_its_way_is_told(store: Store) -> None:
    name = booked(store)
    only(store, "N-09")
    clock = Hands(WEEK_BEFORE)
    one_worker = worker(store, clock, Provider())
    one_worker.mark(one_worker._claim())
    status(store, name, "cancelled", clock.now)
    news = one(store, "N-03")
    assert (news.status, news.facts["change"]) == ("pending", "off")


def test_all_messages_of_a_clinic_can_be_stopped_also_those_that_are_claimed(store: Store) -> None:
    booked(store)
    only(store, "N-09")
    clock, provider = Hands(WEEK_BEFORE), Provider()
    one_worker = worker(store, clock, provider)
    claims = one_worker._claim()
    with store.writing() as session:
        clinic = session.exec(select(Clinic)).one()
        clinic.settings = {**clinic.settings, STOP_SETTING: clock.now.isoformat()}
    assert one_worker.mark(claims) == []
    assert worker(store, clock, provider).run() == 0
    with store.writing() as session:
        clinic = session.exec(select(Clinic)).one()
        clinic.settings = {k: v for k, v in clinic.settings.items() if k != STOP_SETTING}
    worker(store, clock, provider).run()
    assert len(provider.sent) == 1


def test_in_the_night_a_message_waits_for_the_morning_or_becomes_a_call(store: Store) -> None:
    booked(store)
    only(store, "N-09", "N-11")
    night = DOSE - timedelta(days=6, hours=14)
    clock, provider = Hands(night), Provider()
    worker(store, clock, provider).run()
    row = one(store, "N-09")
    assert provider.sent == []
    assert f"{row.next_try_at:%H:%M}" == "14:00"
    clock.now = DOSE - timedelta(hours=14)
    worker(store, clock, provider).run()
    assert one(store, "N-11").status == "expired"
    assert len(tasks(store, "call")) == 1


def test_one_message_that_cannot_be_judged_does_not_keep_the_others(store: Store) -> None:
    booked(store)
    with store.writing() as session:
        add_patient(session, "harbor", "brook", phone="+15555550102")
        other = book_dose(session, patient="brook")
        keeping.refresh(session, "harbor", [other.id], now=BEGIN)
        patient = session.get(Patient, ("harbor", "brook"))
        assert patient is not None
        patient.timezone = "Nowhere/At all"
    only(store, "N-09")
    provider = Provider()
    worker(store, Hands(WEEK_BEFORE), provider).run()
    assert [message.to for message in provider.sent] == ["+15555550100"]
    with store.reading() as session:
        states = {row.patient_id: row.status for row in reminders(session, "N-09")}
    assert states == {"ada": "sent", "brook": "failed"}
