"""A clinic's patients over eight weeks, with failures: what each of them was sent, counted."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from pathways import timing
from scheduler.reminders import history, keeping
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.channels.channel import Message, Refused, Unclear, Unreachable
from scheduler.reminders.judging import BEFORE_A_VISIT
from scheduler.reminders.planning import OUTWARD
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, MessageConsent, Patient, Reminder, Task
from tests.scheduler.reminders.clinic import (
    BEGIN,
    activity_for,
    add_patient,
    book,
    book_dose,
    give_ride,
    set_up,
)
from tests.scheduler.reminders.sending import Hands, Provider, worker

WEEKS = 8
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu")
Diary = dict[str, list[Reminder]]


def a_course(session: Session, patient: str, chance: random.Random) -> list[UUID]:
    """Three meetings a week, and in six of the weeks a dose with its integration on the morrow."""
    rows = []
    for week in range(WEEKS):
        monday = BEGIN + timedelta(weeks=week)
        for day in (0, 2, 4):
            start = monday + timedelta(days=day, hours=chance.randrange(3))
            rows.append(book(session, activity_for("group"), start, hours=3, patient=patient))
        if week >= 2:
            dose = monday + timedelta(days=1, hours=chance.randrange(6))
            rows.append(book_dose(session, dose, patient=patient))
            give_ride(session, rows[-1], patient=patient, released=chance.random() < 0.8)
            after = monday + timedelta(days=2, hours=5)
            rows.append(book(session, activity_for("integration"), after, hours=1, patient=patient))
    return [row.id for row in rows]


def a_clinic(store: Store, size: int, chance: random.Random) -> None:
    """So many patients, each with a telephone of their own and a whole course."""
    set_up(store, patient="p-0")
    for number in range(1, size):
        with store.writing() as session:
            add_patient(
                session,
                "harbor",
                f"p-{number}",
                phone=f"+1555{number:07}",
                caps=chance.choice(["usual", "more"]),
                timezone=chance.choice([None, *ZONES]),
                state=chance.choice(["", "OK"]),
                language=chance.choice(["en", "es"]),
            )
    for number in range(size):
        with store.writing() as session:
            names = a_course(session, f"p-{number}", chance)
            keeping.refresh(session, "harbor", names, now=BEGIN)


def what_happens(store: Store, now: datetime, chance: random.Random) -> None:
    """Visits that have begun took place or not; now and then one moves or is called off."""
    with store.writing() as session:
        begun = select(Appointment).where(Appointment.status == "booked", Appointment.start <= now)
        changed = list(session.exec(begun))
        for row in changed:
            row.status = chance.choices(["fulfilled", "noshow"], [9, 1])[0]
        ahead = select(Appointment).where(
            Appointment.status == "booked", col(Appointment.start) > now + timedelta(hours=2)
        )
        if chance.random() < 0.05 and (rows := session.exec(ahead.limit(200)).all()):
            row = chance.choice(rows)
            if chance.random() < 0.5:
                row.status = "cancelled"
            else:
                row.start, row.end = (at + timedelta(hours=1) for at in (row.start, row.end))
            changed.append(row)
        for row in changed:
            row.version += 1
        if changed:
            keeping.refresh(session, "harbor", [row.id for row in changed], now=now)


def failing(chance: random.Random) -> Any:
    """A provider that now and then is away, leaves open what became of it, or refuses."""

    def does(_: Message) -> None:
        fault = chance.choices([None, Unreachable, Unclear, Refused], [95, 3, 1, 1])[0]
        if fault is not None:
            raise fault("made up")

    return does


def eight_weeks(store: Store, size: int, step: timedelta) -> tuple[Diary, Counter[str]]:
    """Live through them; what left the house by patient, and how often each message did."""
    chance = random.Random(20270104)  # noqa: S311  (a test's, not a secret)
    a_clinic(store, size, chance)
    clock, provider = Hands(BEGIN), Provider(does=failing(chance))
    sender = worker(store, clock, provider)
    while clock.now < BEGIN + timedelta(weeks=WEEKS):
        clock.now += step
        what_happens(store, clock.now, chance)
        sender.run()
    diary: Diary = defaultdict(list)
    with store.reading() as session:
        gone = select(Reminder).where(
            col(Reminder.channel).in_(OUTWARD), col(Reminder.status).in_(("sent", "unknown"))
        )
        for row in session.exec(gone):
            diary[row.patient_id or ""].append(row)
    return diary, Counter(message.key for message in provider.sent)


@pytest.mark.parametrize(
    ("size", "hours"), [(3, 4), pytest.param(300, 1, marks=pytest.mark.campaign)]
)
def test_eight_weeks_bring_nobody_too_much_at_night_too_late_or_twice(
    store: Store, size: int, hours: int
) -> None:
    diary, sent = eight_weeks(store, size, timedelta(hours=hours))
    with store.reading() as session:
        patients = {row.id: row for row in session.exec(select(Patient))}
        caps = {name: keeping_to(session, name) for name in patients}
        calls = session.exec(select(Task).where(Task.kind == "call")).all()
    assert set(diary) == set(patients)
    assert set(sent.values()) == {1}
    kinds: Counter[str] = Counter()
    for name, rows in diary.items():
        zone = timing.zone(patients[name].timezone or "America/New_York")
        kinds.update(row.kind for row in rows)
        assert too_many(rows, zone, caps[name]) == []
        assert [row.kind for row in rows if at_night(row, zone)] == []
        assert [row.kind for row in rows if too_late(row)] == []
        same = Counter(what_it_says(row) for row in rows)
        assert [place for place, times in same.items() if times > 1] == []
    assert {"N-09", "N-11", "N-19"} <= set(kinds), kinds
    assert calls  # what did not go is in somebody's hands


def keeping_to(session: Session, patient: str) -> tuple[int, int]:
    """The most messages in a day and in seven that a patient has agreed to."""
    agreed = catalogue().caps
    return agreed.more if consent_of(session, patient) == "more" else agreed.usual


def consent_of(session: Session, patient: str) -> str:
    from_store = session.exec(select(MessageConsent).where(MessageConsent.patient_id == patient))
    return from_store.one().caps


def sent_at(row: Reminder) -> datetime:
    return row.sent_at or datetime(1970, 1, 1, tzinfo=UTC)


def too_many(rows: list[Reminder], zone: Any, most: tuple[int, int]) -> list[str]:
    """Days on which, or in seven of which, more went to the patient than they have agreed to."""
    own = [row for row in rows if row.recipient.startswith("patient:") and history.counts(row)]
    days = Counter(timing.local_date(sent_at(row), zone) for row in own)
    return [
        str(day)
        for day in days
        if days[day] > most[0] or sum(days[day - timedelta(days=n)] for n in range(7)) > most[1]
    ]


def what_it_says(row: Reminder) -> tuple[Any, ...]:
    """Told twice is the same of the same time; that it moved and that it is off are two things."""
    news = (row.facts["start"], row.facts.get("change"))
    return (row.subject_id, row.kind, row.step, row.recipient, *news)


def at_night(row: Reminder, zone: Any) -> bool:
    """Outside the hours for messages; only the no-driving note goes at any hour."""
    return not row.safety and not 9 <= sent_at(row).astimezone(zone).hour < 20


def too_late(row: Reminder) -> bool:
    """After what it speaks of has begun, or after its end."""
    before = catalogue().kinds[row.kind].until in BEFORE_A_VISIT
    start = datetime.fromisoformat(row.facts["start"])
    return sent_at(row) >= row.expires_at or (before and sent_at(row) >= start)
