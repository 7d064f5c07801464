"""Arrived, checked in, attended, missed: each leads to what has to happen next, at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from scheduler import gates
from scheduler.appointments import attending, ending, facts, moving
from scheduler.appointments.attending import Presence
from scheduler.appointments.facts import Dates
from scheduler.appointments.moving import Choice
from scheduler.errors import GateOpen, NotThere, RuleBroken, WrongMove
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    Clearance,
    Enrolment,
    Gate,
    Location,
    SessionEvent,
)
from tests import factories
from tests.scheduler.appointments.bookings import (
    BEFORE,
    COORDINATOR,
    at,
    booked,
    ledger_is_what_stands,
    offers,
    opened,
    row,
    tasks,
)

MONDAY, TUESDAY = date(2027, 1, 4), date(2027, 1, 5)


def test_a_patient_arrives_late_and_the_lateness_can_be_seen(store: Store) -> None:
    opened(store)
    call = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        attending.arrive(session, COORDINATOR, call, now=at(10, 20), at=at(10, 15))
        attending.check_in(session, COORDINATOR, call, now=at(10, 21))
        (event,) = session.exec(select(SessionEvent)).all()
        with pytest.raises(WrongMove):
            attending.arrive(session, COORDINATOR, call, now=at(10, 22))
    assert (event.kind, event.at - row(store, call).start) == ("arrived", timedelta(minutes=15))
    assert row(store, call).status == "checked-in"


def test_nobody_is_checked_in_past_a_gate_or_a_hold(store: Store) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        attending.arrive(session, COORDINATOR, dose, now=at(10))
        gate = Gate(
            clinic_id="harbor", appointment_id=dose, rule="R-29", says="no", opened_at=BEFORE
        )
        session.add(gate)
        session.flush()
        with pytest.raises(GateOpen):
            attending.check_in(session, COORDINATOR, dose, now=at(10))
        gate.closed_at = at(10)
        visit = session.get_one(Appointment, ("harbor", dose))
        gates.shut(session, visit, "R-17", "too long", now=BEFORE)
        session.flush()
        with pytest.raises(GateOpen, match="too long"):
            attending.check_in(session, COORDINATOR, dose, now=at(10))


def test_a_dose_does_not_start_without_the_clearance_that_it_was_booked_with(
    store: Store,
) -> None:
    cleared = [{"kind": "medical", "from": "2027-01-01", "to": "2027-02-01"}]
    opened(
        store,
        pathways=[factories.pathway(factories.dose(needs_clearance=["medical"]))],
        patients=[factories.patient(clearances=cleared)],
    )
    dose = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        attending.arrive(session, COORDINATOR, dose, now=at(10))
        session.exec(select(Clearance)).one().revoked_at = at(9)
    with store.writing() as session, pytest.raises(RuleBroken) as refused:
        attending.check_in(session, COORDINATOR, dose, now=at(10))
    assert refused.value.rule == "clearance"


def group_clinic(store: Store) -> None:
    opened(store, pathways=[factories.pathway(factories.group())])


def test_meetings_are_attended_late_or_missed(store: Store) -> None:
    group_clinic(store)
    with store.reading() as session:
        assert offers(session, "group", 1) == ()
    with store.writing() as session:
        session.exec(select(Enrolment)).one().groups = {"group": "mornings"}
    first = booked(store, "group", 1, at(9))
    second = booked(store, "group", 2, at(9, day=6))
    with store.writing() as session:
        attending.attend(session, COORDINATOR, first, Presence("late", at(9, 10)), now=at(10))
        attending.attend(session, COORDINATOR, second, Presence("absent"), now=at(10, day=6))
        settled = session.exec(select(Enrolment)).one().settled
        assert ledger_is_what_stands(session)
    assert (row(store, first).status, row(store, second).status) == ("fulfilled", "noshow")
    assert settled == [{"activity": "group", "occurrence": 2, "outcome": "missed"}]


def test_a_missed_visit_is_on_the_work_list_in_the_same_moment(store: Store) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10, day=8))
    follow = booked(store, "integration", 1, at(11, day=11))
    with store.writing() as session:
        with pytest.raises(WrongMove):
            ending.no_show(session, COORDINATOR, dose, now=at(9, day=8))
        ending.no_show(session, COORDINATOR, dose, now=at(11, day=8))
        assert ledger_is_what_stands(session)
    assert (row(store, dose).status, row(store, follow).status) == ("noshow", "cancelled")
    (task,) = tasks(store)
    assert (task.kind, task.owner_role, task.due_at) == (
        "re-schedule",
        "coordinator",
        at(17, day=11),
    )


def test_what_was_never_meant_gives_its_time_back(store: Store) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        ending.entered_in_error(session, COORDINATOR, dose, now=BEFORE)
        assert ledger_is_what_stands(session)
        with pytest.raises(WrongMove):
            ending.cancel(session, COORDINATOR, dose, reason="pat", now=BEFORE)
    assert row(store, dose).status == "entered-in-error"


def test_an_absence_is_stored_and_each_promise_that_it_breaks_is_listed(store: Store) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10))
    follow = booked(store, "integration", 1, at(12, day=5))
    with store.writing() as session:
        dates = Dates(MONDAY, MONDAY)
        broken = facts.is_away(session, COORDINATOR, "doctor", dates, now=BEFORE)
        assert [one.appointment.id for one in broken] == [dose]
        dates = Dates(MONDAY, TUESDAY)
        broken = facts.is_away(session, COORDINATOR, "therapist", dates, now=BEFORE)
        assert [one.appointment.id for one in broken] == [follow]
        with pytest.raises(NotThere):
            facts.is_away(session, COORDINATOR, "nobody", dates, now=BEFORE)
    assert {(t.kind, t.owner_role, t.due_at) for t in tasks(store)} == {
        ("broken-promise", "coordinator", at(10)),
        ("broken-promise", "coordinator", at(17)),
    }
    with store.reading() as session:
        found = facts.repairs(session, COORDINATOR, dose, now=BEFORE)
    assert found.offers[0].start >= at(9, day=5)
    with store.writing() as session:
        moving.move(session, COORDINATOR, dose, Choice(found.offers[0]), now=BEFORE)
        ending.cancel(session, COORDINATOR, follow, reason="prov", now=BEFORE)
    assert "broken-promise" not in {task.kind for task in tasks(store)}


@pytest.mark.parametrize("fact", ["closed", "unavailable", "retired"])
def test_a_fact_that_closes_a_day_breaks_what_stands_on_it(store: Store, fact: str) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        if fact == "closed":
            broken = facts.is_closed(session, COORDINATOR, MONDAY, now=BEFORE)
        elif fact == "unavailable":
            dates = Dates(MONDAY, MONDAY)
            broken = facts.is_unavailable(session, COORDINATOR, "ada", dates, now=BEFORE)
        else:
            broken = facts.is_retired(session, COORDINATOR, "bay", MONDAY, now=BEFORE)
            assert session.get_one(Location, ("harbor", "bay")).retired_on == MONDAY
        assert [one.appointment.id for one in broken] == [dose]
    with store.reading() as session:
        assert all(offer.start > at(17) for offer in offers(session, "dose", 2))


def test_a_meeting_that_is_cancelled_is_listed_for_who_would_have_come(store: Store) -> None:
    group_clinic(store)
    with store.writing() as session:
        session.exec(select(Enrolment)).one().groups = {"group": "mornings"}
    place = booked(store, "group", 1, at(9))
    with store.writing() as session:
        broken = facts.does_not_meet(session, COORDINATOR, "mornings", MONDAY, now=BEFORE)
    assert [one.appointment.id for one in broken] == [place]


def test_a_patient_may_say_that_they_cannot_come_but_not_for_somebody_else(
    store: Store,
) -> None:
    opened(store)
    ben = replace(COORDINATOR, roles=frozenset({"patient"}), patient_id="ben")
    with store.writing() as session, pytest.raises(NotThere):
        facts.is_unavailable(session, ben, "ada", Dates(MONDAY, MONDAY), now=BEFORE)
