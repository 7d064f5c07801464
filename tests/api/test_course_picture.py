"""A course as a picture: everything on one axis, in its place and in sight."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.web.course_picture import Picture, picture_of
from api.web.course_weeks import rows_of
from scheduler.care.course import Course
from scheduler.care.deviating import deviations_of
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

DAY = timedelta(days=1)


def course(*visits: Appointment, now: datetime = FIRST_DOSE, **records: Any) -> Course:
    found = facts(*visits, **records)
    return Course(found, enrolment(), ESKETAMINE.pathway, ESKETAMINE, {}, now)


def drawn(*visits: Appointment, now: datetime = FIRST_DOSE, **records: Any) -> Picture:
    return picture_of(course(*visits, now=now, **records), ESKETAMINE.measures)


@given(st.lists(st.tuples(st.integers(-30, 200), st.integers(0, 27)), max_size=12))
def test_everything_is_in_sight_and_later_lies_further_right(days: list[tuple[int, int]]) -> None:
    answers = [
        answered("PHQ-9", at(START + day * DAY), total=n, flags=[]) for day, n in sorted(days)
    ]
    visits = [
        booked("iop-group", at(START + day * DAY), number) for number, (day, _) in enumerate(days)
    ]
    picture = drawn(*visits, answers=answers)
    dots = [dot for strip in picture.strips for dot in strip.dots]
    marks = [mark for row in picture.rows for mark in row.marks]
    assert all(0 <= one.x <= picture.width and 0 <= one.y <= picture.height for one in dots)
    assert all(0 <= one.x <= picture.width and 0 <= one.y <= picture.height for one in marks)
    assert all(a.x <= b.x for a, b in pairwise(dots))
    assert (len(dots), len(marks)) == (len(days), len(days))


def test_a_higher_total_stands_higher_between_the_ends_of_its_scale() -> None:
    low = answered("PHQ-9", at(START), total=0, flags=[])
    high = answered("PHQ-9", at(START + DAY), total=27, flags=[])
    (strip,) = drawn(answers=[low, high]).strips
    assert strip.y < strip.dots[1].y < strip.dots[0].y < strip.y + strip.height


def test_response_stands_at_half_of_the_first_total_and_remission_where_the_pathway_says() -> None:
    first = answered("PHQ-9", at(START), total=20, flags=[])
    (strip,) = drawn(answers=[first]).strips
    lines = {line.name: (line.total, line.downward) for line in strip.thresholds}
    scores = {s.id: s for m in ESKETAMINE.measures if m.id == "PHQ-9" for s in m.scores}
    drop = scores["response"].drop_percent
    assert drop
    assert lines["response"] == (20 * (100 - (drop or 0)) / 100, True)
    assert lines["remission"][0] == scores["remission"].at_most
    assert "item-nine" not in lines, "one item alone is no total"


def test_visits_of_one_day_stand_above_each_other() -> None:
    visits = [booked("iop-group", at(START, f"{hour:02}:00"), hour) for hour in (9, 11, 14)]
    (row,) = drawn(*visits).rows
    assert len({mark.x for mark in row.marks}) == 1
    assert len({mark.y for mark in row.marks}) == 3


def test_the_present_week_is_marked_only_while_it_is_one_of_the_course() -> None:
    assert [c.number for c in drawn(now=at(START + 8 * DAY)).columns if c.here] == [2]
    assert drawn(now=at(START - DAY)).today is None


def test_the_table_has_every_visit_score_and_deviation_of_the_picture() -> None:
    dosed = booked("first-dose", FIRST_DOSE, status="noshow")
    before = answered("PHQ-9", at(START - 3 * DAY), total=20, flags=[])
    found = course(dosed, booked("iop-group", at(START)), answers=[before], now=FIRST_DOSE + DAY)
    deviations = deviations_of(found)
    rows = rows_of(found, ESKETAMINE.measures, deviations)
    assert [row.number for row in rows] == list(range(ESKETAMINE.weeks + 1))
    assert [point.total for point in rows[0].scores] == [20]
    assert [one for row in rows for one in row.deviations] == sorted(
        deviations, key=lambda d: d.day
    )
    assert rows[3].missed("dose") == 1
    assert rows[1].visits["group"]
