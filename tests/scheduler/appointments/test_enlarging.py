"""Places, people and groups that a clinic adds: booked at once, and judged like all that stood."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from scheduler.appointments import enlarging, facts, new_groups
from scheduler.appointments.enlarging import NewPerson, NewPlace
from scheduler.appointments.new_groups import NewGroup
from scheduler.errors import Clash, NotThere, NotUnderstood, Refusal
from scheduler.scenarios.houses import house_of
from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry, Enrolment, Location, Practitioner
from tests import factories
from tests.scheduler.appointments.bookings import (
    BEFORE,
    COORDINATOR,
    at,
    booked,
    offers,
    opened,
    tasks,
)

WEEK = factories.table("09:00-17:00")
MONDAY = date(2027, 1, 4)


def group(**changes: Any) -> NewGroup:
    told: dict[str, Any] = {
        "id": "evenings",
        "activity": "group",
        "capacity": 8,
        "location": "office",
        "facilitator": "therapist",
        "weekly": [
            {"day": "tue", "start": "12:00", "end": "13:00"},
            {"day": "thu", "start": "12:00", "end": "13:00"},
        ],
    }
    return NewGroup(**(told | changes))


def with_groups(store: Store) -> None:
    """Ada's pathway asks for doses, for what follows them, and for two meetings of a group."""
    parts = (factories.dose(), factories.integration(), factories.group())
    opened(store, pathways=[factories.pathway(*parts)])


def test_a_place_that_is_added_is_booked_in_the_same_unit_of_work(store: Store) -> None:
    opened(store)
    with store.writing() as session:
        facts.is_retired(session, COORDINATOR, "bay", MONDAY, now=BEFORE)
        assert offers(session, "dose") == ()
        new = NewPlace("bay-2", "treatment-bay", turnover=15, site="Annex")
        row = enlarging.add_place(session, COORDINATOR, new, now=BEFORE)
        assert (row.position, row.turnover, row.site) == (4, 15, "Annex")
        assert {offer.location for offer in offers(session, "dose")} == {"bay-2"}
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "house.add")).one()
        assert (entry.subject_kind, entry.subject_id) == ("location", "bay-2")


def test_somebody_who_is_added_treats_by_their_hours_and_their_name_is_sealed(
    store: Store,
) -> None:
    opened(store)
    with store.writing() as session:
        facts.leaves(session, COORDINATOR, "nurse", MONDAY, now=BEFORE)
        assert offers(session, "dose") == ()
        new = NewPerson("Nell Fictional", ["monitor"], hours=factories.table("13:00-17:00"))
        row = enlarging.add_person(session, COORDINATOR, new, now=BEFORE)
        assert row.id == "monitor-1", "an id stands in clear, and says no name"
        found = offers(session, "dose", most=200)
        assert {s.practitioner for offer in found for s in offer.stages} == {"monitor-1"}
        assert min(offer.start for offer in found) == at(13)
        again = enlarging.add_person(session, COORDINATOR, new, now=BEFORE)
        assert again.id == "monitor-2"


def test_a_group_takes_its_room_and_what_that_breaks_is_work(store: Store) -> None:
    with_groups(store)
    booked(store, "dose", 1, at(10))
    follow = booked(store, "integration", 1, at(12, day=5))
    with store.writing() as session:
        row, broken = new_groups.add_group(session, COORDINATOR, group(), now=BEFORE)
        assert (row.modality, row.position) == ("in-person", 1)
        assert [one.appointment.id for one in broken] == [follow]
    assert [task.subject_id for task in tasks(store)] == [str(follow)]


def test_somebody_joins_a_group_that_is_new(store: Store) -> None:
    opened(
        store, clinic=factories.clinic(groups=[]), pathways=[factories.pathway(factories.group())]
    )
    with store.writing() as session:
        assert offers(session, "group") == ()
        new_groups.add_group(session, COORDINATOR, group(), now=BEFORE)
        session.exec(select(Enrolment)).one().groups = {"group": "evenings"}
        found = offers(session, "group")
        assert {offer.start for offer in found} == {at(12, day=5)}


IMPOSSIBLE: list[tuple[NewGroup, str]] = [
    (group(activity="choir"), "no pathway asks for such a group"),
    (group(location="attic"), "there is no such place"),
    (group(facilitator="nobody"), "there is no such practitioner"),
    (group(location="video"), "does not meet at such a place"),
    (group(weekly=group().weekly[:1]), "nobody could join it"),
    (group(weekly=[*group().weekly[:1], *group().weekly[:1]]), "evenings meets then"),
    (group(facilitator="facilitator", weekly=factories.series()["weekly"]), "mornings meets then"),
    (group(location="group-room", weekly=factories.series()["weekly"]), "mornings meets then"),
    (group(id="mornings"), "mornings already"),
    (group(capacity=0), "greater than or equal to 1"),
    (
        group(weekly=[{"day": d, "start": "12:02", "end": "13:00"} for d in ("tue", "thu")]),
        "between two steps of the clock",
    ),
    (
        group(weekly=[{"day": d, "start": "13:00", "end": "12:00"} for d in ("tue", "thu")]),
        "ends before it begins",
    ),
]


@pytest.mark.parametrize(("new", "says"), IMPOSSIBLE, ids=[says for _, says in IMPOSSIBLE])
def test_a_group_that_nobody_could_join_or_whose_time_is_taken_is_refused(
    store: Store, new: NewGroup, says: str
) -> None:
    with_groups(store)
    with pytest.raises(Refusal, match=says), store.writing() as session:
        new_groups.add_group(session, COORDINATOR, new, now=BEFORE)
    with store.reading() as session:
        assert [one.id for one in house_of(session, "harbor").record.groups] == ["mornings"]


def refused_place(session: Session) -> None:
    enlarging.add_place(session, COORDINATOR, NewPlace("bay", "office"), now=BEFORE)


def refused_turnover(session: Session) -> None:
    new = NewPlace("bay-2", "treatment-bay", turnover=7)
    enlarging.add_place(session, COORDINATOR, new, now=BEFORE)


def refused_kind(session: Session) -> None:
    enlarging.add_place(session, COORDINATOR, NewPlace("bay-2", "cellar"), now=BEFORE)


def refused_nameless(session: Session) -> None:
    enlarging.add_person(session, COORDINATOR, NewPerson(" ", ["monitor"]), now=BEFORE)


def refused_without_a_role(session: Session) -> None:
    enlarging.add_person(session, COORDINATOR, NewPerson("Nell", []), now=BEFORE)


def refused_hours(session: Session) -> None:
    new = NewPerson("Nell", ["monitor"], hours={"mon": ["17:00-09:00"]})
    enlarging.add_person(session, COORDINATOR, new, now=BEFORE)


REFUSED = [
    (refused_place, Clash),
    *((one, NotUnderstood) for one in (refused_turnover, refused_kind, refused_nameless)),
    *((one, NotUnderstood) for one in (refused_without_a_role, refused_hours)),
]


@pytest.mark.parametrize(("attempt", "kind"), REFUSED)
def test_what_makes_no_sense_is_refused_and_the_house_stays_as_it_was(
    store: Store, attempt: Callable[[Session], None], kind: type[Refusal]
) -> None:
    opened(store)
    with pytest.raises(kind), store.writing() as session:
        attempt(session)
    with store.reading() as session:
        assert len(session.exec(select(Location)).all()) == 4
        assert len(session.exec(select(Practitioner)).all()) == 4


def test_a_title_becomes_an_id_and_nothing_becomes_none() -> None:
    assert enlarging.id_of("  Bay 4 / east ") == "bay-4-east"
    assert enlarging.id_of("Sala Ñandú") == "sala-ñandú"
    with pytest.raises(NotUnderstood):
        enlarging.id_of(" - / ")


def test_who_leaves_is_away_from_then_on_and_what_they_were_to_do_is_work(store: Store) -> None:
    opened(store)
    first = booked(store, "dose", 1, at(10))
    second = booked(store, "dose", 2, at(10, day=6))
    with store.writing() as session:
        broken = facts.leaves(session, COORDINATOR, "nurse", date(2027, 1, 6), now=BEFORE)
        assert [one.appointment.id for one in broken] == [second]
        assert first not in {one.appointment.id for one in broken}
        assert session.get_one(Practitioner, ("harbor", "nurse")).leaves_on == date(2027, 1, 6)
        with pytest.raises(NotThere):
            facts.leaves(session, COORDINATOR, "nobody", MONDAY, now=BEFORE)
    with store.reading() as session:
        days = {offer.start.date() for offer in offers(session, "dose", 2, most=200)}
        assert all(day < date(2027, 1, 6) for day in days)


def test_a_group_is_not_led_by_who_leaves_nor_held_where_nobody_goes_any_more(
    store: Store,
) -> None:
    with_groups(store)
    with store.writing() as session:
        facts.leaves(session, COORDINATOR, "therapist", date(2028, 1, 6), now=BEFORE)
        facts.is_retired(session, COORDINATOR, "office", date(2028, 1, 6), now=BEFORE)
        with pytest.raises(NotUnderstood, match="no such place"):
            new_groups.add_group(session, COORDINATOR, group(), now=BEFORE)
        new = group(location="group-room")
        with pytest.raises(NotUnderstood, match="no such practitioner"):
            new_groups.add_group(session, COORDINATOR, new, now=BEFORE)
