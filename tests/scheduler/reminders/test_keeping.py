"""The reminder table follows the appointments it speaks of."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, select

from scheduler import following
from scheduler.reminders import keeping
from scheduler.reminders.planning import OUTWARD
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Reminder
from tests.scheduler.reminders.clinic import (
    BEGIN,
    DOSE,
    activity_for,
    book,
    book_dose,
    dose_activity,
    give_ride,
    set_up,
)


def booked(store: Store) -> UUID:
    set_up(store)
    with store.writing() as session:
        row = book_dose(session)
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
        return row.id


def rows(session: Session, *kinds: str) -> list[Reminder]:
    asked = select(Reminder).order_by(Reminder.due_at)  # type: ignore[arg-type]  # a column it is
    return [row for row in session.exec(asked) if not kinds or row.kind in kinds]


def change(store: Store, name: UUID, *, now: object = BEGIN, **values: object) -> None:
    with store.writing() as session:
        row = session.get(Appointment, ("harbor", name))
        assert row is not None
        for key, value in values.items():
            setattr(row, key, value)
        row.version += 1
        keeping.refresh(session, "harbor", [name], now=now)  # type: ignore[arg-type]  # an instant


def mark(store: Store, kind: str, status: str) -> None:
    with store.writing() as session:
        for row in rows(session, kind):
            row.status, row.sent_at = status, row.due_at


def states(store: Store, *kinds: str) -> Counter[tuple[str, str]]:
    with store.reading() as session:
        return Counter((row.kind, row.status) for row in rows(session, *kinds))


def test_a_dose_that_is_booked_has_its_messages_once_however_often_it_is_looked_at(
    store: Store,
) -> None:
    name = booked(store)
    before = states(store)
    assert before["N-09", "pending"] == 1
    assert before["N-19", "pending"] == 2
    change(store, name, confirmed_at=BEGIN)
    assert states(store) == before


def test_a_dose_that_moves_takes_what_waits_with_it_and_nobody_is_told_of_what_they_never_heard(
    store: Store,
) -> None:
    name = booked(store)
    change(store, name, start=DOSE + timedelta(days=7), end=DOSE + timedelta(days=7, hours=2))
    with store.reading() as session:
        [row] = rows(session, "N-09")
        assert row.due_at == DOSE
        assert rows(session, "N-03") == []


def test_who_was_told_of_a_time_is_told_once_that_it_has_moved(store: Store) -> None:
    name = booked(store)
    mark(store, "N-09", "sent")
    now = DOSE - timedelta(days=5)
    moved = {"start": DOSE + timedelta(days=2), "end": DOSE + timedelta(days=2, hours=2)}
    change(store, name, now=now, **moved)
    change(store, name, now=now, confirmed_at=None)
    with store.reading() as session:
        [news] = rows(session, "N-03")
        assert (news.status, news.channel) == ("pending", "sms")
        assert news.due_at == now + timedelta(minutes=15)
    mark(store, "N-03", "sent")
    change(store, name, now=now, confirmed_at=None)
    assert states(store, "N-03") == {("N-03", "sent"): 1}
    change(store, name, now=now, start=DOSE, end=DOSE + timedelta(hours=2))
    assert states(store, "N-03") == {("N-03", "sent"): 1, ("N-03", "pending"): 1}


def test_a_move_that_is_taken_back_before_it_was_told_is_not_told(store: Store) -> None:
    name = booked(store)
    mark(store, "N-09", "sent")
    now = DOSE - timedelta(days=5)
    later = {"start": DOSE + timedelta(days=2), "end": DOSE + timedelta(days=2, hours=2)}
    change(store, name, now=now, **later)
    change(store, name, now=now, start=DOSE, end=DOSE + timedelta(hours=2))
    assert states(store, "N-03") == {("N-03", "cancelled"): 1}


def test_a_dose_that_is_cancelled_leaves_nothing_waiting_and_is_told_to_whom_it_was_told(
    store: Store,
) -> None:
    name = booked(store)
    mark(store, "N-09", "delivered")
    change(store, name, now=DOSE - timedelta(days=5), status="cancelled")
    with store.reading() as session:
        waiting = [row for row in rows(session) if row.subject_kind == "appointment"]
        assert {row.kind for row in waiting if row.status == "pending"} == {"N-03"}
        [news] = rows(session, "N-03")
        assert news.facts["change"] == "off"


def test_a_no_show_is_asked_how_they_are_and_the_prescriber_decides(store: Store) -> None:
    name = booked(store)
    change(store, name, now=DOSE + timedelta(minutes=10), status="noshow")
    with store.reading() as session:
        asked = {(row.kind, row.channel) for row in rows(session) if row.status == "pending"}
    assert {("N-30", "sms"), ("N-48", "task")} <= asked
    assert ("N-19", "sms") not in asked


def test_a_missed_integration_is_the_therapists_to_offer_again(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        name = book(session, activity_for("integration"), DOSE, hours=1).id
    change(store, name, now=DOSE + timedelta(minutes=10), status="noshow")
    with store.reading() as session:
        asked = {(row.recipient, row.status) for row in rows(session, "N-24")}
    assert asked == {("role:therapist", "pending")}


def test_a_driver_is_told_only_while_they_drive(store: Store) -> None:
    name = booked(store)
    with store.writing() as session:
        row = session.get(Appointment, ("harbor", name))
        assert row is not None
        contact = give_ride(session, row)
    change(store, name, ride_contact_id=contact.id)
    change(store, name, ride_contact_id=None)
    assert states(store, "N-15") == {("N-15", "cancelled"): 1}
    change(store, name, ride_contact_id=contact.id)
    assert states(store, "N-15") == {("N-15", "cancelled"): 1, ("N-15", "pending"): 1}


def test_nothing_that_leaves_the_house_holds_a_name_or_an_address(store: Store) -> None:
    booked(store)
    with store.reading() as session:
        for row in rows(session):
            assert "Fictional" not in str(row.facts)
            assert "+1555" not in str(row.facts)
        assert any(row.channel in OUTWARD for row in rows(session))


def test_several_changes_at_once_are_told_in_one_message_and_not_again(store: Store) -> None:
    first = booked(store)
    now = DOSE - timedelta(days=5)
    with store.writing() as session:
        second = book_dose(session, DOSE + timedelta(days=7))
        keeping.refresh(session, "harbor", [second.id], now=BEGIN)
        names = [first, second.id]
        for row in rows(session, "N-09"):
            row.status, row.sent_at = "sent", now
        for name in names:
            moved = session.get(Appointment, ("harbor", name))
            assert moved is not None
            moved.start, moved.end = (at + timedelta(days=1) for at in (moved.start, moved.end))
            moved.version += 1
        keeping.refresh(session, "harbor", names, now=now)
    with store.reading() as session:
        [news] = [row for row in rows(session, "N-03") if row.status == "pending"]
        assert news.facts["change"] == "many"
    with store.writing() as session:
        for row in rows(session, "N-03"):
            if row.status == "pending":
                row.status, row.sent_at = "sent", now
    for name in names:
        change(store, name, now=now, confirmed_at=None)
    with store.reading() as session:
        assert len(rows(session, "N-03")) == 2


def of_course(store: Store) -> set[tuple[object, ...]]:
    """The messages about the course as a whole, in all that a refresh could change."""
    return {message for message in messages(store) if message[0] != "appointment"}


def of_visits(store: Store) -> set[tuple[object, ...]]:
    """The messages about appointments, the same."""
    return {message for message in messages(store) if message[0] == "appointment"}


def messages(store: Store) -> set[tuple[object, ...]]:
    with store.reading() as session:
        return {
            (
                *(row.subject_kind, row.subject_id, row.kind, row.channel, row.status, row.due_at),
                *(row.subject_version, str(sorted(row.facts.items()))),
            )
            for row in rows(session)
        }


def test_what_a_new_visit_leaves_alone_of_a_course_is_as_it_should_be(store: Store) -> None:
    set_up(store)
    hour, day, week = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
    group = activity_for("group")
    # The first visit, one of the same week, the first dose, one of another week, an earlier one of
    # each, and one that changes nothing.
    booked = [(group, DOSE + day), (group, DOSE + 2 * day), (dose_activity(), DOSE)]
    booked += [(group, DOSE + week), (dose_activity(), DOSE - week), (group, DOSE - 2 * week)]
    changed = []
    for activity, start in [*booked, (group, DOSE + week + hour)]:
        before = of_course(store)
        with store.writing() as session:
            row = book(session, activity, start)
            following.follow(session, "harbor", [row], now=BEGIN, begun=True)
        left, told = of_course(store), of_visits(store)
        with store.writing() as session:
            keeping.refresh_all(session, "harbor", now=BEGIN)
        assert (of_course(store), of_visits(store)) == (left, told), (activity, start)
        changed.append(left != before)
    assert changed == [True, False, True, True, True, True, False]
