"""One unit of work is all there or not at all, and a reader changes nothing."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import Session, select

from scheduler.store import vault
from scheduler.store.asking import put
from scheduler.store.session import Store
from scheduler.store.tables import Clinic, Location, Patient, Task

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def begin(session: Session) -> None:
    session.add(Clinic(id="oak", timezone="America/New_York"))
    session.flush()


def task(due_at: datetime) -> Task:
    return Task(
        clinic_id="oak", kind="call", key="k", owner_role="nurse", due_at=due_at, made_at=NOON
    )


def test_what_a_unit_of_work_wrote_is_there_afterwards(store: Store) -> None:
    with store.writing() as session:
        begin(session)
    with store.reading() as session:
        assert session.exec(select(Clinic.id)).all() == ["oak"]


def test_a_unit_of_work_that_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.writing() as session:
            begin(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.reading() as session:
        assert session.exec(select(Clinic)).all() == []


def test_a_reader_can_change_nothing(store: Store) -> None:
    with store.writing() as session:
        begin(session)
    with store.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("UPDATE clinic SET name = 'other'"))


def test_an_instant_comes_back_aware_and_in_utc(store: Store) -> None:
    with store.writing() as session:
        begin(session)
        session.add(task(datetime.fromisoformat("2027-03-01T07:00:00-05:00")))
    with store.reading() as session:
        due = session.exec(select(Task.due_at)).one()
    assert (due, due.tzinfo) == (NOON, UTC)


def test_a_naive_instant_is_refused(store: Store) -> None:
    with store.writing() as session:
        begin(session)
        session.add(task(NOON.replace(tzinfo=None)))
        with pytest.raises(StatementError, match="NaiveInstant"):
            session.flush()
        session.rollback()


def test_a_row_of_a_clinic_that_does_not_exist_is_refused(store: Store) -> None:
    with store.writing() as session:
        session.add(Location(clinic_id="nowhere", id="bay-1", kind="treatment-bay"))
        with pytest.raises(DBAPIError):
            session.flush()
        session.rollback()


def test_a_name_is_not_to_be_read_in_the_database_itself(store: Store) -> None:
    with store.writing() as session:
        begin(session)
        session.add(Patient(clinic_id="oak", id="p1", name="Dahlia Canary"))
    with store.reading() as session:
        raw = session.execute(text("SELECT name FROM patient")).scalar_one()
        assert session.exec(select(Patient.name)).one() == "Dahlia Canary"
    assert "Canary" not in raw


def test_another_key_does_not_open_what_this_one_sealed() -> None:
    sealed = vault.Vault(vault.new_key()).sealed("Dahlia")
    with pytest.raises(vault.WrongKey):
        vault.Vault(vault.new_key()).opened(sealed)


def test_texts_too_long_for_their_column_are_refused_not_cut(store: Store) -> None:
    columns = {"clinic_id": "oak", "kind": "bay", "position": 0, "turnover": 0, "site": ""}
    rows = [columns | {"id": "x" * length, "busy": []} for length in (4, 400)]
    with store.writing() as session:
        begin(session)
    try:
        with store.writing() as session:
            put(session, Location.__table__, rows)  # type: ignore[attr-defined]  # a table it is
    except DBAPIError:
        return
    with store.reading() as session:
        assert {len(name) for name in session.exec(select(Location.id))} == {4, 400}
