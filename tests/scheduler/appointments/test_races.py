"""Two who together would break a rule that neither breaks alone: one of them is refused."""

from datetime import date, datetime, timedelta

from sqlmodel import Session, select

from pathways import reading
from scheduler import locking
from scheduler.appointments import attending, facts, finding, making
from scheduler.appointments.facts import Dates
from scheduler.appointments.finding import Asked
from scheduler.appointments.offering import Offer
from scheduler.scenarios.taking import bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Clearance, Task
from tests import factories
from tests.scheduler.appointments.bookings import (
    BEFORE,
    COORDINATOR,
    at,
    booked,
    opened,
    tasks,
)
from tests.scheduler.appointments.racing import (
    PATIENTS,
    Race,
    Try,
    crowded,
    refuse_broken_store,
    together,
)

MONDAY = date(2027, 1, 4)


def offer(store: Store, activity: str, number: int, patient: str, start: datetime) -> Offer:
    with store.reading() as session:
        asked = Asked(patient, activity, number, at=start, most=1)
        return finding.find(session, COORDINATOR, asked, now=BEFORE).offers[0]


def books(wanted: Offer) -> Try:
    return lambda session: making.book(session, COORDINATOR, wanted, now=BEFORE)


def test_of_eight_who_want_one_bay_exactly_one_gets_it(store: Store) -> None:
    opened(store, **crowded())
    wanted = [offer(store, "dose", 1, name, at(10)) for name in PATIENTS]
    ended = together(store, *map(books, wanted))
    assert sorted(ended) == ["Clash"] * 7 + ["done"]
    refuse_broken_store(store)


def test_different_times_at_once_all_succeed(store: Store) -> None:
    opened(store, **crowded())
    wanted = [offer(store, "call", 1, name, at(9 + number)) for number, name in enumerate(PATIENTS)]
    assert len({one.start for one in wanted}) == 8
    assert together(store, *map(books, wanted)) == ["done"] * 8


def test_two_doses_within_the_spacing_are_not_both_booked(store: Store) -> None:
    opened(store)
    first = offer(store, "dose", 1, "ada", at(10))
    second = offer(store, "dose", 2, "ada", at(10, day=5))
    ended = together(store, books(first), books(second))
    assert sorted(ended) == ["RuleBroken", "done"]
    refuse_broken_store(store)


def test_the_last_unit_of_an_authorization_is_used_once(store: Store) -> None:
    paid = [{"service": "dose", "units": 1, "from": "2027-01-01", "to": "2027-02-01"}]
    opened(
        store,
        pathways=[factories.pathway(factories.dose(needs_authorization="dose"))],
        patients=[factories.patient(authorizations=paid)],
    )
    first = offer(store, "dose", 1, "ada", at(10))
    second = offer(store, "dose", 2, "ada", at(10, day=7))
    ended = together(store, books(first), books(second))
    assert sorted(ended) == ["RuleBroken", "done"]


def test_partners_are_not_both_dosed_on_one_date(store: Store) -> None:
    ada = factories.patient("ada", partner="ben")
    opened(store, patients=[ada, factories.patient("ben", partner="ada")])
    first = offer(store, "dose", 1, "ada", at(9))
    second = offer(store, "dose", 1, "ben", at(13))
    ended = together(store, books(first), books(second))
    assert sorted(ended) == ["RuleBroken", "done"]


def test_cover_that_goes_while_a_dose_is_booked_is_either_missed_or_told(store: Store) -> None:
    opened(store)
    wanted, dates = offer(store, "dose", 1, "ada", at(10)), Dates(MONDAY, MONDAY)

    def away(session: Session) -> None:
        facts.is_away(session, COORDINATOR, "doctor", dates, now=BEFORE)

    booked_or_not, fact = together(store, books(wanted), away)
    assert fact == "done"
    assert (booked_or_not, len(tasks(store))) in (("done", 1), ("RuleBroken", 0))


def test_a_clearance_is_revoked_before_a_dose_goes_ahead_or_after_it(store: Store) -> None:
    cleared = [{"kind": "medical", "from": "2027-01-01", "to": "2027-02-01"}]
    opened(
        store,
        pathways=[factories.pathway(factories.dose(needs_clearance=["medical"]))],
        patients=[factories.patient(clearances=cleared)],
    )
    dose = booked(store, "dose", 1, at(10))
    seen: list[str] = []

    def goes_ahead(session: Session) -> None:
        attending.check_in(session, COORDINATOR, dose, now=at(10))

    def revoke(session: Session) -> None:
        locking.hold(session, "harbor", patients=["ada"])
        seen.append(session.exec(select(Appointment.status)).one())
        session.exec(select(Clearance)).one().revoked_at = at(10)

    with store.writing() as session:
        attending.arrive(session, COORDINATOR, dose, now=at(10))
    went, _ = together(store, goes_ahead, revoke)
    assert (went, seen) in (("done", ["checked-in"]), ("RuleBroken", ["arrived"]))


def test_of_two_who_bring_in_one_clinic_the_second_is_told_that_it_is_there(
    store: Store,
) -> None:
    scenario = reading.read_scenario(factories.scenario())
    ended = together(store, *[lambda session: bring_in(session, scenario, now=BEFORE)] * 4)
    assert sorted(ended) == ["ClinicExists"] * 3 + ["done"]


def test_whatever_many_do_at_once_nothing_is_promised_twice(store: Store) -> None:
    opened(store, **crowded())
    race = Race(store, clients=20, attempts=20)
    race.run()
    assert race.failed == []
    assert sum(race.counted.values()) == 400
    assert race.counted["book: done"] > 5
    refuse_broken_store(store)


def test_every_task_of_a_race_has_an_owner_and_a_due_time(store: Store) -> None:
    opened(store, **crowded())
    dose = booked(store, "dose", 1, at(10), "p1")
    with store.writing() as session:
        facts.is_away(session, COORDINATOR, "nurse", Dates(MONDAY, MONDAY), now=BEFORE)
    with store.reading() as session:
        found = session.exec(select(Task)).all()
    assert [task.subject_id for task in found] == [str(dose)]
    assert all(task.owner_role and task.due_at <= BEFORE + timedelta(days=4) for task in found)
