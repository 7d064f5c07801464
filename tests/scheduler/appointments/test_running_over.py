"""A session runs over: it keeps what is free, and a plan finds other times for whom it hits."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from pathways import reading
from scheduler.appointments import attending, ending, facts, moving
from scheduler.appointments.breaking import Broken
from scheduler.appointments.moving import Choice
from scheduler.appointments.running_over import runs_over
from scheduler.errors import NotUnderstood
from scheduler.planning.stopping import Stop
from scheduler.plans import publishing
from scheduler.plans.asking import fingerprint
from scheduler.plans.drafting import Origin, draft
from scheduler.plans.searching import Search, search_here
from scheduler.scenarios.around import scenario_around
from scheduler.scenarios.giving import data_of, scenario_of
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, PlanVersion
from tests import factories
from tests.scheduler.appointments.bookings import (
    COORDINATOR,
    at,
    booked,
    later,
    ledger_is_what_stands,
    offers,
    opened,
    row,
    tasks,
)

TWO = [factories.patient("ada"), factories.patient("ben")]
A_QUARTER = factories.clinic(slot_minutes=15)


def told(store: Store, visit: UUID, until: datetime, now: datetime) -> list[Broken]:
    with store.writing() as session:
        broken = runs_over(session, COORDINATOR, visit, until, now=now)
        assert ledger_is_what_stands(session)
        return broken


def mended(store: Store, now: datetime) -> PlanVersion:
    """The draft of the fewest changes by which everything can stand."""
    with store.writing() as session:
        data = data_of(session, "harbor", now=now)
        found = search_here(Search("repair", data), Stop(work=200))
        assert found.refusals == []
        scenario = reading.read_scenario(data)
        names = tuple(patient.id for patient in scenario.patients)
        origin = Origin("repair", names, fingerprint(data), seed=0, work=found.work)
        plan = reading.read_plan(found.plans[0])
        return draft(session, COORDINATOR, scenario, plan, origin, now=now)


def changed(plan: PlanVersion) -> dict[str, str]:
    """The kind of each change of something that is booked, by its appointment."""
    return {c["before"]["id"]: c["kind"] for c in plan.changes if c["before"] is not None}


def published(store: Store, plan: PlanVersion, now: datetime) -> None:
    rows = [c["row"] for c in plan.changes if c["before"] is not None]
    with store.writing() as session:
        publishing.publish(session, COORDINATOR, plan.number, rows=rows, now=now)
        assert ledger_is_what_stands(session)


def test_whom_it_hits_gets_another_time_and_it_stays_as_it_is(store: Store) -> None:
    opened(store, patients=TWO, clinic=A_QUARTER)
    long = booked(store, "dose", 1, at(10))
    following = booked(store, "dose", 1, at(11, 30), "ben")
    (hit,) = told(store, long, at(11, 50), at(11, 10))
    assert (hit.appointment.id, hit.task.due_at) == (following, at(11, 30))
    before = row(store, long)
    assert (before.end, before.stages[-1]["end"]) == (at(11, 50), at(11, 50).isoformat())
    plan = mended(store, at(11, 10))
    assert changed(plan) == {row(store, following).code: "moved"}
    published(store, plan, at(11, 12))
    assert row(store, following).start >= at(12)
    assert "broken-promise" not in {task.kind for task in tasks(store)}
    assert row(store, long) == before


def test_the_parts_of_a_clinic_know_of_it_as_the_whole_does(store: Store) -> None:
    opened(store, patients=TWO)
    long = booked(store, "dose", 1, at(10))
    told(store, long, at(12), at(9))
    with store.reading() as session:
        (whole,) = scenario_of(session, "harbor", now=at(9)).booked
        (part,) = scenario_around(session, "harbor", ["ada"], now=at(9)).booked
        free = {offer.start for offer in offers(session, "dose", 1, "ben", now=at(9), most=50)}
    assert (whole.end, whole.locked) == (part.end, part.locked) == (at(12), True)
    assert at(11, 30) not in free
    assert at(12) in free


def test_a_nurse_who_stays_is_missing_in_the_next_bay(store: Store) -> None:
    bays = [factories.location(name, "treatment-bay") for name in ("bay", "bay-2")]
    clinic = factories.clinic(locations=[*bays, factories.location("office")], groups=[])
    opened(store, patients=TWO, clinic=clinic | {"slot_minutes": 15})
    long = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        (offer,) = (
            found
            for found in offers(session, "dose", 1, "ben", at=at(11, 30), most=1)
            if found.start == at(11, 30)
        )
    following = booked(store, "dose", 1, offer.start, "ben")
    with store.writing() as session:
        session.get_one(Appointment, ("harbor", following)).location_id = "bay-2"
    (hit,) = told(store, long, at(12, 15), at(11, 10))
    assert hit.appointment.id == following
    plan = mended(store, at(11, 10))
    published(store, plan, at(11, 10))
    assert row(store, following).start >= at(12, 15)


@pytest.mark.parametrize(
    "until",
    [at(17, 30), later(at(17), hours=6, minutes=55), later(at(17), hours=7.5)],
    ids=["closing", "night", "midnight"],
)
def test_past_closing_time_and_past_midnight_it_stands_all_the_same(
    store: Store, until: datetime
) -> None:
    opened(store, patients=TWO)
    long = booked(store, "dose", 1, at(14))
    other = booked(store, "dose", 1, at(15, 30), "ben")
    told(store, long, until, at(15))
    plan = mended(store, at(15))
    published(store, plan, at(15))
    assert row(store, other).start > until
    assert row(store, long).end == until


def test_the_same_patient_comes_later_that_day(store: Store) -> None:
    walk = factories.session("walk", needs=[{"role": "therapist"}])
    opened(store, pathways=[factories.pathway(factories.session("talk"), walk)])
    long = booked(store, "talk", 1, at(10))
    following = booked(store, "walk", 1, at(11))
    told(store, long, at(11, 30), at(10, 30))
    published(store, mended(store, at(10, 30)), at(10, 30))
    assert row(store, following).start >= at(11, 30)


def test_what_has_begun_beside_it_stays_and_is_somebodys_work(store: Store) -> None:
    opened(store, patients=TWO, clinic=A_QUARTER)
    long = booked(store, "dose", 1, at(10))
    following = booked(store, "dose", 1, at(11, 30), "ben")
    with store.writing() as session:
        attending.arrive(session, COORDINATOR, following, now=at(11, 20))
    (hit,) = told(store, long, at(12), at(11, 40))
    assert hit.appointment.id == following
    assert changed(mended(store, at(11, 40))) == {}
    with store.writing() as session:
        attending.check_in(session, COORDINATOR, following, now=at(11, 45))
    assert changed(mended(store, at(11, 50))) == {}


def test_of_yesterday_there_is_nothing_to_repair(store: Store) -> None:
    opened(store, patients=TWO)
    long = booked(store, "dose", 1, at(10))
    booked(store, "dose", 1, at(11, 30), "ben")
    assert told(store, long, at(12), at(9, day=5)) == []
    assert changed(mended(store, at(9, day=5))) == {}


def test_the_last_word_holds(store: Store) -> None:
    opened(store, patients=TWO)
    long = booked(store, "dose", 1, at(10))
    booked(store, "dose", 1, at(12), "ben")
    assert len(told(store, long, later(at(17), hours=3), at(11))) == 1
    assert told(store, long, at(12), at(11)) == []
    assert "broken-promise" not in {task.kind for task in tasks(store)}
    assert row(store, long).end == at(12)
    assert told(store, long, at(11, 30), at(11)) == []
    with store.reading() as session:
        found = session.get_one(Appointment, ("harbor", long))
        assert (found.end, found.stages[-1]["end"]) == (at(11, 30), at(11, 30).isoformat())
        assert not found.runs_over


@pytest.mark.parametrize("until", [at(9), at(11, 30), later(at(17), hours=6.6), at(9, day=9)])
def test_a_time_that_cannot_be_meant_is_refused(store: Store, until: datetime) -> None:
    opened(store)
    long = booked(store, "dose", 1, at(10))
    with pytest.raises(NotUnderstood):
        told(store, long, until, at(11))


def test_what_does_not_take_place_does_not_run_over(store: Store) -> None:
    opened(store)
    long = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        ending.cancel(session, COORDINATOR, long, reason="prov", now=at(9))
    with pytest.raises(NotUnderstood, match="takes no time"):
        told(store, long, at(12), at(9))


def test_what_is_moved_by_hand_takes_as_long_as_planned_again(store: Store) -> None:
    opened(store)
    long = booked(store, "dose", 1, at(10))
    told(store, long, at(12), at(9))
    with store.writing() as session:
        (offer, *_) = offers(session, "dose", 1, at=at(13), most=1, now=at(9))
        moving.move(session, COORDINATOR, long, Choice(offer), now=at(9))
        assert ledger_is_what_stands(session)
    found = row(store, long)
    assert (found.end - found.start, found.runs_over) == (timedelta(minutes=90), False)


def test_a_meeting_ends_when_it_ends_and_says_who_waits(store: Store) -> None:
    talk = factories.session("talk", needs=[{"location": "group-room"}])
    patients = [factories.patient("ada", groups={"group": "mornings"}), factories.patient("ben")]
    pathways = [factories.pathway(factories.group(), talk)]
    opened(store, patients=patients, pathways=pathways)
    place = booked(store, "group", 1, at(9))
    following = booked(store, "talk", 1, at(10), "ben")
    (hit,) = told(store, place, at(10, 30), at(9, 30))
    assert hit.appointment.id == following
    assert row(store, place).end == at(10)


def test_a_task_says_the_last_word_on_how_long_it_lasts(store: Store) -> None:
    opened(store, patients=TWO)
    long = booked(store, "dose", 1, at(10))
    booked(store, "dose", 1, at(11, 30), "ben")
    (first,) = told(store, long, later(at(17), hours=3), at(11))
    (last,) = told(store, long, at(12), at(11))
    assert (first.task.id, last.task.status) == (last.task.id, "requested")
    assert last.task.says.endswith("runs over until 12:00")


@pytest.mark.parametrize("way", ["cancel", "no show", "in error", "moved"])
def test_whom_it_hit_can_stand_where_it_does_not_take_place(store: Store, way: str) -> None:
    opened(store, patients=TWO)
    long = booked(store, "dose", 1, at(10))
    booked(store, "dose", 1, at(11, 30), "ben")
    assert len(told(store, long, at(12), at(9))) == 1
    with store.writing() as session:
        if way == "cancel":
            ending.cancel(session, COORDINATOR, long, reason="prov", now=at(9))
        elif way == "no show":
            ending.no_show(session, COORDINATOR, long, now=at(10, 30))
        elif way == "in error":
            ending.entered_in_error(session, COORDINATOR, long, now=at(9))
        else:
            (offer, *_) = offers(session, "dose", 1, at=at(14), most=1, now=at(9))
            moving.move(session, COORDINATOR, long, Choice(offer), now=at(9))
    assert "broken-promise" not in {task.kind for task in tasks(store)}


@pytest.mark.parametrize("cause", ["longer", "away"])
def test_an_undo_brings_back_that_somebody_has_to_look(store: Store, cause: str) -> None:
    opened(store, patients=TWO, clinic=A_QUARTER)
    long = booked(store, "dose", 1, at(10))
    following = booked(store, "dose", 1, at(11, 30), "ben")
    if cause == "longer":
        told(store, long, at(11, 50), at(9))
    else:
        unavailable(store, "ben")
    (asked,) = broken(store)
    plan = mended(store, at(9))
    published(store, plan, at(9))
    assert broken(store) == []
    undone(store, plan)
    assert row(store, following).start == at(11, 30)
    assert broken(store) == [asked]


def test_an_undo_asks_for_nothing_where_the_cause_has_gone(store: Store) -> None:
    opened(store, patients=TWO, clinic=A_QUARTER)
    long = booked(store, "dose", 1, at(10))
    following = booked(store, "dose", 1, at(11, 30), "ben")
    told(store, long, at(11, 50), at(9))
    plan = mended(store, at(9))
    published(store, plan, at(9))
    told(store, long, at(11, 30), at(9))
    undone(store, plan)
    assert row(store, following).start == at(11, 30)
    assert broken(store) == []


def broken(store: Store) -> list[tuple[UUID, str]]:
    """What waits for another time, as the work-list has it."""
    return [(task.id, task.says) for task in tasks(store) if task.kind == "broken-promise"]


def unavailable(store: Store, who: str) -> None:
    day = facts.Dates(at(9).date(), at(9).date())
    with store.writing() as session:
        facts.is_unavailable(session, COORDINATOR, who, day, now=at(9))


def undone(store: Store, plan: PlanVersion) -> None:
    with store.writing() as session:
        publishing.undo(session, COORDINATOR, plan.number, now=at(9))
        assert ledger_is_what_stands(session)
