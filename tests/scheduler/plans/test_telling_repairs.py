"""Who was told that a visit has to move hears what has become of it, once a plan is published."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from scheduler.appointments import facts, moving
from scheduler.appointments.moving import Choice
from scheduler.plans import publishing
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Reminder, Task
from tests import factories
from tests.scheduler.appointments.bookings import (
    COORDINATOR,
    at,
    booked,
    offers,
    opened,
    row,
)
from tests.scheduler.appointments.test_running_over import mended

NOW = at(9, day=3) - timedelta(days=2)
DAY = facts.Dates(at(9).date(), at(9).date())


def told_to_move(store: Store, who: str | None = None) -> UUID:
    """A dose that cannot stand, for a closure or an absence, and its patient knows."""
    visit = booked(store, "dose", 1, at(11))
    with store.writing() as session:
        if who is None:
            facts.is_closed(session, COORDINATOR, DAY.first, now=NOW)
        else:
            facts.is_away(session, COORDINATOR, who, DAY, now=NOW)
        for message in session.exec(select(Reminder).where(Reminder.kind == "N-33")):
            if message.channel == "sms":
                message.status, message.sent_at = "sent", NOW
    return visit


def news(store: Store) -> list[str]:
    """Since when patients will hear that a visit begins."""
    with store.reading() as session:
        rows = session.exec(
            select(Reminder).where(Reminder.kind == "N-03", Reminder.channel == "sms")
        ).all()
    return [str(message.facts["start"]) for message in rows if message.status != "cancelled"]


def asked(store: Store) -> list[str]:
    """What is open about visits that cannot stand, and calls about them."""
    kinds = col(Task.kind).in_(("N-33", "broken-promise", "call"))
    with store.reading() as session:
        return sorted(session.exec(select(Task.says).where(kinds, col(Task.open_key).is_not(None))))


def published(store: Store, now: datetime = NOW) -> int:
    plan = mended(store, now)
    rows = [change["row"] for change in plan.changes if change["before"] is not None]
    with store.writing() as session:
        publishing.publish(session, COORDINATOR, plan.number, rows=rows, now=now)
    return plan.number


def test_the_new_time_is_told_and_nobody_calls_about_the_old_one(store: Store) -> None:
    opened(store)
    visit = told_to_move(store)
    assert news(store) == []
    before = asked(store)
    assert before
    number = published(store)
    start = row(store, visit).start
    assert start > at(17)
    assert [datetime.fromisoformat(text) for text in news(store)] == [start]
    assert asked(store) == []
    with store.writing() as session:
        publishing.undo(session, COORDINATOR, number, now=NOW)
    assert asked(store) == before


def test_a_move_by_hand_is_told_as_well(store: Store) -> None:
    opened(store)
    visit = told_to_move(store)
    with store.writing() as session:
        (offer, *_) = offers(session, "dose", 1, most=1, now=NOW)
        moving.move(session, COORDINATOR, visit, Choice(offer), now=NOW)
    assert len(news(store)) == 1
    assert asked(store) == []


def test_who_was_told_to_move_and_stays_is_called(store: Store) -> None:
    clinic = factories.clinic()
    nurses = [factories.practitioner("other-nurse", "monitor")]
    opened(store, clinic=clinic | {"practitioners": clinic["practitioners"] + nurses})
    visit = told_to_move(store, "nurse")
    published(store)
    with store.reading() as session:
        found = session.get_one(Appointment, ("harbor", visit))
        assert found.start == at(11)
    assert news(store) == []
    (call,) = asked(store)
    assert "stands after all" in call
