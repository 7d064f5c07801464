"""A clinic's house is remembered by a mark that the database draws, so it is never outdated."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session

from pathways import reading
from scheduler.scenarios import houses
from scheduler.scenarios.houses import House, house_of
from scheduler.scenarios.taking import bring_in
from scheduler.store import marking
from scheduler.store.session import Store
from scheduler.store.tables import Absence, Clinic, Closure, Location
from tests import factories

NOW = datetime(2027, 1, 1, tzinfo=UTC)
DAY = date(2027, 1, 5)


def house(store: Store) -> House:
    with store.reading() as session:
        return house_of(session, "harbor")


def a_closure(session: Session) -> None:
    session.add(Closure(clinic_id="harbor", day=DAY))


def an_absence(session: Session) -> None:
    (person, *_) = house_of(session, "harbor").record.practitioners
    session.add(Absence(clinic_id="harbor", practitioner_id=person.id, first=DAY, last=DAY))


def other_hours(session: Session) -> None:
    session.get_one(Clinic, "harbor").hours = {"mon": ["10:00-11:00"]}


def a_place(session: Session) -> None:
    session.add(Location(clinic_id="harbor", id="attic", kind="office", position=99))


def a_turnover_by_a_statement_of_its_own(session: Session) -> None:
    session.execute(text("UPDATE location SET turnover = turnover + 5"))


CHANGES = [a_closure, an_absence, other_hours, a_place, a_turnover_by_a_statement_of_its_own]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_whatever_way_gives_another_house(
    store: Store, change: Callable[[Session], None]
) -> None:
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
    before = house(store)
    with store.writing() as session:
        change(session)
        within = house_of(session, "harbor")
        assert house(store).record == before.record, "others see it once it is committed"
    assert within.record != before.record
    assert house(store).record == within.record


def test_a_house_that_has_not_changed_is_not_read_again(store: Store) -> None:
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
    before = house(store)
    with store.writing() as session:
        session.get_one(Clinic, "harbor").changes += 1
    assert house(store) is before


def test_a_change_by_another_process_is_seen(store: Store) -> None:
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
    before = house(store)
    program = (
        "import sys; from sqlalchemy import create_engine, text\n"
        "with create_engine(sys.argv[1]).begin() as it: it.execute(text(sys.argv[2]))"
    )
    change = "UPDATE location SET turnover = turnover + 5"
    subprocess.run([sys.executable, "-c", program, store.url, change], check=True)
    assert house(store).record.locations[0].turnover == before.record.locations[0].turnover + 5


def test_what_was_rolled_back_is_never_taken_for_what_another_has_changed(store: Store) -> None:
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
    before = house(store)
    with suppress(NotToday), store.writing() as session:
        a_place(session)
        assert house_of(session, "harbor").record != before.record
        raise NotToday
    assert house(store) is before
    with store.writing() as session:
        a_closure(session)
    assert house(store).record.locations == before.record.locations
    assert [closure.date for closure in house(store).record.closures] == [DAY]


class NotToday(Exception):
    """A unit of work that ends as if it had never begun."""


def test_every_column_of_which_a_house_is_made_gives_another_mark() -> None:
    """So that nobody adds a column to a house, and forgets that it is remembered."""
    watched = {"clinic", *marking.OF_CLINIC}
    assert {str(table.__tablename__) for table in houses._TABLES} == watched
    of_clinic = {column.name for column in houses._columns(Clinic)} - {"id"}
    assert of_clinic == set(marking.OF_HOUSE)
