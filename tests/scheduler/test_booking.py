"""The ledger gives nothing away twice, whoever asks, however many at once."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from scheduler.booking import WHOLE, Conflict, Promise, Taken, conflicts_of, release, take
from scheduler.locking import hold
from scheduler.store.session import Store
from scheduler.store.tables import Clinic, LedgerSlot

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY = date(2027, 3, 1)


def promise(
    resource: str = "location:bay-1",
    start: datetime = NINE,
    minutes: int = 60,
    load: int = 1,
    capacity: int = 1,
) -> Promise:
    return Promise(resource, start, start + timedelta(minutes=minutes), load, capacity)


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    with store.writing() as session:
        session.add(Clinic(id="oak", timezone="America/New_York"))
        session.flush()
        yield session


@pytest.mark.parametrize(
    ("resource", "minutes_later", "meets"),
    [
        ("location:bay-1", 0, True),
        ("location:bay-1", 59, True),
        ("location:bay-1", -59, True),
        ("location:bay-1", 60, False),
        ("location:bay-1", -60, False),
        ("location:bay-2", 0, False),
    ],
)
def test_two_promises_meet_that_share_an_instant_of_one_thing(
    resource: str, minutes_later: int, meets: bool
) -> None:
    other = promise(resource, start=NINE + timedelta(minutes=minutes_later))
    assert promise().meets(other) == meets
    assert other.meets(promise()) == meets


def test_what_is_taken_cannot_be_taken_again(session: Session) -> None:
    take(session, "oak", [promise()])
    with pytest.raises(Taken) as refused:
        take(session, "oak", [promise(start=NINE + timedelta(minutes=55))])
    assert refused.value.conflicts == (Conflict("location:bay-1", NINE + timedelta(minutes=55)),)


def test_one_may_begin_when_the_other_ends(session: Session) -> None:
    take(session, "oak", [promise()])
    take(session, "oak", [promise(start=NINE + timedelta(hours=1))])


def test_a_minute_of_overlap_is_refused_because_steps_are_rounded_outward(
    session: Session,
) -> None:
    take(session, "oak", [promise(minutes=61)])
    assert conflicts_of(session, "oak", [promise(start=NINE + timedelta(minutes=60))])


def test_three_share_one_monitor_and_the_fourth_does_not(session: Session) -> None:
    share = promise("person:heron", load=WHOLE // 3, capacity=WHOLE)
    for _ in range(3):
        take(session, "oak", [share])
    with pytest.raises(Taken):
        take(session, "oak", [share])


def test_one_call_cannot_promise_the_same_twice(session: Session) -> None:
    with pytest.raises(Taken):
        take(session, "oak", [promise(), promise()])
    assert session.exec(select(LedgerSlot)).all() == []


def test_what_is_released_is_free_again_and_leaves_no_row(session: Session) -> None:
    take(session, "oak", [promise()])
    release(session, "oak", [promise()])
    assert session.exec(select(LedgerSlot)).all() == []
    take(session, "oak", [promise()])


def test_another_clinic_takes_nothing_from_this_one(session: Session) -> None:
    session.add(Clinic(id="elm", timezone="America/New_York"))
    session.flush()
    take(session, "oak", [promise()])
    take(session, "elm", [promise()])


def test_the_database_itself_refuses_more_than_there_is(session: Session) -> None:
    slot = promise().slots[0]
    row = LedgerSlot(clinic_id="oak", resource="location:bay-1", slot=slot, load=2, capacity=1)
    session.add(row)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@given(
    start=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  (Hypothesis adds the zone)
    minutes=st.integers(1, 600),
)
def test_the_steps_of_a_promise_hold_all_of_it(start: datetime, minutes: int) -> None:
    slots = promise(start=start, minutes=minutes).slots
    first = datetime.fromtimestamp(slots.start * 300, UTC)
    last = datetime.fromtimestamp(slots.stop * 300, UTC)
    assert first <= start < first + timedelta(minutes=5)
    assert last - timedelta(minutes=5) < start + timedelta(minutes=minutes) <= last


def test_of_twenty_who_race_for_one_bay_exactly_one_gets_it(store: Store) -> None:
    with store.writing() as session:
        session.add(Clinic(id="oak", timezone="America/New_York"))
    barrier, won = threading.Barrier(20), []

    def try_it(number: int) -> None:
        barrier.wait()
        try:
            with store.writing() as session:
                hold(session, "oak", days=[DAY])
                take(session, "oak", [promise(), promise(f"patient:{number}")])
        except Taken:
            return
        won.append(number)

    racers = [threading.Thread(target=try_it, args=(number,)) for number in range(20)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 1
    with store.reading() as session:
        resources = set(session.exec(select(LedgerSlot.resource)).all())
    assert resources == {"location:bay-1", f"patient:{won[0]}"}
