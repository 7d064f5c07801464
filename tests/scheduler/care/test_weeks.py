"""Programme weeks and absences."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scheduler.care.attendance import absences_of
from scheduler.care.weeks import coming_short, weeks_of
from scheduler.store.tables import Appointment
from tests.scheduler.care.course import (
    ESKETAMINE,
    START,
    at,
    booked,
    enrolment,
    facts,
)

DAY = timedelta(days=1)
MONDAY = at(START, "08:00")


def group(day: int, minutes: int = 180, **changes: Any) -> Appointment:
    start = at(START + day * DAY, "09:00")
    return booked("iop-group", start, occurrence=day + 1, minutes=minutes, **changes)


def state(now: datetime, *meetings: Appointment) -> str:
    return weeks_of(ESKETAMINE, facts(*meetings), enrolment(), now)[0].state


def test_nine_hours_on_three_days_keep_a_week_and_a_minute_less_does_not() -> None:
    assert state(MONDAY, group(0), group(2), group(4)) == "open"
    assert state(MONDAY, group(0), group(2), group(4, minutes=179)) == "short"


def test_hours_alone_do_not_keep_a_week_that_has_too_few_days() -> None:
    assert state(MONDAY, group(0, 300), group(2, 300)) == "short"


def test_a_dose_visit_is_no_hour_of_the_programme() -> None:
    dose = booked("first-dose", at(START + 4 * DAY), minutes=180)
    assert state(MONDAY, group(0), group(2), dose) == "short"


def test_a_week_that_will_fail_is_told_before_it_does() -> None:
    missed = group(0, status="noshow")
    thursday = at(START + 3 * DAY, "18:00")
    rows = [missed, group(2, status="fulfilled"), group(4)]
    found = weeks_of(ESKETAMINE, facts(*rows), enrolment(), thursday)
    assert found[0].state == "short"
    assert [week.number for week in coming_short(found, START + 3 * DAY)] == [1, 2]


def test_a_meeting_that_is_over_and_was_not_attended_does_not_count_any_more() -> None:
    rows = [group(0), group(2), group(4)]
    assert state(at(START, "11:59"), *rows) == "open"
    assert state(at(START, "12:00"), *rows) == "short"


def test_a_week_is_kept_or_lost_when_it_is_over() -> None:
    after = at(START + 7 * DAY)
    rows = [group(day, status="fulfilled") for day in (0, 2, 4)]
    assert state(after, *rows) == "kept"
    assert state(after, *rows[:2]) == "lost"


@given(st.integers(0, 69))
def test_every_day_belongs_to_the_one_week_that_counts_it(day: int) -> None:
    found = weeks_of(ESKETAMINE, facts(group(day)), enrolment(), MONDAY)
    holding = [week for week in found if week.planned]
    assert len(holding) == 1
    assert holding[0].first <= START + day * DAY <= holding[0].last


def absent(number: int, **changes: Any) -> Appointment:
    return group(number, **{"status": "noshow", **changes})


def test_a_cancellation_with_a_day_of_notice_is_excused() -> None:
    start = at(START + 2 * DAY, "09:00")
    for notice, counted in ((timedelta(hours=24), 0), (timedelta(hours=24, minutes=-1), 1)):
        row = group(2, status="cancelled", cancel_reason="pat-ill", changed_at=start - notice)
        assert len(absences_of(facts(row), enrolment()).unexcused) == counted
    by_clinic = group(2, status="cancelled", cancel_reason="prov", changed_at=start)
    assert absences_of(facts(by_clinic), enrolment()).unexcused == ()


def test_absences_in_a_row_end_with_an_attendance() -> None:
    rows = [absent(0), group(1, status="fulfilled"), absent(2), absent(3)]
    found = absences_of(facts(*rows), enrolment())
    assert (len(found.unexcused), found.in_a_row) == (3, 2)
