"""A course as it goes: what became of each visit, and what is not as it was promised."""

from datetime import datetime, timedelta
from typing import Any

from scheduler.care.course import Course
from scheduler.care.deviating import Deviation, deviations_of
from scheduler.store.tables import Appointment
from tests.scheduler.care.course import (
    ESKETAMINE,
    FIRST_DOSE,
    START,
    answered,
    at,
    booked,
    enrolment,
    facts,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LAG = ESKETAMINE.with_purpose("integration")[0].after
GRACE = ESKETAMINE.chair.late_grace


def course(*visits: Appointment, now: datetime = FIRST_DOSE, **records: Any) -> Course:
    arrivals = records.pop("arrivals", {})
    return Course(
        facts(*visits, **records), enrolment(), ESKETAMINE.pathway, ESKETAMINE, arrivals, now
    )


def deviations(*visits: Appointment, kind: str, **known: Any) -> list[Deviation]:
    return [one for one in deviations_of(course(*visits, **known)) if one.kind == kind]


def dose(**changes: Any) -> Appointment:
    return booked("first-dose", FIRST_DOSE, **{"status": "fulfilled", **changes})


def follow_up(dosed: Appointment, lag: timedelta, **changes: Any) -> Appointment:
    name = ESKETAMINE.with_purpose("integration")[0].id
    return booked(name, dosed.end + lag, **changes)


def test_a_dose_that_was_missed_is_told_until_another_time_stands_for_it() -> None:
    missed, again = dose(status="noshow"), booked("first-dose", FIRST_DOSE + 2 * DAY)
    assert [one.number for one in deviations(missed, kind="dose-missed")] == [1]
    assert deviations(missed, again, kind="dose-missed") == []
    assert deviations(dose(status="cancelled"), kind="dose-cancelled")


def test_integration_at_the_last_promised_minute_is_in_time_and_a_minute_later_is_late() -> None:
    assert LAG is not None
    dosed = dose()
    in_time, late = follow_up(dosed, LAG.lag.max), follow_up(dosed, LAG.lag.max + HOUR / 60)
    assert deviations(dosed, in_time, kind="integration-late") == []
    (told,) = deviations(dosed, late, kind="integration-late")
    assert told.number == 1
    assert told.found > told.asked == LAG.lag.max / HOUR


def test_integration_without_a_time_is_open_until_the_promise_has_passed() -> None:
    assert LAG is not None
    dosed = dose()
    (waiting,) = deviations(dosed, kind="integration-missing", now=dosed.end + LAG.lag.max)
    (gone,) = deviations(dosed, kind="integration-missing", now=dosed.end + LAG.lag.max + HOUR)
    assert (waiting.is_open, gone.is_open) == (True, False)
    assert deviations(dose(status="booked"), kind="integration-missing") == []


def test_what_follows_a_dose_and_is_no_integration_is_not_told_as_late() -> None:
    evaluation = next(a for a in ESKETAMINE.activities if a.after and a.purpose == "evaluation")
    dosed = dose()
    found = deviations_of(course(dosed, follow_up(dosed, 24 * HOUR), now=FIRST_DOSE + 90 * DAY))
    assert evaluation.after is not None
    assert not any(one.kind.startswith("integration") for one in found)


def test_a_risk_that_nobody_has_decided_on_comes_first() -> None:
    risky = answered("C-SSRS", FIRST_DOSE - DAY, flags=["high-risk"])
    found = deviations_of(course(dose(status="noshow"), answers=[risky]))
    assert found[0].kind == "risk-undecided"
    decided = answered("C-SSRS", FIRST_DOSE - DAY, flags=["high-risk"], disposed_at=FIRST_DOSE)
    assert deviations(kind="risk-undecided", answers=[decided]) == []


def test_thoughts_of_suicide_are_told_until_somebody_has_asked_about_them() -> None:
    said = answered("PHQ-9", FIRST_DOSE - DAY, flags=["item-nine"])
    asked = answered("C-SSRS", FIRST_DOSE - DAY + HOUR)
    assert deviations(kind="risk-unasked", answers=[said])
    assert deviations(kind="risk-unasked", answers=[said, asked]) == []


def test_a_week_under_its_minimum_is_told_once_it_is_over() -> None:
    came = booked("iop-group", at(START, "09:00"), minutes=180, status="fulfilled")
    later = at(START + 8 * DAY, "08:00")
    assert [
        one.week.number for one in deviations(came, kind="week-lost", now=later) if one.week
    ] == [1]
    assert deviations(came, kind="week-lost", now=at(START + 6 * DAY, "20:00")) == []


def test_nothing_is_off_course_before_anything_was_booked() -> None:
    assert deviations_of(course(now=at(START + 20 * DAY))) == []


def test_somebody_is_late_from_the_pathways_grace_on() -> None:
    came = dose()
    states = [
        course(came, arrivals={came.id: came.start + late}).visits[0].state
        for late in (timedelta(), GRACE, GRACE + HOUR / 60)
    ]
    assert states == ["kept", "kept", "late"]


def test_a_visit_that_is_over_and_of_which_nobody_said_anything_is_unknown() -> None:
    visit = booked("iop-group", FIRST_DOSE, minutes=60)
    assert course(visit, now=visit.end - HOUR / 60).visits[0].state == "planned"
    assert course(visit, now=visit.end).visits[0].state == "unknown"
