"""What has served its purpose is forgotten, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlmodel import Session, SQLModel, select

from scheduler import audit
from scheduler.acting import machine
from scheduler.forgetting import forget
from scheduler.reminders import keeping
from scheduler.store.session import Store
from scheduler.store.tables import (
    Account,
    Appointment,
    AuditEntry,
    Change,
    Clinic,
    Enrolment,
    IdempotentAnswer,
    OneTimeCode,
    OneTimeLink,
    Reminder,
    SignInTry,
)
from tests.scheduler.reminders.clinic import BEGIN, DOSE, book_dose, enrolment_of, set_up

NOW = datetime(2029, 1, 1, 12, tzinfo=UTC)


def left_behind(account: Account, at: datetime) -> Iterator[SQLModel]:
    """One of each thing that is kept for a while, from an instant."""
    clinic, number = account.clinic_id, round(at.timestamp())
    yield IdempotentAnswer(
        clinic_id=clinic,
        account_id=account.id,
        key=str(at),
        fingerprint="f",
        status=200,
        body={},
        made_at=at,
    )
    yield OneTimeLink(clinic_id=clinic, token_hash=f"{clinic}{at}", purpose="sign-in", ends_at=at)
    yield OneTimeCode(clinic_id=clinic, account_id=account.id, code_hash="c", ends_at=at)
    yield Change(clinic_id=clinic, number=number, at=at, kind="task", subject_id="1")


def account_in(session: Session, clinic: str) -> Account:
    row = Account(
        clinic_id=clinic,
        name="Rowan Fictional",
        email="r@example.org",
        email_mark=str(uuid4()),
        created_at=BEGIN,
    )
    session.add(row)
    session.flush()
    return row


def kept(store: Store, table: type[SQLModel], clinic: str = "harbor") -> int:
    with store.reading() as session:
        rows = session.exec(select(table)).all()
        return sum(getattr(row, "clinic_id", clinic) == clinic for row in rows)


def test_what_was_kept_for_a_while_is_forgotten_after_it_and_not_before(store: Store) -> None:
    day, minute = timedelta(days=1), timedelta(minutes=1)
    with store.writing() as session:
        for clinic in ("harbor", "elm"):
            session.add(Clinic(id=clinic, timezone="America/New_York"))
            session.flush()
            account = account_in(session, clinic)
            for age in (day - minute, day + minute, 7 * day - minute, 7 * day + minute):
                session.add_all(left_behind(account, NOW - age))
        session.add(SignInTry(mark="old", failures=9, last_at=NOW - day - minute))
        session.add(SignInTry(mark="new", failures=9, last_at=NOW - day + minute))
        until = NOW + minute
        session.add(SignInTry(mark="locked", last_at=NOW - 2 * day, locked_until=until))
        audit.record(session, machine("harbor", "test"), "read", at=BEGIN)
    with store.writing() as session:
        assert forget(session, "harbor", NOW) == 3 * 3 + 1 + 1
    assert [kept(store, t) for t in (IdempotentAnswer, OneTimeLink, OneTimeCode)] == [1, 1, 1]
    assert (kept(store, Change), kept(store, AuditEntry)) == (3, 1)
    assert kept(store, OneTimeLink, "elm") == 4
    with store.reading() as session:
        assert set(session.exec(select(SignInTry.mark))) == {"new", "locked"}
    with store.writing() as session:
        assert forget(session, "harbor", NOW) == 0


def test_messages_of_long_ago_are_forgotten_once_no_course_goes_on(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        row = book_dose(session)
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
        for reminder in session.exec(select(Reminder)):
            reminder.status = "pending" if reminder.kind == "N-09" else "sent"
    whole = kept(store, Reminder)
    later = DOSE + timedelta(days=500)
    with store.writing() as session:
        assert forget(session, "harbor", later) == 0  # the course goes on
        enrolment_of(session).ended_at = DOSE + timedelta(days=30)
        session.flush()
        assert forget(session, "harbor", DOSE + timedelta(days=390)) == 0
        assert forget(session, "harbor", later) == whole - 1  # what waits is not history
    with store.reading() as session:
        assert [reminder.kind for reminder in session.exec(select(Reminder))] == ["N-09"]
    assert (kept(store, Appointment), kept(store, Enrolment)) == (1, 1)
