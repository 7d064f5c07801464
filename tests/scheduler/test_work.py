"""Tasks are settled and opened again where their reason goes and comes, and nowhere else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from scheduler import work
from scheduler.acting import machine
from scheduler.store.session import Store
from scheduler.store.tables import Clinic, Task
from scheduler.work import Wanted

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
TEN, ELEVEN = NINE + timedelta(hours=1), NINE + timedelta(hours=2)
CALL, FORM = "call", "monitoring-form"
ONE, OTHER = "visit-1", "visit-2"


def asked(session: Session, kind: str, visit: str, subject_kind: str = "appointment") -> Task:
    subject = (subject_kind, visit)
    wanted = Wanted(kind, "nurse", ELEVEN, "do it", f"{subject_kind}:{visit}", subject)
    return work.open_task(session, "oak", wanted, now=NINE)


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    """Two kinds of tasks about each of two visits, and one about an answer of the same name."""
    with store.writing() as session:
        session.add(Clinic(id="oak", timezone="America/New_York"))
        session.flush()
        for kind in (CALL, FORM):
            for visit in (ONE, OTHER):
                asked(session, kind, visit)
        asked(session, CALL, ONE, "answer")
        yield session


def is_open(session: Session) -> set[tuple[str, str, str]]:
    session.flush()
    found = session.exec(select(Task)).all()
    return {(t.kind, t.subject_kind, t.subject_id) for t in found if t.open_key is not None}


ALL = {
    *((kind, "appointment", visit) for kind in (CALL, FORM) for visit in (ONE, OTHER)),
    (CALL, "answer", ONE),
}
ABOUT_ONE = (CALL, "appointment", ONE)


def test_only_what_is_of_the_kind_and_about_the_thing_is_settled(session: Session) -> None:
    assert is_open(session) == ALL
    work.settle_about(session, "oak", CALL, ("appointment", [ONE]), now=TEN)
    assert is_open(session) == ALL - {ABOUT_ONE}


def test_only_what_was_settled_about_the_thing_is_opened_again(session: Session) -> None:
    work.settle_about(session, "oak", CALL, ("appointment", [ONE, OTHER]), now=TEN)
    again = ("appointment", [ONE])
    work.reopen_about(session, "oak", CALL, again, settled_at=TEN, now=ELEVEN)
    assert is_open(session) == ALL - {(CALL, "appointment", OTHER)}


def test_what_was_settled_at_another_time_stays_settled(session: Session) -> None:
    about = ("appointment", [ONE])
    work.settle_about(session, "oak", CALL, about, now=TEN)
    work.reopen_about(session, "oak", CALL, about, settled_at=NINE, now=ELEVEN)
    assert is_open(session) == ALL - {ABOUT_ONE}


def test_what_somebody_has_done_is_not_opened_again(session: Session) -> None:
    task = asked(session, CALL, ONE)
    work.close_task(session, machine("oak", "test"), task.id, outcome="called", now=TEN)
    about = ("appointment", [ONE])
    work.reopen_about(session, "oak", CALL, about, settled_at=TEN, now=ELEVEN)
    assert is_open(session) == ALL - {ABOUT_ONE}


def test_what_is_asked_for_anew_meanwhile_is_not_there_twice(session: Session) -> None:
    about = ("appointment", [ONE])
    work.settle_about(session, "oak", CALL, about, now=TEN)
    asked(session, CALL, ONE)
    work.reopen_about(session, "oak", CALL, about, settled_at=TEN, now=ELEVEN)
    found = session.exec(select(Task).where(Task.kind == CALL, Task.subject_id == ONE)).all()
    assert sorted(t.subject_kind for t in found if t.open_key) == ["answer", "appointment"]
