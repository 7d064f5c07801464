"""A clinic's house is remembered by the texts it was read of, so it is never an outdated one."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session

from pathways import reading
from scheduler.scenarios.houses import House, house_of
from scheduler.scenarios.taking import bring_in
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
