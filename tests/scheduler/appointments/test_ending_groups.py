"""A group ends: it meets until then with those who are in it, and the next repair finds another."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from scheduler.appointments import ending_groups, facts
from scheduler.errors import NotThere, NotUnderstood, WrongMove
from scheduler.planning.stopping import Stop
from scheduler.plans import publishing
from scheduler.plans.searching import Search, search_here
from scheduler.scenarios.around import scenario_around
from scheduler.scenarios.giving import data_of
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Enrolment, Reminder
from tests import factories
from tests.factories import Document
from tests.scheduler.appointments.bookings import (
    BEFORE,
    COORDINATOR,
    at,
    booked,
    ledger_is_what_stands,
    offers,
    opened,
    tasks,
)
from tests.scheduler.appointments.test_running_over import changed, mended

SECOND_WEEK = date(2027, 1, 11)
EVENINGS = factories.series(
    "evenings",
    location="office",
    facilitator="therapist",
    weekly=[
        {"day": "tue", "start": "15:00", "end": "16:00"},
        {"day": "thu", "start": "15:00", "end": "16:00"},
    ],
)


def meeting(who: str, number: int, day: int) -> Document:
    on = f"2027-01-{day:02}T"
    return factories.appointment(
        "group",
        f"{on}09:00:00-05:00",
        f"{on}10:00:00-05:00",
        id=f"{who}-{number}",
        patients=[who],
        occurrence=number,
        location="group-room",
        practitioners=["facilitator"],
        locked=False,
    )


def two_groups(store: Store, **changes: Any) -> None:
    """Ada and Ben have two weeks of mornings before them, Cy has nothing yet."""
    group = factories.group(schedule=[{"weeks": "1-2", "per_week": 2}])
    days = enumerate((4, 6, 11, 13), start=1)
    meetings = [meeting(who, number, day) for number, day in days for who in ("ada", "ben")]
    held: dict[str, Any] = {
        "clinic": factories.clinic(groups=[factories.series(), EVENINGS]),
        "pathways": [factories.pathway(group, weeks=2)],
        "patients": [factories.patient(name) for name in ("ada", "ben", "cy")],
        "booked": meetings,
    }
    opened(store, **held | changes)


def ended(store: Store, day: date = SECOND_WEEK) -> list[str]:
    """The meetings that the end breaks."""
    with store.writing() as session:
        broken = ending_groups.ends(session, COORDINATOR, "mornings", day, now=BEFORE)
        return sorted(one.appointment.code for one in broken)


def went_on(store: Store) -> tuple[list[str], list[str]]:
    with store.writing() as session:
        broken, stands = ending_groups.goes_on(session, COORDINATOR, "mornings", now=BEFORE)
        return sorted(b.appointment.code for b in broken), sorted(row.code for row in stands)


def standing(store: Store) -> dict[str, tuple[str | None, date]]:
    with store.reading() as session:
        rows = session.exec(select(Appointment).where(Appointment.status == "booked")).all()
        return {row.code: (row.series_id, row.start.date()) for row in rows}


def broken_promises(store: Store) -> list[str]:
    return [task.says for task in tasks(store) if task.kind == "broken-promise"]


LAST = ["ada-3", "ada-4", "ben-3", "ben-4"]


def test_what_meets_later_becomes_work_and_moves_to_another_group(store: Store) -> None:
    two_groups(store)
    before = standing(store)
    assert ended(store) == LAST
    assert broken_promises(store)[0].endswith("mornings meets no more from 2027-01-11")
    plan = mended(store, BEFORE)
    assert changed(plan) == dict.fromkeys(LAST, "moved")
    rows = [c["row"] for c in plan.changes if c["before"] is not None]
    with store.writing() as session:
        publishing.publish(session, COORDINATOR, plan.number, rows=rows, now=BEFORE)
        assert ledger_is_what_stands(session)
    after = standing(store)
    assert {after[code][0] for code in LAST} == {"evenings"}
    assert all(after[code] == before[code] for code in ("ada-1", "ada-2", "ben-1", "ben-2"))
    assert broken_promises(store) == []
    with store.writing() as session, pytest.raises(WrongMove, match="has ended"):
        publishing.undo(session, COORDINATOR, plan.number, now=BEFORE)


def test_until_then_nobody_joins_it(store: Store) -> None:
    two_groups(store)
    with store.writing() as session:
        for enrolment in session.exec(select(Enrolment)):
            enrolment.groups = {"group": "mornings"}
    ended(store)
    with store.reading() as session:
        data = data_of(session, "harbor", now=BEFORE)
        part = scenario_around(session, "harbor", ["ada", "cy"], now=BEFORE)
        assert offers(session, "group", 1, "cy") == ()
    found = search_here(Search("plan", data, patients=("cy",)), Stop(work=20))
    assert found.refusals == []
    assert [g["series"] for g in found.plans[0]["groups"] if g["patient"] == "cy"] == ["evenings"]
    locked = {entry["id"]: entry["locked"] for entry in data["booked"]}
    assert {entry.id: entry.locked for entry in part.booked}.items() <= locked.items()
    assert sorted(code for code, held in locked.items() if not held) == LAST
    assert [patient.groups for patient in part.patients] == [{}, {}]


def test_a_group_that_goes_on_after_all_meets_as_before(store: Store) -> None:
    two_groups(store)
    ended(store)
    assert went_on(store) == ([], LAST)
    assert broken_promises(store) == []
    assert changed(mended(store, BEFORE)) == {}
    with pytest.raises(NotUnderstood, match="goes on anyway"):
        went_on(store)


def test_what_has_been_booked_in_its_room_meanwhile_has_to_move(store: Store) -> None:
    talk = factories.session(
        "talk",
        needs=[{"location": "group-room"}],
        schedule=[{"weeks": "2-2", "per_week": 1}],
    )
    two_groups(store, pathways=[factories.pathway(talk, weeks=2)], booked=[])
    ended(store)
    booked(store, "talk", 1, at(9, day=11), "cy")
    assert went_on(store) == (["cy/talk/1"], [])


@pytest.mark.parametrize("fact", ["closed", "cancelled"])
def test_on_a_date_before_its_end_a_meeting_falls_out_as_ever(store: Store, fact: str) -> None:
    two_groups(store)
    ended(store)
    day = date(2027, 1, 6)
    with store.writing() as session:
        if fact == "closed":
            broken = facts.is_closed(session, COORDINATOR, day, now=BEFORE)
        else:
            broken = facts.does_not_meet(session, COORDINATOR, "mornings", day, now=BEFORE)
        assert sorted(one.appointment.code for one in broken) == ["ada-2", "ben-2"]
    if fact == "closed":
        with store.writing() as session:
            stands = facts.is_open(session, COORDINATOR, day, now=BEFORE)
        assert sorted(row.code for row in stands) == ["ada-2", "ben-2"]
        assert len(broken_promises(store)) == len(LAST)


def test_a_closed_day_after_its_end_that_is_opened_brings_nothing_back(store: Store) -> None:
    two_groups(store)
    ended(store)
    with store.writing() as session:
        assert facts.is_closed(session, COORDINATOR, SECOND_WEEK, now=BEFORE)
        assert facts.is_open(session, COORDINATOR, SECOND_WEEK, now=BEFORE) == []
    assert len(broken_promises(store)) == len(LAST)


def test_what_makes_no_sense_is_refused(store: Store) -> None:
    two_groups(store)
    with pytest.raises(NotUnderstood, match="over"):
        ended(store, BEFORE.date() - timedelta(days=1))
    ended(store)
    with pytest.raises(NotUnderstood, match="already"):
        ended(store)
    with store.writing() as session, pytest.raises(NotThere):
        ending_groups.ends(session, COORDINATOR, "nights", SECOND_WEEK, now=BEFORE)


def test_whose_meetings_end_is_told(store: Store) -> None:
    two_groups(store)
    ended(store)
    with store.reading() as session:
        told = select(Reminder.patient_id).where(Reminder.subject_kind == "closure")
        assert set(session.exec(told)) == {"ada", "ben"}
